"""The piece of every unit with kinks: which of the numbers compared there is the largest."""

from __future__ import annotations

from typing import Any

import pytest

from gradcalc import load
from gradcalc.activations import bind
from gradcalc.analysis.gradient_check import check, pieces_of
from gradcalc.analysis.kinked_units import kinked_units, largest, of_activation, of_formula, of_join, of_maxout, on_kink
from gradcalc.analysis.point import point
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.expressions import float_functions
from gradcalc.network.graph import graph


def test_the_largest() -> None:
    assert largest([1, 3, 2]) == (1,)
    assert largest([3, 1, 3]) == (0, 2)
    assert on_kink([(0,), (1, 2)]) and not on_kink([(0,), (2,)])


@pytest.mark.parametrize(
    ("name", "options", "kinks"),
    [
        ("relu", {}, [0]),
        ("abs", {}, [0]),
        ("sign", {}, [0]),
        ("prelu", {"alpha": -0.3}, [0]),
        ("selu", {}, [0]),
        ("elu", {"alpha": 2}, [0]),
        ("relu6", {}, [0, 6]),
        ("hardtanh", {}, [-1, 1]),
        ("hard_sigmoid", {}, [-3, 3]),
        ("hard_swish", {}, [-3, 3]),
    ],
)
def test_pieces_end_at_kinks(name: str, options: dict[str, float], kinks: list[float]) -> None:
    many = Multiprecision(60)
    for functions, tiny in ((float_functions, 1e-12), (many.functions, many.number(10) ** -40)):
        piece = of_activation(bind(name, options), functions)
        for kink in map(functions.number, kinks):
            below, here, above = (piece([z]) for z in (kink - tiny, kink, kink + tiny))
            assert below != above and on_kink(here) and not on_kink(below) and not on_kink(above)
            assert piece([kink - 2 * tiny]) == below and piece([kink + 2 * tiny]) == above


def test_pieces_of_what_is_computed_together() -> None:
    assert of_maxout(2, [1, 2, 3, 3]) == [(1,), (0, 1)]
    assert of_join("max", [1, 2]) == [(1,)] and of_join("min", [1, 2]) == [(0,)] and of_join("min", [2, 2]) == [(0, 1)]


@pytest.mark.parametrize(
    ("formula", "x", "piece"),
    [
        ("min(x, 2*x, 3)", 1.0, [(0,)]),
        ("min(x, 2*x, 3)", 1.5, [(0,)]),  # the larger two are the same
        ("min(x, 2*x, 3)", 3.0, [(0, 2)]),
        ("min(x, 2*x, 3)", -1.0, [(1,)]),
        ("max(x, 2*x, 3)", 1.5, [(1, 2)]),
        ("max(x, 2*x, 3)", 4.0, [(1,)]),
        ("abs(x - 2) + relu(x)", 1.0, [(1,), (0,)]),
        ("abs(x - 2) + relu(x)", 2.0, [(0, 1), (0,)]),
        ("abs(x - 2) + abs(x - 2)", 3.0, [(0,)]),  # the same twice
        ("x^2 + a", 3.0, []),
        ("max(x, a)", 0.25, [(1,)]),
    ],
)
def test_the_parts_of_a_formula_that_are_compared(formula: str, x: float, piece: list[tuple[int, ...]]) -> None:
    many = Multiprecision(40)
    for functions in (float_functions, many.functions):
        assert of_formula(formula, ("x",), {"a": 0.5}, functions)([functions.number(x)]) == piece


@pytest.mark.parametrize(("loss", "target"), [("mae", 0.5), ("hinge", 2), ({"formula": "max(y, t)"}, 0.5)])
def test_pieces_of_a_loss(loss: Any, target: float) -> None:
    spec = {"input": 1, "activation": "identity", "loss": loss, "target": target}
    pieces = [pieces_of(unit_point(point(load({**spec, "weights": [weight]})))) for weight in (0.4, 0.5, 0.6)]
    assert pieces[0] != pieces[2] and [on_kink(*one) for one in pieces] == [False, True, False]


def test_what_rounds_to_the_other_side_of_a_kink_is_compared_by_paths_alone() -> None:
    """1 + 10⁻¹⁷ − 1 is 0 in float64 alone."""
    layers = [{"weight": [[1, 1e-17, -1]], "activation": "abs"}, {"weight": 1, "activation": "identity"}]
    found = check(load({"input": [1, 1, 1], "target": 1, "layers": layers}))
    assert found.ok
    why = "numbers round otherwise there, and a unit is on the other side of a kink"
    assert {one.name: one.why for one in found.methods if one.why}["differences in 60 digits"] == why
    assert [one.name for one in found.methods] == METHODS


METHODS = ["central differences", "complex step", "differences in 60 digits"]
METHODS += ["SymPy's derivative of L", "sum over listed paths"]


def test_what_is_0_in_float64_alone_may_be_on_a_kink() -> None:
    layers = [{"weight": 1e-200, "activation": "identity"}, {"weight": 1e-200, "activation": "relu"}]
    found = check(load({"input": 1, "target": 1, "layers": [*layers, {"weight": 1e300}]}))
    assert found.ok and [one.name for one in found.methods] == METHODS
    why = "a number of the pass is 0 in float64 alone, where there may be a kink"
    assert [one.why for one in found.methods[:3]] == [why, why, ""]


@pytest.mark.parametrize(
    ("layers", "loss", "pieces"),
    [
        ([{"weight": [[1], [-2]], "activation": "relu"}], "mse", [[[(0,)], [(1,)]]]),
        ([{"weight": [[1], [-2]], "activation": "tanh"}], "mse", []),
        ([{"weight": [[1], [-2]], "activation": "tanh"}], "huber", []),  # whose |y − t| has no kink at t
        ([{"weight": [[1], [-2]], "activation": "identity"}], "mae", [[[(0,)], [(1,)]]]),
        ([{"weight": [[1], [2], [4], [4]], "activation": {"name": "maxout", "pieces": 2}}], "mse", [[[(1,), (0, 1)]]]),
        (
            [
                {"name": "g", "weight": [[1], [-2]], "activation": "identity"},
                {"name": "h", "from": "x", "weight": [[1], [3]], "activation": "identity"},
                {"name": "y", "from": ["g", "h"], "join": "max", "activation": "identity"},
            ],
            "mse",
            [[[(0, 1)], [(1,)]]],
        ),
        (
            [
                {"name": "g", "weight": [[1], [-2]], "activation": "identity"},
                {"name": "h", "from": "x", "weight": [[1], [3]], "activation": "abs"},
                {"name": "y", "from": ["g", "h"], "activation": "identity"},
            ],
            "output",
            [[[(0,)], [(0,)]]],
        ),
    ],
)
def test_the_units_with_kinks_of_a_network(layers: Any, loss: str, pieces: list[Any]) -> None:
    spec = {"input": 1, "loss": loss, "layers": layers} | ({} if loss == "output" else {"target": [0.5, 0.25]})
    at = scalar_point(graph(load(spec)), Double)
    every = [
        [units.piece(made_of) for made_of in units.arguments(at.examples[0].values, [[0.5, 0.25]])]
        for units in kinked_units(at.program, Double)
    ]
    assert every == pieces
