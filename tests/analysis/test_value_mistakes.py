"""Mistakes in the numbers that are multiplied, and in the loss alone, against passes written out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log, sqrt, tanh
from typing import Any

import numpy as np
import pytest
from analysis.test_mistakes import CHAIN, at_layers, by_hand, of_kind, searched_for

import gradcalc
from gradcalc.analysis.backward_mistakes import updated_weights
from gradcalc.analysis.given_values import given_value
from gradcalc.analysis.hypotheses import Search, explanations, searched
from gradcalc.analysis.point import point


def predicted(search: Search, kind: str) -> dict[str, Sequence[Sequence[float]]]:
    """What every mistake of a kind gives."""
    found = {}
    for clause, (one,) in of_kind(search, kind).items():
        values = search.predicted([one])
        assert values is not None, clause
        found[clause] = values
    return found


def agree(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    assert sorted(found) == sorted(expected)
    for clause, values in expected.items():
        flat = np.hstack([np.ravel(one) for one in found[clause]])
        assert flat == pytest.approx(np.hstack([np.ravel(one) for one in values]), rel=1e-11), clause


WEIGHTS = ("w1", "b1", "w2", "w3", "w_s")
OTHERS = {"w1": ("i1", "x", ("h1", "h2")), "w2": ("i2", "h1", ("x", "h2", "y")), "w3": ("i3", "h2", ("x", "h1", "y"))}


def test_in_a_chain() -> None:
    """Parts of σ′, the values of other nodes, and y for y − t."""
    hidden = ("h2", "h1", "every layer with tanh")
    search = searched_for(CHAIN, *WEIGHTS)
    derivatives = {
        **dict(at_layers("the factor 1 − y of σ′ = y(1 − y) is left out ({of})", lambda z, y, s: y, ("y",))),
        **dict(at_layers("the factor y of σ′ = y(1 − y) is left out ({of})", lambda z, y, s: 1 - y, ("y",))),
        **dict(at_layers("1 − y stands for σ′ = 1 − y² ({of})", lambda z, y, s: 1 - y, hidden)),
    }
    agree(
        predicted(search, "part of the derivative"),
        {clause: [of[name] for name in WEIGHTS] for clause, of in derivatives.items()},
    )
    inputs = {
        f"∂L/∂{weight} takes {node} in place of {source}": by_hand(
            lambda of, place=place, node=node: {place: getattr(of, node)}
        )
        for weight, (place, source, nodes) in (OTHERS | {"w_s": ("iS", "h1", ("x", "h2", "y"))}).items()
        for node in nodes
    }
    right = by_hand()
    inputs["∂L/∂b1 has the factor x, as the gradient of a weight"] = {**right, "b1": 0.5 * right["b1"]}
    agree(predicted(search, "another input"), {clause: [of[name] for name in WEIGHTS] for clause, of in inputs.items()})
    without = by_hand(lambda of: {"of_loss": of.y})
    clause = "y stands for y − t in the derivative of the loss (the target is not subtracted)"
    agree(predicted(search, "target left out"), {clause: [without[name] for name in WEIGHTS]})


def test_a_skip_that_is_added_behind_the_activation() -> None:
    h1 = tanh(0.5)
    spec = {"input": 0.5, "target": 0.2, "loss": "half_sse", "activation": "tanh", "weights": [1, -0.7, 1.1, 0.9]}
    skip = {"from": "h1", "to": "h3", "into": "output"}
    search = searched_for(spec | {"skips": [skip]}, "w1", "w3", "w4", "y")
    h2 = tanh(-0.7 * h1)
    a = tanh(1.1 * h2)  # before the skip
    h3 = a + h1
    y = tanh(0.9 * h3)

    def backward(derivative: float = 1 - a * a, of_skip: float = 1.0, read: float = h3) -> list[float]:
        delta = (y - 0.2) * (1 - y * y)
        delta_3 = delta * 0.9 * derivative
        of_h1 = delta * 0.9 * of_skip + delta_3 * 1.1 * (1 - h2 * h2) * -0.7
        return [of_h1 * (1 - h1 * h1) * 0.5, delta_3 * h2, delta * read, y]

    agree(
        predicted(search, "skip behind the activation"),
        {
            "y in σ′ = 1 − y² (σ′(z) of h3) is the output with the skip": backward(1 - h3 * h3),
            "∂L/∂w4 takes tanh(z) of h3, without the skip, in place of h3": backward(read=a),
            "what comes through skip h1→h3 is multiplied by σ′(z) of h3, though the skip is added behind it": backward(
                of_skip=1 - a * a
            ),
        },
    )
    early = tanh(1.1 * h2 + h1)
    moved = predicted(searched_for(spec | {"skips": [skip]}, "y"), "skip elsewhere")
    agree(moved, {"the skip into h3 is added before its activation in place of behind it": [tanh(0.9 * early)]})
    del skip["into"]
    back = predicted(searched_for(spec | {"skips": [skip]}, "y"), "skip elsewhere")
    agree(back, {"the skip into h3 is added behind its activation in place of before it": [y]})


def test_the_factors_of_a_product() -> None:
    layers: list[Any] = [
        {"name": "g", "from": {"x": 0.9}, "activation": "sigmoid"},
        {"name": "c", "from": {"x": -0.6}, "activation": "tanh"},
        {"name": "m", "from": ["g", "c"], "join": "multiply", "activation": "identity"},
    ]
    spec = {"input": 0.7, "target": 0.5, "loss": "half_sse", "layers": layers}
    weighted = {"name": "m", "from": {"x": 0.3, "u": 0.2}, "join": "multiply"}
    without_names = {"input": {"x": 1, "u": 2}, "target": 1, "layers": [weighted]}
    assert predicted(searched_for(without_names, "L"), "factor of a product") == {}
    search = searched_for(spec, "delta_g", "delta_c")
    g, c = 1 / (1 + exp(-0.63)), tanh(-0.42)
    of_m, sg, sc = g * c - 0.5, g * (1 - g), 1 - c * c
    agree(
        predicted(search, "factor of a product"),
        {
            "the factor c of the product m is left out of ∂m/∂g": [of_m * sg, of_m * g * sc],
            "∂m/∂g is taken as g in place of c": [of_m * g * sg, of_m * g * sc],
            "the factor g of the product m is left out of ∂m/∂c": [of_m * c * sg, of_m * sc],
            "∂m/∂c is taken as c in place of g": [of_m * c * sg, of_m * c * sc],
        },
    )


@pytest.mark.parametrize(
    ("name", "clauses"),
    [
        (
            "layer_norm",
            {
                "mean and variance of layer_norm in h are taken as constants": (0, 0),
                "the variance of layer_norm in h is taken as a constant": (1, 0),
                "the mean of layer_norm in h is taken as a constant": (0, 1),
            },
        ),
        ("rms_norm", {"the mean square of rms_norm in h is taken as a constant": (0, 0)}),
    ],
)
def test_statistics_of_a_norm_taken_as_constants(name: str, clauses: dict[str, tuple[int, int]]) -> None:
    z = np.array([0.4, -1.1, 0.9])
    hidden = {"name": "h", "weight": z[:, None].tolist(), "activation": {"name": name, "eps": 0.1}}
    output = {"name": "y", "weight": [[0.7, -0.2, 0.5]], "activation": "identity"}
    of = gradcalc.load({"input": 1, "target": 0.3, "loss": "half_sse", "layers": [hidden, output]})
    search = searched(of, [given_value(of, "delta_h", ["9", "9", "9"])])
    assert search is not None
    d = z - z.mean() if name == "layer_norm" else z
    r = sqrt((d * d).mean() + 0.1)
    seeds = (d / r @ [0.7, -0.2, 0.5] - 0.3) * np.array([0.7, -0.2, 0.5])
    agree(
        predicted(search, "statistics of a norm"),
        {
            clause: [(seeds - mean * seeds.mean() - variance * d / r * (d / r * seeds).mean()) / r]
            for clause, (mean, variance) in clauses.items()
        },
    )


X, T, W = np.array([[0.5, -0.3], [0.2, 0.9]]), np.array([[0.0, 1, 0], [1, 0, 0]]), np.array([[4, -2], [3, 5], [-6, 1]])
Z = X @ W.T / 10
P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
CLASSES: dict[str, Any] = {"input": X.tolist(), "target": T.tolist(), "loss": "cross_entropy"}


@pytest.mark.parametrize(("loss", "activation"), [("cross_entropy", "identity"), ("nll", "softmax")])
def test_of_classes_the_target_is_left_out_and_the_logarithm_another(loss: str, activation: str) -> None:
    spec = CLASSES | {"loss": loss, "layers": [{"name": "y", "weight": (W / 10).tolist(), "activation": activation}]}
    search = searched(gradcalc.load(spec), [given_value(gradcalc.load(spec), "w1", [["9"] * 2] * 3)])
    assert search is not None
    if loss == "cross_entropy":
        clause = "softmax(y) stands for softmax(y) − t in the derivative of the loss (the target is not subtracted)"
        agree(predicted(search, "target left out"), {clause: [P.T @ X / 2]})
    else:
        clause = "δ at the output is taken as y, from which the target is not subtracted"
        assert np.ravel(predicted(search, "delta as difference")[clause]) == pytest.approx(np.ravel(P.T @ X / 2))
    search = searched_for(spec, "L")
    own = -float((T * np.log(P)).sum()) / 2
    found = predicted(search, "another logarithm")
    assert found["the loss has log₂ in place of ln"] == [[pytest.approx(own / log(2))]]
    assert found["L has log₁₀ in place of ln, though its derivative is that of ln"] == [[pytest.approx(own / log(10))]]
    assert predicted(search, "function of the loss") == {"L has the opposite sign": [[pytest.approx(-own)]]}


def test_of_several_outputs_one_is_left_out_of_the_loss() -> None:
    spec = CLASSES | {"loss": "mse", "layers": [{"name": "y", "weight": (W / 10).tolist(), "activation": "identity"}]}
    search = searched_for(spec, "L")
    squares = (Z - T) ** 2 / 6
    agree(
        predicted(search, "one output in L"),
        {f"the term of y[{unit}] is left out of L": [np.delete(squares, unit, 1).sum()] for unit in range(3)},
    )
    found = predicted(search, "function of the loss")
    assert found["the square root of L is taken"] == [[pytest.approx(sqrt(squares.sum()))]]
    assert predicted(searched_for(CHAIN, "w1"), "function of the loss") == {}


def test_a_wrong_entry_among_right_ones_is_told_alone() -> None:
    of = gradcalc.load("mazur")
    rows = [["0.000438568", "-0.000877135"], ["0.000497713", "0.000995425"]]
    first = explanations(of, [given_value(of, "w1", rows)]).told[0]
    assert first.sentence == (
        "The given ∂L/∂w1 is what comes out when the sign is the opposite, in ∂L/∂w1[0,1] alone: ∂L/∂w1[0,1] is then "
        "−0.000877135, where 0.000877135 is right."
    )
    assert (first.formula, first.command) == (None, None)


def test_mistakes_that_give_the_same_numbers_are_told_together() -> None:
    """x is 0.5: without it the gradient is twice as large, as with a loss of twice the factor."""
    of = gradcalc.load("residual")
    first = explanations(of, [given_value(of, "w1", "-0.00604248")]).told[0].sentence
    assert "the factor 2 too many (or ½ left out), or the gradient is accumulated over 2 passes" in first
    assert ", or the factor x is left out of ∂L/∂w1: " in first


@pytest.mark.parametrize("width", [3, 60])
def test_a_bias_with_an_input_is_told_at_both_grains(width: int) -> None:
    draw = np.random.default_rng(5)
    layers = [{"weight": draw.normal(0, 0.1, (width, width)).tolist(), "bias": 0.1} for _ in range(2)]
    inputs = draw.normal(0, 1, (2, width))
    of = gradcalc.load({"input": inputs.tolist(), "target": inputs.tolist(), "activation": "tanh", "layers": layers})
    at = point(of)
    wrong = (np.array(at.delta(2)) * np.array(at.output(1))).sum(axis=0)
    first = explanations(of, [given_value(of, "b2", [f"{x:.7g}" for x in wrong])]).told[0]
    assert "∂L/∂b2 has the factor h1, as the gradient of a weight" in first.sentence


def test_what_one_mistake_gives_is_never_taken_for_what_another_gives() -> None:
    """Mistakes with numbers that are solved for live for one call, and may lie in memory where another lay."""
    search = searched_for(CHAIN, "w1")
    found = [search.predicted([next(updated_weights(search.setting, (n / 7,)))]) for n in range(1, 40)]
    kept = [next(updated_weights(search.setting, (n / 7,))) for n in range(1, 40)]
    assert found == [searched_for(CHAIN, "w1").predicted([one]) for one in kept]
