"""Losses as text: of one unit and one example, of several, with numbers put in."""

import pytest
from specs import network

from gradcalc.expressions.compiled import compile_float64
from gradcalc.expressions.parser import parse
from gradcalc.expressions.print_latex import LaTeX
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write
from gradcalc.losses import LOSSES, bind, from_formula


def shown(loss, units=1):
    return write(loss.expression(units), Unicode())


def test_the_formula_of_the_residual_net():
    loss = bind("mse")
    assert loss.formula == loss.formula_of() == "(y - t)^2"
    assert shown(loss) == "(y − t)²"
    assert write(loss.in_numbers([0.525929], [1]), Unicode()) == "(0.525929 − 1)²"
    assert write(loss.expression(), LaTeX()) == "(y - t)^{2}"


@pytest.mark.parametrize(
    ("loss", "one", "several", "batch", "unicode"),
    [
        (bind("mse"), "(y - t)^2", "sum((y - t)^2)/2", "mean(sum((y - t)^2)/2)", "½Σ(y − t)²"),
        (bind("half_sse"), "(y - t)^2/2", "sum((y - t)^2)/2", "mean(sum((y - t)^2)/2)", "½Σ(y − t)²"),
        (bind("sse", "sum"), "(y - t)^2", "sum((y - t)^2)", "sum(sum((y - t)^2))", "Σ(y − t)²"),
        (bind("mae"), "abs(y - t)", "sum(abs(y - t))/2", "mean(sum(abs(y - t))/2)", "½Σ|y − t|"),
        (bind("nll"), "-t*log(y)", "-sum(t*log(y))", "mean(-sum(t*log(y)))", "−Σ t ln y"),
        (
            bind("cross_entropy"),
            "-t*log(softmax(y))",
            "-sum(t*log(softmax(y)))",
            "mean(-sum(t*log(softmax(y))))",
            "−Σ t ln softmax(y)",
        ),
        (bind("output"), "y", "sum(y)", "mean(sum(y))", "Σ y"),
        (bind("mse", scale=3), "3*(y - t)^2", "3*sum((y - t)^2)/2", "mean(3*sum((y - t)^2)/2)", "3Σ(y − t)²/2"),
        (bind("nll", scale=-2), "2*t*log(y)", "2*sum(t*log(y))", "mean(2*sum(t*log(y)))", "2Σ t ln y"),
        (from_formula("y - t"), "y - t", "sum(y - t)", "mean(sum(y - t))", "Σ(y − t)"),
        (from_formula("-y"), "-y", "-sum(y)", "mean(-sum(y))", "−Σ y"),
    ],
)
def test_of_several_units_and_examples(loss, one, several, batch, unicode):
    assert loss.formula == one
    assert loss.formula_of(2) == several
    assert loss.formula_of(2, 3) == batch
    assert shown(loss, 2) == unicode


@pytest.mark.parametrize(
    ("loss", "units", "whole"),
    [
        (from_formula("y/t"), 2, "sum(y/t)"),
        (from_formula("y/2.5"), 2, "sum(y/2.5)"),
        (from_formula("-y/4"), 2, "-sum(y)/4"),
        (from_formula("-(y*t)"), 2, "-sum(y*t)"),
        (from_formula("-y*t"), 2, "-sum(y*t)"),
        (from_formula("-y/2", scale=-3), 2, "3*sum(y)/2"),
        (from_formula("y*t*y", scale=2), 1, "2*(y*t*y)"),
        (from_formula("y*t", scale=-2), 1, "-(2*y*t)"),
        (from_formula("y + t", scale=-2), 1, "-2*(y + t)"),
        (bind("mse", scale=4), 6, "2*sum((y - t)^2)/3"),
        (bind("mse", scale=-6), 4, "-3*sum((y - t)^2)/2"),
        (bind("mse", scale=0), 2, "0*sum((y - t)^2)/2"),
        (bind("mse", scale=-1), 1, "-(y - t)^2"),
        (bind("sse", scale=2.5), 3, "2.5*sum((y - t)^2)"),
        (bind("half_sse", scale=2), 3, "sum((y - t)^2)"),
        (bind("nll", scale=-1), 2, "sum(t*log(y))"),
        (bind("huber"), 1, "min(abs(y - t), 1)*(abs(y - t) - min(abs(y - t), 1)/2)"),
    ],
)
def test_signs_and_factors_before_the_sum_and_divisors_behind_it(loss, units, whole):
    assert loss.formula_of(units) == whole
    assert loss.formula_of(units, 3) == f"mean({whole})"
    assert loss.formula_of(units, 3, "h") == f"mean({whole.replace('y', 'h')})"
    one = compile_float64(parse(loss.formula, ["y", "t"]), ["y", "t"])
    assert one(0.75, 0.5) == pytest.approx(loss.value([0.75], [0.5]), rel=1e-15)


@pytest.mark.parametrize(
    ("loss", "units", "unicode", "latex"),
    [
        (bind("half_sse"), 1, "½(y − t)²", r"\tfrac{1}{2}\,(y - t)^{2}"),
        (bind("half_sse"), 2, "½Σ(y − t)²", r"\tfrac{1}{2}\,\sum(y - t)^{2}"),
        (bind("mse"), 7, "Σ(y − t)²/7", r"\tfrac{1}{7}\,\sum(y - t)^{2}"),
        (bind("mse", scale=3), 3, "Σ(y − t)²", r"\sum(y - t)^{2}"),
        (bind("kl"), 2, "Σ t ln(t/y)", r"\sum t\,\ln\left(\frac{t}{y}\right)"),
        (bind("bce"), 1, "−(t ln y + (1 − t) ln(1 − y))", r"-(t\,\ln y + (1 - t)\,\ln(1 - y))"),
        (from_formula("abs(y-t)**3"), 2, "Σ|y − t|³", r"\sum \lvert y - t\rvert^{3}"),
    ],
)
def test_one_unit_and_several_look_alike(loss, units, unicode, latex):
    assert shown(loss, units) == unicode
    assert write(loss.expression(units), LaTeX()) == latex


