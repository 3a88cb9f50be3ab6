"""SVG: valid, named, on its page; edges that paths take are as wide as their share."""

from __future__ import annotations

from typing import Any

import pytest
from drawings import SVG, checked, drawn
from hypothesis import given
from strategies import specs

from gradcalc.language import build, read

EXAMPLES = ("residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn")


@pytest.mark.parametrize("name", EXAMPLES)
def test_built_in_examples(name: str) -> None:
    checked(drawn(build(read(name))[0]))


@given(specs())
def test_random_networks(spec: Any) -> None:
    checked(drawn(spec))


def test_elements_have_stable_names() -> None:
    root = checked(drawn(build(read("residual"))[0], "w1"))
    nodes = {group.get("data-node") for group in root.iter(f"{SVG}g")} - {None}
    assert nodes == {"x", "h1", "h2", "y"}
    (skip,) = (
        g for g in root.iter(f"{SVG}g") if g.get("data-edge") == "h1→y" and "edge" in str(g.get("class")).split()[:1]
    )
    assert (skip.get("data-from"), skip.get("data-to"), skip.get("data-through")) == ("h1", "y", "w_r")
    assert skip.get("data-parameter") == "w_r"
    assert str(skip.get("class")) == "edge skip lit same"
    numbers = {(part.get("data-number"), part.get("data-of")): part.text for part in root.iter(f"{SVG}tspan")}
    assert numbers["output", "h1"] == "0.524979"
    assert numbers["parameter", "w1"] == "0.2"
    assert numbers["loss", None] == "0.224743"


def test_an_edge_is_as_wide_as_the_share_of_the_paths_that_take_it() -> None:
    root = checked(drawn(build(read("residual"))[0], "w1"))
    widths = {
        group.get("data-edge"): float(path.get("stroke-width") or 0)
        for group in root.iter(f"{SVG}g")
        for path in group.findall(f"{SVG}path")
    }
    assert widths["h1→y"] > 3 * widths["h1→h2"] > 0
    assert widths["h1→h2"] == widths["h2→y"]
