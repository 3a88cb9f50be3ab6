"""Why a gradient is exactly 0: said where it stands, and only where it is so."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from reference.judging import tame
from strategies import specs

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.network.network import entries
from gradcalc.report.tables import words
from gradcalc.views.compute_sentences import zero_reason

CHAIN: dict[str, Any] = {"input": 1, "target": 1, "activation": "relu"}


def reason(spec: dict[str, Any], name: str, **options: Any) -> str | None:
    found = zero_reason(compute(language.load(spec)[0], **options), name)
    return None if found is None else words(found, 6)


def test_an_inactive_unit() -> None:
    spec = CHAIN | {"layers": [{"weight": -1.05}, {"weight": 1, "activation": "identity"}]}
    assert reason(spec, "w1") == "h1 is inactive (z = −1.05)"
    assert reason(spec, "w2") == "its input h1 is 0"


def test_a_unit_farther_on_stops_the_gradient() -> None:
    layers = [{"weight": 1}, {"weight": 1}, {"weight": -1}, {"weight": 1, "activation": "identity"}]
    assert reason(CHAIN | {"layers": layers}, "w1") == "h3 is inactive (z = −1)"


def test_rows_and_entries_of_a_matrix() -> None:
    layers = [{"weight": [[-1, 2], [3, -4]]}, {"weight": [[1, -1]], "activation": "identity"}]
    spec = CHAIN | {"input": [1, 0], "layers": layers}
    assert reason(spec, "w1[0]") == "h1[0] is inactive (z = −1)"
    assert reason(spec, "w1[1]") is None
    assert reason(spec, "w1[1,1]", wrt=["w1[1,1]"]) == "its input x[1] is 0"
    assert reason(spec, "w2[0,0]", wrt=["w2[0,0]"]) == "its input h1[0] is 0"


def test_a_batch() -> None:
    spec = CHAIN | {
        "input": [[1], [2]],
        "target": [1, 1],
        "layers": [{"weight": -1}, {"weight": 1, "activation": "identity"}],
    }
    assert reason(spec, "w1") == "h1 is inactive in every example"
    mixed = spec | {"input": [[1], [-2]]}
    assert reason(mixed, "w1") != "h1 is inactive in every example"


def test_a_derivative_of_0_that_is_no_rectifiers() -> None:
    assert reason({"input": 1, "target": 0, "activation": "step", "weights": [1]}, "w1") == "σ′(z) of y is 0 at z = 1"
    assert reason(CHAIN | {"input": 0, "layers": [{"weight": 1, "bias": 0}]}, "b1") == "σ′(z) of y is 0 at z = 0"


def test_an_output_that_is_its_target() -> None:
    assert reason(CHAIN | {"weights": [1]}, "w1") == "∂L/∂y is 0"


def test_a_layer_aside() -> None:
    layers = [{"name": "aside", "from": {"x": 1}}, {"name": "y", "from": {"x": 2}}]
    assert reason(CHAIN | {"layers": layers}, "w1_x") == "aside does not reach the loss"


def test_nothing_is_said_of_other_gradients() -> None:
    assert reason(CHAIN | {"weights": [2]}, "w1") is None
    tied = CHAIN | {"parameters": {"v": -1.0}, "layers": [{"weight": "v"}, {"weight": "v"}]}
    assert reason(tied, "v") is None
    assert reason(CHAIN | {"input": 0, "weights": [1]}, "x", wrt=["x"]) is None


@given(specs())
def test_only_zeros_have_reasons(spec: dict[str, Any]) -> None:
    network, _ = tame(spec)
    found = compute(network, top=0)
    for name, value in (found.gradients or {}).items():
        if any(number for _, number in entries(value)):
            assert zero_reason(found, name) is None
