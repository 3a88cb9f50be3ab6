"""What somebody else got, checked: which quantities are wrong, in which order, and how files and names are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.analysis.given_values import ours
from gradcalc.analysis.point import point
from gradcalc.errors import UsageError


def test_right_values_are_right_to_the_digits_given() -> None:
    check = gradcalc.check(
        gradcalc.load("residual"), got={"w1": -0.00302, "L": 0.2247, "delta_y": -0.2364, "x": -0.00121}
    )
    assert check.ok
    assert check.first_wrong is None
    assert check.hypotheses == ()


def test_wrong_values_stand_in_the_order_of_the_calculation() -> None:
    got = {"w1": 0.5, "delta_h1": 0.5, "w3": 0.5, "h2": 0.513, "L": 0.5}
    check = gradcalc.check(gradcalc.load("residual"), got=got)
    assert check.wrong == ("L", "w3", "delta_h1", "w1")
    assert check.first_wrong == "L"


def test_a_formula_stands_in_that_order_too() -> None:
    check = gradcalc.check(gradcalc.load("residual"), got={"w1": -0.00302, "delta_y": "2*(y - t)"})
    assert check.wrong == ("delta_y",)
    assert check.formulas[0].correction == "σ′(z_y)"


def test_entries_of_matrices_are_compared_one_by_one() -> None:
    check = gradcalc.check(gradcalc.load("mazur"), got={"w1": [[0.000439, 0.000877], [0.000498, 0.9]]})
    (row,) = check.rows
    assert row.wrong == [(1, 1)]


def test_names_of_another_program_are_parameters() -> None:
    network = gradcalc.load("mazur")
    gradients = gradcalc.gradients(network)
    named = {"0.weight": gradients["w1"], "0.bias": gradients["b1"], "2.weight": gradients["w2"]}
    check = gradcalc.check(network, got={name: np.float32(array) for name, array in named.items()})
    assert check.ok
    assert [row.given.of for row in check.rows] == ["w1", "b1", "w2"]
    assert check.rows[0].given.matched == "0.weight → w1"


def test_a_gradient_that_cancels_may_be_what_rounding_leaves() -> None:
    """w1 reads two paths of opposite signs: 0.1·3 − 0.3 is 5.6e-17 in float64."""
    spec = {
        "input": 1,
        "target": 0,
        "activation": "identity",
        "loss": "output",
        "parameters": {"a": 1.0},
        "layers": [
            {"name": "h", "from": {"x": "a"}},
            {"name": "p", "from": {"h": 0.1}},
            {"name": "y", "from": {"p": 3.0, "h": -0.3}},
        ],
    }
    del spec["target"]
    network = gradcalc.load(spec)
    assert gradcalc.check(network, got={"a": "0"}).ok
    assert gradcalc.check(network, got={"a": "1.2e-16"}).ok
    assert gradcalc.check(network, got={"a": "1.2e-16"}).rows[0].is_near


LOST = {
    "input": 1e20,
    "loss": "output",
    "activation": "identity",
    "layers": [{"weight": 1, "bias": 1}, {"weight": 1, "bias": -1e20}, {"weight": 1}],
}
RESIDUE = {"input": 0.1, "target": 1, "activation": "identity", "layers": [{"weight": 3, "bias": -0.3}, {"weight": 1}]}


@pytest.mark.parametrize(
    ("spec", "got", "ok", "in_float64"),
    [
        (LOST, "w3=1", True, 0),
        (LOST, "w3=0", False, 0),
        (LOST, "L=1", True, 0),
        (LOST, "h2=0", False, 0),
        (RESIDUE, "w2=0", True, pytest.approx(-1.11e-16, rel=1e-2)),
        (RESIDUE, "w2=-1.1e-16", False, pytest.approx(-1.11e-16, rel=1e-2)),
    ],
)
def test_what_float64_has_few_digits_of_is_compared_with_more(
    spec: dict[str, Any], got: str, ok: bool, in_float64: float
) -> None:
    """10²⁰ + 1 − 10²⁰ is 1, and 3·0.1 − 0.3 is 0."""
    found = gradcalc.check(gradcalc.load(spec), got=got)
    assert found.ok == ok and found.rows[0].in_float64 == {(): in_float64}
    assert not found.hypotheses and not found.fitting


def test_a_number_in_float64_is_compared_with_that_of_float64() -> None:
    assert gradcalc.check(gradcalc.load(LOST), got={"w3": np.float64(0)}).ok


def test_numbers_in_float32_may_be_off_by_what_float32_is() -> None:
    """1.0000001 is 1.00000012 in float32: 2(y − t) is 2.38e-7 there, where 2.0e-7 is right."""
    network = gradcalc.load({"input": 1, "target": 1, "weights": [1.0000001], "activation": "identity"})
    computed = 2 * (np.float32(1.0000001) - np.float32(1))
    assert gradcalc.check(network, got={"w1": computed}).ok
    assert gradcalc.check(network, got={"w1": str(computed.item())}).ok
    assert not gradcalc.check(network, got={"w1": "2.384e-7"}).ok
    assert not gradcalc.check(network, got={"w1": 2 * computed}).ok


def test_numbers_outside_the_range_of_float64_are_compared() -> None:
    spec = {"input": 1e200, "target": 1, "weights": [1e200, 1], "activation": "identity"}
    check = gradcalc.check(gradcalc.load(spec), got="L=1e800 w2=3e400 y=1.0e400 w1=1e400")
    assert check.wrong == ("w2", "w1")
    assert gradcalc.check(gradcalc.load("residual"), got="w1=1e-400").wrong == ("w1",)


def test_without_a_target_only_the_forward_pass_can_be_compared() -> None:
    network = gradcalc.load({"input": 0.5, "weights": [0.2], "activation": "tanh"})
    assert gradcalc.check(network, got={"y": 0.0997}).ok
    with pytest.raises(UsageError, match="without a target"):
        gradcalc.check(network, got={"w1": 0.1})
    with pytest.raises(UsageError, match="without a target"):
        gradcalc.check(network, got={"w1": "x*y"})


def test_a_backward_pass_of_ones_own_is_checked() -> None:
    """Mazur's network by hand: called with parameters, inputs and targets."""

    def backward(w: Mapping[str, Any], x: Mapping[str, Any], t: Mapping[str, Any]) -> dict[str, Any]:
        def sigmoid(z: Any) -> Any:
            return 1 / (1 + np.exp(-z))

        given = np.array([x["i1"], x["i2"]])
        h = sigmoid(w["w1"] @ given + w["b1"])
        o = sigmoid(w["w2"] @ h + w["b2"])
        delta_o = (o - t["o"]) * o * (1 - o)
        delta_h = w["w2"].T @ delta_o * h * (1 - h)
        loss = float(np.sum((o - t["o"]) ** 2) / 2)
        return {"w1": np.outer(delta_h, given), "w2": np.outer(delta_o, h), "delta_o": delta_o, "L": loss}

    check = gradcalc.check(gradcalc.load("mazur"), got=backward)
    assert check.ok
    assert max(row.relative_error for row in check.rows) < 1e-14


@pytest.mark.parametrize("digits", [3, 4, 6, 17])
@pytest.mark.parametrize("spec", ["residual", "mazur", "rnn", "deep", "circuit"])
def test_no_right_value_is_called_wrong(spec: str, digits: int) -> None:
    at = point(gradcalc.load(spec))
    network = at.graph.network
    names = [one.name for one in network.parameters]
    names += [prefix + layer.name for prefix in ("", "z_", "delta_", "dL/d") for layer in network.layers]

    def rounded(value: object) -> object:
        return [rounded(part) for part in value] if isinstance(value, list) else f"{value:.{digits}g}"

    from gradcalc.analysis.given_values import GivenValue, quantity_named

    got = {}
    for name in names:
        quantity, of, _ = quantity_named(network, name)
        got[name] = rounded(ours(GivenValue(name, quantity, of, None, 0.0, 0.0), at))
    assert gradcalc.check(network, got=got).ok


def test_require_and_got_are_two_questions() -> None:
    with pytest.raises(UsageError, match="ask one at a time"):
        gradcalc.check(gradcalc.load("residual"), got={"L": 1}, require="loss < 1")  # type: ignore[call-overload]
