"""The page of `compare`: sentences that are true to the figures, nothing cut, columns that align on the point."""

from __future__ import annotations

import json
import re
from math import hypot, log10
from typing import Any

import pytest
from hypothesis import assume, given
from strategies import specs

from gradcalc import language
from gradcalc.analysis.comparison import Comparison, Contender, compare
from gradcalc.analysis.computation import compute
from gradcalc.errors import DomainError
from gradcalc.expressions.numerals import superscript
from gradcalc.language.document import without_skips
from gradcalc.report.ascii import to_ascii
from gradcalc.report.formats import load
from gradcalc.report.report import Style
from gradcalc.report.text import width
from gradcalc.views.compare_page import report
from gradcalc.views.compute_page import report as report_of_compute

DEAD: dict[str, Any] = {
    "input": 0.5,
    "target": 1,
    "activation": "relu",
    "layers": [{"weight": 0.5, "repeat": 10}, {"weight": -1, "bias": -1}, {"weight": 0.5, "bias": 0.1, "repeat": 3}],
    "skips": [{"from": "h3", "to": "h13"}],
}
"""A ReLU that is off in h11, and a skip about it."""


def beside_plain(data: Any) -> Comparison:
    document = language.read(data)
    network, _ = language.build(document)
    plain, _ = language.build(without_skips(document, network))
    return compare([Contender("net", "net", network), Contender("plain", "without skips", plain)], alike="skips")


def side_by_side(*sources: Any, wrt: tuple[str, ...] = ()) -> Comparison:
    networks = [language.load(source)[0] for source in sources]
    names = [source if isinstance(source, str) else f"net{number}" for number, source in enumerate(sources)]
    return compare([Contender(name, name, network) for name, network in zip(names, networks)], wrt=wrt)


def page(comparison: Comparison, columns: int | None = None, theory: bool = False, digits: int = 6) -> str:
    return "".join(load("table")(report(comparison, (), theory), Style(width=columns, digits=digits)))


def flowing(text: str) -> str:
    return " ".join(text.split())


def facts(found: Any) -> Any:
    return json.loads("".join(load("json")(found, Style())))


def backward(source: Any) -> list[float]:
    """log10 |∂L/∂z| of a scalar chain as `compute` has it, from the output to the first layer."""
    said = facts(report_of_compute(compute(language.load(source)[0])))["backward"]
    return [log10(abs(node["delta"])) for node in said.values() if "delta" in node]


def slope(sizes: list[float]) -> float:
    """Least squares, by Cramer's rule."""
    n, xs = len(sizes), range(len(sizes))
    xy, xx = sum(x * y for x, y in zip(xs, sizes)), sum(x * x for x in xs)
    return (n * xy - sum(xs) * sum(sizes)) / (n * xx - sum(xs) ** 2)


def plain_of(name: str) -> dict[str, Any]:
    return {key: value for key, value in language.read(name).data.items() if key != "skips"}


def test_the_story_is_told_in_figures() -> None:
    text = flowing(page(beside_plain("residual")))
    assert "residual beside itself" not in text  # it is called net here
    assert "∂L/∂w1 is −0.00302124, 39.84 times what it is without the skip (−0.0000758289)." in text
    assert "97.6 % of it arrives over the skip h1 → y (w_r), 2.4 % by the other path." in text


def test_slopes_and_powers_of_ten_are_those_of_the_adjoints() -> None:
    with_skips, without = backward("deep"), backward(plain_of("deep"))
    text = flowing(page(beside_plain("deep")))
    assert f"∂L/∂z becomes {10 ** -slope(without):.2g} times smaller per layer" in text
    assert f"{without[0] - without[-1]:.0f} powers of ten from y to h1" in text
    assert f"with its skips it becomes {10 ** -slope(with_skips):.2g} times smaller per layer." in text
    beside = flowing(page(side_by_side("deep", "resnet")))
    assert f"{with_skips[0] - with_skips[-1]:.0f} powers of ten from y to h1" in beside
    assert "resnet: the gradient is kept from layer to layer." in beside


