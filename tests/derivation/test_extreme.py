"""Derivations of random networks whose weights reach from 10^−300 to 10^300: saturated, on kinks, out of float64's
range. Each is written in every form; none is called a mistake, and products along paths are those of `paths`."""

from random import Random
from time import perf_counter
from typing import Any

import pytest
from arithmetic.as_mpmath import to_mpf
from differential.random_specs import random_spec
from reference.functions import mp

import gradcalc
from gradcalc.arithmetic.extended import Extended
from gradcalc.derivation.explain import explain
from gradcalc.derivation.symbol_values import evaluate
from gradcalc.errors import DomainError, LimitError, UsageError
from gradcalc.expressions.expression import Symbol, call, leaf
from gradcalc.network.network import Network
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import report

FORMATS = ("table", "json", "csv", "html", "markdown", "latex", "python")
SEED = 905
CLOSE = mp.mpf(10) ** -11


def spread(value: Any, random: Random, most: int) -> Any:
    """A third of the numbers times powers of ten."""
    if isinstance(value, list):
        return [spread(part, random, most) for part in value]
    if isinstance(value, (int, float)) and random.random() < 0.3:
        return value * 10.0 ** random.randint(-most, most)
    return value


def extreme(number: int) -> Network:
    """The random network of that number, its weights and biases spread."""
    random, spec = Random(f"{SEED}/{number}"), random_spec(SEED, number)
    most = random.choice([2, 5, 20, 100, 300])
    for layer in (*spec.get("layers", ()), spec):
        for key in ("weight", "weights", "bias"):
            if key in layer:
                layer[key] = spread(layer[key], random, most)
    if "parameters" in spec:
        spec["parameters"] = {name: spread(value, random, most) for name, value in spec["parameters"].items()}
    return gradcalc.load(spec)


def check(number: int) -> None:
    built = extreme(number)
    try:
        names = list(gradcalc.compute(built, top=0).gradients or ())[:3]
        found = explain(built, wrt=names, forward=number % 2 == 0, symbolic=number % 3 == 0, top=100)
        sums = gradcalc.paths(built, wrt=names, top=100).sums
    except (DomainError, LimitError, UsageError):
        return
    for name in FORMATS:
        try:
            "".join(format_module(name).render(report(found), Style()))
        except UsageError:
            assert name == "python"
    for name, derivation in found.derivations.items():
        terms = [term.value for term in derivation.terms]
        is_alike = derivation.count == len(terms) == sums[name].count  # fewer where loss and activation are one
        if is_alike and not built.batch and not any(isinstance(term, list) for term in terms):
            pairs = zip(sizes(terms), sizes([path.contribution for path in sums[name].top]), strict=True)
            assert all(abs(one - other) <= CLOSE * other for one, other in pairs)


def test_probabilities_of_logits_that_are_far_apart_have_their_digits() -> None:
    """e^-447791609132804.1984…: of 19 digits of the exponent four are behind the point."""
    logits = (447801609133804.0319, 10000000999.83333352)
    with Extended.context():
        zs = list(map(Extended.number, logits))
        with Extended.context(40):
            exactly = (zs[1] - zs[0]).exp()
        (y, t) = (leaf(Symbol("", name)) for name in "yt")
        values = dict(zip((y.value, t.value), zs))
        found = evaluate(call("share", t, y), values, Extended.functions)
        assert abs(found / exactly - 1) < 1e-17
        assert abs(evaluate(call("log_share", t, y), values, Extended.functions) / (zs[1] - zs[0]) - 1) < 1e-17


def sizes(contributions: list[Any]) -> list[Any]:
    """Largest first; what is 0 to either is left out, as an underflow of one path alone is."""
    return sorted((abs(to_mpf(number)) for number in contributions if number), reverse=True)


@pytest.mark.parametrize("number", range(2))
def test_networks_of_extreme_weights(number: int) -> None:
    check(number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2, 100))
def test_more_networks_of_extreme_weights(number: int) -> None:
    check(number)


def test_numbers_of_a_hundred_million_digits_are_rounded_at_once() -> None:
    layers = [{"weight": 1e160, "activation": {"formula": "x^9"}}] * 9
    network = gradcalc.load({"input": 1e12, "loss": "output", "layers": layers})
    started = perf_counter()
    printed = "".join(format_module("table").render(report(explain(network, wrt=["w2"], decimals=2)), Style()))
    assert perf_counter() - started < 5
    assert "10¹" in printed
