"""The forward pass unit by unit: a program compiled once from the graph, run at every point.

A program is a short list of blocks. Each appends its values to V, and afterwards its slopes to S: the numbers of the
chain rule that are neither a weight nor a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Protocol

from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.graph import Node
from gradcalc.joins import JOINS
from gradcalc.problems import DomainError
from gradcalc.record import Record
from gradcalc.units.bends import Bends
from gradcalc.units.layout import Layout, Pick, activation, alphas, fused, picker, terms
from gradcalc.units.losses import End, ends

Function = Callable[..., Number]
Pairs = tuple[tuple[int, int], ...]


class Block(Protocol):
    """A stretch of the forward pass."""

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        """Appends this block's values."""

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        """This block's slopes at the values found."""


class Units(Record):
    """Preactivations bent one by one: z = Σ P[p]·V[v], then σ(z)."""

    rows: list[tuple[Pairs, Function]]
    bends: list[tuple[Function, Sequence[int]]]  # slope functions, each with the places of the z it is for
    picks: list[tuple[Function, Pick]]  # the same, as what picks those z from V

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        append = values.append
        for pairs, bend in self.rows:
            z = 0
            for p, v in pairs:
                z += weights[p] * values[v]
            append(z)
            append(bend(z))

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        return _bent_slopes(self.picks, values)


