"""Where a spec comes from: files, standard input, built-in examples, data; and what is refused unread."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcalc import language
from gradcalc.errors import SpecError
from gradcalc.language.document import LARGEST_FILE, parse


def refused(source):
    with pytest.raises(SpecError) as caught:
        language.read(source)
    return str(caught.value)


def stdin(monkeypatch, raw):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))


@pytest.mark.parametrize("name", language.examples())
def test_the_built_in_examples_load(name):
    network, warnings = language.load(name)
    assert network.name == name
    assert not warnings


def test_the_examples_are_those_of_the_documentation():
    assert language.examples() == ("residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn")
    assert language.example_text("residual").startswith("# A three-layer chain")
    with pytest.raises(KeyError):
        language.example_text("nothing")


def test_a_file_beats_a_built_in_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "residual").write_text("input: 3\nweights: [2]\n")
    document = language.read("residual")
    assert document.data == {"input": 3, "weights": [2]}
    assert document.name == "residual"


def test_a_directory_of_that_name_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "residual").mkdir()
    assert language.read("residual").data["weights"] == [0.2, 0.1, 0.1]


def test_an_unknown_name_suggests_a_built_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused("residul") == (
        "residul: error: file not found, nor is it a built-in example "
        '(residual, plain, deep, resnet, mazur, circuit, rnn); did you mean "residual"?'
    )
    assert refused("nets/residul.yaml") == "nets/residul.yaml: error: file not found"
    assert refused("deep.yaml") == "deep.yaml: error: file not found; the built-in example is called deep"
    assert "no such file" in refused(Path("residual"))


def test_the_grammar_follows_the_extension(tmp_path):
    texts = {
        "a.yaml": "input: 1",
        "a.yml": "input: 1",
        "a.YAML": "input: 1",
        "a.toml": "input = 1",
        "a.json": '{"input": 1}',
        "a.txt": "input = 1",
        "b.txt": '{"input": 1}',
        "c": "{input: 1}",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        document = language.read(tmp_path / name)
        assert document.data == {"input": 1}
        assert document.name == name.partition(".")[0]


def test_json_in_a_yaml_file_and_yaml_in_a_json_file(tmp_path):
    (tmp_path / "a.yaml").write_text('{"input": 1}')
    assert language.read(tmp_path / "a.yaml").data == {"input": 1}
    (tmp_path / "a.json").write_text("input: 1")
    assert "no value of JSON" in refused(tmp_path / "a.json")


def test_standard_input(monkeypatch):
    for raw in (b"input: 1", b"\xef\xbb\xbfinput = 1", b'{"input": 1}', b"input: 1\r\n", b"# c\rinput: 1\r"):
        stdin(monkeypatch, raw)
        document = language.read("-")
        assert document.data == {"input": 1}
        assert document.name == "stdin"
    stdin(monkeypatch, b"inputt: 1")
    with pytest.raises(SpecError, match=r"<stdin>:1:1: error: unknown key"):
        language.load("-")


@pytest.mark.parametrize(
    ("name", "raw", "part"),
    [
        ("net.pt", b"input: 1", "pickle is never opened"),
        ("net.safetensors", b"input: 1", "holds arrays"),
        ("net.yaml", b"PK\x03\x04archive/data.pkl", "pickle is never opened"),
        ("net.yaml", b"\x80\x04\x95pickled", "pickle is never opened"),
        ("net.yaml", b"input: 1\nname: \xff", ":2: error: is not UTF-8 at byte 15"),
        ("net.yaml", "input: 1".encode("utf-16"), "is not UTF-8"),
        ("net.yaml", b"input: 1\x00", "control character, U+0000"),
        ("net.json", b'{"input": "\x1b[31m"}', "control character, U+001B"),
    ],
)
def test_what_is_no_text_is_refused(name, raw, part, tmp_path):
    (tmp_path / name).write_bytes(raw)
    assert part in refused(tmp_path / name)


def test_over_64_mib_is_refused(tmp_path):
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert "is over 64 MiB" in refused(tmp_path / "big.yaml")


def test_a_directory_and_an_unreadable_file(tmp_path):
    assert "is a directory" in refused(tmp_path)
    assert "not a directory" in refused(tmp_path / "nothing.yaml") or "no such file" in refused(tmp_path / "x.yaml")


def test_aliases_share_their_value_and_are_bounded():
    document = parse("input: &x [1, 2]\ntarget: *x\nweights: [*x]\n", "net", "net", "yaml")
    assert document.data == {"input": [1, 2], "target": [1, 2], "weights": [[1, 2]]}
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
    )
    with pytest.raises(SpecError, match="aliases expand to more than 1,000,000 values"):
        parse(bomb, "net", "net", "yaml")


def test_aliases_do_not_nest_too_deep():
    deep = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 80))
    with pytest.raises(SpecError, match="nested deeper than 64"):
        parse(deep, "net", "net", "yaml")


def test_yaml_numbers_are_those_of_the_core_schema():
    text = "a: [1e-3, -.5, 010, 0x1F, 0o17, +1, 1., yes, ~, null, true, 1_0, 0b1, 12:30, '1', 1e5, .5e1]"
    numbers = [0.001, -0.5, 10, 31, 15, 1, 1.0, "yes", None, None, True, "1_0", "0b1", "12:30", "1", 1e5, 5.0]
    assert repr(parse(text, "net", "net", "yaml").data["a"]) == repr(numbers)


def test_toml_spells_no_bias_as_text():
    text = 'input = 1\nweights = [1, 2]\nbiases = [0.5, "null"]\n'
    network, _ = language.build(parse(text, "net", "net", "toml"))
    assert [parameter.name for parameter in network.parameters] == ["w1", "b1", "w2"]


def test_the_smallest_and_largest_doubles_are_read():
    numbers = ["5e-324", "1.7976931348623157e308", "2.2250738585072014e-308", "-5e-324", "0e-999", "0.0"]
    expected = [5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, -5e-324, 0.0, 0.0]
    for grammar, text in {
        "json": f'{{"a": [{", ".join(numbers)}]}}',
        "yaml": f"a: [{', '.join(numbers)}]",
        "toml": f"a = [{', '.join(numbers)}]",
    }.items():
        assert parse(text, "net", "net", grammar).data["a"] == expected


def test_data_are_a_spec():
    network, _ = language.load({"input": (0.5,), "weights": np.array([0.2, 0.1]), "target": np.float64(1)})
    assert [parameter.value for parameter in network.parameters] == [0.2, 0.1]
    assert network.name == "network"


def test_data_that_are_no_spec_are_refused():
    for data, part in (
        ({"input": math.nan, "weights": [1]}, "not a finite number"),
        ({"input": 10**400, "weights": [1]}, "beyond the largest double"),
        ({"input": object(), "weights": [1]}, "not a value of type object"),
        ({"input": b"1", "weights": [1]}, "not a value of type bytes"),
        ({1: 2}, 'unknown key "1"'),
    ):
        with pytest.raises(SpecError, match=part):
            language.load(data)
    nested = []
    nested.append(nested)
    with pytest.raises(SpecError, match="nested deeper than 64"):
        language.load({"input": nested, "weights": [1]})


def test_a_long_spec_is_read_without_recursion():
    layers = ", ".join(['{"weight": 0.5}'] * 20_000)
    network, _ = language.build(parse(f'{{"input": 1, "layers": [{layers}]}}', "net", "net", "json"))
    assert len(network.layers) == 20_000


def loaded_by(path):
    code = f"import sys; from gradcalc import language; language.load({str(path)!r}); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("extension", ["json", "yaml", "toml"])
def test_a_good_spec_loads_what_it_needs_and_looks_for_no_positions(extension, tmp_path):
    texts = {"json": '{"input": 1, "weights": [1]}', "yaml": "input: 1\nweights: [1]", "toml": "input=1\nweights=[1]"}
    path = tmp_path / f"net.{extension}"
    path.write_text(texts[extension])
    loaded = loaded_by(path)
    assert ("yaml" in loaded) == (extension == "yaml")
    assert ("tomllib" in loaded) == (extension == "toml")
    assert loaded.isdisjoint({"numpy", "sympy", "mpmath", "rich", "difflib", "dataclasses", "importlib.metadata"})
    assert "gradcalc.language.schema_and_reference" not in loaded
