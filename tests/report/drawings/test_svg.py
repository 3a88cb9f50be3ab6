"""SVG: valid, named, on its page, nothing overlapping; edges that paths take are as wide as their share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from drawings import SVG, checked, drawn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from specs import network
from strategies import specs

from gradcalc.analysis.computation import compute
from gradcalc.analysis.unit_edges import unit_edges
from gradcalc.language import build, read
from gradcalc.network.network import Network
from gradcalc.report.drawings.drawing import roomy
from gradcalc.report.drawings.folding import folded
from gradcalc.report.drawings.layout import Layout, layout, missing
from gradcalc.report.drawings.svg import svg
from gradcalc.views.draw_page import AS_DRAWN, lit_up
from gradcalc.views.draw_units import unit_drawing

EXAMPLES = ("residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn")
DENSE = {
    "input": 0.5,
    "target": 1,
    "layers": [{"name": f"h{n}", "from": {"x" if not m else f"h{m}": 0.3 for m in range(n)}} for n in range(1, 9)],
}
BRANCHES = {
    "input": {"x": [0.5, -0.2]},
    "target": 1,
    "activation": "tanh",
    "layers": [
        {"name": "a1", "from": "x", "weight": [[0.2, 0.4]]},
        {"name": "a2", "from": "a1", "weight": 0.7},
        {"name": "b1", "from": "x", "weight": [[0.3, -0.9]]},
        {"name": "c1", "from": "x", "weight": [[1.3, 0.2]]},
        {"name": "y", "from": {"a2": 0.6, "b1": 0.3, "c1": -0.8}},
    ],
    "skips": [{"from": "a1", "to": "y", "weight": 0.15}],
}
WIDE = {
    "input": [0.1] * 784,
    "target": 3,
    "loss": "cross_entropy",
    "activation": "relu",
    "layers": [{"width": width, "weight": {"init": "he_normal"}} for width in (128, 64, 10)],
}
ACTIVATIONS = ("tanh", "sigmoid", "relu", "sin", "softplus", "gelu", "silu")


def long_chain(activations: tuple[str, ...]) -> dict[str, Any]:
    layers = [{"weight": 0.9, "activation": activations[n * n % len(activations)]} for n in range(100)]
    return {"input": 0.5, "target": 1, "layers": layers}


def group(root: ElementTree.Element, kind: str) -> Iterator[ElementTree.Element]:
    """The groups of a kind: `node`, `edge`, `label`."""
    return (part for part in root.iter(f"{SVG}g") if str(part.get("class")).split()[0] == kind)


def labels_stand(placed: Layout, picture: Any) -> None:
    assert not missing(picture, placed), "a label has no place"


@pytest.mark.parametrize("name", EXAMPLES)
def test_built_in_examples(name: str) -> None:
    built, _ = build(read(name))
    for picture in (drawn(built), folded(drawn(built, style=AS_DRAWN._replace(values="backward")))):
        checked(picture)
        labels_stand(layout(picture), picture)


@pytest.mark.parametrize("spec", [DENSE, BRANCHES, WIDE, long_chain(("tanh",)), long_chain(ACTIVATIONS)])
def test_large_networks(spec: Any) -> None:
    picture = folded(drawn(spec))
    checked(picture)
    labels_stand(layout(picture), picture)


@given(specs())
def test_random_networks(spec: Any) -> None:
    checked(drawn(spec))


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs(most_layers=9), st.sampled_from(["forward", "backward", "none"]), st.booleans(), st.booleans())
def test_nothing_overlaps_in_250_random_networks(spec: Any, values: str, by_unit: bool, lit: bool) -> None:
    built = network(spec)
    found = compute(built)
    if found.gradients is None and values == "backward":
        values = "none"
    wrt = next(iter(found.gradients or {}), None) if lit else None
    style = AS_DRAWN._replace(values=values)
    if not by_unit:
        picture = folded(drawn(built, wrt, style))
    else:
        edges = unit_edges(built)
        picture = unit_drawing(found, edges, lit_up(found, wrt, edges) if wrt else None, style)
    checked(picture)
    if not by_unit:
        labels_stand(layout(picture), picture)


@pytest.mark.parametrize("spec", [BRANCHES, {"input": [1, 2], "target": [0, 1], "weights": [[[1, 2], [3, 4]]] * 3}])
def test_units(spec: Any) -> None:
    built = network(spec)
    found = compute(built)
    edges = unit_edges(built)
    root = checked(unit_drawing(found, edges, None, AS_DRAWN))
    names = {node.get("data-node") for node in group(root, "node")} - {None}
    assert len(names) == sum(node.width for node in built.nodes)


def test_names_of_any_length_and_script_stay_in_their_boxes() -> None:
    names = ["a" * 60, "層" * 9, "WWWWWWWWWW", "łąka_ž"]
    layers = [{"name": name, "weight": 0.5} for name in names]
    root = checked(drawn({"name": "x<y>&\u202e", "input": 0.5, "target": 1, "layers": layers}))
    assert {node.get("data-node") for node in group(root, "node")} >= set(names)


def test_elements_have_stable_names() -> None:
    root = checked(drawn(build(read("residual"))[0], "w1"))
    nodes = {node.get("data-node") for node in group(root, "node")} - {None}
    assert nodes == {"x", "h1", "h2", "y"}
    (skip,) = (edge for edge in group(root, "edge") if edge.get("data-edge") == "h1→y")
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
        edge.get("data-edge"): float(path.get("stroke-width") or 0)
        for edge in group(root, "edge")
        for path in edge.findall(f"{SVG}path")
    }
    assert widths["h1→y"] > 3 * widths["h1→h2"] > 0
    assert widths["h1→h2"] == widths["h2→y"]


def test_a_path_against_the_gradient_is_dashed_and_of_its_own_colour() -> None:
    spec = {"input": 1, "target": 1, "weights": [0.5, 0.5, 0.5], "skips": [{"from": "h1", "to": "y", "weight": -2}]}
    root = checked(drawn(spec, "w1"))
    kinds = {str(edge.get("data-edge")): str(edge.get("class")).split() for edge in group(root, "edge")}
    assert {"same", "opposite"} <= {kind for classes in kinds.values() for kind in classes}
    assert "dashed: of the opposite sign" in "".join(root.itertext())


def test_light_and_dark() -> None:
    root = checked(drawn(build(read("residual"))[0]))
    style = root.find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme: dark" in (style.text or "")


def test_two_pictures_in_one_page_have_ids_of_their_own() -> None:
    picture = drawn(build(read("plain"))[0])
    ids = [ElementTree.fromstring(svg(picture, prefix, False))[0].get("id") for prefix in ("one", "two")]
    assert ids == ["one-title", "two-title"]


def test_there_may_be_room_for_longer_numbers() -> None:
    picture = drawn(build(read("residual"))[0])
    wide, narrow = layout(roomy(picture, "−0.000000000")), layout(picture)
    assert all(one.width > other.width for one, other in zip(wide.boxes[:2], narrow.boxes))
    checked(roomy(picture, "−0.000000000"))


def chain(*weights: float) -> Network:
    return network({"input": 0.5, "target": 1, "weights": list(weights)})


def test_a_level_chain_is_drawn_level() -> None:
    placed = layout(drawn(chain(0.2, 0.1, 0.3)))
    middles = {round(box.top + box.height / 2, 6) for box in placed.boxes}
    assert len(middles) == 1
    assert all(len(piece) == 1 for stroke in placed.strokes for piece in stroke.pieces)


def test_a_skip_crosses_no_edge_of_the_chain() -> None:
    placed = layout(drawn(build(read("residual"))[0]))
    skip = placed.strokes[-2]
    top = min(y for _, y in skip.spots())
    assert top < min(box.top for box in placed.boxes[1:4])


def test_the_description_names_the_outputs_that_are_numbers() -> None:
    chain = {"input": 0.5, "target": 1, "loss": "sse", "activation": "identity", "weights": [2]}
    assert "1 input, 1 layer. x = 0.5, y = 1. L = 0." in svg(drawn(chain))
    layer = {"weight": [[1, 0.5], [0.25, 1]], "activation": "identity"}
    wide = {"input": [1, 2], "target": [2, 2], "loss": "sse", "layers": [layer]}
    assert "1 input, 1 layer. L = " in svg(drawn(wide))
