"""The value of a formula, as it is written, in the numbers of any arithmetic: a tape of steps, laid out once, run at
every point. In float64 the range is watched: where an intermediate leaves it, Decimals evaluate the formula again."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions import float_functions
from gradcalc.expressions.expression import Expression, Ratio, call, fold, in_postorder, ratio, with_ratios
from gradcalc.expressions.functions import FUNCTIONS, KINKED, Namespace, Number, divide, power
from gradcalc.records import Record

Step = Callable[[Namespace, Mapping[str, Number], list[Number]], Number]
"""(functions, variables, values of the steps before) → the value of this one."""

STEADY = 18  # digits of a Decimal that takes over from a float64: one more than that has
SMALLEST, LARGEST = sys.float_info.min, sys.float_info.max  # the ends of the normal float64
UNDERFLOWING = frozenset({"*", "/", "^", "exp", "sigmoid", "softplus"})
"""What is 0 in float64 for no 0 in its parts; a sum that is 0 is so because it cancels."""


class Tape(Record):
    """The steps of a formula, parts before the whole."""

    steps: Sequence[Step]
    parts: Sequence[Sequence[int]]  # of every step those before it that it takes
    underflowing: Sequence[int]  # those that can underflow
    is_kinked: bool


MOST_KNOWN = 256
_tapes: dict[int, tuple[Expression, Tape]] = {}


def evaluate(expression: Expression, functions: Namespace, **names: Number) -> Number:
    """The formula at these values of its variables. `functions` is the arithmetic's namespace (see functions.py).

    Rational constants are rounded once, by that arithmetic; to any number of digits all rational parts are, where the
    formula has kinks or a variable is a Fraction. Raises DomainError outside a function's domain.
    """
    tape, evaluated = tape_of(expression), getattr(functions, "evaluated", None)
    return evaluated(tape, names) if evaluated else _values(tape, functions, names)[-1]


def compile_float64(expression: Expression, arguments: Sequence[str]) -> Callable[..., float]:
    """The formula as a function of float64 in this order, evaluated as it is written.

    Where an intermediate overflows or underflows, or seems to be outside a domain, it is evaluated in Decimals.
    Out of range its value is inf or 0; NaN where an argument is not finite, or where the value asks for exponents
    without end. Raises DomainError outside the domain.
    """
    tape = tape_of(expression)

    def at(*values: float) -> float:
        if not all(map(math.isfinite, values)):
            return math.nan
        names = dict(zip(arguments, map(float, values)))  # of NumPy's own, an overflow is a warning
        try:
            found = _values(tape, float_functions, names)
            if _in_range(tape, found):
                return float(found[-1])
        except DomainError:
            pass  # a 0 may have underflowed, a negative may be the overflow of an intermediate
        from gradcalc.expressions import decimal_functions

        exact = {name: decimal_functions.number(value) for name, value in zip(arguments, values)}
        try:
            return float(decimal_functions.settled(lambda: _values(tape, decimal_functions, exact)[-1], STEADY))
        except LimitError:
            return math.nan

    return at


def _in_range(tape: Tape, found: Sequence[float]) -> bool:
    """Whether no intermediate was lost to the range of float64: asked in bulk, one by one where that is open."""
    sizes = list(map(abs, found))
    if min(sizes) >= SMALLEST and sum(sizes) <= LARGEST:
        return True
    if any(size and not SMALLEST <= size <= LARGEST for size in sizes):
        return False
    return not any(not sizes[step] and all(sizes[part] for part in tape.parts[step]) for step in tape.underflowing)


def is_kink(expression: Expression, arguments: Sequence[str]) -> Callable[..., bool] | None:
    """Whether the derivative by the first argument jumps, or the formula itself: at 0 of |x| and sign x, not of |x|³.

    A function of the arguments, and of the functions of their arithmetic; None where the formula has no kinked part.
    Outside the domain there is no kink.
    """
    if not any(node.head in KINKED for node in in_postorder(expression)):
        return None

    @cache
    def trees() -> tuple[Expression, Expression]:
        from gradcalc.expressions.sympy_form import derivative

        return with_ratios(expression), with_ratios(derivative(expression, arguments[0]))

    def at(*values: Number, functions: Namespace = float_functions) -> bool:
        exactly = getattr(functions, "exactly", None)
        names = dict(zip(arguments, map(exactly, values) if exactly else values))
        try:
            return any(jumps(tree, functions, names) for tree in trees())
        except (DomainError, ZeroDivisionError):
            return False

    return at


def jumps(tree: Expression, functions: Namespace, names: Mapping[str, Number]) -> bool:
    """Whether the tree's value hangs on the side of a jump that a part of it stands at. Its constants are ratios: what
    is equal stands in it as equal nodes."""
    for sides in _sides(tree, functions, names):
        first, *others = (evaluate(_with(tree, ends), functions, **names) for ends in sides)
        if any(other != first for other in others):
            return True
    return False


ENDS = {"sign": (-1, 1), "step": (0, 1)}  # what a function is on either side of its jump


def _sides(
    tree: Expression, functions: Namespace, names: Mapping[str, Number]
) -> Iterator[list[Mapping[Expression, int]]]:
    """What nodes are on either side of each jump that they stand at; where parts of a maximum tie, what shares are with
    each of those as the largest."""
    shares = dict[frozenset[Expression], list[Expression]]()
    for node in dict.fromkeys(in_postorder(tree)):
        if node.head == "top_share":
            shares.setdefault(frozenset(node.parts), []).append(node)
        elif node.head in ENDS and evaluate(node.parts[0], functions, **names) == 0:
            yield [{node: end} for end in ENDS[node.head]]
    for parts, nodes in shares.items():
        values = {part: evaluate(part, functions, **names) for part in parts}
        largest = max(values.values())
        round_to_it = [part for part, value in values.items() if value == largest]
        tied = [part for part in round_to_it if evaluate(call("top_share", part, *round_to_it), functions, **names)]
        if len(tied) > 1:
            yield [{node: int(node.parts[0] == part) for node in nodes} for part in tied]


def _with(tree: Expression, ends: Mapping[Expression, int]) -> Expression:
    def replaced(node: Expression, parts: Sequence[Expression]) -> Expression:
        return ratio(ends[node], 1) if node in ends else node._replace(parts=tuple(parts))

    return fold(tree, replaced)


def tape_of(expression: Expression) -> Tape:
    """The formula's steps, laid out when first asked for, and found by identity: comparing is as long a walk."""
    known = _tapes.get(id(expression))
    if known is not None:
        return known[1]
    places: dict[int, int] = {}
    steps, parts, underflowing = list[Step](), list[list[int]](), list[int]()
    exact = with_ratios(expression)  # held on to, for its nodes are known by identity
    nodes = in_postorder(exact)
    for step, node in enumerate(nodes):
        parts.append([places[id(part)] for part in node.parts])
        if node.head in UNDERFLOWING or (node.head == "ratio" and node.value[0]):
            underflowing.append(step)
        places[id(node)] = step
        steps.append(_step(node, parts[step]))
    if len(_tapes) >= MOST_KNOWN:
        _tapes.clear()
    _tapes[id(expression)] = expression, Tape(steps, parts, underflowing, any(node.head in KINKED for node in nodes))
    return _tapes[id(expression)][1]


