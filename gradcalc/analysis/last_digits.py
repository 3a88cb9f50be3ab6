"""Numbers that are wrong in their last digits alone: cut in place of rounded, off by one in the last digit given, or as
near to the right ones as rounding on the way leaves them. Nothing else has to be assumed to explain those."""

from __future__ import annotations

from math import floor, log10

from gradcalc.analysis.evidence import FLOAT64_DIGITS, Evidence
from gradcalc.analysis.given_values import Hypothesis, shape_of, shaped
from gradcalc.analysis.hypothesis_sentences import name_of
from gradcalc.analysis.mistakes import Setting
from gradcalc.expressions.numerals import MINUS, PLAIN_EXPONENTS, text

FEWEST_DIGITS = 3  # of a number whose last digit may be off by one
NEAR = 1e-6  # a relative difference that rounding on the way makes, in float32 for one
CUT, OFF_BY_ONE, ROUNDED = "last digit cut", "last digit off by one", "rounded on the way"
MORE_DIGITS = 2  # than were given, of the right number


def in_last_digits(setting: Setting, evidence: Evidence) -> Hypothesis | None:
    """What is told of given values that are all wrong in their last digits; None where one is farther off."""
    kinds = [kind_of(evidence, number, place) for number in evidence.wrong for place in evidence.wrong_entries[number]]
    found = next((kind for kind in (ROUNDED, OFF_BY_ONE, CUT) if kind in kinds), None)
    if found is None or None in kinds:
        return None
    givens = [setting.givens[number] for number in evidence.wrong]
    predicts = {
        given.text: shaped(evidence.given[number], shape_of("", given.values))
        for number, given in zip(evidence.wrong, givens)
    }
    return Hypothesis(
        what=found,
        sentence=sentence(setting, evidence, found),
        predicts=predicts,
        relative_error=0.0,
        clause="the last digits are not those of rounding",
    )


def kind_of(evidence: Evidence, number: int, place: int) -> str | None:
    """How a wrong number is off; None where it is by more than its last digits."""
    given, right, half = evidence.given[number][place], evidence.right[number][place], evidence.half(number, place)
    off = abs(given - right)
    if half and evidence.digits(number, place) >= FEWEST_DIGITS and off < 3 * half:
        is_cut = off < 2 * half and abs(given) < abs(right) and given * right > 0
        return CUT if is_cut else OFF_BY_ONE
    return ROUNDED if right and off <= NEAR * abs(right) else None


def sentence(setting: Setting, evidence: Evidence, kind: str) -> str:
    """`−0.121300 is cut after its last digit in place of rounded: ∂L/∂w3 is −0.12130085, which rounds to −0.121301.`"""
    number = evidence.wrong[0]
    place = evidence.wrong_entries[number][0]
    given, right = evidence.given[number][place], evidence.right[number][place]
    decimals = round(-log10(2 * evidence.half(number, place)))
    own, name = written(given, decimals), name_of(setting, number, place)
    rounds = f"{name} is {written(right, decimals + MORE_DIGITS)}, which rounds to {written(right, decimals)}"
    if kind == CUT:
        told = f"{own} is cut after its last digit in place of rounded: {rounds}."
    elif kind == OFF_BY_ONE:
        told = f"{own} is off by one in its last digit, as rounding on the way leaves it: {rounds}."
    else:
        agreeing = floor(-log10(abs(given - right) / abs(right)))
        told = (
            f"{own} agrees with {name} = {written(right, decimals)} to {agreeing} digits and not to those behind, as "
            "rounding on the way leaves it, in float32 for one."
        )
    others = sum(map(len, evidence.wrong_entries)) - 1
    if not others:
        return told
    return (
        f"{told} {'The other wrong number is' if others == 1 else f'The other {others} wrong numbers are'} like that."
    )


def written(number: float, decimals: int) -> str:
    """A number with so many decimals, zeros at its end too."""
    size = abs(number)
    if not size or floor(log10(size)) not in PLAIN_EXPONENTS or not 0 <= decimals <= FLOAT64_DIGITS:
        return text(number, FLOAT64_DIGITS)
    return MINUS * (number < 0) + f"{size:.{decimals}f}"
