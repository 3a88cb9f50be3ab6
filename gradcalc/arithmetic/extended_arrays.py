"""Arrays in extended range: a float64 mantissa and a binary exponent for every entry, mantissa·2^exponent.

They take part in NumPy's operators and in those of its functions that move entries about (its protocols for other
arrays, NEP 13 and NEP 18), so edges, semirings and lists of paths are written once for all arrays. Single numbers go in
and come out as the Decimals of extended range. Sums have the error of sums in float64: entries are shifted to the
exponent of the largest, and what falls off is less than the smallest float64 times it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from math import frexp, ldexp
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradcalc.arithmetic.extended import CONTEXT, HIGH, LARGEST_EXPONENT, LOW, from_double, product_out_of_range
from gradcalc.expressions.decimal_functions import wide

Array = Any
Shape = tuple[int, ...]

ZERO = -(2**62)  # the exponent of a 0: less than every other, and twice it is an int64
LN2 = 0.6931471805599453
LOG2_10 = 3.3219280948873623
FARTHEST = int(LARGEST_EXPONENT * LOG2_10)
SHIFT = 1100  # by as many places a float64 is shifted to 0
FLOATS = 950  # exponents up to which a float64 has all its bits
SPAN = 500  # two factors of at least 2^−500 have a product that is no subnormal
BITS = 53


class ExtendedArray(NDArrayOperatorsMixin):
    """Numbers mantissa·2^exponent; 1/2 ≤ |mantissa| < 1, of a 0 the mantissa is 0 and the exponent ZERO."""

    __slots__ = ("_bands", "_listed", "exponents", "mantissas")

    def __init__(self, mantissas: Array, exponents: Array) -> None:
        self.mantissas = np.asarray(mantissas)  # NumPy makes numbers of arrays without an axis
        self.exponents = np.asarray(exponents)
        self._bands: dict[int, list[Band]] = {}
        self._listed: Any = None

    @property
    def shape(self) -> Shape:
        shape: Shape = self.mantissas.shape
        return shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(self.mantissas.size)

    @property
    def T(self) -> ExtendedArray:
        """Transposed."""
        return ExtendedArray(self.mantissas.T, self.exponents.T)

    def __len__(self) -> int:
        return len(self.mantissas)

    def __getitem__(self, place: Any) -> ExtendedArray:
        return ExtendedArray(self.mantissas[place], self.exponents[place])

    def __setitem__(self, place: Any, numbers: Any) -> None:
        given = extended(numbers)
        self.mantissas[place], self.exponents[place] = given.mantissas, given.exponents
        self._bands, self._listed = {}, None

    def reshape(self, *shape: Any) -> ExtendedArray:
        """The same entries in another shape."""
        return ExtendedArray(self.mantissas.reshape(*shape), self.exponents.reshape(*shape))

    def ravel(self) -> ExtendedArray:
        """The same entries in one row."""
        return self.reshape(-1)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Along an axis or several; of all entries, a Decimal."""
        top = self.exponents.max(axis=axis, keepdims=True)
        sums = _shifted(self.mantissas, self.exponents - top).sum(axis=axis, keepdims=True)
        total = normalised(sums, top)
        if axis is None:
            return total if keepdims else total.item()
        return total if keepdims else total.reshape(sums.squeeze(axis).shape)

    def max(self) -> Decimal:
        """The largest entry."""
        return self.ravel()[np.argsort(self.ravel())[-1]].item()

    def item(self, *place: int) -> Decimal:
        """An entry, or the only one."""
        mantissa, exponent = self.mantissas.item(*place), self.exponents.item(*place)
        return _decimal(mantissa, exponent)

    def relative(self, axis: int | tuple[int, ...]) -> Array:
        """As float64, the largest along an axis, or along several, taken for 1 (or 1/2); what is far smaller may be a 0
        or subnormal."""
        return _shifted(self.mantissas, self.exponents - self.exponents.max(axis=axis, keepdims=True))

    def tolist(self) -> Any:
        """Nested lists of Decimals, made once."""
        if self._listed is None:
            self._listed = self.__array__().tolist()
        return self._listed

    def astype(self, kind: type[float]) -> Array:
        """As float64, 0 or infinite where those do not reach."""
        with np.errstate(all="ignore"):
            return np.ldexp(self.mantissas, np.clip(self.exponents, -SHIFT, SHIFT))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        if dtype is not None and np.dtype(dtype) != object:
            return np.asarray(self.astype(float))  # NumPy makes numbers of arrays without an axis
        found = np.empty(self.size, dtype=object)
        found[:] = list(map(_decimal, self.mantissas.ravel().tolist(), self.exponents.ravel().tolist()))
        return found.reshape(self.shape)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in OPERATIONS:
            return NotImplemented
        return OPERATIONS[ufunc](*map(extended, inputs))

    def __array_function__(self, function: Any, types: Any, given: Any, options: Any) -> Any:
        if function in MOVES:
            return ExtendedArray(*(function(*_parts(given, part), **options) for part in ("mantissas", "exponents")))
        return FUNCTIONS[function](*given, **options) if function in FUNCTIONS else NotImplemented

    def bands(self, axis: int) -> list[Band]:
        """The entries relative to the largest along an axis, 2^exponent of it: those of at least 2^−SPAN, then those
        of the next SPAN powers of two with an exponent of their own, and so on; nearly always there is one band.
        """
        if axis not in self._bands:
            self._bands[axis] = list(_bands(self, axis))
        return self._bands[axis]


