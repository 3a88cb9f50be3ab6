"""The tables of the forward and the backward pass: whoever multiplies a row out by hand gets its number."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest
from hypothesis import given
from reference.judging import tame
from strategies import specs

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.expressions.expression import Expression, fold
from gradcalc.report.report import Style, format_module
from gradcalc.views.compute_page import report
from gradcalc.views.compute_tables import PreactivationNumbers, by_example


def evaluated(expression: Expression) -> float:
    """An expression of numbers, multiplied out."""

    def visit(node: Expression, parts: list[float]) -> float:
        if node.head in ("figure", "number"):
            return float(node.value)
        rules = {"+": sum, "*": prod, "/": lambda xs: xs[0] / xs[1], "negative": lambda xs: -xs[0]}
        return float((rules | {"max": max, "min": min})[node.head](parts))

    return fold(expression, visit)


@given(specs())
def test_the_numbers_of_a_row_are_its_preactivation(spec: dict[str, Any]) -> None:
    network, _ = tame(spec)
    found = compute(network, top=0)
    for layer in network.layers:
        for example, zs in enumerate(by_example(found.forward[layer.name].preactivation, network.batch)):
            for unit, z in enumerate(zs):
                numbers = PreactivationNumbers(found, layer, example).of(unit)
                assert numbers is None or evaluated(numbers) == pytest.approx(float(z), rel=1e-9, abs=1e-9)


def page(spec: Any, width: int | None = None, format: str = "table", **options: Any) -> str:
    network, warnings = language.load(spec)
    return "".join(
        format_module(format).render(report(compute(network, **options), tuple(warnings)), Style(width=width))
    )


@pytest.mark.parametrize("format", ["table", "markdown", "latex", "html", "csv"])
@given(spec=specs())
def test_every_network_has_a_page_in_every_format(format: str, spec: dict[str, Any]) -> None:
    tame(spec)
    text = page(spec, 60, format)
    assert "None" not in text and "Abridged" not in text and "Expression" not in text


def test_joins_and_skips_are_written_out() -> None:
    layers = [
        {"name": "p", "from": {"a": 0.5, "b": 0.3}, "join": "multiply", "activation": "elu"},
        {"name": "q", "from": ["p", "a"], "join": "max", "activation": "identity"},
        {"name": "y", "from": ["p", "q"], "join": "concat", "weight": [[0.5, -1]], "bias": 0.1},
    ]
    skips = [{"from": "b", "to": "q", "into": "output"}]
    text = page({"input": {"a": 1.5, "b": -2}, "target": 1, "layers": layers, "skips": skips})
    assert "w1_a·a·w1_b·b = 0.5·1.5·0.3·(−2) " in text and " −0.450000  elu(z) " in text
    assert "max(p, a) = max(−0.362372, 1.5)" in text and "z + b" in text
    assert "w3·[p; q] + b3 = 0.5·(−0.362372) − 1·(−0.5) + 0.1" in text


def test_one_activation_and_no_skip_into_an_output_need_no_column_for_it() -> None:
    assert " output  " in page("residual") and "σ(z)" not in page("residual")
    assert "tanh(z) + h2" in page("resnet") and "sigmoid(z)" in page("resnet")
    assert "σ(z)" not in page("resnet")  # σ stands for every layer's activation there


def test_options_and_formulas_of_activations() -> None:
    layers = [{"weight": 1, "activation": {"name": "leaky_relu", "alpha": 0.2}}]
    layers.append({"weight": 1, "activation": {"formula": "x/(1 + exp(-2 x))"}})
    text = page({"input": 1, "target": 1, "layers": layers})
    assert "leaky_relu(z, alpha=0.2)" in text and "z/(1 + e^(−2z))" in text


def test_maxout_has_a_row_for_every_preactivation() -> None:
    layer = {"weight": [[1], [2], [3], [4]], "activation": {"name": "maxout", "pieces": 2}}
    lines = page({"input": 1, "target": [0, 0], "loss": "sse", "layers": [layer]}).splitlines()
    rows = [line.split() for line in lines if "·1" in line]
    assert [row[0] for row in rows] == ["y[0]", "=", "y[1]", "="]
    assert [row[-1] for row in rows] == ["0", "4", "0", "8"]


def test_backward_stands_below_where_the_line_is_narrow_and_beside_where_it_is_not() -> None:
    assert "Forward" in page("residual", 60).splitlines() and "Backward" in page("residual", 60).splitlines()
    assert any("Forward" in line and "Backward" in line for line in page("residual", 80).splitlines())


def test_wide_networks_show_norms() -> None:
    layers = [{"weight": {"init": "xavier_normal"}, "width": 64}, {"weight": {"init": "he_normal"}, "width": 2}]
    text = page({"input": [0.1, 0.2], "target": [0, 1], "seed": 1, "layers": layers})
    assert "Forward, by norms (--all shows every unit)" in text and "Backward, by norms" in text
    assert "‖z‖" in text and "‖δ‖" in text and "mean σ′(z)" in text
