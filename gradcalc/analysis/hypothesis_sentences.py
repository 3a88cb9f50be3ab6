"""What a mistake explains, in a sentence with its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.analysis.evidence import Evidence
from gradcalc.analysis.mistakes import Mistake, Setting
from gradcalc.analysis.reported_mistakes import symbol
from gradcalc.expressions.numerals import text
from gradcalc.network.network import entries

FEWEST_DIGITS, MOST_DIGITS = 6, 10  # of a number in a sentence; of one given with more, the fewest


def sentence(
    setting: Setting,
    evidence: Evidence,
    mistakes: Sequence[Mistake],
    explained: Sequence[int],
    values: Sequence[Sequence[float]],
) -> str:
    """`−0.00295 is what comes out when …: ∂L/∂w1 is then −0.0029476, where −0.00302124 is right.`"""
    clause = clause_of(mistakes)
    number = explained[0]
    given = setting.givens[number]
    place = evidence.wrong_entries[number][0]
    name = name_of(setting, number, place)
    digits = evidence.digits(number, place)
    digits = digits if FEWEST_DIGITS <= digits <= MOST_DIGITS else FEWEST_DIGITS
    then, right = text(values[number][place], digits), text(evidence.right[number][place], digits)
    numbers = f"{name} is then {then}, where {right} is right"
    if len(evidence.wrong) == 1 and len(evidence.given[number]) == 1:
        return f"{text(evidence.given[number][place], digits)} is what comes out when {clause}: {numbers}."
    count, many = len(explained), len(evidence.wrong)
    several = "both wrong values are" if count == 2 else f"all {count} wrong values are"
    if count == 1:
        several = f"the given {symbol(given)} is"
    if count < many:
        several = f"{count} of the {many} wrong values ({_names(setting, explained)}) {'is' if count == 1 else 'are'}"
    return f"{several[0].upper()}{several[1:]} what comes out when {clause}: {numbers}."


def clause_of(mistakes: Sequence[Mistake]) -> str:
    """What is done wrong; of one mistake what gives the same numbers is told as well."""
    if len(mistakes) == 1:
        return ", or ".join([mistakes[0].clause, *mistakes[0].alike])
    return ", and ".join(one.beside or one.clause for one in mistakes)


def _names(setting: Setting, chosen: Sequence[int]) -> str:
    names = [symbol(setting.givens[number]) for number in chosen]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def name_of(setting: Setting, number: int, place: int) -> str:
    """A number of a given value as a person reads it, an entry with its index."""
    given = setting.givens[number]
    indices = [index for index, _ in entries(given.values)]
    return symbol(given if given.entry is not None or not indices[place] else given._replace(entry=indices[place]))
