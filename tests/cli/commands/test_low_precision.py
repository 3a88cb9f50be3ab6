"""`--dtype` of the commands that compute: the same tables in low precision, what contradicts it, infinities."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from gradcalc.__main__ import run

TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float8_e5m2": ml_dtypes.float8_e5m2}
OVERFLOWING = ("--input", "1000", "--weights", "1000,1000", "--target", "0", "--activation", "identity")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 0
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(printed(capsys, *arguments, "--json"), parse_constant=lambda text: pytest.fail(text))


def is_stored(x: float, dtype: str) -> bool:
    return float(np.array([x], dtype=np.float32).astype(TYPES[dtype])[0]) == x


@pytest.mark.parametrize("dtype", TYPES)
def test_compute_prints_the_same_tables_with_stored_numbers(dtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    exact, low = told(capsys, "compute", "residual"), told(capsys, "compute", "residual", "--dtype", dtype)
    assert low.pop("arithmetic") == dtype and list(low) == list(exact)
    for part in ("forward", "backward", "gradients", "parameters", "input"):
        assert list(low[part]) == list(exact[part])
    for node in low["backward"].values():
        assert all(is_stored(x, dtype) for x in node.values())
    assert all(is_stored(x, dtype) for x in (*low["gradients"].values(), *low["parameters"].values()))
    paths = [path for found in low["paths"].values() for path in found["top"]]
    assert all(is_stored(path["contribution"], dtype) for path in paths)
    assert f"Computed in {dtype} (sums in float32, no loss scale): weights, inputs and every value" in printed(
        capsys, "compute", "residual", "--dtype", dtype
    )


def test_a_row_of_the_forward_pass_multiplies_out_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert "w1·x = 0.199951·0.5" in printed(capsys, "compute", "residual", "--dtype", "float16")


@pytest.mark.parametrize("scale", ["1", "256", "1024", "1e9"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn"])
def test_explain_lists_the_paths_that_compute_lists(dtype: str, scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("residual", "--wrt", "w1", "--dtype", dtype, "--loss-scale", scale)
    computed = told(capsys, "compute", *options)["paths"]["w1"]["top"]
    explained = told(capsys, "explain", *options)["wrt"]["w1"]["top"]
    pairs = [(term["value"], path["contribution"]) for term, path in zip(explained, computed, strict=True)]
    for found, wanted in pairs:  # null is infinite or NaN
        assert found is wanted or found == pytest.approx(wanted, rel=2.0**-3 if "8" in dtype else 2.0**-7)


@pytest.mark.parametrize(
    "asked",
    [
        ("compute", "residual"),
        ("paths", "residual"),
        ("explain", "residual", "--wrt", "w1"),
        ("compare", "residual"),
        ("sweep", "residual", "--vary", "w1=0.1,1"),
    ],
)
def test_every_page_says_how_it_was_computed(asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, *asked, "--dtype", "float16", "--accumulate", "dtype", "--loss-scale", "1024")
    assert "Computed in float16 (sums in float16, loss scale 2^10): " in page


def test_compute_names_the_gradients_that_are_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "compute", "residual", "--wrt", "w1", "--dtype", "float8_e4m3fn", "--loss-scale", "1024")
    assert "Infinite or NaN in float8_e4m3fn: ∂L/∂w1; precision --simulate says where that begins." in page
    assert "Infinite or NaN" not in printed(capsys, "compute", "residual", "--dtype", "float16")
    assert "Infinite or NaN" not in printed(capsys, "compute", "residual", "--dps", "30")


def test_no_cancellation_is_below_1_and_a_share_is_of_the_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("residual", "--wrt", "w1", "--dtype", "bfloat16")
    found = told(capsys, "paths", *options)["wrt"]["w1"]
    assert found["cancellation"] == 1 and found["magnitude"] == sum(one["magnitude"] for one in found["by_length"])
    page = printed(capsys, "paths", *options)
    assert page.count("97.5 %") == 2 and page.count("2.4 %") == 2
    assert "∞ %" not in printed(capsys, "paths", "residual", "--dtype", "float16", "--loss-scale", "1e9", "--wrt", "w1")


def test_a_sweep_says_NaN_of_a_format_without_infinity(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--dtype", "float8_e4m3fn", "--loss-scale", "1024")
    assert run(["sweep", "residual", "--vary", "w1=0.1,1", *options]) == 1
    assert "2 of 2 points could not be computed: a value is NaN." in capsys.readouterr().out


def test_every_command_has_the_same_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--dtype", "float16", "--accumulate", "dtype", "--loss-scale", "1024")
    wanted = told(capsys, "compute", "resnet", "--wrt", "w1", *options)["gradients"]["w1"]
    assert told(capsys, "paths", "resnet", "--wrt", "w1", *options)["wrt"]["w1"]["value"] == wanted
    assert told(capsys, "explain", "resnet", "--wrt", "w1", *options)["wrt"]["w1"]["value"] == wanted
    compared = told(capsys, "compare", "resnet", "--wrt", "w1", *options)
    assert compared["networks"][0]["gradients"]["w1"] == wanted and compared["arithmetic"] == "float16"
    swept = told(capsys, "sweep", "resnet", "--vary", "input=0.5", "--show", "w1", *options)
    assert swept["rows"][0]["gradient:w1"] == wanted and swept["arithmetic"] == "float16"


def test_a_loss_scale_saves_gradients_and_is_divided_out(capsys: pytest.CaptureFixture[str]) -> None:
    def gradients(*options: str) -> dict[str, float]:
        found: dict[str, float] = told(capsys, "compute", "deep", "--dtype", "float16", "--top", "0", *options)[
            "gradients"
        ]
        return found

    plain, scaled = gradients(), gradients("--loss-scale", "65536")
    assert sum(x == 0 for x in scaled.values()) < sum(x == 0 for x in plain.values())
    assert plain["w40"] == scaled["w40"]


@pytest.mark.parametrize("command", ["compute", "paths", "explain", "compare", "precision"])
@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "latex", "html"])
def test_infinities_are_printed_and_null_in_json(command: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--skip", "x:y") if command == "compare" else ("--simulate",) if command == "precision" else ()
    found = printed(capsys, command, *OVERFLOWING, *more, "--dtype", "float16", "--format", form)
    if form == "json":
        assert "null" in found and "Infinity" not in found and json.loads(found)
    elif form == "csv":
        assert "inf" in {cell for row in csv.reader(io.StringIO(found)) for cell in row}
    else:
        assert any(sign in found for sign in ("∞", r"\infty", "inf"))


def test_a_point_of_a_sweep_that_overflows_is_a_row_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", *OVERFLOWING, "--vary", "w1=0.001,1000", "--dtype", "float16"]) == 1
    found = capsys.readouterr().out
    assert "a value is infinite" in found and "Computed in float16" in found


def test_a_sweep_of_the_window_of_a_format(capsys: pytest.CaptureFixture[str]) -> None:
    rows = told(capsys, "sweep", "deep", "--vary", "depth=10,40", "--show", "window:float16", "--against", "no-skips")
    ours = [row["window:float16"] for row in rows["rows"]]
    plain = [row["no-skips"]["window:float16"] for row in rows["rows"]]
    assert ours[1] == pytest.approx(16.93 - 36.52, abs=0.01) and plain[1] == pytest.approx(16.22 - 107.38, abs=0.01)
    assert ours[0] > 0 > plain[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compute", "residual", "--accumulate", "float32"], "has no effect without --dtype"),
        (["paths", "residual", "--loss-scale", "2"], "has no effect without --dtype"),
        (["compare", "residual", "--saturate"], "has no effect without --dtype"),
        (["compute", "residual", "--dtype", "float16", "--dps", "30"], "numbers are of one kind"),
        (["compute", "residual", "--dtype", "flaot16"], "did you mean float16"),
        (["explain", "residual", "--dtype", "float16", "--symbolic"], "leave --symbolic out"),
        (["explain", "residual", "--dtype", "float16", "--round", "2"], "leave --round out"),
        (["compare", "residual", "--dtype", "float16", "--theory"], "--theory is of exact numbers"),
        (["sweep", "residual", "--vary", "w1=1,2", "--dtype", "float16", "--theory"], "--theory is of exact numbers"),
        (
            ["sweep", "residual", "--vary", "w1=1,2", "--dtype", "float16", "--show", "window:float16"],
            "is of exact values",
        ),
        (["sweep", "residual", "--vary", "w1=1,2", "--show", "window"], "Name a format, such as window:float16"),
        (["sweep", "residual", "--vary", "w1=1,2", "--show", "window:int8"], "there is no format int8"),
    ],
)
def test_what_contradicts_it(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_sentences_of_sums_are_left_out_where_sums_are_rounded(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "compute", "residual", "--dtype", "float16")
    assert "comes through the skip" not in page
    page = printed(capsys, "paths", "resnet", "--wrt", "w1", "--dtype", "float16")
    assert ", from 524288 paths" in page and "the sum of" not in page and "Effective number" not in page
    page = printed(capsys, "compare", "deep", "--wrt", "w1", "--wrt", "w30", "--dtype", "float16")
    assert "0: ∂L/∂w1 in deep; ∂L/∂w1 and ∂L/∂w30 in no-skips." in page and "rises" not in page
