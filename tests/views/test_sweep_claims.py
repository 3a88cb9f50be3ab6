"""What `sweep` says of networks that are nearest to making it false; `tests/claims` knows how it is checked."""

from __future__ import annotations

from typing import Any

import pytest
from claims.search import said
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import chains
from sweeps import RANDOM

from gradcalc.errors import UsageError

KEYS = st.sampled_from(
    ["w1=0.1..2:0.3", "w2=1,2,4,8,16", "w2=-2..3", "w1=1e-3..1e3:log10", "x=0..4", "w2=0.999..1:0.0002"]
)


@given(chains(), KEYS, st.booleans(), st.booleans())
def test_what_is_said_of_random_sweeps_is_true(data: dict[str, Any], over: str, against: bool, theory: bool) -> None:
    plain = {"against": "no-skips"} if against else {}
    try:
        said("sweep", data, vary=[over], show=["w1"], theory=theory, **plain)
    except UsageError:
        assume(False)


SATURATED: dict[str, Any] = {
    "layers": [{"weight": 1e9 if n == 8 else 1, "activation": "tanh"} for n in range(1, 12)],
    "skips": {"every": 1, "into": "output"},
    "input": -1.2,
    "loss": "output",
}
"""∂L/∂w8 is 10⁻⁶⁰⁰⁰⁰⁰⁰⁰⁰⁰, whose logarithm has few digits after the point."""

LINEAR: dict[str, Any] = {"input": 1, "target": 0, "activation": "identity", "weights": [1.0, 1.0, 1.0]}


def test_a_theory_of_which_only_the_side_without_skips_can_be_told() -> None:
    """A skip that cancels w3: the gradient of the network is 0, that without skips is as its bound says."""
    skips = {"every": 1, "into": "preactivation", "weight": -1}
    data = {"input": 1, "target": 1, "activation": "identity", "weights": [0.0, 0.0, 1.0], "skips": skips}
    text = said("sweep", data, vary=["w2=1,2,4,8,16"], show=["w1"], against="no-skips", theory=True)
    assert "Bound / |∂L/∂w1|: without skips 1." in text


@pytest.mark.parametrize(
    ("data", "over", "told"),
    [
        (LINEAR, "w2=1,2,4,8,16", "is proportional to w2^2 "),
        (LINEAR, "w1=1,2,4,8", "is proportional to w1 "),
        (
            {**{key: LINEAR[key] for key in LINEAR if key != "target"}, "loss": "output"},
            "w1=1..5",
            "is the same at every point",
        ),
        (LINEAR, "w2=1,1.001,1.002,1.003", "changes by less than 1 %"),
        (LINEAR | {"activation": "exp"}, "w3=0,0.1,0.2,0.3,0.4", None),
        ("deep", "depth=3,10,20,40,100", "falls by ÷ 2.2 per layer "),
        (
            LINEAR | {"weights": [1.0] * 3, "loss": {"formula": "exp(0.005 y)"}},
            "w1=0..1000:100",
            "grows exponentially, from ",
        ),
        (LINEAR | {"activation": "relu", "weights": [1.0, -1.0, 1.0]}, "w1=1..5", "is 0 at every point"),
    ],
)
def test_laws_and_what_is_nearly_none(data: Any, over: str, told: str | None) -> None:
    text = said("sweep", data, vary=[over], show=["w1"], theory=True)
    assert told is None or any(told in sentence for sentence in text), text


def test_a_law_is_none_that_one_point_makes() -> None:
    """From 1 to 10 |∂L/∂w1| falls by ÷ 1.18 per step, not by the ÷ 1.69 of 1,000 to 10,000."""
    text = said("sweep", "plain", vary=["w2=1,10,100,1000,10000"], show=["w1"])
    assert any("is largest" in sentence for sentence in text) and not any("fit" in sentence for sentence in text)


def test_a_power_that_changes_from_point_to_point_is_a_rough_one() -> None:
    text = said("sweep", "residual", vary=["w_r=0.1..0.5:0.1"], show=["w1"])
    assert "|∂L/∂w1| is roughly proportional to w_r^0.905 (power-law fit, R² > 0.999)" in text


def test_what_differs_in_its_ninth_digit_is_not_the_same_however_small_it_is() -> None:
    (told,) = (one for one in said("sweep", SATURATED, vary=["w9=1,1.001,1.002"], show=["w8"]) if "∂L/∂w8" in one)
    assert told.removesuffix(".") == "|∂L/∂w8| changes by less than 1 %"