Band = tuple[Array, Array]  # float64 numbers, and the exponent of 2 that multiplies them, one along an axis


def _bands(array: ExtendedArray, axis: int) -> Iterator[Band]:
    mantissas, exponents = array.mantissas, array.exponents
    top = exponents.max(axis=axis, keepdims=True)
    places = (top - exponents) // SPAN
    nonzero = mantissas != 0
    if not places.max(initial=0, where=nonzero):
        yield _shifted(mantissas, exponents - top), top
        return
    for place in np.unique(places[nonzero]).tolist():
        base = top - place * SPAN
        yield _shifted(np.where(places == place, mantissas, 0.0), exponents - base), base


def extended(numbers: Any) -> ExtendedArray:
    """Numbers, or an array of them, in extended range."""
    if isinstance(numbers, ExtendedArray):
        return numbers
    array = np.asarray(numbers)
    if array.dtype != object:
        return normalised(array.astype(float), np.zeros(array.shape, dtype=np.int64))
    pairs = list(map(_binary, array.ravel().tolist()))
    mantissas, exponents = zip(*pairs) if pairs else ((), ())
    return ExtendedArray(
        np.array(mantissas, dtype=float).reshape(array.shape), np.array(exponents, dtype=np.int64).reshape(array.shape)
    )


def normalised(numbers: Array, exponents: Array) -> ExtendedArray:
    """numbers·2^exponents. Raises LimitError where an exponent passes that of 10^±10^15."""
    mantissas, further = np.frexp(numbers)
    found = np.where(mantissas == 0, ZERO, exponents + further)
    if found.size and (found.max() > FARTHEST or np.any((found < -FARTHEST) & (found > ZERO))):
        raise product_out_of_range()
    return ExtendedArray(mantissas, found)


def _shifted(mantissas: Array, places: Array) -> Array:
    """mantissas·2^places; places are at most 0, but for what is 0."""
    return np.ldexp(mantissas, np.clip(places, -SHIFT, SHIFT))


@lru_cache(maxsize=1 << 16)
def _power_of_two(exponent: int) -> Decimal:
    return POWERS.power(2, exponent)


POWERS: Context = wide(40)


def _decimal(mantissa: float, exponent: int) -> Decimal:
    if -FLOATS < exponent < FLOATS:
        return from_double(ldexp(mantissa, exponent))
    if mantissa == 0:
        return Decimal(0)
    return CONTEXT.multiply(Decimal(int(ldexp(mantissa, BITS))), _power_of_two(exponent - BITS))


def _binary(number: Any) -> tuple[float, int]:
    """The mantissa and exponent of a Decimal, or of a float or integer."""
    if not number:
        return 0.0, ZERO
    if LOW < abs(near := float(number)) < HIGH:
        return frexp(near)
    whole = CONTEXT.create_decimal(number)
    exponent = int(whole.adjusted() * LOG2_10)
    mantissa, further = frexp(float(POWERS.divide(whole, _power_of_two(exponent))))
    return mantissa, exponent + further


def _parts(given: Any, part: str) -> list[Any]:
    """The arguments of a function that moves entries, with the mantissas or the exponents of extended arrays."""
    found: list[Any] = []
    for each in given:
        if isinstance(each, ExtendedArray):
            found.append(getattr(each, part))
        elif isinstance(each, (list, tuple)) and any(isinstance(one, ExtendedArray) for one in each):
            found.append([getattr(extended(one), part) for one in each])
        else:
            found.append(each)
    return found


