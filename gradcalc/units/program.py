"""The forward pass unit by unit: a program compiled once from the graph, a short list of blocks, run at every point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.errors import DomainError
from gradcalc.joins import JOINS
from gradcalc.records import Record
from gradcalc.units.bends import Bends
from gradcalc.units.blocks import (
    Block,
    Function,
    Joins,
    PairUnits,
    Parametric,
    Sloper,
    Sums,
    Together,
    Units,
    UnitSlopes,
)
from gradcalc.units.layout import Layout, Pick, activation, alphas, picker
from gradcalc.units.losses import End, ends


class Program(Record):
    """The blocks in order, what their slopes are found by, and where the loss reads."""

    layout: Layout
    blocks: list[Block]
    owners: list[int]  # the graph node of each block, for messages
    slopers: list[Sloper]
    slope_owners: list[int]
    ends: list[End]


def compile_program(layout: Layout, arithmetic: Arithmetic) -> Program:
    """The forward pass of a network in one kind of number; linear in the number of weight entries."""
    found = Program(layout, [], [], [], [], ends(layout, arithmetic))
    bends, bent = Bends(arithmetic), False
    for number, (node, interleaved) in enumerate(zip(layout.graph.nodes, layout.fused)):
        if not bent and node.kind != "input":
            _lay(found, number, bends)
        bent = interleaved
    for sloper in found.slopers:
        if isinstance(sloper, UnitSlopes):
            sloper.picks.extend(_picks(sloper.bends))
    return found


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
    for sloper, owner in zip(program.slopers, program.slope_owners):
        try:
            found += sloper.slopes(weights, values)
        except DomainError as error:
            from gradcalc.units.faults import without_slope

            raise without_slope(program.layout, getattr(sloper, "bends", ()), owner, values, error) from None
    return found


def _picks(bends: list[tuple[Function, Sequence[int]]]) -> list[tuple[Function, Pick]]:
    """Neighbours with the same slope function as one, with what picks the values it is for."""
    if len(bends) == 1:
        return [(slope, picker(places)) for slope, places in bends]
    runs = groupby(bends, key=lambda bend: bend[0])
    return [(slope, picker([place for _, places in run for place in places])) for slope, run in runs]


def _lay(program: Program, number: int, bends: Bends) -> None:
    layout, node = program.layout, program.layout.graph.nodes[number]
    if layout.fused[number]:
        _lay_bent(program, number, bends)
    elif node.kind == "affine":
        _run(program, number, Sums, layout.terms[number])
    elif node.kind == "bend":
        together = Together(layout.units(node.arcs[0].tail), *bends.of(activation(layout.graph, node)))
        _run_and_slope(program, number, together)
    else:
        rows: list[Sequence[int]] = [[layout.unit(arc.tail, n) for arc in node.arcs] for n in range(node.width)]
        join, one = JOINS[node.kind], bends.arithmetic.number(1)
        _run_and_slope(program, number, Joins(rows, partial(join.value, one), partial(join.partials, one)))


def _lay_bent(program: Program, number: int, bends: Bends) -> None:
    layout, nodes = program.layout, program.layout.graph.nodes
    bent, rows, units = activation(layout.graph, nodes[number + 1]), layout.terms[number], layout.units(number)
    value, slope = bends.of(bent)
    if bent.parametric:
        by_alpha = bends.arithmetic.alpha_slope(bent)
        assert by_alpha is not None
        parametric = list(zip(rows, alphas(layout, nodes[number]), units))
        _run_and_slope(program, number, Parametric(parametric, value, slope, by_alpha))
        return
    if len(rows[0]) == 2 and all(len(row) == 2 for row in rows):
        _run(program, number, PairUnits, [(p, v, q, u, value) for (p, v, _), (q, u, _) in rows])
    else:
        _run(program, number, Units, [(row, value) for row in rows])
    last = program.slopers[-1] if program.slopers else None
    if isinstance(last, UnitSlopes):
        last.bends.append((slope, units))
    else:
        program.slopers.append(UnitSlopes([(slope, units)], []))
        program.slope_owners.append(number)


def _run(program: Program, number: int, kind: Callable[[list[Any]], Block], rows: Sequence[Any]) -> None:
    """Adds a block of these rows, or adds them to the last one where that is of the same kind."""
    last: Any = program.blocks[-1] if program.blocks else None
    if type(last) is kind:
        last.rows.extend(rows)
    else:
        program.blocks.append(kind([*rows]))
        program.owners.append(number)


def _run_and_slope(program: Program, number: int, block: Parametric | Together | Joins) -> None:
    program.blocks.append(block)
    program.owners.append(number)
    program.slopers.append(block)
    program.slope_owners.append(number)
