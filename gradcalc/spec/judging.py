"""Checks a document and builds its network, with all problems of both in one report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradcalc.problems import Problem, SpecError, SpecPath
from gradcalc.spec.checking import check_spec
from gradcalc.spec.collector import SET, Problems
from gradcalc.spec.document import Document
from gradcalc.spec.grammars import DEEPEST, NESTED

if TYPE_CHECKING:
    from gradcalc.network import Network


def judge(document: Document) -> tuple[Network, tuple[str, ...]]:
    """The network and its warnings as they print. Raises SpecError with the report of all errors."""
    problems, network = _examine(document)
    errors = problems.errors
    if errors or network is None:
        raise SpecError("\n".join(_printed(errors, document)), errors)
    return network, tuple(_printed(problems.warnings, document))


def problems_of(document: Document) -> list[Problem]:
    """All errors and warnings, in the order in which they were found."""
    return _examine(document)[0].found


def _examine(document: Document) -> tuple[Problems, Network | None]:
    from gradcalc.spec.building import build

    problems = Problems(document.problems)
    check_spec(document.data, problems)
    if problems.errors and document.format in ("json", "toml"):
        _check_nesting(document.data, problems)
    if not isinstance(document.data, dict):
        return problems, None
    name = document.data.get("name")
    title = name if isinstance(name, str) else document.name
    network = build(document.data, title, problems, document.values, document.thinned)
    _check_names(document, network, problems)
    return problems, network


def _check_nesting(data: Any, problems: Problems) -> None:
    """No key takes what is nested so deep: it is looked for only where something is wrong (and by YAML's reader)."""
    inner: list[tuple[SpecPath, Any]] = [((), data)]
    while inner:
        path, value = inner.pop()
        if len(path) >= DEEPEST:
            problems.error(path, NESTED)
            return
        steps: Any = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        inner += [((*path, step), item) for step, item in steps if isinstance(item, dict | list)]


def _check_names(document: Document, network: Network | None, problems: Problems) -> None:
    """A value that `--set` gave to a parameter which is not there."""
    if network is None or not document.values:
        return
    names = tuple(parameter.name for parameter in network.parameters)
    for key in document.values:
        if key.partition("[")[0] not in names and not problems.bad((SET, key)):
            from gradcalc.spec.keypath import unknown_name

            inputs = tuple(node.name for node in network.inputs)
            problems.error((SET, key), unknown_name(key, (*names, *inputs)), on="key")


def _printed(problems: tuple[Problem, ...], document: Document) -> list[str]:
    if not problems:
        return []
    from gradcalc.spec.reporting import Source, reports

    return reports(problems, Source(document.source, document.text, document.format, document.origins))
