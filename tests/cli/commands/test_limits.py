"""Limits as somebody at a terminal meets them: a status, where, how much, and which option raises it."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time

import pytest

from gradcalc.__main__ import run
from gradcalc.analysis import scalar_path_sums
from gradcalc.analysis.path_list import first_layers, refuse_long_numbers
from gradcalc.parallel import remedies
from gradcalc.semirings import accumulate, k_best

Capture = pytest.CaptureFixture[str]


def stopped(capsys: Capture, status: int, *arguments: str) -> str:
    """The message of a run that ends at a limit, as one line."""
    assert run(list(arguments)) == status
    found = capsys.readouterr()
    assert found.out == ""
    return " ".join(found.err.split())


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("paths resnet --wrt w1 --top 10000000000", 3, "1,000,000 is the limit; a smaller --top lists fewer"),
        ("explain resnet --wrt w1 --top 10000000000", 3, "1,000,000 is the limit; a smaller --top lists fewer"),
        ("compute deep --top 10000000000", 3, "1,000,000 is the limit; a smaller --top lists fewer"),
        ("compute deep --top 1000000 --json", 3, "--top lists fewer paths, or none (0), and --wrt fewer gradients"),
        ("compute deep --top 1000000 --format csv", 3, "--top lists fewer paths, or none (0), and --wrt fewer"),
        ("compute residual --dps 100001", 3, "--dps 100001: 100,000 decimal digits are the most"),
        ("compute residual --digits 100001", 2, "100001 is not in the range"),
        ("sweep residual --vary w1=0..1:0.5 --jobs 0", 2, "--jobs 0: takes 1 to 1,000 processes"),
        ("sweep residual --vary w1=0..1:0.5 --jobs 1001", 2, "--jobs 1001: takes 1 to 1,000 processes"),
        ("explain residual --time-limit 1", 2, "--time-limit 1: has no effect without --symbolic"),
        ("explain residual --symbolic --time-limit nan", 2, "--time-limit nan: takes at most 1,000,000 seconds"),
        ("explain residual --symbolic --time-limit 1e300", 2, "--time-limit 1e+300: takes at most 1,000,000 seconds"),
        ("explain residual --round 1001", 2, "1001 is not in the range 0<=x<=1000"),
        (f"compute residual --set layers{'[0]' * 500}=1", 2, "this is no key of a spec: it leads 501 levels deep"),
    ],
)
def test_a_limit_says_what_it_is_and_which_option_it_belongs_to(
    line: str, status: int, message: str, capsys: Capture
) -> None:
    assert message in stopped(capsys, status, *line.split())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("compute", "1,000,000 is the limit; a smaller --top lists fewer, --top 0 none"),
        ("report", "1,000,000 is the limit; a smaller --top lists fewer, --top 0 none"),
        ("compute --wrt w1", "1,000,000 is the limit; a smaller --top lists fewer, --top 0 none"),
        ("compute --json", "nodes, and 20,000,000 are the most; --top lists fewer paths, or none (0), and --wrt"),
        ("paths --json", "nodes, and 20,000,000 are the most; --top lists fewer paths, or none (0), and --wrt"),
        ("explain", "500,000 derivations through 500,000 layers are too long; --wrt names one"),
        ("diagnose", "too many to look for what helps, and 1,500 layers are the most; --top 0 diagnoses without"),
        ("diagnose --loss mae", "too many to look for what helps, and 1,500 layers are the most; --top 0 diagnoses"),
    ],
)
def test_a_long_chain_is_refused_before_it_is_built(line: str, message: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"input": 1, "target": 1, "layers": [{"weight": 1, "repeat": 500_000}]}))
    command, *options = line.split()
    begin = process_time()
    assert message in stopped(capsys, 3, command, str(path), *options)
    assert process_time() - begin < 2  # to build it takes five


@pytest.mark.parametrize(
    ("wrt", "message"),
    [
        ("w1", "the exact numbers of paths from 100,000 layers would take 0.3 GB or more; there are fewer with --wrt"),
        ("h7", "the exact numbers of paths from 99,993 layers would take 0.3 GB or more; there are fewer with --wrt"),
        ("w*", "100,000 derivations through 100,000 layers are too long; --wrt names one"),
    ],
)
def test_one_gradient_of_a_long_chain_with_skips_is_refused_before_it_is_built(
    wrt: str, message: str, tmp_path: Path, capsys: Capture
) -> None:
    path, layers = tmp_path / "net.json", [{"weight": 1, "repeat": 100_000}]
    path.write_text(json.dumps({"input": 1, "target": 1, "layers": layers, "skips": {"every": 2}}))
    begin = process_time()
    assert message in stopped(capsys, 3, "explain", str(path), "--wrt", wrt)
    assert process_time() - begin < 2  # to build it and to count takes twenty
    refuse_long_numbers(100_000, [(range(2, 100_001, 2), False)], 40_000)


def test_names_in_a_chain_tell_the_layers_that_paths_start_at() -> None:
    assert first_layers(["w3", "h2", "x"], 5) == [3, 3, 1]
    assert first_layers(["w?", "y", "w1[0,0]"], 3) == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "limit", "value"),
    [
        ("compute", "gradcalc.semirings.k_best.MOST_HELD", 10),
        ("compute --json", "gradcalc.analysis.path_list.MOST_NODES", 20),
        ("paths --json", "gradcalc.analysis.path_list.MOST_NODES", 20),
        ("explain", "gradcalc.derivation.explain.MOST_STEPS", 10),
        ("diagnose", "gradcalc.parallel.remedies.MOST_SEARCHED_LAYERS", 5),
    ],
)
def test_a_chain_that_is_refused_is_told_the_same_before_and_after_it_is_built(
    line: str, limit: str, value: int, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, value)
    path, told, (command, *options) = tmp_path / "net.json", [], line.split()
    for first in ({"weight": 1}, {"weight": 1, "from": "x"}):
        path.write_text(json.dumps({"input": 1, "target": 1, "layers": [first, {"weight": 1, "repeat": 5}]}))
        told.append(stopped(capsys, 3, command, str(path), *options))
    assert told[0] == told[1]


def test_a_chain_with_skips_is_told_the_same_before_and_after_it_is_built(tmp_path: Path, capsys: Capture) -> None:
    path, told = tmp_path / "net.json", []
    spec = {"input": 1, "target": 1, "activation": "tanh", "layers": [{"weight": 0.1, "repeat": 300}]}
    for start in ({}, {"start": "x"}):  # only the first is told at a glance
        path.write_text(json.dumps(spec | {"skips": {"every": 3, "into": "output"} | start}))
        told.append(stopped(capsys, 3, "compute", str(path), "--top", "2000"))
    assert "the network's nodes hold 1,262,330 paths" in told[0]
    assert told[0] == told[1]


def test_numbers_of_paths_that_would_fill_the_memory_are_told_before_a_chain_is_built(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcalc.analysis.path_list.MOST_BITS", 4000)
    path = tmp_path / "net.json"
    chain = {"input": 1, "target": 1, "layers": [{"weight": 0.1, "repeat": 100}]}
    path.write_text(json.dumps(chain | {"skips": {"every": 1}}))  # 2^99 paths from the first layer
    told = stopped(capsys, 3, "compute", str(path), "--top", "0", "--json")
    assert "the exact numbers of paths of 100 gradients have up to 30 digits; --wrt names fewer gradients" in told
    path.write_text(json.dumps(chain | {"skips": {"every": 2}}))  # 2^49
    assert run(["compute", str(path), "--top", "0", "--json"]) == 0


@pytest.mark.slow
def test_a_gradient_of_few_paths_is_explained_in_a_chain_whose_nodes_have_many(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    layers = [{"weight": 0.1, "repeat": 810}]
    path.write_text(json.dumps({"input": 1, "target": 1, "layers": layers, "skips": {"every": 3}}))
    assert run(["explain", str(path), "--wrt", "w810", "--top", "2000"]) == 0


def test_a_chain_that_has_no_loss_or_lists_no_paths_is_not_refused(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(k_best, "MOST_HELD", 10)
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"input": 1, "layers": [{"weight": 1, "repeat": 6}]}))
    assert run(["compute", str(path)]) == 0
    assert run(["compute", str(path), "--target", "1", "--top", "0"]) == 0
    assert run(["paths", str(path), "--target", "1", "--wrt", "w6"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    "line",
    [
        "explain",
        "paths",
        "precision",
        "compute --wrt w1",
        "compute --top 3",
        "draw --wrt w1",
        "draw --values backward",
        "diagnose",
        "train",
        "check",
        "check --require loss<1",
        "check --got w1=1",
        "check --got w1:y",
    ],
)
def test_a_loss_that_there_is_not_is_told_before_anything_is_computed(line: str, capsys: Capture) -> None:
    command, *options = line.split()
    network = "--input", "-1", "--weights", "1", "--activation", "{formula: log(x)}"  # which has no value there
    assert "without a target" in stopped(capsys, 2, command, *network, *options)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("paths --through nope", "--through nope: no node or edge has that name; names are x, y, w1"),
        ("paths --avoid y[1]", "--avoid y[1]: no node or edge has that name; names are x, y, w1"),
        ("paths --of y[1]", "--of y[1]: no node has that name; names are x, y"),
        ("paths --of nope", "--of nope: no node has that name; names are x, y"),
        ("paths --wrt nope", "--wrt nope: no parameter or node has that name; names are w1, x, y"),
        ("check --got nope=1", "nope: nothing is called nope; names are w1, y"),
        ("check --require abs(nope)<1", "abs(nope)<1: no parameter is called nope; names are w1"),
        ("train --until norm(nope*)<1", "norm(nope*)<1: no parameter is called nope*; names are w1"),
    ],
)
def test_a_name_that_there_is_not_is_told_before_anything_is_computed(line: str, message: str, capsys: Capture) -> None:
    command, *options = line.split()
    network = ["--input", "-1", "--weights", "1", "--activation", "{formula: log(x)}"]
    network += [] if "--of" in options else ["--target", "1"]
    assert message in stopped(capsys, 2, command, *network, *options)


def test_a_name_that_a_long_chain_has_not_is_told_with_few_of_those_it_has(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"input": 1, "target": 1, "layers": [{"weight": 1, "repeat": 300}]}))
    for option in ("check", "--require"), ("train", "--until"):
        message = stopped(capsys, 2, option[0], str(path), option[1], "norm(nope) < 1")
        assert message.endswith(
            "no parameter is called nope; names are w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, …"
        )


@pytest.mark.parametrize("key", ["layers", "weights"])
@pytest.mark.parametrize("value", ["3", "true", "text", "{a: 1}", "[~]", "[[]]", "[{repeat: x}]"])
def test_layers_that_are_none_are_told_as_such(key: str, value: str, capsys: Capture) -> None:
    message = stopped(capsys, 2, "compute", "--input", "0.5", "--target", "1", "--set", f"{key}={value}")
    assert f"--set {key}" in message


def test_a_search_over_the_units_of_a_batch_that_would_take_long(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.json"
    layer = {"width": 40, "weight": {"init": "normal", "std": 0.1}}
    spec = {"input": [[1, 2]] * 3, "target": [[1]] * 3, "layers": [layer, layer | {"repeat": 20}, layer | {"width": 1}]}
    path.write_text(json.dumps(spec))
    line = "compute", str(path), "--wrt", "w1[0,0]"
    assert "products, and 500,000,000 are the most; a smaller --top finds fewer" in stopped(
        capsys, 3, *line, "--top", "5000"
    )
    assert run(list(line)) == 0


def test_paths_of_very_many_examples_together(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"input": [[1], [2], [3]], "target": [[1]] * 3, "weights": [1, 1]}))
    monkeypatch.setattr(k_best, "MOST_HELD_IN_ALL", 30)
    line = "paths", str(path), "--wrt", "w1[0,0]", "--json"
    assert run(list(line)) == 0
    capsys.readouterr()
    monkeypatch.setattr(k_best, "MOST_HELD_IN_ALL", 5)
    assert "paths of each of 3 examples, and 5 in all is the limit" in stopped(capsys, 3, *line)


def test_paths_of_many_digits_that_would_take_long(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"input": [[1], [2], [3]], "target": [[1]] * 3, "weights": [1, 1]}))
    monkeypatch.setattr(scalar_path_sums, "MOST_OBJECTS", 2)
    line = "paths", str(path), "--wrt", "w1[0,0]", "--json"
    assert run(list(line)) == 0
    capsys.readouterr()
    assert "products, and 2 are the most; a smaller --top finds fewer" in stopped(capsys, 3, *line, "--dps", "20")


def test_skips_between_very_many_layers_are_not_looked_for(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "MOST_SEARCHED_LAYERS", 2)
    assert "skips between 3 layers are too many" in stopped(capsys, 3, "diagnose", "plain")
    assert run(["diagnose", "plain", "--top", "0"]) == 0


def test_as_many_paths_as_there_are_may_be_asked_for(capsys: Capture) -> None:
    assert run(["compute", "residual", "--top", "10000000000", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["paths"]["w1"]["count"] == 2


def test_work_in_symbols_ends_at_its_limit_of_time(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.json"
    formula = "*".join(f"sin({n}x+{n})" for n in range(2, 14))
    path.write_text(json.dumps({"input": 0.5, "target": 1, "weights": [1], "activation": {"formula": formula}}))
    line = "explain", str(path), "--symbolic", "--time-limit"
    assert "took more than 0.001 s; --time-limit gives it longer" in stopped(capsys, 3, *line, "0.001")
    assert run([*line, "100"]) == 0


@pytest.mark.slow
def test_a_derivative_that_would_fill_pages_is_computed_and_not_written_out(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.json"
    formula = "x" + "".join(f"/(x+{n})" for n in range(1, 300))
    path.write_text(json.dumps({"input": 0.5, "target": 1, "weights": [1], "activation": {"formula": formula}}))
    assert "more than 20,000; compute, paths and sweep need not" in stopped(capsys, 3, "explain", str(path))
    assert run(["compute", str(path)]) == 0


def test_numbers_of_paths_that_would_fill_the_memory(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accumulate, "MANY_EDGES", 10)
    monkeypatch.setattr(accumulate, "MOST_BITS", 100)
    path = tmp_path / "net.json"
    path.write_text(
        json.dumps({"input": 1, "target": 1, "layers": [{"weight": 1, "repeat": 60}], "skips": {"every": 1}})
    )
    assert "GB; --wrt names fewer gradients" in stopped(capsys, 3, "compute", str(path))
    assert "--top 0 lists no paths" in stopped(capsys, 3, "compute", str(path), "--wrt", "w1")
    assert "GB; there are fewer with --wrt nearer the output" in stopped(capsys, 3, "paths", str(path), "--wrt", "w1")


def test_numbers_of_paths_one_gradient_at_a_time(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.json"
    path.write_text(
        json.dumps({"input": 1, "target": 1, "layers": [{"weight": 1, "repeat": 60}], "skips": {"every": 2}})
    )
    asked = ("compute", str(path), "--top", "0", "--json", "--wrt", "w3", "--wrt", "h7", "--wrt", "x")
    assert run(list(asked)) == 0
    expected = capsys.readouterr().out
    monkeypatch.setattr(accumulate, "MANY_EDGES", 10)
    monkeypatch.setattr(accumulate, "MOST_BITS", 100)
    assert run(list(asked)) == 0
    assert capsys.readouterr().out == expected


def test_digits_beyond_those_that_python_reads_at_once(capsys: Capture) -> None:
    assert run(["compute", "residual", "--digits", "5000", "--dps", "5000", "--wrt", "w1"]) == 0
    assert "5000 decimal digits" in capsys.readouterr().out
