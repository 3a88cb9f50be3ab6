"""Options that describe or change the network: `--input 0.5 --weights 0.2,0.1 --skip h1:y=0.1 --set loss=bce`."""

from contextlib import suppress
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.language.document import Document
from gradcalc.language.grammars import Reading, Unreadable, core_scalar
from gradcalc.language.problems import SET
from gradcalc.language.source import reader
from gradcalc.records import Record

SURELY_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.*/^() ")
"""A text of these characters is one plain scalar of YAML, and no YAML is needed to read it."""


class Overrides(Record):
    """The options as they were typed; None is not given."""

    input: str | None = None
    weights: str | None = None
    biases: str | None = None
    target: str | None = None
    activation: str | None = None
    loss: str | None = None
    skips: tuple[str, ...] = ()
    no_skips: bool = False
    settings: tuple[str, ...] = ()


LISTS = ("weights", "biases")
DIRECT = ("input", "weights", "biases", "target", "activation", "loss")
LONGEST_LABEL = 60


def apply(document: Document, overrides: Overrides) -> Document:
    """The document with the options' values in it; what cannot be read becomes a problem that names its option."""
    if not isinstance(document.data, dict):
        return document
    for key in DIRECT:
        if (text := getattr(overrides, key)) is not None:
            document = _direct(document, key, text)
    if overrides.no_skips:
        document = document.without_skips() if document.data.get("skips") else _without_effect(document)
    for text in overrides.skips:
        document = _skip(document, text)
    for text in overrides.settings:
        document = _setting(document, text)
    return document


def _direct(document: Document, key: str, text: str) -> Document:
    label = f"--{key} {text}"
    try:
        value = read_several(text)
    except Unreadable as error:
        return _refuse(document, (key,), label, error.message)
    if key in LISTS and not isinstance(value, list):
        value = [value]
    if key == "weights":
        others = {name: data for name, data in document.data.items() if name != "layers"}
        document = document._replace(data=others, thinned=True)
    return document.replace((key,), value, _label(label))


def _skip(document: Document, text: str) -> Document:
    """`h1:y=0.1`, behind the skips that there are."""
    ends, given, weight = text.partition("=")
    source, between, target = (part.strip() for part in ends.partition(":"))
    skips = document.data.get("skips", [])
    skips = skips if isinstance(skips, list) else [skips]
    path: SpecPath = ("skips", len(skips))
    label = f"--skip {text}"
    if not (source and between and target):
        return _refuse(document, path, label, "a skip is FROM:TO or FROM:TO=WEIGHT, such as h1:y=0.1")
    try:
        edge = {"from": source, "to": target, **({"weight": read_value(weight)} if given else {})}
    except Unreadable as error:
        return _refuse(document, path, label, error.message)
    document = document.replace(("skips",), [*skips, edge])
    return document._replace(origins={**document.origins, path: _label(label)})


def _setting(document: Document, text: str) -> Document:
    key, given, value = text.partition("=")
    label = f"--set {text}"
    if not given or not key.strip():
        return _refuse(document, (SET, text), label, "an override is KEY=VALUE, such as loss=bce or w1=0.3")
    try:
        return document.with_value(key.strip(), read_value(value), _label(label))
    except Unreadable as error:
        return _refuse(document, (SET, key), label, error.message)
    except LookupError as error:
        return _refuse(document, (SET, key), label, str(error.args[0]))


def _without_effect(document: Document) -> Document:
    """`--no-skips` where there are none."""
    path: SpecPath = (SET, "--no-skips")
    problem = Problem(path, "there is nothing to drop: the spec has no skips", on="key", severity="warning")
    origins = {**document.origins, path: "--no-skips"}
    return document._replace(origins=origins, problems=(*document.problems, problem))


def _label(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _refuse(document: Document, path: SpecPath, label: str, message: str) -> Document:
    problem = Problem((SET, label), message, on="key")
    origins = {**document.origins, (SET, label): _label(label)}
    return document._replace(origins=origins, problems=(*document.problems, problem))


def read_several(text: str) -> Any:
    """A value in which a comma outside brackets makes a list, and `name=` a mapping. Raises Unreadable."""
    parts = _parts(text)
    names = [part.partition("=")[0].strip() for part in parts]
    if all("=" in part and name.isidentifier() for part, name in zip(parts, names, strict=True)):
        return {name: read_value(part.partition("=")[2]) for name, part in zip(names, parts, strict=True)}
    return [read_value(part) for part in parts] if len(parts) > 1 else read_value(text)


def read_value(text: str) -> Any:
    """A value of the command line, read as YAML flow: `0.5`, `[[1, 2], [3, 4]]`, `{name: huber}`. Raises Unreadable."""
    text = text.strip()
    if not text or (SURELY_PLAIN.issuperset(text) and text[0] != "*" and text[:2] not in ("-", "- ")):
        return core_scalar(text)
    if not text.isprintable():
        raise Unreadable("a value may hold no control characters", 0)
    if text[0] in "[{":
        with suppress(Unreadable):
            return _sound(reader("json")(text))
    return _sound(reader("yaml")(text))


def _sound(reading: Reading) -> Any:
    data, problems = reading
    if problems:
        raise Unreadable(problems[0].message, 0)
    return data


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
