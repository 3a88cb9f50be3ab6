"""erf and erfc of mpmath's numbers, by series that take most steps with small whole numbers (Smith, 1989): mpmath
multiplies two numbers of all digits at each, which takes ten times as long with some thousands.

With y = x² and S = Σ (2y)ⁿ/(3·5⋯(2n + 1)) erf x is 2x·e^−y·S/√π, all terms positive. For large x erfc x is
e^−y/(x√π) · Σ (−1)ⁿ·1·3⋯(2n − 1)/(2y)ⁿ, off by less than the first term left out (Abramowitz and Stegun, 7.1.6 and
7.1.23).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from math import exp, isqrt, lgamma, log
from typing import Any

from mpmath.libmp import from_man_exp, to_fixed
from mpmath.libmp.backend import MPZ_ONE

GUARD = 20  # binary places
LN_2 = log(2)


def erf(context: Any, x: Any) -> Any:
    """The error function; ±1 where the rest, below e^−x², is less than 2^−precision."""
    if not x or x * x > context.prec:
        return context.sign(x)
    return +_near(context, x, context.prec + GUARD)


def erfc(context: Any, x: Any) -> Any:
    """1 − erf x, with as many digits more as this cancels unless x is large."""
    if x <= 0:
        return 1 - erf(context, x)
    square, precision = x * x, context.prec + GUARD
    if square * 10 > precision * 7:  # more than ln 2: the least term is about e^−x²
        return +_far(context, x, precision)
    precision += int(square * 3 / 2) + GUARD
    return context.fsub(1, _near(context, x, precision))


@lru_cache(maxsize=16)  # a function and its derivative ask for the same
def _near(context: Any, x: Any, precision: int) -> Any:
    """erf by the terms of S above 2^−precision of it: it is at least 1 and e^y/(2x + 2)."""
    with context.workprec(precision):
        square = context.fmul(x, x, exact=True)
        rise = _log(context, square)
        y = exp(rise)
        least = max(y - log(2 * y**0.5 + 2), 0.0) - precision * LN_2
        halving = int(2 * y) + 1  # from there on each term is at most half of the one before
        terms = _first(lambda n: n * rise - lgamma(n + 1.5) < least, halving, halving + precision)
        found = _sum(context, 2 * square, terms, max(rise + LN_2, 0.0), lambda term, n: term // (2 * n + 1))
        return 2 * x * found / (context.exp(square) * context.sqrt(context.pi))


@lru_cache(maxsize=16)
def _far(context: Any, x: Any, precision: int) -> Any:
    """erfc by the terms above 2^−precision."""
    with context.workprec(precision):
        square = context.fmul(x, x, exact=True)
        rise = _log(context, square)
        terms = _first(lambda n: lgamma(n + 0.5) - n * rise < -precision * LN_2, 1, min(int(square), precision))
        found = _sum(context, 1 / (2 * square), terms, rise + LN_2, lambda term, n: (1 - 2 * n) * term)
        return found / (x * context.exp(square) * context.sqrt(context.pi))


def _log(context: Any, x: Any) -> float:
    """ln x as a float64, whatever its exponent."""
    mantissa, exponent = context.frexp(x)
    return float(log(mantissa) + exponent * LN_2)


def _first(is_enough: Callable[[int], bool], low: int, high: int) -> int:
    """The first number from which on it is."""
    return low + bisect_left(range(low, high), True, key=is_enough)


def _sum(context: Any, y: Any, terms: int, spread: float, following: Callable[[Any, int], Any]) -> Any:
    """Σ cₙyⁿ, c₀ = 1, to 2^−precision: those of one remainder by so many numbers are added before they are multiplied
    by their power of y. What is rounded before that becomes up to e^spread as much with each of these powers."""
    block = isqrt(terms) + 1
    bits = context.prec + int(block * spread / LN_2) + terms.bit_length() + GUARD
    one, fixed = MPZ_ONE << bits, to_fixed(y._mpf_, bits)
    power, term, sums = one, one, [0 * one] * block
    for _ in range(block):
        power = power * fixed >> bits
    for n in range(1, terms + 1):
        place = (n - 1) % block
        sums[place] += term
        term = following(term, n)
        if place == block - 1:
            term = term * power >> bits
    total = 0 * one
    for each in reversed(sums):
        total = (total * fixed >> bits) + each
    return context.make_mpf(from_man_exp(total, -bits))
