"""Options that describe or change the network: `--input 0.5 --weights 0.2,0.1 --skip h1:y=0.1 --set loss=bce`.

Keys are as `--set` and sweeps name them: a path in the spec as written, a parameter, an input, or the depth.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.language.document import Document, plain_data, reader, without_skips
from gradcalc.language.grammars import DEEPEST, Unreadable
from gradcalc.language.grammars.yaml_text import core_scalar
from gradcalc.language.problems import SET, all_of, kind_of, meant, path_text, quoted
from gradcalc.records import Record


class Overrides(Record):
    """The options as they were typed, or as data; None is not given."""

    input: Any = None
    weights: Any = None
    biases: Any = None
    target: Any = None
    activation: Any = None
    loss: Any = None
    skips: tuple[str, ...] = ()
    no_skips: bool = False
    settings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether none is given."""
        return all(value is default for value, default in zip(self, Overrides()))


LONGEST_LABEL = 60


def apply(document: Document, overrides: Overrides) -> Document:
    """The document with the options' values in it; what cannot be read becomes a problem that names its option."""
    if not isinstance(document.data, dict):
        return document
    for key in ("input", "weights", "biases", "target", "activation", "loss"):
        if (text := getattr(overrides, key)) is not None:
            document = _direct(document, key, text)
    if overrides.no_skips and document.data.get("skips"):
        document = without_skips(document)
    elif overrides.no_skips:
        message = f"{document.data.get('name', document.name)} has no skips to drop"
        document = _refuse(document, "--no-skips", message, "warning")
    for text in overrides.skips:
        document = _skip(document, text)
    for text in overrides.settings:
        document = _setting(document, text)
    return document


def _direct(document: Document, key: str, text: Any) -> Document:
    label = f"--{key} {text}"
    try:
        value = read_several(text) if isinstance(text, str) else plain_data(text)
    except Unreadable as error:
        return _refuse(document, label, error.message)
    if key in ("weights", "biases") and not isinstance(value, list):
        value = [value]
    if key == "weights":
        others = {name: data for name, data in document.data.items() if name != "layers"}
        document = document._replace(data=others, thinned=True)
    return document.replace((key,), value, _label(label))


def _skip(document: Document, text: str) -> Document:
    """`h1:y=0.1`, behind the skips that there are."""
    ends, given, weight = text.partition("=")
    source, between, target = (part.strip() for part in ends.partition(":"))
    skips, label = document.data.get("skips", []), f"--skip {text}"
    skips = skips if isinstance(skips, list) else [skips]
    if not (source and between and target):
        return _refuse(document, label, "a skip is FROM:TO or FROM:TO=WEIGHT, such as h1:y=0.1")
    try:
        edge = {"from": source, "to": target, **({"weight": read_value(weight)} if given else {})}
    except Unreadable as error:
        return _refuse(document, label, error.message)
    document = document.replace(("skips",), [*skips, edge])
    return document._replace(origins={**document.origins, ("skips", len(skips)): _label(label)})


def _setting(document: Document, text: str) -> Document:
    key, given, value = text.partition("=")
    label = f"--set {text}"
    if not given or not key.strip():
        return _refuse(document, label, "an override is KEY=VALUE, such as loss=bce or w1=0.3")
    try:
        return set_key(document, key.strip(), read_value(value), _label(label))
    except (Unreadable, LookupError) as error:
        return _refuse(document, label, str(error.args[0]))


