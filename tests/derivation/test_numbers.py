"""What a page puts in: the numbers of a step make its value, where factors cancel, sources tie or units saturate."""

import re
from functools import cache

import pytest
import strategies
import sympy
from claims.arithmetic import Unreadable, value_of
from derivation.by_sympy import Reader, told
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from specs import network

from gradcalc import load
from gradcalc.derivation.explain import explain
from gradcalc.errors import DomainError, UsageError
from gradcalc.expressions.numerals import DecimalPlaces
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write
from gradcalc.report.formats import table
from gradcalc.report.report import Aligned, Heading, Report, Style, format_module
from gradcalc.views.explain_page import report

ROUNDING = 1e-13


def saturated(activation, loss="mse", target=0.25):
    return {"input": 1.5, "target": target, "loss": loss, "activation": activation, "weights": [30, 0.75, -40]}


def of_classes(activation, loss="mse"):
    layers = [{"weight": [[30, 1], [-2, -20]], "activation": activation}]
    return {"input": [1, 2], "target": [0, 1], "loss": loss, "layers": layers}


def of_one_class(activation, loss):
    layers = [{"weight": [[0.3, 0.1], [-0.2, 0.4]]}, {"weight": [[0.5, 0.6]], "activation": activation}]
    return {"input": [1, 2], "target": 0.5, "loss": loss, "layers": layers}


def tied(join):
    layers = [{"name": name, "weight": 0.9, "from": "x"} for name in "abc"]
    return {"input": 0.5, "target": 1, "layers": [*layers, {"from": ["a", "b", "c"], "join": join, "weight": 1.2}]}


SPECS = [
    *(saturated(activation) for activation in ("sigmoid", "tanh", "relu", "softplus", "elu", "hard_sigmoid")),
    saturated("sigmoid", "bce", 1),
    *(of_classes(activation) for activation in ("softmax", "log_softmax")),
    of_classes("softmax", "nll"),
    of_classes("identity", "cross_entropy"),
    of_one_class("identity", "cross_entropy"),
    of_one_class("softmax", "nll"),
    *(tied(join) for join in ("max", "min", "mean", "multiply")),
    {"input": -3, "target": 1, "loss": {"name": "huber", "delta": 0.5}, "weights": [0.5, -2], "activation": "relu"},
]


def check(spec):
    """Read by SymPy in 50 digits the numbers make the value, as exactly as the terms that they are added from; a
    product makes it to the last digits."""
    built = network(spec)
    try:
        derived = told(built)
    except DomainError:
        return
    for found in derived.values():
        reader = Reader(built, found["where"])
        for step in found["steps"]:
            if step["numbers"] is None or not isinstance(step["value"], float) or "Transpose" in step["numbers"]:
                continue
            tree = sympy.sympify(step["numbers"], rational=True, evaluate=False)
            value, size = sympy.N(tree, 50), largest(tree)
            assert abs(value - step["value"]) <= ROUNDING * max(abs(value), size), step
        for term in found["top"]:
            if term["formula"] is not None and isinstance(term["value"], float):
                (value,) = reader.numbers(term["formula"])
                assert value == pytest.approx(term["value"], rel=1e-9, abs=1e-300), term


def largest(tree):
    """The largest term of a sum; of a product 0, for its rounding is relative."""
    if tree.is_Add:
        return max(abs(sympy.N(part, 20)) for part in tree.args)
    return max((largest(part) for part in tree.args), default=0)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_numbers_make_the_value(spec):
    check(spec)


@pytest.mark.slow
@given(strategies.specs(most_layers=3, most_units=2))
def test_numbers_of_random_networks_make_the_value(spec):
    check(spec)


def steps(spec, name="w1"):
    return {write(step.left, Unicode()): step for step in explain(network(spec), wrt=[name]).derivations[name].steps}


@pytest.mark.parametrize(
    ("activation", "numbers", "form"),
    [
        ("sigmoid", "σ(45)·σ(−45)", "σ(z)·σ(−z) for σ(z)(1 − σ(z))"),
        ("tanh", "1/cosh(45)²", "1/cosh(z)² for 1 − tanh(z)²"),
    ],
)
def test_numbers_that_would_cancel_are_put_into_a_form_that_does_not(activation, numbers, form):
    found = next(
        step for step in steps(saturated(activation)).values() if "z_h1" in step.by.name or step.by.name == "h1"
    )
    assert write(found.numbers, Unicode()) == numbers
    text = page(saturated(activation))
    assert "Rounded numbers would cancel in" in text and f"such as {form}." in text


