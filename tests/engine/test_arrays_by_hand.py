"""Edges between arrays, the k largest paths and the entropy of arrays, on numbers that are done in the head."""

from __future__ import annotations

import pickle
from decimal import Decimal
from math import hypot, inf, log, nan
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.arithmetic.extended_arrays import ExtendedArray, extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.array_edges import (
    NOTHING,
    ArrayEdge,
    Bias,
    Diagonal,
    Inner,
    Jacobians,
    Matrix,
    Outer,
    Scalar,
    Start,
    offset,
    part,
    placed,
    times_one,
)
from gradcalc.engine.array_entropy import ScaledEntropy
from gradcalc.engine.array_k_best import ArrayKBest, Candidates, RankingEdge, cut, longer, norms, of_use, of_use_jointly
from gradcalc.engine.array_linear import Stack, start, xlogx
from gradcalc.engine.array_point import array_point
from gradcalc.engine.array_points import PointsWatch, rows_of
from gradcalc.network.graph import graph

HEAD = np.array([[1.0, 2.0, -3.0, 4.0], [5.0, -6.0, 7.0, 8.0]])  # two examples of four units
PAIR = np.array([[1.0, -2.0], [3.0, 0.5]])
W = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
TAIL = np.array([[2.0, -1.0, 3.0], [0.5, 1.0, -2.0]])


def rows(array: Any) -> Any:
    return np.asarray(array).tolist()


def test_what_an_arc_feeds_is_a_part_of_its_head() -> None:
    assert rows(part(HEAD, 1, 2)) == [[2, -3], [-6, 7]] and part(HEAD, 3, 4) is HEAD
    assert rows(placed(PAIR, 1, 4)) == [[0, 1, -2, 0], [0, 3, 0.5, 0]] and placed(HEAD, 3, 4) is HEAD
    assert (offset(2, 1, 4), offset(2, 4, 4)) == (2, 0)
    assert times_one(HEAD) is HEAD and rows(times_one(np.array([2, 3], dtype=object))) == [2, 3]
    assert NOTHING + 3 == 3 and 3 + NOTHING == 3 and NOTHING * 5 is NOTHING


JACOBIANS = np.array([[[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]], [[2.0, 1.0, 1.0], [-1.0, 0.0, 4.0]]])
PRODUCTS: list[tuple[Any, ArrayEdge, Any]] = [
    (PAIR, Matrix(W), [[0, -10, 5], [3.25, -4, 8.5]]),
    (HEAD, Matrix(W, 1), [[0.5, -16, 9], [-2.5, 40, -25]]),  # the units 1 and 2
    (PAIR, Scalar(3.0, width=2), [[3, -6], [9, 1.5]]),
    (HEAD, Scalar(3.0, first=2, width=2), [[-9, 12], [21, 24]]),
    (HEAD, Scalar(first=1, width=1), [[2], [-6]]),
    (PAIR, Diagonal(np.array([[2.0, 3.0], [4.0, -5.0]])), [[2, -6], [12, -2.5]]),
    (PAIR, Jacobians(JACOBIANS), [[1, 4, -6], [5.5, 3, 5]]),
    (PAIR, Outer(TAIL, 0, 2), [[3.5, 2, -3], [-3.75, 2.5, -7]]),
    (HEAD, Outer(TAIL, 2, 2), [[-2.5, 10, -23], [12, 4, -4]]),
    (PAIR, Inner(np.array([[2.0, 3.0], [4.0, -5.0]])), 2 - 6 + 12 - 2.5),
    (HEAD, Inner(PAIR, first=1), 2 + 6 - 18 + 3.5),
    (PAIR, Bias(), [4, -1.5]),
    (PAIR, Bias(shared=True), 2.5),
    (PAIR, Bias(np.array([[2.0, 3.0], [4.0, -5.0]])), [14, -8.5]),
    (PAIR, Bias(np.array([[2.0, 3.0], [4.0, -5.0]]), shared=True), 5.5),
]


@pytest.mark.parametrize(("adjoint", "edge", "product"), PRODUCTS)
def test_an_adjoint_times_an_edge(adjoint: Any, edge: ArrayEdge, product: Any) -> None:
    assert rows(adjoint * edge) == product
    assert rows(np.stack([adjoint, 2 * adjoint]) * edge) == [product, rows(2 * np.array(product))]


