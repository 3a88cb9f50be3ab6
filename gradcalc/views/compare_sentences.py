"""What a comparison says, in words with figures: where gradients vanish, what restores them, and by which paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.comparison import Comparison, Side, ratio
from gradcalc.analysis.results import Path
from gradcalc.analysis.saturation import Profile, profile
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.scales import figure
from gradcalc.report.text import gradient, listed, node_list
from gradcalc.views.compare_tables import DEEP, RATIO_DIGITS, change, decades, ends_apart, lost_at, skip_edges

MOST = 3
"""Networks whose largest paths are told in words; of more of them the table tells enough."""

SAME = 0.995
"""The ratio of two gradients from which on none is called larger."""

KEPT, VANISHED = 1, 3
"""Powers of ten from the output to the first layer up to which a gradient is said to be kept, and from which on to
vanish, or to explode."""

MANY = 10
"""Powers of ten of which whole ones are enough."""


def verdict(comparison: Comparison) -> Iterator[Note]:
    """The closing paragraph, one note a thought."""
    profiles = [profile(side.at) for side in comparison.sides]
    name = subject(comparison.sides)
    if comparison.alike == "skips":
        sentences = against_plain(comparison, profiles, name)
    else:
        sentences = side_by_side(comparison, profiles, name)
    for words in sentences:
        yield Note(words, "result")
    zero = exact_zeros(comparison.sides)
    if zero:
        yield Note(zero)


def subject(sides: Sequence[Side]) -> str | None:
    """The gradient to speak of: the first that every network has and that is not 0 in all of them."""
    names = (name for name in sides[0].norms if all(name in side.norms for side in sides))
    return next((name for name in names if any(side.norms[name] for side in sides)), None)


def against_plain(comparison: Comparison, profiles: Sequence[Profile], name: str | None) -> Iterator[Words]:
    """A network beside itself without its skips."""
    given, plain = comparison.sides
    skips = skip_edges(given.network)
    them, they = ("the skip", "the skip") if len(skips) == 1 else ("its skips", "the skips")
    if len(plain.network.layers) >= DEEP:
        yield f"Without {them} {course(profiles[1])}; with {them} {course(profiles[0], short=True)}."
    if name is not None:
        arrives = arrival(given, name) if given.norms[name] else ()
        yield (*restored(given, plain, name, they), *arrives)


def course(of: Profile, short: bool = False) -> str:
    """`the gradient vanishes on its way back: ∂L/∂z becomes 8.2 times smaller per layer, 36 powers of ten in all`."""
    said, lost = change(of), lost_at(of)
    if lost is not None:
        return f"{'it' if short else 'the gradient'} is exactly 0 from {lost} back"
    span = decades(of)
    ends = ends_apart(of)
    if said == "kept" or said is None or span is None or ends is None or abs(span) < KEPT:
        return "it is kept" if short else "the gradient is kept from layer to layer"
    if short:
        return f"it becomes {said} per layer"
    slow, fast = ("shrinks", "vanishes") if span < 0 else ("grows", "explodes")
    apart = f"{abs(ends):.0f}" if abs(ends) >= MANY else figure(abs(ends), 2)
    verb = fast if abs(span) >= VANISHED else slow
    way = f"{apart} powers of ten from {of.nodes[0]} to {of.nodes[-1]}"
    return f"the gradient {verb} on its way back: ∂L/∂z becomes {said} per layer, {way}"


def restored(given: Side, plain: Side, name: str, they: str) -> Words:
    """The gradient with and without."""
    what, with_them = magnitude(given, name)
    without = magnitude(plain, name)[1]
    if not with_them or not without:
        return (f"{what} is ", exactly(with_them), f"; without {they} it is ", exactly(without), ". ")
    times = ratio(given.norms[name], plain.norms[name])
    if SAME < times < 1 / SAME:
        return (f"{what} is ", with_them, f" with {they} and ", without, " without. ")
    turned = ", of the other sign" if (with_them > 0) != (without > 0) else ""
    if times > 1:
        return (f"{what} is ", with_them, f", {many(times)} what it is without {they} (", without, f"){turned}. ")
    larger = f"; without {they} it is {many(1 / times)} larger ("
    return (f"{what} is ", with_them, larger, without, f"){turned}. ")


def exactly(size: Any) -> Any:
    """A size, or the words for none."""
    return size or "exactly 0"


def many(times: Any) -> str:
    """`39.84 times`"""
    return f"{figure(times, RATIO_DIGITS)} times"


def magnitude(side: Side, name: str) -> tuple[str, Any]:
    """What a gradient is called, and its size: itself, or the norm of a matrix."""
    if isinstance(side.gradients[name], list):
        return f"‖{gradient(name)}‖", side.norms[name]
    return gradient(name), side.gradients[name]


def arrival(side: Side, name: str, it: str = "it") -> Words:
    """By which paths the gradient arrives."""
    count, share = side.paths.count(name), side.paths.share(name)
    begin = f"{it[0].upper()}{it[1:]} is the sum of "
    if count == 1 or share is None:
        return () if count == 1 else (begin, count, " paths.")
    path = side.paths.path(name)
    assert path is not None
    way = taken(path, side)
    if count == 2 and 0 <= share <= 1:
        return (Percent(share), f" of {it} arrives {way}, ", Percent(1 - share), " by the other path.")
    return (begin, count, " paths; ", Percent(share), f" arrives by the largest, {way}.")


def taken(path: Path, side: Side) -> str:
    """`over the skip h1 → y (w_r)`, `over 19 skips`, `along h1 → h2 → y`."""
    edges = skip_edges(side.network)
    skips = [label for label in path.through if label in edges]
    if not skips:
        return f"along {node_list(path.nodes)}"
    if len(skips) > 1:
        return f"over {len(skips)} skips"
    source, target = edges[skips[0]]
    weight = "" if skips[0].startswith("skip ") else f" ({skips[0]})"
    return f"over the skip {source} → {target}{weight}"


def side_by_side(comparison: Comparison, profiles: Sequence[Profile], name: str | None) -> Iterator[Words]:
    """Several networks: how each fares, who has the largest gradient, and by which paths."""
    sides = comparison.sides
    for side, found in zip(sides, profiles):
        if len(side.network.layers) >= DEEP:
            yield f"{side.short}: {course(found)}."
    if name is None:
        return
    least, most = (pick(sides, key=lambda side: side.norms[name]) for pick in (min, max))
    if least is not most:
        yield from extremes(least, most, name)
    for side in sides if len(sides) <= MOST else ():
        arrives = arrival(side, name, f"{gradient(name)} in {side.short}") if side.norms[name] else ()
        if arrives:
            yield arrives


def extremes(least: Side, most: Side, name: str) -> Iterator[Words]:
    """Where a gradient is largest and where it is smallest."""
    what, largest = magnitude(most, name)
    times = ratio(most.norms[name], least.norms[name])
    start = (f"{what} is largest in {most.short} (", largest, ") and ")
    if times is None:
        yield (*start, f"exactly 0 in {least.short}.")
    else:
        smallest = magnitude(least, name)[1]
        yield (*start, f"smallest in {least.short} (", smallest, f"), {many(times)} less.")


def exact_zeros(sides: Sequence[Side]) -> str | None:
    """Gradients that are exactly 0."""
    zeros = {side.short: [gradient(name) for name, size in side.log10.items() if size is None] for side in sides}
    told = [f"in {short}: {listed(names)}" for short, names in zeros.items() if names]
    return f"Exactly 0 {'; '.join(told)}." if told else None
