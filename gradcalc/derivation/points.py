"""The points that derivations are checked at, the network's own and five others, computed by the engine once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import Any

from gradcalc.engine.scalar_point import Compiled, UnitPoint, compiled, point_at, unit_point, weight_list
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.network import Network, Parameter, Value
from gradcalc.questions.point import in_range, point

OTHERS = 5
ATTEMPTS = 40
DIGITS = 50


class Points:
    """The engine at the network's point and at others, in doubles where these suffice and, on demand, in 50 digits."""

    def __init__(self, own: Any) -> None:
        self.own = own
        self.network = own.graph.network
        self._precise: dict[int, Any] = {}

    @cached_property
    def all(self) -> list[Any]:
        """All points, the own one first; fewer than six where functions have narrow domains."""
        found = [self.own]
        for network in islice(self._others(), ATTEMPTS):
            if len(found) > OTHERS:
                break
            with suppress(DomainError, LimitError):
                found.append(self._computed(network))
        return found

    def precise(self, number: int) -> Any:
        """One of the points again, in 50 digits."""
        if number not in self._precise:
            self._precise[number] = self._again(self.all[number].graph.network)
        return self._precise[number]

    def _others(self) -> Iterator[Network]:
        return random_networks(self.network)

    def _computed(self, network: Network) -> Any:
        topology = self._topology._replace(graph=self._topology.graph._replace(network=network))
        found = point_at(topology, weight_list(topology.graph, topology.arithmetic))
        return found if in_range(found) else units_at(network)

    def _again(self, network: Network) -> Any:
        return units_at(network, DIGITS)

    @cached_property
    def _topology(self) -> Compiled:
        from gradcalc.arithmetic.float64 import Double

        return compiled(self.own.graph, Double)


class ArrayPoints(Points):
    """The same for a network in arrays."""

    def _others(self) -> Iterator[Network]:
        from gradcalc.derivation.layers.arrays import random_networks as in_arrays

        return in_arrays(self.network)

    def _computed(self, network: Network) -> Any:
        from gradcalc.arithmetic.float64 import Double
        from gradcalc.engine.array_point import array_point

        found = array_point(self.own.graph._replace(network=network), Double)
        return found if in_range(found) else self._again(network)

    def _again(self, network: Network) -> Any:
        from gradcalc.arithmetic.multiprecision import Multiprecision
        from gradcalc.engine.array_point import array_point

        arithmetic = Multiprecision(DIGITS)
        with arithmetic.context():
            return array_point(self.own.graph._replace(network=network), arithmetic)


def units_at(network: Network, dps: int | None = None) -> UnitPoint:
    """The network at its point, unit by unit, in the numbers that its range asks for."""
    at = point(network, dps)
    return at if isinstance(at, UnitPoint) else unit_point(at.graph, at.arithmetic)


def random_networks(network: Network) -> Iterator[Network]:
    """The network with other weights and inputs, again and again the same ones."""
    numbers = uniform()
    while True:
        parameters = tuple(_moved(parameter, numbers) for parameter in network.parameters)
        inputs = tuple(given._replace(rows=_shaken(given.rows, numbers), exact={}) for given in network.inputs)
        yield network._replace(parameters=parameters, inputs=inputs)


def uniform() -> Iterator[float]:
    """Pseudo-random numbers from −1 to 1 (the multiplier of Knuth's MMIX); the library's are slow to import."""
    state = 1
    while True:
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        yield state / 2**63 - 1


def _moved(parameter: Parameter, numbers: Iterator[float]) -> Parameter:
    return parameter._replace(value=_shaken(parameter.value, numbers), exact={})


def _shaken(value: Value, numbers: Iterator[float]) -> Value:
    if isinstance(value, (list, tuple)):
        return [_shaken(part, numbers) for part in value]
    return value * (1 + next(numbers) / 2) + next(numbers) / 10
