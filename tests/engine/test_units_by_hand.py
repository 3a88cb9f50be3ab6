"""When products of numbers and paths are held by float64, and values in their shapes, on numbers done in the head."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

import gradcalc
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import far_from_ends, holds_paths, scalar_point, shaped, swept, weight_list
from gradcalc.network.graph import graph
from gradcalc.network.linear_graph import EdgeLabel, LinearGraph

FEW, MANY = 499, 500  # of so many numbers the leading bytes are looked at


@pytest.mark.parametrize("count", [1, FEW, MANY])
@pytest.mark.parametrize(
    ("number", "far"),
    [(1.0, True), (-1e-148, True), (1e-152, False), (1e152, False), (0.0, False), (inf, False), (nan, False)],
)
def test_products_of_two_such_numbers_are_held(count: int, number: float, far: bool) -> None:
    assert far_from_ends([1.0] * (count - 1) + [number]) == far
    assert far_from_ends([number] + [-1.0] * (count - 1)) == far


def test_ends_of_what_is_far_from_ends() -> None:
    assert far_from_ends([]) and far_from_ends([1e-150, -1e-150]) and far_from_ends([1e150])
    assert not far_from_ends([9.9e-151]) and not far_from_ends([6e149, -6e149])  # whose sum might be 1.2e150
    assert far_from_ends([2.0**-495, 2.0**497 * (1 - 2.0**-53)] * 250)
    assert not far_from_ends([2.0**-496] * MANY) and not far_from_ends([2.0**497] * MANY)
    assert far_from_ends([-(2.0**496)] * MANY)


E0, E1, E2 = EdgeLabel("L", "e0", 0), EdgeLabel("b", "e1", 1), EdgeLabel("y", "e2", 2)
CHAIN = LinearGraph(4, 3, 2, [1, 0, 2], [3, 1, 0], [E0, E1, E2])  # 2 is a parameter, used at 0


@pytest.mark.parametrize(
    ("derivatives", "seed", "held"),
    [
        ([2.0**-1000, 2.0**-21, 1.0], 1.0, True),
        ([2.0**-1000, 2.0**-22, 1.0], 1.0, False),  # with the rounding of logarithms perhaps no normal number
        ([2.0**-1000, 2.0**-20, 0.5], 1.0, True),
        ([2.0**-1000, 2.0**-20, 0.25], 1.0, False),
        ([2.0**-1000, 1.0, 1.0], 2.0**-22, False),
        ([2.0**-1000, 2.0**-30, 0.0], 1.0, False),  # lost on the way to a 0
        ([0.0, 1e-300, 1e-300], 1.0, True),
        ([1e299, -3.0, 1.0], 1.0, True),  # 1e299 + 3e299 + 3e299, and the seed
        ([1e299, -5.0, 1.0], 1.0, False),
        ([1e300, 0.0, 1.0], 1.0, True),  # beside which the seed is nothing
        ([nan, 1.0, 1.0], 1.0, False),
    ],
)
def test_paths_whose_products_are_held(derivatives: list[float], seed: float, held: bool) -> None:
    assert holds_paths(CHAIN, derivatives, seed) is held


def test_adjoints_of_nodes_and_products_of_uses() -> None:
    assert swept(CHAIN, [3.0, -2.0, 5.0], 0.5) == ([-3.0, 1.5, 0.0, 0.5], [-15.0])


@pytest.mark.parametrize(
    ("found", "shape", "value"),
    [
        ([7], (), 7),
        ([7], (1, 1), 7),
        ([1, 2], (2,), [1, 2]),
        ([1, 2, 3, 4, 5, 6], (2, 3), [[1, 2, 3], [4, 5, 6]]),
        ([1, 2, 3], (3, 1), [[1], [2], [3]]),
        ([1, 2, 3], (1, 3), [[1, 2, 3]]),
    ],
)
def test_entries_in_their_shape(found: list[int], shape: tuple[int, ...], value: Any) -> None:
    assert shaped(found, shape) == value


COUPLED: dict[str, Any] = {
    "input": [[1.0, 2.0], [0.0, 3.0]],
    "target": [[0.0, 0.0], [0.0, 1.0]],
    "loss": "half_sse",
    "layers": [
        {"weight": [[1.0, 0.0], [0.0, 2.0], [3.0, -1.0], [1.0, 1.0]], "activation": {"name": "maxout", "pieces": 2}},
        {"weight": [[1.0, -1.0], [0.5, 0.0]], "bias": [1.0, -2.0], "activation": "identity"},
    ],
}


def test_all_that_a_batch_has_at_its_point() -> None:
    """z = (1, 4, 1, 3) and (0, 6, −3, 3), so h = (4, 3) and (6, 3); y = (2, 0) and (4, 1); δ = y − t, over 2."""
    at = scalar_point(graph(gradcalc.load(COUPLED)), Double)
    assert weight_list(at.graph, Double) == [1, 1, 0, 0, 2, 3, -1, 1, 1, 1, -1, 0.5, 0, 1, -2]
    assert at.preactivation(1) == [[1, 4, 1, 3], [0, 6, -3, 3]] and at.output(1) == [[4, 3], [6, 3]]
    assert at.output(2) == [[2, 0], [4, 1]] and at.loss == (4 / 2 + 16 / 2) / 2
    assert at.derivative(1) == [[[0, 1, 0, 0], [0, 0, 0, 1]]] * 2 and at.derivative(2) == [[1, 1], [1, 1]]
    assert at.delta(2) == [[1, 0], [2, 0]] and at.adjoint(1) == [[1, -1], [2, -2]]
    assert at.delta(1) == [[0, 1, 0, -1], [0, 2, 0, -2]] and at.adjoint(0) == [[-1, 1], [-2, 2]]
    assert at.gradient(0) == [[0, 0], [1, 8], [0, 0], [-1, -8]]
    assert at.gradient(1) == [[16, 9], [0, 0]] and at.gradient(2) == [3, 0]
    assert at.weight_gradients() == [0, 0, 0, 1, 8, 0, 0, -1, -8, 16, 9, 0, 0, 3, 0]
    assert at.in_range()
