"""A network as a drawing: what stands in every box and at every edge, which edges are lit up, what is said beneath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.comparison import ratio
from gradcalc.analysis.edge_shares import EdgeKey, edge_shares
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import subjects
from gradcalc.analysis.results import Computation
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.errors import UsageError
from gradcalc.expressions.numerals import text
from gradcalc.network.network import Edge, Input, Layer, Network, Value, norm, numbers, shape
from gradcalc.records import Record
from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode, DrawnText, share_text
from gradcalc.report.scales import figure
from gradcalc.report.text import edge_list, gradient, listed, node_lists, plural, words
from gradcalc.views import network_header as header

if TYPE_CHECKING:
    from gradcalc.analysis.unit_edges import UnitEdge

LONGEST_FORMULA = 30  # characters of a loss that stands in its box
SHORT_LABEL = 8  # characters of a name and a shape that stand in one line of a label
CANCELS = 2.0  # times the gradient that a contribution is at least where paths are called cancelling
MOST_TOLD = 12  # nodes whose values a description has


class Lit(Record):
    """The gradient whose paths are lit up: the share of every edge that they take, by where it is; `units` has those of
    the edges between units, in their order."""

    name: str
    value: Value
    shares: Mapping[EdgeKey, float]
    parameter: str = ""  # the parameter it is of, or has an entry of; "" of a node's
    units: Sequence[float | None] = ()


class DrawingStyle(Record):
    """Which values are shown of a network, with how many digits."""

    values: str = "forward"
    digits: int = 6


AS_DRAWN = DrawingStyle()


def lit_up(computation: Computation, wrt: str, units: Sequence[UnitEdge] = ()) -> Lit:
    """The gradient of that name, with the share of every edge, and of those between units. Raises UsageError where a
    pattern names several."""
    network, paths = computation.network, computation.paths
    named = subjects(network, [wrt])
    if len(named) > 1:
        names = listed([subject.name for subject in named])
        raise UsageError(f"--wrt {wrt}: one picture shows the paths of one gradient, and {names} match")
    (subject,) = named
    assert computation.gradients is not None
    assert isinstance(paths, GradientPaths)
    value = computation.gradients[subject.name]
    parameter = network.parameters[subject.number].name if subject.is_parameter else ""
    found = Lit(subject.name, value, edge_shares(paths.point, subject, value), parameter)
    if not units:
        return found
    from gradcalc.analysis.scalar_path_sums import unit_point
    from gradcalc.analysis.unit_edges import unit_edge_shares

    return found._replace(units=unit_edge_shares(unit_point(paths.point), subject, value, units))


def drawing(computation: Computation, lit: Lit | None = None, style: DrawingStyle = AS_DRAWN) -> Drawing:
    """The drawing of a network with its values, and with the paths of a gradient lit up."""
    return Draft(computation, lit, style).drawing()


def edge_names(network: Network) -> dict[EdgeKey, str]:
    """What tells an edge from all others, in their order: `h1→y`, of parallel ones `h1→y 2`."""
    found: dict[EdgeKey, str] = {}
    for number, layer in enumerate(network.layers, len(network.inputs)):
        before: Counter[int] = Counter()
        for edge in layer.incoming:
            parallel = before[edge.source]
            before[edge.source] += 1
            name = f"{network.nodes[edge.source].name}→{layer.name}"
            found[edge.source, number, parallel] = name if parallel == 0 else f"{name} {parallel + 1}"
    return found


class Draft:
    """The boxes and edges of one network, with the words and numbers that stand in them."""

    def __init__(self, computation: Computation, lit: Lit | None, style: DrawingStyle) -> None:
        self.computation = computation
        self.network = computation.network
        self.lit = lit
        self.style = style
        self.quantity = header.quantity(computation.network)

    def drawing(self) -> Drawing:
        """A box for each input and layer."""
        network, last = self.network, len(self.network.nodes) - 1
        read = [(t.node, self._share((t.node, -1, 0))) for t in network.targets] or [(last, self._share((last, -1, 0)))]
        return self.with_loss([self._box(number) for number in range(last + 1)], self._edges(), read)

    def with_loss(
        self, nodes: list[DrawnNode], edges: list[DrawnEdge], read: Sequence[tuple[int, float | None]]
    ) -> Drawing:
        """The boxes and edges with those of the loss, which reads some of the boxes; `read` has their shares, too."""
        if self.has_loss:
            edges += [
                DrawnEdge(node, len(nodes), f"{nodes[node].name}→{self.quantity}", "", "loss", share=share)
                for node, share in read
            ]
            nodes.append(self._loss_box())
        if self.lit is not None:
            lit = {node for edge in edges if edge.share for node in (edge.source, edge.target)}
            nodes = [node._replace(is_lit=number in lit) for number, node in enumerate(nodes)]
        notes = [*self._notes(), *self._uses(), *self._rounding(), *self._digits()]
        return Drawing(header.title(self.network), self._description(), nodes, edges, notes)

    @property
    def has_loss(self) -> bool:
        """Whether there is a box for the loss: not where a node is differentiated in its place."""
        return self.computation.loss is not None and self.network.of is None

    def _box(self, number: int) -> DrawnNode:
        node = self.network.nodes[number]
        lines = [DrawnText(node.name, "name")]
        if node.width > 1:
            lines.append(DrawnText(f"{node.width} units", "note"))
        if isinstance(node, Layer):
            lines += self._layer_lines(node)
        kind = "input" if isinstance(node, Input) else "layer"
        return DrawnNode(kind, node.name, (*lines, *self.value_lines(node.name, node.name)))

    def _layer_lines(self, layer: Layer) -> list[DrawnText]:
        """How a layer joins and activates, and its parameters that stand at no edge."""
        joined = [layer.join] if layer.join != "sum" else []
        told = [DrawnText(" · ".join([*joined, layer.activation.text]), "note")]
        own = (layer.weight, layer.bias, layer.alpha)
        return told + [line for number in own if number is not None for line in self._weight(number, "note")]

    def value_lines(self, name: str, of: str, unit: int | None = None) -> list[DrawnText]:
        """The output of a node, or of one of its units, which is named `of`; or ∂L/∂output and δ."""
        computation, values = self.computation, self.style.values
        if values == "forward":
            return [self.number_line(self._of(computation.forward[name].output, unit), "output", of, "output ")]
        if values == "none" or computation.backward is None:
            return []
        adjoints = computation.backward[name]
        told = f"{gradient(of, self.quantity)} "
        lines = [self.number_line(self._of(adjoints.output, unit), "adjoint", of, told, told)]
        if adjoints.delta is None or (unit is not None and self._has_pieces(name)):
            return lines
        return [*lines, self.number_line(self._of(adjoints.delta, unit), "delta", of, "δ ", "δ ")]

    def _of(self, value: Value, unit: int | None) -> Value:
        """What a value has of one unit: a number, in a batch a list."""
        if unit is None:
            return value
        rows = header.by_example(value, self.network.batch)
        return rows[0][unit] if len(rows) == 1 else [row[unit] for row in rows]

    def _has_pieces(self, name: str) -> bool:
        """Whether a layer has several preactivations for each of its units."""
        return any(layer.name == name and "pieces" in layer.activation.options for layer in self.network.layers)

    def number_line(self, value: Value, number: str, of: str, name: str, before: str = "") -> DrawnText:
        """A number, or the norm of many, which has its name in bars."""
        if isinstance(value, list):
            return DrawnText(self.text(norm(value)), "value", number, of, f"‖{name.strip()}‖ ")
        return DrawnText(self.text(value), "value", number, of, before)

    def text(self, number: Any) -> str:
        """With the digits of the style."""
        return text(number, self.style.digits)

    def _weight(self, number: int, kind: str = "value") -> list[DrawnText]:
        """A parameter with its value, or its gradient where the picture shows the backward pass; of many the shape, or
        the norm of the gradient. At an edge a long one takes two lines."""
        parameter, gradients = self.network.parameters[number], self.computation.gradients
        name, entries = parameter.name, numbers(parameter.value)
        if self.style.values == "none":
            return [DrawnText(name, kind)]
        if self.style.values == "backward" and gradients is not None and name in gradients:
            found, named = gradients[name], gradient(name, self.quantity)
            if len(numbers(found)) > 1:
                named, found = f"‖{named}‖", norm(found)
            told, before = self.text(numbers(found)[0]), f"{named} = "
            if kind == "note":
                return [DrawnText(told, kind, "gradient", name, before)]
            return [DrawnText(named, kind), DrawnText(told, kind, "gradient", name)]
        if len(entries) == 1:
            return [DrawnText(self.text(entries[0]), kind, "parameter", name, f"{name} = ")]
        size = shape(parameter.value)
        if kind == "note" or len(name + size) <= SHORT_LABEL:
            return [DrawnText(f"{name}: {size}", kind)]
        return [DrawnText(name, kind), DrawnText(size, kind)]

    def _edges(self) -> list[DrawnEdge]:
        found, named = [], iter(edge_names(self.network).items())
        for layer in self.network.layers:
            skips = layer.skips
            for place, edge in enumerate((*layer.edges, *skips)):
                kind = "edge" if place < len(layer.edges) else "skip"
                found.append(self._edge(edge, *next(named), kind, layer))
        return found

    def _edge(self, edge: Edge, key: EdgeKey, name: str, kind: str, layer: Layer) -> DrawnEdge:
        label = [] if edge.parameter is None else self._weight(edge.parameter)
        through = edge.label
        if kind == "edge" and layer.weight is not None:
            through = self.network.parameters[layer.weight].name
        parameter = "" if edge.parameter is None else self.network.parameters[edge.parameter].name
        share = self._share(key)
        subject = self.lit is not None and bool(parameter) and parameter == self.lit.parameter
        shares = [] if share is None else [share_text(share)]
        return DrawnEdge(edge.source, key[1], name, through, kind, (*label, *shares), parameter, share, subject)

    def _share(self, key: EdgeKey) -> float | None:
        return None if self.lit is None else self.lit.shares.get(key)

    def _loss_box(self) -> DrawnNode:
        loss, network = self.computation.loss, self.network
        assert loss is not None
        lines = [DrawnText(self.quantity, "name")]
        formula = header.loss_formula(network)
        if len(formula) <= LONGEST_FORMULA:
            lines.append(DrawnText(formula, "note"))
        for target in network.targets if len(network.targets) == 1 else ():
            if not isinstance(target.given, list):
                lines.append(
                    DrawnText(self.text(target.given), "note", "target", network.nodes[target.node].name, "t = ")
                )
        if self.style.values != "none":
            lines.append(DrawnText(self.text(loss.value), "value", "loss"))
        return DrawnNode("loss", "", tuple(lines))

    def _description(self) -> str:
        """The picture in words, for those who do not see it."""
        network = self.network
        skips = sum(len(layer.into_preactivation) + len(layer.into_output) for layer in network.layers)
        counts = [plural(len(network.inputs), "input"), plural(len(network.layers), "layer")]
        told = [f"{network.name}: {', '.join(counts + ([plural(skips, 'skip')] if skips else []))}."]
        if self.style.values == "forward" and len(network.nodes) <= MOST_TOLD:
            outputs = [(node.name, self.computation.forward[node.name].output) for node in network.nodes]
            numbers = [f"{name} = {self.text(y)}" for name, y in outputs if not isinstance(y, list)]
            told += [f"{', '.join(numbers)}."] * bool(numbers)
        if self.computation.loss is not None:
            told.append(f"{self.quantity} = {self.text(self.computation.loss.value)}.")
        return " ".join([*told, "; ".join(self._notes()).replace(":;", ":")]).strip()

    def _notes(self) -> list[str]:
        """What is lit up, and the largest paths of it."""
        lit, paths = self.lit, self.computation.paths
        if lit is None or paths is None:
            return []
        name = gradient(lit.name, self.quantity)
        several = len(numbers(lit.value)) > 1
        size = norm(lit.value) if several else numbers(lit.value)[0]
        value = f"{f'‖{name}‖' if several else name} = {self.text(size)}"
        found = paths[lit.name]
        if not any(numbers(lit.value)):
            return [f"{value}: of a gradient that is 0 no path has a share."]
        paths_told = "one path" if found.count == 1 else f"the sum of {self.text(found.count)} paths"
        is_of = f"{name} {'has' if found.count == 1 else 'is'} "
        told = [f"{value}, {is_of * several}{paths_told}{':' if found.top else ''}"]
        top = [path for path in found.top if path.share is not None]
        for nodes, path in zip(node_lists([path.nodes for path in top], [path.at for path in top]), top):
            through = f" ({edge_list(path.through)})" if "…" in nodes else ""
            told.append(f"{nodes}{through}: {share_text(path.share).line}")
        if several and found.count > 1:
            told.append(f"A share is of the length of {name}: what a contribution has in its direction.")
        largest = ratio(max((norm(path.contribution) for path in top), default=0.0), norm(lit.value))
        if largest is not None and largest > CANCELS:
            bars = "‖" if several else "|"
            told.append(f"The paths nearly cancel: one alone has {figure(largest, 3)} × {bars}{name}{bars}.")
        return told

    def _uses(self) -> list[str]:
        """That the gradient which stands at each of several uses of a parameter is that of all of them."""
        used = Counter(
            number
            for layer in self.network.layers
            for number in (layer.weight, layer.bias, layer.alpha, *(edge.parameter for edge in layer.incoming))
            if number is not None
        )
        names = [self.network.parameters[number].name for number, count in sorted(used.items()) if count > 1]
        if self.style.values != "backward" or not names:
            return []
        are = "are sums" if len(names) > 1 else "is the sum"
        return [f"{listed([gradient(name, self.quantity) for name in names])} {are} over all uses of {listed(names)}."]

    def _rounding(self) -> list[str]:
        """What low precision makes of the numbers."""
        arithmetic = self.computation.arithmetic
        return [header.computed_in(arithmetic, self.lit is not None)] if is_low_precision(arithmetic) else []

    def _digits(self) -> list[str]:
        """Of which of the numbers that are drawn rounding has left few digits or none."""
        if self.style.values == "none" and self.lit is None:
            return []
        from gradcalc.views.compute_page import rounded

        found = rounded(self.computation, self.computation.paths)
        if self.style.values == "forward" and self.lit is None:
            found = [one for one in found if one.kind in ("output", "loss")]
        if not found:
            return []
        from gradcalc.views.digit_sentences import rounded_sentences

        return [words(told, self.style.digits) for told in rounded_sentences(found, self.network, self.quantity)]


def facts(computation: Computation, lit: Lit | None) -> header.Facts:
    """The network as JSON: every node with its values, every edge with its weight and its share of the gradient."""
    shown = drawing(computation, lit, DrawingStyle("none"))
    backward = computation.backward
    nodes = [
        {
            "node": node.name,
            "units": node.width,
            "output": computation.forward[node.name].output,
            **({} if backward is None else {"adjoint": backward[node.name].output}),
        }
        for node in computation.network.nodes
    ]
    edges = [
        {
            "from": shown.nodes[edge.source].name,
            "to": shown.nodes[edge.target].name,
            "kind": edge.kind,
            "through": edge.through,
            "parameter": edge.parameter or None,
            **({} if lit is None else {"share": edge.share}),
        }
        for edge in shown.edges
        if edge.kind != "loss"
    ]
    told = {
        **header.envelope("draw"),
        **header.network_facts(computation.network, computation.loss),
        **({} if lit is None else {"wrt": {lit.name: path_facts(computation, lit)}}),
        "nodes": nodes,
        "edges": edges,
    }
    return header.in_arithmetic(told, computation.arithmetic)


def path_facts(computation: Computation, lit: Lit) -> header.Facts:
    """The gradient and its largest paths, as `paths` has them."""
    assert computation.paths is not None
    found = computation.paths[lit.name]
    return {"count": found.count, "value": lit.value, "top": list(map(header.path_facts, found.top))}
