"""What is told of gradients of which rounding has left no digit, against the same gradients with other digits."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from claims.claim import NUMBER, Template, flat, listed, near
from claims.known import Known
from mpmath import mp

from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import Part
from gradcalc.network.network import entries, mapped_entries

NAMES = r"(\S.*?)"
NUMBERS = {True: ("is", "it has", "it"), False: ("are", "they have", "them")}
"""Words of one gradient, and of several."""


def are_zero(
    known: Any, names: str, verb: str, dps: str, have: str, again: str, is_most: str | None, most: str | None, them: str
) -> bool:
    """With 1.2 times as many digits nearly nothing is left of any, and with twice these still less."""
    is_one = len(listed(names)[0]) == 1
    assert int(dps) == 2 * int(again) and (verb, have, them) == NUMBERS[is_one] and bool(is_most and is_one) is False
    digits = int(again)
    assert digits in (50, 2 * (options_of(known).get("dps") or 0))
    told = []
    for own, same, fine, finer in entries_of(known, names, digits):
        if own:
            assert abs(fine) <= abs(own) / 10**15, f"{own} is not 0"
            assert abs(finer) <= (abs(fine) / 10 if fine else abs(own) / 10**40), f"{fine} has right digits"
            told.append(abs(same))
    assert told, "nothing but exact zeros"
    largest = max(told)
    return not largest if most is None else listed(names)[1] > 0 or near(most, largest, 2)


def are_others(known: Any, names: str, dps: str, them: str) -> bool:
    """With as many digits they are other numbers, and with more of them these again."""
    assert (them == "it") == (len(listed(names)[0]) == 1)
    found = [numbers for numbers in entries_of(known, names, int(dps)) if numbers[0]]
    for own, same, fine, finer in found:
        assert abs(same - finer) <= abs(finer) / 10**4, f"{finer} is not known to {dps}"
        assert abs(fine - finer) <= abs(finer) / 10, f"{fine} is not {finer}"  # few digits may be right by chance
        assert abs(own - finer) >= max(abs(own), abs(finer)) * mp.mpf("0.49"), f"{own} is {finer}"
    return bool(found)


def are_rounded_to_0(known: Any, names: str, verb: str, dps: str, them: str) -> bool:
    """They are 0, and with as many digits numbers that they are with more of them."""
    is_one = len(listed(names)[0]) == 1
    assert (verb, them) == (NUMBERS[is_one][0], NUMBERS[is_one][2])
    found = entries_of(known, names, int(dps))
    for own, same, _, finer in found:
        assert own == 0 != finer and abs(same - finer) <= abs(finer) / 10**4, f"{own} is {finer}, with {dps} {same}"
    return bool(found)


def entries_of(known: Any, names: str, digits: int) -> list[tuple[Any, ...]]:
    """Each entry of the named gradients as it is, with as many digits, and with 1.2 and 2.4 times as many."""
    found = []
    for name in listed(names)[0]:
        several = [value_of(known, name, more) for more in (None, digits, digits * 6 // 5, digits * 12 // 5)]
        found += list(zip(*map(flat, several), strict=True))
    return found


def value_of(known: Any, name: str, digits: int | None) -> Any:
    """The gradient that is written ∂L/∂w1[0,1] or δ_h1, as the page has it or with so many digits."""
    with mp.workdps(digits or mp.dps):
        if hasattr(known, "sums"):
            return of_paths(known, name.partition("/∂")[2], digits)
        alone = facts_of(known)
        facts = alone.facts if digits is None else alone.with_digits(digits).facts
        if name == alone.quantity:
            return facts["loss"]["value"]
        if (base := re.split(r"\[| \(", name)[0]) in facts["forward"]:
            return unit(facts["forward"][base]["output"], name, alone)
        if name.startswith("δ_"):
            node = name.removeprefix("δ_")
            return unit(facts["backward"][re.split(r"\[| \(", node)[0]]["delta"], node, alone)
        said = re.fullmatch(r"∂(\S+?)/∂(\S.*)", name)
        assert said and said[1] == alone.quantity, name
        gradients, backward = facts["gradients"], facts["backward"]
        if said[2] in gradients:
            return gradients[said[2]]
        base = re.split(r"\[| \(", said[2])[0]
        return unit(backward[base]["output"], said[2], alone) if base in backward else entry(gradients[base], said[2])


def entry(value: Any, name: str) -> Any:
    """That of w1[0,1]; of a number itself."""
    index = name.partition("[")[2].rstrip("]")
    return dict(entries(value))[tuple(map(int, index.split(",")))] if index and isinstance(value, list) else value


def unit(value: Any, name: str, known: Any) -> Any:
    """That of h1[0], in a batch in every example or in the one that is told."""
    name, _, example = name.partition(" (example ")
    rows = [value[int(example.rstrip(")"))]] if example else value
    if "[" not in name or not known.network.batch:
        return entry(rows, name)
    return [row[int(name.partition("[")[2].rstrip("]"))] for row in rows]


def of_paths(known: Any, name: str, digits: int | None) -> Any:
    """The same of a part of the paths, of which the page may be."""
    options, wanted = known.options, name if name == known.name else re.split(r"\[| \(", name)[0]
    part = Part(options.get("through") or (), options.get("avoid") or (), options.get("of"))
    dps = options.get("dps") if digits is None else digits
    found = paths(known.network, wrt=[wanted], top=0, part=part, dps=dps).sums[wanted].value
    value = mapped_entries(found, lambda _, x: mp.mpf(str(x)) if isinstance(x, Decimal) else x)
    is_node = wanted in {node.name for node in known.network.nodes}
    return value if wanted == name else unit(value, name, known) if is_node else entry(value, name)


def options_of(known: Any) -> Any:
    return known.options if hasattr(known, "options") else facts_of(known).answer.options


def facts_of(known: Any) -> Known:
    """The answer of `compute`, whichever command's sentence is judged."""
    if isinstance(known, Known):
        return known
    return known.alone if hasattr(known, "alone") else known.known  # type: ignore[no-any-return]


TEMPLATES: dict[str, Template] = {
    "0 but for rounding": (
        rf"{NAMES} (is|are) 0 to (\d+) digits: the digits that (it has|they have) here are rounding, and --dps (\d+) "
        rf"leaves (?:nothing|(at most )?{NUMBER}) of (it|them)\.",
        are_zero,
    ),
    "0 as numbers are rounded": (
        rf"{NAMES} (is|are) 0 only as numbers are rounded; --dps (\d+) shows (it|them)\.",
        are_rounded_to_0,
    ),
    "no right digit": (rf"Rounding has left no digit of {NAMES}; --dps (\d+) shows (it|them)\.", are_others),
}


def is_of_rounding(text: str) -> bool:
    """Whether it is one of these sentences, by its start."""
    return bool(re.match(rf"{NAMES} (is|are) 0 (to \d+ digits:|only as numbers are)|[Rr]ounding has left", text))
