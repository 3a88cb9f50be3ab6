"""What a person reads of `compute`: the story of each kind of network, told with hand-written and computed results."""

from __future__ import annotations

import re
from typing import Any

import pytest
from computations import PATHS, residual

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.analysis.results import Computation, Paths
from gradcalc.report.report import Style, format_module
from gradcalc.report.text import width
from gradcalc.views.compute_page import report


def page(
    computation: Computation,
    columns: int | None = 80,
    every: bool = False,
    entries: bool = False,
    most: int | None = None,
) -> str:
    shown = report(computation, every=every, entries=entries, most=most)
    return "".join(format_module("table").render(shown, Style(width=columns, all_rows=every)))


def computed(data: dict[str, Any] | str, **options: Any) -> Computation:
    return compute(language.load(data)[0], **options)


def test_every_gradient_stands_beside_its_paths() -> None:
    text = page(residual())
    assert "∂L/∂w1    −0.00302124  h1 → y       w_r      −0.00294760     97.6 %" in text
    assert "L = (y − t)² = (0.525929 − 1)² = 0.224743" in text


def test_shares_outside_the_range_of_doubles() -> None:
    """Two paths of 10⁴⁵⁰ times the gradient cancel exactly."""
    skips = [{"from": "h1", "to": "y"}, {"from": "h1", "to": "y", "weight": -1}]
    spec = {"input": 0.5, "target": 1, "activation": "identity", "weights": [0.3, 1e-200, 1e-250], "skips": skips}
    text = page(computed(spec), columns=None)
    assert "−1.00000×10⁰       1.00×10⁴⁵² %  ████████████████████" in text
    assert (
        "Two of the 3 paths of ∂L/∂w1 cancel exactly; the sum of the magnitudes of all 3 is 2.00×10⁴⁵⁰ × |∂L/∂w1|"
        in text
    )


def test_a_gradient_that_float64_rounds_to_0_is_not_told_as_0() -> None:
    """Of −0.003, 0.003 and −1.2×10⁻¹⁹ float64 makes 0."""
    skips = [{"from": "h1", "to": "y", "weight": weight} for weight in (0.1, -0.1)]
    skips.insert(0, {"from": "h1", "to": "y", "weight": 1e-18, "into": "output"})
    spec = {"input": 0.5, "target": 1, "activation": "sigmoid", "weights": [0.2, 0, 0.1], "skips": skips}
    text = page(computed(spec), columns=None)
    assert "The contributions as listed add up to −1.21571×10⁻¹⁹, ∂L/∂w1 is 0: numbers are rounded in float64." in text
    assert "their sum is 0" not in text
    assert "their sum is 0" in page(computed(spec | {"skips": skips[1:]}))


def test_paths_that_are_not_shown_stand_as_one_row() -> None:
    largest = PATHS["w1"].top[0]
    text = page(residual(paths=PATHS | {"w1": Paths(18014398509481984, (largest,) * 2)}), columns=None)
    assert "18014398509481982 other paths" in text


def test_without_a_target_the_page_says_why_there_are_no_gradients() -> None:
    residual = {key: value for key, value in language.read("residual").data.items() if key != "target"}
    text = page(compute(language.load(residual)[0]))
    assert "No target" in text
    assert "∂L" not in text
    assert "0.525929" in text


def test_without_a_target_the_digits_of_outputs_are_told() -> None:
    """(e^z − 1 − z)/z² at 3×10⁻¹¹."""
    layer = {"weight": 0.3, "activation": {"formula": "(exp(x) - 1 - x)/x^2"}}
    text = page(compute(language.load({"input": 1e-10, "layers": [layer]})[0]))
    assert "Rounding has left no right digit of y and σ′(z_y); --dps 50 shows them." in text


def test_no_paths_are_listed_where_none_are_wanted() -> None:
    text = page(residual(paths={name: Paths(paths.count, ()) for name, paths in PATHS.items()}))
    assert "2 paths" in text


def test_frozen_parameters_are_marked() -> None:
    network = residual().network
    first, *rest = network.parameters
    assert "∂L/∂w1 (frozen)" in page(
        residual(network=network._replace(parameters=(first._replace(frozen=True), *rest)))
    )


def test_forty_layers_fold_to_fit_a_page() -> None:
    text = page(computed("deep"))
    assert len(text.splitlines()) < 130
    assert "11 more rows; --all shows them" in text
    assert max(map(width, text.splitlines())) <= 80


def test_a_small_matrix_is_shown_by_entry_and_a_large_one_by_norm() -> None:
    small = page(computed("mazur"))
    assert "0.000438568" in small and "--wrt 'w1[0,0]'" in small
    wide = {
        "input": [0.1, 0.2],
        "target": [0, 1],
        "layers": [{"weight": {"init": "xavier_normal"}, "width": 64}, {"weight": {"init": "he_normal"}, "width": 2}],
    }
    summary, every = page(computed(wide)), page(computed(wide), every=True)
    assert "64×2" in summary and "norm" in summary
    assert len(summary.splitlines()) < 30
    assert "∂L/∂w1[63,0]" in every
    assert "h1[63]" in every
    assert "∂L/∂w1[63]" in page(computed(wide, wrt=["w1"]), entries=True)


