"""Skips: edges past the layers between, by themselves or one across every k layers, and the cycles they would close.

A skip without a weight is the identity, a constant; the weight of one from a to b is called w_a_b, a second w_a_b_2
(of identities: skip a→b 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language.building.draft import Draft
from gradcalc.language.building.parameters import Described, Description, Pool
from gradcalc.language.building.values import WEIGHT_RULE, Given, WeightPlace, shape_text, units
from gradcalc.language.problems import Reporter, kind_of, quoted
from gradcalc.network.network import Edge
from gradcalc.records import Record

LONGEST = 7
"""Nodes of a cycle that are all named; of a longer one the middle is left out."""


def report_cycle(at: SpecPath, source: int, to: int, rule: str, draft: Draft, reporter: Reporter) -> None:
    """An edge to the same or an earlier layer: an error that names the cycle, if a path leads back."""
    first, last = draft.names[source], draft.names[to]
    back = _shortest_path(to, source, draft) if reporter.may_search() else []
    if back:
        message = f"closes the cycle {' → '.join(_shortened([draft.names[node] for node in (*back, to)]))}"
    else:
        message = f"goes backwards, {first} is computed after {last}"
    reporter.error(at, f"{first} → {last} {message}; {rule}", "key" if at[-2:] == ("from", first) else "value")


def _shortened(names: list[str]) -> list[str]:
    return names if len(names) <= LONGEST else [*names[:3], "…", *names[-3:]]


def _shortest_path(first: int, last: int, draft: Draft) -> list[int]:
    """The shortest path along the edges from node `first` to node `last`, or []; linear in the edges between."""
    onward = {last: last}
    waiting = [last]
    for node in waiting:  # grows while it is walked, breadth first
        for source in _sources(node, draft):
            if source >= first and source not in onward:
                onward[source] = node
                waiting.append(source)
    if first not in onward:
        return []
    path = [first]
    while path[-1] != last:
        path.append(onward[path[-1]])
    return path


def _sources(node: int, draft: Draft) -> Iterator[int]:
    if node >= draft.inputs:
        yield from (edge.source for edge in draft.edges[node - draft.inputs])
    for skips in (draft.into_preactivation, draft.into_output):
        yield from (edge.source for edge in skips.get(node, ()))


class Blocks:
    """The blocks that {every: k} puts a skip across: k layers each, in their order, from a start on."""

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


INTO = ("preactivation", "output")


class Skip(Record):
    """A skip with its ends found; `at` is the place of its mapping in the spec."""

    at: SpecPath
    source: int
    to: int
    into: str
    weight: Described | None
    block: str = ""  # of {every: …}: which block, as a message opens with it


class Skips:
    """Adds skips to a draft whose layers are built."""

    def __init__(self, draft: Draft, pool: Pool, reporter: Reporter) -> None:
        self._draft = draft
        self._pool = pool
        self._reporter = reporter
        self._between: Counter[tuple[int, int]] = Counter()  # skips with weights
        self._identities: Counter[tuple[int, int]] = Counter()

    def build(self, raw: Any) -> None:
        """All skips of a spec: a list of them, or one mapping {every: …}."""
        if isinstance(raw, dict):
            if "every" in raw:
                self._every(raw, ("skips",))
        elif isinstance(raw, list):
            for i, skip in enumerate(raw):
                self._one(skip, ("skips", i))
        elif raw is not None:
            self._reporter.error(("skips",), f"needs a list of skips, not {kind_of(raw)}")

    def report_late(self) -> None:
        """Layers that read what is computed after them."""
        for at, source, reader in self._draft.late:
            self._backward(at, source, reader, "a layer reads nodes that come before it")

    def _one(self, raw: Any, at: SpecPath) -> None:
        if not isinstance(raw, dict):
            self._reporter.error(at, f"needs a skip, which is a mapping, not {kind_of(raw)}")
        elif "every" in raw:
            self._every(raw, at)
        else:
            self._single(raw, at)

    def _single(self, raw: Mapping[str, Any], at: SpecPath) -> None:
        source, to = self._end(raw, "from", at), self._end(raw, "to", at)
        weight = self._pool.describer.read(raw.get("weight"), (*at, "weight"))
        if raw.get("name") is not None:
            weight = self._named(raw["name"], weight, at)
        if source is not None and to is not None and self._in_order(source, to, (*at, "to")):
            self._add(Skip(at, source, to, self._into(raw, at), weight))
        elif weight is not None:
            self._pool.lost.append(str(raw.get("name") or f"w_{raw.get('from')}_{raw.get('to')}"))

    def _in_order(self, source: int, to: int, at: SpecPath) -> bool:
        if to < self._draft.inputs:
            self._reporter.error(at, f"{self._draft.names[to]} is an input; a skip goes to a layer")
        elif source >= to:
            self._backward(at, source, to, "a skip goes to a layer that comes after its source")
        else:
            return True
        return False

    def _backward(self, at: SpecPath, source: int, to: int, rule: str) -> None:

        report_cycle(at, source, to, rule, self._draft, self._reporter)

    def _end(self, raw: Mapping[str, Any], key: str, at: SpecPath) -> int | None:
        if raw.get(key) is None:
            self._reporter.error((*at, key), "is missing; a skip goes from a node to a layer")
            return None
        return self._draft.find(raw[key], at, key)

    def _into(self, raw: Mapping[str, Any], at: SpecPath) -> str:
        into = raw.get("into", INTO[0])
        if into not in INTO:
            self._reporter.error((*at, "into"), "is preactivation or output")
            return INTO[0]
        return str(into)

    def _named(self, name: Any, weight: Described | None, at: SpecPath) -> Described | None:
        """The weight with the name that the skip itself gives it."""
        path = (*at, "name")
        if not isinstance(name, str):
            self._reporter.error(path, f"needs a name, not {kind_of(name)}")
        elif weight is None:
            self._reporter.without_effect(
                path, "names nothing: a skip without a weight is the identity, not a parameter"
            )
        elif isinstance(weight, float):
            return Description((*at, "weight"), Given((), weight), name=name, name_at=path)
        elif weight.entry is not None:
            self._reporter.error(path, f"names {weight.entry} again, an entry of parameters has only its own name")
        elif weight.name not in (None, name):
            self._reporter.error(path, f"is {name} but the weight is named {weight.name}; name it once")
        else:
            return weight._replace(name=name, name_at=path)
        return weight

    def _every(self, raw: Mapping[str, Any], at: SpecPath) -> None:
        """A skip across every block of k layers; a weight with a name is one for all of them."""

        names, into = self._draft.names, self._into(raw, at)
        weight = self._pool.describer.read(raw.get("weight"), (*at, "weight"))
        ties = isinstance(weight, Description) and weight.name is not None
        shared: int | None = None
        for source, to in Blocks(self._draft, self._pool, self._reporter).of(raw, at, into, weight):
            block = f"in the block {names[source]} → {names[to]} it "
            number = self._add(Skip(at, source, to, into, weight, block), shared)
            shared = number if ties else None

    def _add(self, skip: Skip, shared: int | None = None) -> int | None:
        """Adds a skip, whose ends are in order, and returns its weight's number; reports a width that does not fit."""
        draft = self._draft
        source, to, where, weight = skip.source, skip.to, skip.into, skip.weight
        into, widths = draft.into_preactivation, draft.inner
        if where != INTO[0]:
            into, widths = draft.into_output, draft.widths
        number = None
        if weight is None:
            self._check_identity(skip, widths[to])
            label = self._label(skip)
        else:
            number = self._put(skip, weight, widths[to], shared)
            label = self._pool.parameters[number].name if number is not None else ""
        into.setdefault(to, []).append(Edge(source, number, label))
        return number

    def _check_identity(self, skip: Skip, rows: int | None) -> None:
        columns = self._draft.widths[skip.source]
        if columns is not None and rows is not None and columns != rows:
            misfit = f"{skip.block}is the identity but {self._ends(skip, columns, rows)}"
            needed = f"widths that differ need a weight, here {rows}×{columns} (out×in)"
            self._reporter.error(skip.at, f"{misfit}; {needed}")

    def _put(self, skip: Skip, weight: Described, rows: int | None, shared: int | None) -> int | None:
        columns = self._draft.widths[skip.source]
        if shared is not None:
            number: int | None = shared
            self._pool.put_again(shared, (*skip.at, "weight"), self._place(skip, columns, rows))
        elif isinstance(weight, float):
            number = self._pool.put_number(weight, (*skip.at, "weight"), self._name(skip), "skip")
        else:
            number = self._pool.put(weight, self._name(skip), self._place(skip, columns, rows), "skip")
        if number is None:
            return None
        shape = self._pool.parameters[number].shape
        if rows is not None and (shape[0] if shape else columns) not in (None, rows):
            misfit = f"{skip.block}is {shape_text(shape)} but {self._ends(skip, columns, rows)}"
            rule = WEIGHT_RULE if shape else "a number as weight keeps its source's width"
            self._reporter.error((*skip.at, "weight"), f"{misfit}; {rule}")
        return number

    def _place(self, skip: Skip, columns: int | None, rows: int | None) -> WeightPlace:
        names = self._draft.names
        block = f" (in the block to {names[skip.to]})" if skip.block else ""
        return WeightPlace(columns, names[skip.source] + block, rows)

    def _name(self, skip: Skip) -> str:
        """The name by position: of its ends, and from the second skip between them on its number."""
        names = self._draft.names
        self._between[skip.source, skip.to] += 1
        count = self._between[skip.source, skip.to]
        return f"w_{names[skip.source]}_{names[skip.to]}" + (f"_{count}" if count > 1 else "")

    def _label(self, skip: Skip) -> str:
        """What paths call an identity: its ends, and from the second one between them on its number."""
        names = self._draft.names
        self._identities[skip.source, skip.to] += 1
        count = self._identities[skip.source, skip.to]
        return f"skip {names[skip.source]}→{names[skip.to]}" + (f" {count}" if count > 1 else "")

    def _ends(self, skip: Skip, columns: int | None, rows: int) -> str:
        names = self._draft.names
        source = f"{names[skip.source]} has {units(columns)} and " if columns is not None else ""
        return f"{source}{names[skip.to]} has {units(rows)}"
