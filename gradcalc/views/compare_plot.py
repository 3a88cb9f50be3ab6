"""The plot of a comparison: gradients by layer where a network is deep, else a row of dots for each gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradcalc.analysis.comparison import Comparison, profile
from gradcalc.network.network import is_chain
from gradcalc.report.plots.lines import Curve, Dots, Panel, draw_dots, draw_lines
from gradcalc.report.scales import boundless
from gradcalc.report.text import gradient
from gradcalc.theory.theory import BOUND, Theory
from gradcalc.views.compare_page import Known, known, title
from gradcalc.views.compare_tables import DEEP, magnitude_of_delta


def draw(comparison: Comparison, path: str, theory: bool) -> None:
    """Draws it into a file: |δ| layer by layer where networks are chains and deep, or where theory is asked for. Raises
    UsageError for an ending that is no picture's."""
    networks = [one.network for one in comparison.networks]
    with boundless():
        if all(map(is_chain, networks)) and (theory or max(len(network.layers) for network in networks) >= DEEP):
            draw_profiles(comparison, path, theory)
        else:
            draw_gradients(comparison, path)


def draw_profiles(comparison: Comparison, path: str, theory: bool) -> None:
    """|δ| of every layer, counted from the output, and what theories say of it."""
    found = [profile(one.at) for one in comparison.networks]
    lines = [Curve(one.short, range(len(each.log10)), each.log10) for one, each in zip(comparison.networks, found)]
    about = known(comparison) if theory else []
    numbers = {one.short: number for number, one in enumerate(comparison.networks)}
    lines += [expected(one, each, each.log10, numbers) for one in about for each in one.theories if each.log10]
    delta = magnitude_of_delta(comparison)
    panels = [Panel(f"{delta}, δ = ∂L/∂z", lines, True), *block_panels(about, numbers)]
    draw_lines(path, title(comparison), "layers from the output", panels)


def expected(one: Known, theory: Theory, heights: Sequence[float | None], numbers: Mapping[str, int]) -> Curve:
    """What a theory says of a network: dashes for a bound, dashes and dots for what is expected."""
    stroke = "--" if theory.name == BOUND else "-."
    return Curve(f"{theory.name}, {one.short}", range(len(heights)), heights, numbers[one.short], stroke=stroke)


def block_panels(about: Sequence[Known], numbers: Mapping[str, int]) -> Iterator[Panel]:
    """How many blocks the paths of a gradient pass: as measured, and by the binomial law."""
    for one in about:
        for each in one.theories:
            if each.shares:
                law, measured = each.shares
                shown = max(k for side in each.shares for k, share in enumerate(side) if share > LEAST) + 1
                own = Curve(one.short, range(shown), measured[:shown], number=numbers[one.short])
                lines = [own, expected(one, each, law[:shown], numbers)]
                yield Panel(f"share of Σ|contribution| to {one.label}", lines, False, "blocks passed")


LEAST = 1e-3
"""Shares that are left out at the end."""


def draw_gradients(comparison: Comparison, path: str) -> None:
    """The magnitude of every gradient."""
    labels = [gradient(" / ".join(dict.fromkeys(filter(None, names)))) for names in comparison.rows]
    networks = [
        Dots(one.short, [one.log10.get(name or "") for name in names])
        for one, names in zip(comparison.networks, zip(*comparison.rows))
    ]
    draw_dots(path, title(comparison), "|gradient|", labels, networks)