@pytest.mark.parametrize(("adjoint", "edge", "product"), PRODUCTS)
def test_a_change_of_the_tail_is_that_of_the_head_times_the_edge(adjoint: Any, edge: ArrayEdge, product: Any) -> None:
    """Σ (adjoint·edge)·change = Σ adjoint·(edge·change), whatever the change."""
    change = np.linspace(-1, 2, np.size(product)).reshape(np.shape(product))
    moved = edge.change(change, adjoint.shape[-1])
    if not isinstance(edge, Bias) or edge.entries is not None:
        assert moved.shape == adjoint.shape
    assert np.sum(adjoint * np.broadcast_to(moved, adjoint.shape)) == pytest.approx(np.sum(product * change), rel=1e-14)


def test_a_function_over_an_edge_leaves_its_place() -> None:
    edge = Scalar(-2.0, first=1, width=3, pieces=5, shared=True)
    size = abs(edge)
    assert type(size) is Scalar and (size.entries, size.first, size.width, size.pieces, size.shared) == (
        2,
        1,
        3,
        5,
        True,
    )
    identity = Scalar(first=1, width=3)
    assert abs(identity).entries is None and identity.apply(lambda x: x * 0).entries == 0
    assert identity.apply(lambda x: 3 * x).entries == 3 and identity.apply(lambda x: x * x * x).entries is None
    assert rows(HEAD[:, :2] * Start(PAIR[0])) == [[1, -4], [5, 12]]


def test_coefficients_in_arrays() -> None:
    one, two = Stack(np.array([[[1.0]], [[2.0]]])), Stack(np.array([[[10.0]], [[20.0]]]))
    assert [rows(one.plus(two, at).of.ravel()) for at in range(4)] == [
        [11, 22],
        [1, 12, 20],
        [1, 2, 10, 20],
        [1, 2, 0, 10, 20],
    ]
    assert rows(one.plus(Stack(np.array([[[5.0]]])), 0).of.ravel()) == [6, 2]
    assert start(3.0).of.shape == (1, 1, 1) and start(3.0).of.item() == 3.0


def test_numbers_times_their_logarithms() -> None:
    edge = xlogx(Double, Diagonal(np.array([[0.0, -2.0, 1.0]])))
    assert rows(edge.entries) == [[0.0, 2 * log(2), 0.0]]
    assert xlogx(Double, Scalar(width=2)).entries == 0
    digits = Multiprecision(40)
    with digits.context():
        entries = xlogx(digits, Diagonal(np.array([[digits.number(0), digits.number(-3)]], dtype=object))).entries
    assert entries[0, 0] == 0 and float(entries[0, 1]) == pytest.approx(3 * log(3), rel=1e-15)


def candidates(values: Any, k: int = 2, jointly: bool = False) -> Candidates:
    array = np.array(values, dtype=float)
    zeros = np.zeros(array.shape, dtype=int)
    return Candidates(array, zeros, zeros, np.broadcast_to(np.arange(array.shape[2]), array.shape), (), k, jointly)


def test_the_largest_side_by_side() -> None:
    one = candidates([[[8, -3], [1, 0]]])._replace(sources=((7, None),))
    both = one + candidates([[[-9, 3], [1, 2]]])._replace(sources=((9, None),))
    assert rows(both.values) == [[[-9, 8], [2, 1]]]
    assert rows(both.source) == [[[1, 0], [1, 0]]] and rows(both.rank) == [[[0, 0], [1, 0]]]  # of equal ones the first
    assert both.sources == ((7, None), (9, None)) and one + NOTHING is one and NOTHING + one is one


def test_sizes_over_examples() -> None:
    half = LowPrecision("float16")
    assert rows(norms(np.array([[[3.0]], [[-4.0]]]))) == [[[5.0]]]
    assert rows(norms(np.array([[[3]], [[-4]]], dtype=object))) == [[[25]]]  # of other numbers the square
    stored = np.array([[[half.number(3.0)]], [[half.number(300.0)]]], dtype=object)
    assert norms(stored).dtype == float and norms(stored).item() == hypot(3, 300)  # whose squares float16 has not
    far = norms(extended(np.array([[[3.0, 6.0]], [[-4.0, 8.0]]])) * extended(1e300) * extended(1e300))
    assert far[0, 0, 1] / far[0, 0, 0] == pytest.approx(2)
    jointly = cut(candidates([[[1, 3, 2]], [[5, 3, 0]]], jointly=True))
    assert rows(jointly.values) == [[[1, 3]], [[5, 3]]] and rows(jointly.rank) == [[[0, 1]], [[0, 1]]]
    alone = cut(candidates([[[1, 3, 2]], [[5, 3, 0]]]))
    assert rows(alone.values) == [[[3, 2]], [[5, 3]]] and rows(alone.rank) == [[[1, 2]], [[0, 1]]]


