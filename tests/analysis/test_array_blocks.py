"""Wide networks and seeds at many points at once: rows are those of the points alone, as of values of narrow ones."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from analysis.swept_points import DRAWN, Case, cases, check, of_width, shown_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.analysis import sweep
from gradcalc.analysis.points import Points
from gradcalc.analysis.sweep import points, row_blocks, rows
from gradcalc.analysis.sweep_rows import RowBlock
from gradcalc.theory.mean_field import WIDE as WIDE_FROM

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:gradcalc")  # NumPy's, of a range that is left on purpose
INITS = ["uniform", "normal", "xavier_uniform", "he_normal", "lecun_normal", "orthogonal", "torch_linear"]
ACTIVATIONS = ["tanh", "sigmoid", "relu", "gelu", "softmax", "prelu", "softsign", {"name": "maxout", "pieces": 2}]


@st.composite
def drawn_networks(draw: Any) -> Case:
    """Networks whose parameters are drawn, with a seed open, and mostly a number or a depth."""
    units = st.integers(1, 5)

    def drawn() -> Any:
        rule: dict[str, Any] = {"init": draw(st.sampled_from(INITS))}
        if draw(st.integers(0, 3)) == 0:
            rule["seed"] = draw(st.integers(0, 9))
        return rule

    width = draw(units)
    layers: list[Any] = [{"weight": {"init": "xavier_normal"}, "width": width, "repeat": draw(st.integers(3, 4))}]
    for _ in range(draw(st.integers(0, 2))):
        activation, width = draw(st.sampled_from(ACTIVATIONS)), draw(units)
        layers.append({"weight": drawn(), "width": width, "activation": activation})
        if draw(st.booleans()):
            layers[-1]["bias"] = {"init": draw(st.sampled_from(["uniform", "normal"]))}
    examples = draw(st.integers(1, 3))
    given = [[draw(st.integers(-9, 9)) / 7 for _ in range(draw(units))]]
    given += [[draw(st.integers(-9, 9)) / 7 for _ in given[0]] for _ in range(examples - 1)]
    target = [[draw(st.integers(-9, 9)) / 7 for _ in range(width)] for _ in given]
    spec = {
        "input": given if examples > 1 else given[0],
        "target": target if examples > 1 else target[0],
        "activation": draw(st.sampled_from(ACTIVATIONS[:-1])),
        "loss": draw(st.sampled_from(["mse", "huber", "mae"])),
        "layers": layers,
        "seed": 3,
    }
    if draw(st.booleans()):
        spec["skips"] = [{"from": "h1", "to": "h2", "weight": drawn()}]
    axes: dict[str, list[Any]] = {"seed": [1, 0, -4, 2**40, 7, 2.5, "x"] if draw(st.booleans()) else [5, 6, 7, 8]}
    other = draw(st.sampled_from(["", "w1[0,0]", "depth", "seed"]))
    if other == "depth":
        axes = {"depth": [len(layers) + 1, len(layers) + 2], **axes}
    elif other == "w1[0,0]":
        axes = draw(st.permutations([(other, [0.1, 0.5, 1e-200, 3])]).map(lambda one: {**axes, **dict(one)}))
    return Case(spec, axes)


@settings(max_examples=1, phases=DRAWN)
@given(cases(), st.data())
def test_rows_of_any_network_are_those_of_its_points(case: Case, data: Any) -> None:
    check(case, shown_of(case, data), wide=True)


@pytest.mark.slow
@settings(max_examples=30, phases=DRAWN)
@given(cases(), st.data())
def test_rows_of_30_networks_are_those_of_their_points(case: Case, data: Any) -> None:
    check(case, shown_of(case, data), wide=True)


@pytest.mark.parametrize("wide", [False, True])
@settings(max_examples=3, phases=DRAWN)
@given(drawn_networks(), st.data())
def test_rows_of_seeds_are_those_of_their_networks(wide: bool, case: Case, data: Any) -> None:
    check(case, shown_of(case, data), wide)


@pytest.mark.slow
@pytest.mark.parametrize("wide", [False, True])
@settings(max_examples=30, phases=DRAWN)
@given(drawn_networks(), st.data())
def test_rows_of_seeds_are_those_of_30_networks(wide: bool, case: Case, data: Any) -> None:
    check(case, shown_of(case, data), wide)


WIDE = {"input": [0.3, -0.6], "target": 1, "seed": 0, "loss": "bce_with_logits"}
LAYERS: list[Any] = [
    {"weight": {"init": "he_normal"}, "width": 120, "activation": "relu", "repeat": 3},
    {"weight": {"init": "normal"}, "width": 1, "activation": "identity"},
]


def test_seeds_of_a_wide_network_are_computed_together_from_the_first() -> None:
    case = Case({**WIDE, "layers": LAYERS}, {"seed": list(range(6))})
    task = case.task(["loss", "norm", "w1"])
    assert [type(block) for block in row_blocks(task, points(case.axes))] == [RowBlock]
    assert check(case, ["loss", "norm", "w1"]) == 6


@pytest.mark.parametrize(("wide", "computed_together"), [(True, 8), (False, 6)])
def test_an_entry_that_is_set_stays_beside_what_a_seed_draws(wide: bool, computed_together: int) -> None:
    axes = {"w1[0,0]": [0.5, 2.5], "seed": [3, 4, 5, 6]}
    case = Case({**WIDE, "layers": [{**LAYERS[0], "width": 4}, LAYERS[1]]}, axes)
    assert check(case, ["loss", "w1[0,0]", "w1"], wide) == computed_together


def test_a_row_of_a_wide_network_does_not_depend_on_which_others_are_computed() -> None:
    layers = [{**LAYERS[0], "width": 5, "activation": "softplus"}, {"weight": {"init": "normal"}, "width": 1}]
    axes = {"depth": [2, 4], "seed": list(range(8))}
    spec = {**WIDE, "loss": "bce", "activation": "identity", "layers": layers}  # most outputs are no probability
    task, at = Case(spec, axes).task(["loss", "norm", "h1"]), points(axes)
    with of_width(True):
        whole = list(rows(task, at))
        assert {row.error is None for row in whole} == {True, False}
        chosen = [1, 2, 5, 9, 10, 11, 15]
        assert list(rows(task, Points(at.axes, chosen))) == [whole[number] for number in chosen]


COUPLED = {
    "input": [[0.3, -0.6], [1.0, 0.5]],
    "target": [[1.0], [0.25]],
    "loss": {"name": "huber", "delta": 0.5},
    "layers": [
        {
            "weight": [[0.5, 0.25], [-1, 1.5], [1, -0.5], [0.2, 0.7]],
            "bias": [0.1, 0.2, -0.3, 0.4],
            "activation": {"name": "maxout", "pieces": 2},
        },
        {"weight": [[0.6, -0.8], [0.4, 0.9]], "bias": [0.05, -0.4], "activation": "prelu"},
        {"weight": [[1.1, 0.3], [-0.2, 0.8]], "activation": "softmax"},
        {"weight": [[0.9, -1.2]], "bias": 0.3, "activation": "identity"},
    ],
    "skips": [{"from": "h1", "to": "h3"}, {"from": "h2", "to": "h3", "weight": 0.7, "into": "output"}],
}
JOINED: dict[str, Any] = {
    "input": {"p": [0.5, -0.7], "q": 0.9},
    "target": 0.4,
    "loss": "mae",
    "layers": [
        {"name": "a", "from": "p", "weight": [[0.5, 0.6], [-0.4, 0.9]], "activation": "tanh"},
        {"name": "b", "from": "q", "weight": [[0.8], [-0.3]], "activation": "sigmoid"},
        {"name": "m", "from": ["a", "b"], "join": "max", "activation": "identity"},
        {"name": "n", "from": ["a", "m"], "join": "multiply", "activation": "softplus"},
        {"name": "c", "from": ["b", "n", "m"], "join": "concat", "activation": "identity"},
        {"name": "d", "from": ["a", "b"], "join": "min", "activation": "identity"},
        {"name": "y", "from": {"c": [[0.3, -0.6, 0.2, 0.9, 0.5, 0.4]], "d": [[0.7, -0.2]]}, "activation": "identity"},
    ],
}
RECTIFIED: dict[str, Any] = {
    "input": [[1.0, -2.0], [0.5, 3.0]],
    "target": [[0.2, 0.9], [0.25, 0.6]],
    "loss": "mae",
    "layers": [
        {"weight": [[0.1, 0.25], [-1, 1.5], [1, -0.5]], "bias": [0.5, 0.2, -0.3], "activation": "relu"},
        {"weight": [[0.6, -0.8, 0.3], [0.4, 0.9, -0.2]], "activation": "hardtanh"},
    ],
}
FORMULA: dict[str, Any] = {
    "input": 1.0,
    "target": 0.2,
    "layers": [
        {"weight": 0.5, "activation": {"formula": "max(x, 2*x - 0.77)"}},
        {"weight": 2, "activation": {"formula": "x + x^2"}},
    ],
}
NUMBERS = [0.3, -0.45, 2.0, 1e-3, 0.77, -1.5, 0.0, 9.0, 900.0, 1e-200, 1e180, 3e-310]
PROBABILITY: dict[str, Any] = {
    "input": 0.5,
    "target": 1,
    "loss": "bce",
    "activation": "identity",
    "weights": [0.5, 1.2],
}


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize(
    ("spec", "axis", "shown"),
    [
        (
            COUPLED,
            "w1[0,0]",
            [
                "w1[2,1]",
                "w1[0,0]",
                "b1[3]",
                "w2",
                "norm:w2[0,1]",
                "log10:w3",
                "b2[1]",
                "b4",
                "h1",
                "h1[1]",
                "x[0]",
                "y",
            ],
        ),
        (
            COUPLED,
            "b2[0]",
            ["w3[1,0]", "w_h2_h3", "log10:h2[1]", "log10", "norm:h3", "output:h2", "output:h3", "output:y"],
        ),
        (
            JOINED,
            "w1[0,1]",
            ["w1", "w2[1,0]", "p", "q", "a[1]", "m", "log10:n", "norm:d", "output:c", "output:m", "output:y"],
        ),
        (JOINED, "w7_d[0,1]", ["w7_d[0,1]", "w7_c", "norm:w1[1,1]", "b", "c[3]", "output:n", "output:d"]),
        (
            RECTIFIED,
            "w1[0,0]",
            ["w1", "w2[1,2]", "b1", "x", "h1[2]", "output:h1"],
        ),  # −0.45 − 0.5 + 0.5 < 0 = 0·1 − 0.5 + 0.5
        (PROBABILITY, "w1", ["w1", "w2", "x", "output:h1"]),  # which no number below 0 or above 1 is
        (RECTIFIED, "w2[0,1]", ["w1[0,1]", "w2", "y[0]", "log10:y[1]", "output:y"]),
        (FORMULA, "w1", ["w1", "h1"]),  # with a kink at 0.77, at which w1·1 stands
    ],
)
def test_every_column_at_many_points_is_that_of_each_point(spec: Any, axis: str, shown: list[str], wide: bool) -> None:
    assert check(Case(spec, {axis: NUMBERS}), ["loss", "norm", *shown], wide) >= 2


@pytest.mark.parametrize("axis", ["w1[2,1]", "w2[0,3]", "b1[1]", "input[1]"])
def test_columns_that_read_the_network_itself_see_the_numbers_of_their_point(axis: str) -> None:
    layers = [
        {"weight": {"init": "normal"}, "bias": {"init": "uniform"}, "width": WIDE_FROM, "activation": "tanh"},
        {"weight": {"init": "normal"}, "width": 1, "activation": "identity"},
    ]
    spec = {"input": [1.0, -2.0], "target": 0.4, "loss": "mse", "seed": 3, "layers": layers}
    task, at = Case(spec, {axis: NUMBERS[:4]}).task(["mean_field:w1", "mean_field:b1"]), points({axis: NUMBERS[:4]})
    with patch.multiple(sweep, FIRST=0, SHORTEST=99, MANY=99, WORTH=2):
        compiled = [row.found for row in rows(task, at)]
    with patch.multiple(sweep, WORTH=99):
        alone = [row.found for row in rows(task, at)]
    assert compiled == alone
    assert len({found["mean_field:w1"] for found in alone}) == 4
