"""The share of an edge is the sum of those of all paths that take it: against a list of them all, at both grains."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Any

import pytest
from hypothesis import assume, given
from specs import network
from strategies import specs

from gradcalc.analysis.computation import compute
from gradcalc.analysis.edge_shares import EdgeKey, edge_shares
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import computed, subjects
from gradcalc.analysis.results import Path
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.analysis.unit_edges import LOSS, unit_edge_shares, unit_edges
from gradcalc.arithmetic.float64 import Double
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, numbers

EVERY = 10_000


def keys(built: Network, path: Path) -> list[EdgeKey]:
    """The edges that a path takes."""
    number = {node.name: n for n, node in enumerate(built.nodes)}
    found = []
    for source, target, through in zip(path.nodes, path.nodes[1:], path.through):
        layer = built.layers[number[target] - len(built.inputs)]
        edges = (*layer.edges, *layer.into_preactivation, *layer.into_output)
        same = [edge.label for edge in edges if edge.source == number[source]]
        found.append((number[source], number[target], same.index(through)))
    return found


def from_all_paths(built: Network, paths: Any) -> dict[EdgeKey, float]:
    shares: dict[EdgeKey, float] = {}
    for path in paths:
        for key in keys(built, path):
            shares[key] = shares.get(key, 0.0) + float(path.share)
    return shares


def close(ours: Mapping[Any, float], theirs: Mapping[Any, float], scale: float) -> bool:
    names = {*ours, *theirs}
    return all(isclose(ours.get(n, 0), theirs.get(n, 0), rel_tol=1e-7, abs_tol=1e-9 * scale) for n in names)


def has_joined(built: Network) -> bool:
    """Whether a weight multiplies what is joined: its paths name no edge of a source."""
    return any(layer.weight is not None for layer in built.layers)


def one_gradient(spec: Any) -> Any:
    built = network(spec)
    found = compute(built, top=EVERY)
    assume(found.gradients and isinstance(found.paths, GradientPaths) and found.arithmetic == "float64")
    name = next(iter(found.gradients or {}), None)
    assume(name is not None)
    square = sum(x * x for x in map(float, numbers(found.gradients[name])))
    assume(1e-18 < square < 1e200)  # not what rounding leaves of a gradient that is 0, as of a bias before a softmax
    return built, found, subjects(built, [name])[0], found.gradients[name]


@given(specs())
def test_an_edge_has_the_shares_of_all_paths_that_take_it(spec: Any) -> None:
    built, found, subject, gradient = one_gradient(spec)
    paths = found.paths[subject.name]
    assume(paths.count <= EVERY and not has_joined(built) and all(path.share is not None for path in paths.top))
    shares = edge_shares(found.paths.point, subject, gradient)
    between = {key: share for key, share in shares.items() if key[1] >= 0}
    scale = max(1.0, *(abs(float(path.share)) for path in paths.top))
    assert close(between, from_all_paths(built, paths.top), scale)


@given(specs())
def test_the_loss_has_all_of_it_and_units_add_up_to_layers(spec: Any) -> None:
    built, found, subject, gradient = one_gradient(spec)
    point = found.paths.point
    shares = edge_shares(point, subject, gradient)
    scale = max(1.0, *map(abs, shares.values()))
    assert isclose(sum(share for (_, target, _), share in shares.items() if target < 0), 1, abs_tol=1e-8 * scale)
    wide = edge_shares(computed(graph(built), Double, few=-1), subject, gradient)
    assert close(shares, wide, scale)
    edges = unit_edges(built)
    sums: dict[tuple[int, int], float] = {}
    for edge, share in zip(edges, unit_edge_shares(unit_point(point), subject, gradient, edges)):
        ends = edge.source[0], edge.target[0]
        sums[ends] = sums.get(ends, 0.0) + (share or 0.0)
    layers: dict[tuple[int, int], float] = {}
    for (source, target, _), share in shares.items():
        layers[source, target] = layers.get((source, target), 0.0) + share
    assert close(sums, layers, scale)


def test_a_gradient_of_0_has_no_shares() -> None:
    built = network({"input": 0, "target": 1, "weights": [0.2, 0.1]})
    found = compute(built)
    assert found.gradients is not None
    assert isinstance(found.paths, GradientPaths)
    assert edge_shares(found.paths.point, subjects(built, ["w1"])[0], found.gradients["w1"]) == {}


def test_units_of_a_joined_layer_have_the_entries_of_its_weight() -> None:
    spec = {
        "input": {"a": [1, 2], "b": 3},
        "target": [0, 1],
        "layers": [{"name": "y", "from": ["a", "b"], "join": "concat", "weight": [[1, 2, 3], [4, 5, 6]]}],
    }
    edges = {(edge.source, edge.target): edge.label for edge in unit_edges(network(spec)) if edge.target != LOSS}
    assert edges[(0, 1), (2, 0)] == "w1[0,1]"
    assert edges[(1, 0), (2, 1)] == "w1[1,2]"
    assert len(edges) == 6


@pytest.mark.parametrize("options", [{"dps": 40}, {}])
def test_the_shares_of_the_residual_net(options: dict[str, Any]) -> None:
    from gradcalc.language import build, read

    built, _ = build(read("residual"))
    found = compute(built, wrt=["w1"], **options)
    assert found.gradients is not None
    assert isinstance(found.paths, GradientPaths)
    shares = edge_shares(found.paths.point, subjects(built, ["w1"])[0], found.gradients["w1"])
    assert isclose(shares[1, 3, 0], 0.9756261440350323, rel_tol=1e-12)
    assert isclose(shares[1, 2, 0], 0.02437385596496767, rel_tol=1e-12)