def test_the_largest_of_all_that_a_matrix_continues() -> None:
    values = np.array([[[8.0, -3.0], [5.0, 1.0]]])
    found, unit, rank = longer(values, Matrix(np.array([[1.0, -2.0], [3.0, 0.5]])), 2)
    assert rows(found) == [[[15, 8], [-16, 6]]] and rows(unit) == [[[1, 0], [0, 0]]]
    assert rows(rank) == [[[0, 0], [0, 1]]]
    whole = np.array([[[9.0], [8.0], [5.0]]])  # a matrix that feeds the units 1 and 2 alone
    found, unit, _ = longer(whole, Matrix(np.array([[1.0], [3.0]]), 1), 1)
    assert rows(found) == [[[15]]] and rows(unit) == [[[2]]]
    many = np.array([[[float(n)] for n in (1, -7, 3, 6, 2, 5, 4, 0, 1, 2)]])
    found, unit, rank = longer(many, Matrix(np.array([[1.0], [1.0]] * 5)), 2)
    assert (rows(found), rows(unit), rows(rank)) == ([[[-7, 6]]], [[[1, 3]]], [[[0, 0]]])
    tied = np.array([[[float(n)] for n in (1, 1, 7, 7, 7, 7, 1, 7, 5, 1, 5, 7, 7)]])
    assert rows(longer(tied, Matrix(np.ones((13, 1))), 2)[1]) == [[[2, 3]]]  # as they are found


def test_the_largest_in_all_examples_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values, weights = np.array([[[3.0], [4.0]], [[4.0], [1.0]]]), Matrix(np.array([[1.0, -2.0, 0.0], [1.0, 3.0, 1.0]]))
    for at_once in (2_000_000, 8, 1):
        monkeypatch.setattr("gradcalc.engine.array_k_best.AT_ONCE", at_once)
        found, unit, rank = longer(values, weights, 1, jointly=True)  # ‖3, 4‖ and ‖4, 1‖; ‖6, 8‖ and ‖12, 3‖
        assert rows(found) == [[[3], [12], [4]], [[4], [3], [1]]]
        assert rows(unit) == [[[0], [1], [1]]] * 2 and rows(rank) == [[[0], [0], [0]]] * 2


def test_the_order_of_what_is_far_smaller_than_the_largest() -> None:
    """As float64 relative to the largest, two of the three are 0."""
    weights = np.array([Decimal(1), Decimal("1e-400"), Decimal("-3e-400"), Decimal(0)], dtype=object)
    ones = extended(np.ones((1, 4, 1)))
    found, unit, _ = longer(ones, Matrix(extended(weights.reshape(4, 1))), 3)
    assert rows(unit) == [[[0, 2, 1]]] and found[0, 0, 1].item() / Decimal("-3e-400") == pytest.approx(1, rel=1e-15)
    assert rows(longer(ones, Matrix(extended(weights.reshape(4, 1))), 4)[1]) == [[[0, 2, 1, 3]]]


def test_where_a_unit_continues_to_one() -> None:
    values = np.array([[[8.0, -3.0], [5.0, 1.0]]])
    found, unit, rank = longer(values, Diagonal(np.array([[2.0, -1.0]])), 2)
    assert rows(found) == [[[16, -6], [-5, -1]]] and rows(unit) == [[[0, 0], [1, 1]]]
    assert rows(rank) == [[[0, 1], [0, 1]]]
    found, unit, _ = longer(values, Scalar(3.0, first=1, width=1), 2)
    assert rows(found) == [[[15, 3]]] and rows(unit) == [[[1, 1]]]
    pieces = Jacobians(np.array([[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 2.0]]]), pieces=2)
    found, unit, _ = longer(values, pieces, 2)
    assert rows(found) == [[[8, -3], [0, 0], [2.5, 0.5], [10, 2]]] and rows(unit) == [
        [[0] * 2, [0] * 2, [1] * 2, [1] * 2]
    ]


def test_the_seed_has_one_candidate_for_every_output() -> None:
    (edge,) = ArrayKBest(3, NOTHING).edges(None, [Start(np.array([[2.0, -1.0]]))])  # type: ignore[arg-type]
    begun = 0.5 * edge
    assert isinstance(edge, RankingEdge) and rows(begun.values) == [[[1], [-0.5]]] and begun.k == 3
    assert begun.sources == ((0, None),) and not begun.jointly
    moved = begun * RankingEdge(4, Diagonal(np.array([[3.0, 4.0]])), 3, False)
    assert rows(moved.values) == [[[3], [-2]]] and moved.sources == ((4, begun),)


