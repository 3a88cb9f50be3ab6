"""What rows say of themselves: names, options, kinks by convention, formulas that mean the same as the functions."""

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.activations import ACTIVATIONS, ALIASES, bind, blocked
from gradcalc.expressions.compiled import compile_float64
from gradcalc.expressions.parser import parse

AT_KINKS = [
    ("relu", 0.0, 0.0),
    ("leaky_relu", 0.0, 0.01),
    ("elu", 0.0, 1.0),
    ("selu", 0.0, 1.7580993408473766),
    ("celu", 0.0, 1.0),
    ("abs", 0.0, 0.0),
    ("sign", 0.0, 0.0),
    ("step", 0.0, 0.0),
    *(("hardtanh", x, 0.0) for x in (-1.0, 1.0)),
    *(("relu6", x, 0.0) for x in (0.0, 6.0)),
    *(("hard_sigmoid", x, 0.0) for x in (-3.0, 3.0)),
    ("hard_swish", -3.0, 0.0),
    ("hard_swish", 3.0, 1.0),
]
SMOOTH_AT_ZERO = {"elu", "celu"}
"""With alpha = 1 both sides have the derivative 1."""


@pytest.mark.parametrize(("name", "x", "derivative"), AT_KINKS)
def test_derivatives_at_kinks(name, x, derivative):
    row = bind(name)
    assert row.derivative(x) == derivative
    if name not in SMOOTH_AT_ZERO:
        assert row.is_kink(x)
        assert not row.is_kink(x + 0.5)
    if not row.options:
        assert f"{derivative!r} at x = {x:g}".replace(".0 ", " ") in row.kinks.split(", ")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_rows_pickle(name):
    row = ACTIVATIONS[name]
    again = pickle.loads(pickle.dumps(row))
    assert (again.text, again.options) == (row.text, row.options)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_kinks_are_told_where_there_are_some(name):
    row = ACTIVATIONS[name]
    other = bind(name, dict.fromkeys(row.options, 2)) if row.variant else row
    assert bool(row.kinks) == (other.is_kink is not None)


def test_zero_below_zero_is_no_kink_of_a_step():
    assert bind("step").value(0.0) == bind("step").value(-1.0) == 0.0
    assert bind("step").value(5e-324) == 1.0


@pytest.mark.parametrize("name", ["leaky_relu", "elu"])
@pytest.mark.parametrize("alpha", [0, 0.5, 1, 2])
def test_a_kink_is_where_the_sides_differ(name, alpha):
    row = bind(name, {"alpha": alpha})
    right, left = (row.derivative(x) for x in (1e-12, -1e-12))
    assert (row.is_kink is not None and row.is_kink(0.0)) == (abs(right - left) > 1e-9)


def test_elu_has_a_kink_where_its_sides_differ():
    assert bind("elu").is_kink is None
    assert bind("elu", {"alpha": 2}).is_kink(0.0)
    assert bind("elu", {"alpha": 2}).derivative(0.0) == 2


def test_prelu_takes_its_parameter():
    row = bind("prelu")
    assert row.parametric
    assert (row.value(-2.0, 0.5), row.derivative(-2.0, 0.5), row.alpha_derivative(-2.0, 0.5)) == (-1.0, 0.5, -2.0)
    assert (row.value(2.0, 0.5), row.derivative(2.0, 0.5), row.alpha_derivative(2.0, 0.5)) == (2.0, 1.0, 0.0)
    assert row.derivative(0.0, 0.5) == 0.5
    assert row.is_kink(0.0)


def test_names_and_aliases():
    assert ALIASES["linear"] == "identity"
    assert not set(ALIASES) & set(ACTIVATIONS)
    assert bind("swish") is bind("silu")
    assert all(bind(name).name == bind(name).text == name for name in ACTIVATIONS if name != "maxout")
    with pytest.raises(KeyError):
        bind("sigmod")


def test_options_are_printed_when_given():
    assert bind("leaky_relu").text == "leaky_relu"
    assert bind("leaky_relu", {"alpha": 0.2}).text == "leaky_relu(alpha=0.2)"
    assert bind("leaky_relu", {"alpha": 0.01}).text == "leaky_relu(alpha=0.01)"
    assert bind("maxout", {"pieces": 3}).text == "maxout(pieces=3)"
    assert bind("softplus", {"beta": 2.0}).text == "softplus(beta=2)"
    assert bind("softplus", {"beta": 2.0}).options == {"beta": 2.0}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("relu", {"alpha": 1}, "has no option"),
        ("elu", {"beta": 1}, "it has alpha"),
        ("celu", {"alpha": 0}, "positive"),
        ("softplus", {"beta": -1}, "positive"),
        ("layer_norm", {"eps": 0}, "positive"),
        ("rms_norm", {"eps": float("inf")}, "positive"),
        ("maxout", {}, "needs the option pieces"),
        ("maxout", {"pieces": 1.5}, "whole number"),
        ("maxout", {"pieces": 0}, "whole number"),
    ],
)
def test_bad_options(name, options, message):
    with pytest.raises(ValueError, match=message):
        bind(name, options)


AT = st.floats(-30, 30).map(lambda x: round(x, 6)) | st.sampled_from([-3.0, -1.0, 0.0, 1.0, 3.0, 6.0])


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if row.formula])
@given(x=AT)
def test_formulas_mean_the_functions(name, x):
    row = ACTIVATIONS[name]
    assert_means(row, row.formula, row.value, x)


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if row.derivative_formula])
@given(x=AT)
def test_derivative_formulas_mean_the_derivatives(name, x):
    row = ACTIVATIONS[name]
    assert_means(row, row.derivative_formula, row.derivative, x)


