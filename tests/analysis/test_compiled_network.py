"""Networks compiled once: where the value of a key stands, and what else may not differ."""

from __future__ import annotations

from copy import deepcopy
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.analysis.compiled_arrays import ArraySlots, CompiledArrays, array_slots
from gradcalc.analysis.compiled_network import NOTHING, Slots, form, is_number, slots
from gradcalc.analysis.quantities import columns
from gradcalc.engine.scalar_point import FAR_UP
from gradcalc.network.graph import graph

SPEC: dict[str, Any] = {
    "input": {"a": [[0.5, 0.25], [1, 2]], "b": [[3], [4]]},
    "target": {"h": [[0.1, 0.2], [0.3, 0.4]], "y": [[0.6], [0.7]]},
    "loss": {"name": "huber", "delta": 0.5},
    "parameters": {"T": 0.3},
    "layers": [
        {"name": "h", "from": {"a": [[1, 2], [3, 4]], "b": [[5], [6]]}, "bias": [7, 8], "activation": "tanh"},
        {"name": "y", "weight": [[9, 10]], "bias": "T", "activation": {"name": "prelu", "alpha": "T"}},
    ],
    "skips": [{"from": "b", "to": "y", "weight": "T"}],
}
FIRST, SECOND = 0.125, -2.5


def with_value(place: tuple[Any, ...], value: Any) -> Any:
    """The network with another value there."""
    spec = deepcopy(SPEC)
    of: Any = spec
    for key in place[:-1]:
        of = of[key]
    of[place[-1]] = value
    return gradcalc.load(spec)


def both(*place: Any, values: tuple[Any, Any] = (FIRST, SECOND)) -> tuple[Any, Any]:
    one, other = (with_value(place, value) for value in values)
    return one, other


@pytest.mark.parametrize(
    ("place", "found", "arrays"),
    [
        (("parameters", "T"), Slots((1,), (), ()), ({0: [0]}, {}, {})),
        (("layers", 0, "from", "a", 1, 0), Slots((4,), (), ()), ({1: [2]}, {}, {})),
        (("layers", 0, "from", "b", 1, 0), Slots((7,), (), ()), ({2: [1]}, {}, {})),
        (("layers", 0, "bias", 0), Slots((8,), (), ()), ({3: [0]}, {}, {})),
        (("layers", 1, "weight", 0, 1), Slots((11,), (), ()), ({4: [1]}, {}, {})),
        (("input", "a", 0, 1), Slots((), (1,), ()), ({}, {0: [1]}, {})),
        (("input", "b", 0, 0), Slots((), (2,), ()), ({}, {1: [0]}, {})),
        (("input", "a", 1, 0), Slots((), (3,), ()), ({}, {0: [2]}, {})),
        (("target", "h", 0, 1), Slots((), (), ((0, 0, 1),)), ({}, {}, {0: [1]})),
        (("target", "y", 0, 0), Slots((), (), ((0, 1, 0),)), ({}, {}, {1: [0]})),
        (("target", "h", 1, 0), Slots((), (), ((1, 0, 0),)), ({}, {}, {0: [2]})),
    ],
)
def test_where_the_value_of_a_key_stands(place: tuple[Any, ...], found: Slots, arrays: tuple[Any, ...]) -> None:
    """In P behind the constant 1 T, w1_a, w1_b, b1 and w2 one after the other; in arrays each by itself."""
    one, other = both(*place)
    assert slots(one, other, (FIRST, SECOND)) == found and found.drawn == NOTHING and found.entries(1.0) == ()
    assert slots(one, other, (FIRST, SECOND + 1)) is None and slots(one, other, (FIRST + 1, SECOND)) is None
    wide = array_slots(one, other, (FIRST, SECOND), None)
    assert wide is not None and tuple({n: at.tolist() for n, at in part.items()} for part in wide[:3]) == arrays
    assert array_slots(one, other, (FIRST, SECOND + 1), None) is None
    assert array_slots(one, other, (FIRST + 1, SECOND), None) is None


def test_two_places_may_have_the_value_of_a_key() -> None:
    one, other = (
        gradcalc.load({"input": [value, 1], "target": value, "layers": [{"weight": [[1, value]]}]})
        for value in (FIRST, SECOND)
    )
    assert slots(one, other, (FIRST, SECOND)) == Slots((2,), (0,), ((0, 0, 0),))
    wide = array_slots(one, other, (FIRST, SECOND), None)
    assert wide is not None and [list(part) for part in wide[:3]] == [[0], [0], [0]]
    assert slots(one, one, (FIRST, SECOND)) == Slots((), (), ())


@pytest.mark.parametrize(
    ("place", "values"),
    [
        (("loss",), ("mse", "mae")),
        (("loss", "delta"), (0.5, 0.25)),
        (("loss", "scale"), (0.5, 0.25)),
        (("loss", "reduction"), ("sum", "mean")),
        (("layers", 0, "activation"), ("tanh", "relu")),
        (("layers", 1, "activation", "alpha"), (0.5, "T")),
        (("layers", 1, "bias"), ("T", 0.25)),
        (("skips", 0, "into"), ("output", "preactivation")),
        (("skips", 0), ({"from": "b", "to": "y", "weight": "T"}, {"from": "b", "to": "y"})),
    ],
)
def test_nothing_else_may_differ(place: tuple[Any, ...], values: tuple[Any, Any]) -> None:
    one, other = both(*place, values=values)
    assert form(one) != form(other) and form(one) == form(with_value(place, values[0]))
    assert slots(one, other, (FIRST, SECOND)) is None and array_slots(one, other, (FIRST, SECOND), None) is None


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (1, True), (-2.5, True), (0, True), (True, False), ("1", False), (None, False), (np.float64(1), False),
        (nan, False), (inf, False), (FAR_UP, False), (-FAR_UP, False), (FAR_UP / 2, True), (-FAR_UP / 2, True),
        (10**400, False), (2**40, True),
    ],
)  # fmt: skip
def test_numbers_that_are_filled_in(value: Any, is_one: bool) -> None:
    assert is_number(value) is is_one is Slots((), (), ()).takes(value)


@pytest.mark.parametrize(
    ("shown", "moved", "examples", "points"),
    [
        (["loss", "x"], {0: [0]}, 5, 2**20 // (1 + 501 + 3 * 5 * 300)),  # x, z and y, and what is read and moved
        (["loss", "b1"], {0: [0], 1: [0]}, 5, 2**20 // (101 + 101 + 3 * 5 * 300)),
        (["loss"], {0: [0]}, 1, 2**20 // (1 + 1 + 3 * 300)),
    ],
)
def test_so_many_points_of_a_wide_network_are_computed_together(
    shown: list[str], moved: dict[int, list[int]], examples: int, points: int
) -> None:
    layer = {"weight": 0.5, "bias": [0.25] * 100, "activation": "identity"}
    network = gradcalc.load({"input": [[0.5] * 100] * examples, "loss": "output", "layers": [layer]})
    slots_ = ArraySlots({number: np.array(places) for number, places in moved.items()}, {}, {})
    assert CompiledArrays(graph(network), [(0, slots_)], columns(shown, (), None)).at_once == points


def test_4096_points_of_a_wide_network_are_the_most_and_one_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    laid = graph(gradcalc.load({"input": 0.5, "target": 1, "weights": [0.5]}))
    assert CompiledArrays(laid, [], columns(["loss"], (), None)).at_once == 4096
    monkeypatch.setattr("gradcalc.analysis.compiled_arrays.AT_ONCE", 1)
    assert CompiledArrays(laid, [], columns(["loss"], (), None)).at_once == 1
