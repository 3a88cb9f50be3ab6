"""Edges that lead backwards, and the cycle that each of them would close."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.problems import SpecPath
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.reporter import Reporter

LONGEST = 7
"""Nodes of a cycle that are all named; of a longer one the middle is left out."""


def report_cycle(at: SpecPath, source: int, to: int, rule: str, draft: Draft, reporter: Reporter) -> None:
    """An edge to the same or an earlier layer: an error that names the cycle, where there is a way back."""
    first, last = draft.names[source], draft.names[to]
    way = _way(to, source, draft) if reporter.may_search() else []
    if way:
        message = f"closes the cycle {' → '.join(_shortened([draft.names[node] for node in (*way, to)]))}"
    else:
        message = f"goes backwards, {first} is computed after {last}"
    reporter.error(at, f"{first} → {last} {message}; {rule}", "key" if at[-2:] == ("from", first) else "value")


def _shortened(names: list[str]) -> list[str]:
    return names if len(names) <= LONGEST else [*names[:3], "…", *names[-3:]]


def _way(first: int, last: int, draft: Draft) -> list[int]:
    """The shortest way along the edges from node `first` to node `last`, or []; linear in the edges between."""
    onward = {last: last}
    waiting = [last]
    for node in waiting:  # grows while it is walked, breadth first
        for source in _sources(node, draft):
            if source >= first and source not in onward:
                onward[source] = node
                waiting.append(source)
    if first not in onward:
        return []
    way = [first]
    while way[-1] != last:
        way.append(onward[way[-1]])
    return way


def _sources(node: int, draft: Draft) -> Iterator[int]:
    if node >= draft.inputs:
        yield from (edge.source for edge in draft.edges[node - draft.inputs])
    for skips in (draft.into_preactivation, draft.into_output):
        yield from (edge.source for edge in skips.get(node, ()))
