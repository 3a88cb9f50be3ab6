"""A formula that somebody has for a quantity, `w1: (y - t)*y*(1 - y)*h2`, against that of the network: at its point and
at five random ones, in 50 digits, so that what differs is no rounding.

Names are the network's: weights `w1`, entries `w1[0,1]` or `w1_0_1`, inputs `x`, outputs `h1`, `h1[0]`, targets `t`,
`z_h1`, and as `explain --symbolic` writes them `d_h1` or `delta_h1` (δ = ∂L/∂z), `g_h1` (∂L/∂h1), `s_h1` (σ′(z_h1)); in
a batch the example comes first, `h1[0,1]`. Where the quotient of the formula and the truth is, at every point, a
product of few of them, that is the factor that is missing or too much; where the difference is the contribution of one
path, that path is left out or counted twice; else one name, function or sign may stand for another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from gradcalc.analysis.given_values import GivenValue, expected_shape, given_value, ours, quantity_named, without_ones
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import point, refuse_without_loss
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.derivation.certificate import Points
from gradcalc.derivation.formula_text import parsed
from gradcalc.engine.scalar_point import target_rows
from gradcalc.errors import DomainError, LimitError, UsageError
from gradcalc.expressions.compiled import evaluate
from gradcalc.expressions.expression import Expression, names_of
from gradcalc.expressions.expression import name as variable
from gradcalc.expressions.numerals import text as shown_number
from gradcalc.network.network import Layer, Network, bracketed, entries, entry_name, numbers
from gradcalc.records import Record

DIGITS = 50
SAME, SAME_IN_FLOAT64 = 1e-30, 1e-9  # relative differences that are left to rounding
MOST_PRECISE = 2_000  # weights and units up to which points are computed in 50 digits
NEAR = 1e-9  # of logarithms in float64, before 50 digits decide
MOST_FACTORS, MOST_ATOMS, MOST_PATHS = 3, 28, 50
SHOWN_DIGITS, MOST_SHOWN = 6, 8  # of numbers, and how many of them, in an example
MOST_EXCHANGED = 2_000  # formulas that are tried with one name for another
FUNCTIONS = ("sigmoid", "tanh", "exp", "softplus", "sin", "cos")
SAME_PLACE = {"+": ("-",), "-": ("+",)} | dict.fromkeys(FUNCTIONS, FUNCTIONS)
PREFIXED = ("d", "delta", "g", "s", "z", "t")
LARGEST_CONSTANT = 64  # numerator and denominator of a factor that is a number
NEGATIVE = "(−"  # a factor before others, a number below 0
INDEX_BEHIND = re.compile(r"((?:_\d+)+)$")


class FormulaCheck(Record):
    """A formula for a quantity, its value and the network's at the point, at how many of the points they are equal; and
    what is wrong with it: `correction`, what it has to be multiplied by; a path that it leaves out or has twice; a
    name for another."""

    text: str
    formula: str
    got: float
    ours: float
    points: int
    equal: int
    wrong_at: tuple[int, ...] = ()  # the numbers of the points where they are not; 0 is the network's own
    example: str = ""  # the first of these in numbers
    correction: str = ""
    path: str = ""
    path_is_missing: bool = True
    exchange: str = ""  # with what it is right: "w2[1,0] in place of w2[0,1]"

    @property
    def ok(self) -> bool:
        """Whether they are equal at every point."""
        return self.equal == self.points


class At(Record):
    """A point: the value of the formula, of the quantity, and of every name; and up to which relative difference two
    numbers of it are equal."""

    network: Network
    got: Any
    ours: Any
    names: Mapping[str, Any]
    same: float
    arithmetic: Any

    def is_right(self, tree: Expression) -> bool:
        """Whether a formula has the value of the quantity; not where it has none."""
        with self.arithmetic.context(), suppress(DomainError, ArithmeticError):
            used = {name: self.names[name] for name in names_of(tree)}
            return self.is_same(evaluate(tree, self.arithmetic.functions, **used), self.ours)
        return False

    def is_same(self, one: Any, other: Any) -> bool:
        """Whether two numbers are equal but for rounding."""
        return bool(abs(one - other) <= self.same * max(abs(one), abs(other)))

    def shown(self, used: Collection[str]) -> str:
        """The formula and the quantity in numbers, with those of the names that it reads."""
        chosen = [(shown(name), float(self.names[name])) for name in sorted(used)[:MOST_SHOWN]]
        names = [f"{name} = {shown_number(value, SHOWN_DIGITS)}" for name, value in chosen]
        whence = f"at {', '.join(names)} " if names else ""
        got, ours = (shown_number(float(x), SHOWN_DIGITS) for x in (self.got, self.ours))
        return f"{whence}it is {got}, where {ours} is right"


def check_formula(network: Network, text: str, formula: str) -> FormulaCheck:
    """The formula against the network. Raises UsageError where it is none, or its quantity is more than one number."""
    sizes, _ = expected_shape(network, *quantity_named(network, text), text)
    if without_ones(sizes):
        raise UsageError(f"{text}: is more than one number, and a formula is of one: '{text}[0]: …'")
    quantity = given_value(network, text, "0")
    refuse_without_loss(network, "no gradient to check")
    own = point(network)
    known = names_at(unit_point(own))
    tree = parsed(text, formula, known)
    points, found = Points(unit_point(own)), list[At]()
    is_precise = len(known) <= MOST_PRECISE
    for number in range(len(points.all)):
        with suppress(DomainError, LimitError):
            at = points.precise(number, DIGITS) if is_precise else points.all[number]
            found.append(at_point(at, quantity, tree, SAME if is_precise else SAME_IN_FLOAT64))
    if not found:
        raise UsageError(f"{text}: {formula}: has no value at the network's point nor near it")
    right = [one.is_same(one.got, one.ours) for one in found]
    check = FormulaCheck(text, formula, float(found[0].got), float(found[0].ours), len(found), sum(right))
    if check.ok:
        return check
    used, wrong = names_of(tree), [number for number, one in enumerate(right) if not one]
    check = check._replace(wrong_at=tuple(wrong), example=found[wrong[0]].shown(used))
    if correction := factor(found, used, quantity, 1):
        return check._replace(correction=correction)
    by_path = with_path(check, quantity, found) if is_precise else check
    if by_path.path:
        return by_path
    if correction := factor(found, used, quantity, MOST_FACTORS):
        return check._replace(correction=correction)
    return check._replace(exchange=exchanged(found, tree))


def names_at(at: Any) -> dict[str, Any]:
    """Every name that a formula may use, with its value at a point of units."""
    network = at.graph.network
    found: dict[str, Any] = {}
    for number, one in enumerate(network.parameters):
        values = at.weights[at.layout.entries(number).start :]
        for (index, _), value in zip(entries(one.value), values):
            found["_".join([one.name, *map(str, index)])] = value
            if entry_name(one, index) == one.name:
                found[one.name] = value
    for number, node in enumerate(network.nodes):
        put_rows(found, network, node.name, at.output(number))
        put_rows(found, network, f"g_{node.name}", at.adjoint(number))
        if isinstance(node, Layer):
            put_rows(found, network, f"d_{node.name}", at.delta(number))
            if not node.activation.couples:
                put_rows(found, network, f"s_{node.name}", at.derivative(number))
            put_rows(found, network, f"z_{node.name}", at.preactivation(number))
            put_rows(found, network, f"delta_{node.name}", at.delta(number))
    rows = [target_rows(at.graph, at.arithmetic, example) for example in range(network.examples)]
    for number, target in enumerate(network.targets):
        of_target = [example[number] for example in rows]
        put_rows(found, network, f"t_{network.nodes[target.node].name}", of_target)
        if len(network.targets) == 1:
            put_rows(found, network, "t", of_target)
            put_rows(found, network, "y", at.output(target.node))
    return found


def put_rows(found: dict[str, Any], network: Network, name: str, rows: Sequence[Sequence[Any]]) -> None:
    """A node's values under its name; those that a name has already stay."""
    for example, row in enumerate(rows):
        for unit, value in enumerate(row):
            index = [str(example)] * network.batch + [str(unit)] * (network.batch or len(row) > 1)
            found.setdefault("_".join([name, *index]), value)


