"""What a comparison says, in words with figures: where gradients vanish, what restores them, and by which paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.blocks import Note, Percent, Words
from gradcalc.questions.comparing import Comparison, Side
from gradcalc.questions.profile import Profile, profile
from gradcalc.results import Path
from gradcalc.text.phrases import gradient, listed, route
from gradcalc.views.compare.gradients import RATIO_DIGITS
from gradcalc.views.compare.profiles import DEEP, change, decades
from gradcalc.views.compare.skips import skip_edges
from gradcalc.views.scales import rounded

MOST = 3
"""Networks whose largest paths are told in words; of more of them the table tells enough."""

VANISHED = 3
"""Powers of ten from the output to the first layer from which on a gradient is said to vanish, or to explode."""


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
    """The gradient to speak of: the first that every network has and that is 0 in none."""
    names = (name for name in sides[0].norms if all(side.norms.get(name) for side in sides))
    return next(names, None)


def against_plain(comparison: Comparison, profiles: Sequence[Profile], name: str | None) -> Iterator[Words]:
    """A network beside itself without its skips."""
    given, plain = comparison.sides
    skips = skip_edges(given.network)
    them, they = ("the skip", "the skip") if len(skips) == 1 else ("its skips", "the skips")
    if len(plain.network.layers) >= DEEP:
        yield (f"Without {them} ", *course(profiles[1]), f"; with {them} ", *course(profiles[0], short=True), ".")
    if name is not None:
        yield (*restored(given, plain, name, comparison.ratios[name][1], they), *arrival(given, name))


def course(of: Profile, short: bool = False) -> Words:
    """`the gradient vanishes on its way back: ∂L/∂z becomes 8.2 times smaller per layer, 36 powers of ten in all`."""
    said = change(of)
    span = decades(of)
    if said == "kept" or said is None or span is None or abs(span) < VANISHED:
        return ("it is kept" if short else "the gradient is kept from layer to layer",)
    if short:
        return ("it becomes ", *said, " per layer")
    verb = "vanishes" if span < 0 else "explodes"
    powers = f"{abs(span):.0f} powers of ten from {of.nodes[0]} to {of.nodes[-1]}"
    return (f"the gradient {verb} on its way back: ∂L/∂z becomes ", *said, f" per layer, {powers}")


def restored(given: Side, plain: Side, name: str, ratio: Any, they: str) -> Words:
    """The gradient with and without."""
    with_them, without = magnitude(given, name), magnitude(plain, name)
    start = f"{with_them[0]} is "
    if ratio is None or 0.995 < ratio < 1.005:
        return (start, with_them[1], f" with {they} and without. ")
    times = rounded(ratio if ratio > 1 else 1 / ratio, RATIO_DIGITS)
    if ratio > 1:
        return (start, with_them[1], ", ", times, f" times what it is without {they} (", without[1], "). ")
    return (start, with_them[1], f"; without {they} it is ", times, " times larger (", without[1], "). ")


def magnitude(side: Side, name: str) -> tuple[str, Any]:
    """What a gradient is called, and its size: itself, or the norm of a matrix."""
    if isinstance(side.gradients[name], list):
        return f"‖{gradient(name)}‖", side.norms[name]
    return gradient(name), side.gradients[name]


def arrival(side: Side, name: str) -> Words:
    """By which paths the gradient arrives."""
    count, share = side.paths.count(name), side.paths.share(name)
    if count == 1 or share is None:
        return () if count == 1 else ("It is the sum of ", count, " paths.")
    path = side.paths.path(name)
    assert path is not None
    way = taken(path, side)
    if count == 2 and 0 <= share <= 1:
        return (Percent(share), f" of it arrives {way}, ", Percent(1 - share), " by the other path.")
    return ("It is the sum of ", count, " paths; ", Percent(share), f" arrives by the largest, {way}.")


def taken(path: Path, side: Side) -> str:
    """`over the skip h1 → y (w_r)`, `over 19 skips`, `along h1 → h2 → y`."""
    edges = skip_edges(side.network)
    skips = [label for label in path.through if label in edges]
    if not skips:
        return f"along {route(path.nodes)}"
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
            yield (f"{side.short}: ", *course(found), ".")
    if name is None:
        return
    least, most = (pick(sides, key=lambda side: side.norms[name]) for pick in (min, max))
    if least is not most:
        times = comparison.ratios[name][sides.index(least)] / comparison.ratios[name][sides.index(most)]
        what, largest = magnitude(most, name)
        smallest = magnitude(least, name)[1]
        yield (
            f"{what} is largest in {most.short} (",
            largest,
            f") and smallest in {least.short} (",
            smallest,
            "), ",
            rounded(times, RATIO_DIGITS),
            " times less.",
        )
    for side in sides if len(sides) <= MOST else ():
        arrives = arrival(side, name)
        if arrives:
            yield (f"{gradient(name)} in {side.short}: ", *arrives)


def exact_zeros(sides: Sequence[Side]) -> str | None:
    """Gradients that are exactly 0."""
    for side in sides:
        zero = [gradient(name) for name, size in side.log10.items() if size is None]
        if zero:
            return f"Exactly 0 in {side.short}: {listed(zero)}."
    return None
