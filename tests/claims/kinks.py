"""Where a page says that there is no derivative, and which is used there, against the JSON of `compute`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from claims.claim import NUMBER, Claim, Template, judged, listed, near
from claims.known import Known, computed, unit_of
from claims.structure import is_activation_kink, join_ties, loss_kinks
from mpmath import mp


def are_examples(known: Known, told: str | None, on_kink: list[bool]) -> bool:
    """Whether these are the examples, of several, in which something is so."""
    found = [str(example) for example, is_so in enumerate(on_kink) if is_so]
    if told is None or told == "every example":
        assert (told is None) == (known.network.examples == 1), f"in {found}"
        return all(on_kink)
    names, more = listed(told.removeprefix("example").removeprefix("s").strip())
    return names == found[: len(names)] and len(names) + more == len(found) < known.network.examples


def of_activation(
    known: Known, names: str, z: str, examples: str | None, function: str, called: str, at: str, derivative: str
) -> bool:
    assert z == at and called == (function if function.isidentifier() else "σ")
    for name in units(names):
        node, unit = unit_of(name)
        layer = known.node(node)
        assert layer.activation.text == function
        values = known.value("preactivation", node, unit)
        pairs = zip(values, known.value("derivative", node, unit))
        assert any(near(z, one, 6) and near(derivative, other, 6) for one, other in pairs), f"{name} is elsewhere"
        here = [near(z, one, 6) and is_activation_kink(known.network, layer, one) for one in values]
        assert any(here) and are_examples(known, examples, here), f"{name}: {examples}"
    return True


def units(names: str) -> list[str]:
    """`z_h1 = z_y`, `z of h[0], h[1], h[2] and h[3]`, `h[0] and h[1]`"""
    if names.startswith("z_"):
        return [name.removeprefix("z_") for name in names.split(" = ")]
    return listed(names.removeprefix("z of "))[0]


def of_units_together(known: Known, name: str, examples: str | None, text: str, whole: str) -> bool:
    layer = known.node(name)
    assert layer.activation.text == text and layer.activation.name == "maxout"
    assert whole == f"∂{known.quantity}/∂{name}"
    pieces = int(layer.activation.options["pieces"])
    found = []
    for zs in known.rows("preactivation", name):
        groups = [zs[at : at + pieces] for at in range(0, len(zs), pieces)]
        found.append(any(group.count(max(group)) > 1 for group in groups))
    return are_examples(known, examples, found)


def of_join(known: Known, names: str, examples: str | None, verb: str, join: str, whole: str) -> bool:
    told = [unit_of(name) for name in units(names)]
    assert {node for node, _ in told} == {whole.partition("/∂")[2]} and whole.startswith(f"∂{known.quantity}/")
    assert (verb == "is") == (len(told) == 1) and known.node(told[0][0]).join == join
    if all(are_examples(known, examples, join_ties(known, node, unit or 0)) for node, unit in told):
        return True
    finer = with_digits(known, 200)  # sources may be one to those that are printed
    with mp.workdps(200):
        return all(are_examples(known, examples, join_ties(finer, node, unit or 0, 150)) for node, unit in told)


def with_digits(known: Known, dps: int) -> Known:
    """The same network computed with more digits."""
    with mp.workdps(dps):
        return Known.of_computation(computed(known.network, {"of": known.of, "dps": dps}), {"dps": dps})


def of_loss(known: Known, names: str, examples: str | None, verb: str, loss: str, used: str) -> bool:
    told = [unit_of(name) for name in units(names)]
    assert (verb == "is") == (len(told) == 1) and loss == known.network.loss.text
    is_last = told[0][0] == known.network.nodes[-1].name  # others may have readers, too
    if used == "0 is used" and known.network.examples == 1 and is_last:
        assert not any(known.value("adjoint", node, unit)[0] for node, unit in told)
    return all(are_examples(known, examples, loss_kinks(known, node, unit or 0)) for node, unit in told)


def by_rounding(
    known: Known, names: str, examples: str | None, verb: str, loss: str, used: str, dps: str, of: str, node: str
) -> bool:
    """Each of the units stands on a kink, and with more digits ∂L/∂ it is another; with 50 where those show it."""
    told = [unit_of(name) for name in units(names)]
    assert (verb == "rounds") == (len(told) == 1) and loss == known.network.loss.text and of == known.quantity
    finer, fewer = with_digits(known, int(dps)), with_digits(known, 50) if dps == "400" else known
    for name, unit in told:
        on_kink = loss_kinks(known, name, unit or 0)
        with mp.workdps(int(dps)):
            values = (one.value("adjoint", name, unit) for one in (known, fewer, finer))
            lost = [a == b != c and here for a, b, c, here in zip(*values, on_kink)]
        assert name == node and are_examples(known, examples, lost)
    return True


def to_digits(known: Known, digits: str, names: str, examples: str | None, verb: str, loss: str, used: str) -> bool:
    """They stand on the kink here, and with so many digits as well, in which some σ′ is lost."""
    derivatives = [x for values in known.facts["forward"].values() for x in flat(values.get("derivative", []))]
    assert any(x and abs(x) < mp.mpf(10) ** -int(digits) for x in derivatives)
    assert (verb == "is") == (len(units(names)) == 1) and loss == known.network.loss.text
    with mp.workdps(int(digits)):
        finer = with_digits(known, int(digits))
        for name, unit in map(unit_of, units(names)):
            here, there = (loss_kinks(one, name, unit or 0, n) for one, n in ((known, 12), (finer, int(digits) - 100)))
            assert are_examples(known, examples, [a and b for a, b in zip(here, there)])
    return True


def flat(value: Any) -> list[Any]:
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


EXAMPLES = r"(?: \((examples? [\d, and]+(?: more)?|every example)\))?"
NAMES = rf"(\S+?(?:, \S+?)*(?: and \S+(?: more)?)?){EXAMPLES}"
UNITS = rf"{NAMES} (is|are) at a kink of"
TEMPLATES: dict[str, Template] = {
    "kink of an activation": (
        rf"((?:z_.*|z of .*)) = {NUMBER}{EXAMPLES} is a kink of (.*), where it has no derivative; (\S+)′\({NUMBER}\) = "
        rf"{NUMBER} is used\.",
        of_activation,
    ),
    "kink of units together": (
        rf"(\S+){EXAMPLES} is at a kink of (maxout.*), where there is no derivative; preactivations that share a "
        r"maximum get equal parts of (\S+)\.",
        of_units_together,
    ),
    "kink of a join": (
        rf"{UNITS} (max|min), where there is no derivative; sources that are equal get equal parts of (\S+)\.",
        of_join,
    ),
    "kink of the loss": (
        rf"{UNITS} (.*), where there is no derivative; (one is used by convention|0 is used)\.",
        of_loss,
    ),
    "kink to so many digits": (
        rf"To (\d+) digits {UNITS} (.*), where (one is used by convention|0 is used)\.",
        to_digits,
    ),
    "kink by rounding": (
        rf"{NAMES} (rounds?) to a kink of (.*), where (one is used by convention|0 is used); --dps (\d+) shows "
        r"∂(\S+)/∂(\S+)\.",
        by_rounding,
    ),
}
TOLD = "every kink is told"
MORE = (*TEMPLATES, TOLD)


def is_of_kink(text: str) -> bool:
    """Whether a sentence is one of these."""
    return any(re.fullmatch(pattern, text) for pattern, _ in TEMPLATES.values())


def names_in(text: str) -> str:
    """The units that a sentence names, as it does."""
    text = re.sub(r"^To \d+ digits ", "", text)
    return re.split(rf" = {NUMBER[1:-1]}(?: \(.*?\))? is | (?:\(.*\) )?(?:(?:is|are) at|rounds? to) ", text)[0]


def nodes_of(text: str) -> set[str] | None:
    """The nodes that a sentence names; None where it does not name all."""
    names = names_in(text)
    return None if " more" in names else {unit_of(name)[0] for name in units(names)}


def claims(known: Known, texts: Iterable[str]) -> Iterator[Claim]:
    """That each of these sentences is true of a network, and that they name every node that stands on a kink."""
    told: list[set[str] | None] = []
    for text in texts:
        yield judged(text, TEMPLATES, known)
        told.append(nodes_of(text))
    yield Claim(TOLD, f"on kinks: {told}", "" if are_all(known, told) else "there are others")


def are_all(known: Known, told: Sequence[set[str] | None]) -> bool:
    nodes = {name for name, values in known.facts["forward"].items() if values.get("kink")}
    return None in told or nodes == set().union(*filter(None, told))
