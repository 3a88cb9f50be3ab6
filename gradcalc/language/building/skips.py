"""Skips: edges past the layers between, by themselves or one across every k layers, and the cycles they would close.

A skip without a weight is the identity, a constant; the weight of one from a to b is called w_a_b, a second w_a_b_2
(of identities: skip a→b 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language.building.draft import LONGEST_INDEX, Draft
from gradcalc.language.building.parameters import Described, Description, Pool
from gradcalc.language.building.values import WEIGHT_RULE, Given, Shape, WeightPlace, shape_text, units
from gradcalc.network.network import Edge
from gradcalc.records import Record

MANY = 32  # skips from which on it pays to look whether all are plain
LONGEST_CYCLE = 7  # nodes of a cycle that are all named; of a longer one the middle is left out
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

    def __init__(self, draft: Draft, pool: Pool) -> None:
        self._draft = draft
        self._pool = pool
        self._problems = draft.problems
        self._between: dict[tuple[int, int, bool], int] = {}  # how many skips with and without weights

    def build(self, raw: Any) -> None:
        """All skips of a spec: a list of them, or one mapping {every: …}."""
        if isinstance(raw, dict) and "every" in raw:
            self._every(raw, ("skips",))
        if isinstance(raw, list) and len(raw) >= MANY:
            from gradcalc.language.building.runs import add_skips

            if add_skips(self._draft, self._pool, raw):
                return
        for i, skip in enumerate(raw if isinstance(raw, list) else ()):
            if isinstance(skip, dict):
                self._every(skip, ("skips", i)) if "every" in skip else self._single(skip, ("skips", i))

    def _single(self, raw: Mapping[str, Any], at: SpecPath) -> None:
        draft, weight = self._draft, raw.get("weight")
        if type(weight) is not float:
            weight = self._pool.read(weight, (*at, "weight"))
        source = None if raw.get("from") is None else draft.find(raw["from"], at, "from")
        to = None if raw.get("to") is None else draft.find(raw["to"], at, "to")
        if raw.get("name") is not None:
            weight = self._named(raw["name"], weight, at)
        if source is not None and to is not None:
            if to < draft.inputs:
                self._problems.error((*at, "to"), f"{draft.names[to]} is an input; a skip goes to a layer")
            elif source >= to:
                rule = "a skip goes to a layer that comes after its source"
                report_cycle((*at, "to"), source, to, rule, draft)
            else:
                self._add(Skip._make((at, source, to, INTO[raw.get("into") == INTO[1]], weight, "")))
                return
        if weight is not None:
            self._pool.lost.append(str(raw.get("name") or f"w_{raw.get('from')}_{raw.get('to')}"))

    def _named(self, name: Any, weight: Described | None, at: SpecPath) -> Described | None:
        """The weight with the name that the skip itself gives it."""
        path, problems = (*at, "name"), self._problems
        if not isinstance(name, str):
            return weight
        if weight is None:
            problems.without_effect(path, "names nothing: a skip without a weight is the identity, not a parameter")
        elif isinstance(weight, float):
            return Description((*at, "weight"), Given((), weight), name=name, name_at=path)
        elif weight.entry is not None:
            problems.error(path, f"names {weight.entry} again, an entry of parameters has only its own name")
        elif weight.name not in (None, name):
            problems.error(path, f"is {name} but the weight is named {weight.name}; name it once")
        else:
            return weight._replace(name=name, name_at=path)
        return weight

    def _every(self, raw: Mapping[str, Any], at: SpecPath) -> None:
        """A skip across every block of k layers; a weight with a name is one for all of them."""
        names, into = self._draft.names, INTO[raw.get("into") == INTO[1]]
        weight = self._pool.read(raw.get("weight"), (*at, "weight"))
        ties = isinstance(weight, Description) and weight.name is not None
        shared: int | None = None
        for source, to in self._blocks(raw, at, into, weight):
            block = f"in the block {names[source]} → {names[to]} it "
            number = self._add(Skip(at, source, to, into, weight, block), shared)
            shared = number if ties else None

    def _blocks(
        self, raw: Mapping[str, Any], at: SpecPath, into: str, weight: Described | None
    ) -> list[tuple[int, int]]:
        """Source and end of every block of k layers in their order; one that is incomplete, or ends after the node
        `until`, gets none."""
        every = raw.get("every")
        if type(every) is not int or every < 1:
            return []
        draft, last = self._draft, len(self._draft.names) - 1
        if raw.get("until") is not None:
            found = draft.find(raw["until"], at, "until")
            if found is None:
                return []
            last = found
        if raw.get("start") is not None:
            start = draft.find(raw["start"], at, "start")
        elif len(draft.names) == draft.inputs:
            start = None
        else:
            start = self._first_start(every, into, weight)
        if start is None:
            return []
        before_first = max(start, draft.inputs - 1)
        ends = range(before_first + every, last + 1, every)
        if not ends:
            until = f" until {draft.names[last]}" if raw.get("until") is not None else ""
            after = f"layers after {draft.names[start]}{until}: {max(last - before_first, 0)}"
            self._problems.warning((*at, "every"), f"is {every} and makes no skip ({after})")
        return list(zip([start, *ends], ends, strict=False))

    def _first_start(self, every: int, into: str, weight: Described | None) -> int:
        """The single input if a skip from it fits the first block, else the first layer; what is unknown fits."""
        draft = self._draft
        if draft.inputs > 1:
            return draft.inputs
        shape: Shape | None = ()  # of the identity, or of a number
        if isinstance(weight, Description) and weight.entry is not None:
            shape = self._pool.entry_shape(weight.entry)
        elif isinstance(weight, Description):
            shape = weight.given.shape if weight.given is not None else None
        columns = draft.widths[0]
        for rows in (draft.inner if into == INTO[0] else draft.widths)[every : every + 1]:
            if columns is None or rows is None or shape is None:
                continue
            if len(shape) == 1:
                fits = (columns, rows) in ((shape[0], 1), (1, shape[0]))
            else:
                fits = (rows, columns) == shape if shape else rows == columns
            if not fits:
                return 1
        return 0

    def _add(self, skip: Skip, shared: int | None = None) -> int | None:
        """Adds a skip, whose ends are in order, and returns its weight's number; reports a width that does not fit."""
        draft, weight = self._draft, skip.weight
        into, widths = draft.into_preactivation, draft.inner
        if skip.into != INTO[0]:
            into, widths = draft.into_output, draft.widths
        source, to = draft.names[skip.source], draft.names[skip.to]
        between = (skip.source, skip.to, weight is None)
        self._between[between] = count = self._between.get(between, 0) + (shared is None)
        number, rows = None, widths[skip.to]
        if weight is None:
            columns = draft.widths[skip.source]
            if columns is not None and rows is not None and columns != rows:
                misfit = f"{skip.block}is the identity but {self._ends(skip, rows)}"
                needed = f"widths that differ need a weight, here {rows}×{columns} (out×in)"
                self._problems.error(skip.at, f"{misfit}; {needed}")
            label = f"skip {source}→{to}" + (f" {count}" if count > 1 else "")
        else:
            number = self._weigh(skip, weight, f"w_{source}_{to}" + (f"_{count}" if count > 1 else ""), rows, shared)
            label = self._pool.parameters[number].name if number is not None else ""
        draft.read.add(skip.source)
        entering = into.setdefault(skip.to, [])
        assert isinstance(entering, list)  # `add_skips` alone makes others, of all skips there are
        entering.append(Edge._make((skip.source, number, label)))
        return number

    def _weigh(self, skip: Skip, weight: Described, name: str, rows: int | None, shared: int | None) -> int | None:
        """The weight's number; `name` is its name by position, and `shared` the one that blocks have in common."""
        pool, columns, at = self._pool, self._draft.widths[skip.source], (*skip.at, "weight")
        number: int | None
        if shared is None and isinstance(weight, float):
            number = pool.put_number(weight, at, name, "skip")
        else:
            block = f" (in the block to {self._draft.names[skip.to]})" if skip.block else ""
            number, place = shared, WeightPlace(columns, self._draft.names[skip.source] + block, rows)
            if shared is not None:
                pool.put_again(shared, at, place)
            elif isinstance(weight, Description):
                number = pool.put(weight, name, place, "skip")
        if number is None:
            return None
        shape = pool.parameters[number].shape
        if rows is not None and (shape[0] if shape else columns) not in (None, rows):
            misfit = f"{skip.block}is {shape_text(shape)} but {self._ends(skip, rows)}"
            rule = WEIGHT_RULE if shape else "a number as weight keeps its source's width"
            self._problems.error(at, f"{misfit}; {rule}")
        return number

    def _ends(self, skip: Skip, rows: int) -> str:
        names, columns = self._draft.names, self._draft.widths[skip.source]
        source = f"{names[skip.source]} has {units(columns)} and " if columns is not None else ""
        return f"{source}{names[skip.to]} has {units(rows)}"


