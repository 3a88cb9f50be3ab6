"""Rows of a sweep by index, slice and column, of those that were computed one by one and of blocks."""

from __future__ import annotations

from typing import Any

import pytest

from gradcalc.analysis import sweep_rows
from gradcalc.analysis.sweep_rows import (
    ColumnBlock,
    Floats,
    RowBlock,
    Rows,
    RowTable,
    SweepRow,
    alone,
    column_of,
    has_failed,
)


class Column:
    """The values of a column at the points of a block."""

    def __init__(self, *found: float) -> None:
        self.found = found

    def values(self) -> list[float]:
        return list(self.found)

    def value(self, place: int) -> float:
        return self.found[place]


def block(failed: str | None = None, kinks: Any = (), against: str | None = None, two: bool = False) -> RowBlock:
    """Three points, the second of which was computed by itself; set against another network if there are two."""
    columns: Any = {"loss": Column(1.0, -1.0, 3.0), "w1": Column(0.1, -0.1, 0.3)}
    one = ColumnBlock(columns, {1: ({} if failed else {"loss": 2.0, "w1": 0.2}, failed, kinks)})
    others: Any = {"loss": Column(5.0, -1.0, 7.0)}
    other = ColumnBlock(others, {1: ({} if against else {"loss": 6.0}, against, ())})
    return RowBlock([(10,), (20,), (30,)], [one, other] if two else [one])


FIRST, SECOND, THIRD = (SweepRow((n * 10,), {"loss": float(n), "w1": n / 10}, None, ()) for n in (1, 2, 3))
AGAINST = [
    row._replace(against={"loss": value}, against_kinks=())
    for row, value in zip((FIRST, SECOND, THIRD), (5.0, 6.0, 7.0))
]


def as_told(rows: Any) -> list[Any]:
    """Rows with their numbers of kinks as lists."""
    return [row._replace(kinks=tuple(row.kinks or ()), against_kinks=tuple(row.against_kinks or ())) for row in rows]


@pytest.mark.parametrize(("two", "rows"), [(False, [FIRST, SECOND, THIRD]), (True, AGAINST)])
def test_a_block_makes_its_rows_when_they_are_asked_for(two: bool, rows: list[SweepRow]) -> None:
    rows = as_told(rows)
    found = block(two=two)
    assert len(found) == 3 and [one.found["w1"] for one in found] == pytest.approx([0.1, 0.2, 0.3])
    near = [row._replace(found={"loss": row.found["loss"], "w1": pytest.approx(row.found["w1"])}) for row in rows]
    assert as_told(found) == near
    assert as_told([found[0], found[1], found[-1]]) == near
    assert as_told(found[1:]) == near[1:] and as_told(found[::2]) == near[::2]
    with pytest.raises(IndexError):
        found[3]


def test_a_table_of_blocks_and_of_single_rows() -> None:
    table = RowTable([[FIRST], block(), [SECOND, THIRD], []])
    assert (len(table), len(RowTable([]))) == (6, 0)
    assert [row.values for row in table] == [(10,), (10,), (20,), (30,), (20,), (30,)]
    assert [table[n].values for n in (0, 1, 3, 4, -1)] == [(10,), (10,), (30,), (20,), (30,)]
    assert [row.values for row in table[2:5]] == [(20,), (30,), (20,)]
    assert table.column("loss", 0) == [1.0, 1.0, 2.0, 3.0, 2.0, 3.0]
    assert table.column("loss", 0) is table.column("loss", 0)
    assert [row.values for row in table.alone()] == [(10,), (20,), (20,), (30,)]
    assert [row.values for row in alone(table)] == [(10,), (20,), (20,), (30,)]
    assert alone([FIRST]) == [FIRST]


def test_columns_of_rows_and_of_blocks() -> None:
    assert column_of(block(two=True), "loss", 0) == [1.0, 2.0, 3.0]
    assert column_of(block(two=True), "loss", 1) == [5.0, 6.0, 7.0]
    assert column_of(block(two=True), "w1", 1) == [None, None, None]
    assert column_of(block(failed="no"), "loss", 0) == [1.0, None, 3.0]
    assert column_of(AGAINST, "loss", 1) == [5.0, 6.0, 7.0] and column_of([FIRST], "loss", 1) == [None]
    assert column_of(RowTable([block()]), "w1", 0) == [0.1, 0.2, 0.3]


def test_many_finite_floats_are_kept_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_rows, "MANY", 3)
    found = RowTable([block()]).column("loss", 0)
    assert isinstance(found, Floats) and found.array.tolist() == [1.0, 2.0, 3.0]
    assert type(RowTable([block(failed="no")]).column("loss", 0)) is list
    monkeypatch.setattr(sweep_rows, "MANY", 4)
    assert type(RowTable([block()]).column("loss", 0)) is list


@pytest.mark.parametrize(
    ("rows", "failed"),
    [
        ([FIRST, SECOND], False),
        ([FIRST, SECOND._replace(error="no value")], True),
        ([AGAINST[0]._replace(against_error="no value")], True),
        ([], False),
        (block(), False),
        (block(failed="no value"), True),
        (block(two=True), False),
        (block(two=True, against="no value"), True),
    ],
)
def test_whether_a_point_could_not_be_computed(rows: Any, failed: bool) -> None:
    assert has_failed(rows) is failed
    known = Rows(iter([[FIRST], rows]))
    assert len(list(known)) == 1 + len(rows) and known.failed is failed
    passing = Rows([rows, [FIRST]])
    assert len(list(passing.passing())) == 2 and passing.failed is failed


def test_rows_are_computed_once_and_what_is_to_be_done_afterwards_too() -> None:
    coming = iter([[FIRST], [SECOND]])
    rows, done = Rows(coming), list[str]()
    rows.afterwards(lambda: done.append("done"))
    assert next(iter(rows)) == FIRST and not done
    assert len(list(rows.passing())) == 2 and done == ["done"]  # remembered, as something was to be done
    assert list(rows) == [FIRST, SECOND] and done == ["done"] and len(rows.table()) == 2
    assert list(rows.passing()) == [[FIRST], [SECOND]]
    forgotten = Rows(iter([[FIRST]]))
    assert list(forgotten.passing()) == [[FIRST]] and list(forgotten) == []
