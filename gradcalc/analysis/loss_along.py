"""The loss as a function of one weight or input, and steps so short that a difference over them tells its derivative:
an activation is moved over no more than it takes to change its course."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.kinked_units import Piece, kinked_units, on_kink
from gradcalc.arithmetic import Arithmetic
from gradcalc.engine.scalar_forward import compile_program, forward, loss_value
from gradcalc.engine.scalar_graph import layout
from gradcalc.engine.scalar_point import inputs, target_rows, weight_list
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions import float_functions
from gradcalc.network.graph import ActivationNode, Graph

if TYPE_CHECKING:
    from gradcalc.activations import Activation

RADIUS = 1.0  # of z, or of what a function of a formula is taken of, over which a power series is of use
PART = 1 / 20  # of a large z, over which a straight piece is most likely one piece
SHORT = 1e-10  # how far values are moved, each relatively, by a step in many digits: over no kink nearby
MOST_SHORTER, MOST_TIMES = 10, 1e3  # times that a step is shortened, and by how much at once
OFF_KINK = 4.0  # by how much at once where it moves a unit over a kink

Place = int | tuple[int, int]
"""What is moved: an entry of P, or of an example its input unit, which counts over all inputs."""


class LossAlong:
    """The loss as a function of one weight or input, in one kind of number. `scale` is Σ|v·∂L/∂v| over all values v of
    the pass: a rounding of each by ε moves L by up to ε·scale. `underflow` is how far L moves if every number of the
    pass does by the least float64, `adjoints` are the |∂L/∂v| of every example."""

    def __init__(
        self,
        laid: Graph,
        arithmetic: Arithmetic,
        scale: float = 0.0,
        underflow: float = 0.0,
        adjoints: Sequence[Sequence[float]] = (),
    ) -> None:
        self.arithmetic = arithmetic
        self.scale, self.underflow, self.adjoints = scale, underflow, adjoints
        self._graph = laid
        self._program = compile_program(layout(laid), arithmetic)
        self.weights = weight_list(laid, arithmetic)
        self.kinked = list(kinked_units(self._program, arithmetic)) if laid.network.has_kinks else []
        examples = range(laid.network.examples)
        self._given = [(inputs(laid, arithmetic, n), target_rows(laid, arithmetic, n)) for n in examples]
        self._exact = self.weights  # which may be replaced for a while
        self._place: Place | None = None
        self._held: dict[Any, list[list[Any]]] = {}  # by the value there, None where it is its own

    def value(self, place: Place) -> Any:
        """What stands there."""
        return self.weights[place] if isinstance(place, int) else self._given[place[0]][0][place[1]]

    def at(self, place: Place, value: Any) -> Any:
        """L with another value there. Raises DomainError, OverflowError, LimitError."""
        passes = zip(self.passes(place, value), self._given)
        total = sum(loss_value(self._program.ends, values, targets) for values, (_, targets) in passes)
        return total / self._graph.reduction

    def passes(self, place: Place, value: Any) -> list[list[Any]]:
        """All values of every example with another value there. Raises what `at` does. In many digits those of one
        place are computed once, as steps begin where others do, and those where nothing is moved once for all."""
        if isinstance(value, float) or value.__hash__ is None or self.weights is not self._exact:
            return self._computed(place, value)
        if place != self._place:
            self._place, self._held = place, {at: held for at, held in self._held.items() if at is None}
        key = None if value == self.value(place) else value
        if key not in self._held:
            self._held[key] = self._computed(place, value)
        return self._held[key]

    def _computed(self, place: Place, value: Any) -> list[list[Any]]:
        weights, found = list(self.weights), list[list[Any]]()
        if isinstance(place, int):
            weights[place] = value
        for number, (given, _) in enumerate(self._given):
            if isinstance(place, tuple) and place[0] == number:
                given = [*given[: place[1]], value, *given[place[1] + 1 :]]
            found.append(forward(self._program, weights, given, self.arithmetic.number(1)))
        return found

    def activated(self) -> Iterator[tuple[Activation, Sequence[int], Sequence[int]]]:
        """Every activation with the places of its preactivations among the values, and those of its outputs."""
        units = self._program.layout.units
        for number, node in enumerate(self._graph.nodes):
            if isinstance(node, ActivationNode):
                yield node.activation, units(node.arcs[0].tail), units(number)

    def meets_kink(self, place: Place, step: Any) -> bool:
        """Whether a unit that a step moves stands on a kink of its activation, its join or the loss."""
        p = self.value(place)
        pairs = zip(self.arguments(self.passes(place, p)), self.arguments(self.passes(place, p + step)))
        return any(here != there and on_kink(piece(here)) for (piece, here), (_, there) in pairs)

    def crosses_kink(self, here: Sequence[Sequence[Any]], there: Sequence[Sequence[Any]]) -> bool:
        """Whether a unit that stands on no kink is on another piece in other passes of all examples."""
        pairs = zip(self.pieces(here), self.pieces(there))
        return any(old != new and len(old) == 1 for before, after in pairs for old, new in zip(before, after))

    def pieces(self, passes: Sequence[Sequence[Any]]) -> list[Piece]:
        """The pieces that all units with kinks are on, in all examples."""
        return [piece(numbers) for piece, numbers in self.arguments(passes)]

    def own_pieces(self) -> list[Piece]:
        """Those where nothing is moved."""
        return self.pieces(
            [forward(self._program, self.weights, given, self.arithmetic.number(1)) for given, _ in self._given]
        )

    def arguments(
        self, passes: Sequence[Sequence[Any]]
    ) -> Iterator[tuple[Callable[[Sequence[Any]], Piece], list[Any]]]:
        """What tells the piece of each unit with kinks, and what from, in all examples."""
        for values, (_, targets) in zip(passes, self._given):
            for units in self.kinked:
                yield from ((units.piece, numbers) for numbers in units.arguments(values, targets))

    def computed(self, values: Sequence[Any]) -> Sequence[Any]:
        """Of all values those that are computed."""
        return values[1 + len(self._given[0][0]) :]


Moves = Callable[[Sequence[Any], Sequence[Any]], float]
"""How far one example is moved from these values to those: 1 is as far as may be."""


def curve_moves(loss: LossAlong) -> Moves:
    """By the preactivations, over a radius of each, and by what the functions of a formula are taken of."""
    activated = [(activation, places, formula_arguments(activation)) for activation, places, _ in loss.activated()]

    def moves(here: Sequence[Any], there: Sequence[Any]) -> float:
        most = 0.0
        for activation, places, arguments in activated:
            largest = max(abs(here[place]) for place in places)
            for old, new in ((here[place], there[place]) for place in places):
                most = max(most, abs(new - old) / radius(activation, old, largest))
                if arguments is not None:
                    pairs = zip(arguments(old), arguments(new))
                    most = max([most, *(abs(other - own) / RADIUS for own, other in pairs)])
        return most

    return moves


def radius(activation: Activation, z: float, largest: float) -> float:
    """How far z may be moved: of a norm by a part of the layer's largest one."""
    if activation.couples and "norm" in activation.name:
        return PART * largest or RADIUS
    return max(RADIUS, PART * abs(z)) if activation.rational else RADIUS


