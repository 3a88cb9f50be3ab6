"""Points in blocks: a row is what the point by itself gives, to 2 ulp × condition, so to every digit shown; with its
kinks, and the very same where the point leaves the range of float64, or has no value there."""

from __future__ import annotations

from typing import Any

import pytest
from analysis.swept_points import DRAWN, SHOWN, Case, cases, check, shown_of, together
from hypothesis import given, settings
from hypothesis import strategies as st

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
@settings(max_examples=300, phases=DRAWN)
@given(cases(), st.data())
def test_rows_of_300_networks_are_those_of_their_points(case: Case, data: Any) -> None:
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


@pytest.mark.parametrize(
    ("xs", "computed_together"),
    [
        ([0.1, -0.2, 0.3, 0.4, 0.5, 0.6, -1, 0.8], 5),
        ([-0.1, -0.2, -0.3, -0.4, -0.5], 0),
        ([0.1, 0.2, 0.3, 0.4, 0.5], 3),
    ],
)
def test_points_without_a_value_are_computed_alone(xs: list[float], computed_together: int) -> None:
    logarithm = {"weight": 1.0, "activation": {"formula": "log(x)"}}
    case = Case({"input": 0.5, "loss": "output", "layers": [logarithm]}, {"x": xs})
    assert check(case, ["loss", "w1"]) == computed_together
