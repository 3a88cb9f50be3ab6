"""What `gradcalc check --got` prints: given numbers beside the network's, the first wrong quantity in the order of the
calculation, and what explains all of them: each hypothesis as a sentence with its numbers and the command that prints
what they got.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isfinite, log10
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.given_digits import is_finite, relative
from gradcalc.analysis.given_values import GivenValue, Hypothesis
from gradcalc.analysis.point import point
from gradcalc.derivation.given_check import GivenCheck, GivenRow
from gradcalc.expressions.numerals import PLAIN_EXPONENTS, DecimalPlaces, Numeral, text
from gradcalc.network.network import Index, bracketed, entries, norm, numbers, shape
from gradcalc.report.json_numbers import finite
from gradcalc.report.report import Block, Column, Deferred, Heading, Note, Percent, Report, Table
from gradcalc.report.text import listed, plural
from gradcalc.views import network_header as header

if TYPE_CHECKING:
    from gradcalc.analysis.gradient_check import GradientCheck
    from gradcalc.derivation.claimed_formula import FormulaCheck

FEW_ENTRIES, MANY_ROWS = 12, 40  # up to so many entries each has a row, of up to so many together
MOST_SHOWN = 5  # hypotheses
NAMED = 5  # numbers that are named one by one
MOST_DIGITS = 15  # of a given number
WIDENED = 1e-3  # of a power of ten, by which rounding may have widened half a unit of a digit
COLUMNS = ("quantity", "given", "ours", "relative difference", "result")


def report(
    check: GivenCheck,
    conditions: GradientCheck | None = None,
    spec: str = "SPEC",
    warnings: tuple[str, ...] = (),
    every: bool = False,
) -> Report:
    """The check as a report; exit status 1 where anything is wrong. `spec` is what commands are written with."""
    return Report(
        Deferred(lambda: facts(check, conditions, spec)),
        lambda: page(check, conditions, spec, every),
        table=lambda: given_table(check.rows) if check.rows else formula_table(check),
        warnings=warnings,
        title=f"{check.network.name}: given values",
        status=lambda: int(not check.ok or not (conditions is None or conditions.ok)),
    )


def facts(check: GivenCheck, conditions: GradientCheck | None, spec: str) -> header.Facts:
    """What JSON has; numbers that are none are null."""
    got: header.Facts = {}
    for row in check.rows:
        got[row.given.text] = {
            "got": row.given.values,
            "ours": row.ours,
            "relative_error": row.relative_error,
            "ok": row.ok,
            "explanations": [explanation_facts(one, row.given.text, spec) for one in check.hypotheses if not row.ok],
        }
        if row.given.matched:
            got[row.given.text]["matched"] = row.given.matched
    for formula in check.formulas:
        explained = [{"what": what} for what in (formula_sentence(formula),) if not formula.ok]
        got[formula.text] = {
            "formula": formula.formula,
            "got": formula.got,
            "ours": formula.ours,
            "relative_error": relative(formula.got, formula.ours),
            "ok": formula.ok,
            "points": formula.points,
            "equal": formula.equal,
            "explanations": explained,
        }
    ok = check.ok and (conditions is None or conditions.ok)
    found: header.Facts = {**header.envelope("check"), "name": check.network.name, "ok": ok}
    found |= {"got": finite(got), "first_wrong": check.first_wrong}
    if conditions is not None:
        from gradcalc.views import check_page

        found["required"] = [check_page.required_facts(one) for one in conditions.required]
    return found


def explanation_facts(one: Hypothesis, name: str, spec: str) -> header.Facts:
    """A hypothesis, of one of the given values."""
    found = {"what": one.what, "predicts": one.predicts.get(name), "relative_error": one.relative_error}
    found |= {"sentence": one.sentence}
    found |= {"command": command_with(one.command, spec)} if one.command else {}
    return found | ({"formula": command_with(one.formula, spec)} if one.formula else {})


def command_with(command: str, spec: str) -> str:
    """A hypothesis' command, or a formula with one, on the spec that was given."""
    return command.replace("SPEC", spec)


