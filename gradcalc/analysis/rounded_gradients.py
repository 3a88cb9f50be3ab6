"""Gradients of which rounding has left no digit: where terms cancel, float64 makes 10⁻¹⁹ of a sum that is 0.

A number that is far smaller than its terms, or 0 where they are not, is quickly found, and few networks have one. Where
there is one, all gradients are computed with 50, 100 and 200 digits: none of a gradient's digits is right where so many
give another number and twice as many the same, or where it becomes smaller and smaller with more of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

from gradcalc.analysis.computation import gradient, may_be_rounding, printed
from gradcalc.analysis.lost_derivatives import DIGITS, decimal_digits
from gradcalc.analysis.point import Point, Subject, point
from gradcalc.analysis.results import RoundedGradient
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.network import Index, Layer, Network, Value, entries

MOST_DIGITS = 1_000  # that are computed with

SMALLER, MUCH_SMALLER = 3.0, 20.0  # powers of ten by which what is rounding falls, at least, with more digits
SAME, OTHER = 1e-6, 0.302  # powers of ten up to which two numbers are one, and from which no digit is the same

Read = Callable[[Point], Value]
Kind = Literal["gradient", "delta", "output", "loss"]
Quantities = dict[tuple[str, Kind], Read]
"""By names and kinds how a gradient, or a value, is read at a point."""


def gradients_of(chosen: Sequence[Subject]) -> Quantities:
    """∂L/∂ the subjects."""
    return {(subject.name, "gradient"): partial(gradient, subject=subject) for subject in chosen}


def gradients_of_nodes(network: Network) -> Quantities:
    """∂L/∂ the output of every node, and δ of every layer."""
    found: Quantities = {}
    for number, node in enumerate(network.nodes):
        found[node.name, "gradient"] = partial(_rows, number=number, of="adjoint")
        if isinstance(node, Layer):
            found[node.name, "delta"] = partial(_rows, number=number, of="delta")
    return found


def values_of(network: Network) -> Quantities:
    """The loss, and the outputs that it is of."""
    found: Quantities = {("", "loss"): lambda at: at.loss} if network.of is None else {}
    last = len(network.nodes) - 1 if network.of is None else network.of
    for number in dict.fromkeys([target.node for target in network.targets] or [last]):
        found[network.nodes[number].name, "output"] = partial(_rows, number=number, of="output")
    return found


def _rows(at: Point, number: int, of: str) -> Value:
    return printed(at.graph.network, getattr(at, of)(number))


def rounded_gradients(at: Point, quantities: Quantities, is_in_doubt: bool = False) -> Sequence[RoundedGradient]:
    """Those of some gradients at a point, where rounding may have made some or what is known of them leaves them in
    doubt; of a wide network, and in formats of fewer bits, none are looked for."""
    own = decimal_digits(at.arithmetic.name)
    if not isinstance(at, ScalarPoint) or (own is None and at.arithmetic.name not in ("float64", "extended")):
        return []
    digits = max(DIGITS[0], 2 * (own or 0))
    if 4 * digits > MOST_DIGITS or not (may_be_rounding(at) or is_in_doubt):
        return []
    try:
        points = at, *(point(at.graph.network, times * digits) for times in (1, 2, 4))
    except (DomainError, LimitError):
        return []
    return [one for key, read in quantities.items() for one in _of_quantity(key, points, read, digits)]


def _read(at: Point, read: Read) -> list[tuple[Index, Any]]:
    with at.arithmetic.context():
        return list(entries(read(at)))


def _of_quantity(key: tuple[str, Kind], points: Sequence[Point], read: Read, digits: int) -> Iterator[RoundedGradient]:
    """The entries that are 0 but for rounding, and those that are other numbers, of which some were 0."""
    found: dict[tuple[bool, int, bool], dict[Index, Any]] = {}
    own = _read(points[0], read)
    for several in zip(own, *(_read(one, read) for one in points[1:])):
        (index, _), numbers = several[0], [number for _, number in several]
        sizes = [one.arithmetic.log10(number) for one, number in zip(points, numbers)]
        signs = [number > 0 for number in numbers]
        if _is_rounding(sizes):
            found.setdefault((True, digits, False), {})[index] = numbers[1]
        elif shown := next((n for n in (1, 2) if _is_another(sizes, signs, n)), None):
            found.setdefault((False, digits * shown, not numbers[0]), {})[index] = numbers[shown]
    for (is_zero, dps, rounded_to_0), those in found.items():
        known = sum(rounded_to_0 or bool(number) for _, number in own)
        places = () if len(those) == known else tuple(those)
        yield RoundedGradient(*key, places, is_zero, max(map(abs, those.values())), dps, rounded_to_0)


Sizes = Sequence[float | None]
"""log₁₀ of a number as it is, and with more and more digits; None is an exact 0."""


def _is_rounding(sizes: Sizes) -> bool:
    """Whether a number falls so with more and more digits that it is 0 but for rounding."""
    falls = (MUCH_SMALLER, SMALLER, SMALLER)
    limit = sizes[0]
    if limit is None:
        return False
    for size, fall in zip(sizes[1:], falls):
        if size is not None and size > limit - fall:
            return False
        limit = limit - MUCH_SMALLER if size is None else size
    return True


def _is_another(sizes: Sizes, signs: Sequence[bool], shown: int) -> bool:
    """Whether so many more digits give another number, and with all that are still more it is the same."""
    own, fine, *finer = sizes[0], *sizes[shown:]
    if fine is None or len(set(signs[shown:])) > 1:
        return False
    if any(size is None or abs(fine - size) > SAME for size in finer):  # what two have may be rounding in both
        return False
    return own is None or signs[0] != signs[shown] or abs(own - fine) >= OTHER
