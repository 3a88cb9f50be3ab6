"""A network as the page of `gradcalc report` computes it: a list of operations on arrays, and the functions in it.

The functions are JavaScript made from the rows of activations, joins and losses, by the rules that derivations read:
a new row reaches the page without a line of JavaScript. `page/engine.js` runs the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.activations import Activation
from gradcalc.analysis.edge_shares import EdgeKey
from gradcalc.derivation.rules import differentiated, exact_by_output, loss_rule, loss_term, rule_of
from gradcalc.expressions.expression import name, names_of
from gradcalc.expressions.print_javascript import JavaScript, LayerJavaScript, stable
from gradcalc.expressions.walk import write
from gradcalc.losses import Loss
from gradcalc.network.graph import ActivationNode, AffineNode, Arc, Graph, JoinNode, Node
from gradcalc.network.joins import Join
from gradcalc.network.linear_graph import ALPHA, BIAS, Use, use_names
from gradcalc.network.network import Network, numbers
from gradcalc.records import Record
from gradcalc.views.draw_page import edge_names

MOST_UNITS, MOST_WEIGHTS = 200, 20_000  # of a network that a page computes anew while a slider moves

NUMBERS, LAYER = JavaScript(), LayerJavaScript()


class Program(Record):
    """The operations as data, and the functions they name as the text of a script."""

    operations: dict[str, Any]
    functions: str


class _Rules:
    """Rules in the order of their first use, each once."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Which rule it is."""
        return self.texts.setdefault(text, len(self.texts))

    def written(self, name: str) -> str:
        """The rules as a list in JavaScript."""
        return f"const {name} = [{''.join(f'{chr(10)}  {text},' for text in self.texts)}{chr(10)}];"


def is_small(network: Network) -> bool:
    """Whether a page can compute the network anew while a slider moves."""
    units = network.examples * sum(node.width for node in network.nodes)
    return units <= MOST_UNITS and sum(len(numbers(one.value)) for one in network.parameters) <= MOST_WEIGHTS


def program(graph: Graph) -> Program:
    """The program of a network."""
    rules = {"activations": _Rules(), "joins": _Rules(), "losses": _Rules()}
    network, uses, edges = graph.network, use_names(graph), edge_names(graph.network)
    nodes = []
    for node in graph.nodes:
        operation: dict[str, Any] = {"kind": "input", "of": node.of, "width": node.width, "bias": None, "alpha": None}
        operation |= {"rule": 0, "biasUse": uses.get((node.of, BIAS)), "alphaUse": uses.get((node.of, ALPHA))}
        operation["arcs"] = [_arc(graph, node, arc, uses, edges) for arc in node.arcs]
        if isinstance(node, AffineNode):
            operation |= {"kind": "affine", "bias": node.bias}
        elif isinstance(node, ActivationNode):
            units = graph.nodes[node.arcs[0].tail].width
            rule = rules["activations"].number(activation_rule(node.activation, units))
            operation |= {"kind": "activation", "alpha": node.alpha, "rule": rule}
        elif isinstance(node, JoinNode):
            operation |= {"kind": "join", "rule": rules["joins"].number(join_rule(node.join, len(node.arcs)))}
        nodes.append(operation)
    operations = {
        "names": [node.name for node in network.nodes],
        "nodes": nodes,
        "parameters": [
            {"name": one.name, "shape": list(one.shape), "values": list(map(float, numbers(one.value)))}
            for one in network.parameters
        ],
        "inputs": [[list(map(float, row)) for row in one.rows] for one in network.inputs],
        "targets": [[list(map(float, row)) for row in one.rows] for one in network.targets],
        "ends": [_end_of_loss(graph, end, target, rules["losses"]) for end, target in graph.ends()],
        "examples": network.examples,
        "reduction": graph.reduction,
        "outputs": list(graph.outputs),
    }
    return Program(operations, "\n".join(one.written(name) for name, one in rules.items()))


def _arc(graph: Graph, node: Node, arc: Arc, uses: Mapping[Use, str], edges: Mapping[EdgeKey, str]) -> dict[str, Any]:
    """What an arc reads, weighed by what; what paths, and the drawing, call it."""
    return {
        "tail": arc.tail,
        "weight": arc.parameter,
        "offset": arc.offset,
        "label": arc.label,
        "use": uses.get((node.of, arc)),
        "edge": edges.get((graph.nodes[arc.tail].of, node.of, arc.parallel)),
    }


def _end_of_loss(graph: Graph, end: int, target: int | None, rules: _Rules) -> dict[str, Any]:
    """What the loss reads and by which rule; its preactivations beside it, for a loss that is one with them."""
    node = graph.nodes[end]
    early = graph.fused_loss(end)
    loss, activation = early or graph.network.loss, node.activation if isinstance(node, ActivationNode) else None
    rule = rules.number(loss_rules(loss, None if early is None else activation))
    reads = node.arcs[0].tail if early is not None else end
    factor = float(loss.scale) / (node.width if loss.averaged else 1)
    return {"node": end, "x": reads, "target": target, "rule": rule, "factor": factor}


def activation_rule(activation: Activation, units: int) -> str:
    """σ and σ′, of a parametric row also by alpha, as a JavaScript object."""
    rule = rule_of(activation, units)
    value, derivative = stable(rule.value), stable(rule.exact)
    if activation.couples:
        known = "".join(f"const {name} = {write(tree, LAYER)}; " for name, tree in rule.statistics)
        value_of = f"value: (x) => {{ {known}return {write(value, LAYER)}; }}"
        derivative_of = f"derivative: (x, y) => {{ {known}return {write(derivative, LAYER)}; }}"
        return f"{{ couples: true, {value_of}, {derivative_of} }}"
    parts = [f"couples: false, value: (x, alpha) => {write(value, NUMBERS)}"]
    parts.append(f"derivative: (x, y, alpha) => {write(derivative, NUMBERS)}")
    if activation.parametric:
        by_alpha = differentiated(activation.formula, ("x", "alpha"), "alpha")
        parts.append(f"byAlpha: (x) => {write(stable(by_alpha), NUMBERS)}")
    return f"{{ {', '.join(parts)} }}"


def join_rule(join: Join, sources: int) -> str:
    """The joined value and its derivative by each source as a JavaScript object; `s` are the sources of one unit."""
    names = [name(f"s[{place}]") for place in range(sources)]
    value = write(join.tree(names), NUMBERS)
    derivatives = ", ".join(write(tree, NUMBERS) for tree in join.derivatives(names))
    return f"{{ value: (s) => {value}, derivatives: (s) => [{derivatives}] }}"


def loss_rules(loss: Loss, activation: Activation | None) -> str:
    """The terms of a loss and their derivatives by the outputs y as a JavaScript object, in y, the targets t and, where
    the loss is one with an activation, its preactivations x."""
    early = None if activation is None else loss.of_preactivation
    terms = loss_term(early, "x") if early is not None else loss_term(loss)
    derivative = (None if activation is None else exact_by_output(loss, activation)) or loss_rule(loss)[2]
    known = "const p = softmax(y), total = total_of(t); " if names_of(derivative) & {"p", "total"} else ""
    return (
        f"{{ terms: (y, t, x) => {write(stable(terms), LAYER)}, "
        f"derivatives: (y, t, x) => {{ {known}return {write(stable(derivative), LAYER)}; }} }}"
    )
