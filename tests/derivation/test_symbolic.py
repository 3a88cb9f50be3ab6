"""The derivation in symbols: SymPy's derivatives of every function beside the rules, exact constants, kinks."""

import re

import pytest
import sympy
from specs import network

import gradcalc
from gradcalc.activations import ACTIVATIONS
from gradcalc.derivation import sympy as symbolic
from gradcalc.derivation.certificate import Disagreement
from gradcalc.derivation.explain import explain
from gradcalc.expressions.print_code import SymPyText
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.textbook import Textbook
from gradcalc.expressions.walk import write
from gradcalc.losses import bind
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import report

SINGLE = [row.name for row in ACTIVATIONS.values() if not row.couples]
LOSSES = [
    "mse",
    "sse",
    "half_sse",
    "mae",
    "huber",
    "log_cosh",
    "bce",
    "bce_with_logits",
    "nll",
    "hinge",
    "kl",
    "poisson",
]


@pytest.mark.parametrize("name", SINGLE)
def test_sympy_derives_what_the_rule_of_an_activation_says(name):
    local = symbolic.of_activation(ACTIVATIONS[name])
    text = write(local.derived, SymPyText())
    names = {name: sympy.Symbol(name, real=True) for name in ("x", "alpha")}
    expected = sympy.diff(sympy.sympify(write(local.definition, SymPyText()), names), names["x"])
    for x in (-1.7, 0.4, 1.1):
        values = {names["x"]: x, names["alpha"]: 0.25}
        got = sympy.sympify(text, names).subs(values)
        assert float(got) == pytest.approx(float(expected.subs(values).doit()), abs=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_sympy_derives_what_the_rule_of_a_loss_says(name):
    assert symbolic.of_loss(bind(name)) is not None


def test_a_wrong_rule_is_shouted():
    wrong = ACTIVATIONS["sin"]._replace(textbook=Textbook("sine", "1"))
    with pytest.raises(Disagreement, match="SymPy's derivative of sin"):
        symbolic.of_activation(wrong)


def test_the_power_rule_keeps_its_parentheses():
    local = symbolic.of_loss(bind("mse"))
    assert write(local.derived, Unicode()) == "2(y − t)"


def test_the_loss_is_written_out_down_to_the_weights():
    symbols = explain(gradcalc.load("residual"), symbolic=True).symbols
    assert write(symbols.loss, Unicode()) == "(y − t)²"
    said = [f"{Unicode().symbol(symbol)} = {write(tree, Unicode())}" for symbol, tree in symbols.network]
    assert said == [
        *("y = σ(z_y)", "z_y = w3·h2 + w_r·h1", "h2 = σ(z_h2)", "z_h2 = w2·h1", "h1 = σ(z_h1)", "z_h1 = w1·x")
    ]


def test_a_gradient_of_one_entry_has_an_exact_value_and_of_several_none():
    layers = [{"weight": [["1/3", 1]], "bias": 1}, {"weight": [[1], [2]]}]
    built = network({"input": [1, 2], "target": [0, 0], "loss": "sse", "activation": "identity", "layers": layers})
    assert explain(built, symbolic=True).symbols.exact == {"b1": "100/3"}


def test_exact_constants_stay_exact():
    built = network({"input": 0.5, "target": 1, "activation": "square", "layers": [{"weight": "1/3"}]})
    assert explain(built, symbolic=True).symbols.exact == {"w1": "-35/108"}
    root = network({"input": 1, "target": 0, "activation": "identity", "layers": [{"weight": "sqrt(2)"}]})
    assert explain(root, symbolic=True).symbols.exact == {"w1": "2*sqrt(2)"}


def test_exact_constants_stay_exact_whatever_the_arithmetic():
    spec = {"input": 0.5, "target": 1, "activation": "square", "layers": [{"weight": "1/3"}]}
    assert explain(network(spec), symbolic=True, dps=30).symbols.exact == {"w1": "-35/108"}
    tiny = explain(network({**spec, "loss": {"name": "mse", "scale": 1e-310}}), symbolic=True)
    assert tiny.arithmetic == "extended"
    assert tiny.symbols.exact == {}  # a fraction of 310 digits, and never 0
    third = network({**spec, "loss": {"name": "mse", "scale": 0.3333333333333333}})
    exact = explain(third, symbolic=True).symbols.exact["w1"]
    assert sympy.Rational(exact) == sympy.Rational(-35, 108) * sympy.Rational("0.3333333333333333")


def test_the_numbers_are_put_in_at_the_end():
    found = explain(gradcalc.load("residual"), wrt=["w1"], symbolic=True).derivations["w1"]
    said = write(found.in_numbers, Unicode())
    assert said == "2(0.525929 − 1)·0.249328·(0.1 + 0.1·0.249828·0.1)·0.249376·0.5"


def test_a_formula_says_where_it_has_a_kink():
    layer = {"weight": 1, "activation": {"formula": "abs(x - 1) + max(x, 0)"}}
    local = explain(network({"input": 2, "target": 1, "layers": [layer]}), symbolic=True).symbols.locals[1]
    assert [write(kink, Unicode()) for kink in local.kinks] == ["x − 1 = 0", "x = 0"]


def test_sympys_polyhedra_are_there_when_asked_for():
    symbolic.load()
    from sympy.combinatorics import tetrahedron

    assert len(tetrahedron.faces) == 4


def test_trees_become_sympys_expressions():
    found = gradcalc.explain(gradcalc.load("residual"), wrt=["w1"]).derivations["w1"]
    expression = symbolic.as_sympy(found.formula)
    names = {"w1": 0.2, "w2": 0.1, "w3": 0.1, "w_r": 0.1, "x": 0.5, "t": 1}
    assert float(expression.subs(names)) == pytest.approx(-0.0030212381210528165, rel=1e-12)


@pytest.mark.parametrize(
    "formula", ["sqrt(x)", "x^1.5", "log(x)", "sqrt(x - 9)", "1/x^400", "x^400", "log(x)/(x + 1.75)"]
)
def test_a_formula_with_a_narrow_domain_is_compared_inside_it(formula):
    point = 10 if "9" in formula else 0.1
    built = network({"input": point, "target": 1, "layers": [{"activation": {"formula": formula}}]})
    found = explain(built, wrt=["x"], symbolic=True)
    assert found.symbols.locals[1].rule == "derivative of the formula"
    assert found.derivations["x"].certificate.relative_error < 1e-12


def test_exact_constants_of_targets_scales_and_options_stay_exact():
    layers = [{"weight": 0.25, "activation": {"name": "leaky_relu", "alpha": "1/7"}}]
    spec = {"input": -2, "target": "1/3", "loss": {"name": "mse", "scale": "1/3"}, "layers": layers}
    symbols = explain(network(spec), symbolic=True).symbols
    assert symbols.exact == {"w1": "34/441"}
    assert write(symbols.loss, Unicode()) == "⅓(y − t)²"
    assert write(symbols.locals[1].definition, Unicode()) == "{x if x > 0, else 1/7·x}"
    root = {"input": 1, "target": 0, "loss": {"name": "sse", "scale": "-sqrt(2)"}, "activation": "identity"}
    assert explain(network({**root, "layers": [{"weight": 2}]}), symbolic=True).symbols.exact == {}
    assert explain(network({**root, "layers": [{"weight": "sqrt(2)"}]}), symbolic=True).symbols.exact == {"w1": "-4"}


def test_what_is_no_algebraic_number_is_not_called_exact():
    layers = [{"weight": "1/3", "activation": {"formula": "sin(x) + cos(x)"}}]
    assert explain(network({"input": 1, "target": 0, "layers": layers}), symbolic=True).symbols.exact == {}


@pytest.mark.parametrize(
    ("loss", "units", "written", "derived"),
    [
        ({"name": "mse", "scale": 0.5}, 1, "0.5·(y − t)²", "y − t"),
        ({"name": "mse", "scale": 0.5}, 2, "0.5Σ(y − t)²/2", "½(y − t)"),
        ({"name": "half_sse", "scale": 2}, 2, "Σ(y − t)²", "2(y − t)"),
        ({"name": "mse", "scale": -2.5}, 1, "−2.5·(y − t)²", "−5(y − t)"),
        ({"name": "sse", "scale": "2/3"}, 1, "2/3·(y − t)²", "4/3·(y − t)"),
        ("bce_with_logits", 2, "½Σ(softplus(y) − t ⊙ y)", "½(σ(y) − t)"),
    ],
)
def test_the_scale_of_a_loss_is_multiplied_into_the_number_before_it(loss, units, written, derived):
    rows = [[0.3, 0.1], [0.2, -0.4]] if units == 2 else [[0.3, 0.1]]
    spec = {"input": [0.5, 0.2], "target": [0.3, 0.4][:units], "loss": loss}
    found = explain(network({**spec, "layers": [{"weight": rows, "activation": "identity"}]}), symbolic=True)
    assert write(found.symbols.loss, Unicode()) == written
    assert write(found.derivations["w1"].steps[0].right, Unicode()) == derived


def test_signs_stand_before_the_sum_of_a_loss():
    layers = [{"weight": [[0.3, 0.1], [0.2, -0.4]], "activation": "sigmoid"}]
    spec = {"input": [0.5, 0.2], "target": [0.3, 0.4], "loss": "bce", "layers": layers}
    symbols = explain(network(spec), symbolic=True).symbols
    assert write(symbols.loss, Unicode()) == "−½Σ(t ⊙ ln y + (1 − t) ⊙ ln(1 − y))"


def test_common_factors_are_only_said_to_be_factored_out_where_paths_share_them():
    def lines(name):
        text = "".join(
            format_module("table").render(report(explain(gradcalc.load(name), wrt=["w1"], symbolic=True)), Style())
        )
        return [line for line in text.splitlines() if "common factors" in line]

    assert len(lines("residual")) == 1
    assert lines("plain") == []


def test_a_formula_whose_parts_underflow_at_a_random_point():
    layers = [{"activation": {"formula": "log(exp(800x))"}}]
    found = explain(network({"input": -0.7, "target": 1, "layers": layers}), wrt=["x"], symbolic=True)
    assert found.derivations["x"].certificate.points == 6


def test_numbers_without_a_closed_form_say_whose_they_are():
    text = "".join(format_module("table").render(report(explain(gradcalc.load("mazur"), symbolic=True)), Style()))
    for name in ("w1", "w2", "b1", "b2"):
        assert re.search(rf"numerically  ∂L/∂{name} ", text)


def test_a_loss_of_log_probabilities_is_differentiated_as_the_network_reads_it():
    layers = [{"weight": [[0.1, 0.2], [0.3, 0.4]], "activation": "log_softmax"}]
    spec = {"input": [0.5, 0.2], "target": [0.3, 0.7], "loss": "kl", "layers": layers}
    local = explain(network(spec), symbolic=True).symbols.locals[0]
    assert [write(tree, Unicode()) for tree in (local.definition, local.derived)] == ["t(ln t − y)", "−t"]


@pytest.mark.parametrize(("loss", "kinks"), [("huber", []), ("log_cosh", []), ("mae", ["y − t = 0"])])
def test_only_a_loss_with_a_kink_is_called_not_smooth(loss, kinks):
    assert [write(kink, Unicode()) for kink in symbolic.of_loss(bind(loss)).kinks] == kinks


def test_only_an_activation_with_a_kink_is_called_not_smooth():
    kinked = [name for name in SINGLE if symbolic.of_activation(ACTIVATIONS[name]).kinks]
    assert "softsign" not in kinked and "elu" not in kinked and {"relu", "abs", "hard_swish", "selu"} <= set(kinked)


def test_of_a_node_in_place_of_the_loss_no_loss_is_differentiated():
    symbols = explain(gradcalc.load("residual"), wrt=["w1"], of="h2", symbolic=True).symbols
    assert [write(local.function, Unicode()) for local in symbols.locals] == ["σ(x)"]


def test_an_exact_value_of_thousands_of_digits_is_left_out():
    spec = {"input": 5e-324, "target": 0.1, "activation": {"formula": "x^3 / 3"}}
    spec |= {"layers": [{"weight": "sqrt(2)"}, {"weight": "2/3"}]}
    assert gradcalc.explain(gradcalc.load(spec), wrt=["w2"], symbolic=True).symbols.exact == {}