def page(check: GivenCheck, conditions: GradientCheck | None, spec: str, every: bool) -> Iterator[Block]:
    """The blocks in order."""
    yield Heading(header.title(check.network))
    if matched := [row.given.matched for row in check.rows if row.given.matched]:
        yield Note(f"Matched by shape and order, weights as [out, in]: {'; '.join(matched)}.", "note")
    if check.rows:
        yield for_a_person(given_table(check.rows, every))
    if check.formulas:
        yield formula_table(check)
    yield Note(legend(check), "legend")
    for sentence, kind in verdict(check):
        yield Note(sentence, kind)
    yield from map(Note, on_digits(check))
    yield from hypotheses(check, spec)
    if check.network.has_sines:
        from gradcalc.views.digit_sentences import angle_sentences

        yield from map(Note, angle_sentences(point(check.network)))
    if conditions is not None:
        from gradcalc.views import check_page

        yield check_page.condition_table(conditions)
        kind = "result" if conditions.ok else "warning"
        yield from (Note(sentence, kind) for sentence in check_page.verdict(conditions))


def legend(check: GivenCheck) -> str:
    """What the columns stand for."""
    told = []
    if check.rows:
        if any(not row.given.dtype for row in check.rows):
            near = ", or what rounding of terms that cancel may be" * any(row.is_near for row in check.rows)
            told.append(f"✓: |given − ours| is at most half a unit of the last digit given{near}.")
        told += [stored_legend(check, dtype) for dtype in stored_in(check)]
        told.append("relative difference: |given − ours| / |ours|.")
    if check.formulas:
        told.append("points: where formula and network are equal, of the network's own point and five random ones.")
    return " ".join(told)


def stored_in(check: GivenCheck) -> Sequence[str]:
    """The formats that given numbers were stored in."""
    return list(dict.fromkeys(row.given.dtype for row in check.rows if row.given.dtype))


def stored_legend(check: GivenCheck, dtype: str) -> str:
    """How far numbers stored in a format may be off, which is what a pass in it may be."""
    rows = [row for row in check.rows if row.given.dtype == dtype]
    most, of = max((tolerance_share(row), row.given.text) for row in rows)
    return (
        f"✓ of numbers stored in {dtype}: |given − ours| is at most what the rounding of a pass in {dtype} may add up "
        f"to, here {text(100 * most, 2)} % of the largest entry{f' ({of}; the others less)' * (len(rows) > 1)}."
    )


def tolerance_share(row: GivenRow) -> float:
    """The largest tolerance of given numbers, of the largest of ours."""
    most = max(map(float, numbers(row.given.tolerances)), default=0.0)
    largest = max((abs(float(one)) for one in numbers(row.ours)), default=0.0)
    return most / largest if largest else 0.0


def given_table(rows: Sequence[GivenRow], every: bool = True) -> Table:
    """Every given number; of large arrays unless `every` is wanted the most wrong one."""
    sizes = [len(numbers(row.given.values)) for row in rows]
    few = max(sizes) if every else FEW_ENTRIES if sum(sizes) <= MANY_ROWS else 1
    cells = [line for row in rows for line in lines(row, few)]
    plain = all(is_plain(given) for _, given, *_ in cells)
    shown = [as_given(given, tolerance, plain) for _, given, tolerance, *_ in cells]
    given = shown if all(isinstance(one, DecimalPlaces) for one in shown) else [line[1] for line in cells]
    table = [[name, theirs, *rest] for (name, _, _, *rest), theirs in zip(cells, given)]
    return Table([Column(name) for name in COLUMNS], table, "Given values", keys=1)


def for_a_person(table: Table) -> Table:
    """The table with relative differences in percent, none of a 0."""
    shown = [Percent(row[3]) if isfinite(row[3]) else None for row in table.rows]
    return table._replace(rows=[[*row[:3], one, row[4]] for row, one in zip(table.rows, shown)])


def lines(row: GivenRow, few: int) -> Iterator[list[Any]]:
    """The lines of one given value, one for each entry where these are few: name, given, its tolerance, ours, relative
    difference, result."""
    given, wrong = row.given, set(row.wrong)
    indices = [index for index, _ in entries(row.ours)]
    parts = list(zip(indices, numbers(given.values), numbers(given.tolerances), numbers(row.ours), strict=True))
    if len(parts) <= few:
        for index, theirs, tolerance, ours in parts:
            result = "✗" if index in wrong else "✓"
            tolerance = 0.5 if index and not theirs else tolerance  # in a list a 0 has the decimals of the others
            yield [named(given, index), theirs, tolerance, ours, relative(theirs, ours), result]
    elif wrong:
        index, theirs, tolerance, ours = max(
            (one for one in parts if one[0] in wrong), key=lambda one: abs(float(one[1]) - float(one[3]))
        )
        result = f"✗ {len(wrong)} of {len(parts)} entries"
        yield [named(given, index), theirs, tolerance, ours, relative(theirs, ours), result]
    else:
        name = f"{given.text} (norm of {shape(given.values)})"
        yield [name, norm(given.values), 0.0, norm(row.ours), row.relative_error, f"✓ all {len(parts)} entries"]


