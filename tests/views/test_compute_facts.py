"""The JSON of `compute` against the contract's example, key by key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from computations import PATHS, residual, residual_network, without_target
from contract import COMPUTE_RESIDUAL

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.analysis.results import Computation, NodeValues, Paths
from gradcalc.network.network import Input
from gradcalc.report.report import Style, format_module
from gradcalc.views.compute_page import report


def pairs(computation: Computation) -> object:
    """The printed document, mappings as pairs so that their order counts."""
    text = "".join(format_module("json").render(report(computation), Style()))
    return json.loads(text, object_pairs_hook=list)


def test_the_residual_net_prints_the_contracts_example() -> None:
    assert pairs(residual()) == json.loads(COMPUTE_RESIDUAL, object_pairs_hook=list)


def test_without_a_target_everything_about_the_loss_is_null() -> None:
    facts = report(without_target()).facts
    assert [facts[key] for key in ("loss", "backward", "gradients", "log10", "paths")] == [None] * 5
    assert facts["target"] == {}
    assert facts["forward"]["y"]["output"] == 0.5259292349264251


def test_a_search_that_was_not_exhaustive_says_so() -> None:
    paths = {"w1": Paths(2**54, PATHS["w1"].top, exact=False)}
    assert report(residual(paths=paths)).facts["paths"]["w1"] | {"top": []} == {
        "count": 2**54,
        "top": [],
        "exact": False,
    }


def test_a_use_of_a_tied_parameter_is_told_apart() -> None:
    path = PATHS["w3"].top[0]._replace(at="s1")
    facts = report(residual(paths={"w3": Paths(2, (path,))})).facts
    assert facts["paths"]["w3"]["top"][0]["at"] == "s1"


def test_a_kink_is_marked() -> None:
    forward = {"h1": NodeValues(0.0, "relu", 0.0, 0.0, ["activation"])}
    assert report(residual(forward=forward)).facts["forward"]["h1"]["kink"] is True


def test_a_batch_prints_examples_by_units() -> None:
    network = residual_network(inputs=(Input("x", 1, [[0.5], [1.5]]),), batch=True, examples=2)
    assert report(residual(network=network)).facts["input"] == {"x": [[0.5], [1.5]]}


def test_several_units_print_as_a_list() -> None:
    network = residual_network(inputs=(Input("x", 2, [[0.5, 1.5]]),))
    assert report(residual(network=network)).facts["input"] == {"x": [0.5, 1.5]}


@pytest.mark.parametrize(
    ("given", "activation", "derivative"),
    [
        ([0.5], "softmax", 0),
        ([0.5, 1], {"name": "maxout", "pieces": 2}, [[0, 1]]),
        ([3, 3], "softmax", [[0.25, -0.25], [-0.25, 0.25]]),
    ],
)
def test_a_jacobian_is_a_number_where_there_is_one_of_each(given: Any, activation: Any, derivative: Any) -> None:
    layers = [{"weight": [[float(i == j) for j in range(len(given))] for i in range(len(given))]}]
    network, _ = language.load({"input": given, "layers": layers, "activation": activation})
    assert compute(network).forward["y"].derivative == derivative


def test_frozen_parameters_are_listed_by_name() -> None:
    network = residual_network()
    first, *rest = network.parameters
    network = network._replace(parameters=(first._replace(frozen=True), *rest))
    assert report(residual(network=network)).facts["frozen"] == ["w1"]


def test_a_parameter_of_one_entry_is_a_number_as_its_gradient_is() -> None:
    layers = [{"weight": [[0.5]], "bias": [0.1]}, {"weight": [1, 2]}]
    network, _ = language.load({"input": 1, "target": [1, 2], "layers": layers})
    facts = report(compute(network)).facts
    assert facts["parameters"] == {"w1": 0.5, "b1": 0.1, "w2": [[1.0], [2.0]]}
    assert [type(facts["gradients"][name]) for name in ("w1", "b1", "w2")] == [float, float, list]
