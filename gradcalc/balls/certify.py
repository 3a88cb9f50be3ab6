"""Results that are known to be right: the same rule with more and more digits until its own error bound is small."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from gradcalc.balls.ball import Ball, Undecided
from gradcalc.balls.functions import BallFunctions
from gradcalc.errors import LimitError

Level = Callable[[], AbstractContextManager[BallFunctions]]
"""One kind of midpoint, entered while computing with it."""


def certified(
    rule: Callable[[Any], Callable[..., Any]], arguments: tuple[Any, ...], levels: Iterable[Level], within: Any
) -> Any:
    """`rule(functions)(*arguments)`, a number or nested lists of numbers, with a relative error below `within`.

    `arguments` are exact: numbers or lists of them. The last level decides what none before it could: there a result
    smaller than its own error bound is 0, and numbers that cannot be told apart are equal. Raises LimitError where
    that bound comes of an exponent out of reach.
    """
    *tried, last = levels
    for level in tried:
        with level() as functions:
            try:
                result = rule(functions)(*[_lifted(argument, functions) for argument in arguments])
            except Undecided:
                continue
            if _accepted(result, within):
                return _midpoints(result)
    with last() as functions:
        functions.lenient = True
        try:
            result = rule(functions)(*[_lifted(argument, functions) for argument in arguments])
        except Undecided:
            raise LimitError("a number cannot be computed with as many digits as there are") from None
        if functions.underflow and not _accepted(result, 1):
            raise LimitError("a number has an exponent beyond ±10^15; no option goes further")
        return _midpoints(result)


def _lifted(argument: Any, functions: BallFunctions) -> Any:
    if isinstance(argument, (list, tuple)):
        return [functions.number(x) for x in argument]
    return functions.number(argument)


def _accepted(result: Any, within: Any) -> bool:
    if isinstance(result, list):
        return all(_accepted(part, within) for part in result)
    return not isinstance(result, Ball) or result.rad <= abs(result.mid) * within


def _midpoints(result: Any) -> Any:
    if isinstance(result, list):
        return [_midpoints(part) for part in result]
    if not isinstance(result, Ball):
        return result
    return result.mid if result.rad <= abs(result.mid) else result.mid * 0
