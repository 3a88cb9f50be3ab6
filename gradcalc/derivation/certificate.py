"""Is the derivation right? Closed form and sum of terms against the engine, at the network's point and at random ones.

The derivation is checked as it is printed: the formula by its definitions, the terms by their own products. A
disagreement is an error of gradcalc's, and no derivation is shown then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcalc.graph import Graph, graph
from gradcalc.network import Network, Parameter, Value
from gradcalc.problems import DomainError
from gradcalc.record import Record

Number = Any

OTHERS = 5
ATTEMPTS = 40
TOLERANCE = 1e-9


class Certificate(Record):
    """The largest relative error that was measured, and at how many points."""

    relative_error: float
    points: int


class Disagreement(Exception):
    """A derivation that does not give what the engine gives: a mistake of gradcalc's."""


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


def certify(network: Network, error_at: Callable[[Graph], float | None]) -> Certificate:
    """The largest of the errors at the network's point and at five others, where `error_at` can be computed.

    Raises Disagreement where it is large.
    """
    worst, points = error_at(graph(network)) or 0.0, 1
    others = random_networks(network)
    for _ in range(ATTEMPTS):
        if points > OTHERS:
            break
        try:
            error = error_at(graph(next(others)))
        except DomainError:
            continue
        if error is not None:
            worst, points = max(worst, error), points + 1
    if not worst <= TOLERANCE:
        raise Disagreement(f"the derivation and the engine differ by {worst:.1e}")
    return Certificate(worst, points)


def relative(got: Sequence[Number], wanted: Sequence[Number]) -> float:
    """max |got − wanted| over max |wanted|; where all of those are 0, 0 or infinity."""
    scale = max(map(abs, wanted))
    difference = max(abs(one - other) for one, other in zip(got, wanted))
    if scale == 0:
        return 0.0 if difference == 0 else float("inf")
    return float(difference / scale)


def _moved(parameter: Parameter, numbers: Iterator[float]) -> Parameter:
    return parameter._replace(value=_shaken(parameter.value, numbers), exact={})


def _shaken(value: Value, numbers: Iterator[float]) -> Value:
    if isinstance(value, (list, tuple)):
        return [_shaken(part, numbers) for part in value]
    return value * (1 + next(numbers) / 2) + next(numbers) / 10
