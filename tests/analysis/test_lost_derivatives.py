"""Derivatives of the loss that rounding makes 0, against σ(z) − 1 = −1/(1 + eᶻ) by mpmath."""

from __future__ import annotations

from math import log
from typing import Any

import mpmath
import pytest

import gradcalc
from gradcalc.analysis.lost_derivatives import LostDerivative, digits_in_doubt, lost_derivatives, off_kinks
from gradcalc.analysis.point import point

HINGE: dict[str, Any] = {"target": 1, "loss": "hinge", "layers": [{"weight": [[1, 1]], "activation": "identity"}]}


def saturated(z: float, **other: Any) -> dict[str, Any]:
    return {"input": 1, "target": 1, "loss": "sse", "activation": "sigmoid", "weights": [z]} | other


def lost(spec: dict[str, Any], arithmetic: str = "float64") -> tuple[LostDerivative, ...]:
    return lost_derivatives(gradcalc.load(spec), arithmetic)


def off(spec: dict[str, Any], arithmetic: str = "float64") -> list[tuple[int, int, int]]:
    return [(one.node, one.example, one.unit) for one in off_kinks(gradcalc.load(spec), arithmetic)]


@pytest.mark.parametrize("loss", ["sse", "mae"])
@pytest.mark.parametrize(("z", "dps"), [(40, 50), (200, 400), pytest.param(1000, 3200, marks=pytest.mark.slow)])
def test_digits_show_what_rounds_to_its_target(loss: str, z: float, dps: int) -> None:
    (one,) = lost(saturated(z, loss=loss))
    with mpmath.workdps(30):
        assert float(one.difference * (1 + mpmath.exp(z))) == pytest.approx(-1, rel=1e-14)
    assert tuple(one)[:4] == (1, 0, 0, dps)


def test_where_no_digits_show_it_they_are_in_doubt() -> None:
    def doubt(z: float, dps: int | None = None, units: int = 1) -> int | None:
        rows = [[1.0]] * units
        return digits_in_doubt(point(gradcalc.load(saturated(z, input=rows, target=[[1]] * units)), dps))

    assert lost(saturated(10_000)) == () and doubt(10_000) == 3200
    assert [doubt(z) for z in (1, 40, 900)] == [None] * 3  # the last in extended range, with 3,200 digits
    assert doubt(1000, units=64) is None and doubt(1000, units=65) == 400 and doubt(900, units=65) is None
    assert doubt(1000, dps=500) is None and doubt(1200, dps=500) == 500


@pytest.mark.parametrize(("bias", "digits"), [(33, None), (36, 15)])  # of which σ′ is 5×10⁻¹⁵ and 2×10⁻¹⁶
def test_in_a_wide_network_15_digits_are_all(bias: float, digits: int | None) -> None:
    layers = [{"weight": {"init": "zeros"}, "width": 150, "activation": "tanh"}]
    layers += [{"weight": {"init": "zeros"}, "width": 1, "bias": bias, "activation": "sigmoid"}]
    network = gradcalc.load({"input": [0.1] * 150, "target": 1, "layers": layers})
    assert digits_in_doubt(point(network)) == digits and lost_derivatives(network) == ()


def test_a_derivative_is_one_where_twice_the_digits_give_it_to_a_thousandth() -> None:
    errors = {}
    for quarter in range(230, 239):
        z = quarter / 4 * log(10)
        found = gradcalc.compute(gradcalc.load(saturated(z)), dps=50).backward
        assert found is not None
        with mpmath.workdps(150):
            exact = -2 / (1 + mpmath.exp(mpmath.mpf(z)))
            error = float(abs(mpmath.mpf(found["y"].output) / exact - 1))
        errors[error] = lost(saturated(z))[0].dps
    assert {dps for error, dps in errors.items() if 1e-4 < error <= 1e-3} == {50}
    assert {dps for error, dps in errors.items() if 1e-3 < error < 1e-2} == {400}


