"""Mistakes with free numbers. A learning rate or a factor is solved for from one given value, and has to explain the
others, or is one that people choose, such as 0.03; numbers in 16 bits are recognised by what they round to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite

from gradcalc.analysis.backward_mistakes import updated_weights
from gradcalc.analysis.evidence import Evidence
from gradcalc.analysis.loss_mistakes import times
from gradcalc.analysis.mistakes import Mistake, Setting
from gradcalc.analysis.reported_mistakes import BEHIND, included, to_bits, updated_weight
from gradcalc.analysis.training_mistakes import decayed
from gradcalc.arithmetic.float64 import TINY
from gradcalc.arithmetic.float_formats import BITS, Rounding, rounding
from gradcalc.expressions.numerals import text

Values = list[list[float]]
Predicted = Callable[[Sequence[Mistake]], "Values | None"]
Family = Callable[[Setting, float], "Mistake | None"]
ROUND_DIGITS, MAGNITUDES = 2, 6
STEPS = 8
LEAST_RATE = 1e-6  # a smaller one does no more than rounding of what was given
MOST_RATE = 100.0  # a learning rate that somebody might take
STORED_SHARE, MOST_UNITS = 0.02, 32


def solved_rates(setting: Setting, evidence: Evidence, predicted: Predicted) -> Iterator[tuple[Mistake, Values]]:
    """Each family with the number that fits, round where a round one does."""
    number = evidence.wrong[0]
    place = evidence.wrong_entries[number][0]
    wanted = evidence.given[number][place]

    def made(family: Family, rate: float) -> tuple[Mistake, Values] | None:
        mistake = family(setting, rate)
        values = predicted([mistake]) if mistake else None
        return (mistake, values) if mistake and values else None

    for family, share, is_meant in FAMILIES:

        def at(rate: float, family: Family = family) -> float | None:
            found = made(family, rate)
            return found and found[1][number][place]

        rate = solved(at, wanted)
        if rate is None or not is_meant(rate):
            continue
        for digits in range(1, ROUND_DIGITS + 1):
            found = made(family, float(f"{rate:.{digits - 1}e}"))
            if found and evidence.agrees(number, found[1][number]):
                yield found[0]._replace(share=share / (9 * 10 ** (digits - 1) * MAGNITUDES)), found[1]
                break
        else:
            if found := made(family, rate):
                yield found[0]._replace(share=share * 2.0 ** -evidence.most_bits(number)), found[1]


def in_16_bits(evidence: Evidence) -> Iterator[tuple[Mistake, Values]]:
    """Numbers that are such as a format of 16 bits has, some units in the last place off the right ones: how a pass
    rounds depends on the order of its sums, so what is evidence is that every number is one of the format."""
    for name, stored in (("bfloat16", to_bits(BITS["bfloat16"])), ("float16", rounding("float16"))):
        values, bits = stored_values(evidence, stored, 2.0 ** (1 - BITS[name]))
        if values:
            off = f"at most {MOST_UNITS} units in the last place off"
            clause = f"it is computed in {name}: each is a number of {name}, {off}"
            share = max(2.0 ** (bits - sum(evidence.bits)) * STORED_SHARE, TINY)
            yield Mistake("other numbers", name, clause, share=share), values


def stored_values(evidence: Evidence, stored: Rounding, unit: float) -> tuple[Values, float]:
    """The given values with the wrong numbers as a format stores them, and log₂ of how many numbers they are among;
    none where one is farther off the right one than rounding puts it."""
    values, bits = [list(right) for right in evidence.right], 0.0
    for number in evidence.wrong:
        most = MOST_UNITS * unit * max(map(abs, evidence.right[number]))
        for place in evidence.wrong_entries[number]:
            own = evidence.given[number][place]
            if abs(own - evidence.right[number][place]) > most:
                return [], 0.0
            values[number][place] = stored(own)
            bits += evidence.bits_within(number, place, abs(own) * unit)
    return values, bits


def solved(at: Callable[[float], float | None], wanted: float) -> float | None:
    """Where a function is what is wanted, by the secant method; exact of a linear one."""
    rate, other = 0.0, 0.1
    value, after = at(rate), at(other)
    for _ in range(STEPS):
        if value is None or after is None or after == value:
            return None
        step = (wanted - after) * (other - rate) / (after - value)
        rate, value, other = other, after, other + step
        if not isfinite(other) or not -1e12 < other < 1e12:
            return None
        if abs(step) <= 1e-14 * abs(other):
            return other
        after = at(other)
        if after == wanted:
            return other
    return other


def _with_factor(setting: Setting, factor: float) -> Mistake:
    told = text(factor, 6)
    clause = f"everything behind the loss is multiplied by {told}"
    return Mistake("factor", f"factor {told}", clause, reported=times(factor, BEHIND), formula=f"{told}·∂L/∂w")


def _with_rate(setting: Setting, rate: float) -> Mistake:
    """A learning rate where the factor is one that people choose; else a factor of gradients, as clipping has it."""
    if 0 < rate < 1 and rate == float(f"{rate:.{ROUND_DIGITS - 1}e}") and rate != 1 / setting.network.examples:
        return included(rate)
    told = text(rate, 6)
    clause = f"the gradients are multiplied by {told}" + ", as clipping their norm does" * (0 < rate < 1)
    reported = times(rate, ("gradient",))
    return Mistake("learning rate", f"factor {told}", clause, reported=reported, formula=f"{told}·∂L/∂w")


def _updated(setting: Setting, rate: float) -> Mistake | None:
    found = next(updated_weights(setting, (rate,)), None)
    return found and found._replace(kind="updated weights")


def is_factor(factor: float) -> bool:
    """Whether a factor does more than rounding of what was given."""
    return bool(factor) and abs(factor - 1) > LEAST_RATE


def is_rate(rate: float) -> bool:
    """Whether a learning rate is positive, does more than rounding of what was given, and may have been taken."""
    return LEAST_RATE < rate <= MOST_RATE


FAMILIES: tuple[tuple[Family, float, Callable[[float], bool]], ...] = (
    (_with_rate, 0.02, is_factor),
    (lambda _, rate: updated_weight(rate), 0.02, is_rate),
    (_updated, 0.02, is_rate),
    (lambda _, rate: decayed(rate), 0.02, is_rate),
    (_with_factor, 0.01, is_factor),
)
"""Mistakes of a number with their shares, and which numbers are meant to be one."""
