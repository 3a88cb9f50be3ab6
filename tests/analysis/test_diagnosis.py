"""Diagnoses: planted faults are found first, healthy networks have none, costs add up, remedies are what their commands
give, and no network of the language makes it fail."""

from __future__ import annotations

import json
import shlex
from decimal import Decimal
from math import exp, log1p, log10, prod
from pathlib import Path
from typing import Any

import pytest
from faults import FAULTS, ONE, OUTPUT, TANH, TWO
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import chains, specs

import gradcalc
from gradcalc.__main__ import run
from gradcalc.analysis import skip_blocks
from gradcalc.analysis.comparison import Profile
from gradcalc.analysis.computation import compute
from gradcalc.analysis.diagnosis import Diagnosis, Rate, grows, rate
from gradcalc.analysis.point import point
from gradcalc.analysis.skip_blocks import gradients_with_skips, with_skips
from gradcalc.network.network import entries, norm
from gradcalc.parallel.spec_changes import UNUSUAL
from gradcalc.report.formats import table
from gradcalc.report.formats.json import render
from gradcalc.report.report import Style
from gradcalc.views.diagnose_page import report

LABELS = {
    "healthy", "vanished", "exploded", "inactive", "saturated", "cancelled", "zero by symmetry", "cut off",
    "lost in float16",
}  # fmt: skip


def shown(found: Diagnosis) -> str:
    return "".join(table.render(report(found), Style()))


@pytest.mark.parametrize("name", FAULTS)
def test_the_planted_fault_is_the_first_finding(name: str) -> None:
    spec, label, node = FAULTS[name]
    found = gradcalc.diagnose(spec, top=1, tries=4)
    assert (found.finding.label, found.finding.node) == (label, node)
    first = shown(found).split("\n\n")[1]
    assert node in first
    assert not any(one.is_unusual for one in found.remedies if one.kind == "loss scale")


@pytest.mark.parametrize("name", ["residual", "resnet", "mazur", "circuit", "rnn"])
def test_a_healthy_network_is_called_healthy(name: str) -> None:
    found = gradcalc.diagnose(name)
    assert found.healthy and (found.remedies, found.tried, found.passed) == ((), 0, 0)
    assert {layer.label for layer in found.layers} == {"healthy"}
    assert shown(found).split("\n\n")[1].startswith("Healthy: ")


@pytest.mark.parametrize(
    ("spec", "evidence"),
    [
        (TWO | {"layers": [TANH, {"weight": [[0, 0]]}]}, {"h1": "w2 is 0"}),
        (
            ONE | {"activation": "tanh", "weights": [0.8, -0.7, 0, 0.6]},
            {"h1": "δ of h2 is 0", "h2": "w3 is 0", "y": "its input h3 is 0"},
        ),
        (
            ONE | {"layers": [{"weight": [[-1], [1]], "activation": "relu"}, {"weight": [[0.7, 0]]}]},
            {"h1": "in each unit ∂L/∂h1 or σ′(z) is 0"},
        ),
        (ONE | {"weights": [0.8, 0.9], "frozen": ["w1"]}, {"h1": "w1 is frozen, so no step changes it"}),
        (
            ONE
            | {"input": {"a": 0.5, "b": 0.3}, "layers": [{"from": {"a": 0.8, "b": 0.9}}], "frozen": ["w1_a", "w1_b"]},
            {"y": "w1_a and w1_b are frozen, so no step changes them"},
        ),
    ],
)
def test_why_a_layer_is_cut_off(spec: Any, evidence: dict[str, str]) -> None:
    found = gradcalc.diagnose(spec, tries=0)
    assert {layer.node: layer.evidence for layer in found.layers if layer.label == "cut off"} == evidence


def test_a_solved_network_has_nothing_to_learn() -> None:
    found = gradcalc.diagnose({"input": 0.5, "target": 0.25, "activation": "identity", "weights": [0.5, 1.0]})
    assert found.healthy and found.costs is None
    assert [zero.reason for zero in found.zeros] == ["y equals its target"] * 2


def test_a_loss_that_cancels_the_derivative_is_no_saturation() -> None:
    assert gradcalc.diagnose(ONE | {"input": 10, "target": 0, "loss": "bce", "weights": [0.3, 20]}).healthy


