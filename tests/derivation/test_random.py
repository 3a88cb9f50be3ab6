"""Random networks of everything that the language can state: formula, terms and engine say the same."""

import pytest
import strategies
from derivation.by_sympy import Reader, distance, flat, told
from hypothesis import HealthCheck, Phase, given, seed, settings
from specs import network

from gradcalc.errors import DomainError

TOLERANCE = 1e-10
ROUNDING = 1e-13
"""Of terms that cancel: no sum of doubles is more exact than its largest term."""


def check(spec):
    built = network(spec)
    try:
        derived = told(built)
    except DomainError:
        return
    for name, found in derived.items():
        reader, wanted = Reader(built, found["where"]), flat(found["value"])
        sizes = [abs(number) for term in found["top"] for number in flat(term["value"])]
        largest = max(sizes, default=0.0) * ROUNDING / TOLERANCE
        assert distance(reader.numbers(found["formula"]), wanted, largest) < TOLERANCE, name
        formulas = [term["formula"] for term in found["top"]]
        if formulas and None not in formulas and len(formulas) == found["count"]:
            columns = zip(*(reader.numbers(formula) for formula in formulas), strict=True)
            assert distance([sum(column) for column in columns], wanted, largest) < TOLERANCE, name


@given(strategies.specs(most_layers=3, most_units=2))
def test_formula_terms_and_engine_agree(spec):
    check(spec)


@pytest.mark.slow
@seed(1)
@settings(
    max_examples=100, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)
@given(strategies.specs())
def test_formula_terms_and_engine_agree_on_larger_networks(spec):
    check(spec)


@pytest.mark.slow
@settings(max_examples=100)
@given(strategies.chains())
def test_formula_terms_and_engine_agree_on_scalar_chains(spec):
    check(spec)
