"""The terms of the sum over paths: each path's product of local derivatives, the k largest without listing all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.derivation.adjoints import Backward
from gradcalc.derivation.chart import LOSS, Hop, Origin
from gradcalc.derivation.evaluation import evaluate, functions_of
from gradcalc.derivation.situation import Situation
from gradcalc.derivation.source import Source
from gradcalc.network.linear_graph import Steps
from gradcalc.records import Record
from gradcalc.semirings.accumulate import accumulate
from gradcalc.semirings.k_best import Best
from gradcalc.semirings.k_best import marks as marks_of

Number = Any


class Route(Record):
    """A path: the origin it starts from, its hops from there to the loss, its product at the point."""

    origin: Origin
    hops: tuple[Hop, ...]
    numbers: tuple[int, ...]  # of the hops in their chart: charts of other examples have the same
    value: Number

    @property
    def nodes(self) -> tuple[str, ...]:
        """The layers or units that it visits."""
        start = (self.origin.mark.node,) if self.origin.mark else ()
        seen = (*start, *(hop.mark.node for hop in self.hops if hop.mark))
        return tuple(node for node in seen if node is not None)

    @property
    def through(self) -> tuple[str, ...]:
        """The edges that it takes."""
        return tuple(hop.mark.label for hop in self.hops if hop.mark and hop.mark.label is not None)


def count(way: Backward, source: Source) -> int:
    """How many paths there are."""
    return sum(counts_to_loss(way).get(origin.head, 0) for origin in source.origins)


def counts_to_loss(way: Backward) -> dict[int, int]:
    """How many ways lead from every unit to the loss."""
    counts = {LOSS: 1}
    for place, hops in way.leaving.items():
        counts[place] = sum(counts.get(hop.head, 0) for hop in hops)
    return counts


def largest(situation: Situation, way: Backward, source: Source, k: int, seed: Number) -> list[Route]:
    """The k paths of largest |product|, largest first."""
    chart, subject = situation.chart, situation.chart.layout.values
    numbers = [n for n, hop in enumerate(chart.hops) if hop.tail in way.leaving]
    starts = range(len(chart.hops), len(chart.hops) + len(source.origins))
    marks: Any = [*numbers, *starts]  # the numbers of hops, and beyond them those of origins
    steps = Steps(
        subject + 1,
        LOSS,
        len(numbers) + len(starts),
        [*(chart.hops[n].tail for n in numbers), *[subject] * len(starts)],
        [*(chart.hops[n].head for n in numbers), *(origin.head for origin in source.origins)],
        marks,
    )
    slopes = [*(situation.slopes[n] for n in numbers), *origin_slopes(situation, source)]
    best = Best(k)
    ranking = accumulate(steps, best.edges(steps, slopes), seed, best)[subject]
    return [_route(situation, source, value, marks_of(route)) for value, route in ranking.candidates]


def origin_slopes(situation: Situation, source: Source) -> list[Number]:
    """The slope of every origin at the point."""
    functions = functions_of(situation.point.arithmetic)
    return [evaluate(origin.factor, situation.values, functions) for origin in source.origins]


def _route(situation: Situation, source: Source, value: Number, marks: Sequence[Any]) -> Route:
    hops = situation.chart.hops
    first, *numbers = marks
    return Route(source.origins[first - len(hops)], tuple(hops[n] for n in numbers), tuple(numbers), value)
