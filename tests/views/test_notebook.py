"""What a notebook shows of networks and answers, and their one line elsewhere."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

import gradcalc
from gradcalc.network.network import Parameter

RESIDUAL = gradcalc.load("residual")
ANSWERS: dict[str, Callable[[], Any]] = {
    "Network": lambda: RESIDUAL,
    "Computation": lambda: gradcalc.compute(RESIDUAL),
    "PathAnalysis": lambda: gradcalc.paths(RESIDUAL, wrt="w1"),
    "Explanation": lambda: gradcalc.explain(RESIDUAL, wrt="w1"),
    "Comparison": lambda: gradcalc.compare(RESIDUAL, gradcalc.load("plain")),
    "Sweep": lambda: gradcalc.sweep("residual", {"w1": [0.1, 0.2]}),
    "GradientCheck": lambda: gradcalc.check(RESIDUAL, require="abs(w1) > 1e-6"),
    "GivenCheck": lambda: gradcalc.check(RESIDUAL, got={"w1": -0.00302}),
    "Diagnosis": lambda: gradcalc.diagnose(RESIDUAL),
    "Precision": lambda: gradcalc.precision(RESIDUAL),
    "Training": lambda: gradcalc.train(RESIDUAL, steps=3),
}
SHOWN = {
    "Network": "0.525929",
    "Computation": "97.6 %",
    "PathAnalysis": "97.6 %",
    "Explanation": "<math",
    "Comparison": "plain",
    "Sweep": "−0.003",
    "GradientCheck": "abs(w1)",
    "GivenCheck": "right to the digits given",
    "Diagnosis": "w1",
    "Precision": "float16",
    "Training": "0.2247",
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_is_one_line(kind: str) -> None:
    text = repr(ANSWERS[kind]())
    assert text.startswith(f"{kind}(residual")
    assert len(text) < 160 and "\n" not in text


def test_a_name_does_not_break_the_line() -> None:
    assert repr(RESIDUAL._replace(name="a\nb")).startswith("Network(a\\nb: name, ")


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_notebook_shows_it(kind: str) -> None:
    answer = ANSWERS[kind]()
    html, markdown = answer._repr_html_(), answer._repr_markdown_()
    HTMLParser().feed(html)
    assert html.startswith('<div class="gradcalc">') and html.endswith("</div>")
    assert SHOWN[kind] in html
    assert "<script" not in html and "<body" not in html
    assert markdown.strip() and "<td" not in markdown


def test_a_computation_is_shown_with_its_drawing() -> None:
    assert "<svg" in gradcalc.compute(RESIDUAL)._repr_html_()
    assert "```mermaid" in RESIDUAL._repr_markdown_()


def test_a_network_without_values_has_a_title() -> None:
    spec = {"name": "<b>", "input": -1, "layers": [{"weight": 1, "activation": {"formula": "log(x)"}}], "target": 1}
    network = gradcalc.load(spec)
    assert "&lt;b&gt;" in network._repr_html_()
    assert network._repr_markdown_().startswith("**")


def test_other_records_are_shown_as_they_are() -> None:
    assert Parameter("w", "entry", (), 1.0)._repr_html_() is None  # type: ignore[attr-defined]
