"""The terms that ∂L/∂ a node is a sum of, one for each value that reads it; and what each factor on the way from the
loss to a gradient costs, in powers of ten that add up to the whole:

    log10 ‖∂L/∂w‖ = loss + derivative + weight + paths + input
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.analysis.comparison import powers_of_ten, ratio
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
    graph = at.graph
    own: Any = graph.network.nodes[layer]
    late = not subject.is_parameter or subject.number in [edge.parameter for edge in own.into_output]
    end = graph.outputs[layer] if late else graph.preactivations[layer]
    with at.arithmetic.context():
        gradient = norm(at.gradient(subject.number) if subject.is_parameter else at.adjoint(layer))
        total, here = at.arithmetic.log10(gradient), norm(adjoint(at, end))
        if total is None or not here or (found := along_largest_terms(at, terms, end)) is None:
            return None
        spent, steps, passed = found
        behind = powers_of_ten(gradient, here) or 0.0
    edges = own.incoming
    read = [edge for edge in edges if subject.is_parameter and subject.number in (edge.parameter, own.weight)]
    inputs = tuple(dict.fromkeys(graph.network.nodes[edge.source].name for edge in read))
    return Costs(subject.name, **spent, input=behind, total=total, nodes=passed, steps=steps, inputs=inputs)


def along_largest_terms(
    at: Point, terms: Terms, node: int
) -> tuple[Mapping[str, float], tuple[CostStep, ...], tuple[str, ...]] | None:
    """The powers of ten of each kind from a node of the graph to the loss, along the largest term of every adjoint; the
    steps; and the layers that are passed, the output first. None where one of the terms is 0."""
    graph = at.graph
    spent, passed = dict.fromkeys(("loss", "derivative", "weight", "paths"), 0.0), list[str]()
    steps = list[CostStep]()
    while True:
        largest, whole, of = max(terms[node], key=lambda term: term.size), norm(adjoint(at, node)), graph.nodes[node].of
        if at.arithmetic.log10(largest.size) is None or at.arithmetic.log10(whole) is None:
            return None
        spent["paths"] += powers_of_ten(whole, largest.size) or 0.0
        passed.append(graph.network.nodes[of].name)
        if largest.reader == LOSS:
            break
        step, reader = step_of(graph, node, largest.reader), norm(adjoint(at, largest.reader))
        if step.kind == "derivative" and graph.network.cancels_derivative(of):  # δ is what the loss gives
            reader = norm(at.delta(of))
        steps.append(step._replace(powers=powers_of_ten(largest.size, reader) or 0.0))
        spent[step.kind] += steps[-1].powers
        node = largest.reader
    start = largest.size
    if steps and steps[-1].kind == "derivative" and graph.network.cancels_derivative(of):
        start = norm(at.delta(of))
        spent["loss"] = powers_of_ten(largest.size, whole) or 0.0
    spent["loss"] += at.arithmetic.log10(start) or 0.0
    return spent, tuple(steps), tuple(dict.fromkeys(reversed(passed)))


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
