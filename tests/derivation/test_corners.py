"""Networks that a derivation once got wrong: parallel edges, outputs that are one with the loss, batches of one."""

import json
from typing import Any

import pytest
from claims.search import said
from derivation.by_sympy import Reader, distance, flat, told
from specs import network

import gradcalc
from gradcalc.__main__ import run
from gradcalc.derivation.explain import explain
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import report
from gradcalc.views.paths_page import nodes_and_edges

ROW, SQUARE = [[0.3, 0.3]], [[0.5, 0.3], [0.1, 0.4]]


def agrees(spec: dict[str, Any], *wrt: str) -> None:
    """Formula and terms through SymPy, beside the gradients of `compute`."""
    built = network(spec)
    wanted = gradcalc.compute(built, wrt=wrt).gradients
    assert wanted is not None
    for name, found in told(built, *wrt).items():
        reader, numbers = Reader(built, found["where"]), flat(wanted[name])
        assert distance(reader.numbers(found["formula"]), numbers) < 1e-12
        if any(term["formula"] is None for term in found["top"]):
            continue
        parts = [reader.numbers(term["formula"]) for term in found["top"]]
        for term, part in zip(found["top"], parts, strict=True):
            assert distance(part, flat(term["value"])) < 1e-12
        assert distance([sum(column) for column in zip(*parts, strict=True)], numbers) < 1e-12


@pytest.mark.parametrize("into", ["preactivation", "output"])
@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_one_weight_on_two_edges_between_the_same_nodes(into: str, activation: str) -> None:
    tied = {"parameters": {"P": [[0.3], [0.3]]}, "activation": activation, "loss": "sse"}
    layers = [{"name": "h1", "weight": ROW}, {"name": "y", "from": {"h1": "P", "x": SQUARE}}]
    skips = [{"from": "h1", "to": "y", "weight": "P", "into": into}]
    agrees({"input": [0.3, 0.3], "target": [0, 0.2], "layers": layers, "skips": skips, **tied}, "w1", "h1", "x", "P")


@pytest.mark.parametrize("into", ["preactivation", "output"])
def test_a_layer_and_its_skip_with_one_weight(into: str) -> None:
    layers, skips = [{"name": "y", "weight": "T"}], [{"from": "x", "to": "y", "weight": "T", "into": into}]
    tied = {"parameters": {"T": SQUARE}, "activation": "tanh"}
    agrees({"input": [0.5, 0.2], "target": [1, 0], "layers": layers, "skips": skips, **tied}, "x", "T")


@pytest.mark.parametrize("join", ["sum", "concat", "multiply", "mean", "max"])
def test_a_source_joined_with_itself(join: str) -> None:
    weight = [[0.5, 0.3, 0.2, 0.1, 0.7, -0.2], *[[0.1, 0.4, -0.3, 0.3, 0.2, 0.6]] * 1] if join == "concat" else SQUARE
    layers = [{"name": "a", "weight": SQUARE}, {"name": "y", "from": ["a", "x", "a"], "join": join, "weight": weight}]
    agrees({"input": [0.5, 0.2], "target": [1, 0], "layers": layers}, "w1", "x", "a", "w1[0,1]")


FUSED = [
    ("bce", "sigmoid"),
    ("nll", "softmax"),
    ("kl", "softmax"),
    ("nll", "log_softmax"),
    ("cross_entropy", "log_softmax"),
]


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize(("loss", "activation"), FUSED)
def test_an_output_that_is_one_with_the_loss(loss: str, activation: str, batch: bool) -> None:
    layers = [{"name": "h", "weight": SQUARE}, {"name": "y", "weight": SQUARE, "activation": activation}]
    given = {"input": [0.5, 0.2], "target": [0.3, 0.7]}
    if batch:
        given = {"input": [[0.5, 0.2], [0.1, 0.4]], "target": [[0.3, 0.7], [1, 0]]}
    agrees({**given, "loss": loss, "layers": layers}, "y", "y[0]", "w2", "h")


def test_an_output_that_is_one_with_the_loss_and_feeds_another() -> None:
    layers = [{"name": name, "weight": 0.3, "activation": "sigmoid"} for name in "ay"]
    agrees({"input": 0.5, "target": {"a": 1, "y": 0}, "loss": "bce", "layers": layers}, "a", "y", "w1")


