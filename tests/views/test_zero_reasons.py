"""Why a gradient is 0: said where it stands, and only where it is so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from reference.judging import tame
from strategies import specs

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.analysis.results import Computation
from gradcalc.network.network import entries
from gradcalc.report.report import Table
from gradcalc.report.text import words
from gradcalc.views.compute_tables import gradient_blocks
from gradcalc.views.zero_reasons import zero_reason

CHAIN: dict[str, Any] = {"input": 1, "target": 1, "activation": "relu"}


def reason(spec: dict[str, Any] | str, name: str, **options: Any) -> str | None:
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
    assert reason(CHAIN | {"weights": [1]}, "w1") == "y equals its target"


@pytest.mark.parametrize(
    ("z", "activation", "target", "loss", "said"),
    [
        (40, "sigmoid", 1, "mse", "y rounds to its target in float64 (y − t = −4.2×10⁻¹⁸); --dps 50 shows ∂L/∂y"),
        (40, "sigmoid", 1, "mae", "y rounds to its target in float64 (y − t = −4.2×10⁻¹⁸); --dps 50 shows ∂L/∂y"),
        (200, "sigmoid", 1, "mse", "y rounds to its target in float64 (y − t = −1.4×10⁻⁸⁷); --dps 400 shows ∂L/∂y"),
        (2e3, "tanh", 1, "mae", "y rounds to its target in float64 (y − t = −1.3×10⁻¹⁷³⁷); --dps 3200 shows ∂L/∂y"),
        (1e6, "sigmoid", 1, "mse", "y rounds to its target in float64"),
        (30, "tanh", 1, "half_sse", "y rounds to its target in float64 (y − t = −1.8×10⁻²⁶); --dps 50 shows ∂L/∂y"),
        (30, "tanh", 1, "hinge", "y rounds to its target in float64 (y − t = −1.8×10⁻²⁶); --dps 50 shows ∂L/∂y"),
        (-30, "tanh", -1, "huber", "y rounds to its target in float64 (y − t = 1.8×10⁻²⁶); --dps 50 shows ∂L/∂y"),
        (40, "softplus", 40, "poisson", "y rounds to its target in float64 (y − t = 4.2×10⁻¹⁸); --dps 50 shows ∂L/∂y"),
        (40, "sigmoid", 1, "(y - t)^2", "y rounds to its target in float64 (y − t = −4.2×10⁻¹⁸); --dps 50 shows ∂L/∂y"),
        (0, "sigmoid", 0.5, "mse", "y equals its target"),
        (0.75, "identity", 0.75, "log_cosh", "y equals its target"),
        (0, "tanh", 0, "mae", "y equals its target"),
        (
            2,
            "hard_sigmoid",
            0.8333333333333334,
            "mse",
            "y rounds to its target in float64 (y − t = −6.7×10⁻¹⁷); --dps 50",
        ),
    ],
)
def test_an_output_that_rounds_to_its_target(z: float, activation: str, target: float, loss: str, said: str) -> None:
    spec = CHAIN | {"weights": [z], "activation": activation, "target": target, "loss": {"formula": loss}}
    spec["loss"] = loss if loss.isidentifier() else spec["loss"]
    told = reason(spec, "w1")
    assert told == said if said.endswith(("y", "target", "float64")) else str(told).startswith(said)
    if found := re.search(r"--dps (\d+)", said):
        assert reason(spec, "w1", dps=int(found[1])) is None


def test_an_output_that_rounds_to_its_target_in_a_batch_and_in_digits() -> None:
    spec = CHAIN | {"weights": [40], "activation": "sigmoid", "input": [[1], [2]], "target": [1, 1]}
    assert reason(spec, "w1") == "y rounds to its target in float64; --dps 50 shows ∂L/∂y"
    few = CHAIN | {"weights": [200], "activation": "sigmoid"}
    said = "y rounds to its target with 30 decimal digits (y − t = −1.4×10⁻⁸⁷); --dps 400 shows ∂L/∂y"
    assert reason(few, "w1", dps=30) == said


def test_an_output_on_the_wrong_side_of_a_jump_is_not_rounded_to_its_target() -> None:
    layers = [{"weight": 3}, {"weight": 1, "bias": -0.3, "activation": "sign"}, {"weight": 1}]
    spec = {"input": 0.1, "target": 1, "activation": "identity", "layers": layers}
    assert reason(spec, "w1") == "y is its target only in float64 (y − t = −1); --dps 50 shows ∂L/∂y"


def test_weights_of_0_that_nothing_passes() -> None:
    spec = {"input": 1, "target": 2, "activation": "identity", "weights": [1, 0]}
    assert reason(spec, "w1") == "w2 is 0"
    assert reason(spec | {"skips": [{"from": "h1", "to": "y", "weight": 0}]}, "w1") == "w2 and w_h1_y are 0"
    assert reason(spec | {"skips": [{"from": "h1", "to": "y", "weight": 1}]}, "w1") is None


def test_a_unit_that_is_inactive_itself_comes_before_what_follows_from_it() -> None:
    layers = [{"weight": -1}, {"weight": 1}, {"weight": 1}]
    assert reason(CHAIN | {"layers": layers}, "w1") == "h1 is inactive (z = −1)"
    assert reason(CHAIN | {"layers": layers}, "w2") == "its input h1 is 0"


def test_a_layer_aside() -> None:
    layers = [{"name": "aside", "from": {"x": 1}}, {"name": "y", "from": {"x": 2}}]
    assert reason(CHAIN | {"layers": layers}, "w1_x") == "no path from w1_x to the loss"
    assert reason("residual", "w3", of="h2") == "no path from w3 to h2"


def test_of_two_causes_the_first_from_the_loss_is_named() -> None:
    layers = [{"weight": 1}, {"weight": -1, "bias": -1}, {"weight": 1, "activation": "identity"}]
    spec = CHAIN | {"input": 0, "layers": layers}
    assert reason(spec, "w2") == "h2 is inactive (z = −1)"
    assert reason(spec, "w1") == "h2 is inactive (z = −1)"


def test_entries_of_a_row_have_their_reasons() -> None:
    layers = [{"weight": [[1, 0.5], [-1, -0.5]], "bias": [0, 0]}, {"weight": [[0.5, 0.3]], "activation": "sigmoid"}]
    told = {row[0]: row[-1] for row in rows(CHAIN | {"input": [1, 2], "layers": layers})}
    assert told["∂L/∂w1[0]"] is None
    assert words(told["∂L/∂b1"], 6) == "h1[1] is inactive (z = −2)"
    assert words(told["∂L/∂w2[0]"], 6) == "its input h1[1] is 0"


def test_reasons_that_differ_have_their_columns() -> None:
    layers = [{"weight": [[-1], [1], [-2]], "bias": [0, 0, 0]}, {"weight": [[0.5, 0.3, 1]], "activation": "sigmoid"}]
    told = {row[0]: row[-1] for row in rows(CHAIN | {"layers": layers})}
    assert words(told["∂L/∂b1"], 6) == "[0]: h1[0] is inactive (z = −1); [2]: h1[2] is inactive (z = −2)"


def rows(spec: dict[str, Any]) -> list[Any]:
    """The rows of the table of matrices."""
    table = next(gradient_blocks(compute(language.load(spec)[0]), False, False, None))
    assert isinstance(table, Table)
    return list(table.rows)


def test_nothing_is_said_of_other_gradients() -> None:
    assert reason(CHAIN | {"weights": [2]}, "w1") is None
    tied = CHAIN | {"parameters": {"v": -1.0}, "layers": [{"weight": "v"}, {"weight": "v"}]}
    assert reason(tied, "v") is None
    assert reason(CHAIN | {"input": 0, "weights": [1]}, "x", wrt=["x"]) is None


def test_zeros_of_several_uses_of_products_and_of_softmax_have_their_reasons() -> None:
    units = {"layers": [{"name": "b", "from": {"x": "w"}}, {"name": "c", "from": {"x": "w"}}]}
    units["layers"] += [{"name": "m", "from": {"x": 3, "b": 1, "c": 1}, "join": "max"}]
    shared = CHAIN | units | {"input": 1, "target": 5, "parameters": {"w": 2}}
    assert reason(shared, "w") == "w3_b·b and w3_c·c are not the maximum of m"
    assert reason(shared, "w3_b") == "w3_b·b is not the maximum of m"
    assert reason(shared | {"input": 0}, "w") == "its input x is 0"
    units["layers"][2] = {"name": "m", "from": ["x", "b", "c"], "join": "min", "activation": "identity"}
    assert reason(shared, "w") == "b and c are not the minimum of m"
    assert reason(shared | {"activation": "relu", "parameters": {"w": -2}}, "w") == (
        "b is inactive (z = −2) and c is inactive (z = −2)"
    )
    softmax = {"input": 1, "target": [1, 1], "loss": "mse", "layers": [{"weight": [[1], [1]], "activation": "softmax"}]}
    assert reason(softmax, "w1") == "∂L/∂y is equal in all units, and softmax(z) sums to 1"
    assert reason(softmax | {"target": [0.5, 0.5]}, "w1") == "y equals its target"


@given(specs())
def test_only_zeros_have_reasons(spec: dict[str, Any]) -> None:
    network, _ = tame(spec)
    found = compute(network)
    for name, value in (found.gradients or {}).items():
        told = zero_reason(found, name)
        if any(number for _, number in entries(value)):
            assert told is None
        elif told is not None:
            assert is_true(found, words(told, 6)), words(told, 6)


def is_true(found: Computation, reason: str) -> bool:
    """What a reason says, looked up in the results."""
    parameters = {parameter.name: parameter.value for parameter in found.network.parameters}
    if match := re.fullmatch(r"(?:its input |∂\w+/∂)(\w+)(\[\d+\])? is 0", reason):
        of = found.forward[match[1]].output if "input" in reason else (found.backward or {})[match[1]].output
        return bool(match[2]) or not any(number for _, number in entries(of))
    if match := re.fullmatch(r"(.*) (?:equals its target|rounds to its target in float64.*)", reason):
        (target,) = (one for one in found.network.targets if found.network.nodes[one.node].name == match[1])
        return [one for _, one in entries(found.forward[match[1]].output)] == [
            one for row in target.rows for one in row
        ]
    if match := re.fullmatch(r"(?:σ′\(z\) of )?(\w+)(\[\d+\])? is (?:inactive|0) .*", reason):
        return not all(number for _, number in entries(found.forward[match[1]].derivative))
    if match := re.fullmatch(r"∂L/∂(\w+) is equal in all units, and softmax\(z\) sums to 1", reason):
        return len({number for _, number in entries((found.backward or {})[match[1]].output)}) == 1
    names = re.split(", | and ", re.sub(" (is|are) 0$", "", reason))
    return reason.startswith("no path") or all(not any(one for _, one in entries(parameters[name])) for name in names)
