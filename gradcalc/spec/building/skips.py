"""Skips: edges past the layers between, into a preactivation or an output, each by itself or one across every k layers.

A skip without a weight is the identity, a constant; the weight of one from a to b is called w_a_b, a second w_a_b_2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gradcalc.network import Edge
from gradcalc.problems import SpecPath
from gradcalc.spec.building.blocks import Blocks
from gradcalc.spec.building.cycles import Cycles
from gradcalc.spec.building.describing import Description
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.placing import WEIGHT_RULE, WeightPlace, shape_text, units, units_of
from gradcalc.spec.building.pool import Pool
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.wording import kind_of

INTO = ("preactivation", "output")


class Skip(NamedTuple):
    """A skip with its ends found; `at` is the place of its mapping in the spec."""

    at: SpecPath
    source: int
    to: int
    into: str
    weight: Description | None
    block: str = ""  # of {every: …}: which block, as a message opens with it


class Skips:
    """Adds skips to a draft whose layers are built."""

    def __init__(self, draft: Draft, pool: Pool, reporter: Reporter) -> None:
        self._draft = draft
        self._pool = pool
        self._reporter = reporter
        self._cycles = Cycles(draft, reporter)
        self._blocks = Blocks(draft, pool, reporter)
        self._between: dict[tuple[int, int], int] = {}

    def build(self, raw: Any) -> None:
        """All skips of a spec: a list of them, or one mapping {every: …}."""
        if isinstance(raw, dict):
            self._one(raw, ("skips",))
        elif isinstance(raw, list):
            for i, skip in enumerate(raw):
                self._one(skip, ("skips", i))
        elif raw is not None:
            self._reporter.error(("skips",), f"needs a list of skips, not {kind_of(raw)}")

    def report_late(self) -> None:
        """Layers that read what is computed after them."""
        for at, source, reader in self._draft.late:
            self._cycles.report(at, source, reader, "a layer reads nodes that come before it")

    def _one(self, raw: Any, at: SpecPath) -> None:
        if not isinstance(raw, dict):
            self._reporter.error(at, f"needs a skip, which is a mapping, not {kind_of(raw)}")
        elif "every" in raw:
            self._every(raw, at)
        else:
            self._single(raw, at)

    def _single(self, raw: Mapping[str, Any], at: SpecPath) -> None:
        source = self._end(raw, "from", at)
        to = self._end(raw, "to", at)
        described = None
        if raw.get("weight") is not None:
            described = self._pool.describer.describe(raw["weight"], (*at, "weight"))
        described = self._named(raw, described, at)
        if source is None or to is None:
            return
        if to < self._draft.inputs:
            self._reporter.error((*at, "to"), f"{self._draft.names[to]} is an input; a skip goes to a layer")
        elif source >= to:
            self._cycles.report((*at, "to"), source, to, "a skip goes to a layer that comes after its source")
        else:
            self._add(Skip(at, source, to, self._into(raw, at), described))

    def _end(self, raw: Mapping[str, Any], key: str, at: SpecPath) -> int | None:
        if raw.get(key) is None:
            self._reporter.error((*at, key), "is missing; a skip goes from a node to a layer")
            return None
        return self._draft.find(raw[key], (*at, key))

    def _into(self, raw: Mapping[str, Any], at: SpecPath) -> str:
        into = raw.get("into", INTO[0])
        if into not in INTO:
            self._reporter.error((*at, "into"), "is preactivation or output")
            return INTO[0]
        return str(into)

    def _named(self, raw: Mapping[str, Any], described: Description | None, at: SpecPath) -> Description | None:
        """The weight with the name that the skip itself gives it."""
        name = raw.get("name")
        if not isinstance(name, str):
            return described
        path = (*at, "name")
        if described is None:
            self._reporter.warning(path, "names nothing: a skip without a weight is the identity, not a parameter")
        elif described.entry is not None:
            self._reporter.error(path, f"names {described.entry} again, an entry of parameters has only its own name")
        elif described.name not in (None, name):
            self._reporter.error(path, f"is {name} but the weight is named {described.name}; name it once")
        else:
            return described._replace(name=name, name_at=path)
        return described

    def _every(self, raw: Mapping[str, Any], at: SpecPath) -> None:
        """A skip across every block of k layers; a weight with a name is one for all of them."""
        described = None
        if raw.get("weight") is not None:
            described = self._pool.describer.describe(raw["weight"], (*at, "weight"))
        shared: int | None = None
        for source, to in self._blocks.of(raw, at, self._into(raw, at), described):
            block = f"in the block {self._draft.names[source]} → {self._draft.names[to]} it "
            number = self._add(Skip(at, source, to, self._into(raw, at), described, block), shared)
            shared = number if described is not None and described.name is not None else None

    def _add(self, skip: Skip, shared: int | None = None) -> int | None:
        """Adds a skip, whose ends are in order, and returns its weight's number; reports a width that does not fit."""
        draft = self._draft
        into = draft.into_preactivation if skip.into == INTO[0] else draft.into_output
        rows = (draft.inner if skip.into == INTO[0] else draft.widths)[skip.to]
        number = None
        label = f"skip {draft.names[skip.source]}→{draft.names[skip.to]}"
        if skip.weight is None:
            self._check_identity(skip, rows)
        else:
            number = self._weigh(skip, skip.weight, rows, shared)
            label = label if number is None else self._pool.parameters[number].name
        into.setdefault(skip.to, []).append(Edge(skip.source, number, label))
        return number

    def _check_identity(self, skip: Skip, rows: int | None) -> None:
        columns = self._draft.widths[skip.source]
        if columns is None or rows is None or columns == rows:
            return
        message = f"{skip.block}is the identity but {self._ends(skip, columns, rows)}"
        self._reporter.error(
            skip.at, f"{message}; equal widths need no weight, others one of {rows}×{columns} (out×in)"
        )

    def _weigh(self, skip: Skip, described: Description, rows: int | None, shared: int | None) -> int | None:
        names, columns = self._draft.names, self._draft.widths[skip.source]
        reads = names[skip.source] + (f" (in the block to {names[skip.to]})" if skip.block else "")
        place = WeightPlace(columns, reads, rows)
        if shared is None:
            name = self._name(skip, described)
            number = self._pool.put(described, name, place, "skip")
        else:
            number = shared
            self._pool.put_again(shared, described.at, place)
        if number is None:
            return None
        shape = self._pool.parameters[number].shape
        made = units_of(shape, columns)
        if made is not None and rows is not None and made != rows:
            misfit = f"{skip.block}is {shape_text(shape)} but {self._ends(skip, columns, rows)}"
            self._reporter.error(described.at, f"{misfit}; {WEIGHT_RULE}")
        return number

    def _name(self, skip: Skip, described: Description) -> str:
        """The name by position: of its ends, and from the second skip between them on its number."""
        names = self._draft.names
        count = self._between[skip.source, skip.to] = self._between.get((skip.source, skip.to), 0) + 1
        return f"w_{names[skip.source]}_{names[skip.to]}" + (f"_{count}" if count > 1 else "")

    def _ends(self, skip: Skip, columns: int | None, rows: int) -> str:
        names = self._draft.names
        source = f"{names[skip.source]} has {units(columns)} and " if columns is not None else ""
        return f"{source}{names[skip.to]} has {units(rows)}"
