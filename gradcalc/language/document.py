"""From the name of a spec to its data: a file, standard input or a built-in example, by extension or first lines.

A document is a spec that has been read: its data, its source, and what options changed in it. `Variants` leave some of
its keys open.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from math import isfinite
from typing import TYPE_CHECKING, Any

from gradcalc.errors import Problem, SpecError, SpecPath, UsageError
from gradcalc.language.grammars import (
    DEEPEST,
    LONG,
    MANY_VALUES,
    MOST_VALUES,
    NESTED,
    NOT_FINITE,
    Reading,
    Refused,
    Unreadable,
)
from gradcalc.language.problems import fault, meant, reports
from gradcalc.records import Record
from gradcalc.report.text import printable

if TYPE_CHECKING:
    from gradcalc.language.building.draws import DrawnNetwork
    from gradcalc.network.network import Network

NOTHING: Mapping[Any, Any] = {}


class Document(Record):
    """Never changed in place: what is set is set in a copy that shares all the rest."""

    name: str  # the default of `name`: the file's stem, "stdin" or "network"
    data: Any  # lists, mappings, numbers, text, true, false and null
    format: str = "mapping"  # "yaml", "toml", "json"; "mapping" for data, "options" where there is no spec
    source: str = "spec"  # as problems are labelled: "net.yaml"
    text: str = ""
    values: Mapping[str, Any] = NOTHING  # of parameters, by the names they get: {"w1": 0.3, "w2[0,1]": 1}
    origins: Mapping[SpecPath, str] = NOTHING  # the option that a value came by: {("loss",): "--loss msee"}
    problems: tuple[Problem, ...] = ()  # found while reading
    thinned: bool = False  # skips or layers have been dropped: what froze them then names nothing, rightly

    def replace(self, path: SpecPath, value: Any, origin: str | None = None) -> Document:
        """The document with another value at a path of the data; a key that is missing is added.

        Raises LookupError with a message where the path leads through what holds no such thing, or the value would
        displace one that an option has given already.
        """
        from gradcalc.language.overrides import added, put

        data = put(self.data, path, value)
        if origin is None:
            return self._replace(data=data)
        at = added(self.data, path)
        self.refuse_displaced(at)
        return self._replace(data=data, origins={**self.origins, at: origin})

    def refuse_displaced(self, path: SpecPath) -> None:
        """Raises LookupError where an option has given a value at this path, or within it, already."""
        for given, option in self.origins.items():
            if given[: len(path)] == path:
                raise LookupError(f"{option} has set that already; give one of the two")


class Variants(Record):
    """A spec with some keys left open: the network for every choice of their values, with or without its skips.

    `keys` are as `--set` takes them: paths of the spec, parameters, inputs, `depth`.
    """

    document: Document
    keys: tuple[str, ...]
    plain: bool = False  # without skips

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""
        return self.drawn(values).network

    def drawn(self, values: Sequence[Any]) -> DrawnNetwork:
        """The same, with what of it was drawn."""
        from gradcalc.language import build_drawn

        document = self.filled(values)
        found = build_drawn(document)
        return build_drawn(without_skips(document, found.network)) if self.plain else found

    def filled(self, values: Sequence[Any]) -> Document:
        """The spec with these values, its skips included. Raises UsageError for a key that leads nowhere."""
        from gradcalc.language.keys import NOT_COMPUTED
        from gradcalc.language.overrides import set_key
        from gradcalc.report.json_numbers import written

        document = self.document
        for key, value in zip(self.keys, values, strict=True):
            if key in NOT_COMPUTED:
                raise UsageError(f"{key}={written(value)}: has no effect, no number depends on `{key}`")
            try:
                document = set_key(document, key, value, f"{key}={written(value)}")
            except LookupError as error:
                raise UsageError(f"{key}={written(value)}: {error.args[0]}") from None
        return document


def without_skips(document: Document, network: Network | None = None) -> Document:
    """The spec without its skips; given the `network` that still has them, without values set for their weights too."""
    gone = {parameter.name for parameter in network.parameters if parameter.kind == "skip"} if network else ()
    values = {name: value for name, value in document.values.items() if name.partition("[")[0] not in gone}
    data = {key: value for key, value in document.data.items() if key != "skips"}
    return document._replace(data=data, values=values, thinned=True)


class Chain(Record):
    """What a glance at a spec tells of layers that follow one another and all lead to the loss."""

    layers: int = 0
    weights: int = 0  # that are parameters of their own
    is_scalar: bool = True  # every layer and the input is one number
    skips: tuple[tuple[range, bool], ...] = ()  # see `skips_told`; none where they cannot be told


def chain_of(data: Any) -> Chain:
    """The chain of a spec before anything of it is checked or built; an empty one where it may be something else. What
    stands for many layers of the short form (see `long_lists`) has a `repeat`."""
    from gradcalc.language.building.draft import MOST_LAYERS

    get = data.get if isinstance(data, dict) else NOTHING.get
    short, layers, loss = get("weights"), get("layers"), get("loss")
    if isinstance(get("target"), dict | None) and loss not in ("output", {"name": "output"}):
        return Chain()
    if isinstance(short, list):
        layers = [each if isinstance(each, dict) and "repeat" in each else {"weight": each} for each in short]
    total, own, is_scalar, named = 0, 0, isinstance(get("input"), float | int), False
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict) or "weight" not in layer or "from" in layer:
            return Chain()
        weight, repeat = layer["weight"], layer.get("repeat", 1)
        if type(repeat) is not int or total + repeat > MOST_LAYERS:
            return Chain()
        total += repeat
        own += (1 if layer.get("share") else repeat) * (type(weight) is not str)
        is_scalar, named = is_scalar and isinstance(weight, float | int), named or "name" in layer
    if get("skips") is None or named or not is_scalar:
        return Chain(total, own, is_scalar)
    from gradcalc.language.building.skips import skips_told

    return Chain(total, own, is_scalar, skips_told(get("skips"), total))


NO_SKIPS = "no-skips"  # what a network without its skips is called beside the one with them


def is_against(against: str | None, *networks: Network) -> bool:
    """Whether networks are to be shown without their skips as well. Raises UsageError for anything else to set them
    against, and where none has skips."""
    if against not in (None, NO_SKIPS):
        raise UsageError(f"--against {against}: there is only {NO_SKIPS}, the network without its skips")
    if against and not any(network.has_skips for network in networks):
        raise UsageError(f"--against {against}: {networks[0].name} has no skips, so it is the same network")
    return against is not None


EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "examples")
ORDER = ("residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn")
GRAMMARS = {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


def examples() -> tuple[str, ...]:
    """The names of the built-in specs, the simplest first; one that the order does not know comes last."""
    stems = {os.path.splitext(file)[0] for file in os.listdir(EXAMPLES)}
    return (*(name for name in ORDER if name in stems), *sorted(stems.difference(ORDER)))


def example_path(name: str) -> str | None:
    """The file of a built-in spec, or None."""
    for extension in (".yaml", ".toml", ".json"):
        path = os.path.join(EXAMPLES, name + extension)
        if os.path.basename(path) == name + extension and os.path.isfile(path):
            return path
    return None


def example_text(name: str) -> str:
    """A built-in spec as it was written, comments and all. Raises KeyError."""
    path = example_path(name)
    if path is None:
        raise KeyError(name)
    with open(path, encoding="utf-8") as file:
        return file.read()


def example_in(name: str, extension: str) -> tuple[str, bool]:
    """A built-in spec in the grammar of a file's extension, and whether its comments are lost.

    As it was written where that is its own grammar, or the extension "". Raises KeyError, and UsageError for an
    extension that no grammar has, or a grammar that cannot hold it.
    """
    text, path = example_text(name), example_path(name) or ""
    own, grammar = GRAMMARS[os.path.splitext(path)[1]], GRAMMARS.get(extension.lower())
    if not extension or grammar == own:
        return text, False
    if grammar is None:
        raise UsageError(f"a spec is no {extension} file; write {', '.join(GRAMMARS)}")
    return write(reader(own)(text)[0], grammar), "#" in text


LINE = 100
LARGEST_FILE = 64 * 2**20
ARRAYS = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".npy", ".npz", ".safetensors", ".onnx", ".h5")
MAGIC = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x93NUMPY")
NOT_A_SPEC = (
    "holds arrays or a program, and is no spec; a pickle is never opened, as it can run any code. "
    "Write the weights into a spec as lists of rows (`tensor.tolist()`)"
)


def read(
    source: str | os.PathLike[str] | Mapping[str, Any] | None, fits: Callable[[Any], None] | None = None
) -> Document:
    """The document of a file, "-", a built-in example, or data; None is an empty one, for options to fill.

    Raises SpecError where there is no such file or its text cannot be read; of a long text `fits` is asked first, which
    raises LimitError for data of too many layers, most of which may be left out (see `long_lists`).
    """
    if source is None:
        return Document("network", {}, "options", "command line")
    if isinstance(source, Mapping):
        return Document("network", plain_data(source))
    if source == "-":
        return parse(_decoded(sys.stdin.buffer.read(LARGEST_FILE + 1), "<stdin>"), "<stdin>", "stdin", fits=fits)
    path = os.fspath(source)
    if isinstance(source, str) and not os.path.isfile(path):
        path = example_path(source) or path
        if not os.path.exists(path):
            known, missing = examples(), f"{printable(source)}: error: file not found"
            stem, extension = os.path.splitext(source)
            if not extension and os.path.basename(source) == source:
                raise SpecError(f"{missing}, nor is it a built-in example ({', '.join(known)}){meant(stem, known)}")
            raise SpecError(missing + (f"; the built-in example is called {stem}" if stem in known else ""))
    label = os.path.basename(path) if path.startswith(EXAMPLES) else path
    stem, extension = os.path.splitext(os.path.basename(path))
    if extension.lower() in ARRAYS:
        raise SpecError(f"{label}: error: {NOT_A_SPEC}")
    try:
        with open(path, "rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = "is a directory; name a file in it" if os.path.isdir(path) else (error.strerror or str(error)).lower()
        raise SpecError(f"{path}: error: {reason}") from None
    return parse(_decoded(raw, label), label, stem, GRAMMARS.get(extension.lower()), fits)


def _decoded(raw: bytes, label: str) -> str:
    """UTF-8 with or without a BOM; a carriage return before a line feed belongs to it."""
    if len(raw) > LARGEST_FILE:
        raise SpecError(f"{label}: error: is over 64 MiB; let `init` draw the weights, or write fewer digits")
    if raw.startswith(MAGIC):
        raise SpecError(f"{label}: error: {NOT_A_SPEC}")
    try:
        text = raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{label}:{line}: error: is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    return text.replace("\r\n", "\n") if "\r" in text else text


def plain_data(value: Any, depth: int = 0) -> Any:
    """The value with mappings as dict, sequences and arrays as list, numbers as int or float. Raises SpecError.

    Arrays and numbers of NumPy (and of what has `tolist`) are taken as they print; the value itself is not changed.
    """
    if depth > DEEPEST:
        raise SpecError(f"spec: error: {NESTED}")
    kind = type(value)
    if (kind is float and isfinite(value)) or kind is int:  # most of them are
        return value
    if isinstance(value, Mapping):
        return {str(key): plain_data(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain_data(item, depth + 1) for item in value]
    if hasattr(value, "tolist"):
        return plain_data(value.tolist(), depth + 1)
    if isinstance(value, float) and not isfinite(value):
        return Refused.because(str(value), NOT_FINITE)
    if isinstance(value, int | float | str) and type(value) not in (bool, int, float, str, Refused):
        return next(base(value) for base in (bool, int, float, str) if isinstance(value, base))
    return value


def parse(
    text: str, label: str, name: str, grammar: str | None = None, fits: Callable[[Any], None] | None = None
) -> Document:
    """The document of a text; without a grammar, of the one that it looks like. Raises SpecError, and what `fits` does
    (see `read`)."""
    first, *others = (grammar,) if grammar else looks_like(text)
    if first != "toml":  # which alone ends no line by a carriage return
        text = text.replace("\r", "\n")
    found: tuple[Problem, ...]
    try:
        _refuse_control(text)
        if len(text) > MOST_VALUES and text.count(",") + text.count("- ") > MOST_VALUES:
            raise Unreadable(MANY_VALUES, 0)
        if len(text) > LONG:
            from gradcalc.language.long_lists import glance

            data = glance(text, first, reader(first))
            if fits is not None:
                fits(data)
        data, found = reader(first)(text)
    except Unreadable as error:
        data, found = None, (fault(text, (), error.message, error.offset),)
        for other in others:
            with suppress(Unreadable):
                first, (data, found) = other, reader(other)(text)
    document = Document(name, data, first, label, text, problems=found)
    if data is None and found:
        raise SpecError("\n".join(reports(found, document)), found)
    return document


def looks_like(text: str) -> tuple[str, ...]:
    """The grammars to try: `{` opens JSON, or else YAML; `[…]` or `key =` in the first line with a word, TOML."""
    if text.lstrip().startswith("{"):
        return ("json", "yaml")
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if first.startswith("[") and first.partition("#")[0].rstrip().endswith("]"):
        return ("toml",)
    key = first.partition("=")[0].rstrip()
    is_pair = "=" in first and key.strip("\"'").replace(".", "").replace("-", "_").isidentifier()
    return ("toml",) if is_pair else ("yaml",)


def reader(grammar: str) -> Callable[[str], Reading]:
    """What reads "json", "toml" or "yaml"; the libraries that it needs are loaded here and not before."""
    read: Callable[[str], Reading] = import_module(f"gradcalc.language.grammars.{grammar}_text").read
    return read


PRINTABLE = bytes(range(32, 127)) + b"\n\t"  # of ASCII


def _refuse_control(text: str) -> None:
    """Control characters of ASCII and Latin-1, but for tab and line feed; and halves of surrogate pairs."""
    if text.isascii():
        if not text.encode().translate(None, PRINTABLE):
            return
    elif text.replace("\n", "").replace("\t", "").isprintable():
        return
    if found := re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text):
        raise Unreadable(f"a control character, U+{ord(found[0]):04X}, stands here; remove it", found.start())


def write(data: Mapping[str, Any], grammar: str) -> str:
    """The spec in "json", "toml" or "yaml". Raises UsageError where the grammar has no such value."""
    if grammar == "json":
        from gradcalc.report.formats.json import layout

        return layout(data, 0) + "\n"
    if grammar == "toml":
        return "".join(f"{_toml_key(key)} = {_toml(value)}\n" for key, value in data.items())
    import yaml

    text: str = yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=None, allow_unicode=True, width=LINE)
    return text


def _toml(value: Any, indent: str = "") -> str:
    """A value; a list of mappings or of rows has a line for each, a mapping stays on one; others are as in JSON."""
    if value is None:
        raise UsageError("TOML has no null; write .yaml or .json")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_key(key)} = {_toml(item, indent)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        if not any(isinstance(item, Mapping | list) for item in value):
            return f"[{', '.join(map(_toml, value))}]"
        inner = indent + "  "
        return "[\n" + "".join(f"{inner}{_toml(item, inner)},\n" for item in value) + f"{indent}]"
    from json import dumps

    return dumps(value, ensure_ascii=False)


def _toml_key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _toml(key)