def named(given: GivenValue, index: Index) -> str:
    """A quantity as it was given, with the index of one of its entries."""
    return given.text + bracketed(index)


def is_plain(value: Any) -> bool:
    """Whether a number needs no power of ten."""
    return not isinstance(value, float) or not value or exponent_of(value) in PLAIN_EXPONENTS


def exponent_of(value: float) -> int | None:
    """The power of ten of the first digit; None of what is not finite."""
    return int(f"{value:e}".partition("e")[2]) if isfinite(value) else None


def as_given(value: Any, tolerance: float, plain: bool) -> Any:
    """A number with the decimals that it was given with, where those are known; with a power of ten unless plain."""
    if not isinstance(value, float) or not isfinite(value):
        return value
    places, exponent = decimals_of(tolerance), exponent_of(value) or 0
    found = DecimalPlaces(value)
    if not value or (plain and places is not None and places <= MOST_DIGITS):
        whole, _, fraction = f"{abs(value):.{max(places or 0, 0) * plain}f}".partition(".")
        found.numeral = Numeral(value < 0, whole, fraction)
    elif not plain and places is not None and 0 <= places + exponent < MOST_DIGITS:
        mantissa = f"{abs(value):.{places + exponent}e}".partition("e")[0]
        found.numeral = Numeral(value < 0, mantissa[0], mantissa[2:], exponent)
    else:
        return value
    return found


def decimals_of(tolerance: float) -> int | None:
    """How many decimals half a unit of the last one is of, fewer than none of 1.50×10⁸; None where it is of none."""
    if not 0 < tolerance < inf:
        return None
    decimals = -log10(2 * tolerance)
    return round(decimals) if abs(decimals - round(decimals)) <= WIDENED else None


def formula_table(check: GivenCheck) -> Table:
    """Every given formula with its value at the network's point."""
    rows = [
        [one.text, one.formula, one.got, one.ours, f"{one.equal} of {one.points}", "✓" if one.ok else "✗"]
        for one in check.formulas
    ]
    columns = ["quantity", "formula", "its value", "ours", "points", "result"]
    return Table([Column(name) for name in columns], rows, "Given formulas", keys=1)


def verdict(check: GivenCheck) -> Iterator[tuple[str, str]]:
    """Whether all is right, or which quantity is the first that is not; each with the kind of its note."""
    count = len(check.rows) + len(check.formulas)
    if check.ok:
        if check.rows:
            what = {1: "The given value is", 2: "Both given values are"}.get(len(check.rows))
            what = what or f"All {len(check.rows)} given values are"
            yield f"{what} {' and '.join(exactness(check))}.", "result"
        for formula in check.formulas:
            yield f"{formula.text}: the formula is right at all {formula.points} points.", "result"
        return
    if count > 1:
        right = [one.given.text for one in check.rows if one.ok] + [one.text for one in check.formulas if one.ok]
        first = f"The first wrong quantity in the order of the calculation is {check.first_wrong}."
        others = f"Wrong as well: {listed(check.wrong[1:])}." if check.wrong[1:] else ""
        agreed = f"Right: {listed(right)}." if right else ""
        yield " ".join(filter(None, (first, others, agreed))), "warning"
    for row in check.rows:
        if not row.ok and not all(map(is_finite, numbers(row.given.values))):
            yield f"{row.given.text}: infinite or no number was given; the network's values are finite.", "warning"
    for formula in check.formulas:
        if not formula.ok:
            yield formula_sentence(formula), "warning"


