"""Sweeps: every point is what a network built anew gives, in order, with a reason where it fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcalc
from gradcalc import language
from gradcalc.analysis.computation import compute, gradient
from gradcalc.analysis.point import point, subjects
from gradcalc.analysis.quantities import columns
from gradcalc.analysis.sweep import SweepRow, Task, points, rows
from gradcalc.language.document import Variants

SHOWN = columns(["loss", "w1", "norm", "log10:w2", "output:y"], (), None)


def swept(source: Any, axes: dict[str, list[Any]], against: bool = False, shown: Any = SHOWN) -> list[SweepRow]:
    document = language.read(source)
    keys = tuple(axes)
    plain = Variants(document, keys, True) if against else None
    return list(rows(Task(Variants(document, keys), shown, plain), points(axes)))


def anew(source: Any, keys: tuple[str, ...], row: SweepRow) -> tuple[float, float]:
    network = Variants(language.read(source), keys).network(row.values)
    at = point(network)
    return at.loss, gradient(at, subjects(network)[0])


def read(row: SweepRow) -> tuple[float, float]:
    return row.found["loss"], row.found["gradient:w1"]


@pytest.mark.parametrize(
    ("source", "key", "values"),
    [
        ("residual", "w1", [0.1, 0.2, -0.3, 1, 0.0, 5.5]),
        ("residual", "w_r", [0.1, 0.2, -0.3, 1, 0.0, 5.5]),
        ("residual", "skips[0].weight", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "weights[1]", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "x", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "target", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "activation", ["tanh", "relu", "sigmoid", "gelu", "elu"]),
        ("residual", "loss", ["mse", "sse", "bce", "mae", "huber"]),
        ("deep", "depth", [3, 4, 5, 8, 13]),
        ("deep", "layers[0].weight", [0.1, 0.2, 0.4, 0.8, 1.6]),
        ("rnn", "Wh", [0.1, 0.2, 0.4, 0.8, 1.6]),
    ],
)
def test_every_point_is_what_a_network_built_anew_gives(source: str, key: str, values: list[Any]) -> None:
    shown = columns(["loss", "Wx" if source == "rnn" else "w1"], (), None)
    for row in swept(source, {key: values}, shown=shown):
        found = compute(Variants(language.read(source), (key,)).network(row.values))
        assert found.loss is not None and found.gradients is not None
        assert list(row.found.values()) == [found.loss.value, next(iter(found.gradients.values()))]


@given(st.lists(st.floats(-30, 30), min_size=4, max_size=8, unique=True), st.sampled_from(["w1", "w3", "w_r", "x"]))
def test_compiled_once_or_built_anew_is_the_same(values: list[float], key: str) -> None:
    found = swept("residual", {key: values})
    assert [read(row) for row in found] == [anew("residual", (key,), row) for row in found]


def test_doubles_that_do_not_serve_are_computed_with_an_exponent() -> None:
    row = swept("plain", {"w1": [0.1, 1e-300, 0.2, 0.3], "w2": [1e-200, 0.1, 0.2, 0.3]})[4]
    assert row.values == (1e-300, 1e-200)
    assert row.found["log10:w2"] is not None
    assert f"{row.found['gradient:w1']:.6e}".endswith("e-202") or row.found["gradient:w1"] != 0


def test_a_grid_runs_the_last_key_fastest() -> None:
    found = swept("deep", {"depth": [3, 4], "w1": [0.1, 0.2, 0.3]})
    assert [row.values for row in found] == [(d, w) for d in (3, 4) for w in (0.1, 0.2, 0.3)]
    assert [read(row) for row in found] == [anew("deep", ("depth", "w1"), row) for row in found]


def test_a_failing_point_is_a_row_with_its_reason() -> None:
    good, bad, again = swept("residual", {"activation": ["tanh", "nope", "relu"]})
    assert bad.found == {} and bad.error is not None and "nope" in bad.error
    assert good.error is None and again.error is None
    text = swept("residual", {"w1": [0.1, "abc", 0.2, 0.3]})[1]
    assert text.error is not None and "abc" in text.error


def test_against_the_plain_network() -> None:
    row = swept("residual", {"w_r": [0.1, 0.2, 0.3, 0.4]}, against=True)[0]
    assert row.found["gradient:w1"] == pytest.approx(-0.0030212381210528165, rel=1e-13)
    assert row.against is not None
    assert row.against["gradient:w1"] == pytest.approx(-7.582885583984374e-05, rel=1e-13, abs=0)


def test_from_python() -> None:
    found = gradcalc.sweep("deep", {"depth": [3, 4]}, show=["w1"], without_skips=True)
    assert [row.values for row in found.rows] == [(3,), (4,)]
    assert [row.values for row in found.rows] == [(3,), (4,)]
    plain = gradcalc.load("residual", no_skips=True)
    assert gradcalc.compare(gradcalc.load("residual"), plain).ratios["w1"][1] == pytest.approx(39.842855171570825)


def test_a_batch_and_a_wide_network_are_swept_too() -> None:
    batch = {"input": [[0.1], [0.2]], "target": [[1], [0]], "weights": [0.3, 0.4]}
    found = swept(batch, {"w2": [0.1, 0.2, 0.3, 0.4]})
    assert [read(row) for row in found] == [anew(batch, ("w2",), row) for row in found]
    wide = {
        "input": [0.1] * 200,
        "target": [0.5] * 200,
        "layers": [{"weight": {"init": "normal", "std": 0.1}, "width": 200}],
    }
    seeds = swept(wide, {"seed": [0, 1]}, shown=columns(["loss", "norm:w1"], (), None))
    assert len({row.found["loss"] for row in seeds}) == 2


def test_a_value_that_is_infinite_is_none() -> None:
    """Of two paths that cancel but for 10⁻⁴⁵⁰ the share is finite in extended range alone."""
    layers = [{"weight": 0.3}, {"weight": 1e-200}, {"from": {"h1": -1}}, {"from": {"h3": 1, "h2": 1e-250}}]
    spec = {"input": 0.5, "target": 1, "activation": "identity", "layers": layers, "skips": [{"from": "h1", "to": "y"}]}
    shown = columns(["share:w1:h1-y", "share:w1:h1-h2-y"], (), None)
    (row,) = swept(spec, {"w1": [0.3]}, shown=shown[1:])
    assert row.found["share:w1:h1-h2-y"] == pytest.approx(1)
    (row,) = swept(spec, {"w1": [0.3]}, shown=shown)
    assert (row.found, row.error) == ({}, "a value is infinite")