def report_cycle(at: SpecPath, source: int, to: int, rule: str, draft: Draft) -> None:
    """An edge to the same or an earlier layer: an error that names the cycle, if a path leads back."""
    first, last = draft.names[source], draft.names[to]
    back = _shortest_path(to, source, draft) if draft.problems.may_search() else []
    if back:
        names = [draft.names[node] for node in (*back, to)]
        names = names if len(names) <= LONGEST_CYCLE else [*names[:3], "…", *names[-3:]]
        message = f"closes the cycle {' → '.join(names)}"
    else:
        message = f"goes backwards, {first} is computed after {last}"
    draft.problems.error(at, f"{first} → {last} {message}; {rule}", "key" if at[-2:] == ("from", first) else "value")


def _shortest_path(first: int, last: int, draft: Draft) -> list[int]:
    """The shortest path along the edges from node `first` to node `last`, or []; linear in the edges between."""
    onward = {last: last}
    waiting = [last]
    for node in waiting:  # grows while it is walked, breadth first
        read = draft.edges[node - draft.inputs] if node >= draft.inputs else ()
        for edge in (*read, *draft.into_preactivation.get(node, ()), *draft.into_output.get(node, ())):
            if edge.source >= first and edge.source not in onward:
                onward[edge.source] = node
                waiting.append(edge.source)
    if first not in onward:
        return []
    path = [first]
    while path[-1] != last:
        path.append(onward[path[-1]])
    return path


