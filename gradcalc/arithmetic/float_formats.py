"""The floating-point formats of 32, 16 and 8 bits: their ranges, and rounding to them, to nearest with ties to even.

float32 and float16 are rounded to by the standard library, bfloat16 and the formats of 8 bits by `ml_dtypes`, which is
imported when a number has to be rounded; what lies in their ranges is known without it. Formats of 8 bits are those of
Micikevicius et al., "FP8 Formats for Deep Learning", 2022, arXiv:2209.05433.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import copysign, inf, isfinite, isnan
from typing import Any

from gradcalc.errors import UsageError, similar
from gradcalc.records import Record

Rounding = Callable[[float], float]

EXTRA = "pip install 'gradcalc[lowprecision]'"


class FloatFormat(Record):
    """One format. `normal` and `subnormal` are its least numbers of all digits, and of any; `limit` is midway from the
    largest to what would be the next."""

    name: str
    largest: float
    limit: float
    normal: float
    subnormal: float
    past: str  # what is past the largest number: "inf" or "NaN"
    code: str = ""  # by which `struct` packs it; "": `ml_dtypes` rounds to it

    @property
    def saturates(self) -> bool:
        """Whether hardware offers to store the largest number in place of what is past it."""
        return self.name.startswith("float8")

    @property
    def rounding_error(self) -> float:
        """The largest relative error of a normal number that is rounded."""
        return self.subnormal / self.normal / 2

    @property
    def keeps_limit(self) -> bool:
        """Whether the limit itself is rounded to the largest number, as the even one of both."""
        return self.past == "NaN"

    def overflows(self, size: Any) -> bool:
        """Whether a magnitude is rounded past the largest number."""
        return bool(size > self.limit or (size == self.limit and not self.keeps_limit))


FORMATS = {
    one.name: one
    for one in (
        FloatFormat("float32", 0x1FFFFFE * 2.0**103, 0x1FFFFFF * 2.0**103, 2.0**-126, 2.0**-149, "inf", "f"),
        FloatFormat("float16", 65504.0, 65520.0, 2.0**-14, 2.0**-24, "inf", "e"),
        FloatFormat("bfloat16", 0x1FE * 2.0**119, 0x1FF * 2.0**119, 2.0**-126, 2.0**-133, "inf"),
        FloatFormat("float8_e4m3fn", 448.0, 464.0, 2.0**-6, 2.0**-9, "NaN"),
        FloatFormat("float8_e5m2", 57344.0, 61440.0, 2.0**-14, 2.0**-16, "inf"),
    )
}

BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}
"""Binary digits of a number in each format that numbers are given in."""


def float_format(name: str, option: str = "--dtype") -> FloatFormat:
    """The format of that name. Raises UsageError for another one, and where the extra that rounds to it is missing."""
    if name not in FORMATS:
        near = " or ".join(similar(name, FORMATS))
        raise UsageError(f"{option} {name}: {f'did you mean {near}?' if near else f'there are {listed()}'}")
    if not is_available(name):
        raise UsageError(f"{option} {name} needs ml_dtypes, which the extra `lowprecision` brings: {EXTRA}")
    return FORMATS[name]


def listed(names: Sequence[str] = tuple(FORMATS)) -> str:
    """float32, float16, …"""
    return ", ".join(names)


def is_available(name: str) -> bool:
    """Whether numbers can be rounded to the format: without importing what would do it."""
    if FORMATS[name].code:
        return True
    if "ml_dtypes" in sys.modules:
        return sys.modules["ml_dtypes"] is not None  # None forbids the import
    return any(finder.find_spec("ml_dtypes", None) for finder in sys.meta_path)


def rounding(name: str, saturate: bool = False) -> Rounding:
    """A float64 to the nearest number of the format, of two that are equally near the even one. What is past the
    largest number is infinite or NaN; to `saturate` is to store the largest number in its place."""
    chosen = FORMATS[name]
    rounded = _packed(chosen.code) if chosen.code else _by_ml_dtypes(name)
    if not saturate:
        return rounded

    def saturated(x: float) -> float:
        found = rounded(x)
        return found if isfinite(found) or isnan(x) else copysign(chosen.largest, x)

    return saturated


def _packed(code: str) -> Rounding:
    from struct import Struct

    packing = Struct(code)
    pack, unpack = packing.pack, packing.unpack

    def rounded(x: float) -> float:
        try:
            return unpack(pack(x))[0]  # type: ignore[no-any-return]
        except OverflowError:
            return copysign(inf, x)

    return rounded


def _by_ml_dtypes(name: str) -> Rounding:
    """By way of float32, where a number that is none there is made odd: it lies on no midpoint, so rounding a second
    time is rounding once."""
    import ml_dtypes

    kind, single = getattr(ml_dtypes, name), _packed("f")

    def rounded(x: float) -> float:
        near = single(x)
        if near != x and isfinite(near):
            near = _odd(near, x)
        return float(kind(near))

    return rounded


def _odd(near: float, x: float) -> float:
    """Of the two float32 around x, the nearer of which is given, the one whose last bit is 1."""
    from struct import pack, unpack

    (bits,) = unpack("<I", pack("<f", near))
    if bits & 1:
        return near
    farther = abs(x) > abs(near)
    return unpack("<f", pack("<I", bits + 1 if farther else bits - 1))[0]  # type: ignore[no-any-return]
