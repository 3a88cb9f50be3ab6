"""The forms of a derivation: text, LaTeX, Markdown, HTML, Python; each compiles, parses or runs as it is."""

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from derivation.latex import NEEDS_ENGINE, check_balanced, check_compiles, mathematics
from expressions.unicode_reader import PLAIN
from specs import network

import gradcalc
from gradcalc.derivation.explain import explain
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import report

BATCH = {
    "input": [[1, 2], [3, 4], [0.5, -1]],
    "target": [0, 1, 0],
    "loss": "cross_entropy",
    "notes": "Three examples & a <b>bold</b> claim: 100 % of $5 in a_b^c.",
    "layers": [
        {"weight": [[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]], "bias": [0.1, 0.2, 0.3], "activation": "relu"},
        {"weight": [[0.1, 0.2, 0.3], [0.3, -0.4, 0.2], [0.5, 0.6, 0.1]], "bias": 0.1, "activation": "layer_norm"},
        {"weight": [[0.1, 0.2, 0.3], [0.3, -0.4, 0.2]], "activation": "softmax"},
    ],
    "skips": [{"from": "h1", "to": "h2", "into": "output"}],
}
OWN = {
    "input": {"größe": 0.4, "alpha_1": -0.3},
    "target": 0.2,
    "loss": {"formula": "(y - t)^2 / 2 + abs(y)"},
    "layers": [
        {
            "name": "hidden_layer",
            "weight": [[0.3, -0.2]],
            "bias": 0.1,
            "activation": {"formula": "x/(1 + exp(-1.702 x))"},
        },
        {"weight": 0.7, "activation": {"formula": "abs(x) + max(x, 0.1 x)"}},
    ],
}
JOINS = {
    "input": {"a": 0.3, "b": -0.2, "c": 0.5},
    "target": [0.1, 0.2],
    "loss": {"name": "huber", "delta": 0.1, "scale": 2},
    "layers": [
        {"name": "p", "from": {"a": 0.5, "b": 0.3}, "join": "multiply", "activation": "elu"},
        {"name": "q", "from": ["p", "c"], "join": "max", "activation": "prelu"},
        {"name": "r", "from": ["p", "q", "c"], "join": "concat", "weight": [[0.1, 0.2, 0.3], [0.3, 0.1, 0.2]]},
        {"name": "s", "weight": [[0.1, 0.2], [0.4, 0.3]], "activation": "log_softmax"},
    ],
}
MAXOUT = {
    "input": [0.3, 0.2],
    "target": 1,
    "loss": "nll",
    "layers": [
        {"weight": [[0.1, 0.2], [0.3, 0.4], [0.2, -0.5], [0.1, 0.1]], "activation": {"name": "maxout", "pieces": 2}},
        {"weight": [[0.5, 0.2], [0.3, -0.4]], "activation": "rms_norm"},
        {"weight": [[0.5, 0.2], [0.3, -0.4]], "activation": "softmax"},
    ],
}
NETWORKS = {
    **{name: gradcalc.load(name) for name in ("residual", "mazur", "circuit", "rnn", "deep", "resnet")},
    **{name: network(spec) for name, spec in {"batch": BATCH, "own": OWN, "joins": JOINS, "maxout": MAXOUT}.items()},
}
EVERY = pytest.mark.parametrize("name", NETWORKS)
BOTH = pytest.mark.parametrize("symbolic", [False, True], ids=["numbers", "symbols"])


@cache
def explained(name, symbolic, *wrt):
    return explain(NETWORKS[name], wrt=wrt, symbolic=symbolic)


def shown(name, format, symbolic=False, **options):
    wrt = ["w1"] if name in ("deep", "resnet") else []
    found = explained(name, symbolic, *options.pop("wrt", wrt))
    return "".join(format_module(format).render(report(found), Style(**options)))


@EVERY
@BOTH
def test_text_has_no_cut_and_ends_with_the_certificate(name, symbolic):
    text = shown(name, "table", symbolic)
    assert re.search(
        r"Checked: here and at \d random points \(other weights and inputs\) th\w+ formulas? equals? backpropagation "
        r"(to a relative difference of \d.*|in every digit computed)\.\n$",
        text,
    )


@EVERY
def test_text_fits_a_terminal_of_eighty_columns(name):
    assert max(map(len, shown(name, "table", width=80).splitlines())) <= 80


NUMBER = re.compile(r"\d+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|[δz]_\w+|∂\w+/∂\w+")


@EVERY
@BOTH
@pytest.mark.parametrize("width", [50, pytest.param(80, marks=pytest.mark.slow)])
def test_no_number_and_no_name_is_broken(name, symbolic, width):
    wide, narrow = (shown(name, "table", symbolic, width=columns) for columns in (None, width))
    assert Counter(map(short, NUMBER.findall(wide))) == Counter(map(short, NUMBER.findall(narrow)))


