"""How a layer's preactivation and output come about, in names and with the numbers put in: w1·x = 0.2·0.5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.results import Computation
from gradcalc.expressions.build import call, figure, product, quotient, total
from gradcalc.expressions.build import number as integer
from gradcalc.expressions.expression import PREACTIVATION, Expression, Symbol, leaf
from gradcalc.network.network import Edge, Layer, Network
from gradcalc.report.report import Abridged, Words

MOST_FIGURES = 9
"""Of a row with more numbers than these only the names are written."""

Z = Expression("name", value=PREACTIVATION)


def preactivation_words(computation: Computation, layer: Layer, example: int, unit: int) -> Words | Abridged | None:
    """w1·x = 0.2·0.5; of units after a layer's first the numbers alone."""
    first = not (unit or example)
    names = (preactivation(computation.network, layer),) if first else ()
    found = UnitNumbers(computation, layer, example).preactivation(unit)
    if found is None:
        return names or None
    return Abridged((*names, " = ", found) if first else ("= ", found), names)


def output_words(network: Network, layer: Layer) -> Words:
    """tanh(z) + x"""
    skips = [part for edge in layer.into_output for part in (" + ", weighed(network, edge))]
    return (activated(layer), *skips)


def activated(layer: Layer) -> Expression | str:
    """The activation at z: tanh(z), leaky_relu(z, alpha=0.2), a formula in z."""
    name, text = layer.activation.name, layer.activation.text
    if name == "identity":
        return Z
    if name == "formula":
        from gradcalc.expressions.build import filled, readable
        from gradcalc.expressions.parser import parse

        return filled(readable(parse(layer.activation.formula, ("x",))), {"x": Z})
    if "(" in text:
        return text.replace("(", "(z, ", 1)
    return call(name, Z)


def preactivation(network: Network, layer: Layer) -> Expression:
    """In names: w3·h2 + w_r·h1 + b3."""
    joined = join(layer, [weighed(network, edge) for edge in layer.edges])
    if layer.weight is not None:
        joined = product([named(network.parameters[layer.weight].name), joined])
    parts = [joined, *(weighed(network, skip) for skip in layer.into_preactivation)]
    if layer.bias is not None:
        parts.append(named(network.parameters[layer.bias].name))
    return total(parts)


def join(layer: Layer, parts: Sequence[Expression]) -> Expression:
    """What is joined, as an expression: a + b, a·b, max(a, b), (a + b)/2, [a; b]."""
    if len(parts) == 1:
        return parts[0]
    if layer.join == "multiply":
        return product(parts)
    if layer.join == "mean":
        return quotient(total(parts), integer(len(parts)))
    return total(parts) if layer.join == "sum" else call(layer.join, *parts)


def weighed(network: Network, edge: Edge) -> Expression:
    """w_r·h1, or h1 of an identity."""
    source = named(network.nodes[edge.source].name)
    return source if edge.parameter is None else product([named(network.parameters[edge.parameter].name), source])


def named(name: str) -> Expression:
    """What the spec names itself."""
    return leaf(Symbol("", name))


class UnitNumbers:
    """The numbers that a layer's preactivations are made of, in one example."""

    def __init__(self, computation: Computation, layer: Layer, example: int) -> None:
        self.network = computation.network
        self.layer = layer
        self._forward = computation.forward
        self._example = example

    def preactivation(self, unit: int) -> Expression | None:
        """With the numbers put in: 0.1·0.513121 + 0.1·0.524979; None where they are too many for a line."""
        if self._figures() > MOST_FIGURES:
            return None
        terms = [*self._joined(unit), *self._skipped(unit)]
        if self.layer.bias is not None:
            terms.append(figure(self._entry(self.layer.bias, unit)))
        return total(terms)

    def _figures(self) -> int:
        edges = (*self.layer.edges, *self.layer.into_preactivation)
        widths = [len(self._units(edge)) if self._is_matrix(edge.parameter) else 1 for edge in edges]
        if self._is_matrix(self.layer.weight):
            widths = [len(self._units(edge)) for edge in edges]
        return sum(width * (1 if edge.parameter is None else 2) for edge, width in zip(edges, widths))

    def _joined(self, unit: int) -> list[Expression]:
        layer = self.layer
        if layer.weight is not None:
            columns = range(self._joined_width()) if self._is_matrix(layer.weight) else [unit]
            return [
                product([figure(self._entry(layer.weight, unit, column)), self._joined_unit(column)])
                for column in columns
            ]
        if layer.join == "sum" or len(layer.edges) == 1:
            return [term for edge in layer.edges for term in self._terms(edge, unit)]
        return [self._joined_unit(unit)]

    def _skipped(self, unit: int) -> Iterator[Expression]:
        for skip in self.layer.into_preactivation:
            yield from self._terms(skip, unit)

    def _joined_width(self) -> int:
        widths = [self._rows(edge) for edge in self.layer.edges]
        return sum(widths) if self.layer.join == "concat" else widths[0]

    def _joined_unit(self, unit: int) -> Expression:
        """One unit of what is joined."""
        if self.layer.join != "concat" or len(self.layer.edges) == 1:
            return join(self.layer, [total(self._terms(edge, unit)) for edge in self.layer.edges])
        for edge in self.layer.edges:
            if unit < self._rows(edge):
                return total(self._terms(edge, unit))
            unit -= self._rows(edge)
        raise IndexError(unit)

    def _terms(self, edge: Edge, unit: int) -> list[Expression]:
        """One unit of W·x, term by term."""
        units = self._units(edge)
        if edge.parameter is None:
            return [figure(units[unit])]
        columns = range(len(units)) if self._is_matrix(edge.parameter) else [unit]
        entries = [self._entry(edge.parameter, unit, column) for column in columns]
        return [product([figure(entry), figure(units[column])]) for entry, column in zip(entries, columns)]

    def _rows(self, edge: Edge) -> int:
        if edge.parameter is not None and self._is_matrix(edge.parameter):
            return self.network.parameters[edge.parameter].shape[0]
        return len(self._units(edge))

    def _units(self, edge: Edge) -> Sequence[Any]:
        """What an edge reads."""
        value = self._forward[self.network.nodes[edge.source].name].output
        if self.network.batch:
            value = value[self._example]
        return value if isinstance(value, list) else [value]

    def _is_matrix(self, parameter: int | None) -> bool:
        return parameter is not None and len(self.network.parameters[parameter].shape) == 2

    def _entry(self, parameter: int, *index: int) -> Any:
        """An entry of a weight or bias; one number serves all units."""
        own = self.network.parameters[parameter]
        value = own.value
        for place in index[: len(own.shape)]:
            value = value[place] if isinstance(value, list) else value
        return value
