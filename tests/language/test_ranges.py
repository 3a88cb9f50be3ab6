"""Values of a sweep as they are written, and specs with keys left open."""

from __future__ import annotations

from decimal import Decimal
from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc import language
from gradcalc.errors import SpecError, UsageError
from gradcalc.language.document import Variants
from gradcalc.language.ranges import EvenRange, key_and_values, values_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3,10,40", [3, 10, 40]),
        ("1..4", [1, 2, 3, 4]),
        ("4..1", [4, 3, 2, 1]),
        ("0..10:5", [0, 5, 10]),
        ("0.1..0.5:0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("-1..1:0.5", [-1.0, -0.5, 0.0, 0.5, 1.0]),
        ("1e-3..1e3:log10", [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1000.0]),
        ("1..8:log2", [1.0, 2.0, 4.0, 8.0]),
        ("1000..1:log10", [1000.0, 100.0, 10.0, 1.0]),
        ("1..3,10,20", [1, 2, 3, 10, 20]),
        ("sigmoid,tanh", ["sigmoid", "tanh"]),
        ("0.5", [0.5]),
        ("1/3,sqrt(2)", ["1/3", "sqrt(2)"]),
        ("[1,2],[3,4]", [[1, 2], [3, 4]]),
    ],
)
def test_values(text: str, values: list[Any]) -> None:
    assert values_of(text) == values


def test_four_steps_to_a_factor_of_ten() -> None:
    found = values_of("1..100:log10/4")
    assert len(found) == 9 and found[4] == 10 and found[-1] == 100
    assert all(isclose(b / a, 10**0.25, rel_tol=1e-12) for a, b in zip(found, found[1:]))


def test_steps_are_added_as_decimals() -> None:
    assert values_of("0.1..2:0.1")[2] == 0.3
    assert len(values_of("0.0001..1:0.0001")) == 10_000


@given(st.decimals(-1000, 1000, places=4), st.decimals("0.0001", 10, places=4), st.booleans())
def test_a_long_range_takes_no_memory_and_has_the_same_numbers(start: Decimal, step: Decimal, down: bool) -> None:
    step = -step if down else step
    found = values_of(f"{start}..{start + 1999 * step}:{step}")
    expected = [float(start + place * step) for place in range(2000)]
    assert isinstance(found, EvenRange)
    assert list(found) == expected and found[7:1999] == expected[7:1999] and found[-1] == expected[-1]


def test_ten_million_numbers_come_at_once() -> None:
    found = values_of("1..10000000")
    assert (len(found), found[-1], type(found[-1])) == (10_000_000, 10_000_000, int)
    assert values_of("0.0000001..1:0.0000001")[-1] == 1.0


@given(st.integers(-1000, 1000), st.integers(1, 50), st.integers(1, 60))
def test_a_range_holds_its_end_where_the_steps_reach_it(start: int, step: int, count: int) -> None:
    end = start + step * count
    assert values_of(f"{start}..{end}:{step}") == list(range(start, end + 1, step))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1..", "no range"),
        ("a..b", "no range"),
        ("1..2:0", "does not lead"),
        ("1..2:-1", "does not lead"),
        ("0..1:log10", "two ends of one sign"),
        ("-1..1:log10", "two ends of one sign"),
        ("1..10:log1", "two ends of one sign"),
        ("1..1e9:0.01", "the most"),
        ("1...5", "no range"),
        ("1..5:", "1..5: is no range"),
        ("1..1e400:log10", "beyond the range"),
        ("1e-400..1:log10", "beyond the range"),
        ("1e400..2e400:1e400", "beyond the range"),
    ],
)
def test_what_is_no_range(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        values_of(text)


def test_keys_and_values() -> None:
    assert key_and_values("loss.delta=1,2", "--vary") == ("loss.delta", [1, 2])
    for text in ("depth", "=1", "depth="):
        with pytest.raises(UsageError, match="--vary"):
            key_and_values(text, "--vary")


def test_variants() -> None:
    residual = language.read("residual")
    assert Variants(residual, ("w1",)).network((0.7,)).parameters[0].value in (0.7, [[0.7]])
    assert Variants(residual, ("activation", "x")).network(("tanh", 2)).inputs[0].rows == [[2]]
    plain = Variants(residual, ("w_r",), True).network((0.7,))
    assert [parameter.name for parameter in plain.parameters] == ["w1", "w2", "w3"]
    assert len(Variants(language.read("deep"), ("depth",)).network((7,)).layers) == 7
    with pytest.raises(UsageError, match="depth"):
        Variants(residual, ("depth",)).network((7,))
    with pytest.raises(SpecError, match="w9"):
        Variants(residual, ("w9",)).network((7,))
    with pytest.raises(SpecError, match="w1=null: "):
        Variants(residual, ("w1",)).network((None,))


@pytest.mark.parametrize("text", ["-0.5..3:0.001", "3..-0.5:-0.001", "1..5000", "1e-7..0.002:1e-7", "0..1e9:1000000"])
def test_a_number_of_a_long_range_is_found_at_its_place(text: str) -> None:
    found = values_of(text)
    assert isinstance(found, EvenRange)
    assert [found.index(number) for number in found] == list(range(len(found)))
    beside = [2 * found[0] - found[1], 2 * found[-1] - found[-2], (found[0] + found[1]) / 2]
    for other in [*beside, float("nan"), float("inf"), "a", None]:
        with pytest.raises(ValueError):
            found.index(other)
