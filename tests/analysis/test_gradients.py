"""Gradients alone, as arrays: those of `compute`, whatever the width and the range."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import gradcalc
from gradcalc.analysis.point import in_float64
from gradcalc.errors import UsageError
from gradcalc.network.graph import graph
from tests.reference.judging import tame
from tests.strategies import specs

WIDTH = 40


def dense(depth: int, scale: float, activation: str = "tanh", skips: bool = False) -> Any:
    """A net of WIDTH² weights a layer; entries of many sizes, none 0."""
    draw = np.random.default_rng(depth)
    layers = [{"weight": draw.normal(scale=scale, size=(WIDTH, WIDTH)).tolist()} for _ in range(depth)]
    data = {"input": draw.normal(size=WIDTH).tolist(), "target": [2.0] * WIDTH}
    return {**data, "activation": activation, "layers": layers, **({"skips": "all"} if skips else {})}


def same(one: Any, other: Any) -> bool:
    """Equal to the last few bits, entry by entry, beyond the range of doubles, too."""
    ours, theirs = np.asarray(one, dtype=object).ravel(), np.asarray(other, dtype=object).ravel()
    return len(ours) == len(theirs) and all(
        abs(a - b) <= abs(b) * type(b)(1e-12) for a, b in zip(ours, theirs, strict=True)
    )


@given(spec=specs())
def test_are_those_of_compute(spec: dict[str, Any]) -> None:
    network = gradcalc.load(spec)
    if not graph(network).ends() or not tame(spec):
        return
    expected = gradcalc.compute(network, top=0).gradients
    found = gradcalc.gradients(network)
    assert list(found) == [parameter.name for parameter in network.parameters]
    assert all(found[parameter.name].shape == parameter.shape for parameter in network.parameters)
    assert all(same(found[name], expected[name]) for name in found)
    alone = in_float64(graph(network))
    if alone is not None:  # sums in another order: what cancels in them is of the size of a tame network's numbers
        assert all(np.allclose(alone[name], found[name], rtol=1e-9, atol=1e-12) for name in alone)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "gelu", "softmax", "layer_norm"])
def test_a_wide_network_stays_in_float64(activation: str) -> None:
    network = gradcalc.load(dense(14, 0.2, activation))
    assert in_float64(graph(network)) is not None
    expected = gradcalc.compute(network, top=0).gradients
    assert all(same(array, expected[name]) for name, array in gradcalc.gradients(network).items())


def test_a_number_shared_by_a_wide_network_has_an_array_too() -> None:
    spec = dense(14, 0.2)
    spec["layers"][0]["bias"] = spec["layers"][2]["bias"] = "shift"
    network = gradcalc.load({**spec, "parameters": {"shift": 0.1}, "skips": [{"from": "h1", "to": "y", "weight": 0.5}]})
    expected, found = gradcalc.compute(network, top=0).gradients, gradcalc.gradients(network)
    for name in ("shift", "w_h1_y"):
        assert isinstance(found[name], np.ndarray) and found[name].shape == () and same(found[name], expected[name])


def test_beyond_doubles_they_are_decimals() -> None:
    network = gradcalc.load(dense(14, 1e-30))
    assert in_float64(graph(network)) is None
    expected, found = gradcalc.compute(network, top=0).gradients, gradcalc.gradients(network)
    assert found["w1"].dtype == object and all(entry.adjusted() < -350 for entry in found["w1"].ravel())
    assert all(same(array, expected[name]) for name, array in found.items())


@pytest.mark.parametrize("lost", [0, 1, 7])
def test_one_lost_entry_is_noticed(lost: int) -> None:
    """Rows of one layer are so small that the adjoints behind them are lost, and nothing else is."""
    spec = dense(14, 0.2)
    for row in (spec["layers"][7]["weight"], spec["layers"][8]["weight"]):
        for entries in row:
            entries[lost] = 1e-200
    network = gradcalc.load(spec)
    assert in_float64(graph(network)) is None
    expected = gradcalc.compute(network, top=0).gradients
    assert all(same(array, expected[name]) for name, array in gradcalc.gradients(network).items())


def test_without_a_target_there_are_none() -> None:
    with pytest.raises(UsageError, match="without a target"):
        gradcalc.gradients(gradcalc.load({"input": 1, "weights": [2]}))


def test_a_mapping_of_arrays_that_pickles() -> None:
    found = gradcalc.gradients(gradcalc.load("residual"))
    assert len(found) == 4 and list(found) == ["w1", "w2", "w3", "w_r"]
    assert repr(found).startswith("Gradients({'w1': array(")
    again = pickle.loads(pickle.dumps(found))
    assert list(again) == list(found) and all(again[name] == found[name] for name in found)
    with pytest.raises(ValueError, match="read-only"):
        found["w1"][...] = 1


TWO_LAYERS: dict[str, Any] = {
    "input": 1,
    "layers": [{"name": "h", "weight": [[1], [2]]}, {"name": "o", "weight": [[1, 2]]}],
}
UNITS: dict[str, Any] = {"input": 1, "target": [1, 2], "layers": [{"name": "o", "weight": [[1], [2]]}]}


@pytest.mark.parametrize(
    ("spec", "of", "formula"),
    [
        (TWO_LAYERS | {"target": 1, "loss": "mse"}, None, "(y - t)^2"),
        (UNITS | {"loss": "mse"}, None, "sum((y - t)^2)/2"),
        (UNITS | {"loss": "sse"}, None, "sum((y - t)^2)"),
        (UNITS | {"input": [[1], [2]], "target": [[1, 2]] * 2, "loss": "sse"}, None, "mean(sum((y - t)^2))"),
        (TWO_LAYERS | {"target": {"h": [1, 2], "o": 2}, "loss": "sse"}, None, "sum((y - t)^2)"),
        (TWO_LAYERS | {"target": {"h": [1, 2], "o": 2}, "loss": "mse"}, None, "sum((h - t)^2)/2 + (o - t)^2"),
        (TWO_LAYERS, "h", "sum(h)"),
        (TWO_LAYERS, "o", "o"),
    ],
)
def test_the_formula_of_the_loss(spec: dict[str, Any], of: str | None, formula: str) -> None:
    loss = gradcalc.compute(gradcalc.load(spec), of=of).loss
    assert loss is not None and loss.formula == formula and loss.name == ("output" if of else spec["loss"])
