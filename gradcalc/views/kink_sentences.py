"""Where there is no derivative, and which is used there: at a kink of an activation, of a join, of the loss. Every page
says it in these sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gradcalc.analysis.kinks import Kink
from gradcalc.report.report import Words
from gradcalc.report.text import gradient, listed

CONVENTION = "one is used by convention"
NAMED = 3  # units that are named one by one


def kink_sentences(kinks: Sequence[Kink], examples: int, of: str) -> Iterator[Words]:
    """A sentence for all units that stand on one kink in the same of so many examples; `of` is differentiated."""
    groups: dict[tuple[Any, ...], dict[str, list[int]]] = {}
    for kink in kinks:
        of_unit = kink.z is not None
        used = float(kink.derivative) if of_unit else (kink.derivative, kink.dps, kink.to_digits)
        where = (float(kink.z) + 0.0 if of_unit else kink.node, used)
        units = groups.setdefault((of_unit, kink.of, kink.what, *where), {})
        units.setdefault(kink.unit or kink.node, []).append(kink.example)
    for (of_unit, kind, what, where, derivative), units in sorted(groups.items(), key=lambda group: not group[0][0]):
        for those in dict.fromkeys(map(tuple, units.values())):
            names = [name for name, own in units.items() if tuple(own) == those]
            told = in_examples(those, examples)
            if of_unit:
                yield (*at_z(names, where, told), f" is a kink of {what}, where it has no derivative; ", *(
                    f"{what if what.isidentifier() else 'σ'}′(", where, ") = ", derivative, " is used."
                ))  # fmt: skip
            else:
                used, dps, digits = derivative
                verb = ("is" if len(names) == 1 else "are") if dps is None else f"round{'s' * (len(names) == 1)}"
                start = f"To {digits} digits " * (digits is not None)
                start += f"{listed(names)}{told} {verb} {'at' if dps is None else 'to'} a kink of {what}, where "
                start += "there is no derivative; " * (dps is None and digits is None)
                start += convention(kind, gradient(where, of), used)
                yield start + f"; --dps {dps} shows {gradient(where, of)}" * (dps is not None) + "."


def by_sentence(found: Iterable[tuple[Any, Sequence[Kink]]], examples: int, of: str) -> Iterator[tuple[Words, Any]]:
    """The sentences about several points or networks, each with those that it is true of: one for the units that stand
    on a kink in the same of them, and of each the examples."""
    places: dict[tuple[Kink, ...], list[Any]] = {}
    for where, kinks in found:
        units: dict[Kink, list[Kink]] = {}
        for kink in kinks:
            if kink.z is not None:  # of some points in other arithmetic
                kink = kink._replace(z=float(kink.z) + 0.0, derivative=float(kink.derivative))
            units.setdefault(kink._replace(example=0), []).append(kink)
        for own in map(tuple, units.values()):
            places.setdefault(own, []).append(where)
    together: dict[tuple[Any, ...], list[Kink]] = {}
    for same, those in places.items():
        together.setdefault(tuple(those), []).extend(same)
    for of_all, kinks in together.items():
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
