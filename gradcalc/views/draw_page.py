"""A network as a drawing: what stands in every box and at every edge, which edges are lit up, what is said beneath."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.analysis.edge_shares import EdgeKey
from gradcalc.analysis.results import Computation
from gradcalc.expressions.numerals import percent, text
from gradcalc.network.network import Edge, Input, Layer, Value, norm, numbers, shape
from gradcalc.records import Record
from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode, DrawnText
from gradcalc.report.text import gradient, node_list, plural
from gradcalc.views import network_header as header

VALUES = ("forward", "backward", "none")
LONGEST_FORMULA = 30  # characters of a loss that stands in its box
MOST_TOLD = 12  # nodes whose values a description has


class Lit(Record):
    """The gradient whose paths are lit up: the share of every edge that they take, by where it is."""

    name: str
    value: Value
    shares: Mapping[EdgeKey, float]
    parameter: str = ""  # the parameter it is of, or has an entry of; "" of a node's


class DrawingStyle(Record):
    """What is shown of a network: which values, with how many digits; whether repeated blocks are folded."""

    values: str = "forward"
    digits: int = 6
    fold: bool = True
    top: int = 10


AS_DRAWN = DrawingStyle()


def drawing(computation: Computation, lit: Lit | None = None, style: DrawingStyle = AS_DRAWN) -> Drawing:
    """The drawing of a network with its values, and with the paths of a gradient lit up."""
    return Draft(computation, lit, style).drawing()


class Draft:
    """The boxes and edges of one network."""

    def __init__(self, computation: Computation, lit: Lit | None, style: DrawingStyle) -> None:
        self._computation = computation
        self._network = computation.network
        self._lit = lit
        self._style = style
        self._quantity = header.quantity(computation.network)

    def drawing(self) -> Drawing:
        """All of it."""
        nodes = [self._box(number) for number in range(len(self._network.nodes))]
        edges = list(self._edges())
        if self._has_loss:
            nodes.append(self._loss_box())
            edges += self._loss_edges()
        if self._lit is not None:
            lit = {node for edge in edges if edge.share for node in (edge.source, edge.target)}
            nodes = [node._replace(is_lit=number in lit) for number, node in enumerate(nodes)]
        return Drawing(header.title(self._network), self._description(), nodes, edges, self._notes())

    @property
    def _has_loss(self) -> bool:
        return self._computation.loss is not None and self._network.of is None

    def _box(self, number: int) -> DrawnNode:
        node = self._network.nodes[number]
        lines = [DrawnText(node.name, "name")]
        if node.width > 1:
            lines.append(DrawnText(f"{node.width} units", "note"))
        if isinstance(node, Layer):
            lines += self._layer_lines(node)
        kind = "input" if isinstance(node, Input) else "layer"
        return DrawnNode(kind, node.name, (*lines, *self._value_lines(node)))

    def _layer_lines(self, layer: Layer) -> list[DrawnText]:
        """How a layer joins and activates, and its parameters that stand at no edge."""
        joined = [layer.join] if layer.join != "sum" else []
        told = [DrawnText(" · ".join([*joined, layer.activation.text]), "note")]
        own = (layer.weight, layer.bias, layer.alpha)
        return told + [self._weight(number, "note") for number in own if number is not None]

    def _value_lines(self, node: Input | Layer) -> list[DrawnText]:
        values, name = self._style.values, node.name
        if values == "forward":
            return [self._number(self._computation.forward[name].output, "output", name, "output ")]
        if values == "none" or self._computation.backward is None:
            return []
        adjoints = self._computation.backward[name]
        of = gradient(name, self._quantity)
        lines = [self._number(adjoints.output, "adjoint", name, f"{of} ", f"{of} ")]
        return lines if adjoints.delta is None else [*lines, self._number(adjoints.delta, "delta", name, "δ ", "δ ")]

    def _number(self, value: Value, number: str, of: str, name: str, before: str = "") -> DrawnText:
        """A number, or the norm of many, which has its name in bars."""
        if isinstance(value, list):
            return DrawnText(self._text(norm(value)), "value", number, of, f"‖{name.strip()}‖ ")
        return DrawnText(self._text(value), "value", number, of, before)

    def _text(self, number: Any) -> str:
        return text(number, self._style.digits)

    def _weight(self, number: int, kind: str = "value") -> DrawnText:
        """A parameter with its value, or its gradient where the picture shows the backward pass; of many the shape."""
        parameter, gradients = self._network.parameters[number], self._computation.gradients
        name, value, of = parameter.name, parameter.value, "parameter"
        if self._style.values == "none":
            return DrawnText(name, kind)
        if self._style.values == "backward" and gradients is not None:
            name, value, of = gradient(parameter.name, self._quantity), gradients.get(parameter.name, value), "gradient"
            if isinstance(value, list) and len(numbers(value)) > 1:
                return DrawnText(self._text(norm(value)), kind, of, parameter.name, f"‖{name}‖ = ")
        entries = numbers(value)
        if len(entries) > 1:
            return DrawnText(f"{name}: {shape(value)}", kind)
        return DrawnText(self._text(entries[0]), kind, of, parameter.name, f"{name} = ")

    def _edges(self) -> list[DrawnEdge]:
        found = []
        for number, layer in enumerate(self._network.layers, len(self._network.inputs)):
            before: dict[int, int] = {}
            skips = (*layer.into_preactivation, *layer.into_output)
            for place, edge in enumerate((*layer.edges, *skips)):
                parallel = before.get(edge.source, 0)
                before[edge.source] = parallel + 1
                kind = "edge" if place < len(layer.edges) else "skip"
                found.append(self._edge(edge, number, parallel, kind, layer))
        return found

    def _edge(self, edge: Edge, target: int, parallel: int, kind: str, layer: Layer) -> DrawnEdge:
        names = self._network.nodes[edge.source].name, self._network.nodes[target].name
        name = "→".join(names) + (f" {parallel + 1}" if parallel else "")
        label = [] if edge.parameter is None else [self._weight(edge.parameter)]
        through = edge.label
        if kind == "edge" and layer.weight is not None:
            through = self._network.parameters[layer.weight].name
        parameter = "" if edge.parameter is None else self._network.parameters[edge.parameter].name
        share = self._share((edge.source, target, parallel))
        subject = self._lit is not None and bool(parameter) and parameter == self._lit.parameter
        shares = [] if share is None else [share_text(share)]
        return DrawnEdge(edge.source, target, name, through, kind, (*label, *shares), parameter, share, subject)

    def _share(self, key: EdgeKey) -> float | None:
        return None if self._lit is None else self._lit.shares.get(key)

    def _loss_box(self) -> DrawnNode:
        loss, network = self._computation.loss, self._network
        assert loss is not None
        lines = [DrawnText(self._quantity, "name")]
        formula = header.loss_formula(network)
        if len(formula) <= LONGEST_FORMULA:
            lines.append(DrawnText(formula, "note"))
        for target in network.targets if len(network.targets) == 1 else ():
            if not isinstance(target.given, list):
                lines.append(
                    DrawnText(self._text(target.given), "note", "target", network.nodes[target.node].name, "t = ")
                )
        if self._style.values != "none":
            lines.append(DrawnText(self._text(loss.value), "value", "loss"))
        return DrawnNode("loss", "", tuple(lines))

    def _loss_edges(self) -> list[DrawnEdge]:
        network = self._network
        read = [target.node for target in network.targets] or [len(network.nodes) - 1]
        return [
            DrawnEdge(node, len(network.nodes), f"{network.nodes[node].name}→{self._quantity}", "", "loss", share=share)
            for node in read
            for share in [self._share((node, -1, 0))]
        ]

    def _description(self) -> str:
        """The picture in words, for those who do not see it."""
        network = self._network
        skips = sum(len(layer.into_preactivation) + len(layer.into_output) for layer in network.layers)
        counts = [plural(len(network.inputs), "input"), plural(len(network.layers), "layer")]
        told = [f"{network.name}: {', '.join(counts + ([plural(skips, 'skip')] if skips else []))}."]
        if self._style.values == "forward" and len(network.nodes) <= MOST_TOLD:
            outputs = [(node.name, self._computation.forward[node.name].output) for node in network.nodes]
            told.append(", ".join(f"{name} = {self._text(y)}" for name, y in outputs if not isinstance(y, list)) + ".")
        if self._computation.loss is not None:
            told.append(f"{self._quantity} = {self._text(self._computation.loss.value)}.")
        return " ".join([*told, *self._notes()])

    def _notes(self) -> list[str]:
        """What is lit up, and the largest paths of it."""
        lit, paths = self._lit, self._computation.paths
        if lit is None or paths is None:
            return []
        name = gradient(lit.name, self._quantity)
        value = f"{name} = {self._text(lit.value)}" if not isinstance(lit.value, list) else name
        found = paths[lit.name]
        if not any(numbers(lit.value)):
            return [f"{value}: no path has a share of it."]
        told = [f"{value}: {plural(found.count, 'path')}. The width of an edge is the share of the paths that take it."]
        if any(share < 0 for share in lit.shares.values()):
            told.append("Dashed: opposite sign to the gradient.")
        for path in found.top[: self._style.top]:
            if path.share is not None:
                share = percent(path.share)
                told.append(f"{node_list(path.nodes, use=path.at)}: {share.left}{share.right} %")
        return told


def share_text(share: float) -> DrawnText:
    """97.6 %"""
    figure = percent(share)
    return DrawnText(f"{figure.left}{figure.right} %", "share")
