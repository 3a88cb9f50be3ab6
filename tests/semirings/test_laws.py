"""The laws of a path semiring, one property for all of them: what the sweep takes for granted.

Elements are adjoints, made as a sweep makes them: from the empty path by edges and sums. Derivatives
are small integers, so that nothing is rounded but the logarithms.
"""

from copy import deepcopy
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.network.linear_graph import EdgeLabel, LinearGraph
from gradcalc.semirings.accumulate import Count, CountBySign, Magnitude, Total
from gradcalc.semirings.all_paths import AllPaths, OnePath
from gradcalc.semirings.by_length import ByLength, CountByLength, unpacked
from gradcalc.semirings.entropy import Entropy
from gradcalc.semirings.k_best import KBest


class Law(NamedTuple):
    """An semiring, and its elements as data that can be compared."""

    semiring: Any
    seen: Any


def seen_routes(semiring):
    return lambda listing: {tuple(semiring.labels(path)): value for path, value in listing.of.items()}


def seen_ranking(ranking):
    """Which of equal sizes remain, and their order, is open."""
    return [abs(value) for value, _ in ranking.candidates]


def laws():
    paths = AllPaths(by_label=True)
    return {
        "total": Law(Total(), lambda x: x),
        "magnitude": Law(Magnitude(), lambda x: x),
        "count": Law(Count(), lambda x: x),
        "count by length": Law(CountByLength(64), unpacked),
        "count by sign": Law(CountBySign(), lambda x: (x.positive, x.negative)),
        "length": Law(ByLength(), lambda x: {length: value for length, value in x.terms() if value}),
        "entropy": Law(Entropy(), lambda x: [x.size, x.spread]),
        "paths": Law(paths, seen_routes(paths)),
        "best": Law(KBest(3), seen_ranking),
        "along": Law(OnePath(["n1", "n2"]), lambda x: x.of),
    }


MARKS = [
    None,
    EdgeLabel("n1", "e1", 1),
    EdgeLabel("n2", "e2", 0),
    EdgeLabel("n2", "e3", 1),
    EdgeLabel("n0", None, 0, "use"),
]


@st.composite
def walks(draw, law):
    """An element: the empty path (times a seed) made longer and joined to others, and the edges that were taken."""
    element = law.semiring.zero
    for _ in range(draw(st.integers(0, 3))):
        path = law.semiring.start(draw(st.integers(1, 3)))
        for edge in draw(edges(law, st.integers(0, 3))):
            path = path * edge
        element = element + path
    return element


@st.composite
def edges(draw, law, count):
    size = draw(count)
    derivatives = draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size))
    labels = draw(st.lists(st.sampled_from(MARKS), min_size=size, max_size=size))
    dag = LinearGraph(2, 1, size, [0] * size, [1] * size, labels)
    return list(law.semiring.edges(dag, derivatives)) if size else []


def same(law, one, other):
    check_same(law.seen(one), law.seen(other))


def check_same(ours, theirs):
    """Doubles but for rounding, all else exactly, order included."""
    if isinstance(ours, tuple):
        for one, other in zip(ours, theirs, strict=True):
            check_same(one, other)
    elif isinstance(ours, list) and ours and isinstance(ours[0], float):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", laws())
@given(data=st.data())
def test_laws(name, data):
    law = laws()[name]
    a, b, c = (data.draw(walks(law)) for _ in range(3))
    edge = data.draw(edges(law, st.just(1)))[0]
    zero = law.semiring.zero
    before = deepcopy([law.seen(x) for x in (a, b, c, zero)])
    same(law, (a + b) + c, a + (b + c))
    same(law, a + b, b + a)
    same(law, (a + b) * edge, a * edge + b * edge)
    same(law, a + zero, a)
    same(law, zero + a, a)
    same(law, zero * edge, zero)
    assert [law.seen(x) for x in (a, b, c, zero)] == before


@given(data=st.data())
def test_the_largest_are_the_largest_of_all_routes(data):
    """KBest is AllPaths, sorted and cut."""
    paths, best = Law(AllPaths(), None), Law(KBest(2), None)
    labels = data.draw(st.lists(st.sampled_from(MARKS[1:]), min_size=3, max_size=3, unique=True))
    derivatives = data.draw(st.lists(st.sampled_from([-3, -2, 1, 5]), min_size=3, max_size=3, unique_by=abs))
    dag = LinearGraph(2, 1, 3, [0] * 3, [1] * 3, labels)
    found = []
    for law in (paths, best):
        element = law.semiring.zero
        for edge in law.semiring.edges(dag, derivatives):
            element = element + law.semiring.start(1) * edge
        found.append(element)
    listed = sorted(found[0].of.values(), key=abs, reverse=True)
    assert [value for value, _ in found[1].candidates] == listed[:2]
