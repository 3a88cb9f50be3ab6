"""The loss of a narrow network as one formula in its weights, put together from the formulas of its activations, joins
and loss: what SymPy can differentiate without any backward pass of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_graph import ScalarLayout, layout
from gradcalc.engine.scalar_point import inputs, weight_list
from gradcalc.expressions.expression import Expression, name, product, quotient, ratio, size, substituted, total
from gradcalc.expressions.parser import parse
from gradcalc.network.graph import ActivationNode, AffineNode, Graph, JoinNode

MOST_LEAVES = 150


class NotWrittenOut(Exception):
    """Why a loss is not written out: what it has no formula for, or that the formula would be too long."""


def weight_name(place: int) -> str:
    """What a formula calls the weight at a place of P."""
    return f"w{place}"


def loss_formula(laid: Graph, places: Collection[int]) -> Expression:
    """L of one example in the weights at these places, all else as exact ratios. Raises NotWrittenOut."""
    network, where = laid.network, layout(laid)
    if network.examples > 1:
        raise NotWrittenOut("several examples; it takes one")
    weights = [exact(weight) for weight in weight_list(laid, Double)]
    for place in places:
        weights[place] = name(weight_name(place))
    values: dict[int, Expression] = {0: ratio(1, 1)} | dict(enumerate(map(exact, inputs(laid, Double, 0)), 1))
    for number in range(len(laid.nodes)):
        for unit, tree in zip(where.units(number), list(_node(where, number, weights, values))):
            if size(tree) > MOST_LEAVES:
                raise NotWrittenOut("its formula is too long")
            values[unit] = tree
    whole = total(list(_losses(laid, where, values)))
    if size(whole) > MOST_LEAVES:
        raise NotWrittenOut("its formula is too long")
    return whole


def _node(
    where: ScalarLayout, number: int, weights: Sequence[Expression], values: dict[int, Expression]
) -> Iterator[Expression]:
    """The units of a node of the graph; none of an input, whose units are known."""
    node = where.graph.nodes[number]
    if isinstance(node, AffineNode):
        for row in where.terms[number]:
            yield total([product([weights[p], values[v]]) for p, v, _ in row])
    elif isinstance(node, JoinNode):
        for units in zip(*(where.units(arc.tail) for arc in node.arcs)):
            yield node.join.tree([values[unit] for unit in units])
    elif isinstance(node, ActivationNode):
        if node.activation.couples or node.activation.parametric or not node.activation.formula:
            raise NotWrittenOut(f"{node.activation.text} has no formula in one z")
        options = {option: exact(value) for option, value in node.activation.options.items()}
        tree = parse(node.activation.formula, ("x", *options))
        for unit in where.units(node.arcs[0].tail):
            yield substituted(tree, {"x": values[unit], **options})


def _losses(laid: Graph, where: ScalarLayout, values: dict[int, Expression]) -> Iterator[Expression]:
    """The terms of the loss, unit by unit."""
    network = laid.network
    for end, target in laid.ends():
        units, loss = where.units(end), network.loss
        if loss.classes or network.fused_loss(laid.nodes[end].of):
            raise NotWrittenOut(f"{loss.text} is written over preactivations")
        targets = [0.0] * len(units) if target is None else network.targets[target].rows[0]
        for unit, t in zip(units, targets):
            term = substituted(loss.expression(1), {"y": values[unit], "t": exact(t)})
            yield quotient(term, ratio(len(units), 1)) if loss.averaged and len(units) > 1 else term


def exact(number: float) -> Expression:
    """A float64 as the ratio that it is."""
    return ratio(*float(number).as_integer_ratio())
