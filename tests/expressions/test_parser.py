"""Reading: precedence, products that are not written, every refusal with its place, limits."""

import math

import pytest
from expressions.random_formulas import any_formulas
from hypothesis import assume, given

from gradcalc.expressions.compiled import compile_float64
from gradcalc.expressions.expression import FormulaError
from gradcalc.expressions.parser import parse
from gradcalc.expressions.print_code import FormulaText
from gradcalc.expressions.walk import write


def value(text, **names):
    return compile_float64(parse(text, list(names)), list(names))(*names.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x^2", -9),
        ("(-x)^2", 9),
        ("2^3^2", 512),
        ("2**3**2", 512),
        ("2^-x", 1 / 8),
        ("2^-x^2", 2**-9),
        ("2x^2", 18),
        ("2 x", 6),
        ("1/2x", 1.5),
        ("6/2(1+2)", 9),
        ("2^3x", 24),
        ("2 exp(0)", 2),
        ("2(x)", 6),
        ("1-2-3", -4),
        ("8/4/2", 1),
        ("x - -1", 4),
        ("--x", 3),
        ("+x", 3),
        ("2*-x", -6),
        ("max(1, x, 2)", 3),
        ("min(1, x)", 1),
        ("2e3x", 6000),
        ("2pi", 2 * math.pi),
        (" x\t+\n1 ", 4),
        (".5x + 1.", 2.5),
        ("abs(-x)sqrt(4)", None),
    ],
)
def test_precedence(text, expected):
    if expected is None:
        with pytest.raises(FormulaError):
            value(text, x=3.0)
    else:
        assert value(text, x=3.0) == expected


def test_the_formula_of_the_specification():
    assert value("x / (1 + exp(-1.702 x))", x=1.0) == pytest.approx(1 / (1 + math.exp(-1.702)), rel=1e-15)


@pytest.mark.parametrize(
    ("text", "marked", "said"),
    [
        ("", "", "empty"),
        ("   ", "", "empty"),
        ("x +", "+", "missing after"),
        ("* x", "*", "missing before"),
        ("x + * x", "+", "missing after"),
        ("(x", "(", "never closed"),
        ("sin(x", "(", "never closed"),
        ("(", "(", "never closed"),
        ("x)", ")", "closes none"),
        ("()", "()", "nothing in these parentheses"),
        ("sin()", "()", "nothing in these parentheses"),
        ("sin x", "sin", "in parentheses"),
        ("sin", "sin", "in parentheses"),
        ("sin(x, x)", "(x, x)", "one argument"),
        ("max(x)", "(x)", "two or more"),
        ("x, x", ",", "comma"),
        ("(x, x)", ",", "comma"),
        ("1 2", "1 2", "follows another"),
        ("1.2.3", "1.2.3", "follows another"),
        ("x 2", "x 2", "operator is missing"),
        ("x x", "x x", "operator is missing"),
        ("x(1)", "x(", "no function"),
        ("(x)(x)", ")(", "operator is missing"),
        ("sigmod(x)", "sigmod", 'did you mean "sigmoid"'),
        ("zq + x", "zq", "unknown name"),
        ("x.real", ".", "no place"),
        ("x = 1", "=", "no place"),
        ("x²", "²", 'write "^2"'),
        ("x − 1", "−", 'write "-"'),
        ("__import__('os')", "__import__", "unknown name"),
        ("step(x)", "step", "unknown name"),
        ("lambda: x", "lambda", "unknown name"),
        ("1e999x", "1e999", "beyond the largest double"),
        ("1e-999x", "1e-999", "rounds to it"),
        ("x\x00", "\x00", "\\u0000"),
        ("x\u202e", "\u202e", "\\u202e"),
        ("9^9^9", "9^9^9", "power"),
        ("x^99999999", "x^99999999", "power"),
        ("((x^100)^100)^100", "((x^100)^100)^100", "power"),
    ],
)
def test_refusals_say_what_and_where(text, marked, said):
    with pytest.raises(FormulaError) as refused:
        parse(text, ["x"])
    error = refused.value
    assert said in error.message == str(error)
    assert text[error.start : error.end] == marked


@pytest.mark.parametrize("opened", ["(", "sin(", "-", "2^", "1+(", "2*exp("])
def test_two_hundred_levels_and_no_more(opened):
    def nested(levels):
        return opened * levels + "x" + ")" * (levels * opened.count("("))

    assert math.isfinite(value(nested(200), x=0.5)) or opened in ("2^", "2*exp(")
    with pytest.raises(FormulaError, match="200 levels"):
        parse(nested(201), ["x"])


def test_levels_that_are_closed_again_do_not_count():
    assert value("+".join(["(x)"] * 500), x=1.0) == 500


def test_4096_characters_and_no_more():
    longest = "x" + "+x" * 2047 + " "
    assert value(longest, x=1.0) == 2048
    with pytest.raises(FormulaError, match="4,096") as refused:
        parse(longest + " ", ["x"])
    assert (refused.value.start, refused.value.end) == (4096, 4097)


@given(any_formulas())
def test_reading_what_was_written_gives_the_same_tree(expression):
    text = write(expression, FormulaText())
    assume(len(text) <= 4096)
    try:
        read = parse(text, ["x", "y"])
    except FormulaError as error:
        assert "too large" in error.message
    else:
        assert read == expression


def test_names_of_any_script():
    assert value("2 λ_1 + größe", λ_1=1.0, größe=2.0) == 4
