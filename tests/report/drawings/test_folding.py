"""Repeated blocks are drawn once; what is not repeated is drawn as it is."""

from __future__ import annotations

from typing import Any

import pytest
from drawings import drawn

from gradcalc.language import build, read
from gradcalc.report.drawings.drawing import Drawing
from gradcalc.report.drawings.folding import folded


def names(picture: Drawing) -> list[str]:
    return [node.lines[0].text for node in picture.nodes]


def test_a_chain_of_alike_layers() -> None:
    spec = {"input": 0.5, "target": 1, "layers": [{"weight": 0.5, "repeat": 100}]}
    picture = folded(drawn(spec))
    assert names(picture) == ["x", "h1", "h2", "h3 … h98", "h99", "y", "L"]
    assert picture.nodes[3].lines[1].text == "96 layers"
    assert "--all" in picture.notes[-1]


def test_blocks_with_their_skips() -> None:
    picture = folded(drawn(build(read("resnet"))[0], "w1"))
    assert names(picture) == ["x", "h1", "h2", "h3", "h4", "h5 … h38", "h39", "h40", "y", "L"]
    assert picture.nodes[5].lines[1].text == "17 blocks × 2 layers"
    ends = {(edge.source, edge.target, edge.kind) for edge in picture.edges}
    assert {(4, 5, "edge"), (4, 5, "skip"), (5, 6, "edge"), (5, 7, "skip")} <= ends
    assert all(edge.source < edge.target for edge in picture.edges)


def test_the_layer_that_is_asked_about_is_drawn() -> None:
    spec = {"input": 0.5, "target": 1, "layers": [{"weight": 0.5, "repeat": 40}]}
    assert "h20" in names(folded(drawn(spec, "w20")))


@pytest.mark.parametrize(
    "spec",
    [
        {"input": 0.5, "target": 1, "weights": [0.2, 0.1, 0.1]},
        {"input": 0.5, "target": 1, "layers": [{"weight": 0.5, "activation": a} for a in ("tanh", "sin", "relu") * 1]},
        {"input": 0.5, "target": {"h1": 1, "h2": 1, "h3": 1}, "loss": "half_sse", "weights": [0.2] * 6},
    ],
)
def test_what_is_drawn_as_it_is(spec: Any) -> None:
    picture = drawn(spec)
    assert folded(picture) == picture
