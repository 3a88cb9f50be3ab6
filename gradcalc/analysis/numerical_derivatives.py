"""Derivatives of a loss by one weight or input from values of the loss alone, each with an estimate of its error.

- central differences, extrapolated to step 0 by Ridders' method (Advances in Engineering Software 4, 1982);
- the complex step Im L(p + ih)/h (Squire & Trapp, SIAM Review 40, 1998);
- central and one-sided differences in 60 decimal digits.
"""

from __future__ import annotations

from math import inf, isfinite
from random import Random
from typing import Any

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.complex_step import STEP, ComplexNumber, plain
from gradcalc.engine.scalar_forward import compile_program, forward, loss_value
from gradcalc.engine.scalar_graph import layout
from gradcalc.engine.scalar_point import inputs, target_rows, weight_list
from gradcalc.errors import DomainError
from gradcalc.network.graph import Graph

DIGITS, SMALL_STEP, SMALLER_STEP = 60, "1e-20", "1e-25"
ROUNDING = 2.220446049250313e-16
FIRST_STEP, SHRINKS, ROWS = 0.05, 1.6, 12  # Ridders': steps h, h/1.6, h/1.6², …
WITHIN = (1 / 20, 1 / 32)  # steps of two more differences where steps above are longer than the number itself
ABOVE_ROUNDING = 100.0  # times what rounding does to a difference quotient, from which on that of two is looked at
STEADY = 1.25  # times what a smooth L lets one expect, from which on something is found that is not
NEAR = 1e-8  # relative steps over which L changes along a straight line, as far as float64 can tell
SAME_SIDE = 1e-8  # how far one-sided derivatives may be apart, relatively, where there is no kink
SETTLED = 1e-3  # how far a one-sided derivative may change, relatively, with a finer step
TURNS = 4  # times that weights are moved by some units in their last places

Place = int | tuple[int, int]
"""What is moved: an entry of P, or of an example its input unit, which counts over all inputs."""


class LossAlong:
    """The loss as a function of one weight or input, in one kind of number. `scale` is Σ|v·∂L/∂v| over all values v of
    the pass: a rounding of each by ε moves L by up to ε·scale."""

    def __init__(self, laid: Graph, arithmetic: Arithmetic, scale: float) -> None:
        self.arithmetic = arithmetic
        self.scale = scale
        self._graph = laid
        self._program = compile_program(layout(laid), arithmetic)
        self.weights = weight_list(laid, arithmetic)
        examples = range(laid.network.examples)
        self._given = [(inputs(laid, arithmetic, n), target_rows(laid, arithmetic, n)) for n in examples]

    def value(self, place: Place) -> Any:
        """What stands there."""
        return self.weights[place] if isinstance(place, int) else self._given[place[0]][0][place[1]]

    def at(self, place: Place, value: Any) -> Any:
        """L with another value there. Raises DomainError, OverflowError, LimitError."""
        weights, total = list(self.weights), 0
        if isinstance(place, int):
            weights[place] = value
        for number, (given, targets) in enumerate(self._given):
            if isinstance(place, tuple) and place[0] == number:
                given = [*given[: place[1]], value, *given[place[1] + 1 :]]
            values = forward(self._program, weights, given, self.arithmetic.number(1))
            total = total + loss_value(self._program.ends, values, targets)
        return total / self._graph.reduction


Found = tuple[float, float] | None
"""A derivative and an estimate of its error; None where the method gives none."""


def differences(loss: LossAlong, place: Place) -> Found:
    """Ridders' method: central differences for ever smaller steps, extrapolated by Neville's scheme in h²; the entry of
    the table with the least estimate, which no rounding of L is below. Where the derivatives on the two sides do not
    come nearer to each other with the step there is a kink within it, which no central difference sees."""
    p = loss.value(place)
    h, table, plain_errors = FIRST_STEP * max(abs(p), 1.0), list[list[float]](), list[tuple[float, float]]()
    best, least, noise = 0.0, inf, max(roundoff(loss, place), ROUNDING * loss.scale)
    here, jumps = loss.at(place, p), list[float]()
    for _ in range(ROWS):
        above, below = p + h, p - h
        try:
            high, low = loss.at(place, above), loss.at(place, below)
        except (DomainError, OverflowError):
            h /= SHRINKS
            continue
        rounding = noise / h
        table.append([(high - low) / (above - below)])
        if (jump := abs((high - here) - (here - low)) / h) > ABOVE_ROUNDING * rounding:
            jumps.append(jump)
        factor = SHRINKS * SHRINKS
        for column in range(1, len(table)):
            before = table[-2][column - 1]
            table[-1].append((factor * table[-1][column - 1] - before) / (factor - 1))
            factor *= SHRINKS * SHRINKS
            estimate = max(abs(table[-1][column] - table[-1][column - 1]), abs(table[-1][column] - before))
            if estimate + rounding < least:
                best, least = table[-1][column], estimate + rounding
        if len(table) > 1:  # a difference itself is off by about what the first extrapolation changes
            plain_errors.append((table[-1][0], STEADY * abs(table[-1][1] - table[-1][0]) + rounding))
        h /= SHRINKS
    nearer = within(loss, place, noise) if 0 < abs(p) < FIRST_STEP else []
    gap = max((abs(found - best) - error for found, error in plain_errors + nearer), default=0.0)  # the table misled
    if len(jumps) > 1 and jumps[-1] * SHRINKS > STEADY * jumps[-2]:
        gap = max(gap, jumps[-1])
    return (best, max(least, gap)) if isfinite(best) and isfinite(least) else None


