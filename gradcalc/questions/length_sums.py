"""What the paths of every length come to, of one example: contributions and magnitudes.

Where paths leave the range of doubles, sums of one length mostly do not once they are tilted (Esscher 1932): every edge
that enters a layer is multiplied by τ, about the reciprocal of such edges' size, so that cₖ becomes cₖ·τᵏ. Doubles are
summed then, at a fifth of the time and of the memory, and the powers divided out of what is left at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from math import isfinite, log2
from typing import Any

from gradcalc.accumulate import parameters
from gradcalc.algebras.length import Length, Polynomial
from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.questions.reach import keeps
from gradcalc.record import Record
from gradcalc.steps import Steps

ByLength = Mapping[int, Number]
LOG2_10 = log2(10)
FARTHEST = 900.0
ROUNDED = 1e-300
"""A size below which a Decimal's double may have lost digits."""


class LengthSums:
    """Of the parameters and of given nodes. Sweeps are made when first asked for; tilted ones are tried first where
    numbers carry an exponent of their own."""

    def __init__(
        self, steps: Steps, slopes: Sequence[Number], seed: Number, nodes: Collection[int], arithmetic: Arithmetic
    ) -> None:
        self._steps = steps
        self._nodes = nodes
        self._plain = Sweeps(steps, slopes, seed, nodes)
        self._number = arithmetic.number
        self._wide = arithmetic.name == "extended"

    def of(self, node: int) -> tuple[ByLength, ByLength]:
        """Contributions and magnitudes by length."""
        if self._tilted is not None:
            found = self._untilted(self._tilted, node)
            if found is not None:
                return found
        total, size = self._plain.of(node)
        return dict(total.terms()), {length: abs(number) for length, number in size.terms()}

    @cached_property
    def _tilted(self) -> Tilted | None:
        """The tilted sweeps, if no path leaves the range of doubles in them."""
        return tilted(self._plain) if self._wide else None

    def _untilted(self, found: Tilted, node: int) -> tuple[ByLength, ByLength] | None:
        """None where a sum left the range after all."""
        total, size = (polynomial.terms() for polynomial in found.sweeps.of(node))
        if not all(isfinite(number) for _, number in size):
            return None
        power = self._number(found.factor)
        return (
            {length: self._number(number) / power**length for length, number in total},
            {length: self._number(abs(number)) / power**length for length, number in size},
        )


class Sweeps:
    """The sweep for contributions, and that for magnitudes."""

    def __init__(self, steps: Steps, slopes: Sequence[Number], seed: Number, nodes: Collection[int]) -> None:
        self.steps = steps
        self.slopes = slopes
        self.seed = seed
        self.nodes = nodes

    def of(self, node: int) -> tuple[Polynomial, Polynomial]:
        """Both polynomials of a node; the signs of the second are to be dropped."""
        return self._totals.get(node, Length.zero), self._sizes.get(node, Length.zero)

    @cached_property
    def _totals(self) -> Mapping[int, Polynomial]:
        return self._swept(self.slopes)

    @cached_property
    def _sizes(self) -> Mapping[int, Polynomial]:
        return self._totals if one_sign(self.steps, self.slopes) else self._swept(list(map(abs, self.slopes)))

    def _swept(self, slopes: Sequence[Number]) -> Mapping[int, Polynomial]:
        algebra = Length()
        return parameters(self.steps, algebra.edges(self.steps, slopes), self.seed, algebra, self.nodes)


class Tilted(Record):
    """τ, and the sweeps in doubles."""

    factor: float
    sweeps: Sweeps


def one_sign(steps: Steps, slopes: Sequence[Number]) -> bool:
    """Whether all paths from a node have products of one sign: then nothing cancels, and sums are magnitudes."""
    signs: dict[int, bool] = {steps.loss: False}
    for tail, head, slope in zip(steps.tails, steps.heads, slopes):
        sign = signs.get(head, False) ^ (slope < 0)
        if signs.setdefault(tail, sign) != sign:
            return False
    return True


def tilted(plain: Sweeps) -> Tilted | None:
    """The sweeps at the mean tilt; None where a path leaves the range of doubles all the same."""
    steps, slopes, seed, nodes = plain.steps, plain.slopes, float(plain.seed), plain.nodes
    entering = [log2_size(slope) / enters for slope, enters in zip(slopes, steps.enters) if enters and slope]
    tilt = -sum(entering) / len(entering) if entering else 0.0
    if abs(tilt) > FARTHEST:
        return None
    power = plain.seed.__class__(2.0**tilt)
    doubles = [float(slope * power**enters if enters else slope) for slope, enters in zip(slopes, steps.enters)]
    if any(0 < abs(x) < ROUNDED for x in doubles) or not keeps(steps, doubles, seed):
        return None
    return Tilted(2.0**tilt, Sweeps(steps, doubles, seed, nodes))


def log2_size(x: Any) -> float:
    """log₂|x| of a Decimal, of one beyond doubles roughly."""
    size = abs(float(x))
    return log2(size) if ROUNDED < size < 1 / ROUNDED else float(x.adjusted()) * LOG2_10
