"""Parameters set by option, `--set w1=0.3` or `--set w1[0,1]=0.3`, and those that `frozen` names by name or pattern."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language.building.values import Given, Shape, read_number, read_value, shape_text
from gradcalc.language.problems import SET, Reporter, kind_of, quoted
from gradcalc.network import Index, Parameter

# Values of parameters that come by option, `--set w1=0.3` or `--set w1[0,1]=0.3`, put in place of the spec's own.


def settle(
    values: Mapping[str, Any],
    parameters: list[Parameter],
    inputs: tuple[str, ...],
    lost: Collection[str],
    reporter: Reporter,
) -> None:
    """Replaces values by resolved name; a name that is not there, nor among the `lost`, is an error."""
    numbers = {parameter.name: number for number, parameter in enumerate(parameters)}
    for key, raw in values.items():
        name, index = _name_and_index(key)
        at = (SET, key)
        if name in lost:
            continue
        if name not in numbers:
            from gradcalc.language.key_path import unknown_name

            reporter.error(at, unknown_name(key, (*numbers, *inputs)), "key")
            continue
        parameter = parameters[numbers[name]]
        given = _entry(parameter, index, raw, at, reporter) if index else _whole(parameter, raw, at, reporter)
        if given is not None:
            parameters[numbers[name]] = parameter._replace(value=given.value, exact=given.exact)


def _name_and_index(key: str) -> tuple[str, Index | None]:
    """`w1[0,1]` → w1, (0, 1); a key without indices, or with what is none, is a name."""
    name, bracket, indices = key.partition("[")
    parts = indices[:-1].split(",")
    if not bracket or not indices.endswith("]") or not all(part.strip().isdecimal() for part in parts):
        return key, None
    return name, tuple(map(int, parts))


def _whole(parameter: Parameter, raw: Any, at: SpecPath, reporter: Reporter) -> Given | None:
    """A value of the parameter's own shape; a number or a flat list too where it has one entry, row or column."""
    given = read_value(raw, at, reporter)
    if given is None or given.shape == parameter.shape:
        return given
    if len(given.shape) < 2 and prod(given.shape) == prod(parameter.shape) == max(parameter.shape, default=1):
        return _reshaped(given, parameter.shape)
    reporter.error(at, f"is {shape_text(given.shape)} but {parameter.name} is {shape_text(parameter.shape)}")
    return None


def _reshaped(given: Given, shape: Shape) -> Given:
    """A number or list as the number, list, row or column that it stands for."""
    entries = given.value if given.shape else [given.value]
    along = next((axis for axis, size in enumerate(shape) if size > 1), len(shape) - 1)
    exact: dict[Index, str] = {}
    for index, text in given.exact.items():
        exact[tuple(sum(index) if axis == along else 0 for axis in range(len(shape)))] = text
    if len(shape) == 2:
        return Given(shape, [entries] if shape[0] == 1 else [[entry] for entry in entries], exact)
    return Given(shape, entries if shape else entries[0], exact)


def _entry(parameter: Parameter, index: Index, raw: Any, at: SpecPath, reporter: Reporter) -> Given | None:
    """The parameter's value with one entry replaced; what is shared with other parameters stays as it is."""
    number = read_number(raw, at, reporter)
    shape = parameter.shape or (1,) * len(index)
    if len(shape) != len(index) or any(i >= size for i, size in zip(index, shape, strict=False)):
        reporter.error(at, f"is no entry of {parameter.name}, which is {shape_text(parameter.shape)}")
        return None
    if number is None:
        return None
    exact = {place: text for place, text in parameter.exact.items() if place != index}
    if isinstance(raw, str):
        exact[index if parameter.shape else ()] = raw
    value = _replaced(parameter.value, index, number) if parameter.shape else number
    return Given(parameter.shape, value, exact)


def _replaced(value: list[Any], index: Index, number: float) -> list[Any]:
    first, *rest = index
    return [*value[:first], _replaced(value[first], tuple(rest), number) if rest else number, *value[first + 1 :]]


# Frozen parameters, by name or by a pattern in which only `*` and `?` are wild.


def freeze(raw: Any, parameters: list[Parameter], lost: Collection[str] | None, reporter: Reporter) -> None:
    """Marks the parameters that the spec freezes; a pattern that matches none, nor one of the `lost`, is an error.

    `lost` is None where any name may be gone.
    """
    if not isinstance(raw, list):
        reporter.error(("frozen",), f"needs a list of names, not {kind_of(raw)}")
        return
    numbers = {parameter.name: number for number, parameter in enumerate(parameters)}
    for i, pattern in enumerate(raw):
        if not isinstance(pattern, str):
            reporter.error(("frozen", i), f"needs a name, not {kind_of(pattern)}")
            continue
        found = matching(pattern, numbers)
        if not found and lost is not None and not matching(pattern, lost):
            hint = reporter.meant(pattern, numbers)
            reporter.error(("frozen", i), f"{quoted(pattern)} is the name of no parameter{hint}")
        for name in found:
            parameters[numbers[name]] = parameters[numbers[name]]._replace(frozen=True)


def matching(pattern: str, names: Collection[str]) -> list[str]:
    """The names that a pattern stands for, in their order."""
    if pattern in names:
        return [pattern]
    if "*" not in pattern and "?" not in pattern:
        return []
    import re

    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return list(filter(re.compile(wild, re.DOTALL).fullmatch, names))
