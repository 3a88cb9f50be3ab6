"""Every sentence of `precision` against numbers computed anew, on random networks: each template, and no other."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import pytest
from differential.random_specs import random_spec

import gradcalc
from gradcalc.analysis.precision import Precision, Quantity, precision
from gradcalc.analysis.simulation import simulation
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.report.formats.table import render
from gradcalc.report.report import Note, Style
from gradcalc.report.text import words
from gradcalc.views.precision_page import PrecisionRun, report

TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float8_e4m3fn": ml_dtypes.float8_e4m3fn}
POWER = r"2\^(-?[\d.]+)"
NUMBER = r"(−?[\d.]+(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|0)"
PERCENT = r"(<? ?[\d.]+(?:×10[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?) %"
VERBS = r"(?:loses? digits|becomes? 0|overflows?)(?:, | and )?"
LOST = rf"((?:\d+ {VERBS})+)"
LOST_OF = rf"(\d+ of \d+ quantit(?:y|ies) {VERBS}(?:\d+ {VERBS})*(?:none becomes 0)?)"
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


class Told:
    """One network in one format: its quantities as fractions, and a pass in low precision where there is one."""

    def __init__(self, run: PrecisionRun, dtype: str) -> None:
        self.run, self.dtype, self.found = run, dtype, run.found
        held = ml_dtypes.finfo(TYPES[dtype])
        self.normal, self.largest = Fraction(float(held.smallest_normal)), Fraction(float(held.max))
        step = self.largest - Fraction(float(np.nextafter(held.max, TYPES[dtype](0))))
        self.limit, self.keeps_limit = self.largest + step / 2, dtype == "float8_e4m3fn"
        self.zero = Fraction(float(held.smallest_subnormal)) / 2
        self.backward = {label(one): abs(Fraction(one.exact)) for one in self.found.quantities if one.is_backward}
        self.backward = {name: size for name, size in self.backward.items() if size}

    def zones(self, sizes: Any, scale: Fraction = Fraction(1)) -> dict[str, int]:
        scaled = [abs(Fraction(size)) * scale for size in sizes if size]
        return {
            "overflow": sum(x > self.limit or (x == self.limit and not self.keeps_limit) for x in scaled),
            "become 0": sum(x <= self.zero for x in scaled),
            "lose digits": sum(self.zero < x < self.normal for x in scaled),
        }


def label(one: Quantity) -> str:
    signs = {"output": "∂L/∂", "gradient": "∂L/∂", "delta": "δ of ", "preactivation": "z of "}
    return signs.get(one.kind, "") + one.of + (f" (example {one.example})" if one.example is not None else "")


def value(text: str) -> float:
    mantissa, _, exponent = text.translate(RAISED).partition("×10")
    return float(mantissa) * 10 ** int(exponent or 0)


def is_power(text: str, of: Fraction) -> bool:
    """Whether 2^text is the number, to the decimals that are printed; a whole exponent is exact."""
    exponent = math.log2(of.numerator) - math.log2(of.denominator)
    if ".99" in text or ".01" in text:  # of a window's end a whole power of two that is outside is not named
        return abs(exponent - float(text)) <= 0.01001
    return abs(exponent - float(text)) <= 0.00501 and ("." in text or of == Fraction(2) ** int(text))


def ends(told: Told, low: str, low_by: str, high: str, high_by: str) -> None:
    least, greatest = min(told.backward.values()), max(told.backward.values())
    assert told.backward[low_by] == least and told.backward[high_by] == greatest
    is_end(low, near(told.normal / least))
    is_end(high, near(told.largest / greatest))


def is_end(text: str, of: Fraction) -> None:
    """2^16.00 (just under 2^16) says on which side of 2^16 it is."""
    number, _, side = text.removesuffix(")").partition(" (")
    assert is_power(number, of) and bool(side) == number.endswith(".00")
    if side:
        where, _, whole = side.rpartition(" 2^")
        assert of < Fraction(2) ** int(whole) if where == "just under" else of > Fraction(2) ** int(whole)


def float32_ends(told: Told, text: str | None) -> None:
    assert bool(text) == (told.largest / max(told.backward.values()) >= 2**128)
    largest = float(np.finfo(np.float32).max)
    assert not text or Fraction(2) ** int(text) <= largest < Fraction(2) ** (int(text) + 1)


def are_lost_of(told: Told, text: str, scale: Fraction) -> None:
    """Of all quantities these are lost at a loss scale; and that none becomes 0 where none does, nor overflows."""
    (count,) = re.findall(r" of (\d+) quantit(?:y|ies)", text)
    zones = told.zones(told.backward.values(), scale)
    assert int(count) == len(told.backward)
    assert ("none becomes 0" in text) == (zones["become 0"] == zones["overflow"] == 0)
    counts = re.sub(r" of \d+ quantit(y|ies)|(, | and )?none becomes 0|^0 .*", "", text)
    are_lost(counts, zones)


def near(x: Fraction) -> Fraction:
    """A quotient as float64 has it, where it can: an exact power of two may be found by rounding."""
    return Fraction(float(x)) if 1e-300 < x < 1e300 else x


def are_lost(told: str, zones: dict[str, int]) -> None:
    found = {
        re.sub(r"s?( |$)", r"\1", what, count=1): int(n) for n, what in re.findall(r"(\d+) ([a-z]+(?: \w+)?)", told)
    }
    renamed = {{"lose digit": "lose digits"}.get(what, what): number for what, number in found.items()}
    assert renamed == {what: number for what, number in zones.items() if number}, (told, zones)


def nothing(told: Told) -> None:
    assert not told.backward


def none(told: Told, low: str, low_by: str, high: str, high_by: str, best: str, lost: str) -> None:
    ends(told, low, low_by, high, high_by)
    scale = Fraction(2) ** int(best)
    assert told.normal / min(told.backward.values()) > told.largest / max(told.backward.values())
    assert not told.zones(told.backward.values(), scale)["overflow"]
    assert told.zones(told.backward.values(), 2 * scale)["overflow"]
    are_lost_of(told, lost, scale)


def not_needed(told: Told, low: str, high: str, last: str | None) -> None:
    float32_ends(told, last)
    assert not any(told.zones(told.backward.values()).values())
    assert is_power(low, near(told.normal / min(told.backward.values())))
    assert is_power(high, near(told.largest / max(told.backward.values())))


def needed(
    told: Told, low: str, low_by: str, high: str, high_by: str, inside: str, lost: str, last: str | None
) -> None:
    ends(told, low, low_by, high, high_by)
    are_lost_of(told, lost, Fraction(1))
    float32_ends(told, last)
    assert any(told.zones(told.backward.values()).values())
    found = [int(exponent) for exponent in re.findall(r"2\^(-?\d+)", inside)]
    if "there is no power" in inside:
        exponent = math.floor(math.log2(told.largest / max(told.backward.values())))
        assert any(told.zones(told.backward.values(), Fraction(2) ** exponent).values()) and not found
        return
    first, last = (found[0], found[1]) if " to " in inside else (found[0], found[0])
    for exponent in (first, last):
        assert not any(told.zones(told.backward.values(), Fraction(2) ** exponent).values())
    for exponent in (first - 1, last + 1):
        assert any(told.zones(told.backward.values(), Fraction(2) ** exponent).values())
    assert (first < last and first <= 16 <= last) == ("PyTorch's 2^16 among them" in inside)


def forward(told: Told, lost: str, firsts: str, infinite: str | None) -> None:
    sizes = {label(one): one.exact for one in told.found.quantities if not one.is_backward}
    every = [one.exact for one in told.found.quantities if not one.is_backward]
    are_lost(lost, told.zones(every))
    not_finite = f" It is not finite in {told.dtype}, whatever keeps the backward pass."
    assert infinite == (not_finite if told.zones(every)["overflow"] else None)
    for name in re.sub("the first of (each|them): ", "", firsts).replace(" and ", ", ").split(", "):
        assert name in sizes and any(told.zones([sizes[name]]).values())


def simulated(told: Told, told_lost: str, which: str, worst: str, furthest: str) -> None:
    run = told.run.simulations[told.dtype]
    zeros = sum(one.simulated == 0 and one.quantity.exact != 0 for one in run.gradients)
    infinite = sum(not math.isfinite(one.simulated) for one in run.gradients)
    if told_lost.startswith("no gradient of"):
        assert told_lost.endswith("a parameter is lost" if told.found.network.parameters else "an input is lost")
        assert zeros == infinite == 0
    else:
        (count,), numbers = (
            re.findall(r"of (\d+) gradient", told_lost),
            [int(n) for n in re.findall(r"(\d+) (?:is|are)", told_lost)],
        )
        assert int(count) == len(run.gradients) and numbers == [n for n in (zeros, infinite) if n]
    others = [one for one in run.gradients if math.isfinite(one.simulated) and one.quantity.exact]
    others = [one for one in others if one.simulated != 0]
    errors = [abs(Fraction(one.simulated) / Fraction(one.quantity.exact) - 1) for one in others]
    assert bool(worst) == bool(errors)
    if worst:
        largest = float(max(errors)) * 100
        assert largest < 0.1 if worst.startswith("<") else largest == pytest.approx(value(worst), rel=0.01, abs=0.051)
        assert label(others[errors.index(max(errors))].quantity) == furthest or errors.count(max(errors)) > 1


def first(told: Told, name: str, becomes: str, *product: str | None) -> None:
    run = told.run.simulations[told.dtype]
    assert run.first is not None and label(run.first.quantity) == name
    x = run.first.becomes
    assert becomes == ("0" if x == 0 else "NaN" if x != x else "infinite") and run.first.quantity.exact != 0
    scale, _, a, b, output = product
    assert float(eval((scale or "1").replace("^", "**"))) == (run.low.loss_scale if a else 1)
    if a is not None and b is not None:
        stored = float(np.float32(value(a) * value(b)).astype(TYPES[told.dtype]))
        assert stored == x if x == 0 else not math.isfinite(stored)
    assert output is None or value(b or "1") == 0
    if output is not None and not name.startswith("δ of "):
        assert value(output) == 0
    elif output is not None:
        (y,) = (one for one in told.found.quantities if one.kind == "value" and f"δ of {one.of}" == name)
        assert y.exact != value(output) == pytest.approx(y.exact, rel=2**-3, abs=2**-9)


def magnified(told: Told, name: str, percent: str, stored: str, exact: str) -> None:
    """σ′ of the stored output against σ′ of z, both recomputed here."""
    (y,) = (one for one in told.found.quantities if one.kind == "value" and label(one) == name)
    (z,) = (one for one in told.found.quantities if one.kind == "preactivation" and label(one) == f"z of {name}")
    activation = told.found.network.nodes[y.number].activation.name  # type: ignore[union-attr]
    of_output, of_z = DERIVATIVES[activation]
    near = float(np.float32(value(stored)).astype(TYPES[told.dtype]))  # the figures that are shown determine it
    assert near == pytest.approx(value(stored), rel=1e-5) and value(exact) == pytest.approx(float(y.exact), rel=1e-5)
    with mpmath.workdps(60):
        true = of_z(mpmath.mpf(str(z.exact)))
        off = float(abs(of_output(mpmath.mpf(near)) / true - 1)) * 100
    assert off == pytest.approx(value(percent), rel=0.01, abs=0.051)


DERIVATIVES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tanh": (lambda y: 1 - y * y, lambda z: mpmath.sech(z) ** 2),
    "sigmoid": (lambda y: y * (1 - y), lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2),
}


def rounded_before(told: Told) -> None:
    run = told.run.simulations[told.dtype]
    assert not any(told.zones(told.backward.values(), Fraction(run.low.loss_scale)).values())
    errors = [one.relative_error for one in run.gradients if one.relative_error is not None]
    assert len(errors) < len(run.gradients) or max(errors) > float(ml_dtypes.finfo(TYPES[told.dtype]).eps) / 2


END = r"2\^(-?[\d.]+(?: \(just (?:under|over) 2\^-?\d+\))?)"
ENDS = rf"at least {END}, for (.+), and at most {END}, for (.+)"
LAST = r"(?: In float32, in which loss scales are kept, the largest power of two is 2\^(\d+)\.)?"
TEMPLATES: list[tuple[str, Callable[..., None]]] = [
    (r"every quantity of the backward pass of \S+ is 0, at any loss scale\.", nothing),
    (
        rf"no loss scale keeps the whole backward pass of \S+ in the normal range: it would have to be {ENDS}\. "
        rf"At {POWER}, the largest power of two at which nothing overflows, {LOST_OF}\.",
        none,
    ),
    (
        rf"without a loss scale the whole backward pass of \S+ is in the normal range, as it is with any loss scale "
        rf"from {POWER} to {POWER}\.{LAST}",
        not_needed,
    ),
    (
        rf"to keep the whole backward pass in the normal range \S+ needs a loss scale of {ENDS}: "
        rf"((?:2\^|there is no power).+?)\. Without a loss scale {LOST_OF}\.{LAST}",
        needed,
    ),
]
FORWARD = (
    rf"forward pass of \S+: of weights, inputs, z and outputs {LOST} \((.+)\), "
    r"which no loss scale changes\.( .+)?"
)
SIMULATED = (
    r"\S+ in (\S+?)(?: with a loss scale of \S+)?: (no gradient of an? [a-z]+ is lost|of .+?)"
    rf"(?:; the largest relative error (of the others )?is {PERCENT}, of (.+?))?\."
)
FIRST = (
    r"From the loss back (.+?) is the first to become (0|NaN|infinite)"
    rf"(?:: it is (?:(\S+) · )?(.+), {NUMBER} times {NUMBER})?\."
    rf"(?: No loss scale changes that 0: \S+ is stored as {NUMBER}\.)?"
)
MAGNIFIED = (
    rf"σ′\(z\) of (.+) is {PERCENT} off at any loss scale: it is computed from the output, which is stored as {NUMBER} "
    rf"for {NUMBER}\."
)
BEFORE = (
    r"The exact backward pass is in the normal range( at that loss scale)?; this pass computes with numbers that are "
    r"already rounded: one error may be magnified, several may add up\."
)


def check(runs: dict[str, PrecisionRun], sentence: str, before: str = "") -> str:
    """The name of the template, whose claims hold; `before` is the format of the sentence before."""
    if match := re.fullmatch(SIMULATED, sentence):
        dtype, lost, which, worst, furthest = match.groups()
        simulated(Told(runs[dtype], dtype), lost, which or "", worst or "", furthest or "")
        return "simulated"
    if match := re.fullmatch(MAGNIFIED, sentence):
        magnified(Told(runs[before], before), *match.groups())
        return "magnified"
    if match := re.fullmatch(FIRST, sentence):
        first(Told(runs[before], before), *match.groups())
        return "first"
    if re.fullmatch(BEFORE, sentence):
        rounded_before(Told(runs[before], before))
        return "rounded before"
    dtype = sentence.partition(": ")[0].partition(", ")[0]
    told = Told(runs[dtype], dtype)
    if match := re.fullmatch(f"{dtype}, {FORWARD}", sentence):
        forward(told, *match.groups())
        return "forward"
    for template, claim in TEMPLATES:
        if match := re.fullmatch(f"{dtype}: {template}", sentence):
            claim(told, *match.groups())
            return claim.__name__
    raise AssertionError(f"no template has {sentence}")


def sentences(found: Precision, scale: float) -> tuple[dict[str, PrecisionRun], list[str]]:
    lows = {dtype: LowPrecision(dtype, loss_scale=scale) for dtype in found.formats}
    run = PrecisionRun(found.network.name, found, {dtype: simulation(found, low) for dtype, low in lows.items()})
    notes = [block for block in report([run]).blocks() if isinstance(block, Note) and block.kind != "legend"]
    told = [words(note.text, 6).strip() for note in notes]
    return dict.fromkeys(found.formats, run), [text for text in told if not text.startswith("Exact values")]


SPECS: dict[str, Any] = {
    "all 0": {"input": 1, "target": 1, "activation": "identity", "weights": [1, 1]},
    "an overflow": {"input": 1000, "target": 1, "activation": "identity", "weights": [1000, 1000]},
    "no power of two": {"input": 1, "loss": "output", "activation": "identity", "weights": [2.0**-29 * 1.2]},
    "extended range": {"input": 0.5, "target": 1, "weights": [0.01] * 160},
    "one power of two": {"input": 1, "loss": "output", "activation": "identity", "weights": [2.0**-29]},
}


@pytest.mark.parametrize("spec", ["residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn", *SPECS])
@pytest.mark.parametrize("scale", [1.0, 2.0**16])
def test_what_is_told_of_known_networks(spec: str, scale: float) -> None:
    found = precision(gradcalc.load(SPECS.get(spec, spec)), list(TYPES), loss_scale=scale)
    runs, told = sentences(found, scale)
    check_all(runs, told)


def check_all(runs: dict[str, PrecisionRun], told: list[str]) -> set[str]:
    assert told
    met, before = set(), ""
    for text in told:
        match = re.fullmatch(SIMULATED, text)
        before = match[1] if match else before
        met.add(check(runs, text, before))
    return met


def test_every_template_is_told_of_some_network() -> None:
    met = set()
    for spec in ("residual", "deep", "resnet", *SPECS.values()):
        runs, told = sentences(precision(gradcalc.load(spec), list(TYPES)), 1.0)
        met |= check_all(runs, told)
    assert met == {
        "nothing",
        "none",
        "not_needed",
        "needed",
        "forward",
        "simulated",
        "first",
        "magnified",
        "rounded before",
    }


@pytest.mark.parametrize("number", [*range(12), *(pytest.param(n, marks=pytest.mark.slow) for n in range(12, 40))])
def test_what_is_told_of_random_networks(number: int) -> None:
    try:
        found = precision(gradcalc.load(random_spec(5, number)), list(TYPES))
        runs, told = sentences(found, 1.0)
    except (gradcalc.DomainError, gradcalc.LimitError):
        pytest.skip("outside a function's domain")
    check_all(runs, told)


def test_a_range_that_holds_all_and_a_pass_that_loses_a_gradient_do_not_contradict_each_other() -> None:
    _, told = sentences(precision(gradcalc.load("resnet"), ["bfloat16"]), 1.0)
    assert "of 41 gradients 1 is 0 and should not be" in told[1] and re.fullmatch(BEFORE, told[-1])
    assert told[2].endswith("times 0. No loss scale changes that 0: h39 is stored as 1.")


def test_a_forward_pass_that_is_infinite_is_told_beside_the_window() -> None:
    spec = {"input": 1e5, "target": 1, "activation": "identity", "weights": [1e3, 1]}
    _, told = sentences(precision(gradcalc.load(spec), ["float16"]), 1.0)
    assert "the first of them: x" in told[1] and told[1].endswith(
        "It is not finite in float16, whatever keeps the backward pass."
    )


def test_of_a_network_without_parameters_the_gradients_are_those_of_its_inputs() -> None:
    _, told = sentences(precision(gradcalc.load("circuit"), ["float16"], loss_scale=2.0**14), 2.0**14)
    assert "of 3 gradients 2 are infinite or NaN" in told[1]


def test_the_end_of_a_window_is_not_told_as_a_power_of_two_that_overflows() -> None:
    _, told = sentences(precision(gradcalc.load("circuit"), ["float16"]), 1.0)
    assert told[0].endswith("as it is with any loss scale from 2^-14 to 2^13.99.")


def test_one_error_of_rounding_that_is_magnified_is_told_by_its_name() -> None:
    """h39 is stored with an error of 0.014 %, and 1 − h39² has one of 10.6 %: nothing adds up there."""
    _, told = sentences(precision(gradcalc.load("resnet"), ["float16"], loss_scale=2.0**16), 2.0**16)
    assert told[1].endswith("the largest relative error is 10.6 %, of ∂L/∂w39.")
    assert told[2] == (
        "σ′(z) of h39 is 10.6 % off at any loss scale: it is computed from the output, which is stored as 0.998535 for "
        "0.998676."
    )


def legends(spec: str, loss_scale: float = 1.0) -> str:
    run = PrecisionRun(spec, precision(gradcalc.load(spec), ["float16"], loss_scale=loss_scale))
    notes = (block for block in report([run]).blocks() if isinstance(block, Note) and block.kind == "legend")
    return "\n".join(words(note.text, 6) for note in notes)


def test_the_legend_says_which_loss_scale_is_drawn_and_why() -> None:
    assert "S = 2^14: the range with that loss scale, from the middle of the window;" in legends("resnet")
    assert "S = 2^16: the range with that loss scale, largest without overflow;" in legends("deep")
    assert "S = 2^10: the range with that loss scale, the one asked for;" in legends("resnet", loss_scale=1024.0)
    assert "▒ normal, ░ subnormal, . outside (0 below, overflow above)" in legends("circuit")


def test_a_page_fits_80_columns() -> None:
    for spec in ("residual", "mazur", "deep"):
        found = precision(gradcalc.load(spec), ["float16", "bfloat16"])
        page = "".join(render(report([PrecisionRun(spec, found)]), Style(width=80)))
        assert max(map(len, page.splitlines())) <= 80
