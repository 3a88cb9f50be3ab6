"""Rounding to low precision against NumPy and ml_dtypes: every number of 16 and 8 bits, and every midpoint."""

from __future__ import annotations

import math
import random
import sys
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from gradcalc.arithmetic.float_formats import FORMATS, float_format, is_available, rounding
from gradcalc.errors import UsageError

TYPES = {name: getattr(ml_dtypes, name, None) or getattr(np, name) for name in FORMATS}
SMALL = [name for name in FORMATS if name != "float32"]


def numbers(name: str) -> list[float]:
    """Every finite number of a format, in order; 0 once."""
    kind = np.dtype(TYPES[name])
    codes = np.arange(2 ** (8 * kind.itemsize), dtype=f"u{kind.itemsize}")
    with np.errstate(all="ignore"):
        found = codes.view(kind).astype(float).tolist()
    return sorted({x for x in found if math.isfinite(x)})


@pytest.mark.parametrize("name", FORMATS)
def test_the_ranges_are_those_of_the_libraries(name: str) -> None:
    known, info = FORMATS[name], ml_dtypes.finfo(TYPES[name])
    assert (known.largest, known.normal, known.subnormal) == (
        float(info.max),
        float(info.smallest_normal),
        float(info.smallest_subnormal),
    )
    with np.errstate(all="ignore"):
        past = float(np.array([known.largest * 2]).astype(np.float32).astype(TYPES[name])[0])
    assert (known.past == "inf") == math.isinf(past) and (known.past == "NaN") == math.isnan(past)


@pytest.mark.parametrize("name", SMALL)
def test_every_number_and_every_midpoint_rounds_as_the_libraries_say(name: str) -> None:
    known, rounded = numbers(name), rounding(name)
    middles = [(low + high) / 2 for low, high in zip(known, known[1:])]
    past = FORMATS[name].largest + (known[-1] - known[-2]) / 2
    assert FORMATS[name].limit == past
    asked = [*known, *middles, past, -past, 2 * past, math.inf, -math.inf, math.nan]
    with np.errstate(all="ignore"):
        wanted = np.array(asked, dtype=np.float32).astype(TYPES[name]).astype(float)
    np.testing.assert_array_equal(np.array([rounded(x) for x in asked]), wanted)


@pytest.mark.parametrize("name", FORMATS)
def test_a_number_overflows_where_it_is_rounded_past_the_largest(name: str) -> None:
    known, rounded = FORMATS[name], rounding(name)
    for x in (known.largest, math.nextafter(known.limit, 0), known.limit, math.nextafter(known.limit, math.inf)):
        assert known.overflows(x) == (not math.isfinite(rounded(x)))
    assert not known.overflows(known.largest) and known.overflows(math.nextafter(known.limit, math.inf))


@pytest.mark.parametrize("name", SMALL)
def test_next_to_every_midpoint_a_float64_rounds_to_its_own_side(name: str) -> None:
    known, rounded = numbers(name), rounding(name)
    for low, high in zip(known, known[1:]):
        middle = (low + high) / 2
        assert rounded(math.nextafter(middle, -math.inf)) == low
        assert rounded(math.nextafter(middle, math.inf)) == high


def test_float32_rounds_as_numpy_does() -> None:
    draw = random.Random(7)
    drawn = [draw.uniform(-2, 2) * 2.0 ** draw.randint(-160, 129) for _ in range(20_000)]
    with np.errstate(all="ignore"):
        wanted = np.array(drawn).astype(np.float32).astype(float)
    np.testing.assert_array_equal(np.array(list(map(rounding("float32"), drawn))), wanted)


@pytest.mark.parametrize("name", SMALL)
def test_what_is_stored_is_the_nearest_of_all_numbers(name: str) -> None:
    draw, known, rounded = random.Random(3), numbers(name), rounding(name)
    least, largest = math.log2(FORMATS[name].subnormal) - 2, math.log2(FORMATS[name].largest)
    array = np.array(known)
    for _ in range(2_000):
        x = 2 ** draw.uniform(least, largest) * draw.choice((-1, 1))
        place = int(np.searchsorted(array, x))
        near = known[max(place - 1, 0) : place + 1]
        assert rounded(x) == min(near, key=lambda y: abs(Fraction(y) - Fraction(x)))


def test_at_most_half_of_the_least_subnormal_of_float16_is_0() -> None:
    rounded = rounding("float16")
    assert rounded(2.0**-25) == 0 == rounded(-(2.0**-25))
    assert rounded(math.nextafter(2.0**-25, 1)) == 2.0**-24


@pytest.mark.parametrize(("name", "largest"), [("float8_e4m3fn", 448.0), ("float8_e5m2", 57344.0)])
def test_saturated_the_largest_number_stands_for_all_past_it(name: str, largest: float) -> None:
    rounded = rounding(name, saturate=True)
    assert [rounded(x) for x in (1e9, -1e9, math.inf, -math.inf, 1.0)] == [largest, -largest, largest, -largest, 1.0]
    assert math.isnan(rounded(math.nan))


def test_a_format_that_is_none_is_an_error() -> None:
    with pytest.raises(UsageError, match="did you mean float16"):
        float_format("flaot16")
    with pytest.raises(UsageError, match="there are float32, float16"):
        float_format("int4")


def test_without_the_extra_its_formats_are_refused_with_the_command_that_brings_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    assert is_available("float16") and not is_available("bfloat16")
    monkeypatch.delitem(sys.modules, "ml_dtypes")
    assert is_available("bfloat16")  # found, not imported
    assert "ml_dtypes" not in sys.modules
    monkeypatch.setattr(sys, "meta_path", [])
    assert is_available("float16") and not is_available("bfloat16")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(UsageError, match=r"bfloat16 needs ml_dtypes.*pip install 'gradcalc\[lowprecision\]'"):
        float_format("bfloat16")


@pytest.mark.parametrize(
    ("name", "error", "saturates", "past"),
    [
        ("float32", 2.0**-24, False, math.inf),
        ("float16", 2.0**-11, False, math.inf),
        ("bfloat16", 2.0**-8, False, math.inf),
        ("float8_e4m3fn", 2.0**-4, True, math.nan),
        ("float8_e5m2", 2.0**-3, True, math.inf),
    ],
)
def test_a_normal_number_is_off_by_half_a_unit_at_most(name: str, error: float, saturates: bool, past: float) -> None:
    known = float_format(name)
    assert (known.rounding_error, known.saturates) == (error, saturates)
    assert known.keeps_limit == math.isnan(past) != known.overflows(known.limit)
    rounded = rounding(name)
    for number in (1 + error, 1 + 3 * error):  # of two that are equally near the even one
        assert abs(rounded(number) - number) == error
    assert rounded(1 + error) == 1.0 and rounded(1 + 3 * error) == 1 + 4 * error
    if name != "float32":  # next to a midpoint, but no float32
        for near in (1 + error + 2.0**-23 - 2.0**-26, 1 + error + 2.0**-26):
            assert (rounded(near), rounded(-near)) == (1 + 2 * error, -1 - 2 * error)
        for near in (1 + error - 2.0**-23 + 2.0**-26, 1 + error - 2.0**-26):
            assert (rounded(near), rounded(-near)) == (1.0, -1.0)
    far = rounded(known.largest * 2)
    assert math.isnan(far) if math.isnan(past) else far == past
