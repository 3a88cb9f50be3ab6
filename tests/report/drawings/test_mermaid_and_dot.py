"""Mermaid and DOT: by a grammar of our own always, by their own parsers where they are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawings import drawn
from hypothesis import given
from strategies import specs

from gradcalc.language import build, read
from gradcalc.report.drawings.dot import dot
from gradcalc.report.drawings.drawing import Drawing
from gradcalc.report.drawings.mermaid import mermaid

HOSTILE = {
    "name": 'a "b" \\ #1; <i>',
    "input": {"n0": 0.5},
    "target": 1,
    "layers": [
        {"name": name, "weight": 0.5, "activation": {"formula": "x / (1 + exp(-x)) + 0 * abs(x) ^ 2"}}
        for name in ("end", "graph", "subgraph", "o", "x", "style", "click", "层", "__", "node", "edge", "strict")
    ],
}

TEXT = r'"[^"\n]*"'
NODE = rf"  n\d+(\(\[{TEXT}\]\)|\[\[{TEXT}\]\]|\[{TEXT}\])"
EDGE = rf"  n\d+ (-->|-\.->)(\|{TEXT}\|)? n\d+"
STYLE = r"  linkStyle \d+ stroke:#[0-9a-f]{6},stroke-width:\d+\.\dpx(?:,stroke-dasharray:7 3)?"
CHART = re.compile(
    rf"flowchart LR\n  accTitle: [^\n;#{{}}]+\n  accDescr: [^\n;#{{}}]+\n(?:{NODE}\n)+(?:{EDGE}\n)*(?:{STYLE}\n)*"
)

QUOTED = r'"(?:[^"\\\n]|\\.)*"'
ATTRIBUTES = rf"\[[a-z]+=(?:{QUOTED}|[\w.]+)(?:, [a-z]+=(?:{QUOTED}|[\w.]+))*\]"
GRAPH = re.compile(
    rf"digraph {QUOTED} \{{\n(?:  (?:graph|node|edge) {ATTRIBUTES}\n)+(?:  n\d+ {ATTRIBUTES}\n)+"
    rf"(?:  n\d+ -> n\d+ (?:{ATTRIBUTES}|\[\])\n)*\}}\n"
)


@given(specs())
def test_grammars(spec: Any) -> None:
    picture = drawn(spec)
    assert CHART.fullmatch(mermaid(picture))
    assert GRAPH.fullmatch(dot(picture))


@pytest.mark.parametrize("written", [mermaid, dot])
def test_grammars_of_hostile_names_and_lit_paths(written: Callable[[Drawing], str]) -> None:
    grammar = CHART if written is mermaid else GRAPH
    for picture in (drawn(HOSTILE), drawn(build(read("residual"))[0], "w1")):
        assert grammar.fullmatch(written(picture))


def test_edges_are_as_wide_as_their_share() -> None:
    picture = drawn(build(read("residual"))[0], "w1")
    assert "linkStyle 3 stroke:#0072b2,stroke-width:6.9px" in mermaid(picture)
    assert 'n1 -> n3 [label="w_r = 0.1 97.6 %", color="#0072b2", penwidth=6.9]' in dot(picture)


def test_what_has_the_opposite_sign_is_dashed() -> None:
    spec = {"input": 1, "target": 1, "weights": [0.5, 0.5, 0.5], "skips": [{"from": "h1", "to": "y", "weight": -2}]}
    picture = drawn(spec, "w1")
    assert mermaid(picture).count("stroke-dasharray") == 2
    assert dot(picture).count("style=dashed") == 2
    assert CHART.fullmatch(mermaid(picture))
    assert GRAPH.fullmatch(dot(picture))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("spec", [HOSTILE, "residual", "rnn", "resnet", "mazur"])
def test_graphviz_draws_it(spec: Any) -> None:
    picture = drawn(build(read(spec))[0] if isinstance(spec, str) else spec)
    done = subprocess.run(["dot", "-Tsvg"], input=dot(picture).encode(), capture_output=True, timeout=60)
    assert done.returncode == 0
    assert not done.stderr
    assert done.stdout.count(b'class="node"') == len(picture.nodes)


PARSE = """
import { readFileSync } from "node:fs";
const { JSDOM } = await import("jsdom");
globalThis.window = new JSDOM("").window;
globalThis.document = window.document;
const mermaid = (await import("mermaid")).default;
for (const file of process.argv.slice(2)) await mermaid.parse(readFileSync(file, "utf8"));
console.log("parsed");
"""


@pytest.mark.slow
def test_mermaid_parses_it(tmp_path: Path) -> None:
    packages = Path(os.environ.get("GRADCALC_NODE_MODULES", "node_modules")).resolve()
    if shutil.which("node") is None or not all((packages / name).is_dir() for name in ("mermaid", "jsdom")):
        pytest.skip("node is missing, or its packages mermaid and jsdom, in GRADCALC_NODE_MODULES")
    files = []
    for number, spec in enumerate([HOSTILE, "residual", "rnn", "resnet", "mazur", "circuit"]):
        picture = drawn(build(read(spec))[0] if isinstance(spec, str) else spec, "w1" if spec == "residual" else None)
        files.append(tmp_path / f"{number}.mmd")
        files[-1].write_text(mermaid(picture))
    (tmp_path / "node_modules").symlink_to(packages)
    script = tmp_path / "parse.mjs"
    script.write_text(PARSE)
    done = subprocess.run(["node", str(script), *map(str, files)], capture_output=True, text=True, timeout=120)
    assert done.stdout == "parsed\n", done.stderr
