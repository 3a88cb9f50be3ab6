"""The forward and the backward pass as tables: a row for each unit with its numbers, or norms where units are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.results import Computation
from gradcalc.network.network import Layer, entries, norm, numbers, shape
from gradcalc.report.report import Beside, Column, Table
from gradcalc.views.compute_expressions import output_words, preactivation_words

MOST_UNITS = 40
"""As many units have a row each, unless every one is asked for."""

Columns = list[tuple[str, list[Any]]]


def passes(computation: Computation, every: bool) -> Table | Beside:
    """Forward and, where there is a loss, backward beside it."""
    count = sum(len(numbers(values.output)) for values in computation.forward.values())
    units = every or count <= max(MOST_UNITS, len(computation.forward))
    forward, backward = (unit_columns if units else norm_columns)(computation)
    first = table("Forward" if units else "Forward, by norms (--all shows every unit)", forward)
    if computation.backward is None:
        return first
    keys = [(name, cells) for name, cells in forward if name in ("node", "example")]
    return Beside(
        first, table("Backward" if units else "Backward, by norms", [*keys, *backward]), sum(map(is_told, keys))
    )


def table(title: str, columns: Columns) -> Table:
    """The columns in which something is said."""
    told = [column for column in columns if is_told(column)]
    rows = list(zip(*(cells for _, cells in told)))
    return Table([Column(name) for name, _ in told], rows, title=title)


def is_told(column: tuple[str, list[Any]]) -> bool:
    """Whether a column has anything in it."""
    return any(cell is not None for cell in column[1])


# A row for each unit; of a layer that makes fewer units than it has preactivations, for each of these.


NAMES = ("node", "example", "z", "value", "output", "value", "σ′(z)", "∂L/∂output", "δ")
BACKWARD = NAMES.index("∂L/∂output")


def unit_columns(computation: Computation) -> tuple[Columns, Columns]:
    """Node, example, z and its value, how the output comes of it and its value, σ′(z); ∂L/∂output, δ.

    Outputs are written out only where layers differ in their activation or skips enter them.
    """
    network = computation.network
    told = len(network.activations) > 1 or any(layer.into_output for layer in network.layers)
    rows = [row for number in range(len(network.nodes)) for row in unit_rows(computation, number, told)]
    names = list(NAMES)
    if not told:
        names[5], names[4] = "output", ""
    columns = [(name, list(cells)) for name, cells in zip(names, zip(*rows))]
    return columns[:BACKWARD], columns[BACKWARD:]


def unit_rows(computation: Computation, number: int, told: bool) -> Iterator[list[Any]]:
    """The cells of every unit of a node, in every example."""
    network = computation.network
    node = network.nodes[number]
    values, adjoints = computation.forward[node.name], (computation.backward or {}).get(node.name)
    layer = node if isinstance(node, Layer) else None
    for example, outputs in enumerate(by_example(values.output, network.batch)):
        given = by_example(values.preactivation, network.batch)[example] if layer else outputs
        pieces = len(given) // len(outputs)
        for place in range(len(given)):
            unit, piece = divmod(place, pieces)
            head = not piece
            yield [
                node.name if len(outputs) == 1 else f"{node.name}[{unit}]" if head else None,
                example if network.batch else None,
                preactivation_words(computation, layer, example, place) if layer else None,
                given[place] if layer else None,
                output_words(network, layer) if layer and told and head and not (unit or example) else None,
                outputs[unit] if head else None,
                derivative(values.derivative, layer, network.batch, example, place) if layer else None,
                by_example(adjoints.output, network.batch)[example][unit] if adjoints and head else None,
                by_example(adjoints.delta, network.batch)[example][place] if adjoints and layer else None,
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


# A row for each node.


def norm_columns(computation: Computation) -> tuple[Columns, Columns]:
    """Of every node the shape, norms, and the largest output and δ with their places."""
    forward = computation.forward
    largest = [at_largest(values.output) for values in forward.values()]
    columns: Columns = [
        ("node", list(forward)),
        ("shape", [shape(values.output) for values in forward.values()]),
        ("‖z‖", [norm_or_none(values.preactivation) for values in forward.values()]),
        ("‖output‖", [norm(values.output) for values in forward.values()]),
        ("largest output", [number for _, number in largest]),
        ("at", [place for place, _ in largest]),
        ("mean σ′(z)", [None if at_layer(computation, name) else mean(forward[name].derivative) for name in forward]),
    ]
    adjoints = [computation.backward[name] for name in forward] if computation.backward else []
    steepest = [(None, None) if one.delta is None else at_largest(one.delta) for one in adjoints]
    return columns, [
        ("‖∂L/∂output‖", [norm(one.output) for one in adjoints]),
        ("‖δ‖", [norm_or_none(one.delta) for one in adjoints]),
        ("largest δ", [number for _, number in steepest]),
        ("at", [place for place, _ in steepest]),
    ]


def at_layer(computation: Computation, name: str) -> bool:
    """Whether a node has no derivative unit by unit: an input, or a layer whose activation reads all units."""
    node = next(node for node in computation.network.nodes if node.name == name)
    return not isinstance(node, Layer) or node.activation.couples


def norm_or_none(value: Any) -> Any:
    """The Frobenius norm, of what an input does not have nothing."""
    return None if value is None else norm(value)


def at_largest(value: Any) -> tuple[str, Any]:
    """Where the entry with the largest magnitude stands, and the entry."""
    index, number = max(entries(value), key=lambda entry: abs(entry[1]))
    return f"[{','.join(map(str, index))}]" if index else "", number


def mean(value: Any) -> Any:
    """The mean of all entries."""
    every = numbers(value)
    return sum(every) / len(every)
