"""The JSON Schema and the reference: one table with the checker, so they agree with it."""

from __future__ import annotations

import math

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc import language
from gradcalc.activations import ACTIVATIONS
from gradcalc.language import check_spec
from gradcalc.language.keys import GROUPS
from gradcalc.language.kinds import keys_of
from gradcalc.language.schema_and_reference import activation_definitions, loss_definitions, reference, schema
from gradcalc.losses import ALIASES, LOSSES, bind

VALIDATOR = jsonschema.Draft202012Validator(schema())

REFUSED = [
    {"input": 1},
    {"weights": [1]},
    {"input": 1, "weights": [1], "layers": [{"weight": 1}]},
    {"input": 1, "layers": [{"weight": 1}], "biases": [1]},
    {"input": 1, "weights": []},
    {"input": [], "weights": [1]},
    {"input": {}, "weights": [1]},
    {"input": None, "weights": [1]},
    {"input": True, "weights": [1]},
    {"input": [True], "weights": [1]},
    {"input": 1, "weights": [1], "los": "mse"},
    {"input": 1, "weights": [1], "loss": "msee"},
    {"input": 1, "weights": [1], "loss": {}},
    {"input": 1, "weights": [1], "loss": {"name": "mse", "formula": "y"}},
    {"input": 1, "weights": [1], "loss": {"name": "mse", "delta": 1}},
    {"input": 1, "weights": [1], "loss": {"formula": "y", "delta": 1}},
    {"input": 1, "weights": [1], "loss": {"name": "mse", "reduction": "max"}},
    {"input": 1, "weights": [1], "activation": {"name": "relu", "alpha": 1}},
    {"input": 1, "weights": [1], "activation": "sigmod"},
    {"input": 1, "weights": [1], "seed": 1.5},
    {"input": 1, "weights": [1], "frozen": "b*"},
    {"input": 1, "weights": [1], "name": 1},
    {"input": 1, "weights": [1], "skips": {"from": "x", "to": "y"}},
    {"input": 1, "weights": [1], "skips": [{"from": "x"}]},
    {"input": 1, "weights": [1], "skips": {"every": 0}},
    {"input": 1, "weights": [1], "skips": {"every": 1, "into": "out"}},
    {"input": 1, "layers": [{"weight": 1, "repeat": 0}]},
    {"input": 1, "layers": [{"weight": 1, "share": True}]},
    {"input": 1, "layers": [{"weight": 1, "join": "subtract"}]},
    {"input": 1, "layers": [{"from": {"x": 1}, "weight": 1}]},
    {"input": 1, "layers": [{"from": {"x": 1}, "repeat": 2}]},
    {"input": 1, "layers": [{"from": []}]},
    {"input": 1, "layers": [{"weight": {"name": "W"}}]},
    {"input": 1, "layers": [{"weight": {"value": 1, "init": "zeros"}}]},
    {"input": 1, "layers": [{"weight": {"init": "normal", "low": 1}}]},
    {"input": 1, "layers": [{"weight": {"init": "zeros", "gain": 1}}]},
    {"input": 1, "layers": [{"weight": {"value": 1, "seed": 1}}]},
    {"input": 1, "layers": [{"weight": None}]},
    {"input": 1, "layers": [3]},
    [],
    None,
]
ACCEPTED = [
    {"input": 1, "weights": [1]},
    {"input": 1, "weights": [1], "loss": {"name": "huber", "delta": 0.5, "scale": "1/2"}},
    {"input": 1, "weights": [1], "loss": {"formula": "(y - t)^2 / 2", "reduction": "sum"}},
    {"input": 1, "weights": [1], "activation": {"name": "leaky_relu", "alpha": 0.2}},
    {"input": 1, "weights": [1], "skips": [{"every": 2}, {"from": "x", "to": "y"}]},
    {"input": 1, "layers": [{"weight": {"init": "constant", "value": 3}, "bias": None}]},
    {"input": 1, "layers": [{"weight": {"init": "orthogonal", "gain": "sqrt(2)", "seed": 3}, "width": 4}]},
    {"input": [[1, 2], [3, "1/3"]], "layers": [{"weight": [[1, 2], ["1/2", 3]], "repeat": 2, "share": True}]},
]


def checked(data):
    problems = language.Problems()
    check_spec(data, problems)
    return not problems.errors


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", language.examples())
def test_the_examples_are_valid(name):
    VALIDATOR.validate(language.read(name).data)


@pytest.mark.parametrize("data", REFUSED)
def test_the_schema_refuses_what_the_checker_refuses(data):
    assert not checked(data)
    assert not VALIDATOR.is_valid(data)


@pytest.mark.parametrize("data", ACCEPTED)
def test_the_schema_accepts_what_the_checker_accepts(data):
    assert checked(data)
    VALIDATOR.validate(data)