def test_a_wide_network_may_have_a_negative_loss() -> None:
    """Its numbers are NumPy's."""
    layer = {"weight": [[-0.01] * 200] * 150, "activation": "identity"}
    assert "= −300.000\n" in page(computed({"input": [1.0] * 200, "loss": "output", "layers": [layer]}))


def test_a_batch_names_its_examples() -> None:
    batch = {"input": [[1], [2]], "target": [[0], [1]], "weights": [0.5]}
    text = page(computed(batch))
    assert "example" in text
    assert text.count(" y ") >= 2


def test_shares_of_shown_and_hidden_paths_sum_to_one() -> None:
    text = page(computed("resnet", wrt=["w1"]), columns=None)
    shares = [float(line.split(" %")[0].split()[-1].replace("−", "-")) for line in text.splitlines() if " % " in line]
    assert sum(shares) == pytest.approx(100, abs=1)


@pytest.mark.parametrize("name", ["residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn"])
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(name: str, columns: int) -> None:
    text = page(computed(name), columns=columns)
    assert max(map(width, text.splitlines())) <= columns
    assert "\x1b" not in text


def test_as_many_paths_are_listed_as_are_asked_for() -> None:
    deep = computed("deep", top=3)
    assert "the largest path of each" in page(deep)
    text = page(deep, None, most=3)
    assert "the largest path of each" not in text
    names = [line.split("  ")[0] for line in text.split(" ∂L/∂w1 ")[1].split("∂L/∂w2")[0].splitlines()[1:]]
    assert len(names) >= 3 and "524285 other paths" in text


def test_rows_leave_out_their_numbers_alike() -> None:
    wide, narrow = (page(computed("rnn"), width).partition("Forward")[2] for width in (200, 80))
    assert wide.count(" = ") - narrow.count(" = ") == 4  # of both s and both y
    assert "Wx·x1 + b " in narrow and "Wx·x1 + b =" not in narrow


def test_a_node_in_place_of_the_loss_is_named_throughout() -> None:
    text = page(computed("residual", of="h2"), None)
    assert "∂L" not in text and " L" not in text
    assert text.startswith("residual · sigmoid · derivatives of h2 ") and "δ = ∂h2/∂z" in text
    assert "\nh2 = 0.513121\n" in text and "∂h2/∂w1   0.00311505" in text and "∂h2/∂output" in text
    assert "no path from w3 to h2" in text
    assert "∂Σh/∂w1[0]" in page(computed("mazur", of="h"), None)


@pytest.mark.parametrize(
    ("loss", "formula"), [("mse", "mse: ½Σ(y − t)²"), ("half_sse", "½Σ(y − t)²"), ("sse", "Σ(y − t)²")]
)
def test_the_loss_is_named_where_the_number_of_units_is_its_factor(loss: str, formula: str) -> None:
    two = {"input": 1, "target": [0, 1], "loss": loss, "layers": [{"weight": [[1], [2]]}]}
    assert page(computed(two), None).startswith(f"network · sigmoid · {formula}  ")
    one = {"input": 1, "target": 1, "weights": [1]}
    assert page(computed(one), None).startswith("network · sigmoid · (y − t)²  ")


def test_paths_that_read_alike_in_short_are_not_shortened() -> None:
    layers = [{"weight": 0.5}, {"weight": 0.5}, {"weight": 0.5}, {"weight": 0.5}]
    skips = [{"from": "h2", "to": "y", "weight": 0.25}, {"from": "h1", "to": "y", "weight": 0.125}]
    text = page(computed({"input": 0.5, "target": 1, "layers": layers, "skips": skips}), 70)
    assert "h1 → h2 → y" in text and "h2 → h3 → y" in text
    long = [{"weight": 0.5}] * 5
    text = page(computed({"input": 0.5, "target": 1, "layers": long, "skips": [{**skips[0], "to": "h4"}]}), 70)
    assert "h1 → h2 → h4 → y" in text and "h1 → h2 → h3 → h4 → y" in text


def test_the_mark_of_a_frozen_weight_stands_behind_its_index() -> None:
    network = language.load({"input": [1, 2], "target": 1, "weights": [[[1, 2]]]})[0]
    frozen = tuple(one._replace(frozen=True) for one in network.parameters)
    assert "∂L/∂w1[0] (frozen)" in page(compute(network._replace(parameters=frozen)), None)


