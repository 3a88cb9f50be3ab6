"""Is the derivation right? Closed form and sum of terms against the engine, at the network's point and at random ones.

The derivation is checked as it is printed: the formula by its definitions, the terms by their own products. A
disagreement is an error of gradcalc's, and no derivation is shown then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from math import inf
from typing import Any

from gradcalc.analysis.point import point
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import ScalarPoint, compiled, point_at, weight_list
from gradcalc.errors import DomainError, GradcalcError, LimitError
from gradcalc.network.network import Network, Value
from gradcalc.records import Record

Number = Any
TOLERANCE = 1e-9
OTHER_POINTS, ATTEMPTS = 5, 40
DIGITS = 50
PRECISE = f"{DIGITS} decimal digits"
NEGLIGIBLE = 1e-40
Pairs = Iterable[tuple[Sequence[Number], Sequence[Number]]]
ErrorsAt = Callable[[Any], Pairs]
"""What the derivation gives at a point, and what backpropagation does, entry by entry."""


class Certificate(Record):
    """The largest relative error that was measured, and at how many points."""

    relative_error: float
    points: int


class Disagreement(GradcalcError):
    """A derivation that does not give what the engine gives: a mistake of gradcalc's; exit status 70."""

    status = 70


def certify(points: Points, errors_at: ErrorsAt) -> Certificate:
    """The largest of the errors at all points.

    An error beyond the tolerance is measured again with 50 digits: where numbers nearly cancel, doubles cannot tell.
    Raises Disagreement where it is large then too.
    """
    errors: list[float] = []
    for number, at in enumerate(points.all):
        try:
            error = _worst(errors_at, at)
        except DomainError:  # a 0 in a formula may have underflowed
            error = inf
        if not error <= TOLERANCE:
            error = _worst(errors_at, points.precise(number))
        if not error <= TOLERANCE:
            raise Disagreement(f"the derivation and the engine differ by {error:.1e}, relatively")
        errors.append(error)
    return Certificate(max(errors), len(errors))


def _worst(errors_at: ErrorsAt, at: Any) -> float:
    with at.arithmetic.context():
        return max(relative(at, got, wanted) for got, wanted in errors_at(at))


def relative(at: Any, got: Sequence[Number], wanted: Sequence[Number]) -> float:
    """max |got − wanted| over max |wanted|. Of 50 digits a difference in the last ten is none: a sum whose terms cancel
    to 0 has no relative error."""
    scale = max(map(abs, wanted))
    difference = max(abs(one - other) for one, other in zip(got, wanted))
    if difference == 0 or (at.arithmetic.name == PRECISE and difference < NEGLIGIBLE * size_of(at)):
        return 0.0
    return float(difference / scale) if scale else float("inf")


def size_of(at: Any) -> Number:
    """How large the numbers are that gradients are sums of: the largest value times the largest adjoint."""
    if isinstance(at, ScalarPoint):
        values = max(abs(value) for example in at.examples for value in example.values)
        adjoints = max(abs(adjoint) for example in at.examples for adjoint in example.adjoints)
        return max(values, 1) * max(adjoints, 1)
    nodes = range(len(at.graph.nodes))
    sizes = [max(abs(of(node)).max() for node in nodes) for of in (at.at.values.__getitem__, at.adjoint_of)]
    return max(sizes[0], 1) * max(sizes[1], 1)


class Points:
    """The engine at the network's point and at others, unit by unit or in arrays as the own point is, in doubles where
    these suffice and, on demand, in 50 digits."""

    def __init__(self, own: Any) -> None:
        self.own = own
        self._precise: dict[int, Any] = {}

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

    def precise(self, number: int) -> Any:
        """One of the points again, in 50 digits."""
        if number not in self._precise:
            self._precise[number] = self._again(self.all[number].graph.network)
        return self._precise[number]

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
        return found if found.in_range() else self._again(network)

    def _again(self, network: Network) -> Any:
        if isinstance(self.own, ScalarPoint):
            return units_at(network, DIGITS)
        from gradcalc.arithmetic.multiprecision import Multiprecision
        from gradcalc.engine.array_point import array_point

        arithmetic = Multiprecision(DIGITS)
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
        return value * (1 + next(numbers) / 2) + next(numbers) / 10

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