ADJOINT = candidates([[[8, -3], [5, 1]], [[2, 1], [-7, 4]]])  # two examples, two units, two paths each


def test_the_largest_paths_of_a_parameter() -> None:
    inputs = np.array([[1.0, -2.0], [3.0, 0.5]])
    assert of_use(ADJOINT, Outer(inputs, 0, 2), None) == [(-21, 1, (1, 0), 1, 0), (-16, 0, (0, 1), 0, 0)]
    assert of_use(ADJOINT, Outer(inputs, 0, 2), (0, 1)) == [(-16, 0, (0, 1), 0, 0), (6, 0, (0, 1), 0, 1)]
    assert of_use(ADJOINT, Bias(), None) == [(8, 0, (0,), 0, 0), (-7, 1, (1,), 1, 0)]
    assert of_use(ADJOINT, Bias(), (1,)) == [(-7, 1, (1,), 1, 0), (5, 0, (1,), 1, 0)]
    assert of_use(ADJOINT, Bias(inputs, shared=True), (1,)) == [(-10, 0, (), 1, 0), (8, 0, (), 0, 0)]
    assert of_use(ADJOINT, Inner(inputs), None) == [(-10, 0, (), 1, 0), (8, 0, (), 0, 0)]
    assert of_use(ADJOINT, Outer(inputs, 1, 1), None) == [(-21, 1, (0, 0), 1, 0), (12, 1, (0, 0), 1, 1)]
    assert of_use(ADJOINT, Outer(inputs, 1, 1), (0, 1)) == [(-10, 0, (0, 1), 1, 0), (-3.5, 1, (0, 1), 1, 0)]
    more = np.array([[1.0, -2.0, 5.0], [3.0, 0.5, 0.0]])  # of which each unit takes the two largest
    assert of_use(ADJOINT, Outer(more, 0, 2), None) == [(40, 0, (0, 2), 0, 0), (25, 0, (1, 2), 1, 0)]
    alone = ADJOINT._replace(values=ADJOINT.values[:1])  # the largest candidate, 8, is multiplied by next to nothing
    assert of_use(alone, Inner(np.array([[0.001, 1.0]])), None) == [(5, 0, (), 1, 0), (1, 0, (), 1, 1)]
    assert of_use(ADJOINT, Inner(inputs[:, :1], first=1), None) == [(-21, 1, (), 1, 0), (12, 1, (), 1, 1)]


def test_the_paths_of_an_entry_in_all_examples() -> None:
    inputs = np.array([[1.0, -2.0], [3.0, 0.5]])
    assert of_use_jointly(ADJOINT, Outer(inputs, 0, 2), (1, 0)) == [([5, -21], 1, 0), ([1, 12], 1, 1)]
    assert of_use_jointly(ADJOINT, Outer(inputs, 1, 1), (0, 1)) == [([-10, -3.5], 1, 0), ([-2, 2], 1, 1)]
    assert of_use_jointly(ADJOINT, Bias(), (0,)) == [([8, 2], 0, 0), ([-3, 1], 0, 1)]
    assert of_use_jointly(ADJOINT, Inner(inputs), (1,)) == [([-10, -3.5], 1, 0), ([-2, 2], 1, 1)]


def test_moments_of_numbers_far_beyond_doubles() -> None:
    """Of 2^3000 and 3·2^3000: M = 4·2^3000, N = 2^3000·(4·3000·ln 2 + 3·ln 3)."""
    semiring, far = ScaledEntropy(), extended(np.array([[1.0, -3.0]])) * extended(2.0**1000) * extended(2.0**1000)
    once, twice = semiring.edges(None, [Diagonal(far), Diagonal(extended(np.array([[2.0**1000]])))])  # type: ignore[arg-type]
    found = semiring.start(extended(-1.0)) * once * twice
    both = NOTHING + found + NOTHING
    assert both is found
    size, spread = found.size, found.spread + found.size * (found.base * log(2))
    log_size = float(size.relative(axis=1)[0, 1]), int(size.exponents[0, 1])
    assert log_size == (0.75, 3002)  # 3·2^3000
    assert [float((spread / size)[0, unit].item()) for unit in range(2)] == pytest.approx(
        [3000 * log(2), 3000 * log(2) + log(3)], rel=1e-14
    )
    assert int(found.size.exponents.max()) == found.base
    added = found + semiring.start(extended(2.0)) * semiring.edges(None, [Diagonal(far)])[0]  # type: ignore[arg-type]
    assert float((added.size / size)[0, 0].item()) == pytest.approx(1, rel=1e-14)
    (nothing,) = semiring.edges(None, [Diagonal(extended(np.array([[0.0, 0.0]])))])  # type: ignore[arg-type]
    same = (
        semiring.start(extended(1.0)) * nothing + found
    )  # what passes an inactive layer takes no digits from the others
    spread = same.spread + same.size * (same.base * log(2))
    assert float((spread / size)[0, 1].item()) == pytest.approx(3000 * log(2) + log(3), rel=1e-14)


