"""What `gradcalc check` prints: a row for every method, both sides of kinks, the conditions, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.analysis.gradient_check import GradientCheck, Required
from gradcalc.analysis.point import point
from gradcalc.expressions.numerals import DecimalPlaces
from gradcalc.report.report import Block, Deferred, Heading, Note, Report, Table
from gradcalc.report.scales import figure
from gradcalc.report.text import gradient, plural
from gradcalc.views import network_header as header
from gradcalc.views.precision_sentences import label

MOST_ROUNDING = 1e-9  # of a gradient, above which it is told


def report(check: GradientCheck, warnings: tuple[str, ...] = ()) -> Report:
    """The check as a report; exit status 1 where anything is not as it should be."""
    return Report(
        Deferred(lambda: facts(check)),
        lambda: page(check),
        table=lambda: method_table(check) if check.methods else condition_table(check),
        warnings=warnings,
        title=f"{check.network.name}: {'gradients by independent methods' if check.methods else 'conditions'}",
        status=lambda: int(not check.ok),
    )


def facts(check: GradientCheck) -> header.Facts:
    """What JSON has; what was not asked for is absent."""
    found: header.Facts = {**header.envelope("check"), "name": check.network.name, "ok": check.ok}
    if check.methods:
        found["methods"] = [
            {
                "name": method.name,
                "largest_relative_error": method.largest_relative_error,
                "resolves": method.resolves,
                "ok": method.ok,
            }
            for method in check.methods
        ]
        if check.kinks:
            found["kinks"] = [kink._asdict() for kink in check.kinks]
    if check.required:
        found["required"] = [required_facts(one) for one in check.required]
    return found


def required_facts(one: Required) -> dict[str, Any]:
    """A condition; what in the forward pass overflows or is rounded to 0 where something does."""
    found = {"condition": one.condition, "value": one.value, "ok": one.ok}
    lost = {"overflows": one.overflows, "rounded_to_0": one.rounded_to_0}
    return found | {key: quantity.of for key, quantity in lost.items() if quantity is not None}


def page(check: GradientCheck) -> Iterator[Block]:
    """The blocks in order."""
    yield Heading(header.title(check.network))
    if check.methods:
        yield method_table(check)
    if check.kinks:
        columns = zip(*([kink.entry, kink.below, kink.above, kink.ours] for kink in check.kinks))
        names = ("on a kink", "derivative from below", "from above", "gradient here")
        yield Table.of_columns(
            zip(names, columns), "Kinks: a unit or the loss has no derivative, and the one used is a convention"
        )
    if check.few_digits:
        yield few_digits_table(check)
    if check.required:
        yield condition_table(check)
        if any(one.condition.startswith("window") for one in check.required):
            yield Note(
                "value of a window: log₂ of its largest loss scale over its least, negative where no scale is in it; "
                "of exact values, each rounded once (precision --simulate runs a whole pass).",
                "legend",
            )
    if check.methods:
        yield Note(
            "gradients: how many numbers the method compared, of many only some, at even distances; none on a kink; "
            "largest difference: relative, of those numbers that the method can tell from 0; own error: the relative "
            "error that the method itself may have, by its estimate and by rounding; ✗: the difference is more than "
            "ten times the own error."
            + " digits right: as many as the two agree to, by their relative difference."
            * bool(check.few_digits),
            "legend",
        )
    yield from (Note(text, "result" if check.ok else "warning") for text in verdict(check))
    if check.network.has_sines:
        from gradcalc.views.digit_sentences import angle_sentences

        yield from map(Note, angle_sentences(point(check.network)))


def method_table(check: GradientCheck) -> Table:
    """Every method: how many entries it compared, how far they are off, its own error, or why it is not used."""
    rows: list[list[Any]] = []
    for one in check.methods:
        result = f"not used: {one.why}" if one.why else "✓" if one.ok else f"✗ at {one.worst}"
        if not one.why and one.resolves is None:
            result = "cannot tell any from 0" if one.entries else "compared none"
        asked = f"{one.entries} of {check.entries}" if one.entries else None
        rows.append([one.name, asked, one.largest_relative_error, one.resolves, result])
    names = ("method", "gradients", "largest difference", "own error", "result")
    return Table.of_columns(zip(names, zip(*rows)), "Every gradient by independent methods")


def few_digits_table(check: GradientCheck) -> Table:
    """The gradients of which rounding has left few digits, beside those of more digits."""
    rows = [
        (
            gradient(name),
            ours,
            f"0 to {dps} digits" if exact is None else exact,
            None if exact is None else dps,
            DecimalPlaces.of(right),
        )
        for name, ours, exact, dps, right in check.few_digits
    ]
    names = ("gradient", "in float64", "with more digits", "--dps", "digits right")
    return Table.of_columns(zip(names, zip(*rows)), "Gradients of which rounding has left few digits")


def condition_table(check: GradientCheck) -> Table:
    """Every condition with its value."""
    rows = [[one.condition, one.value, "✓" if one.ok else "✗"] for one in check.required]
    return Table.of_columns(zip(("condition", "value", "result"), zip(*rows)), "Conditions")


def verdict(check: GradientCheck) -> Iterator[str]:
    """Whether the gradients are right, as far as was looked, and whether the conditions hold."""
    if check.methods:
        yield from verdict_of_methods(check)
    broken = [one.condition for one in check.required if not one.ok]
    if broken:
        yield f"{', '.join(broken)}: {'does' if len(broken) == 1 else 'do'} not hold."
        for one in check.required:
            if one.overflows is not None:
                yield f"{one.condition}: {label(one.overflows)} of the forward pass overflows, whatever the loss scale."
    elif check.required:
        yield "Every condition holds."
    for one in check.required:
        if one.rounded_to_0 is not None:
            lost = f"{label(one.rounded_to_0)} of the forward pass is rounded to 0"
            yield f"{one.condition} speaks of the backward pass: {lost}, whatever the loss scale."


def verdict_of_methods(check: GradientCheck) -> Iterator[str]:
    """What the methods say of the gradients, and which gradients they did not compare."""
    used = [method for method in check.methods if method.resolves is not None]
    failed = [method for method in used if not method.ok]
    if failed:
        names = ", ".join(method.name for method in failed)
        yield f"The gradients are not what {names} {'gives' if len(failed) == 1 else 'give'}: at {failed[0].worst}."
    elif used:
        sharpest = min(used, key=lambda method: (-method.entries, method.resolves or 0.0))
        error = sharpest.largest_relative_error
        what = f"None of {len(used)} methods differs by" if len(used) > 1 else "The one method differs by no"
        yield f"{what} more than its error allows."
        asked = f"{sharpest.entries} of {check.entries}" if sharpest.entries < check.entries else f"all {check.entries}"
        differs = f"differs by {figure(error, 2)} at most" if error else "differs in no digit"
        differs += f"; it cannot tell {sharpest.unresolved} of them from 0" * bool(sharpest.unresolved)
        yield f"Of the methods that compared most gradients ({asked}) the most precise, {sharpest.name}, {differs}."
    elif check.checked == 0:
        yield "The network is too large: no gradient is compared."
    elif any(method.unresolved for method in check.methods):
        may = "what it may be off by, by its own estimate and by rounding, is more than a tenth of each that is not 0"
        yield f"No method can tell a gradient that it compared from 0: {may}."
    elif any(method.entries for method in check.methods):
        yield "Every gradient compared is 0, and no method can tell one from 0."
    yield from not_compared(check)


def not_compared(check: GradientCheck) -> Iterator[str]:
    """Which gradients the methods did not compare, and why."""
    if check.amplified > MOST_ROUNDING:
        size = f"{figure(check.amplified, 2)} × its size" if check.amplified < 1 else "its size or more"
        off = f"an output that is rounded in its last place changes ∂L/∂ that output by up to {size}"
        yield f"Rounding is amplified here: {off}. `compute --dps 50` has more digits."
    if check.kinks:
        yield f"{plural(len(check.kinks), 'gradient')} on a kink: not compared."
    if check.outside:
        yield f"{plural(check.outside, 'gradient')} outside the normal range of float64: not compared."
    if check.no_digit:
        yield f"Rounding has left less than one digit of {plural(check.no_digit, 'gradient')}: not compared."
    if check.rounded:
        entries = f"{check.rounded} gradient{' is' if check.rounded == 1 else 's are'} 0 in float64"
        yield f"{entries}, as an output rounds to its target, and not compared; see compute."
