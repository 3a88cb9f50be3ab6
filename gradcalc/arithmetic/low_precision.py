"""Numbers as hardware of low precision has them: what is stored is rounded to a format, sums of products accumulate in
float32 (or in the format itself) and are rounded once, when they are stored.

An activation is evaluated in float32 and rounded, its derivative in float32, from the stored output where it is a
formula of that, as frameworks do: y(1 − y). The loss is computed in float32 and multiplied by the loss scale S; what is
behind it, ∂L/∂output, δ and gradients, is stored times S and shown divided by it, so that S moves the range of the
format and nothing else (Micikevicius et al., "Mixed Precision Training", 2018, arXiv:1710.03740).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Self

from gradcalc.arithmetic import mapped
from gradcalc.arithmetic.float_formats import Rounding, float_format, rounding
from gradcalc.errors import UsageError
from gradcalc.expressions import float_functions

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

FLOAT32 = "float32"
PURE_SIGMOID = "float16"  # in which alone PyTorch's CPU multiplies by 1 − y and by y, and rounds both products


class StoredNumber(float):
    """A number as it is stored, and the sum of products that was rounded to it: sums go on with that, products take
    what is stored. `given` is what a spec has, in float32: a loss compares with that."""

    __slots__ = ("given", "sum")
    sum: float
    given: float
    of: Callable[[float], StoredNumber]  # a sum of products as a number of the same kind
    is_backward = False  # of the backward pass, as is a sum or a product as soon as one of its parts is

    def __new__(cls, x: float | str) -> Self:
        """A number that is taken as it is, rounded to no format."""
        found = super().__new__(cls, x)
        found.sum = float(found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (float(self),)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, StoredNumber):
            return (other if other.is_backward else self).of(self.sum + other.sum)
        return self.of(self.sum + other) if isinstance(other, (float, int)) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, TwoFactors):
            return self * other.first * other.second
        if isinstance(other, StoredNumber) and other.is_backward:
            return other.of(float.__mul__(self, other))
        return self.of(float.__mul__(self, other)) if isinstance(other, (float, int)) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        """A number of terms divides a sum before it is stored; a ratio of numbers is what it is."""
        is_mean = isinstance(other, int) and not self.is_backward
        return self.of(self.sum / other) if is_mean else float(self) / other

    def __neg__(self) -> StoredNumber:
        return self.of(-self.sum)

    def __abs__(self) -> StoredNumber:
        return self.of(abs(self.sum))


class TwoFactors(float):
    """A derivative that is multiplied as two factors, each product rounded."""

    __slots__ = ("first", "second")

    def __new__(cls, first: float | str, second: float = 1.0) -> Self:
        first = float(first)
        found = super().__new__(cls, first * second)
        found.first, found.second = first, second
        return found

    first: float
    second: float


class StorageName(str):
    """The name of a format, with how numbers are stored in it."""

    accumulate: str
    saturate: bool
    loss_scale: float

    @classmethod
    def of(cls, low: LowPrecision) -> Self:
        """As a low precision stores them."""
        found = cls(low.format.name)
        found.accumulate, found.saturate, found.loss_scale = low.accumulate, low.saturate, low.loss_scale
        return found


class LowPrecision:
    """Numbers stored in the format `dtype`. Sums of products accumulate in float32, or in the format itself; the loss
    is multiplied by `loss_scale`. With `saturate` the largest number of 8 bits stands for all past it.

    Raises UsageError for a format that there is not.
    """

    def __init__(self, dtype: str, accumulate: str = FLOAT32, saturate: bool = False, loss_scale: float = 1.0) -> None:
        self.format = float_format(dtype)
        accumulate = dtype if accumulate == "dtype" else accumulate
        if accumulate not in (FLOAT32, dtype):
            raise UsageError(f"--accumulate {accumulate}: sums accumulate in float32 or in {dtype}")
        if saturate and not self.format.saturates:
            raise UsageError(f"--saturate: is for formats of 8 bits; past its largest number {dtype} has inf")
        if not 0 < loss_scale < math.inf:
            raise UsageError(f"--loss-scale {loss_scale:g}: takes a positive number")
        self.accumulate, self.saturate, self.loss_scale = accumulate, saturate, loss_scale
        store, self._single = rounding(dtype, saturate), rounding(FLOAT32)
        summed = self._single if accumulate == FLOAT32 else store
        self._forward = number_type(store, summed)
        self._backward = number_type(scaled(store, loss_scale), scaled(summed, loss_scale), True)
        self.functions = StoredFunctions(self.number)

    def __reduce__(self) -> tuple[Any, ...]:
        return LowPrecision, (self.format.name, self.accumulate, self.saturate, self.loss_scale)

    @property
    def name(self) -> StorageName:
        return StorageName.of(self)

    def context(self) -> nullcontext[None]:
        return nullcontext()

    def number(self, x: Any, exact: str | None = None) -> StoredNumber:
        if exact is not None:
            from gradcalc.expressions.parser import constant

            x = constant(exact)
        found = self._stored(float(x))
        found.sum, found.given = float(found), self._single(x)
        return found

    def of_backward(self, x: float) -> StoredNumber:
        """A number of the backward pass, stored times the loss scale, as is every product with it."""
        return self._backward.of(self._single(float(x)))

    def seed(self, examples: int) -> float:
        return self._single(1 / examples)

    def value(self, activation: Activation) -> Callable[..., Any]:
        value = everywhere(activation.value)
        return lambda *arguments: mapped(self._stored, value(*mapped(float, arguments)))

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        derivative, single = everywhere(activation.derivative), self._single
        of_output = derivative_of_output(activation)
        if of_output is None:
            return lambda *arguments: mapped(single, derivative(*mapped(float, arguments)))
        value = self.value(activation)
        if activation.name == "sigmoid" and self.name == self.accumulate == PURE_SIGMOID:
            stored = self._stored
            return lambda z: TwoFactors(float(stored(1 - (y := float(value(z))))), y)
        return lambda z: single(of_output(float(value(z))))

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any] | None:
        derivative, single = activation.alpha_derivative, self._single
        return None if derivative is None else lambda z, alpha: single(derivative(float(z), float(alpha)))

    def loss(self, loss: Loss) -> Loss:
        """The same loss of stored outputs and given targets. Its derivatives are not rounded to the format yet."""
        backward, single = self._backward, self._single

        def arguments(ys: Any, ts: Any) -> tuple[list[float], list[float]]:
            return list(map(float, ys)), [t.given if hasattr(t, "given") else float(t) for t in ts]

        def derivatives(ys: Any, ts: Any, functions: Any, **options: float) -> list[StoredNumber]:
            return [backward(single(derivative)) for derivative in loss.derivatives(*arguments(ys, ts))]

        return loss._replace(
            terms=lambda ys, ts, functions, **options: [single(loss.value(*arguments(ys, ts)))],
            term_derivatives=derivatives,
            averaged=False,
            scale=1.0,
        )

    def log10(self, x: float) -> float | None:
        return math.log10(abs(x)) if x and math.isfinite(x) else None

    def is_normal(self, x: float) -> bool:
        return self.format.normal <= abs(x) <= self.format.largest

    def _stored(self, x: float) -> StoredNumber:
        """What float32 computed, rounded to the format."""
        found = self._forward.of(self._single(x))
        found.sum = float(found)
        return found


class StoredFunctions:
    """Those of float64, but for how a number is made."""

    def __init__(self, number: Callable[..., StoredNumber]) -> None:
        self.number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(float_functions, name)


def scaled(rounded: Rounding, scale: float) -> Rounding:
    """Rounding of numbers that are stored times the scale."""
    return rounded if scale == 1 else lambda x: rounded(x * scale) / scale


def everywhere(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, NaN where infinities or NaN are more than it can take."""

    def at(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except (ValueError, OverflowError):
            return mapped(lambda _: math.nan, arguments[0])

    return at


def derivative_of_output(activation: Activation) -> Callable[[float], float] | None:
    """σ′ as a function of the output y alone, y(1 − y), of an activation that a textbook differentiates so."""
    textbook = activation.textbook
    if activation.couples or textbook is None or set(re.findall(r"[A-Za-z_]\w*", textbook.derivative)) != {"y"}:
        return None
    from gradcalc.expressions.compiled import compile_float64
    from gradcalc.expressions.textbook import read

    return compile_float64(read(textbook.derivative, ("y",)), ("y",))


def number_type(store: Rounding, summed: Rounding, of_backward: bool = False) -> type[StoredNumber]:
    """The numbers of the forward pass, or those of the backward pass."""
    new = float.__new__

    class Number(StoredNumber):
        __slots__ = ()
        is_backward = of_backward

        @staticmethod
        def of(x: float) -> StoredNumber:
            whole = summed(x)
            found = new(Number, store(whole))
            found.sum = whole
            return found

    return Number
