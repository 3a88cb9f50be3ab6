"""Theory beside measurement: bounds hold, known constants come out, and published laws are met where they should be."""

from __future__ import annotations

from math import pi, sqrt

import pytest
from hypothesis import assume, given
from strategies import specs

from gradcalc import activations, spec
from gradcalc.magnitudes import norm
from gradcalc.network import Network
from gradcalc.problems import DomainError
from gradcalc.questions.binomial import are_binomial, binomial
from gradcalc.questions.bounds import bounds
from gradcalc.questions.compute import gradient
from gradcalc.questions.meanfield import mean_field, mean_square
from gradcalc.questions.point import point
from gradcalc.questions.steepest import steepest
from gradcalc.questions.subjects import subjects
from gradcalc.questions.theory import theories


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("sigmoid", 0.25),
        ("tanh", 1),
        ("relu", 1),
        ("identity", 1),
        ("hard_sigmoid", 1 / 6),
        ("sin", 1),
        ("cos", 1),
        ("selu", 1.7580993408473766),
        ("gelu", 1.1289041),
        ("silu", 1.0998393),
        ("step", 0),
        ("hard_swish", 1.5),
    ],
)
def test_the_steepest_slopes(name: str, slope: float) -> None:
    """gelu's at x = √2, where Φ(x) + x·φ(x) is largest; silu's at x = 2.3994."""
    assert steepest(activations.bind(name)) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize("name", ["exp", "square"])
def test_slopes_without_bound(name: str) -> None:
    assert steepest(activations.bind(name)) is None


def test_the_bound_of_a_chain_is_the_product() -> None:
    network = spec.load("plain")[0]
    at = point(network)
    found = bounds(at)
    assert found is not None
    loss_slope = 2 * abs(at.output(3)[0][0] - 1)
    assert float(found.of(subjects(network)[0])) == pytest.approx(loss_slope * 0.5 * 0.1 * 0.1 * 0.25**3, rel=1e-12)


@given(specs(coupled=False))
def test_no_gradient_exceeds_its_bound(data: object) -> None:
    network = spec.load(data)[0]  # type: ignore[arg-type]
    try:
        at = point(network)
    except DomainError:
        assume(False)
    assume(at.loss is not None and not any(layer.join in ("multiply", "max", "min") for layer in network.layers))
    found = bounds(at)
    assume(found is not None)
    assert found is not None
    for subject in subjects(network):
        assert float(norm(gradient(at, subject))) <= float(found.of(subject)) * (1 + 1e-9)


def dense(activation: str, std: float, width: int = 100, depth: int = 12) -> Network:
    hidden = {"weight": {"init": "normal", "std": std}, "width": width, "repeat": depth}
    last = {"weight": {"init": "xavier_normal"}, "width": width, "activation": "identity"}
    given = [0.3 * (-1) ** n for n in range(width)]
    layers = [hidden, last]
    return spec.load({"input": given, "target": [1] * width, "activation": activation, "seed": 3, "layers": layers})[0]


def test_chi_of_relu_is_half_of_the_variance_of_the_weights() -> None:
    """He et al. 2015: σ_w² = 2 keeps gradients, since E[σ′²] = 1/2."""
    found = mean_field(point(dense("relu", sqrt(2 / 100))))
    assert found is not None
    assert found.chis[0] == pytest.approx(1, abs=0.05)


def test_chi_of_tanh_is_the_variance_of_the_weights_where_signals_are_small() -> None:
    """Schoenholz et al. 2017: with q → 0, χ → σ_w²."""
    found = mean_field(point(dense("tanh", 0.05)))
    assert found is not None
    assert found.chis[-2] == pytest.approx(100 * 0.05**2, abs=0.02)


@pytest.mark.parametrize(("activation", "std"), [("tanh", 0.08), ("tanh", 0.15), ("sigmoid", 0.3), ("softsign", 0.1)])
def test_mean_field_meets_measurement(activation: str, std: float) -> None:
    """From the output to the first layer to a third of a power of ten: widths of 100 are not infinite."""
    network = dense(activation, std)
    subject = subjects(network)[0]
    found = next(one for one in theories(point(network), subject, 1.0) if one.name == "mean field")
    assert found.expected * 12 == pytest.approx(found.measured * 12, abs=0.3)
    assert "Schoenholz" in found.source


def test_expectations_over_a_gaussian() -> None:
    assert mean_square(lambda x: x, 2.0) == pytest.approx(2)
    assert mean_square(lambda x: max(x, 0.0), 3.0) == pytest.approx(1.5)
    assert mean_square(abs, 1.0) == pytest.approx(1)
    assert mean_square(lambda x: sqrt(abs(x)), 1.0) == pytest.approx(sqrt(2 / pi), rel=1e-4)


def test_mean_field_is_for_dense_networks_alone() -> None:
    for name in ("residual", "deep", "mazur", "rnn", "circuit"):
        assert mean_field(point(spec.load(name)[0])) is None


def test_a_residual_networks_paths_are_binomial() -> None:
    """Veit et al. 2016: C(n, k) paths through k of n blocks; 2⁵⁴ of them in 54 blocks."""
    assert are_binomial([1, 3, 3, 1]) and not are_binomial([1, 2, 2, 1])
    network = spec.load("resnet")[0]
    found = binomial(point(network), subjects(network)[0])
    assert found is not None and found.blocks == 19
    assert found.expected == pytest.approx(found.measured, rel=0.1)


def test_equal_blocks_follow_the_law_exactly() -> None:
    """With identity activations every block passes the same part f = w² of what its skip does."""
    layers = [{"weight": 0.5, "repeat": 12}, {"weight": 1}]
    data = {
        "input": 1,
        "target": 0,
        "activation": "identity",
        "layers": layers,
        "skips": {"every": 2, "into": "output"},
    }
    network = spec.load(data)[0]
    subject = next(one for one in subjects(network) if one.name == "w1")
    found = binomial(point(network), subject)
    assert found is not None
    assert found.fraction == pytest.approx(0.25)
    assert found.measured == pytest.approx(found.expected, rel=1e-12)