def page(spec, **options):
    built = network(spec) if isinstance(spec, dict) else spec
    return "".join(table.render(report(explain(built, **options)), Style()))


def page_blocks(found):
    return list(report(found).blocks())


def test_a_tie_has_its_share_in_the_numbers():
    text = page(tied("max") | {"activation": "identity"})
    assert re.search(r"= δ_y\S*\[a = max\(a, b, c\)\] += \S+·0\.333333 +=", text)
    assert "[… = max(…)]: 1/m for m terms that share the maximum, 0 for the others" in text
    text = page(tied("min") | {"activation": "identity"})
    assert "[a = min(a, b, c)]" in text and "max" not in text
    assert "[… = min(…)]: 1/m for m terms that share the minimum, 0 for the others" in text


def test_the_legend_defines_the_sum_over_examples_where_one_is_written() -> None:
    spec = {"input": [[1, 2], [3, -1]], "target": [1, 0], "layers": [{"weight": [[0.5, -0.5]]}, {"weight": 1}]}
    for entry, sums in (("w1[0,0]", 0), ("w1", 2)):
        assert page(spec, wrt=[entry]).count("Σₑ") == sums, entry


def test_a_formula_is_written_in_the_preactivation_and_its_minimum_as_one():
    layer = {"weight": 1, "activation": {"formula": "min(x^2, 0.25)"}}
    text = page({"input": 0.5, "target": 1, "layers": [layer]})
    assert "2z_y·[z_y² = min(z_y², 0.25)]" in text and "parts have kinks where z² = 0.25" in text
    constants = {"weight": 1, "activation": {"formula": "max(x, 0.3, 0.1) + min(0.1, x, 0.2)"}}
    text = page({"input": 0.5, "target": 1, "layers": [constants]})
    assert "parts have kinks where z = 0.3, 0.1 = z\n" in text


def test_a_tie_of_decimals_has_its_share_with_any_number_of_digits():
    spec = {"input": 0.1, "loss": "output", "layers": [{"weight": 1, "activation": {"formula": "max(3x, 0.3)"}}]}
    assert re.search(r"= 3·0\.5 +=  1\.5 ", page(spec, dps=50))


def test_no_term_goes_through_nothing():
    layers = [
        {"name": "a", "weight": 1},
        {"name": "b", "weight": 1},
        {"name": "m", "from": ["a", "b"], "join": "multiply"},
    ]
    text = page({"input": 0.5, "target": 1, "layers": layers})
    assert "through w2" in text and not re.search(r"through($|  )", text, re.MULTILINE)


def test_the_parts_of_a_rounded_sum_are_rounded_products_of_the_adjoints_before():
    found = explain(load("residual"), wrt=["w1"], decimals=3).derivations["w1"]
    step = next(step for step in found.steps if step.paths)
    told = [(write(path.product, Unicode()), write(path.numbers, Unicode()), path.value) for path in step.paths]
    assert told == [("δ_y·w_r", "−0.236·0.1", -0.024), ("δ_h2·w2", "−0.006·0.1", -0.001)]
    assert (write(step.numbers, Unicode()), step.value) == ("−0.236·0.1 − 0.006·0.1", -0.024)


@pytest.mark.parametrize(
    ("decimals", "expected"),
    [
        (1, ["= 0.5·(1 − 0.5) = 0.3", "= −1·0.3 = −0.3", "= −0.3·0.5 = −0.2"]),
        (3, ["= 0.1·0.525 = 0.053", "= −0.006·0.525 = −0.003", "= −0.236·0.1·0.25 = −0.006", "= −0.236·0.1 = −0.024"]),
    ],
)
@pytest.mark.parametrize("width", [None, 200, 80])
def test_rounded_numbers_are_those_of_paper_in_a_terminal_and_in_a_pipe(decimals, expected, width):
    shown = report(explain(load("residual"), decimals=decimals, forward=True))
    text = re.sub(" +", " ", "".join(table.render(shown, Style(width=width))))
    assert [line for line in expected if line not in text] == []
    assert "0.0530" not in text and "0.250" not in text


