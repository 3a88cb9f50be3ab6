"""Checks a document and builds its network, with all problems of both in one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.problems import Problem, SpecError
from gradcalc.spec.checking import check_spec
from gradcalc.spec.collector import SET, Problems
from gradcalc.spec.document import Document

if TYPE_CHECKING:
    from gradcalc.network import Network


def judge(document: Document) -> tuple[Network, tuple[str, ...]]:
    """The network and its warnings as they print. Raises SpecError with the report of all errors."""
    problems, network = _examine(document)
    errors = problems.errors
    if errors or network is None:
        raise SpecError(_printed(errors, document), errors)
    return network, tuple(_printed((warning,), document) for warning in problems.warnings)


def problems_of(document: Document) -> list[Problem]:
    """All errors and warnings, in the order in which they were found."""
    return _examine(document)[0].found


def _examine(document: Document) -> tuple[Problems, Network | None]:
    from gradcalc.spec.building import build

    problems = Problems(document.problems)
    check_spec(document.data, problems)
    if not isinstance(document.data, dict):
        return problems, None
    name = document.data.get("name")
    network = build(document.data, name if isinstance(name, str) else document.name, problems, document.values)
    _check_names(document, network, problems)
    return problems, network


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


def _printed(problems: tuple[Problem, ...], document: Document) -> str:
    if not problems:
        return ""
    from gradcalc.spec.reporting import Source, report

    return report(problems, Source(document.source, document.text, document.format, document.origins))
