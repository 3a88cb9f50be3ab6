"""The tables of `gradcalc precision`: windows, loss scales, quantities outside the normal range, gradients; and the
picture, a line for each layer on a log₂ axis, over the range of the first format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from math import ceil, floor
from typing import Any

from gradcalc.analysis.precision import (
    BACKWARD,
    USUAL_SCALES,
    FormatRange,
    Precision,
    Quantity,
    finest,
    log2,
    relative_error,
    rounding_of,
    stored,
    zone,
)
from gradcalc.analysis.simulation import Simulation, parameters_by_node
from gradcalc.arithmetic.float_formats import FloatFormat
from gradcalc.records import Record
from gradcalc.report.report import Column, Percent, Strip, Table
from gradcalc.views.precision_sentences import ERROR, end_of, factor, label, power, powers, raised

Named = tuple[str, Precision]  # what a network is called in tables, with what was found of it

LONG, SHORT = 56, 28  # columns of the picture of one network; of each of two side by side
DOTS = {"output": "○", "delta": "◆", "gradient": "●"}
OUTSIDE, FEWER_DIGITS, NORMAL, RULE = ".", "░", "▒", "─"
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
WITHOUT_OVERFLOW = "largest without overflow"


def window_table(networks: Sequence[Named]) -> Table:
    """The window of every format and network."""
    rows = []
    for dtype in networks[0][1].formats:
        for name, found in networks:
            window = found.formats[dtype].window
            if window.low is None:
                rows.append([dtype, name, None, None, None, None, None, None])
                continue
            low, high = (end_of(window, end) for end in (window.low, window.high))
            ends = [low, by(window.low_by), high, by(window.high_by)]
            rows.append([dtype, name, *ends, powers(window.powers()), f"> {power(window.subnormal_low)}"])
    names = ["format", "network", "least", "limited by", "largest", "limited by", "powers of two", "nothing becomes 0"]
    return shown(names, rows, len(networks), "Loss scales that keep the whole backward pass in the normal range")


def by(quantity: Quantity | None) -> str:
    """What sets an end of a window."""
    return "" if quantity is None else label(quantity)


def scale_table(networks: Sequence[Named]) -> Table:
    """What every loss scale leaves in each zone."""
    rows: list[list[Any]] = []
    for dtype in networks[0][1].formats:
        for name, found in networks:
            held = found.formats[dtype]
            for counts in held.scales:
                remarks = [who for who, scale in USUAL_SCALES.items() if scale == counts.scale]
                remarks += [WITHOUT_OVERFLOW] * (held.best is not None and counts.scale == held.best.scale)
                scale = factor(counts.scale) + f" ({', '.join(remarks)})" * bool(remarks)
                rows.append([dtype, name, scale, *counts[1:-1], percent(counts.error)])
    names = ["format", "network", "loss scale", "normal", "subnormal", "zero", "overflow", ERROR]
    title = "Quantities of the backward pass by zone: ∂L/∂output, δ and ∂L/∂parameter, those that are not 0"
    return shown(names, rows, len(networks), title)


def shown(names: Sequence[str], rows: Sequence[Sequence[Any]], networks: int, title: str) -> Table:
    """A table without the column of networks where there is one, and without one in which nothing is told; formats and
    networks are named where they change."""
    drop = [place for place in range(len(names)) if all(row[place] is None for row in rows)] + [1] * (networks == 1)
    columns = [Column(name) for place, name in enumerate(names) if place not in drop]
    cells: list[list[Any]] = []
    for number, row in enumerate(rows):
        same = number > 0 and rows[number - 1][0] == row[0]
        first = ["" if same else row[0], "" if same and rows[number - 1][1] == row[1] else row[1]]
        cells.append([cell for place, cell in enumerate([*first, *row[2:]]) if place not in drop])
    return Table(columns, cells, title=title, groups=[row[0] for row in rows])


def zone_table(found: Precision, held: FloatFormat, saturate: bool, title: str) -> Table:
    """The quantities that are listed, with what is stored of them, their zone and how far that is off."""
    cells = [
        [label(one), exact, cell_of(near), where, percent(error)]
        for one, exact, near, where, error in zone_rows(found, held, saturate, found.listed)
    ]
    names = ("quantity", "exact", "exact, rounded", "zone", "relative error")
    return Table(list(map(Column, names)), cells, title)


def zone_rows(
    found: Precision, held: FloatFormat, saturate: bool, quantities: Sequence[Quantity]
) -> list[tuple[Quantity, Any, float, str, float | None]]:
    """Quantities: as each is to be stored, as it is stored, its zone, the relative error."""
    rounded, rows = rounding_of(held, saturate), list[tuple[Quantity, Any, float, str, float | None]]()
    with finest(found.arithmetic):
        for one in quantities:
            scaled = found.scaled(one)
            near = stored(rounded, scaled)
            rows.append((one, scaled, near, zone(held, scaled, one.exact), relative_error(near, scaled)))
    return rows


def cell_of(number: float) -> Any:
    """A number, or in words that it is none."""
    return number if abs(number) < float("inf") else "NaN" if number != number else "inf" if number > 0 else "−inf"


def percent(error: float | None) -> Percent | None:
    """A relative error."""
    return None if error is None else Percent(error)


def gradient_table(run: Simulation, title: str) -> Table:
    """Every gradient as it is and in low precision."""
    rows = [
        [label(one.quantity), one.quantity.exact, cell_of(one.simulated), percent(one.relative_error)]
        for one in run.gradients
    ]
    return Table([Column(name) for name in ("gradient", "exact", run.low.name, "relative error")], rows, title)


class LogAxis(Record):
    """An axis of so many columns from one power of two to another."""

    low: int
    high: int
    columns: int

    def place(self, exponent: float) -> int:
        """The column of a power of two, -1 and less or `columns` and more where it is outside."""
        return floor((exponent - self.low) / (self.high - self.low) * self.columns)

    def band(self, held: FloatFormat, shift: float = 0.0) -> list[str]:
        """The range of a format, moved to the left by the exponent of a loss scale."""
        ends = (log2(held.subnormal), log2(held.normal), log2(held.largest))
        subnormal, normal, largest = (self.place(end - shift) for end in ends)
        return [
            NORMAL if normal <= n <= largest else FEWER_DIGITS if subnormal <= n < normal else OUTSIDE
            for n in range(self.columns)
        ]

    def ruler(self) -> str:
        """Names of powers of two where they stand, as many as have room."""
        line = [RULE] * self.columns
        step = next((t for t in TICKS if (self.high - self.low) / t * 9 <= self.columns), self.high - self.low)
        for exponent in range(ceil(self.low / step) * step, self.high + 1, step):
            text, at = raised(exponent), self.place(exponent)
            if at + len(text) <= self.columns:
                line[at : at + len(text)] = text
        return "".join(line)

    def line(self, held: FloatFormat, sizes: Mapping[str, Sequence[float]]) -> str:
        """One layer: its quantities over the range of the format."""
        cells = self.band(held)
        for kind in BACKWARD:
            for exponent in sizes.get(kind, ()):
                cells[min(max(self.place(exponent), 0), self.columns - 1)] = DOTS[kind]
        return "".join(cells)


def sizes_by_node(found: Precision) -> list[dict[str, list[float]]]:
    """log₂ of what of the backward pass is not 0, node by node, by kind; gradients with the layer that weighs."""
    nodes: list[dict[str, list[float]]] = [{} for _ in found.network.nodes]
    owned = parameters_by_node(found.network)
    owner = {parameter: number for number, parameters in owned.items() for parameter in parameters}
    for one in found.quantities:
        if one.is_backward and one.exact:
            number = owner.get(one.number) if one.kind == "gradient" else one.number
            if number is not None:
                nodes[number].setdefault(one.kind, []).append(log2(one.exact))
    return nodes


def picture(networks: Sequence[Named]) -> Table:
    """A line for each layer, networks side by side; beneath one another where the page is narrow."""
    sizes = [sizes_by_node(found) for _, found in networks]
    wide = drawn(networks, sizes, LONG)
    return wide if len(networks) == 1 else wide._replace(otherwise=drawn(networks, sizes, SHORT))


def drawn(networks: Sequence[Named], sizes: Sequence[Sequence[Mapping[str, Sequence[float]]]], columns: int) -> Table:
    """The picture in so many columns for each network, of its sizes by node."""
    formats = networks[0][1].formats
    first, *others = [held.format for held in formats.values()]
    ends = [log2(first.subnormal), log2(first.largest)]
    ends += [size for nodes in sizes for node in nodes for size in chain(*node.values())]
    on = LogAxis(floor(min(ends)) - 1, ceil(max(ends)) + 1, columns)
    lines: list[list[str]] = [["log₂ axis", *(on.ruler() for _ in networks)]]
    for held in (first, *others):
        lines.append([held.name, *("".join(on.band(held)) for _ in networks)])
    shifts = list(map(first_shift, networks))
    if any(shifts):
        lines.append([shifted(shifts), *("".join(on.band(first, shift)) for shift in shifts)])
    for number, node in enumerate(networks[0][1].network.nodes):
        lines.append([node.name, *(on.line(first, nodes[number]) for nodes in sizes)])
    heads = ["node", *(name if len(networks) > 1 else "|quantity|" for name, _ in networks)]
    title = f"Backward pass over the range of {first.name}: {DOTS['gradient']} ∂L/∂parameter, {DOTS['delta']} δ, "
    rows = [[name, *map(Strip, strips)] for name, *strips in lines]
    return Table([Column(head) for head in heads], rows, title=f"{title}{DOTS['output']} ∂L/∂output")


def shifted(shifts: Sequence[float]) -> str:
    """What the row of the ranges that loss scales move is called: S = 2^14; of several scales `with S`."""
    return f"S = {raised(shifts[0])}" if len(set(shifts)) == 1 else "with S"


def moved_range(networks: Sequence[Named]) -> str:
    """What that row is, in words; nothing where no loss scale moves the range."""
    shifts = dict(zip((name for name, _ in networks), map(first_shift, networks)))
    if not any(shifts.values()):
        return ""
    start, whys = f"{shifted([*shifts.values()])}: the range with ", [why_drawn(found) for _, found in networks]
    if len({*zip(shifts.values(), whys)}) == 1:
        return f"{start}that loss scale, {whys[0]}"
    each = [f"{raised(shift)} of {name}, {why}" for (name, shift), why in zip(shifts.items(), whys)]
    return f"{start}a loss scale ({'; '.join(each)})"


def why_drawn(found: Precision) -> str:
    """Which loss scale is drawn."""
    held = next(iter(found.formats.values()))
    if found.loss_scale != 1:
        return "the one asked for"
    return "from the middle of the window" if held.window.powers() else WITHOUT_OVERFLOW


def first_shift(network: Named) -> float:
    """The exponent of the loss scale that the picture of a network is drawn with, too."""
    return shift_of(network[1], next(iter(network[1].formats.values())))


def shift_of(found: Precision, held: FormatRange) -> float:
    """The exponent of the loss scale that is drawn: of the one asked for, else of a power of two from the middle of the
    window, or the best."""
    if found.loss_scale != 1:
        exponent = log2(found.loss_scale)
        return round(exponent) if found.loss_scale == 2.0 ** round(exponent) else exponent
    if inside := held.window.powers():
        return 0 if 0 in inside else inside[len(inside) // 2]
    return 0 if held.best is None else round(log2(held.best.scale))
