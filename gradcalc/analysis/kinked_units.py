"""On which piece every unit is whose activation, join or loss has kinks: which of the numbers compared is the largest.

|x|, relu, sign and their kin compare x with 0, a maximum its parts, a minimum their negatives. Two that share the
largest are a kink; where another is, the loss takes another course.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions.compiled import evaluate
from gradcalc.expressions.expression import in_postorder
from gradcalc.expressions.functions import KINKED
from gradcalc.expressions.parser import parse
from gradcalc.network.graph import ActivationNode, JoinNode

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.arithmetic import Arithmetic
    from gradcalc.engine.scalar_forward import Program
    from gradcalc.engine.scalar_point import ScalarPoint

Piece = Sequence[tuple[int, ...]]
"""Of every comparison the places of the largest: of more than one at a kink."""

PieceOf = Callable[[Sequence[Any]], Piece]
"""What tells the piece of a unit from what it is made of."""


class KinkedUnits(NamedTuple):
    """The units of a node, each with the places of the values that it is made of; of a loss also its target."""

    piece: PieceOf
    places: Sequence[Sequence[int]]
    target: int | None = None

    def arguments(self, values: Sequence[Any], targets: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """What each unit is made of in one example."""
        found = [[values[v] for v in own] for own in self.places]
        return found if self.target is None else [[*own, t] for own, t in zip(found, targets[self.target])]


def kinked_units(program: Program, arithmetic: Arithmetic) -> Iterator[KinkedUnits]:
    """Those of every activation, join and output with kinks."""
    units, graph, functions = program.layout.units, program.layout.graph, arithmetic.functions
    for node in graph.nodes:
        if isinstance(node, ActivationNode) and node.activation.is_kink:
            places = units(node.arcs[0].tail)
            if node.activation.couples:
                yield KinkedUnits(partial(of_maxout, int(node.activation.options["pieces"])), [places])
            else:
                yield KinkedUnits(of_activation(node.activation, functions), [[place] for place in places])
        elif isinstance(node, JoinNode) and node.join.is_kink:
            sources = (units(arc.tail) for arc in node.arcs)
            yield KinkedUnits(partial(of_join, node.join.name), list(zip(*sources)))
    for end in program.ends:
        if end.loss.kink and end.target is not None:
            piece = of_formula(end.loss.term, ("y", "t"), end.loss.options, functions)
            yield KinkedUnits(piece, [[y] for y in end.read], end.target)


def largest(numbers: Sequence[Any]) -> tuple[int, ...]:
    """The places of the largest."""
    top = max(numbers)
    return tuple(place for place, number in enumerate(numbers) if number == top)


def on_kink(piece: Piece) -> bool:
    """Whether two share the largest."""
    return any(len(places) > 1 for places in piece)


def of_maxout(pieces: int, zs: Sequence[Any]) -> Piece:
    """The largest of every group."""
    return [largest(zs[start : start + pieces]) for start in range(0, len(zs), pieces)]


def of_join(name: str, sources: Sequence[Any]) -> Piece:
    """The largest source, or of a minimum the least."""
    return [largest(sources if name == "max" else [-source for source in sources])]


def of_activation(activation: Activation, functions: Any) -> PieceOf:
    """The piece by z; what alpha a parameter has is no matter."""
    return of_formula(activation.formula, ("x",), activation.options, functions)


def of_formula(text: str, names: Sequence[str], options: Any, functions: Any) -> PieceOf:
    """The piece by the variables of a formula, in the numbers that the functions are for."""
    tree = parse(text, (*names, *options))
    nodes = [node for node in dict.fromkeys(in_postorder(tree)) if node.head in KINKED]
    known, zero = {name: functions.number(value) for name, value in options.items()}, functions.number(0)

    def piece(given: Sequence[Any]) -> Piece:
        values, found = dict(zip(names, given)) | known, list[tuple[int, ...]]()
        for node in nodes:
            parts = [evaluate(part, functions, **values) for part in node.parts]
            if node.head == "min":
                parts = [-part for part in parts]
            found.append(largest(parts if node.head in ("max", "min") else [*parts, zero]))
        return found

    return piece


def known_pieces(at: ScalarPoint, turns: Iterable[int]) -> Sequence[Piece] | None:
    """On which piece each unit of activations, joins and losses with kinks is; None where one that is on no kink goes
    to another as numbers are off in their last places, in some of so many turns."""
    from gradcalc.arithmetic.monte_carlo import MonteCarlo
    from gradcalc.engine.scalar_point import again

    own = list(_pieces(at, at))
    for turn in turns:
        try:
            off = again(at, MonteCarlo(at.arithmetic, turn))
        except (DomainError, LimitError, ArithmeticError):
            return None
        if any(piece != moved and not on_kink(piece) for piece, moved in zip(own, _pieces(at, off))):
            return None
    return own


def _pieces(at: ScalarPoint, of: ScalarPoint) -> Iterator[Piece]:
    """Those at the values of a point, in the arithmetic of another."""
    from gradcalc.engine.scalar_point import target_rows

    for units in kinked_units(at.program, at.arithmetic):
        for number, example in enumerate(of.examples):
            targets = target_rows(at.graph, at.arithmetic, number)
            yield from map(units.piece, units.arguments(example.values, targets))
