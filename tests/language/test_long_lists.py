"""A glance at a long text finds the chain of layers that reading all of it finds, and refuses too many layers."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from random import Random
from time import process_time

import pytest

from gradcalc import language
from gradcalc.errors import SpecError
from gradcalc.language import long_lists
from gradcalc.language.document import Chain, chain_of, reader
from gradcalc.language.grammars import Unreadable
from gradcalc.language.long_lists import shortened

STYLES = ("json", "json lines", "yaml", "yaml flow", "toml", "toml inline")
KEYS = (
    {"weight": 0.9}, {"weight": -2}, {"weight": 1e-3, "bias": 0}, {"weight": [[0.5, 1]]}, {"weight": "1/3"},
    {"weight": {"init": "normal"}, "width": 3}, {"weight": 1, "repeat": 4}, {"weight": 1, "from": "x"}, {"bias": 1},
    {"weight": 1, "repeat": 3, "share": True}, {"weight": 2, "name": "a", "activation": {"name": "prelu"}}, 3,
)  # fmt: skip
NUMBERS = (0.9, -2, 1e-3, [[0.5, 1]], "1/3", {"init": "zeros"})


def written(style: str, data: dict[str, object], random: Random) -> str:
    """A spec as one might write it."""
    grammar, _, inline = style.partition(" ")
    if grammar == "json":
        return json.dumps(data, indent=2 if inline else None)
    lines = []
    for key, value in data.items():
        block = isinstance(value, list) and not inline and all(isinstance(each, dict) for each in value)
        if grammar == "toml" and block:
            continue
        equals, indent = (" = ", "") if grammar == "toml" else (": ", random.choice(("", "  ")))
        if grammar == "yaml" and not inline and isinstance(value, list):
            lines += [f"{key}:", *(f"{indent}- {flow(each, ': ')}" for each in value)]
        else:
            lines.append(f"{key}{equals}{flow(value, equals)}")
    tables = data["layers"] if grammar == "toml" and not inline and "layers" in data else []
    for table in tables if isinstance(tables, list) and all(isinstance(each, dict) for each in tables) else []:
        lines += ["[[layers]]", *(f"{key} = {flow(value, ' = ')}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def flow(value: object, equals: str) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}{equals}{flow(each, equals)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(each, equals) for each in value) + "]"
    return json.dumps(value)


def drawn(random: Random) -> dict[str, object]:
    """A spec of many layers, most of them alike."""
    key, choices = random.choice((("layers", KEYS), ("weights", NUMBERS)))
    one, count = random.choice(choices), random.randint(20, 400)
    layers = [random.choice(choices) if random.random() < random.choice((0, 0.01)) else one for _ in range(count)]
    spec = {"input": random.choice((0.5, [1, 2])), key: layers, "target": random.choice((1, {"y": 1}))}
    more = random.choice(({}, {"loss": "output"}, {"biases": [0.5] * count}, {"notes": "- a\n- b, [c], {d}, from x"}))
    return spec | more


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_a_glance_finds_the_chain_that_is_there(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_lists, "LONG", 800)
    monkeypatch.setattr(long_lists, "WINDOW", 100)
    grammar, random, glances = style.partition(" ")[0], Random(style), 0
    for _ in range(80):
        spec = drawn(random)
        text = written(style, spec, random)
        short, _ = shortened(text, grammar)
        whole = chain_of(reader(grammar)(text)[0])
        if len(short) > len(text) / 2:
            continue
        with suppress(Unreadable):
            found = chain_of(reader(grammar)(short)[0])
            assert found in (whole, Chain()), text
            glances += found == whole != Chain()
    assert glances > 5


LINES = {
    "json": '{{"input": 0.5, "target": 1, "layers": [{}{{"weight": 1}}]}}',
    "yaml": "input: 0.5\ntarget: 1\nlayers:\n{}",
    "toml": "input = 0.5\ntarget = 1\nlayers = [{}]\n",
}
LAYER = {"json": '{"weight": 0.9, "bias": 0.5}, ', "yaml": "- weight: 0.9\n  bias: 0.5\n", "toml": "{weight = 0.9}, "}


@pytest.mark.parametrize("grammar", LINES)
def test_more_layers_than_may_be_are_refused_before_they_are_read(
    grammar: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_lists, "MOST_LAYERS", 100_000)
    path = tmp_path / f"net.{grammar}"
    path.write_text(LINES[grammar].format(LAYER[grammar] * 100_001))
    begin = process_time()
    with pytest.raises(SpecError, match="this list holds more than 1,000,000 layers, the most"):
        language.load(path)
    assert process_time() - begin < 0.2  # read, it takes a second


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ['[1, "abc"]', "[1]", "1", "[1, [2]]"])
def test_one_mistake_among_many_rows_is_told_soon(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(f'{{"input": [{"[0.25, 3], " * 200_000}{wrong}, [1, 2]], "weights": [[[1, 1]]]}}')
    begin = process_time()
    with pytest.raises(SpecError, match=r"input\[200000\]"):
        language.load(path)
    assert process_time() - begin < 0.5