def test_the_deep_network_without_its_skips() -> None:
    found = gradcalc.diagnose("deep", no_skips=True, tries=22, top=2)
    assert (found.finding.label, found.finding.node) == ("vanished", "h1")
    assert found.rate is not None and found.rate.log10 == pytest.approx(-0.91184436, abs=1e-7)
    assert not found.rate.departs
    assert found.costs is not None and found.costs.total == pytest.approx(-36.5402889, abs=1e-7)
    assert found.remedies[0].kind == "skip" and found.remedies[0].healthy == 40
    assert "|δ| falls by ÷ 8.2 per layer (geometric mean), 36 powers of ten from y to h1" in shown(found)


RANKED = ("plain", "too many sigmoids", "inactive layer", "weights of 0")


@pytest.mark.parametrize(
    "name", [*RANKED, *(pytest.param(n, marks=pytest.mark.slow) for n in FAULTS if n not in RANKED)]
)
def test_changes_are_in_the_order_of_the_rule_that_is_printed(name: str, tmp_path: Path) -> None:
    spec: Any = "plain"
    if name != "plain":
        spec = tmp_path / "net.json"
        spec.write_text(json.dumps(FAULTS[name][0]))
    found = gradcalc.diagnose(str(spec), top=12)
    told = [one for one in json_of(found)["remedies"] if found.finding.label != "lost in float16"]
    usual = [one for one in told if one["change"].partition(" (as")[0].split()[1] not in UNUSUAL]
    assert told[: len(usual)] == usual

    def rule(one: dict[str, Any]) -> tuple[int, bool, float]:
        before = found.loss.value
        return -one["healthy"], one["loss"] > before + abs(before), abs(one["log10_delta_ratio"])

    assert usual == sorted(usual, key=rule)
    assert all(one["healthy"] >= found.labels.get("healthy", 0) for one in told)


def json_of(found: Diagnosis) -> Any:
    return json.loads("".join(render(report(found), Style())))


def test_a_change_with_a_far_larger_loss_is_not_what_helps_most() -> None:
    first, *others = gradcalc.diagnose("plain").remedies
    assert first.change == "identity skip h1 → y (after the activation)" and first.loss < 0.01
    assert "over every layer (after the activation)" not in {one.change for one in others[:6]}


def test_labels_of_layers_and_states_of_units_are_told_apart() -> None:
    spec = TWO | {
        "layers": [
            {"weight": [[0.6, 0.4], [-0.5, -0.7], [-0.3, -0.8]], "bias": [0.1, -1, -1], "activation": "relu"},
            {"weight": [[0.7, 0.4, -0.3]], "activation": "identity"},
        ]
    }
    page = shown(gradcalc.diagnose(spec))
    assert "Healthy, though not every unit is active (h1: 2 of 3 units inactive for this input): " in page
    assert "healthy, in part inactive" in page


def test_every_gradient_has_a_place() -> None:
    for name in ("residual", "mazur", "rnn"):
        found = gradcalc.diagnose(name)
        told = {*(one.name for one in found.others), *(name for layer in found.layers for name in layer.parameters)}
        assert told == {parameter.name for parameter in found.network.parameters}


def test_factors_are_named_and_identities_are_no_weights() -> None:
    page = shown(gradcalc.diagnose("resnet"))
    assert "weights w40 and w41" in page and "h38, the input of w39" in page and "|∂L/∂y|, from the loss" in page
    assert "nearest to saturated is h39, with σ′(z) 1/378 of its largest value" in page


def test_the_derivatives_of_the_columns_multiply_to_what_they_cost() -> None:
    found = gradcalc.diagnose(TWO | {"layers": [TANH, TANH, OUTPUT]})
    assert found.costs is not None
    product = sum(log10(float(layer.factor)) for layer in found.layers[found.costs.of == "w2" :])
    assert product == pytest.approx(found.costs.derivative, abs=1e-12)


