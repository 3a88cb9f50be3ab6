"""What `compute` tells scripts: the example of the contract to 1e-14 with its keys in order, and every built-in example
(and a batch, a matrix, a tie, a kink, no target, numbers beyond doubles) by a JSON Schema of the output.
"""

import json
from decimal import Decimal

import jsonschema
import pytest
from contract import COMPUTE_RESIDUAL

from gradcalc.analysis.computation import compute
from gradcalc.language import examples, load
from gradcalc.report.formats.json import render
from gradcalc.report.report import Style
from gradcalc.views.compute_page import report


def told(spec, **asked):
    """The document that is printed, read again, integers and all; a number that no double holds stays a Decimal."""
    network, warnings = load(spec)
    text = "".join(render(report(compute(network, **asked), warnings), Style()))
    return json.loads(text, parse_float=number, parse_constant=refused)


def number(text):
    exact = Decimal(text)
    return float(text) if exact == 0 or 1e-300 < abs(exact) < 1e300 else exact


def refused(text):
    raise AssertionError(f"{text} is no JSON")


def agree(ours, theirs, at="$"):
    """Equal in keys and their order, in lengths and texts, numbers to a relative 1e-14."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), at
        for key, value in theirs.items():
            agree(ours[key], value, f"{at}.{key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), at
        for place, value in enumerate(theirs):
            agree(ours[place], value, f"{at}[{place}]")
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=1e-14, abs=0), at
    else:
        assert ours == theirs and type(ours) is type(theirs), at


def test_the_example_of_the_contract():
    agree(told("residual"), json.loads(COMPUTE_RESIDUAL))


NUMBER = {"type": "number"}
VALUE = {"anyOf": [NUMBER, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/value"}}]}
NAME = {"type": "string", "minLength": 1}


def record(required, optional=None):
    """A mapping of these keys and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def named(value):
    return {"type": "object", "propertyNames": NAME, "additionalProperties": value}


def nullable(kind):
    return {"anyOf": [{"type": "null"}, kind]}


REF = {"$ref": "#/$defs/value"}
PATH = record(
    {
        "nodes": {"type": "array", "items": NAME, "minItems": 1},
        "through": {"type": "array", "items": NAME},
        "length": {"type": "integer", "minimum": 0},
        "contribution": REF,
        "share": nullable(NUMBER),
    },
    {"at": NAME},
)
PATHS = record(
    {"count": {"type": "integer", "minimum": 0}, "top": {"type": "array", "items": PATH}}, {"exact": {"const": False}}
)
INPUT_NODE = record({"output": REF})
LAYER_NODE = record(
    {"activation": NAME, "preactivation": REF, "output": REF, "derivative": REF}, {"kink": {"const": True}}
)
SCHEMA = {
    "$defs": {"value": VALUE},
    **record(
        {
            "gradcalc": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
            "command": {"const": "compute"},
            "name": {"type": "string"},
            "activations": {"type": "array", "items": NAME, "minItems": 1, "uniqueItems": True},
            "loss": nullable(record({"name": NAME, "value": NUMBER, "formula": NAME})),
            "input": named(REF),
            "target": named({"type": ["number", "array"]}),
            "forward": named({"anyOf": [INPUT_NODE, LAYER_NODE]}),
            "backward": nullable(named(record({"output": REF}, {"delta": REF}))),
            "parameters": named(REF),
            "frozen": {"type": "array", "items": NAME},
            "gradients": nullable(named(REF)),
            "log10": nullable(named(nullable(NUMBER))),
            "paths": nullable(named(PATHS)),
        },
        {"arithmetic": NAME},
    ),
}