def at_point(at: Any, quantity: GivenValue, tree: Expression, same: float) -> At:
    """The formula and the quantity at a point. Raises DomainError."""
    with at.arithmetic.context():
        known = names_at(at)
        used = {name: known[name] for name in names_of(tree) if name in known}
        got = evaluate(tree, at.arithmetic.functions, **used)
        return At(at.graph.network, got, ours(quantity, at), known | derived(at), same, at.arithmetic)


def derived(at: Any) -> dict[str, Any]:
    """Factors that the chain rule makes of the names: σ′(z) of every unit, and y − t of every output."""
    network = at.graph.network
    found: dict[str, Any] = {}
    for number, layer in enumerate(network.layers, len(network.inputs)):
        if not layer.activation.couples:
            put_rows(found, network, f"σ′(z_{layer.name})", at.derivative(number))
    rows = [target_rows(at.graph, at.arithmetic, example) for example in range(network.examples)]
    for number, target in enumerate(network.targets):
        outputs = at.output(target.node)
        off = [[y - t for y, t in zip(ys, example[number])] for ys, example in zip(outputs, rows)]
        name = network.nodes[target.node].name
        put_rows(found, network, f"({name} − t)", off)
        put_rows(found, network, f"(1 − {name})", [[1 - y for y in ys] for ys in outputs])
    return found