def test_numbers_of_a_power_of_a_size():
    assert write(from_formula("abs(y-t)**3").in_numbers([0.25], [1]), Unicode()) == "|0.25 − 1|³"


@pytest.mark.parametrize(
    ("name", "ys", "ts", "expected"),
    [
        ("half_sse", [0.75, 0.77], [0.01, 0.99], "½((0.75 − 0.01)² + (0.77 − 0.99)²)"),
        ("sse", [1, 2, 3, 4], [0, 0, 0, -1], "(1 − 0)² + (2 − 0)² + …"),
        ("sse", [1, 2, 3], [0, 0, -1], "(1 − 0)² + (2 − 0)² + (3 − (−1))²"),
        ("mse", [-0.5], [-1], "(−0.5 − (−1))²"),
        ("nll", [0.2, 0.8], [0, 1], "−ln 0.8"),
        ("nll", [0.2, 0.8], [0.25, 0.75], "−(0.25·ln 0.2 + 0.75·ln 0.8)"),
        ("kl", [0.2, 0.8], [0, 1], "ln(1/0.8)"),
        ("cross_entropy", [0.2, -1], [1, 0], "−ln softmax(0.2, −1)₀"),
        ("cross_entropy", [0.2, -1, 3], [0, 0, 1], "−ln softmax(0.2, −1, 3)₂"),
        ("nll", [0.5, 0.25], [0, 0], "0"),
        ("output", [-12], [], "−12"),
        ("nll", [0.1] * 8 + [0.2], [0] * 8 + [1], "−ln 0.2"),
        ("cross_entropy", [1, 2, 3, 4], [0, 0, 0, 1], "−ln softmax(1, 2, …)₃"),
    ],
)
def test_numbers_put_in(name, ys, ts, expected):
    assert write(bind(name).in_numbers(ys, ts), Unicode()) == expected


@pytest.mark.parametrize(
    ("loss", "ys", "ts", "expected"),
    [
        (bind("huber"), [0.5], [1], "½(0.5 − 1)²"),
        (bind("huber"), [2], [1], "½(2 − 1)²"),  # at the joint
        (bind("huber"), [3], [1], "|3 − 1| − 0.5"),
        (bind("huber", options={"delta": 0.5}), [-2], [1], "0.5·(|−2 − 1| − 0.25)"),
        (bind("huber"), [0.5, 3], [1, 1], "½(½(0.5 − 1)² + |3 − 1| − 0.5)"),
        (bind("bce").after("sigmoid").of_preactivation, [42], [0], "−(0·ln σ(42) + (1 − 0) ln σ(−42))"),
        (bind("bce").after("sigmoid").of_preactivation, [-42], [1], "−(1·ln σ(−42) + (1 − 1) ln σ(42))"),
        (bind("kl").after("softmax").of_preactivation, [1, 2], [1, 0], "ln(1/softmax(1, 2)₀)"),
        (bind("nll").after("softmax").of_preactivation, [1, 2], [0, 0.5], "−0.5 ln softmax(1, 2)₁"),
        (bind("mse", scale=-0.5), [1, 2], [0.5, 0.25], "−0.5·((1 − 0.5)² + (2 − 0.25)²)/2"),
        (
            bind("cross_entropy", scale=2),
            [1, 2, 3, 4],
            [0.5, 0, 0, 0.5],
            "−2(0.5·ln softmax(1, 2, …)₀ + 0.5·ln softmax(1, 2, …)₃)",
        ),
        (from_formula("y*t/4"), [2, 3], [1, 2], "¼(2·1 + 3·2)"),
    ],
)
def test_numbers_put_in_by_cases_and_of_preactivations(loss, ys, ts, expected):
    assert write(loss.in_numbers(ys, ts), Unicode()) == expected


@pytest.mark.parametrize("name", LOSSES)
def test_every_term_is_a_formula(name):
    loss = bind(name)
    parse(loss.term, ["y", "t", "p", *loss.options])


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "cross_entropy"])
def test_every_term_is_the_loss_of_one_unit(name):
    loss = bind(name)
    term = compile_float64(parse(loss.per_unit, ["y", "t", *loss.options]), ["y", "t", *loss.options])
    for y, t in ((0.3, 0.6), (0.9, 0.2), (0.5, 1.0)):
        assert term(y, t, *loss.options.values()) == pytest.approx(loss.value([y], [t]), rel=1e-14, abs=0)


def test_a_long_formula_is_written_without_recursion():
    assert from_formula("*".join(["y"] * 2000)).formula_of(2).startswith("sum(y*y")


def test_exact_scales_and_options_are_written_as_they_are_given():
    spec = {"input": 1, "target": [0, 0], "layers": [{"weight": [[0.1], [0.2]]}]}
    for loss, formula in (
        ({"name": "mse", "scale": "1/3"}, "1/3*sum((y - t)^2)/2"),
        ({"name": "huber", "delta": "2/3"}, "sum(min(abs(y - t), 2/3)*(abs(y - t) - min(abs(y - t), 2/3)/2))/2"),
    ):
        assert network({**spec, "loss": loss}).loss.formula_of(2) == formula