def skips_told(raw: Any, layers: int) -> tuple[tuple[range, bool], ...]:
    """Of a chain of layers that have one unit each and their names by position: the numbers of the layers that skips
    end at, of which each starts a step of the range before (0: at the input), and whether they end in the output; none
    where a skip is unclear, as is what stands for many of a long list."""
    found: list[tuple[range, bool]] = []
    for skip in raw if isinstance(raw, list) else (raw,):
        told: Mapping[str, Any] = skip if isinstance(skip, dict) else {}
        every, late = told.get("every"), told.get("into") == "output"
        if type(every) is int and every > 0 and told.keys().isdisjoint(("start", "until")):
            found.append((range(every, layers + 1, every), late))
            continue
        start, end = (position(told.get(key), layers) for key in ("from", "to"))
        if start is None or end is None or start >= end:
            return ()
        found.append((range(end, end + 1, end - start), late))
    return tuple(found)


def position(name: Any, layers: int) -> int | None:
    """The number of the layer of this name, 0 of the input; None where there is none."""
    if name in ("x", "y"):
        return layers if name == "y" else 0
    digits = name[1:] if isinstance(name, str) and name[:1] == "h" and len(name) < LONGEST_INDEX else ""
    return int(digits) if digits.isascii() and digits.isdecimal() and 0 < int(digits) < layers else None
