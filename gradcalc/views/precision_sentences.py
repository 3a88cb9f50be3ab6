"""`gradcalc precision` in words: which loss scales keep the backward pass, what the forward pass loses, and where a
pass in low precision first goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import inf, isfinite
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
from gradcalc.analysis.simulation import Magnified, Simulation
from gradcalc.arithmetic.float_formats import FloatFormat
from gradcalc.arithmetic.low_precision import LowPrecision, StorageName
from gradcalc.expressions.numerals import text
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.scales import EXACT_POWER
from gradcalc.report.text import gradient, listed

PYTORCH = round(log2(USUAL_SCALES["PyTorch"]))
ERROR = "error of one rounding"
LAST = 127  # the exponent of the largest power of two of float32
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
    return raised(whole if abs(whole) < 1022 and number == power_of_two(whole, number) else exponent)


def raised(exponent: float) -> str:
    """2^16 of a whole exponent, 2^7.22 of another; `about 2^1381160581441916` where no more of it is known."""
    if isinstance(exponent, int):
        return f"2^{exponent}"
    return f"about 2^{round(exponent)}" if abs(exponent) > EXACT_POWER else f"2^{exponent:.2f}"


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
    ends = f"at least {beside(low, window.low)}, for {label(window.low_by)}, and "
    ends += f"at most {beside(high, window.high)}, for {label(window.high_by)}"
    if not window.exists:
        start = f"{dtype}: no loss scale keeps the whole backward pass of {name} in the normal range"
        return Note(f"{start}: it would have to be {ends}. {at_best(held)}", "result")
    if window.low <= 1 <= window.high:
        start = f"{dtype}: without a loss scale the whole backward pass of {name} is in the normal range"
        return Note(f"{start}, as it is with any loss scale from {low} to {high}.{float32_ends(window)}", "result")
    start = f"{dtype}: to keep the whole backward pass in the normal range {name} needs a loss scale of {ends}"
    return Note(f"{start}: {which_keep(window.powers())} {without_scale(held)}{float32_ends(window)}", "result")


def beside(told: str, end: Any) -> str:
    """An end of a window; of 2^16.00 on which side of 2^16 it is."""
    if not told.endswith(".00"):
        return told
    near = round(log2(end))
    side = "just under" if end < power_of_two(near, end) else "just over"
    return f"{told} ({side} {raised(near)})"


def float32_ends(window: Window) -> str:
    """That a window ends above the loss scales that there are; else nothing."""
    told = f" In float32, in which loss scales are kept, the largest power of two is {raised(LAST)}."
    return told * bool(window.high >= 2.0 ** (LAST + 1))


def rounded(found: Precision, name: str | None) -> Iterator[Note]:
    """Of which exact values no digit is right; of one of several networks with its name."""
    if found.rounded:
        from gradcalc.views.digit_sentences import placed, rounded_sentences

        told = rounded_sentences(found.rounded, found.network, "L")
        yield from (Note(words if name is None else placed(f"In {name}", words)) for words in told)


def infinite_in_float32(scale: float) -> Iterator[Note]:
    """That no scaler keeps such a loss scale; nothing of another one."""
    if scale >= 2.0 ** (LAST + 1):
        yield Note(f"A loss scale of {factor(scale)} is infinite in float32, in which loss scales are kept.", "warning")


def powers(inside: range) -> str:
    """The powers of two in a window: 2^8 to 2^20."""
    ends = dict.fromkeys((inside[0], inside[-1])) if inside else ()
    return " to ".join(map(raised, ends)) or "none"


def which_keep(inside: range) -> str:
    """That these powers of two keep the backward pass."""
    if not inside:
        return "there is no power of two between them."
    usual = f", PyTorch's {raised(PYTORCH)} among them" * (len(inside) > 1 and PYTORCH in inside)
    return f"{powers(inside)} {'does' if len(inside) == 1 else 'do'}{usual}."


def at_best(held: FormatRange) -> str:
    """What the largest power of two at which nothing overflows leaves."""
    if held.best is None:
        return ""
    best = raised(round(log2(held.best.scale)))
    return f"At {best}, the largest power of two at which nothing overflows, {losses(held.best)}."


def without_scale(held: FormatRange) -> str:
    """What is lost where there is no loss scale."""
    return f"Without a loss scale {losses(next(one for one in held.scales if one.scale == 1))}."


def losses(counts: ScaleCounts) -> str:
    """22 of 124 quantities lose digits and 48 become 0"""
    of = {"subnormal": counts.subnormal, "zero": counts.zero, "overflow": counts.overflow}
    told = [f"{number} {verb(zone, number)}" for zone, number in of.items() if number] or ["0 lose digits"]
    told += ["none becomes 0"] * (counts.zero == counts.overflow == 0)
    number, _, what = told[0].partition(" ")
    total = f"{counts.total} {'quantity' if counts.total == 1 else 'quantities'}"
    return listed([f"{number} of {total} {what}", *told[1:]])


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
    finite = [one for one in run.gradients if one.relative_error is not None and not one.is_lost]
    furthest = max(finite, key=lambda one: one.relative_error or 0.0, default=None)
    error, once = 0.0 if furthest is None else furthest.relative_error or 0.0, held.format.rounding_error
    worst: Words = ()
    if furthest is not None:
        others = "of the others " * bool(lost)
        worst = (f"; the largest relative error {others}is ", Percent(error), f", of {label(furthest.quantity)}")
    yield Note((f"{start}: {told}", *worst, "."), "result")
    if run.first is not None:
        yield Note(first_lost(run))
    derivative, least = run.magnified, log2(error) - 1 if error and not lost else -inf
    if derivative is not None and derivative.error > 4 * once and log2(derivative.error) > least and not is_told(run):
        yield Note(magnified(derivative))
    counts = next(one for one in held.scales if one.scale == low.loss_scale)
    if counts.normal == counts.total and (lost or error > once):
        start = "The exact backward pass is in the normal range" + " at that loss scale" * (low.loss_scale != 1)
        why = "this pass computes with numbers that are already rounded"
        yield Note(f"{start}; {why}: one error may be magnified, several may add up.")


def is_told(run: Simulation) -> bool:
    """Whether the derivative that is furthest off is the 0 that was told of the first quantity that is lost."""
    first, derivative = run.first, run.magnified
    if first is None or first.factors is None or derivative is None:
        return False
    return first.factors.values[1] == 0 and first.quantity.of == derivative.output.of


def magnified(derivative: Magnified) -> Words:
    """σ′(z) of h39 with its error, and the output that it is computed from."""
    of, exact = label(derivative.output), derivative.output.exact
    why = " off at any loss scale: it is computed from the output, which is stored as "
    return f"σ′(z) of {of} is ", Percent(derivative.error), why, derivative.stored, " for ", exact, "."


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


def legend(formats: Mapping[str, FormatRange], saturate: bool, moved: str) -> Iterator[Note]:
    """What the zones are, of each format; words of the tables; signs of the picture, what its row of a
    loss scale is (`moved`); and where loss scales and formats are from."""
    told = []
    for held in (one.format for one in formats.values()):
        normal, subnormal = power(held.normal), power(held.subnormal)
        zero = power(held.subnormal / 2)
        past = f"{text(held.largest, 6)} (saturated)" if saturate and held.saturates else held.past
        past += f" {'past' if held.keeps_limit else 'from'} {text(held.limit, 6)}"
        fewer = f"subnormal (fewer digits) from {subnormal}, rounded to 0 up to {zero}"
        told.append(f"{held.name}: normal from {normal}, {fewer}, {past}")
    told += ["zones: of exact values, each rounded once where it is stored (--simulate runs a whole pass)"]
    yield Note("; ".join(told) + ".", "legend")
    told = ["nothing becomes 0: with larger loss scales quantities may be subnormal, but none is rounded to 0"]
    told += ["TensorFlow, PyTorch: initial scales of their scalers"]
    told += ["largest without overflow: of powers of two"] * any(one.best for one in formats.values())
    told += [f"{ERROR}: the largest relative one of subnormal quantities", SOURCES["scaling"]]
    told += [SOURCES["float8"]] * any(held.format.saturates for held in formats.values())
    yield Note("; ".join(told) + ".", "legend")
    told = ["picture: ▒ normal, ░ subnormal, . outside (0 below, overflow above)", *filter(None, [moved])]
    yield Note("; ".join([*told, "● hides ◆, and ◆ hides ○"]) + ".", "legend")
