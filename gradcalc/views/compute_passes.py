"""The forward and the backward pass as tables: a row for each unit, its preactivation written out in names and in
numbers (w1·x = 0.2·0.5), or a row of norms for each node where units are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.results import Computation
from gradcalc.expressions.build import call, figure, product, quotient, total
from gradcalc.expressions.build import number as integer
from gradcalc.expressions.expression import PREACTIVATION, Expression, Symbol, leaf
from gradcalc.network.network import Edge, Input, Layer, Network, entries, norm, numbers, shape
from gradcalc.report.report import Abridged, Beside, Table, Words
from gradcalc.report.text import gradient
from gradcalc.views.network_header import quantity

MOST_UNITS = 40
"""As many units have a row each, unless every one is asked for."""
MOST_FIGURES = 9
"""Of a row with more numbers than these only the names are written."""
FORWARD = ("node", "example", "preactivation", "z", "activation", "output", "σ′(z)")
Z = Expression("name", value=PREACTIVATION)

Columns = Sequence[tuple[str, Sequence[Any]]]


def passes(computation: Computation, every: bool) -> Table | Beside:
    """Forward and, where there is a loss, backward beside it."""
    count = sum(len(numbers(values.output)) for values in computation.forward.values())
    by_unit = every or count <= max(MOST_UNITS, len(computation.forward))
    forward, backward = (unit_columns if by_unit else norm_columns)(computation)
    first = Table.of_columns(forward, "Forward" if by_unit else "Forward, by norms (--all shows every unit)")
    if computation.backward is None:
        return first
    names = ("node", "example") if computation.network.batch else ("node",)
    keys = [column for column in forward if column[0] in names]
    second = Table.of_columns([*keys, *backward], "Backward" if by_unit else "Backward, by norms")
    return Beside(first, second, len(keys))


def unit_columns(computation: Computation) -> tuple[Columns, Columns]:
    """A row for each unit; of a layer that makes fewer units than it has preactivations, for each of these. Activations
    are written out only where layers differ in theirs or skips enter outputs."""
    network = computation.network
    told = len(network.activations) > 1 or any(layer.into_output for layer in network.layers)
    rows = [row for node in network.nodes for row in unit_rows(computation, node, told)]
    names = (*FORWARD, gradient("output", quantity(network)), "δ")
    columns = list(zip(names, zip(*rows)))
    return columns[: len(FORWARD)], columns[len(FORWARD) :]


def unit_rows(computation: Computation, node: Input | Layer, told: bool) -> Iterator[list[Any]]:
    """The cells of every unit of a node, in every example."""
    network, batch = computation.network, computation.network.batch
    values, adjoints = computation.forward[node.name], (computation.backward or {}).get(node.name)
    layer = node if isinstance(node, Layer) else None
    for example, outputs in enumerate(by_example(values.output, batch)):
        zs = by_example(values.preactivation, batch)[example] if layer else outputs
        for place, z in enumerate(zs):
            unit, piece = divmod(place, len(zs) // len(outputs))
            head = not piece
            yield [
                node.name if len(outputs) == 1 else f"{node.name}[{unit}]" if head else None,
                example if batch else None,
                preactivation_words(computation, layer, example, place) if layer else None,
                z if layer else None,
                output_words(network, layer) if layer and told and head and not (unit or example) else None,
                outputs[unit] if head else None,
                derivative(values.derivative, layer, batch, example, place) if layer else None,
                by_example(adjoints.output, batch)[example][unit] if adjoints and head else None,
                by_example(adjoints.delta, batch)[example][place] if adjoints and layer else None,
            ]


def by_example(value: Any, batch: bool) -> Sequence[Sequence[Any]]:
    """[examples][units] of a node's values, whatever shape results give them."""
    if batch:
        rows: Sequence[Sequence[Any]] = value
        return rows
    return [value if isinstance(value, list) else [value]]


def derivative(value: Any, layer: Layer, batch: bool, example: int, place: int) -> Any:
    """σ′(z) of a unit; of an activation that reads all units, once for all of them, what the Jacobian's shape is."""
    if not layer.activation.couples:
        return by_example(value, batch)[example][place]
    return f"Jacobian {shape(value[example] if batch else value) or '1×1'}" if not place else None


def norm_columns(computation: Computation) -> tuple[Columns, Columns]:
    """Of every node the shape, norms, and the largest output and δ with their places."""
    values = list(computation.forward.values())
    layers = [isinstance(node, Layer) and not node.activation.couples for node in computation.network.nodes]
    derivatives = [numbers(one.derivative) if known else [] for one, known in zip(values, layers)]
    largest = [at_largest(one.output) for one in values]
    forward = (
        ("node", list(computation.forward)),
        ("shape", [shape(one.output) for one in values]),
        ("‖z‖", [None if one.preactivation is None else norm(one.preactivation) for one in values]),
        ("‖output‖", [norm(one.output) for one in values]),
        ("largest output", [number for _, number in largest]),
        ("at", [place for place, _ in largest]),
        ("mean σ′(z)", [sum(each) / len(each) if each else None for each in derivatives]),
    )
    adjoints = [computation.backward[name] for name in computation.forward] if computation.backward else []
    steepest = [(None, None) if one.delta is None else at_largest(one.delta) for one in adjoints]
    return forward, (
        (f"‖{gradient('output', quantity(computation.network))}‖", [norm(one.output) for one in adjoints]),
        ("‖δ‖", [None if one.delta is None else norm(one.delta) for one in adjoints]),
        ("largest δ", [number for _, number in steepest]),
        ("at", [place for place, _ in steepest]),
    )