def within(loss: LossAlong, place: Place, noise: float) -> list[tuple[float, float]]:
    """A central difference of steps shorter than the number itself, with its error, where L has values there: L may be
    as good as straight over all longer steps, and have another derivative at the number, as behind a norm."""
    p, found = loss.value(place), list[float]()
    try:
        for part in WITHIN:
            above, below = p * (1 + part), p * (1 - part)
            found.append((loss.at(place, above) - loss.at(place, below)) / (above - below))
    except (DomainError, OverflowError, ZeroDivisionError):
        return []
    changes = abs(found[1] - found[0]) / ((WITHIN[0] / WITHIN[1]) ** 2 - 1)
    return [(found[1], STEADY * changes + noise / abs(p * WITHIN[1]))]


def roundoff(loss: LossAlong, place: Place) -> float:
    """How far L is off by rounding: fourth differences at points so near that L itself changes by nothing else
    (Hamming 1973); at least a unit in its last place."""
    p = loss.value(place)
    try:
        values = [loss.at(place, p + n * NEAR * max(abs(p), 1.0)) for n in range(9)]
    except (DomainError, OverflowError):
        return inf
    least = ROUNDING * max(map(abs, values))
    for _ in range(4):
        values = [after - before for before, after in zip(values, values[1:])]
    return float(max(least, *map(abs, values)))


def complex_step(loss: LossAlong, place: Place) -> Found:
    """Im L(p + ih)/h; off by as much as it changes with all weights by some units in their last places."""
    exact, found, random = loss.weights, list[float](), Random(1)
    for turn in range(TURNS):
        off = (random.choice((-4, 4)) * ROUNDING * (turn > 0) for _ in exact)
        loss.weights = [x * (1 + by) for x, by in zip(exact, off)]
        p = plain(loss.value(place))
        found.append(plain(loss.at(place, ComplexNumber(p + 1j * STEP))).imag / STEP)
    loss.weights = exact
    changes = max(abs(other - found[0]) for other in found)
    return found[0], 1e-13 * abs(found[0]) + changes + ROUNDING**2 * loss.scale / max(abs(p.real), 1.0)


def differences_in_digits(loss: LossAlong, place: Place) -> Found:
    """Central differences of a step so small that nothing of higher order is left, in so many digits that nothing
    cancels that matters. Where the second derivative is not 0 beside it, or jumps, it may be off by what a still
    smaller step changes."""
    below, above = one_sided_quotients(loss, place, SMALL_STEP)
    found, changes = (below + above) / 2, 0
    if abs(above - below) > 1e-15 * abs(found):
        changes = abs(found - sum(one_sided_quotients(loss, place, SMALLER_STEP)) / 2)
    rounding = float(10.0**-DIGITS / (float(SMALL_STEP) * max(abs(loss.value(place)), 1))) * loss.scale
    return float(found), 1e-15 * abs(float(found)) + float(changes) + rounding


def one_sided(loss: LossAlong, place: Place) -> tuple[float, float] | None:
    """The derivatives from below and from above, in many digits; None where they are one: their difference then goes
    to 0 with the step; and where they do not settle, as of sin(10³⁰⁸·x)."""
    below, above = one_sided_quotients(loss, place, SMALL_STEP)
    nearer_below, nearer_above = one_sided_quotients(loss, place, SMALLER_STEP)
    jump, nearer, size = abs(above - below), abs(nearer_above - nearer_below), max(abs(below), abs(above))
    settled = max(abs(nearer_below - below), abs(nearer_above - above)) <= SETTLED * size
    is_kink = nearer > SAME_SIDE * size and 2 * nearer > jump and settled
    return (float(below), float(above)) if is_kink else None


def one_sided_quotients(loss: LossAlong, place: Place, step: str) -> tuple[Any, Any]:
    """The difference quotients of L from below and from above, of a step relative to the number, or to 1."""
    p, here = loss.value(place), loss.at(place, loss.value(place))
    h = p.context.mpf(step) * max(abs(p), 1)
    return (here - loss.at(place, p - h)) / h, (loss.at(place, p + h) - here) / h
