"""The page of `sweep`: sentences that are true to the rows, maps and lines to the scale they name, reasons told."""

from __future__ import annotations

import csv
import io
import re
from math import comb, log10
from typing import Any

import pytest
from sweeps import RANDOM, flowing, printed, rows, swept

from gradcalc.report.report import Spark
from gradcalc.report.text import spark, width
from gradcalc.theory.binomial import FEWEST, MOST
from gradcalc.theory.mean_field import WIDE
from gradcalc.views.sweep_plot import draw


def factor(xs: list[float], sizes: list[float]) -> float:
    """By how much a magnitude shrinks with each step of x, by least squares."""
    n = len(xs)
    xy, xx = sum(x * y for x, y in zip(xs, sizes)), sum(x * x for x in xs)
    return 10 ** -((n * xy - sum(xs) * sum(sizes)) / (n * xx - sum(xs) ** 2))


def three_digits(number: float) -> str:
    return f"{number:#.3g}".rstrip(".")


def test_the_law_is_that_of_the_rows() -> None:
    found = swept("deep", "depth=3,10,20,40,100", against=True)
    said = rows(found)
    xs = [float(row["depth"]) for row in said]
    own = factor(xs, [log10(abs(row["gradient:w1"])) for row in said])
    plain = factor(xs, [log10(abs(row["no-skips"]["gradient:w1"])) for row in said])
    words = (
        f"|∂L/∂w1| falls by ÷ {own:.2g} per layer (exponential fit, R² > 0.999); "
        f"without skips it falls by ÷ {plain:.2g} per layer (exponential fit, R² > 0.999)."
    )
    assert words in flowing(printed(found))
    assert words in flowing(printed(found, digits=25))


def test_a_power_of_the_key_is_told_as_one() -> None:
    linear = {"input": 1, "target": 0, "weights": [1, 1, 1], "activation": "identity"}
    assert "|∂L/∂w1| is proportional to w2^2 (power-law fit, R² > 0.999)." in flowing(
        printed(swept(linear, "w2=1,2,4,8,16", show=["w1"]))
    )


def test_keys_of_any_size_follow_laws_too() -> None:
    linear = {"input": 1, "target": 0, "weights": [1, 1, 1], "activation": "identity"}
    assert "is proportional to w2^2 (" in flowing(printed(swept(linear, "w2=1e140,1e145,1e149,1e150", show=["w1"])))


def test_a_plain_network_of_gradient_0_is_told_so() -> None:
    dead = {
        "input": 0.5,
        "target": 1,
        "activation": "relu",
        "weights": [1, -1, 1],
        "skips": [{"from": "h1", "to": "y"}],
    }
    text = flowing(printed(swept(dead, "w1=1..6", show=["w1"], against=True)))
    assert "|∂L/∂w1| ranges from 0 to 2; without skips it is 0 at every point." in text


def test_where_no_law_fits_nothing_is_said_of_one() -> None:
    text = printed(swept("residual", "w1=-3..3", show=["w1"]))
    assert " fit" not in text and "exponentially" not in text and "ranges" not in text


def test_every_line_names_the_ends_of_its_scale() -> None:
    found = swept("deep", "depth=3,10,20,40,100", against=True, show=["w1"])
    sizes = [abs(side["gradient:w1"]) for row in rows(found) for side in (row, row["no-skips"])]
    line = next(line for line in printed(found).splitlines() if line.startswith(" |∂L/∂w1| "))
    assert f"{min(sizes):.2e}"[:4] in line and line.rstrip().endswith(f"to {max(sizes) * 1000:.3g}×10⁻³ (log)")


def test_a_heat_map_names_the_ends_of_its_scale_and_fits() -> None:
    found = swept("residual", "w2=0.5,1", "w3=0.1..6:0.1", show=["w1"], against=True)
    sizes = [abs(side["gradient:w1"]) for row in rows(found) for side in (row, row["no-skips"])]
    text = printed(found, columns=80)
    assert f"|∂L/∂w1|, {min(sizes):.6f} to {max(sizes):.5f} (log)" in text
    assert "no-skips, to the same scale" in text
    maps = [line for line in text.splitlines() if re.fullmatch(r" (0\.5|1  ) +[▁-█]{60}", line)]
    assert len(maps) == 4
    assert {maps[0][-1], *"".join(maps)} >= {"▁", "█"}
    both = printed(swept("residual", "w2=0.5,1", "w3=0.1..3:0.1", show=["w1"], against=True), columns=80)
    assert re.search(r"w3 0\.1 → 3 +no-skips", both)


