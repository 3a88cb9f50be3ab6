"""What the paths of every length come to, of one example: contributions and magnitudes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from gradcalc.arithmetic import Number
from gradcalc.network.linear_graph import Steps
from gradcalc.semirings.accumulate import parameters
from gradcalc.semirings.by_length import Length, Polynomial

ByLength = Mapping[int, Number]


class LengthSums:
    """Of the parameters and of given nodes; what is said of others is let go, for polynomials can be long.

    Sweeps are made when first asked for.
    """

    def __init__(self, steps: Steps, derivatives: Sequence[Number], seed: Number, nodes: Collection[int]) -> None:
        self._steps = steps
        self._derivatives = derivatives
        self._seed = seed
        self._nodes = nodes

    def of(self, node: int) -> tuple[ByLength, ByLength]:
        """Contributions and magnitudes by length."""
        totals, sizes = (sums.get(node, Length.zero).terms() for sums in (self._totals, self._sizes))
        return dict(totals), {length: abs(size) for length, size in sizes}

    @cached_property
    def _totals(self) -> Mapping[int, Polynomial]:
        return self._swept(self._derivatives)

    @cached_property
    def _sizes(self) -> Mapping[int, Polynomial]:
        return (
            self._totals if one_sign(self._steps, self._derivatives) else self._swept(list(map(abs, self._derivatives)))
        )

    def _swept(self, derivatives: Sequence[Number]) -> Mapping[int, Polynomial]:
        algebra = Length()
        return parameters(self._steps, algebra.edges(self._steps, derivatives), self._seed, algebra, self._nodes)


def one_sign(steps: Steps, derivatives: Sequence[Number]) -> bool:
    """Whether all paths from a node have products of one sign: then nothing cancels, and sums are magnitudes."""
    signs: dict[int, bool] = {steps.loss: False}
    for tail, head, derivative in zip(steps.tails, steps.heads, derivatives):
        sign = signs.get(head, False) ^ (derivative < 0)
        if signs.setdefault(tail, sign) != sign:
            return False
    return True
