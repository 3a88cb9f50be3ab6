"""How problems speak of paths, values and words."""

from __future__ import annotations

import datetime

import pytest

from gradcalc.language.grammars import Refused
from gradcalc.language.grammars.yaml_text import core_scalar
from gradcalc.language.problems import kind_of, meant, one_of, path_text, quoted


def test_paths_are_written_as_set_takes_them():
    assert path_text(()) == ""
    assert path_text(("layers", 1, "weight", 0, 2)) == "layers[1].weight[0][2]"
    assert path_text(("a\u202e",)) == "a\\u202e"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (3, "the number 3"),
        (0.5, "the number 0.5"),
        ("abc", 'the text "abc"'),
        ([], "an empty list"),
        ([1], "a list"),
        ({"a": 1}, "a mapping"),
        (datetime.date(2024, 1, 1), "a date"),
    ],
)
def test_kinds_of_values(value, words):
    assert kind_of(value) == words


def test_quotes_are_short_and_harmless():
    assert quoted("a\x1b[31m") == '"a\\u001b[31m"'
    assert len(quoted("x" * 1000)) < 70
    assert quoted(10**5000) == "a number of more than 4,300 digits"


def test_the_word_that_was_meant():
    assert meant("form", ["to", "from"]) == '; did you mean "from"?'
    assert meant("RELU", ["relu", "elu"]) == '; did you mean "relu"?'
    assert meant("form", ["from"]) == '; did you mean "from"?'
    assert meant("qqqq", ["relu"]) == ""


@pytest.mark.parametrize(
    ("word", "known"), [("h9", ["h1", "h2"]), ("w", ["w1"]), ("relu2", ["relu", "relu6"]), ("w1_0", ["w1", "w0_1"])]
)
def test_a_suggestion_never_changes_a_digit(word, known):
    assert meant(word, known) == ""


def test_two_words_equally_near():
    assert meant("mln", ["min", "mean", "man"]) == '; did you mean "min" or "man"?'


def test_alternatives():
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b"]) == "a or b"
    assert one_of(["a", "b, c", "d"]) == "a, b, c or d"


@pytest.mark.parametrize("text", ["1e999", "-1e999", "1e-999", ".inf", "-.INF", ".NaN", "9" * 5000])
def test_numbers_that_no_double_holds_say_why(text):
    value = core_scalar(text)
    assert isinstance(value, Refused)
    assert value == text
    assert value.reason.startswith("is ")


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "0b1", "--1", "+-1", "1e", "e5", ".", "-", "1.2.3", "١"])
def test_what_the_core_schema_calls_text(text):
    assert core_scalar(text) == text
    assert type(core_scalar(text)) is str
