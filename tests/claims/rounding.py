"""What is told of gradients of which rounding has left no digit, against the same gradients with other digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import repeat
from typing import Any

from claims.claim import NUMBER, Claim, Template, flat, listed, near
from claims.known import Known
from mpmath import mp

from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import Part
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.network import Network, entries, mapped_entries

NAMES = r"(\S.*?)"
NUMBERS = {True: ("is", "it has", "it"), False: ("are", "they have", "them")}
"""Words of one gradient, and of several."""


def are_zero(
    known: Any, names: str, verb: str, dps: str, have: str, again: str | None, is_most: str | None, most: str | None,
    them: str | None,
) -> bool:  # fmt: skip
    """With 1.2 times as many digits nearly nothing is left of any, and with twice these still less."""
    is_one = len(listed(names)[0]) == 1
    digits = int(again or max(50, 2 * (options_of(known).get("dps") or 0)))
    assert int(dps) >= 2 * digits and (verb, have, them or NUMBERS[is_one][2]) == NUMBERS[is_one]
    assert digits % max(50, 2 * (options_of(known).get("dps") or 0)) == 0 and not (is_most and is_one)
    several = [digits, digits * 6 // 5, digits * 12 // 5, digits * 24 // 5, int(dps)]
    found = [numbers for numbers in entries_with(known, names, None, *several) if numbers[0]]
    assert found, "nothing but exact zeros"
    told, terms = [abs(same) for _, same, *_ in found], max(abs(own) for own, *_ in found)
    for own, _, fine, finer, finest, at_dps in found:
        size = max(map(abs, (own, fine, finer)))  # what float64 leaves may be less than what 60 digits do, by chance
        falls = abs(at_dps) <= abs(finest) / mp.mpf(10) ** (int(dps) // 3)  # it may be less in float64, by chance
        assert abs(finest) <= size / mp.mpf(10) ** 40 or falls, f"{own} is not 0"
        assert abs(at_dps) <= terms / mp.mpf(10) ** (int(dps) // 3), f"{own} is not 0 to {dps} digits"
    largest = max(told)
    if again is None:
        return True
    return not largest if most is None else listed(names)[1] > 0 or near(most, largest, 2)


def are_others(known: Any, names: str, dps: str, them: str) -> bool:
    """With as many digits they are other numbers, and with more of them these again."""
    return _are_off(known, names, dps, them, mp.mpf("0.49"), 1)


def have_few(known: Any, names: str, dps: str, them: str) -> bool:
    """So they are where some of the six digits that are shown are right."""
    return _are_off(known, names, dps, them, mp.mpf("0.99e-9"), mp.mpf("0.51"))


def _are_off(known: Any, names: str, dps: str, them: str, least: Any, most: Any) -> bool:
    """Whether they are off by so much, relatively, from those with as many digits, which more digits give again."""
    assert (them == "it") == (len(listed(names)[0]) == 1)
    found = [numbers for numbers in entries_of(known, names, int(dps)) if numbers[0]]
    off = False
    twice = entries_with(known, names, 2 * int(dps)) if any(is_tiny(finer) for *_, finer in found) else repeat((0,))
    many = entries_with(known, names, 16 * int(dps)) if any(is_unsteady(*numbers) for numbers in found) else []
    for (own, same, fine, finer), (more,), (most_digits,) in zip(found, twice, many or repeat((0,))):
        if (
            is_tiny(finer) and abs(same - more) <= abs(more) / 10**12
        ):  # other digits may leave more of what is 0 beside it
            fine = finer = more
        if is_unsteady(own, same, fine, finer):  # what cancels may leave nothing with few digits, and some with more
            finer = most_digits
        size = max(abs(own), abs(finer))
        assert abs(same - finer) <= abs(finer) / 10**4, f"{finer} is not known to {dps}"
        assert abs(fine - finer) <= abs(finer) / 10, f"{fine} is not {finer}"  # few digits may be right by chance
        assert least * size <= abs(own - finer) and (most == 1 or abs(own - finer) <= most * size), f"{own} is {finer}"
        off = True
    return off


def is_unsteady(_: Any, same: Any, fine: Any, finer: Any) -> bool:
    """Whether more digits do not give what few give."""
    return bool(max(abs(same - finer), abs(fine - finer)) > abs(finer) / 10**4)


def is_tiny(number: Any) -> bool:
    """Whether it is so small that what rounding leaves of larger numbers hides it."""
    return bool(number) and abs(number) < mp.mpf(10) ** -10000


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
    return entries_with(known, names, None, digits, digits * 6 // 5, digits * 12 // 5)


def entries_with(known: Any, names: str, *digits: int | None) -> list[tuple[Any, ...]]:
    """Each entry of the named gradients with so many digits; None is as it is."""
    found = []
    for name in listed(names)[0]:
        found += list(zip(*(flat(value_of(known, name, more)) for more in digits), strict=True))
    return found


def value_of(known: Any, name: str, digits: int | None) -> Any:
    """The gradient that is written ∂L/∂w1[0,1] or δ_h1, as the page has it or with so many digits."""
    with mp.workdps(digits or mp.dps):
        if hasattr(known, "sums"):
            if "/∂" in name:
                return of_paths(known, name.partition("/∂")[2], digits)
            options = {"of": known.options.get("of"), "dps": known.options.get("dps")}
            known = Known.of_computation(compute(known.network, top=0, **options), options)
        alone = facts_of(known)
        facts = alone.facts if digits is None else alone.with_digits(digits).facts
        if name == alone.quantity:
            return facts["loss"]["value"]
        if (base := re.split(r"\[| \(", name)[0]) in facts["forward"]:
            return unit(facts["forward"][base]["output"], name, alone)
        if (of_z := re.fullmatch(r"z_(.*)|σ′\(z_(.*?)\)( \(example \d+\))?", name)) and name not in facts["forward"]:
            node, kind = (of_z[1], "preactivation") if of_z[1] else (of_z[2] + (of_z[3] or ""), "derivative")
            return unit(facts["forward"][re.split(r"\[| \(", node)[0]][kind], node, alone)
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


def has_no_value(known: Any, dps: str, why: str) -> bool:
    """With as many digits the network is refused for that reason."""
    try:
        compute(known.network if hasattr(known, "network") else facts_of(known).network, top=0, dps=int(dps))
    except DomainError as error:
        return str(error) == why
    return False


def have_contributions_few(known: Any) -> bool:
    """Of some σ′(z) fewer than six digits are right."""
    network = known.network if hasattr(known, "network") else facts_of(known).network
    names = [f"σ′(z_{layer.name})" for layer in network.layers if not layer.activation.couples]
    for digits in (max(60, 3 * (options_of(known).get("dps") or 0)), 900):
        with mp.workdps(digits):
            pairs = [one for name in names for one in zip(*(flat(value_of(known, name, n)) for n in (None, digits)))]
            if any(mp.nstr(own, 6) != mp.nstr(finer, 6) for own, finer in pairs):
                return True
    return False


TEMPLATES: dict[str, Template] = {
    "contributions of few digits": (
        r"A contribution is no more accurate than the σ′\(z\) on its path\.",
        have_contributions_few,
    ),
    "no value": (
        r"With (\d+) digits there is no value \((.*)\); numbers that depend on it are made by rounding here\.",
        has_no_value,
    ),
    "0 but for rounding": (
        rf"{NAMES} (is|are) 0 as far as (\d+) digits show: the digits that (it has|they have) here are rounding"
        rf"(?:, and --dps (\d+) leaves (?:nothing|(at most )?{NUMBER}) of (it|them))?\.",
        are_zero,
    ),
    "0 as numbers are rounded": (
        rf"{NAMES} (is|are) 0 only as numbers are rounded; --dps (\d+) shows (it|them)\.",
        are_rounded_to_0,
    ),
    "few right digits": (
        rf"Rounding has left fewer than six right digits of {NAMES}; --dps (\d+) shows (it|them)\.",
        have_few,
    ),
    "no right digit": (rf"Rounding has left no right digit of {NAMES}; --dps (\d+) shows (it|them)\.", are_others),
}


UNTOLD = "digits that are told"
SHOWN, CHANGED = mp.mpf("1.1e-6"), mp.mpf(10) ** -20  # relative differences: of six digits, and of numbers known to 60


def untold(known: Known, texts: Iterable[str]) -> Iterator[Claim]:
    """A claim that a page makes of all that it does not name: that six digits are right of it. With 60 digits and with
    130 it is the same."""
    options = known.answer.options
    if options.get("storage") or options.get("dps") or not is_looked_at(known.network):
        return
    told = set[str]()
    for text in texts:
        found = [re.fullmatch(pattern, text) for pattern, _ in TEMPLATES.values()]
        for groups in (one.groups() for one in found if one and one.groups()):
            names, more = listed(groups[0])
            if more:
                return
            told |= {re.sub(r"(\[[\d,]+\])?(\)?)( \(example \d+\))?$", r"\2", name) for name in names}
    try:
        finer = [known.with_digits(digits).facts for digits in (60, 130)]
    except (DomainError, LimitError):
        return
    own, fine, finest = (dict(quantities(known, facts)) for facts in (known.facts, *finer))
    wrong = []
    for name in own.keys() - told:
        for number, one, other in zip(*(flat(each[name]) for each in (own, fine, finest)), strict=True):
            is_known = abs(one - other) <= CHANGED * abs(other)
            is_shown = mp.nstr(number, 6) == mp.nstr(other, 6)
            if abs(number - other) > SHOWN * max(abs(number), abs(other)) and is_known and not is_shown:
                wrong.append(f"{name} is {mp.nstr(other, 8)} in place of {mp.nstr(number, 8)}")
    yield Claim(UNTOLD, "Six digits are right of what is not named.", "; ".join(sorted(wrong)))


def quantities(known: Known, facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """All that a page of `compute` shows of outputs and gradients, by names."""
    of, asked = known.quantity, known.facts["gradients"] or {}
    if facts["loss"] and known.of is None:
        yield of, facts["loss"]["value"]
    for layer in known.network.layers:
        yield layer.name, facts["forward"][layer.name]["output"]
        yield f"z_{layer.name}", facts["forward"][layer.name]["preactivation"]
        if not layer.activation.couples:
            yield f"σ′(z_{layer.name})", facts["forward"][layer.name]["derivative"]
    for name, node in (facts["backward"] or {}).items():
        yield f"∂{of}/∂{name}", node["output"]
        if "delta" in node:
            yield f"δ_{name}", node["delta"]
    for name in asked:
        if name in (facts["gradients"] or {}):
            yield f"∂{of}/∂{name}", facts["gradients"][name]


def is_looked_at(network: Network) -> bool:
    """Whether a network is so narrow that it is computed with more digits: a weight to a number, 2,000 numbers."""
    edges = sum(network.nodes[edge.source].width * layer.width for layer in network.layers for edge in layer.incoming)
    values = sum(4 * node.width for node in network.nodes)
    return network.examples * max(edges / 20_000, values / 2_000) < 1


def alone(sentence: str) -> str:
    """As it is told where nothing stands before it."""
    return re.sub("^rounding has|^with ", lambda start: start[0].capitalize(), sentence)


def is_of_rounding(text: str) -> bool:
    """Whether it is one of these sentences, by its start."""
    starts = (
        rf"{NAMES} (is|are) 0 (as far as \d+ digits show:|only as numbers are)",
        "[Rr]ounding has left",
        r"[Ww]ith \d+ digits there",
    )
    return any(re.match(start, text) for start in starts)
