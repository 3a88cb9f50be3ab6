"""Where there is no derivative every page says so in the same words: of which unit, in which example and network."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from claims.search import said
from sweeps import flowing, printed

from gradcalc import language, load
from gradcalc.analysis.comparison import compare
from gradcalc.analysis.kinks import Kink, kinks_at
from gradcalc.analysis.point import point
from gradcalc.analysis.sweep import Sweep
from gradcalc.derivation.explain import explain
from gradcalc.language.ranges import varied
from gradcalc.parallel.networks_compared import variants
from gradcalc.parallel.sweep_run import SweepRun, chosen_axes
from gradcalc.report.report import Style, format_module
from gradcalc.report.text import words
from gradcalc.views.compare_page import report
from gradcalc.views.explain_page import facts
from gradcalc.views.kink_sentences import by_sentence, kink_sentences

RELU: dict[str, Any] = {
    "input": [[1], [0], [2]], "target": [1, 0, 1], "activation": "relu",
    "layers": [{"name": "h", "weight": 1}, {"weight": 0.5, "activation": "identity"}],
}  # fmt: skip
OF_RELU = "is a kink of relu, where it has no derivative; relu′(0) = 0 is used."
JOIN: dict[str, Any] = {
    "input": {"a": [1, 2, 3], "b": [1, 5, 3]}, "target": [1, 2, 9], "loss": "mae", "activation": "identity",
    "layers": [{"name": "m", "from": ["a", "b"], "join": "max"}],
}  # fmt: skip


@pytest.mark.parametrize("command", ["compute", "explain", "paths"])
def test_one_network_is_told_of_alike_by_every_command(command: str) -> None:
    assert f"z_h = 0 (example 1) {OF_RELU}" in said(command, RELU)
    texts = said(command, JOIN)
    equal = "sources that are equal get equal parts of ∂L/∂m"
    assert f"m[0] and m[2] are at a kink of max, where there is no derivative; {equal}." in texts
    assert "m[0] is at a kink of mae, where there is no derivative; 0 is used." in texts


@pytest.mark.parametrize(
    "command", ["compute", *(pytest.param(name, marks=pytest.mark.slow) for name in ("explain", "paths"))]
)
def test_what_rounds_to_a_kink_is_told_with_the_digits_that_show_it(command: str) -> None:
    layer = {"name": "h", "weight": 1, "bias": 0, "activation": "tanh"}
    layers = [layer, {"from": ["h", "x"], "join": "max", "name": "m"}]
    spec = {"input": [[1e-9], [0]], "target": [1, 2], "activation": "identity", "layers": layers}
    equal = "sources that are equal get equal parts of ∂L/∂m"
    texts = said(command, spec)
    assert f"m (example 0) rounds to a kink of max, where {equal}; --dps 50 tells them apart." in texts
    assert f"m (example 1) is at a kink of max, where there is no derivative; {equal}." in texts
    layer = {"weight": [[1, 1, 1]], "activation": "relu"}
    spec = {"input": [[1e-20, 1, -1], [1e-300, 1e-60, -1e-60]], "target": [1, 2], "layers": [layer]}
    rounded = "z_y = 0 (every example) by rounding, a kink of relu, where relu′(0) = 0 is used; --dps 50 shows z."
    assert rounded in said(command, spec)
    spec = {"input": [1e-10, -1e-60, 1e-60], "target": 1, "layers": [layer | {"weight": [[0, 1, 1]]}]}
    assert "To 400 digits z_y = 0 is a kink of relu, where relu′(0) = 0 is used." in said(command, spec)


@pytest.mark.parametrize("command", ["explain", "paths"])
def test_kinks_are_told_of_that_paths_go_through(command: str) -> None:
    layers = [{"weight": [[1, 0], [0, 0]], "activation": "relu"}, {"weight": [[1, -1]]}]
    spec = {"input": [1, 1], "target": 1, "layers": layers}
    for entry, kinks in (("w1[0,0]", 0), ("w1[1,0]", 1)):
        assert sum("a kink" in text for text in said(command, spec, wrt=[entry])) == kinks


@pytest.mark.parametrize("command", ["compute", "explain", "paths"])
def test_sources_with_equal_derivatives_are_no_kink(command: str) -> None:
    spec: dict[str, Any] = {"input": 2, "target": 1, "activation": "identity", "parameters": {"v": 1.5, "w": 1.5}}
    join = {"name": "m", "from": ["b", "c"], "join": "max"}
    for other, kinks in (("v", 0), ("w", 1)):
        layers = [{"name": "b", "from": {"x": "v"}}, {"name": "c", "from": {"x": other}}, join]
        assert sum("a kink" in text for text in said(command, spec | {"layers": layers})) == kinks


@pytest.mark.parametrize(
    ("dps", "shows"), [(None, "rounds to a kink of {}, where {} is used; --dps 50 shows no kink."), (50, None)]
)
def test_a_formula_rounds_to_a_kink_at_a_z_that_is_none(dps: int | None, shows: str | None) -> None:
    layer = {"name": "y", "weight": 1, "activation": {"formula": "max(1 + x, 1 + 2x)"}}
    at = point(load({"input": 1e-20, "target": 1, "layers": [layer]}), dps)
    found = [words(text, 6) for text in kink_sentences(kinks_at(at), 1, "L")]
    used = shows and shows.format("max(1 + x, 1 + 2x)", "σ′(1×10⁻²⁰) = 1.5")
    assert found == ([f"z_y = 1×10⁻²⁰ {used}"] if used else [])


@pytest.mark.parametrize(("x", "kinks"), [(1e-20, None), (0, ["y"])])
def test_explain_lists_no_kink_as_json_that_its_text_says_is_none(x: float, kinks: list[str] | None) -> None:
    layer = {"name": "y", "weight": 1, "activation": {"formula": "max(1 + x, 1 + 2x)"}}
    assert facts(explain(load({"input": x, "target": 1, "layers": [layer]}))).get("kinks") == kinks


@pytest.mark.parametrize("command", ["compute", "explain", "paths"])
def test_a_cosine_of_a_number_with_too_few_digits_is_told(command: str) -> None:
    """A path that leaves float64 has compute go on in extended range, where z rounds to another cosine."""
    layer = {"name": "h", "weight": 1.2345678, "activation": "cos"}
    spec = {"input": 1e307, "target": 0.5, "layers": [layer, {"weight": 3, "activation": "identity"}]}
    few = "z_h = 1.23457e307 has too few digits for cos: cos′(z) depends on how z is rounded; --dps 327 has enough."
    assert few.replace("327", "400") in said(command, spec) and few in said(command, spec, dps=30)
    assert "too few" not in " ".join(said(command, spec | {"input": 1e15, "layers": [layer | {"weight": 1e7}]}))
    wide = {"name": "h", "weight": [[9.1e20], [9.3e20]], "activation": {"formula": "x/1e21 + sin(x)"}}
    texts = said(command, {"input": 0.123456789, "target": [1, 2], "layers": [wide]})
    both = "x/1e21 + sin(x): σ′(z) depends on how z is rounded; --dps 50 has enough. So has z_h[0]."
    assert any(text.startswith("z_h[1] = 1.14815e20 has too few") and text.endswith(both) for text in texts)


COSINE = {"input": 1e307, "target": 0.5, "layers": [{"name": "h", "weight": 1.2345678, "activation": "cos"}]}
TOO_FEW = "z_h = 1.23457e{} has too few digits for cos: cos′(z) depends on how z is rounded; --dps {} has enough."


def test_pages_of_several_networks_say_where_a_cosine_has_too_few_digits() -> None:
    told = said("compare", COSINE, vary=["input=1.0,1e200"])
    assert TOO_FEW.format(200, 220) in told
    assert "Rounding has left no right digit of L, h and ∂L/∂w1; --dps 220 shows them." in told
    assert f"In both networks: {TOO_FEW.format(200, 220)}" not in told
    told = said("sweep", COSINE, vary=["input=1.0,1e200,1e210,1e220,1e307"])
    assert f"At input = 1e200: {TOO_FEW.format(200, 220)}" in told
    assert "A z has too few digits at input = 1e307 as well." in told
    told = said("sweep", COSINE, vary=["target=0.5,0.6", "input=1e200"])
    assert f"At every point: {TOO_FEW.format(200, 220)}" in told


def test_of_a_point_that_could_not_be_computed_no_digits_are_told() -> None:
    layers = [COSINE["layers"][0] | {"name": "a", "repeat": 2}, {"weight": 1, "activation": "identity"}]
    told = said("sweep", COSINE | {"layers": layers}, vary=["depth=2,3,4"], show=["w3"])
    assert any(text.startswith("At depth = 3 and 4: z_a1 = 1.23457e307 has too few digits for cos") for text in told)


@pytest.mark.slow
def test_a_check_says_where_a_cosine_has_too_few_digits() -> None:
    assert TOO_FEW.format(307, 327) in said("check", COSINE)


@pytest.mark.parametrize("command", ["compute", "explain", "paths", "compare", "sweep"])
def test_exponentials_past_float64_have_too_few_digits(command: str) -> None:
    layers = [{"name": "h", "weight": 0.1, "activation": "tanh"}, {"weight": 1, "activation": "identity"}]
    vary = {"vary": ["w2=1,2"]} if command in ("compare", "sweep") else {}
    told = said(command, {"input": 3e15, "target": 2, "layers": layers}, **vary)
    few = "_h = 3.00000e14 has too few digits for tanh: tanh′(z) depends on how z is rounded; --dps {} has enough."
    assert any(few.format(digits) in text for text in told for digits in (34, 50))


@pytest.mark.slow
def test_of_many_points_of_a_sweep_two_are_looked_at_for_large_angles() -> None:
    told = said("sweep", COSINE, vary=["input=1e180..1e209:log10"])
    assert "Only the first and the last of 30 points were looked at for z with too few digits." in told


def test_a_maxout_whose_pieces_tie_is_told() -> None:
    layer = {"name": "h", "weight": [[1, 2], [2, 1]], "activation": {"name": "maxout", "pieces": 2}}
    spec = {"input": [[1, 1], [1, 2]], "target": [1, 2], "layers": [layer]}
    start = "h (example 0) is at a kink of maxout(pieces=2), where there is no derivative; "
    assert f"{start}preactivations that share a maximum get equal parts of ∂L/∂h." in said("compute", spec)


def test_units_of_a_maxout_are_named() -> None:
    layer = {"weight": [[1], [2], [1], [1], [3], [3]], "activation": {"name": "maxout", "pieces": 2}}
    texts = said("compute", {"input": 1, "loss": "output", "layers": [{"name": "h", **layer}]})
    assert any(text.startswith("h[1] and h[2] are at a kink of maxout(pieces=2), ") for text in texts)


@pytest.mark.parametrize("command", ["compute", "explain", "paths"])
def test_a_tie_is_named_by_what_has_its_units_and_its_parts_by_what_they_add_up_to(command: str) -> None:
    join = {"input": {"a": [1, 2, 3], "b": [1, 5, 3]}, "target": 1}
    layer = {"name": "m", "from": ["a", "b"], "join": "max", "activation": "tanh"}
    start = "{} are at a kink of max, where there is no derivative; sources that are equal get equal parts of ∂L/∂{}."
    before = {"name": "a", "from": "x", "weight": [[1], [2], [3]], "activation": "identity"}
    weighed = {
        "input": {"x": 1, "b": [1, 5, 3]},
        "target": 1,
        "layers": [before, layer | {"weight": [[0.1, 0.2, 0.3]]}],
    }
    assert start.format("max(a, b)[0] and max(a, b)[2]", "max(a, b)") in said(command, weighed)
    assert start.format("m[0] and m[2]", "z_m") in said(command, join | {"target": [1, 2, 3], "layers": [layer]})


def compared(vary: str) -> str:
    networks, differ, _ = variants(language.read(RELU), [vary])
    return flowing("".join(format_module("table").render(report(compare(networks, differ=differ)), Style())))


def test_compare_says_in_which_networks() -> None:
    said("compare", RELU, vary=["w1=0,1"])
    page = compared("w1=0,1")
    assert f"In w1=0: z_h = 0 (every example) {OF_RELU}" in page
    assert f"In w1=1: z_h = 0 (example 1) {OF_RELU}" in page
    assert f"In both networks: z_h = 0 (example 1) {OF_RELU}" in compared("w1=1,2")
    assert f"In all 3 networks: z_h = 0 (example 1) {OF_RELU}" in compared("w1=1,2,3")


def test_sweep_says_at_which_points() -> None:
    texts = said("sweep", RELU, vary=["w1=-1,0,1"])
    assert f"At w1 = -1 and 1: z_h = 0 (example 1) {OF_RELU}" in texts
    assert f"At w1 = 0: z_h = 0 (every example) {OF_RELU}" in texts
    at = "At (w1, w2) = (-1, 1), (-1, 2), (1, 1) and (1, 2)"
    assert f"{at}: z_h = 0 (example 1) {OF_RELU}" in said("sweep", RELU, vary=["w1=-1,0,1", "w2=1,2"])
    assert f"At every point: z_h = 0 (example 1) {OF_RELU}" in said("sweep", RELU, vary=["w2=1,2,3,4,5"])
    assert "a kink" not in " ".join(said("sweep", RELU | {"activation": "tanh"}, vary=["w1=0,1"]))


def test_sweep_looks_for_the_target_of_each_point() -> None:
    spec = {"input": 1, "target": 0, "loss": "mae", "activation": "identity", "weights": [2]}
    on_kink = "At target = 2: y is at a kink of mae, where there is no derivative; 0 is used."
    assert on_kink in said("sweep", spec, vary=["target=0,1,2,3,4,5"])


def test_sweep_looks_for_ties_at_each_point() -> None:
    join = {"input": {"a": 1, "b": 0}, "target": 9, "layers": [{"from": ["a", "b"], "join": "min"}]}
    vary = ["b=0,0.5,1,1.5,2,2.5"]
    assert any(
        text.startswith("At b = 1: y is at a kink of min, ")
        for text in said("sweep", join | {"activation": "identity"}, vary=vary)
    )
    pieces = {"name": "maxout", "pieces": 2}
    layers = [{"weight": [[1], [2]], "bias": [1, 0], "activation": pieces}, {"weight": 1, "activation": "identity"}]
    texts = said("sweep", {"input": 1, "target": 9, "layers": layers}, vary=["x=0,0.5,1,1.5,2,2.5"])
    assert any(text.startswith("At x = 1: h1 is at a kink of maxout(pieces=2), ") for text in texts)


def test_sweep_says_of_both_networks_where_they_stand_on_kinks() -> None:
    spec = {"input": 1, "target": 1, "activation": "relu", "weights": [1, 1, 1], "skips": [{"from": "h1", "to": "y"}]}
    texts = said("sweep", spec, vary=["w2=-1,0,1,2"], against="no-skips")
    assert f"At w2 = 0: z_h2 = 0 {OF_RELU}" in texts and f"Without skips, at w2 = 0: z_h2 = 0 {OF_RELU}" in texts
    assert f"Without skips, at w2 = -1 and 0: z_y = 0 {OF_RELU}" in texts


def test_of_many_sentences_some_are_told_and_the_points_counted() -> None:
    layers: list[Any] = [{"name": f"h{n}", "from": {"x": 1}, "bias": -n} for n in range(1, 6)]
    layers.append({"from": {f"h{n}": 1 for n in range(1, 6)}, "activation": "identity"})
    texts = said("sweep", {"input": 1, "target": 0, "activation": "relu", "layers": layers}, vary=["x=0..6"])
    assert sum("is a kink of relu" in text for text in texts) == 3 and "5 of 7 points stand on kinks." in texts


def resumed(file: str, vary: str) -> Sweep:
    return SweepRun.planned(language.read(RELU), chosen_axes(varied([vary])), None, (), (), None).run(resume=file)


def test_points_of_an_earlier_run_are_not_looked_at(tmp_path: Path) -> None:
    file = str(tmp_path / "rows.jsonl")
    assert "At w1 = 0:" in flowing(printed(resumed(file, "w1=0,1")))
    again = flowing(printed(resumed(file, "w1=0,1,2")))
    assert "Points that were read from the file of --resume were not looked at for kinks." in again


def test_points_of_a_sweep_in_other_arithmetic_are_told_with_the_others() -> None:
    kinks = [Kink("h1", "activation", "relu", 0, 0, zero(0), zero("0.5")) for zero in (float, Decimal)]
    found = list(by_sentence([(place, [kink]) for place, kink in enumerate(kinks)], 1, "L"))
    assert [points for _, points in found] == [(0, 1)]
