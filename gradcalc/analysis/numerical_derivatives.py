"""Derivatives of a loss by one weight or input from values of the loss alone, each with an estimate of its error.

- central differences, extrapolated to step 0 by Ridders' method (Advances in Engineering Software 4, 1982);
- the complex step Im L(p + ih)/h (Squire & Trapp, SIAM Review 40, 1998);
- central and one-sided differences in 60 decimal digits.
"""

from __future__ import annotations

from math import inf, isfinite
from operator import itemgetter
from random import Random
from typing import Any

from gradcalc.analysis.loss_along import LossAlong, Place, curve_moves, local_step, value_moves
from gradcalc.arithmetic.complex_step import STEP, ComplexNumber, plain
from gradcalc.errors import DomainError

DIGITS, SMALL_STEP, FINER = 60, "1e-20", 1e-5
ROUNDING = 2.220446049250313e-16
FIRST_STEP, SHRINKS, ROWS = 0.05, 1.6, 12  # Ridders': steps h, h/1.6, h/1.6², …
WITHIN = (1 / 20, 1 / 32)  # steps of two more differences where steps above are longer than the number itself
ABOVE_ROUNDING = 100.0  # times what rounding does to a difference quotient, from which on that of two is looked at
GROWN = 8.0  # times that of L alone that L is off by rounding where it is a square of a difference of products
STEADY = 1.25  # times what a smooth L lets one expect, from which on something is found that is not
NEAR = 1e-8  # relative steps over which L changes along a straight line, as far as float64 can tell
SAME_SIDE = 1e-8  # how far one-sided derivatives may be apart, relatively, where there is no kink
SETTLED = 1e-3  # how far a one-sided derivative may change, relatively, with a finer step
HELD = 1e-45  # of a number, below which 60 digits hold fewer than 15 of a step
RESOLVED = 1e-12  # of a derivative in many digits, above which its estimate is worth another step
TURNS = 4  # times that weights are moved by some units in their last places

Found = tuple[float, float] | None
"""A derivative and an estimate of its error; None where the method gives none."""


def differences(loss: LossAlong, place: Place) -> Found:
    """Ridders' method: central differences for ever smaller steps, extrapolated by Neville's scheme in h²; the entry of
    the table with the least estimate, which no rounding of L is below. Where the derivatives on the two sides do not
    come nearer to each other with the step there is a kink within it, which no central difference sees; where the
    differences do not come nearer to one another, L changes its course within all steps, and there is no estimate."""
    p = loss.value(place)
    h = local_step(loss, place, FIRST_STEP * max(abs(p), 1.0), curve_moves(loss))
    if h is None:
        return None
    table, jumps, plain_errors = Extrapolated(0), Extrapolated(1), list[tuple[float, float]]()
    noise = max(roundoff(loss, place, h / FIRST_STEP), ROUNDING * loss.scale) + loss.underflow
    here, changes = loss.at(place, p), list[float]()
    for _ in range(ROWS):
        above, below = p + h, p - h
        if below == above:
            break
        try:
            high, low = loss.at(place, above), loss.at(place, below)
        except (DomainError, OverflowError):
            h /= SHRINKS
            continue
        grown = max(abs(high), abs(low)) - abs(here)  # whose own rounding is not seen at p
        rounding = (noise + GROWN * ROUNDING * max(grown, 0.0)) / h
        before = table.rows[-1][0] if table.rows else None
        table.add((high - low) / (above - below), rounding)
        jumps.add(((high - here) - (here - low)) / h, rounding)
        if before is not None:
            own, better = table.rows[-1][:2]  # a difference is off by about what the first extrapolation changes
            plain_errors.append((own, STEADY * abs(better - own) + rounding))
            if (change := abs(own - before)) > ABOVE_ROUNDING * rounding:
                changes.append(change)
        h /= SHRINKS
    nearer = within(loss, place, noise) if 0 < abs(p) < FIRST_STEP else []
    misled = (abs(found - table.best) - error for found, error in plain_errors + nearer)
    estimate = max(table.least, abs(jumps.best) + jumps.least, *misled)
    diverges = len(changes) > 1 and changes[-1] * STEADY > changes[-2]
    return None if diverges or not isfinite(estimate) else (table.best, estimate)


