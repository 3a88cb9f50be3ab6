"""Which units stand on kinks: of an activation, a join or the loss, in which example, and the derivative used there."""

from __future__ import annotations

from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.kinks import Kink, KinkOf, exact_float, kink_test, kinks_at
from gradcalc.analysis.point import point
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import ScalarPoint, target_rows
from gradcalc.network.graph import graph

OUTPUT: dict[str, Any] = {"loss": "output", "activation": "identity"}
PAIR: dict[str, Any] = {"input": {"a": [[1, 2], [0, 3]], "b": [[1, 5], [2, 3]]}, **OUTPUT}


def relu(name: str, unit: int = 0, example: int = 0, units: int = 1) -> Kink:
    return Kink(name, "activation", "relu", unit, example, 0, 0, units)


def maxout(unit: int, example: int, units: int) -> Kink:
    return Kink("y", "activation", "maxout(pieces=2)", unit, example, units=units, adjoint="y")


def of_pair(of: KinkOf, what: str, unit: int, derivative: float | None = None) -> Kink:
    return Kink("y", of, what, unit, unit, None, derivative, 2, "y")


@pytest.mark.parametrize(
    ("spec", "kinks"),
    [
        (
            {"input": [[1, 2], [3, 3]], "layers": [{"name": "h", "weight": [[1, -1], [0, 1]], "activation": "relu"}]},
            [relu("h", 0, 1, 2)],
        ),
        (
            {"input": 0, "layers": [{"weight": 1, "activation": "relu"}, {"weight": 1, "activation": "abs"}]},
            [relu("h1"), Kink("y", "activation", "abs", 0, 0, 0, 0)],
        ),
        (
            {"input": 6, "layers": [{"weight": 1, "activation": "relu6"}]},
            [Kink("y", "activation", "relu6", 0, 0, 6, 0)],
        ),
        ({"input": 0, "layers": [{"weight": 1, "activation": {"name": "prelu", "alpha": 1}}]}, []),  # which is smooth
        (
            {"input": 0, "layers": [{"weight": 1, "activation": {"name": "prelu", "alpha": 0.5}}]},
            [Kink("y", "activation", "prelu", 0, 0, 0, 0.5)],
        ),
        ({"input": 0, "layers": [{"weight": 1, "activation": "tanh"}]}, []),
        (
            {"input": 2, "layers": [{"weight": 1, "activation": {"formula": "abs(x - 2)"}}]},
            [Kink("y", "activation", "abs(x - 2)", 0, 0, 2, 0, in_formula=True)],
        ),
        (
            {
                "input": [[1], [0], [2]],
                "layers": [{"weight": [[1], [2], [3], [3]], "activation": {"name": "maxout", "pieces": 2}}],
            },
            [maxout(1, 0, 2), maxout(0, 1, 2), maxout(1, 1, 2), maxout(1, 2, 2)],
        ),
        (
            {
                "input": [[1], [0], [2]],
                "layers": [{"weight": [[1], [2]], "activation": {"name": "maxout", "pieces": 2}}],
            },
            [maxout(0, 1, 1)],
        ),
        (
            PAIR | {"layers": [{"name": "y", "from": ["a", "b"], "join": "max"}]},
            [of_pair("join", "max", 0), of_pair("join", "max", 1)],
        ),
        (PAIR | {"layers": [{"name": "y", "from": ["a", "a"], "join": "min"}]}, []),  # no tie of two sources
        (PAIR | {"layers": [{"name": "y", "from": ["a", "b"], "join": "multiply"}]}, []),
        (
            {"input": [[1], [2]], "target": [[1, 0], [3, 4]], "loss": "mae", "layers": [{"weight": [[1], [2]]}]},
            [of_pair("loss", "mae", 0, 0), of_pair("loss", "mae", 1, 0)],
        ),
        (
            {"input": 1, "target": 2, "loss": "hinge", "weights": [0.5]},
            [Kink("y", "loss", "hinge", 0, 0, derivative=0, adjoint="y")],
        ),
        ({"input": 1, "target": 1, "loss": "mse", "weights": [1]}, []),
        (
            {
                "input": 0,
                "target": {"h": 0, "y": 1},
                "loss": "mae",
                "layers": [{"name": "h", "weight": 1}, {"name": "y", "weight": 1, "activation": "relu"}],
            },
            [Kink("h", "loss", "mae", 0, 0, derivative=0, adjoint="h"), relu("y")],  # node by node
        ),
    ],
)
def test_the_units_that_stand_on_kinks(spec: dict[str, Any], kinks: list[Kink]) -> None:
    network = gradcalc.load(OUTPUT | spec)
    found = kinks_at(point(network))
    assert found == kinks
    assert found == kinks_at(array_point(graph(network), Double))
    at = unit_point(point(network))
    test = kink_test(at.graph, at.layout.units)
    for number, example in enumerate(at.examples):
        is_on_one = test is not None and test(example.values, target_rows(at.graph, Double, number))
        assert is_on_one == any(kink.example == number for kink in found) or "prelu" in str(spec)
    has_kinks = bool(kinks) or any(word in str(spec) for word in ("prelu", "'min'"))
    assert (test is not None) == has_kinks and isinstance(at, ScalarPoint)


def test_a_number_that_no_float64_equals_stands_on_no_kink() -> None:
    from decimal import Decimal

    assert exact_float(Decimal("0.5")) == 0.5 and exact_float(3) == 3.0
    assert exact_float(Decimal("0.1")) != exact_float(Decimal("0.1"))  # NaN
