"""`gradcalc paths` in words: what the sums are of, which lengths and paths they come from, what cancels, and what
columns mean; of all paths or a part, of a number or entries, of one example or several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import inf
from sys import float_info
from typing import Any

from gradcalc.analysis.path_analysis import ROUNDING
from gradcalc.analysis.results import LengthTerm, PathAnalysis, PathSums
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.expressions.numerals import PLAIN_EXPONENTS, Numeral, RoundedNumber, numeral
from gradcalc.network.network import norm, numbers
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.text import gradient, no_path
from gradcalc.views.network_header import computed_in

MOST = 0.95  # the share of Σ|contribution| that the fewest neighbouring lengths are looked for with
MUCH = 1e6  # the least cancellation from which on a sum may be another than that of the contributions as listed
SEEN = 1.005  # the least cancellation that three digits tell from 1
DIGITS, WHOLE, MANY = 3, 100, 10**6  # digits of a number in words; between 100 and a million it is a whole number


def opening(sums: PathSums, analysis: PathAnalysis) -> Words:
    """∂L/∂w1 = −0.00302124, the sum of 2 paths; a matrix by its norm, with the paths of each of its entries."""
    name, examples, matrix = gradient(sums.name, sums.of), analysis.network.examples, isinstance(sums.value, list)
    value, name = (norm(sums.value), f"‖{name}‖") if matrix else (sums.value, name)
    start = (f"{name}, paths {analysis.part}: " if analysis.part else f"{name} = ", value)
    if not sums.count:
        return (*start, ", there is no such path" if analysis.part else f": {no_path(sums.name, sums.of)}")
    if is_low_precision(analysis.arithmetic):  # rounded as it goes, it is not their sum
        return (*start, ", from ", sums.count, " path" if sums.count == 1 else " paths")
    several = examples > 1 and (is_parameter(sums, analysis) or not matrix)  # a node has entries of its own in each
    entries, total, one_path = len(numbers(sums.value)), sums.count * examples, sums.count == 1
    each = f" in each of {examples} examples" * several
    in_all = (" (", total, " in all)") if total > (sums.count_of_entry or 0) and not (one_path and not matrix) else ()
    length = f" of length {sums.by_length[0].length}" * (len(sums.by_length) == 1)
    if entries > 1:
        words = {None: ("are sums over paths",), 1: ("come from a single path each",)}
        own = words.get(sums.count_of_entry, ("are sums over ", sums.count_of_entry, " paths each"))
        sum_of = (f"; its {entries} entries ", *own, " through single units")
    else:
        sum_of = (", from a single path",) if one_path else (", the sum of ", sums.count, " paths")
    if one_path and entries == 1:
        return (*start, *sum_of, length, each, *in_all)
    return (*start, *sum_of, each, *in_all, f", all{length}" * bool(length))


def is_parameter(sums: PathSums, analysis: PathAnalysis) -> bool:
    """Whether it is the gradient of a parameter, or of an entry of one."""
    return sums.name.partition("[")[0] in {parameter.name for parameter in analysis.network.parameters}


def reasons_of_zeros(analysis: PathAnalysis, shown: Sequence[PathSums]) -> dict[str, Words | None]:
    """Which factor every path has that is 0, of each of these gradients whose paths all contribute 0."""
    names = [sums.name for sums in shown if sums.count and not sums.magnitude and "[" not in sums.of]
    if analysis.part or not names or is_low_precision(analysis.arithmetic):
        return {}
    from gradcalc.analysis.computation import compute
    from gradcalc.arithmetic import decimal_digits
    from gradcalc.views.zero_reasons import zero_reason

    of = None if shown[0].of == "L" else shown[0].of.removeprefix("Σ")
    computation = compute(analysis.network, wrt=names, top=0, of=of, dps=decimal_digits(analysis.arithmetic))
    return {name: zero_reason(computation, name) for name in names}


def verdict(sums: PathSums, analysis: PathAnalysis, zero_reason: Words | None) -> Iterator[Note]:
    """The sentences about one gradient, the most telling first; of one whose paths all contribute 0 the reason."""
    if not sums.count:
        return
    if not sums.magnitude:
        start = f"Every {'such ' * bool(analysis.part)}path of {gradient(sums.name, sums.of)} has a factor of 0"
        yield Note(f"{start}." if zero_reason is None else (start, ": ", *zero_reason, "."), "result")
        return
    if len(sums.by_length) > 1:
        yield Note(by_length(sums, analysis), "result")
    if (examples := analysis.network.examples) * sums.count > 1:
        paths = f"{'these ' * bool(analysis.part)}paths{f' of all {examples} examples' * (examples > 1)}"
        power = ("2^", brief(sums.entropy), ", ") if sums.entropy and sums.entropy >= SEEN - 1 else ()
        number = (f"Effective number of {paths}: ", brief(sums.effective_paths), " (", *power)
        yield Note((*number, "from the entropy of the |contribution| shares). ", *signs(sums, analysis)))


def by_length(sums: PathSums, analysis: PathAnalysis) -> Words:
    """The fewest neighbouring lengths with 95 % of Σ|contribution|, and how many of the paths have them."""
    terms = narrowest(sums)
    unit = f" in {analysis.unit}" if analysis.unit != "layers" else ""
    shortest, longest = sums.by_length[0].length, sums.by_length[-1].length
    spread = (
        f"Lengths{unit} range from {shortest} to {longest}; the mean length, weighted by |contribution|, is ",
        brief(mean_length(sums)),
        ".",
    )
    if len(terms) == len(sums.by_length):
        return spread
    where = f"{terms[0].length}" if len(terms) == 1 else f"{terms[0].length} to {terms[-1].length}"
    count, name, examples = sum(term.count for term in terms), gradient(sums.name, sums.of), analysis.network.examples
    each = f" in each of {examples} examples" * (examples > 1)
    whole = f"this part of {name}" if analysis.part else name
    if cancels(sums) or isinstance(sums.value, list):  # shares are parts of the gradient where nothing cancels
        whole = f"Σ|contribution| of {whole}"
    return (
        Percent(sum(fractions(sums, terms))),
        f" of {whole} comes through ",
        f"the one path of length {where}{each}, which is " if count == 1 else f"paths of length {where}, which are ",
        Percent(count / sums.count),
        f" of {'these' if analysis.part else 'all'} paths. ",
        *spread,
    )


def signs(sums: PathSums, analysis: PathAnalysis) -> Words:
    """Whether contributions to one number cancel where they are added."""
    matrix = isinstance(sums.value, list)
    each = "In every entry " if matrix else ""
    is_0, many = sums.cancellation is None, sums.count * analysis.network.examples > len(sums.top)
    if is_0 or (not matrix and not many and sums.cancellation >= MUCH):
        from gradcalc.views.zero_reasons import rounded_sum, rounding

        parts = [part.contribution for part in (sums.by_length if many else sums.top)]
        if not matrix and (told := rounded_sum("the sum above", sums.value, parts, analysis.arithmetic)):
            return told
        if is_0:
            where = rounding(analysis.arithmetic)
            return (f"{each}{'the' if matrix else 'The'} contributions cancel: their sum is 0 {where}.",)
    if sums.signs != "opposite":
        not_0 = " that are not 0" * (sums.signs == "same or 0")
        return (f"{each}{'all' if matrix else 'All'} contributions{not_0} have the same sign.",)
    start, of = "Contributions of opposite signs cancel", "Σ|entry of the sum|" if matrix else "|Σ contribution|"
    if sums.cancellation >= SEEN:
        return (f"{start}: cancellation ", brief(sums.cancellation), f" (Σ|contribution| / {of}).")
    larger = Percent(max(float(sums.cancellation) - 1, ROUNDING))
    return (f"{start}: Σ|contribution| is ", larger, f" larger than {of}.")


def legend(analysis: PathAnalysis, columns: Sequence[str]) -> Note:
    """What the words and the columns of this page mean, in one line."""
    network, gradients = analysis.network, analysis.sums.values()
    whole = "Σ|entry of the sum|" if any(isinstance(sums.value, list) for sums in gradients) else "|Σ contribution|"
    own = {is_parameter(sums, analysis) for sums in gradients}
    after = " or ".join("the parameter's own" if each else "the node" for each in sorted(own, reverse=True))
    length = f"layers entered after {after}"
    if analysis.unit == "blocks":
        length = f"residual blocks passed after {after} (block: what a skip crosses)"
    elif any(layer.into_output for layer in network.layers):
        length += " (a skip into a layer's output goes past that layer)"
    meanings = {
        "length": f"length: {length}",
        "paths": f"paths: of all {network.examples} examples" if network.examples > 1 else "",
        ":": "before a colon: where the tied weight is used",
        "mean length": "mean length: weighted by |contribution|",
        "effective paths": "effective paths: 2^entropy of the |contribution| shares, how many equal paths have "
        "this entropy",
        "cancellation": f"cancellation: Σ|contribution| / {whole}",
        "mean |path|": "mean |path|: mean |contribution| of a path",
        "share": f"share: contribution / {'Σ contribution' if analysis.part else 'gradient'}",
    }
    shown = (text for column, text in meanings.items() if text and column in columns)
    return Note("; ".join(shown) + ".", "legend")


def arithmetic(analysis: PathAnalysis) -> str | None:
    """Which numbers were computed with, where they are no float64; of extended range, whether some contribution is
    known to be no normal float64: one is at least as small, or as large, as its length makes it."""
    if analysis.arithmetic != "extended":
        return None if analysis.arithmetic == "float64" else computed_in(analysis.arithmetic, shares=True)
    outside = False
    for sums in analysis.sums.values():
        sizes = [abs(number) for path in sums.top for number in numbers(path.contribution)]
        small = [*sizes, *(term.magnitude for term in sums.by_length)]
        large = [*sizes, *(term.mean_magnitude for term in sums.by_length)]
        outside |= any(size and size < float_info.min for size in small) or any(size > float_info.max for size in large)
    why = "some contributions are" if outside else "intermediate results may be"
    return f"Computed in extended range: {why} outside the range of float64."


def brief(number: Any) -> Numeral | None:
    """A number to three digits, to all before the point where they are a few more: 1.12, 3.00, 1801, 4.21×10⁶."""
    if number is None:
        return None
    if number and WHOLE <= abs(number) < MANY:
        return numeral(int(2 * number + 1) // 2, DIGITS)
    three = RoundedNumber.of(number, DIGITS)
    return three.numeral(DIGITS, three.exponent in PLAIN_EXPONENTS)


def cancels(sums: PathSums) -> bool:
    """Whether contributions of opposite signs cancel by more than rounding."""
    against = sums.cancellation
    return bool(sums.magnitude) and (against is None or against > 1 + ROUNDING)


def fractions(sums: PathSums, terms: Sequence[LengthTerm]) -> list[float]:
    """Of the summed magnitude, length by length."""
    return [float(term.magnitude / sums.magnitude) if sums.magnitude else 0.0 for term in terms]


def mean_length(sums: PathSums) -> Any:
    """The mean length, weighted by magnitude; None where there is none."""
    if sums.magnitude in (0, inf):
        return None
    return sum(term.length * (term.magnitude / sums.magnitude) for term in sums.by_length)


def narrowest(sums: PathSums) -> Sequence[LengthTerm]:
    """The fewest neighbouring lengths with 95 % of Σ|contribution|; of several that are as few those with the most."""
    until = [0.0, *accumulate(fractions(sums, sums.by_length))]
    found, first = [], 0
    for last, term in enumerate(sums.by_length):
        while until[last + 1] - until[first + 1] >= MOST * until[-1]:
            first += 1
        covered = until[last + 1] - until[first]
        if covered >= MOST * until[-1]:
            found.append((term.length - sums.by_length[first].length, -covered, first, last))
    *_, first, last = min(found)
    return sums.by_length[first : last + 1]
