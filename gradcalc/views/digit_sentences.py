"""Where z has too few digits for a sine or an exponential, and of which numbers rounding has left few digits or none.
Every page says it in these sentences.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.point import Point
from gradcalc.analysis.results import RoundedGradient
from gradcalc.network.network import Network, bracketed
from gradcalc.report.report import Words
from gradcalc.report.text import gradient, listed

if TYPE_CHECKING:
    from gradcalc.analysis.large_angles import LargeAngle


def digit_sentences(at: Point, rounded: Sequence[RoundedGradient], of: str) -> Iterator[tuple[Any, ...]]:
    """Which z have too few digits, and which numbers none, with as many digits as show all of them."""
    network = at.graph.network
    angles = angles_of(at)
    shown = (one.dps for one in rounded if one.left not in ("rounding", "no value"))
    enough = max([*(one.dps or 0 for one in angles), *shown], default=0)
    yield from of_angles(angles, enough)
    yield from rounded_sentences(rounded, network, of, enough)


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

    if found and found[0].left == "no value":
        start = f"With {found[0].dps} digits there is no value ({found[0].name})"
        yield (f"{start}; numbers that depend on it are made by rounding here.",)
        return
    found = [one if one.left == "rounding" else one._replace(dps=max(one.dps, enough)) for one in found]
    for left, dps in dict.fromkeys((one.left, one.dps) for one in found):
        those = [one for one in found if (one.left, one.dps) == (left, dps)]
        names = rounded_names(those, network, of)
        verb, they_have, them = ("is", "it has", "it") if len(names) == 1 else ("are", "they have", "them")
        if left == "rounding":
            most, to_digits = max(one.most for one in those), min(one.to_digits for one in those)
            rest = ("at most " * (len(names) > 1), brief(most)) if most else ("nothing",)
            zero = f"{listed(names)} {verb} 0 as far as {to_digits} digits show"
            start = f"{zero}: the digits that {they_have} here are rounding"
            yield (f"{start}, and --dps {dps} leaves ", *rest, f" of {them}.") if how_much else (f"{start}.",)
        else:
            told = "no right digit" if left == "no digit" else "fewer than six right digits"
            told = f"Rounding has left {told} of {listed(names)}"
            told = f"{listed(names)} {verb} 0 only as numbers are rounded" if left == "0" else told
            yield (f"{told}; --dps {dps} shows {them}.",)


def rounded_names(found: Sequence[RoundedGradient], network: Network, of: str) -> list[str]:
    """L, y, ∂L/∂w1, ∂L/∂w2[0,1], δ_h1, in a batch δ_h1[0] (example 2)"""
    names, parameters = dict[str, None](), {parameter.name for parameter in network.parameters}
    widths = {node.name: node.width for node in network.nodes}
    for one in found:
        by_kind = {"delta": "δ_{}", "output": "{}", "preactivation": "z_{}", "derivative": "σ′(z_{})", "loss": of}
        named = by_kind.get(one.kind) or gradient("{}", of)
        in_batch = network.batch and (one.kind != "gradient" or one.name.partition("[")[0] not in parameters)
        for place in one.entries or ((),):
            unit = place if not in_batch else place[1:] if widths.get(one.name) != 1 else ()
            of_example = f" (example {place[0]})" if in_batch and place else ""
            names[named.format(one.name + bracketed(unit if "[" not in one.name else ())) + of_example] = None
    return list(names)


def are_wrong(rounded: Sequence[RoundedGradient], names: Collection[str] = ()) -> bool:
    """Whether no digit is right of some σ′, of which the contributions of paths are products, or of a gradient of these
    names: what is told of their sizes would not be true."""
    lost = [one for one in rounded if one.left != "few digits"]
    gradients = {one.name for one in lost if one.kind == "gradient"}
    return any(one.left == "no value" or one.kind == "derivative" for one in lost) or not gradients.isdisjoint(names)


def by_digits(networks: Iterable[tuple[str, Point, Sequence[RoundedGradient]]]) -> dict[tuple[Any, ...], list[str]]:
    """What is to know of the digits of named networks, with what rounding has left in each: every sentence with the
    names of those that it is true of."""
    told: dict[tuple[Any, ...], list[str]] = {}
    for name, at, rounded in networks:
        for words in digit_sentences(at, rounded, "L"):
            told.setdefault(words, []).append(name)
    return told


def placed(where: str, words: tuple[Any, ...]) -> Words:
    """`In no-skips: rounding has left no right digit of ∂L/∂w1; …`; names, which begin the others, stay as they are."""
    first, *rest = words
    is_name = not first.startswith(("Rounding has left ", "With "))
    return (f"{where}: {first if is_name else first[0].lower() + first[1:]}", *rest)
