"""The forward pass in steps, and a derivation in which every number is rounded."""

import json

import pytest
from specs import network

import gradcalc
from gradcalc.__main__ import run
from gradcalc.errors import UsageError
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write
from gradcalc.report.formats import table
from gradcalc.report.report import Style
from gradcalc.views.explain_page import report

RESIDUAL = gradcalc.load("residual")
SHARES = {"input": [1, 2], "target": [1, 0], "layers": [{"weight": [[30, 1], [-2, -20]], "activation": "softmax"}]}
MAXOUT = {"name": "maxout", "pieces": 2}


def texts(steps):
    return [tuple(write(tree, Unicode()) for tree in (step.left, step.right, step.numbers)) for step in steps]


def test_every_node_and_the_loss_have_a_step():
    forward = gradcalc.explain(RESIDUAL, wrt=["w1"], forward=True).forward
    assert texts(forward)[0] == ("z_h1", "w1·x", "0.2·0.5")
    assert texts(forward)[-1] == ("L", "(y − t)²", "(0.525929 − 1)²")
    assert [step.rule for step in forward] == [*["weighted sum", "sigmoid"] * 3, "loss"]
    assert forward[-1].value == pytest.approx(gradcalc.compute(RESIDUAL).loss.value, rel=1e-15)


def test_units_of_a_layer_have_steps_of_their_own():
    forward = gradcalc.explain(gradcalc.load("mazur"), wrt=["w1[0,0]"], forward=True).forward
    assert texts(forward)[0] == ("z_h[0]", "w1[0,0]·i1 + w1[0,1]·i2 + b1[0]", "0.15·0.05 + 0.2·0.1 + 0.35")


def test_numbers_are_rounded_as_on_paper_and_the_error_is_told():
    found = gradcalc.explain(RESIDUAL, wrt=["w1"], decimals=3).derivations["w1"]
    values = {write(step.left, Unicode()): step.value for step in found.steps}
    assert values == {
        "∂L/∂y": -0.948,
        "σ′(z_y)": 0.249,
        "δ_y": -0.236,
        "σ′(z_h2)": 0.25,
        "δ_h2": -0.006,
        "∂L/∂h1": -0.024,
        "σ′(z_h1)": 0.249,
        "δ_h1": -0.006,
        "∂L/∂w1": -0.003,
    }
    assert found.value == pytest.approx(-0.0030212381210528165, rel=1e-14, abs=0)
    assert found.rounded.value == -0.003
    assert found.rounded.relative_error == pytest.approx(1 - 0.003 / 0.0030212381210528165)


@pytest.mark.parametrize("activation", ["softmax", "log_softmax", "layer_norm", MAXOUT, "relu"])
def test_many_decimals_lead_nowhere_else(activation):
    layers = [{"weight": [[0.3, -0.2], [0.1, 0.4], [0.5, 0.6], [-0.7, 0.8]], "activation": activation}]
    built = network({"input": [0.5, 1.5], "target": [0.1] * (2 if activation == MAXOUT else 4), "layers": layers})
    for found in gradcalc.explain(built, decimals=13, forward=True).derivations.values():
        assert found.rounded.relative_error < 1e-7


@pytest.mark.parametrize("target", [0, 1])
def test_an_output_that_is_rounded_to_the_target_costs_nothing(target):
    built = network({"input": 1, "target": target, "loss": "bce", "weights": [3, 9 if target else -9]})
    assert gradcalc.explain(built, decimals=3, forward=True).forward[-1].value == 0


@pytest.mark.parametrize("loss", ["kl", "nll", "cross_entropy"])
@pytest.mark.parametrize("width", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_the_loss_of_a_class_is_rounded_over_units_and_over_layers(loss, width):
    hidden = {"weight": {"init": "xavier_normal"}, "width": width, "activation": "tanh"}
    layers = [hidden, hidden, {"weight": {"init": "xavier_normal"}, "width": 3, "activation": "softmax"}]
    built = network({"input": [0.3, -0.2], "target": [0, 1, 0], "loss": loss, "layers": layers})
    *_, last = gradcalc.explain(built, wrt=["w2"], decimals=3, forward=True).forward
    assert last.value == pytest.approx(gradcalc.compute(built).loss.value, abs=0.005)


def test_a_batch_has_no_paper():
    built = network({"input": [[1], [2]], "target": [[1], [0]], "weights": [0.5]})
    with pytest.raises(UsageError, match="--round"):
        gradcalc.explain(built, decimals=3)
    assert gradcalc.explain(built, forward=True).forward[-1].numbers is None


def test_json_and_the_page_tell_both(capsys):
    assert run(["explain", "residual", "--wrt", "w1", "--forward", "--round", "3", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["forward"][0]["numbers"] == "0.2*0.5"
    assert printed["wrt"]["w1"]["rounded"]["decimals"] == 3
    assert run(["explain", "residual", "--wrt", "w1", "--round", "3"]) == 0
    said = capsys.readouterr().out
    assert "With every number rounded to 3 decimals ∂L/∂w1 is −0.003 in place of −0.00302124: 0.7 % off." in said
    assert "Checked without that rounding: here and at 5 random points" in said


@pytest.mark.parametrize(
    ("spec", "numbers"),
    [
        ({"input": 1, "target": 0, "loss": "bce", "weights": [40]}, "−(1 − 0) ln σ(−40)"),
        ({"input": 1, "target": 1, "loss": "bce", "weights": [40]}, "−1·ln σ(40)"),
        ({"input": 1, "target": 1, "loss": "bce", "weights": [2]}, "−1·ln 0.880797"),
        (SHARES | {"loss": "nll"}, "−1·ln softmax(32, −42)"),
        (SHARES | {"loss": "kl"}, "1·ln(1/softmax(32, −42))"),
        (SHARES | {"loss": "nll", "target": [0.25, 0.75]}, "−(0.25·ln 1 + 0.75·ln(7.28129×10⁻³³))"),
    ],
)
def test_the_numbers_of_a_loss_give_its_value_where_outputs_round_to_1(spec, numbers):
    built = network(spec)
    explanation = gradcalc.explain(built, forward=True)
    last = explanation.forward[-1]
    assert write(last.numbers, Unicode()) == numbers
    said = "".join(table.render(report(explanation), Style()))
    assert ("would cancel in L:" in said or "would cancel in L and" in said) == last.is_exact


def test_rounded_numbers_that_say_nothing_are_not_put_in():
    built = network({"input": 1, "target": 1, "activation": "identity", "weights": [0.99999999]})
    said = "".join(table.render(report(gradcalc.explain(built, forward=True)), Style()))
    assert "1.00000 − 1" not in said and "2(y − t)" in said
