"""Points in blocks: a row is what the point by itself gives, to 2 ulp × condition, so to every digit shown; with its
kinks, and the very same where the point leaves the range of float64, or has no value there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from analysis.swept_points import DRAWN, SHOWN, Case, cases, check, shown_of, together
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.analysis.compiled_network import is_number
from gradcalc.analysis.point_blocks import BlockColumn, any_of, at_place, cut, joined, numbers_of, total
from gradcalc.analysis.sweep import points, rows

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:gradcalc")  # NumPy's, of a range that is left on purpose


def test_what_some_networks_of_a_sweep_do_not_have_is_their_reason() -> None:
    spec = {"input": 0.5, "target": 1, "layers": [{"weight": 0.5, "repeat": 3}, {"weight": 0.5}]}
    for text in ("output:h4", "h4", "norm:h4", "log10:h4", "share:w1:h1-h2-h3-h4-y"):
        case = Case(spec, {"depth": [3, 6], "x": [0.1, 0.2, 0.3, 0.4, 0.6]})
        check(case, ["loss", text])
        with together():
            errors = [row.error for row in rows(case.task(["loss", text]), points(case.axes))]
        assert [error is not None and "h4" in error for error in errors] == [True] * 5 + [False] * 5


@settings(max_examples=4, phases=DRAWN)
@given(cases(), st.data())
def test_rows_of_any_network_are_those_of_its_points(case: Case, data: Any) -> None:
    check(case, shown_of(case, data))


@pytest.mark.slow
@settings(max_examples=150, phases=DRAWN)
@given(cases(), st.data())
def test_rows_of_random_networks_are_those_of_their_points(case: Case, data: Any) -> None:
    check(case, shown_of(case, data))


@pytest.mark.parametrize("join", ["min", "max"])
@pytest.mark.parametrize("activation", ["abs", "sign", {"formula": "abs(x)"}])
def test_a_join_that_no_key_moves_is_a_float(join: str, activation: Any) -> None:
    joined = {"from": {"x": 2, "h1": 3}, "join": join, "activation": activation}
    spec = {"input": 0.5, "target": 1, "layers": [{"weight": 0.7}, joined, {"weight": 0.4, "activation": "tanh"}]}
    assert check(Case(spec, {"w3": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}), SHOWN) == 4


@pytest.mark.parametrize(
    "activation", ["softmax", "log_softmax", "layer_norm", "rms_norm", {"name": "maxout", "pieces": 2}]
)
def test_units_that_an_activation_couples(activation: Any) -> None:
    coupled = {"weight": [[0.7], [-0.4], [0.2], [0.9]], "bias": [0.1, 0.3, -0.2, 0.4], "activation": activation}
    last = {"weight": [[0.4, -0.6, 0.3, 0.8][: 2 if isinstance(activation, dict) else 4]], "activation": "tanh"}
    case = Case({"input": 0.5, "target": 1, "layers": [coupled, last]}, {"x": [0.1, 0.2, 0.3, -0.4, 0.5, -0.6]})
    assert check(case, ["loss", "gradient:b1", "h1"]) == 4


LOGARITHM: dict[str, Any] = {"loss": "output", "layers": [{"weight": 1.0, "activation": {"formula": "log(x)"}}]}
ROOT: dict[str, Any] = {"loss": "output", "layers": [{"weight": 1.0, "activation": {"formula": "sqrt(x)"}}]}
IDENTITY: dict[str, Any] = {"target": 0.5, "layers": [{"weight": 1.0, "activation": "identity"}]}


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("spec", "xs", "computed_together"),
    [
        (LOGARITHM, [0.1, -0.2, 0.3, 0.4, 0.5, 0.6, -1, 0.8], 5),
        (LOGARITHM, [-0.1, -0.2, -0.3, -0.4, -0.5], 0),
        (LOGARITHM, [0.1, 0.2, 0.3, 0.4, 0.5], 3),
        (ROOT, [0.1, 0.2, 0.3, 0, 0.5, 0.6], 3),  # with a value at 0, and no derivative
        (IDENTITY | {"loss": {"formula": "sqrt(y) + t"}}, [0.1, 0.2, 0.3, 0, 0.5, 0.6], 3),
        (IDENTITY | {"loss": "bce"}, [0.1, 0.2, 0.3, -1, 0.6, 2], 2),
    ],
)
def test_points_without_a_value_are_computed_alone(
    spec: dict[str, Any], xs: list[float], computed_together: int, wide: bool
) -> None:
    first = wide * sum(x > 0 for x in xs[:2])  # which of a narrow network are computed alone
    assert check(Case({"input": 0.5, **spec}, {"x": xs}), ["loss", "w1"], wide) == computed_together + first


@pytest.mark.parametrize("wide", [False, True])
def test_a_product_of_sources_that_leaves_the_range(wide: bool) -> None:
    """That of three sources of 10⁻¹¹⁰ is 0; each by itself is far from the ends of the range."""
    layers = [
        {"name": "a", "weight": 0.5},
        {"name": "b", "from": "x", "weight": 3},
        {"name": "c", "from": "x", "weight": -2},
        {"name": "m", "from": ["a", "b"], "join": "multiply"},
        {"name": "n", "from": ["a", "b", "c"], "join": "multiply"},
        {"name": "y", "from": {"m": 0.25, "n": 3}, "bias": 1},
    ]
    spec = {"input": 0.5, "target": 1, "activation": "identity", "layers": layers}
    case = Case(spec, {"x": [0.1, 0.2, 0.3, 1e-110, 0.4, -0.7, 0, 1e110, 0.6]})
    assert check(case, ["loss", "w1", "w2", "w3", "w6_m", "w6_n", "output:n", "output:m"], wide) == 4 + 2 * wide


def test_a_column_has_a_value_of_its_shape_at_every_point() -> None:
    entries = np.arange(12.0).reshape(6, 2)  # of two points
    for shape, values in (
        ((2, 3), [[[0, 2, 4], [6, 8, 10]], [[1, 3, 5], [7, 9, 11]]]),
        ((6,), [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]]),
    ):
        column = BlockColumn(shape, entries)
        assert column.values() == values == [column.value(0), column.value(1)]
    single = BlockColumn((), entries[:1])
    assert single.values() == [0.0, 1.0] == [single.value(0), single.value(1)]


def test_blocks_one_after_the_other_are_one() -> None:
    parts: Any = [
        ([BlockColumn((2,), np.full((2, n), float(n))), BlockColumn((), np.full((1, n), -1.0))], np.arange(n) == 1)
        for n in (2, 3)
    ]
    columns, alone = joined(parts)
    assert [one.shape for one in columns] == [(2,), ()] and alone.tolist() == [False, True, False, True, False]
    assert columns[0].entries.tolist() == [[2, 2, 3, 3, 3]] * 2 and columns[1].entries.tolist() == [[-1] * 5]
    assert joined(parts[:1])[0] == parts[0][0]


def test_values_that_no_array_holds_are_read_alone() -> None:
    numbers, alone = numbers_of([[1, "x", 3.5], [4, 5, 10**400]], [is_number, is_number])
    assert [one.tolist()[:1] for one in numbers] == [[1.0], [4.0]] and numbers[0][2] == 3.5 and numbers[1][1] == 5
    assert alone.tolist() == [False, True, True] and {one.dtype for one in numbers} == {np.dtype(float)}
    whole, _ = numbers_of([[10**10, 3]], [is_number])
    assert (whole[0] * whole[0]).tolist() == [1e20, 9.0]  # which are no whole numbers of 64 bits


def test_numbers_at_some_points_and_at_one() -> None:
    given = [2.0, np.array([1.0, 3.0, 5.0])]
    assert [np.asarray(one).tolist() for one in cut(given, [0, 2])] == [2.0, [1.0, 5.0]]
    assert at_place(given, 1) == [2.0, 3.0]
    assert total([]) == 0.0 and total([1.0, 2.5]) == 3.5
    conditions = [np.array([True, False, False]), np.array([False, False, True])]
    assert any_of(conditions).tolist() == [True, False, True] and not any_of([])
    assert any_of(conditions[:1], np.array([False, True, False])).tolist() == [True, True, False]
