"""The built-in specs: files of the package, found by their stem."""

from __future__ import annotations

import os

from gradcalc.spec.reading import EXAMPLES
from gradcalc.spec.wording import meant, plain

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
