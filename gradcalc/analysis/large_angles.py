"""Preactivations that are too large for their sine or cosine: float64 near 10³⁰⁷ are 10²⁹¹ apart, and a period is 2π.
So it is of exponentials past the range of float64: what z is off by, e^z is relatively.

The derivative there depends on how z is rounded, and so does every gradient that it is a factor of: another arithmetic,
or another order of the same sums, gives others. So it is of a smaller z that is computed from such, or from several
that are large: each takes the digits before its point from those of the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from gradcalc.activations import Activation
from gradcalc.analysis.point import Point, is_narrow, point
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions.decimal_functions import as_mpf
from gradcalc.network.network import MOST_UNITS, Network, numbers, unit_name
from gradcalc.records import Record

PERIODIC = frozenset({"sin", "cos", "tan"})
EXPONENTIAL = frozenset({"exp", "sinh", "cosh", "tanh", "sigmoid", "softplus", "erf"})
FEW = 3  # digits behind the point of an angle that is not told
ENOUGH = 20  # digits behind the point with which angles are computed to compare
DOUBLINGS = 3  # of these digits, until so many and twice as many give the same
LEAST = 3  # digits before the point of an angle that is told
OTHER, SAME = 1e-3, 1e-9  # relative differences from which two derivatives are two, and up to which they are one
MOST_DIGITS = 2_000  # of MOST_UNITS they take a tenth of a second

Place = tuple[int, int, int]
"""A node, an example, a unit."""


class LargeAngle(Record):
    """A unit with such a z in an example; `dps` digits have enough, None where that is not known."""

    unit: str
    activation: str
    z: Any
    dps: int | None
    inherits: bool = False  # z has digits enough, but few that are right: those that it is computed from have not


def large_angles(at: Point) -> list[LargeAngle]:
    """Those of a network at a point, in float64, in extended range, or in decimal digits, the largest first; of a wide
    network, and in formats of fewer bits, none are looked for."""
    network, dps = at.graph.network, decimal_digits(at.arithmetic.name)
    layers = [(n, layer.activation) for n, layer in enumerate(network.layers, len(network.inputs))]
    wavy = [n for n, activation in layers if is_periodic(activation)]
    steep = [n for n, activation in layers if at.arithmetic.name != "float64" and calls(activation, EXPONENTIAL)]
    if not (wavy or steep) or is_low_precision(at.arithmetic.name):
        return []
    own = dps or (19 if at.arithmetic.name == "extended" else 15)
    powers = _powers(at)
    places = [place for n in wavy for place in _large(at, n, own - FEW - sum(powers[:n]))]
    places += [place for n in steep if n not in wavy for place in _large(at, n, LEAST)]
    most = max((int(at.arithmetic.log10(at.preactivation(n)[e][u]) or 0) for n, e, u in places), default=0) + ENOUGH
    units = network.examples * sum(layer.width for layer in network.layers)
    if not places or most > MOST_DIGITS or units > MOST_UNITS or not is_narrow(at.graph):
        return []
    try:
        finest, enough = _finer(network, most, dps or 0)
    except (DomainError, LimitError):
        return []
    off = [place for place in places if _apart(at, finest, place) > OTHER]
    angles = [_angle(at, place, enough, own - FEW if sum(powers[: place[0]]) else 0) for place in off]
    return sorted(angles, key=lambda one: -abs(one.z))


def _finer(network: Network, digits: int, dps: int) -> tuple[Point, int | None]:
    """The network with so many digits that fewer give the same, and those; with the most that are tried, and None."""
    fine = point(network, digits)
    for _ in range(DOUBLINGS + 1):
        finer = point(network, 2 * digits)
        if digits > dps and _agree(fine, finer):
            return finer, digits
        if 2 * digits > MOST_DIGITS:
            break
        digits, fine = 2 * digits, finer
    return finer, None


def _powers(at: Point) -> list[float]:
    """Node by node the most digits before the point of its preactivations, which those after it have less."""
    first = len(at.graph.network.inputs)
    layers = range(first, len(at.graph.network.nodes))
    sizes = ([at.arithmetic.log10(z) or 0.0 for zs in at.preactivation(layer) for z in zs] for layer in layers)
    return [0.0] * first + [max(0.0, *own) for own in sizes]


def _agree(fine: Point, finer: Point) -> bool:
    """Whether all numbers that a page shows are the same to either digits."""
    nodes = range(len(fine.graph.network.nodes))
    layers = range(len(fine.graph.network.inputs), len(fine.graph.network.nodes))
    kinds = [("output", nodes), ("derivative", layers), *([("adjoint", nodes)] if fine.loss is not None else [])]
    for kind, of in kinds:
        for node in of:
            pairs = list(zip(*(list(numbers(getattr(at, kind)(node))) for at in (fine, finer))))
            largest = max(abs(other) for _, other in pairs)
            if any(abs(one - other) > SAME * largest for one, other in pairs):
                return False
    return True


def _angle(at: Point, place: Place, dps: int | None, power: float) -> LargeAngle:
    node, example, unit = place
    layer = at.graph.network.layers[node - len(at.graph.network.inputs)]
    z = at.preactivation(node)[example][unit]
    inherits = (at.arithmetic.log10(z) or 0) < power
    return LargeAngle(unit_name(layer.name, unit, layer.width), layer.activation.text, z, dps, inherits)


def is_periodic(activation: Activation) -> bool:
    """Whether it is a sine or cosine, or a formula that has one."""
    return calls(activation, PERIODIC)


def calls(activation: Activation, functions: Collection[str]) -> bool:
    """Whether one of these stands in its formula, if it has one."""
    from gradcalc.expressions.expression import in_postorder
    from gradcalc.expressions.parser import parse

    text = activation.formula
    return bool(text) and any(node.head in functions for node in in_postorder(parse(text, ("x", *activation.options))))


def _large(at: Point, node: int, power: float) -> Iterator[Place]:
    """The units of a layer whose z has so many digits before the point, and some."""
    for example, zs in enumerate(at.preactivation(node)):
        for unit, z in enumerate(zs):
            if (at.arithmetic.log10(z) or 0) >= max(power, LEAST):
                yield node, example, unit


def _apart(at: Point, finer: Point, place: Place) -> float:
    """How far a unit's σ′ is from that with more digits, relatively."""
    node, example, unit = place
    with finer.arithmetic.context():
        one, other = at.derivative(node)[example][unit], finer.derivative(node)[example][unit]
        one = as_mpf(finer.arithmetic.functions.context, one)
        most = max(abs(one), abs(other))
        return float(abs(one - other) / most) if most else 0.0