def test_a_failing_point_has_its_reason_in_its_row_and_in_full_beneath() -> None:
    found = swept("residual", "activation=sigmoid,nope,tanh", against=True)
    text = printed(found, columns=80)
    assert text.count("hard_swish,") == 1  # of the list of all there are
    assert 'unknown activation "nope"' in flowing(text)
    assert "1 of 3 points could not be computed: " in text and "without skips: " not in text
    assert len(text.splitlines()) < 25
    assert rows(found)[1]["error"].startswith('unknown activation "nope"; it is one of')
    told = flowing(printed(found, summary=True))
    assert "1 of 3 points could not be computed: unknown" in told and "their rows" not in told


def test_a_plain_network_that_fails_alone_is_told() -> None:
    data = {
        "input": 1,
        "target": 1,
        "weights": [0.0, 1.0],
        "activation": {"formula": "log(x)"},
        "skips": [{"from": "x", "to": "h1", "weight": 2}, {"from": "x", "to": "y", "weight": 1}],
    }
    text = flowing(printed(swept(data, "w2=1,2,3", against=True)))
    assert "3 of 3 points could not be computed without skips: " in text


def test_values_that_are_no_numbers_are_shown_as_they_were_given() -> None:
    found = swept("residual", "target=0.5,[1],true", "w1=1,2", show=["loss"])
    text = printed(found)
    assert " [1]" in text and " true" in text and "True" not in text
    table = list(csv.DictReader(io.StringIO(printed(found, "csv"))))
    assert [row["target"] for row in table] == ["0.5", "0.5", "[1]", "[1]", "true", "true"]
    assert "1.5" not in printed(found, summary=True)


@pytest.mark.parametrize(
    ("vary", "told"),
    [
        ("input=[0],[2]", "At input = [0]: z_h1 = z_h2 = z_y = 0 is a kink of relu"),
        ("loss=mse,{name: huber, beta: 1}", '{"name": "huber", "beta": 1}'),
        ("target={y: 0.5},{y: 0}", '{"y": 0.5}'),
        ("skips={every: 1},{every: 2}", '{"every": 2}'),
        ("activation=tanh,{name: leaky_relu, alpha: 0.1}", '{"name": "leaky_relu", "alpha": 0.1}'),
    ],
)
def test_lists_and_mappings_are_swept_as_numbers_are(vary: str, told: str) -> None:
    data = {"input": 0.5, "target": 0.5, "activation": "relu", "weights": [1, 1, 1], "loss": "mse"}
    found = swept(data, vary)
    assert told in flowing(printed(found))
    printed(found, "csv"), printed(found, "jsonl")


def test_theory_says_how_far_measurement_is_from_it() -> None:
    found = swept("deep", "depth=10,20,40", against=True, theory=True)
    times = [row["bound:w1"] / abs(row["gradient:w1"]) for row in rows(found)]
    plain = [row["no-skips"]["bound:w1"] / abs(row["no-skips"]["gradient:w1"]) for row in rows(found)]
    text = flowing(printed(found))
    assert f"Bound / |∂L/∂w1|: {three_digits(min(times))} to {three_digits(max(times))}; " in text
    assert f"; without skips {three_digits(min(plain))} to {three_digits(max(plain))}." in text
    assert "Pascanu, Mikolov & Bengio 2013" in text and "Veit, Wilber & Belongie 2016" in text


def test_theory_of_residual_networks_is_the_binomial_law() -> None:
    """Equal blocks of rate f = w²: n·f/(1 + f) of n on average, as the sum over k of k·C(n, k)·fᵏ says as well."""
    data = {
        "input": 1,
        "target": 0,
        "activation": "identity",
        "layers": [{"weight": 0.5, "repeat": 12}, {"weight": 1}],
        "skips": {"every": 2, "into": "output"},
    }
    found = swept(data, "depth=2,13,17,21", show=["w1"], theory=True)
    assert rows(found)[0]["blocks:w1"] is None
    for row in rows(found)[1:]:
        n = (row["depth"] - 1) // 2 - 1
        weights = [comb(n, k) * 0.25**k for k in range(n + 1)]
        mean = sum(k * weight for k, weight in enumerate(weights)) / sum(weights)
        assert row["binomial:w1"] == pytest.approx(mean) == row["blocks:w1"]
    text = flowing(printed(found))
    assert "Blocks on a path of ∂L/∂w1, measured / expected: 1." in text
    assert "Bound / |∂L/∂w1|: 1." in text


def test_theory_of_random_dense_networks_is_mean_field() -> None:
    text = flowing(printed(swept(RANDOM, "seed=0..3", show=["w1"], theory=True)))
    assert re.search(r"‖∂L/∂w1‖ / mean-field value: [\d.]+ to [\d.]+\.", text)
    assert "Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017" in text