def _label(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _refuse(document: Document, label: str, message: str, severity: str = "error") -> Document:
    problem = Problem((SET, label), message, on="key", severity=severity)
    origins = {**document.origins, problem.path: _label(label)}
    return document._replace(origins=origins, problems=(*document.problems, problem))


SURELY_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.*/^() ")
"""A text of these characters is one plain scalar of YAML, and no YAML is needed to read it."""


def read_several(text: str) -> Any:
    """A value in which a comma outside brackets makes a list, and `name=` a mapping. Raises Unreadable."""
    parts = _parts(text)
    names = [part.partition("=")[0].strip() for part in parts]
    if all("=" in part and name.isidentifier() for part, name in zip(parts, names, strict=True)):
        return {name: read_value(part.partition("=")[2]) for name, part in zip(names, parts, strict=True)}
    return [read_value(part) for part in parts] if len(parts) > 1 else read_value(text)


def _parts(text: str) -> list[str]:
    """The text cut at commas that stand outside brackets and quotes."""
    parts = [""]
    depth, quote = 0, ""
    for character in text:
        if quote or character in "\"'":
            quote = "" if character == quote else quote or character
        depth += (character in "[{(") - (character in "]})") if not quote else 0
        if character == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def read_value(text: str) -> Any:
    """A value of the command line, read as YAML flow: `0.5`, `[[1, 2], [3, 4]]`, `{name: huber}`. Raises Unreadable."""
    text = text.strip()
    if not text or (SURELY_PLAIN.issuperset(text) and text[0] != "*" and text[:2] not in ("-", "- ")):
        return core_scalar(text)
    if not text.isprintable():
        raise Unreadable("a value may hold no control characters", 0)
    if text[0] in "[{":
        with suppress(Unreadable):
            return _read("json", text)
    return _read("yaml", text)


def _read(grammar: str, text: str) -> Any:
    data, problems = reader(grammar)(text)
    if problems:
        raise Unreadable(problems[0].message, 0)
    return data


SHORT_FORMS = {"activation": "name", "loss": "name", "weight": "value", "bias": "value"}
"""What a value alone stands for, so that `loss.delta` can be set where the spec has `loss: huber`."""


def set_key(document: Document, key: str, value: Any, origin: str | None = None) -> Document:
    """The document with `key` set: a top-level key, else `depth`, an input, else a parameter by its name.

    Raises LookupError with a message where the key leads nowhere.
    """
    if "." in key or key.partition("[")[0] in _top_level():
        return document.replace(parse_key(key), value, origin)
    data = document.data if isinstance(document.data, dict) else {}
    inputs = data.get("input")
    named = [names for names in (data.get("parameters"), inputs) if isinstance(names, dict)]
    if key == "depth" and not any("depth" in names for names in named):
        return document.replace(*_depth(data.get("layers"), value), origin)
    if isinstance(inputs, dict) and key in inputs:
        return document.replace(("input", key), value, origin)
    if key == "x" and not isinstance(inputs, dict):
        return document.replace(("input",), value, origin)
    key = key.replace(" ", "")
    for given in document.values if "[" not in key else (key,):
        if given.partition("[")[0] == key or given == key:
            document.refuse_displaced((SET, given))
    origins = {**document.origins, (SET, key): origin or f"--set {key}={value}"}
    return document._replace(values={**document.values, key: value}, origins=origins)


def unknown_name(key: str, names: tuple[str, ...]) -> str:
    """The message on a bare word that is neither a key nor the name of a parameter or input."""
    end = meant(key, (*_top_level(), *names)) or all_of("parameters and inputs", names)
    return f"no key, parameter or input is called {quoted(key)}{end}"


@cache
def _top_level() -> tuple[str, ...]:
    from gradcalc.language.keys import GROUPS

    return tuple(key.name for key in GROUPS["spec"].keys)


def _depth(layers: Any, value: Any) -> tuple[SpecPath, Any]:
    """The repeat count that makes the network so many layers deep."""
    counts = [layer.get("repeat") for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    repeated = [index for index, count in enumerate(counts) if count is not None]
    if len(repeated) != 1:
        raise LookupError(f"depth needs exactly one layer with `repeat`, and {len(repeated) or 'none'} has it")
    others = len(counts) - 1
    if type(value) is not int or value <= others:
        verb = "is" if others == 1 else "are"
        raise LookupError(f"depth is a whole number from {others + 1} on: {others} of the layers {verb} not repeated")
    return ("layers", repeated[0], "repeat"), value - others


@cache
def parse_key(key: str) -> SpecPath:
    """`layers[0].weight` as ("layers", 0, "weight"). Raises LookupError with a message."""
    path: list[str | int] = []
    for part in key.split("."):
        name, *indices = part.split("[")
        path += [name] if name else []
        digits = [index.removesuffix("]") for index in indices]
        sound = all(index.endswith("]") and digit.isdecimal() for index, digit in zip(indices, digits, strict=True))
        if not sound or not part or (not name and not path):
            raise LookupError(f"{quoted(key)} is no key; one is written like layers[0].weight or w1")
        path += map(int, digits)
    if len(path) > DEEPEST:
        raise LookupError(f"this is no key of a spec: it leads {len(path):,} levels deep")
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
    at: Any
    for holder, at in zip(reversed(above), reversed(path), strict=True):
        value = {**holder, at: value} if isinstance(holder, dict) else [*holder[:at], value, *holder[at + 1 :]]
    return value


def added(data: Any, path: SpecPath) -> SpecPath:
    """The part of a path that its option gave: from the first key on that the data does not have, else all of it."""
    for depth, step in enumerate(path):
        if isinstance(data, dict) and step not in data:
            return path[: depth + 1]
        if not isinstance(data, list if isinstance(step, int) else dict):
            break
        data = data[step]  # type: ignore[index]  # `put` has opened every step of it
    return path


def _opened(data: Any, path: SpecPath, step: str | int) -> Any:
    """What holds the step: a short form is first written as the mapping that it stands for."""
    where = path_text(path) or "the spec"
    if isinstance(step, int):
        if isinstance(data, list) and step < len(data):
            return data
        if data == {}:
            raise LookupError(f"the spec has no {path_text(path)}")
        there = f"has {len(data)} entries, counted from 0" if isinstance(data, list) else f"is {kind_of(data)}"
        raise LookupError(f"{where} {there}; there is no [{step}]")
    if isinstance(data, dict):
        return data
    long_form = SHORT_FORMS.get(str(path[-1])) if path else None
    if long_form is None:
        raise LookupError(f'{where} is {kind_of(data)}; there is no key "{step}" in it')
    return {} if data is None else {long_form: data}
