"""How |δ| goes from the output of a chain of layers back to the first of them, as `compute` and `compare` say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from claims.claim import NUMBER, SIZE, Template, flat, is_factor, is_listed, is_size, near, norm
from mpmath import mp

if TYPE_CHECKING:
    from claims.known import Known

HOW = rf"\(geometric mean\), {NUMBER} powers of ten from (\S+) to (\S+)"


class Course:
    """‖δ‖ of every layer, from the output to the first."""

    def __init__(self, sizes: Mapping[str, Any]) -> None:
        self.nodes, self.sizes = list(sizes), [mp.mpf(size) for size in sizes.values()]

    @property
    def heights(self) -> list[Any]:
        assert all(self.sizes), "δ is 0 somewhere"
        return [mp.log10(size) for size in self.sizes]

    @property
    def rise(self) -> Any:
        return self.heights[-1] - self.heights[0]

    @property
    def log10_rate(self) -> Any:
        """Of the geometric mean of the factors from the last hidden layer to the first."""
        factors = [after / before for before, after in zip(self.sizes[1:], self.sizes[2:])]
        return mp.log10(mp.fprod(factors)) / len(factors)

    @property
    def fates(self) -> set[str | None]:
        """Three powers of ten from the output to the first layer; of as many but for rounding either."""
        ends = self.heights[0], self.heights[-1]
        rounding = mp.mpf(2) ** -52 * (max(map(abs, ends)) + abs(self.rise))  # of two logarithms, and their difference
        fate = f": it {'vanishes' if self.rise < 0 else 'explodes'}"
        return {fate if abs(self.rise) >= 3 + one else None for one in (-rounding, rounding)}


def falls(sign: int) -> Callable[..., bool]:
    """A rate describes the course: no layer is more than a power of ten outside of what lies between both ends."""

    def is_true(course: Course, factor: str, how: str, fate: str | None) -> bool:
        heights, found = course.heights, re.fullmatch(HOW, how)
        assert found
        powers, last, first = found.groups()
        assert (last, first) == (course.nodes[0], course.nodes[-1]) and fate in course.fates
        assert course.rise * sign > 0 < course.log10_rate * sign, "it goes up and down"
        assert min(heights) >= min(heights[0], heights[-1]) - 1.0001, "it falls below its ends"
        assert max(heights) <= max(heights[0], heights[-1]) + 1.0001, "it rises above its ends"
        off = mp.mpf("0.501") if abs(course.rise) >= 10 else mp.mpf("0.0501")
        assert abs(abs(course.rise) - mp.mpf(powers)) < off, "it is another number of powers of ten"
        return is_factor(factor, course.log10_rate)

    return is_true


def is_kept(course: Course, within: str, *ends: str) -> bool:
    assert ends == (course.nodes[0], course.nodes[-1])
    spread = mp.mpf(10) ** (max(course.heights) - min(course.heights))
    return bool(spread <= mp.mpf(within) * (1 + mp.mpf(10) ** -12) and mp.mpf(within) < 10.1)


def ranges(
    course: Course, at_last: str, last: str, at_first: str, first: str, smallest: str | None, least: str | None,
    largest: str | None, most: str | None, fate: str | None,
) -> bool:  # fmt: skip
    sizes = dict(zip(course.nodes, course.sizes))
    assert (last, first) == (course.nodes[0], course.nodes[-1]) and fate in course.fates
    ends = course.sizes[0], course.sizes[-1]
    for name, text, extreme in ((smallest, least, min(course.sizes)), (largest, most, max(course.sizes))):
        assert name is not None or any(abs(end / extreme - 1) < 1e-9 for end in ends), "an extreme is not told"
        assert name is None or (is_size(str(text), extreme) and abs(sizes[name] / extreme - 1) < 1e-9)
    return is_size(at_last, ends[0]) and is_size(at_first, ends[1])


def is_zero(course: Course, where: str) -> bool:
    zeros = [name for name, size in zip(course.nodes, course.sizes) if not size]
    if where == "in every layer":
        return zeros == course.nodes
    if span := re.fullmatch("from (.*) back to (.*)", where):
        return zeros == course.nodes[-len(zeros) :] and span.groups() == (zeros[0], zeros[-1])
    return is_listed(zeros, where.removeprefix("in "))


COURSES: dict[str, Template] = {
    "falls": (rf"falls by ÷ {SIZE} per layer (\(.*?)(: it vanishes)?", falls(-1)),
    "grows": (rf"grows by × {SIZE} per layer (\(.*?)(: it explodes)?", falls(1)),
    "is kept": (rf"stays within a factor of {NUMBER} from (\S+) to (\S+): it is kept", is_kept),
    "ends": (
        rf"is {SIZE} at (\S+) and {SIZE} at (\S+?)(?:, smallest at (\S+) \({SIZE}\))?"
        rf"(?:, largest at (\S+) \({SIZE}\))?(: it (?:vanishes|explodes))?",
        ranges,
    ),
    "is 0": (r"is 0 (.*)", is_zero),
}
"""What may stand behind |δ|."""


def factors(alone: Known, w: str, sigma: str) -> bool:
    """From hidden layer to hidden layer of a chain |δ| is multiplied by these, and by no more."""
    network, facts = alone.network, alone.facts
    values = {one.name: one.value for one in network.parameters}
    hidden = network.layers[:-1]
    weights = [abs(flat(values[layer.edges[0].label])[0]) for layer in hidden[1:]]
    derivatives = [abs(mp.mpf(facts["forward"][layer.name]["derivative"])) for layer in hidden[:-1]]
    means = [mp.exp(mp.fsum(map(mp.log, part)) / len(part)) for part in (weights, derivatives)]
    first, last = (norm(facts["backward"][layer.name]["delta"]) for layer in (hidden[0], hidden[-1]))
    assert abs(mp.log(first / last) - len(weights) * mp.log(means[0] * means[1])) <= 1e-6 * len(weights)
    return near(w, means[0], 3, 1e-9) and near(sigma, means[1], 3, 1e-9)


FACTORS = rf"each layer multiplies \|δ\| by \|w\|·\|σ′\(z\)\|, in the geometric mean by {NUMBER}·{NUMBER}"