def test_a_gradient_that_grows_a_little_in_every_layer_is_not_called_kept() -> None:
    """|∂L/∂z| of a linear chain becomes |w| times as large in every layer."""
    chain = {"input": 1, "target": 0, "activation": "identity", "weights": [1.2] * 20}
    text = flowing(page(side_by_side(chain, chain | {"weights": [1.02] * 20}, chain | {"weights": [2.0] * 20})))
    assert (
        "net0: the gradient grows on its way back: ∂L/∂z becomes 1.2 times larger per layer, 1.5 powers of ten" in text
    )
    assert "net1: the gradient is kept from layer to layer." in text
    assert "net2: the gradient explodes on its way back: ∂L/∂z becomes 2 times larger per layer, 5.7 powers" in text


def test_a_gradient_that_stops_is_not_called_vanishing() -> None:
    text = flowing(page(beside_plain(DEAD)))
    assert "Without the skip the gradient is exactly 0 from h11 back; with the skip it is kept." in text
    assert "without the skip it is exactly 0. 100.0 % of it arrives over the skip h3 → h13" in text
    assert "0 from h11 on" in text
    assert "Exactly 0 in net: ∂L/∂w4, " in text and "; in without skips: ∂L/∂w1, " in text


def test_the_least_of_several_may_be_exactly_0() -> None:
    off = DEAD | {"skips": []}
    text = flowing(page(side_by_side(DEAD, off)))
    assert "∂L/∂w1 is largest in net0 (−0.0992187) and exactly 0 in net1." in text
    assert "net1: the gradient is exactly 0 from h11 back." in text


def test_a_gradient_that_turns_is_told() -> None:
    turned = {
        "input": 0.5,
        "target": 1,
        "weights": [0.3, 0.5, -0.7],
        "skips": [{"from": "h1", "to": "y", "weight": 0.4}],
    }
    found = beside_plain(turned)
    given_, plain = (side.gradients["w1"] for side in found.sides)
    assert given_ < 0 < plain
    assert f"{abs(given_ / plain):.4g} times what it is without the skip" in flowing(page(found))
    assert ", of the other sign." in page(found)


def test_figures_in_words_do_not_take_the_digits_of_the_numbers() -> None:
    text = flowing(page(beside_plain("residual"), digits=25))
    assert ", 39.84 times what it is" in text


def test_a_row_of_a_matrix_and_of_numbers_holds_norms() -> None:
    text = page(side_by_side("mazur", "deep", "plain"))
    cells = [line for line in text.splitlines() if re.search(r"‖.*w2 \| w40 \| w3‖", line)]
    assert len(cells) == 1
    at = text.splitlines().index(cells[0])
    assert all("−" not in line for line in text.splitlines()[at : at + 3])


def test_networks_of_one_path_have_its_number_too() -> None:
    lines = page(side_by_side("plain", "residual", wrt=("w_r",))).splitlines()
    assert "paths" in lines[1]
    assert re.search(r"∂L/∂w_r +−0\.124104 +1 ", lines[3])


@pytest.mark.parametrize("columns", [80, 200, None])
@pytest.mark.parametrize("count", [2, 5])
def test_columns_align_and_nothing_is_cut(columns: int | None, count: int) -> None:
    activations = ["sigmoid", "tanh", "relu", "gelu", "identity"][:count]
    data = language.read("residual").data
    found = side_by_side(*(data | {"activation": name} for name in activations))
    text = page(found, columns)
    assert "…" not in text
    assert columns is None or all(width(line) <= columns for line in text.splitlines())
    for side in found.sides:
        for value in side.gradients.values():
            assert any(abs(float(cell) / value - 1) < 1e-5 for cell in re.findall(r"-?\d\S*", to_ascii(text)))
    if count > 2:
        gradients = [line for line in text.splitlines() if re.match(r" (∂L/∂w\w+)? +net\d +−0\.", line)]
        assert len(gradients) == 4 * count
        assert len({line.index("−0.") for line in gradients}) == 1


