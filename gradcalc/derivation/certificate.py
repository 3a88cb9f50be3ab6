"""Is the derivation right? Closed form and sum of terms against the engine, at the network's point and at random ones.

The derivation is checked as it is printed: the formula by its definitions, the terms by their own products. A
disagreement is an error of gradcalc's, and no derivation is shown then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from gradcalc.network import Network, Parameter, Value
from gradcalc.problems import DomainError, LimitError
from gradcalc.record import Record

Number = Any

ErrorAt = Callable[[Network, int | None], float]
"""The relative error at the point of a network, in doubles or with so many digits."""

OTHERS = 5
ATTEMPTS = 40
DIGITS = 50
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


def certify(network: Network, error_at: ErrorAt) -> Certificate:
    """The largest of the errors at the network's point and at five others.

    An error beyond the tolerance is measured again with 50 digits: where numbers nearly cancel, doubles cannot tell.
    Raises Disagreement where it is large then too.
    """
    others = random_networks(network)
    errors = [_error(network, error_at)]
    for _ in range(ATTEMPTS):
        if len(errors) > OTHERS:
            break
        with suppress(DomainError, LimitError):
            errors.append(_error(next(others), error_at))
    return Certificate(max(errors), len(errors))


def _error(network: Network, error_at: ErrorAt) -> float:
    error = error_at(network, None)
    if not error <= TOLERANCE:
        error = error_at(network, DIGITS)
    if not error <= TOLERANCE:
        raise Disagreement(f"the derivation and the engine differ by {error:.1e}, relatively")
    return error


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
