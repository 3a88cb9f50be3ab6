"""Every limit of a spec at its border: what is as large as it allows is read, and what is larger by one is refused."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import gradcalc
from gradcalc.errors import SpecError


class Bound(NamedTuple):
    """A constant, a limit in its place (None: its own), the text of that size in a grammar, what is told past it."""

    constant: str
    limit: int | None
    extension: str
    text: Callable[[int], str]
    part: str


def spec(**keys: Any) -> str:
    return json.dumps({"input": 0.5, "weights": [1], **keys})


def layered(*layers: Any, **keys: Any) -> str:
    return json.dumps({"input": 0.5, "layers": layers, **keys})


def tied(count: int) -> dict[str, int]:
    return {f"p{number}": 1 for number in range(count)}


def nested(levels: int) -> str:
    """A number in a mapping and lists, so many in all."""
    return f'{{"input": {"[" * (levels - 1)}1{"]" * (levels - 1)}, "weights": [1]}}'


def formulas(length: int) -> str:
    """Two formulas of so many characters together, one of them used twice."""
    texts = ("x+1", "x+1", f"x+{'2' * (length - 5)}")
    return layered(*({"weight": 1, "activation": {"formula": text}} for text in texts))


BOUNDS = [
    Bound("grammars.json_text.MOST_KEYS", 6, "json", lambda n: spec(parameters=tied(n)), "keys; a spec has few keys"),
    Bound(
        "grammars.yaml_text.MOST_KEYS",
        6,
        "yaml",
        lambda n: "input: 0.5\nweights: [1]\nparameters:\n" + "".join(f"  {name}: 1\n" for name in tied(n)),
        "keys; a spec has few keys",
    ),
    Bound(
        "grammars.toml_text.MOST_KEYS",
        6,
        "toml",
        lambda n: "input = 0.5\nweights = [1]\n[parameters]\n" + "".join(f"{name} = 1\n" for name in tied(n)),
        "keys; a spec has few keys",
    ),
    Bound("document.MOST_VALUES", 20, "json", lambda n: spec(weights=[1] * n), "the text holds more than"),
    Bound(
        "grammars.yaml_text.MOST_BY_ALIAS",
        8,
        "yaml",
        lambda n: f"input: 0.5\nparameters: {{a: &a 1}}\nweights: [{', '.join(['*a'] * n)}]\n",
        "the aliases expand to more than",
    ),
    Bound("grammars.toml_text.MOST_LINES", 10, "toml", lambda n: "input=0.5\nweights=[1]" + "\n" * (n - 1), "lines;"),
    Bound(
        "grammars.toml_text.MOST_LISTS",
        10,
        "toml",
        lambda n: f"input = 0.5\nweights = [{', '.join(['[1]'] * (n - 1))}]\n",
        "brackets;",
    ),
    Bound(
        "grammars.yaml_text.MOST_LISTS",
        10,
        "yaml",
        lambda n: f"input: 0.5\nweights: [{', '.join(['[1]'] * (n - 1))}]\n",
        "brackets;",
    ),
    Bound(
        "grammars.toml_text.MOST_PARTS", None, "toml", lambda n: f"input = 0.5\n{'.'.join('a' * n)} = 1\n", "16 parts"
    ),
    Bound("building.draft.MOST_LAYERS", 5, "json", lambda n: layered({"weight": 1, "repeat": n}), "layers, the most"),
    Bound(
        "building.parameters.MOST_NUMBERS", 6, "json", lambda n: spec(input=[1] * n, weights=[[[1] * n]]), "parameters;"
    ),
    Bound("building.draft.MOST_UNITS", 6, "json", lambda n: layered({"weight": [[1]] * n}), "units, the most"),
    Bound("building.MOST_IN_FORMULAS", 12, "json", formulas, "takes the formulas past"),
    Bound("grammars.DEEPEST", None, "json", nested, "nested"),
    Bound("document.LARGEST_FILE", 200, "json", lambda n: spec().ljust(n), "is over 64 MiB"),
]


def told(text: str, extension: str) -> str:
    """What is wrong with the text; "" where nothing is."""
    Path(f"net.{extension}").write_text(text)
    try:
        gradcalc.load(f"net.{extension}")
    except SpecError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("bound", BOUNDS, ids=[bound.constant for bound in BOUNDS])
def test_a_limit_at_its_border(bound: Bound, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    room, _, name = f"gradcalc.language.{bound.constant}".rpartition(".")
    module = importlib.import_module(room)
    limit = getattr(module, name) if bound.limit is None else bound.limit
    monkeypatch.setattr(module, name, limit)
    monkeypatch.chdir(tmp_path)
    assert bound.part not in told(bound.text(limit), bound.extension)
    assert bound.part in told(bound.text(limit + 1), bound.extension)
