"""Are the gradients right? Every one against methods that share no backward pass with the engine.

- central differences in float64, extrapolated to step 0 with an estimate of their own error (Ridders 1982);
- the complex step Im L(p + ih)/h, where all functions are analytic (Squire & Trapp 1998);
- central differences in 60 decimal digits, which resolve 20 of them and more;
- the derivative that SymPy takes of the loss written out as one formula, where that is short;
- the sum over all paths, each listed by itself and its factors multiplied out, where there are few.

A method fails where it differs from the engine by more than its own error explains. Where the loss has a kink along a
parameter, there are two one-sided derivatives and the engine's is a convention: that is told, and no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import isfinite, isnan
from typing import Any

from gradcalc.analysis.checked_gradients import (
    Entry,
    RoundedEntry,
    amplified,
    checked_gradients,
    rounded_entries,
    rounded_to_0,
)
from gradcalc.analysis.conditions import Condition
from gradcalc.analysis.kinked_units import Piece
from gradcalc.analysis.loss_along import LossAlong, Place
from gradcalc.analysis.loss_formula import NotWrittenOut, loss_formula, weight_name
from gradcalc.analysis.numerical_derivatives import (
    DIGITS,
    Found,
    complex_step,
    derivative_at_kink,
    differences,
    differences_in_digits,
    one_sided,
    usual_step,
)
from gradcalc.analysis.point import Point, point, refuse_without_loss
from gradcalc.analysis.precision import Quantity, first_forward, log2_window
from gradcalc.analysis.scalar_path_sums import unit_linear, unit_point
from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.complex_step import ComplexStep
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.scalar_point import ScalarPoint, weight_list
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.linear_graph import LinearGraph
from gradcalc.network.network import Network, numbers
from gradcalc.records import Record
from gradcalc.semirings.accumulate import Total, accumulate

MOST_ENTRIES = 200  # of all parameters together, that are checked; of more, these at even distances
MOST_WEIGHTS = 20_000  # beyond these a pass number by number takes too long
MOST_PATHS = 10_000
MOST_SYMBOLS = 30
SYMPY_DIGITS, SYMPY_REACH = 400, 370  # ln(1 + e^−1000) is 0 in as many; of one at 10^−370 they hold 30
MARGIN = 10.0  # times its own estimate that a method may be off
OPERATIONS, FEWEST_ENTRIES = 300_000, 3  # of one method, at most: weights and values that it goes through
LEAST = 5e-324  # the least float64
UNRESOLVED = 0.1  # an estimate above so much of a gradient resolves nothing of it
ENOUGH = 9  # digits that are right, of a gradient that has them nothing is told
SHARED = 1e-3  # relative errors up to which one is taken for all entries


class Method(Record):
    """One independent way to the gradients. `largest_relative_error` is that of the engine against it, over the entries
    that it resolves, all but `unresolved`; `resolves` is how small a relative error it could have told; `why` it was
    not used, else ""."""

    name: str
    largest_relative_error: float | None
    resolves: float | None
    ok: bool
    entries: int
    worst: str | None = None  # the entry
    why: str = ""
    unresolved: int = 0  # entries that are not 0 and that it cannot tell from 0


def unused(name: str, why: str) -> Method:
    """A method that the network does not allow."""
    return Method(name, None, None, True, 0, why=why)


class OneSided(Record):
    """An entry that moves units on kinks: the derivatives of the loss from below and from above, and the engine's."""

    entry: str
    below: float
    above: float
    ours: float


class Required(Record):
    """A condition with its value; of a window the first numbers of the forward pass that overflow and that are rounded
    to 0, whatever the loss scale."""

    condition: str
    value: Any  # a number, None of a window that nothing bounds
    ok: bool
    overflows: Quantity | None = None
    rounded_to_0: Quantity | None = None


class GradientCheck(Record):
    """What `check` found: `checked` of `entries` numbers were compared."""

    network: Network
    methods: tuple[Method, ...]
    kinks: tuple[OneSided, ...]
    entries: int
    checked: int
    required: tuple[Required, ...]
    rounded: int = 0  # entries that are 0 in float64 because an output rounds to its target, and are not compared
    outside: int = 0  # entries that no float64 holds, and are not compared
    few_digits: tuple[RoundedEntry, ...] = ()  # of which rounding has left few, and of some none
    no_digit: int = 0  # of these such as have none, and are not compared
    amplified: float = 0.0  # how much of ∂L/∂ an output changes at most as the output is rounded in its last place

    @property
    def ok(self) -> bool:
        """Whether no method failed and every condition holds."""
        return all(method.ok for method in self.methods) and all(one.ok for one in self.required)