@pytest.mark.parametrize(
    "activation", ["softmax", "log_softmax", "layer_norm", "rms_norm", {"name": "maxout", "pieces": 2}]
)
def test_a_batch_of_one_example(activation: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = SQUARE if isinstance(activation, str) else [*SQUARE, *SQUARE[::-1]]
    layers = [{"name": "h", "weight": rows, "activation": activation}, {"name": "y", "weight": SQUARE}]
    spec = {"input": [[0.5, 0.2]], "target": [[1, 0]], "layers": layers}
    agrees(spec, "w1", "h", "w1[0,1]")
    (tmp_path / "net.json").write_text(json.dumps(spec))
    assert run(["explain", str(tmp_path / "net.json"), "--forward"]) == 0
    assert "J_h" in capsys.readouterr().out


@pytest.mark.parametrize("loss", ["kl", "cross_entropy"])
@pytest.mark.parametrize("rounded", [[], ["--round", "3"]])
def test_a_class_as_target_in_the_forward_steps(
    loss: str, rounded: list[str], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = {
        "input": [0.5, 0.2],
        "target": [1, 0],
        "loss": loss,
        "layers": [{"weight": SQUARE, "activation": "softmax"}],
    }
    (tmp_path / "net.json").write_text(json.dumps(spec))
    assert run(["explain", str(tmp_path / "net.json"), "--forward", *rounded]) == 0
    assert f"{gradcalc.compute(gradcalc.load(spec)).loss.value:.3f}" in capsys.readouterr().out


@pytest.mark.parametrize("wrt", ["w1[0,1]", "w1", "x", "a[1]"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("width", [2, pytest.param(60, marks=pytest.mark.slow)])
def test_a_mean_in_a_batch(width: int, weighted: bool, wrt: str) -> None:
    rows = [[0.01 * ((7 * i + j) % 5 + 1) for i in range(width)] for j in range(3)]
    weight = {"init": "xavier_normal"}
    sources = {"a": weight, "x": weight} if weighted else ["a", "x"]
    layers = [
        {"name": "a", "width": width, "weight": weight},
        {"name": "y", "width": width, "from": sources, "join": "mean"},
    ]
    spec = {"seed": 1, "input": rows, "target": [[0.5] * width] * 3, "layers": layers}
    assert explain(network(spec), wrt=[wrt]).derivations[wrt].certificate.relative_error < 1e-9


def test_the_gradient_of_cross_entropy_is_p_minus_t_with_p_defined() -> None:
    layers = [{"weight": SQUARE, "activation": "identity"}]
    spec = {"input": [0.5, 0.2], "target": [1, 0], "loss": "cross_entropy", "layers": layers}
    steps = [(step["formula"], step["rule"]) for step in told(network(spec), "w1")["w1"]["steps"]]
    assert steps[0][1] == "softmax"
    assert steps[1] == ("p_y - t", "softmax cross entropy")


@pytest.mark.parametrize("name", ["w_x1_y", "w_x1_y[1,0]", "x1", "x2"])
def test_a_skip_into_sources_that_are_joined_end_to_end_without_a_weight(name: str) -> None:
    """It leads to all units of them: it is added, and is no part of the concatenation."""
    skip = {"from": "x1", "to": "y", "weight": [[0.1], [0.2], [0.3]]}
    inputs = {"x1": 0.2, "x2": [0.3, -0.4]}
    agrees(
        {
            "input": inputs,
            "target": [0.1, 0.2, 0.3],
            "loss": "sse",
            "layers": [{"activation": "tanh"}],
            "skips": [skip],
        },
        name,
    )


def test_sources_joined_end_to_end_into_an_activation_whose_derivative_is_0() -> None:
    layers = [{"weight": [[0.3, -0.2], [0.1, 0.4]]}, {"from": ["x", "h1"], "join": "concat", "activation": "sign"}]
    built = network({"input": [0.5, -0.3], "target": [1, 0, 1, 0], "loss": "sse", "layers": layers})
    assert flat(explain(built, wrt=["w1"]).derivations["w1"].value) == [0.0] * 4


TIE = {"input": {"a": 0.25, "b": 0.5}, "loss": "mae"}
PRODUCTS = {"from": {"a": 2, "b": 1}, "activation": "identity"}


@pytest.mark.parametrize(
    ("spec", "kinks"),
    [
        ({**TIE, "target": 9, "layers": [{**PRODUCTS, "join": "max"}]}, {"y": ["max"]}),
        ({**TIE, "target": 0.5, "layers": [{**PRODUCTS, "join": "min"}]}, {"y": ["min", "mae"]}),
        ({"input": 0, "target": 1, "activation": "relu", "weights": [1, 1]}, {"h1": ["relu"], "y": ["relu"]}),
        ({"input": 0, "target": 0, "weights": [1], "activation": "abs", "loss": "mae"}, {"y": ["abs", "mae"]}),
        ({"input": 2, "target": 2, "weights": [1], "activation": "identity", "loss": {"formula": "abs(y - t)^3"}}, {}),
        (
            {"input": 2, "target": 2, "weights": [1], "activation": "identity", "loss": {"formula": "abs(y - t)"}},
            {"y": ["abs(y - t)"]},
        ),
        ({"input": 0, "target": 2, "weights": [1], "activation": {"formula": "x*abs(x)"}}, {}),
        ({"input": [[1], [2]], "target": [[1], [1]], "layers": [{"from": ["x", "x"], "join": "max"}]}, {}),
    ],
)
def test_a_kink_is_named_by_what_has_it(spec: dict[str, Any], kinks: dict[str, list[str]]) -> None:
    found = explain(network(spec))
    named: dict[str, list[str]] = {}
    for kink in found.kinks:
        named.setdefault(kink.node, []).append(kink.what)
    assert named == kinks
    text = "".join(format_module("table").render(report(found), Style()))
    assert all(f"a kink of {what}, where" in text for of in kinks.values() for what in of)
    assert ("a kink" in text) == bool(kinks)


def test_a_kink_is_told_by_unit_and_example() -> None:
    layers = [{"name": "h", "weight": [[1, -0.5], [0.5, 1]]}, {"weight": [[1, 0.5]], "activation": "identity"}]
    given = {"input": [[1, 2], [3, -1]], "target": [1, 0], "activation": "relu", "layers": layers}
    text = "".join(format_module("table").render(report(explain(network(given), wrt=["w1[0,0]"])), Style()))
    assert "z_h[0] = 0 (example 0) is a kink of relu, where it has no derivative; relu′(0) = 0 is used." in text
    assert "because z_h⁽⁰⁾[0] = 0" in text and "because z_h⁽¹⁾[0] > 0" in text


def test_a_formula_says_that_parts_of_it_have_kinks() -> None:
    spec = {"input": 0.5, "target": 1, "weights": [0.2], "loss": {"formula": "abs(y - t)^3"}}
    steps = told(network(spec), "w1")["w1"]["steps"]
    assert steps[0]["rule"] == "derivative of the formula; parts have kinks where y − t = 0"


@pytest.mark.slow
def test_an_output_that_is_one_with_the_loss_and_feeds_two_others() -> None:
    """What they add to its gradient is not all of it, and is not called so."""
    layers = [
        {"name": "h", "weight": SQUARE, "activation": "tanh"},
        {"name": "a", "weight": SQUARE, "activation": "softmax"},
        {"name": "b", "weight": SQUARE, "activation": "tanh"},
        {"name": "y", "from": {"a": SQUARE, "b": ROW}, "join": "concat", "activation": "softmax"},
    ]
    spec = {"input": [0.5, 0.2], "target": {"a": [0.3, 0.7], "y": [0.1, 0.7, 0.2]}, "loss": "kl", "layers": layers}
    agrees(spec, "w1", "h", "w1[0,1]", "h[1]", "x")
    layers[2] |= {"from": "a"}
    steps = told(network(spec), "h[0]")["h[0]"]["steps"]
    assert not any(step["by"].startswith("a_") and not step["rule"].startswith("softmax") for step in steps)


@pytest.mark.parametrize("loss", ["cross_entropy", "bce_with_logits"])
@pytest.mark.parametrize("z", [50, -50, 2000])
def test_the_paths_of_an_output_that_rounds_to_its_target_sum_to_the_gradient(loss: str, z: float) -> None:
    target = [1, 0] if loss == "bce_with_logits" else 0
    layers = [{"weight": [[z], [0.5]], "activation": "identity"}]
    built = network({"input": 1, "target": target, "loss": loss, "layers": layers})
    derivation = explain(built, wrt=["x"]).derivations["x"]
    contributions = [term.value for term in derivation.terms]
    assert float(sum(contributions)) == pytest.approx(float(derivation.value), rel=1e-12, abs=0)
    assert all(contributions)


@pytest.mark.parametrize(
    ("loss", "activation", "given", "target", "derivative"),
    [
        ("bce", "tanh", 20, 1, -1.0),
        ("bce", "tanh", 0, 0, 1.0),
        ("poisson", "relu", -1, 0, 1.0),
        ("kl", "relu", -1, 0, 0.0),
        ("nll", "relu", [[1, 2], [2, 1]], [1, 0], -1.0),
    ],
)
def test_an_output_that_is_its_target_of_0_or_1(
    loss: str, activation: str, given: Any, target: Any, derivative: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """(y − t)/(y(1 − y)) and −t/y are 0/0 there, and the derivative is none the less −1/y, 1/(1 − y) or 0."""
    weights = [1] if isinstance(given, int) else [[[1, 1], [-1, -1]]]
    target = target if isinstance(given, int) else [target, target]
    spec = {"input": given, "target": target, "loss": loss, "activation": activation, "weights": weights}
    found = explain(network(spec), wrt=["w1"]).derivations["w1"]
    assert found.certificate.points == 6
    (step,) = (step for step in found.steps if step.rule.endswith(", for targets 0 and 1"))
    values = step.value if isinstance(step.value, list) else [step.value]
    assert derivative == (values[0] if isinstance(given, int) else 6 * values[0][0])
    usual = explain(network(spec | {"activation": "sigmoid"}), wrt=["w1"]).derivations["w1"]
    assert not any("for targets" in step.rule for step in usual.steps)


def test_targets_between_0_and_1_have_the_usual_rule() -> None:
    spec = {"input": [1, 0], "target": [0.5, 0], "loss": "bce", "activation": "tanh", "weights": [[[1, 0], [0, 1]]]}
    with pytest.raises(gradcalc.DomainError, match="0 divided by 0"):
        explain(network(spec | {"input": [1, 0]}), wrt=["w1[0,0]"])


def test_the_program_of_an_output_that_rounds_to_1_divides_by_no_0() -> None:
    built = network({"input": 14, "target": 0.25, "loss": "bce", "layers": [{"weight": 9, "activation": "sigmoid"}]})
    found = explain(built, wrt=["y"])
    scope: dict[str, Any] = {"__name__": "program"}
    exec("".join(format_module("python").render(report(found), Style())), scope)
    assert scope["gradient"]() == pytest.approx(float(found.derivations["y"].value), rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "activation", "wrt", "is_told"),
    [
        ("nll", "log_softmax", "w1[0,0]", True),
        ("kl", "softmax", "x[1]", True),
        ("nll", "softmax", "w1", False),
        ("cross_entropy", "identity", "w1[0,0]", False),
        ("nll", "softmax", "y[0]", False),
    ],
)
def test_a_path_to_a_loss_that_is_one_with_softmax_is_told_to_be_counted_once(
    loss: str, activation: str, wrt: str, is_told: bool
) -> None:
    layers = [{"weight": SQUARE, "activation": "tanh"}, {"weight": SQUARE, "activation": activation}]
    spec = {"input": [1, 2], "target": [0, 1], "loss": loss, "layers": layers}
    text = [told for told in said("explain", spec, wrt=[wrt]) if "as one: a path" in told]
    assert bool(text) == is_told and not any("for each of 2 outputs" not in told for told in text)


def test_terms_over_layers_have_the_digits_that_are_asked_for() -> None:
    """sin(10¹⁶⁹·h) in float64 has not a digit of what it is in 30."""
    layers = [{"weight": SQUARE, "activation": "sin"}, {"weight": [[1e60, 1e30], [1e40, 1]], "activation": "sin"}]
    spec = {"input": [1e12, 2e12], "target": [1, 2], "layers": layers}
    derivation = explain(network(spec), wrt=["h1"], dps=50).derivations["h1"]
    (term,) = derivation.terms
    assert [float(x) for x in term.value] == pytest.approx([float(x) for x in derivation.value], rel=1e-15)


BESIDE: list[dict[str, Any]] = [
    {
        "layers": [
            {"weight": 0.2}, {"name": "h2", "from": ["h1", "h1"]}, {"name": "y", "from": {"h2": 0.3, "h1": 0.4}},
        ],
        "skips": [{"from": "h1", "to": "y"}, {"from": "h2", "to": "y"}, {"from": "h2", "to": "y", "weight": 0.7}],
    },
    {
        "layers": [{"weight": 0.2}, {"name": "h2", "weight": "w"}, {"name": "y", "from": {"h2": "w", "h1": "w"}}],
        "skips": [{"from": "h1", "to": "y", "weight": "w", "into": to} for to in ("preactivation", "output")],
        "parameters": {"w": 0.3},
    },
    {
        "layers": [{"weight": [[0.2], [0.3]]}, {"name": "y", "weight": "w"}],
        "skips": [{"from": "h1", "to": "y", "weight": "w"}],
        "parameters": {"w": [[0.3, 0.4]]},
    },
]  # fmt: skip


@pytest.mark.parametrize("spec", BESIDE)
@pytest.mark.parametrize("form", ["table", "markdown", "latex"])
def test_parallel_edges_are_told_apart_as_paths_does(spec: dict[str, Any], form: str) -> None:
    built = network({"input": 0.5, "target": 1} | spec)
    text = "".join(format_module(form).render(report(explain(built, wrt=["w1"])), Style(width=None)))
    for number in (1, 2):
        assert f"edge {number} of h1" in text.replace(r" }\to \text{ ", " → ")
    listed = gradcalc.paths(built, wrt=["w1"]).sums["w1"].top
    if form == "table" and listed[0].entry is None:
        assert all(f" through {edges}" in text for _, edges in nodes_and_edges(built, listed, False))


def test_a_sum_over_parallel_edges_has_rows_that_read_apart() -> None:
    found = explain(network({"input": 0.5, "target": 1} | BESIDE[1]), wrt=["w1"])
    text = "".join(format_module("table").render(report(found), Style(width=None)))
    assert text.count("   h1 → y through w (edge ") == 3
