"""Joins of sources: zeros of a product, and rows of any functions."""

from math import exp, log

import pytest

from gradcalc.analysis.computation import compute
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.language import load
from gradcalc.network.graph import graph
from gradcalc.network.joins import JOINS


def test_a_product_of_sources_may_have_zeros():
    """∂/∂a of a·b·c is b·c, by no division."""
    spec = {
        "input": {"a": 0, "b": 2, "c": 3},
        "activation": "identity",
        "loss": "output",
        "layers": [{"from": ["a", "b", "c"], "join": "multiply"}],
    }
    assert compute(load(spec)[0]).gradients == {"a": 6, "b": 0, "c": 0}


@pytest.mark.parametrize("arithmetic", [Double, Extended, Multiprecision(30)], ids=["float64", "extended", "digits"])
def test_a_join_may_be_made_of_any_functions(arithmetic, monkeypatch):
    """ln Σ exp x, by a row that stands in for that of `mean`."""

    def value(f, xs):
        return f.log(sum(map(f.exp, xs)))

    def partials(f, xs):
        return [f.exp(x - value(f, xs)) for x in xs]

    monkeypatch.setitem(JOINS, "mean", JOINS["mean"]._replace(value=value, partials=partials))
    given = {"a": [1, -2], "b": [0.5, 3]}
    spec = {"input": given, "loss": "output", "layers": [{"from": ["a", "b"], "join": "mean"}]}
    built = graph(load(spec | {"activation": "identity"})[0])
    with arithmetic.context():
        units, arrays = scalar_point(built, arithmetic), array_point(built, arithmetic)
    for at in (units, arrays):
        for a, b, y, by_a in zip(*given.values(), *at.output(2), *at.adjoint(0)):
            assert float(y) == pytest.approx(log(exp(a) + exp(b)), rel=1e-14, abs=0)
            assert float(by_a) == pytest.approx(exp(a) / (exp(a) + exp(b)), rel=1e-14, abs=0)


def test_the_derivatives_of_a_join_are_formed_for_all_its_sources_at_once(monkeypatch):
    formed = []

    def partials(f, xs):
        formed.append(len(xs))
        return JOINS["multiply"].partials(f, xs)

    monkeypatch.setitem(JOINS, "mean", JOINS["multiply"]._replace(partials=partials))
    given = {"a": [1, -2], "b": [0.5, 3], "c": [2, 5]}
    layers = [{"from": list(given), "join": "mean", "activation": "identity"}]
    at = array_point(graph(load({"input": given, "loss": "output", "layers": layers})[0]), Double)
    assert [list(row) for row in at.adjoint(0)] == [[1, 15]] and formed == [3]
