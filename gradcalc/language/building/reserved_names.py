"""What a name means in formulas: w1_0_1 is an entry of w1, h1_0 a unit of h1, z_h1 its preactivation, d_h1 ∂L/∂h1."""

from __future__ import annotations

from collections.abc import Iterable

from gradcalc.language.building.draft import Chosen, Draft
from gradcalc.language.building.values import Shape
from gradcalc.language.problems import Reporter, quoted
from gradcalc.network.network import Index, Parameter

LONGEST_INDEX = 9


def refuse_symbols(
    chosen: Iterable[Chosen], parameters: Iterable[Parameter], draft: Draft, examples: int, reporter: Reporter
) -> None:
    """Reports chosen names that formulas need for something else; `examples` is 0 where there is no batch."""
    shapes = _shapes(parameters, draft, examples)
    for name, path, on in chosen:
        meaning = _entry(name, shapes) or _node(name, draft)
        if meaning:
            reporter.error(path, f"{quoted(name)} is how formulas write {meaning}; choose another name", on)


def _shapes(parameters: Iterable[Parameter], draft: Draft, examples: int) -> dict[str, tuple[Shape, ...]]:
    """For every name the ranges of its indices; a single number has none. In a batch nodes have an example's first."""
    found: dict[str, tuple[Shape, ...]] = {
        parameter.name: (parameter.shape,) for parameter in parameters if set(parameter.shape) - {1}
    }
    for name, known in zip(draft.names, draft.widths, strict=True):
        width = known or 1
        batch = ((examples,), (examples, width)) if examples else ()
        found[name] = (((width,),) if width > 1 else ()) + batch
    return found


def _entry(name: str, shapes: dict[str, tuple[Shape, ...]]) -> str:
    stem, last = _without_index(name)
    if last is None:
        return ""
    if _has(shapes.get(stem, ()), (last,)):
        return f"an entry of {stem}"
    stem, first = _without_index(stem)
    return f"an entry of {stem}" if first is not None and _has(shapes.get(stem, ()), (first, last)) else ""


def _has(shapes: tuple[Shape, ...], index: Index) -> bool:
    return any(len(shape) == len(index) and all(map(int.__lt__, index, shape)) for shape in shapes)


def _without_index(name: str) -> tuple[str, int | None]:
    """`w1_0` as (`w1`, 0)."""
    stem, _, digits = name.rpartition("_")
    if not digits.isdecimal() or len(digits) > LONGEST_INDEX or digits != str(int(digits)):
        return name, None
    return stem, int(digits)


def _node(name: str, draft: Draft) -> str:
    number = draft.numbers.get(name[2:])
    if number is None:
        return ""
    if name.startswith("d_"):
        return f"the adjoint of {name[2:]}"
    return f"the preactivation of {name[2:]}" if name.startswith("z_") and number >= draft.inputs else ""