@pytest.mark.parametrize(("loss", "is_fused"), [("half_sse", False), ("bce", True)])
def test_each_factor_of_a_chain_is_a_cost(loss: str, is_fused: bool) -> None:
    """Of ∂L/∂w1 = (y − t)·y(1 − y)·w2·(1 − h²)·x; where the loss is one with σ, y(1 − y) is none of its factors."""
    layers = [{"weight": 0.8, "bias": -60, "activation": "softplus"}, {"weight": -1.7, "activation": "sigmoid"}]
    found = gradcalc.diagnose(ONE | {"loss": loss, "layers": layers}, tries=0)
    h = log1p(exp(0.8 * 0.5 - 60))
    y = 1 / (1 + exp(1.7 * h))
    derivatives = [1 / (1 + exp(60 - 0.8 * 0.5)), 1 if is_fused else y * (1 - y)]
    parts = {"loss": 1 - y, "derivative": prod(derivatives), "weight": 1.7, "paths": 1, "input": 0.5}
    assert found.costs is not None and found.costs.of == "w1"
    assert found.costs.parts == pytest.approx({name: log10(size) for name, size in parts.items()}, abs=1e-12)


def test_what_is_measured_is_what_compute_has() -> None:
    found, computed = gradcalc.diagnose("mazur"), gradcalc.compute(gradcalc.load("mazur"))
    assert computed.gradients is not None and computed.backward is not None
    for layer, weight in zip(found.layers, ("w1", "w2")):
        assert layer.gradient == norm(computed.gradients[weight])
        assert layer.delta == norm(computed.backward[layer.node].delta)
        assert layer.output == norm(computed.forward[layer.node].output)


def test_small_layers_that_layers_before_are_not_are_named() -> None:
    assert "at h37 and h39 a thousandth or less, but more in layers before" in shown(gradcalc.diagnose("resnet"))


def test_layers_are_measured_by_the_last_output_and_not_by_one_on_the_way_to_it() -> None:
    growing = {"input": 1, "activation": "identity", "layers": [{"weight": 100, "repeat": 7}], "loss": "mae"}
    found = gradcalc.diagnose(growing | {"target": {"y": 0, "h2": 0}})
    assert found.measure.output == "y" and found.finding.label == "exploded" and found.finding.node == "h1"
    branches = growing | {"layers": [{"weight": 1}, {"from": "h1", "weight": 2}, {"from": "h1", "weight": 3}]}
    assert gradcalc.diagnose(branches | {"target": {"h2": 0, "y": 0}, "loss": "mse"}).measure.output == "y"


def test_a_network_that_is_built_has_no_commands_and_so_no_remedies() -> None:
    found = gradcalc.diagnose(gradcalc.load("plain"))
    assert found.finding.label == "vanished" and not found.remedies
    with pytest.raises(gradcalc.UsageError, match="no_skips changes a spec"):
        gradcalc.diagnose(gradcalc.load("plain"), no_skips=True)
    with pytest.raises(gradcalc.UsageError, match="no argument depth"):
        gradcalc.diagnose("plain", depth=3)
    with pytest.raises(gradcalc.UsageError, match="without a target there is no backward pass"):
        gradcalc.diagnose({"input": 1, "weights": [1, 2]})


def test_decimal_digits() -> None:
    found = gradcalc.diagnose("plain", dps=40, top=1)
    assert found.arithmetic == "40 decimal digits"
    assert all(one.command.endswith("--dps 40") for one in found.remedies)


