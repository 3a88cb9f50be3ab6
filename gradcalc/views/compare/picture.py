"""The picture of a comparison: profiles by layer where a network is deep, else a row of dots for each gradient."""

from __future__ import annotations

from gradcalc.questions.comparing import Comparison
from gradcalc.questions.profile import profile
from gradcalc.text.phrases import gradient
from gradcalc.views.compare.page import title
from gradcalc.views.compare.profiles import DEEP
from gradcalc.views.compare.theory import known


def draw(comparison: Comparison, path: str, theory: bool) -> None:
    """Draws it into a file. Raises UsageError for an ending that is no picture's."""
    if theory or max(len(side.network.layers) for side in comparison.sides) >= DEEP:
        draw_profiles(comparison, path, theory)
    else:
        draw_gradients(comparison, path)


def draw_profiles(comparison: Comparison, path: str, theory: bool) -> None:
    """‖∂L/∂z‖ of every layer, counted from the output; dashed what a theory expects of it."""
    from gradcalc.plots.lines import Line, Panel, draw_lines

    found = [profile(side.at) for side in comparison.sides]
    lines = [Line(side.short, range(len(one.log10)), one.log10) for side, one in zip(comparison.sides, found)]
    for number, one in enumerate(known(comparison) if theory else []):
        for each in one.theories:
            if each.log10:
                label = f"{each.name} {comparison.sides[number].short}"
                lines.append(Line(label, range(len(each.log10)), each.log10, number))
    panel = Panel("|∂L/∂z|", lines, True)
    draw_lines(path, title(comparison), "layers back from the output", [panel])


def draw_gradients(comparison: Comparison, path: str) -> None:
    """The magnitude of every gradient."""
    from gradcalc.plots.dots import Dots, draw_dots

    sides = comparison.sides
    labels = [gradient(" | ".join(dict.fromkeys(filter(None, names)))) for names in comparison.rows]
    networks = [
        Dots(side.short, [side.log10.get(name or "") for name in names])
        for side, names in zip(sides, zip(*comparison.rows))
    ]
    draw_dots(path, title(comparison), "magnitude", labels, networks)