def factor(found: Sequence[At], used: set[str], quantity: GivenValue, most: int) -> str:
    """What the formula has to be multiplied by to be right, at every point: `h1 / h2`; "" where it is no product of so
    few names."""
    if any(not one.got or not one.ours for one in found):
        return ""
    names = candidates(found, used, quantity)
    vectors = {name: [log_size(one.names[name]) for one in found] for name in names}
    wanted = [log_size(one.ours) - log_size(one.got) for one in found]
    for count in range(most + 1):
        with_sign = ""
        for chosen in combinations(names, count):
            for exponents in product((1, -1), repeat=count):
                rest = [
                    w - sum(e * vectors[name][n] for name, e in zip(chosen, exponents)) for n, w in enumerate(wanted)
                ]
                if max(rest) - min(rest) < NEAR and (written := verified(found, chosen, exponents)):
                    if not chosen or not written.startswith(NEGATIVE):
                        return written
                    with_sign = with_sign or written
        if with_sign:
            return with_sign
    return ""


def log_size(value: Any) -> float:
    """ln|value| of what float64 may not hold."""
    from mpmath import log

    return float(log(abs(value)))


def candidates(found: Sequence[At], used: set[str], quantity: GivenValue) -> list[str]:
    """The names that may be a factor: those of the formula first, then values of nodes and what is derived of them,
    then weights, of the same units before others; none that is an adjoint, 0, or the same as one before it."""
    weights = {one.name for one in found[0].network.parameters}
    units = {*map(str, quantity.entry or ()), *(place for name in used for place in places(name))}

    def farness(name: str) -> tuple[bool, bool, bool]:
        return name not in used, not units.issuperset(places(name)), base(name) in weights

    known = [name for name in found[0].names if name in used or not name.startswith(("d_", "g_", "s_", "delta_", "t_"))]
    names = sorted(known, key=farness)
    found_names, seen = list[str](), set[tuple[float, ...]]()
    for name in names:
        key = tuple(float(one.names.get(name) or 0) for one in found)
        if all(key) and key not in seen:
            seen.add(key)
            found_names.append(name)
    return found_names[:MOST_ATOMS]


def verified(found: Sequence[At], chosen: Sequence[str], exponents: Sequence[int]) -> str:
    """The factor as text, if it is one in 50 digits with the same simple number before it at all points."""
    rests = []
    for one in found:
        rest = one.ours / one.got
        for name, exponent in zip(chosen, exponents):
            rest = rest / one.names[name] if exponent > 0 else rest * one.names[name]
        rests.append(rest)
    constant = Fraction(float(rests[0])).limit_denominator(LARGEST_CONSTANT)
    is_simple = 0 < abs(constant.numerator) <= LARGEST_CONSTANT
    if not is_simple or any(
        not one.is_same(rest * constant.denominator, constant.numerator) for one, rest in zip(found, rests)
    ):
        return ""
    above = [shown(name) for name, exponent in zip(chosen, exponents) if exponent > 0]
    below = [shown(name) for name, exponent in zip(chosen, exponents) if exponent < 0]
    if constant.numerator != 1 or not above:
        above.insert(0, f"{NEGATIVE}{-constant.numerator})" if constant.numerator < 0 else str(constant.numerator))
    below += [str(constant.denominator)] * (constant.denominator != 1)
    return " · ".join(above) + "".join(f" / {name}" for name in below)


