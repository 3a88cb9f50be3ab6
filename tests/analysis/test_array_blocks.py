"""Wide networks and seeds at many points at once: rows are those of the points alone, as of values of narrow ones."""

from __future__ import annotations

from typing import Any

import pytest
from analysis.swept_points import DRAWN, Case, cases, check, of_width, shown_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.analysis.points import Points
from gradcalc.analysis.sweep import points, row_blocks, rows
from gradcalc.analysis.sweep_rows import RowBlock

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
