"""Formulas that somebody has: right at every point, or by which factor or path they are wrong."""

from __future__ import annotations

import pytest
from derivation.by_sympy import told

import gradcalc
from gradcalc.derivation.claimed_formula import check_formula
from gradcalc.errors import UsageError
from gradcalc.views.given_page import formula_sentence

RIGHT = [
    ("residual", "w3", "2*(y - t)*y*(1 - y)*h2"),
    ("residual", "w1", "2*(y - t)*y*(1 - y)*(w_r + w3*h2*(1 - h2)*w2)*h1*(1 - h1)*x"),
    ("residual", "w1", "delta_h1*x"),
    ("residual", "dL/dh1", "delta_y*w_r + delta_h2*w2"),
    ("residual", "y", "1/(1 + exp(-z_y))"),
    ("residual", "z_h2", "w2*h1"),
    ("residual", "L", "(y - t)^2"),
    ("mazur", "w2[0,1]", "(o[0] - t[0])*o[0]*(1 - o[0])*h[1]"),
    ("mazur", "w1[1,0]", "δ_h[1]*i1"),
    ("rnn", "Wy", "d_y1*s1 + d_y2*s2"),
    ("circuit", "x", "z"),
    ("residual", "w1", "d_h1*x"),
    ("residual", "w1", "g_h1*s_h1*x"),
    ("residual", "w3", "Rational(2, 1)*(y - t)*σ′(z_y)*h2"),
    ("residual", "w3", "2·(y − t)·σ(z_y)·(1 − sigmoid(z_y))·h2"),
    ("residual", "w3", "S(2)*(y - t)*np.exp(-z_y)/(1 + E**(-z_y))**2*h2"),
    ("residual", "w3", "Pow(2, 3)/4*(y - t)*y*sympy.expit(-z_y)*h2"),
    ("residual", "w1", "dL/dh1*σ'(z_h1)*x"),
    ("residual", "w1", "dL/dz_h1*x"),
    ("residual", "L", "(y − t)²"),
    ("residual", "L", "sqrt(Abs(t - y))**4*pi/π"),
    ("residual", "y", "1/2 + tanh(z_y/2)/2"),
    ("residual", "y", "(1 + sinh(z_y/2)*sech(z_y/2))/2"),
    ("residual", "z_h2", "w2*h1*log10(100)/log(4, 2)"),
    ("residual", "z_h2", "w2*(h1*(erf(x) + erfc(x)))"),
    ("mazur", "w2[0,1]", "(o_0 - t_0)*o_0*(1 - o_0)*h_1"),
    ("mazur", "w1[1,0]", "Sum(w2[k,1]*delta_o[k], (k, 0, 1))*h[1]*(1 - h[1])*i1"),
    ("mazur", "w1[1][0]", "(w2[0][1]*d_o[0] + w2[1][1]*d_o[1])*h[1]*(1 - h[1])*i1"),
]


@pytest.mark.parametrize(("spec", "name", "formula"), RIGHT)
def test_a_right_formula_is_right_at_six_points(spec: str, name: str, formula: str) -> None:
    check = check_formula(gradcalc.load(spec), name, formula)
    assert check.ok
    assert check.points == 6
    assert check.got == pytest.approx(check.ours, rel=1e-14)


WRONG = [
    ("residual", "w3", "(y - t)*y*(1 - y)*h2", "2"),
    ("residual", "w3", "2*(t - y)*y*(1 - y)*h2", "(−1)"),
    ("residual", "w3", "2*(y - t)*y*(1 - y)*h1", "h2 / h1"),
    ("residual", "w3", "2*(y - t)*h2", "σ′(z_y)"),
    ("residual", "w2", "delta_y*w3*h1", "σ′(z_h2)"),
    ("residual", "delta_h1", "g_h1*h1*(1 - h1)*x", "1 / x"),
    ("mazur", "w2[0,0]", "(o[0] - t[0])*o[0]*(1 - o[0])*h[1]", "h[0] / h[1]"),
]


@pytest.mark.parametrize(("spec", "name", "formula", "factor"), WRONG)
def test_a_missing_or_extra_factor_is_named(spec: str, name: str, formula: str, factor: str) -> None:
    check = check_formula(gradcalc.load(spec), name, formula)
    assert not check.ok
    assert check.equal == 0
    assert check.correction == factor


EXCHANGED = [
    ("residual", "delta_h1", "(delta_h2*w2 + delta_y*w3)*h1*(1 - h1)", "w_r in place of w3"),
    ("residual", "z_y", "w3*h2 + w_r*h2", "h1 in place of h2"),
    ("residual", "y", "tanh(z_y)", "sigmoid in place of tanh"),
    ("residual", "w1", "2*(y - t)*y*(1 - y)*(w_r - w3*h2*(1 - h2)*w2)*h1*(1 - h1)*x", "+ in place of −"),
    ("mazur", "w1[0,0]", "(delta_o[0]*w2[0,0] + delta_o[1]*w2[0,1])*h[0]*(1 - h[0])*i1", "w2[1,0] in place of w2[0,1]"),
]


