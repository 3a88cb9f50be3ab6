"""Where a network has no derivative at its point: which units stand on a kink, of an activation, a join or the loss, in
which example, and which derivative is used there by convention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import nan
from typing import TYPE_CHECKING, Any, Literal

from gradcalc.errors import DomainError
from gradcalc.network.graph import ActivationNode, Graph, JoinNode, Node
from gradcalc.network.network import Layer, unit_name
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.analysis.point import Point
    from gradcalc.losses import Loss

KinkOf = Literal["activation", "join", "loss"]
"""What has a kink at a node: its layer's activation, its join, or the loss of its output."""


class Kink(Record):
    """A unit on a kink of `what` (relu, max, mae) in one example."""

    node: str
    of: KinkOf
    what: str
    unit: int
    example: int
    z: Any = None  # of an activation, unit by unit
    derivative: Any = None  # which is used there: σ′(z), or of a loss that of one example; None of several
    units: int = 1  # how many of them there are
    adjoint: str = ""  # ∂L/∂ what numbers that tie share: h, z_h or, where a weight multiplies the join, max(a, b)
    dps: int | None = None  # decimal digits with which it stands off it, where only rounding puts it there
    to_digits: int | None = None  # to so many it stands there, and more of them might show that it does not
    in_formula: bool = False  # which may round to a kink at a z that is exact

    @property
    def name(self) -> str:
        """h, h[0]; max(a, b)[0] of a join that a weight multiplies."""
        return unit_name(self.adjoint if "(" in self.adjoint else self.node, self.unit, self.units)

    def place(self, graph: Graph) -> int:
        """The node of a graph whose unit it is."""
        layer = next(number for number, node in enumerate(graph.network.nodes) if node.name == self.node)
        kinds = {"join": JoinNode, "activation": ActivationNode}
        if self.of == "loss":
            return graph.outputs[layer]
        nodes = enumerate(graph.nodes)
        return next(place for place, node in nodes if node.of == layer and isinstance(node, kinds[self.of]))


def kinks_at(at: Point) -> list[Kink]:
    """The units of a point on kinks, node by node."""
    network = at.graph.network
    if not network.has_kinks:
        return []
    found = [kink for node in at.graph.nodes for kink in _of_node(at, node)]
    if found:
        from gradcalc.analysis.rounded_kinks import is_smooth, rounded_kinks

        found = [kink for kink in rounded_kinks(at, found) if not is_smooth(at, kink)]
    if network.loss.is_kink:
        found += _rounded(at, list(_of_loss(at)))
    places = {node.name: place for place, node in enumerate(network.nodes)}
    return sorted(found, key=lambda kink: places[kink.node])


def _of_node(at: Point, node: Node) -> Iterator[Kink]:
    """Of the activation or the join that makes a node of the graph."""
    name, width = at.graph.network.nodes[node.of].name, node.width
    if isinstance(node, ActivationNode) and (is_kink := node.activation.is_kink):
        rows, text, in_formula = at.values(node.arcs[0].tail), node.activation.text, node.activation.name == "formula"
        if node.activation.couples:
            for n, zs in enumerate(rows):
                groups = (zs[start : start + node.pieces] for start in range(0, len(zs), node.pieces))
                ties = [unit for unit, group in enumerate(groups) if is_kink(group)]
                yield from (Kink(name, "activation", text, unit, n, units=width, adjoint=name) for unit in ties)
            return
        if in_formula and at.arithmetic.name.endswith("digits"):
            known = formula_kinks(at, node)
        else:
            known = [[is_kink(exact_float(z)) for z in zs] for zs in rows]
        on_kink = [(n, unit) for n, found in enumerate(known) for unit, is_so in enumerate(found) if is_so]
        derivatives = at.derivative(node.of) if on_kink else []
        for n, unit in on_kink:
            derivative = derivatives[n][unit]
            if not (node.activation.parametric and derivative == 1):  # prelu with alpha = 1 is smooth
                yield Kink(name, "activation", text, unit, n, rows[n][unit], derivative, width, in_formula=in_formula)
    elif isinstance(node, JoinNode) and (is_tie := node.join.is_kink):
        sources = map(at.values, dict.fromkeys(arc.tail for arc in node.arcs))  # one that is read twice is no tie
        for n, rows in enumerate(zip(*sources)):
            ties = [unit for unit, values in enumerate(zip(*rows)) if is_tie(values)]
            adjoint = _of_join(at.graph, node) if ties else ""
            yield from (Kink(name, "join", node.join.name, unit, n, units=width, adjoint=adjoint) for unit in ties)


def _of_join(graph: Graph, node: JoinNode) -> str:
    """What has the same adjoint: h where nothing else is done to the join, z_h, or what a weight multiplies."""
    layer = graph.network.nodes[node.of]
    assert isinstance(layer, Layer)
    if layer.weight is not None:
        sources = dict.fromkeys(graph.network.nodes[edge.source].name for edge in layer.edges)
        return f"{layer.join}({', '.join(sources)})"
    return layer.name if layer.activation.name == "identity" else f"z_{layer.name}"


