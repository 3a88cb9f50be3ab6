"""Inputs: a number, a list (one example), a list of lists (a batch), or a mapping of names to any of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.network import Index, Input
from gradcalc.problems import SpecPath
from gradcalc.record import Record
from gradcalc.spec.building.names import Names
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import Given, read_value
from gradcalc.spec.wording import path_text

ALONE = "x"


class Inputs(Record):
    """The inputs in order, None where there is a mistake, and whether they are a batch."""

    names: tuple[str, ...]
    found: tuple[Input | None, ...]
    batch: bool
    examples: int


def read_inputs(raw: Any, names: Names, reporter: Reporter) -> Inputs:
    """All inputs of a spec; all are batches of equal length, or none is."""
    named = raw if isinstance(raw, dict) else {ALONE: raw}
    places: list[SpecPath] = [("input", name) if isinstance(raw, dict) else ("input",) for name in named]
    if raw is None or raw == {}:
        reporter.error(("input",), "is missing: a network needs at least one number to compute with")
        return Inputs((ALONE,), (None,), False, 1)
    for name, at in zip(named, places, strict=True):
        if isinstance(raw, dict):
            names.choose(str(name), at, parameter=False, on="key")
        else:
            names.take(ALONE, at)
    given = [read_value(value, at, reporter) for value, at in zip(named.values(), places, strict=True)]
    batch, examples = _examples(given, places, reporter)
    found = tuple(value and _input(str(name), value) for name, value in zip(named, given, strict=True))
    return Inputs(tuple(map(str, named)), found, batch, examples)


def _input(name: str, given: Given) -> Input:
    if len(given.shape) == 2:
        return Input(name, given.shape[1], given.value, given.exact)
    row = given.value if given.shape else [given.value]
    return Input(name, len(row), [row], one_example(given.exact))


def one_example(exact: Mapping[Index, str]) -> Mapping[Index, str]:
    """Exact constants of a number or a list, by (example, unit)."""
    return {(0, *index) if index else (0, 0): text for index, text in exact.items()} if exact else exact


def _examples(given: list[Given | None], places: list[SpecPath], reporter: Reporter) -> tuple[bool, int]:
    """Whether the inputs are a batch, and of how many examples; the first input says what the others should be."""
    known = [(value.shape, at) for value, at in zip(given, places, strict=True) if value]
    if not known:
        return False, 1
    (first, first_at), *others = known
    for shape, at in others:
        if (len(shape) == 2) != (len(first) == 2) or (len(shape) == 2 and shape[0] != first[0]):
            what = f"is {_extent(shape)} but {path_text(first_at)} is {_extent(first)}"
            reporter.error(at, f"{what}; all inputs are batches of equal length, or none is")
    return len(first) == 2, first[0] if len(first) == 2 else 1


def _extent(shape: tuple[int, ...]) -> str:
    if len(shape) < 2:
        return "one example"
    return f"a batch of {shape[0]} example{'' if shape[0] == 1 else 's'}"