def at_largest(value: Any) -> tuple[str, Any]:
    """Where the entry with the largest magnitude stands, and the entry."""
    index, number = max(entries(value), key=lambda entry: abs(entry[1]))
    return f"[{','.join(map(str, index))}]" if index else "", number


# How a preactivation and an output come about, in names: w3·h2 + w_r·h1 + b3, tanh(z) + x.


def preactivation_words(computation: Computation, layer: Layer, example: int, unit: int) -> Words | Abridged | None:
    """w1·x = 0.2·0.5; of units after a layer's first the numbers alone."""
    first = not (unit or example)
    names = (preactivation(computation.network, layer),) if first else ()
    found = PreactivationNumbers(computation, layer, example).of(unit)
    if found is None:
        return names or None
    return Abridged((*names, " = ", found) if first else ("= ", found), names, alike=True)


def preactivation(network: Network, layer: Layer) -> Expression:
    """In names: w3·h2 + w_r·h1 + b3."""
    joined = join(layer, [weighed(network, edge) for edge in layer.edges])
    if layer.weight is not None:
        joined = product([named(network.parameters[layer.weight].name), joined])
    parts = [joined, *(weighed(network, skip) for skip in layer.into_preactivation)]
    return total([*parts, named(network.parameters[layer.bias].name)] if layer.bias is not None else parts)


def output_words(network: Network, layer: Layer) -> Words:
    """The activation at z and the skips into the output: tanh(z) + x, leaky_relu(z, alpha=0.2), a formula in z."""
    name, text = layer.activation.name, layer.activation.text
    activated: Expression | str = Z if name == "identity" else call(name, Z)
    if name == "formula":
        from gradcalc.expressions.build import filled, readable
        from gradcalc.expressions.parser import parse

        activated = filled(readable(parse(layer.activation.formula, ("x",))), {"x": Z})
    elif "(" in text:
        activated = text.replace("(", "(z, ", 1)
    return (activated, *(part for edge in layer.into_output for part in (" + ", weighed(network, edge))))


def join(layer: Layer, parts: Sequence[Expression]) -> Expression:
    """What is joined, as an expression: a + b, a·b, max(a, b), (a + b)/2, [a; b]."""
    if layer.join == "sum":
        return total(parts)
    if layer.join == "multiply":
        return product(parts)
    if layer.join == "mean":
        return quotient(total(parts), integer(len(parts)))
    return call(layer.join, *parts)


def weighed(network: Network, edge: Edge) -> Expression:
    """w_r·h1, or h1 of an identity."""
    source = named(network.nodes[edge.source].name)
    return source if edge.parameter is None else product([named(network.parameters[edge.parameter].name), source])


def named(name: str) -> Expression:
    """What the spec names itself."""
    return leaf(Symbol("", name))


class PreactivationNumbers:
    """A layer's preactivations in one example with their numbers put in: 0.1·0.513121 + 0.1·0.524979."""

    def __init__(self, computation: Computation, layer: Layer, example: int) -> None:
        self._network = computation.network
        self._forward = computation.forward
        self._layer = layer
        self._example = example

    def of(self, unit: int) -> Expression | None:
        """The preactivation of a unit; None where its numbers are too many for a line."""
        layer, of_all = self._layer, self._is_matrix(self._layer.weight)
        edges = (*layer.edges, *layer.into_preactivation)
        widths = [len(self._units(edge)) if of_all or self._is_matrix(edge.parameter) else 1 for edge in edges]
        if sum(width * (1 if edge.parameter is None else 2) for edge, width in zip(edges, widths)) > MOST_FIGURES:
            return None
        if layer.weight is not None:
            columns = range(self._network.parameters[layer.weight].shape[1]) if of_all else [unit]
            terms = [product([self._entry(layer.weight, unit, each), self._joined(each)]) for each in columns]
        elif layer.join == "sum":
            terms = [term for edge in layer.edges for term in self._terms(edge, unit)]
        else:
            terms = [self._joined(unit)]
        terms += [term for skip in layer.into_preactivation for term in self._terms(skip, unit)]
        return total(terms if layer.bias is None else [*terms, self._entry(layer.bias, unit)])

    def _joined(self, unit: int) -> Expression:
        """One unit of what is joined."""
        if self._layer.join != "concat":
            return join(self._layer, [total(self._terms(edge, unit)) for edge in self._layer.edges])
        for edge in self._layer.edges:
            width = len(self._units(edge))
            if edge.parameter is not None and self._is_matrix(edge.parameter):
                width = self._network.parameters[edge.parameter].shape[0]
            if unit < width:
                return total(self._terms(edge, unit))
            unit -= width
        raise IndexError(unit)

    def _terms(self, edge: Edge, unit: int) -> list[Expression]:
        """One unit of W·x, term by term."""
        units = self._units(edge)
        if edge.parameter is None:
            return [figure(units[unit])]
        columns = range(len(units)) if self._is_matrix(edge.parameter) else [unit]
        return [product([self._entry(edge.parameter, unit, column), figure(units[column])]) for column in columns]

    def _units(self, edge: Edge) -> Sequence[Any]:
        """What an edge reads."""
        value = self._forward[self._network.nodes[edge.source].name].output
        return by_example(value, self._network.batch)[self._example]

    def _is_matrix(self, parameter: int | None) -> bool:
        return parameter is not None and len(self._network.parameters[parameter].shape) == 2

    def _entry(self, parameter: int, *index: int) -> Expression:
        """An entry of a weight or bias; one number serves all units."""
        value = self._network.parameters[parameter].value
        for place in index:
            value = value[place] if isinstance(value, list) else value
        return figure(value)
