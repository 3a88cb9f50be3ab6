"""Random networks of everything that the language can state, in every form that a derivation has: it is written without
an exception, LaTeX is balanced and compiles, the program runs and gives the gradient."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import strategies
import sympy
from derivation.by_sympy import Reader, distance, flat, sympified
from derivation.latex import NEEDS_ENGINE, check_balanced, check_compiles, mathematics
from hypothesis import HealthCheck, Phase, given, seed, settings
from specs import network

from gradcalc.derivation.explain import explain
from gradcalc.errors import DomainError
from gradcalc.network.network import Network
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import facts, report

FORMATS = ("table", "json", "csv", "html", "markdown", "latex", "python")
TOLERANCE, ROUNDING = 1e-10, 1e-13
DRAWN = settings(
    max_examples=200, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)


def forms(built: Network, symbolic: bool) -> dict[str, str]:
    """Every format of all gradients, the forward pass included; none outside a domain."""
    try:
        found = explain(built, symbolic=symbolic, forward=True)
    except DomainError:
        return {}
    page = report(found)
    texts = {name: "".join(format_module(name).render(page, Style())) for name in FORMATS}
    for latex in (*latex_of(facts(found)), *mathematics(texts["markdown"])):
        check_balanced(latex)
        assert latex.isascii(), latex
    return texts


def latex_of(facts: Any) -> Iterator[str]:
    """All that is under a key "latex"."""
    if isinstance(facts, dict):
        yield from (value for key, value in facts.items() if key == "latex" and value is not None)
        yield from (text for value in facts.values() for text in latex_of(value))
    elif isinstance(facts, list):
        yield from (text for value in facts for text in latex_of(value))


def runs(built: Network, texts: dict[str, str]) -> None:
    """The program gives the gradients, as exactly as the largest of their terms allows."""
    wanted = facts(explain(built))["wrt"]
    scope: dict[str, Any] = {"__name__": "derivation"}
    exec(compile(texts["python"], "derivation.py", "exec"), scope)
    got = scope["gradient"]()
    for name, found in wanted.items():
        largest = max((abs(number) for term in found["top"] for number in flat(term["value"])), default=0.0)
        value = got if len(wanted) == 1 else got[name]
        assert distance(flat(value), flat(found["value"]), largest * ROUNDING / TOLERANCE) < TOLERANCE, name


@pytest.mark.slow
@settings(max_examples=60)
@given(strategies.specs(most_layers=3, most_units=2))
def test_every_form_is_written_and_the_program_runs(spec: Any) -> None:
    built = network(spec)
    if texts := forms(built, symbolic=False):
        runs(built, texts)
        forms(built, symbolic=True)


@pytest.mark.slow
@NEEDS_ENGINE
def test_every_form_of_two_hundred_networks(tmp_path: Path) -> None:
    found: list[str] = []

    @seed(2)
    @DRAWN
    @given(strategies.specs())
    def check(spec: Any) -> None:
        built = network(spec)
        texts = forms(built, symbolic=False)
        if texts:
            runs(built, texts)
            found.append(forms(built, symbolic=True)["latex"] if len(found) % 2 else texts["latex"])

    check()
    for start in range(0, len(found), 20):
        check_compiles("\n\\clearpage\n".join(found[start : start + 20]), tmp_path, timeout=300)


@pytest.mark.slow
@seed(3)
@settings(DRAWN, max_examples=60)
@given(strategies.specs(most_layers=6, most_units=4))
def test_sympy_reads_the_formulas_of_larger_networks(spec: Any) -> None:
    built = network(spec)
    try:
        gradients = facts(explain(built))["wrt"]
    except DomainError:
        return
    for found in gradients.values():
        known = {name: sympy.Symbol(name) for name in (*Reader(built).values, *(name for name, _ in found["where"]))}
        for text in (found["formula"], *(definition for _, definition in found["where"][-2:])):
            read = sympified(text, known)
            assert {symbol.name for symbol in read.free_symbols} <= set(known), text
