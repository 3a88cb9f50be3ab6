"""Gradients alone: what is made, multiplied and let go at every node of a network of all structures, and the range that
is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_edges import NOTHING
from gradcalc.engine.array_extended import array_kind
from gradcalc.engine.array_forward import parameter_arrays
from gradcalc.engine.array_gradients import AS_IT_IS, EDGE, ENTRIES, VALUES, WEIGHTS, Plan, Watch, gradients
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.network.graph import graph
from gradcalc.network.linear_graph import layer_linear_graph

SPEC: dict[str, Any] = {
    "input": {"x": [1.0, 2.0], "q": [3.0, -4.0]},
    "target": [1.0, 2.0],
    "layers": [
        {"name": "h1", "from": "x", "weight": [[0.5, 0.25], [-0.75, 1]], "bias": [1, 0.5], "activation": "tanh"},
        {"name": "h2", "from": "h1", "weight": [[1, 2], [0.5, -0.25]], "activation": "relu"},
        {"name": "m", "from": ["h2", "q"], "join": "multiply", "activation": "identity"},
        {"name": "c", "from": ["m", "h1"], "join": "concat", "activation": {"name": "maxout", "pieces": 2}},
        {"name": "y", "from": "c", "weight": 0.5, "activation": {"name": "prelu", "alpha": 0.5}},
    ],
    "skips": [{"from": "h1", "to": "y", "into": "output"}],
}
X, Q, Z1, H1, Z2, H2, PRODUCT, ZM, M, ZC, C, ZY, A, Y, W1, B1, W2, W5, ALPHA, LOSS = range(20)
ZS = {W1: 0, B1: 1, W2: 2, W5: 3, ALPHA: 4}  # the numbers of the parameters


def plan(arithmetic: Any = Double, spec: dict[str, Any] = SPEC) -> Plan:
    return Plan(layer_linear_graph(graph(gradcalc.load(spec))), array_kind(arithmetic))


def test_what_is_multiplied_and_let_go() -> None:
    made = plan()
    assert made.factors == {X, Q, H1, H2, C}
    assert [node for node, step in enumerate(made.steps) if step.is_factor] == [X, Q, H1, H2, C]
    assert {node: step.product for node, step in enumerate(made.steps) if step.product} == {Z2: (H1, ZS[W2])}
    after = {H1: [Z1], H2: [Z2], ZM: [PRODUCT], M: [ZM], ZC: [M], C: [ZC], Y: [A]}  # the loss may read z, and reads y
    assert {node: step.spent for node, step in enumerate(made.steps) if step.spent} == after
    assert [step.flat for step in made.steps] == [node not in (H1, PRODUCT, M, A) for node in range(Y + 1)]
    assert not any(step.product for step in plan(Extended).steps)


def test_how_every_adjoint_goes_on() -> None:
    found = {head: [(tail, how) for tail, how, _ in out] for head, out in plan().sweep}
    assert found == {
        LOSS: [(Y, EDGE)],
        Y: [(A, AS_IT_IS), (H1, AS_IT_IS)],
        A: [(ZY, ENTRIES), (ALPHA, EDGE)],
        ZY: [(C, EDGE), (W5, EDGE)],  # a number
        C: [(ZC, EDGE)],
        ZC: [(M, EDGE), (H1, EDGE)],  # parts of a concatenation
        M: [(ZM, ENTRIES)],
        ZM: [(PRODUCT, AS_IT_IS)],
        PRODUCT: [(H2, EDGE), (Q, EDGE)],
        H2: [(Z2, ENTRIES)],
        Z2: [(H1, WEIGHTS), (W2, VALUES)],
        H1: [(Z1, ENTRIES)],
        Z1: [(X, WEIGHTS), (W1, VALUES), (B1, EDGE)],
    }
    which = {
        (head, tail): number for head, out in plan().sweep for tail, how, number in out if how in (WEIGHTS, VALUES)
    }
    assert which == {(Z2, H1): ZS[W2], (Z2, W2): H1, (Z1, X): ZS[W1], (Z1, W1): X}
    assert all(how == EDGE for _, out in plan(Extended).sweep for _, how, _ in out)


@pytest.mark.parametrize("arithmetic", [Double, Extended], ids=["float64", "extended"])
def test_edges_that_are_made_at_their_nodes_and_the_gradients_of_them(arithmetic: Any) -> None:
    made = plan(arithmetic)
    tails, heads = made.linear.dag.tails, made.linear.dag.heads
    at_nodes = [[(tails[edge], heads[edge]) for edge, _ in step.derivatives] for step in made.steps]
    assert [one for one in at_nodes if one] == [
        [(Z1, H1)], [(Z2, H2)], [(H2, PRODUCT), (Q, PRODUCT)], [(ZM, M)], [(ZC, C)], [(ZY, A)]
    ]  # fmt: skip
    others = {(tails[edge], heads[edge]) for step in made.steps for edge, _ in step.others}
    needed = {(B1, Z1), (M, ZC), (H1, ZC), (C, ZY), (W5, ZY), (ALPHA, A)}
    assert others == (needed if arithmetic is Double else {*zip(tails[1:], heads[1:])}.difference(*at_nodes))
    assert [edge for edge, _ in made.late] == [0] and heads[0] == LOSS
    laid, kind, watch = made.linear.graph, made.kind, Watch()
    with arithmetic.context():
        targets = [kind.array(one.rows, one.exact) for one in laid.network.targets]
        found = gradients(made, parameter_arrays(laid, kind), targets, watch if arithmetic is Double else None)
        at = array_point(laid, arithmetic)
        for number, gradient in enumerate(found):
            np.testing.assert_allclose(np.asarray(gradient, float), np.array(at.gradient(number), float), rtol=1e-14)
    assert watch.in_range


def test_weights_of_parts_of_a_concatenation() -> None:
    """Matrices with fewer rows than the node has units."""
    matrices = {"x": [[0.5, 1.5], [-1, 0.25], [2, 1]], "h": [[0.75, -0.5]]}
    layers = [
        {"name": "h", "from": "x", "weight": [[1, 2], [0.5, -1]], "activation": "tanh"},
        {"name": "y", "from": matrices, "join": "concat", "activation": "tanh"},
    ]
    made = plan(Double, {"input": [0.3, -0.7], "target": [1, 0, 1, 0], "layers": layers})
    laid = made.linear.graph
    found = gradients(made, parameter_arrays(laid, made.kind), [np.array([[1.0, 0.0, 1.0, 0.0]])])
    units = scalar_point(laid, Double)
    for number, gradient in enumerate(found):
        np.testing.assert_allclose(gradient, units.gradient(number), rtol=1e-14)


def test_the_range_of_what_is_seen() -> None:
    def held(array: Any, zeros: bool = True) -> bool:
        watch = Watch()
        watch(array, zeros)
        return watch.in_range

    assert held(np.array([1e-150, -1e150])) and held(NOTHING) and held(np.array([0.0, 1.0]))
    assert not held(np.array([0.0, 1.0]), zeros=False) and not held(np.array([9e-151, 1.0]))
    assert not held(np.array([1.1e150])) and not held(np.array([np.nan, 1.0]))
    watch = Watch()
    watch(np.array([1e200]))
    watch(np.array([1.0]))
    assert not watch.in_range


def test_what_the_loss_does_not_read_has_the_gradient_0() -> None:
    layers = [{"name": "a", "from": "x", "weight": [[1.0, 2.0], [3.0, 4.0]]}, {"name": "y", "from": "x", "weight": 0.5}]
    made = plan(Double, {"input": [1, 2], "target": {"y": [1, 1]}, "layers": layers})
    laid = made.linear.graph
    found = gradients(made, parameter_arrays(laid, made.kind), [np.array([[1.0, 1.0]])])
    assert found[0].tolist() == [[0, 0], [0, 0]] and found[1].shape == () and found[1] != 0
