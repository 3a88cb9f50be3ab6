"""Where a page says that there is no derivative, and which is used there, against the JSON of `compute`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from claims.claim import NUMBER, Claim, Template, judged, listed, near
from claims.known import Known, unit_of
from claims.structure import Source, is_activation_kink, join_sources, loss_kinks
from mpmath import mp

from gradcalc.analysis import lost_derivatives
from gradcalc.analysis.loss_along import LossAlong
from gradcalc.analysis.point import is_narrow, point
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.scalar_graph import layout
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.graph import JoinNode, graph


def are_examples(known: Known, told: str | None, on_kink: list[bool]) -> bool:
    """Whether these are the examples, of several, in which something is so."""
    found = [str(example) for example, is_so in enumerate(on_kink) if is_so]
    if told is None or told == "every example":
        assert (told is None) == (known.network.examples == 1), f"in {found}"
        return all(on_kink)
    names, more = listed(told.removeprefix("example").removeprefix("s").strip())
    return names == found[: len(names)] and len(names) + more == len(found) < known.network.examples


def are_among(known: Known, told: str | None, possible: Sequence[bool], sure: Sequence[bool]) -> bool:
    """Whether something may be so in these examples, and they are all of those in which it surely is."""
    assert all(may or not must for may, must in zip(possible, sure))
    least, most = ([str(example) for example, is_so in enumerate(those) if is_so] for those in (sure, possible))
    if told is None or told == "every example":
        assert (told is None) == (known.network.examples == 1), f"in {most}"
        return all(possible)
    names, more = listed(told.removeprefix("example").removeprefix("s").strip())
    assert set(names) <= set(most) and len(least) <= len(names) + more <= len(most), f"in {least} to {most}"
    return len(names) + more < known.network.examples and (bool(more) or set(least) <= set(names))


Gaps = Callable[[Known], list[Any]]
"""Example by example how far something is from a kink."""


def are_off(known: Known, digits: int, gaps: Gaps, surely: bool = False) -> list[bool]:
    """Example by example, whether with so many digits it is off a kink by as much as with twice as many; with those
    that JSON has or the ten more that are computed with, or surely with both."""
    found = []
    try:
        for one in (digits, digits + 10, 2 * digits):
            with mp.workdps(one):
                found.append(gaps(known.with_digits(one)))
    except (DomainError, LimitError):  # then nothing is known of more digits
        return [False] * known.network.examples
    *fewer, most = found
    off = [[bool(other) and abs(one - other) <= abs(other) / 1000 for one, other in zip(own, most)] for own in fewer]
    return list(map(all if surely else any, zip(*off)))


def are_off_first(known: Known, dps: str | None, gaps: Gaps) -> list[bool]:
    """Whether it is off by so many digits and not by the fewer that are tried before; without them, off at all."""
    if dps is None:
        return are_off(known, enough(known), gaps, surely=True) if enough(known) else [False] * known.network.examples
    off = are_off(known, int(dps), gaps)
    for fewer in tried(known)[: tried(known).index(int(dps))]:
        off = [is_off and not before for is_off, before in zip(off, are_off(known, fewer, gaps, surely=True))]
    return off


def tried(known: Known) -> list[int]:
    """The digits that may show that something is off a kink."""
    return [digits for digits in (50, 400, 3200) if digits > (known.answer.options.get("dps") or 0)]


def enough(known: Known) -> int:
    """The digits that do, of all but what leaves the range of float64; 0 where they are those of the answer."""
    return [*tried(known), 0, 0][bool(tried(known)) and not is_within(known, 6)]


def is_within(known: Known, powers: int) -> bool:
    """Whether no number is so many powers of ten off 1: what differs by it, or by a power of it, many digits show."""
    numbers = flat([list(values.values()) for values in known.facts["forward"].values()])
    numbers += flat(list(known.facts["parameters"].values()))
    sizes = (abs(mp.log10(abs(x))) for x in numbers if x and not isinstance(x, (str, bool)))
    return all(size < powers for size in sizes)


def is_doubtful(known: Known, digits: str | None = None) -> bool:
    """Whether what is on a kink may be so to some digits alone."""
    return not is_within(known, 1 if digits == "15" else 50)


def of_activation(
    known: Known, digits: str | None, names: str, z: str, examples: str | None, rounds: str | None, function: str,
    is_so: str | None, called: str, at: str, derivative: str, dps: str | None
) -> bool:  # fmt: skip
    assert z == at and called == (function if function.isidentifier() else "σ")
    assert bool(rounds) == bool(dps) and bool(is_so) == (digits is None and not dps)
    assert digits is None or (not dps and is_doubtful(known, digits))
    for name in units(names):
        node, unit = unit_of(name)
        layer = known.node(node)
        assert layer.activation.text == function
        values = known.value("preactivation", node, unit)
        pairs = zip(values, known.value("derivative", node, unit))
        assert any(near(z, one, 6) and near(derivative, other, 6) for one, other in pairs), f"{name} is elsewhere"
        here = [near(z, one, 6) and is_activation_kink(known.network, layer, one) for one in values]

        def gaps(one: Known, node: str = node, unit: int | None = unit) -> list[Any]:
            return [value - mp.mpf(z) for value in one.value("preactivation", node, unit)]

        off = are_off_first(known, dps, gaps)
        here = [is_here and is_off == bool(dps) for is_here, is_off in zip(here, off)]
        sure = [is_here and not is_doubtful(known) for is_here in here]
        assert any(here) and are_among(known, examples, here, sure), f"{name}: {examples}"
    return True


def units(names: str) -> list[str]:
    """`z_h1 = z_y`, `z of h[0], h[1], h[2] and h[3]`, `h[0] and h[1]`"""
    if names.startswith("z_"):
        return [name.removeprefix("z_") for name in names.split(" = ")]
    return listed(names.removeprefix("z of "))[0]


def pieces_of(known: Known, name: str) -> list[list[list[Any]]]:
    """Example by example the preactivations of each unit of maxout, the largest first."""
    pieces = int(known.node(name).activation.options["pieces"])
    rows = ([mp.mpf(z) for z in zs] for zs in known.rows("preactivation", name))
    return [[sorted(zs[at : at + pieces], reverse=True) for at in range(0, len(zs), pieces)] for zs in rows]


def of_maxout(
    known: Known, digits: str | None, names: str, examples: str | None, verb: str, text: str, is_so: str | None,
    whole: str, dps: str | None
) -> bool:  # fmt: skip
    told = [unit_of(name) for name in units(names)]
    assert {f"∂{known.quantity}/∂{node}" for node, _ in told} == {whole}
    layer = known.node(told[0][0])
    assert layer.activation.text == text and layer.activation.name == "maxout"
    assert verb == ("is at", "are at", "rounds to", "round to")[2 * bool(dps) + (len(told) > 1)]
    assert bool(is_so) == (digits is None and not dps) and (digits is None or (not dps and is_doubtful(known, digits)))
    for node, unit in told:

        def gaps(one: Known, node: str = node, unit: int = unit or 0) -> list[Any]:
            return [groups[unit][0] - groups[unit][1] for groups in pieces_of(one, node)]

        off = are_off(known, int(dps or enough(known)), gaps, surely=not dps)
        ties = [groups[unit or 0][0] == groups[unit or 0][1] for groups in pieces_of(known, node)]
        found = [is_tie and is_off == bool(dps) for is_tie, is_off in zip(ties, off)]
        assert are_among(known, examples, found, [is_so and not is_doubtful(known) for is_so in found])
    return True


def layer_of(known: Known, name: str) -> str:
    """The layer of a node, or the one in which a weight multiplies the maximum of these: max(a, b)."""
    if "(" not in name:
        return name
    layers = (layer for layer in known.network.layers if layer.weight is not None)
    return next(layer.name for layer in layers if joined(known, layer) == name)


def joined(known: Known, layer: Any) -> str:
    sources = dict.fromkeys(known.network.nodes[edge.source].name for edge in layer.edges)
    return f"{layer.join}({', '.join(sources)})"


def of_join(
    known: Known, digits: str | None, names: str, examples: str | None, verb: str, join: str, is_so: str | None,
    whole: str, dps: str | None
) -> bool:  # fmt: skip
    """They tie as numbers are rounded; and with more digits, or not where those tell them apart."""
    named = [unit_of(name) for name in units(names)]
    told = [(layer_of(known, name), unit) for name, unit in named]
    layer = known.node(told[0][0])
    same = layer.name if layer.activation.name == "identity" else f"z_{layer.name}"
    own, same = (layer.name, same) if layer.weight is None else [joined(known, layer)] * 2
    assert {node for node, _ in named} == {own} and whole == f"∂{known.quantity}/∂{same}"
    assert verb == ("is at", "are at", "rounds to", "round to")[2 * bool(dps) + (len(told) > 1)]
    assert layer.join == join
    assert bool(is_so) == (digits is None and not dps) and (digits is None or (not dps and is_doubtful(known, digits)))
    for node, unit in told:
        sources = join_sources(known, node, unit or 0)

        def gaps(one: Known, node: str = node, unit: int | None = unit) -> list[Any]:
            return [first.value - second.value for first, second, *_ in join_sources(one, node, unit or 0)]

        off = are_off_first(known, dps, gaps)
        may, must = (
            [is_so and is_off == bool(dps) for is_so, is_off in zip(those, off)] for those in zip(*map(ties, sources))
        )
        if is_so and not is_doubtful(known):
            corners = have_corners(known, node, unit or 0)
            may = [one and has for one, has in zip(may, corners or may)]
            must = [one and has for one, has in zip(must, corners or [False] * len(must))]
        assert are_among(known, examples, may, [is_so and not is_doubtful(known) for is_so in must]), (
            f"{node}: {examples}"
        )
    return True


STEP_DIGITS, FEW = 40, 20_000


def have_corners(known: Known, name: str, unit: int) -> list[bool] | None:
    """Example by example, whether the derivatives from below and from above of a unit's join differ, by any weight or
    input; None where there are too many to move, and where what is joined may stand on kinks of its own."""
    laid, numbers = graph(known.network), range(known.network.examples)
    places, digits = layout(laid), 3 * STEP_DIGITS
    joins = (number for number, node in enumerate(laid.nodes) if isinstance(node, JoinNode))
    own = places.units(next(number for number in joins if known.network.nodes[laid.nodes[number].of].name == name))
    inputs = [(n, place) for n in numbers for place in range(sum(one.width for one in known.network.inputs))]
    moved = [*range(1, places.weights), *inputs]
    others = any(values.get("kink") for node, values in known.facts["forward"].items() if node != name)
    if others or len(moved) * places.values * len(numbers) > FEW or not is_within(known, 6):
        return None
    found = [False for _ in numbers]
    with mp.workdps(digits):
        loss, step = LossAlong(laid, Multiprecision(digits)), mp.mpf(10) ** -STEP_DIGITS
        for place in moved:
            passes = [loss.passes(place, loss.value(place) + by) for by in (-step, 0, step)]
            for n in numbers:
                below, here, above = (values[n][own[unit]] for values in passes)
                found[n] |= bool(abs(above + below - 2 * here) > step * mp.mpf(10) ** -(STEP_DIGITS // 2))
    return found


def may_be_smooth(known: Known, text: str) -> bool:
    """Whether a sentence is of a join of which it is not known whether sources that tie have different derivatives."""
    named = units(names_in(text)) if re.fullmatch(TEMPLATES["kink of a join"][0], text) else ()
    return any(have_corners(known, layer_of(known, name), unit or 0) is None for name, unit in map(unit_of, named))


def ties(sources: Sequence[Source]) -> tuple[bool, bool]:
    """Whether the first two may tie as they are rounded, and whether they do however their terms are added."""
    first, second, *_ = sources
    size = mp.fsum(map(abs, (*first.terms, *second.terms)))
    may = abs(first.value - second.value) <= size * mp.mpf(10) ** -12
    if any(x and not 1e-150 < abs(x) < 1e150 for x in (*first.terms, *second.terms)):
        return may, False  # float64 may not be what they are computed in
    return may, may and len(first.in_float64 | second.in_float64) == 1


def of_loss(known: Known, names: str, examples: str | None, verb: str, loss: str, used: str) -> bool:
    told = [unit_of(name) for name in units(names)]
    assert (verb == "is") == (len(told) == 1) and loss == known.network.loss.text
    is_last = told[0][0] == known.network.nodes[-1].name  # others may have readers, too
    if used == "0 is used" and known.network.examples == 1 and is_last:
        assert not any(known.value("adjoint", node, unit)[0] for node, unit in told)
    return all(are_examples(known, examples, on_loss_kink(known, node, unit or 0)) for node, unit in told)


def on_loss_kink(known: Known, node: str, unit: int) -> list[bool]:
    """Example by example, whether a unit stands on a kink of the loss, and does so with the most digits that are tried;
    in arrays alone, where none are, as numbers are rounded."""
    here = loss_kinks(known, node, unit)
    at, dps = point(known.network, known.answer.options.get("dps")), known.answer.options.get("dps") or 0
    if not any(here) or not is_narrow(at.graph):
        return here
    digits = max((more for more in lost_derivatives.tried(at) if more > dps), default=0)
    with mp.workdps(2 * digits or mp.dps):
        finer = loss_kinks(known.with_digits(2 * digits), node, unit, digits - 10) if digits else here
    return [one and other for one, other in zip(here, finer)]


def by_rounding(
    known: Known, names: str, examples: str | None, verb: str, loss: str, used: str, dps: str, of: str, node: str
) -> bool:
    """Each of the units stands on a kink, and with more digits ∂L/∂ it is another; with the fewest that show it."""
    told = [unit_of(name) for name in units(names)]
    assert (verb == "rounds") == (len(told) == 1) and loss == known.network.loss.text and of == known.quantity
    digits = max((digits for digits in tried(known) if digits < int(dps)), default=0)
    finer, fewer = known.with_digits(int(dps)), known.with_digits(digits) if digits else known
    rounding = mp.mpf(10) ** (10 - digits) if digits else 0
    for name, unit in told:
        on_kink = loss_kinks(known, name, unit or 0)
        with mp.workdps(int(dps)):
            values = (one.value("adjoint", name, unit) for one in (known, fewer, finer))
            lost = [
                is_same(a, b) and abs(b - c) > rounding * max(abs(b), abs(c)) and here
                for a, b, c, here in zip(*values, on_kink)
            ]
        assert name == node and are_examples(known, examples, lost)
    return True


def is_same(one: Any, other: Any) -> bool:
    """Whether two derivatives differ by rounding alone."""
    return bool(abs(one - other) <= 1e-9 * max(abs(one), abs(other)))


def to_digits(known: Known, digits: str, names: str, examples: str | None, verb: str, loss: str, used: str) -> bool:
    """They stand on the kink here, and with so many digits as well, in which some σ′ is lost."""
    derivatives = [x for values in known.facts["forward"].values() for x in flat(values.get("derivative", []))]
    assert any(x and abs(x) < mp.mpf(10) ** -int(digits) for x in derivatives)
    assert (verb == "is") == (len(units(names)) == 1) and loss == known.network.loss.text
    with mp.workdps(int(digits)):
        finer = known.with_digits(int(digits))
        for name, unit in map(unit_of, units(names)):
            here, there = (loss_kinks(one, name, unit or 0, n) for one, n in ((known, 12), (finer, int(digits) - 100)))
            assert are_examples(known, examples, [a and b for a, b in zip(here, there)])
    return True


def flat(value: Any) -> list[Any]:
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


EXAMPLES = r"(?: \((examples? [\d, and]+(?: more)?|every example)\))?"
NAME = r"(?:m(?:ax|in)\([^()]*\)\S*|\S+?)"
NAMES = rf"({NAME}(?:, {NAME})*(?: and {NAME}(?: more)?)?){EXAMPLES}"
UNITS = rf"{NAMES} (is|are) at a kink of"
TO_DIGITS = r"(?:To (\d+) digits )?"
ANY_UNITS = rf"{TO_DIGITS}{NAMES} ((?:is|are) at|rounds? to) a kink of"
APART = r"(?:; --dps (\d+) tells them apart)?"
TEMPLATES: dict[str, Template] = {
    "kink of an activation": (
        rf"{TO_DIGITS}((?:z_.*|z of .*)) = {NUMBER}{EXAMPLES} (?:is|(by rounding),) a kink of (.*), where "
        rf"(it has no derivative; )?(\S+)′\({NUMBER}\) = {NUMBER} is used(?:; --dps (\d+) shows z)?\.",
        of_activation,
    ),
    "kink of maxout": (
        rf"{ANY_UNITS} (maxout.*), where (there is no derivative; )?"
        rf"preactivations that share a maximum get equal parts of (\S+?){APART}\.",
        of_maxout,
    ),
    "kink of a join": (
        rf"{ANY_UNITS} (max|min), where (there is no derivative; )?sources that are equal get equal parts of "
        rf"(∂.+?){APART}\.",
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
    return re.split(
        rf" = {NUMBER[1:-1]}(?: \(.*?\))? (?:is|by rounding,) | (?:\(.*\) )?(?:(?:is|are) at|rounds? to) ", text
    )[0]


def kinks_in(text: str) -> set[tuple[str, ...]]:
    """What a sentence says to be on a kink: each unit, of what, in which examples."""
    function, examples = re.search(" a kink of (.*?), where ", text), re.search(r"\((example.*?|every example)\)", text)
    return {(unit, function[1], examples[1] if examples else "") for unit in units(names_in(text))}  # type: ignore[index]


def nodes_of(known: Known, text: str) -> set[str] | None:
    """The nodes that a sentence names; None where it does not name all."""
    names = names_in(text)
    return None if " more" in names else {layer_of(known, unit_of(name)[0]) for name in units(names)}


def claims(known: Known, texts: Iterable[str], visited: Collection[str] | None = None) -> Iterator[Claim]:
    """That each of these sentences is true of a network, and that they name every node that stands on a kink; of these
    alone where some are given."""
    told: list[set[str] | None] = []
    for text in texts:
        yield judged(text, TEMPLATES, known)
        told.append(nodes_of(known, text))
    yield Claim(TOLD, f"on kinks: {told}", "" if are_all(known, told, visited) else "there are others")


def are_all(known: Known, told: Sequence[set[str] | None], visited: Collection[str] | None) -> bool:
    nodes = {name for name, values in known.facts["forward"].items() if values.get("kink")}
    named = set().union(*filter(None, told))
    return None in told or (nodes == named if visited is None else nodes & {*visited} <= named <= nodes)