class PairUnits(Record):
    """The same where every z has two terms, as in a chain with skips: the inner loop is half of what it would cost."""

    rows: list[tuple[int, int, int, int, Function]]
    bends: list[tuple[Function, Sequence[int]]]
    picks: list[tuple[Function, Pick]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        append = values.append
        for p, v, q, u, bend in self.rows:
            z = weights[p] * values[v] + weights[q] * values[u]
            append(z)
            append(bend(z))

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        return _bent_slopes(self.picks, values)


def _bent_slopes(picks: list[tuple[Function, Pick]], values: Sequence[Number]) -> list[Number]:
    found: list[Number] = []
    for slope, pick in picks:
        found += map(slope, pick(values))
    return found


class Sums(Record):
    """Sums alone: joined sources, outputs that skips enter, preactivations bent all together."""

    rows: list[Pairs]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for pairs in self.rows:
            values.append(sum(weights[p] * values[v] for p, v in pairs))

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        return []


class Parametric(Record):
    """Preactivations bent with a parameter: σ(z, α). Slopes by z first, then by α."""

    rows: list[tuple[Pairs, int, int]]  # each with the places of α in P and of z in V
    bend: Function
    by_z: Function
    by_alpha: Function

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for pairs, alpha, _ in self.rows:
            z = sum(weights[p] * values[v] for p, v in pairs)
            values.append(z)
            values.append(self.bend(z, weights[alpha]))

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        by_z = [self.by_z(values[z], weights[alpha]) for _, alpha, z in self.rows]
        return by_z + [self.by_alpha(values[z], weights[alpha]) for _, alpha, z in self.rows]


class Together(Record):
    """Preactivations bent all together (softmax): σ maps the list of them; slopes are the Jacobian, row by row."""

    units: Sequence[int]
    bend: Callable[[list[Number]], list[Number]]
    jacobian: Callable[[list[Number]], list[list[Number]]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        values += self.bend([values[unit] for unit in self.units])

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        rows = self.jacobian([values[unit] for unit in self.units])
        return [slope for row in rows for slope in row]


class Joins(Record):
    """A product, maximum, minimum or mean of sources, unit by unit; slopes unit by unit, a slope for each source."""

    rows: list[Sequence[int]]
    join: Callable[[list[Number]], Number]
    partials: Callable[[list[Number]], list[Number]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for row in self.rows:
            values.append(self.join([values[unit] for unit in row]))

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        return [slope for row in self.rows for slope in self.partials([values[unit] for unit in row])]


class Program(Record):
    """The blocks in order, and where the loss reads."""

    layout: Layout
    blocks: list[Block]
    owners: list[int]  # the graph node of each block, for messages
    ends: list[End]


def compile_program(layout: Layout, arithmetic: Arithmetic) -> Program:
    """The forward pass of a network in one kind of number; linear in the number of weight entries."""
    blocks: list[Block] = []
    owners: list[int] = []
    bends = Bends(arithmetic)
    for number, node in enumerate(layout.graph.nodes):
        if node.kind == "input" or (number and fused(layout.graph, number - 1)):
            continue
        block = _block(layout, number, bends)
        if not (blocks and _continues(blocks[-1], block)):
            blocks.append(block)
            owners.append(number)
    for block in blocks:
        if isinstance(block, (Units, PairUnits)):
            block.picks[:] = _picks(block.bends)
    return Program(layout, blocks, owners, ends(layout, arithmetic))


def forward(program: Program, weights: Sequence[Number], inputs: Sequence[Number], one: Number) -> list[Number]:
    """All values of one example: V, with V[0] = 1 and the inputs first. Raises DomainError naming the node."""
    values = [one, *inputs]
    for block, owner in zip(program.blocks, program.owners):
        try:
            block.run(weights, values)
        except DomainError as error:
            from gradcalc.units.faults import without_value

            raise without_value(program.layout, len(values), owner, error) from None
    return values


def all_slopes(program: Program, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
    """All slopes of one example, S. Raises DomainError naming the node."""
    found: list[Number] = []
    for block, owner in zip(program.blocks, program.owners):
        try:
            found += block.slopes(weights, values)
        except DomainError as error:
            from gradcalc.units.faults import without_slope

            raise without_slope(program.layout, getattr(block, "bends", ()), owner, values, error) from None
    return found


def _continues(last: Block, block: Block) -> bool:
    """Whether a block is more of the last one's kind; then it has been added to that."""
    if not isinstance(block, (Units, PairUnits)) or type(last) is not type(block):
        return False
    rows: list[Any] = last.rows
    rows += block.rows
    last.bends.extend(block.bends)
    return True


def _picks(bends: list[tuple[Function, Sequence[int]]]) -> list[tuple[Function, Pick]]:
    """Neighbours with the same slope function as one, with what picks the values it is for."""
    if len(bends) == 1:
        return [(slope, picker(places)) for slope, places in bends]
    runs = groupby(bends, key=lambda bend: bend[0])
    return [(slope, picker([place for _, places in run for place in places])) for slope, run in runs]


def _pairs(layout: Layout, node: Node, unit: int) -> Pairs:
    return tuple((p, v) for p, v, _ in terms(layout, node, unit))


def _block(layout: Layout, number: int, bends: Bends) -> Block:
    graph, node = layout.graph, layout.graph.nodes[number]
    if fused(graph, number):
        return _bent(layout, number, bends)
    if node.kind == "affine":
        return Sums([_pairs(layout, node, unit) for unit in range(node.width)])
    if node.kind == "bend":
        return Together(layout.units(node.arcs[0].tail), *bends.of(activation(graph, node)))
    rows: list[Sequence[int]] = [[layout.unit(arc.tail, n) for arc in node.arcs] for n in range(node.width)]
    join, one = JOINS[node.kind], bends.arithmetic.number(1)
    return Joins(rows, partial(join.value, one), partial(join.partials, one))


def _bent(layout: Layout, number: int, bends: Bends) -> Block:
    node, bent = layout.graph.nodes[number], activation(layout.graph, layout.graph.nodes[number + 1])
    value, slope = bends.of(bent)
    pairs = [_pairs(layout, node, unit) for unit in range(node.width)]
    if not bent.parametric:
        return _units(pairs, value, (slope, layout.units(number)))
    rows = list(zip(pairs, alphas(layout, node), layout.units(number)))
    by_alpha = bends.arithmetic.alpha_slope(bent)
    assert by_alpha is not None
    return Parametric(rows, value, slope, by_alpha)


def _units(rows: list[Pairs], value: Function, bend: tuple[Function, Sequence[int]]) -> Block:
    if all(len(row) == 2 for row in rows):
        return PairUnits([(*first, *second, value) for first, second in rows], [bend], [])
    return Units([(row, value) for row in rows], [bend], [])
