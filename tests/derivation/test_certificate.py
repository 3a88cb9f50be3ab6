"""A derivation is checked before it is shown; one that is wrong is shouted."""

import pytest
from specs import network

import gradcalc
from gradcalc.__main__ import run
from gradcalc.activations import sigmoidal
from gradcalc.derivation.certificate import Certificate, Disagreement, Points, certify, random_networks, units_at
from gradcalc.derivation.explain import explain
from gradcalc.expressions.textbook import Textbook
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import report

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


FORMULA = {"formula": "tanh(x) - 1"}


@pytest.mark.parametrize(
    ("given", "layers"),
    [
        (-5e8, [{"weight": 1, "activation": "selu"}, {"weight": 3e8, "activation": "sin"}]),
        (0.3, [{"weight": 1, "activation": "selu"}, {"weight": 5e20, "activation": "sin"}]),
        (0.3, [{"weight": 1, "activation": "tanh"}, {"weight": 1e300, "activation": "sin"}]),
        (-40, [{"weight": 1, "activation": "gelu"}, {"weight": -1, "activation": "step"}]),
        (-40, [{"weight": 1, "activation": "gelu_tanh"}, {"weight": -1, "activation": "step"}]),
        (-4e5, [{"weight": 1, "activation": "gelu"}, {"weight": -1, "activation": "step"}]),
        (700, [{"weight": 1, "activation": FORMULA}, {"weight": -1, "activation": "step"}]),
    ],
)
def test_what_amplifies_rounding_is_compared_in_as_many_digits_as_that_takes(given, layers):
    found = explain(network({"input": given, "target": 1, "layers": [*layers, {"weight": 1, "activation": "tanh"}]}))
    for derivation in found.derivations.values():
        assert derivation.certificate.points == 6
        assert derivation.certificate.relative_error < 1e-9
        assert not derivation.certificate.unresolved


def unsteady(at):
    """What every number of digits has another value for."""
    yield [2 + getattr(at.arithmetic, "digits", 0)], [1]


def test_what_no_number_of_digits_resolves_is_no_mistake():
    assert certify(Points(units_at(RESIDUAL)), unsteady) == Certificate(None, 0, unresolved=6, here=False)


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        (Certificate(None, 0, 6, False), "Not checked: 1,000 digits leave nothing to compare, as"),
        (Certificate(1e-16, 4, 2), "backpropagation to a relative difference of 1×10⁻¹⁶. At other points 1,000 digits"),
        (Certificate(0.0, 1, 5), "Checked: here this formula equals backpropagation in every digit computed. At other"),
        (Certificate(0.0, 1, 5, False), "Checked: at a random point (other weights and inputs) this formula equals"),
    ],
)
def test_what_could_not_be_checked_is_said(certificate, said):
    found = explain(RESIDUAL, wrt=["w1"])
    derivation = found.derivations["w1"]._replace(certificate=certificate)
    page = report(found._replace(derivations={"w1": derivation}))
    assert said in "".join(format_module("table").render(page, Style()))
    assert page.facts["wrt"]["w1"]["certified"] == certificate._asdict()


@pytest.mark.usefixtures("wrong_sigmoid")
@pytest.mark.parametrize("weight", [1e-300, 1e-12, 1e9])
def test_a_mistake_is_shouted_however_small_the_gradient_is(weight):
    built = network({"input": 1, "target": 0, "weights": [0.2, weight, 0.3], "activation": "sigmoid"})
    with pytest.raises(Disagreement):
        explain(built, wrt=["w1"])


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["softmax", "log_softmax", "layer_norm", "rms_norm"])
@pytest.mark.parametrize("dps", [None, 50])
@pytest.mark.parametrize(
    "weight", [5.0, 1e200, *(pytest.param(weight, marks=pytest.mark.slow) for weight in (300.0, 2.0**40))]
)
def test_products_along_paths_through_saturated_layers(activation, weight, dps):
    """Those of `explain`, from its forms without cancellation, and those of `paths`, from the engine's Jacobians."""
    if weight > 1e15 and "soft" in activation:
        return
    first = {"weight": [[weight, 0], [0, 0.2], [0.3, 0.1]], "activation": activation, "bias": [0.1, 0.2, 0.3]}
    last = {"weight": [[0.1, 0.2, 0.3], [0.2, 0.2, 0.1], [0.5, 0.1, 0.2]], "activation": "tanh"}
    built = network({"input": [1, 0.3], "target": [0.2, 0.5, 0.3], "layers": [first, last]})
    ours = gradcalc.paths(built, wrt=["w1[0,0]"], top=20, dps=dps).sums["w1[0,0]"].top
    terms = {term.nodes: term.value for term in explain(built, wrt=["w1[0,0]"], dps=dps).derivations["w1[0,0]"].terms}
    assert len(terms) == len(ours) == 9
    for path in ours:
        error = (terms[path.nodes] - path.contribution) / path.contribution
        assert abs(error) < (1e-13 if dps is None else 1e-45)


def test_a_difference_that_takes_more_digits_than_there_are_is_no_mistake():
    """σ(361) − 1 = −10⁻¹⁵⁷ is 0 in 50 digits, and in 100; at other points in 1,000."""
    spec = {"input": 1, "target": 1, "loss": "bce_with_logits", "weights": [19], "activation": "square"}
    assert explain(network(spec)).derivations["w1"].certificate.here
