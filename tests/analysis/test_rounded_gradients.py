"""Gradients of which rounding has left no digit are found, and no others; what is told of them is true."""

from __future__ import annotations

import re
from typing import Any

import pytest
from claims.search import said

from gradcalc import compute, language, load
from gradcalc.analysis import path_analysis
from gradcalc.analysis.point import Point, point, subjects
from gradcalc.analysis.quantities import SweepColumn
from gradcalc.analysis.results import Part
from gradcalc.analysis.rounded_gradients import (
    Finer,
    gradients_of,
    gradients_of_nodes,
    in_doubt,
    rounded_gradients,
    values_of,
    what_is_left,
)
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.views.sweep_points import named_places
from gradcalc.views.zero_reasons import rounding

LAST = {"weight": [[0.7, 0.7, 0.7]]}
HIDDEN = [[1, 2], [3, 4.3], [0.3, 0.9]]
SOFTMAX: dict[str, Any] = {
    "input": [1, 0.5],
    "target": 1,
    "layers": [{"weight": HIDDEN, "activation": "softmax"}, LAST],
}
CANCELLED: dict[str, Any] = {"input": [0.1, 0.2, 0.3], "target": 1, "activation": "tanh",
             "layers": [{"weight": [[1, 1, -1]]}, {"weight": 0.7}]}  # fmt: skip
MET = {"input": [0.1, 0.2], "target": 0.3, "activation": "identity", "layers": [{"weight": [[1, 1]]}]}
SYMMETRIC = {"input": [[0.1], [0.2], [-0.3]], "target": [[0], [0], [0]], "activation": "identity",
             "layers": [{"weight": [[1]], "bias": [0]}]}  # fmt: skip
ROUNDED_TO_0: dict[str, Any] = {
    "input": 50, "target": 1, "activation": "identity",
    "layers": [{"weight": 1}, {"weight": 1, "activation": "softplus"}, {"weight": 1}],
    "skips": [{"from": "h1", "to": "y", "weight": -1}],
}  # fmt: skip
NEARLY = MET | {"layers": [{"weight": [[1, 1]], "bias": 1e-20}]}


def at(spec: Any, **options: Any) -> Point:
    return point(language.load(spec)[0], **options)


def found(here: Point) -> list[tuple[str, bool, int]]:
    """Each gradient with whether it is 0 but for rounding, and of how many entries that is told, 0 of all."""
    chosen = gradients_of(subjects(here.graph.network))
    return [(one.name, one.left == "rounding", len(one.entries)) for one in rounded_gradients(here, chosen)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (SOFTMAX, [("w1", True, 0)]),
        (CANCELLED, [("w2", True, 0)]),
        (MET, [("w1", True, 0)]),
        (SYMMETRIC, [("b1", True, 0)]),
        (NEARLY, [("w1", False, 0), ("b1", False, 0)]),
        (SOFTMAX | {"layers": [{"weight": HIDDEN, "activation": "softmax"}, {"weight": [[0.7, 0.7, 0.8]]}]}, []),
        (CANCELLED | {"input": [0.1, 0.2, 0.4]}, []),
    ],
    ids=["softmax", "sum", "target", "batch", "another number", "weights that differ", "sum that is not 0"],
)
def test_only_what_cancels_but_for_rounding_is_found(spec: Any, expected: Any) -> None:
    assert found(at(spec)) == expected


def test_entries_are_told_where_others_are_right() -> None:
    """The second input sums up to 0 over the batch, the first does not."""
    layers = [
        {"weight": [[1, 0], [0, 1]], "activation": "identity"},
        {"weight": [[0.1, 0.3]], "activation": "identity"},
    ]
    skip = {"from": "x", "to": "y", "weight": [[0.5, 0.5]]}
    here = at({"input": [[1, 0.1], [1, 0.2], [1, -0.3]], "loss": "output", "layers": layers, "skips": [skip]})
    assert found(here) == [("w1", True, 1), ("w2", True, 1), ("w_x_y", True, 1)]


def test_nodes_are_told_as_well() -> None:
    here = at(SOFTMAX)
    quantities = gradients_of_nodes(here.graph.network)
    found = rounded_gradients(here, quantities)
    assert [(one.name, one.kind) for one in found] == [("x", "gradient"), ("h1", "delta")]


