"""A node in place of the loss: its gradients are the sums of its paths, whatever the network has for a loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.errors import UsageError
from gradcalc.network.network import numbers

WIDE = {
    "input": [0.5, -1.0, 0.3],
    "target": [1, 0],
    "seed": 3,
    "activation": "tanh",
    "layers": [
        {"weight": {"init": "normal", "std": 0.2}, "width": 150, "repeat": 2},
        {"weight": {"init": "normal", "std": 0.2}, "width": 2},
    ],
}
BATCH = {
    "input": [[0.5, 1], [-1, 2], [0, 0.3]],
    "layers": [
        {"weight": [[0.1, 0.2], [0.3, -0.4]], "name": "a"},
        {"weight": [[0.5, -0.6]], "bias": 0.1, "activation": "softplus"},
    ],
    "skips": [{"from": "x", "to": "y", "weight": [[1, 2]]}],
}


@pytest.mark.parametrize(
    ("spec", "node"),
    [
        ("residual", "h1"),
        ("residual", "y"),
        ("mazur", "h"),
        ("rnn", "y2"),
        ("circuit", "q"),
        (BATCH, "a"),
        (BATCH, "y"),
    ],
)
def test_gradients_of_a_node_are_the_sums_of_its_paths(spec: Any, node: str) -> None:
    network = gradcalc.load(spec)
    found = gradcalc.compute(network, of=node)
    assert found.gradients is not None and found.loss is not None
    summed = gradcalc.paths(network, of=node, top=0).sums
    for name, value in found.gradients.items():
        assert numbers(value) == pytest.approx(numbers(summed[name].value), rel=1e-13)
    assert found.loss.value == pytest.approx(sum(numbers(found.forward[node].output)), rel=1e-14)


def test_gradients_of_a_node_by_differences() -> None:
    """The network is wide enough for arrays."""
    network = gradcalc.load(WIDE)
    gradients = gradcalc.compute(network, of="h2", top=0).gradients
    assert gradients is not None

    def total(w: float) -> float:
        changed = gradcalc.load(WIDE, settings=(f"w1[3,1]={w}",))
        return float(np.sum(gradcalc.compute(changed, of="h2", top=0).forward["h2"].output))

    step, at = 1e-5, float(np.asarray(network.parameters[0].value)[3, 1])
    difference = (total(at + step) - total(at - step)) / (2 * step)
    assert gradients["w1"][3][1] == pytest.approx(difference, rel=1e-6)
    assert not np.any(gradients["w3"])


def test_no_target_is_needed() -> None:
    network = gradcalc.load({"input": 0.5, "weights": [0.2, 0.1]})
    found = gradcalc.compute(network, of="h1")
    assert found.gradients is not None and found.loss is not None
    derivative = found.forward["h1"].derivative
    assert found.gradients == {"w1": pytest.approx(derivative * 0.5), "w2": 0}
    assert (found.loss.name, found.loss.formula) == ("output", "h1")


def test_a_derivation_of_a_node() -> None:
    explained = gradcalc.explain(gradcalc.load("residual"), wrt=["w1"], of="h2")
    assert explained.derivations["w1"].value == pytest.approx(0.0031150537129093587)
    precise = gradcalc.explain(gradcalc.load("residual"), wrt=["w1"], dps=40).derivations["w1"].value
    assert str(precise).startswith("-0.00302123812105281616913317")


@pytest.mark.parametrize(
    ("node", "message"), [("h3", "names are x, h1, h2, y"), ("w1", "no node"), ("h1[0]", "--of h1$")]
)
def test_what_is_no_node(node: str, message: str) -> None:
    network = gradcalc.load("residual")
    for ask in (gradcalc.compute, gradcalc.explain):
        with pytest.raises(UsageError, match=message):
            ask(network, of=node)


def test_of_many_names_a_dozen_are_listed() -> None:
    network = gradcalc.load({"input": 1, "weights": [1] * 12})
    with pytest.raises(UsageError, match=r"names are x, h1, .*, h11, …$"):
        gradcalc.compute(network, of="nothing")


def test_paths_of_a_unit_of_an_example_without_target() -> None:
    network = gradcalc.load(BATCH)
    one, both = (gradcalc.paths(network, of=of, top=0).sums["w1"] for of in ("a[0]", "a"))
    assert (one.count, both.count) == (2, 4)
    assert numbers(one.value)[2:] == [0, 0]
    assert numbers(one.value)[:2] == pytest.approx(numbers(both.value)[:2])