def assert_means(row, text, function, x):
    names, options = ("x", *row.options), tuple(row.options.values())
    formula = compile_float64(parse(text, names), names)
    assert formula(x, *options) == pytest.approx(function(x, *(options if row.parametric else ())), rel=1e-9, abs=1e-13)


def test_flat_rows_are_those_with_flat_pieces():
    grid = [place / 16 - 8 for place in range(257)]
    for name, row in ACTIVATIONS.items():
        if not (row.couples or row.parametric):
            zeros = [row.derivative(x) == 0 for x in grid]
            assert row.flat == any(map(all, zip(zeros, zeros[1:]))), name
            assert not row.rectifies or all(row.derivative(x) == 0 for x in grid if x < 0), name
            assert row.steepest in (None, max(map(row.derivative, grid))), name
    assert bind("prelu").flat and ACTIVATIONS["maxout"].flat and bind("leaky_relu", {"alpha": 0}).flat


def test_large_arrays_go_block_by_block():
    sizes = []

    @blocked
    def doubled(x):
        sizes.append(x.size)
        return 2 * x

    few, many = np.arange(8192.0).reshape(2, 4096), np.arange(20_000.0).reshape(2, 10_000)
    assert (doubled(few) == 2 * few).all() and sizes == [8192]
    assert (doubled(many) == 2 * many).all() and sizes[1:] == [8192, 8192, 3616]
    assert doubled(many).shape == (2, 10_000)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("elu", {"beta": 1.0}, 'elu has no option "beta"; it has alpha'),
        ("tanh", {"alpha": 1.0}, 'tanh has no option "alpha"; it has none'),
        ("maxout", {}, "maxout needs the option pieces"),
    ],
)
def test_what_options_a_row_has(name, options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        bind(name, options)
    with pytest.raises(KeyError):
        bind(name + "x")


def test_options_that_are_not_given_are_those_of_pytorch():
    given = {name: dict(row.options) for name, row in ACTIVATIONS.items() if row.options}
    assert given == {
        "leaky_relu": {"alpha": 0.01},
        "prelu": {"alpha": 0.25},
        "elu": {"alpha": 1},
        "celu": {"alpha": 1},
        "softplus": {"beta": 1},
        "layer_norm": {"eps": 1e-5},
        "rms_norm": {"eps": 1e-5},
        "maxout": {"pieces": 2},
    }
    assert bind("elu", {"alpha": 2.0}).text == "elu(alpha=2)" and bind("elu", {"alpha": 0.5}).value(-50.0) == -0.5


class Rationals:
    """Fractions, on which a rule has + − × ÷, comparisons, and nothing else."""

    number, max, min, sum = Fraction, max, min, sum


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_rational_has_fractions_for_fractions(name):
    row = bind(name, {"pieces": 2}) if name == "maxout" else bind(name)
    numbers = [Fraction(-7, 2), Fraction(1, 3), Fraction(-1, 9), Fraction(5)]
    arguments = [(numbers,)] if row.couples else [(x, Fraction(1, 4))[: 1 + row.parametric] for x in numbers]
    try:
        found = [part(*given) for part in row.any_rule()(Rationals)[:2] for given in arguments]
    except (AttributeError, TypeError):
        found = [0.5]
    entries = str(found).replace("Fraction", "")
    assert row.rational == ("." not in entries)


READ_OTHERWISE = {
    *("relu", "leaky_relu", "prelu", "step", "elu", "selu", "celu", "gelu", "gelu_tanh"),
    *("softmax", "log_softmax", "layer_norm", "rms_norm", "maxout"),
}
"""Rows of which books have another form of the value than the formula."""


def test_which_rows_have_a_form_of_the_value_in_books():
    assert {name for name, row in ACTIVATIONS.items() if row.textbook.value} == READ_OTHERWISE


IN_BOOKS = {
    **{name: getattr(math, name) for name in ("cosh", "exp", "expm1", "sqrt", "pi")},
    "abs": abs,
    "cases": lambda first, second, condition: first if condition > 0 else second,
    "max": max,
    "min": min,
    "one_plus_erf": lambda x: 1 + math.erf(x),
    "one_plus_tanh": lambda x: 1 + math.tanh(x),
    "sigmoid_derivative": lambda x: 1 / (2 + 2 * math.cosh(x)),
}


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if not row.couples])
def test_forms_in_books_mean_the_functions(name):
    """At kinks, too."""
    row, book = ACTIVATIONS[name], ACTIVATIONS[name].textbook
    constants = {**row.options, **{one: float(number) for one, number in book.constants}}
    alpha = tuple(row.options.values()) if row.parametric else ()
    for x in (-3.5, -3.0, -1.0, -0.3, 0.0, 0.4, 1.0, 2.5, 3.0, 6.0):
        y, derivative = row.value(x, *alpha), row.derivative(x, *alpha)
        for text, wanted in ((book.value, y), (book.derivative, derivative), (book.exact, derivative)):
            found = eval(text.replace("^", "**"), {**IN_BOOKS, **constants, "x": x, "y": y}) if text else wanted
            assert found == pytest.approx(wanted, rel=1e-12, abs=1e-15), (text, x)
