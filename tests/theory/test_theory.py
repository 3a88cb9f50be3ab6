"""Theory beside measurement: bounds hold, known constants come out, and published laws are met where they should be."""

from __future__ import annotations

from math import comb, exp, pi, sqrt

import pytest
from hypothesis import assume, given
from strategies import specs

from gradcalc import activations as activations
from gradcalc import language
from gradcalc.analysis.computation import gradient
from gradcalc.analysis.point import point, subjects
from gradcalc.errors import DomainError
from gradcalc.network.network import Network, norm, numbers
from gradcalc.theory.binomial import binomial, residual_blocks
from gradcalc.theory.bounds import bounds, steepest
from gradcalc.theory.mean_field import is_centred, mean_field, mean_square
from gradcalc.theory.theory import theories


@pytest.mark.parametrize(
    ("name", "derivative"),
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
def test_the_largest_derivatives(name: str, derivative: float) -> None:
    """gelu's at x = √2, where Φ(x) + x·φ(x) is largest; silu's at x = 2.3994."""
    assert steepest(activations.bind(name)) == pytest.approx(derivative, rel=1e-7)


@pytest.mark.parametrize("name", ["exp", "square"])
def test_derivatives_without_bound(name: str) -> None:
    assert steepest(activations.bind(name)) is None


@pytest.mark.parametrize(
    ("formula", "derivative"),
    [
        ("tanh(100*(x - 0.05))", 100),
        ("sqrt(1 + x^2)", 1),
        ("x/(1 + exp(-1.702*x))", 1.0998393),
        ("sin(x^2)", None),
        ("x*log(1 + x^2)", None),
        ("max(x, 0)^2", None),
    ],
)
def test_the_largest_derivatives_of_formulas(formula: str, derivative: float | None) -> None:
    network = language.load({"input": 1, "target": 0, "weights": [1], "activation": {"formula": formula}})[0]
    found = steepest(network.layers[0].activation)
    assert found == (None if derivative is None else pytest.approx(derivative, rel=1e-7))


def test_a_hill_that_no_search_finds_is_no_reason_for_a_bound_that_does_not_hold() -> None:
    needle = {"formula": "exp(-(1000*(x - 0.0305))^2)"}
    network = language.load({"input": 1, "target": 0, "weights": [0.03], "activation": needle})[0]
    at = point(network)
    found = bounds(at)
    assert found is not None
    for subject in subjects(network):
        assert 0 < float(norm(gradient(at, subject))) <= float(found.of(subject)) * (1 + 1e-9)


def test_the_bound_of_a_chain_is_the_product() -> None:
    network = language.load("plain")[0]
    at = point(network)
    found = bounds(at)
    assert found is not None
    loss_derivative = 2 * abs(at.output(3)[0][0] - 1)
    assert float(found.of(subjects(network)[0])) == pytest.approx(
        loss_derivative * 0.5 * 0.1 * 0.1 * 0.25**3, rel=1e-12, abs=0
    )


def test_the_bound_of_forty_layers() -> None:
    """|∂L/∂w1| ≤ |2(y − t)|·|x|·∏|w|·(1/4)⁴⁰ of the chain in `deep` without its skips."""
    network = language.load({key: value for key, value in language.read("deep").data.items() if key != "skips"})[0]
    at = point(network)
    found = bounds(at)
    assert found is not None
    product = 2 * abs(at.output(40)[0][0] - 1) * 0.5 * 0.5**39 * 0.25**40
    assert float(found.of(subjects(network)[0])) == pytest.approx(product, rel=1e-12, abs=0)


@given(specs())
def test_no_gradient_exceeds_its_bound(data: object) -> None:
    network = language.load(data)[0]  # type: ignore[arg-type]
    try:
        at = point(network)
    except DomainError:
        assume(False)
    assume(at.loss is not None)
    found = bounds(at)
    assume(found is not None)
    assert found is not None
    for subject in subjects(network, ["*"]):
        assert float(norm(gradient(at, subject))) <= float(found.of(subject)) * (1 + 1e-9)


def dense(activation: str, std: float, width: int = 100, depth: int = 12, scale: float = 0.3) -> Network:
    hidden = {"weight": {"init": "normal", "std": std}, "width": width, "repeat": depth}
    last = {"weight": {"init": "xavier_normal"}, "width": width, "activation": "identity"}
    given = [scale * (-1) ** n for n in range(width)]
    layers = [hidden, last]
    given_as = {"formula": activation} if "(" in activation else activation
    return language.load({"input": given, "target": [1] * width, "activation": given_as, "seed": 3, "layers": layers})[
        0
    ]


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


@pytest.mark.parametrize("variance", [1e-12, 1e-3, 1.0, 100.0, 1e8, 1e14])
def test_expectations_over_a_gaussian_however_wide(variance: float) -> None:
    """E[erf′(z)²] = (4/π)/√(1 + 4q), by integrating exp(−2z² − z²/2q)."""
    found = mean_square(lambda x: 2 / sqrt(pi) * exp(-x * x), variance)
    assert found == pytest.approx(4 / pi / sqrt(1 + 4 * variance), rel=1e-12, abs=0)
    assert mean_square(lambda x: float(x > 0), variance) == pytest.approx(0.5)


def test_chi_of_erf_in_closed_form() -> None:
    """χ = σ_w²·(4/π)/√(1 + 4q) in every layer, with q of the layer and σ_w² of the weights that follow."""
    network = dense("erf(x)", 0.2, depth=3)
    found = mean_field(point(network))
    assert found is not None
    for place, (chi, q) in enumerate(zip(found.chis, found.variances)):
        weights = numbers(network.parameters[network.layers[place + 1].edges[0].parameter or 0].value)
        square = sum(weight * weight for weight in weights) / len(weights)
        assert chi == pytest.approx(100 * square * 4 / pi / sqrt(1 + 4 * q), rel=1e-9)


def test_large_inputs_are_no_reason_for_a_wrong_chi() -> None:
    """Pixels up to 255: nearly all units saturate, E[tanh′²] → (4/3)/√(2πq)."""
    network = dense("tanh", 0.3, scale=1000.0)
    found = mean_field(point(network))
    assert found is not None and found.variances[0] > 1e5
    weights = numbers(network.parameters[network.layers[1].edges[0].parameter or 0].value)
    square = sum(weight * weight for weight in weights)  # 100 × σ_w²
    assert found.chis[0] == pytest.approx(square / 100 * 4 / 3 / sqrt(2 * pi * found.variances[0]), rel=1e-3)


def test_weights_that_are_not_of_mean_0_are_not_random_ones() -> None:
    layers = [{"weight": [[0.1] * 10] * 10, "repeat": 4}]
    data = {"input": [1] * 10, "target": [0] * 10, "activation": "tanh", "layers": layers}
    assert mean_field(point(language.load(data)[0])) is None
    assert is_centred([1, -1, 1, -1, 1]) and not is_centred([1.0] * 17)


def test_mean_field_is_for_dense_networks_alone() -> None:
    for name in ("residual", "deep", "mazur", "rnn", "circuit"):
        assert mean_field(point(language.load(name)[0])) is None


def test_a_residual_networks_paths_are_binomial() -> None:
    """Veit et al. 2016: C(n, k) paths through k of n blocks; 2⁵⁴ of them in 54 blocks."""
    network = language.load("resnet")[0]
    found = binomial(point(network), subjects(network)[0])
    assert found is not None and found.blocks == 19
    sizes = [share / found.shares[1][0] for share in found.shares[1]]
    assert found.fraction == pytest.approx(sizes[-1] ** (1 / 19))
    alike = language.load("deep")[0]
    found = binomial(point(alike), subjects(alike)[0])
    assert found is not None and found.expected == pytest.approx(found.measured, rel=1e-6)


def test_blocks_stand_one_behind_another() -> None:
    """Three skips of a chain, and the same counts by length where they cross, or lead past one another."""
    chain = {"input": 1, "target": 0, "activation": "identity", "weights": [0.5] * 8}
    ends = {
        "in a row": [("h1", "h3"), ("h3", "h5"), ("h5", "h7")],
        "apart": [("h1", "h2"), ("h3", "h4"), ("h7", "y")],
        "crossing": [("h1", "h3"), ("h2", "h4"), ("h5", "h7")],
        "parallel": [("h1", "h3"), ("h1", "h3"), ("h5", "h7")],
        "nested": [("h1", "h6"), ("h2", "h4"), ("h6", "h7")],
    }
    found = {}
    for name, pairs in ends.items():
        skips = [{"from": a, "to": b, "weight": 0.1 + n, "into": "output"} for n, (a, b) in enumerate(pairs)]
        network = language.load(chain | {"skips": skips})[0]
        found[name] = residual_blocks(network, next(one for one in subjects(network) if one.name == "w1"))
    assert found == {"in a row": 3, "apart": 3, "crossing": None, "parallel": None, "nested": None}


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
    network = language.load(data)[0]
    subject = next(one for one in subjects(network) if one.name == "w1")
    found = binomial(point(network), subject)
    assert found is not None
    assert found.fraction == pytest.approx(0.25)
    assert found.measured == pytest.approx(found.expected, rel=1e-12)
    weights = [comb(found.blocks, k) * 0.25**k for k in range(found.blocks + 1)]
    for shares in found.shares:
        assert shares == pytest.approx([weight / sum(weights) for weight in weights], rel=1e-12, abs=0)


def test_theories_take_numbers_of_many_digits() -> None:
    network = language.load("deep")[0]
    at, exact = point(network), point(network, 40)
    for one, other in zip(theories(at, subjects(network)[0], 1.0), theories(exact, subjects(network)[0], 1.0)):
        assert (one.name, float(one.expected)) == (other.name, pytest.approx(float(other.expected), rel=1e-12, abs=0))


def test_a_law_of_blocks_whose_factor_no_double_holds() -> None:
    layers = [{"weight": 0.5, "activation": "tanh", "repeat": 9}]
    skips = {"every": 2, "into": "preactivation", "weight": 1e-200}
    small = language.load({"input": -1e-12, "layers": layers, "loss": "mse", "target": 0.5, "skips": skips})[0]
    found = binomial(point(small), subjects(small, ["w1"])[0])
    assert found is not None and found.fraction > 1e100 and found.expected == pytest.approx(found.blocks)
