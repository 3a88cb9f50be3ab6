"""The three grammars carry the same data, and no text whatever breaks the reading of a spec."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcalc import language
from gradcalc.errors import SpecError
from gradcalc.language.document import looks_like, parse
from gradcalc.language.keys import GROUPS
from gradcalc.language.kinds import keys_of

PRINTED = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
TEXTS = st.text(PRINTED, max_size=12)
WHOLES = st.integers(-(2**62), 2**62)
REALS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = TEXTS | WHOLES | REALS | st.booleans()
DATA = st.dictionaries(
    TEXTS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
    ),
    max_size=5,
)
WITH_NULL = st.dictionaries(TEXTS, st.none() | SCALARS | st.lists(st.none() | SCALARS, max_size=3), max_size=4)


def toml(value):
    """TOML as this test writes it: all on one line a key, inline tables within."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return "{" + ", ".join(f"{quoted(key)} = {toml(item)}" for key, item in value.items()) + "}"


def toml_text(data):
    return "".join(f"{quoted(key)} = {toml(value)}\n" for key, value in data.items())


def block(value, indent=""):
    """YAML in blocks, one line a value; texts in double quotes."""
    if isinstance(value, dict) and value:
        return "".join(f"\n{indent}{quoted(key)}: {block(item, indent + '  ')}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}- {block(item, indent + '  ')}" for item in value)
    return quoted(value)


def quoted(value):
    return json.dumps(value, ensure_ascii=False)


def same(one, other):
    """Equal, with the types of all numbers and the sign of zero."""
    return repr(one) == repr(other)


@given(DATA)
def test_json_yaml_and_toml_give_the_same_data(data):
    texts = {"json": json.dumps(data), "yaml": block(data), "toml": toml_text(data)}
    for grammar, text in texts.items():
        document = parse(text, "net", "net", grammar)
        assert not document.problems
        assert same(document.data, data) or "biases" in data, grammar


@given(WITH_NULL)
def test_null_comes_through_json_and_yaml(data):
    for grammar, text in (("json", json.dumps(data)), ("yaml", block(data)), ("yaml", quoted(data))):
        assert same(parse(text, "net", "net", grammar).data, data)


@settings(max_examples=2 * settings.default.max_examples)
@given(st.text(max_size=60), st.sampled_from(["json", "yaml", "toml", None]))
@example("a: &a [*a]", "yaml")
@example("a: &a {b: *a}", "yaml")
@example("? &a a\n: *a", "yaml")
@example("*a : 1", "yaml")
@example("%YAML 9.9\n---\na: 1", "yaml")
@example("a = 1\na.b = 2", "toml")
@example("[[a]]\n[a]\n", "toml")
@example("a = {b = 1}\n[a.c]", "toml")
@example("a = [{b = 1, b = 2}]\n=", "toml")
@example('{"a": "\\ud800", "b": 1}', "json")
@example("\ufeff{}", None)
def test_garbage_is_refused_and_breaks_nothing(text, grammar):
    try:
        document = parse(text, "net", "net", grammar)
        language.build(document)
    except SpecError as error:
        assert str(error)


MARKS = [*"{}[]:,=#'&*!|>-?%@` \n\t", '"', "a", "1", "1e5", "input", "weights", "- ", ": ", " = "]
STRUCTURE = st.sampled_from(MARKS)


@settings(max_examples=2 * settings.default.max_examples)
@given(st.lists(STRUCTURE, max_size=30).map("".join), st.sampled_from(["json", "yaml", "toml", None]))
def test_punctuation_is_refused_and_breaks_nothing(text, grammar):
    test_garbage_is_refused_and_breaks_nothing.hypothesis.inner_test(text, grammar)


LANGUAGE = {key.name for group in GROUPS.values() for key in keys_of(group)}
KEYS = st.sampled_from([*sorted(LANGUAGE), "x", "y", "h1", "w1", "zzz"])
WORDS = st.sampled_from(
    ["sigmoid", "tanh", "mse", "bce", "x", "h1", "y", "sum", "output", "he_normal", "1/3", "sqrt(2)", "W", "*", ""]
)
LEAVES = WORDS | st.integers(-3, 5) | st.sampled_from([0.5, math.inf, math.nan, 1e308, -0.0, 10**400]) | st.none()
SPECS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=10,
    ),
    max_size=7,
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(SPECS)
def test_keys_in_any_disorder_break_nothing(data):
    data = {"input": 0.5, **data} if "layers" in data else {"input": 0.5, "weights": [1.0], **data}
    try:
        network, warnings = language.load(data)
    except SpecError as error:
        assert str(error)
    else:
        assert network.layers
        assert all(isinstance(warning, str) for warning in warnings)


def test_looks_decide_the_grammar():
    assert looks_like('{"a": 1}') == ("json", "yaml")
    assert looks_like("# c\n\na: 1") == ("yaml",)
    assert looks_like("# c\n\na = 1") == ("toml",)
    assert looks_like("[loss]\nname = 'mse'") == ("toml",)
    assert looks_like("a.b = 1") == ("toml",)
    assert looks_like('"a" = 1') == ("toml",)
    assert looks_like("a: b = 1") == ("yaml",)
    assert looks_like("") == ("yaml",)


def test_what_is_no_json_may_be_yaml():
    assert parse("{a: 1}", "net", "net").format == "yaml"
    assert parse('{"a": 1,}', "net", "net").format == "yaml"
    assert parse('{"a": 1}', "net", "net").format == "json"
    with pytest.raises(SpecError, match="net:1:9: error: a comma is missing"):
        parse('{"a": 1 "b": [}', "net", "net")