def on_digits(check: GivenCheck) -> Iterator[str]:
    """That ours has more digits than float64, where rounding has left few of some numbers."""
    found = [(named(row.given, index), own) for row in check.rows for index, own in row.in_float64.items()]
    names = [name for name, _ in found]
    if not names:
        return
    has = "Ours of " + (listed(names) if len(names) <= NAMED else f"{len(names)} numbers")
    if len(names) == 1:
        yield f"{has} has more digits than float64, where rounding makes {text(found[0][1], 6)} of it."
    else:
        yield f"{has} have more digits than float64, where rounding has left few of theirs."
    if wrong := [row.given.text for row in check.rows if row.in_float64 and not row.ok]:
        yield f"No mistake is looked for that explains what was given for {listed(wrong)}."


def exactness(check: GivenCheck) -> Iterator[str]:
    """How right numbers are known to be."""
    if any(not (row.given.dtype or row.is_near) for row in check.rows):
        yield "right to the digits given"
    if any(row.is_near for row in check.rows):
        yield "right but for what rounding of terms that cancel may be"
    if formats := stored_in(check):
        yield f"ours as far as {listed(formats)} can tell"


def formula_sentence(one: FormulaCheck) -> str:
    """What is wrong with a formula."""
    if one.path:
        has = "leaves out" if one.path_is_missing else "counts twice"
        return f"{one.text}: your formula {has} the path {one.path}."
    if one.correction:
        where = f" It is right by chance at {points(one, False)}." if one.equal else ""
        return f"{one.text} is your formula × {one.correction}, at all {plural(one.points, 'point')}.{where}"
    if one.exchange:
        return f"{one.text}: your formula is right with {one.exchange}, at all {plural(one.points, 'point')}."
    if one.equal:
        right, wrong = points(one, False), points(one)
        return f"{one.text}: your formula is right at {right} only, and wrong at {wrong}: {one.example}."
    return (
        f"{one.text}: your formula is wrong at every point, and neither a factor nor a path nor one name for another "
        f"explains it: {one.example}."
    )


def points(one: FormulaCheck, wrong: bool = True) -> str:
    """The points where a formula is wrong, or right: the network's own and random ones, counted from 1."""
    chosen = [number for number in range(one.points) if (number in one.wrong_at) == wrong]
    own = ["the network's own point"] * (0 in chosen)
    others = [number for number in chosen if number]
    random = [f"the random {'points' if others[1:] else 'point'} {listed(list(map(str, others)))}"] if others else []
    return " and at ".join([*own, *random])


def unexplained(check: GivenCheck) -> str:
    """That no explanation is found, or that too few digits were given for one to be told from chance."""
    wrong = [row.given for row in check.rows if not row.ok]
    these = "these numbers" if len(wrong) > 1 else "this number"
    if not check.fitting:
        return (
            f"No explanation was found: no mistake that was tried gives {these}, and no two of them together do other "
            "than by chance."
        )
    told = []
    for one in check.fitting:
        predicted = numbers(one.predicts[wrong[0].text])
        shown = f" ({text(predicted[0], 6)})" if len(wrong) == len(predicted) == 1 else ""
        told.append(f"when {one.clause}{shown}")
    few = "The digits given are too few to tell a mistake from chance."
    return f"{few} The same digits come out {'; '.join(told)}. Give more digits, or more of the quantities."


def hypotheses(check: GivenCheck, spec: str) -> Iterator[Block]:
    """What explains the wrong numbers, best first; or that nothing does, and where the difference begins."""
    if all(row.ok or row.in_float64 for row in check.rows):
        return
    if not check.hypotheses:
        given = {row.given.text for row in check.rows}
        first = next(name for name in check.wrong if name in given)
        yield Note(
            f"{unexplained(check)} The difference begins at {first}, or with a quantity before it that was not given.",
            "warning",
        )
        return
    shown = check.hypotheses[:MOST_SHOWN]
    yield Heading("Explanation" if len(shown) == 1 else "Explanations, the best first")
    for number, one in enumerate(shown, 1):
        place = f"{number}. " if len(shown) > 1 else ""
        is_news = one.formula and one.formula not in one.clause
        formula = f" As a formula: {command_with(one.formula or '', spec)}." if is_news else ""
        command = f" `{command_with(one.command, spec)}`" if one.command else ""
        yield Note(f"{place}{one.sentence}{formula}{command}", "result" if number == 1 else "note")
    if len(check.hypotheses) > MOST_SHOWN:
        yield Note(f"{plural(len(check.hypotheses) - MOST_SHOWN, 'more')} in --json.", "note")