def test_names_of_sixty_characters_are_whole() -> None:
    long = "a_name_that_has_sixty_characters_in_it_as_some_people_like_1"
    data = {"input": 0.5, "target": 1, "weights": [0.2, 0.1], "skips": [{"from": "x", "to": "y", "weight": 0.1}]}
    network = language.load(data | {"name": long})[0]
    found = compare([Contender(long, long, network), Contender("b", "b", network)])
    for columns in (80, 200, None):
        text = page(found, columns, theory=True)
        assert long in text.replace("\n", "")
        assert columns is None or all(width(line) <= columns for line in text.splitlines())


@given(specs())
def test_each_side_is_what_compute_says_of_it_alone(data: dict[str, Any]) -> None:
    try:
        found = side_by_side(data, {key: data[key] for key in data if key != "target"} | {"loss": "output"})
        alone = facts(report_of_compute(compute(found.sides[0].network)))
    except DomainError:
        assume(False)
    said = facts(report(found))
    first, second = said["networks"]
    assert first["loss"] == alone["loss"]["value"]
    assert first["gradients"] == alone["gradients"]
    assert first["log10"] == alone["log10"]
    assert first["paths"] == {name: paths["count"] for name, paths in alone["paths"].items()}
    for name, (own, times) in said["ratios"].items():
        norm = first["norms"][name]
        assert norm == pytest.approx(hypot(*flat(first["gradients"][name])), rel=1e-13)
        assert own == (pytest.approx(1) if norm else None)
        beside = second["norms"][name]
        assert times == (pytest.approx(norm / beside, rel=1e-12) if beside else None)


def flat(value: Any) -> list[float]:
    return [number for part in value for number in flat(part)] if isinstance(value, list) else [float(value)]


def test_theory_is_of_the_gradient_that_is_spoken_of() -> None:
    text = flowing(page(side_by_side("mazur", "deep"), theory=True))
    assert "mazur: the sum over its paths of ∏|w|·max|σ′| bounds ‖∂L/∂w1‖ by 0.004246" in text
    assert "deep: the sum over its paths of ∏|w|·max|σ′| bounds |∂L/∂w1| by 9.442×10⁻¹⁴" in text
    one = flowing(page(side_by_side("plain", "residual", wrt=("w_r",)), theory=True))
    assert "plain: the sum" not in one and "residual: the sum" in one


def test_theory_of_a_bound_that_is_reached_and_of_a_gradient_of_0() -> None:
    linear = {"input": 0.5, "target": 1, "weights": [0.2, 0.1], "activation": "identity"}
    text = flowing(page(side_by_side(linear, DEAD | {"skips": []}), theory=True))
    assert re.search(r"net0: the sum .* bounds \|∂L/∂w1\| by [\d.]+, which it reaches\.", text)
    assert re.search(r"net1: the sum .* bounds \|∂L/∂w1\| by [\d.]+, and the gradient is exactly 0\.", text)


def test_theory_with_numbers_of_many_digits() -> None:
    network = language.load("deep")[0]
    found = compare([Contender("a", "a", network), Contender("b", "b", network)], dps=40)
    assert "9.442×10⁻¹⁴" in page(found, theory=True)
    assert float(facts(report(found, (), True))["theory"][0]["expected"]) == pytest.approx(9.441994866678e-14)


def test_ratios_beyond_the_exponents_of_decimals_as_they_come() -> None:
    squares = {"weight": 0.5, "activation": {"formula": "x^2"}, "repeat": 47}
    deep = {**language.read("deep").data, "layers": [squares, {"weight": 0.5}]}
    found = beside_plain(deep)
    text = page(found, theory=True)
    times = found.ratios["w1"][1]
    assert times.adjusted() > 10**13
    assert f"10{superscript(times.adjusted())} times what it is without the skips" in flowing(text)
