"""From text to network: a spec is read, changed by options, checked and built, its problems all in one report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradcalc.language.document import Document
from gradcalc.language.overrides import Overrides
from gradcalc.language.problems import Problems

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from gradcalc.errors import Problem
    from gradcalc.network.network import Network

__all__ = [
    "Document",
    "Overrides",
    "Problems",
    "build",
    "check",
    "example_in",
    "example_text",
    "examples",
    "load",
    "read",
    "reference",
    "schema",
]


def load(
    source: str | os.PathLike[str] | Mapping[str, Any] | None, overrides: Overrides | None = None
) -> tuple[Network, tuple[str, ...]]:
    """The network of a file, "-" (standard input), a built-in example or data, and its warnings as they print.

    Raises SpecError with the whole report where anything is wrong.
    """
    return build(read(source, overrides))


def read(source: str | os.PathLike[str] | Mapping[str, Any] | None, overrides: Overrides | None = None) -> Document:
    """The spec as data, with the options in it, not yet checked. Raises SpecError where its text cannot be read."""
    from gradcalc.language import source as reading

    document = reading.read(source)
    if overrides is None:
        return document
    from gradcalc.language.overrides import apply

    return apply(document, overrides)


def build(document: Document) -> tuple[Network, tuple[str, ...]]:
    """The network of a document, and its warnings as they print. Raises SpecError with the whole report."""
    from gradcalc.language.checker import judge

    return judge(document)


def check(document: Document) -> list[Problem]:
    """Everything that is wrong with a document, and what is worth knowing of it."""
    from gradcalc.language.checker import problems_of

    return problems_of(document)


def schema() -> dict[str, Any]:
    """The language as a JSON Schema, draft 2020-12."""
    from gradcalc.language.schema_and_reference import schema as described

    return described()


def reference() -> str:
    """The keys of the language as a page of Markdown."""
    from gradcalc.language.schema_and_reference import reference as described

    return described()


def examples() -> tuple[str, ...]:
    """The names of the built-in specs."""
    from gradcalc.language.source import examples as known

    return known()


def example_text(name: str) -> str:
    """A built-in spec with its comments. Raises KeyError."""
    from gradcalc.language.source import example_text as text

    return text(name)


def example_in(name: str, extension: str) -> tuple[str, bool]:
    """A built-in spec in the grammar of a file's extension, and whether its comments are lost. Raises KeyError."""
    from gradcalc.language.source import example_in as text

    return text(name, extension)
