"""What theory expects of a network and how it compares with what is measured; laws fitted to a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from gradcalc.analysis.comparison import log10_rate, profile
from gradcalc.analysis.point import Point, Subject
from gradcalc.records import Record
from gradcalc.theory.binomial import binomial
from gradcalc.theory.bounds import bounds
from gradcalc.theory.mean_field import mean_field

GOOD = 0.98  # the part of the variance that a law has to explain
LEVERAGE = 0.1  # the part by which the rate of a law may change where one or two points at an end are left out

MOST_OFF = log10(2)  # powers of ten by which a point may be off a power law
FAR, MOST_UNEVEN = 0.5, 3.0  # how far rates from point to point may depart from a law's where steps are so uneven
FEWEST = 4  # points that a law is fitted to


class Law(Record):
    """A straight line through log10|g| over x (exponential) or over log10 x (power): what log10|g| grows by for each
    1 of that, and the part of the variance explained, R²."""

    kind: str  # "exponential", "power"
    log10_rate: float
    fit: float
    departure: float = 0.0  # the largest of the rates from point to point, relatively
    residual: float = 0.0  # how far the farthest point is from the line


def law(points: Sequence[tuple[Any, float | None]]) -> Law | None:
    """The law that fits better, where one fits well: from x and log10|g|, None for an exact 0 or a missing value."""
    known = [(float(x), y) for x, y in points if y is not None and isinstance(x, (int, float))]
    if len(known) < FEWEST or len(known) < len(points):
        return None
    lines = {"exponential": sorted(known)}
    if all(x > 0 for x, _ in known):
        lines["power"] = sorted((log10(x), y) for x, y in known)
    found = []
    for kind, line in lines.items():
        whole, *without_ends = (fitted(kind, part) for part in (line, line[1:], line[:-1], line[2:], line[:-2]))
        spread = max(abs(other.log10_rate - whole.log10_rate) for other in without_ends)
        if whole.fit >= GOOD and spread <= LEVERAGE * abs(whole.log10_rate):
            off = residual(line, whole.log10_rate)
            whole = whole._replace(departure=departure(line, whole.log10_rate), residual=off)
            is_told = kind != "power" or off <= MOST_OFF  # an exponential law tells its rate, a power the values
            if is_told and (whole.departure <= FAR or is_even(line)):
                found.append(whole)
    return max(found, key=lambda one: one.fit, default=None)


def departure(points: Sequence[tuple[float, float]], rate: float) -> float:
    """By how much, relatively, the rate from one point to the next departs most from that of all."""
    rates = [(above - y) / (after - x) for (x, y), (after, above) in zip(points, points[1:]) if after > x]
    return max((abs(one / rate - 1) for one in rates), default=0.0)


def residual(points: Sequence[tuple[float, float]], rate: float) -> float:
    """How far, in powers of ten, the farthest point is from the line of least squares: over many of them R² is near 1
    whatever the points between are."""
    offs = [y - rate * x for x, y in points]
    mean = sum(offs) / len(offs)
    return max(abs(off - mean) for off in offs)


def is_even(points: Sequence[tuple[float, float]]) -> bool:
    """Whether no step is much longer than another: the points at a long one make a line by themselves."""
    steps = [after - x for (x, _), (after, _) in zip(points, points[1:])]
    return max(steps) <= MOST_UNEVEN * min(steps)


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
    """What applies to the network at its point: a bound to every narrow one, mean-field theory to random dense ones,
    the binomial law to residual ones. `size` is the norm of the subject's gradient."""
    network = at.graph.network
    found: list[Theory] = []
    if (bound := bounds(at)) is not None:
        from gradcalc.arithmetic.extended import Extended

        back = range(len(network.nodes) - 1, len(network.inputs) - 1, -1)
        sizes = [Extended.log10(bound.preactivation(number)) for number in back]
        figures: dict[str, Any] = {"per_layer": log10_rate(sizes)}
        found.append(Theory(BOUND, f"norm of {subject.name}", bound.of(subject), size, sizes, figures))
    if (field := mean_field(at)) is not None:
        expected = tuple(reversed(field.sizes))
        figures = {name: sorted(of)[len(of) // 2] for name, of in (("chi", field.chis), ("q", field.variances))}
        rates = log10_rate(expected), log10_rate(profile(at).relative)
        if None not in rates:  # they are of hidden layers, of which there may be one
            found.append(Theory(MEAN_FIELD, "log10 per layer", *rates, expected, figures))
    if (residual := binomial(at, subject)) is not None:
        figures = {"blocks": residual.blocks, "fraction": residual.fraction}
        what = f"mean number of blocks passed by paths of {subject.name}"
        found.append(Theory(BINOMIAL, what, residual.expected, residual.measured, (), figures, residual.shares))
    return found
