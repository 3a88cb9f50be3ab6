"""Built-in specs written in other grammars: the same data, and the same data again when read."""

from __future__ import annotations

import pytest

from gradcalc import language
from gradcalc.errors import UsageError
from gradcalc.language.document import parse, write

GRAMMARS = {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


@pytest.mark.parametrize("extension", GRAMMARS)
@pytest.mark.parametrize("name", language.examples())
def test_an_example_is_the_same_in_every_grammar(name, extension):
    text, uncommented = language.example_in(name, extension)
    assert parse(text, "net", "net", GRAMMARS[extension]).data == language.read(name).data
    assert uncommented == (text != language.example_text(name))


def test_without_an_extension_it_is_as_it_was_written():
    assert language.example_in("residual", "") == (language.example_text("residual"), False)


def test_an_extension_of_no_grammar():
    with pytest.raises(UsageError, match=r"a spec is no \.csv file; write \.json, \.toml, \.yaml"):
        language.example_in("residual", ".csv")
    with pytest.raises(KeyError):
        language.example_in("nothing", ".json")


@pytest.mark.parametrize("grammar", ["json", "toml", "yaml"])
def test_any_values(grammar):
    data = {
        "name": 'quotes " and \\ and ∂ and\nlines',
        "input": [[1, -0.5], [1e-300, 2e22]],
        "weights": ["1/3", "yes", "0.5", 1e-05, {"init": "normal", "frozen": True}],
        "parameters": {"Größe": 1, "a b": {}, "c": []},
    }
    assert parse(write(data, grammar), "net", "net", grammar).data == data


def test_toml_has_no_null():
    with pytest.raises(UsageError, match=r"TOML has no null; write \.yaml or \.json"):
        write({"biases": [None]}, "toml")
