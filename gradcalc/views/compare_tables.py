"""The tables of `gradcalc compare`: what each network is, every gradient in each of them, and |δ| layer by layer.

Bars and lines are log10 of magnitudes, all of a table from one power of ten to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any

from gradcalc.analysis.comparison import ComparedNetwork, Comparison, Profile, profile, ratio
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.network.network import Network, is_chain
from gradcalc.report.report import Bar, Column, Percent, Spark, Table
from gradcalc.report.scales import Scale, factor, log10, scale, thinned
from gradcalc.report.text import gradient, listed
from gradcalc.views.network_header import title_parts

RATIO_DIGITS, RATE_DIGITS = 4, 2
PAIRED = "Gradients, paired by the distance of their layers from the output"
HUGE = 5  # powers of ten from which on the log10 of ratios is shown in their place
MOST_COLUMNS = 5  # networks that can have a column each; of more of them each has a row

Names = tuple[str | None, ...]
Row = list[Any]


def has_bars(comparison: Comparison) -> bool:
    """Whether any gradient is not 0."""
    return any(size is not None for one in comparison.networks for size in one.log10.values())


def bar_scale(comparison: Comparison) -> Scale:
    """What all bars are drawn to."""
    return scale(size for one in comparison.networks for size in one.log10.values())


def network_table(comparison: Comparison) -> Table:
    """A row for each network: its loss, and the columns in which the networks differ."""
    networks = comparison.networks
    activations, losses = zip(*(title_parts(one.network) for one in networks))
    columns: dict[str, Sequence[Any]] = {
        "activations": activations,
        "loss function": losses if len({one.network.loss.text for one in networks}) > 1 else losses[:1] * len(losses),
        "layers": [len(one.network.layers) for one in networks],
        "skips": [number_of_skips(one.network) for one in networks],
    }
    shown = {name: cells for name, cells in columns.items() if len(set(cells)) > 1}
    names = ["network", "loss", *shown]
    cells = [[one.short for one in networks], [one.loss for one in networks], *shown.values()]
    return Table([Column(name) for name in names], [list(row) for row in zip(*cells)])


def number_of_skips(network: Network) -> int:
    """How many skips a network has."""
    return sum(len(layer.into_preactivation) + len(layer.into_output) for layer in network.layers)


def gradient_table(comparison: Comparison) -> Table:
    """A row for each gradient and a column for each network where the page is wide enough, else a row for each."""
    if len(comparison.networks) > MOST_COLUMNS:
        return row_table(comparison)
    return column_table(comparison)._replace(otherwise=partial(row_table, comparison))


def column_table(comparison: Comparison) -> Table:
    """A row for each gradient, a column for each network."""
    networks, rows, bars = comparison.networks, comparison.rows, bar_scale(comparison)
    ratios = Ratios(comparison)
    columns: list[tuple[Column, Row]] = [
        (Column("gradient"), [label(names, has_matrix(networks, names)) for names in rows])
    ]
    values = zip(*(sizes(networks, names) for names in rows))
    columns += [(Column(one.short, like="gradient"), list(cells)) for one, cells in zip(networks, values)]
    for number, one in enumerate(networks[1:], 1):
        cells = [ratios.cell(names, number) for names in rows]
        columns.append((ratios.column(f"|{networks[0].short}| / |{one.short}|"), cells))
    columns += [(Column(name), cells) for name, cells in path_columns(comparison)]
    fractions = [[bars.fraction(one.log10.get(name or "")) for one, name in zip(networks, names)] for names in rows]
    title = "Gradients"
    if any(map(is_paired, rows)):
        title = f"{PAIRED} ({' / '.join(one.short for one in networks)})"
    if not has_bars(comparison):
        pass
    elif len(networks) == 2:
        title += f"; bars: {' above '.join(one.short for one in networks)}"
        columns.append((Column(f"|gradient|, {bars} (log)"), [Bar(*pair) for pair in fractions]))
    else:
        parts = zip(networks, zip(*fractions))
        columns += [(Column(f"|gradient| in {one.short} (log)"), list(map(Bar, part))) for one, part in parts]
    cells_by_row = [list(row) for row in zip(*(cells for _, cells in columns))]
    return Table([column for column, _ in columns], cells_by_row, title=title)


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
            as_norm = has_matrix([one], [name])
            alone = is_paired(names) or as_norm != has_matrix(networks, names)
            shown = label((name,), as_norm) if alone or number == there[0][0] else None
            bar = Bar(bars.fraction(one.log10[name]))
            own = [one.short, *sizes([one], [name]), ratios.cell(names, number), *path_cells(one, name), bar]
            cells.append([shown, *own])
            groups.append(place)
    columns = [
        *map(Column, ("gradient", "network", "value")),
        ratios.column(f"|value in {networks[0].short}| / |value|"),
        *map(Column, ("paths", "largest share", f"|gradient|, {bars} (log)")),
    ]
    if not has_bars(comparison):
        columns, cells = columns[:-1], [row[:-1] for row in cells]
    title = PAIRED if any(map(is_paired, comparison.rows)) else "Gradients"
    return Table(columns, cells, title=title, groups=groups, keys=2)


def numbers(comparison: Comparison) -> list[Any]:
    """All numbers of the columns that show gradients."""
    found = (number for names in comparison.rows for number in sizes(comparison.networks, names))
    return [number for number in found if number is not None]


class Ratios:
    """|gradient in the first network| / |gradient in another|; where any is huge, the log10 of all."""

    def __init__(self, comparison: Comparison) -> None:
        self._networks = comparison.networks
        sizes = [[one.log10.get(name or "") for one, name in zip(self._networks, names)] for names in comparison.rows]
        gaps = [abs(row[0] - size) for row in sizes for size in row if size is not None and row[0] is not None]
        self.logarithmic = max(gaps, default=0.0) >= HUGE

    def column(self, quotient: str) -> Column:
        """Headed `|deep| / |no-skips|`, or `log₁₀(|deep| / |no-skips|)`."""
        return Column(self.heading(quotient), digits=RATIO_DIGITS, like="ratio")

    def heading(self, quotient: str) -> str:
        """`|deep| / |no-skips|`, `log₁₀(|deep| / |no-skips|)`"""
        return f"log₁₀({quotient})" if self.logarithmic else quotient

    def cell(self, names: Names, number: int) -> Any:
        """The ratio to the network of that number, as a cell."""
        norms = [self._networks[place].norms.get(names[place] or "") for place in (0, number)]
        found = ratio(*norms)
        return log10(found) if self.logarithmic else found


def path_cells(one: ComparedNetwork, name: str | None) -> Row:
    """The number of paths, and the share of the largest."""
    return [None, None] if name is None else [one.paths.count(name), Percent(one.paths.share(name))]


def path_columns(comparison: Comparison) -> list[tuple[str, Row]]:
    """Counts and largest shares of the networks with several paths; one column where all agree; none without any."""
    several = with_several_paths(comparison)
    columns: list[tuple[str, Row]] = []
    for part, heading in enumerate(("paths", "largest share")):
        parts = {short: [cell[part] for cell in cells] for short, cells in several.items()}
        first, *others = parts.values() or [[]]
        if len(parts) == len(comparison.networks) and all(cells == first for cells in others):
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


def label(names: Names, as_norm: bool) -> str:
    """∂L/∂w1; ‖∂L/∂w1‖ where it is a matrix; ∂L/∂w3 / w40 / w41 where depths differ."""
    text = gradient(" / ".join(filter(None, names)) if is_paired(names) else next(filter(None, names)))
    return f"‖{text}‖" if as_norm else text


def is_paired(names: Names) -> bool:
    """Whether a row is of gradients with different names."""
    return len({name for name in names if name is not None}) > 1


def has_matrix(networks: Sequence[ComparedNetwork], names: Sequence[str | None]) -> bool:
    """Whether any of these gradients is no number, so that norms are compared."""
    return any(name is not None and isinstance(one.gradients[name], list) for one, name in zip(networks, names))


def sizes(networks: Sequence[ComparedNetwork], names: Sequence[str | None]) -> list[Any]:
    """The gradients of a row, or their norms where any is a matrix; None where there is none."""
    as_norm = has_matrix(networks, names)
    pairs = zip(networks, names)
    return [None if name is None else (one.norms if as_norm else one.gradients)[name] for one, name in pairs]


DEEP = 8  # layers from which on a network has a profile worth a line
LINE = 48  # characters of a line; of more layers one of every two is drawn, or of every three


Profiles = Mapping[str, Profile]
"""|δ| layer by layer, by what columns call the network."""


def profiles(comparison: Comparison) -> Profiles:
    """|δ| layer by layer, of every deep network whose layers follow one another."""
    return {
        one.short: profile(one.at)
        for one in comparison.networks
        if len(one.network.layers) >= DEEP and is_chain(one.network) and not has_infinities(one)
    }


def has_infinities(one: ComparedNetwork) -> bool:
    """Whether low precision left a δ that is no number."""
    at = one.at
    if not is_low_precision(at.arithmetic.name):
        return False
    nodes = range(len(one.network.inputs), len(one.network.nodes))
    return not all(isfinite(delta) for node in nodes for row in at.delta(node) for delta in row)


def profile_table(comparison: Comparison, found: Profiles) -> Iterator[Table]:
    """A row for each network that has a profile."""
    if not found:
        return
    ends = scale(size for one in found.values() for size in one.log10)
    step = -(-max(len(one.nodes) for one in found.values()) // LINE)
    rows = [
        [short, Spark(thinned(one.log10, -(-len(one.nodes) // step)), ends.low, ends.high), rate(one)]
        for short, one in found.items()
    ]
    which = "every layer" if step == 1 else f"one layer of every {step}, the farthest from the mean"
    names = ["network", "output → input", "per layer"]
    title = f"{magnitude_of_delta(comparison)} of {which}, {ends} (log)"
    yield Table([Column(name) for name in names], rows, title=title)


def zero_layers(of: Profile) -> str:
    """Where δ is 0: `in every layer`, `from h11 back to h1`, `in h4 and h7`."""
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


def rate(of: Profile) -> str:
    """`÷ 8.2`, `× 1.1`: the geometric mean of the factors between hidden layers; else where δ is 0, or "varies"."""
    if of.log10_rate is not None:
        return factor(of.log10_rate, RATE_DIGITS)
    return f"0 {zero_layers(of)}" if None in of.log10 else "varies"
