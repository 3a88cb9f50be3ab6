"""A unit that stands on a kink as float64 rounds it is said to be there by rounding, with the digits that show it."""

from __future__ import annotations

from typing import Any

import pytest

from gradcalc import load
from gradcalc.analysis.computation import compute
from gradcalc.analysis.lost_derivatives import tried
from gradcalc.analysis.point import computed
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.network.graph import graph

TANH_OR_X: dict[str, Any] = {
    "input": 1e-9, "loss": "output", "activation": "identity",
    "layers": [{"name": "h", "weight": 1, "activation": "tanh"}, {"from": ["h", "x"], "join": "max"}],
}  # fmt: skip
SUM: dict[str, Any] = {
    "input": [0.1, 1, -1], "loss": "output", "layers": [{"weight": [[1e-20, 1, 1]], "activation": "relu"}],
}  # fmt: skip
PIECES: dict[str, Any] = {
    "input": [1e-20, 1], "loss": "output",
    "layers": [{"weight": [[1, 1], [0, 1]], "activation": {"name": "maxout", "pieces": 2}}],
}  # fmt: skip

FORMULA: dict[str, Any] = {
    "input": 1e-20, "loss": "output", "layers": [{"weight": 1, "activation": {"formula": "max(1 + x, 1 + 2x)"}}],
}  # fmt: skip


def digits(spec: dict[str, Any], **options: Any) -> list[tuple[int | None, int | None]]:
    """Of every kink of the output the digits that show that it is none, and those to which it may be one."""
    return [(kink.dps, kink.to_digits) for kink in compute(load(spec), **options).forward["y"].kinks]


@pytest.mark.parametrize("spec", [TANH_OR_X, SUM, PIECES, FORMULA])
def test_50_digits_show_what_rounds_to_a_kink(spec):
    assert digits(spec) == [(50, None)]
    assert digits(spec, dps=50) == []


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (TANH_OR_X | {"input": 1e-100}, [(400, None)]),  # tanh(x) is x·(1 − 10⁻²⁰⁰/3)
        (TANH_OR_X | {"input": 1e-290}, [(None, 400)]),
        (SUM | {"input": [1e-190, 1, -1]}, [(50, None)]),  # what is rational takes no more
        (FORMULA | {"input": 1e-100}, [(50, None)]),
    ],
)
def test_more_are_tried_of_small_numbers(spec, found):
    assert digits(spec) == found


def test_numbers_that_a_kink_does_not_depend_on_ask_for_no_more():
    """z is 0.3 − 0.3; a layer of about 10⁻³⁰⁰ beside it asks for 400 digits where z has it, too."""
    h = [{"weight": 0.3}, {"name": "far", "from": "x", "weight": 1e-300}]
    for sources, found in (({"h1": 1}, None), ({"h1": 1, "far": 0}, 400)):
        y = {"name": "y", "from": sources, "bias": -0.3, "activation": "relu"}
        spec = {"input": 1, "loss": "output", "activation": "identity", "layers": [*h, y]}
        assert digits(spec) == [(None, found)]


def test_more_than_are_computed_with_are_tried():
    assert digits(TANH_OR_X | {"input": 1e-40}, dps=50) == [(400, None)]


def test_sources_of_one_slope_tie_without_a_kink():
    assert digits(TANH_OR_X | {"input": 0}) == []


@pytest.mark.parametrize(
    "spec",
    [
        SUM | {"input": [0, 1, -1]},
        SUM | {"input": [0, 1e200, 1], "layers": [{"weight": [[1, 0, 0]], "activation": "relu"}]},
        {"input": {"a": 1e-200, "b": 1e-200}, "loss": "output", "layers": [{"from": ["a", "b"], "join": "min"}]},
        {
            "input": {"a": 1e-200, "b": 1e-200},
            "loss": "output",
            "activation": "identity",
            "layers": [
                {"name": "g", "from": "a"},
                {"name": "h", "from": "b"},
                {"name": "y", "from": ["g", "h"], "join": "max"},
            ],
        },
        FORMULA | {"input": 0},
        {"input": -1e-200, "loss": "output", "activation": "relu", "layers": [{"weight": 1}, {"weight": 1e-60}]},
    ],
)
def test_what_nothing_rounds_is_on_its_kink(spec):
    assert digits(spec) == [(None, None)]