def given_by(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[Any, Any, Any]:
    """The gradient's norm and the loss that a command prints, and the ratio where it compares."""
    program, *arguments = shlex.split(command)
    assert program == "gradcalc" and run([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    if told["command"] == "compare":
        name = arguments[arguments.index("--wrt") + 1]
        return told["networks"][0]["norms"][name], told["networks"][0]["loss"]["value"], told["ratios"][name][1]
    (value,) = told["gradients"].values()
    return norm(value), told["loss"]["value"], None


QUICK = ("plain", "inactive layer", "no path")  # of the others most are tried with pytest.mark.slow


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in FAULTS if name not in QUICK)]
)
def test_the_printed_commands_give_the_printed_remedies(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if name in FAULTS:
        Path("net.json").write_text(json.dumps(FAULTS[name][0]))
    assert run(["diagnose", "plain" if name == "plain" else "net.json", "--json", "--top", "8"]) == 0
    remedies = json.loads(capsys.readouterr().out)["remedies"]
    found = gradcalc.diagnose("plain" if name == "plain" else "net.json", top=8)
    assert [one["command"] for one in remedies] == [one.command for one in found.remedies]
    for told, remedy in zip(remedies, found.remedies):
        if remedy.kind == "loss scale":
            assert run([*shlex.split(told["command"])[1:], "--json"]) == 0
            scales = json.loads(capsys.readouterr().out)["dtypes"]["float16"]["scales"]
            assert [one for one in scales if f" {one['scale']} " in f"{told['command']} " and one["lost"] == 0]
            continue
        size, loss, ratio = given_by(told["command"], capsys)
        assert size == pytest.approx(float(remedy.gradient), rel=1e-14)
        assert loss == pytest.approx(told["loss"], rel=1e-14)
        if ratio is not None:
            assert ratio == pytest.approx(told["gradient_ratio"], rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("options", [("deep", "--no-skips"), ("resnet", "--no-skips")])
def test_the_commands_of_deep_networks(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert run(["compute", *options, "--wrt", told["costs"]["of"], "--json"]) == 0
    (before,) = json.loads(capsys.readouterr().out)["gradients"].values()
    assert len(told["remedies"]) >= 10
    for one in told["remedies"]:
        size, loss, _ = given_by(one["command"], capsys)
        assert size / abs(before) == pytest.approx(one["gradient_ratio"], rel=1e-12)
        assert loss == pytest.approx(one["loss"], rel=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"no_skips": True}, {"activation": "softplus"}])
def test_many_skips_are_computed_at_once_with_the_same_answer(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = gradcalc.diagnose("deep", settings="depth=20", **options)
    monkeypatch.setattr("gradcalc.parallel.remedies.MANY_SKIPS", 10**9)
    one_by_one = gradcalc.diagnose("deep", settings="depth=20", **options)
    assert at_once.tried == one_by_one.tried
    assert at_once.remedies == one_by_one.remedies


CHAIN = ONE | {"activation": "tanh", "weights": [0.5, -0.8, 1.1, 0.7, 0.9]}


@pytest.mark.parametrize(("spec", "largest"), [(CHAIN, 2**22), (CHAIN, 1), ("wide", 2**22)])
def test_gradients_with_one_more_skip_each(spec: Any, largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All 20 at once, and 16 of them: the others are 0 then."""
    monkeypatch.setattr(skip_blocks, "LARGEST", largest)
    network = gradcalc.load(wide(4, 3, 2) if spec == "wide" else spec)
    first, layers = len(network.inputs), len(network.layers) - (spec == "wide")
    ends = [(one, other) for other in range(first + 1, first + layers) for one in range(first, other)]
    pairs = [(*end, late) for end in ends for late in (False, True)]
    names = ["w1", "h1", network.nodes[first + layers - 1].name]
    found = gradients_with_skips(network, pairs, names)
    assert found is not None and len(found) == len(pairs)
    for pair, sizes in zip(pairs, found):
        changed = compute(with_skips(network, [pair], 1.0), wrt=names)
        assert sizes == pytest.approx([(changed.log10 or {})[name] for name in names], abs=1e-12)


def test_skips_that_are_not_computed_at_once() -> None:
    logarithm = {"weight": 1, "activation": {"formula": "log(x)"}}
    outside = gradcalc.load({"input": -1, "target": 1, "layers": [logarithm, {"weight": 1}, {"weight": 1}]})
    assert gradients_with_skips(outside, [(1, 3, True)], ["w1"]) is None
    many = {"input": [[0.1] * 100] * 80, "loss": "output", "weights": [1, 1, 1]}
    assert gradients_with_skips(gradcalc.load(many), [(1, 2, True)], ["w1"]) is None
    lost = gradcalc.load(LINEAR | {"weights": [1e-200, 1e-200, 1e-200]})
    assert gradients_with_skips(lost, [(1, 2, True), (1, 3, True)], ["w1", "y"]) == [[], []]


def test_a_skip_enters_before_the_activation_or_after_it() -> None:
    plain = gradcalc.load(ONE | {"activation": "tanh", "weights": [0.5, -0.8]})
    for late, into in ((False, "preactivation"), (True, "output")):
        skip = {"from": "h1", "to": "y", "weight": 0.3, "into": into}
        written = gradcalc.load(ONE | {"activation": "tanh", "weights": [0.5, -0.8], "skips": [skip]})
        made = with_skips(plain, [(1, 2, late)], 0.3)
        assert compute(made).forward["y"].output == compute(written).forward["y"].output
        (edge,) = made.layers[1].into_output if late else made.layers[1].into_preactivation
        assert (edge.source, made.parameters[-1].kind) == (1, "skip") and not made.layers[0].skips


def places_of(entry: str, value: Any) -> set[tuple[int, ...]]:
    """The entries that w1, w1[0,*], w1[*,2] or w1[0,2] stands for."""
    index = entry.partition("[")[2].rstrip("]")
    wanted = index.split(",") if index else []
    return {
        place
        for place, _ in entries(value)
        if all(one in ("*", str(at)) for one, at in zip(wanted, place)) or not wanted
    }


def holds(found: Diagnosis) -> None:
    """What is true of every diagnosis."""
    gradients = gradcalc.compute(found.network, top=0).gradients or {}
    assert {layer.label for layer in found.layers} <= LABELS
    assert found.healthy == (found.finding.node is None)
    if found.costs is not None:
        assert sum(found.costs.parts.values()) == pytest.approx(found.costs.total, rel=1e-9, abs=1e-9)
    for parameter in found.network.parameters:
        value = gradients[parameter.name]
        zero = {place for place, entry in entries(value) if not entry}
        told = [one for one in found.zeros if one.entry.partition("[")[0] == parameter.name]
        assert zero == {place for one in told for place in places_of(one.entry, value)}
        assert all(one.reason for one in told)
    assert shown(found)


@given(st.one_of(specs(), chains(), specs(most_layers=7, most_units=5)))
@settings(max_examples=10)
def test_random_networks(spec: dict[str, Any]) -> None:
    try:
        found = gradcalc.diagnose(spec, top=2, tries=8)
    except (gradcalc.DomainError, gradcalc.LimitError):
        return
    holds(found)


@pytest.mark.slow
@given(st.one_of(specs(), chains(), specs(most_layers=7, most_units=5)))
@settings(max_examples=300)
def test_many_random_networks(spec: dict[str, Any]) -> None:
    test_random_networks.hypothesis.inner_test(spec)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [1e-200, 1e-3, 1e3, 1e200])
@pytest.mark.parametrize("activation", ["identity", "tanh", "softplus"])
def test_extended_range(size: float, activation: str) -> None:
    try:
        found = gradcalc.diagnose(ONE | {"activation": activation, "weights": [size] * 4 + [1.0]}, top=3, tries=6)
    except gradcalc.LimitError:  # tanh of 10^200 has a derivative of 10^(−10^200)
        assert (activation, size) == ("tanh", 1e200)
        return
    holds(found)


LINEAR: dict[str, Any] = {"input": 1, "loss": "output", "activation": "identity"}


@pytest.mark.parametrize(
    ("layers", "label", "node"),
    [
        ([{"weight": 0.1, "repeat": 3}], "saturated", "h2"),  # 3.7 of 6.7 powers of ten are by σ′(8.5)
        ([{"weight": 0.1, "repeat": 4}], "vanished", "h1"),  # 3.7 of 7.7
        ([{"weight": 10, "repeat": 3}], "saturated", "h2"),
    ],
)
def test_a_saturated_layer_is_first_that_makes_half_of_what_vanishes(layers: Any, label: str, node: str) -> None:
    saturated = {"weight": 1, "bias": 7.5, "activation": "sigmoid"}
    found = gradcalc.diagnose(LINEAR | {"layers": [{"weight": 1}, saturated, *layers]}, tries=0)
    assert (found.finding.label, found.finding.node) == (label, node)
    assert found.layers[1].label == "saturated" and found.finding.subject is not None
    assert (
        found.finding.subject.name == f"w{node[1]}"
        and found.finding.evidence == found.layers[int(node[1]) - 1].evidence
    )


@pytest.mark.parametrize(
    ("weights", "label", "node"),
    [
        ([1, 1e-2, 1e-2, 1e-2, 1], "vanished", "h1"),
        ([1, 1e2, 1e-3, 1e-2, 1], "vanished", "h2"),
        ([1, 1e2, 1e2, 1e2, 1], "exploded", "h1"),
        ([1, 1e-2, 1e3, 1e2, 1], "exploded", "h2"),
    ],
)
def test_of_layers_with_one_label_the_farthest_is_first(weights: list[float], label: str, node: str) -> None:
    found = gradcalc.diagnose(LINEAR | {"weights": weights}, tries=0)
    assert (found.finding.label, found.finding.node) == (label, node)
    places = {layer.node: number for number, layer in enumerate(found.layers)}
    expected = log10(prod(weights[places[node] + 1 :]))
    assert found.start == 0 and found.reach == pytest.approx(expected) == found.layers[places[node]].log10["delta"]


def test_of_a_healthy_network_the_smallest_gradient_is_taken_apart() -> None:
    """∂L/∂w is 1.5, 6 and 1."""
    found = gradcalc.diagnose(LINEAR | {"weights": [2, 0.5, 3]}, tries=0)
    assert found.costs is not None and (found.costs.of, found.costs.total) == ("w3", 0)
    assert (found.reach, found.has_norms, found.labels) == (None, False, {"healthy": 3})
    found = gradcalc.diagnose(LINEAR | {"input": 0, "layers": [{"weight": 2, "bias": 3}, {"weight": 0.5}]}, tries=0)
    assert found.finding.node == "h1" and found.costs is not None  # ∂L/∂w1 is 0
    assert (found.costs.of, found.costs.total) == ("w2", pytest.approx(log10(3)))


def test_what_a_derivative_makes_of_the_adjoints() -> None:
    layers = [{"weight": [[1, 0], [0, 1]], "activation": "square"}, {"weight": [[1, 3]], "bias": -12}]
    spec: dict[str, Any] = {
        "input": [1, 2],
        "target": 0,
        "loss": "half_sse",
        "activation": "identity",
        "layers": layers,
    }
    first, last = gradcalc.diagnose(spec, tries=0).layers  # z = (1, 2), y = 1
    assert first.factor == pytest.approx((2**2 + 12**2) ** 0.5 / 10**0.5) and last.factor == 1
    assert (first.parameters, last.parameters) == (("w1",), ("w2",))
    solved = gradcalc.diagnose(spec | {"target": 1}, tries=0)
    assert solved.layers[0].factor == pytest.approx(10**0.5) and solved.start is None and solved.has_norms
    batch = {"input": [[1], [2]], "target": [[0], [0]], "loss": "half_sse", "activation": "square", "weights": [1]}
    found = gradcalc.diagnose(batch, tries=0)  # y = 1, 4: ∂L/∂y is half of it, σ′ = 2, 4
    assert found.layers[0].factor == pytest.approx((1 + 8**2) ** 0.5 / (0.5**2 + 2**2) ** 0.5) and found.has_norms
    assert found.start == pytest.approx(log10(4.25) / 2)
    coupled = gradcalc.diagnose(spec | {"input": 1, "layers": [{"weight": 1, "activation": "rms_norm"}]}, tries=0)
    assert abs(coupled.layers[0].factor) < 1e-3 and not coupled.has_norms


def test_what_the_backward_pass_starts_with() -> None:
    """∂L/∂y, or δ where that is y − t at once: the largest of all outputs."""
    one = {"input": 2, "target": 0, "activation": "sigmoid", "weights": [1]}
    y = 1 / (1 + exp(-2))
    for loss, size in (("bce", y), ("half_sse", y), ("sse", 2 * y)):
        assert gradcalc.diagnose(one | {"loss": loss}, tries=0).start == pytest.approx(log10(size))
    layers = [{"name": "h", "weight": 3}, {"name": "y", "weight": 0.5}]
    linear = {"input": 1, "loss": "half_sse", "activation": "identity", "layers": layers}  # h = 3, y = 1.5
    for h, y, size in ((1, 1.5, 2 + 0), (3, 0.5, 1), (3, 1.5, None)):
        found = gradcalc.diagnose(linear | {"target": {"h": h, "y": y}}, tries=0).start
        assert found == (None if size is None else pytest.approx(log10(size)))


def test_what_no_layer_is_measured_by_has_a_place_of_its_own() -> None:
    layers = [{"weight": [[1], [2]], "bias": [3, 4]}, {"weight": [[1, 1]], "bias": 5}]
    skips = [{"from": "x", "to": "y", "weight": 0}]
    found = gradcalc.diagnose(LINEAR | {"layers": layers, "skips": skips}, tries=0)
    told = [(one.name, one.size, one.log10, one.several) for one in found.others]
    root = 2**0.5
    assert told == [("b1", root, pytest.approx(log10(root)), True), ("b2", 1, 0, False), ("w_x_y", 1, 0, False)]


@pytest.mark.parametrize(
    ("after", "before", "more"),
    [
        (2.0, 1.0, False),
        (2.0001, 1.0, True),
        (-0.5, -1.0, False),
        (0.001, -1.0, True),
        (Decimal("2e400"), Decimal("1e400"), False),
        (Decimal("2.1e400"), Decimal("1e400"), True),
        (Decimal("1e400"), 1.0, True),
        (1.0, Decimal("1e400"), False),
    ],
)
def test_a_loss_grows_that_more_than_doubles(after: Any, before: Any, more: bool) -> None:
    assert grows(after, before) is more


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ((0.0, -1.0, -2.0, -3.0), Rate(-1.0, 0.1, (), 0.0)),
        ((0.0, -1.0, -1.0, -3.0, -4.0), Rate(-1.0, 0.1, (), 1.0)),  # a power of ten off, and no more
        ((0.0, 0.0, 5e-10, -2.0, -3.0), Rate(-1.0, 0.1, (), 1 + 5e-10)),  # by rounding alone
        ((0.0, 0.0, 5e-9, -2.0, -3.0), Rate(-1.0, 0.1, ("h3",), 1 + 5e-9)),
        ((0.0, -1.0, -0.5, -4.5, -4.0), Rate(-1.0, 0.1, ("h3", "h2"), 1.5)),
        ((5.0, 0.0, 3.0), Rate(3.0, 1000.0, (), 0.0)),
        ((0.0, None, -2.0, -3.0), None),
        ((0.0, -1.0), None),
    ],
)
def test_where_layers_depart_from_the_rate(sizes: Any, found: Rate | None) -> None:
    of_hidden = [size if size is None else size - sizes[1] for size in sizes] if sizes[1] is not None else sizes
    names = ("y", *(f"h{n}" for n in range(len(sizes) - 1, 0, -1)))
    chain = gradcalc.load(LINEAR | {"weights": [1] * len(sizes)})
    assert rate(chain, Profile(names, sizes, tuple(of_hidden))) == found
    branches = gradcalc.load(LINEAR | {"layers": [{"weight": 1}, {"weight": 1}, {"from": ["h1", "h2"]}]})
    assert rate(branches, Profile(names, sizes, tuple(of_hidden))) is None


def wide(layers: int, units: int, examples: int) -> dict[str, Any]:
    weight = {"init": "xavier_normal"}
    hidden = [{"weight": weight, "width": units, "activation": "tanh"} for _ in range(layers)]
    rows = [[((7 * n + 3 * m) % 11 - 5) / 5 for n in range(units)] for m in range(examples)]
    return {
        "input": rows,
        "target": [m % 3 / 3 for m in range(examples)],
        "layers": [*hidden, {"weight": weight, "width": 1, "activation": "identity"}],
    }


def test_a_wide_network_is_diagnosed_in_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = wide(3, 12, 4)
    narrow = gradcalc.diagnose(spec, top=0)
    monkeypatch.setattr("gradcalc.analysis.diagnosis.point", lambda network, dps: point(network, dps, few=-1))
    monkeypatch.setattr("gradcalc.analysis.point.THIN", 0)
    found = gradcalc.diagnose(spec, top=0)
    holds(found)
    for one, other in zip(narrow.layers, found.layers):
        assert (one.label, one.evidence) == (other.label, other.evidence)
        assert float(one.delta) == pytest.approx(float(other.delta), rel=1e-12)
    assert narrow.costs is not None and found.costs is not None
    assert found.costs.parts == pytest.approx(narrow.costs.parts, rel=1e-9, abs=1e-12)
