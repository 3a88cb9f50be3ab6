"""Inputs, targets and the loss: numbers, lists, batches, class indices, or mappings of names to any of these.

A class index k of n units is one-hot: 1 at unit k, else 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.expressions.expression import FormulaError
from gradcalc.language.building.draft import Draft, GivenNames
from gradcalc.language.building.values import Given, entries, read_option, read_value, units
from gradcalc.language.problems import Problems, all_of, path_text, quoted
from gradcalc.losses import Loss
from gradcalc.losses import bind as bind_loss
from gradcalc.losses import from_formula as loss_from_formula
from gradcalc.network.network import NO_CONSTANTS, Index, Input, Rows, Target
from gradcalc.records import Record

ALONE = "x"


class Inputs(Record):
    """The inputs in order, None where there is a mistake, and whether they are a batch."""

    names: tuple[str, ...]
    found: tuple[Input | None, ...]
    batch: bool
    examples: int


def read_inputs(raw: Any, names: GivenNames, problems: Problems) -> Inputs:
    """All inputs of a spec; all are batches of equal length, or none is."""
    if raw is None or raw == {}:
        problems.error(("input",), "is missing: a network needs at least one number to compute with")
        return Inputs((ALONE,), (None,), False, 1)
    named: dict[str, tuple[Any, SpecPath]] = {ALONE: (raw, ("input",))}
    if isinstance(raw, dict):
        named = {str(name): (value, ("input", name)) for name, value in raw.items()}
        for name, (_, at) in named.items():
            names.choose(name, at, parameter=False, on="key")
    else:
        names.take(ALONE, ("input",))
    given = [read_value(value, at, problems) for value, at in named.values()]
    batch, examples = _examples(given, [at for _, at in named.values()], problems)
    found: list[Input | None] = []
    for name, value in zip(named, given, strict=True):
        if value is None:
            found.append(None)
        elif len(value.shape) == 2:
            found.append(Input(name, value.shape[1], value.value, value.exact))
        else:
            row = value.value if value.shape else [value.value]
            found.append(Input(name, len(row), [row], one_example(value.exact)))
    return Inputs(tuple(named), tuple(found), batch, examples)


def one_example(exact: Mapping[Index, str]) -> Mapping[Index, str]:
    """Exact constants of a number or a list, by (example, unit)."""
    return {(0, *index) if index else (0, 0): text for index, text in exact.items()} if exact else exact


def _examples(given: list[Given | None], places: list[SpecPath], problems: Problems) -> tuple[bool, int]:
    """Whether the inputs are a batch, and of how many examples; the others are compared with the first."""
    known = [(value.shape, at) for value, at in zip(given, places, strict=True) if value]
    if not known:
        return False, 1
    (first, first_at), *others = known
    for shape, at in others:
        if (len(shape) == 2) != (len(first) == 2) or (len(shape) == 2 and shape[0] != first[0]):
            what, first_what = (
                f"a batch of {size[0]} example{'s' * (size[0] != 1)}" if len(size) == 2 else "one example"
                for size in (shape, first)
            )
            what = f"is {what} but {path_text(first_at)} is {first_what}"
            problems.error(at, f"{what}; all inputs are batches of equal length, or none is")
    return len(first) == 2, first[0] if len(first) == 2 else 1


Found = tuple[Rows, Mapping[Index, str]]  # the rows of a target, [examples][units], and the exact constants in them


class Aim(Record):
    """A target as the spec has it, and the node it is for; `width` None is unknown."""

    raw: Any
    at: SpecPath
    node: int
    name: str
    width: int | None


class Targets:
    """Reads targets for a network of so many examples."""

    def __init__(self, draft: Draft, loss: Loss | None, batch: bool, examples: int) -> None:
        self._draft = draft
        self._classes = loss is None or loss.classes
        self._rule = "a target has one number per unit" + (", or is a class index" if self._classes else "")
        self._loss = loss
        self._batch = batch
        self._examples = examples
        self._problems = draft.problems

    def read(self, raw: Any) -> tuple[Target, ...]:
        """All targets, in order of the nodes."""
        if raw is None:
            return ()
        if self._loss is not None and not self._loss.takes_target:
            message = f"is not for loss {self._loss.name}, which takes none; leave it out, or choose another loss"
            self._problems.error(("target",), message)
            return ()
        named: list[tuple[Any, SpecPath, int | None]]
        named = [(raw, ("target",), len(self._draft.names) - 1)] if self._draft.built else []
        if isinstance(raw, dict):
            named = [(value, ("target", name), self._layer(name)) for name, value in raw.items()]
        found = []
        for value, at, node in named:
            if node is not None:
                aim = Aim(value, at, node, self._draft.names[node], self._draft.widths[node])
                found.append(self._target(aim))
        return tuple(sorted(filter(None, found), key=lambda target: target.node))

    def _layer(self, name: str) -> int | None:
        at = ("target", name)
        node = self._draft.numbers.get(name)
        if node is None:
            if layers := self._draft.names[self._draft.inputs :]:
                end = self._problems.meant(name, layers) or all_of("layers", layers)
                self._problems.error(at, f"{quoted(name)} is no layer{end}", "key")
        elif node < self._draft.inputs:
            self._problems.error(at, f"{name} is an input; targets are for layers", "key")
            return None
        return node

    def _target(self, aim: Aim) -> Target | None:
        given = read_value(aim.raw, aim.at, self._problems)
        if given is None or aim.width is None:
            return None
        found = self._batch_rows(aim, aim.width, given) if self._batch else self._one_row(aim, aim.width, given)
        if found is None:
            return None
        rows, exact = found
        if (aim.width > 1 and len(given.shape) == int(self._batch)) or type(aim.raw) is int:
            printed = aim.raw  # a class index or a whole number as it is given, all else in the shape of its node
        else:
            printed = rows if self._batch else rows[0] if aim.width > 1 else rows[0][0]
        return Target(aim.node, rows, printed, exact)

    def _one_row(self, aim: Aim, width: int, given: Given) -> Found | None:
        """One example: a number for one unit, a class index, or one number per unit."""
        if len(given.shape) == 2:
            self._problems.error(aim.at, "is a list of lists, a batch, but the input is one example")
        elif given.shape not in ((), (width,)):
            self._misfit(aim, f"has {entries(given.shape[0])}")
        elif given.shape or width == 1:
            return [given.value if given.shape else [given.value]], one_example(given.exact)
        elif row := self._one_hot(aim, width, aim.raw, aim.at):
            return [row], NO_CONSTANTS
        return None

    def _batch_rows(self, aim: Aim, width: int, given: Given) -> Found | None:
        """A batch: one row per example, or a flat list of one number, or one class index, per example."""
        if not given.shape or given.shape[0] != self._examples:
            has = f"has {entries(given.shape[0])}" if given.shape else "is one number"
            batch = f"the input is a batch of {self._examples}"
            self._problems.error(aim.at, f"{has} but {batch}; a target has one number, list or class index per example")
        elif len(given.shape) == 2 and given.shape[1] == width:
            return given.value, given.exact
        elif len(given.shape) == 2:
            self._misfit(aim, f"has rows of {entries(given.shape[1])}")
        elif width == 1:
            return [[number] for number in given.value], {(i, 0): text for (i,), text in given.exact.items()}
        elif not self._classes:
            self._misfit(aim, "has one number per example")
        else:
            rows = [self._one_hot(aim, width, index, (*aim.at, i)) for i, index in enumerate(aim.raw)]
            sound = [row for row in rows if row is not None]
            return (sound, NO_CONSTANTS) if len(sound) == len(rows) else None
        return None

    def _one_hot(self, aim: Aim, width: int, index: Any, at: SpecPath) -> list[float] | None:
        if not self._classes:
            self._misfit(aim, "is one number", at)
        elif type(index) is not int:
            self._problems.error(at, f"is {quoted(index)}, no class index: that is a whole number from 0 on")
        elif not 0 <= index < width:
            self._problems.error(at, f"is class {index} but {aim.name} has {units(width)}, classes 0 to {width - 1}")
        else:
            return [float(unit == index) for unit in range(width)]
        return None

    def _misfit(self, aim: Aim, has: str, at: SpecPath = ()) -> None:
        self._problems.error(at or aim.at, f"{has} but {aim.name} has {units(aim.width or 0)}; {self._rule}")


AT: SpecPath = ("loss",)


def read_loss(raw: Any, problems: Problems) -> Loss | None:
    """The loss, bound; None where there is a mistake."""
    given = {"name": raw} if isinstance(raw, str) else raw
    if not isinstance(given, dict):
        return None
    name, formula = given.get("name"), given.get("formula")
    options = {key: value for key, value in given.items() if key not in ("name", "formula") and value is not None}
    reduction = options.pop("reduction", "mean")
    for key, value in options.items():
        options[key] = read_option(value, (*AT, key), problems)
    if None in options.values():
        return None
    scale = options.pop("scale", 1.0)
    try:
        if isinstance(formula, str):
            return loss_from_formula(formula, reduction, scale)
        return bind_loss(name, reduction, scale, options) if isinstance(name, str) else None
    except KeyError:
        return None
    except FormulaError as error:
        problems.error((*AT, "formula"), str(error), span=(error.start, error.end))
    except ValueError as error:
        option = next((option for option in options if f"{option} " in str(error)), None)
        problems.error(AT if option is None else (*AT, option), str(error))
    return None
