"""The forward pass unit by unit: a program compiled once from the graph, a short list of blocks, run at every point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gradcalc.activations import Activation
from gradcalc.arithmetic import LOCAL, Arithmetic, Number, located
from gradcalc.engine.scalar_graph import Pick, ScalarLayout, Term, picker
from gradcalc.errors import DomainError
from gradcalc.losses import Loss
from gradcalc.network.graph import ActivationNode, AffineNode, JoinNode
from gradcalc.network.joins import Join
from gradcalc.records import Record

Function = Callable[..., Number]
Terms = Sequence[Term]


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

    functions: list[tuple[Function, list[int]]]  # derivative functions, each with the places of the z it is for
    picks: list[tuple[Function, Pick]]  # the same, with what picks those z from V

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
    """What is computed from several units at once, row by row: of softmax one row, all preactivations, with an output
    for each; of a join a row for each unit, its sources, with one. Derivatives are those of each output by the row."""

    rows: Sequence[Sequence[int]]
    outputs: Callable[[list[Number]], list[Number]]
    jacobian: Callable[[list[Number]], list[list[Number]]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for row in self.rows:
            values += self.outputs([values[unit] for unit in row])

    def derivatives(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        jacobians = [self.jacobian([values[unit] for unit in row]) for row in self.rows]
        return [derivative for jacobian in jacobians for row in jacobian for derivative in row]


Block = Units | PairUnits | WeightedSums | Parametric | Together
"""A stretch of the forward pass: `run` appends its values to V."""

DerivativeBlock = UnitDerivatives | Parametric | Together
"""A stretch of S, the numbers of the chain rule that are neither a weight nor a value: `derivatives` at the values."""


class End(Record):
    """One node that the loss reads: its outputs, and what the loss is computed from (them, or the preactivations)."""

    name: str
    target: int | None
    outputs: Sequence[int]
    read: Sequence[int]
    loss: Loss

    def ask(self, function: Function, values: Sequence[Number], targets: Sequence[Sequence[Number]]) -> Any:
        """The loss or its derivatives at the values of one example. Raises DomainError, LimitError naming the node."""
        given = () if self.target is None else targets[self.target]
        try:
            return function([values[unit] for unit in self.read], given)
        except LOCAL as error:
            raise located(self.name, error) from None


def ends(layout: ScalarLayout, arithmetic: Arithmetic) -> list[End]:
    """The nodes that the loss reads, in their order."""
    graph, found = layout.graph, []
    for end, target in graph.ends():
        of, outputs, fused = graph.nodes[end].of, layout.units(end), graph.fused_loss(end)
        read = outputs if fused is None else layout.units(graph.preactivations[of])
        loss = arithmetic.loss(fused or graph.network.loss)
        found.append(End(graph.network.nodes[of].name, target, outputs, read, loss))
    return found


def loss_value(ends: Sequence[End], values: Sequence[Number], targets: Sequence[Sequence[Number]]) -> Number:
    """The loss of one example, before the reduction over a batch; `targets` by target, then unit."""
    return sum(end.ask(end.loss.value, values, targets) for end in ends)


def loss_derivatives(
    ends: Sequence[End], values: Sequence[Number], targets: Sequence[Sequence[Number]]
) -> list[Number]:
    """∂L/∂y of every unit the loss reads, end by end, before the reduction over a batch: the seeds of the sweep."""
    return [derivative for end in ends for derivative in end.ask(end.loss.derivatives, values, targets)]


class Program(Record):
    """The blocks in order, each with the number of its (first) graph node, and where the loss reads."""

    layout: ScalarLayout
    blocks: list[tuple[int, Block]]
    derivative_blocks: list[tuple[int, DerivativeBlock]]
    ends: list[End]


def compile_program(layout: ScalarLayout, arithmetic: Arithmetic) -> Program:
    """The forward pass of a network in one kind of number; linear in the number of weight entries."""
    compiler = _Compiler(layout, arithmetic)
    for number, node in enumerate(layout.graph.nodes):
        if layout.interleaved[number]:
            compiler.add_units(number)
        elif isinstance(node, AffineNode):
            compiler.add_rows(number, WeightedSums, layout.terms[number])
        elif isinstance(node, ActivationNode) and not layout.interleaved[number - 1]:
            compiler.add_block(
                number, Together([layout.units(node.arcs[0].tail)], *compiler.functions(node.activation))
            )
        elif isinstance(node, JoinNode):
            sources = list(zip(*(layout.units(arc.tail) for arc in node.arcs)))
            compiler.add_block(number, joining(node.join, sources, arithmetic.functions))
    for _, block in compiler.derivative_blocks:
        if isinstance(block, UnitDerivatives):
            block.picks.extend((derivative, picker(places)) for derivative, places in block.functions)
    return Program(layout, compiler.blocks, compiler.derivative_blocks, ends(layout, arithmetic))


def joining(join: Join, sources: Sequence[Sequence[int]], functions: Any) -> Together:
    """A join of these sources of every unit."""
    value, partials = partial(join.value, functions), partial(join.partials, functions)
    return Together(sources, lambda xs: [value(xs)], lambda xs: [partials(xs)])


class _Compiler:
    """The blocks so far; neighbours of one kind become one block."""

    def __init__(self, layout: ScalarLayout, arithmetic: Arithmetic) -> None:
        self.layout = layout
        self.arithmetic = arithmetic
        self.blocks: list[tuple[int, Block]] = []
        self.derivative_blocks: list[tuple[int, DerivativeBlock]] = []
        self._functions: dict[int, tuple[Function, Function]] = {}

    def functions(self, activation: Activation) -> tuple[Function, Function]:
        """σ and σ′, the same two for every layer that has the activation."""
        made = self._functions.get(id(activation))
        if made is None:
            made = self.arithmetic.value(activation), self.arithmetic.derivative(activation)
            self._functions[id(activation)] = made
        return made

    def add_units(self, number: int) -> None:
        """A preactivation with the activation that follows it, unit by unit."""
        layout = self.layout
        following, rows, places = layout.graph.nodes[number + 1], layout.terms[number], layout.spans[number]
        assert isinstance(following, ActivationNode)
        activation = following.activation
        value, derivative = self.functions(activation)
        if activation.parametric:
            by_alpha = self.arithmetic.alpha_derivative(activation)
            assert by_alpha is not None
            parametric = list(zip(rows, layout.alphas(following), places))
            self.add_block(number, Parametric(parametric, value, derivative, by_alpha))
            return
        if set(map(len, rows)) == {2}:
            self.add_rows(number, PairUnits, [(p, v, q, u, value) for (p, v, _), (q, u, _) in rows])
        else:
            self.add_rows(number, Units, [(row, value) for row in rows])
        last = self.derivative_blocks[-1][1] if self.derivative_blocks else None
        if not isinstance(last, UnitDerivatives):
            self.derivative_blocks.append((number, UnitDerivatives([(derivative, list(places))], [])))
            return
        latest, its_places = last.functions[-1]
        if latest == derivative:
            its_places.extend(places)
        else:
            last.functions.append((derivative, list(places)))

    def add_rows(self, number: int, kind: Callable[[list[Any]], Block], rows: Sequence[Any]) -> None:
        """A block of these rows, or these rows added to the last one where that is of the same kind."""
        last: Any = self.blocks[-1][1] if self.blocks else None
        if type(last) is kind:
            last.rows.extend(rows)
        else:
            self.blocks.append((number, kind([*rows])))

    def add_block(self, number: int, block: Parametric | Together) -> None:
        """A block that brings its derivatives."""
        self.blocks.append((number, block))
        self.derivative_blocks.append((number, block))


def forward(program: Program, weights: Sequence[Number], inputs: Sequence[Number], one: Number) -> list[Number]:
    """All values of one example: V, with V[0] = 1 and the inputs first. Raises DomainError and LimitError
    naming the node.
    """
    values = [one, *inputs]
    for number, block in program.blocks:
        try:
            block.run(weights, values)
        except LOCAL as error:
            raise located(_name_at(program.layout, len(values), number), error) from None
    return values


def all_derivatives(program: Program, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
    """All derivatives of one example, S. Raises DomainError and LimitError naming the node."""
    found: list[Number] = []
    for number, block in program.derivative_blocks:
        try:
            found += block.derivatives(weights, values)
        except DomainError as error:
            raise _without_derivative(program.layout, block, number, values, error) from None
        except LOCAL as error:
            raise located(_name_at(program.layout, 0, number), error) from None
    return found


def _without_derivative(
    layout: ScalarLayout, block: DerivativeBlock, number: int, values: Sequence[Number], error: DomainError
) -> DomainError:
    """The error with the name of the node that has no derivative, 1/0, and its preactivation where that is a number."""
    for derivative, places in block.functions if isinstance(block, UnitDerivatives) else ():
        for place in places:
            try:
                derivative(values[place])
            except (DomainError, ZeroDivisionError):
                name, z = _name_at(layout, place, number), values[place]
                where = "" if getattr(z, "ndim", 0) else f" at {float(z):.6g}"  # many points of a sweep have one each
                return DomainError(f"{name}: its activation has no derivative{where}: {error}")
    return DomainError(f"{_name_at(layout, 0, number)}: {error}")


def _name_at(layout: ScalarLayout, place: int, first: int) -> str:
    """The node of the network that the unit at a place of V belongs to, that of graph node `first` or one after it."""
    graph = layout.graph
    number = next((n for n in range(first, len(graph.nodes)) if place <= layout.units(n)[-1]), first)
    return graph.network.nodes[graph.nodes[number].of].name