@pytest.mark.parametrize(("spec", "name", "formula", "exchanged"), EXCHANGED)
def test_a_name_for_another_is_told(spec: str, name: str, formula: str, exchanged: str) -> None:
    check = check_formula(gradcalc.load(spec), name, formula)
    assert (check.ok, check.exchange) == (False, exchanged)
    assert f"{name}: your formula is right with {exchanged}, at all 6 points." in (formula_sentence(check))


def test_a_path_that_is_left_out_or_counted_twice_is_named() -> None:
    network = gradcalc.load("residual")
    seed, end = "2*(y - t)*y*(1 - y)", "h1*(1 - h1)*x"
    without = check_formula(network, "w1", f"{seed}*w_r*{end}")
    assert (without.path, without.path_is_missing) == ("h1 → h2 → y", True)
    twice = check_formula(network, "w1", f"{seed}*(2*w_r + w3*h2*(1 - h2)*w2)*{end}")
    assert (twice.path, twice.path_is_missing) == ("h1 → y", False)
    of_delta = check_formula(network, "delta_h1", "delta_h2*w2*h1*(1 - h1)")
    assert (of_delta.path, of_delta.path_is_missing) == ("h1 → y", True)
    of_unit = check_formula(gradcalc.load("mazur"), "delta_h[1]", "delta_o[0]*w2[0,1]*h[1]*(1 - h[1])")
    assert (of_unit.path, of_unit.path_is_missing) == ("h[1] → o[1]", True)


def test_a_formula_that_is_right_by_chance_is_wrong_elsewhere() -> None:
    spec = {"input": 2.0, "target": 1, "weights": [3.0], "activation": "identity", "loss": "half_sse"}
    check = check_formula(gradcalc.load(spec), "w1", "(y - t)*2")
    assert (check.equal, check.points, check.ok) == (1, 6, False)
    assert check.wrong_at == (1, 2, 3, 4, 5)
    assert check.correction == "x / 2"
    assert "right by chance at the network's own point" in formula_sentence(check)
    other = check_formula(gradcalc.load(spec), "w1", "(y - t)*x + (x - 2)^2")
    sentence = formula_sentence(other)
    assert other.equal == 1 and other.correction == ""
    assert "right at the network's own point only, and wrong at the random points 1, 2, 3, 4 and 5" in sentence
    assert "at t = 1, x = " in sentence and "is right." in sentence


def test_the_formulas_that_explain_prints_are_right() -> None:
    for spec in ("residual", "rnn", {"input": 0.5, "target": 1, "activation": "relu", "weights": [0.4, 0.3]}):
        network = gradcalc.load(spec)
        for name, derived in told(network, symbolic=True).items():
            assert check_formula(network, name, derived["formula"]).ok


def test_a_formula_of_no_simple_relation_has_no_explanation() -> None:
    check = check_formula(gradcalc.load("residual"), "w1", "sin(x) + 3")
    assert (check.ok, check.correction, check.path, check.exchange) == (False, "", "", "")
    assert "wrong at every point, and neither a factor nor a path nor one name for another explains it: " in (
        formula_sentence(check)
    )
    assert "at x = 0.5 it is 3.47943, where −0.00302124 is right" in formula_sentence(check)


@pytest.mark.parametrize(
    ("name", "formula", "message"),
    [
        ("w1", "foo*y", "nothing is called foo (character 1); names are w1, w2"),
        ("w1", "2*y + delta_h", "nothing is called delta_h (character 7)"),
        ("w1", "y*(1", "never closed, at '(' (character 3)"),
        ("w9", "y", "nothing is called w9"),
        ("w1", "log10(y, 2, 3)", "log10 does not take 3 arguments"),
        ("w1", "Rational(1, 2)*Sum(y)", "Sum takes a term and one range"),
        ("w1", "Sum(y, (i, 0, 1e9))", "Sum takes a term and one range"),
        ("w1", "Sum(y, (i, 0, 100000))", "a Sum has at most 1,000 terms"),
        ("w1", "Sum(y, (i, 0, 1)", "never closed"),
        ("w1", "Pow(9, Pow(9, 9))", "too large"),
        ("w1", "log(x - x)", "has no value at the network's point nor near it"),
        ("w1", "__import__('os')", "__import__"),
    ],
)
def test_what_is_no_formula_is_told(name: str, formula: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        check_formula(gradcalc.load("residual"), name, formula)
    assert message in str(error.value)


def test_a_formula_is_of_one_number() -> None:
    with pytest.raises(UsageError, match="more than one number"):
        check_formula(gradcalc.load("mazur"), "w1", "i1")
