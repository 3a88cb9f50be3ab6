"""The order of paths against its definition, applied to names as they are spelled."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.arithmetic.double import Double
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.precedence import Order, order_in
from gradcalc.steps import Mark

MARKS = st.builds(Mark, st.sampled_from([None, "h1", "h10", "h2"]), st.sampled_from([None, "w1", "w2"]))
SIZES = st.sampled_from([0.0, 0.3, 0.1 * 3, 1.0, 1 - 2**-52, 1 - 2e-13, 5.0])


def spelled(route):
    """Nodes, then labels."""
    marks = []
    while route is not None:
        mark, route = route
        marks.append(mark)
    return [mark.node for mark in marks if mark.node], [mark.label for mark in marks if mark.label]


@st.composite
def routes(draw, count):
    """Which share their ends."""
    found = [None]
    for _ in range(count):
        found.append((draw(MARKS), draw(st.sampled_from(found))))
    return found[1:]


def in_order(sizes, routes):
    """Sorted by size, then every tie again by name."""
    places, found, ties = sorted(range(len(sizes)), key=lambda place: -sizes[place]), [], []
    for place, after in pairwise([*places, None]):
        ties.append(place)
        if after is None or sizes[place] - sizes[after] > 1e-13 * sizes[place]:
            found += sorted(ties, key=lambda tie: (spelled(routes[tie]), tie))
            ties = []
    return found


@given(st.lists(SIZES, min_size=1, max_size=12), st.integers(1, 14), st.data())
def test_the_first_of_all(sizes, k, data):
    paths = data.draw(routes(len(sizes)))
    assert Order().first(sizes, paths, k) == in_order(sizes, paths)[:k]


@given(st.lists(SIZES, min_size=2))
def test_some_tie_where_a_span_has_several(sizes):
    sizes.sort(reverse=True)
    spans = list(Order().spans(sizes))
    assert [size for span in spans for size in sizes[span]] == sizes
    assert Order().any_tie(sizes) == (len(spans) < len(sizes))


@pytest.mark.parametrize(
    ("arithmetic", "digits"), [(Double, 13), (Extended, 13), (Multiprecision(8), 8), (Multiprecision(40), 40)]
)
def test_as_many_digits_as_the_numbers_have(arithmetic, digits):
    order, number = order_in(arithmetic), arithmetic.number
    with arithmetic.context():
        one, part = number(1), number(1) / number(10) ** digits
        assert order.tie(one, one - part / 2)
        assert not order.tie(one, one - 2 * part)
