"""Wide networks: over layers alone, by plain lists where they are middling and by arrays where they are large."""

import pytest
from specs import network

import gradcalc
from gradcalc.analysis.point import point, subjects
from gradcalc.derivation.explain import Deriving, explain
from gradcalc.errors import UsageError
from gradcalc.expressions.expression import ZERO
from gradcalc.network.network import numbers
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import report


def wide(width, depth=2, batch=0, **changes):
    rows = [[0.1 * ((i * 7 + j) % 5) for i in range(width)] for j in range(batch or 1)]
    targets = [[0.5] * width] * (batch or 1)
    layers = [{"width": width, "weight": {"init": "xavier_normal"}, "bias": [0.1] * width, "repeat": depth}]
    spec = {"input": rows, "target": targets, "layers": layers, "skips": {"every": 2}, "seed": 1, "activation": "tanh"}
    return network({**spec, **({} if batch else {"input": rows[0], "target": targets[0]}), **changes})


@pytest.mark.parametrize("batch", [0, 4])
@pytest.mark.parametrize("width", [18, 110])
@pytest.mark.parametrize(
    "wrt",
    [
        "w2",
        "x",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("w1", "b1", "b2[1]", "w1[0,1]", "h1", "h1[2]")),
    ],
)
def test_gradients_are_the_engines_and_certified(width, batch, wrt):
    built = wide(width, batch=batch)
    found = explain(built, wrt=[wrt]).derivations[wrt]
    assert found.value == gradcalc.compute(built, wrt=[wrt], top=0).gradients[wrt]
    assert found.certificate.points == 6
    assert found.certificate.relative_error < 1e-10


@pytest.mark.slow
@pytest.mark.parametrize(
    "activation", ["softmax", "log_softmax", "layer_norm", "rms_norm", {"name": "maxout", "pieces": 2}, "relu", "prelu"]
)
def test_every_kind_of_layer(activation):
    layers = [
        {"width": 90, "weight": {"init": "xavier_normal"}, "activation": activation},
        {"width": 90, "weight": {"init": "xavier_normal"}},
        {"width": 90, "weight": {"init": "xavier_normal"}, "activation": "identity"},
    ]
    built = wide(90, batch=3, layers=layers, skips=[], loss="cross_entropy", target=[1, 2, 3])
    assert explain(built, wrt=["w1"]).derivations["w1"].certificate.relative_error < 1e-9


@pytest.mark.parametrize("dps", [None, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("batch", [0, 3])
def test_cross_entropy_with_any_digits(batch, dps):
    built = wide(150, batch=batch, loss="cross_entropy", target=[1, 2, 3] if batch else 1)
    assert explain(built, wrt=["b1"], dps=dps).derivations["b1"].certificate.relative_error < 1e-12


@pytest.mark.parametrize("activation", ["step", "sign"])
@pytest.mark.parametrize("width", [3, 150])
def test_behind_a_layer_without_derivative_everything_is_0(activation, width):
    layers = [{"width": width, "weight": {"init": "xavier_normal"}, "bias": [0.1] * width}] * 2
    built = wide(width, layers=[layers[0], {**layers[1], "activation": activation}], skips=[])
    for found in explain(built).derivations.values():
        assert found.steps[-1].right == ZERO
        assert (found.certificate.points, found.certificate.relative_error) == (6, 0)


@pytest.mark.parametrize("activation", ["softmax", "log_softmax", "layer_norm", "rms_norm"])
@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("dps", [None, pytest.param(20, marks=pytest.mark.slow)])
def test_few_units_behind_many(activation, units, dps):
    layers = [
        {"width": 150, "weight": {"init": "xavier_normal"}},
        {"width": units, "weight": {"init": "xavier_normal"}, "activation": activation},
    ]
    built = wide(150, layers=layers, target=[0.5] * units if units > 1 else 0.5, skips=[])
    for found in explain(built, wrt=["w1", "w2"], dps=dps).derivations.values():
        assert found.certificate.relative_error < 1e-12


def test_the_same_in_lists_and_by_units():
    built = wide(3, batch=2)
    by_units = explain(built, wrt=["w1"]).derivations["w1"]
    over_layers = Deriving(point(built), built, 10).derivation(subjects(built, ["w1"])[0])
    assert [step.right for step in over_layers.steps] == [step.right for step in by_units.steps]
    assert over_layers.value == by_units.value


def test_a_page_shows_norms_not_matrices():
    text = "".join(format_module("table").render(report(explain(wide(90, batch=4), wrt=["w1"])), Style()))
    assert "‖·‖ = " in text and "Σₑ δ_h1⁽ᵉ⁾ x⁽ᵉ⁾ᵀ" in text
    assert max(map(len, text.splitlines())) < 200


@pytest.mark.slow
def test_no_program_of_thousands_of_arguments():
    with pytest.raises(UsageError, match="too many"):
        list(format_module("python").render(report(explain(wide(90), wrt=["w1"])), Style()))


@pytest.mark.parametrize("batch", [pytest.param(0, marks=pytest.mark.slow), 2])
def test_a_row_for_every_entry_of_every_step(batch):
    found = explain(wide(90, batch=batch), wrt=["b1"])
    lines = "".join(format_module("csv").render(report(found), Style())).splitlines()
    every = [number for step in found.derivations["b1"].steps for number in numbers(step.value)]
    assert len(lines) == 1 + len(every)
    assert all(type(number) is float for number in every)
