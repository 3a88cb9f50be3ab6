"""Numbers of which rounding has left few digits or none: where terms cancel, float64 makes 10⁻¹⁹ of a sum that is 0.

Which may be such is seen by computing them again with every number off in its last places (arithmetic/monte_carlo.py):
few networks have one whose first digits change. Where there is one, it is computed with 50 digits and more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple, TypeVar

from gradcalc.analysis.computation import gradient, printed
from gradcalc.analysis.point import Point, Subject, point
from gradcalc.analysis.results import Left, QuantityKind, RoundedGradient
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.engine.scalar_point import ScalarPoint, again
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.network import Index, Layer, Network, Value, entries

FEWEST_DIGITS, MOST_DIGITS = 50, 800  # that are computed with
MOST_VALUES, MOST_EDGES = 2_000, 20_000  # of all examples together, which are looked at
MOST_WORK = 200 * MOST_VALUES  # values × digits that take a tenth of a second

TURNS, TURNS_AT_KINKS = (0, 2), range(6)  # in which numbers are off: a z may stay on one side of a kink in some
CHANGES = 10**9  # a change with that by one part in so many, from which on a number is computed with more digits
SHOWN = 1e-9  # a relative difference from which on it is asked whether one of six digits is another
NONE = 0.5  # one from which on no digit is right
SAME, FAR_BELOW = 1e-15, 1e-20  # relative differences of what is one number, and of what is 0 beside its float64

Key = TypeVar("Key")
Read = Callable[[Point], Value]
Quantities = dict[tuple[str, QuantityKind], Read]
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


def loss_of(network: Network) -> Quantities:
    """The loss, if it has one."""
    return {("", "loss"): lambda at: at.loss} if network.has_loss and network.of is None else {}


def values_of(network: Network) -> Quantities:
    """The loss, and the outputs of layers."""
    found = loss_of(network)
    for number, layer in enumerate(network.layers, len(network.inputs)):
        found[layer.name, "output"] = partial(_rows, number=number, of="output")
    return found


def derivatives_of(network: Network) -> Quantities:
    """z and σ′(z) of layers; no Jacobians."""
    found: Quantities = {}
    for number, layer in enumerate(network.layers, len(network.inputs)):
        found[layer.name, "preactivation"] = partial(_rows, number=number, of="preactivation")
        if not layer.activation.couples:
            found[layer.name, "derivative"] = partial(_rows, number=number, of="derivative")
    return found


def _rows(at: Point, number: int, of: str) -> Value:
    return printed(at.graph.network, getattr(at, of)(number))


def rounded_gradients(at: Point, quantities: Quantities) -> Sequence[RoundedGradient]:
    """Those of some gradients and values at a point of which fewer than six digits are right; of a wide network, and in
    formats of fewer bits, none are looked for."""
    return of_doubtful(at, in_doubt(at, quantities))


def of_doubtful(at: Point, wanted: Mapping[tuple[str, QuantityKind], Read]) -> Sequence[RoundedGradient]:
    """The same of those that are known to be in doubt."""
    if not wanted:
        return []

    def all_of_them(near: Point) -> list[Any]:
        return [number for read in wanted.values() for _, number in _read(near, read)]

    with_more, found = with_more_digits(at, all_of_them), list[RoundedGradient]()
    if not any(one.fewest for one in with_more):
        return list(_without_value(at))
    fine = iter(with_more)
    for key, read in wanted.items():
        groups: dict[tuple[Left, int], dict[Index, Finer]] = {}
        own = _read(at, read)
        for (index, number), finer in [(one, next(fine)) for one in own]:
            if left := what_is_left(number, finer):
                groups.setdefault((left, finer.fewest if left == "rounding" else finer.dps), {})[index] = finer
        for (left, dps), those in groups.items():
            known = sum(left == "0" or bool(number) for _, number in own)
            is_whole, finest = len(those) == known and len(groups) == 1, those.values()
            places = () if is_whole else tuple(those)
            to_digits = min(one.dps for one in finest)
            most = max(abs(one.first) for one in finest)
            found.append(RoundedGradient(*key, places, left, dps, to_digits, most))
    return found


def _without_value(at: Point) -> Iterator[RoundedGradient]:
    """That the network has no value with more digits, where that is so, and why."""
    try:
        point(at.graph.network, digits := fewest_digits(at))
    except DomainError as error:
        yield RoundedGradient(str(error), "loss", (), "no value", digits, 0, 0)
    except LimitError:
        pass


def fewest_digits(at: Point) -> int:
    """With which the numbers of a point are compared."""
    return max(FEWEST_DIGITS, 2 * (decimal_digits(at.arithmetic.name) or 0))


def in_doubt(at: Point, quantities: Mapping[Key, Read]) -> Mapping[Key, Read]:
    """Those that change with numbers that are off in their last places."""
    if not isinstance(at, ScalarPoint) or is_low_precision(at.arithmetic.name):
        return {}
    edges = 0 if at.linear is None else len(at.linear.dag.tails)
    if len(at.examples) * max(edges / MOST_EDGES, at.layout.values / MOST_VALUES) > 1:
        return {}
    if at.arithmetic.name != "float64" and 4 * (decimal_digits(at.arithmetic.name) or 0) > MOST_DIGITS:
        return {}
    from gradcalc.arithmetic.monte_carlo import MonteCarlo

    found: dict[Key, Read] = {}
    with at.arithmetic.context():
        known = {key: _read(at, read) for key, read in quantities.items()}
        for turn in TURNS_AT_KINKS if at.graph.network.has_kinks else TURNS:
            left = {key: read for key, read in quantities.items() if key not in found}
            try:
                near = again(at, MonteCarlo(at.arithmetic, turn))
                found |= {key: read for key, read in left.items() if _changes(known[key], _read(near, read))}
            except (DomainError, LimitError, ArithmeticError, ValueError):
                return quantities
    return {key: read for key, read in quantities.items() if key in found}


def _changes(one: Sequence[tuple[Index, Any]], other: Sequence[tuple[Index, Any]]) -> bool:
    """Whether any of some numbers is another, or overflows."""
    off = [(abs(x - y), max(abs(x), abs(y))) for (_, x), (_, y) in zip(one, other)]
    return any(by == inf or not by * CHANGES <= size for by, size in off)


def _read(at: Point, read: Read) -> list[tuple[Index, Any]]:
    with at.arithmetic.context():
        return list(entries(read(at)))


class Finer(NamedTuple):
    """A number as it is with `dps` digits, and with twice and four times as many; None where it becomes smaller with
    more of them, however many, and is far below its float64 by then; and where nothing is known of it, which is no
    digits. `first` is what the `fewest` digits give."""

    exact: Any = None
    dps: int = 0
    first: Any = None
    fewest: int = 0


def with_more_digits(at: Point, read: Callable[[Point], Sequence[Any]]) -> list[Finer]:
    """What some numbers of a network are with more digits than they have; of a network in arrays nothing is known."""
    own, digits, levels = read(at), list[int](), list[Sequence[Any]]()
    found = [Finer()] * len(own)
    for near in _finer_points(at):
        try:
            levels.append(read(near))
        except (DomainError, LimitError):
            break
        digits.append(decimal_digits(near.arithmetic.name) or 0)
        found = [_finer(ours, numbers, digits) for ours, numbers in zip(own, zip(*levels))]
        if all(one.exact is not None and 4 * one.dps <= digits[-1] for one in found):
            break
    return found


def _finer(ours: Any, numbers: Sequence[Any], digits: Sequence[int]) -> Finer:
    """By what so many digits each give: two may be the same by chance, so three are asked, or the last two."""
    from gradcalc.expressions.decimal_functions import as_mpf

    first, fewest = numbers[0], digits[0]
    same = [bool(other) and abs(other - one) <= SAME * abs(other) for one, other in pairwise(numbers)]
    for place, (is_same, stays_so) in enumerate(zip(same, [*same[1:], True])):
        if is_same and stays_so:
            return Finer(numbers[place], digits[place], first, fewest)
    small = FAR_BELOW * abs(as_mpf(first.context, ours))
    is_0 = len(numbers) > 1 and max(map(abs, numbers[-2:])) <= small
    return Finer(None, digits[-1] if is_0 else 0, first, fewest)


def _finer_points(at: Point) -> Iterator[ScalarPoint]:
    """The network with more digits, twice as many each time; only with as many as show on which piece each unit is
    whose activation, join or loss has kinks."""
    if not isinstance(at, ScalarPoint):
        return
    from gradcalc.analysis.kinked_units import known_pieces, on_kink

    dps = fewest_digits(at)
    most = max(2 * dps, min(MOST_DIGITS, MOST_WORK // (len(at.examples) * at.layout.values)))
    are_known = not at.graph.network.has_kinks
    while dps <= most:
        near: Point | None
        try:
            near = point(at.graph.network, dps)
        except LimitError:
            return
        except DomainError:  # with still more digits there may be a value
            near = None
        if isinstance(near, ScalarPoint):
            pieces = [] if are_known else known_pieces(near, TURNS_AT_KINKS)
            if pieces is not None:
                are_known = not any(map(on_kink, pieces))  # for more digits, too
                yield near
        dps *= 2


def what_is_left(ours: Any, finer: Finer) -> Left | None:
    """What rounding has left of a number that has fewer than six right digits; None of others, and where nothing is
    known."""
    if not finer.dps:
        return None
    if finer.exact is None:
        return "rounding" if ours else None
    off = relative_difference(ours, finer.exact)
    if off < SHOWN or six_digits(finer.exact, ours) == six_digits(finer.exact, finer.exact):
        return None
    return "0" if not ours else "no digit" if off >= NONE else "few digits"


def six_digits(exact: Any, number: Any) -> str:
    """A number as it is shown, in the context of one of many digits."""
    from gradcalc.expressions.decimal_functions import as_mpf

    context = exact.context
    return str(context.nstr(as_mpf(context, number), 6, min_fixed=1, max_fixed=0))


def relative_difference(ours: Any, exact: Any) -> float:
    """How far a number is from one of many digits, or from a 0 that None is, relative to the larger."""
    if exact is None:
        return 1.0 if ours else 0.0
    from gradcalc.expressions.decimal_functions import as_mpf

    own = as_mpf(exact.context, ours)
    off, size = abs(exact - own), max(abs(exact), abs(own))
    return float(off / size) if size else 0.0