def formula_kinks(at: Point, node: ActivationNode) -> list[list[bool]]:
    """[examples][units] of a formula to any number of digits: exactly as far as z and its parts are rational."""
    is_kink, places = node.activation.is_kink, node.arcs[0].tail
    assert is_kink is not None
    rows = list(map(list, at.values(places)))
    from gradcalc.engine.rational_values import rational_values
    from gradcalc.engine.scalar_point import ScalarPoint

    if isinstance(at, ScalarPoint):
        for example, row in enumerate(rows):
            known = rational_values(at.layout, at.graph.network, example)
            row[:] = [known.get(place, z) for place, z in zip(at.layout.units(places), row)]
    return [[is_kink(z, at.arithmetic.functions) for z in zs] for zs in rows]


def _of_loss(at: Point) -> Iterator[Kink]:
    """Of the loss at the outputs that it reads."""
    network, has_digits = at.graph.network, at.arithmetic.name.endswith("digits")
    loss = at.arithmetic.loss(network.loss) if has_digits else network.loss
    assert loss.is_kink
    for end, target in at.graph.ends():
        name, given = network.nodes[at.graph.nodes[end].of].name, () if target is None else network.targets[target].rows
        for n, (ys, ts) in enumerate(zip(at.values(end), given)):
            exact = [exact_float(y) for y in ys]
            if has_digits and target is not None:
                from gradcalc.engine.scalar_point import target_rows

                exact, ts = ys, target_rows(at.graph, at.arithmetic, n)[target]
            units = [unit for unit, on_kink in enumerate(loss.is_kink(exact, ts)) if on_kink]
            derivatives = _derivatives(loss, exact, ts) if units else []
            for unit in units:
                yield Kink(name, "loss", loss.text, unit, n, None, derivatives[unit], len(ys), name)


def _rounded(at: Point, kinks: Sequence[Kink]) -> Iterator[Kink]:
    """The kinks of the loss, with the digits that show where an output stands on one as it is rounded: σ(40) = 1. None
    of it where more digits show no kink, and the same derivative."""
    if not kinks:
        return
    from gradcalc.analysis.lost_derivatives import digits_in_doubt, lost_derivatives, off_kinks

    network, arithmetic = at.graph.network, at.arithmetic.name

    def place_of(one: Any) -> tuple[str, int, int]:
        return network.nodes[one.node].name, one.unit, one.example

    off = set(map(place_of, off_kinks(network, arithmetic)))
    lost = {place_of(one): one.dps for one in lost_derivatives(network, arithmetic)}
    places = {(kink.node, kink.unit, kink.example): kink for kink in kinks}
    found = [kink._replace(dps=lost.get(place)) for place, kink in places.items() if place not in off]
    digits = digits_in_doubt(at) if any(kink.dps is None for kink in found) else None
    yield from (kink if kink.dps else kink._replace(to_digits=digits) for kink in found)


def _derivatives(loss: Loss, ys: Sequence[Any], ts: Sequence[Any]) -> Sequence[Any]:
    """∂L/∂y of one example; None where its numbers do not hold it."""
    try:
        return loss.derivatives(ys, ts)
    except (DomainError, OverflowError):
        return [None] * len(ys)


KinkTest = Callable[[Sequence[float], Sequence[Sequence[float]]], bool]
"""Whether any unit stands on a kink, by V of one example and its targets."""


def kink_test(graph: Graph, units: Callable[[int], range]) -> KinkTest | None:
    """The test of a narrow network in float64, which costs less than to look for the kinks; None where all is smooth.
    `units` are the places of a node in V."""
    single, together, losses = list[tuple[Any, range]](), list[tuple[Any, list[Sequence[int]]]](), []
    for node in graph.nodes:
        sources = [units(tail) for tail in dict.fromkeys(arc.tail for arc in node.arcs)]
        if isinstance(node, ActivationNode) and (is_kink := node.activation.is_kink):
            if node.activation.couples:
                together.append((is_kink, [sources[0]]))
            else:
                single.append((is_kink, sources[0]))
        elif isinstance(node, JoinNode) and node.join.is_kink:
            together.append((node.join.is_kink, list(zip(*sources))))
    if of_loss := graph.network.loss.is_kink:
        losses = [(of_loss, units(end), target) for end, target in graph.ends() if target is not None]

    def test(values: Sequence[float], targets: Sequence[Sequence[float]]) -> bool:
        return (
            any(is_kink(values[unit]) for is_kink, own in single for unit in own)
            or any(is_kink([values[unit] for unit in own]) for is_kink, groups in together for own in groups)
            or any(any(is_kink([values[y] for y in own], targets[target])) for is_kink, own, target in losses)
        )

    return test if single or together or losses else None


def exact_float(number: Any) -> float:
    """A number as a float64; NaN where none is equal to it, for then it stands on no kink."""
    found = float(number)
    return found if found == number else nan
