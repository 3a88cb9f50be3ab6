"""Derivatives of the loss that are 0, or those of a kink, only as numbers are rounded: σ(40) = 1 − 4×10⁻¹⁸ rounds to a
target of 1, and 2(y − t) to 0."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from gradcalc.analysis.point import Point, is_narrow, point
from gradcalc.arithmetic import decimal_digits
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.network import Network, numbers
from gradcalc.records import Record

DIGITS, EXTENDED_DIGITS = (50, 400), 3_200
"""Decimal digits with which a derivative is looked for, more of them where numbers leave the range of float64; it is
one where twice as many give the same."""

MOST_UNITS = 64  # of all examples together, which are computed with as many: one takes up to a tenth of a second

FLOAT64_DIGITS = 15  # with which nothing else is looked for in wide networks

FAR = 1e-6  # a relative difference that no rounding of one number makes
SAME, OTHER = 1e-3, 1e-6  # relative differences up to which two derivatives are one, and from which they are two


class LostDerivative(Record):
    """∂L/∂ a unit of an output in an example, which `dps` digits show; `difference` is y − t where y rounds to t, or is
    t only because something before it `is_elsewhere` as numbers are rounded: on the other side of a jump."""

    node: int
    unit: int
    example: int
    dps: int
    difference: Any
    is_elsewhere: bool


class _ById:
    """A network as the key of a cache."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __hash__(self) -> int:
        return id(self.network)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.network is other.network


def lost_derivatives(network: Network, arithmetic: str = "float64") -> tuple[LostDerivative, ...]:
    """Those of a network computed in float64, in extended range, or in `50 decimal digits`; of a wide network, and in
    formats of fewer bits, none are looked for."""
    return _looked_for(network, arithmetic).lost


def off_kinks(network: Network, arithmetic: str = "float64") -> tuple[_Place, ...]:
    """Where outputs stand on a kink of the loss only as numbers are rounded, and more digits give the derivative of the
    kink as well: 1 + 4×10⁻⁴⁴ of a hinge."""
    return _looked_for(network, arithmetic).off


def digits_in_doubt(at: Point) -> int | None:
    """The digits with which derivatives were looked for, where some σ′ is too small for them: an output may differ from
    its target with more digits; else None."""
    digits = max(tried(at)[-1] if is_narrow(at.graph) else FLOAT64_DIGITS, decimal_digits(at.arithmetic.name) or 0)
    layers = range(len(at.graph.network.inputs), len(at.graph.network.nodes))
    sizes = (at.arithmetic.log10(x) for layer in layers for x in numbers(at.derivative(layer)))
    return digits if any(size is not None and size < -digits for size in sizes) else None


def tried(at: Point) -> tuple[int, ...]:
    """The digits with which derivatives are looked for, one after the other."""
    network = at.graph.network
    units = network.examples * sum(layer.width for layer in network.layers)
    return (*DIGITS, EXTENDED_DIGITS) if at.arithmetic.name == "extended" and units <= MOST_UNITS else DIGITS


class _Place(Record):
    """A unit of an output in an example."""

    node: int
    target: int
    example: int
    unit: int
    on_kink: bool


class _Found(Record):
    """What more digits show."""

    lost: tuple[LostDerivative, ...] = ()
    off: tuple[_Place, ...] = ()


def _looked_for(network: Network, arithmetic: str) -> _Found:
    dps = decimal_digits(arithmetic)
    return _Found() if dps is None and arithmetic not in ("float64", "extended") else _found(_ById(network), dps)


@lru_cache(maxsize=8)
def _found(key: _ById, dps: int | None) -> _Found:
    at = point(key.network, dps)
    if not is_narrow(at.graph):
        return _Found()
    wanted, lost, off = list(_candidates(at)), list[LostDerivative](), list[_Place]()
    for digits in (more for more in tried(at) if dps is None or more > dps):
        if not wanted:
            break
        with suppress(DomainError, LimitError):
            fine, finer = point(key.network, digits), point(key.network, 2 * digits)
            shown = [place for place in wanted if _differs(at, fine, finer, place)]
            off += (found := [place for place in wanted if place not in shown and _is_off_kink(finer, digits, place)])
            wanted = [place for place in wanted if place not in shown and place not in found]
            lost += [
                LostDerivative(place.node, place.unit, place.example, digits, *_difference(at, finer, place))
                for place in shown
            ]
    return _Found(tuple(lost), tuple(off))


def _candidates(at: Point) -> Iterator[_Place]:
    """Where the loss has a derivative of 0 or a kink."""
    network = at.graph.network
    is_kink = network.loss.is_kink
    for end, target in at.graph.ends():
        if target is None:
            continue
        node = at.graph.nodes[end].of
        rows = zip(at.values(end), network.targets[target].rows, at.adjoint(node))
        for example, (ys, ts, adjoints) in enumerate(rows):
            on_kink = is_kink(list(map(float, ys)), ts) if is_kink else [False] * len(ys)
            for unit, (adjoint, kink) in enumerate(zip(adjoints, on_kink)):
                if kink or not adjoint:
                    yield _Place(node, target, example, unit, kink)


def _differs(at: Point, fine: Point, finer: Point, place: _Place) -> bool:
    """Whether the derivative of the loss is another one with more digits, and with many more the same."""
    own, one, other = (_of_loss(found, place) for found in (at, fine, finer))
    with finer.arithmetic.context():
        own = finer.arithmetic.number(float(own))
        return bool(abs(one - other) <= SAME * abs(other) and abs(other - own) > OTHER * max(abs(own), abs(other)))


def _is_off_kink(finer: Any, digits: int, place: _Place) -> bool:
    """Whether an output that stands on a kink of the loss is off it by more than so many of its digits."""
    if not place.on_kink:
        return False
    from gradcalc.analysis.kinked_units import of_formula, on_kink
    from gradcalc.engine.scalar_point import target_rows

    loss, arithmetic = finer.graph.network.loss, finer.arithmetic
    with arithmetic.context():
        piece = of_formula(loss.term, ("y", "t"), loss.options, arithmetic.functions)
        y = finer.output(place.node)[place.example][place.unit]
        t = target_rows(finer.graph, arithmetic, place.example)[place.target][place.unit]
        shift = arithmetic.number(10) ** -digits
        below, above = (piece([y * (1 + by), t]) for by in (-shift, shift))
    return below == above and not on_kink(below)


def _of_loss(at: Any, place: _Place) -> Any:
    """∂L/∂ the unit but for what comes back through the layers that read it, which may hide it."""
    dag, edges = at.linear.dag, at.examples[place.example].edges
    unit = at.layout.units(at.graph.outputs[place.node])[place.unit]
    return sum(
        edges[edge] for edge, (tail, head) in enumerate(zip(dag.tails, dag.heads)) if (tail, head) == (unit, dag.loss)
    )


def _difference(at: Point, finer: Point, place: _Place) -> tuple[Any, bool]:
    """y − t where numbers as they are rounded have none, and whether it is more than a rounding of y."""
    from gradcalc.engine.scalar_point import target_rows

    t = at.graph.network.targets[place.target].rows[place.example][place.unit]
    if float(at.output(place.node)[place.example][place.unit]) != t:
        return None, False
    with finer.arithmetic.context():
        exactly = target_rows(finer.graph, finer.arithmetic, place.example)[place.target][place.unit]
        y = finer.output(place.node)[place.example][place.unit]
        return y - exactly or None, abs(y - exactly) > FAR * max(abs(y), abs(exactly))
