"""What --got takes on the command line and in files of text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcalc.errors import UsageError
from gradcalc.language.given import claims, where


@pytest.mark.parametrize(
    ("texts", "data"),
    [
        (["w1=6"], {"w1": "6"}),
        (["w1=0.0820 w2=-3e-4"], {"w1": "0.0820", "w2": "-3e-4"}),
        (["w1=1", "w2=2, w3=3"], {"w1": "1", "w2": "2", "w3": "3"}),
        (["w1=[[1, 2.50], [3,4]] b = 1"], {"w1": [["1", "2.50"], ["3", "4"]], "b": "1"}),
        (["w1=[[1. 2.]\n [3. 4.]]"], {"w1": [["1.", "2."], ["3.", "4."]]}),
        (["b=1,2"], {"b": ["1", "2"]}),
        (["w1[0,1]=0.5 dL/dh1=1/3"], {"w1[0,1]": "0.5", "dL/dh1": "1/3"}),
        (["w1: 0.25"], {"w1": "0.25"}),
    ],
)
def test_names_with_numbers_keep_their_digits(texts: list[str], data: dict[str, Any]) -> None:
    assert {claim.name: claim.data for claim in claims(texts)} == data


def test_a_name_with_a_colon_has_a_formula() -> None:
    (claim,) = claims(["w1[0,1]: (y - t)*y*(1 - y)*h2"])
    assert (claim.name, claim.formula, claim.data) == ("w1[0,1]", "(y - t)*y*(1 - y)*h2", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("w1", "write NAME=VALUE, 'NAME: FORMULA' or a file's name"),
        ("grads.json", "there is no such file"),
        ("w1=", "a value is missing"),
        ("w1=[1, 2", "a bracket is not closed"),
        ("w1=1]", "a bracket is closed that was not opened"),
        ("w1=[[[[[1]]]]]", "nested deeper"),
        ("w1=1 w1=2", "w1 is given twice"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        claims([text])
    assert message in str(error.value)


FILES = {
    "a.json": ('{"w1": 0.0820, "w2": [[1, 2.50]], "layers": {"0": {"bias": -3e-4}}}', None),
    "a.yaml": ("w1: 0.0820\nw2: [[1, 2.50]]\nlayers:\n  0: {bias: -3e-4}\n", None),
    "own.json": ('{"gradcalc": "1", "gradients": {"w1": 0.0820, "w2": [[1, 2.50]], "layers.0.bias": -3e-4}}', None),
}


@pytest.mark.parametrize("name", FILES)
def test_files_hold_names_with_numbers(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(FILES[name][0])
    found = {claim.name: claim.data for claim in claims([str(path)])}
    assert found == {"w1": "0.0820", "w2": [["1", "2.50"]], "layers.0.bias": "-3e-4"}


def test_a_text_in_a_file_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("w1: (y - t)*x\nL: 0.5\n")
    first, second = claims([str(path)])
    assert (first.formula, second.data) == ("(y - t)*x", "0.5")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("w1,0.5\nb,1,2\n", {"w1": "0.5", "b": ["1", "2"]}),
        ("name,value\nw1,0.50\n", {"w1": "0.50"}),
        ('name,entry,gradient\nw1,"0,0",1\nw1,"0,0",1\nw1,"0,1",2\n', {"w1[0,0]": "1", "w1[0,1]": "2"}),
    ],
)
def test_tables_hold_names_with_numbers(text: str, found: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert {claim.name: claim.data for claim in claims([str(path)])} == found


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"w1": 1,\n "w2": }', "a.json:2:"),
        ("a.json", '{"w1": 1, "w1": 2}', "w1 is given twice"),
        ("a.json", "[1, 2]", "holds no names with numbers"),
        ("a.json", '{"w1": null}', "w1 has no number"),
        ("a.json", "[" * 100_000, "nested deeper"),
        ("a.yaml", "w1: [1,", "a.yaml:1:"),
        ("a.yaml", "w1: !!python/object 1", "tags are refused"),
        ("a.yaml", "w1: [" + "[1]," * 300_001 + "]", "brackets; no option reads more: write so large a file as JSON"),
        ("a.csv", "", "is empty"),
        ("a.csv", "w1,1\nw2\n", "a.csv:2: w2 has no number"),
        ("a.csv", "name,value\nw1,1\nw1,2\n", "a.csv:3: w1 is given twice"),
        ("a.pt", "PK", "is a pickle, which can run any code"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(name: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        claims([str(path)])
    assert message in str(error.value)


@pytest.mark.parametrize(("name", "text"), [("a.json", '{"w1": 1,\n\n "q": 2}'), ("a.yaml", "w1: 1\n\nq: 2\n")])
def test_a_claim_knows_its_line(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert where(claims([str(path)])[1]) == f"{path}:3"
