"""Mistakes about factors of the backward pass that are there and are not the right ones: the mask of relu inverted, a
derivative taken twice, the weight of another layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from analysis.test_mistakes import CHAIN, at_layers, by_hand, searched_for
from analysis.test_value_mistakes import CLASSES, WEIGHTS, P, T, W, X, Z, agree, predicted

import gradcalc
from gradcalc.analysis.given_values import given_value
from gradcalc.analysis.hypotheses import explanations


def test_a_derivative_taken_twice() -> None:
    clause = "the factor {of} is taken twice"
    derivatives = {"sy": lambda y: y * (1 - y), "s2": lambda y: 1 - y * y, "s1": lambda y: 1 - y * y}
    found = dict(at_layers(clause, lambda z, y, s: derivatives[s](y) ** 2))
    agree(
        predicted(searched_for(CHAIN, *WEIGHTS), "derivative twice"),
        {told: [of[name] for name in WEIGHTS] for told, of in found.items()},
    )


def test_the_weight_of_another_layer() -> None:
    """The weights of h2 and of y are next to one another; of y there are two."""
    changes = {
        "δ is multiplied by w_s in place of w3": {"u3": 0.4},
        "δ is multiplied by w2 in place of w3": {"u3": -0.7},
        "δ is multiplied by w3 in place of w_s": {"us": 1.1},
        "δ is multiplied by w2 in place of w_s": {"us": -0.7},
        "δ is multiplied by w3 in place of w2": {"u2": 1.1},
        "δ is multiplied by w_s in place of w2": {"u2": 0.4},
        "δ is multiplied by w1 in place of w2": {"u2": 0.8},
    }
    found = {clause: by_hand(lambda of, change=change: change) for clause, change in changes.items()}
    every = "every δ is multiplied by the weight of the layer before in place of its own"
    found[every] = by_hand(lambda of: {"u3": -0.7, "us": 0.8, "u2": 0.8})
    found["δ is multiplied by w2 in place of w1"] = by_hand()  # ∂L/∂x alone is another then
    agree(
        predicted(searched_for(CHAIN, *WEIGHTS), "another weight"),
        {clause: [of[name] for name in WEIGHTS] for clause, of in found.items()},
    )


def test_the_derivative_of_another_layer() -> None:
    changes = {
        ("y", "h2"): ("sy", "s2"),
        ("h2", "y"): ("s2", "sy"),
        ("h2", "h1"): ("s2", "s1"),
        ("h1", "h2"): ("s1", "s2"),
    }
    found = {
        f"σ′(z) of {other} is taken for σ′(z) of {own}": by_hand(lambda of, s=s, t=t: {s: getattr(of, t)})
        for (own, other), (s, t) in changes.items()
    }
    agree(
        predicted(searched_for(CHAIN, *WEIGHTS), "derivative of another layer"),
        {clause: [of[name] for name in WEIGHTS] for clause, of in found.items()},
    )


def test_two_gradients_exchanged() -> None:
    of, right = gradcalc.load(CHAIN), by_hand()
    given = [given_value(of, one, f"{right[other]:.6g}") for one, other in (("w2", "w3"), ("w3", "w2"), ("w1", "w1"))]
    first, *others = explanations(of, given).told
    assert "Both wrong values are what comes out when ∂L/∂w2 and ∂L/∂w3 are exchanged: " in first.sentence
    assert not others


def relu_of(z: Any) -> Any:
    return np.maximum(z, 0)


def test_the_mask_of_relu_inverted() -> None:
    w1, w2, x = np.array([[0.5, -1.0], [-0.4, 0.3], [1.2, 0.7]]), np.array([[0.9, -0.6, 0.4]]), np.array([0.8, 0.3])
    layers = [{"weight": w1.tolist(), "activation": "relu"}, {"weight": w2.tolist(), "activation": "identity"}]
    of = gradcalc.load({"input": x.tolist(), "target": 0.3, "loss": "half_sse", "layers": layers})
    z = w1 @ x
    delta = (w2 @ relu_of(z) - 0.3) @ w2 * (z <= 0)
    rows = [[f"{number:.6g}" for number in row] for row in np.outer(delta, x)]
    first = explanations(of, [given_value(of, "w1", rows)]).told[0]
    assert first.what == "inverted mask"
    assert "(σ′(z) of h1 is taken as 1 where z ≤ 0, and as 0 where z > 0)" in first.sentence


@pytest.mark.parametrize(
    ("loss", "factor"),
    [
        ("cross_entropy", "the Jacobian of softmax"),
        ("cross_entropy", "p(1 − p), unit by unit,"),
        ("bce_with_logits", "σ′"),
    ],
)
def test_the_derivative_of_softmax_or_sigmoid_once_more(loss: str, factor: str) -> None:
    spec = CLASSES | {"loss": loss, "layers": [{"name": "y", "weight": (W / 10).tolist(), "activation": "identity"}]}
    s = 1 / (1 + np.exp(-Z))
    delta = {
        "the Jacobian of softmax": P * (P - T - (P * (P - T)).sum(axis=1, keepdims=True)),
        "p(1 − p), unit by unit,": P * (1 - P) * (P - T),
        "σ′": (s - T) * s * (1 - s) / 3,
    }[factor]
    of = gradcalc.load(spec)
    rows = [[f"{number:.6g}" for number in row] for row in delta.T @ X / 2]
    name = "softmax" if loss == "cross_entropy" else "σ"
    clause = f"{name}(y) − t, which is the derivative of {loss} by its logits y, is multiplied by {factor} again"
    assert clause in explanations(of, [given_value(of, "w1", rows)]).told[0].sentence


def test_the_jacobian_of_a_softmax_squared() -> None:
    w1, w2 = np.array([[0.5], [-0.4], [1.2]]), np.array([[0.9, -0.6, 0.4]])
    layers = [{"weight": w1.tolist(), "activation": "softmax"}, {"weight": w2.tolist(), "activation": "identity"}]
    of = gradcalc.load({"input": 0.8, "target": 0.3, "loss": "half_sse", "layers": layers})
    p = np.exp(0.8 * w1[:, 0]) / np.exp(0.8 * w1).sum()
    jacobian = np.diag(p) - np.outer(p, p)
    wrong = 0.8 * jacobian @ jacobian @ w2[0] * (w2[0] @ p - 0.3)
    first = explanations(of, [given_value(of, "w1", [[f"{number:.6g}"] for number in wrong])]).told[0]
    assert "when the Jacobian of softmax in h1 is taken twice: " in first.sentence
