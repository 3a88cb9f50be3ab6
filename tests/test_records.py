"""Records behave as named tuples do."""

from __future__ import annotations

import copy
import pickle
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.records import Record


class Named(NamedTuple):
    first: Any
    second: Any = 2
    third: Any = 3


class Recorded(Record):
    first: Any
    second: Any = 2
    third: Any = 3

    @property
    def both(self) -> tuple[Any, Any]:
        return self.first, self.second


calls = st.tuples(
    st.lists(st.integers(), max_size=4),
    st.dictionaries(st.sampled_from(["first", "second", "third", "fourth"]), st.integers(), max_size=4),
)


@given(calls)
def test_takes_what_a_named_tuple_takes(call: tuple[list[int], dict[str, int]]) -> None:
    values, named = call
    try:
        expected = Named(*values, **named)
    except TypeError:
        with pytest.raises(TypeError):
            Recorded(*values, **named)
    else:
        assert Recorded(*values, **named) == expected


def test_is_a_tuple_with_names() -> None:
    record = Recorded(1, third=5)
    assert record == (1, 2, 5) and hash(record) == hash((1, 2, 5))
    assert (record.first, record.second, record.third) == (1, 2, 5)
    assert record.both == (1, 2)
    assert record._asdict() == {"first": 1, "second": 2, "third": 5}
    assert record._replace(second=7) == Recorded._make([1, 7, 5])
    assert repr(record) == "Recorded(first=1, second=2, third=5)"
    with pytest.raises(TypeError):
        record._replace(fourth=1)


def test_is_immutable_and_has_no_dictionary() -> None:
    record = Recorded(1)
    with pytest.raises(AttributeError):
        record.first = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        record.other = 2  # type: ignore[attr-defined]


def test_matches_by_position() -> None:
    match Recorded(1):
        case Recorded(first, second, _):
            assert (first, second) == (1, 2)


def test_survives_copying_and_pickling() -> None:
    record = Recorded([1], 2)
    assert copy.deepcopy(record) == record
    assert type(pickle.loads(pickle.dumps(record))) is Recorded


def test_one_record_may_extend_another_with_methods_only() -> None:
    class More(Recorded):
        def total(self) -> int:
            return sum(self)

    assert More(1).total() == 6
    assert More(1)._replace(first=2) == (2, 2, 3)
