"""The terms that ∂L/∂ a node is a sum of, one for each value that reads it; and what each factor on the way from the
loss to a gradient costs, in powers of ten that add up to the whole:

    log10 ‖∂L/∂w‖ = loss + derivative + weight + paths + input
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.analysis.comparison import ratio
from gradcalc.analysis.point import Point, Subject
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.network.graph import ActivationNode, Graph
from gradcalc.network.network import norm
from gradcalc.records import Record

LOSS = -1  # as a reader
EVEN = 0.005  # powers of ten below which a factor costs nothing


class AdjointTerm(Record):
    """What one reader of a node of the graph adds to its adjoint: norms of the term, and of the sum of the absolute
    values of the products that it is itself a sum of."""

    reader: int  # a node of the graph, or LOSS
    size: Any
    magnitude: Any


class CostStep(Record):
    """One factor on the way: which kind it is, its name (w4, σ′ of h3), and its powers of ten; the names of the weights
    that it is, none of an identity."""

    kind: str
    name: str
    powers: float
    weights: tuple[str, ...] = ()


class Costs(Record):
    """Powers of ten, from the loss back to one gradient, along the path on which every node takes its largest term:
    `derivative` of all σ′(z), `weight` of all weights and joins, `paths` of what other terms add or cancel, `input` of
    the values that δ is multiplied by in the end. Their sum is `total`, log10 of the gradient's norm."""

    of: str
    loss: float
    derivative: float
    weight: float
    paths: float
    input: float
    total: float
    nodes: tuple[str, ...] = ()  # the layers of that path, the output first
    steps: tuple[CostStep, ...] = ()  # the derivatives and weights on it
    inputs: tuple[str, ...] = ()  # what the parameter multiplies, where those are nodes

    @property
    def parts(self) -> Mapping[str, float]:
        """Each factor by its name."""
        names = ("loss", "derivative", "weight", "paths", "input")
        return {name: getattr(self, name) for name in names}

    @property
    def joins(self) -> bool:
        """Whether a join, which multiplies by no weight, changes the size."""
        return any(abs(step.powers) >= EVEN for step in self.steps if step.kind == "weight" and not step.weights)


Terms = Mapping[int, Sequence[AdjointTerm]]


def adjoint_terms(at: Point) -> Terms:
    """The terms of every node of the graph that anything reads."""
    with at.arithmetic.context():
        return scalar_terms(at) if isinstance(at, ScalarPoint) else array_terms(at)


def scalar_terms(at: ScalarPoint) -> Terms:
    """Edge by edge over single units."""
    assert at.linear is not None
    dag, owners, zero = at.linear.dag, {at.linear.dag.loss: LOSS}, at.weights[0] - at.weights[0]
    for node in range(len(at.graph.nodes)):
        owners.update(dict.fromkeys(at.layout.units(node), node))
    sums: dict[tuple[int, int], dict[tuple[int, int], list[Any]]] = {}
    seed = at.arithmetic.seed(at.graph.reduction)
    for place, example in enumerate(at.examples):
        for edge, tail, head in zip(example.edges[: dag.inner], dag.tails, dag.heads):
            product = (seed if head == dag.loss else example.adjoints[head]) * edge
            units = sums.setdefault((owners[tail], owners[head]), {})
            unit = units.setdefault((place, tail), [zero, zero])
            unit[0], unit[1] = unit[0] + product, unit[1] + abs(product)
    found: dict[int, list[AdjointTerm]] = {}
    for (node, reader), units in sums.items():
        size, magnitude = (norm(list(column)) for column in zip(*units.values()))
        found.setdefault(node, []).append(AdjointTerm(reader, size, magnitude))
    return found


def array_terms(at: Any) -> Terms:
    """Edge by edge over arrays."""
    dag, nodes = at.linear.dag, len(at.graph.nodes)
    found: dict[int, list[AdjointTerm]] = {}
    for edge, tail, head in zip(at.edges[: dag.inner], dag.tails, dag.heads):
        adjoint = at.seed if head == dag.loss else at.adjoint_of(head)
        size, magnitude = (norm(product.tolist()) for product in (adjoint * edge, abs(adjoint) * abs(edge)))
        found.setdefault(tail, []).append(AdjointTerm(head if head < nodes else LOSS, size, magnitude))
    return found


def cancellation(terms: Sequence[AdjointTerm], size: Any) -> float | None:
    """How many times the norm of a sum its terms are together; None of an exact 0."""
    found = ratio(sum(term.magnitude for term in terms), size)
    return None if found is None else float(found)


def costs(at: Point, terms: Terms, subject: Subject, layer: int) -> Costs | None:
    """What every factor costs a gradient, by the layer (a node of the network) where the parameter is; None of 0."""
    graph, log10 = at.graph, at.arithmetic.log10
    own: Any = graph.network.nodes[layer]
    late = not subject.is_parameter or subject.number in [edge.parameter for edge in own.into_output]
    with at.arithmetic.context():
        end = graph.outputs[layer] if late else graph.preactivations[layer]
        total = log10(norm(at.gradient(subject.number) if subject.is_parameter else at.adjoint(layer)))
        here = log10(norm(adjoint(at, end)))
        if total is None or here is None:
            return None
        spent, passed, node = {"loss": 0.0, "derivative": 0.0, "weight": 0.0, "paths": 0.0}, list[str](), end
        steps = list[CostStep]()
        while True:
            largest = max(terms[node], key=lambda term: term.size)
            size, whole = log10(largest.size), log10(norm(adjoint(at, node)))
            if size is None or whole is None:
                return None
            spent["paths"] += whole - size
            passed.append(graph.network.nodes[graph.nodes[node].of].name)
            if largest.reader == LOSS:
                spent["loss"] += size
                break
            step = step_of(graph, node, largest.reader)
            steps.append(step._replace(powers=size - (log10(norm(adjoint(at, largest.reader))) or 0.0)))
            spent[step.kind] += steps[-1].powers
            node = largest.reader
        last = graph.nodes[node].of
        if graph.network.cancels_derivative(last):
            moved = (log10(norm(at.delta(last))) or 0.0) - (log10(norm(at.adjoint(last))) or 0.0)
            spent["loss"], spent["derivative"] = spent["loss"] + moved, spent["derivative"] - moved
    nodes = tuple(dict.fromkeys(reversed(passed)))
    edges = (*own.edges, *own.into_preactivation, *own.into_output)
    read = [edge for edge in edges if subject.is_parameter and subject.number in (edge.parameter, own.weight)]
    inputs = tuple(dict.fromkeys(graph.network.nodes[edge.source].name for edge in read))
    return Costs(subject.name, **spent, input=total - here, total=total, nodes=nodes, steps=tuple(steps), inputs=inputs)


def step_of(graph: Graph, node: int, reader: int) -> CostStep:
    """Which factor the edge between two nodes of the graph is."""
    head = graph.nodes[reader]
    layer = graph.network.nodes[head.of].name
    if isinstance(head, ActivationNode):
        return CostStep("derivative", f"σ′ of {layer}", 0.0)
    weights = [arc.parameter for arc in head.arcs if arc.tail == node and arc.parameter is not None]
    known = tuple(dict.fromkeys(graph.network.parameters[number].name for number in weights))
    return CostStep("weight", " and ".join(known) or f"what {layer} joins", 0.0, known)


def adjoint(at: Point, node: int) -> Any:
    """The adjoint of a node of the graph, [examples][units]."""
    if isinstance(at, ScalarPoint):
        units = at.layout.units(node)
        return [[example.adjoints[unit] for unit in units] for example in at.examples]
    wide: Any = at
    return wide.adjoint_of(node).tolist()
