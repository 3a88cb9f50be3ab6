"""The residual net of the program's origin, and the other built-ins: each step, both paths, the closed form."""

import pytest
from derivation.by_sympy import Reader, distance, flat, told
from specs import network

import gradcalc

RESIDUAL = gradcalc.load("residual")


@pytest.fixture(scope="module")
def w1():
    return told(RESIDUAL, "w1")["w1"]


def test_the_gradient_is_the_published_one(w1):
    assert w1["value"] == pytest.approx(-0.0030212381210528165, rel=1e-14, abs=0)


def test_every_factor_of_the_chain_has_its_rule_and_value(w1):
    said = [
        (step["of"], step["by"], step["formula"], pytest.approx(step["value"], rel=1e-14, abs=0))
        for step in w1["steps"]
    ]
    assert ("L", "y", "2*(y - t)", -0.9481415301471499) in said
    assert ("y", "z_y", "y*(1 - y)", 0.24932767477613027) in said
    assert ("L", "z_y", "g_y*s_y", -0.2363979230702711) in said
    assert ("L", "h1", "d_y*w_r", -0.023639792307027112) in said
    assert ("L", "h1", "d_y*w3*s_h2*w2", -0.0005905877945728153) in said
    assert ("L", "w1", "d_h1*x", -0.0030212381210528165) in said
    assert {step["rule"] for step in w1["steps"]} >= {"power rule", "chain rule", "sum over paths"}


def test_both_paths_are_terms(w1):
    skip, long = w1["top"]
    assert (skip["nodes"], skip["through"]) == (["h1", "y"], ["w_r"])
    assert skip["value"] == pytest.approx(-0.002947598898254406, rel=1e-14, abs=0)
    assert (long["nodes"], long["through"]) == (["h1", "h2", "y"], ["w2", "w3"])
    assert long["value"] == pytest.approx(-7.363922279841091e-05, rel=1e-13, abs=0)


def test_the_closed_form_stands_in_the_names_of_the_spec_and_gives_the_number(w1):
    assert w1["where"] == []
    assert {str(symbol) for symbol in Reader(RESIDUAL).read(w1["formula"]).free_symbols} == {
        *("w1", "w2", "w3", "w_r", "x", "t")
    }
    assert Reader(RESIDUAL).value(w1["formula"]) == pytest.approx(-0.0030212381210528165, rel=1e-14, abs=0)


def test_common_factors_stand_in_front(w1):
    assert w1["latex"].replace(r"\,", " ") == (
        r"2 (y - t) \sigma'(z_{y}) (w_{r} + w_{3} \sigma'(z_{h2}) w_{2}) \sigma'(z_{h1}) x"
    )


def test_the_certificate_is_of_six_points(w1):
    assert w1["certified"]["points"] == 6
    assert 0 <= w1["certified"]["relative_error"] < 1e-14


@pytest.mark.parametrize("name", ["residual", "plain", "mazur", "circuit", "rnn"])
def test_formula_terms_and_engine_agree_on_the_built_ins(name):
    built = gradcalc.load(name)
    for found in told(built).values():
        reader = Reader(built, found["where"])
        wanted = flat(found["value"])
        assert distance(reader.numbers(found["formula"]), wanted) < 1e-12
        parts = [reader.numbers(term["formula"]) for term in found["top"]]
        assert distance([sum(column) for column in zip(*parts, strict=True)], wanted) < 1e-12


def test_mazur_by_its_two_outputs():
    found = told(gradcalc.load("mazur"), "w1[0,0]")["w1[0,0]"]
    assert found["value"] == pytest.approx(0.000438568, abs=5e-10)
    assert [term["value"] for term in found["top"]] == pytest.approx([0.0006683960, -0.0002298283], abs=5e-10)


def test_a_tied_weight_has_a_term_for_each_use():
    found = told(gradcalc.load("rnn"), "Wy")["Wy"]
    assert [term["at"] for term in found["top"]] == ["y2", "y1"]
    assert found["steps"][-1]["rule"] == "sum over the uses of the shared weight"
    assert told(gradcalc.load("rnn"), "b")["b"]["steps"][-1]["rule"] == "sum over the uses of the shared bias"
    assert found["value"] == pytest.approx(-0.37784371922228854, rel=1e-13)


def test_a_value_used_twice_counts_twice():
    """b = a + a has rate 2 (micrograd's early bug)."""
    built = network({"input": {"a": 3}, "loss": "output", "layers": [{"from": {"a": 1}, "activation": "identity"}],
                     "skips": [{"from": "a", "to": "y"}]})  # fmt: skip
    assert told(built, "a")["a"]["value"] == 2
