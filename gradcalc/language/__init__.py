"""From text to network: a spec is read, changed by options, checked and built, its problems all in one report."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from gradcalc.errors import Problem, SpecError, SpecPath
from gradcalc.language import document as documents
from gradcalc.language.document import Document, example_in, example_text, examples
from gradcalc.language.grammars import DEEPEST, NESTED
from gradcalc.language.overrides import Overrides, apply
from gradcalc.language.problems import Problems, TooManyProblems, kind_of, reports
from gradcalc.records import uncollected

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from gradcalc.language.building.draws import Drawn, DrawnNetwork
    from gradcalc.network.network import Network

__all__ = [
    "Document",
    "Overrides",
    "Problems",
    "build",
    "build_drawn",
    "check",
    "check_spec",
    "example_in",
    "example_text",
    "examples",
    "load",
    "read",
]


@uncollected()
def load(
    source: str | os.PathLike[str] | Mapping[str, Any] | None, overrides: Overrides | None = None
) -> tuple[Network, tuple[str, ...]]:
    """The network of a file, "-" (standard input), a built-in example or data, and its warnings as they print.

    Raises SpecError with the whole report where anything is wrong.
    """
    return build(read(source, overrides))


@uncollected()
def read(
    source: str | os.PathLike[str] | Mapping[str, Any] | None,
    overrides: Overrides | None = None,
    fits: Callable[[Any], None] | None = None,
) -> Document:
    """The spec as data, with the options in it, not yet checked. Raises SpecError where its text cannot be read, and
    what `fits` raises for its data, before all of its text is read where it is long and no option changes it.
    """
    document = documents.read(source, fits if overrides is None or overrides.is_empty else None)
    if overrides is not None:
        document = apply(document, overrides)
    if fits is not None:
        fits(document.data)
    return document


def build(document: Document) -> tuple[Network, tuple[str, ...]]:
    """The network of a document, and its warnings as they print. Raises SpecError with the whole report."""
    problems, network = _examine(document)
    if network is None:
        raise _all_wrong(problems, document)
    return network, tuple(reports(problems.warnings, document, problems.more_warnings))


def build_drawn(document: Document) -> DrawnNetwork:
    """The network of a document with what of it was drawn. Raises SpecError with the whole report."""
    from gradcalc.language.building.draws import DrawnNetwork

    drawn: list[Drawn] = []
    problems, network = _examine(document, drawn)
    if network is None:
        raise _all_wrong(problems, document)
    return DrawnNetwork(network, drawn)


def _all_wrong(problems: Problems, document: Document) -> SpecError:
    errors = problems.errors
    return SpecError("\n".join(reports(errors, document)), errors)


def check(document: Document) -> list[Problem]:
    """Everything that is wrong with a document, and what is worth knowing of it, in the order in which it was found."""
    return _examine(document)[0].found


def check_spec(data: Any, problems: Problems) -> None:
    """Report everything that the table of keys forbids."""
    from gradcalc.language.kinds import check_group

    if type(data) is dict:
        check_group(data, (), problems, "spec")
    elif data is None:
        problems.error((), "the spec is empty; `gradcalc example residual` prints one to begin with")
    else:
        problems.error((), f"a spec is a mapping of keys to values, not {kind_of(data)}")


@uncollected()
def _examine(document: Document, drawn: list[Drawn] | None = None) -> tuple[Problems, Network | None]:
    """All problems of a document, and its network where there are no errors; `drawn` is filled with what was drawn."""
    from gradcalc.language.building import build, refuse_many_formulas

    data = document.data
    problems = Problems(document.problems, () if document.thinned else tuple(document.origins))
    try:
        refuse_many_formulas(data, problems)
        check_spec(data, problems)
        # No key takes what is nested too deep: it is looked for where something is wrong, and by YAML's own reader.
        if problems.failures and document.format in ("json", "toml"):
            _refuse_deep(document, problems)
        network = build(data, document.name, problems, document.values, document.thinned, drawn=drawn)
        return problems, network
    except TooManyProblems:
        return problems, None


LEVELS = DEEPEST // 2  # of brackets, which the parts of keys in TOML do not make more than DEEPEST
NO_BRACKETS = bytes(set(range(256)).difference(b"[]{}"))


def _refuse_deep(document: Document, problems: Problems) -> None:
    """Report the first list or mapping that is nested too deep."""
    brackets = document.text.encode(errors="replace").translate(None, NO_BRACKETS)
    for _ in range(LEVELS):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    level: list[Any] = [document.data] if brackets else []
    for _ in range(DEEPEST):
        mappings = [value.values() for value in level if type(value) is dict]
        lists = (value for value in level if type(value) is list)
        within = list(chain.from_iterable(chain(mappings, lists)))
        if {dict, list}.isdisjoint(map(type, within)):
            return
        level = [item for item in within if type(item) is list or type(item) is dict]
    inner: list[tuple[SpecPath, Any]] = [((), document.data)]
    while inner:
        path, value = inner.pop()
        if len(path) >= DEEPEST:
            problems.error(path, NESTED)
            return
        steps: Any = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        inner += [((*path, step), item) for step, item in steps if isinstance(item, dict | list)]
