"""What theory says, in words with its figures and its source, and how far measurement is from it.

Each sentence states what a theory predicts of this network and what was measured of it, both as JSON has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.comparison import ratio
from gradcalc.expressions.numerals import superscript
from gradcalc.report.report import Words
from gradcalc.report.scales import factor, figure, rounded
from gradcalc.theory.theory import BINOMIAL, BOUND, Theory

CRITICAL = 0.01  # how far from 1 χ may be and be called so
REACHED = 1.0005  # times the gradient that a bound is called reached up to

NO_THEORY = (
    "No theory applies: bounds are for networks with few units and activations whose derivative is bounded, mean-field "
    "theory is for random dense networks of wide layers."
)


def sentences(network: str, name: str, theories: Sequence[Theory], skips: int) -> Iterator[Words]:
    """A sentence or two for each theory of a network with so many skips, about a gradient: ∂L/∂w1, ‖∂L/∂w1‖."""
    for theory in theories:
        say = {BOUND: of_bound, BINOMIAL: of_blocks}.get(theory.name, of_mean_field)
        what = f", paths of {name}" if theory.name == BINOMIAL else ""
        yield (f"{network}{what}: ", *say(theory, name))
        if theory.name == BINOMIAL and theory.figures["blocks"] < skips:
            blocks = theory.figures["blocks"]
            yield f"Paths of {name} begin at its own layer, so they meet {blocks} of the network's {skips} skips."


def sources(theories: Iterable[Theory]) -> str:
    """Where the theories come from, each once."""
    found = {theory.name: theory.source for theory in theories}
    return "; ".join(f"{name}: {source}" for name, source in found.items())


def of_bound(theory: Theory, name: str) -> Words:
    """`|∂L/∂w1| is at most 9.442×10⁻¹⁴ (…); measured: 6.186×10⁻¹⁶, 1/152.6 of the bound.`"""
    times = ratio(theory.expected, theory.measured)
    size = name if name.startswith("‖") else f"|{name}|"
    start = (
        f"{size} is at most ",
        rounded(theory.expected, 4),
        " (the sum over its paths of ∏|w|·max|σ′|, times |∂L/∂output| and the input); measured: ",
    )
    if times is None:
        return (*start, "0.")
    part = "the bound itself" if times < REACHED else f"1/{figure(times, 4)} of the bound"
    return (*start, rounded(theory.measured, 4), f", {part}.")


def of_mean_field(theory: Theory, name: str) -> Words:
    """χ, the factor per layer that follows from it, and the measured one."""
    chi, expected, measured = (
        theory.figures["chi"],
        factor(theory.expected or 0.0, 4),
        factor(theory.measured or 0.0, 4),
    )
    fate = "near 1: critical" if abs(chi - 1) < CRITICAL else "below 1: vanishing" if chi < 1 else "above 1: exploding"
    return (
        f"mean-field theory predicts that ‖δ‖ changes by {expected} per layer, from χ = σ_w²·E[σ′(z)²] "
        f"of each layer, whose median is {figure(chi, 3)} ({fate}); measured: {measured} (geometric mean).",
    )


def of_blocks(theory: Theory, name: str) -> Words:
    """The number of blocks that a gradient's paths pass, by the binomial law and as measured."""
    blocks = theory.figures["blocks"]
    return (
        f"Each of {blocks} blocks is passed or skipped: 2{superscript(blocks)} paths. Passing a block multiplies a "
        f"contribution by f = {figure(theory.figures['fraction'], 3)} (geometric mean, measured). If blocks were "
        f"alike, the mean number passed would be n·f/(1 + f) = {figure(theory.expected, 4)}; measured: "
        f"{figure(theory.measured, 4)}.",
    )


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
