"""Numbers at many points at once, each an array with an entry for each point, on numbers that are done in the head."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradcalc.analysis.compiled_arrays import ArrayReading, by_point, entries_of, norms
from gradcalc.analysis.compiled_network import is_number
from gradcalc.analysis.point_blocks import BlockColumn, any_of, at_place, cut, joined, numbers_of, total
from gradcalc.arithmetic.float64_arrays import (
    columns,
    coupled,
    each_entry,
    extremum,
    jacobian,
    of_units,
    points_of,
    stacked,
)

TWO = np.array([3.0, -4.0])


def listed(found: Any) -> Any:
    """Arrays as lists, however deep."""
    return [listed(one) for one in found] if isinstance(found, (list, tuple, np.ndarray)) else found


def test_a_function_of_one_number_at_every_point() -> None:
    asked: list[str] = []

    def one_by_one(*numbers: Any) -> float:
        asked.append("number")
        return float(numbers[0] - sum(numbers[1:]))

    def together(*arrays: Any) -> Any:
        asked.append("array")
        return arrays[0] - sum(arrays[1:])

    rule = each_entry(one_by_one, together)
    assert rule(5.0) == 5.0 and rule(5.0, 2.0) == 3.0 and asked == ["number"] * 2
    assert listed(rule(TWO, 1.0)) == [2, -5] and asked[2:] == ["array"]
    assert listed(rule(1.0, TWO)) == [-2, 5] and asked[3:] == ["number"] * 2
    assert listed(each_entry(one_by_one, None)(TWO)) == [3, -4] and asked[5:] == ["number"] * 2


def test_units_side_by_side() -> None:
    assert points_of([1.0, TWO, 2.0]) == 2 and points_of([1.0, 2.0]) is None
    assert listed(stacked([TWO], 2)) == [[3], [-4]] and listed(stacked([1.0, TWO], 2)) == [[1, 3], [1, -4]]
    assert listed(columns(np.array([[1, 2], [3, 4], [5, 6]]))) == [[1, 3, 5], [2, 4, 6]]
    largest = extremum(np.maximum, [1.0, 2.0])
    assert largest == 2.0 and type(largest) is float and listed(extremum(np.minimum, [TWO, 1.0])) == [1, -4]


@pytest.mark.parametrize("vectorised", [False, True])
def test_functions_of_all_units_of_a_layer(vectorised: bool) -> None:
    def differences(row: Any) -> Any:
        return [row[0] - row[1], row[0] - row[2]]

    def derivatives(row: Any) -> Any:
        return [[row[0], -1.0, 0.0], [row[0], 0.0, -2.0]]

    values = coupled(differences, (lambda rows: rows[:, :1] - rows[:, 1:]) if vectorised else None)
    assert values([5.0, 1.0, 2.0]) == [4, 3] and listed(values([TWO, 1.0, 2.0])) == [[2, -5], [1, -6]]
    rule = jacobian(derivatives, (lambda rows: np.array(list(map(derivatives, rows)))) if vectorised else None)
    assert rule([5.0, 1.0, 2.0]) == [[5, -1, 0], [5, 0, -2]]
    assert listed(rule([TWO, 1.0, 2.0])) == [[[3, -4], [-1, -1], [0, 0]], [[3, -4], [0, 0], [-2, -2]]]


@pytest.mark.parametrize("vectorised", [False, True])
def test_terms_of_a_loss(vectorised: bool) -> None:
    def terms(ys: Any, ts: Any, functions: Any, by: float = 1.0) -> Any:
        return [by * (y - t) for y, t in zip(ys, ts)]

    rule = of_units(terms, (lambda y, t, functions, by: by * (y - t)) if vectorised else None)
    assert rule([5.0, 1.0], [2.0, 0.0], None, by=2.0) == [6, 2]
    assert listed(rule([TWO, 1.0], [1.0, TWO], None, by=2.0)) == [[4, -10], [-4, 10]]
    assert listed(rule([5.0, 1.0], [2.0, TWO], None, by=1.0)) == [[3, 3], [-2, 5]]


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (1, True),
        (-2.5, True),
        (9.9e149, True),
        (1e150, False),
        (-1e150, False),
        (True, False),
        ("1", False),
        (inf, False),
    ],
)
def test_a_number_that_is_far_from_the_end(value: Any, held: bool) -> None:
    assert is_number(value) is held


def test_values_that_are_none_are_read_alone() -> None:
    found, alone = numbers_of([[1, 2.5, "x", 4], [0, 1e200, 3, -1.5]], [is_number, is_number])
    assert listed(found) == [[1, 2.5, 1, 4], [0, 1, 3, -1.5]] and listed(alone) == [False, True, True, False]
    (kept,), none = numbers_of([[7, 8]], [is_number])
    assert listed(kept) == [7, 8] and listed(none) == [False, False]


def test_a_column_has_values_in_their_shape() -> None:
    rows = np.arange(8.0).reshape(4, 2)
    assert BlockColumn((), rows[:1]).values() == [0, 1] and BlockColumn((), rows[:1]).value(1) == 1
    assert BlockColumn((4,), rows).values() == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert BlockColumn((2, 2), rows).value(1) == [[1, 3], [5, 7]]
    one, other = ([BlockColumn((), row)] for row in (rows[:1], rows[3:]))
    parts = [(one, np.array([True, False])), (other, np.array([False, False]))]
    (column,), alone = joined(parts)
    assert column.values() == [0, 1, 6, 7] and listed(alone) == [True, False, False, False]
    assert joined(parts[:1])[0] == one


def test_numbers_at_some_of_the_points() -> None:
    assert listed(cut([TWO, 5.0], [1])) == [[-4], 5] and at_place([TWO, 5.0], 1) == [-4, 5]
    assert listed(any_of([TWO > 0, TWO < -4])) == [True, False] and not any_of([])
    assert listed(total([TWO, 1.0, TWO])) == [7, -7] and total([]) == 0.0


def test_arrays_with_points_in_front() -> None:
    array = np.arange(6.0).reshape(3, 2)
    assert listed(by_point(array, 1)) == [[0, 1], [2, 3], [4, 5]] and listed(by_point(array, 2)) == [[0, 1, 2, 3, 4, 5]]
    assert listed(by_point(array.reshape(3, 1, 2), 2)) == [[0, 1], [2, 3], [4, 5]]
    assert listed(norms(np.array([[3.0, -4.0], [0.0, 0.0]]))) == [[5], [0]]
    assert norms(np.array([[3e-200, 4e-200], [3e200, -4e200]])).ravel() == pytest.approx([5e-200, 5e200], rel=1e-15)
    found: Any = SimpleNamespace(loss=np.zeros(3))
    same = entries_of(ArrayReading((2,), lambda _: np.array([[1.0, 2.0]])), found)
    assert listed(same) == [[1, 1, 1], [2, 2, 2]]
    assert listed(entries_of(ArrayReading((2,), lambda _: array), found)) == [[0, 2, 4], [1, 3, 5]]
