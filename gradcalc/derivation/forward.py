"""The forward pass as steps, and a derivation carried on paper: every intermediate rounded to some decimals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.derivation.evaluation import evaluate
from gradcalc.derivation.expand import entry
from gradcalc.derivation.explanation import Rounded, Step
from gradcalc.derivation.layers import loss_of
from gradcalc.derivation.steps import Steps
from gradcalc.derivation.symbolic_graph import SymbolicGraph, definitions
from gradcalc.expressions.expression import Symbol, name
from gradcalc.network.network import numbers

if TYPE_CHECKING:
    from gradcalc.derivation.values import Values

LOSS = Symbol("", "L")


def forward_steps(layers: SymbolicGraph, graph: SymbolicGraph, values: Values, functions: Any) -> list[Step]:
    """What every node of the graph, that of layers or its expansion, comes to, and the loss."""
    found = Steps(graph, values, functions)
    steps = [found.definition(_rule(graph, symbol), symbol, tree) for symbol, tree in definitions(graph)]
    if layers.graph.network.of is not None:
        return steps
    loss = entry(loss_of(layers), (), layers.shapes) if graph.is_expanded else loss_of(layers)
    in_numbers = None if layers.example is not None else found.in_numbers(loss)
    value = None if layers.example is not None else evaluate(loss, values, functions)
    return [*steps, Step("loss", LOSS, LOSS, name("L"), loss, value, numbers=in_numbers)]


def _rule(graph: SymbolicGraph, symbol: Symbol) -> str:
    """What is done at a node: a weighted sum, an activation, a join."""
    place = next((place for place, other in graph.symbols.items() if other == symbol), None)
    if place is None:
        return "definition"
    node = graph.graph.nodes[next(number for (number, _), at in graph.places.items() if at == place)]
    if node.kind == "activation":
        return graph.graph.layer(node).activation.text
    return "weighted sum" if node.kind == "affine" else node.kind


def carried(
    graph: SymbolicGraph, steps: Sequence[Step], given: Values, functions: Any, decimals: int
) -> tuple[list[Step], Rounded]:
    """The steps with every intermediate rounded, from the inputs on, and how far that leads off."""
    for symbol, tree in definitions(graph):
        given[symbol] = rounded(evaluate(tree, given, functions), decimals, functions)
    found = list(_carried(Steps(graph, given, functions), steps, decimals))
    exact, value = (numbers(step.value) for step in (steps[-1], found[-1]))
    size = max(map(abs, exact))
    difference = max(abs(one - other) for one, other in zip(value, exact))
    return found, Rounded(decimals, found[-1].value, float(difference / size) if size else None)


def _carried(at: Steps, steps: Sequence[Step], decimals: int) -> Iterator[Step]:
    for step in steps:
        paths = []
        for path in step.paths:
            product = rounded(evaluate(path.product, at.values, at.functions), decimals, at.functions)
            paths.append(path._replace(value=product, numbers=at.in_numbers(path.product)))
        value = rounded(evaluate(step.right, at.values, at.functions), decimals, at.functions)
        yield step._replace(value=value, numbers=at.in_numbers(step.right), paths=paths)
        at.values[step.left.value] = value


def rounded(value: Any, decimals: int, functions: Any) -> Any:
    """A number rounded to decimals as on paper; of vectors every entry."""
    if isinstance(value, list):
        return [rounded(entry, decimals, functions) for entry in value]
    return functions.number(round(float(value), decimals))
