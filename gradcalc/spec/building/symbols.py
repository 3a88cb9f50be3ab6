"""Which entries a network has, as formulas write them: `w1_0_1` of a weight, `b1_0` of a bias, `h1_0` of a node."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from gradcalc.network import Index, Parameter
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.values import Shape


class Symbols:
    """Looks entries up; a value of one entry is written without an index."""

    def __init__(self, parameters: Iterable[Parameter], draft: Draft, examples: int) -> None:
        self._parameters = parameters
        self._draft = draft
        self._examples = examples  # of a batch, else 0

    def has(self, name: str, index: Index) -> bool:
        """Whether the symbol of this name with this index stands for something."""
        return any(len(shape) == len(index) and _within(index, shape) for shape in self._shapes.get(name, ()))

    @cached_property
    def _shapes(self) -> dict[str, tuple[Shape, ...]]:
        """For every name the ranges of its indices: units, and in a batch examples and units."""
        found: dict[str, tuple[Shape, ...]] = {
            parameter.name: (parameter.shape,) for parameter in self._parameters if set(parameter.shape) - {1}
        }
        for name, width in zip(self._draft.names, self._draft.widths, strict=True):
            width = width or 1
            batch = ((self._examples,), (self._examples, width)) if self._examples else ()
            found[name] = (((width,),) if width > 1 else ()) + batch
        return found


def _within(index: Index, shape: Shape) -> bool:
    return all(i < size for i, size in zip(index, shape, strict=True))