@pytest.mark.parametrize(
    ("number", "small", "doubt"),
    [
        (2.0**20 - 0.0625, 1e-60, None),
        (2.0**20, 1e-60, 400),
        (-(2.0**20), 1e-60, 400),
        (0.0625, 1e-60, None),
        (0.03125, 1e-60, 400),
        (0.1, 1e-60, 400),
        (0.03125, 1e-52, 400),
        (0.03125, 3e-50, None),  # 400 digits show a difference of its 8th power
    ],
)
def test_small_multiples_of_a_sixteenth_are_added_without_rounding(number, small, doubt):
    """z is number − number; beside what is small it may be so by rounding."""
    layer = {"weight": [[1, -number, 0]], "activation": "relu"}
    assert digits({"input": [number, 1, small], "loss": "output", "layers": [layer]}) == [(None, doubt)]


def test_every_example_is_asked_by_itself():
    rows = [[1e-20, 1], [0, 0], [1e-20, 2], [0, 1]]
    layer = {"weight": [[1, 1]], "bias": -1, "activation": "relu"}
    found = compute(load({"input": rows, "loss": "output", "layers": [layer]})).forward["y"].kinks
    assert [(kink.example, kink.dps) for kink in found] == [(0, 50), (3, None)]


@pytest.mark.parametrize(("examples", "outputs", "found"), [(80, 1, 50), (69, 3, None)])
def test_2000_values_are_computed_in_digits_and_no_more(examples: int, outputs: int, found: int | None) -> None:
    """80·25, and 69·29: of each example the constant 1, 2 inputs, and z and output of 10 units and of 1 or 3."""
    layers = [
        {"weight": [[1, 1], *([[1, 2]] * 9)], "bias": -1, "activation": "relu"},
        {"weight": [[1] * 10] * outputs, "activation": "identity"},
    ]
    spec = {"input": [[1e-20, 1]] * examples, "loss": "output", "layers": layers}
    kinks = compute(load(spec), top=0).forward["h1"].kinks
    assert [(kink.unit, kink.example, kink.dps) for kink in kinks] == [(0, n, found) for n in range(examples)]


def test_the_two_largest_of_three_decide():
    """a and b tie, and tanh(a), which rounds to them, does not change that."""
    layers = [{"name": "h", "from": "a", "activation": "tanh"}, {"from": ["a", "b", "h"], "join": "max"}]
    spec = {"input": {"a": 1e-9, "b": 1e-9}, "loss": "output", "activation": "identity", "layers": layers}
    assert digits(spec) == [(None, None)]


def test_the_two_smallest_of_three_decide_a_minimum():
    """tanh(a) is below a and b, if only in more digits than float64 has."""
    layers = [{"name": "h", "from": "a", "activation": "tanh"}, {"from": ["a", "b", "h"], "join": "min"}]
    spec = {"input": {"a": 1e-9, "b": 1e-9}, "loss": "output", "activation": "identity", "layers": layers}
    assert digits(spec) == [(50, None)]


def test_an_output_that_is_a_decimal_is_on_its_target_in_digits() -> None:
    spec = {"input": 0.1, "target": 0.1, "loss": "mae", "activation": "identity", "weights": [1]}
    assert digits(spec) == digits(spec, dps=50) == [(None, None)]
    assert digits(spec | {"target": 0.2}, dps=50) == []


@pytest.mark.parametrize(("examples", "extended", "finest"), [(32, True, 3200), (33, True, 400), (32, False, 400)])
def test_64_units_are_computed_with_thousands_of_digits_and_no_more(examples: int, extended: bool, finest: int) -> None:
    spec = {"input": [[1.0]] * examples, "target": [[0.0, 0.0]] * examples, "layers": [{"weight": [[0.5], [0.25]]}]}
    at = computed(graph(load(spec)), Extended if extended else Double)
    assert tried(at)[-1] == finest and tried(at)[0] == 50


def test_a_formula_is_on_a_kink_in_digits_where_its_numbers_as_written_are() -> None:
    layer = {"weight": 1, "activation": {"formula": "abs(x - 0.3)"}}
    spec = {"input": 0.3, "loss": "output", "layers": [layer]}
    assert digits(spec) == digits(spec, dps=50) == [(None, None)]


@pytest.mark.parametrize(("x", "found"), [(1e15 + 1, [(50, None)]), (2.0, [(None, None)])])
def test_a_sine_of_a_number_that_has_no_digits_for_it_may_be_on_either_side_of_a_jump(x: float, found: Any) -> None:
    """sin(x²) has another sign with more digits, and so step(sin(x²)) another value, which a relu reads as its kink."""
    names = ("square", "sin", "step", "relu")
    layers = [{"weight": 1, "activation": name} for name in names]
    kinks = compute(load({"input": x, "loss": "output", "layers": layers})).forward["y"].kinks
    assert [(one.dps, one.to_digits) for one in kinks] == found
