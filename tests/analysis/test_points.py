"""The points of a grid: as itertools.product has them, none laid out before it is asked for."""

from __future__ import annotations

import pickle
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gradcalc.analysis.points import Points

AXES = st.lists(st.lists(st.integers(0, 9) | st.text(max_size=2), max_size=6), min_size=1, max_size=3)


@given(AXES, st.integers(0, 100), st.integers(0, 100))
def test_every_choice_of_values_in_order(axes: list[list[Any]], start: int, stop: int) -> None:
    expected, found = list(product(*axes)), Points(axes)
    assert list(found) == expected == [found[number] for number in range(len(found))]
    assert list(reversed(found)) == expected[::-1]
    part = found[start:stop]
    assert list(part) == expected[start:stop] == list(pickle.loads(pickle.dumps(part)))
    if len(part):
        assert list(zip(*map(part.values, range(len(axes))))) == expected[start:stop]


def test_the_last_of_a_million_millions() -> None:
    grid = Points((range(10**6), range(10**6)))
    assert (len(grid), grid.total) == (10**12, 10**12)
    assert grid[-1] == (999_999, 999_999)
    assert list(grid[10**6 - 1 : 10**6 + 1]) == [(0, 999_999), (1, 0)]


def test_points_are_walked_in_runs_and_none_is_met_twice() -> None:
    axes = [range(1500), "abc"]
    expected = list(product(*axes))
    assert list(Points(axes)) == expected and list(Points(axes)[4094:4100]) == expected[4094:4100]
    some = [4500 - 1, 7, 4096, 0]
    chosen = Points(axes, some)
    assert list(chosen) == [expected[number] for number in some] and len(chosen) == 4
    assert chosen[1] == (2, "b") and list(chosen[1:3]) == [expected[7], expected[4096]]