class Extrapolated:
    """Neville's scheme: quotients for steps h, h/1.6, h/1.6², … extrapolated to the step 0, in powers of h: the even
    ones from h² on, or with `first` = 1 the odd ones. `best` is the entry of the table with the least estimate of its
    error; rounding of a quotient is part of that."""

    def __init__(self, first: int) -> None:
        self.first = first or 2
        self.rows: list[list[float]] = []
        self.best, self.least = 0.0, inf

    def add(self, quotient: float, rounding: float) -> None:
        """The quotient of the next step, shorter by 1.6."""
        row, factor = [quotient], SHRINKS**self.first
        for before in self.rows[-1] if self.rows else ():
            row.append((factor * row[-1] - before) / (factor - 1))
            estimate = max(abs(row[-1] - row[-2]), abs(row[-1] - before)) + rounding
            if estimate < self.least:
                self.best, self.least = row[-1], estimate
            factor *= SHRINKS**2
        self.rows.append(row)


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


def roundoff(loss: LossAlong, place: Place, reach: float) -> float:
    """How far L is off by rounding: fourth differences at points so near that L itself changes by nothing else
    (Hamming 1973), relative to `reach`; at least a unit in its last place."""
    p = loss.value(place)
    step = max(NEAR * reach, 4 * ROUNDING * abs(p))
    try:
        values = [loss.at(place, p + n * step) for n in range(9)]
    except (DomainError, OverflowError):
        return inf
    least = ROUNDING * max(map(abs, values))
    for _ in range(4):
        values = [after - before for before, after in zip(values, values[1:])]
    return float(max(least, *map(abs, values)))


def complex_step(loss: LossAlong, place: Place) -> Found:
    """Im L(p + ih)/h; off by as much as it changes with all weights by some units in their last places, or with a still
    smaller h, of which a large input makes much, and by what rounding does within the activations."""
    exact, found, random = loss.weights, list[float](), Random(1)
    for turn in range(TURNS):
        off = (random.choice((-4, 4)) * ROUNDING * (turn > 0) for _ in exact)
        loss.weights = [x * (1 + by) for x, by in zip(exact, off)]
        found += (imaginary_quotient(loss, place, h) for h in ((STEP, FINER * STEP) if turn == 0 else (STEP,)))
    loss.weights = exact
    changes = max(abs(other - found[0]) for other in found) + loss.underflow / STEP + within_activations(loss, place)
    size = max(abs(plain(loss.value(place)).real), 1.0)
    return found[0], 1e-13 * abs(found[0]) + changes + ROUNDING**2 * loss.scale / size


def imaginary_quotient(loss: LossAlong, place: Place, h: float) -> float:
    """Im L(p + ih)/h of the weights as they are."""
    return float(plain(loss.at(place, ComplexNumber(plain(loss.value(place)) + 1j * h))).imag / h)


def within_activations(loss: LossAlong, place: Place) -> float:
    """What rounding within activations does to a complex step: of z/(1 + |z|) both parts of the quotient have
    derivatives of about σ(z)/z, and that of the quotient may be far smaller."""
    passes = loss.passes(place, ComplexNumber(plain(loss.value(place)) + 1j * STEP))
    total = 0.0
    for activation, inner, outer in loss.activated():
        for values, adjoints in zip(passes, loss.adjoints) if not activation.couples else ():
            pairs = ((plain(values[z]), plain(values[y]), adjoints[y]) for z, y in zip(inner, outer))
            total += sum(abs(adjoint * (y.real / z.real) * (z.imag / STEP)) for z, y, adjoint in pairs if z.real)
    return ROUNDING * total


def differences_in_digits(loss: LossAlong, place: Place) -> Found:
    """Central differences of a step so small that nothing of higher order is left, in so many digits that nothing
    cancels that matters: relative to the number or to 1, or so that nothing is moved over a kink nearby; the one with
    the least estimate."""
    h = usual_step(loss, place)
    found = [None if is_over_kink(loss, place, h) else smooth_quotient(loss, place, h)]
    if found[0] is None or found[0][1] > RESOLVED * abs(found[0][0]):
        h = short_step(loss, place)
        found += [] if h is None else [smooth_quotient(loss, place, h)]
    return min(filter(None, found), key=itemgetter(1), default=None)


