"""The facts of `gradcalc sweep`, made only when a format asks: rows may still be under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.questions.sweeping import Row, Sweep

AGAINST = "no-skips"
ERROR = "error"


def facts(sweep: Sweep) -> dict[str, Any]:
    """The whole sweep as JSON prints it."""
    said: dict[str, Any] = {
        "command": "sweep",
        "name": sweep.name,
        "over": {key: list(values) for key, values in sweep.axes.items()},
        "show": [column.name for column in sweep.columns],
    }
    if sweep.against:
        said["against"] = sweep.against
    return said | {"rows": [row_facts(list(sweep.axes), row) for row in sweep.rows]}


def row_facts(keys: Sequence[str], row: Row) -> dict[str, Any]:
    """One point: its values by key, what was read, under `no-skips` what was read of the plain network."""
    said = dict(zip(keys, row.values)) | dict(row.found)
    if row.error is not None:
        said[ERROR] = row.error
    if row.against is not None:
        said[AGAINST] = dict(row.against) if row.against_error is None else {ERROR: row.against_error}
    return said


def row_of(keys: Sequence[str], said: Mapping[str, Any]) -> Row:
    """The row that was written as these facts."""
    rest = {name: value for name, value in said.items() if name not in keys}
    error, against = rest.pop(ERROR, None), rest.pop(AGAINST, None)
    failed = against.get(ERROR) if against else None
    return Row(tuple(said[key] for key in keys), rest, error, {} if failed is not None else against, failed)
