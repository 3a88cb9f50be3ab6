"""The Python API: arguments of a wrong kind are one error, one name is one name, results pickle and copy."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcalc

RESIDUAL = gradcalc.load("residual")
SPEC: dict[str, Any] = {"input": 0.5, "target": 1, "weights": [0.2, 0.1]}


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: gradcalc.compute("residual"), "network takes what gradcalc.load returns, not 'residual'"),
        (lambda: gradcalc.compute({"input": 0.5}), "network takes what gradcalc.load returns, not {'input': 0.5}"),
        (lambda: gradcalc.gradients(None), "network takes what gradcalc.load returns, not None"),
        (lambda: gradcalc.paths([RESIDUAL]), "network takes what gradcalc.load returns, not [Network("),
        (lambda: gradcalc.compare([RESIDUAL, RESIDUAL]), "network takes what gradcalc.load returns, not [Network("),
        (lambda: gradcalc.compare(), "network takes what gradcalc.load returns"),
        (lambda: gradcalc.compute(RESIDUAL, wrt=1), "wrt takes a text or several, not 1"),
        (lambda: gradcalc.compute(RESIDUAL, wrt=False), "wrt takes a text or several, not False"),
        (lambda: gradcalc.compute(RESIDUAL, wrt=["w1", 2]), "wrt takes a text or several, not ['w1', 2]"),
        (lambda: gradcalc.explain(RESIDUAL, wrt=b"w1"), "wrt takes a text or several, not b'w1'"),
        (lambda: gradcalc.paths(RESIDUAL, through=1), "through takes a text or several, not 1"),
        (lambda: gradcalc.paths(RESIDUAL, avoid=[None]), "avoid takes a text or several, not [None]"),
        (lambda: gradcalc.paths(RESIDUAL, of=["h1"]), "of takes a name, not ['h1']"),
        (lambda: gradcalc.paths(RESIDUAL, unit="length"), "lengths are measured in layers or in blocks"),
        (lambda: gradcalc.compute(RESIDUAL, top=-1), "top takes a whole number from 0 on, not -1"),
        (lambda: gradcalc.compute(RESIDUAL, top=2.5), "top takes a whole number from 0 on, not 2.5"),
        (lambda: gradcalc.compute(RESIDUAL, top=True), "top takes a whole number from 0 on, not True"),
        (lambda: gradcalc.explain(RESIDUAL, top=None), "top takes a whole number from 0 on, not None"),
        (lambda: gradcalc.explain(RESIDUAL, decimals=-1), "decimals takes a whole number from 0 to 1,000, not -1"),
        (
            lambda: gradcalc.explain(RESIDUAL, decimals=10**20),
            "decimals takes a whole number from 0 to 1,000, not 1000",
        ),
        (lambda: gradcalc.train(RESIDUAL, lr=b"1"), "lr takes a number, not b'1'"),
        (lambda: gradcalc.train(RESIDUAL, momentum=10**400), "momentum takes a number, not 1000"),
        (lambda: gradcalc.precision(RESIDUAL, loss_scale=10**400), "loss_scale takes a number, not 1000"),
        (lambda: gradcalc.train(RESIDUAL, steps=2.5), "steps takes a whole number from 0 on, not 2.5"),
        (lambda: gradcalc.train(RESIDUAL, optimizer=1), "optimizer takes a name, not 1"),
        (lambda: gradcalc.train(RESIDUAL, until=1), "until takes a text or several, not 1"),
        (lambda: gradcalc.check(RESIDUAL, require=1), "require takes a text or several, not 1"),
        (lambda: gradcalc.check("residual"), "network takes what gradcalc.load returns, not 'residual'"),
        (lambda: gradcalc.diagnose(5), "spec takes a file's path, the name of a built-in example or a mapping of keys"),
        (lambda: gradcalc.diagnose("plain", tries=0, layers=3), "diagnose has no argument layers"),
        (lambda: gradcalc.explain(RESIDUAL, symbolic="yes"), "symbolic takes True or False, not 'yes'"),
        (lambda: gradcalc.compute(RESIDUAL, dps=0), "dps takes a whole number from 1 on, not 0"),
        (lambda: gradcalc.compute(RESIDUAL, dps="50"), "dps takes a whole number from 1 on, not '50'"),
        (lambda: gradcalc.sweep(RESIDUAL, {"w1": [1]}), "spec takes a file's path, the name of a built-in example"),
        (lambda: gradcalc.sweep("residual", "w1"), "vary takes a mapping of one key or two to lists of values, not '"),
        (lambda: gradcalc.sweep("residual", {"w1": 1}), "vary takes a mapping of one key or two to lists of values"),
        (lambda: gradcalc.sweep("residual", {"w1": []}), "w1: there are no values"),
        (lambda: gradcalc.sweep("residual", {}), "a sweep varies one key or two"),
        (lambda: gradcalc.sweep("residual", {1: [2]}), "no such key"),
        (lambda: gradcalc.sweep("residual", {"w1": [1]}, jobs="2"), "jobs takes a whole number from -1 on, not '2'"),
        (lambda: gradcalc.sweep("residual", {"w1": [1]}, show=1), "show takes a text or several, not 1"),
        (
            lambda: gradcalc.load(5),
            "spec takes a file's path, the name of a built-in example or a mapping of keys, not 5",
        ),
        (lambda: gradcalc.load(b"residual"), "spec takes a file's path"),
        (lambda: gradcalc.load("residual", settings=[3]), "settings takes a text or several, not [3]"),
        (lambda: gradcalc.load("residual", no_skips="no"), "no_skips takes True or False, not 'no'"),
        (lambda: gradcalc.load("residual", loss=1), "loss needs the name of a loss or a mapping, not the number 1"),
    ],
)
def test_an_argument_of_a_wrong_kind_is_one_error_that_says_what_was_expected(
    ask: Callable[[], object], message: str
) -> None:
    with pytest.raises(gradcalc.GradcalcError) as caught:
        ask()
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_a_text_is_one_name() -> None:
    assert list(gradcalc.compute(RESIDUAL, wrt="w1").gradients) == ["w1"]
    assert list(gradcalc.explain(RESIDUAL, wrt="w_r").derivations) == ["w_r"]
    assert list(gradcalc.compare(RESIDUAL, RESIDUAL, wrt="w1").ratios) == ["w1"]
    assert gradcalc.paths(RESIDUAL, wrt="w1", avoid="h2", through="w_r").sums["w1"].count == 1
    assert [column.name for column in gradcalc.sweep("residual", {"w1": [1]}, show="w2").columns] == ["gradient:w2"]
    assert gradcalc.load("residual", settings="w1=3") == gradcalc.load("residual", settings=("w1=3",))


def test_values_may_be_given_as_data_or_as_on_the_command_line() -> None:
    given = gradcalc.load("residual", input=0.25, loss={"name": "huber", "delta": 0.5}, settings="w1=3")
    assert given == gradcalc.load("residual", input="0.25", loss="{name: huber, delta: 0.5}", settings="w1=3")
    assert gradcalc.load(SPEC, weights=np.array([3.0, 4.0])).parameters[1].value == 4.0
    listed, read = (gradcalc.sweep("residual", {"w1": values}) for values in ([0.1, 0.2, 0.3], "0.1..0.3:0.1"))
    assert list(listed.rows) == list(read.rows)
    assert gradcalc.compute(RESIDUAL, top=np.int64(1)).paths["w1"].count == 2


NETWORKS: dict[str, Any] = {
    "residual": RESIDUAL,
    "mazur": gradcalc.load("mazur"),
    "rnn": gradcalc.load("rnn"),
    "options": gradcalc.load(
        SPEC | {"activation": {"name": "leaky_relu", "alpha": "1/3"}, "loss": {"name": "huber", "delta": 2, "scale": 3}}
    ),
    "prelu": gradcalc.load(SPEC | {"activation": {"name": "prelu", "alpha": 0.125}}),
    "formulas": gradcalc.load(SPEC | {"activation": {"formula": "x^3"}, "loss": {"formula": "abs(y - t)^3"}}),
    "joined": gradcalc.load(
        {"input": [0.5, 2], "target": 1, "layers": [{"weight": [[1, 2]]}, {"from": ["h1", "h1"], "join": "max"}]}
    ),
    "forward": gradcalc.load({"input": 0.5, "weights": [0.2]}),
    "deep": gradcalc.load("deep", settings="layers[0].repeat=2000"),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("copied", [lambda given: pickle.loads(pickle.dumps(given)), copy.deepcopy, copy.copy])
def test_networks_pickle_and_copy(name: str, copied: Callable[[Any], Any]) -> None:
    network = NETWORKS[name]
    again = copied(network)
    assert repr(again.parameters) == repr(network.parameters)
    assert [layer.activation.text for layer in again.layers] == [layer.activation.text for layer in network.layers]
    assert again.loss.text == network.loss.text
    found, expected = gradcalc.compute(again), gradcalc.compute(network)
    assert (found.gradients, found.forward) == (expected.gradients, expected.forward)


@pytest.mark.parametrize("copied", [lambda given: pickle.loads(pickle.dumps(given)), copy.deepcopy, copy.copy])
@pytest.mark.parametrize("name", ["residual", "mazur", "options", "joined"])
def test_results_pickle_and_copy(name: str, copied: Callable[[Any], Any]) -> None:
    network = NETWORKS[name]
    for options in ({}, {"dps": 30}, {"of": network.nodes[-2].name}):
        found = gradcalc.compute(network, **options)
        again = copied(found)
        assert again[1:7] == found[1:7]
        assert {name: paths.top for name, paths in again.paths.items()} == {
            name: paths.top for name, paths in found.paths.items()
        }
    sums = gradcalc.paths(network)
    assert copied(sums).sums == sums.sums
    derived = gradcalc.explain(network, symbolic=True)
    assert copied(derived).derivations == derived.derivations
    assert copied(derived).by_nodes() == derived.by_nodes()
    compared = gradcalc.compare(network, network, dps=20)
    assert copied(compared).ratios == compared.ratios
    assert [one.at.loss for one in copied(compared).networks] == [one.at.loss for one in compared.networks]


def test_a_sweep_pickles_with_its_rows() -> None:
    found = gradcalc.sweep("residual", {"w1": [0.1, 0.2]}, dps=30)
    again = pickle.loads(pickle.dumps(found))
    assert list(again.rows) == list(found.rows)
    assert again.axes == found.axes


def test_errors_pickle_with_their_problems() -> None:
    with pytest.raises(gradcalc.SpecError) as caught:
        gradcalc.load(SPEC, loss="msee")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.problems) == (str(caught.value), caught.value.problems)


@pytest.mark.parametrize("network", [RESIDUAL, NETWORKS["mazur"]])
def test_gradients_cannot_be_changed(network: Any) -> None:
    found = gradcalc.gradients(network)
    for given in (found, pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        with pytest.raises(ValueError, match="read-only"):
            given["w1"][...] = 5
        with pytest.raises(TypeError):
            given["w1"] = 5  # type: ignore[index]
    assert np.array_equal(copy.copy(found)["w1"], found["w1"])


def test_precision_answers_as_its_command_does() -> None:
    found = gradcalc.precision(gradcalc.load("resnet"), ("float16", "bfloat16"), loss_scale=8.0)
    window = found.formats["float16"].window
    assert list(found.formats) == ["float16", "bfloat16"] and window.low_by is not None and window.low_by.of == "h39"
    again = pickle.loads(pickle.dumps(found))
    assert again.formats == found.formats and again.quantities == found.quantities
    with pytest.raises(gradcalc.UsageError, match="loss_scale takes a number"):
        gradcalc.precision(gradcalc.load("resnet"), loss_scale="large")  # type: ignore[arg-type]


def test_a_diagnosis_answers_as_its_command_does() -> None:
    found = gradcalc.diagnose("plain", tries=12)
    assert (found.finding.label, found.finding.node) == ("vanished", "h1")
    assert found.remedies[0].command.startswith("gradcalc compare plain --set 'skips=")
    assert pickle.loads(pickle.dumps(found)).remedies == found.remedies
    with pytest.raises(gradcalc.UsageError, match="tries takes a whole number from 0 on"):
        gradcalc.diagnose("plain", tries=-1)