def is_over_kink(loss: LossAlong, place: Place, h: Any) -> bool:
    """Whether a step to one side or the other moves a unit over a kink that it does not stand on."""
    if not loss.kinked:
        return False
    p = loss.value(place)
    here = loss.passes(place, p)
    return any(loss.crosses_kink(here, loss.passes(place, side)) for side in (p - h, p + h))


def smooth_quotient(loss: LossAlong, place: Place, h: Any) -> Found:
    """A central difference in many digits. It may be off by what a still smaller step changes, and there is none where
    that brings the quotients on the two sides no nearer: then L changes its course within the step. Where there may be
    a kink, what is left of the difference of the two sides as the step goes to 0 is its."""
    below, above, size = one_sided_quotients(loss, place, h)
    nearer_below, nearer_above, _ = one_sided_quotients(loss, place, h * FINER)
    found, jump = (below + above) / 2, abs(above - below)
    changes, rounding = abs(found - (nearer_below + nearer_above) / 2), 10.0**-DIGITS * (size + loss.scale) / h
    finest = rounding / FINER + 1e-15 * abs(found)  # what of the smaller step is rounding
    if abs(nearer_above - nearer_below) > SETTLED * jump + finest or changes > jump + finest:
        return None
    kink = abs(nearer_above - nearer_below - FINER * (above - below)) if loss.kinked else 0
    return float(found), float(1e-15 * abs(found) + changes + rounding + kink)


def one_sided(loss: LossAlong, place: Place) -> tuple[float, float] | None:
    """The derivatives from below and from above, in many digits; None where they are one: their difference then goes
    to 0 with the step; and where they do not settle, as of sin(10³⁰⁸·x), or only a step that moves something over a
    kink nearby shows two."""
    h = usual_step(loss, place)
    if not is_over_kink(loss, place, h) and sides_of_kink(loss, place, h) is None:
        return None
    h = short_step(loss, place)
    return None if h is None else sides_of_kink(loss, place, h)


def derivative_at_kink(loss: LossAlong, place: Place, ours: float, rounding: float) -> float | None:
    """The derivative of a loss that is smooth along a number though units that it moves stand on kinks, where that is
    another than that of their conventions, as of relu(x) − relu(−x) at 0, by more than rounding; else None."""
    found = differences_in_digits(loss, place)
    if found is None or abs(found[0] - ours) <= max(SAME_SIDE * abs(found[0]), rounding, found[1] / SETTLED):
        return None
    return found[0]


def sides_of_kink(loss: LossAlong, place: Place, h: Any) -> tuple[float, float] | None:
    """The two derivatives that a step and a still smaller one show; None where they do not."""
    below, above, _ = one_sided_quotients(loss, place, h)
    nearer_below, nearer_above, _ = one_sided_quotients(loss, place, h * FINER)
    jump, nearer, size = abs(above - below), abs(nearer_above - nearer_below), max(abs(below), abs(above))
    settled = max(abs(nearer_below - below), abs(nearer_above - above)) <= SETTLED * size
    is_kink = nearer > SAME_SIDE * size and 2 * nearer > jump and settled
    return (float(below), float(above)) if is_kink else None


def usual_step(loss: LossAlong, place: Place) -> Any:
    """A small step, relative to the number or to 1."""
    p = loss.value(place)
    return p.context.mpf(SMALL_STEP) * max(abs(p), 1)


def short_step(loss: LossAlong, place: Place) -> Any:
    """One so short that it moves nothing over a kink nearby; None where there is none, or the digits of the number do
    not hold it."""
    h = local_step(loss, place, usual_step(loss, place), value_moves(loss))
    return None if h is None or h * FINER < HELD * abs(loss.value(place)) else h


def one_sided_quotients(loss: LossAlong, place: Place, h: Any) -> tuple[Any, Any, Any]:
    """The difference quotients of L from below and from above, and the largest |L| of them."""
    p = loss.value(place)
    low, here, high = (loss.at(place, value) for value in (p - h, p, p + h))
    return (here - low) / h, (high - here) / h, max(map(abs, (low, here, high)))
