"""Zones and windows: the published table, extended range, batches, and what is asked for."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from mpmath import MPContext

from gradcalc import load
from gradcalc.analysis.point import point
from gradcalc.analysis.precision import (
    LOG10_OF_2,
    USUAL_SCALES,
    FormatRange,
    Precision,
    Quantity,
    Window,
    as_printed,
    first_forward,
    floor_log2,
    log2_window,
    power_of_two,
    precision,
    quotient,
    relative_error,
    rounding_of,
    times,
    zone,
)
from gradcalc.arithmetic.float_formats import FORMATS
from gradcalc.errors import UsageError
from gradcalc.report.scales import log10

HALF = FORMATS["float16"]


def log2(x: Any) -> float:
    return (log10(x) or 0.0) / LOG10_OF_2


def named(quantity: Quantity | None) -> str:
    assert quantity is not None
    return f"{quantity.kind} {quantity.of}"


def held(spec: Any, dtype: str = "float16", **options: Any) -> FormatRange:
    return precision(load(spec, **options), [dtype]).formats[dtype]


TABLE = {
    ("resnet", False): (7.22, "delta h39", 20.64, "output y", True),
    ("resnet", True): (29.12, "gradient w1", 16.00, "output y", False),
    ("deep", False): (36.52, "gradient w1", 16.93, "output y", False),
    ("deep", True): (107.38, "gradient w1", 16.22, "output y", False),
    ("residual", False): (-4.31, "output x", 16.08, "output y", True),
    ("plain", False): (1.01, "output x", 16.04, "output y", True),
}


@pytest.mark.parametrize(("case", "ends"), TABLE.items())
def test_the_windows_of_float16(case: tuple[str, bool], ends: tuple[float, str, float, str, bool]) -> None:
    window = held(case[0], no_skips=case[1]).window
    low, low_by, high, high_by, exists = ends
    assert log2(window.low) == pytest.approx(low, abs=0.005) and log2(window.high) == pytest.approx(high, abs=0.005)
    assert named(window.high_by) == high_by and window.exists == exists
    assert named(window.low_by) == low_by


def test_a_window_that_tolerates_subnormals_begins_at_half_the_least_of_them() -> None:
    window = held("resnet").window
    assert window.low / window.subnormal_low == HALF.normal / (HALF.subnormal / 2) == 2.0**11


def test_windows_in_extended_range() -> None:
    found = precision(load({"input": 0.5, "target": 1, "weights": [0.01] * 160}), ["float16"])
    window = found.formats["float16"].window
    assert isinstance(window.low, Decimal) and not window.exists
    least = min(abs(Fraction(one.exact)) for one in found.backward)
    assert float(Fraction(window.low) * least / Fraction(HALF.normal)) == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_window_in_extended_range_ends_exactly_at_a_power_of_two(dtype: str) -> None:
    spec = {"input": 1, "loss": "output", "activation": "identity", "weights": [1e200, 1e200]}
    found = precision(load(spec), [dtype]).formats[dtype]
    assert isinstance(found.window.low, Decimal) and found.window.low == FORMATS[dtype].normal  # ∂L/∂y is 1
    down = precision(load(spec | {"weights": [1e-200, 1e-200]}), [dtype]).formats[dtype].window
    assert isinstance(down.high, Decimal) and down.high == FORMATS[dtype].largest


def test_a_window_past_float64() -> None:
    spec = {"input": 1, "loss": "output", "activation": "identity", "weights": [1.0]}
    tiny = load({**spec, "loss": {"name": "output", "scale": 1e-306}})
    window = precision(tiny, ["bfloat16", "float16"]).formats["bfloat16"].window
    assert log2(window.high) == pytest.approx(128 + 306 * math.log2(10), abs=0.01) and window.exists
    assert window.powers()[-1] == math.floor(log2(window.high))


def test_counts_add_up_to_what_is_not_0() -> None:
    for spec in ("resnet", "deep", "mazur", "rnn"):
        found = precision(load(spec), ["float16", "float8_e4m3fn"])
        for one in found.formats.values():
            assert {counts.total for counts in one.scales} == {len(found.backward)}
            for counts in one.scales:
                assert (counts.normal == counts.total) == bool(one.window.low <= counts.scale <= one.window.high)


def test_exact_zeros_are_never_lost() -> None:
    found = precision(load({"input": -1, "target": 1, "activation": "relu", "weights": [1, 1]}), ["float16"])
    zeros = [one for one in found.quantities if not one.exact]
    assert zeros and all(zone(HALF, one.exact, one.exact) == "exact zero" for one in zeros)
    assert len(found.backward) == found.formats["float16"].scales[0].total < len(found.quantities)


def test_where_all_of_the_backward_pass_is_0_every_loss_scale_keeps_it() -> None:
    window = held({"input": 1, "target": 1, "activation": "identity", "weights": [1, 1]}).window
    assert window.low is None and window.exists and list(window.powers()) == []


@pytest.mark.parametrize(
    ("x", "where"),
    [
        (65504.0, "normal"),
        (math.nextafter(65520.0, 0), "normal"),
        (65520.0, "overflow"),
        (2.0**-14, "normal"),
        (math.nextafter(2.0**-14, 0), "subnormal"),
        (math.nextafter(2.0**-25, 1), "subnormal"),
        (2.0**-25, "zero"),
    ],
)
def test_zones_of_float16(x: float, where: str) -> None:
    assert zone(HALF, x, x) == where == zone(HALF, -x, -x)
    assert zone(HALF, Decimal(x), Decimal(x)) == where


def test_no_quantity_of_a_batch_is_left_out() -> None:
    spec = {"input": [[0.1, 0.2], [0.3, 0.4]], "target": [[1], [0]], "layers": [{"weight": [[1, 2]], "bias": [0.5]}]}
    found = precision(load(spec), ["float16"]).quantities
    counted = {(kind, example): 0 for kind in ("input", "output", "delta") for example in (0, 1)}
    for one in found:
        counted[one.kind, one.example] = counted.get((one.kind, one.example), 0) + 1
    assert counted[("output", 0)] == counted[("output", 1)] == 3 and counted[("delta", 1)] == 1
    assert counted[("gradient", None)] == 3 == counted[("parameter", None)]


def test_wrt_lists_and_the_window_is_that_of_all() -> None:
    whole, part = (precision(load("mazur"), ["float16"], wrt=wrt) for wrt in ((), ("w1[0,0]", "h[1]")))
    assert {one.of for one in part.listed} == {"w1[0,0]", "h[1]"}
    assert {one.kind for one in part.listed} == {"parameter", "gradient", "preactivation", "value", "output", "delta"}
    assert whole.formats == part.formats
    kinds = ("parameter", "gradient"), ("preactivation", "value", "output", "delta")
    for name, (of, units) in {"w2": (kinds[0], 4), "h": (kinds[1], 2), "i2": (("input", "output"), 1)}.items():
        listed = precision(load("mazur"), ["float16"], wrt=(name,)).listed
        assert {(one.kind, one.of.partition("[")[0]) for one in listed} == {(kind, name) for kind in of}
        assert len(listed) == len(of) * units


def test_the_best_of_scales_that_lose_something_is_the_largest_without_overflow() -> None:
    found = held("deep")
    assert found.best is not None and found.best.scale == 2.0**16
    assert (found.best.overflow, found.best.subnormal, found.best.zero) == (0, 29, 21)


def test_what_rounds_to_the_largest_number_does_not_overflow() -> None:
    spec = {"input": 1, "activation": "identity", "weights": [2.0**-40, 1]}
    found = held({**spec, "loss": {"name": "output", "scale": 65510 / 65536}})
    assert found.best is not None and (found.best.scale, found.best.overflow) == (2.0**16, 0)
    near = precision(load("circuit"), ["float16"], loss_scale=16379)
    assert near.formats["float16"].scales[-1].overflow == 0  # 4·16379 = 65516 is stored as 65504


def test_decimal_digits_find_the_same_window() -> None:
    exact: Precision = precision(load("resnet"), ["float16"], dps=30)
    assert float(exact.formats["float16"].window.low) == pytest.approx(held("resnet").window.low, rel=1e-12)


@pytest.mark.parametrize("x", [1.0, 1.5, 2.0, 0.3, 2.0**-30, 7e300])
def test_the_exponent_below(x: float) -> None:
    assert floor_log2(x) == math.floor(math.log2(x)) == floor_log2(Decimal(x))


def test_without_a_target_there_is_nothing_to_scale() -> None:
    with pytest.raises(UsageError, match="without a target"):
        precision(load({"input": 1, "weights": [1]}), ["float16"])
    with pytest.raises(UsageError, match="takes a positive number"):
        precision(load("residual"), ["float16"], loss_scale=-1)


def test_products_and_quotients_past_float64() -> None:
    assert (times(3.0, 2.0), times(3.0, 1), times(0.0, 1e300)) == (6.0, 3.0, 0.0)
    assert times(2.0**1000, 2.0**30) == Decimal(2) ** 1030 and isinstance(times(1e-300, 1e-20), Decimal)
    assert isinstance(times(2.0**-1000, 2.0**-22), float) and isinstance(times(2.0**-1000, 2.0**-23), Decimal)
    past = Decimal(65504 * 2**1022)
    assert quotient(1.0, 4.0) == 0.25 and abs(quotient(65504.0, 2.0**-1022) / past - 1) < Decimal("1e-26")
    assert quotient(1.0, Decimal(8)) == Decimal("0.125")
    assert (power_of_two(1023, 1.0), power_of_two(-1022, 1.0)) == (2.0**1023, 2.0**-1022)
    assert power_of_two(1024, 1.0) == Decimal(2) ** 1024 and isinstance(power_of_two(-1023, 1.0), Decimal)


def test_the_scales_that_are_usual() -> None:
    """Where TensorFlow's and PyTorch's dynamic loss scaling starts."""
    assert dict(USUAL_SCALES) == {"no scale": 1, "TensorFlow": 32768, "PyTorch": 65536}
    found = precision(load("residual"), ["float16"])
    assert found.loss_scale == 1.0 and [one.scale for one in found.formats["float16"].scales] == [1, 2**15, 2**16]
    scaled = precision(load("residual"), ["float16"], loss_scale=8.0)
    assert [one.scale for one in scaled.formats["float16"].scales] == [1, 2**15, 2**16, 8]
    forward, backward = (next(one for one in scaled.quantities if one.is_backward == back) for back in (False, True))
    assert (scaled.scaled(forward), scaled.scaled(backward)) == (forward.exact, 8 * backward.exact)


def test_the_largest_error_of_what_is_subnormal() -> None:
    """That of the nearest multiple of 2⁻²⁴, of what is above 2⁻²⁵ and below 2⁻¹⁴."""
    several = 0
    for name in ("resnet", "deep", "residual"):
        found = precision(load(name), ["float16"], loss_scale=64.0)
        for counts in found.formats["float16"].scales:
            scaled = [abs(one.exact) * counts.scale for one in found.backward]
            few = [x for x in scaled if 2.0**-25 < x < 2.0**-14]
            errors = [abs(round(x * 2.0**24) * 2.0**-24 - x) / x for x in few]
            assert counts.subnormal == len(few) and counts.error == (pytest.approx(max(errors)) if errors else None)
            several += len(few) > 1
    assert several > 2


def test_of_equal_quantities_the_least_is_a_gradient() -> None:
    spec = {"input": 1, "loss": "output", "activation": "identity", "weights": [1, 1]}
    window = held(spec).window
    assert (named(window.low_by), named(window.high_by)) == ("gradient w1", "output y")
    without = {"input": {"a": 1, "b": 1}, "loss": "output", "activation": "identity", "layers": [{"from": ["a", "b"]}]}
    assert named(held(without).window.low_by) == "delta y"


def test_the_powers_of_two_in_a_window() -> None:
    def powers(low: float, high: float) -> list[int]:
        one: Any = None
        return list(Window(low, one, high, one, low).powers())

    assert powers(2.0, 9.0) == [1, 2, 3] and powers(2.1, 8.0) == [2, 3] and powers(5.0, 7.0) == []
    assert powers(5.0, 4.0) == [] and powers(0.25, 0.25) == [-2]


def test_a_number_is_taken_as_it_is_printed() -> None:
    """240 less a few units in the last of 40 digits, or of 19 in extended range."""
    digits = MPContext()
    digits.dps = 40
    below = digits.mpf(240) - digits.mpf(10) ** -35
    assert as_printed(below) == 240 != below
    assert as_printed(digits.mpf(240) - digits.mpf("8e-30")) == 240  # as 30 digits are 103 bits, the last 2.5×10⁻²⁹
    assert as_printed(digits.mpf(240) - digits.mpf("9e-29")) != 240
    near = Decimal("239.99999999999999999")
    assert as_printed(near) == 240 and isinstance(as_printed(near), Decimal)
    for number in (Decimal("1.0000000000000000001e400"), Decimal("1.0000000000000000001e-310"), 0.1, -5e-324):
        assert as_printed(number) == number and type(as_printed(number)) is type(number)
    assert as_printed(Decimal("-1.0000000000000000001e308")) == Decimal(int(-1e308))


@pytest.mark.parametrize(
    ("near", "exact", "error"),
    [
        (2.5, 2.0, 0.25),
        (-1.5, -2.0, 0.25),
        (0.0, -3.0, 1.0),
        (0.0, Decimal("1e-400"), 1.0),
        (1e300, Decimal("1e-400"), Decimal("1e700")),
        (1.0, 0.0, None),
        (math.inf, 1.0, None),
        (math.nan, 1.0, None),
    ],
)
def test_errors_are_relative(near: float, exact: Any, error: Any) -> None:
    found = relative_error(near, exact)
    assert type(found) is type(error)
    assert found == error or abs(found / error - 1) < Decimal("1e-15")


@pytest.mark.parametrize("power", [400, -400, 40_000, -40_000, 300_000])
def test_exponents_far_from_those_of_float64(power: int) -> None:
    digits = MPContext()
    digits.dps = 40
    for two in (Decimal(2), digits.mpf(2)):
        number = two**power
        assert [floor_log2(number * k / 8) for k in (5, 7, 9, 15)] == [power - 1, power - 1, power, power]
    assert floor_log2(digits.mpf(2) ** power) == power


@pytest.mark.parametrize(
    ("spec", "where", "found"),
    [
        ({"input": 1e-9, "weights": [1e-6]}, "zero", "input x"),
        ({"input": 1e-9, "weights": [1e-6]}, "subnormal", "parameter w1"),
        ({"input": 300, "weights": [300]}, "overflow", "preactivation y"),
        ({"input": 300, "weights": [0]}, "exact zero", "parameter w1"),
        ({"input": 300, "weights": [1]}, "overflow", None),
    ],
)
def test_the_first_number_of_the_forward_pass_that_a_format_does_not_hold(
    spec: dict[str, Any], where: Any, found: str | None
) -> None:
    network = load({"target": 1, "loss": "sse", "activation": "identity"} | spec)
    for dps in (None, 30):
        first = first_forward(point(network, dps), "float16", where)
        assert (first and named(first)) == found


def test_the_width_of_a_window_in_powers_of_two() -> None:
    """∂L/∂y is 1, the other quantities of the backward pass are powers of 2 from −60 to 0."""
    spec = {"input": 2.0**-60, "loss": "output", "activation": "identity", "weights": [1, 1]}
    width = math.log2(HALF.largest) - (math.log2(HALF.normal) + 60)
    for dps in (None, 40):
        assert log2_window(point(load(spec), dps), "float16") == pytest.approx(width, rel=1e-14)
    solved = {"input": 1, "target": 1, "activation": "identity", "weights": [1]}
    assert log2_window(point(load(solved)), "float16") is None


@pytest.mark.parametrize("dtype", FORMATS)
def test_what_overflows_saturates_where_that_is_asked_for_and_the_format_does(dtype: str) -> None:
    held = FORMATS[dtype]
    found = rounding_of(held, True)(-4 * held.largest)
    assert found == -held.largest if held.saturates else not math.isfinite(found)
    assert not math.isfinite(rounding_of(held)(4 * held.largest))
    assert rounding_of(held)(held.largest) == rounding_of(held, True)(held.largest) == held.largest
