"""The blocks that {every: k} puts a skip across: k layers each, in their order, from a start on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.problems import SpecPath
from gradcalc.spec.building.describing import Described
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.pool import Pool
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.wording import quoted


class Blocks:
    """Finds the ends of blocks in a draft."""

    def __init__(self, draft: Draft, pool: Pool, reporter: Reporter) -> None:
        self._draft = draft
        self._pool = pool
        self._reporter = reporter

    def of(self, raw: Mapping[str, Any], at: SpecPath, into: str, weight: Described | None) -> list[tuple[int, int]]:
        """Source and end of every block; a last incomplete block gets none."""
        every = raw.get("every")
        if type(every) is not int or every < 1:
            self._reporter.error((*at, "every"), f"needs a whole number from 1 on, not {quoted(every)}")
            return []
        start = self._start(raw, at, every, into, weight)
        if start is None:
            return []
        before_first = max(start, self._draft.inputs - 1)
        ends = range(before_first + every, len(self._draft.names), every)
        if not ends:
            after = f"layers after {self._draft.names[start]}: {len(self._draft.names) - 1 - before_first}"
            self._reporter.warning((*at, "every"), f"is {every} and makes no skip ({after})")
        return list(zip([start, *ends], ends, strict=False))

    def _start(
        self, raw: Mapping[str, Any], at: SpecPath, every: int, into: str, weight: Described | None
    ) -> int | None:
        """The named node; else the single input if a skip from it fits the first block, else the first layer."""
        draft = self._draft
        if raw.get("start") is not None:
            return draft.find(raw["start"], at, "start")
        if len(draft.names) == draft.inputs:
            return None
        if draft.inputs > 1:
            return draft.inputs
        rows = (draft.inner if into == "preactivation" else draft.widths)[every : every + 1]
        return 0 if all(self._fits(weight, draft.widths[0], width) for width in rows) else 1

    def _fits(self, weight: Described | None, columns: int | None, rows: int | None) -> bool:
        """Whether a weight may lead from so many units to so many; what is unknown does."""
        shape = self._shape(weight)
        if columns is None or rows is None or shape is None:
            return True
        if len(shape) == 1:
            return (columns, rows) in ((shape[0], 1), (1, shape[0]))
        return (rows, columns) == shape if shape else rows == columns

    def _shape(self, weight: Described | None) -> tuple[int, ...] | None:
        """The shape that a weight has so far; () of the identity, None where init draws whatever is needed."""
        if weight is None or isinstance(weight, float):
            return ()
        if weight.entry is not None:
            return self._pool.entry_shape(weight.entry)
        return weight.given.shape if weight.given is not None else None
