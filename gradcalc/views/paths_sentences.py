"""What `gradcalc paths` says in words: what the sums are of, which lengths and how many paths they come from, what
cancels, and what the columns mean.

Every sentence is true of every network it is printed for, by what its function looks at: whether the paths are all or
some of them, of a number or of entries, of one example or of several, and whether they have one sign, several, or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from sys import float_info
from typing import Any

from gradcalc.analysis.results import PathAnalysis, PathSums
from gradcalc.network.network import norm, numbers
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.text import gradient, no_path
from gradcalc.views.paths_tables import brief, cancels, fractions, mean_length, narrowest

MOST = 0.95
"""The share of Σ|contribution| that the fewest neighbouring lengths are looked for with."""
SEEN = 1.005
"""The least cancellation that three digits tell from 1."""
LITTLE = 1e-9
"""What is known of a difference that is lost in rounding: that it is not 0."""


def opening(sums: PathSums, analysis: PathAnalysis) -> Words:
    """∂L/∂w1 = −0.00302124, the sum of 2 paths; a matrix by its norm."""
    matrix = isinstance(sums.value, list)
    name = f"‖{gradient(sums.name, sums.of)}‖" if matrix else gradient(sums.name, sums.of)
    value = norm(sums.value) if matrix else sums.value
    start = (f"{name}, paths {analysis.part}: " if analysis.part else f"{name} = ", value)
    if not sums.count:
        none = no_path(sums.name, sums.of)
        return (*start, ", there is no such path" if analysis.part else f": {none}")
    one = sums.count == 1
    of: tuple[Any, ...] = ("a single path",) if one else (sums.count, " paths")
    sum_of = ("; its entries are sums over " if not one else "; its entries come from ") if matrix else ", the sum of "
    return (
        *start,
        sum_of if matrix or not one else ", from ",
        *of,
        " through single units" * matrix,
        f" in each of {analysis.network.examples} examples" * (analysis.network.examples > 1),
        f"{', all' * (not one)} of length {sums.by_length[0].length}" * (len(sums.by_length) == 1),
    )


def verdict(sums: PathSums, analysis: PathAnalysis) -> Iterator[Note]:
    """The sentences about one gradient, the most telling first."""
    if not sums.count:
        return
    if not sums.magnitude:
        yield Note(every_factor_of_0(sums, analysis), "result")
        return
    if len(sums.by_length) > 1:
        yield Note(by_length(sums, analysis), "result")
    if (examples := analysis.network.examples) * sums.count > 1:
        paths = f"{'these ' * bool(analysis.part)}paths{f' of all {examples} examples' * (examples > 1)}"
        number, entropy = brief(sums.effective_paths), brief(sums.entropy)
        end = ", from the entropy of the |contribution| shares). "
        yield Note((f"Effective number of {paths}: ", number, " (2^", entropy, end, *signs(sums)), "note")


def every_factor_of_0(sums: PathSums, analysis: PathAnalysis) -> Words:
    """Why a gradient with paths is 0 where nothing cancels; of all paths of the loss or a node, which factor is 0."""
    start = f"Every {'such ' * bool(analysis.part)}path of {gradient(sums.name, sums.of)} has a factor of 0"
    if analysis.part or "[" in sums.of:
        return f"{start}."
    from gradcalc.analysis.computation import compute
    from gradcalc.views.compute_sentences import zero_reason

    of = None if sums.of == "L" else sums.of.removeprefix("Σ")
    reason = zero_reason(compute(analysis.network, wrt=[sums.name], top=0, of=of), sums.name)
    return f"{start}." if reason is None else (start, ": ", *reason, ".")


def by_length(sums: PathSums, analysis: PathAnalysis) -> Words:
    """The fewest neighbouring lengths with 95 % of Σ|contribution|, and how many of the paths have them."""
    terms = narrowest(sums, MOST)
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
    count, name = sum(term.count for term in terms), gradient(sums.name, sums.of)
    whole = f"this part of {name}" if analysis.part else name
    if cancels(sums) or isinstance(sums.value, list):  # shares are parts of the gradient where nothing cancels
        whole = f"Σ|contribution| of {whole}"
    return (
        Percent(sum(fractions(sums, terms))),
        f" of {whole} comes through ",
        *(f"the one path of length {where}" if count == 1 else f"paths of length {where}",),
        ", which is " if count == 1 else ", which are ",
        Percent(count / sums.count),
        f" of {'these' if analysis.part else 'all'} paths. ",
        *spread,
    )


def signs(sums: PathSums) -> Words:
    """Whether contributions to one number cancel where they are added."""
    matrix = isinstance(sums.value, list)
    if sums.cancellation is None:
        return (
            "In every entry the contributions cancel: their sum is 0."
            if matrix
            else "The contributions cancel: their sum is 0.",
        )
    if sums.signs != "opposite":
        start = "In every entry all contributions" if matrix else "All contributions"
        return (f"{start}{' that are not 0' * (sums.signs == 'same or 0')} have the same sign.",)
    start, of = "Contributions of opposite signs cancel", "Σ|entry of the sum|" if matrix else "|Σ contribution|"
    if sums.cancellation >= SEEN:
        return (f"{start}: cancellation ", brief(sums.cancellation), f" (Σ|contribution| / {of}).")
    return (f"{start}: Σ|contribution| is ", Percent(max(float(sums.cancellation) - 1, LITTLE)), f" larger than {of}.")


def legend(analysis: PathAnalysis, columns: Sequence[str]) -> Note:
    """What the words and the columns of this page mean, in one line."""
    matrices = any(isinstance(sums.value, list) for sums in analysis.sums.values())
    whole = "Σ|entry of the sum|" if matrices else "|Σ contribution|"
    meanings = {
        "length": length_meaning(analysis),
        **({"paths": f"paths: of all {examples} examples"} if (examples := analysis.network.examples) > 1 else {}),
        "mean length": "mean length: weighted by |contribution|",
        "effective paths": "effective paths: effective number of paths, 2^entropy of the |contribution| shares",
        "cancellation": "cancellation: Σ|contribution| / " + whole,
        "largest share": "largest share: of the largest path in Σ|contribution|",
        "mean |path|": "mean |path|: mean |contribution| of a path",
        "share": "share: contribution / " + ("Σ contribution" if analysis.part else "gradient"),
    }
    return Note("; ".join(meanings[column] for column in meanings if column in columns) + ".", "legend")


def length_meaning(analysis: PathAnalysis) -> str:
    """What lengths count."""
    parameters = {parameter.name for parameter in analysis.network.parameters}
    after = {
        "the parameter's own" if sums.name.partition("[")[0] in parameters else "the node"
        for sums in analysis.sums.values()
    }
    start = " or ".join(sorted(after, reverse=True))
    if analysis.unit == "blocks":
        return f"length: residual blocks passed after {start} (block: what a skip crosses)"
    into_output = any(layer.into_output for layer in analysis.network.layers)
    aside = " (a skip into an output enters none: it joins after the activation)" * into_output
    return f"length: layers entered after {start}{aside}"


def arithmetic(analysis: PathAnalysis) -> str | None:
    """Which numbers were computed with, where they are no float64."""
    if analysis.arithmetic == "extended":
        outside = any(map(is_outside, analysis.sums.values()))
        why = "some contributions are" if outside else "intermediate results may be"
        return f"Computed in extended range: {why} outside the range of float64."
    if analysis.arithmetic == "float64":
        return None
    return f"Computed with {analysis.arithmetic}."


def is_outside(sums: PathSums) -> bool:
    """Whether some contribution is known to be no normal float64: one is at least as small, or as large, as its length
    makes it."""
    sizes = [abs(number) for path in sums.top for number in numbers(path.contribution)]
    small = [*sizes, *(term.magnitude for term in sums.by_length)]
    large = [*sizes, *(term.mean_magnitude for term in sums.by_length)]
    return any(size and size < float_info.min for size in small) or any(size > float_info.max for size in large)
