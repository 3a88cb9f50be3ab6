"""Is the derivation right? Closed form and sum of terms against the engine, at the network's point and at random ones.

The derivation is checked as it is printed: the formula by its definitions, the terms by their own products. Doubles
decide where both sides agree in them. Elsewhere more and more digits do, until both sides agree, or both are steady and
differ: that is an error of gradcalc's, and no derivation is shown then. Where rounding is amplified beyond the most
digits, as by the sine of a number that has none of its own left, nothing was compared, and the certificate says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, partial
from itertools import islice
from math import ceil, inf, isfinite
from typing import Any

from gradcalc.analysis.point import point
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import ScalarPoint, compiled, point_at, weight_list
from gradcalc.errors import DomainError, GradcalcError, LimitError
from gradcalc.network.network import Network, Value, numbers
from gradcalc.records import Record

Number = Any
TOLERANCE = 1e-9
OTHER_POINTS, ATTEMPTS = 5, 40
DIGITS = (50, 100, 300, 1000)
VANISHING = 1e-30
"""Of more digits a difference that is nothing but rounding is smaller by more than that: the sum cancels to 0."""
STEADY = 0.1
Pairs = Iterable[tuple[Sequence[Number], Sequence[Number]]]
ErrorsAt = Callable[[Any], Pairs]
"""What the derivation gives at a point, and what backpropagation does, entry by entry."""


class Certificate(Record):
    """The largest relative error that was measured, at how many points, and at how many it could not be, the network's
    own among them unless it is `here`. None where it could at no point."""

    relative_error: float | None
    points: int
    unresolved: int = 0
    here: bool = True


class Disagreement(GradcalcError):
    """A derivation that does not give what the engine gives: a mistake of gradcalc's; exit status 70."""

    status = 70


def certify(points: Points, errors_at: ErrorsAt) -> Certificate:
    """The largest of the errors at all points. Raises Disagreement where the derivation is wrong at one."""
    errors = [_error(points, number, errors_at) for number in range(len(points.all))]
    known = [error for error in errors if error is not None]
    return Certificate(max(known, default=None), len(known), len(errors) - len(known), errors[0] is not None)


class Compared(Record):
    """Entries of the derivation beside those of the engine: the largest difference, absolutely and relatively."""

    got: Sequence[Number]
    wanted: Sequence[Number]
    difference: Number
    error: float

    @property
    def is_close(self) -> bool:
        """Whether they agree; of infinities nobody knows."""
        return self.error <= TOLERANCE


def _error(points: Points, number: int, errors_at: ErrorsAt) -> float | None:
    """The largest error at a point, with as many digits as it takes to be small or to be certain; None where no number
    of digits is enough."""
    found = _compared(errors_at, lambda: points.all[number])
    if found is not None and all(one.is_close for one in found):
        return _largest(found)
    before: list[Compared] | None = None
    for digits in points.digits_at(number):
        found = _compared(errors_at, partial(points.precise, number, digits))
        far = [n for n, one in enumerate(found or ()) if not one.is_close]
        if found is not None and not far:
            return _largest(found)
        if found is not None and before is not None:
            if all(found[n].difference <= VANISHING * before[n].difference for n in far):
                return _largest([one for one in found if one.is_close])
            lost = cancelling(points.precise(number, digits))
            shown = [n for n in far if found[n].difference * 10 ** (digits - lost) > 1]
            steady = [n for n in shown if _is_steady(before[n], found[n])]
            if _is_certain(steady, found, points, number, digits, errors_at):
                raise Disagreement(f"the derivation and the engine differ by {_largest(found):.1e}, relatively")
        before = found
    points.unresolved.add(number)
    return None


def _is_certain(
    steady: Sequence[int], found: Sequence[Compared], points: Points, number: int, digits: int, errors_at: ErrorsAt
) -> bool:
    """Whether any of those that are far apart, and were so in fewer digits, stays so where numbers are off by one."""
    for sign in (1, -1):
        other = _compared(errors_at, partial(points.blurred, number, digits, sign)) if steady else None
        steady = [n for n in steady if other is not None and _is_steady(other[n], found[n])]
    return bool(steady)


def cancelling(at: Any) -> int:
    """How many digits before the point may cancel: those of the largest value or target times the largest weight times
    the largest adjoint, each if it is above 1."""
    network, number = at.graph.network, at.arithmetic.number
    nodes, layers = range(len(network.nodes)), range(len(network.inputs), len(network.nodes))
    values = [*map(at.values, range(len(at.graph.nodes))), *(one.rows for one in network.targets)]
    adjoints = [*map(at.adjoint, nodes), *map(at.delta, layers)]
    found = 0.0
    with at.arithmetic.context():
        for kind in (values, [one.value for one in network.parameters], adjoints):
            sizes = (at.arithmetic.log10(number(x)) for part in kind for x in numbers(part))
            found += max([0.0, *filter(None, sizes)])
    return ceil(found)


