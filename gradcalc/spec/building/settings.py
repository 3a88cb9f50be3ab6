"""Values of parameters that come by option, `--set w1=0.3` or `--set w1[0,1]=0.3`, put in place of the spec's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod
from typing import Any

from gradcalc.network import Index, Parameter
from gradcalc.problems import SpecPath
from gradcalc.spec.building.placing import shape_text
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import Given, Shape, read_number, read_value
from gradcalc.spec.collector import SET


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
            from gradcalc.spec.keypath import unknown_name

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
