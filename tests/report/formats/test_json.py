"""JSON and JSON Lines: one valid document, in full, whatever the numbers and the names are."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

import mpmath
import pytest
from computations import residual
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.report.json_numbers import line
from gradcalc.report.report import Report, Style, format_module
from gradcalc.views.compute_page import report


def printed(facts: dict[str, Any], name: str = "json") -> str:
    return "".join(format_module(name).render(Report(facts, lambda: ()), Style()))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), values, min_size=1))
@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_reads_back_as_it_was(name: str, facts: dict[str, Any]) -> None:
    assert json.loads(printed(facts, name)) == facts


@given(st.dictionaries(st.text(), values, min_size=1))
def test_no_character_can_deceive(facts: dict[str, Any]) -> None:
    assert all(line.isprintable() for line in printed(facts).splitlines())


figures = st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.none() | st.decimals(1, 9)
texts = st.text(st.sampled_from('ab"}], \\\x01\x7fé'), max_size=60)
flat = st.dictionaries(texts, figures | texts | st.lists(figures | texts, max_size=2), max_size=4)


@given(
    st.lists(flat, max_size=3) | st.lists(st.lists(figures), max_size=3) | st.lists(figures | texts | flat, max_size=3)
)
def test_many_entries_are_laid_out_as_one(entries: list[Any]) -> None:
    many = {f"k{n}": entries[n % len(entries)] if entries else {} for n in range(2500)}
    alone = [printed({"all": {"one": 10**200, key: entry}}) for key, entry in list(many.items())[:3]]
    body = [text.split("\n    ", 2)[2].removesuffix("\n  }\n}\n") for text in alone]
    assert printed({"all": many}).startswith('{\n  "all": {\n    ' + ",\n    ".join(body) + ",\n")


def test_numbers_beyond_a_double_are_numbers() -> None:
    text = printed({"gradient": Decimal("-4.2e-905"), "forward": [Decimal("1.5e400"), 0.1]})
    assert '"gradient": -4.2e-905' in text
    assert json.loads(text, parse_float=Decimal)["gradient"] == Decimal("-4.2e-905")
    assert json.loads(text, parse_float=Decimal)["forward"] == [Decimal("1.5e400"), Decimal("0.1")]


@given(st.integers(-(10**5), 10**5), st.decimals(1, 10, places=16, allow_nan=False).filter(lambda d: d < 10))
def test_fifteen_digits_survive_any_exponent(exponent: int, mantissa: Decimal) -> None:
    number = mantissa.scaleb(exponent)
    read = json.loads(printed({"x": number}), parse_float=Decimal, parse_int=Decimal)["x"]
    assert abs(read - number) <= abs(number) * Decimal("1e-15")


def test_precision_keeps_its_digits() -> None:
    context = mpmath.MPContext()
    context.dps = 50
    assert printed({"third": context.mpf(1) / 3}) == '{\n  "third": 0.' + "3" * 50 + "\n}\n"


def test_a_count_may_have_any_number_of_digits() -> None:
    text = printed({"count": 2**100_000, "shown": []})
    assert len(text) > 30_000
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert json.loads(text)["count"] == 2**100_000
    finally:
        sys.set_int_max_str_digits(limit)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_nan_and_infinity_never_appear(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        printed({"x": number})


def test_a_text_that_mimics_a_number_stays_valid() -> None:
    assert json.loads(printed({"name": "\0abc\0", "other": 'quote " \\ \0'})) == {
        "name": "\0abc\0",
        "other": 'quote " \\ \0',
    }


def test_keys_begin_lines_in_the_order_of_the_facts() -> None:
    text = "".join(format_module("json").render(report(residual()), Style()))
    assert [line.split('"')[1] for line in text.splitlines() if line.startswith('  "')][:5] == [
        "gradcalc",
        "command",
        "name",
        "activations",
        "loss",
    ]


def test_records_are_lines() -> None:
    """Those that are known together are written together."""
    parts: list[list[dict[str, Any]]] = [[{"w": 1}, {"100 %": 2.5, "é": -0.0}], [{"w": None}], [{"w": 10**5000}]]
    streamed = Report({"command": "sweep"}, lambda: (), records=lambda: iter(parts))
    first, second, third = format_module("jsonl").render(streamed, Style())
    assert first == '{"w": 1}\n{"100 %": 2.5, "é": -0.0}\n'
    assert second == '{"w": null}\n'
    assert third == f'{{"w": 1{"0" * 5000}}}\n'


def test_a_record_that_is_not_finite_is_refused() -> None:
    for number in (float("inf"), float("nan")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            line({"w": 1.0, "v": number})
