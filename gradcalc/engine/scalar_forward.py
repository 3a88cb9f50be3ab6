"""The forward pass unit by unit: a program compiled once from the graph, a short list of blocks, run at every point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Protocol

from gradcalc.activations import Activation
from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.engine.scalar_layout import Pick, ScalarLayout, Term, activation, alphas, picker
from gradcalc.errors import DomainError
from gradcalc.losses import Loss
from gradcalc.network.graph import JOINS, Graph
from gradcalc.network.network import Layer
from gradcalc.records import Record


class ActivationFunctions:
    """σ and σ′ by activation."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self._made: dict[int, tuple[Any, Any]] = {}

    def of(self, sigma: Activation) -> tuple[Any, Any]:
        """σ and σ′ of one activation, which must outlive this."""
        if id(sigma) not in self._made:
            self._made[id(sigma)] = self.arithmetic.value(sigma), self.arithmetic.derivative(sigma)
        return self._made[id(sigma)]


# The stretches of a forward pass, unit by unit. Each appends its values to V, and afterwards its derivatives to S: the
# numbers of the chain rule that are neither a weight nor a value.


Function = Callable[..., Number]
Terms = Sequence[Term]


class Block(Protocol):
    """A stretch of the forward pass."""

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        """Appends this block's values."""


class DerivativeBlock(Protocol):
    """A stretch of the derivatives."""

    def derivatives(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        """Its derivatives at the values found."""


class Units(Record):
    """Preactivations activated one by one: z = Σ P[p]·V[v], then σ(z)."""

    rows: list[tuple[Terms, Function]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        append = values.append
        for terms, sigma in self.rows:
            z = 0
            for p, v, _ in terms:
                z += weights[p] * values[v]
            append(z)
            append(sigma(z))


class PairUnits(Record):
    """The same where every z has two terms, as in a chain with skips: the inner loop is half of what it would cost."""

    rows: list[tuple[int, int, int, int, Function]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        append = values.append
        for p, v, q, u, sigma in self.rows:
            z = weights[p] * values[v] + weights[q] * values[u]
            append(z)
            append(sigma(z))


class UnitDerivatives(Record):
    """The derivatives of preactivations that are activated one by one, whatever is computed between them."""

    functions: list[tuple[Function, Sequence[int]]]  # derivative functions, each with the places of the z it is for
    picks: list[tuple[Function, Pick]]  # the same, as what picks those z from V

    def derivatives(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        found: list[Number] = []
        for derivative, pick in self.picks:
            found += map(derivative, pick(values))
        return found


class WeightedSums(Record):
    """Sums alone: joined sources, outputs that skips enter, preactivations activated all together."""

    rows: list[Terms]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for terms in self.rows:
            values.append(sum([weights[p] * values[v] for p, v, _ in terms]))


class Parametric(Record):
    """Preactivations activated with a parameter: σ(z, α). Derivatives by z first, then by α."""

    rows: list[tuple[Terms, int, int]]  # each with the places of α in P and of z in V
    sigma: Function
    by_z: Function
    by_alpha: Function

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for terms, alpha, _ in self.rows:
            z = sum(weights[p] * values[v] for p, v, _ in terms)
            values.append(z)
            values.append(self.sigma(z, weights[alpha]))

    def derivatives(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        by_z = [self.by_z(values[z], weights[alpha]) for _, alpha, z in self.rows]
        return by_z + [self.by_alpha(values[z], weights[alpha]) for _, alpha, z in self.rows]


class Together(Record):
    """Preactivations activated all together (softmax): σ maps the list of them; derivatives are the Jacobian, row by
    row.
    """

    units: Sequence[int]
    sigma: Callable[[list[Number]], list[Number]]
    jacobian: Callable[[list[Number]], list[list[Number]]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        values += self.sigma([values[unit] for unit in self.units])

    def derivatives(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        rows = self.jacobian([values[unit] for unit in self.units])
        return [derivative for row in rows for derivative in row]


class Joins(Record):
    """A product, maximum, minimum or mean of sources, unit by unit; derivatives unit by unit, a derivative for each
    source.
    """

    rows: list[Sequence[int]]
    join: Callable[[list[Number]], Number]
    partials: Callable[[list[Number]], list[Number]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for row in self.rows:
            values.append(self.join([values[unit] for unit in row]))

    def derivatives(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        return [derivative for row in self.rows for derivative in self.partials([values[unit] for unit in row])]


# Where the loss reads the values of one example, and what it says of them first: ∂L/∂y, the seeds of the sweep.


Ask = Callable[[Sequence[Number], Sequence[Number]], Any]


class End(Record):
    """One node with a target: its outputs, and what the loss is computed from (them, or the preactivations)."""

    node: int  # in the graph
    name: str
    target: int | None
    outputs: Sequence[int]
    read: Sequence[int]
    loss: Loss


def ends(layout: ScalarLayout, arithmetic: Arithmetic) -> list[End]:
    """The nodes that the loss reads, in their order."""
    return [_end(layout, arithmetic, node, target) for node, target in layout.graph.ends()]


def reduction(graph: Graph) -> int:
    """What a sum over the examples is divided by."""
    return graph.network.examples if graph.network.loss.reduction == "mean" else 1


def loss_value(ends: Sequence[End], values: Sequence[Number], targets: Sequence[Sequence[Number]]) -> Number:
    """The loss of one example, before the reduction over a batch; `targets` by target, then unit."""
    return sum(_asked(end, end.loss.value, values, targets) for end in ends)


def loss_derivatives(
    ends: Sequence[End], values: Sequence[Number], targets: Sequence[Sequence[Number]]
) -> list[Number]:
    """∂L/∂y of every unit the loss reads, end by end, before the reduction over a batch."""
    return [derivative for end in ends for derivative in _asked(end, end.loss.derivatives, values, targets)]


def from_preactivation(graph: Graph, node: int) -> Loss | None:
    """The loss as a function of the node's preactivation, where there is such a form and no skip enters the output."""
    network, of = graph.network, graph.nodes[node].of
    layer = network.nodes[of]
    if not isinstance(layer, Layer) or layer.into_output:
        return None
    return network.loss.after(layer.activation.name)


def _end(layout: ScalarLayout, arithmetic: Arithmetic, node: int, target: int | None) -> End:
    graph = layout.graph
    early = from_preactivation(graph, node)
    outputs = layout.units(node)
    read = outputs if early is None else layout.units(graph.preactivations[graph.nodes[node].of])
    name = graph.network.nodes[graph.nodes[node].of].name
    return End(node, name, target, outputs, read, arithmetic.loss(early or graph.network.loss))


def _asked(end: End, ask: Ask, values: Sequence[Number], targets: Sequence[Sequence[Number]]) -> Any:
    given = () if end.target is None else targets[end.target]
    try:
        return ask([values[unit] for unit in end.read], given)
    except DomainError as error:
        raise DomainError(f"{end.name}: {error}") from None


# The forward pass unit by unit: a program compiled once from the graph, a short list of blocks, run at every point.


class Program(Record):
    """The blocks in order, what their derivatives are found by, and where the loss reads."""

    layout: ScalarLayout
    blocks: list[Block]
    owners: list[int]  # the graph node of each block, for messages
    derivative_blocks: list[DerivativeBlock]
    derivative_owners: list[int]
    ends: list[End]


def compile_program(layout: ScalarLayout, arithmetic: Arithmetic) -> Program:
    """The forward pass of a network in one kind of number; linear in the number of weight entries."""
    found = Program(layout, [], [], [], [], ends(layout, arithmetic))
    functions, laid = ActivationFunctions(arithmetic), False
    for number, (node, interleaved) in enumerate(zip(layout.graph.nodes, layout.fused)):
        if not laid and node.kind != "input":
            _lay(found, number, functions)
        laid = interleaved
    for derivative_block in found.derivative_blocks:
        if isinstance(derivative_block, UnitDerivatives):
            derivative_block.picks.extend(_picks(derivative_block.functions))
    return found


def forward(program: Program, weights: Sequence[Number], inputs: Sequence[Number], one: Number) -> list[Number]:
    """All values of one example: V, with V[0] = 1 and the inputs first. Raises DomainError naming the node."""
    values = [one, *inputs]
    for block, owner in zip(program.blocks, program.owners):
        try:
            block.run(weights, values)
        except DomainError as error:
            raise without_value(program.layout, len(values), owner, error) from None
    return values


def all_derivatives(program: Program, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
    """All derivatives of one example, S. Raises DomainError naming the node."""
    found: list[Number] = []
    for derivative_block, owner in zip(program.derivative_blocks, program.derivative_owners):
        try:
            found += derivative_block.derivatives(weights, values)
        except DomainError as error:
            raise without_derivative(
                program.layout, getattr(derivative_block, "functions", ()), owner, values, error
            ) from None
    return found


def _picks(functions: list[tuple[Function, Sequence[int]]]) -> list[tuple[Function, Pick]]:
    """Neighbours with the same derivative function as one, with what picks the values it is for."""
    if len(functions) == 1:
        return [(derivative, picker(places)) for derivative, places in functions]
    runs = groupby(functions, key=lambda pair: pair[0])
    return [(derivative, picker([place for _, places in run for place in places])) for derivative, run in runs]


def _lay(program: Program, number: int, functions: ActivationFunctions) -> None:
    layout, node = program.layout, program.layout.graph.nodes[number]
    if layout.fused[number]:
        _lay_activation(program, number, functions)
    elif node.kind == "affine":
        _run(program, number, WeightedSums, layout.terms[number])
    elif node.kind == "activation":
        together = Together(layout.units(node.arcs[0].tail), *functions.of(activation(layout.graph, node)))
        _run_and_derivative(program, number, together)
    else:
        rows: list[Sequence[int]] = [[layout.unit(arc.tail, n) for arc in node.arcs] for n in range(node.width)]
        join, one = JOINS[node.kind], functions.arithmetic.number(1)
        _run_and_derivative(program, number, Joins(rows, partial(join.value, one), partial(join.partials, one)))


def _lay_activation(program: Program, number: int, functions: ActivationFunctions) -> None:
    layout, nodes = program.layout, program.layout.graph.nodes
    sigma, rows, units = activation(layout.graph, nodes[number + 1]), layout.terms[number], layout.units(number)
    value, derivative = functions.of(sigma)
    if sigma.parametric:
        by_alpha = functions.arithmetic.alpha_derivative(sigma)
        assert by_alpha is not None
        parametric = list(zip(rows, alphas(layout, nodes[number]), units))
        _run_and_derivative(program, number, Parametric(parametric, value, derivative, by_alpha))
        return
    if len(rows[0]) == 2 and all(len(row) == 2 for row in rows):
        _run(program, number, PairUnits, [(p, v, q, u, value) for (p, v, _), (q, u, _) in rows])
    else:
        _run(program, number, Units, [(row, value) for row in rows])
    last = program.derivative_blocks[-1] if program.derivative_blocks else None
    if isinstance(last, UnitDerivatives):
        last.functions.append((derivative, units))
    else:
        program.derivative_blocks.append(UnitDerivatives([(derivative, units)], []))
        program.derivative_owners.append(number)


def _run(program: Program, number: int, kind: Callable[[list[Any]], Block], rows: Sequence[Any]) -> None:
    """Adds a block of these rows, or adds them to the last one where that is of the same kind."""
    last: Any = program.blocks[-1] if program.blocks else None
    if type(last) is kind:
        last.rows.extend(rows)
    else:
        program.blocks.append(kind([*rows]))
        program.owners.append(number)


def _run_and_derivative(program: Program, number: int, block: Parametric | Together | Joins) -> None:
    program.blocks.append(block)
    program.owners.append(number)
    program.derivative_blocks.append(block)
    program.derivative_owners.append(number)


# Which node it is that has no value, or no derivative, at this point: ln of a negative, 1/0.


DerivativePlaces = Iterable[tuple[Callable[..., Number], Sequence[int]]]
"""Derivative functions, each with the places of the preactivations that it is for."""


def without_value(layout: ScalarLayout, reached: int, owner: int, error: DomainError) -> DomainError:
    """The error with the name of the node whose value was being computed when it came."""
    return DomainError(f"{_name(layout, reached, owner)}: {error}")


def without_derivative(
    layout: ScalarLayout, functions: DerivativePlaces, owner: int, values: Sequence[Number], error: Exception
) -> DomainError:
    """The error with the name and the preactivation of the node whose derivative there is none of."""
    for derivative, places in functions:
        for place in places:
            try:
                derivative(values[place])
            except (DomainError, ZeroDivisionError):
                name = _name(layout, place, owner)
                return DomainError(f"{name}: its activation has no derivative at {float(values[place]):.6g}: {error}")
    return without_value(layout, 0, owner, DomainError(str(error)))


def _name(layout: ScalarLayout, place: int, owner: int) -> str:
    """The node of the network that the unit at this place of V belongs to, `owner` or one after it."""
    graph = layout.graph
    node = next((n for n in range(owner, len(graph.nodes)) if place <= layout.units(n)[-1]), owner)
    return graph.network.nodes[graph.nodes[node].of].name
