"""Gradients of many entries: small ones entry by entry, large ones by norm and largest entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from gradcalc.blocks import Column, Table
from gradcalc.magnitudes import entries, norm, shape
from gradcalc.text.phrases import gradient

MOST_COLUMNS, MOST_ROWS = 6, 24
Row = list[Any]


def matrix_table(gradients: Mapping[str, Any], frozen: Set[str], every: bool) -> Table:
    """Rows of entries where they fit on a page or `every` one is wanted, else norms."""
    rows = [row for name, value in gradients.items() for row in matrix_rows(name, value, name in frozen)]
    columns = max(map(len, rows)) - 1
    if columns <= MOST_COLUMNS and (every or len(rows) <= MOST_ROWS):
        names = ["", *map(str, range(columns))] if columns > 1 else ["", ""]
        return Table(
            [Column(name) for name in names], [row + [None] * (columns + 1 - len(row)) for row in rows], "Gradients"
        )
    return entry_table(gradients) if every else norm_table(gradients, frozen)


def matrix_rows(name: str, value: Any, frozen: bool) -> Iterator[Row]:
    """∂L/∂w1[0] and the entries of that row; a list is one row, a number one entry."""
    mark = " (frozen)" if frozen else ""
    if not isinstance(value, list):
        yield [gradient(name) + mark, value]
    elif not isinstance(value[0], list):
        yield [gradient(name) + mark, *value]
    else:
        yield from ([f"{gradient(name)}[{number}]{mark}", *row] for number, row in enumerate(value))


def entry_table(gradients: Mapping[str, Any]) -> Table:
    """One row for each entry."""
    rows = [
        [gradient(name) + (f"[{','.join(map(str, index))}]" if index else ""), number]
        for name, value in gradients.items()
        for index, number in entries(value)
    ]
    return Table([Column(""), Column("")], rows, "Gradients")


def norm_table(gradients: Mapping[str, Any], frozen: Set[str]) -> Table:
    """One row for each gradient: shape, Frobenius norm, largest entry and where it stands."""
    rows = []
    for name, value in gradients.items():
        index, largest = max(entries(value), key=lambda entry: abs(entry[1]))
        mark = " (frozen)" if name in frozen else ""
        rows.append([gradient(name) + mark, shape(value), norm(value), largest, f"[{','.join(map(str, index))}]"])
    names = ("", "shape", "norm", "largest entry", "at")
    return Table([Column(name) for name in names], rows, title="Gradients (--wrt NAME or --all shows every entry)")