def short(found):
    """A number without the zeros and the power of ten that those above and below it in a column ask for."""
    if not found[0].isdigit():
        return found
    figures, _, power = found.partition("×10")
    return float(f"{figures}e{power.translate(PLAIN) or 0}")


def test_of_a_node_in_place_of_the_loss_no_loss_is_named():
    for node, named in (("h2", "∂h2/∂w1"), ("y", "∂y/∂w1")):
        found = explain(NETWORKS["residual"], wrt=["w1"], of=node, forward=True)
        for form in ("table", "markdown", "latex", "html"):
            text = "".join(format_module(form).render(report(found), Style()))
            assert "∂L" not in text and "L = " not in text and r"\partial L" not in text and "<mi>L</mi>" not in text
        assert named in "".join(format_module("table").render(report(found), Style()))


def test_notes_of_the_spec_stand_under_the_title():
    assert BATCH["notes"] in shown("batch", "table").splitlines()[2:5]


def test_matrix_form_follows_the_textbooks():
    text = shown("mazur", "table", wrt=["w1"])
    for line in ("δ_h      = (w2ᵀ δ_o) ⊙ σ′(z_h)", "∂L/∂w1   = δ_h [i1; i2]ᵀ", "σ′(z_o)  = o ⊙ (1 − o)"):
        assert line in text
    batch = shown("batch", "table", wrt=["w1"])
    assert "Σₑ δ_h1⁽ᵉ⁾ x⁽ᵉ⁾ᵀ" in batch
    assert "diag(y⁽ᵉ⁾) − y⁽ᵉ⁾ y⁽ᵉ⁾ᵀ" in batch


def test_an_entry_is_derived_in_scalars():
    text = shown("mazur", "table", wrt=["w1[0,1]"])
    assert re.search(r"  through w2\[1,0\] +∂L/∂o\[1\]·σ′\(z_o\[1\]\)·w2\[1,0\] ", text)
    assert re.search(r"∂L/∂w1\[0,1\] += δ_h\[0\]·i2 += 0.00877135·0.1 += +0.000877135 +∂z_h\[0\]/∂w1\[0,1\] = i2", text)


@EVERY
@BOTH
def test_markdowns_blocks_are_balanced(name, symbolic):
    blocks = mathematics(shown(name, "markdown", symbolic))
    assert blocks
    for block in blocks:
        assert block.startswith(r"\begin{aligned}") and block.endswith(r"\end{aligned}")
        assert "$" not in block.replace(r"\$", "")
        check_balanced(block)


@NEEDS_ENGINE
@pytest.mark.slow
@EVERY
@BOTH
def test_latex_compiles_as_it_is(name, symbolic, tmp_path):
    check_compiles(shown(name, "latex", symbolic), tmp_path)


class Balanced(HTMLParser):
    """Checks that every element is closed where it was opened; gathers what is there."""

    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@EVERY
@BOTH
def test_html_is_balanced_with_mathml_and_without_script(name, symbolic):
    page = shown(name, "html", symbolic)
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    assert "math" in parser.seen
    assert not parser.seen & {"script", "iframe", "object", "link", "img"}
    assert "<b>bold</b>" not in page


ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "munder": 2, "msubsup": 3}


@EVERY
@BOTH
def test_mathml_has_the_children_that_each_element_needs(name, symbolic):
    for text in re.findall(r"<math.*?</math>", shown(name, "html", symbolic)):
        for element in ElementTree.fromstring(text).iter():
            if element.tag in ARITY:
                assert len(element) == ARITY[element.tag], text


@EVERY
def test_python_runs_and_returns_the_gradient(name):
    scope = {"__name__": "derivation"}
    exec(compile(shown(name, "python"), "derivation.py", "exec"), scope)
    wrt = ["w1"] if name in ("deep", "resnet") else []
    wanted = gradcalc.compute(NETWORKS[name], wrt=wrt).gradients
    got = scope["gradient"]()
    if len(wanted) == 1:
        got = {next(iter(wanted)): got}
    for parameter, value in wanted.items():
        assert close(got[parameter], value)
    assert "chain rule" in scope["gradient"].__doc__


def close(got, wanted):
    if isinstance(wanted, list):
        return all(close(a, b) for a, b in zip(got, wanted, strict=True))
    return got == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("activation", ["softmax", "log_softmax"])
