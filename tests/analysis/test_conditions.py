"""Conditions on a loss and its gradients: how a text is read, the number that is compared, and on which side it is."""

from __future__ import annotations

from math import hypot
from typing import Any

import pytest

from gradcalc.analysis.conditions import Condition, condition
from gradcalc.errors import UsageError
from gradcalc.network.network import Value

GRADIENTS: dict[str, Value] = {"w1": -3.0, "w2": [[-4.0, 0.0], [12.0, 84.0]], "b2": [0.6, -0.8], "alpha": 2.0}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("loss < 1e-6", ("loss < 1e-6", "loss", "", "<", 1e-6)),
        ("  loss>=-.5  ", ("loss>=-.5", "loss", "", ">=", -0.5)),
        ("norm( w* ) <= +2E+3", ("norm( w* ) <= +2E+3", "norm", "w*", "<=", 2000.0)),
        ("abs(w2[1, 0]) > 12", ("abs(w2[1, 0]) > 12", "abs", "w2[1, 0]", ">", 12.0)),
        (" window( float16 ) ", ("window( float16 )", "window", "float16", ">=", 0.0)),
    ],
)
def test_a_condition_is_read_from_its_text(text: str, read: tuple[Any, ...]) -> None:
    assert tuple(condition(text, "--ok")) == read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("loss < 1", 0.25),
        ("abs(w1) < 1", 3.0),
        ("abs(w2[1, 0]) < 1", 12.0),
        ("abs(w2[0,0]) < 1", 4.0),
        ("abs(b2[1]) < 1", 0.8),
        ("norm(b2) < 1", 1.0),
        ("norm(w2[1]) < 1", hypot(12, 84)),
        ("norm(w*) < 1", hypot(3, 4, 12, 84)),
        ("norm(*) < 1", hypot(3, 4, 12, 84, 1, 2)),
    ],
)
def test_the_number_that_is_compared(text: str, value: float) -> None:
    assert condition(text, "--ok").value(0.25, GRADIENTS) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("comparison", "sides"),
    [
        ("<", (True, False, False)),
        ("<=", (True, True, False)),
        (">", (False, False, True)),
        (">=", (False, True, True)),
    ],
)
def test_which_side_of_the_bound_a_number_is_on(comparison: str, sides: tuple[bool, ...]) -> None:
    one = condition(f"loss {comparison} 2", "--ok")
    assert tuple(one.holds(loss, {}) for loss in (1.5, 2.0, 2.5)) == tuple(map(one.is_met, (1.5, 2, 2.5))) == sides


def test_a_window_is_met_that_holds_a_loss_scale_and_one_that_nothing_bounds() -> None:
    one = condition("window(float16)", "--ok")
    assert one.value(1.0, {}, {"float16": -2.5}.get) == -2.5 and one.value(1.0, {}) is None
    assert [one.is_met(value) for value in (-2.5, 0.0, 3.0, None)] == [False, True, True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loss", "--ok 'loss' is no condition; write one like loss < 1e-6, norm(w*) < 1e-8 or abs(w1) < 1e-9"),
        ("loss < 1.2.3", "--ok 'loss < 1.2.3' is no condition; write one like "),
        ("loss == 1", "--ok 'loss == 1' is no condition; write one like "),
        ("window(float15)", "--ok 'window(float15)': there is no format float15; there are "),
        ("norm(q) < 1", "norm(q) < 1: no parameter is called q; names are w1, w2, b2, alpha"),
        ("abs(w3[0]) < 1", "abs(w3[0]) < 1: no parameter is called w3[0]; names are w1, w2, b2, alpha"),
        ("abs(w2) < 1", "abs(w2) < 1: w2 is more than one number; norm(w2) takes them together"),
        ("abs(w*) < 1", "abs(w*) < 1: w* is more than one number; norm(w*) takes them together"),
        ("abs(b2[2]) < 1", "abs(b2[2]) < 1: b2 has no entry b2[2]"),
        ("abs(b2[0,0]) < 1", "abs(b2[0,0]) < 1: b2 has no entry b2[0,0]"),
        ("abs(b2[x]) < 1", "abs(b2[x]) < 1: b2 has no entry b2[x]"),
    ],
)
def test_what_is_no_condition_on_a_network(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        condition(text, "--ok").holds(1.0, GRADIENTS)
    assert str(error.value).startswith(message)


def test_names_are_told_before_anything_is_computed() -> None:
    names = list(GRADIENTS)
    for text in ("loss < 1", "window(float16)", "norm(b*) < 1", "abs(w2[5,5]) < 1"):
        condition(text, "--ok").refuse_unknown(names)
    for quantity in ("norm", "abs"):
        with pytest.raises(UsageError, match="no parameter is called q"):
            Condition("", quantity, "q", "<", 1.0).refuse_unknown(names)


def test_training_ends_by_a_window_of_no_format() -> None:
    with pytest.raises(UsageError, match=r"^--until 'window\(float16\)' is no condition"):
        condition("window(float16)", "--until")
