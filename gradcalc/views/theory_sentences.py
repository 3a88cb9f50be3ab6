"""What theory says, in words with its figures and its source, and where the measurement departs from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

from gradcalc.analysis.comparison import ratio
from gradcalc.expressions.numerals import superscript
from gradcalc.network.network import power_of_ten
from gradcalc.report.report import Words
from gradcalc.report.scales import figure, rounded
from gradcalc.theory.theory import BINOMIAL, BOUND, Theory

AGREES = 0.01
"""A departure that is called none."""

REACHED = 1.0005
"""Times the gradient that a bound is called reached up to."""


def told(network: str, name: str, theories: Sequence[Theory]) -> Iterator[Words]:
    """A sentence or two for each theory of a network, about a gradient: ∂L/∂w1, ‖∂L/∂w1‖."""
    for theory in theories:
        say = {BOUND: of_bound, BINOMIAL: of_paths}.get(theory.name, of_mean_field)
        yield (f"{network}: ", *say(theory, name), ".")


def sources(theories: Iterable[Theory]) -> str:
    """Where the theories come from, each once."""
    found = {theory.name: theory.source for theory in theories}
    return "; ".join(f"{name}: {source}" for name, source in found.items())


def of_bound(theory: Theory, name: str) -> Words:
    """The bound, and how far below it the gradient is."""
    times = ratio(theory.expected, theory.measured)
    size = name if name.startswith("‖") else f"|{name}|"
    start = (f"the sum over its paths of ∏|w|·max|σ′| bounds {size} by ", rounded(theory.expected, 4))
    if times is None:
        return (*start, ", and the gradient is exactly 0")
    return (*start, ", which it reaches" if times < REACHED else f", {figure(times, 4)} times what it is")


def of_mean_field(theory: Theory, name: str) -> Words:
    """χ, the factor per layer that follows from it, and the measured one."""
    expected, measured = (power_of_ten(-(each or 0.0)) for each in (theory.expected, theory.measured))
    away = departure(expected, measured) if expected >= 1 else departure(1 / expected, 1 / measured)
    chi = theory.figures["chi"]
    fate = "at the edge of chaos" if abs(chi - 1) < AGREES else "gradients vanish" if chi < 1 else "gradients explode"
    return (
        f"mean-field theory has χ = σ_w²·E[σ′(z)²] = {figure(chi, 3)}, {fate}: ‖∂L/∂z‖ should become "
        f"{per_layer(expected)} per layer, and becomes {per_layer(measured)}{away}",
    )


def of_paths(theory: Theory, name: str) -> Words:
    """The number of blocks that the gradient comes through, by the binomial law and as measured."""
    blocks = theory.figures["blocks"]
    return (
        f"2{superscript(blocks)} routes through {blocks} blocks, of which one passes f = "
        f"{figure(theory.figures['fraction'], 3)} of what its skip does: by the binomial law {name} comes through "
        f"n·f/(1 + f) = {figure(theory.expected, 4)} blocks on average, and comes through {figure(theory.measured, 4)}"
        f"{departure(theory.expected, theory.measured)}",
    )


def per_layer(factor: float) -> str:
    """`1.25 times smaller`"""
    return f"{figure(factor, 4)} times smaller" if factor >= 1 else f"{figure(1 / factor, 4)} times larger"


def departure(expected: float, measured: float) -> str:
    """By how much the two differ, in percent of the expected."""
    part = abs(measured / expected - 1) if expected else inf
    return "" if part < AGREES else f", {figure(part * 100, 2)} % away"


def theory_facts(network: str, name: str, theories: Sequence[Theory]) -> list[Mapping[str, Any]]:
    """The same for JSON."""
    return [
        {
            "network": network,
            "of": name,
            "theory": theory.name,
            "source": theory.source,
            "formula": theory.formula,
            "quantity": theory.quantity,
            "expected": theory.expected,
            "measured": theory.measured,
            **theory.figures,
        }
        for theory in theories
    ]
