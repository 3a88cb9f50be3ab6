"""The tables of `gradcalc compare`: what each network is, every gradient in each of them, and |δ| layer by layer.

Bars and lines are log10 of magnitudes, all of a table from one power of ten to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.comparison import ComparedNetwork, Comparison, Profile, profile, ratio
from gradcalc.network.network import Network, is_chain
from gradcalc.report.report import Bar, Column, Percent, Spark, Table
from gradcalc.report.scales import Scale, factor, log10, rounded, scale
from gradcalc.report.text import gradient, listed
from gradcalc.views.network_header import loss_formula

RATIO_DIGITS, RATE_DIGITS = 4, 2
HUGE = 5
"""Powers of ten from which on the log10 of ratios is shown in their place."""

MOST_COLUMNS = 5
"""Networks that can have a column each; of more of them each has a row."""

Names = tuple[str | None, ...]
Row = list[Any]


def bar_scale(comparison: Comparison) -> Scale:
    """What all bars are drawn to."""
    return scale(size for one in comparison.networks for size in one.log10.values())


def network_table(comparison: Comparison) -> Table:
    """A row for each network: its loss, and the columns in which the networks differ."""
    networks = comparison.networks
    activations, losses = zip(*(title_parts(one.network) for one in networks))
    columns: dict[str, Sequence[Any]] = {
        "activations": activations,
        "loss function": losses,
        "layers": [len(one.network.layers) for one in networks],
        "skips": [number_of_skips(one.network) for one in networks],
    }
    shown = {name: cells for name, cells in columns.items() if len(set(cells)) > 1}
    names = ["network", "loss", *shown]
    cells = [[one.short for one in networks], [one.loss for one in networks], *shown.values()]
    return Table([Column(name) for name in names], [list(row) for row in zip(*cells)])


def title_parts(network: Network) -> tuple[str, str]:
    """The activations that a network uses, and its loss, as its title has them."""
    return ", ".join(network.activations), loss_formula(network)


def number_of_skips(network: Network) -> int:
    """How many skips a network has."""
    return sum(len(layer.into_preactivation) + len(layer.into_output) for layer in network.layers)


def gradient_table(comparison: Comparison) -> Table:
    """A row for each gradient and a column for each network where the page is wide enough, else a row for each."""
    in_rows = row_table(comparison)
    if len(comparison.networks) > MOST_COLUMNS:
        return in_rows
    in_columns = column_table(comparison)
    return in_columns if len(comparison.networks) == 2 else in_columns._replace(otherwise=in_rows)


def column_table(comparison: Comparison) -> Table:
    """A row for each gradient, a column for each network."""
    networks, rows, bars = comparison.networks, comparison.rows, bar_scale(comparison)
    ratios = Ratios(comparison)
    columns: list[tuple[str, Row]] = [("gradient", [label(networks, names) for names in rows])]
    for number, one in enumerate(networks):
        columns.append((one.short, [size(one, names[number], has_matrix(networks, names)) for names in rows]))
    for number, one in enumerate(networks[1:], 1):
        name = f"{networks[0].short} / {one.short}"
        columns.append((ratios.heading(name), [ratios.cell(names, number) for names in rows]))
    columns += path_columns(comparison)
    fractions = [[bars.fraction(one.log10.get(name or "")) for one, name in zip(networks, names)] for names in rows]
    if len(networks) == 2:
        columns.append((f"{bars}, log", [Bar(*pair) for pair in fractions]))
    else:
        columns += [(f"{one.short}, log", list(map(Bar, part))) for one, part in zip(networks, zip(*fractions))]
    rows_of_cells = [list(row) for row in zip(*(cells for _, cells in columns))]
    return Table([Column(name) for name, _ in columns], rows_of_cells, title="Gradients")


def row_table(comparison: Comparison) -> Table:
    """A row for each network in which a gradient is, ruled off by gradient."""
    networks, bars = comparison.networks, bar_scale(comparison)
    ratios = Ratios(comparison)
    cells: list[Row] = []
    groups = []
    for place, names in enumerate(comparison.rows):
        there = [(number, name) for number, name in enumerate(names) if name is not None]
        for number, name in there:
            one = networks[number]
            shown = label(networks, names) if number == there[0][0] else None
            value = size(one, name, has_matrix(networks, names))
            bar = Bar(bars.fraction(one.log10[name]))
            cells.append([shown, one.short, value, ratios.cell(names, number), *path_cells(one, name), bar])
            groups.append(place)
    quotient = ratios.heading(f"{networks[0].short} / network")
    headings = ["gradient", "network", "value", quotient, "paths", "largest path", f"{bars}, log"]
    return Table([Column(heading) for heading in headings], cells, title="Gradients", groups=groups)


class Ratios:
    """|gradient in the first network| / |gradient in another|; where any is huge, the log10 of all."""

    def __init__(self, comparison: Comparison) -> None:
        self._networks = comparison.networks
        sizes = [[one.log10.get(name or "") for one, name in zip(self._networks, names)] for names in comparison.rows]
        gaps = [abs(row[0] - size) for row in sizes for size in row if size is not None and row[0] is not None]
        self.logarithmic = max(gaps, default=0.0) >= HUGE

    def heading(self, quotient: str) -> str:
        """`deep / no-skips`, `log₁₀(deep / no-skips)`"""
        return f"log₁₀({quotient})" if self.logarithmic else quotient

    def cell(self, names: Names, number: int) -> Any:
        """The ratio to the network of that number, as a cell."""
        norms = [self._networks[place].norms.get(names[place] or "") for place in (0, number)]
        found = ratio(*norms)
        return rounded(log10(found) if self.logarithmic else found, RATIO_DIGITS)


def path_cells(one: ComparedNetwork, name: str | None) -> Row:
    """The number of paths, and the share of the largest where there are several."""
    if name is None:
        return [None, None]
    count = one.paths.count(name)
    return [count, Percent(one.paths.share(name)) if count > 1 else None]


def path_columns(comparison: Comparison) -> list[tuple[str, Row]]:
    """Counts and largest shares under their headings, of the networks in which a gradient has several paths; one column
    where those agree; none where no gradient has several."""
    several = with_several_paths(comparison)
    columns: list[tuple[str, Row]] = []
    for part, heading in enumerate(("paths", "largest path")):
        parts = {short: [cell[part] for cell in cells] for short, cells in several.items()}
        first, *others = parts.values() or [[]]
        if len(parts) == 1 or (len(parts) == len(comparison.networks) and all(cells == first for cells in others)):
            columns.append((heading, first))
        else:
            columns += [(f"{heading} in {short}", cells) for short, cells in parts.items()]
    return columns


def with_several_paths(comparison: Comparison) -> dict[str, list[Row]]:
    """Counts and largest shares, row by row, of every network in which a gradient has several paths."""
    found = {
        one.short: [path_cells(one, name) for name in names]
        for one, names in zip(comparison.networks, zip(*comparison.rows))
    }
    return {short: cells for short, cells in found.items() if any(count and count > 1 for count, _ in cells)}


def label(networks: Sequence[ComparedNetwork], names: Names) -> str:
    """∂L/∂w1; ‖∂L/∂w1‖ where it is a matrix; every name where depths differ."""
    known = list(dict.fromkeys(name for name in names if name is not None))
    text = gradient(" | ".join(known))
    return f"‖{text}‖" if has_matrix(networks, names) else text


def has_matrix(networks: Sequence[ComparedNetwork], names: Names) -> bool:
    """Whether any of these gradients is no number, so that norms are compared."""
    return any(name is not None and isinstance(one.gradients[name], list) for one, name in zip(networks, names))


def size(one: ComparedNetwork, name: str | None, as_norm: bool) -> Any:
    """The gradient, or its norm; None where there is none."""
    if name is None:
        return None
    return one.norms[name] if as_norm else one.gradients[name]


DEEP = 8
"""Layers from which on a network has a profile worth a line."""

LINE = 40
"""Characters of a line; of more layers every second is drawn, or every third."""

ORDINALS = {2: "nd", 3: "rd"}


def profiles(comparison: Comparison) -> dict[str, Profile]:
    """|δ| layer by layer, of every deep network whose layers follow one another."""
    return {
        one.short: profile(one.at)
        for one in comparison.networks
        if len(one.network.layers) >= DEEP and is_chain(one.network)
    }


def profile_table(comparison: Comparison) -> Iterator[Table]:
    """A row for each network that has a profile."""
    found = profiles(comparison)
    if not found:
        return
    ends = scale(size for one in found.values() for size in one.log10)
    step = -(-max(len(one.nodes) for one in found.values()) // LINE)
    rows = [
        [short, Spark(one.log10[::step], ends.low, ends.high), rate(one) or f"0 {zero_layers(one)}"]
        for short, one in found.items()
    ]
    which = "every layer" if step == 1 else f"every {step}{ORDINALS.get(step, 'th')} layer"
    names = ["network", f"output → input, {ends}, log", "per layer"]
    title = f"{magnitude_of_delta(comparison)} of {which}"
    yield Table([Column(name) for name in names], rows, title=title)


def zero_layers(of: Profile) -> str:
    """Where δ is exactly 0: `in every layer`, `from h11 back to h1`, `in h4 and h7`."""
    zeros = [node for node, size in zip(of.nodes, of.log10) if size is None]
    if len(zeros) == len(of.nodes):
        return "in every layer"
    if len(zeros) > 2 and zeros == list(of.nodes[-len(zeros) :]):
        return f"from {zeros[0]} back to {zeros[-1]}"
    return f"in {listed(zeros)}"


def magnitude_of_delta(comparison: Comparison) -> str:
    """|δ|, or ‖δ‖ where some layer has several units or there are several examples."""
    networks = [one.network for one in comparison.networks]
    several = any(network.batch or any(layer.width > 1 for layer in network.layers) for network in networks)
    return "‖δ‖" if several else "|δ|"


def rate(of: Profile) -> str | None:
    """`÷ 8.2`, `× 1.1`: the geometric mean of the factors from layer to layer, weighted as least squares weigh them;
    None where δ is exactly 0 somewhere."""
    return None if of.slope is None or None in of.log10 else factor(of.slope, RATE_DIGITS)
