"""Formulas in each notation, with numbers put in."""

import pytest

from gradcalc.expressions.expression import Expression, figure, ratio
from gradcalc.expressions.parser import parse
from gradcalc.expressions.print_code import FormulaText
from gradcalc.expressions.print_latex import LaTeX
from gradcalc.expressions.print_mathml import MathML
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.sympy_form import derivative
from gradcalc.expressions.walk import write

CASES = [
    ("(y - t)^2", "(y - t)^2", "(y − t)²", "(y - t)^{2}"),
    ("x/(1 + exp(-1.702 x))", "x/(1 + exp(-1.702*x))", "x/(1 + e^(−1.702x))", r"\frac{x}{1 + e^{-1.702\,x}}"),
    ("-x^2", "-x^2", "−x²", "-x^{2}"),
    ("(-x)^2", "(-x)^2", "(−x)²", "(-x)^{2}"),
    ("x^-1", "x^-1", "x⁻¹", "x^{-1}"),
    ("2^x^2", "2^x^2", "2^(x²)", "2^{x^{2}}"),
    ("(2^x)^2", "(2^x)^2", "(2^x)²", "(2^{x})^{2}"),
    ("1 - (2 - x)", "1 - (2 - x)", "1 − (2 − x)", "1 - (2 - x)"),
    ("x/(2y)", "x/(2*y)", "x/(2y)", r"\frac{x}{2\,y}"),
    ("2(x + 1)", "2*(x + 1)", "2(x + 1)", r"2\,(x + 1)"),
    ("x*-y", "x*-y", "x·(−y)", r"x\,(-y)"),
    ("sqrt(x^2 + 1)", "sqrt(x^2 + 1)", "√(x² + 1)", r"\sqrt{x^{2} + 1}"),
    ("abs(x)", "abs(x)", "|x|", r"\lvert x\rvert"),
    ("abs(y-t)**3", "abs(y - t)^3", "|y − t|³", r"\lvert y - t\rvert^{3}"),
    ("log(x)*pi", "log(x)*pi", "(ln x)·π", r"(\ln x)\,\pi"),
    ("1e-3x", "1e-3*x", "10⁻³·x", r"10^{-3}\,x"),
    ("2.5e-3x", "2.5e-3*x", "2.5×10⁻³·x", r"2.5 \times 10^{-3}\,x"),
    ("softplus(x)", "softplus(x)", "softplus(x)", r"\operatorname{softplus}(x)"),
    ("max(x, 0)", "max(x, 0)", "max(x, 0)", r"\max(x, 0)"),
    ("sigmoid(x)^2", "sigmoid(x)^2", "σ(x)²", r"\sigma(x)^{2}"),
]


@pytest.mark.parametrize(("text", "formula", "unicode", "latex"), CASES)
def test_notations(text, formula, unicode, latex):
    expression = parse(text, ["x", "y", "t"])
    assert write(expression, FormulaText()) == formula
    assert write(expression, Unicode()) == unicode
    assert write(expression, LaTeX()) == latex


@pytest.mark.parametrize(
    ("text", "numbers", "expected"),
    [
        ("(y - t)^2", {"y": 0.525929, "t": 1}, "(0.525929 − 1)²"),
        ("(y - t)^2", {"y": -0.5, "t": -1}, "(−0.5 − (−1))²"),
        ("y^2", {"y": -0.5}, "(−0.5)²"),
        ("y^2", {"y": 5.2e-7}, "(5.2×10⁻⁷)²"),
        ("t*log(y)", {"y": 0.2, "t": 1}, "1·ln 0.2"),
        ("t*y", {"y": 0.2, "t": 3}, "3·0.2"),
    ],
)
def test_numbers_in_place_of_names(text, numbers, expected):
    raw = parse(text, ["y", "t"])
    numbered = {name: figure(value) for name, value in numbers.items()}
    from gradcalc.expressions.expression import substituted

    assert write(substituted(raw, numbered), Unicode()) == expected


def test_a_derivative_can_be_read_again():
    derived = derivative(parse("x/(1 + exp(-1.702 x))", ["x"]), "x")
    assert "1.702" in write(derived, Unicode())
    parse(write(derived, FormulaText()), ["x"])


@pytest.mark.parametrize(
    ("name", "latex"),
    [("w_1", "w_{1}"), ("w1", "w_{1}"), ("w_r", "w_{r}"), ("beta", r"\beta"), ("eps", r"\varepsilon")],
)
def test_names_in_latex(name, latex):
    assert write(parse(name, [name]), LaTeX()) == latex


def test_a_long_name_is_one_word_in_latex():
    assert write(parse("hidden_unit", ["hidden_unit"]), LaTeX()) == r"\mathit{hidden}_{unit}"


def test_entries_in_rows():
    matrix = Expression("matrix", tuple(parse(text, ["x"]) for text in ("x", "1", "2", "x^2")), 2)
    assert write(matrix, Unicode()) == "[x, 1; 2, x²]"
    assert write(matrix, LaTeX()) == r"\begin{pmatrix}x & 1\\ 2 & x^{2}\end{pmatrix}"
    assert write(matrix, MathML(6, str)).count("<mtr>") == 2


def test_mathml_escapes_names():
    from html import escape

    assert "<b>" not in write(Expression("name", value="<b>"), MathML(6, escape))


@pytest.mark.parametrize(
    ("size", "plain", "latex"),
    [
        (10**17, "10¹⁷", "10^{17}"),
        (-12 * 10**8, "−1.2×10⁹", r"-1.2 \times 10^{9}"),
        (12345678, "12345678", "12345678"),
        (2 * 10**6, "2000000", "2000000"),
    ],
)
def test_whole_numbers_of_many_zeros_are_powers_of_ten(size: int, plain: str, latex: str) -> None:
    number = ratio(size, 1)
    assert (write(number, Unicode()), write(number, LaTeX())) == (plain, latex)
