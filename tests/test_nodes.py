"""Inputs and layers as one sequence: it behaves as the tuple of both."""

from __future__ import annotations

import pytest
from computations import residual_network
from hypothesis import given
from hypothesis import strategies as st

NETWORK = residual_network()
WHOLE = (*NETWORK.inputs, *NETWORK.layers)


@given(st.integers(-6, 6))
def test_a_place_is_that_of_the_tuple(number: int) -> None:
    try:
        expected = WHOLE[number]
    except IndexError:
        with pytest.raises(IndexError):
            NETWORK.nodes[number]
    else:
        assert NETWORK.nodes[number] is expected


def test_it_is_a_sequence() -> None:
    assert len(NETWORK.nodes) == 4
    assert tuple(NETWORK.nodes) == WHOLE
    assert tuple(reversed(NETWORK.nodes)) == WHOLE[::-1]
    assert NETWORK.nodes[1:3] == WHOLE[1:3]
    assert WHOLE[2] in NETWORK.nodes