def test_a_number_may_be_lost_at_some_points_alone() -> None:
    def lost(array: Any, zeros: bool = True, axes: int = 2) -> list[bool]:
        watch = PointsWatch(3)
        watch(array, zeros, axes)
        return rows(watch.lost)

    at_points = np.array([[[1e-151, 1.0]], [[1.0, 0.0]], [[-1e150, 1e-150]]])
    assert lost(at_points) == [True, False, False] and lost(at_points, zeros=False) == [True, True, False]
    assert lost(np.array([[[1.0]], [[1.1e150]], [[nan]]])) == [False, True, True]
    assert lost(np.array([[1.0, inf]])) == [True] * 3 and lost(np.array([[1.0, 0.0]])) == [False] * 3
    assert lost(NOTHING) == [False] * 3
    watch = PointsWatch(3)
    watch.edge(Matrix(np.array([[0.0, 1e-200]])), False)  # a weight is looked at elsewhere
    watch.edge(Scalar(), True)
    watch.edge(Diagonal(np.array([[0.0]])), True)
    assert not watch.lost.any()
    watch.edge(Jacobians(np.array([[[1.0]], [[1e-200]], [[1.0]]])), True)  # three examples, at no points
    assert watch.lost.all()
    assert rows_of(np.arange(12.0).reshape(2, 3, 2)).tolist() == np.arange(12.0).reshape(6, 2).tolist()


def test_an_extended_array_is_one_to_the_edges() -> None:
    found = extended(np.array([[1.0, 2.0]])) * Matrix(extended(np.array([[3.0], [4.0]])))
    assert isinstance(found, ExtendedArray) and float(found.item()) == 11.0


COUPLED: dict[str, Any] = {
    "input": [[1.0, 2.0], [0.0, 3.0]],
    "layers": [
        {"weight": [[1.0, 0.0], [0.0, 2.0], [3.0, -1.0], [1.0, 1.0]], "activation": {"name": "maxout", "pieces": 2}},
        {"weight": [[1.0, -1.0], [0.5, 0.0]], "bias": [1.0, -2.0], "activation": "identity"},
    ],
}
TARGET = {"target": [[0.0, 0.0], [0.0, 1.0]], "loss": "half_sse"}


def test_all_that_a_batch_has_at_its_point() -> None:
    """The numbers are those of test_units_by_hand.py."""
    at = array_point(graph(gradcalc.load(COUPLED | TARGET)), Double)
    for one in (at, pickle.loads(pickle.dumps(at))):
        assert one.preactivation(1) == [[1, 4, 1, 3], [0, 6, -3, 3]] and one.output(2) == [[2, 0], [4, 1]]
        assert one.loss == (4 / 2 + 16 / 2) / 2 and one.derivative(2) == [[1, 1], [1, 1]]
        assert one.derivative(1) == [[[0, 1, 0, 0], [0, 0, 0, 1]]] * 2
        assert one.delta(1) == [[0, 1, 0, -1], [0, 2, 0, -2]] and one.adjoint(0) == [[-1, 1], [-2, 2]]
        assert one.gradient(0) == [[0, 0], [1, 8], [0, 0], [-1, -8]] and one.gradient(2) == [3, 0]
        assert one.in_range()
    forward = array_point(graph(gradcalc.load(COUPLED)), Double)
    assert forward.loss is None and forward.adjoints == [] and forward.output(2) == at.output(2)
    assert forward.in_range()


def test_the_gradient_of_what_no_path_leaves_is_0() -> None:
    layers = [{"name": "a", "from": "x", "weight": [[1.0, 2.0], [3.0, 4.0]]}, {"name": "y", "from": "x", "weight": 0.5}]
    at = array_point(graph(gradcalc.load({"input": [1, 2], "target": {"y": [1, 1]}, "layers": layers})), Double)
    assert at.gradient(0) == [[0, 0], [0, 0]] and at.adjoint(1) == [[0, 0]] and at.gradient(1) != 0
