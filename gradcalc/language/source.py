"""From the name of a spec to its data: a file, standard input or a built-in example, by extension or first lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from gradcalc.errors import Problem, SpecError, UsageError
from gradcalc.language.document import Document
from gradcalc.language.grammars import Reading, Unreadable, fault
from gradcalc.language.problems import meant, plain

ORDER = ("residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn")


def examples() -> tuple[str, ...]:
    """Their names, the simplest first; one that the order does not know comes last."""
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
    from gradcalc.language.writing import write

    return write(reader(own)(text)[0], grammar), "#" in text


def no_such_spec(source: str) -> str:
    """The message on a name that is neither a file nor a built-in spec."""
    known = examples()
    stem, extension = os.path.splitext(source)
    if extension or os.path.basename(source) != source:
        end = f"; the built-in example is called {stem}" if stem in known else ""
        return f"{plain(source)}: error: file not found{end}"
    return (
        f"{plain(source)}: error: file not found, nor is it a built-in example ({', '.join(known)}){meant(stem, known)}"
    )


LARGEST_FILE = 64 * 2**20
GRAMMARS = {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "examples")
ARRAYS = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".npy", ".npz", ".safetensors", ".onnx", ".h5")

NOT_A_SPEC = (
    "holds arrays or a program, and is no spec; a pickle is never opened, as it can run any code. "
    "Write the weights into a spec as lists of rows (`tensor.tolist()`)"
)


def read(source: str | os.PathLike[str] | Mapping[str, Any] | None) -> Document:
    """The document of a file, "-", a built-in example, or data; None is an empty one, for options to fill.

    Raises SpecError where there is no such file or its text cannot be read.
    """
    if source is None:
        return Document("network", {}, "options", "command line")
    if isinstance(source, Mapping):
        from gradcalc.language.document import plain_data

        return Document("network", plain_data(source))
    if source == "-":
        return parse(_decoded(sys.stdin.buffer.read(LARGEST_FILE + 1), "<stdin>"), "<stdin>", "stdin")
    path = _found(source)
    label = os.path.basename(path) if path.startswith(EXAMPLES) else path
    stem, extension = os.path.splitext(os.path.basename(path))
    if extension.lower() in ARRAYS:
        raise SpecError(f"{label}: error: {NOT_A_SPEC}")
    return parse(_decoded(_bytes(path), label), label, stem, GRAMMARS.get(extension.lower()))


def parse(text: str, label: str, name: str, grammar: str | None = None) -> Document:
    """The document of a text; without a grammar, of the one that it looks like. Raises SpecError."""
    first, *others = (grammar,) if grammar else looks_like(text)
    try:
        _refuse_control(text)
        grammar, (data, found) = _read_as(text, first, tuple(others))
    except Unreadable as error:
        problems = (fault(text, (), error.message, error.offset),)
        raise SpecError(_report(problems, label, text, first), problems) from None
    if data is None and found:
        raise SpecError(_report(found, label, text, grammar), found)
    return Document(name, data, grammar, label, text, problems=found)


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


def _read_as(text: str, grammar: str, others: tuple[str, ...] = ()) -> tuple[str, Reading]:
    """The reading by the first grammar that takes the text. Raises Unreadable with the first one's complaint."""
    try:
        return grammar, reader(grammar)(text)
    except Unreadable:
        for other in others:
            with suppress(Unreadable):
                return other, reader(other)(text)
        raise


def reader(grammar: str) -> Callable[[str], Reading]:
    """What reads "json", "toml" or "yaml"; the libraries that it needs are loaded here and not before."""
    if grammar == "json":
        from gradcalc.language.grammars.json_text import read as read_json

        return read_json
    if grammar == "toml":
        from gradcalc.language.grammars.toml_text import read as read_toml

        return read_toml
    from gradcalc.language.grammars.yaml_text import read as read_yaml

    return read_yaml


def _found(source: str | os.PathLike[str]) -> str:
    """The path of a file, or of the built-in example of that name."""
    path = os.fspath(source)
    if os.path.isfile(path) or not isinstance(source, str):
        return path

    found = path if os.path.exists(path) and not example_path(source) else example_path(source)
    if found is None:
        raise SpecError(no_such_spec(source))
    return found


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = "is a directory; name a file in it" if os.path.isdir(path) else (error.strerror or str(error)).lower()
        raise SpecError(f"{path}: error: {reason}") from None


def _decoded(raw: bytes, label: str) -> str:
    """UTF-8 with or without a BOM, lines ended by \\n."""
    if len(raw) > LARGEST_FILE:
        raise SpecError(f"{label}: error: is over 64 MiB; let `init` draw the weights, or write fewer digits")
    if raw.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x93NUMPY")):
        raise SpecError(f"{label}: error: {NOT_A_SPEC}")
    try:
        text = raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{label}:{line}: error: is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _refuse_control(text: str) -> None:
    if text.replace("\n", "").replace("\t", "").isprintable():
        return
    for offset, character in enumerate(text):
        if _is_control(character):
            raise Unreadable(f"a control character, U+{ord(character):04X}, stands here; remove it", offset)


def _is_control(character: str) -> bool:
    """Control characters of ASCII and Latin-1, but for tab and line feed; and halves of surrogate pairs."""
    if character < "\xa0":
        return not character.isprintable() and character not in "\n\t"
    return "\ud800" <= character < "\ue000"


def _report(problems: tuple[Problem, ...], label: str, text: str, grammar: str) -> str:
    from gradcalc.language.problems import Source, report

    return report(problems, Source(label, text, grammar, {}))
