"""The gradients that a check compares, each with how far rounding alone may have led it off, and any float64 pass like
the engine's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from math import floor, inf, isfinite, log10
from random import Random
from typing import Any, NamedTuple

from gradcalc.analysis.loss_along import Place
from gradcalc.analysis.lost_derivatives import lost_derivatives
from gradcalc.analysis.numerical_derivatives import ROUNDING, TURNS
from gradcalc.analysis.point import Point, point
from gradcalc.analysis.rounded_gradients import relative_difference, with_more_digits
from gradcalc.analysis.scalar_path_sums import unit_linear
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.network import NO_CONSTANTS, Network, entries, entry_name, numbers, unit_name
from gradcalc.semirings.accumulate import Magnitude, ReverseSweep

UNITS = (3.0, 6.0)  # in their last places, by which numbers are moved to see what rounding does
TOLD = 1e-9  # a relative difference from which on it is told


class Entry(NamedTuple):
    """What is checked: its gradient, and how far rounding alone may have led it, and any float64 pass like it, off."""

    place: Place
    name: str
    exact: Any
    rounding: float
    on_kinks: bool = False  # whether it moves units that stand on kinks

    @property
    def ours(self) -> float:
        """As a float64."""
        return float(self.exact)

    @property
    def in_range(self) -> bool:
        """Whether it is 0, or a float64 with all its digits."""
        return not self.exact or Double.is_normal(self.ours)


def amplified(at: Point) -> float:
    """How much of ∂L/∂ an output changes, at most, as float64 rounds the output in its last place: much where the loss
    takes 1 − y and y is nearly 1. Nothing where the loss is one with the activation, as that takes z."""
    network, most = at.graph.network, 0.0
    for end, target in at.graph.ends() if at.arithmetic.name == "float64" else ():
        if target is None or at.graph.fused_loss(end) is not None:
            continue
        for ys, ts in zip(at.output(at.graph.nodes[end].of), network.targets[target].rows):
            here, moved = network.loss.derivatives(ys, ts), list[Sequence[float]]()
            for by in (1 - ROUNDING, 1 + ROUNDING):
                with suppress(DomainError, OverflowError):
                    moved.append(network.loss.derivatives([y * by for y in ys], ts))
            changes = [abs(other - own) for near in moved for own, other in zip(here, near)]
            if any(here):
                most = max(most, max(changes, default=inf) / max(map(abs, here)))
    return min(most, 1.0)


def checked_gradients(at: Point, units: ScalarPoint, off: float) -> Iterator[Entry]:
    """Those of all weights, entry by entry, and of the inputs where there are none.

    The rounding of each is how far it changes with all weights and inputs by some units in their last places, and at
    least what rounding of each z does to σ′ on each of its paths, and what these are `off` at the loss."""
    linear, seed = unit_linear(units), abs(at.arithmetic.seed(at.graph.reduction))
    size, others = Magnitude(at.arithmetic.number(0)), [gradients_of(one) for one in moved_points(at.graph.network)]
    sweeps = [ReverseSweep(linear.dag, example.edges, seed, size) for example in units.examples]
    off += ROUNDING * steepness(at)
    for (place, name, own), *near in zip(gradients_of(at), *others):
        if isinstance(place, int):
            paths = float(sum(sweep.of(linear.weight(place)) for sweep in sweeps))
        else:
            paths = float(sweeps[place[0]].of(1 + place[1]))
        rounding = max((abs(float(other) - float(own)) for _, _, other in near), default=0.0)
        yield Entry(place, name, own, off * paths + rounding)


def rounded_to_0(at: Point) -> set[str]:
    """The gradients that are 0 only because an output rounds to its target: more digits show that they are not."""
    network = at.graph.network
    if not (lost := lost_derivatives(network, at.arithmetic.name)):
        return set()
    fine = point(network, max(one.dps for one in lost))
    return {name for (_, name, own), (*_, exact) in zip(gradients_of(at), gradients_of(fine)) if not own and exact}


class RoundedEntry(NamedTuple):
    """A gradient of which so few digits are right in float64, and what it is with `dps` digits: None where it is 0 to
    as many, and they to leave less of it than the others."""

    name: str
    ours: float
    exact: Any
    dps: int
    digits: float


def rounded_entries(at: Point) -> Iterator[RoundedEntry]:
    """The gradients of a network of plain numbers that are others with more digits."""
    fine = with_more_digits(at, lambda near: [value for *_, value in gradients_of(near)])
    for (_, name, value), finer in zip(gradients_of(at), fine):
        ours = float(value)
        if finer.dps and isfinite(ours) and (off := relative_difference(ours, finer.exact)):
            yield RoundedEntry(name, ours, finer.exact, finer.dps, max(floor(-10 * log10(off)) / 10, 0.0))


def steepness(at: Point) -> float:
    """By how many units in its last place σ′ changes at most, as z is rounded in its last place: 2|z| of those
    that fall like e^−2|z|, as tanh′; at least 1."""
    network, first = at.graph.network, len(at.graph.network.inputs)
    curved = [number for number, layer in enumerate(network.layers, first) if not layer.activation.rational]
    sizes = (abs(float(z)) for number in curved for zs in at.preactivation(number) for z in zs)
    return min(max([1.0, *(2 * size for size in sizes)]), 1 / ROUNDING)


def gradients_of(at: Point) -> list[tuple[Any, str, Any]]:
    """Where each stands, its name and the gradient: of the weights, entry by entry, and where there are none of the
    inputs in every example."""
    network, found, start = at.graph.network, list[tuple[Any, str, Any]](), 0
    with at.arithmetic.context():
        for number, one in enumerate(network.parameters):
            names = (entry_name(one, index) for index, _ in entries(one.value))
            found += zip(count(len(found) + 1), names, numbers(at.gradient(number)))
    for number, node in enumerate(network.inputs if not network.parameters else ()):
        for example, row in enumerate(at.adjoint(number)):
            for unit, value in enumerate(row):
                name = unit_name(node.name, unit, node.width) + f" (example {example})" * network.batch
                found.append(((example, start + unit), name, value))
        start += node.width
    return found


def moved_points(network: Network) -> Iterator[Point]:
    """The network with all weights, inputs and targets a few units in their last places away, up or down, where it has
    a value there: a target's tell what rounding of the output does."""
    random = Random(2)

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return list(map(moved, value))
        return value * (1 + random.choice((-1, 1)) * random.uniform(*UNITS) * ROUNDING)

    for _ in range(TURNS - 1):
        parameters = tuple(one._replace(value=moved(one.value), exact=NO_CONSTANTS) for one in network.parameters)
        inputs = tuple(one._replace(rows=moved(one.rows), exact=NO_CONSTANTS) for one in network.inputs)
        targets = tuple(one._replace(rows=moved(one.rows), exact=NO_CONSTANTS) for one in network.targets)
        with suppress(DomainError, LimitError):
            yield point(network._replace(parameters=parameters, inputs=inputs, targets=targets))