HIDDEN = ("loss", "backward", "gradients", "log10", "paths")
SPECS = {
    "a batch": {
        "input": [[0.1, 0.2], [0.3, 0.4]],
        "target": [0.5, 0.6],
        "layers": [{"weight": [[1, 2], [3, 4]], "activation": "softmax"}, {"weight": [[1, -1]], "bias": [0.5]}],
    },
    "a batch of one": {"input": [[0.1]], "target": [1], "weights": [2]},
    "a tie": {"input": 1, "target": 1, "parameters": {"v": 0.5}, "weights": ["v", "v"], "frozen": ["v"]},
    "a kink": {"input": 0, "target": 1, "activation": "relu", "weights": [1, 1]},
    "a class": {"input": [1, 2], "target": 1, "loss": "cross_entropy", "layers": [{"weight": [[1, 2], [3, 4]]}]},
    "no target": {"input": 1, "weights": [1]},
    "no parameter": {"input": {"a": 1, "b": 2}, "loss": "output", "layers": [{"from": ["a", "b"], "join": "multiply"}]},
    "beyond doubles": {"input": 0.5, "target": 1, "weights": [0.01] * 160},
    "an overflow": {"input": 1, "target": 1, "activation": "exp", "weights": [1000]},
    "many paths": {"input": 1, "target": 1, "weights": [0.5] * 80, "skips": {"every": 1, "into": "output"}},
}


@pytest.mark.parametrize("spec", [*examples(), *SPECS])
def test_every_document_is_of_the_contract(spec):
    found = told(SPECS.get(spec, spec))
    jsonschema.validate(found, SCHEMA, cls=jsonschema.Draft202012Validator)
    network = load(SPECS.get(spec, spec))[0]
    check_names(found, network)
    check_shapes(found, network)


def check_names(found, network):
    """Inputs, then layers, forward; the other way round backward; parameters in their order, or the inputs."""
    nodes = [node.name for node in network.nodes]
    parameters = [parameter.name for parameter in network.parameters]
    assert list(found["forward"]) == nodes
    assert list(found["input"]) == [given.name for given in network.inputs]
    assert list(found["parameters"]) == parameters
    if found["loss"] is None:
        assert all(found[key] is None for key in HIDDEN)
        return
    assert list(found["backward"]) == nodes[::-1]
    for key in ("gradients", "log10", "paths"):
        assert list(found[key]) == (parameters or list(found["input"]))


def shape(value):
    return [] if not isinstance(value, list) else [len(value), *shape(value[0])]


def check_shapes(found, network):
    """Numbers for one unit of one example, [units] for several, [examples][units] in a batch."""
    for node in network.nodes:
        rows = [network.examples, node.width] if network.batch else [node.width] if node.width > 1 else []
        assert shape(found["forward"][node.name]["output"]) == rows
        if found["backward"]:
            assert shape(found["backward"][node.name]["output"]) == rows
    for parameter in network.parameters:
        entries = [] if all(size == 1 for size in parameter.shape) else list(parameter.shape)
        assert shape(found["parameters"][parameter.name]) == entries
        if found["gradients"]:
            assert shape(found["gradients"][parameter.name]) == entries
            for path in found["paths"][parameter.name]["top"]:
                assert shape(path["contribution"]) == entries


def test_numbers_beyond_doubles_are_numbers():
    found = told(SPECS["beyond doubles"])
    assert isinstance(found["gradients"]["w1"], Decimal)
    assert found["log10"]["w1"] == pytest.approx(float(abs(found["gradients"]["w1"]).log10()), rel=1e-12)
    assert isinstance(told(SPECS["an overflow"])["loss"]["value"], Decimal)


def test_counts_are_exact_however_large():
    count = told(SPECS["many paths"])["paths"]["w1"]["count"]
    assert count == 2**79 and isinstance(count, int)


def test_a_kink_is_marked_and_nothing_else_is():
    found = told(SPECS["a kink"])["forward"]
    assert found["h1"]["kink"] is True
    assert "kink" not in told("residual")["forward"]["h1"]


def test_a_tie_says_where_its_paths_start_and_that_it_is_frozen():
    found = told(SPECS["a tie"])
    assert found["frozen"] == ["v"]
    assert {path["at"] for path in found["paths"]["v"]["top"]} == {"h1", "y"}


def test_wrt_filters_gradients_and_paths_and_nothing_else():
    whole, part = told("mazur"), told("mazur", wrt=["w1[0,*]", "h[1]", "i1"])
    for key in ("gradients", "log10", "paths"):
        assert list(part[key]) == ["w1[0,0]", "w1[0,1]", "h[1]", "i1"]
    assert {key: part[key] for key in part if key not in ("gradients", "log10", "paths")} == {
        key: whole[key] for key in whole if key not in ("gradients", "log10", "paths")
    }


def test_paths_may_be_counted_without_being_listed():
    assert all(paths["top"] == [] and paths["count"] for paths in told("residual", top=0)["paths"].values())
