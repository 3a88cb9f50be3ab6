"""The page of `compare`: sentences that are true to the figures, nothing cut, columns that align on the point."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import hypot
from typing import Any

import pytest
from hypothesis import assume, given
from strategies import specs

from gradcalc import language
from gradcalc.analysis import path_list
from gradcalc.analysis.comparison import ITS_SKIPS, Comparison, NamedNetwork, compare
from gradcalc.analysis.computation import compute
from gradcalc.errors import DomainError
from gradcalc.expressions.numerals import superscript
from gradcalc.language.document import without_skips
from gradcalc.parallel.networks_compared import variants
from gradcalc.report.ascii import to_ascii
from gradcalc.report.report import Style, format_module
from gradcalc.report.text import width
from gradcalc.views import compare_tables
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


def with_and_without(data: Any, wrt: tuple[str, ...] = ()) -> Comparison:
    document = language.read(data)
    network, _ = language.build(document)
    plain, _ = language.build(without_skips(document, network))
    return compare(
        [NamedNetwork("net", "net", network), NamedNetwork("no-skips", "no-skips", plain)], wrt=wrt, differ=ITS_SKIPS
    )


def side_by_side(*sources: Any, wrt: tuple[str, ...] = ()) -> Comparison:
    networks = [language.load(source)[0] for source in sources]
    names = [source if isinstance(source, str) else f"net{number}" for number, source in enumerate(sources)]
    return compare([NamedNetwork(name, name, network) for name, network in zip(names, networks)], wrt=wrt)


def varied(data: Any, key: str, values: Sequence[Any]) -> Comparison:
    document = language.read(data)
    networks, differ, _ = variants(document, [f"{key}={','.join(map(json.dumps, values))}"])
    return compare(networks, differ=differ)


def page(comparison: Comparison, columns: int | None = None, theory: bool = False, digits: int = 6) -> str:
    return "".join(format_module("table").render(report(comparison, (), theory), Style(width=columns, digits=digits)))


def flowing(text: str) -> str:
    return " ".join(text.split())


def facts(found: Any) -> Any:
    return json.loads("".join(format_module("json").render(found, Style())))


def plain_of(name: str) -> dict[str, Any]:
    return {key: value for key, value in language.read(name).data.items() if key != "skips"}


def test_the_example_in_words() -> None:
    text = flowing(page(with_and_without("residual")))
    assert text.startswith("residual, with and without its skips (same weights) · sigmoid · (y − t)² ")
    assert (
        "With the skip |∂L/∂w1| is 39.84 times as large: ∂L/∂w1 is −0.0000758289 without it and −0.00302124 with it. "
        "∂L/∂w1 in net is the sum of 2 paths; the largest, through the skip h1 → y, contributes 97.6 %." in text
    )


def test_a_magnitude_that_a_skip_makes_smaller_is_larger_without_it() -> None:
    text = flowing(page(with_and_without("residual", wrt=("w3",))))
    assert "Without the skip |∂L/∂w3| is 1.03 times as large: ∂L/∂w3 is −0.124908 without it" in text


def test_outputs_that_vanish_as_δ_does_are_told_with_what_they_make() -> None:
    text = flowing(page(with_and_without("resnet")))
    assert (
        "The gradient of a weight is δ of its layer times the output before it. Without skips |output| falls as well, "
        "from 0.245 at h1 to 4.43×10⁻¹³ at h40: ∂L/∂w41 is −0.25 × 4.43×10⁻¹³. With skips |output| at h40 is 7.78."
    ) in text
    assert "The gradient of a weight" not in flowing(page(with_and_without("deep")))


def test_deep_networks_in_words() -> None:
    text = flowing(page(with_and_without("deep")))
    assert (
        "Without skips |δ| falls by ÷ 8.2 per layer (geometric mean), 36 powers of ten from y to h1: it vanishes. "
        "With skips it falls by ÷ 2.2 per layer: it vanishes more slowly." in text
    )
    cause = "each layer multiplies |δ| by |w|·|σ′(z)|, in the geometric mean by 0.5·0.245."
    assert f"Without skips {cause}" in text and "With skips each layer" not in text
    assert "contributions" not in text and "δ = ∂L/∂z;" in text
    against = flowing(page(side_by_side("deep", "resnet")))
    assert (
        "In deep |δ| falls by ÷ 2.2 per layer (geometric mean), 14 powers of ten from y to h1: it vanishes." in against
    )
    assert "In resnet |δ| is 0.000786 at y and 0.000623 at h1, smallest at h39 (4.09×10⁻⁷), largest at h2 (" in against


def test_the_title_names_what_is_compared_and_what_all_have() -> None:
    assert page(side_by_side("plain", "residual")).startswith("plain against residual · sigmoid · (y − t)²\n")
    text = page(side_by_side("deep", "resnet"))
    assert text.startswith("deep against resnet · (y − t)²\n")
    assert re.search(
        r"network +loss +activations +layers\n +deep +0\.0688981 +sigmoid", page(side_by_side("deep", "resnet"))
    )


def test_a_gradient_that_grows_a_little_in_every_layer_is_not_called_kept() -> None:
    """|∂L/∂z| of a linear chain becomes |w| times as large in every layer."""
    chain = {"input": 1, "target": 0, "activation": "identity", "weights": [1.2] * 20}
    text = flowing(page(side_by_side(chain, chain | {"weights": [1.02] * 20}, chain | {"weights": [2.0] * 20})))
    assert "In net0 |δ| grows by × 1.2 per layer (geometric mean), 1.5 powers of ten from y to h1." in text
    assert "In net1 |δ| stays within a factor of 1.5 from y to h1: it is kept." in text
    assert (
        "In net2 |δ| grows by × 2.0 per layer (geometric mean), 5.7 powers of ten from y to h1: it explodes; each "
        "layer multiplies |δ| by |w|·|σ′(z)|, in the geometric mean by 2·1."
    ) in text


def test_a_gradient_that_stops_is_not_called_vanishing() -> None:
    text = flowing(page(with_and_without(DEAD)))
    assert "Without the skip |δ| is 0 from h11 back to h1." in text
    assert "∂L/∂w1 is 0 without the skip and −0.0992187 with it." in text
    assert " and 4 more because h11 is inactive (z = −1.00049); ∂L/∂w12 because its input h11 is 0." in text
    assert "0 in net: ∂L/∂w4, " in text and "0 in no-skips: ∂L/∂w1, " in text


def test_variants_are_with_and_without_skips_where_one_has_none_whatever_their_order() -> None:
    skip, none = [{"from": "h1", "to": "y"}], list[Any]()
    for values in ((none, skip), (skip, none)):
        text = flowing(page(varied("residual", "skips", values)))
        assert text.startswith("residual for 2 values of skips · sigmoid · (y − t)² ")
        assert "With the skip |∂L/∂w1| is 273.2 times as large: ∂L/∂w1 is −0.0000758289 without it and" in text


@pytest.mark.parametrize("weight", [0.001, "s"])
def test_the_weight_of_a_skip_is_not_what_it_changes_whether_it_has_a_name_or_not(weight: Any) -> None:
    skip, layers = {"from": "h1", "to": "y", "weight": weight}, [{"weight": 1}, {"weight": 1}, {"weight": 1}]
    spec = {"input": 1, "target": 5, "activation": "identity", "layers": layers, "skips": [skip]}
    text = flowing(page(with_and_without(spec | ({"parameters": {"s": 0.001}} if weight == "s" else {}))))
    assert "With and without the skip |∂L/∂w1| differs by less than 0.1 %: ∂L/∂w1 is −8.00000 without it" in text


def test_variants_that_all_have_skips_are_named() -> None:
    chain = {"input": 0.5, "target": 1, "activation": "tanh", "layers": [{"weight": 0.5, "repeat": 10}]}
    values = [{"every": 1}, {"every": 2}, {"every": 4}]
    text = flowing(page(varied(chain, "skips", values[:2])))
    assert "ithout skips" not in text and "With skips" not in text
    assert (
        'In skips={"every": 1} |δ| falls by ÷ 2.0 per layer (geometric mean), 2.8 powers of ten from y to h1.' in text
    )
    assert '|∂L/∂w1| is largest in skips={"every": 2} (−0.0299103) and smallest in skips={"every": 1} (' in text
    assert 'In skips={"every": 4} |δ| ' in flowing(page(varied(chain, "skips", values)))


def test_each_gradient_of_0_has_its_reason_in_its_network() -> None:
    skips = [{"from": "h1", "to": "y", "weight": 0.7 * sign, "name": name} for sign, name in ((1, "a"), (-1, "b"))]
    cancel = {"input": 0.5, "target": 1, "activation": "identity", "weights": [0.4, 0, 0.3], "skips": skips}
    text = flowing(page(with_and_without(cancel)))
    assert "0 in net: ∂L/∂w1 because its paths cancel in float64; ∂L/∂w3 because its input h2 is 0." in text
    assert "0 in no-skips: ∂L/∂w1 because w2 is 0; ∂L/∂w3 because its input h2 is 0." in text


def test_zeros_of_all_networks_are_told_once_and_have_no_bars() -> None:
    zero = {"input": 0, "target": 1, "activation": "identity", "layers": [{"weight": 2}, {"weight": 3}]}
    text = flowing(page(side_by_side(zero, zero | {"target": 2})))
    assert "0 in both networks: ∂L/∂w1 because its input x is 0; ∂L/∂w2 because its input h1 is 0." in text
    assert "(log)" not in text and "bars" not in text
    assert "(log)" not in page(side_by_side(zero, zero | {"target": 2}), columns=40)


def test_networks_that_agree_are_told_to() -> None:
    text = flowing(page(side_by_side("plain", plain_of("residual"))))
    assert text.endswith("Every gradient is the same in both networks.")
    three = flowing(page(side_by_side("plain", "plain", "plain", wrt=("w1",))))
    assert "∂L/∂w1 is the same in all 3 networks." in three
    turned = {"input": 1, "target": 0, "activation": "identity", "weights": [1]}
    text = flowing(page(side_by_side(turned, turned | {"target": 2})))
    assert "|∂L/∂w1| is the same in both networks: 2." in text


def test_ratios_are_headed_as_those_of_magnitudes() -> None:
    assert " |plain| / |residual| " in page(side_by_side("plain", "residual"))
    assert "log₁₀(|net| / |no-skips|)" in page(with_and_without("deep"))
    assert " |value in plain| / |value| " in page(side_by_side(*["plain"] * 6))


def test_the_least_of_several_may_be_0() -> None:
    off = DEAD | {"skips": []}
    text = flowing(page(side_by_side(DEAD, off)))
    assert "|∂L/∂w1| is largest in net0 (−0.0992187) and smallest in net1 (0)." in text
    assert "In net1 |δ| is 0 from h11 back to h1." in text


def test_a_gradient_that_turns_is_told() -> None:
    turned = {
        "input": 0.5,
        "target": 1,
        "weights": [0.3, 0.5, -0.7],
        "skips": [{"from": "h1", "to": "y", "weight": 0.4}],
    }
    found = with_and_without(turned)
    given_, plain = (side.gradients["w1"] for side in found.networks)
    assert given_ < 0 < plain
    assert f"With the skip |∂L/∂w1| is {abs(given_ / plain):.4g} times as large: " in flowing(page(found))
    assert " with it, of opposite sign." in flowing(page(found))


def test_figures_in_words_do_not_take_the_digits_of_the_numbers() -> None:
    text = flowing(page(with_and_without("residual"), digits=25))
    assert "is 39.84 times as large: " in text


def test_a_row_of_a_matrix_and_of_numbers_holds_norms() -> None:
    text = page(side_by_side("mazur", "deep", "plain"))
    cells = [line for line in text.splitlines() if re.search(r"‖.*w2 / w40 / w3‖", line)]
    assert len(cells) == 1
    at = text.splitlines().index(cells[0])
    assert all("−" not in line for line in text.splitlines()[at : at + 3])


def test_networks_of_one_path_have_no_columns_of_paths() -> None:
    text = page(side_by_side("plain", "residual", wrt=("w_r",)))
    assert "paths" not in text and "largest path" not in text


@pytest.mark.parametrize("columns", [80, 200, None])
@pytest.mark.parametrize("count", [2, 5])
def test_columns_align_and_nothing_is_cut(columns: int | None, count: int) -> None:
    activations = ["sigmoid", "tanh", "relu", "gelu", "identity"][:count]
    data = language.read("residual").data
    found = side_by_side(*(data | {"activation": name} for name in activations))
    text = page(found, columns)
    assert "…" not in text.replace("net0 / …", "")
    assert columns is None or all(width(line) <= columns for line in text.splitlines())
    for side in found.networks:
        for value in side.gradients.values():
            assert any(abs(float(cell) / value - 1) < 1e-5 for cell in re.findall(r"-?\d[\d.e-]*(?= )", to_ascii(text)))
    if count > 2 and columns == 80:
        gradients = [line for line in text.splitlines() if re.match(r" (∂L/∂w\w+)? +net\d +−0\.", line)]
        assert len(gradients) == 4 * count
        assert len({line.index("−0.") for line in gradients}) == 1


def test_names_of_sixty_characters_are_whole() -> None:
    long = "a_name_that_has_sixty_characters_in_it_as_some_people_like_1"
    data = {"input": 0.5, "target": 1, "weights": [0.2, 0.1], "skips": [{"from": "x", "to": "y", "weight": 0.1}]}
    network = language.load(data | {"name": long})[0]
    found = compare([NamedNetwork(long, long, network), NamedNetwork("b", "b", network)])
    for columns in (80, 200, None):
        text = page(found, columns, theory=True)
        assert long in text.replace("\n", "")
        assert columns is None or all(width(line) <= columns for line in text.splitlines())


@given(specs())
def test_each_side_is_what_compute_says_of_it_alone(data: dict[str, Any]) -> None:
    try:
        found = side_by_side(data, {key: data[key] for key in data if key != "target"} | {"loss": "output"})
        alone = facts(report_of_compute(compute(found.networks[0].network)))
    except DomainError:
        assume(False)
    said = facts(report(found))
    first, second = said["networks"]
    assert first["loss"] == alone["loss"] and first["activations"] == alone["activations"]
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
    assert "mazur: ‖∂L/∂w1‖ is at most 0.004246 (the sum over its paths of ∏|w|·max|σ′|," in text
    assert "deep: |∂L/∂w39| is at most " in text
    one = flowing(page(side_by_side("plain", "residual", wrt=("w_r",)), theory=True))
    assert "plain: |∂L" not in one and "residual: |∂L" in one


def test_theory_of_a_bound_that_is_reached_and_of_a_gradient_of_0() -> None:
    linear = {"input": 0.5, "target": 1, "weights": [0.2, 0.1], "activation": "identity"}
    text = flowing(page(side_by_side(linear, DEAD | {"skips": []}, wrt=("w1",)), theory=True))
    assert re.search(r"net0: \|∂L/∂w1\| is at most [\d.]+ \(.*?\); measured: [\d.]+, the bound itself\.", text)
    assert re.search(r"net1: \|∂L/∂w1\| is at most [\d.]+ \(.*?\); measured: 0\.", text)


def test_theory_of_residual_networks_in_words() -> None:
    assert (
        "Each of 19 blocks is passed or skipped: 2¹⁹ paths. Passing a block multiplies a contribution by f = 0.0604 "
        "(geometric mean, measured). If blocks were alike, the mean number passed would be n·f/(1 + f) = 1.083; "
        "measured: 1.083." in flowing(page(with_and_without("deep"), theory=True))
    )


def test_theory_with_numbers_of_many_digits() -> None:
    network = language.load("deep")[0]
    found = compare([NamedNetwork("a", "a", network), NamedNetwork("b", "b", network)], dps=40)
    assert "9.442×10⁻¹⁴" in page(found, theory=True)
    assert float(facts(report(found, (), True))["theory"][0]["expected"]) == pytest.approx(9.441994866678e-14)


def test_ratios_beyond_the_exponents_of_decimals_as_they_come() -> None:
    squares = {"weight": 0.5, "activation": {"formula": "x^2"}, "repeat": 47}
    deep = {**language.read("deep").data, "layers": [squares, {"weight": 0.5}]}
    found = with_and_without(deep)
    text = page(found, theory=True)
    times = found.ratios["w1"][1]
    assert times.adjusted() > 10**13
    assert re.search(
        rf"With skips \|∂L/∂w1\| is [\d.]+×10{superscript(times.adjusted())} times as large: ", flowing(text)
    )


def test_a_row_names_the_gradients_that_there_are_and_a_line_its_layers() -> None:
    text = flowing(page(varied("deep", "depth", [3, 8, 60]), columns=400))
    assert " ∂L/∂w5 / w57 " in text and " ∂L/∂w3 / w8 / w60 " in text and "– /" not in text
    assert "|δ| of one layer of every 2, the farthest from the mean, 10" in text


def test_a_path_from_a_use_of_a_tied_weight_is_told_with_that_use() -> None:
    layers = [{"name": "p", "from": {"x": "W"}}, {"name": "y", "from": {"p": "W"}}]
    skips = [{"from": "p", "to": "y", "weight": "W", "into": into} for into in ("preactivation", "output")]
    skips.append({"from": "x", "to": "y", "weight": "W"})
    tied = {"input": 0.5, "target": 1, "activation": "tanh", "parameters": {"W": 0.7}, "layers": layers, "skips": skips}
    assert "the largest, skip p→y 2: y, contributes 20.7 %." in flowing(page(with_and_without(tied)))
    text = flowing("".join(format_module("table").render(report_of_compute(compute(language.load(tied)[0])), Style())))
    assert all(f"p → y W (edge {number} of p → y)" in text for number in (1, 2, 3))


def test_what_is_asked_of_paths_more_than_once_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = varied("residual", "w1", [1, 2])
    monkeypatch.setattr(compare_tables, "row_table", lambda comparison: None)  # which is for a narrower terminal
    assert "largest share" in page(compared)
    monkeypatch.setattr(path_list, "share", None)
    assert all(0 < one.paths.share(name) <= 1 for one in compared.networks for name in one.gradients)
