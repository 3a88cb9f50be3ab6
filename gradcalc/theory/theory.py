"""What theory expects of a network and how it compares with what is measured; laws fitted to a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from typing import Any

from gradcalc.analysis.comparison import profile, slope
from gradcalc.analysis.point import Point, Subject
from gradcalc.records import Record
from gradcalc.theory.binomial import binomial
from gradcalc.theory.bounds import bounds
from gradcalc.theory.mean_field import mean_field

GOOD = 0.98
"""The part of the variance that a law has to explain."""

LEVERAGE = 0.1
"""The part by which the slope of a law may change where the first or the last point is left out."""

FEWEST = 4


class Law(Record):
    """`slope` is s; `fit` the part of the variance explained, R²."""

    kind: str  # "exponential", "power"
    slope: float
    fit: float


def law(points: Sequence[tuple[Any, float | None]]) -> Law | None:
    """The law that fits better, where one fits well: from x and log10|g|, None for an exact 0 or a missing value."""
    known = [(float(x), y) for x, y in points if y is not None and isinstance(x, (int, float))]
    if len(known) < FEWEST or len(known) < len(points):
        return None
    lines = [(fitted(kind, points), points) for kind, points in candidates(sorted(known))]
    found = [law for law, points in lines if holds(law, points)]
    return max(found, key=lambda one: one.fit, default=None)


def candidates(points: Sequence[tuple[float, float]]) -> list[tuple[str, list[tuple[float, float]]]]:
    """The points as each kind of law has them on a straight line."""
    powers = [("power", [(log10(x), y) for x, y in points])] if all(x > 0 for x, _ in points) else []
    return [("exponential", list(points)), *powers]


def holds(law: Law, points: list[tuple[float, float]]) -> bool:
    """Whether the law explains the points, and its slope is not that of the first or the last of them alone."""
    without_ends = [fitted(law.kind, points[1:]).slope, fitted(law.kind, points[:-1]).slope]
    return law.fit >= GOOD and all(abs(slope - law.slope) <= LEVERAGE * abs(law.slope) for slope in without_ends)


def fitted(kind: str, points: Sequence[tuple[float, float]]) -> Law:
    """The straight line of least squares, whatever the size of x."""
    unit = max(abs(x) for x, _ in points) or 1.0
    points = [(x / unit, y) for x, y in points]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread_x = sum((x - mean_x) ** 2 for x, _ in points)
    spread_y = sum((y - mean_y) ** 2 for _, y in points)
    both = sum((x - mean_x) * (y - mean_y) for x, y in points)
    if not spread_x or not spread_y:
        return Law(kind, 0.0, 0.0)
    return Law(kind, both / spread_x / unit, both * both / (spread_x * spread_y))


# What is known for a network's case, and what was measured: a bound for every narrow one, mean-field theory for
# random dense ones, the binomial picture for residual ones; each with its source.


BOUND, MEAN_FIELD, BINOMIAL = "bound", "mean field", "binomial paths"

SOURCES: Mapping[str, str] = {
    BOUND: "Hochreiter, Bengio, Frasconi & Schmidhuber 2001; Pascanu, Mikolov & Bengio 2013",
    MEAN_FIELD: "Poole et al. 2016; Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017",
    BINOMIAL: "Veit, Wilber & Belongie 2016",
}

FORMULAS: Mapping[str, str] = {
    BOUND: "|gradient| <= sum over paths of prod |w| * max |sigma'|",
    MEAN_FIELD: "chi = sigma_w^2 * E[sigma'(z)^2]",
    BINOMIAL: "C(n, k) * f^k, mean n*f/(1 + f)",
}


class Theory(Record):
    """One theory of one network. `expected` and `measured` are of the same `quantity`. Where it has them, `log10` is
    its profile of ‖∂L/∂z‖ from the output to the first layer, and `shares` are the parts of Σ|contribution| that
    pass 0, 1, … blocks: by the theory, and measured."""

    name: str
    quantity: str
    expected: Any
    measured: Any
    log10: Sequence[float | None] = ()
    figures: Mapping[str, Any] = {}
    shares: tuple[Sequence[float], ...] = ()

    @property
    def source(self) -> str:
        """Who found it."""
        return SOURCES[self.name]

    @property
    def formula(self) -> str:
        """In the notation of specs."""
        return FORMULAS[self.name]


def theories(at: Point, subject: Subject, size: Any) -> list[Theory]:
    """What applies to the network at its point; `size` is the norm of the subject's gradient."""
    return [*of_bound(at, subject, size), *of_mean_field(at), *of_paths(at, subject)]


def of_bound(at: Point, subject: Subject, size: Any) -> Iterator[Theory]:
    """∏ |w|·max |σ′| over all paths."""
    found = bounds(at)
    if found is not None:
        network = at.graph.network
        back = range(len(network.nodes) - 1, len(network.inputs) - 1, -1)
        sizes = [logarithm(found.preactivation(number)) for number in back]
        yield Theory(BOUND, f"norm of {subject.name}", found.of(subject), size, sizes, {"per_layer": per_layer(sizes)})


def of_mean_field(at: Point) -> Iterator[Theory]:
    """χ of every layer, as the factor per layer that it means."""
    found = mean_field(at)
    if found is not None:
        sizes = tuple(reversed(found.sizes))
        figures = {"chi": middle(found.chis), "q": middle(found.variances)}
        yield Theory(MEAN_FIELD, "log10 per layer", per_layer(sizes), profile(at).slope, sizes, figures)


def of_paths(at: Point, subject: Subject) -> Iterator[Theory]:
    """How many blocks the paths of a gradient pass."""
    found = binomial(at, subject)
    if found is not None:
        figures = {"blocks": found.blocks, "fraction": found.fraction}
        what = f"mean number of blocks passed by paths of {subject.name}"
        yield Theory(BINOMIAL, what, found.expected, found.measured, (), figures, found.shares)


def per_layer(sizes: Sequence[float | None]) -> float | None:
    """log10 per layer, from the output to the input."""
    return slope(sizes)


def middle(numbers: Sequence[float]) -> float:
    """The median of them, the greater one of two."""
    return sorted(numbers)[len(numbers) // 2]


def logarithm(number: Any) -> float | None:
    """log10 of a Decimal."""
    from gradcalc.arithmetic.extended import Extended

    return Extended.log10(number)
