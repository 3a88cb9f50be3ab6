"""A derivation is checked before it is shown; one that is wrong is shouted."""

import pytest
from specs import network

import gradcalc
from gradcalc.__main__ import run
from gradcalc.activations import sigmoidal
from gradcalc.derivation.certificate import Disagreement, Points, random_networks, units_at
from gradcalc.derivation.explain import explain
from gradcalc.expressions.textbook import Textbook

RESIDUAL = gradcalc.load("residual")


@pytest.fixture
def wrong_sigmoid(monkeypatch):
    sigmoid, *others = sigmoidal.ROWS
    wrong = sigmoid._replace(textbook=sigmoid.textbook._replace(derivative="1", exact=""))
    monkeypatch.setattr(sigmoidal, "ROWS", (wrong, *others))


@pytest.mark.usefixtures("wrong_sigmoid")
@pytest.mark.parametrize("name", ["residual", "mazur", "deep"])
def test_a_wrong_derivative_is_never_shown(name):
    with pytest.raises(Disagreement, match="differ"):
        explain(gradcalc.load(name), wrt=["w1"])


@pytest.mark.usefixtures("wrong_sigmoid")
def test_the_command_shouts_and_prints_no_result(capsys):
    assert run(["explain", "residual"]) not in (0, 1, 2, 3)
    said = capsys.readouterr()
    assert said.out == ""
    assert "mistake of gradcalc's" in said.err


def test_a_logarithm_of_what_underflows_is_checked_at_every_point():
    layers = [{"activation": "exp"}, {"activation": {"formula": "log(x)"}}]
    found = explain(network({"input": -800, "target": 0, "layers": layers})).derivations["x"]
    assert (found.value, found.certificate.points) == (-1600, 6)


def test_a_wrong_derivative_of_the_loss_is_never_shown():
    wrong = RESIDUAL.loss._replace(textbook=Textbook("power rule", "1"))
    with pytest.raises(Disagreement):
        explain(RESIDUAL._replace(loss=wrong))


def test_the_other_points_are_random_but_always_the_same():
    first, second = ([next(networks) for _ in range(3)] for networks in (random_networks(RESIDUAL),) * 2)
    assert first != second
    again = random_networks(RESIDUAL)
    assert [next(again) for _ in range(3)] == first
    assert len({str(one.parameters) for one in first}) == 3


def test_points_outside_a_domain_are_passed_over():
    layers = [{"weight": 1, "activation": {"formula": "log(x)"}}]
    built = network({"input": 0.01, "target": 1, "layers": layers})
    points = Points(units_at(built)).all
    assert points[0].graph.network is built
    assert 1 < len(points) <= 6
    assert explain(built).derivations["w1"].certificate.points == len(points)


def test_a_sum_that_cancels_to_nothing_is_certified():
    """The softmax of shifted logits is the same: the gradient of a common bias is 0, as a sum of what is not."""
    layers = [{"weight": [[0.1], [0.7]], "bias": "b1", "activation": "softmax"}]
    built = network({"input": 0.5, "target": [0.2, 0.8], "parameters": {"b1": 0.3}, "layers": layers})
    found = explain(built, wrt=["b1"]).derivations["b1"]
    assert abs(found.value) < 1e-16
    assert found.certificate.relative_error < 1e-9


def test_saturated_units_are_certified():
    built = network({"input": 30, "target": 0, "weights": [1, 1.5], "activation": "tanh"})
    found = explain(built, wrt=["w1"]).derivations["w1"]
    assert found.value == pytest.approx(gradcalc.compute(built).gradients["w1"], rel=1e-12, abs=0)
    assert found.value != 0
