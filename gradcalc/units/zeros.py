"""Whether a 0 among the values and slopes of activations and losses is honest: asked of numbers with a wider range.

Honest is a 0 where the wider number is 0 too, or of a size that a double could hold: then nothing was lost to the
range. Rows that are flat on an interval, as a dead ReLU is, need not be asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.arithmetic.double import TINY
from gradcalc.units.layout import activation, alphas
from gradcalc.units.losses import ends, loss_slopes, loss_value
from gradcalc.units.point import Example, UnitPoint, target_rows

Pair = tuple[float, Any]
"""A double, and the wider number that it should be."""


def honest_bend(point: UnitPoint, example: Example, number: int) -> bool:
    """The values and slopes of one activation's units."""
    layout = point.layout
    node = layout.graph.nodes[number]
    bent, start = activation(layout.graph, node), layout.slots[number]
    found = [example.values[unit] for unit in layout.units(number)]
    inner = layout.graph.nodes[node.arcs[0].tail].width if bent.couples else 1
    slopes = example.slopes[start : start + node.width * inner]
    trusted = bent.flat and not bent.parametric and bent.name != "formula"
    if trusted or all((*found, *slopes)):
        return True
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        return not any(map(lost, zip((*found, *slopes), _bent(point, example, number, Extended))))


def honest_loss(point: UnitPoint) -> bool:
    """The loss of every example, and its slopes."""
    layout, count = point.layout, sum(len(end.outputs) for end in point.program.ends)
    given = [example.slopes[layout.slopes - count :] for example in point.examples]
    if point.loss and all(map(all, given)):
        return True
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        return not any(map(lost, _losses(point, given, Extended)))


def lost(pair: Pair) -> bool:
    """Whether a double is 0 for want of range."""
    double, wider = pair
    return not double and 0 < abs(wider) < TINY


def _bent(point: UnitPoint, example: Example, number: int, arithmetic: Arithmetic) -> list[Number]:
    """Values, then slopes (row by row where units are coupled), in the wider numbers."""
    layout = point.layout
    node = layout.graph.nodes[number]
    bent = activation(layout.graph, node)
    value, slope = arithmetic.value(bent), arithmetic.slope(bent)
    zs = [arithmetic.number(example.values[unit]) for unit in layout.units(node.arcs[0].tail)]
    if bent.couples:
        return [*value(zs), *(x for row in slope(zs) for x in row)]
    given: list[Sequence[Number]] = [(z,) for z in zs]
    if bent.parametric:
        given = [(z, arithmetic.number(point.weights[place])) for z, place in zip(zs, alphas(layout, node))]
    return [value(*one) for one in given] + [slope(*one) for one in given]


def _losses(point: UnitPoint, given: Sequence[Sequence[float]], arithmetic: Arithmetic) -> Iterator[Pair]:
    read = ends(point.layout, arithmetic)
    total = arithmetic.number(0)
    for number, (example, slopes) in enumerate(zip(point.examples, given)):
        values = [arithmetic.number(x) for x in example.values]
        targets = target_rows(point.graph, arithmetic, number)
        total = total + loss_value(read, values, targets)
        yield from zip(slopes, loss_slopes(read, values, targets))
    assert point.loss is not None
    yield point.loss, total