def formula_arguments(activation: Activation) -> Callable[[float], list[float]] | None:
    """From z to all that the functions of a formula are taken of; None of an activation with a name."""
    if activation.name != "formula":
        return None
    from gradcalc.expressions.compiled import evaluate
    from gradcalc.expressions.parser import parse

    tree = parse(activation.formula, ("x",))

    def arguments(z: float) -> list[float]:
        recorded = RecordedFunctions()
        evaluate(tree, recorded, x=z)
        return recorded.arguments

    return arguments


class RecordedFunctions:
    """The functions of float64, with what they were asked of."""

    def __init__(self) -> None:
        self.arguments: list[float] = []

    def __getattr__(self, name: str) -> Any:
        function = getattr(float_functions, name)
        return partial(self._asked, function) if callable(function) and name != "number" else function

    def _asked(self, function: Callable[..., float], *given: Any) -> float:
        self.arguments += (x for x in given if isinstance(x, float))
        return function(*given)


def value_moves(loss: LossAlong) -> Moves:
    """By every value relatively, and of a 0 by itself: none is moved over a kink that it does not stand on."""

    def moves(here: Sequence[Any], there: Sequence[Any]) -> float:
        pairs = zip(loss.computed(here), loss.computed(there))
        return float(max((abs(new - old) / (SHORT * (abs(old) or 1)) for old, new in pairs if new != old), default=0))

    return moves


def local_step(loss: LossAlong, place: Place, step: Any, moves: Moves) -> Any:
    """A step, or one so much shorter that no example is moved too far, and no unit over a kink; None where none is
    found."""
    p = loss.value(place)
    here = loss.passes(place, p)
    for _ in range(MOST_SHORTER):
        too_far = MOST_TIMES
        try:
            sides = [loss.passes(place, side) for side in (p - step, p + step)]
            far = [moves(old, new) for there in sides for old, new in zip(here, there)]
            too_far = max(far) if all(map(isfinite, far)) else MOST_TIMES
            if too_far <= 1 and any(loss.crosses_kink(here, there) for there in sides):
                too_far = OFF_KINK
        except (DomainError, OverflowError, LimitError, ZeroDivisionError):
            pass  # outside of a domain, or of the range
        if too_far <= 1:
            return step
        step /= min(max(too_far, 2.0), MOST_TIMES)
    return None
