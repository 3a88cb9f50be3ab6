"""Long derivations: linear in depth, readable, complete by recursion."""

import pytest
import sympy
from derivation.by_sympy import Reader, told
from specs import network

from gradcalc.derivation.explain import explain
from gradcalc.errors import LimitError
from gradcalc.report.report import Aligned, Line, Note, Style, format_module
from gradcalc.views.explain_page import report

PAGE = 60


def chain(depth, activation="tanh"):
    """A residual chain: blocks of two layers, h + f(h)."""
    layers = [{"weight": 0.5, "repeat": depth}]
    skips = {"every": 2, "into": "output"}
    return network({"input": 0.5, "target": 1, "activation": activation, "layers": layers, "skips": skips})


def shown(found, format="table"):
    return "".join(format_module(format).render(report(found), Style()))


def operations(found):
    texts = [found["formula"], *(text for _, text in found["where"])]
    return sum(int(sympy.count_ops(sympy.sympify(text, evaluate=False))) for text in texts)


@pytest.mark.parametrize("name", ["deep", "resnet"])
def test_forty_layers_print_in_a_page_and_a_half(name):
    import gradcalc

    text = shown(explain(gradcalc.load(name), wrt=["w1"]))
    lines = sum(1 + len(line) // 110 for line in text.splitlines())
    assert lines <= 1.5 * PAGE


@pytest.mark.slow
def test_a_layer_costs_no_more_than_fifteen_operations():
    few, many = told(chain(40), "w1")["w1"], told(chain(80), "w1")["w1"]
    assert (operations(many) - operations(few)) / 40 <= 15
    assert operations(many) / 80 <= 15


@pytest.mark.slow
def test_a_layer_costs_no_more_than_170_characters_of_latex():
    few, many = (len(shown(explain(chain(depth), wrt=["w1"]), "latex")) for depth in (40, 400))
    assert (many - few) / 360 <= 170
    steps = told(chain(400), "w1")["w1"]["steps"]
    assert sum(len(step["latex"]) for step in steps) / 400 <= 170


@pytest.mark.slow
def test_where_defines_every_name_before_it_is_used():
    built = chain(60)
    found = told(built, "w1")["w1"]
    reader = Reader(built)
    known = set(reader.values)
    for name, text in [*found["where"], ["", found["formula"]]]:
        used = {str(s) for s in sympy.sympify(text, locals={n: sympy.Symbol(n) for n in known}).free_symbols}
        assert used <= known
        known.add(name)


def test_the_recursion_gives_the_gradient():
    built = chain(60)
    found = told(built, "w1")["w1"]
    value = Reader(built, found["where"]).value(found["formula"])
    assert float(value) == pytest.approx(found["value"], rel=1e-12)


def test_more_paths_than_a_page_holds_are_counted():
    blocks = list(report(explain(chain(40), wrt=["w1"])).blocks())
    terms = [block for block in blocks if isinstance(block, Aligned)][1]
    assert 1 <= len(terms.lines) <= 12
    assert all(isinstance(line, Line) for line in terms.lines)
    notes = [block.text for block in blocks if isinstance(block, Note)]
    assert f"and {2**19 - len(terms.lines)} more paths; the steps above sum them all." in notes


@pytest.mark.slow
def test_many_gradients_share_one_recursion():
    text = shown(explain(chain(40)))
    assert text.count("δ_h20 ") == 1
    assert text.count("∂L/∂w20 ") == 1
    assert len(text.splitlines()) < 2.5 * PAGE


def test_too_many_derivations_are_refused_with_what_to_do():
    with pytest.raises(LimitError, match="--wrt"):
        explain(chain(600))


@pytest.mark.slow
def test_a_thousand_layers_without_recursion():
    found = told(chain(1000), "w1")["w1"]
    assert len(found["where"]) < 4_500
    assert found["certified"]["relative_error"] < 1e-12


@pytest.mark.slow
def test_beyond_doubles():
    layers = [{"weight": 1, "repeat": 600}]
    built = network({"input": 0.5, "target": 1, "activation": "sigmoid", "layers": layers})
    found = told(built, "w1")["w1"]
    assert float(abs(found["value"]).log10()) == pytest.approx(-389.4745654)
