"""What `gradcalc precision` prints and draws: the facts that JSON holds, a contract, the page, and the plot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.precision import FormatRange, Precision, Quantity, Window, log2
from gradcalc.analysis.simulation import Simulation
from gradcalc.expressions.numerals import superscript
from gradcalc.records import Record
from gradcalc.report.json_numbers import finite
from gradcalc.report.report import Block, Column, Deferred, Heading, Note, Report, Table, boundless
from gradcalc.views import precision_sentences as sentences
from gradcalc.views import precision_tables as tables
from gradcalc.views.network_header import (
    Facts,
    envelope,
    network_facts,
    title,
    title_of,
    title_parts,
    with_and_without_skips,
)


class PrecisionRun(Record):
    """One network: what was found of it, and its passes in low precision by format, if any were asked for."""

    name: str
    found: Precision
    simulations: Mapping[str, Simulation] = {}


def report(
    runs: Sequence[PrecisionRun], saturate: bool = False, warnings: tuple[str, ...] = (), every: bool = False
) -> Report:
    """A network, and the same without its skips where that is asked for, as a report; with `every` quantity."""
    return Report(
        Deferred(lambda: facts(runs, saturate)),
        lambda: page(runs, saturate, every),
        table=lambda: flat_table(runs, saturate),
        warnings=warnings,
        title=f"{runs[0].found.network.name}: precision",
    )


def facts(runs: Sequence[PrecisionRun], saturate: bool) -> Facts:
    """What JSON prints; keys and their order are a contract."""
    first, *against = runs
    network = first.found.network
    told = {**envelope("precision"), **network_facts(network, first.found.loss), "dtypes": dtypes(first, saturate)}
    for run in against:
        told["against"] = {"name": run.name, "dtypes": dtypes(run, saturate)}
    return told


def dtypes(run: PrecisionRun, saturate: bool) -> Facts:
    """Every format with its window, loss scales, quantities and pass."""
    return {
        dtype: {
            "window": window_facts(held.window),
            "scales": scale_facts(held),
            "quantities": quantity_facts(run.found, held, saturate),
            "simulated": simulation_facts(run.simulations.get(dtype)),
        }
        for dtype, held in run.found.formats.items()
    }


def window_facts(window: Window) -> Facts:
    """Its ends, each with what sets it."""
    return {
        "low": window.low,
        "low_by": named(window.low_by),
        "high": window.high,
        "high_by": named(window.high_by),
        "exists": window.exists,
        "subnormal_low": window.subnormal_low,
    }


def named(quantity: Quantity | None) -> str | None:
    """`delta h39`; in a batch with its example."""
    if quantity is None:
        return None
    example = "" if quantity.example is None else f" (example {quantity.example})"
    return f"{quantity.kind} {quantity.of}{example}"


def scale_facts(held: FormatRange) -> list[Facts]:
    """How many quantities each loss scale leaves in each zone."""
    names = ("scale", "kept", "subnormal", "lost", "overflow")
    return [dict(zip(names, (whole(counts.scale), *counts[1:]))) for counts in held.scales]


def whole(scale: Any) -> Any:
    """A whole number without a point."""
    return int(scale) if isinstance(scale, float) and scale.is_integer() else scale


def of_quantity(quantity: Quantity) -> Facts:
    """Its name and kind; in a batch its example."""
    example = {} if quantity.example is None else {"example": quantity.example}
    return {"of": quantity.of, "kind": quantity.kind, **example}


def quantity_facts(found: Precision, held: FormatRange, saturate: bool) -> list[Facts]:
    """Every quantity that is listed; null is stored of what is infinite or NaN."""
    return [
        {**of_quantity(one), "exact": exact, "stored": finite(near), "zone": where}
        for one, exact, near, where, _ in tables.zone_rows(found, held.format, saturate, found.listed)
    ]


def simulation_facts(run: Simulation | None) -> Facts | None:
    """The pass in low precision: its gradients, and the first quantity from the loss back that was lost."""
    if run is None:
        return None
    first = run.first
    return {
        "accumulate": run.low.accumulate,
        "saturate": run.low.saturate,
        "loss_scale": run.low.loss_scale,
        "loss": finite(run.loss),
        "lost": run.lost,
        "overflow": run.overflown,
        "first": None
        if first is None
        else {
            **of_quantity(first.quantity),
            "becomes": finite(first.becomes),
            "factors": None
            if first.factors is None
            else dict(zip(first.factors.names, map(finite, first.factors.values))),
        },
        "gradients": [
            {
                **of_quantity(one.quantity),
                "exact": one.quantity.exact,
                "simulated": finite(one.simulated),
                "relative_error": one.relative_error,
            }
            for one in run.gradients
        ],
    }


def page(runs: Sequence[PrecisionRun], saturate: bool, every: bool) -> Iterator[Block]:
    """Windows, loss scales, the picture, quantities that are asked for, passes in low precision, what it means."""
    networks = [(run.name, run.found) for run in runs]
    first = runs[0].found
    yield Heading(heading(runs))
    if any(held.window.low is not None for run in runs for held in run.found.formats.values()):
        yield tables.window_table(networks)
    yield tables.scale_table(networks)
    yield tables.picture(networks)
    for run in runs:
        for held in run.found.formats.values():
            yield from of_format(run, held, saturate, every, len(runs) > 1)
    yield from sentences.legend(first.formats, saturate, tables.moved_range(networks))
    for dtype in first.formats:
        for run in runs:
            held = run.found.formats[dtype]
            yield sentences.verdict(run.found, held, run.name)
            note = sentences.forward(run.found, held.format, run.name)
            yield from () if note is None else (note,)
    for run in runs:
        for dtype, simulation in run.simulations.items():
            yield from sentences.simulated(simulation, run.found.formats[dtype], run.name)
    for run in runs:
        yield from sentences.rounded(run.found, run.name if len(runs) > 1 else None)
    yield from sentences.infinite_in_float32(first.loss_scale)
    if first.arithmetic.name == "extended":
        yield Note("Exact values are computed in extended range (exponents of any size).")


def heading(runs: Sequence[PrecisionRun]) -> str:
    """The title of the network; with and without its skips where both are there."""
    network = runs[0].found.network
    if len(runs) == 1:
        return title(network)
    return title_of([with_and_without_skips(network.name), *title_parts(network)])


def of_format(run: PrecisionRun, held: FormatRange, saturate: bool, every: bool, several: bool) -> Iterator[Table]:
    """Of one network in one format the quantities that are asked for, and the gradients of a pass."""
    of, scale, dtype = f" of {run.name}" if several else "", run.found.loss_scale, held.format.name
    if every or run.found.listed != run.found.quantities:
        times = f", the backward pass times {sentences.factor(scale)}" if scale != 1 else ""
        yield tables.zone_table(run.found, held.format, saturate, f"Quantities{of} in {dtype}{times}")
    if dtype in run.simulations:
        simulation = run.simulations[dtype]
        yield tables.gradient_table(simulation, f"Gradients{of} in {dtype}: {sentences.settings(simulation.low)}")


def draw(runs: Sequence[PrecisionRun], path: str) -> None:
    """Draws every layer over the range of the first format, both networks side by side. Raises UsageError for an ending
    that is no picture's."""
    from gradcalc.report.plots.float_range import Range, RangePanel, draw_ranges

    panels = []
    for run in runs:
        held = next(iter(run.found.formats.values()))
        named = Range(held.format.name, *map(log2, (held.format.subnormal, held.format.normal, held.format.largest)))
        lines, shift = tables.sizes_by_node(run.found), tables.shift_of(run.found, held)
        kinds = {"∂L/∂parameter": "gradient", "δ": "delta", "∂L/∂output": "output"}
        dots = {label: [line.get(kind, []) for line in lines] for label, kind in kinds.items()}
        panels.append(RangePanel(run.name, dots, named, shift, moved_by(run, shift, len(runs)) if shift else ""))
    with boundless():
        rows = [node.name for node in runs[0].found.network.nodes]
        draw_ranges(path, heading(runs), "|quantity of the backward pass|", rows, panels)


def moved_by(run: PrecisionRun, shift: float, networks: int) -> str:
    """What the range is called where a loss scale moves it."""
    scale = f"2{superscript(round(shift))}" if shift == round(shift) else sentences.raised(shift)
    return f"normal at the loss scale {scale}" + f" ({run.name})" * (networks > 1)


def flat_table(runs: Sequence[PrecisionRun], saturate: bool) -> Table:
    """A row for every quantity in every format, for data frames."""
    names = ("network", "dtype", "kind", "of", "example", "exact", "stored", "zone", "relative_error")
    rows = [
        [run.name, dtype, one.kind, one.of, one.example, exact, tables.cell_of(near), where, error]
        for run in runs
        for dtype, held in run.found.formats.items()
        for one, exact, near, where, error in tables.zone_rows(run.found, held.format, saturate, run.found.listed)
    ]
    return Table(list(map(Column, names)), rows)
