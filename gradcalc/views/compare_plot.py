"""The plot of a comparison: gradients by layer where a network is deep, else a row of dots for each gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradcalc.analysis.comparison import Comparison
from gradcalc.analysis.saturation import profile
from gradcalc.report.plots.lines import Curve, Panel, draw_lines
from gradcalc.report.scales import boundless
from gradcalc.report.text import gradient
from gradcalc.theory.theory import BOUND, Theory
from gradcalc.views.compare_page import Known, known, title
from gradcalc.views.compare_tables import DEEP


def draw(comparison: Comparison, path: str, theory: bool) -> None:
    """Draws it into a file. Raises UsageError for an ending that is no picture's."""
    with boundless():
        draw_sides(comparison, path, theory)


def draw_sides(comparison: Comparison, path: str, theory: bool) -> None:
    """What fits the depth of the networks."""
    if theory or max(len(side.network.layers) for side in comparison.sides) >= DEEP:
        draw_profiles(comparison, path, theory)
    else:
        draw_gradients(comparison, path)


def draw_profiles(comparison: Comparison, path: str, theory: bool) -> None:
    """‖∂L/∂z‖ of every layer, counted from the output; dashed what a theory expects of it."""
    found = [profile(side.at) for side in comparison.sides]
    lines = [Curve(side.short, range(len(one.log10)), one.log10) for side, one in zip(comparison.sides, found)]
    about = known(comparison) if theory else []
    numbers = {side.short: number for number, side in enumerate(comparison.sides)}
    lines += [expected(one, each, each.log10, numbers) for one in about for each in one.theories if each.log10]
    wide = any(layer.width > 1 for side in comparison.sides for layer in side.network.layers)
    batch = any(side.network.batch for side in comparison.sides)
    panels = [Panel("‖∂L/∂z‖" if wide or batch else "|∂L/∂z|", lines, True), *block_panels(about, numbers)]
    draw_lines(path, title(comparison), "layers back from the output", panels)


def expected(one: Known, theory: Theory, heights: Sequence[float | None], numbers: Mapping[str, int]) -> Curve:
    """What a theory says of a network: dashes for a bound, dashes and dots for what is expected."""
    stroke = "--" if theory.name == BOUND else "-."
    return Curve(f"{theory.name} {one.short}", range(len(heights)), heights, numbers[one.short], stroke=stroke)


def block_panels(about: Sequence[Known], numbers: Mapping[str, int]) -> Iterator[Panel]:
    """Through how many blocks a gradient comes: as measured, and dashed by the binomial law."""
    for one in about:
        for each in one.theories:
            if each.shares:
                law, measured = each.shares
                shown = max(k for side in each.shares for k, share in enumerate(side) if share > LEAST) + 1
                own = Curve(one.short, range(shown), measured[:shown], number=numbers[one.short])
                lines = [own, expected(one, each, law[:shown], numbers)]
                yield Panel(f"share of {one.label}", lines, False, "blocks that it comes through")


LEAST = 1e-3
"""Shares that are left out at the end."""


def draw_gradients(comparison: Comparison, path: str) -> None:
    """The magnitude of every gradient."""
    from gradcalc.report.plots.lines import Dots, draw_dots

    sides = comparison.sides
    labels = [gradient(" | ".join(dict.fromkeys(filter(None, names)))) for names in comparison.rows]
    networks = [
        Dots(side.short, [side.log10.get(name or "") for name in names])
        for side, names in zip(sides, zip(*comparison.rows))
    ]
    draw_dots(path, title(comparison), "magnitude", labels, networks)
