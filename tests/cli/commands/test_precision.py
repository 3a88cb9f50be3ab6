"""`gradcalc precision` from the command line: formats, options, errors, what a missing extra means, and its picture."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pictures import markers, plotted, texts

from gradcalc.__main__ import run


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["precision", *arguments]) == 0
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(printed(capsys, *arguments, "--json"))


def test_the_document_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "resnet", "--dtype", "float16")
    assert list(found) == ["gradcalc", "command", "name", "activations", "loss", "dtypes"]
    (dtype,) = found["dtypes"].values()
    assert list(dtype) == ["window", "scales", "quantities", "simulated"]
    window = dtype["window"]
    assert list(window) == ["low", "low_by", "high", "high_by", "exists", "subnormal_low"]
    assert (window["low_by"], window["high_by"], window["exists"]) == ("delta h39", "output y", True)
    assert [list(counts) for counts in dtype["scales"]] == [["scale", "kept", "subnormal", "lost", "overflow"]] * 3
    assert [counts["scale"] for counts in dtype["scales"]] == [1, 32768, 65536]
    assert {tuple(one) for one in dtype["quantities"]} == {("of", "kind", "exact", "stored", "zone")}
    assert dtype["simulated"] is None
    w1 = next(one for one in dtype["quantities"] if (one["of"], one["kind"]) == ("w1", "gradient"))
    assert w1 == {
        "of": "w1",
        "kind": "gradient",
        "exact": pytest.approx(-0.0003113148315331363, rel=1e-14),
        "stored": -0.0003113746643066406,
        "zone": "normal",
    }


def test_by_default_float16_and_bfloat16(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(told(capsys, "residual")["dtypes"]) == ["float16", "bfloat16"]


def test_what_overflows_is_null_and_in_its_zone(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "residual", "--dtype", "float16", "--loss-scale", "1e5", "--wrt", "y")
    adjoint = next(one for one in found["dtypes"]["float16"]["quantities"] if one["kind"] == "output")
    assert (adjoint["stored"], adjoint["zone"]) == (None, "overflow") and adjoint["exact"] < -65504
    assert found["dtypes"]["float16"]["scales"][-1]["scale"] == 100000


@pytest.mark.slow
def test_against_the_network_without_its_skips(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "resnet", "--dtype", "float16", "--against", "no-skips")
    assert found["against"]["name"] == "no-skips"
    assert found["against"]["dtypes"]["float16"]["window"]["exists"] is False
    page = printed(capsys, "resnet", "--dtype", "float16", "--against", "no-skips")
    assert "no loss scale keeps the whole backward pass of no-skips" in page
    scales = "2^14 of resnet, from the middle of the window; 2^15 of no-skips, largest without overflow"
    assert f"with S: the range with a loss scale ({scales})" in page


def test_a_simulated_pass(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("deep", "--dtype", "float16", "--simulate", "--accumulate", "dtype")
    found = told(capsys, *arguments)["dtypes"]["float16"]["simulated"]
    keys = ["accumulate", "saturate", "loss_scale", "loss", "lost", "overflow", "first", "gradients"]
    assert list(found) == keys and (found["accumulate"], found["lost"], found["overflow"]) == ("float16", 21, 0)
    assert list(found["first"]) == ["of", "kind", "becomes", "factors"]
    assert "of 40 gradients 21 are 0 and should not be" in printed(capsys, *arguments)
    saved = told(capsys, "deep", "--dtype", "float16", "--simulate", "--loss-scale", "65536")
    assert saved["dtypes"]["float16"]["simulated"]["lost"] < 21


def test_the_picture_is_moved_by_the_loss_scale_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "S = 2^14 " in printed(capsys, "resnet", "--dtype", "float16")
    assert "S = 2^10 " in printed(capsys, "resnet", "--dtype", "float16", "--loss-scale", "1024")
    assert "S = 2^9.97 " in printed(capsys, "resnet", "--dtype", "float16", "--loss-scale", "1000")


def test_a_loss_scale_that_no_float32_is_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    infinite = "is infinite in float32, in which loss scales are kept."
    page = printed(capsys, "residual", "--dtype", "bfloat16", "--loss-scale", "1e39")
    assert f"A loss scale of 1×10³⁹ {infinite}" in page
    assert f"2^128 {infinite}" in printed(capsys, "residual", "--dtype", "bfloat16", "--loss-scale", str(2.0**128))
    assert infinite not in printed(capsys, "residual", "--dtype", "bfloat16", "--loss-scale", str(2.0**127))


def test_where_every_gradient_is_0_there_is_no_table_of_windows(capsys: pytest.CaptureFixture[str]) -> None:
    network = ("--input", "1", "--weights", "1,1", "--activation", "identity", "--target", "1")
    page = printed(capsys, *network, "--dtype", "float16", "--simulate")
    assert "Loss scales that keep" not in page and "at any loss scale" in page


def test_a_row_for_every_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "residual", "--format", "csv"))))
    assert {row["dtype"] for row in rows} == {"float16", "bfloat16"}
    assert len(rows) == 2 * (4 + 1 + 6 + 11)


@pytest.mark.parametrize("name", ["markdown", "latex", "html", "jsonl", "csv"])
def test_other_formats(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "residual", "--format", name, "--simulate", "--against", "no-skips")
    assert "float16" in found and "None" not in found


def test_a_page_in_letters_of_any_encoding_is_as_wide_as_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    from gradcalc.report.ascii import to_ascii

    lines = [line for line in printed(capsys, "residual").splitlines() if "▒" in line]
    assert lines and all(len(to_ascii(line)) == len(line) and to_ascii(line).isascii() for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["residual", "--dtype", "flaot16"], "did you mean float16"),
        (["residual", "--accumulate", "float16"], "has no effect without --simulate"),
        (["residual", "--against", "plain"], "there is only no-skips"),
        (["plain", "--against", "no-skips"], "plain has no skips"),
        (["residual", "--loss-scale", "0"], "takes a positive number"),
        (["residual", "--dtype", "float16", "--saturate"], "is for formats of 8 bits"),
        (["residual", "--wrt", "w9"], "no parameter or node has that name"),
        (["--input", "1", "--weights", "1"], "without a target"),
    ],
)
def test_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["precision", *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_without_the_extra_float16_is_shown_and_the_command_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    assert run(["precision", "residual", "--json"]) == 0
    out, err = capsys.readouterr()
    assert list(json.loads(out)["dtypes"]) == ["float16"] and "pip install 'gradcalc[lowprecision]'" in err
    assert run(["precision", "residual", "--dtype", "bfloat16"]) == 2
    assert "pip install 'gradcalc[lowprecision]'" in " ".join(capsys.readouterr().err.split())


def test_the_picture(tmp_path: Path) -> None:
    picture = plotted(tmp_path, "precision", "resnet", "--dtype", "float16", "--against", "no-skips")
    shown = texts(picture)
    assert {"resnet", "no-skips", "float16: normal", "float16: fewer digits", "δ", "∂L/∂output"} <= set(shown)
    for axes in (1, 2):
        assert sorted(map(len, markers(picture, axes)))[-3:] == [41, 41, 42]