def test_with_decimal_digits_more_of_them_decide() -> None:
    (one,) = rounded_gradients(at(SOFTMAX, dps=50), gradients_of(subjects(language.load(SOFTMAX)[0])))
    assert one.left == "rounding" and one.dps == 100 and one.most < 1e-110


@pytest.mark.parametrize("name", ["plain", "residual", "deep", "resnet", "mazur", "rnn", "circuit"])
def test_the_examples_have_none(name: str) -> None:
    assert not found(at(name))


def test_a_sum_on_the_other_side_of_a_kink_is_told() -> None:
    """0.1 + 0.2 − 0.3 is 0, where relu has a kink; float64 makes 5.6×10⁻¹⁷ of it."""
    layers = [CANCELLED["layers"][0] | {"activation": "relu"}, {"weight": 0.7}]
    here = at(CANCELLED | {"layers": layers})
    rows = [(one.name, one.left) for one in rounded_gradients(here, gradients_of(subjects(here.graph.network)))]
    assert rows == [("w1", "rounding"), ("w2", "rounding")]


def test_vanished_gradients_are_none() -> None:
    assert not found(at({"input": 0.5, "target": 1, "layers": [{"weight": 0.01, "repeat": 30, "activation": "tanh"}]}))


COMMANDS: list[Any] = [(name, {}) for name in ("compute", "explain", "paths", "precision")]
COMMANDS += [("compare", {"vary": ["target=1,2"]}), pytest.param("diagnose", {}, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("command", "options"), COMMANDS)
def test_every_page_says_so(command: str, options: Any) -> None:
    told = [text for text in said(command, SOFTMAX, **options) if "digits show: the digits that" in text]
    assert told and "∂L/∂w1" in told[0] and "here are rounding, and --dps 50 leaves " in told[0]


def test_outputs_are_told_without_a_target() -> None:
    spec = {"input": [0.1, 0.2, 0.3], "activation": "identity", "layers": CANCELLED["layers"]}
    assert any(
        text.startswith("h1, y, z_h1 and z_y are 0 as far as 800 digits show: the digits that")
        for text in said("compute", spec)
    )


def test_another_number_is_told_as_one() -> None:
    told = said("compute", NEARLY, wrt=["b1"])
    assert "Rounding has left no right digit of L, ∂L/∂b1, ∂L/∂x, ∂L/∂y and δ_y; --dps 50 shows them." in told


@pytest.mark.parametrize(("command", "options"), COMMANDS)
def test_every_page_says_what_is_0_only_as_numbers_are_rounded(command: str, options: Any) -> None:
    """softplus′(50) = 1 − 1.9×10⁻²², and the skip takes 1 of it away; so it is of softplus(50) − 50."""
    told = [
        text for text in said(command, ROUNDED_TO_0, **options) if "0 only as numbers are rounded; --dps 50" in text
    ]
    assert told and "∂L/∂w1" in told[0] and "∂L/∂w3" not in told[0]


@pytest.mark.parametrize("formula", ["tanh(x) - 1", "1/(1 + exp(-x)) - 1"])
def test_a_difference_in_a_formula_that_rounds_to_0_is_told(formula: str) -> None:
    layers = [{"weight": 1, "activation": {"formula": formula}}, {"weight": 1, "activation": "identity"}]
    told = said("compute", {"input": 50, "target": 1, "layers": layers})
    assert any("∂L/∂w2" in text for text in told if "only as numbers are rounded" in text)


def test_what_is_0_with_more_digits_as_well_is_not_told() -> None:
    exact = {"input": 1, "target": 1, "activation": "identity", "layers": [{"weight": 1}] * 3}
    here = at(exact | {"skips": [{"from": "h1", "to": "y", "weight": -1}]})
    assert in_doubt(here, gradients_of(subjects(here.graph.network))) and not found(here)


@pytest.mark.parametrize("command", ["compute", "explain", "paths"])
@pytest.mark.parametrize("where", ["loss", "activation"])
def test_a_sine_within_a_formula_may_have_too_few_digits(command: str, where: str) -> None:
    layer = {"weight": 1.1, "activation": {"formula": "sin(1e17*x)"} if where == "activation" else "identity"}
    spec = {"input": 0.1, "target": 0, "layers": [layer]}
    spec |= {"loss": {"formula": "sin(1e17*y)"}} if where == "loss" else {}
    told = [text for text in said(command, spec) if text.startswith("Rounding has left no right digit of")]
    assert told and "∂L/∂w1" in told[0]


def test_a_formula_of_few_digits_that_needs_no_more_is_not_asked() -> None:
    layers = [{"weight": 1.1, "activation": {"formula": "sin(1e3*x)"}}]
    here = at({"input": 0.1, "target": 0, "loss": {"formula": "cos(y - t)"}, "layers": layers})
    assert not in_doubt(here, gradients_of(subjects(here.graph.network)))


def test_a_part_of_the_paths_is_judged_by_itself() -> None:
    """All paths of the first unit's weights cancel, those through one unit do not."""
    assert any("are rounding" in text for text in said("paths", SOFTMAX, wrt=["w1"]))
    assert not any("are rounding" in text for text in said("paths", SOFTMAX, wrt=["w1"], through=["h1[0]"]))


@pytest.mark.parametrize(("through", "most"), [((), 3), (("h3",), 3)])
def test_all_sums_over_a_part_come_from_one_sweep_of_a_point(
    through: tuple[str, ...], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the network itself, and of it off one way and the other."""
    asked = list[int]()
    source = path_analysis.path_source

    def counted(*given: Any) -> Any:
        asked.append(1)
        return source(*given)

    monkeypatch.setattr(path_analysis, "path_source", counted)
    deep = language.load({"input": 0.5, "target": 1, "layers": [{"weight": 0.9, "activation": "tanh", "repeat": 20}]})[
        0
    ]
    assert len(path_analysis.paths(deep, part=Part(through=through)).sums) == 20
    assert len(asked) <= most + 1


def test_so_many_digits_are_tried_as_give_a_value() -> None:
    """With 50 digits it is the logarithm of −0.33, as they are too few for the cosine."""
    layers = [
        {"weight": 1, "bias": -4.6e-08, "activation": "cos"},
        {"weight": -1.7, "bias": -0.012, "activation": {"formula": "log(1 + x)"}},
    ]
    here = at({"input": 6.2e100, "loss": "output", "layers": layers})
    found = rounded_gradients(here, gradients_of(subjects(here.graph.network)))
    assert found and {(one.left, one.dps) for one in found} == {("no digit", 200)}


@pytest.mark.parametrize("command", ["compute", "explain", "paths", "compare", "sweep"])
def test_that_more_digits_have_no_value_is_told(command: str) -> None:
    """The logarithm of what float64 leaves of 0.1 + 0.2 - 0.3, which is 0."""
    layer = {"weight": [[1, 1, -1]], "activation": {"formula": "log(x)"}}
    spec = {"input": [0.1, 0.2, 0.3], "loss": "output", "layers": [layer | {"bias": 0}]}
    vary = {"vary": ["b1=0,0.5"]} if command in ("compare", "sweep") else {}
    told = [text for text in said(command, spec, **vary) if "there is no value" in text]
    assert len(told) == 1
    assert (
        told[0]
        .lower()
        .endswith("with 50 digits there is no value (y: ln of 0); numbers that depend on it are made by rounding here.")
    )


def test_the_loss_and_outputs_are_told_with_digits_that_show_all() -> None:
    """sin(e⁴⁰), of whose angle float64 has no digit behind the point."""
    layers = [{"weight": 1, "activation": "exp"}, {"weight": 1, "activation": "sin"}]
    spec = {"input": 40, "target": 1, "layers": layers}
    angle, rest = (text for text in said("compute", spec) if "--dps" in text)
    assert angle.endswith("--dps 50 has enough.") and rest.startswith(
        "Rounding has left no right digit of L, y, ∂L/∂w1"
    )
    assert rest.endswith("; --dps 50 shows them.")
    compared = said("compare", spec, vary=["w1=1,1.5"])
    assert any("ounding has left no right digit of L, y, ∂L/∂w1 and ∂L/∂w2; --dps 50" in text for text in compared)
    layers[1]["weight"] = 1e20
    angle, rest = (text for text in said("compute", spec) if "--dps" in text)
    assert angle.endswith("--dps 57 has enough.") and rest.endswith("; --dps 57 shows them.")


def test_no_share_and_no_error_is_told_of_what_rounding_left() -> None:
    left = {
        "input": 0.1,
        "target": 1,
        "activation": "identity",
        "layers": [{"weight": 3}, {"weight": 0.1}, {"weight": 3}],
    }
    left |= {"skips": [{"from": "h1", "to": "y", "weight": -0.3}]}
    (told,) = [text for text in said("compute", left, wrt=["w1"], top=1) if "is the sum of" in text]
    assert "2 paths, which nearly cancel: the largest alone is 5.40e15 × |∂L/∂w1|." in told
    (told,) = [text for text in said("explain", left, wrt=["w1"], decimals=3) if "With every number" in text]
    assert told.endswith("∂L/∂w1 is 0 in place of -1.11022e-17.")


CANCELS = {
    "input": 1e-10,
    "target": 1,
    "layers": [
        {"weight": 0.3, "activation": {"formula": "(exp(x) - 1 - x)/x^2"}},
        {"weight": 1, "activation": "identity"},
    ],
}


@pytest.mark.parametrize("command", ["compute", "explain", "paths"])
def test_a_formula_that_cancels_is_told(command: str) -> None:
    """(e^z − 1 − z)/z² at 3×10⁻¹¹, of which float64 makes 10⁷ in place of 1/2."""
    told = [text for text in said(command, CANCELS) if text.startswith("Rounding has left no right digit of L, ")]
    assert told and "∂L/∂w1" in told[0] and told[0].endswith("; --dps 50 shows them.")


def test_a_formula_that_cancels_is_told_in_extended_range() -> None:
    """As an activation, and as a loss of 10⁻³⁰ that is 10⁻⁶⁰/2 and more digits than extended range has before."""
    layer = CANCELS["layers"][0]
    loss = {"formula": "y*exp(800)"}
    told = said("compute", {"input": 1e-21, "target": 1, "layers": [layer], "loss": loss})
    assert any("ounding has left no right digit of L, y, ∂L/∂w1, " in text for text in told)
    spec = {"input": 1e-30, "target": 1, "loss": {"formula": "exp(1000)*(exp(y) - 1 - y)"}}
    told = said("compute", spec | {"activation": "identity", "weights": [1]})
    assert "Rounding has left no right digit of L; --dps 100 shows it." in told


@pytest.mark.parametrize(
    ("target", "left"), [(0.300000000000001, "few digits"), (0.3000000000000003, "few digits"), (0.30000001, None)]
)
def test_a_number_of_few_right_digits_is_told(target: float, left: str | None) -> None:
    here = at({"input": 0.1, "target": target, "weights": [3], "activation": "identity"})
    rows = [one.left for one in rounded_gradients(here, gradients_of(subjects(here.graph.network)))]
    assert rows == ([left] if left else [])


@pytest.mark.parametrize(
    ("activation", "left"),
    [("abs", "rounding"), ("relu", "rounding"), ("relu6", "rounding"), ("leaky_relu", "no digit"),
     ("selu", "few digits"), ({"formula": "abs(x)"}, "rounding"), ({"formula": "max(x, -x/7)"}, "no digit")],
)  # fmt: skip
def test_one_rounding_beside_a_kink_is_told(activation: Any, left: str) -> None:
    """3·0.1 − 0.3 is 0, and 5.6×10⁻¹⁷ in float64."""
    layers = [{"weight": 3, "bias": -0.3, "activation": activation}, {"weight": 1, "activation": "identity"}]
    here = at({"input": 0.1, "target": 1, "layers": layers})
    rows = {one.name: one.left for one in rounded_gradients(here, gradients_of(subjects(here.graph.network)))}
    assert rows == {"w1": left, "b1": left, "w2": "rounding"}


def softplus_without(x: Any) -> Point:
    """softplus(x) − x, in a batch or not."""
    layers = [{"weight": w, "activation": name} for w, name in ((1, "identity"), (1, "softplus"), (1, "identity"))]
    skip = {"from": "h1", "to": "y", "weight": -1}
    return at({"input": x, "loss": "output", "layers": layers, "skips": [skip]})


def test_so_many_digits_are_tried_as_show_a_number() -> None:
    """softplus(250) − 250 is 4×10⁻¹⁰⁹, of which 100 digits leave two; at 50 fifty are enough."""
    here = softplus_without(250)
    rows = [
        (one.name, one.left, one.dps) for one in rounded_gradients(here, gradients_of(subjects(here.graph.network)))
    ]
    assert rows == [("w1", "0", 200)]
    here = softplus_without([[250], [50]])
    rows = [
        (one.dps, *one.entries)
        for one in rounded_gradients(here, gradients_of_nodes(here.graph.network))
        if (one.name, one.kind) == ("h1", "delta")
    ]
    assert rows == [(200, (0, 0)), (50, (1, 0))]


@pytest.mark.parametrize("x", [0.28, 0.56, 1.89, 3.99])
def test_digits_that_round_to_a_side_of_a_kink_show_nothing(x: float) -> None:
    """softplus(x) − softplus(−x) − x is 0, on a kink of relu; 50 digits make 10⁻⁶¹ of it, and 100 digits 10⁻¹¹¹."""
    both = [{"name": name, "from": "x", "weight": w, "activation": "softplus"} for name, w in (("a", 1), ("b", -1))]
    layers = [*both, {"from": {"a": 1, "b": -1, "x": -1}, "activation": "relu"}, {"weight": 0.7, "activation": "tanh"}]
    here = at({"input": x, "target": 1, "layers": layers})
    found = rounded_gradients(here, gradients_of(subjects(here.graph.network)))
    assert all(one.left == "rounding" for one in found)


def test_of_many_values_fewer_digits_are_tried() -> None:
    """200 of the softplus, which 400 confirm."""
    for examples, left in ((1, ["0"]), (240, [])):
        here = softplus_without([[250]] * examples)
        assert [one.left for one in rounded_gradients(here, gradients_of(subjects(here.graph.network)))] == left


def test_digits_that_leave_a_formula_no_value_as_they_round_are_not_taken() -> None:
    """10⁻⁶⁰ of terms of 1, to the power of 1.5; beside a unit with a kink."""
    layers = [{"weight": [[1, 1, 1]], "activation": {"formula": "x^1.5"}}, {"weight": 1, "activation": "relu"}]
    here = at({"input": [-1, 1e-60, 1], "loss": "output", "layers": layers})
    rows = [(one.name, one.left, one.dps) for one in rounded_gradients(here, values_of(here.graph.network))]
    assert rows == [("", "0", 100), ("h1", "0", 100), ("y", "0", 100)]


@pytest.mark.parametrize(
    ("x", "formula", "digits"), [(1e-250, "log(1 + x)", 200), (1e-120, "1 - cos(x)", 200), (1e-12, "x - sin(x)", 50)]
)
def test_a_0_that_few_digits_leave_as_well_is_looked_at_with_more(x: float, formula: str, digits: int) -> None:
    found = at({"input": x, "loss": "output", "layers": [{"weight": 1, "activation": {"formula": formula}}]})
    rows = {one.name: (one.left, one.dps <= digits) for one in rounded_gradients(found, values_of(found.graph.network))}
    assert rows[""][0] in ("0", "no digit") and rows[""][1]


def test_a_number_whose_six_digits_are_right_is_not_told() -> None:
    """Off by a relative 9×10⁻⁷, in the seventh digit of one number and in the sixth of another."""
    for ours, exact, left in ((1.0000046, "1.0000055", "few digits"), (1.0000006, "1.0000014", None)):
        number = Multiprecision(50).functions.context.mpf(exact)
        assert what_is_left(ours, Finer(number, 50, number, 50)) == left


def test_a_sweep_says_at_which_points_and_nothing_of_the_course() -> None:
    told = said("sweep", CANCELS, vary=["input=1e-10,1e-9,1"])
    assert "At input = 1e-10 and 1e-9: rounding has left no right digit of L and ∂L/∂w1; --dps 50 shows them." in told
    assert not any("is largest" in text or "changes sign" in text for text in told)
    assert any("is largest" in text for text in said("sweep", CANCELS, vary=["input=1,2,4"]))
    told = said("sweep", CANCELS, vary=["input=1e-10,1e-9,1"], show=["magnitude:w1"])
    assert not any("is largest" in text for text in told) and any(
        "left no right digit of ∂L/∂w1" in text for text in told
    )


@pytest.mark.slow
def test_of_many_points_in_doubt_some_are_looked_at() -> None:
    many = said("sweep", CANCELS, vary=["input=1e-10..1e-4:log10/20"])
    assert any(re.fullmatch(r"Digits are in doubt at 121 points, of which \d+ were looked at\.", text) for text in many)
    many = said("sweep", CANCELS, vary=["input=1e-10..1:log40"])
    assert any("rounding has left no right digit of L and ∂L/∂w1" in text and "input = 1e-10" in text for text in many)


def test_a_sweep_tells_the_course_of_numbers_that_are_right() -> None:
    told = said("sweep", CANCELLED, vary=["target=1,2,4"], show=["norm:w1", "w2"])
    assert "At every point: ∂L/∂w2 is 0 as far as 800 digits show: the digits that it has here are rounding." in told
    assert any("‖∂L/∂w1‖ is largest" in text for text in told)
    told = said("sweep", CANCELS, vary=["input=1e-10,1e-9,1"], show=["norm"])
    assert any("no right digit of ∂L/∂w1" in text for text in told) and not any("is largest" in text for text in told)


def test_a_sweep_looks_at_what_it_shows() -> None:
    """Of many points at those in doubt."""
    points = ",".join(map(str, range(30, 0, -1)))
    told = said("sweep", CANCELS, vary=[f"input={points},1e-9,1e-10"], show=["output:y"])
    assert "At input = 1e-9 and 1e-10: rounding has left no right digit of y; --dps 50 shows it." in told
    assert not any(
        "ounding has left" in text for text in said("sweep", CANCELS, vary=["input=1e-10,1"], show=["paths:w1"])
    )


def test_a_sweep_looks_at_the_ends_and_the_signs_of_many_points() -> None:
    assert set(named_places(SweepColumn("w1", "gradient", "w1"), [4, 0.1, -0.5, 8, 0, 1])) == {1, 2, 3}


def test_a_sweep_of_depth_names_entries_of_weights_that_few_networks_have() -> None:
    layers: list[Any] = [{"weight": [[1, 0], [0, 1]], "repeat": 2}, {"weight": [[0.5, 0.5]]}]
    spec = {"input": [[1, 0.1], [1, 0.2], [1, -0.3]], "loss": "output", "activation": "identity", "layers": layers}
    told = said("sweep", spec, vary=["depth=2,3,4"], show=["w3", "w4"])
    assert any(
        text.startswith("At depth = 4: ∂L/∂w3[0,1], ∂L/∂w3[1,1] and ∂L/∂w4[0,1] are 0 as far as ") for text in told
    )


def test_rounding_is_told_in_its_format() -> None:
    assert rounding("float16") == "in float16" and rounding("float64") == rounding("extended") == "in float64"


def test_a_unit_whose_z_has_no_right_digit_is_not_told_to_be_saturated() -> None:
    """(e^x − 1 − x)/x² at 10⁻¹⁰ is 1/2, and in float64 827, of which tanh is 1."""
    layers = [{"weight": 1, "activation": {"formula": "(exp(x) - 1 - x)/x^2"}}, {"weight": 1, "activation": "tanh"}]
    assert not compute(load({"input": 1e-10, "target": 0, "layers": layers})).warnings
    found = compute(load({"input": 827, "target": 0, "layers": layers[1:]})).warnings
    assert [text.partition(":")[0] for text in found] == ["y is saturated"]


def test_what_overflows_as_numbers_are_off_is_in_doubt() -> None:
    """h1 is 1, and 0 in float64; where numbers that are off make 10⁷⁶ of it, y was infinite, and not looked at."""
    layers = [{"weight": -1e80, "bias": -1}, {"weight": 1e160}, {"weight": 1e160}]
    spec = {"input": 5e11, "target": 1, "loss": "hinge", "activation": "abs", "layers": layers}
    skip = {"from": "x", "to": "h1", "into": "output", "weight": -1e80}
    told = said("compute", spec | {"skips": [skip]})
    assert any(text.startswith("h1, h2, y, ") and "0 only as numbers are rounded" in text for text in told), told


def test_points_of_skips_are_told_in_more_sentences_than_are_shown() -> None:
    """A value of `skips` is a mapping, by which nothing is looked up."""
    layers = [{"weight": weight, "activation": "sin"} for weight in (1e12, -1e80, -0.5)]
    spec = {"input": 2, "layers": layers, "loss": "huber", "target": {"y": -0.5, "h1": -0.5},
            "skips": {"every": 3, "into": "output", "weight": -0.5}}  # fmt: skip
    told = said("sweep", spec, vary=["skips={every: 2},{every: 1}"], show=["w3", "cancellation:w3"], theory=True)
    assert any("of some numbers" in text and text.endswith(" as well.") for text in told)
