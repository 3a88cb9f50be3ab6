"""The network and its loss written out in symbols: what the derivation in symbols starts from."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.derivation.chart import Chart
from gradcalc.derivation.layers.chart import LayerChart
from gradcalc.derivation.layers.reading import target_symbol
from gradcalc.derivation.layers.vectors import is_vectorial, unit_by_unit
from gradcalc.derivation.loss_rules import divided, scaled, unit_term
from gradcalc.derivation.reading import loss_values
from gradcalc.engine.scalar_forward import from_preactivation, reduction
from gradcalc.expressions.build import replaced, sum_of_entries, total
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import PREACTIVATION, Symbol, leaf

Definition = tuple[Symbol, Expression]

MOST_LINES = 24
"""Definitions up to which a preactivation has a line of its own."""


def loss_of_units(chart: Chart) -> Expression:
    """L over the outputs of single units."""
    return divided(total(loss_values(chart)), reduction(chart.graph))


def loss_of_layers(chart: LayerChart) -> Expression:
    """L over the outputs of layers: Σ over their units, and over the examples of a batch."""
    terms = []
    for node, target in chart.graph.ends():
        loss = from_preactivation(chart.graph, node) or chart.graph.network.loss
        y = chart.tree(node)
        t = y if target is None else leaf(target_symbol(chart, target))
        term = unit_by_unit(unit_term(loss, y, t), chart.is_vector)
        width = chart.graph.nodes[node].width
        summed = sum_of_entries(term) if width > 1 and is_vectorial(term, chart.is_vector) else term
        terms.append(scaled(loss, summed, width))
    whole = total(terms)
    if not chart.graph.network.batch:
        return whole
    return divided(Expression("over examples", (whole,)), reduction(chart.graph))


def network_of(symbols: Sequence[Definition]) -> list[Definition]:
    """The definitions, from the output back; in a long one preactivations are written into what they feed."""
    if len(symbols) <= MOST_LINES:
        return list(symbols[::-1])
    inner = {symbol: tree for symbol, tree in symbols if symbol.letter == PREACTIVATION}
    return [(symbol, replaced(tree, "symbol", inner.get)) for symbol, tree in symbols[::-1] if symbol not in inner]
