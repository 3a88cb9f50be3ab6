"""The JSON Schema and the reference: one table with the checker, so they agree with it."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc import language
from gradcalc.language.checker import check_spec, keys_of
from gradcalc.language.keys import groups

VALIDATOR = jsonschema.Draft202012Validator(language.schema())

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
    {"input": 1, "layers": [{"weight": 1, "join": "add"}]},
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
    jsonschema.Draft202012Validator.check_schema(language.schema())


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


LANGUAGE = sorted({key.name for group in groups().values() for key in keys_of(group)})
LEAVES = st.sampled_from(["sigmoid", "mse", "x", "sum", "output", "normal", "mean"]) | st.integers(-1, 3) | st.none()
KEYS = st.sampled_from(LANGUAGE)
VALUES = st.recursive(
    LEAVES | st.booleans() | st.just(0.5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
TEXTUAL = ("is neither a number nor an exact constant", "unknown name", "is missing after", "is no exact constant")


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_schema_and_checker_agree(data):
    data = {"input": 1, **data}
    problems = language.Problems()
    check_spec(data, problems)
    beyond = [problem for problem in problems.errors if any(part in problem.message for part in TEXTUAL)]
    if not beyond:  # what a text means, as a formula or an exact constant, no schema can tell
        assert VALIDATOR.is_valid(data) == (not problems.errors), problems.errors


def test_every_key_is_described_with_a_valid_example():
    for group in groups().values():
        properties = (language.schema() if group.name == "spec" else language.schema()["$defs"][group.name])[
            "properties"
        ]
        for key in keys_of(group):
            described = properties[key.name]
            assert described["description"].endswith(".")
            single = VALIDATOR.evolve(schema={**described, "$defs": language.schema()["$defs"]})
            for example in described.get("examples", []):
                single.validate(example)
            if "default" in described:
                single.validate(described["default"])


def test_names_come_from_the_tables():
    from gradcalc.activations import ACTIVATIONS
    from gradcalc.losses import LOSSES

    names = language.schema()["properties"]["activation"]["anyOf"][0]["enum"]
    assert set(ACTIVATIONS) <= set(names)
    assert {"swish", "linear"} <= set(names)
    assert language.schema()["properties"]["loss"]["anyOf"][0]["enum"] == list(LOSSES)


def test_the_reference_names_every_key():
    page = language.reference()
    for group in groups().values():
        for key in keys_of(group):
            assert f"| `{key.name}` |" in page
