"""Targets: what nodes should have been, as numbers, lists, batches, class indices, or a mapping of layers to these.

A class index k of n units is one-hot: 1 at unit k, else 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.losses import Loss
from gradcalc.network import NO_CONSTANTS, Index, Rows, Target, Value
from gradcalc.problems import SpecPath
from gradcalc.record import Record
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.inputs import one_example
from gradcalc.spec.building.placing import entries, units
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import Given, read_value
from gradcalc.spec.wording import quoted

Found = tuple[Rows, Mapping[Index, str]]
"""The rows of a target, [examples][units], and the exact constants in them."""


class Aim(Record):
    """A target as the spec has it, and the node it is for; `width` None is unknown."""

    raw: Any
    at: SpecPath
    node: int
    name: str
    width: int | None


class Targets:
    """Reads targets for a network of so many examples."""

    def __init__(self, draft: Draft, loss: Loss | None, batch: bool, examples: int, reporter: Reporter) -> None:
        self._draft = draft
        self._classes = loss is None or loss.classes
        self._rule = "a target has one number per unit" + (", or is a class index" if self._classes else "")
        self._loss = loss
        self._batch = batch
        self._examples = examples
        self._reporter = reporter

    def read(self, raw: Any) -> tuple[Target, ...]:
        """All targets, in order of the nodes."""
        if raw is None:
            return ()
        if self._loss is not None and not self._loss.takes_target:
            message = f"is not for loss {self._loss.name}, which takes none; leave it out, or choose another loss"
            self._reporter.error(("target",), message)
            return ()
        found = [target for aim in self._aims(raw) if (target := self._target(aim)) is not None]
        return tuple(sorted(found, key=lambda target: target.node))

    def _aims(self, raw: Any) -> list[Aim]:
        if not isinstance(raw, dict):
            last = len(self._draft.names) - 1
            return [self._aim(raw, ("target",), last)] if last >= self._draft.inputs else []
        found = [(value, ("target", name), self._layer(name)) for name, value in raw.items()]
        return [self._aim(value, at, node) for value, at, node in found if node is not None]

    def _aim(self, raw: Any, at: SpecPath, node: int) -> Aim:
        return Aim(raw, at, node, self._draft.names[node], self._draft.widths[node])

    def _layer(self, name: str) -> int | None:
        at = ("target", name)
        node = self._draft.numbers.get(name)
        if node is None:
            if layers := self._draft.names[self._draft.inputs :]:
                self._reporter.error(at, f"{quoted(name)} is no layer{self._reporter.meant(name, layers)}", "key")
        elif node < self._draft.inputs:
            self._reporter.error(at, f"{name} is an input; targets are for layers", "key")
            return None
        return node

    def _target(self, aim: Aim) -> Target | None:
        given = read_value(aim.raw, aim.at, self._reporter)
        if given is None or aim.width is None:
            return None
        found = self._batch_rows(aim, aim.width, given) if self._batch else self._one_row(aim, aim.width, given)
        if found is None:
            return None
        rows, exact = found
        return Target(aim.node, rows, self._printed(aim.raw, rows, given), exact)

    def _printed(self, raw: Any, rows: Rows, given: Given) -> Value:
        """As results print it: a class index or a whole number as it is given, all else in the shape of its node."""
        width = len(rows[0])
        if (width > 1 and len(given.shape) == int(self._batch)) or type(raw) is int:
            return raw
        numbers = rows if self._batch else rows[0]
        return numbers if self._batch or width > 1 else numbers[0]

    def _one_row(self, aim: Aim, width: int, given: Given) -> Found | None:
        """One example: a number for one unit, a class index, or one number per unit."""
        if len(given.shape) == 2:
            self._reporter.error(aim.at, "is a list of lists, a batch, but the input is one example")
        elif given.shape == (width,):
            return [given.value], one_example(given.exact)
        elif given.shape:
            self._misfit(aim, f"has {entries(given.shape[0])}")
        elif width == 1:
            return [[given.value]], one_example(given.exact)
        else:
            row = self._one_hot(aim, width, aim.raw, aim.at)
            return ([row], NO_CONSTANTS) if row else None
        return None

    def _batch_rows(self, aim: Aim, width: int, given: Given) -> Found | None:
        """A batch: one row per example, or a flat list of one number, or one class index, per example."""
        if not given.shape or given.shape[0] != self._examples:
            has = f"has {entries(given.shape[0])}" if given.shape else "is one number"
            batch = f"the input is a batch of {self._examples}"
            self._reporter.error(aim.at, f"{has} but {batch}; a target has one number, list or class index per example")
        elif len(given.shape) == 1:
            return self._flat_batch(aim, width, given)
        elif given.shape[1] == width:
            return given.value, given.exact
        else:
            self._misfit(aim, f"has rows of {entries(given.shape[1])}")
        return None

    def _flat_batch(self, aim: Aim, width: int, given: Given) -> Found | None:
        if width == 1:
            return [[number] for number in given.value], {(i, 0): text for (i,), text in given.exact.items()}
        if not self._classes:
            self._misfit(aim, "has one number per example")
            return None
        rows = [self._one_hot(aim, width, index, (*aim.at, i)) for i, index in enumerate(aim.raw)]
        sound = [row for row in rows if row is not None]
        return (sound, NO_CONSTANTS) if len(sound) == len(rows) else None

    def _one_hot(self, aim: Aim, width: int, index: Any, at: SpecPath) -> list[float] | None:
        if not self._classes:
            self._misfit(aim, "is one number", at)
        elif type(index) is not int:
            self._reporter.error(at, f"is {quoted(index)}, no class index: that is a whole number from 0 on")
        elif not 0 <= index < width:
            self._reporter.error(at, f"is class {index} but {aim.name} has {units(width)}, classes 0 to {width - 1}")
        else:
            return [float(unit == index) for unit in range(width)]
        return None

    def _misfit(self, aim: Aim, has: str, at: SpecPath = ()) -> None:
        self._reporter.error(at or aim.at, f"{has} but {aim.name} has {units(aim.width or 0)}; {self._rule}")