def places(name: str) -> list[str]:
    """The index of a name: 0 and 1 of w1_0_1."""
    index = INDEX_BEHIND.search(name)
    return index[1][1:].split("_") if index else []


def base(name: str) -> str:
    """A name without its index."""
    return INDEX_BEHIND.sub("", name)


def shown(name: str) -> str:
    """A name as a person writes it: δ_h1, and w1[0,1] of w1_0_1."""
    name = name.replace("delta_", "δ_")
    return base(name) + bracketed(places(name))


def exchanged(found: Sequence[At], tree: Expression) -> str:
    """The one name, function or sign with which, in place of another at one place, the formula is right everywhere."""
    weights = {one.name for one in found[0].network.parameters}
    alike: dict[Any, list[str]] = {}
    for known in found[0].names:
        if known.isidentifier():
            alike.setdefault(kind_of(known, weights), []).append(known)
    tried = 0
    for old, node, made in places_of(tree):
        others = alike.get(kind_of(old, weights), []) if node.head == "name" else SAME_PLACE.get(old, ())
        for other in others:
            tried += 1
            if tried > MOST_EXCHANGED:
                return ""
            new = made(variable(other) if node.head == "name" else node._replace(head=other))
            if other != old and all(one.is_right(new) for one in found):
                return f"{shown(other)} in place of {shown(old)}".replace("-", "−")
    return ""


def kind_of(known: str, weights: Collection[str]) -> str:
    """What a name is, of those that are taken for one another: a weight, δ, an adjoint, z, σ′, a target, an output."""
    start = known.partition("_")[0]
    return "weight" if base(known) in weights else start if start in PREFIXED else "output"


def places_of(tree: Expression) -> Iterator[tuple[str, Expression, Callable[[Expression], Expression]]]:
    """Every name, function and sum of a formula, with what makes the formula with another in its place."""
    if tree.head == "name":
        yield tree.value, tree, lambda new: new
    elif tree.head in SAME_PLACE:
        yield tree.head, tree, lambda new: new
    for number, part in enumerate(tree.parts):
        for old, node, made in places_of(part):

            def whole(new: Expression, made: Any = made, number: int = number) -> Expression:
                return tree._replace(parts=(*tree.parts[:number], made(new), *tree.parts[number + 1 :]))

            yield old, node, whole


def with_path(check: FormulaCheck, quantity: GivenValue, found: Sequence[At]) -> FormulaCheck:
    """The path whose contribution is the difference at every point, where it is one."""
    if quantity.quantity not in ("gradient", "adjoint", "delta"):
        return check
    behind = "_".join([f"s_{quantity.of}", *map(str, quantity.entry or ())])  # δ is ∂L/∂ an output times σ′
    if quantity.quantity == "delta" and behind not in found[0].names:
        return check
    entry = bracketed(quantity.entry or ())
    left: dict[tuple[Any, ...], int] | None = None
    for one in found:
        try:
            (sums,) = paths(one.network, wrt=(f"{quantity.of}{entry}",), top=MOST_PATHS, dps=DIGITS).sums.values()
        except (UsageError, LimitError, DomainError, ValueError):
            return check
        signs = {}
        derivative = one.names[behind] if quantity.quantity == "delta" else 1
        for path in sums.top:
            for sign in (1, -1):
                off = one.ours - one.got
                if any(one.is_same(off, sign * value * derivative) for value in numbers(path.contribution)):
                    signs[path.nodes, path.through, path.at] = sign
        left = signs if left is None else {key: sign for key, sign in left.items() if signs.get(key) == sign}
    for (nodes, _, _), sign in (left or {}).items():
        return check._replace(path=" → ".join(nodes), path_is_missing=sign > 0)
    return check
