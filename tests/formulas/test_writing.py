"""Formulas as text, in each notation, with numbers put in."""

import pytest

from gradcalc.formulas import derivative, parse
from gradcalc.formulas.writing import LATEX, PLAIN, PRETTY, write

CASES = [
    ("(y - t)^2", "(y - t)^2", "(y − t)²", r"\left(y - t\right)^{2}"),
    (
        "x/(1 + exp(-1.702 x))",
        "x/(1 + exp(-1.702*x))",
        "x/(1 + exp(−1.702·x))",
        r"\frac{x}{1 + \exp\left(-1.702 x\right)}",
    ),
    ("-x^2", "-x^2", "−x²", "-x^{2}"),
    ("(-x)^2", "(-x)^2", "(−x)²", r"\left(-x\right)^{2}"),
    ("x^-1", "x^-1", "x⁻¹", "x^{-1}"),
    ("2^x^2", "2^x^2", "2^(x²)", "2^{x^{2}}"),
    ("(2^x)^2", "(2^x)^2", "(2^x)²", r"\left(2^{x}\right)^{2}"),
    ("1 - (2 - x)", "1 - (2 - x)", "1 − (2 − x)", r"1 - \left(2 - x\right)"),
    ("x/(2y)", "x/(2*y)", "x/(2·y)", r"\frac{x}{2 y}"),
    ("2(x + 1)", "2*(x + 1)", "2(x + 1)", r"2 \left(x + 1\right)"),
    ("x*-y", "x*-y", "x·(−y)", r"x \left(-y\right)"),
    ("sqrt(x^2 + 1)", "sqrt(x^2 + 1)", "√(x² + 1)", r"\sqrt{x^{2} + 1}"),
    ("abs(x)", "abs(x)", "|x|", r"\left|x\right|"),
    ("log(x)*pi", "log(x)*pi", "ln x·π", r"\ln\left(x\right) \pi"),
    ("1e-3x", "1e-3*x", "1·10⁻³·x", r"1 \cdot 10^{-3} x"),
    ("softplus(x)", "softplus(x)", "softplus(x)", r"\operatorname{softplus}\left(x\right)"),
    ("max(x, 0)", "max(x, 0)", "max(x, 0)", r"\max\left(x, 0\right)"),
]


@pytest.mark.parametrize(("text", "plain", "pretty", "latex"), CASES)
def test_notations(text, plain, pretty, latex):
    expression = parse(text, ["x", "y", "t"])
    assert write(expression, PLAIN) == plain
    assert write(expression, PRETTY) == pretty
    assert write(expression, LATEX) == latex


@pytest.mark.parametrize(
    ("text", "numbers", "expected"),
    [
        ("(y - t)^2", {"y": "0.525929", "t": "1"}, "(0.525929 − 1)²"),
        ("(y - t)^2", {"y": "−0.5", "t": "−1"}, "(−0.5 − (−1))²"),
        ("y^2", {"y": "−0.5"}, "(−0.5)²"),
        ("y^2", {"y": "5.2×10⁻⁷"}, "(5.2×10⁻⁷)²"),
        ("t*log(y)", {"y": "0.2", "t": "1"}, "1·ln 0.2"),
    ],
)
def test_numbers_in_place_of_names(text, numbers, expected):
    assert write(parse(text, ["y", "t"]), PRETTY, numbers) == expected


def test_a_slope_can_be_read_again():
    slope = derivative(parse("x/(1 + exp(-1.702 x))", ["x"]), "x")
    assert "1.702" in write(slope, PLAIN)
    parse(write(slope, PLAIN), ["x"])


def test_a_long_name_is_upright_in_latex():
    assert write(parse("w_1 + beta", ["w_1", "beta"]), LATEX) == r"\mathrm{w\_1} + \beta"