def test_python_of_one_unit_that_is_alone_in_a_softmax(activation):
    layers = [{"from": {"x": [[0.3]]}, "activation": activation}, {"weight": [[0.5]], "activation": "identity"}]
    built = network({"input": 0.2, "target": 1, "layers": layers})
    scope = {"__name__": "derivation"}
    exec("".join(format_module("python").render(report(explain(built, wrt=["w2"])), Style())), scope)
    assert close(scope["gradient"](), gradcalc.compute(built, wrt=["w2"]).gradients["w2"])


@pytest.mark.parametrize(("weight", "leaves"), [(1e-200, True), (1e-20, False)])
@pytest.mark.parametrize("dps", [None, 30])
def test_a_program_says_where_its_numbers_leave_float64(weight, leaves, dps):
    built = network({"input": 1, "target": 1, "activation": "leaky_relu", "weights": [weight, weight]})
    scope = {}
    exec("".join(format_module("python").render(report(explain(built, wrt=["w2"], dps=dps)), Style())), scope)
    assert ("it may raise an error" in scope["gradient"].__doc__) == leaves


LARGE = {
    "input": [1, 2],
    "loss": "output",
    "layers": [{"weight": [[1e160, 3e159], [2e160, 1e160]], "activation": "rms_norm"}],
}
OSCILLATING = {
    "input": 0.3,
    "target": 1,
    "activation": "sin",
    "layers": [{"weight": "10^300", "activation": "identity"}, {"weight": 1}],
}

SQUARE_IN_GELU = {"input": 1, "target": 0, "loss": "mae", "activation": "gelu", "weights": [1e200]}
EXPONENTIAL = {"target": 1, "loss": "mae", "activation": {"formula": "x/(1 + exp(-x))"}, "weights": [1]}


@pytest.mark.parametrize(
    ("spec", "dps", "differs"),
    [
        (LARGE, None, True),
        (OSCILLATING, 30, True),
        (OSCILLATING | {"input": 1e-300}, 30, False),
        (SQUARE_IN_GELU, None, True),
        (SQUARE_IN_GELU | {"weights": [1e150]}, None, False),
        (EXPONENTIAL | {"input": -300}, None, False),
        (SQUARE_IN_GELU | {"activation": "elu"}, None, False),
    ],
    ids=[
        "squares of z",
        "a sine of 3e299",
        "a sine of 0.3",
        "1e400 in gelu",
        "1e300 in gelu",
        "a square of e^300",
        "e^1e200 not taken",
    ],
)
def test_a_program_says_where_float64_does_not_hold_what_it_computes(spec, dps, differs):
    text = "".join(format_module("python").render(report(explain(network(spec), wrt=["w1"], dps=dps)), Style()))
    assert ("has too few digits for values on the way" in text) == differs


def test_a_docstring_cannot_be_closed_by_notes():
    spec = {"input": 1, "target": 0, "weights": [1], "notes": 'a """ b \\ c \\" d'}
    text = "".join(format_module("python").render(report(explain(network(spec))), Style()))
    scope = {"__name__": "derivation"}
    exec(compile(text, "derivation.py", "exec"), scope)
    assert 'a """ b' in scope["gradient"].__doc__


def test_a_program_gives_way_to_names_that_its_functions_have():
    names = ("sigmoid", "softplus", "__debug__", "softplus_", "max", "exp", "lambda")
    layers = [{"weight": {"value": 0.5, "name": name}} for name in names]
    built = network({"input": 0.5, "target": 1, "activation": "softplus", "layers": layers})
    scope = {}
    exec("".join(format_module("python").render(report(explain(built)), Style())), scope)
    found = scope["gradient"]()
    expected = gradcalc.compute(built).gradients
    assert found.keys() == set(names)
    assert all(found[name] == pytest.approx(expected[name], rel=1e-12) for name in names)


def test_other_commands_are_no_programs():
    from gradcalc.errors import UsageError
    from gradcalc.views.compute_page import report as computed

    with pytest.raises(UsageError, match="explain"):
        list(format_module("python").render(computed(gradcalc.compute(NETWORKS["residual"])), Style()))


def test_names_that_python_or_sympy_claim_are_told_apart():
    from derivation.by_sympy import Reader, told

    built = network(
        {"input": {"lambda": 0.5}, "target": 1, "layers": [{"name": "exp", "weight": {"value": 0.3, "name": "Max"}}]}
    )
    found = told(built, "Max")["Max"]
    assert "lambda_" in found["formula"] and "Max_" in found["formula"]
    values = Reader(built).values
    values |= {"lambda_": values["lambda"], "Max_": values["Max"]}
    import sympy

    read = sympy.sympify(found["formula"], locals={name: sympy.Symbol(name) for name in ("lambda_", "Max_", "t")})
    assert float(read.subs({s: values[s.name] for s in read.free_symbols})) == pytest.approx(found["value"], rel=1e-12)