def test_the_depths_at_which_a_skip_ends_in_the_output_layer_are_told() -> None:
    """At even depths the last block of resnet is closed by y itself, sigmoid(z) + h: its loss is of another kind."""
    text = said("sweep", "resnet", vary=["depth=2,4,5,41"], show=["loss"])
    assert "At depth = 2 and 4 a skip adds to the output of y." in text
    assert not [told for told in said("sweep", "resnet", vary=["depth=3,5"], show=["loss"]) if "a skip" in told]
    even = said("sweep", "resnet", vary=["depth=2,4"], show=["loss"])
    assert "At every point a skip adds to the output of y." in even


def test_theories_of_every_kind() -> None:
    text = said("sweep", RANDOM, vary=["seed=0..3"], show=["w1"], theory=True)
    assert any("mean-field value" in sentence for sentence in text)
    text = said("sweep", "deep", vary=["depth=10,20,40"], against="no-skips", theory=True)
    assert any("measured / expected: 1." in sentence for sentence in text)


def test_the_extremes_are_told_where_no_law_holds() -> None:
    texts = said("sweep", "residual", vary=["w1=-3..3:0.5"])
    assert "|∂L/∂w1| is largest, 0.00303, at w1 = 0 and smallest, 0.00178, at w1 = 3." in texts
    grid = said("sweep", "residual", vary=["w1=-3..3", "w_r=-3..3"])
    ends = "largest, 0.0995, at (w1, w_r) = (-1, -3) and smallest, 0.0000453, at (w1, w_r) = (3, 0)"
    assert f"|∂L/∂w1| is {ends}." in grid
    zero = said("sweep", "residual", vary=["x=0,1,2,-1"])
    assert any("and smallest, 0, at x = 0." in text for text in zero)
    assert not any("is largest" in text for text in said("sweep", "residual", vary=["w1=0,1"]))


def test_a_change_of_sign_is_told_for_each_network() -> None:
    texts = said("sweep", "residual", vary=["w_r=-1..1:0.5"], against="no-skips")
    assert "∂L/∂w1 changes sign between w_r = -0.5 and 0." in texts
    texts = said("sweep", "residual", vary=["x=-2..2"], against="no-skips")
    assert "∂L/∂w1 changes sign between x = -1 and 1; without skips it changes sign between x = -1 and 1." in texts
    grid = said("sweep", "residual", vary=["w1=-3..3", "w_r=-3..3"])
    assert "∂L/∂w1 is negative at 28 of 49 points and positive at 21." in grid
    assert "∂L/∂w1 is negative at 2 of 3 points and positive at 1." in said("sweep", "residual", vary=["x=1,-1,2"])


def test_a_point_where_an_output_rounds_to_its_target() -> None:
    spec = {"input": 1, "target": 1, "weights": [1]}
    expected = "At w1 = 60: y rounds to its target in float64 (y - t = -8.8e-27); --dps 50 shows ∂L/∂y."
    assert expected in said("sweep", spec, vary=["w1=20,25,60"])
    expected = "At w1 = 40, 50, 60 and 70: y rounds to its target in float64; --dps 50 shows ∂L/∂y."
    assert expected in said("sweep", spec, vary=["w1=20,40,50,60,70,3000"])
    never = {"input": 1, "target": 1, "activation": "tanh", "weights": [1]}
    assert "At every point: y rounds to its target in float64." in said("sweep", never, vary=["w1=1e7,2e7"])
    texts = said("sweep", spec, vary=["w1=40..90:0.5"])
    assert "Of 101 points with a value of 0 the first and the last were looked at for such rounding." in texts
    assert not any("exactly" in text for text in texts)
    assert not any("rounds" in text for text in said("sweep", spec | {"loss": "bce"}, vary=["w1=20,40,60"]))
    assert not any("rounds" in text for text in said("sweep", spec | {"activation": "identity"}, vary=["w1=2,3,1"]))


def test_extremes_that_print_alike_are_not_told() -> None:
    chain = {"input": 1e-300, "target": 0, "weights": [1] * 34, "activation": {"formula": "x^2"}}
    assert not any("is largest" in text for text in said("sweep", chain, vary=["w34=1,1.2,1.5"], show=["log10:w1"]))
    assert any("is largest" in text for text in said("sweep", chain, vary=["w34=1,1.2,1.5"], show=["w1"]))