@cache
def rounded(name, decimals, symbolic):
    """The page of a built-in network without its sentences."""
    found = explain(load(name), decimals=decimals, forward=True, symbolic=symbolic)
    return [block for block in page_blocks(found) if isinstance(block, (Aligned, Heading))]


@pytest.mark.parametrize("decimals", [0, 1, 3, 8])
@pytest.mark.parametrize("form", ["table", "latex", "markdown", "html"])
@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize("name", ["residual", "mazur"])
def test_no_number_of_a_rounded_derivation_has_more_decimals(name, symbolic, form, decimals):
    shown = Report({}, lambda: rounded(name, decimals, symbolic))
    text = "".join(format_module(form).render(shown, Style()))
    text = re.sub(r"<style>.*</style>", "", text, flags=re.S)
    assert [one for one in re.findall(r"\d\.(\d+)", text) if len(one) > decimals] == []


@pytest.mark.slow
@given(strategies.specs(most_layers=3, most_units=2), st.integers(0, 6))
def test_rounded_steps_are_what_their_numbers_make(spec, decimals):
    built = network(spec)
    try:
        found = explain(built, decimals=decimals, forward=True)
    except (DomainError, UsageError):
        return
    steps = [*found.forward, *(step for one in found.derivations.values() for step in one.steps)]
    for step in [*steps, *(path for one in steps for path in one.paths)]:
        if step.numbers is None or isinstance(step.value, list) or not isinstance(step.value, DecimalPlaces):
            continue
        assert round(step.value, decimals) == step.value
        try:
            made, _ = value_of(write(step.numbers, Unicode(17)))
        except Unreadable:
            continue
        ends = [half_up(made + sign * made * mp.mpf(10) ** -14, decimals) for sign in (-1, 1)]
        assert step.value in ends, (write(step.numbers, Unicode(17)), step.value)


def half_up(number, decimals):
    scaled = abs(number) * mp.mpf(10) ** decimals
    return float(mp.sign(number) * mp.floor(scaled + 0.5) / mp.mpf(10) ** decimals)


def test_the_worst_entry_of_a_rounded_matrix_is_named():
    text = page(load("mazur"), decimals=3, wrt=["w1"])
    assert "[0, 0.001; 0.001, 0.001] in place of" in text and "; the worst entry, [1,0], is 100.9 % off." in text
    layers = [{"weight": [[0.3], [-0.4]], "activation": "relu"}, {"weight": [[1, 0.5]]}]
    spec = {"input": 1, "target": 0.25, "activation": "identity", "layers": layers}
    assert "; the worst entry, [0,0], is 100.0 % off." in page(spec, decimals=1, wrt=["w1"])
    assert " ∂L/∂w1 is 0, as it is without." in page({"input": 0, "target": 1, "weights": [1]}, decimals=2)
    skip = {"from": "h1", "to": "y", "weight": -0.508}
    cancel = {"input": 1, "loss": "output", "activation": "identity", "weights": [2, 0.254, 2], "skips": [skip]}
    assert " ∂L/∂w1 is −0.01 in place of 0." in page(cancel, decimals=2, wrt=["w1"])
    with_0 = page({"input": [0, 1], "target": 1, "weights": [[[0.5, 0.5]]], "activation": "identity"}, decimals=1)
    assert "[0, −1] in place of [0, −1]; the worst entry, [0,1], is 0.0 % off." in with_0


def test_a_rounded_gradient_may_be_off_by_more_than_float64_holds():
    layers = [{"weight": 1, "repeat": 8}]
    text = page({"input": 1.6, "target": 0, "activation": {"formula": "x^3"}, "layers": layers}, decimals=0, wrt=["w1"])
    assert re.search(r"∂L/∂w1 is \S+×10³\S+ in place of \S+×10²\S+: \S+×10¹²\S+ % off\.", text)


