"""Keys as `--set` and sweeps name them: a path in the spec as written, a parameter, an input, or the depth."""

from __future__ import annotations

from functools import cache
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language.document import Document
from gradcalc.language.problems import SET, all_of, kind_of, meant, path_text, quoted

SHORT_FORMS = {"activation": "name", "loss": "name", "weight": "value", "bias": "value"}
"""What a value alone stands for, so that `loss.delta` can be set where the spec has `loss: huber`."""


@cache
def parse(key: str) -> SpecPath:
    """`layers[0].weight` as ("layers", 0, "weight"). Raises LookupError with a message."""
    path: list[str | int] = []
    for part in key.split("."):
        name, *indices = part.split("[")
        path += [name] if name else []
        for index in indices:
            digits = index.removesuffix("]")
            if not index.endswith("]") or not digits.isdecimal():
                raise LookupError(f"{quoted(key)} is no key; one is written like layers[0].weight or w1")
            path.append(int(digits))
        if not part or (not name and not path):
            raise LookupError(f"{quoted(key)} is no key; one is written like layers[0].weight or w1")
    return tuple(path)


def put(data: Any, path: SpecPath, value: Any) -> Any:
    """The data with another value at a path, everything beside the path shared. Raises LookupError with a message."""
    if not path:
        return value
    above: list[Any] = []
    for depth, step in enumerate(path):
        data = _opened(data, path[:depth], step)
        above.append(data)
        data = data.get(step, {}) if isinstance(data, dict) else data[step]
    for holder, step in zip(reversed(above), reversed(path), strict=True):
        value = _with(holder, step, value)
    return value


def added(data: Any, path: SpecPath) -> SpecPath:
    """The part of a path that its option gave: from the first key on that the data does not have, else all of it."""
    for depth, step in enumerate(path):
        if isinstance(data, dict) and step not in data:
            return path[: depth + 1]
        if not isinstance(data, dict | list):
            break
        data = data[step]  # type: ignore[index]  # `put` has opened every step of it
    return path


def _with(holder: Any, step: Any, value: Any) -> Any:
    """A copy of a list or mapping with one value changed."""
    return {**holder, step: value} if isinstance(holder, dict) else [*holder[:step], value, *holder[step + 1 :]]


def _opened(data: Any, path: SpecPath, step: str | int) -> Any:
    """What holds the step: a short form is first written as the mapping that it stands for."""
    if isinstance(step, int):
        return _listed(data, path, step)
    if isinstance(data, dict):
        return data
    long_form = SHORT_FORMS.get(str(path[-1])) if path else None
    if long_form is None:
        raise LookupError(f'{path_text(path) or "the spec"} is {kind_of(data)}; there is no key "{step}" in it')
    return {} if data is None else {long_form: data}


def _listed(data: Any, path: SpecPath, step: int) -> list[Any]:
    if isinstance(data, list) and step < len(data):
        return data
    if data == {}:
        raise LookupError(f"there is no {path_text(path)} in the spec")
    there = f"has {len(data)} entries, counted from 0" if isinstance(data, list) else f"is {kind_of(data)}"
    raise LookupError(f"{path_text(path) or 'the spec'} {there}; there is no [{step}]")


def set_key(document: Document, key: str, value: Any, origin: str | None = None) -> Document:
    """The document with `key` set: a top-level key, else `depth`, an input, else a parameter by its name."""
    head = key.partition("[")[0]
    if "." in key or head in _top_level():
        return document.replace(parse(key), value, origin)
    data = document.data if isinstance(document.data, dict) else {}
    if key == "depth" and not _names_depth(data):
        return document.replace(*_depth(data, value), origin)
    if (path := _input(data, key)) is not None:
        return document.replace(path, value, origin)
    return _parameter(document, key, value, origin)


def unknown_name(key: str, names: tuple[str, ...]) -> str:
    """The message on a bare word that is neither a key nor the name of a parameter or input."""
    end = meant(key, (*_top_level(), *names)) or all_of("parameters and inputs", names)
    return f"no key, parameter or input is called {quoted(key)}{end}"


@cache
def _top_level() -> tuple[str, ...]:
    from gradcalc.language.keys import group

    return tuple(key.name for key in group("spec").keys)


def _input(data: dict[str, Any], key: str) -> SpecPath | None:
    given = data.get("input")
    if isinstance(given, dict):
        return ("input", key) if key in given else None
    return ("input",) if key == "x" else None


def _parameter(document: Document, key: str, value: Any, origin: str | None) -> Document:
    key = key.replace(" ", "")
    for given in document.values if "[" not in key else (key,):
        if given.partition("[")[0] == key or given == key:
            document.refuse_displaced((SET, given))
    origins = {**document.origins, (SET, key): origin or f"--set {key}={value}"}
    return document._replace(values={**document.values, key: value}, origins=origins)


def _names_depth(data: dict[str, Any]) -> bool:
    named = (data.get("parameters"), data.get("input"))
    return any(isinstance(names, dict) and "depth" in names for names in named)


def _depth(data: dict[str, Any], value: Any) -> tuple[SpecPath, Any]:
    """The repeat count that makes the network so many layers deep."""
    layers = data.get("layers")
    counts = [layer.get("repeat") for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    repeated = [index for index, count in enumerate(counts) if count is not None]
    if len(repeated) != 1:
        raise LookupError(f"depth needs exactly one layer with `repeat`, and {len(repeated) or 'none'} has it")
    others = len(counts) - 1
    if type(value) is not int or value <= others:
        raise LookupError(f"depth needs a whole number from {others + 1} on, {others} of it not being repeated")
    return ("layers", repeated[0], "repeat"), value - others
