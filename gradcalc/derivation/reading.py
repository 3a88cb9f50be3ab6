"""What the loss reads and says first: ∂L/∂y of the outputs, or δ of their preactivations where bend and loss are one.

Of bce on a sigmoid, and of nll and kl on a softmax, the slopes cancel one another: δ = y − t (Bishop, Pattern
Recognition and Machine Learning, 2006, section 4.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.derivation.chart import Chart
from gradcalc.derivation.loss_rules import entropy_slope, rule_name, scaled, slopes, value
from gradcalc.engine.scalar_forward import from_preactivation
from gradcalc.expressions.build import call, difference, negative, product, total
from gradcalc.expressions.expression import ONE, Expression
from gradcalc.expressions.symbols import TARGET, Symbol, leaf
from gradcalc.network.graph import Graph
from gradcalc.records import Record

FUSED = {
    ("bce", "sigmoid"): "bce of a sigmoid: δ = y − t",
    ("nll", "softmax"): "nll of a softmax: δ = y − t",
    ("kl", "softmax"): "kl of a softmax: δ = y − t",
    ("nll", "log_softmax"): "nll of a log-softmax: δ = p − t",
    ("kl", "log_softmax"): "kl of a log-softmax: δ = p − t",
}


class Reading(Record):
    """The places in V that the loss is differentiated by, the slopes there to read and to compute with, the rule."""

    places: Sequence[int]
    slopes: list[Expression]
    exact: list[Expression]
    rule: str


def loss_readings(chart: Chart) -> Iterator[Reading]:
    """One reading for each node with a target, of one example, before the reduction over a batch."""
    for node, target in chart.graph.ends():
        yield _reading(chart, node, targets(chart, target))


def loss_values(chart: Chart) -> Iterator[Expression]:
    """The loss of each node with a target, in its outputs, of one example."""
    for node, target in chart.graph.ends():
        loss = from_preactivation(chart.graph, node) or chart.graph.network.loss
        yield value(loss, [chart.tree(place) for place in chart.layout.units(node)], targets(chart, target))


def targets(chart: Chart, target: int | None) -> list[Expression]:
    """t of every unit: `t`, `t[0]`, `t_y[0]` where there are several losses."""
    if target is None:
        return []
    network = chart.graph.network
    given = network.targets[target]
    name = network.nodes[given.node].name if len(network.targets) > 1 else ""
    width = network.nodes[given.node].width
    places = [(unit,) if width > 1 else () for unit in range(width)]
    return [leaf(Symbol(TARGET, name, place, chart.example)) for place in places]


def _reading(chart: Chart, node: int, ts: list[Expression]) -> Reading:
    graph = chart.graph
    loss = from_preactivation(graph, node) or graph.network.loss
    places = chart.layout.units(node)
    ys = [chart.tree(place) for place in places]
    bent = bend_name(graph, node)
    if (loss.name, bent) not in FUSED or graph.nodes[node].kind != "bend":
        plain = slopes(loss, ys, ts)
        return Reading(places, plain, plain, rule_name(loss))
    below = chart.layout.units(graph.nodes[node].arcs[0].tail)
    shares = [call("exp", y) for y in ys] if bent == "log_softmax" else ys
    if bent == "sigmoid":
        read = [difference(y, t) for y, t in zip(ys, ts)]
        exact = [_logistic(chart.tree(place), t) for place, t in zip(below, ts)]
    else:
        read = [entropy_slope(share, ts, n) for n, share in enumerate(shares)]
        exact = [_entropy(shares, ts, n) for n in range(len(ts))]
    shown, computed = ([scaled(loss, slope, len(ys)) for slope in form] for form in (read, exact))
    return Reading(below, shown, computed, FUSED[loss.name, bent])


def bend_name(graph: Graph, node: int) -> str:
    """The activation of the layer that a graph node is of; "" of an input."""
    of = graph.nodes[node].of - len(graph.network.inputs)
    return graph.network.layers[of].activation.name if of >= 0 else ""


def _entropy(shares: Sequence[Expression], ts: Sequence[Expression], unit: int) -> Expression:
    """p_i Σ t_j − t_i Σ p_j, both over the others: p_i Σ t − t_i without its cancellation."""
    others = [(share, t) for n, (share, t) in enumerate(zip(shares, ts)) if n != unit]
    missed = product((shares[unit], total(t for _, t in others)))
    return total((missed, negative(product((ts[unit], total(share for share, _ in others))))))


def _logistic(z: Expression, t: Expression) -> Expression:
    """(1 − t)σ(z) − t·σ(−z), which is σ(z) − t without its cancellation."""
    return total(
        (
            product((total((ONE, negative(t))), call("sigmoid", z))),
            negative(product((t, call("sigmoid", negative(z))))),
        )
    )