def test_heading_and_last_sentence_of_a_rounded_derivation_agree():
    text = page(load("mazur"), decimals=3, wrt=["w1[0,0]"])
    assert "∂L/∂w1[0,0] = 0 with 3 decimals, by the chain rule, summed over 2 paths\n" in text
    assert "With every number rounded to 3 decimals ∂L/∂w1[0,0] is 0 in place of 0.000438568: 100.0 % off." in text
    assert "through w2[0,0] δ_o[0]·w2[0,0] = 0.139·0.4 = 0.056" in re.sub(" +", " ", text)
    symbols = page(load("residual"), decimals=3, wrt=["w1"], symbolic=True)
    assert (
        "∂L/∂w1 = −0.003 with 3 decimals, by the chain rule" in symbols
        and "−0.00302124" in symbols.split("With every")[1]
    )


def test_the_loss_of_rounded_outputs_has_its_value_over_preactivations():
    text = page({"input": 1, "target": 0, "loss": "bce", "weights": [9]}, decimals=2, forward=True)
    assert re.search(r"= −\(1 − 0\) ln σ\(−9\) += +9 +loss\n", text)
    layers = [{"weight": [[-5], [4]], "activation": "softmax"}]
    shares = page({"input": 1, "target": 0, "loss": "kl", "layers": layers}, decimals=0, forward=True)
    assert re.search(r"= 1·ln\(1/softmax\(−5, 4\)\) += +9 +loss; 0·ln 0 counts as 0\n", shares)
    with pytest.raises(DomainError, match=r"with every number rounded \(--round 1\)"):
        page({"input": 1, "target": 1, "loss": "nll", "weights": [-4]}, decimals=1)


def test_a_derivative_by_cases_says_which_holds():
    text = page({"input": -1, "target": 1, "weights": [0.5], "activation": "relu"})
    assert "{1 if z_y > 0, else 0}" in text
    assert "because z_y < 0" in text


def test_products_unit_by_unit_stand_in_parentheses_beside_matrices():
    layers = [{"weight": [[0.1, 0.2], [0.3, 0.4]]}, {"weight": [[0.5, 0.6], [0.7, 0.8]]}]
    spec = {"input": [1, 2], "target": [0, 1], "loss": "half_sse", "activation": "tanh", "layers": layers}
    (term,) = explain(network(spec), wrt=["w1"]).derivations["w1"].terms
    assert write(term.product, Unicode()) == "((w2ᵀ ((y − t) ⊙ tanh′(z_y))) ⊙ tanh′(z_h1)) xᵀ"


def test_an_entry_of_a_batch_is_derived_in_scalars_of_every_example():
    layers = [
        {"name": "h", "weight": [[0.1, 0.2], [0.3, -0.4]], "activation": "relu"},
        {"name": "y", "weight": [[0.5, 0.6], [0.7, 0.8]], "activation": "identity"},
    ]
    spec = {"input": [[1, 2], [-1, 3]], "target": [0, 1], "loss": "cross_entropy", "layers": layers}
    check(spec)
    found = explain(network(spec), wrt=["w1[0,1]"]).derivations["w1[0,1]"]
    *before, last = found.steps
    names = [write(step.left, Unicode()) for step in before]
    assert {f"δ_y⁽{example}⁾[{unit}]" for example in "⁰¹" for unit in "01"} <= set(names)
    assert names.index("δ_y⁽⁰⁾[0]") < names.index("δ_y⁽⁰⁾[1]") < names.index("δ_y⁽¹⁾[0]")
    assert all(step.numbers is not None for step in found.steps)
    assert write(last.right, Unicode()) == "δ_h⁽⁰⁾[0]·x⁽⁰⁾[1] + δ_h⁽¹⁾[0]·x⁽¹⁾[1]"
    assert "t: the target, 1 for its class and 0 for the others" in page(spec, wrt=["w1[0,1]"])


def test_sympys_derivative_stands_beside_the_rule_that_is_named():
    text = page({"input": 1, "target": 1, "weights": [2, 3], "activation": "sigmoid"}, symbolic=True)
    assert "= e^(−z)/(1 + e^(−z))²  = σ(z)·(1 − σ(z))  sigmoid: σ′ = σ(1 − σ)" in text
    text = page({"input": 1, "target": 1, "weights": [2, 3], "activation": "relu"}, symbolic=True)
    assert "relu: 1 right of 0, else 0; not smooth where z = 0" in text


