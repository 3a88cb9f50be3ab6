"""What a glance at a spec tells of a chain of layers, before anything of it is checked or built: a command that cannot
do what is asked of so many layers says so at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.language.building.draft import LONGEST_INDEX, MOST_LAYERS
from gradcalc.records import Record

NOTHING: Mapping[str, Any] = {}
ChainSkips = tuple[range, bool]
"""The numbers of the layers that skips end at, of which each starts a step of the range before (0: at the input), and
whether they end in the output of a layer."""


class Chain(Record):
    """Layers that follow one another and all lead to the loss."""

    layers: int = 0
    weights: int = 0  # that are parameters of their own
    is_scalar: bool = True  # every layer and the input is one number
    skips: Sequence[ChainSkips] = ()  # none where they cannot be told from the spec as it is written


def chain_of(data: Any) -> Chain:
    """The chain of a spec; an empty one where it may be something else. What stands for many layers of the short form
    (see `long_lists`) has a `repeat`."""
    get = data.get if isinstance(data, dict) else NOTHING.get
    short, layers, loss = get("weights"), get("layers"), get("loss")
    if isinstance(get("target"), dict | None) and loss not in ("output", {"name": "output"}):
        return Chain()
    if isinstance(short, list):
        layers = [each if isinstance(each, dict) and "repeat" in each else {"weight": each} for each in short]
    total, own, is_scalar, is_named = 0, 0, isinstance(get("input"), float | int), False
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict) or "weight" not in layer or "from" in layer:
            return Chain()
        weight, repeat = layer["weight"], layer.get("repeat", 1)
        if type(repeat) is not int or total + repeat > MOST_LAYERS:
            return Chain()
        total += repeat
        own += (1 if layer.get("share") else repeat) * (type(weight) is not str)
        is_scalar = is_scalar and isinstance(weight, float | int)
        is_named = is_named or "name" in layer
    return Chain(total, own, is_scalar, skips_of(get("skips"), total) if is_scalar and not is_named else ())


def skips_of(raw: Any, layers: int) -> Sequence[ChainSkips]:
    """The skips between layers that have one unit each and their names by position; none where one of them is unclear,
    as is what stands for many of a long list."""
    found: list[ChainSkips] = []
    for skip in raw if isinstance(raw, list) else () if raw is None else (raw,):
        told = skip if isinstance(skip, dict) else NOTHING
        every, late = told.get("every"), told.get("into") == "output"
        if type(every) is int and every > 0 and told.keys().isdisjoint(("start", "until")):
            found.append((range(every, layers + 1, every), late))
            continue
        start, end = (position(told.get(key), layers) for key in ("from", "to"))
        if start is None or end is None or start >= end:
            return ()
        found.append((range(end, end + 1, end - start), late))
    return tuple(found)


def position(name: Any, layers: int) -> int | None:
    """The number of the layer of this name, 0 of the input; None where there is none."""
    if name in ("x", "y"):
        return layers * (name == "y")
    number = name[1:] if isinstance(name, str) and name[:1] == "h" and len(name) < LONGEST_INDEX else ""
    return int(number) if number.isascii() and number.isdecimal() and 0 < int(number) < layers else None
