"""The spread of a sweep over the values of a key: mean and quantiles of numbers of any kind and size."""

from __future__ import annotations

import json
import re
from decimal import MIN_EMIN, Decimal, localcontext
from statistics import fmean, median
from typing import Any

import pytest
from sweeps import RANDOM, printed, rows, swept

from gradcalc import language


def test_a_summary_is_of_the_rows() -> None:
    found = swept(RANDOM, "depth=2,4", "seed=0..10", show=["w1"])
    (entry,) = {name for row in rows(found) for name in row} - {"depth", "seed"}
    facts = json.loads(printed(found, "json", summary=True))["summary"]
    for told, depth in zip(facts, (2, 4)):
        sizes = sorted(norm(row[entry]) for row in rows(found) if row["depth"] == depth)
        assert told["depth"] == depth and told["count"] == 11
        assert told["mean"] == pytest.approx(fmean(sizes))
        cuts = [told["quantiles"][part] for part in ("0.05", "0.25", "0.5", "0.75", "0.95")]
        assert cuts == pytest.approx([(sizes[0] + sizes[1]) / 2, (sizes[2] + sizes[3]) / 2, median(sizes), *cuts[3:]])
        assert cuts == sorted(cuts)
    assert [json.loads(line) for line in printed(found, "jsonl", summary=True).splitlines()] == facts


def norm(value: Any) -> float:
    return abs(value) if not isinstance(value, list) else sum(norm(part) ** 2 for part in value) ** 0.5


@pytest.mark.slow
def test_counts_have_quantiles_as_other_numbers_do() -> None:
    found = swept("deep", "depth=10,12,3000", show=["paths:w1"])
    (told,) = json.loads(printed(found, "json", summary=True), parse_float=Decimal)["summary"]
    counts = [row["paths:w1"] for row in rows(found)]
    assert counts == [16, 32, 2**1499]
    assert told["quantiles"]["0.25"] == 24 and told["quantiles"]["0.5"] == 32
    assert abs(told["mean"] * 3 / 2**1499 - 1) < Decimal("1e-15")


SQUARES = {"formula": "x^2"}
"""Of forty layers of it the gradient has an exponent of six figures, of fifty one of seven: beyond those of Decimals as
they come."""


def test_exponents_of_any_size_stay_numbers() -> None:
    deep = {
        **language.read("deep").data,
        "layers": [{"weight": 0.5, "activation": SQUARES, "repeat": 39}, {"weight": 0.5}],
    }
    found = swept(deep, "depth=45,50", "w1=0.5,0.6", show=["w1"])
    exact = [json.loads(line, parse_float=Decimal) for line in printed(found, "jsonl").splitlines()]
    means = json.loads(printed(found, "json", summary=True), parse_float=Decimal)["summary"]
    assert exact[2]["gradient:w1"].adjusted() < -4e6
    with localcontext() as context:
        context.Emin = MIN_EMIN
        for told, one, other in zip(means, exact[::2], exact[1::2]):
            assert abs(told["mean"] / (one["gradient:w1"] + other["gradient:w1"]) - Decimal("0.5")) < Decimal("1e-12")
    for summary in (False, True):
        assert not re.search(r"[^.\d]0×10", printed(found, summary=summary))


def test_norms_of_any_size_stay_numbers() -> None:
    layers = [{"weight": [[0.1, 0.1], [0.1, 0.1]], "repeat": 30}]
    wide = {"input": [1, 2], "target": [1, 1], "activation": SQUARES, "layers": layers}
    assert re.search(r"\n 30 +[1-9]\.\d+×10⁻\S{9,} ", printed(swept(wide, "depth=24,30", show=["w1"])))