def _values(tape: Tape, functions: Namespace, names: Mapping[str, Number]) -> list[Number]:
    """The values of all steps."""
    values: list[Number] = []
    for step in tape.steps:
        values.append(step(functions, names, values))
    return values


def _step(node: Expression, places: list[int]) -> Step:
    if node.head == "ratio":
        return lambda functions, names, values: rounded(functions, node.value)
    if node.head == "name":
        name = node.value
        return lambda functions, names, values: names[name] if name in names else getattr(functions, name)
    if node.head == "^":
        a, exponent = places[0], node.parts[1]
        if exponent.head != "ratio" or exponent.value[1] != 1:
            return lambda functions, names, values: power(functions, values[a], values[places[1]])
        whole = exponent.value[0]  # stays an int: a power by multiplication, for which a negative base is no trouble
        if whole == 2:
            return lambda functions, names, values: values[a] * values[a]
        return lambda functions, names, values: power(functions, values[a], whole)
    if node.head in OPERATORS:
        operation: Step = OPERATORS[node.head](*places)
        return operation
    rule = FUNCTIONS[node.head].rule
    return lambda functions, names, values: rule(functions, *[values[place] for place in places])


def rounded(functions: Namespace, value: Ratio) -> Number:
    """A ratio in the arithmetic's numbers; Python divides integers of any size into the nearest float64."""
    numerator, denominator = value
    if functions.number is float:
        try:
            return numerator / denominator
        except OverflowError:
            return math.inf if numerator > 0 else -math.inf
    above = functions.number(numerator)
    return above if denominator == 1 else above / functions.number(denominator)


def exact_constant(text: str, functions: Namespace) -> Number:
    """An exact constant in the arithmetic's numbers, with as many digits as those have."""
    return evaluate(_constant_tree(text), functions)


@lru_cache(maxsize=MOST_KNOWN)
def _constant_tree(text: str) -> Expression:
    from gradcalc.expressions.parser import parse_constant

    return parse_constant(text)


OPERATORS: dict[str, Any] = {
    "+": lambda a, b: lambda functions, names, values: values[a] + values[b],
    "-": lambda a, b: lambda functions, names, values: values[a] - values[b],
    "*": lambda a, b: lambda functions, names, values: values[a] * values[b],
    "/": lambda a, b: lambda functions, names, values: divide(functions, values[a], values[b]),
    "negative": lambda a: lambda functions, names, values: -values[a],
}