def test_a_loss_that_is_divided_by_the_units_has_a_formula_for_each_number_of_them() -> None:
    layers = [{"name": "a", "weight": 1}, {"name": "b", "from": "x", "weight": [[1], [2]]}]
    spec = {"input": 1, "target": {"a": 3, "b": [3, 2]}, "activation": "identity", "layers": layers}
    found = computed(spec | {"loss": "mse"})
    assert found.loss is not None and found.loss.value == (1 - 3) ** 2 + (1 - 3) ** 2 / 2
    assert found.loss.formula == "(a - t)^2 + sum((b - t)^2)/2"
    whole = computed(spec | {"loss": "sse"}).loss
    assert whole is not None and whole.formula == "sum((y - t)^2)"
    for loss, formula in {"mse": "sum((y - t)^2)", "half_sse": "sum((y - t)^2)/2", "mae": "sum(abs(y - t))"}.items():
        of_two = {
            "input": 1,
            "target": {"a": 3, "b": 2},
            "loss": loss,
            "layers": [layers[0], layers[0] | {"name": "b"}],
        }
        shared = computed(of_two).loss
        assert shared is not None and shared.formula == formula
        batch = computed(of_two | {"input": [[1], [2]], "target": {"a": [[3], [4]], "b": [[2], [1]]}}).loss
        assert batch is not None and batch.formula == f"mean({formula})"
    text = page(found, None)
    assert text.startswith("network · identity · mse: (y − t)² of a, ½Σ(y − t)² of b ")
    assert "\nL = (y − t)² of a + ½Σ(y − t)² of b = 6\n" in text
    assert "L = sum over a and b of Σ(y − t)² = (1 − 3)² + (1 − 3)² + (2 − 2)² = 8" in page(
        computed(spec | {"loss": "sse"}), None
    )


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html"])
def test_shares_beyond_float64_have_their_bars(name: str) -> None:
    """Two skips that cancel leave a gradient of 2×10⁻⁴⁵⁰, 10⁻⁴⁵⁰ of each of them."""
    skips = [{"from": "h1", "to": "y"}, {"from": "h1", "to": "y", "weight": -1}]
    data = {"input": 1, "target": 1, "activation": "identity", "weights": [0.3, 1e-200, 1e-250], "skips": skips}
    text = "".join(format_module(name).render(report(computed(data)), Style()))
    assert "nan" not in text and "inf" not in text
    if name == "table":
        assert re.search(r"skip h1→y +−2\.00000×10⁰ +1\.00×10⁴⁵² % +█{20}\n", text)
        assert re.search(r"w_h1_y +2\.00000×10⁰ +−1\.00×10⁴⁵² % +▒{20}\n", text)


def test_contributions_of_any_exponent_are_added() -> None:
    """σ(7×10⁶·σ(…)) is within 10⁻³⁰⁴⁰⁰⁵⁵ of 1: beyond the exponents that decimal numbers usually have."""
    weights = [{"weight": -1, "activation": "identity"}, {"weight": 1e-200}, {"weight": 1e-170}]
    weights += [{"weight": 7e6, "activation": "relu"}, {"weight": 1}]
    data = {"input": 0.5, "target": 1e-310, "layers": weights, "skips": [{"from": "h4", "to": "y"}]}
    assert "∂L/∂w4" in page(computed(data), None)


def test_a_reason_runs_over_the_columns_that_are_empty_beside_it() -> None:
    layers = [{"weight": 0.9}, {"weight": -0.9}, *[{"weight": 0.9, "activation": "sigmoid"}] * 6]
    lines = page(computed({"input": 0.5, "target": 1, "activation": "relu", "layers": layers}), 80).splitlines()
    assert sum(line.endswith(" h2 is inactive (z = −0.405)") for line in lines) == 2
    assert max(map(len, lines)) <= 80


def test_the_loss_of_a_few_examples_is_written_in_numbers() -> None:
    spec = {"input": [[1], [2]], "target": [[1], [0]], "weights": [1], "activation": "identity"}
    shown = "L = mean over 2 examples of (y − t)² = ½((1 − 1)² + (2 − 0)²) = 2"
    assert shown in page(computed(spec), None)
    many = spec | {"input": [[1]] * 5, "target": [[0]] * 5}
    assert "L = mean over 5 examples of (y − t)² = 1" in page(computed(many), None)


def test_the_loss_is_written_over_preactivations_where_outputs_round_to_1() -> None:
    bce = page(computed({"input": 1, "target": 0, "loss": "bce", "weights": [40]}), None)
    assert "= −(0·ln σ(40) + (1 − 0) ln σ(−40)) = 40\n" in bce
    layers = [{"weight": [[30, 1], [-2, -20]], "activation": "softmax"}]
    of_classes = {"input": [1, 2], "target": 0, "loss": "nll", "layers": layers}
    assert "= −ln softmax(32, −42)₀ = 7.28129×10⁻³³\n" in page(computed(of_classes), None)
    skips = [{"from": "x", "to": "y", "weight": 0.5, "into": "output"}]
    assert "ln 1" not in page(
        computed({"input": 1, "target": 1, "loss": "bce", "weights": [40, -40], "skips": skips}), None
    )
