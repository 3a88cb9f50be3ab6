"""What is differentiated by, as the chart has it: an entry of a parameter with its uses, or a unit of a node."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.derivation.chart import Chart, Origin, entry_symbol
from gradcalc.expressions.expression import ONE
from gradcalc.expressions.symbols import Symbol
from gradcalc.records import Record


class Source(Record):
    """`origins` are the units where it is at work, each with its slope there; of a unit the unit itself, slope 1."""

    symbol: Symbol
    origins: Sequence[Origin]
    is_parameter: bool


def entry_source(chart: Chart, entry: int) -> Source:
    """The entry at a place in P."""
    origins = [origin for origin in chart.origins if origin.entry == entry]
    return Source(entry_symbol(chart.layout, entry), origins, True)


def unit_source(chart: Chart, place: int) -> Source:
    """The unit at a place in V."""
    own = chart.same[place]
    return Source(chart.symbols[own], [Origin(0, own, ONE, None)], False)
