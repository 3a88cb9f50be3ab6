"""Where there is no derivative, and which is used there: at a kink of an activation, of a join, of the loss; where z
has too few digits for one; and of which gradients rounding has left no digit. Every page says it in these sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.kinks import Kink
from gradcalc.analysis.point import Point, Subject, point
from gradcalc.analysis.results import RoundedGradient
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.network.network import Network, bracketed
from gradcalc.report.report import Words
from gradcalc.report.text import gradient, listed

if TYPE_CHECKING:
    from gradcalc.analysis.large_angles import LargeAngle

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


def digit_sentences(at: Point, rounded: Sequence[RoundedGradient], of: str) -> Iterator[tuple[Any, ...]]:
    """Which z have too few digits, and which numbers none, with as many digits as show all of them."""
    network = at.graph.network
    angles = angles_of(at)
    shown = (one.dps for one in rounded if one.left != "rounding")
    enough = max([*(one.dps or 0 for one in angles), *shown], default=0)
    yield from of_angles(angles, enough)
    yield from rounded_sentences(rounded, network, of, enough)


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


def angle_sentences(at: Point) -> Iterator[tuple[Any, ...]]:
    """That sines, cosines and exponentials of very large numbers depend on how these are rounded."""
    yield from of_angles(angles_of(at))


def angles_of(at: Point) -> Sequence[LargeAngle]:
    """Those that there are."""
    if not at.graph.network.may_lack_digits(at.arithmetic.name):
        return []
    from gradcalc.analysis.large_angles import large_angles

    return large_angles(at)


def of_angles(found: Sequence[LargeAngle], enough: int = 0) -> Iterator[tuple[Any, ...]]:
    """The same of those that were found; so many digits are told at least."""
    from gradcalc.views.compute_sentences import brief

    if not found:
        return
    first, function = found[0], found[0].activation if found[0].activation.isidentifier() else "σ"
    others = [f"z_{name}" for name in dict.fromkeys(one.unit for one in found) if name != first.unit]
    so_have = f" So {'has' if len(others) == 1 else 'have'} {listed(others)}." if others else ""
    cure = f"; --dps {max(first.dps, enough)} has enough" if first.dps else ""
    few = "too few digits that are right" if first.inherits else "too few digits"
    start = (f"z_{first.unit} = ", brief(first.z, 6), f" has {few} for {first.activation}: ")
    yield (
        *start,
        f"{function}′(z) depends on how {'earlier z are' if first.inherits else 'z is'} rounded{cure}.{so_have}",
    )


def rounded_sentences(
    found: Sequence[RoundedGradient], network: Network, of: str, enough: int = 0, how_much: bool = True
) -> Iterator[tuple[Any, ...]]:
    """Of which numbers fewer than six digits are right: those that are 0 but for rounding, and `how_much` more digits
    leave of them, and those that are other numbers, which so many digits show at least."""
    from gradcalc.views.compute_sentences import brief

    found = [one if one.left == "rounding" else one._replace(dps=max(one.dps, enough)) for one in found]
    for left, dps in dict.fromkeys((one.left, one.dps) for one in found):
        those = [one for one in found if (one.left, one.dps) == (left, dps)]
        names = rounded_names(those, network, of)
        verb, they_have, them = ("is", "it has", "it") if len(names) == 1 else ("are", "they have", "them")
        if left == "rounding":
            most, to_digits = max(one.most for one in those), min(one.to_digits for one in those)
            rest = ("at most " * (len(names) > 1), brief(most)) if most else ("nothing",)
            start = f"{listed(names)} {verb} 0 to {to_digits} digits: the digits that {they_have} here are rounding"
            yield (f"{start}, and --dps {dps} leaves ", *rest, f" of {them}.") if how_much else (f"{start}.",)
        else:
            told = "no digit" if left == "no digit" else "fewer than six digits"
            told = f"Rounding has left {told} of {listed(names)}"
            told = f"{listed(names)} {verb} 0 only as numbers are rounded" if left == "0" else told
            yield (f"{told}; --dps {dps} shows {them}.",)


def rounded_names(found: Sequence[RoundedGradient], network: Network, of: str) -> list[str]:
    """L, y, ∂L/∂w1, ∂L/∂w2[0,1], δ_h1, in a batch δ_h1[0] (example 2)"""
    names, parameters = dict[str, None](), {parameter.name for parameter in network.parameters}
    for one in found:
        by_kind = {"delta": f"δ_{one.name}", "output": one.name, "loss": of}
        name = by_kind.get(one.kind) or gradient(one.name, of)
        in_batch = network.batch and (one.kind != "gradient" or one.name.partition("[")[0] not in parameters)
        for place in one.entries or ((),):
            unit = place[1:] if in_batch else place
            of_example = f" (example {place[0]})" if in_batch and place else ""
            names[name + bracketed(unit if "[" not in one.name else ()) + of_example] = None
    return list(names)


def by_digits(networks: Iterable[tuple[str, Point, Sequence[Subject]]]) -> dict[tuple[Any, ...], list[str]]:
    """What is to know of the digits of named networks, with the subjects that are asked for: every sentence with the
    names of those that it is true of."""
    from gradcalc.analysis.rounded_gradients import gradients_of, rounded_gradients, values_of

    told: dict[tuple[Any, ...], list[str]] = {}
    for name, at, chosen in networks:
        found = rounded_gradients(at, values_of(at.graph.network) | gradients_of(chosen))
        for words in digit_sentences(at, found, "L"):
            told.setdefault(words, []).append(name)
    return told


def placed(where: str, words: tuple[Any, ...]) -> Words:
    """`In no-skips: rounding has left no digit of ∂L/∂w1; …`; names, which begin the others, stay as they are."""
    first, *rest = words
    is_name = not first.startswith("Rounding has left ")
    return (f"{where}: {first if is_name else first[0].lower() + first[1:]}", *rest)


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
