"""What the loss says first of whole layers: ∂L/∂y, or δ where bend and loss are one."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.derivation.layers.chart import LayerChart
from gradcalc.derivation.layers.vectors import is_vectorial, unit_by_unit
from gradcalc.derivation.loss_rules import rule_name, scaled, unit_slope
from gradcalc.derivation.reading import FUSED, bend_name
from gradcalc.engine.scalar_forward import from_preactivation
from gradcalc.expressions.build import call, difference, product
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import TARGET, Symbol, leaf
from gradcalc.losses import Loss
from gradcalc.records import Record


class Reading(Record):
    """The graph node that the loss is differentiated by, the slope there, and the rule."""

    node: int
    slope: Expression
    rule: str


def readings(chart: LayerChart) -> Iterator[Reading]:
    """One for each node with a target, before the reduction over a batch."""
    for node, target in chart.graph.ends():
        yield _reading(chart, node, target)


def target_symbol(chart: LayerChart, target: int) -> Symbol:
    """t, or t_LAYER where there are several losses."""
    network = chart.graph.network
    node = network.nodes[network.targets[target].node]
    symbol = Symbol(TARGET, node.name if len(network.targets) > 1 else "", (), chart.example)
    chart.widths[symbol] = node.width
    return symbol


def _reading(chart: LayerChart, node: int, target: int | None) -> Reading:
    graph = chart.graph
    loss = from_preactivation(graph, node) or graph.network.loss
    y = chart.tree(node)
    width = graph.nodes[node].width
    t = y if target is None else leaf(target_symbol(chart, target))
    bent = bend_name(graph, node)
    if (loss.name, bent) in FUSED and graph.nodes[node].kind == "bend":
        share = call("exp", y) if bent == "log_softmax" else y
        slope = difference(y, t) if bent == "sigmoid" else difference(_whole(chart, target, share, t), t)
        below = graph.nodes[node].arcs[0].tail
        return Reading(below, scaled(loss, slope, width), FUSED[loss.name, bent])
    return Reading(node, scaled(loss, _slope(chart, loss, target, y, t), width), rule_name(loss))


def _slope(chart: LayerChart, loss: Loss, target: int | None, y: Expression, t: Expression) -> Expression:
    if loss.name == "cross_entropy":
        share = call("softmax", y)
        return difference(_whole(chart, target, share, t), t)
    slope, width = unit_by_unit(unit_slope(loss, y, t), chart.is_vector), chart.widths[y.value]
    if width > 1 and not is_vectorial(slope, chart.is_vector):
        return product((slope, Expression("ones", (), width)))
    return slope


def _whole(chart: LayerChart, target: int | None, share: Expression, t: Expression) -> Expression:
    """p·Σt: p itself where every target sums to 1."""
    rows = [] if target is None else chart.graph.network.targets[target].rows
    return share if all(sum(row) == 1 for row in rows) else product((call("entries", t), share))
