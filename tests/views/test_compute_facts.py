"""The JSON of `compute` against the contract's example, key by key."""

from __future__ import annotations

import json

from computations import PATHS, residual, residual_network, without_target

from gradcalc import spec
from gradcalc.formats import load
from gradcalc.network import Input
from gradcalc.questions.compute import compute
from gradcalc.report import Style
from gradcalc.results import Computation, NodeValues, Paths
from gradcalc.views.compute import report

EXAMPLE = """{
  "gradcalc": "0.1.0",
  "command": "compute",
  "name": "residual",
  "activation": "sigmoid",
  "loss": {"name": "mse", "value": 0.22474309029744466, "formula": "(y - t)^2"},
  "input": {"x": 0.5},
  "target": {"y": 1},
  "forward": {
    "x":  {"output": 0.5},
    "h1": {"activation": "sigmoid", "preactivation": 0.1, "output": 0.52497918747894, "slope": 0.24937604019289197},
    "h2": {"activation": "sigmoid", "preactivation": 0.052497918747894, "output": 0.5131214662275662,
           "slope": 0.24982782712403884},
    "y":  {"activation": "sigmoid", "preactivation": 0.10381006537065063, "output": 0.5259292349264251,
           "slope": 0.24932767477613027}
  },
  "backward": {
    "y":  {"output": -0.9481415301471499, "preactivation": -0.2363979230702711},
    "h2": {"output": -0.023639792307027112, "preactivation": -0.005905877945728152},
    "h1": {"output": -0.024230380101599926, "preactivation": -0.006042476242105633},
    "x":  {"output": -0.0012084952484211267}
  },
  "parameters": {"w1": 0.2, "w2": 0.1, "w3": 0.1, "w_r": 0.1},
  "frozen": [],
  "gradients": {"w1": -0.0030212381210528165, "w2": -0.003100463005298157, "w3": -0.1213008488989689,
                "w_r": -0.12410398957513989},
  "log10": {"w1": -2.5198150414461814, "w2": -2.5085734462846884, "w3": -0.9161361598024473,
            "w_r": -0.9062142569974966},
  "paths": {
    "w1": {"count": 2, "shown": [
      {"nodes": ["h1", "y"], "through": ["w_r"], "length": 1, "contribution": -0.002947598898254406,
       "share": 0.9756261440350323},
      {"nodes": ["h1", "h2", "y"], "through": ["w2", "w3"], "length": 2, "contribution": -7.363922279841091e-05,
       "share": 0.02437385596496767}]},
    "w2": {"count": 1, "shown": [
      {"nodes": ["h2", "y"], "through": ["w3"], "length": 1, "contribution": -0.003100463005298157, "share": 1.0}]},
    "w3": {"count": 1, "shown": [
      {"nodes": ["y"], "through": [], "length": 0, "contribution": -0.1213008488989689, "share": 1.0}]},
    "w_r": {"count": 1, "shown": [
      {"nodes": ["y"], "through": [], "length": 0, "contribution": -0.12410398957513989, "share": 1.0}]}
  }
}"""


def pairs(computation: Computation) -> object:
    """The printed document, mappings as pairs so that their order counts."""
    text = "".join(load("json")(report(computation), Style()))
    return json.loads(text, object_pairs_hook=list)


def test_the_residual_net_prints_the_contracts_example() -> None:
    assert pairs(residual()) == json.loads(EXAMPLE, object_pairs_hook=list)


def test_without_a_target_everything_about_the_loss_is_null() -> None:
    facts = report(without_target()).facts
    assert [facts[key] for key in ("loss", "backward", "gradients", "log10", "paths")] == [None] * 5
    assert facts["target"] == {}
    assert facts["forward"]["y"]["output"] == 0.5259292349264251


def test_a_search_that_was_not_exhaustive_says_so() -> None:
    paths = {"w1": Paths(2**54, PATHS["w1"].shown, exact=False)}
    assert report(residual(paths=paths)).facts["paths"]["w1"] | {"shown": []} == {
        "count": 2**54,
        "shown": [],
        "exact": False,
    }


def test_a_use_of_a_tied_parameter_is_told_apart() -> None:
    path = PATHS["w3"].shown[0]._replace(at="s1")
    facts = report(residual(paths={"w3": Paths(2, (path,))})).facts
    assert facts["paths"]["w3"]["shown"][0]["at"] == "s1"


def test_a_kink_is_marked() -> None:
    forward = {"h1": NodeValues(0.0, "relu", 0.0, 0.0, kink=True)}
    assert report(residual(forward=forward)).facts["forward"]["h1"]["kink"] is True


def test_a_batch_prints_examples_by_units() -> None:
    network = residual_network(inputs=(Input("x", 1, [[0.5], [1.5]]),), batch=True, examples=2)
    assert report(residual(network=network)).facts["input"] == {"x": [[0.5], [1.5]]}


def test_several_units_print_as_a_list() -> None:
    network = residual_network(inputs=(Input("x", 2, [[0.5, 1.5]]),))
    assert report(residual(network=network)).facts["input"] == {"x": [0.5, 1.5]}


def test_frozen_parameters_are_listed_by_name() -> None:
    network = residual_network()
    first, *rest = network.parameters
    network = network._replace(parameters=(first._replace(frozen=True), *rest))
    assert report(residual(network=network)).facts["frozen"] == ["w1"]


def test_a_parameter_of_one_entry_is_a_number_as_its_gradient_is() -> None:
    layers = [{"weight": [[0.5]], "bias": [0.1]}, {"weight": [1, 2]}]
    network, _ = spec.load({"input": 1, "target": [1, 2], "layers": layers})
    facts = report(compute(network)).facts
    assert facts["parameters"] == {"w1": 0.5, "b1": 0.1, "w2": [[1.0], [2.0]]}
    assert [type(facts["gradients"][name]) for name in ("w1", "b1", "w2")] == [float, float, list]
