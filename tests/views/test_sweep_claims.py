"""Every sentence of `sweep`, on random networks and keys, against the rows that JSON has.

What is claimed is computed anew from the rows; a sentence that is not known here fails. Numbers are claimed to the
digits that are printed, fits to three decimals of R².
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp
from strategies import chains
from sweeps import RANDOM, printed, swept

from gradcalc.analysis.sweep import Sweep
from gradcalc.errors import GradcalcError
from gradcalc.report.report import Note
from gradcalc.report.text import words
from gradcalc.views.sweep_page import report

N = r"(-?[\d.]+(?:e-?\d+)?)"
WITHOUT = "without skips "
MAGNITUDE = r"(?:\|dL/dw1\||\|\|dL/dw1\|\|)"


class Swept(NamedTuple):
    """The rows by the swept key, and the value of ∂L/∂w1 with and without skips."""

    rows: list[dict[str, Any]]
    key: str
    plain: bool = False

    @property
    def xs(self) -> list[Any]:
        return [row[self.key] for row in self.rows]

    def read(self, column: str) -> list[Any]:
        sides = [row.get("no-skips", {}) if self.plain else row for row in self.rows]
        return [None if (value := side.get(column)) is None else norm(value) for side in sides]

    @property
    def sizes(self) -> list[Any]:
        return self.read("gradient:w1")


def norm(value: Any) -> Any:
    if isinstance(value, list):
        return mp.sqrt(sum(norm(part) ** 2 for part in value))
    return abs(mp.mpf(value))


def check(found: Sweep, key: str) -> list[str]:
    """Checks every sentence, with and without skips, and returns them."""
    lines = printed(found, "jsonl").splitlines()
    known = Swept([json.loads(line, parse_float=mp.mpf) for line in lines], key)
    text = [plain(words(block.text, 6)) for block in report(found).blocks() if is_claim(block)]
    for sentence in text:
        of_both_sides = "could not be computed" in sentence or " / " in sentence
        for part in [sentence] if of_both_sides else sentence.rstrip(".").split("; "):
            without = part.startswith(WITHOUT)
            assert is_true(known._replace(plain=without), part.removeprefix(WITHOUT)), sentence
    return text


def is_claim(block: Any) -> bool:
    if not isinstance(block, Note) or block.kind == "legend":
        return False
    text = words(block.text, 6)
    return not text.startswith(("The bound is", "Mean-field theory multiplies", "Expected number of blocks"))


def plain(text: str) -> str:
    """−6.2×10⁻¹⁶ as -6.2e-16, ∂ as d, ‖ as ||"""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    text = re.sub("×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "e" + power[1].translate(raised), text)
    return text.replace("−", "-").replace("∂", "d").replace("‖", "||")


def is_true(known: Swept, part: str) -> bool:
    for pattern, claim in CLAIMS.items():
        if found := re.fullmatch(pattern, part):
            return claim(known, *found.groups())
    raise AssertionError(f"nobody checks {part!r}")


def near(said: str, value: Any, digits: int) -> bool:
    if not value:
        return float(said) == 0
    last_digit = mp.mpf(10) ** (int(mp.floor(mp.log10(abs(value)))) + 1 - digits)
    return abs(mp.mpf(said) - value) <= 0.51 * last_digit + 1e-12 * abs(value)


def fit(xs: list[Any], ys: list[Any]) -> tuple[Any, Any]:
    """The rate of least squares and R²."""
    n, xs = len(xs), [mp.mpf(x) for x in xs]
    sx, sy = sum(xs), sum(ys)
    sxx, syy = (n * sum(v * v for v in values) - total**2 for values, total in ((xs, sx), (ys, sy)))
    sxy = n * sum(x * y for x, y in zip(xs, ys)) - sx * sy
    return sxy / sxx, sxy**2 / (sxx * syy)


def is_fit(said: str, found: Any) -> bool:
    return found >= 0.9794 and (found > 0.999 if said.startswith("> ") else abs(float(said[2:]) - found) < 1e-3)


def per_step(sign: int) -> Callable[..., bool]:
    def claim(known: Swept, factor: str, step: str, squared: str) -> bool:
        log10_rate, found = fit(known.xs, [mp.log10(size) for size in known.sizes])
        assert step == ("layer" if known.key == "depth" else f"step of 1 in {known.key}")
        assert all(isinstance(x, int) for x in known.xs)
        return log10_rate * sign > 0 and near(factor, mp.mpf(10) ** abs(log10_rate), 2) and is_fit(squared, found)

    return claim


def ends(known: Swept, verb: str, start: str, first: str, end: str, last: str, squared: str) -> bool:
    log10_rate, found = fit(known.xs, [mp.log10(size) for size in known.sizes])
    points = sorted(zip(known.xs, known.sizes))
    told = (first, points[0][0], 6), (start, points[0][1], 3), (last, points[-1][0], 6), (end, points[-1][1], 3)
    assert verb == ("falls" if log10_rate < 0 else "grows")
    return all(near(text, value, digits) for text, value, digits in told) and is_fit(squared, found)


def power(known: Swept, exponent: str, squared: str) -> bool:
    log10_rate, found = fit([mp.log10(x) for x in known.xs], [mp.log10(size) for size in known.sizes])
    return near(exponent, log10_rate, 3) and is_fit(squared, found)


def ranges(known: Swept, least: str, most: str) -> bool:
    sizes = [size for size in known.sizes if size is not None]
    return near(least, min(sizes), 3) and near(most, max(sizes), 3)


def departs(column: str, inverse: bool) -> Callable[..., bool]:
    """`1.2 to 153; without skips 1.0`: a side is left out if, and only if, it has no point with both, neither 0."""

    def times(known: Swept) -> list[Any]:
        pairs = zip(known.read("blocks:w1") if column == "binomial:w1" else known.sizes, known.read(column))
        return [other / one if inverse else one / other for one, other in pairs if one and other]

    def claim(known: Swept, said: str) -> bool:
        spans = {part.startswith(WITHOUT): part.removeprefix(WITHOUT) for part in said.split("; ")}
        return all(is_span(spans.get(side, ""), times(known._replace(plain=side))) for side in (False, True))

    return claim


def is_span(said: str, values: list[Any]) -> bool:
    """`1.2 to 153` from the least to the greatest value; "" of none."""
    if not said or not values:
        return not said and not values
    least, _, most = said.partition(" to ")
    return near(least, min(values), 3) and near(most or least, max(values), 3)


def failed(known: Swept, count: str, total: str) -> bool:
    errors = [row for row in known.rows if "error" in row or "error" in row.get("no-skips", {})]
    return int(count) == len(errors) and int(total) == len(known.rows)


FIT = r"R² (= [\d.]+|> 0\.999)"
CLAIMS: dict[str, Callable[..., bool]] = {
    rf"(?:{MAGNITUDE}|it) falls by ÷ {N} per (layer|step of 1 in \w+) \(exponential fit, {FIT}\)": per_step(-1),
    rf"(?:{MAGNITUDE}|it) grows by × {N} per (layer|step of 1 in \w+) \(exponential fit, {FIT}\)": per_step(1),
    rf"(?:{MAGNITUDE}|it) (falls|grows) exponentially, from {N} at \w+ = {N} to {N} at \w+ = {N} \({FIT}\)": ends,
    rf"(?:{MAGNITUDE}|it) is proportional to \w+\^{N} \(power-law fit, {FIT}\)": power,
    rf"(?:{MAGNITUDE}|it) ranges from {N} to {N}": ranges,
    rf"(?:{MAGNITUDE}|it) has no values": lambda known: not any(size is not None for size in known.sizes),
    rf"(?:{MAGNITUDE}|it) is exactly 0 at every point": lambda known: not any(known.sizes),
    rf"(?:{MAGNITUDE}|it) is the same at every point": lambda known: len(set(known.sizes)) == 1,
    rf"(?:{MAGNITUDE}|it) changes by less than 1 %": lambda known: max(known.sizes) / min(known.sizes) < 1.0101,
    rf"Bound / {MAGNITUDE}: (.*)\.": departs("bound:w1", True),
    rf"{MAGNITUDE} / mean-field value: (.*)\.": departs("mean_field:w1", False),
    r"Blocks on a path of dL/dw1, measured / expected: (.*)\.": departs("binomial:w1", False),
    r"(\d+) of (\d+) points could not be computed.*": failed,
}

KEYS = st.sampled_from(
    ["w1=0.1..2:0.3", "w2=1,2,4,8,16", "w2=-2..3", "w1=1e-3..1e3:log10", "x=0..4", "w2=0.999..1:0.0002"]
)


@given(chains(), KEYS, st.booleans(), st.booleans())
def test_what_is_said_of_random_sweeps_is_true(data: dict[str, Any], over: str, against: bool, theory: bool) -> None:
    try:
        found = swept(data, over, show=["w1"], against=against, theory=theory)
    except GradcalcError:
        assume(False)
    check(found, over.partition("=")[0])


LINEAR: dict[str, Any] = {"input": 1, "target": 0, "activation": "identity", "weights": [1.0, 1.0, 1.0]}


def test_a_theory_of_which_only_the_side_without_skips_can_be_told() -> None:
    """A skip that cancels w3: the gradient of the network is exactly 0, that without skips is as its bound says."""
    skips = {"every": 1, "into": "preactivation", "weight": -1}
    data = {"input": 1, "target": 1, "activation": "identity", "weights": [0.0, 0.0, 1.0], "skips": skips}
    text = check(swept(data, "w2=1,2,4,8,16", show=["w1"], against=True, theory=True), "w2")
    assert "Bound / |dL/dw1|: without skips 1." in text


@pytest.mark.parametrize(
    ("data", "over", "told"),
    [
        (LINEAR, "w2=1,2,4,8,16", "is proportional to w2^2 "),
        (LINEAR, "w1=1,2,4,8", "is proportional to w1^1 "),
        (
            {**{key: LINEAR[key] for key in LINEAR if key != "target"}, "loss": "output"},
            "w1=1..5",
            "is the same at every point",
        ),
        (LINEAR, "w2=1,1.001,1.002,1.003", "changes by less than 1 %"),
        (LINEAR | {"activation": "exp"}, "w3=0,0.1,0.2,0.3,0.4", None),
        ("deep", "depth=3,10,20,40,100", "falls by ÷ 2.2 per layer "),
        ("plain", "depth=1..5", None),
        (
            LINEAR | {"weights": [1.0] * 3, "loss": {"formula": "exp(0.005 y)"}},
            "w1=0..1000:100",
            "grows exponentially, from ",
        ),
        (LINEAR | {"activation": "relu", "weights": [1.0, -1.0, 1.0]}, "w1=1..5", "is exactly 0 at every point"),
    ],
)
def test_laws_and_what_is_nearly_none(data: Any, over: str, told: str | None) -> None:
    try:
        text = check(swept(data, over, show=["w1"], theory=True), over.partition("=")[0])
    except GradcalcError:
        assert told is None
        return
    assert told is None or any(told in sentence for sentence in text), text


def test_theories_of_every_kind() -> None:
    assert any(
        "mean-field value" in text for text in check(swept(RANDOM, "seed=0..3", show=["w1"], theory=True), "seed")
    )
    text = check(swept("deep", "depth=10,20,40", against=True, theory=True), "depth")
    assert any("measured / expected: 1." in sentence for sentence in text)
