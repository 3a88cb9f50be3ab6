"""`gradcalc explain` on the command line: options, formats, files, statuses, and what it loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gradcalc.__main__ import run

LOADED = """
import sys
from gradcalc.__main__ import run
assert run({arguments!r}) == 0
sys.stderr.write("\\n".join(sys.modules))
"""


def loaded(*arguments):
    code = LOADED.format(arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("extra", [(), ("--json",), ("--format", "latex"), ("--format", "python")])
def test_numbers_load_neither_sympy_nor_numpy(extra):
    modules = loaded("explain", "residual", *extra)
    assert not modules & {"sympy", "numpy", "mpmath", "rich", "decimal", "dataclasses", "fractions", "unicodedata"}


def test_symbols_load_sympy_without_numpy_or_its_pretty_printer():
    modules = loaded("explain", "residual", "--symbolic")
    assert "sympy" in modules
    assert not modules & {"numpy", "matplotlib", "sympy.physics.units", "sympy.combinatorics.polyhedron"}


def test_json_is_as_the_contract_has_it(capsys):
    assert run(["explain", "residual", "--wrt", "w1", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["command"] == "explain"
    found = printed["wrt"]["w1"]
    assert list(found)[:7] == ["value", "formula", "where", "latex", "steps", "count", "top"]
    assert set(found["certified"]) == {"relative_error", "points"}
    assert list(found["steps"][0]) == ["rule", "of", "by", "formula", "numbers", "latex", "value"]
    assert found["steps"][0]["numbers"] == "2*(0.5259292349264251 - 1)"
    assert list(printed)[:6] == ["gradcalc", "command", "name", "activations", "loss", "wrt"]
    assert set(found["top"][0]) >= {"nodes", "through", "formula", "latex", "value"}


@pytest.mark.parametrize("ending", ["txt", "tex", "md", "html", "json", "jsonl", "csv", "py"])
def test_files_have_the_form_of_their_ending(ending, tmp_path):
    path = tmp_path / f"derivation.{ending}"
    assert run(["explain", "mazur", "--wrt", "w1", "-o", str(path)]) == 0
    assert path.stat().st_size > 200


def test_digits_are_those_asked_for(capsys):
    assert run(["explain", "residual", "--wrt", "w1", "--digits", "3"]) == 0
    said = capsys.readouterr().out
    assert "∂L/∂w1 = −0.00302 " in said and "−0.948 " in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "residual", "--wrt", "w9"], "w9"),
        (["explain", "--input", "1", "--weights", "1"], "target"),
        (["explain", "residual", "--top", "0"], "0"),
    ],
)
def test_what_is_wrong_is_said(arguments, said, capsys):
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and said in printed.err


def test_entries_units_inputs_and_nodes(capsys):
    assert run(["explain", "mazur", "--wrt", "w1[0,1]", "--wrt", "h[0]", "--wrt", "i1", "--wrt", "o", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["wrt"]
    assert list(found) == ["w1[0,1]", "h[0]", "i1", "o"]
    assert found["h[0]"]["value"] == pytest.approx(0.036350306393144754, rel=1e-12)


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html", "python"])
def test_names_and_notes_are_text_and_notes_keep_their_lines(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = {"name": 'a\u202e\ud800"""\\', "notes": "first\x07\n\nsecond", "input": 1, "target": 1, "weights": [1]}
    (tmp_path / "net.json").write_text(json.dumps(spec))
    assert run(["explain", str(tmp_path / "net.json"), "--format", name]) == 0
    out = capsys.readouterr().out
    assert all(character.isprintable() for character in out.replace("\n", ""))
    assert "u000a" not in out and out.index("first") < out.index("\n", out.index("first")) < out.index("second")
    if name == "python":
        exec(compile(out, "derivation", "exec"), {"__name__": "derivation"})
