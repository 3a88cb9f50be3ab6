"""What `compare` says of networks that are nearest to making it false; `tests/claims` knows how it is checked."""

from __future__ import annotations

from typing import Any

import pytest
from claims.search import said
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import SMALL, chains

from gradcalc.errors import UsageError


@pytest.mark.slow
@given(chains(most_layers=14), st.sampled_from(["sigmoid", "tanh", "relu", "identity", "exp"]), SMALL)
def test_what_is_said_of_several_networks_is_true(data: dict[str, Any], activation: str, weight: float) -> None:
    other = data | {"activation": activation}
    third = data | {"weights": [weight, *data["weights"][1:]]}
    try:
        said("compare", data, sources=[data, other, third])
    except UsageError:
        assume(False)


def chain(*weights: float, activation: str = "identity", skips: Any = ()) -> dict[str, Any]:
    return {"input": 1, "target": 0, "activation": activation, "weights": list(weights), "skips": list(skips)}


def skip(source: str, target: str, weight: Any = None, into: str = "preactivation") -> dict[str, Any]:
    return {"from": source, "to": target, "into": into} | ({} if weight is None else {"weight": weight})


NEAR_MISSES: dict[str, list[Any]] = {
    "parallel skips": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "y", 0.2), skip("h1", "y", 0.4)])],
    "a skip beside the only edge": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "h2", 0.2)])],
    "a tied skip": [
        {
            "input": 1,
            "target": 0,
            "parameters": {"v": 0.9},
            "weights": [0.3, 0.5, 0.7],
            "skips": [skip("h1", "y", "v"), skip("x", "h2", "v")],
            "activation": "identity",
        }
    ],
    "paths that cancel": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "y", -0.4)])],
    "paths that cancel altogether": [chain(0.3, 0.5, 0.5, skips=[skip("h1", "y", -0.25)])],
    "a skip that changes nothing": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "y", 0.0)])],
    "a contribution beyond doubles": [chain(0.3, 1e-200, 1e-250, skips=[skip("h1", "y", -1.0), skip("h1", "y", 1.0)])],
    "an unread layer first": [
        {
            "input": 1,
            "target": 0,
            "layers": [{"weight": 0.5}, {"from": "x", "weight": 0.4}, *[{"weight": 0.9}] * 8],
            "skips": [skip("h2", "y")],
        }
    ],
    "two targets": [chain(*[0.5] * 10, skips=[skip("h2", "h5")]) | {"target": {"h4": 1, "y": 0}}],
    "equal adjoints, unequal gradients": [
        {
            "input": 63,
            "target": 0,
            "activation": "identity",
            "layers": [{"weight": 1 / 63}, *[{"weight": 1}] * 9],
            "skips": [skip("h2", "h4")],
        }
    ],
    "up and down": [chain(*[0.01, 100.0] * 6, skips=[skip("h1", "h2")])],
    "falling in its middle": [chain(*[0.9] * 5, 0.001, 0.001, *[0.9] * 5, skips=[skip("h1", "h2", 0.01)])],
    "smallest far below both ends": [chain(*[3.0] * 10, *[0.01] * 10, skips=[skip("h1", "h2", 0.01)])],
    "hidden layers that do not change": [chain(*[1.0] * 8, 1e-5, skips=[skip("h1", "h2", 1e-9)])],
    "falling in its ends": [chain(*[0.001], *[0.5] * 10, 0.001, 0.5, skips=[skip("h1", "h2", 0.01)])],
    "dead": [chain(0.5, -1, *[0.5] * 8, activation="relu", skips=[skip("h1", "h4")])],
    "growing": [chain(*[3.0] * 12, skips=[skip("h1", "h3")])],
    "falling a little": [chain(*[0.8] * 12, skips=[skip("h1", "h3", 0.001)])],
}


@pytest.mark.parametrize("case", NEAR_MISSES)
def test_what_is_nearly_false_is_true_as_it_is_said(case: str) -> None:
    for data in NEAR_MISSES[case]:
        said("compare", data)
        said("compare", data, sources=[data, data | {"loss": "half_sse"}])


def test_a_rate_is_of_layers_that_follow_one_another() -> None:
    for case in ("an unread layer first", "two targets"):
        assert not any("per layer" in text for data in NEAR_MISSES[case] for text in said("compare", data))
    text = said("compare", NEAR_MISSES["equal adjoints, unequal gradients"][0])
    assert any("within a factor of 1.0 " in one for one in text)


def test_two_skips_of_one_name_are_not_taken_for_each_other() -> None:
    asked = {"a tied skip": {"wrt": ["v"]}, "parallel skips": {}}
    tied, parallel = (said("compare", NEAR_MISSES[case][0], **options) for case, options in asked.items())
    assert any("∂L/∂v in network is the sum of 2 paths; the largest, x→h2: h2 → y," in text for text in tied)
    assert any("the largest, h1 → y through" in text for text in parallel)
