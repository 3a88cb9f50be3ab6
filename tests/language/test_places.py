"""Every value is found again at its place in the text, in all three grammars."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.language.grammars import json_text as json_places
from gradcalc.language.grammars import toml_text as toml_places
from gradcalc.language.grammars import yaml_text as yaml_places

KEYS = st.sampled_from(["a", "b-c", "d e", "ü", "世", 'q"q', "", "a.b", "#", "[x]", "=", "e\u0301"])
TEXTS = ["", "x", "a b", "# no", "]", "}", ",", '"', "\\", "'", "ü世", "a = 1"]
SCALARS = st.sampled_from([0, -1, 0.5, 1e-7, True, *TEXTS])
DATA = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
    ),
    min_size=1,
    max_size=4,
)


def quoted(value):
    return json.dumps(value, ensure_ascii=False)


def toml(value):
    if isinstance(value, list):
        return "[ " + " ,\n # c\n ".join(map(toml, value)) + " ]"
    if isinstance(value, dict):
        return "{ " + " , ".join(f"{quoted(key)}= {toml(item)}" for key, item in value.items()) + " }"
    return quoted(value)


def block(value, indent=""):
    if isinstance(value, dict) and value:
        return "".join(f"\n{indent}{quoted(key)}:  {block(item, indent + '  ')} # c" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}- {block(item, indent + '  ')}" for item in value)
    return quoted(value)


def values(data, path=()):
    """All values within the data, by their paths."""
    yield path, data
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, item in steps:
        yield from values(item, (*path, step))


@given(DATA, st.sampled_from([None, 2]))
def test_json(data, indent):
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    places = json_places.locate(text)
    assert not places.duplicates
    for path, value in values(data):
        place = places.of[path]
        assert json.loads(text[slice(*place.value)]) == value
        if path and isinstance(path[-1], str):
            assert json.loads(text[slice(*place.key)]) == path[-1]


@given(DATA, st.data())
def test_only_what_is_wanted(data, choice):
    path = choice.draw(st.sampled_from([path for path, _ in values(data)]))
    wanted = {path[:length] for length in range(len(path) + 1)}
    for locate, text in ((json_places.locate, quoted(data)), (yaml_places.locate, block(data))):
        found = locate(text, wanted).of
        assert found.keys() == wanted
        assert found[path] == locate(text).of[path]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2999), min_size=1, max_size=4), st.sampled_from([None, 1]), st.booleans())
def test_single_entries_among_many_rows(wanted, indent, are_lists):
    """Rows between them are gone over together, a thousand at a time."""
    data = {"a": [[1.5, [2], 3] if at % 7 == 0 else [at] if are_lists else at for at in range(3000)], "b": 1}
    text = json.dumps(data, indent=indent)
    paths = [("a", at, 0) if isinstance(data["a"][at], list) else ("a", at) for at in wanted]
    found = json_places.locate(text, [*paths, ("b",)]).of
    for path in paths:
        value = data["a"][path[1]]
        assert json.loads(text[slice(*found[path].value)]) == (value[0] if isinstance(value, list) else value)
    assert text[slice(*found["b",].value)] == "1"


@given(DATA)
def test_toml(data):
    text = "# c\n" + "".join(f"{quoted(key)} = {toml(value)} # c\n" for key, value in data.items())
    assert tomllib.loads(text) == data
    places = toml_places.locate(text)
    assert not places.duplicates
    for path, value in list(values(data))[1:]:
        place = places.of[path]
        assert tomllib.loads("k = " + text[slice(*place.value)])["k"] == value
        if isinstance(path[-1], str):
            assert json.loads(text[slice(*place.key)]) == path[-1]


@given(DATA, st.booleans())
def test_yaml(data, flow):
    text = quoted(data) if flow else block(data)
    places = yaml_places.locate(text)
    for path, value in values(data):
        place = places.of[path]
        if not isinstance(value, list | dict):
            assert json.loads(text[slice(*place.value)]) == value
        if path and isinstance(path[-1], str):
            assert json.loads(text[slice(*place.key)]) == path[-1]


TABLES = """\
a = 1  # one
b.c = {d = 2, "e f" = [3, 4]}
[t]
x = '''
[no]
'''
y = 1979-05-27 07:32:00
[t."u v"]
z = "]"
[[s]]
p = 1
[s.q]
r = 2
[[s]]
p = [
  1, # ]
  [2, 3],
]
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("a",), "a", "1"),
        (("b", "c"), "c", '{d = 2, "e f" = [3, 4]}'),
        (("b", "c", "e f"), '"e f"', "[3, 4]"),
        (("b", "c", "e f", 1), None, "4"),
        (("t",), "t", "[t]"),
        (("t", "x"), "x", "'''\n[no]\n'''"),
        (("t", "y"), "y", "1979-05-27 07:32:00"),
        (("t", "u v", "z"), "z", '"]"'),
        (("s", 0, "p"), "p", "1"),
        (("s", 0, "q", "r"), "r", "2"),
        (("s", 1), "s", "[[s]]"),
        (("s", 1, "p", 1, 0), None, "2"),
    ],
)
def test_tables_of_toml(path, key, value):
    place = toml_places.locate(TABLES).of[path]
    assert TABLES[slice(*place.value)] == value
    assert key is None or TABLES[slice(*place.key)] == key


def test_flow_and_block_of_yaml():
    text = "a: &x {b: [1, 'two']}\nd: *x\ne: |\n  text\nf:\n- g: 1\n  h: 2\n"
    places = yaml_places.locate(text).of
    for path, written in {
        ("a", "b", 1): "'two'",
        ("d",): "*x",
        ("e",): "|\n  text",
        ("f", 0, "h"): "2",
        ("f", 0): "g: 1\n  h: 2",
    }.items():
        assert text[slice(*places[path].value)] == written
