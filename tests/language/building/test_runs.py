"""Long lists are checked and built in columns, and come out as if they were gone through one by one."""

from __future__ import annotations

import json
from random import Random
from typing import Any
from unittest.mock import patch

from gradcalc import language
from gradcalc.errors import Problem
from gradcalc.language import kinds
from gradcalc.language.building import layers, skips
from gradcalc.language.document import parse

WEIGHTS = (0.5, 1, 2**60, "1/3", "w", [[1.5]], [1], None, "no", 1e300, {"value": 1, "name": "w3"}, True)
ACTIVATIONS = ("tanh", "relu", "softmax", "prelu", "no", {"name": "elu", "alpha": 2}, 3)
ODD_LAYERS = (
    *({"weight": 0.5, key: value} for key, value in (("name", "h3"), ("repeat", 3), ("bias", 1), ("from", "x"))),
    {"weight": 0.5, "repeat": 2, "share": True},
    {"weight": 0.5, "width": 1},
    {"weights": 0.5},
    {"repeat": 4, "weight": 0.5, "activation": "relu"},
    *({"weight": 0.5, "activation": activation} for activation in ACTIVATIONS),
    0.5,
)
ODD_SKIPS = (
    {"from": "h1", "to": "y"},
    {"from": "h2", "to": "h1", "weight": 0.5},
    {"from": "h1", "to": "x", "weight": 0.5},
    {"from": "h1", "to": "gone", "weight": 0.5},
    {"from": "h1", "to": 3, "weight": 0.5},
    {"to": "y", "from": "x", "weight": 0.5},
    {"from": "x", "to": "y", "weight": 0.5, "into": "output"},
    {"from": "x", "to": "y", "weight": 0.5, "name": "w2"},
    {"from": "x", "to": "y", "wait": 0.5},
    {"every": 2, "weight": 0.25},
    {"to": "y"},
    7,
)


def spec(draw: Random) -> dict[str, Any]:
    """A chain with skips, some of it odd or wrong."""
    count, odd = draw.randrange(1, 9), draw.choice((0, 0, 0.1, 0.3))
    weights = [draw.choice(WEIGHTS) if draw.random() < odd else draw.random() for _ in range(count)]
    data: dict[str, Any] = {"input": draw.choice((0.5, 0.5, [1, 2], {"a": 1, "x": 2}, {"h2": 1})), "target": 1}
    if draw.random() < 0.5:
        data |= {"weights": weights}
    else:
        plain = [{"weight": weight, **draw.choice(({}, {"activation": "tanh"}))} for weight in weights]
        data["layers"] = [draw.choice(ODD_LAYERS) if draw.random() < odd else layer for layer in plain]
    names = ["x", *(f"h{n}" for n in range(1, count)), "y"]
    ends = [sorted(draw.sample(range(len(names)), 2)) for _ in range(draw.randrange(5))]
    found = [{"from": names[one], "to": names[other], "weight": draw.choice((draw.random(), 2))} for one, other in ends]
    data["skips"] = [draw.choice(ODD_SKIPS) if draw.random() < odd else skip for skip in found]
    return data | draw.choice(({}, {}, {"parameters": {"w": 0.5}}, {"parameters": {"w_h1_y": 0.5, "w3": 1}}))


def answer(data: dict[str, Any], many: int) -> tuple[list[Problem], Any]:
    """All problems, and the network or the report, with lists of so many entries and more looked at together."""
    document = parse(json.dumps(data), "spec", "spec", "json")
    with patch.object(kinds, "MANY", many), patch.object(layers, "MANY", many), patch.object(skips, "MANY", many):
        problems = language.check(document)
        try:
            return problems, language.build(document)
        except language.SpecError as error:
            return problems, str(error)


def test_a_long_list_is_read_as_if_one_by_one() -> None:
    draw, right = Random(0), 0
    for _ in range(50):
        data = spec(draw)
        together = answer(data, 1)
        assert together == answer(data, 1000)
        right += not isinstance(together[1], str)
    assert 10 < right < 40
