"""Preactivations that are too large for their sine or cosine: float64 near 10³⁰⁷ are 10²⁹¹ apart, and a period is 2π.

The derivative there depends on how z is rounded, and so does every gradient that it is a factor of: another arithmetic,
or another order of the same sums, gives others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.activations import Activation
from gradcalc.analysis.lost_derivatives import decimal_digits
from gradcalc.analysis.point import Point, is_narrow, point
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.network import unit_name
from gradcalc.records import Record

PERIODIC = frozenset({"sin", "cos", "tan"})
FEW = 3  # digits behind the point of an angle that is not told
ENOUGH = 20  # digits behind the point with which angles are computed to compare
OTHER, SAME = 1e-3, 1e-9  # relative differences from which two derivatives are two, and up to which they are one
MOST_DIGITS, MOST_UNITS = 2_000, 64  # of all examples together: what takes a tenth of a second

Place = tuple[int, int, int]
"""A node, an example, a unit."""


class LargeAngle(Record):
    """A unit with such a z in an example; `dps` digits have enough, None where that is not known."""

    unit: str
    activation: str
    z: Any
    dps: int | None


def large_angles(at: Point) -> list[LargeAngle]:
    """Those of a network at a point, in float64, in extended range, or in decimal digits, the largest first; of a wide
    network, and in formats of fewer bits, none are looked for."""
    network, dps = at.graph.network, decimal_digits(at.arithmetic.name)
    wavy = [n for n, layer in enumerate(network.layers, len(network.inputs)) if is_periodic(layer.activation)]
    if not wavy or is_low_precision(at.arithmetic.name):
        return []
    own = dps or (19 if at.arithmetic.name == "extended" else 15)
    places = [place for n in wavy for place in _large(at, n, own - FEW)]
    most = max((int(at.arithmetic.log10(at.preactivation(n)[e][u]) or 0) for n, e, u in places), default=0) + ENOUGH
    units = network.examples * sum(layer.width for layer in network.layers)
    if not places or most > MOST_DIGITS or units > MOST_UNITS or not is_narrow(at.graph):
        return []
    try:
        fine, finer = point(network, most), point(network, 2 * most)
    except (DomainError, LimitError):
        return []
    off = [place for place in places if _apart(at, finer, place) > OTHER]
    enough = most if all(_apart(fine, finer, place) <= SAME for place in off) else None
    found = [_angle(at, place, enough) for place in off]
    return sorted(found, key=lambda one: -abs(one.z))


def _angle(at: Point, place: Place, dps: int | None) -> LargeAngle:
    node, example, unit = place
    layer = at.graph.network.layers[node - len(at.graph.network.inputs)]
    z = at.preactivation(node)[example][unit]
    return LargeAngle(unit_name(layer.name, unit, layer.width), layer.activation.text, z, dps)


def is_periodic(activation: Activation) -> bool:
    """Whether it is a sine or cosine, or a formula that has one."""
    from gradcalc.expressions.expression import in_postorder
    from gradcalc.expressions.parser import parse

    is_one = activation.name in PERIODIC | {"formula"}
    return is_one and any(node.head in PERIODIC for node in in_postorder(parse(activation.formula, ("x",))))


def _large(at: Point, node: int, power: int) -> Iterator[Place]:
    """The units of a layer whose z has so many digits before the point."""
    for example, zs in enumerate(at.preactivation(node)):
        for unit, z in enumerate(zs):
            if (at.arithmetic.log10(z) or 0) >= power:
                yield node, example, unit


def _apart(at: Point, finer: Point, place: Place) -> float:
    """How far a unit's σ′ is from that with more digits, relatively."""
    node, example, unit = place
    with finer.arithmetic.context():
        number = finer.arithmetic.number
        one, other = number(float(at.derivative(node)[example][unit])), finer.derivative(node)[example][unit]
        most = max(abs(one), abs(other))
        return float(abs(one - other) / most) if most else 0.0