def _compared(errors_at: ErrorsAt, point_: Callable[[], Any]) -> list[Compared] | None:
    """What is to be compared at a point; None where too few digits lead out of a domain, or of the range."""
    try:
        at = point_()
        with at.arithmetic.context():
            return [_compare(got, wanted) for got, wanted in errors_at(at)]
    except (DomainError, LimitError):
        return None


def _compare(got: Sequence[Number], wanted: Sequence[Number]) -> Compared:
    difference, scale = _distance(got, wanted), max(map(abs, wanted))
    error = float(difference / scale) if difference and scale else 0.0 if difference == 0 else inf
    return Compared(got, wanted, difference, error)


def _largest(found: Iterable[Compared]) -> float:
    return max((one.error for one in found), default=0.0)


def _distance(one: Sequence[Number], other: Sequence[Number]) -> Number:
    return max(abs(a - b) for a, b in zip(one, other))


def _is_steady(other: Compared, now: Compared) -> bool:
    """Whether both sides are what they were otherwise, beside how far they are apart."""
    most = STEADY * now.difference
    return bool(_distance(other.got, now.got) <= most and _distance(other.wanted, now.wanted) <= most)


class Points:
    """The engine at the network's point and at others, unit by unit or in arrays as the own point is, in doubles where
    these suffice and, on demand, in 50 digits."""

    def __init__(self, own: Any) -> None:
        self.own = own
        self.unresolved = set[int]()  # where most digits have been too few for one gradient, they are for others
        self._precise: dict[tuple[int, int], Any] = {}

    @cached_property
    def all(self) -> list[Any]:
        """All points, the own one first; fewer than six where functions have narrow domains."""
        found, shaken = [self.own], None
        if not isinstance(self.own, ScalarPoint):
            from gradcalc.derivation.arrays import shaken_arrays

            shaken = shaken_arrays()
        for network in islice(random_networks(self.own.graph.network, shaken), ATTEMPTS):
            if len(found) > OTHER_POINTS:
                break
            with suppress(DomainError, LimitError):
                found.append(self._computed(network))
        return found

    def digits_at(self, number: int) -> list[int]:
        """The digits to compare in at a point, more and more: beyond those that are asked for, which tell no more."""
        asked = getattr(self.own.arithmetic, "digits", 0)
        return [asked + more for more in (DIGITS[:2] if number in self.unresolved else DIGITS)]

    def precise(self, number: int, digits: int) -> Any:
        """One of the points again, in so many digits."""
        if (number, digits) not in self._precise:
            self._precise[number, digits] = self._again(self.all[number].graph.network, digits)
        return self._precise[number, digits]

    def blurred(self, number: int, digits: int, sign: int) -> Any:
        """The same to a derivation whose numbers are off by a last digit, up or down."""
        from gradcalc.arithmetic.multiprecision import Blurred

        return self.precise(number, digits)._replace(arithmetic=Blurred(digits, sign))

    def _computed(self, network: Network) -> Any:
        if isinstance(self.own, ScalarPoint):
            topology = self._topology._replace(graph=self._topology.graph._replace(network=network))
            with suppress(DomainError):  # a 0 may have underflowed
                found: Any = point_at(topology, weight_list(topology.graph, topology.arithmetic))
                if found.in_range():
                    return found
            return units_at(network)
        from gradcalc.engine.array_point import array_point

        found = array_point(self.own.graph._replace(network=network), Double)
        return found if found.in_range() else self._again(network, DIGITS[0])

    def _again(self, network: Network, digits: int) -> Any:
        if isinstance(self.own, ScalarPoint):
            return units_at(network, digits)
        from gradcalc.arithmetic.multiprecision import Multiprecision
        from gradcalc.engine.array_point import array_point

        arithmetic = Multiprecision(digits)
        with arithmetic.context():
            return array_point(self.own.graph._replace(network=network), arithmetic)

    @cached_property
    def _topology(self) -> ScalarPoint:
        return compiled(self.own.graph, Double)


def units_at(network: Network, dps: int | None = None) -> ScalarPoint:
    """The network at its point, unit by unit, in the numbers that its range asks for."""
    return unit_point(point(network, dps))


def random_networks(network: Network, shaken: Callable[[Value], Any] | None = None) -> Iterator[Network]:
    """The network with other weights and inputs, again and again the same ones: `shaken` moves their values."""
    numbers = uniform()

    def moved(value: Value) -> Value:
        if isinstance(value, (list, tuple)):
            return [moved(part) for part in value]
        other = value * (1 + next(numbers) / 2) + next(numbers) / 10
        return other if isfinite(other) else value

    shaken = shaken or moved
    while True:
        parameters = tuple(one._replace(value=shaken(one.value), exact={}) for one in network.parameters)
        inputs = tuple(given._replace(rows=shaken(given.rows), exact={}) for given in network.inputs)
        yield network._replace(parameters=parameters, inputs=inputs)


def uniform() -> Iterator[float]:
    """Pseudo-random numbers from −1 to 1 (the multiplier of Knuth's MMIX); the library's are slow to import."""
    state = 1
    while True:
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        yield state / 2**63 - 1