def test_more_digits_than_are_computed_with_are_looked_at() -> None:
    assert lost(saturated(40), "50 decimal digits") == () and lost(saturated(40), "float16") == ()
    assert [one.dps for one in lost(saturated(200), "50 decimal digits")] == [400]
    assert lost(saturated(200), "400 decimal digits") == ()


def test_what_is_exact_is_not_lost() -> None:
    given = {"input": 0.5, "activation": "identity", "weights": [1]}
    assert lost(given | {"target": 0.5}) == lost(given | {"loss": "output"}) == ()
    assert lost(given | {"target": 0.5, "loss": "mae"}) == ()


@pytest.mark.parametrize("shift", [1e-20, -1e-20])
@pytest.mark.parametrize(
    ("larger", "is_lost"), [("1.00001", True), ("1.0000005", False)]
)  # of which 1 or the larger is the derivative off the kink, and half their sum on it
def test_a_derivative_beside_a_kink_is_another_or_that_of_the_kink(shift: float, larger: str, is_lost: bool) -> None:
    spec = HINGE | {"input": [1, shift], "loss": {"formula": f"max(y - t, {larger}*(y - t))"}}
    found = lost(spec)
    assert [one.dps for one in found] == [50] * is_lost and off(spec) == [(1, 0, 0)] * (not is_lost)
    assert [float(one.difference) for one in found] == [pytest.approx(shift)] * is_lost


def test_an_output_beside_the_kink_of_a_hinge() -> None:
    above, below = (HINGE | {"input": [1, shift]} for shift in (1e-20, -1e-20))
    assert (lost(above), off(above)) == ((), [(1, 0, 0)])
    assert ([one.dps for one in lost(below)], off(below)) == ([50], [])
    half = HINGE | {"input": [0.5, -1e-20], "target": 2}
    assert [(one.dps, one.difference) for one in lost(half)] == [(50, None)]  # y is not its target
    on = HINGE | {"input": [1, 0]}
    assert (lost(on), off(on), off(above, "float16")) == ((), [], [])


@pytest.mark.parametrize(("hidden", "found"), [(2, [(2, 0, 0)]), (64, [])])
def test_an_output_is_off_its_kink_by_more_than_the_last_digit(hidden: int, found: list[Any]) -> None:
    """1 + 10⁻⁴⁰⁵ is 1 in 400 digits, though not in 800; few units are computed with 3,200."""
    zeros = hidden - 2
    layers = [
        {"weight": [[1, 0], [0, 1e-200]] + [[0, 0]] * zeros, "activation": "identity"},
        {"weight": [[1, 1e-205] + [0] * zeros], "activation": "identity"},
    ]
    loss = {"formula": "max(y - t, 1.0000005*(y - t))"}
    spec = {"input": [1, 1], "target": 1, "loss": loss, "layers": layers}
    assert off(spec, "extended") == found and lost(spec, "extended") == ()


def test_each_output_of_each_example_is_looked_at_by_itself() -> None:
    """An output that a layer reads, too: what comes back from there hides that its own loss has no derivative."""
    layers = [
        {"name": "h", "weight": [[1, 0], [0, 1]], "activation": "sigmoid"},
        {"name": "y", "weight": [[1, -1]], "activation": "identity"},
    ]
    spec = {
        "input": [[40, 0.5], [0.5, 60], [0, 0]],
        "target": {"h": [[1, 0.5], [0.5, 1], [0.5, 0.25]], "y": [[0], [0], [0.5]]},
        "loss": "mae",
        "layers": layers,
    }
    found = lost(spec)
    assert [(one.node, one.unit, one.example, one.dps) for one in found] == [(1, 0, 0, 50), (1, 1, 1, 50)]
    for one, z in zip(found, (40, 60)):
        with mpmath.workdps(30):
            assert float(one.difference * (1 + mpmath.exp(z))) == pytest.approx(-1, rel=1e-14)
