"""`gradcalc precision` in words: which loss scales keep the backward pass, what the forward pass loses, and where a
pass in low precision first goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from gradcalc.analysis.precision import (
    USUAL_SCALES,
    FormatRange,
    Precision,
    Quantity,
    ScaleCounts,
    Window,
    log2,
    power_of_two,
    zone,
)
from gradcalc.analysis.simulation import Simulation
from gradcalc.arithmetic.float_formats import FloatFormat
from gradcalc.arithmetic.low_precision import LowPrecision, StorageName
from gradcalc.expressions.numerals import text
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.text import gradient, listed, plural

PYTORCH = round(log2(USUAL_SCALES["PyTorch"]))
KINDS = {"input": "", "parameter": "", "preactivation": "z of ", "value": "", "delta": "δ of "}
ZONES = {"subnormal": "lose digits", "zero": "become 0", "overflow": "overflow"}
SOURCES = {
    "scaling": "loss scaling: Micikevicius et al. 2018, arXiv:1710.03740",
    "float8": "formats of 8 bits: Micikevicius et al. 2022, arXiv:2209.05433",
}


def label(quantity: Quantity) -> str:
    """δ of h39, ∂L/∂y, z of h1; in a batch with its example."""
    example = f" (example {quantity.example})" if quantity.example is not None else ""
    if quantity.kind in ("output", "gradient"):
        return gradient(quantity.of) + example
    return KINDS[quantity.kind] + quantity.of + example


def power(number: Any) -> str:
    """2^7.22; 2^16 of what is exactly that."""
    exponent = log2(number)
    whole = round(exponent)
    return raised(whole if abs(whole) < 1000 and number == power_of_two(whole, number) else exponent)


def raised(exponent: float) -> str:
    """2^16 of a whole exponent, 2^7.22 of another."""
    return f"2^{exponent}" if isinstance(exponent, int) else f"2^{exponent:.2f}"


def end_of(window: Window, end: Any) -> str:
    """The same of an end of a window; where that would be a whole power of two that is outside, 2^13.99."""
    told, near = power(end), round(log2(end))
    if not window.exists or not told.endswith(".00") or window.low <= power_of_two(near, end) <= window.high:
        return told
    return raised(near + (0.01 if end == window.low else -0.01))


def factor(scale: Any) -> str:
    """A loss scale: 2^16; 3 of what is no power of two."""
    exact = power(scale)
    return exact if "." not in exact else text(scale, 6)


def settings(low: LowPrecision | StorageName) -> str:
    """How a pass in low precision was computed."""
    scale = "no loss scale" if low.loss_scale == 1 else f"loss scale {factor(low.loss_scale)}"
    return f"sums in {low.accumulate}, {scale}{', saturating' * low.saturate}"


def verdict(found: Precision, held: FormatRange, name: str) -> Note:
    """Which loss scales keep every quantity of the backward pass in the normal range, or that none does."""
    window, dtype = held.window, held.format.name
    if window.low is None or window.low_by is None or window.high_by is None:
        return Note(f"{dtype}: every quantity of the backward pass of {name} is 0, at any loss scale.", "result")
    low, high = end_of(window, window.low), end_of(window, window.high)
    ends = f"at least {low}, for {label(window.low_by)}, and at most {high}, for {label(window.high_by)}"
    if not window.exists:
        start = f"{dtype}: no loss scale keeps the whole backward pass of {name} in the normal range"
        why = f"it would have to be {ends}"
        return Note((f"{start}: {why}. ", *at_best(held)), "result")
    if window.low <= 1 <= window.high:
        start = f"{dtype}: without a loss scale the whole backward pass of {name} is in the normal range"
        return Note(f"{start}, as it is with any loss scale from {low} to {high}.", "result")
    return Note(f"{dtype}: {name} needs a loss scale of {ends}: {which_keep(window.powers())}", "result")


def powers(inside: range) -> str:
    """The powers of two in a window: 2^8 to 2^20."""
    ends = dict.fromkeys((inside[0], inside[-1])) if inside else ()
    return " to ".join(map(raised, ends)) or "none"


def which_keep(inside: range) -> str:
    """That these powers of two keep the backward pass."""
    if not inside:
        return "there is no power of two between them."
    keep = "keeps" if len(inside) == 1 else "keep"
    usual = f", PyTorch's {raised(PYTORCH)} among them" * (len(inside) > 1 and PYTORCH in inside)
    return f"{powers(inside)} {keep} the whole backward pass in the normal range{usual}."


def at_best(held: FormatRange) -> Words:
    """What the largest power of two at which nothing overflows leaves."""
    if held.best is None:
        return ()
    told = f"At {power(held.best.scale)}, the largest power of two at which nothing overflows, "
    return (told, f"{losses(held.best)} of {plural(held.best.total, 'quantity').replace('quantitys', 'quantities')}.")


def losses(counts: ScaleCounts) -> str:
    """22 lose digits and 48 become 0"""
    of = {"subnormal": counts.subnormal, "zero": counts.zero, "overflow": counts.overflow}
    told = [f"{number} {verb(zone, number)}" for zone, number in of.items() if number]
    return listed(told) if told else "0 lose digits"


def verb(zone: str, number: int) -> str:
    """`becomes 0` of one, `become 0` of several."""
    plural_form = ZONES[zone]
    first, _, rest = plural_form.partition(" ")
    return plural_form if number != 1 else f"{first}s {rest}".rstrip()


def forward(found: Precision, held: FloatFormat, name: str) -> Note | None:
    """What of the forward pass is outside the normal range, which no loss scale changes; None where nothing is."""
    zones: Counter[str] = Counter()
    firsts: dict[str, Quantity] = {}
    for one in found.quantities:
        if not one.is_backward:
            where = zone(held, one.exact, one.exact)
            zones[where] += 1
            firsts.setdefault(where, one)
    told = [f"{zones[where]} {verb(where, zones[where])}" for where in ZONES if zones[where]]
    if not told:
        return None
    names = listed([label(firsts[where]) for where in ZONES if zones[where]])
    first = (
        f"the first of {'each: ' if len(told) > 1 else 'them: '}{names}" if sum(zones[w] for w in ZONES) > 1 else names
    )
    start = f"{held.name}, forward pass of {name}: of weights, inputs, z and outputs {listed(told)} ({first})"
    infinite = f" It is not finite in {held.name}, whatever keeps the backward pass." * bool(zones["overflow"])
    return Note(f"{start}, which no loss scale changes.{infinite}", "result" if infinite else "note")


def simulated(run: Simulation, held: FormatRange, name: str) -> Iterator[Note]:
    """How many gradients were lost, the largest error of the others, where the first quantity was lost; and where that
    is beside a range that holds all exact values, how both are true."""
    low, count = run.low, len(run.gradients)
    start = f"{name} in {low.name}" + f" with a loss scale of {factor(low.loss_scale)}" * (low.loss_scale != 1)
    lost = [f"{run.lost} {'is' if run.lost == 1 else 'are'} 0 and should not be"] * bool(run.lost)
    lost += [f"{run.overflown} {'is' if run.overflown == 1 else 'are'} infinite or NaN"] * bool(run.overflown)
    entries = "gradient" if count == 1 else "gradients"
    of = "an input" if any(one.quantity.kind == "output" for one in run.gradients) else "a parameter"
    told = f"of {count} {entries} {listed(lost)}" if lost else f"no gradient of {of} is lost"
    errors = [one.relative_error for one in run.gradients if one.relative_error is not None and not one.is_lost]
    worst: Words = ("; the largest relative error of the others is ", Percent(max(errors))) if errors and lost else ()
    if errors and not lost:
        worst = ("; the largest relative error is ", Percent(max(errors)))
    yield Note((f"{start}: {told}", *worst, "."), "result")
    if run.first is not None:
        yield Note(first_lost(run))
    counts = next(one for one in held.scales if one.scale == low.loss_scale)
    once = held.format.subnormal / held.format.normal / 2  # the largest error of a normal number that is rounded
    if counts.normal == counts.total and (lost or max(errors, default=0.0) > once):
        start = "The exact backward pass is in the normal range" + " at that loss scale" * (low.loss_scale != 1)
        yield Note(f"{start}; what this pass loses comes of numbers that were rounded before, whose errors add up.")


def first_lost(run: Simulation) -> Words:
    """δ of h20 = ∂L/∂h20 · σ′(z) with its numbers."""
    assert run.first is not None
    first = run.first
    becomes = "0" if first.becomes == 0 else "NaN" if first.becomes != first.becomes else "infinite"
    start = f"From the loss back {label(first.quantity)} is the first to become {becomes}"
    if first.factors is None or not all(map(isfinite, first.factors.values)):
        return (f"{start}.",)
    one, other = first.factors.names
    value, by = first.factors.values
    scale = run.low.loss_scale
    scaled = f"{factor(scale)} · " * (scale != 1)
    told: Words = (f"{start}: it is {scaled}{one} times {other}, ", value * scale, " times ", by, ".")
    if by != 0:
        return told
    output = first.factors.output
    of_forward, number = (other, by) if output is None else (first.quantity.of, output)
    return (*told, f" No loss scale changes that 0: {of_forward} is stored as ", number, ".")


def legend(formats: Mapping[str, FormatRange], saturate: bool, moved: bool) -> Note:
    """What the zones are, of each format, and where loss scales and formats are from."""
    told = []
    for held in (one.format for one in formats.values()):
        normal, subnormal = power(held.normal), power(held.subnormal)
        zero = power(held.subnormal / 2)
        past = f"{text(held.largest, 6)} (saturated)" if saturate and held.saturates else held.past
        past += f" {'past' if held.keeps_limit else 'from'} {text(held.limit, 6)}"
        fewer = f"fewer digits from {subnormal}, rounded to 0 up to {zero}"
        told.append(f"{held.name}: normal from {normal}, {fewer}, {past}")
    told += [
        "zones: of exact values, each rounded once where it is stored",
        "errors of a whole pass add up (--simulate)",
    ]
    told += ["subnormals allowed: what rounds nothing to 0", "TensorFlow, PyTorch: initial scales of their scalers"]
    told += ["last finite: the largest power of two without overflow"] * any(one.best for one in formats.values())
    told += ["error of rounding: the largest relative one of a subnormal quantity"]
    told += ["S: the range, moved by that loss scale"] * moved
    told += ["in the picture ● hides ◆, and ◆ hides ○", SOURCES["scaling"]]
    told += [SOURCES["float8"]] * any(held.format.saturates for held in formats.values())
    return Note("; ".join(told) + ".", "legend")