def require_all(network: Network, conditions: Sequence[Condition]) -> GradientCheck:
    """The conditions with their values, and no method. Raises UsageError without a target and for an unknown name,
    DomainError, LimitError."""
    refuse_without_loss(network, "no gradient to check")
    for one in conditions:
        one.refuse_unknown([parameter.name for parameter in network.parameters])
    at = point(network)
    with at.arithmetic.context():
        gradients = {one.name: at.gradient(number) for number, one in enumerate(network.parameters)}
        loss = at.loss
        told = tuple(required(at, one, one.value(loss, gradients, partial(log2_window, at))) for one in conditions)
    return GradientCheck(network, (), (), 0, 0, told)


def required(at: Point, condition: Condition, value: Any) -> Required:
    """A condition with its value; a window holds nothing if a number of the forward pass overflows."""
    if condition.quantity != "window":
        return Required(condition.text, value, condition.is_met(value))
    past, lost = first_forward(at, condition.of, "overflow"), first_forward(at, condition.of, "zero")
    return Required(condition.text, value, condition.is_met(value) and past is None, past, lost)


def check(network: Network) -> GradientCheck:
    """The gradients against every method that the network allows. Raises UsageError without a target, DomainError,
    LimitError."""
    refuse_without_loss(network, "no gradient to check")
    at = point(network)
    weights = sum(len(numbers(one.value)) for one in network.parameters)
    if weights > MOST_WEIGHTS:
        why = f"more than {MOST_WEIGHTS:,} weights"
        methods = [unused(name, why) for name in (*FROM_VALUES, BY_SYMPY, BY_PATHS)]
        return GradientCheck(network, tuple(methods), (), weights, 0, ())
    units = unit_point(at)
    with at.arithmetic.context():
        off = amplified(at)
        every = list(checked_gradients(at, units, off))
        lost = rounded_to_0(at)
        rounding = {one.name: one for one in rounded_entries(at)}
    if any(layer.activation.name == "formula" for layer in network.layers):
        every = [with_known_rounding(one, rounding.get(one.name)) for one in every]
    few = {name: one for name, one in rounding.items() if one.digits < ENOUGH and name not in lost}
    size = network.examples * (units.layout.values + len(every))
    chosen = every[:: -(-len(every) // most_entries(size, MOST_ENTRIES))]
    in_range = [one for one in chosen if one.in_range]
    pieces = pieces_of(units) if network.has_kinks else []
    kinks, moving = _kinks(units, in_range, pieces) if network.has_kinks else ([], set[str]())
    on_kinks = {kink.entry for kink in kinks}
    left = [one for one in in_range if one.name not in on_kinks | lost]
    turned = bool(few and pieces) and is_turned(units, pieces)
    compared = [one._replace(on_kinks=one.name in moving) for one in left if not is_lost(one, few, turned)]
    rounded = sum(one.name in lost for one in chosen)
    methods = [*_from_values(units, compared, size, pieces), _by_sympy(units, compared), _by_paths(units, compared)]
    counts = len(every), len(chosen), (), rounded, len(chosen) - len(in_range)
    told = tuple(few[one.name] for one in left if one.name in few)
    return GradientCheck(network, tuple(methods), tuple(kinks), *counts, told, len(left) - len(compared), off)


def with_known_rounding(one: Entry, found: RoundedEntry | None) -> Entry:
    """A gradient with what rounding has made of it: within a formula no change of weights shows that."""
    return one if found is None else one._replace(rounding=max(one.rounding, off_by(found)))


def off_by(found: RoundedEntry) -> float:
    """How far its float64 is off."""
    return abs(found.ours - float(found.exact or 0))


def is_lost(one: Entry, few: Mapping[str, RoundedEntry], is_turned: bool) -> bool:
    """Whether no digit of a gradient is right, and rounding explains it: as far as it is known, or by a unit that it
    puts on the other side of a kink."""
    found = few.get(one.name)
    if found is None or found.digits >= 1:
        return False
    return is_turned or off_by(found) <= MARGIN * one.rounding


def is_turned(units: ScalarPoint, pieces: Sequence[Piece]) -> bool:
    """Whether many digits put a unit on another side of a kink."""
    try:
        return LossAlong(units.graph, Multiprecision(DIGITS)).own_pieces() != pieces
    except (DomainError, OverflowError, LimitError):
        return False


def most_entries(size: float, most: int) -> int:
    """So many entries that a method of about `size` operations an evaluation ends within a second or two."""
    return max(min(most, int(OPERATIONS / size)), FEWEST_ENTRIES)


FROM_VALUES: Mapping[str, tuple[Callable[[], Arithmetic], Callable[[LossAlong, Place], Found], int]] = {
    "central differences": (lambda: Double, differences, 3),
    "complex step": (ComplexStep, complex_step, 1),
    f"differences in {DIGITS} digits": (lambda: Multiprecision(DIGITS), differences_in_digits, 100),
}
"""The methods that need values of the loss alone: in which numbers, how, and what an evaluation costs, relatively."""
OTHER_PIECE = "numbers round otherwise there, and a unit is on the other side of a kink"
BY_SYMPY, BY_PATHS = "SymPy's derivative of L", "sum over listed paths"


def _from_values(units: ScalarPoint, chosen: Sequence[Entry], size: int, pieces: Sequence[Piece]) -> Iterator[Method]:
    """Each of these methods with its verdict; of the entries as many as it can do in about a second."""
    assert units.loss is not None
    with units.arithmetic.context():  # how far L moves if every value of the pass does, relatively
        products = (abs(v * by) for one in units.examples for v, by in zip(one.values, one.adjoints))
        scale = float(sum(products)) + abs(float(units.loss))
        adjoints = [[abs(float(by)) for by in one.adjoints] for one in units.examples]
    underflow = LEAST * len(units.weights) * (1 + sum(map(sum, adjoints)))
    values = (v for one in units.examples for v in one.values)
    misplaced = units.graph.network.has_kinks and any(v and not float(v) for v in values)
    for name, (make, method, cost) in FROM_VALUES.items():
        some = chosen[:: -(-len(chosen) // most_entries(size * cost, len(chosen))) or 1]
        if misplaced and method is not differences_in_digits:
            yield unused(name, "a number of the pass is 0 in float64 alone, where there may be a kink")
            continue
        try:
            loss = LossAlong(units.graph, make(), scale, underflow, adjoints)
            if loss.kinked and loss.own_pieces() != pieces:
                yield unused(name, OTHER_PIECE)
                continue
            found = [method(loss, one.place) for one in some]
        except (DomainError, OverflowError, LimitError) as error:
            yield unused(name, str(error) or "a number left the range of float64")
            continue
        if method is complex_step:  # what one weight does not show of the rounding, another may
            known = [error / abs(value) for value, error in filter(None, found) if 0 < error < SHARED * abs(value)]
            found = [pair and (pair[0], max(pair[1], max(known, default=0.0) * abs(pair[0]))) for pair in found]
        yield judged(name, some, found if method is differences_in_digits else without_kinks(some, found))


def pieces_of(units: ScalarPoint) -> list[Piece]:
    """The pieces that units with kinks are on in the engine's own numbers."""
    with units.arithmetic.context():
        return LossAlong(units.graph, units.arithmetic).own_pieces()


def without_kinks(chosen: Sequence[Entry], found: Sequence[Found]) -> list[Found]:
    """What a method found of the entries that move no unit on a kink, where it has conventions of its own."""
    return [None if one.on_kinks else pair for one, pair in zip(chosen, found)]


def judged(name: str, chosen: Sequence[Entry], found: Sequence[Found]) -> Method:
    """The verdict of a method: it fails where the difference is above its own estimate and the rounding by far."""
    worst, resolves, failed, label, count, unresolved = None, None, False, None, 0, 0
    for one, pair in zip(chosen, found):
        if pair is None or not isfinite(pair[0]):
            continue
        theirs, estimate = pair[0], pair[1] + one.rounding
        if isnan(estimate):  # ∞ − ∞ on the way to it: nothing is known
            continue
        off, scale = abs(one.ours - theirs), max(abs(one.ours), abs(theirs))
        count += 1
        wrong = off > MARGIN * estimate + 1e-14 * scale
        if not scale or (not wrong and estimate > UNRESOLVED * scale):  # an exact 0, or too small to be told from it
            unresolved += one.ours != 0
            continue
        resolves = max(resolves or 0.0, estimate / scale)
        if off / scale >= (worst or 0.0):
            worst, label = off / scale, one.name
        failed = failed or wrong
    return Method(name, worst, resolves, not failed, count, label, unresolved=unresolved)


def _by_sympy(units: ScalarPoint, chosen: Sequence[Entry]) -> Method:
    """SymPy's derivative of the loss written out as one formula, where that is short and all are weights."""
    laid, places = units.graph, [one.place for one in chosen if isinstance(one.place, int)]
    sizes = (units.arithmetic.log10(x) for one in units.examples for x in (*one.values, *one.edges))
    if any(size is not None and size < -SYMPY_REACH for size in sizes):
        return unused(BY_SYMPY, f"a number of the pass is below 10^−{SYMPY_REACH}")
    try:
        if len(places) < len(chosen):
            raise NotWrittenOut("there are no weights")
        if len(places) > MOST_SYMBOLS:
            raise NotWrittenOut(f"{len(places)} weights, at most {MOST_SYMBOLS}")
        formula = loss_formula(laid, places)
    except NotWrittenOut as error:
        return unused(BY_SYMPY, str(error))
    import sympy
    from mpmath import mp

    from gradcalc.expressions.sympy_form import to_sympy

    weights, symbols = weight_list(laid, Double), [sympy.Symbol(weight_name(place), real=True) for place in places]
    known = [{"DiracDelta": lambda *_: 0}, "mpmath"]  # 0 but on a kink, where nothing is compared
    try:
        derivatives = [sympy.diff(to_sympy(formula), symbol) for symbol in symbols]
        at_weights = sympy.lambdify(symbols, derivatives, known, cse=True)  # N of SymPy walks each part many times
    except ValueError:  # a maximum of constants like 1 − tanh(800), a ratio of thousands of digits
        return unused(BY_SYMPY, "SymPy takes no derivative of it")
    try:
        with mp.workdps(SYMPY_DIGITS):
            values = [float(value) for value in at_weights(*(mp.mpf(weights[place]) for place in places))]
    except ZeroDivisionError:
        return unused(BY_SYMPY, "its formula divides by what rounds to 0")
    return judged(BY_SYMPY, chosen, without_kinks(chosen, [(value, 1e-14 * abs(value)) for value in values]))


def _by_paths(units: ScalarPoint, chosen: Sequence[Entry]) -> Method:
    """The sum over all paths of each gradient, one path after the other, where these are few."""
    linear = unit_linear(units)
    counts = accumulate(linear.dag, [1] * linear.dag.inner, 1, Total(0))
    leaving = [list[int]() for _ in range(linear.dag.size)]
    for edge, tail in enumerate(linear.dag.tails[: linear.dag.inner]):
        leaving[tail].append(edge)
    with units.arithmetic.context():
        seed, heads = units.arithmetic.seed(units.graph.reduction), linear.dag.heads
        starts: list[list[tuple[Sequence[Any], int, Any]]] = []  # the edges of an example, a node, the product so far
        for place in (one.place for one in chosen):
            if isinstance(place, int):
                pairs = [(example.edges, use) for example in units.examples for use in linear.uses(place)]
                starts.append([(edges, heads[use], seed * edges[use]) for edges, use in pairs])
            else:
                starts.append([(units.examples[place[0]].edges, 1 + place[1], seed)])
        if sum(counts[node] for every in starts for _, node, _ in every) > MOST_PATHS:
            return unused(BY_PATHS, f"more than {MOST_PATHS:,} paths")
        found: list[Found] = []
        for every in starts:
            parts = [part for start in every for part in _products(linear.dag, leaving, *start)]
            found.append((float(sum(parts)), 1e-13 * float(sum(map(abs, parts)))))
    return judged(BY_PATHS, chosen, found)


def _products(
    dag: LinearGraph, leaving: Sequence[Sequence[int]], edges: Sequence[Any], node: int, product: Any
) -> Iterator[Any]:
    """The product of every path from a node to the loss, depth first; `product` is what leads to the node."""
    pending = [(node, product)]
    while pending:
        node, product = pending.pop()
        if node == dag.loss:
            yield product
        pending += [(dag.heads[edge], product * edges[edge]) for edge in leaving[node]]


def _kinks(units: ScalarPoint, chosen: Sequence[Entry], pieces: Sequence[Piece]) -> tuple[list[OneSided], set[str]]:
    """The entries along which the derivatives from below and above differ, or are not what the conventions of kinks
    make of them; and the names of all entries that move units on kinks. Of what is not known, and where units are on
    other pieces in many digits, nothing is compared that kinks mislead."""
    kinks, moving = list[OneSided](), set[str]()
    loss = LossAlong(units.graph, Multiprecision(DIGITS))
    if loss.own_pieces() != pieces:
        return [], {one.name for one in chosen}
    for one in chosen:
        try:
            if (sides := one_sided(loss, one.place)) is not None:
                kinks.append(OneSided(one.name, *sides, one.ours))
            elif loss.meets_kink(one.place, usual_step(loss, one.place)):
                moving.add(one.name)
                only = derivative_at_kink(loss, one.place, one.ours, MARGIN * one.rounding)
                kinks += [] if only is None else [OneSided(one.name, only, only, one.ours)]
        except (DomainError, LimitError):
            moving.add(one.name)
    return kinks, moving