def test_of_rounded_numbers_is_said_what_holds_of_them():
    spec = {"input": 0.25, "target": 1, "weights": [0.001], "activation": "relu"}
    assert "because z_y > 0" in page(spec)
    assert "because z_y = 0" in page(spec, decimals=2)
    assert "would cancel" not in page(saturated("sigmoid"), decimals=3)


def test_a_gradient_that_is_0_as_numbers_are_rounded():
    spec = {"input": 1, "target": 1, "weights": [40]}
    assert "y rounds to its target in float64 (y − t = −4.2×10⁻¹⁸); --dps 50 shows ∂L/∂y.\n" in page(spec)
    assert "rounds to its target" not in page(spec, dps=50) + page(spec | {"weights": [0]}) + page(
        spec | {"loss": "bce"}
    )
    layer = {"weight": [[40]] * 5}
    assert "\nSo it is of 2 other units of outputs.\n" in page({"input": 1, "target": [1] * 5, "layers": [layer]})


def test_numbers_of_a_line_are_the_same_in_a_terminal_and_in_a_pipe():
    shown = report(explain(load("mazur"), wrt=["w1[0,0]"], forward=True))
    for width in (None, 80):
        text = re.sub(r"\s+", " ", "".join(table.render(shown, Style(width=width))))
        assert re.search(r"0\.15·0\.05 \+ 0\.2·0\.1 \+ 0\.35 = 0\.3775 ", text)
        assert re.search(r"0\.25·0\.05 \+ 0\.3·0\.1 \+ 0\.35 = 0\.3925 ", text)
        assert "= σ(0.3925) = 0.596884 " in text


def test_the_values_that_a_long_derivation_uses_are_told():
    text = page(load("deep"), wrt=["w1"])
    assert "\nValues in these steps: x = 0.5, h1 = 0.562177, " in text and ", h9 = 0.591104, " in text
    assert ", w2, …, w40 = 0.5" in text and "Values in" not in page(load("resnet"), wrt=["w1"])
    assert text.count("\n h1 → … → y ") + text.count("\n h1 → h2 → h3 → … → y ") == 2
    assert ", h9 = 0.591, " in page(load("deep"), wrt=["w1"], decimals=3)
    assert "Values in" not in page(load("residual")) + page(load("deep"), wrt=["w1"], symbolic=True)


def test_one_order_of_weights_in_every_command():
    text = page(load("residual"), wrt=["w1"])
    assert "\n   through w2, w3  δ_y·w3·σ′(z_h2)·w2" in text and re.search(r"h1 → h2 → y .* through w2, w3\n", text)


SOFT = {
    "input": [1, 2], "target": [0, 1], "loss": "mse",
    "layers": [
        {"name": "h", "weight": [[0.1, -0.2], [0.4, 0.3]], "activation": "tanh"},
        {"name": "y", "weight": [[0.5, -0.3], [0.2, 0.6]], "activation": "softmax"},
    ],
}  # fmt: skip


def test_a_path_through_another_units_preactivation_says_so():
    text = page(SOFT, wrt=["w1[0,0]"])
    assert "sum over 4 paths in 2 terms\n" in text
    for nodes in ("h[0] → y[0]", "h[0] → z_y[0] → y[1]", "h[0] → z_y[1] → y[0]", "h[0] → y[1]"):
        assert re.search(rf"^ {{1,3}}{re.escape(nodes)} ", text, flags=re.M), nodes
    late = {"from": "h", "to": "y", "weight": [[0.1, 0.2], [0.3, 0.4]], "into": "output", "name": "s"}
    into_output = page(SOFT | {"skips": [late]}, wrt=["w1[0,0]"])
    assert len(re.findall(r"^ h\[0\] → y\[\d\] ", into_output, flags=re.M)) == 4


def test_the_loss_of_a_batch_has_its_value():
    text = page(SOFT | {"input": [[1, 2], [0, 1]], "target": [0, 1], "loss": "nll"}, forward=True)
    assert re.search(r"\n L +=.* = +0\.\d+ +loss\n", text)


def test_0_ln_0_is_told():
    text = page(SOFT | {"loss": "kl"}, forward=True)
    assert re.search(r"= 1·ln\(1/0\.\d+\) += +0\.\d+ +loss; 0·ln 0 counts as 0\n", text)
    assert "counts as 0" not in page(SOFT | {"loss": "nll"}, forward=True)
    assert "counts as 0" not in page(SOFT | {"loss": "kl", "target": [0.25, 0.75]}, forward=True)


