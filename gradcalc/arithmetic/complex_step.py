"""Complex numbers whose imaginary part is a tiny step: f(x + ih) = f(x) + ih·f′(x) + O(h²), so that Im f/h is the
derivative of an analytic f without the cancellation of a difference (Squire & Trapp, SIAM Review 40, 1998).

They compare by their real parts, and |x| is x or −x: a step never changes which side of a kink a number is on.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from math import erf, log10
from typing import TYPE_CHECKING, Any, Never

from gradcalc.arithmetic import ALPHA_DERIVATIVE, DERIVATIVE, VALUE
from gradcalc.errors import DomainError
from gradcalc.expressions.expression import Literal

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

STEP = 1e-150  # h: h² is nothing beside 1, and derivatives down to 1e-150 are normal float64s in h·f′


class ComplexNumber:
    """A complex number that is ordered by its real part."""

    __slots__ = ("of",)

    def __init__(self, of: complex) -> None:
        self.of = of

    def __add__(self, other: Any) -> ComplexNumber:
        return ComplexNumber(self.of + plain(other))

    def __sub__(self, other: Any) -> ComplexNumber:
        return ComplexNumber(self.of - plain(other))

    def __rsub__(self, other: Any) -> ComplexNumber:
        return ComplexNumber(plain(other) - self.of)

    def __mul__(self, other: Any) -> ComplexNumber:
        return ComplexNumber(self.of * plain(other))

    def __truediv__(self, other: Any) -> ComplexNumber:
        return ComplexNumber(self.of / plain(other))

    def __rtruediv__(self, other: Any) -> ComplexNumber:
        return ComplexNumber(plain(other) / self.of)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> ComplexNumber:
        return ComplexNumber(-self.of)

    def __abs__(self) -> ComplexNumber:
        return self if self.of.real >= 0 else -self

    def __eq__(self, other: object) -> bool:
        return bool(self.of.real == real(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.of.real < real(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.of.real <= real(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.of.real > real(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.of.real >= real(other))

    def __bool__(self) -> bool:
        return self.of != 0

    def __int__(self) -> int:
        return int(self.of.real)

    def __float__(self) -> float:
        return self.of.real

    __hash__ = None  # type: ignore[assignment]  # equal numbers may differ in their step


def plain(number: Any) -> Any:
    """What a ComplexNumber holds; any other number as it is."""
    return number.of if isinstance(number, ComplexNumber) else number


def real(number: Any) -> Any:
    """The real part of any number."""
    return number.of.real if isinstance(number, ComplexNumber) else number


class ComplexFunctions:
    """The functions that are analytic and that Python has for complex numbers; erf only of real constants."""

    pi, e, evaluated = cmath.pi, cmath.e, None

    def __getattr__(self, name: str) -> Callable[[Any], ComplexNumber]:
        if name not in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
            raise DomainError(f"there is no {name} of complex numbers here")
        function = getattr(cmath, name)

        def at(x: Any) -> ComplexNumber:
            try:
                return ComplexNumber(function(plain(x)))
            except ValueError:  # of an infinity, and the logarithm of 0
                raise DomainError(f"{name} has no value there among complex numbers") from None

        return at

    def number(self, x: Any) -> ComplexNumber:
        """Any number as such a one."""
        if isinstance(x, Literal):
            x = float(x)
        return x if isinstance(x, ComplexNumber) else ComplexNumber(complex(x))

    def power(self, a: Any, b: Any) -> ComplexNumber:
        """a^b, by its principal value."""
        return ComplexNumber(plain(a) ** plain(b))

    def erf(self, x: Any) -> ComplexNumber:
        """Of a number without a step, as in the constants of selu."""
        z = plain(x)
        if z.imag:
            raise DomainError("there is no erf of complex numbers here")
        return ComplexNumber(complex(erf(z.real)))

    def log1p(self, x: Any) -> ComplexNumber:
        """ln(1 + x) = 2 artanh(x/(2 + x)), which does not cancel near 0."""
        z = plain(x)
        return ComplexNumber(2 * cmath.atanh(z / (2 + z)) if abs(z) < 1 else cmath.log(1 + z))

    def expm1(self, x: Any) -> ComplexNumber:
        """e^x − 1 = 2 e^(x/2) sinh(x/2), which does not cancel near 0; far from it the derivative would."""
        z = plain(x)
        return ComplexNumber(2 * cmath.exp(z / 2) * cmath.sinh(z / 2) if abs(z) < 1 else cmath.exp(z) - 1)

    def spanning(self, numbers: Sequence[Any]) -> Never:
        """There are no more digits than those of float64."""
        raise DomainError("units of a norm may be farther apart than the digits of complex numbers here reach")

    def max(self, numbers: Sequence[Any]) -> Any:
        """The largest."""
        return max(numbers)

    def min(self, numbers: Sequence[Any]) -> Any:
        """The smallest."""
        return min(numbers)

    def sum(self, terms: Sequence[Any]) -> ComplexNumber:
        """Their sum."""
        return ComplexNumber(sum(map(plain, terms)))


class ComplexStep:
    """The arithmetic of such numbers, for the forward pass; it has no sweep of its own to check."""

    name = "complex"
    functions = ComplexFunctions()

    def context(self) -> nullcontext[None]:
        return nullcontext()

    def number(self, x: Any, exact: str | None = None) -> ComplexNumber:
        return self.functions.number(x)

    def seed(self, examples: int) -> ComplexNumber:
        return self.number(1 / examples)

    def value(self, activation: Activation) -> Callable[..., Any]:
        rule: Callable[..., Any] = activation.any_rule()(self.functions)[VALUE]
        return rule

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        rule: Callable[..., Any] = activation.any_rule()(self.functions)[DERIVATIVE]
        return rule

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any] | None:
        rule: Callable[..., Any] = activation.any_rule()(self.functions)[ALPHA_DERIVATIVE]
        return rule

    def loss(self, loss: Loss) -> Loss:
        return loss.in_arithmetic(self.functions)

    def log10(self, x: ComplexNumber) -> float | None:
        return log10(abs(x.of)) if x else None

    def is_normal(self, x: ComplexNumber) -> bool:
        return cmath.isfinite(x.of)
