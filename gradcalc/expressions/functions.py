"""The functions of formulas, each over the numbers of any arithmetic, and what lies outside their domains.

An arithmetic's namespace brings exp log log1p sqrt sin cos tan sinh cosh tanh erf number pi e; the others follow from
these and from comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcalc.errors import DomainError
from gradcalc.records import Record

Number = Any
Namespace = Any


class Function(Record):
    """`rule(namespace, *arguments)`; `fewest` and `most` arguments (None: any number)."""

    rule: Callable[..., Number]
    fewest: int = 1
    most: int | None = 1


def logarithm(f: Namespace, x: Number) -> Number:
    """ln x."""
    if x > 0:
        return f.log(x)
    raise DomainError(f"ln of {shown(x)}")


def root(f: Namespace, x: Number) -> Number:
    """√x."""
    if x >= 0:
        return f.sqrt(x)
    raise DomainError(f"square root of {shown(x)}")


def divide(f: Namespace, a: Number, b: Number) -> Number:
    """a/b."""
    if b == 0:
        raise DomainError(f"{shown(a)} divided by 0")
    return a / b


def power(f: Namespace, a: Number, b: Number) -> Number:
    """a^b. The exponent may be an int, which every kind of number takes; one past 2^53 is an integer anyway."""
    if a == 0 and b < 0:
        raise DomainError(f"0 to the power {shown(b)}")
    if not isinstance(b, int) and a < 0 and abs(b) < 2**53 and b != int(b):
        raise DomainError(f"{shown(a)} to the power {shown(b)}")
    own = getattr(f, "power", None)
    return own(a, b) if own else a**b


def sign(f: Namespace, x: Number) -> Number:
    """−1, 0 or 1."""
    return f.number((x > 0) - (x < 0))


def sigmoid(f: Namespace, x: Number) -> Number:
    """1/(1 + e^−x), by the power that does not overflow."""
    if x >= 0:
        return 1 / (1 + f.exp(-x))
    small = f.exp(x)
    return small / (1 + small)


def softplus(f: Namespace, x: Number) -> Number:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^−|x|)."""
    return max(x, f.number(0)) + f.log1p(f.exp(-abs(x)))


def step(f: Namespace, x: Number) -> Number:
    """1 where x > 0, else 0: the derivative of relu, with its convention at 0."""
    return f.number(int(x > 0))


def top_share(f: Namespace, *arguments: Number) -> Number:
    """The derivative of max by its first argument: 1 where that alone is the largest, a tie shared equally, else 0."""
    largest = max(arguments)
    if arguments[0] < largest:
        return f.number(0)
    return f.number(1) / max(1, sum(argument == largest for argument in arguments))  # a NaN equals nothing


def shown(x: Number) -> str:
    """A number in a message."""
    return f"{float(x):.6g}"


FUNCTIONS = {
    "exp": Function(lambda f, x: f.exp(x)),
    "sin": Function(lambda f, x: f.sin(x)),
    "cos": Function(lambda f, x: f.cos(x)),
    "tan": Function(lambda f, x: f.tan(x)),
    "sinh": Function(lambda f, x: f.sinh(x)),
    "cosh": Function(lambda f, x: f.cosh(x)),
    "tanh": Function(lambda f, x: f.tanh(x)),
    "erf": Function(lambda f, x: f.erf(x)),
    "log": Function(logarithm),
    "sqrt": Function(root),
    "abs": Function(lambda f, x: abs(x)),
    "min": Function(lambda f, *arguments: min(arguments), 2, None),
    "max": Function(lambda f, *arguments: max(arguments), 2, None),
    "sign": Function(sign),
    "sigmoid": Function(sigmoid),
    "softplus": Function(softplus),
    "relu": Function(lambda f, x: max(x, x * 0)),
    "step": Function(step),
    "top_share": Function(top_share, 2, None),
}
PUBLIC = frozenset(FUNCTIONS) - {"step", "top_share"}  # what a person may write; the others come of differentiation
KINKED = frozenset({"abs", "sign", "relu", "max", "min", "step", "top_share"})
