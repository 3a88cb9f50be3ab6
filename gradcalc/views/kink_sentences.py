"""Where there is no derivative, and which is used there: at a kink of an activation, of a join, of the loss. Every page
says it in these sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.kinks import Kink
from gradcalc.analysis.point import point
from gradcalc.analysis.results import RoundedGradient
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.network.network import Network
from gradcalc.report.report import Words
from gradcalc.report.text import gradient, listed
from gradcalc.views.digit_sentences import digit_sentences, rounded_sentences

if TYPE_CHECKING:
    pass

CONVENTION = "one is used by convention"
NAMED = 3  # units that are named one by one


def derivative_sentences(
    kinks: Sequence[Kink], rounded: Sequence[RoundedGradient], network: Network, arithmetic: str, of: str
) -> Iterator[Words]:
    """What is to know of derivatives that a network computed so has not, or only to few digits, or to none."""
    yield from kink_sentences(kinks, network.examples, of)
    if network.may_lack_digits(arithmetic) and not is_low_precision(arithmetic):
        yield from digit_sentences(point(network, decimal_digits(arithmetic)), rounded, of)
    else:
        yield from rounded_sentences(rounded, network, of)
    if any(one.kind == "derivative" for one in rounded) and network.has_loss:
        yield ("A contribution is no more accurate than the σ′(z) on its path.",)


def kink_sentences(kinks: Sequence[Kink], examples: int, of: str) -> Iterator[Words]:
    """A sentence for all units that stand on one kink in the same of so many examples; `of` is differentiated."""
    groups: dict[Kink, dict[str, list[int]]] = {}
    for kink in map(in_float64, kinks):
        same = kink._replace(unit=0, example=0)
        same = same if kink.z is None else same._replace(node="", units=1)
        groups.setdefault(same, {}).setdefault(kink.name, []).append(kink.example)
    for same, units in sorted(groups.items(), key=lambda group: group[0].z is None):
        for those in dict.fromkeys(map(tuple, units.values())):
            names = [name for name, own in units.items() if tuple(own) == those]
            told = in_examples(those, examples)
            yield of_node(same, names, told, of) if same.z is None else of_preactivations(same, names, told)


def of_preactivations(kink: Kink, names: Sequence[str], examples: str) -> Words:
    """That z of these units is a kink of the activation, or rounds to one."""
    verb = "is" if kink.dps is None else "rounds to" if kink.in_formula else "by rounding,"
    where = f" {verb} a kink of {kink.what}, where "
    is_so, function = kink.dps is None and kink.to_digits is None, kink.what if kink.what.isidentifier() else "σ"
    found = shown(kink, "no kink" if kink.in_formula else "z")
    used = (f"{function}′(", kink.z, ") = ", kink.derivative, f" is used{found}.")
    return (to_digits(kink), *at_z(names, kink.z, examples), where, "it has no derivative; " * is_so, *used)


def of_node(kink: Kink, names: Sequence[str], examples: str, of: str) -> str:
    """That these units of a node stand on a kink of its join, of maxout or the loss, or round to one."""
    at, verb = ("to", "rounds") if kink.dps is not None else ("at", "is")
    verb = verb if len(names) == 1 else {"rounds": "round", "is": "are"}[verb]
    start = f"{to_digits(kink)}{listed(names)}{examples} {verb} {at} a kink of {kink.what}, where "
    is_so, adjoint = kink.dps is None and kink.to_digits is None, gradient(kink.adjoint, of)
    used = convention(kink.of, adjoint, kink.derivative)
    return f"{start}{'there is no derivative; ' * is_so}{used}{shown(kink, adjoint)}."


def to_digits(kink: Kink) -> str:
    """`To 400 digits `, where more of them might show that a unit is off its kink."""
    return "" if kink.to_digits is None else f"To {kink.to_digits} digits "


def shown(kink: Kink, what: str) -> str:
    """`; --dps 50 shows z`, where more digits do."""
    if kink.dps is None:
        return ""
    return f"; --dps {kink.dps} " + ("shows " + what if kink.z is not None or kink.of == "loss" else "tells them apart")


def in_float64(kink: Kink) -> Kink:
    """With the numbers of some arithmetic as float64."""
    if kink.z is None:
        return kink
    return kink._replace(z=float(kink.z) + 0.0, derivative=float(kink.derivative))


def by_sentence(found: Iterable[tuple[Any, Sequence[Kink]]], examples: int, of: str) -> Iterator[tuple[Words, Any]]:
    """The sentences about several points or networks, each with those that it is true of: one for the units that stand
    on a kink in the same of them, and of each the examples."""
    wheres: list[Any] = []
    places: dict[tuple[Kink, ...], list[int]] = {}
    for number, (where, kinks) in enumerate(found):
        wheres.append(where)
        units: dict[Kink, list[Kink]] = {}
        for kink in map(in_float64, kinks):  # some points are of other arithmetic
            units.setdefault(kink._replace(example=0), []).append(kink)
        for own in map(tuple, units.values()):
            places.setdefault(own, []).append(number)
    together: dict[tuple[int, ...], list[Kink]] = {}
    for same, those in places.items():
        together.setdefault(tuple(those), []).extend(same)
    for numbers, kinks in together.items():
        of_all = tuple(wheres[number] for number in numbers)
        yield from ((words, of_all) for words in kink_sentences(kinks, examples, of))


def at_z(names: Sequence[str], z: float, examples: str) -> Words:
    """`z_h1 = z_y = 0 (example 2)`, `z of h[0], h[1], h[2] and h[3] = 0`"""
    several = f"z of {listed(names)} = " if len(names) > NAMED else "".join(f"z_{name} = " for name in names)
    return several, z, examples


def convention(kind: str, derivative_of_node: str, derivative: float | None) -> str:
    """What is used in place of a derivative."""
    if kind == "loss":
        return "0 is used" if derivative == 0 else CONVENTION
    equal = "sources that are equal" if kind == "join" else "preactivations that share a maximum"
    return f"{equal} get equal parts of {derivative_of_node}"


def in_examples(those: Sequence[int], of: int) -> str:
    """` (examples 0 and 2)`; nothing where there is one alone."""
    if len(those) == of:
        return " (every example)" * (of > 1)
    return f" (example{'s' * (len(those) > 1)} {listed(list(map(str, those)))})"
