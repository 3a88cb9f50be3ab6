"""The JSON of `compute` has the contract's shape for every kind of network."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.report.report import Style, format_module
from gradcalc.views.compute_page import report

NUMBERS = {
    "anyOf": [{"type": "number"}, {"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "array"}]}}]
}


def record(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object of exactly these keys."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def mapping(values: dict[str, Any]) -> dict[str, Any]:
    """An object of any names."""
    return {"type": "object", "additionalProperties": values}


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
PATH = record(
    {
        "nodes": TEXTS,
        "through": TEXTS,
        "length": {"type": "integer", "minimum": 0},
        "contribution": NUMBERS,
        "share": or_null({"type": "number"}),
    },
    at=TEXT,
)
NODE = {
    "anyOf": [
        record({"output": NUMBERS}),
        record(
            {"activation": TEXT, "preactivation": NUMBERS, "output": NUMBERS, "derivative": NUMBERS},
            kink={"const": True},
        ),
    ]
}
SCHEMA = record(
    {
        "gradcalc": TEXT,
        "command": {"const": "compute"},
        "name": TEXT,
        "activations": TEXTS,
        "loss": or_null(record({"name": TEXT, "value": {"type": "number"}, "formula": TEXT})),
        "input": mapping(NUMBERS),
        "target": mapping(NUMBERS),
        "forward": mapping(NODE),
        "backward": or_null(mapping(record({"output": NUMBERS}, delta=NUMBERS))),
        "parameters": mapping(NUMBERS),
        "frozen": TEXTS,
        "gradients": or_null(mapping(NUMBERS)),
        "log10": or_null(mapping(or_null({"type": "number"}))),
        "paths": or_null(
            mapping(
                record(
                    {"count": {"type": "integer", "minimum": 0}, "top": {"type": "array", "items": PATH}},
                    exact={"const": False},
                )
            )
        ),
    }
)

NETWORKS: dict[str, Any] = {
    name: name for name in ("residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn")
} | {
    "no target": {"input": 1, "weights": [1, 2]},
    "batch": {"input": [[1], [2]], "target": [[0], [1]], "weights": [0.5]},
    "batch of one": {"input": [[1]], "target": [[0]], "weights": [0.5]},
    "kink": {"input": 1, "target": 2, "activation": "relu", "weights": [0, 1]},
    "classes": {
        "input": [1, 2],
        "target": 1,
        "loss": "cross_entropy",
        "layers": [{"weight": [[1, 2], [3, 4]], "activation": "softmax"}],
    },
    "underflow": {"input": 0.5, "target": 1, "layers": [{"weight": 1, "repeat": 600}]},
    "far underflow": {"input": 0.5, "target": 1, "layers": [{"weight": 1, "repeat": 2000}]},
    "overflow": {"input": 10, "target": 1, "activation": "identity", "layers": [{"weight": 100, "repeat": 200}]},
}


def printed(network: Any, **options: Any) -> str:
    return "".join(format_module("json").render(report(compute(language.load(network)[0], **options)), Style()))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name.endswith("underflow") else ()) for name in NETWORKS]
)
def test_the_document_has_the_shape_of_the_contract(name: str) -> None:
    text = printed(NETWORKS[name])
    jsonschema.validate(json.loads(text), SCHEMA)
    assert list(json.loads(text)) == list(SCHEMA["properties"])
    assert "NaN" not in text and "Infinity" not in text


def test_precision_shows_its_digits() -> None:
    text = printed("residual", dps=40)
    jsonschema.validate(json.loads(text), SCHEMA)
    assert len(text.split('"value": ')[1].split(",")[0]) >= 40


def test_a_gradient_that_no_double_holds_is_a_number() -> None:
    text = printed(NETWORKS["far underflow"], top=0)
    gradient = text.split('"gradients": {')[1].split('"w1": ')[1].split(",")[0]
    mantissa, exponent = gradient.split("e")
    assert exponent == "-1298"
    assert float(mantissa) == pytest.approx(-6.0464630558516529, rel=1e-12)