@pytest.mark.parametrize("columns", [80, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("over", [("depth=3,10,20",), ("depth=3,10", "layers[0].weight=0.1..6:0.1")])
def test_nothing_is_cut(columns: int, over: tuple[str, ...]) -> None:
    text = printed(swept("deep", *over, against=True, theory=True), columns=columns)
    assert all(width(line) <= columns for line in text.splitlines())
    assert "…" not in re.sub(r"… \d+ more rows; --all shows them …", "", text)


def test_numbers_of_many_digits_take_every_way() -> None:
    found = swept("deep", "depth=3,4", against=True, theory=True, dps=30)
    for form in ("table", "json", "jsonl", "csv", "markdown", "latex", "html"):
        assert "w1" in printed(found, form)
        assert "w1" in printed(found, form, summary=True)
    assert len(str(rows(found)[0]["gradient:w1"])) > 10
    assert re.search(r'"gradient:w1": -0\.00133599\d{30}', printed(found, "jsonl"))


SIGNED = {"name": "linear", "input": 0.5, "loss": "output", "activation": "identity", "weights": [0.2, 0.1, 0.1]}
"""The loss is the output, which has both signs."""


def test_a_loss_of_both_signs_is_drawn_as_it_is() -> None:
    text = printed(swept(SIGNED, "w1=-2..2:1", show=["loss", "output:y"]))
    assert re.search(r"loss +▁▃▅▆█ +−0\.01 to 0\.01\n", text)
    text = printed(swept(SIGNED, "w1=-2..2:1", "w2=-1..1:0.5", show=["loss"]))
    assert "loss, −0.1 to 0.1\n" in text and "  1  ▃▄▅▅▆\n" in text


def test_a_map_of_magnitudes_begins_at_0_where_one_is_0() -> None:
    text = printed(swept(SIGNED, "w1=-2..2:1", "w3=-1..1:0.5", show=["w2"]))
    assert "|∂L/∂w2|, 0 to 1\n" in text and "  0  ▁▁▁▁▁\n" in text and "·:" not in text


@pytest.mark.parametrize(
    ("data", "over", "show"),
    [
        ("residual", ("w1=-2..2:1", "w2=-1..1:0.5"), "w1"),
        ("deep", ("depth=3,10,20", "w1=-1..1:0.25"), "w1"),
        (SIGNED, ("w1=-2..2:1", "w2=-1..1:0.5"), "loss"),
        (SIGNED, ("w1=-2..2:1", "w3=-1..1:0.5"), "w2"),
        ("resnet", ("depth=4,8,40", "w1=1,2"), "largest:w1"),
    ],
)
def test_a_map_in_text_is_that_of_the_picture(
    data: Any, over: tuple[str, str], show: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same heights in the same rows and columns, under the same heading."""
    drawn: list[Any] = []
    monkeypatch.setattr("gradcalc.views.sweep_plot.draw_heat_map", lambda *given: drawn.extend(given))
    found = swept(data, *over, show=[show])
    draw(found, "map.svg", every=False)
    _, _, heading, grid, (picture,), logarithmic = drawn
    heights = [height for row in picture.heights for height in row if height is not None]
    lines = [spark(Spark(row, min(heights), max(heights))) for row in picture.heights]
    text = printed(found).partition(f"\n{heading}, ")[2].splitlines()
    assert text[0].endswith("(log)") == logarithmic
    assert text[1].split()[:2] == [grid.row_key.split()[0], grid.column_key.split()[0]]
    assert [line.split()[1] for line in text[2 : 2 + len(lines)]] == lines
    assert len(lines) == len(grid.rows) and {len(line) for line in lines} == {len(grid.columns)}


def test_swept_values_stand_as_they_are_given() -> None:
    text = printed(swept("residual", "w1=0.1,0.5,1,2", show=["w1"]))
    assert [line.split()[0] for line in text.splitlines()[2:6]] == ["0.1", "0.5", "1", "2"]
    assert "\n 0.5 " in printed(swept("residual", "w1=0.5,1", "w2=1,2", show=["w1"]))


def test_a_reason_has_its_subject() -> None:
    text = flowing(printed(swept("plain", "loss=output,mse")))
    assert "1 of 2 points could not be computed: target is not for loss output, which takes none;" in text


def test_a_column_without_values_has_its_reason() -> None:
    text = flowing(printed(swept("resnet", "depth=4,6,8", show=["blocks:w1", "binomial:w1"])))
    assert "blocks:w1 and binomial:w1 have no value at depth = 4 and 6: they take one example, 3 to 200 blocks" in text
    text = flowing(printed(swept("resnet", "depth=4,6", show=["loss", "mean_field:w1"])))
    assert "mean_field:w1 has no value at any point: it takes a random network of dense layers" in text
    assert (WIDE, FEWEST, MOST) == (8, 3, 200)
