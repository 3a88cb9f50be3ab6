"""Layers as a diagnosis looks at them: their numbers in both passes, what they are measured by, and their weights."""

from __future__ import annotations

from math import log10
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.layer_views import measured_by, sources, views_of, weights_of
from gradcalc.analysis.point import point

CHAIN: dict[str, Any] = {"input": 1, "loss": "output", "activation": "identity"}
LAYERS = [{"weight": 1}, {"weight": 1}, {"from": "h1", "weight": 2}]  # the last two both read the first


def test_the_numbers_of_layers() -> None:
    views = views_of(point(gradcalc.load(CHAIN | {"weights": [2, 0.5, 3]})))
    assert [view.layer.name for view in views] == ["h1", "h2", "y"]
    assert [view.number for view in views] == [1, 2, 3] and [view.parameters for view in views] == [[0], [1], [2]]
    assert [view.deltas for view in views] == [view.adjoints for view in views] == [[[1.5]], [[3.0]], [[1.0]]]
    assert [view.outputs for view in views] == [view.zs for view in views] == [[[2.0]], [[1.0]], [[3.0]]]
    assert {view.derivatives[0][0] for view in views} == {1.0}
    assert [view.log10 for view in views] == [view.rise for view in views] == [log10(1.5), log10(3), 0.0]
    assert [view.most for view in views] == [log10(1.5), log10(3), log10(3)]
    assert {tuple(view.measure) for view in views} == {("the output", 1.0, 0.0)}


def test_where_nothing_comes_back_nothing_is_measured() -> None:
    first, last = views_of(point(gradcalc.load(CHAIN | {"weights": [2, 0]})))
    assert (first.log10, first.rise, first.most) == (None, None, None) and (last.log10, last.rise) == (0.0, 0.0)
    solved = gradcalc.load({"input": 1, "target": 1, "activation": "identity", "weights": [1, 1]})
    for view in views_of(point(solved)):
        assert tuple(view.measure) == ("the output", None, None) and view.rise is None and view.most is None


def test_of_several_outputs_the_one_that_layers_are_measured_by_is_named() -> None:
    spec = CHAIN | {"target": {"y": 0, "h2": 3}, "loss": "half_sse", "layers": [*LAYERS[:2], {"weight": 4}]}
    views = views_of(point(gradcalc.load(spec)))
    assert tuple(views[0].measure) == ("y", 4.0, log10(4)) and views[1].deltas == [[4 * 4.0 - 2]]
    assert [view.rise for view in views] == pytest.approx([log10(14 / 4), log10(14 / 4), 0])


@pytest.mark.parametrize(
    ("layers", "ends", "sizes", "output"),
    [
        (LAYERS[:2], {1, 2}, {1: 5.0, 2: -3.0}, 2),  # h1 leads to y
        (LAYERS[:2], {1, 2}, {1: 5.0, 2: None}, 1),
        (LAYERS[:2], {1, 2}, {1: None, 2: None}, None),
        (LAYERS, {2, 3}, {2: 1.0, 3: 2.0}, 3),
        (LAYERS, {2, 3}, {2: -1.0, 3: -2.0}, 2),
        (LAYERS, {2, 3}, {2: 1.0, 3: 1.0}, 2),
        (LAYERS, {2, 3}, {2: None, 3: -2.0}, 3),
        (LAYERS, {1, 2, 3}, {1: 9.0, 2: 0.0, 3: -2.0}, 2),
        (LAYERS, {1, 2, 3}, {1: 9.0, 2: None, 3: None}, 1),
        ([{"weight": 1}] * 4, {1, 4}, {1: 5.0, 4: -3.0}, 4),  # over layers that are no outputs
        ([{"weight": 1}] * 4, {1, 2, 4}, {1: 5.0, 2: 6.0, 4: None}, 2),
    ],
)
def test_layers_are_measured_by_the_outputs_that_lead_to_no_other(
    layers: Any, ends: set[int], sizes: dict[int, float | None], output: int | None
) -> None:
    assert measured_by(gradcalc.load(CHAIN | {"layers": layers}), ends, sizes) == output


def test_the_weights_of_a_layer_else_what_else_it_has() -> None:
    prelu = {"name": "prelu", "alpha": 0.25}
    spec = {
        "input": {"a": 1, "b": 2},
        "target": 0,
        "parameters": {"T": 0.5},
        "layers": [
            {"name": "g", "from": {"b": "T", "a": 3}, "bias": 1},
            {"name": "h", "from": ["a", "g"], "join": "multiply", "weight": 2, "bias": 1},
            {"name": "i", "from": ["h", "g"], "bias": 1, "activation": prelu},
            {"name": "j", "from": {"i": "T", "g": "T"}},
            {"name": "k", "from": "j"},
            {"name": "l", "from": "k"},
        ],
        "skips": [
            {"from": "a", "to": "k", "weight": 7},
            {"from": "a", "to": "h", "weight": 7},
            {"from": "b", "to": "l"},
        ],
    }
    network = gradcalc.load(spec)
    names = [[network.parameters[number].name for number in weights_of(layer)] for layer in network.layers]
    assert names == [["T", "w1_a"], ["w2"], ["b3", "alpha3"], ["T"], ["w_a_k"], []]
    read = [sorted(network.nodes[source].name for source in sources(layer)) for layer in network.layers]
    assert read == [["a", "b"], ["a", "g"], ["g", "h"], ["g", "i"], ["a", "j"], ["b", "k"]]


def test_units_have_names() -> None:
    spec = CHAIN | {"layers": [{"name": "h", "weight": [[1], [2]]}, {"weight": [[1, 1]]}]}
    first, last = views_of(point(gradcalc.load(spec)))
    assert [first.unit(unit) for unit in first.units] == ["h[0]", "h[1]"]
    assert [last.unit(unit) for unit in last.units] == ["y"]