def test_huber_is_named_and_written_by_cases():
    spec = {"input": 2, "target": 1.5, "weights": [1, 2], "activation": "identity", "loss": "huber"}
    by_cases = "{|y − t| − 0.5 if |y − t| > 1, else ½(y − t)²}"
    text = page(spec, forward=True)
    assert text.startswith(f"stem · identity · huber: {by_cases}\n")
    assert re.search(rf" L += {re.escape(by_cases)} += \|4 − 1\.5\| − 0\.5 += +2 ", text)
    near = page(spec | {"target": 3.5}, forward=True)
    assert re.search(r"= ½\(4 − 3\.5\)² += +0\.125 ", near)
    symbols = page(spec | {"loss": {"name": "huber", "delta": 2}}, symbolic=True)
    assert "ℓ(y)   = {2(|y − t| − 1) if |y − t| > 2, else ½(y − t)²}" in symbols
    assert "ℓ′(y)  = {2sign(y − t) if |y − t| > 2, else y − t}" in symbols and "max(−|" not in symbols


def test_ties_have_their_share_where_numbers_are_put_in_at_the_end():
    text = page(tied("max") | {"activation": "identity"}, symbolic=True)
    assert "·0.333333·" in text.split("numerically")[1].splitlines()[0]
    brackets = page(
        {"input": 1, "target": 1, "loss": {"formula": "max(y - t, t - y, 0)"}, "weights": [3]}, symbolic=True
    )
    assert ("= max(" in brackets) == ("[… = max(…)]: 1/m" in brackets)


def test_what_would_cancel_is_named_as_the_page_has_it() -> None:
    """Of the longest derivation the steps are shown, of another its last: its own σ′ is on no page."""
    weights = [4.5, 3.6, 2.4, 3.8, 4.5, 4.4, 4.1, 3.4, 4.2, 4.2, 5.7]
    deep = {"layers": [{"weight": weight, "activation": "tanh"} for weight in weights], "input": [2, 2]}
    printed = page(deep | {"loss": "output"}, wrt=["w3", "w10"])
    (told,) = re.findall(r"would cancel in (.*?):", printed)
    assert all(re.search(rf"^ {re.escape(name)} +=", printed, re.MULTILINE) for name in re.split(", | and ", told))


def test_kinks_are_told_of_units_that_paths_go_through() -> None:
    """z_h1[2] = 0 is no factor of ∂L/∂w1[1,0], which h1[1] alone has a part in; nor of a weight behind it."""
    spec = {"input": [1, -2], "target": 1, "activation": "relu", "layers": [
        {"weight": [[1, 2], [3, 1], [2, 1]]}, {"weight": [[0.5, 0.2, 0.1]], "activation": "identity"},
    ]}  # fmt: skip
    kink = "z_h1[2] = 0 is a kink of relu"
    told = {name: kink in page(spec, wrt=[name]) for name in ("w1[1,0]", "w1[2,0]", "w1", "w2", "x[0]")}
    assert told == {"w1[1,0]": False, "w1[2,0]": True, "w1": True, "w2": False, "x[0]": True}


def test_what_no_z_changes_has_no_gradient_and_the_reason_is_told() -> None:
    text = page({"input": 1, "target": 1, "weights": [2], "activation": "layer_norm"})
    assert "δ_y = 0 whatever z_y is" in text and "∂z_y/∂w1 = x" not in text


def test_a_path_below_the_range_of_float64_has_its_contribution() -> None:
    """2·10⁻²⁰⁰·10⁻²⁰⁰ beside a path of 2, which was shown as 0."""
    spec = {
        "input": 1, "target": 0, "activation": "identity",
        "layers": [{"weight": 1}, {"weight": 1e-200}, {"weight": 1e-200}],
        "skips": [{"from": "h1", "to": "y", "weight": 1}],
    }  # fmt: skip
    found = explain(load(spec), wrt=["w1"])
    assert found.arithmetic == "extended"
    assert [float(term.value.log10()) for term in found.derivations["w1"].terms] == pytest.approx([0.30103, -399.69897])