LANGUAGE = sorted({key.name for group in GROUPS.values() for key in keys_of(group)})
LEAVES = st.sampled_from(["sigmoid", "mse", "x", "sum", "output", "normal", "mean"]) | st.integers(-1, 3) | st.none()
KEYS = st.sampled_from(LANGUAGE)
VALUES = st.recursive(
    LEAVES | st.booleans() | st.just(0.5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
TEXTUAL = ("is neither a number nor an exact constant", "unknown name", "is missing after", "is no exact constant")


@settings(max_examples=2 * settings.default.max_examples)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_schema_and_checker_agree(data):
    data = {"input": 1, **data}
    problems = language.Problems()
    check_spec(data, problems)
    beyond = [problem for problem in problems.errors if any(part in problem.message for part in TEXTUAL)]
    if not beyond:  # what a text means, as a formula or an exact constant, no schema can tell
        assert VALIDATOR.is_valid(data) == (not problems.errors), problems.errors


def test_every_key_is_described_with_a_valid_example():
    for group in GROUPS.values():
        properties = (schema() if group.name == "spec" else schema()["$defs"][group.name])["properties"]
        for key in keys_of(group):
            described = properties[key.name]
            assert described["description"].endswith(".")
            single = VALIDATOR.evolve(schema={**described, "$defs": schema()["$defs"]})
            for example in described.get("examples", []):
                single.validate(example)
            if "default" in described:
                single.validate(described["default"])


def test_names_come_from_the_tables():
    names = described("activation")
    assert set(ACTIVATIONS) <= set(names)
    assert {"swish", "linear"} <= set(names)
    assert list(described("loss")) == [*LOSSES, *ALIASES]


def described(key):
    """The names that a key takes, with what the schema says of each."""
    return {one["const"]: one["description"] for one in schema()["properties"][key]["anyOf"][0]["oneOf"]}


def test_every_name_is_defined():
    page = reference()
    for name, one in (*activation_definitions().items(), *loss_definitions().items()):
        assert one.formula and one.derivative and one.units
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        assert f"`{one.formula}` | `{one.derivative}` | {one.units}" in row
    assert described("activation")["swish"].startswith("The same as silu: y = x*sigmoid(x); derivative ")
    assert described("loss")["bce_with_logits"].endswith("; y is logits.")
    assert "probabilities" in described("loss")["nll"] and "class index" in described("loss")["nll"]
    assert "kinks: 0 at t*y = 1" in described("loss")["hinge"]
    assert "options: pieces (must be given)" in described("activation")["maxout"]


FUNCTIONS = {
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "cosh", "erf", "pi")},
    "abs": abs,
    "min": min,
    "max": max,
    "sum": sum,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "softplus": lambda x: math.log1p(math.exp(x)),
    "sign": lambda x: (x > 0) - (x < 0),
    "mean": lambda xs: sum(xs) / len(xs),
    "variance": lambda xs: sum((x - sum(xs) / len(xs)) ** 2 for x in xs) / len(xs),
}


def valued(text, **names):
    """The value of a definition's text."""
    return eval(text.replace("^", "**"), {**FUNCTIONS, **names})


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if not row.couples])
@pytest.mark.parametrize("x", [-4.0, -2.25, -0.5, 0.75, 2.5, 7.0])
def test_definitions_are_what_is_computed(name, x):
    row, one = ACTIVATIONS[name], activation_definitions()[name]
    alpha = tuple(row.options.values()) if row.parametric else ()
    y = row.value(x, *alpha)
    assert valued(one.formula, x=x, **row.options) == pytest.approx(y, rel=1e-12)
    assert valued(one.derivative, x=x, y=y, **row.options) == pytest.approx(row.derivative(x, *alpha), rel=1e-12)


@pytest.mark.parametrize(("name", "kinks"), [("relu", "0 at x = 0"), ("elu", "alpha at x = 0"), ("celu", "")])
def test_kinks_are_those_of_the_rows(name, kinks):
    assert activation_definitions()[name].kinks == kinks
    assert activation_definitions()["hard_swish"].kinks == "0 at x = -3, 1 at x = 3"


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "layer_norm", "rms_norm"])
def test_definitions_over_units_are_what_is_computed(name):
    row, one, xs = ACTIVATIONS[name], activation_definitions()[name], [0.5, -1.0, 2.0]
    ys, jacobian = row.value(xs), row.derivative(xs)
    spread = {"exp(x_j)": "[exp(x) for x in xs]", "(x_j^2)": "([x*x for x in xs])", "(x_j)": "(xs)"}
    for i in range(3):
        for j in range(3):
            texts = []
            for text in (one.formula, one.derivative):
                for part, whole in spread.items():
                    text = text.replace(part, whole)
                texts.append(text)
            names = {"xs": xs, "x_i": xs[i], "y_i": ys[i], "y_j": ys[j], "i": i, "j": j, "n": 3, **row.options}
            assert valued(texts[0], **names) == pytest.approx(ys[i], rel=1e-9)
            assert valued(texts[1], **names) == pytest.approx(jacobian[i][j], rel=1e-9)


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("units", [[(0.3, 0.8), (0.6, 0.5)], [(0.9, 0.2), (0.1, 1.0)], [(0.25, 1.0)]])
def test_definitions_of_losses_are_what_is_computed(name, units):
    loss, one = bind(name), loss_definitions()[name]
    ys, ts = map(list, zip(*units))
    count = len(units) if one.units.startswith("mean") else 1
    shares = [math.exp(y) / sum(map(math.exp, ys)) for y in ys]
    named = [{"y": y, "t": t, "p": p, **LOSSES[name].options} for y, t, p in zip(ys, ts, shares)]
    terms = [valued(one.formula, **names) for names in named]
    derivatives = [valued(one.derivative.replace("sum(t)", str(sum(ts))), **names) / count for names in named]
    assert sum(terms) / count == pytest.approx(loss.value(ys, ts), rel=1e-12)
    assert derivatives == pytest.approx(loss.derivatives(ys, ts), rel=1e-12, abs=1e-15)


def test_the_reference_names_every_key():
    page = reference()
    for group in GROUPS.values():
        for key in keys_of(group):
            assert f"| `{key.name}` |" in page