def _aligned(a: ExtendedArray, b: ExtendedArray) -> tuple[Array, Array, Array]:
    """Two arrays as float64 numbers times 2^exponent, that of the larger, entry by entry."""
    top = np.maximum(a.exponents, b.exponents)
    return _shifted(a.mantissas, a.exponents - top), _shifted(b.mantissas, b.exponents - top), top


def _multiplied(a: ExtendedArray, b: ExtendedArray) -> ExtendedArray:
    return normalised(a.mantissas * b.mantissas, a.exponents + b.exponents)


def _divided(a: ExtendedArray, b: ExtendedArray) -> ExtendedArray:
    return normalised(a.mantissas / b.mantissas, a.exponents - b.exponents)


def _added(a: ExtendedArray, b: ExtendedArray) -> ExtendedArray:
    one, other, top = _aligned(a, b)
    return normalised(one + other, top)


def _subtracted(a: ExtendedArray, b: ExtendedArray) -> ExtendedArray:
    one, other, top = _aligned(a, b)
    return normalised(one - other, top)


def _compared(ufunc: Any) -> Callable[[ExtendedArray, ExtendedArray], Array]:
    """A comparison; exact, for the larger of two numbers is not rounded when they are aligned."""
    return lambda a, b: ufunc(*_aligned(a, b)[:2])


def _chosen(ufunc: Any) -> Callable[[ExtendedArray, ExtendedArray], ExtendedArray]:
    """The entries of the first where the comparison holds, else those of the second."""

    def choose(a: ExtendedArray, b: ExtendedArray) -> ExtendedArray:
        first = _compared(ufunc)(a, b)
        return ExtendedArray(np.where(first, a.mantissas, b.mantissas), np.where(first, a.exponents, b.exponents))

    return choose


def _matrix_product(a: ExtendedArray, b: ExtendedArray) -> ExtendedArray:
    """[…, n, k] times […, k, m]: the rows of the one relative to their largest entries, the columns of the other.

    In float64, band by band: a product of two entries is no subnormal, so every band's sum of k has an error of at most
    k·2^−53 times the sum of the products' sizes, and adding the bands one of 2^−53 each.
    """
    products = [
        normalised(rows @ columns, left + right) for rows, left in a.bands(-1) for columns, right in b.bands(-2)
    ]
    total = products[0]
    for product in products[1:]:
        total = _added(total, product)
    return total


OPERATIONS: dict[Any, Callable[..., Any]] = {
    np.multiply: _multiplied,
    np.true_divide: _divided,
    np.add: _added,
    np.subtract: _subtracted,
    np.matmul: _matrix_product,
    np.maximum: _chosen(np.greater_equal),
    np.minimum: _chosen(np.less_equal),
    np.absolute: lambda a: ExtendedArray(np.abs(a.mantissas), a.exponents),
    np.negative: lambda a: ExtendedArray(-a.mantissas, a.exponents),
    np.isfinite: lambda a: np.isfinite(a.mantissas),
    **{
        each: _compared(each) for each in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
    },
}

MOVES = {np.atleast_1d, np.broadcast_to, np.concatenate, np.stack, np.swapaxes, np.take_along_axis}


def _argsort(array: ExtendedArray, axis: int = -1, kind: Any = None) -> Array:
    """The order from the least to the greatest entry along an axis; those that are equal keep theirs."""
    sign = np.sign(array.mantissas).astype(np.int64)
    return np.lexsort((array.mantissas, sign * (array.exponents - ZERO)), axis=axis)


def _zeros_like(array: ExtendedArray, shape: Sequence[int]) -> ExtendedArray:
    return extended(np.zeros(tuple(shape)))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.argsort: _argsort,
    np.shape: lambda array: array.shape,
    np.zeros_like: _zeros_like,
}


def xlogx(sizes: ExtendedArray, base: int) -> ExtendedArray:
    """x·ln(x/2^base) of numbers that are not negative; 0 of a 0."""
    places = np.where(sizes.mantissas == 0, 0, sizes.exponents - base)
    near = np.abs(places) < FLOATS  # of these the logarithm near 1 has all its bits
    scaled = np.ldexp(np.where(sizes.mantissas == 0, 1.0, sizes.mantissas), np.where(near, places, 0))
    return _multiplied(sizes, extended(np.log(scaled) + np.where(near, 0, places) * LN2))
