"""Whether the doubles of a narrow network kept to their range: 0, subnormal, infinite or NaN while the factors are not.

Looked for first in bulk, which is all it costs where nothing is wrong; only where something stands out is asked
whether it should: a 0 that has a 0 for a factor is honest, and so is the slope of a dead ReLU.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from gradcalc.arithmetic.double import HUGE, TINY
from gradcalc.units.layout import Layout
from gradcalc.units.linear import UnitSteps
from gradcalc.units.point import Example, UnitPoint
from gradcalc.units.zeros import honest_bend, honest_loss

FAR_DOWN, FAR_UP = 1e-150, 1e150
"""Any two numbers between these multiply to a normal double, and sums of many such products overflow nowhere."""

FAR = bytes(sign | exponent for exponent in range(0x21, 0x5F) for sign in (0, 0x80))
"""The leading bytes of doubles from 2^-495 to 2^497: the sign, and seven bits of the exponent."""
MANY = 500
"""Numbers from which on it pays to look at their bytes: `struct` costs that much to import."""


def in_range(point: UnitPoint) -> bool:
    """Whether nothing was lost; the loss, values, slopes and adjoints of every example are looked at."""
    if point.loss is not None and (_odd(point.loss) or not honest_loss(point)):
        return False
    linear = point.linear if far_from_ends(point.weights[1:]) else None
    return all((linear and kept(linear, example)) or _honest(point, example) for example in point.examples)


def kept(linear: UnitSteps, example: Example) -> bool:
    """Whether every factor is so far from the ends of the range that no product of two was lost: enough, mostly.

    The weights must be so too. Sums may cancel to anything, honestly; what is then multiplied is a factor again. A
    slope that was lost shows in the adjoint of its preactivation, an overflowing preactivation in its activation.
    """
    adjoints = example.said[1 : linear.layout.values]
    return far_from_ends(linear.factors(example.values)) and far_from_ends(adjoints)


def far_from_ends(numbers: Sequence[float]) -> bool:
    """Whether the product of any two of the numbers is a normal double."""
    if len(numbers) < MANY:
        return not numbers or _between(numbers, FAR_DOWN, FAR_UP)
    from struct import pack

    leading = pack(f"<{len(numbers)}d", *numbers)[7::8]
    return not leading.translate(None, FAR)


def _between(numbers: Sequence[float], low: float, high: float) -> bool:
    sizes = list(map(abs, numbers))
    return min(sizes) >= low and sum(sizes) <= high  # a sum, unlike a maximum, cannot overlook a NaN


def _plain(numbers: Sequence[float]) -> bool:
    return not numbers or _between(numbers, TINY, HUGE)


def _honest(point: UnitPoint, example: Example) -> bool:
    values, slopes = example.values, example.slopes
    return (
        (_plain(values) or _honest_values(point, example))
        and (_plain(slopes) or _honest_slopes(point, example))
        and (_plain((*values, *slopes)) or _honest_bends(point, example))
        and _honest_adjoints(point, example)
    )


def _odd(number: float) -> bool:
    """No number that a 0 factor explains: subnormal, infinite or NaN."""
    return number != 0 and not TINY <= abs(number) < inf


def _honest_values(point: UnitPoint, example: Example) -> bool:
    """Every value finite and normal, or a 0 that comes from a 0."""
    if any(map(_odd, example.values)):
        return False
    layout = point.layout
    return all(
        _honest_node(layout, point.weights, example.values, number)
        for number in range(len(layout.graph.nodes))
        if any(example.values[unit] == 0 for unit in layout.units(number))
    )


def _honest_node(layout: Layout, weights: Sequence[float], values: Sequence[float], number: int) -> bool:
    node = layout.graph.nodes[number]
    zeros = [unit for unit, place in enumerate(layout.units(number)) if values[place] == 0]
    if node.kind == "affine":
        return not any(_lost(weights[p], values[v]) for unit in zeros for p, v, _ in layout.terms[number][unit])
    if node.kind == "multiply":
        return all(any(values[layout.unit(arc.tail, unit)] == 0 for arc in node.arcs) for unit in zeros)
    return True


def _lost(one: float, other: float) -> bool:
    """Whether a product vanished though neither factor is 0."""
    return one != 0 and other != 0 and one * other == 0


def _honest_slopes(point: UnitPoint, example: Example) -> bool:
    """Every slope finite and normal, or 0; that of a product only where another factor is."""
    if any(map(_odd, example.slopes)):
        return False
    layout = point.layout
    return not any(
        node.kind == "multiply" and _product_lost(layout, example, number)
        for number, node in enumerate(layout.graph.nodes)
    )


def _product_lost(layout: Layout, example: Example, number: int) -> bool:
    """Whether the product of all sources but one vanished though none of them is 0."""
    arcs, start = layout.graph.nodes[number].arcs, layout.slots[number]
    for unit, first in enumerate(range(start, start + layout.graph.nodes[number].width * len(arcs), len(arcs))):
        sources = [example.values[layout.unit(arc.tail, unit)] for arc in arcs]
        for place in range(len(arcs)):
            if example.slopes[first + place] == 0 and all(sources[:place] + sources[place + 1 :]):
                return True
    return False


def _honest_bends(point: UnitPoint, example: Example) -> bool:
    nodes = point.layout.graph.nodes
    return all(honest_bend(point, example, number) for number, node in enumerate(nodes) if node.kind == "bend")


def _honest_adjoints(point: UnitPoint, example: Example) -> bool:
    """Every adjoint finite and normal, or 0, and no product lost on the way to it; weights by each use likewise."""
    said, products = example.said, example.products
    if any(map(_odd, said)) or any(map(_odd, products)):
        return False
    if point.linear is None:
        return True
    steps = point.linear.steps
    ends = (
        (said[tail], head, edge) for tail, head, edge in zip(steps.tails[: steps.inner], steps.heads, example.edges)
    )
    uses = zip(products, steps.heads[steps.inner :], example.edges[steps.inner :])
    return not any(one == 0 and _lost(said[head], edge) for one, head, edge in (*ends, *uses))
