"""Edges that lead backwards, and the cycle that each of them would close."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.problems import SpecPath
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.reporter import Reporter

LONGEST = 7
"""Nodes of a cycle that are all named; of a longer one the middle is left out."""


class Cycles:
    """Reports edges to the same or an earlier layer."""

    def __init__(self, draft: Draft, reporter: Reporter) -> None:
        self._draft = draft
        self._reporter = reporter

    def report(self, at: SpecPath, source: int, to: int, rule: str) -> None:
        """An error that names the cycle through the edge source → to, where there is a way back."""
        names = self._draft.names
        way = self._way(to, source) if self._reporter.may_search() else []
        if way:
            cycle = " → ".join(self._shortened([*way, to]))
            message = f"closes the cycle {cycle}"
        else:
            message = f"is out of order: {names[source]} is computed after {names[to]}"
        self._reporter.error(at, f"{names[source]} → {names[to]} {message}; {rule}")

    def _shortened(self, way: list[int]) -> list[str]:
        called = [self._draft.names[node] for node in way]
        return called if len(called) <= LONGEST else [*called[:3], "…", *called[-3:]]

    def _way(self, first: int, last: int) -> list[int]:
        """A way along the edges from node `first` to node `last`, or []; linear in the edges between."""
        onward = {last: last}
        waiting = [last]
        while waiting and first not in onward:
            node = waiting.pop()
            for source in self._sources(node):
                if source >= first and source not in onward:
                    onward[source] = node
                    waiting.append(source)
        if first not in onward:
            return []
        way = [first]
        while way[-1] != last:
            way.append(onward[way[-1]])
        return way

    def _sources(self, node: int) -> Iterator[int]:
        draft = self._draft
        if node >= draft.inputs:
            yield from (edge.source for edge in draft.edges[node - draft.inputs])
        for skips in (draft.into_preactivation, draft.into_output):
            yield from (edge.source for edge in skips.get(node, ()))
