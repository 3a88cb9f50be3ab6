"""Numbers that are arrays of points: every row has at each point what its own functions have there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcalc.activations import ACTIVATIONS, bind
from gradcalc.arithmetic.float64_arrays import DoubleArrays
from gradcalc.losses import LOSSES

POINTS = np.array([[-2.5, 0.25, 1.5], [0.75, 0.25, -1.0], [3.5, -0.5, 1.0], [0.125, 2.0, 0.5]])
"""Three points of four units."""


def of_point(numbers: Any, place: int) -> Any:
    """Nested lists of numbers at one of the points."""
    if isinstance(numbers, list):
        return [of_point(one, place) for one in numbers]
    return numbers.item(place) if isinstance(numbers, np.ndarray) else numbers


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(np.array(found), np.array(wanted), rtol=4e-15, atol=1e-16)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_has_at_every_point_what_it_has_there(name: str) -> None:
    row = bind(name, {"pieces": 2}) if name == "maxout" else bind(name)
    rules = [DoubleArrays.value(row), DoubleArrays.derivative(row), DoubleArrays.alpha_derivative(row)]
    singles = [row.value, row.derivative, row.alpha_derivative]
    given: list[Any] = [(z,) for z in POINTS]
    if row.couples:
        given = [(list(POINTS),), ([POINTS[0], 0.75, POINTS[2], 0.5],), ([0.5, 0.75, 3.0, -2.0],)]
    if row.parametric:
        given = [(z, alpha) for z, alpha in zip(POINTS, (0.5, POINTS[1], POINTS[2], 2.0))] + [(-0.5, POINTS[0])]
    assert (rules[2] is None) == (singles[2] is None) == (not row.parametric)
    for rule, single in zip(rules, singles):
        for arguments in given if rule else ():
            found = rule(*arguments)
            for place in range(3):
                close(of_point(found, place), single(*of_point([*arguments], place)))


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_at_every_point_what_it_has_there(name: str) -> None:
    for one in (LOSSES[name], LOSSES[name]._replace(scale=0.5, averaged=True)):
        inside = 1 / (1 + np.exp(-POINTS))  # outputs and targets in every domain
        rules, floats = DoubleArrays.loss(one), [0.25, 0.5]
        for ys, ts in (
            (list(inside[:2]), list(inside[2:])),
            ([inside[0], 0.75], [0.5, inside[1]]),
            ([inside[0]], [0.5]),
            (floats, floats[::-1]),
        ):
            for place in range(3):
                y, t = of_point(ys, place), of_point(ts, place)
                close(of_point(rules.value(ys, ts), place), one.value(y, t))
                close(of_point(rules.derivatives(ys, ts), place), one.derivatives(y, t))


def test_a_number_that_is_the_same_at_all_points_stays_one() -> None:
    functions = DoubleArrays.functions
    assert type(functions.max([1, 2.0])) is type(functions.min([1, 2.0])) is float
    assert (functions.max([1.0, 2.0]), functions.min([1.0, 2.0]), functions.sum([1.0, 2.0])) == (2.0, 1.0, 3.0)
    for found, wanted in (
        (functions.max([POINTS[0], 0.5]), [0.5, 0.5, 1.5]),
        (functions.min([0.5, POINTS[0]]), [-2.5, 0.25, 0.5]),
        (functions.sum([POINTS[0], 0.5, POINTS[0]]), [-4.5, 1.0, 3.5]),
    ):
        assert found.tolist() == wanted
    for row in map(bind, ("tanh", "softsign")):
        assert type(DoubleArrays.value(row)(0.5)) is type(DoubleArrays.derivative(row)(0.5)) is float
    softmax = bind("softmax")
    assert DoubleArrays.value(softmax)([0.5, 0.5]) == [0.5, 0.5]
    assert DoubleArrays.derivative(softmax)([0.5, 0.5]) == [[0.25, -0.25], [-0.25, 0.25]]
    assert type(DoubleArrays.loss(LOSSES["mse"]).value([0.5], [0.25])) is float
