"""The share of an edge is the sum of those of all paths that take it: against a list of them all, at both grains."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose, log10
from typing import Any

import pytest
from hypothesis import assume, given
from specs import network
from strategies import specs

from gradcalc.analysis.adjoint_terms import LOSS as LOSS_AS_READER
from gradcalc.analysis.adjoint_terms import adjoint_terms, cancellation, costs
from gradcalc.analysis.computation import compute, gradient
from gradcalc.analysis.edge_shares import EdgeKey, edge_shares, unit_change
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import computed, subjects
from gradcalc.analysis.results import Path
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.analysis.unit_edges import LOSS, unit_edge_shares, unit_edges
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
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


def test_the_parts_of_a_maxout_lead_to_the_unit_that_is_the_largest_of_them() -> None:
    maxout = {"weight": [[1, 2], [3, 4], [5, 6], [7, 8]], "activation": {"name": "maxout", "pieces": 2}}
    skip = {"from": "x", "to": "y", "weight": 0.5}
    layers = [{"name": "h", **maxout}, {"name": "y", "weight": [[1, 2], [3, 4]]}]
    edges = unit_edges(network({"input": [1, 2], "target": [0, 1], "layers": layers, "skips": [skip]}))
    told = sorted((edge.source, edge.target, edge.label, edge.is_skip) for edge in edges)
    x, h, y = ([(node, unit) for unit in range(2)] for node in range(3))
    expected = [(x[column], h[row // 2], f"w1[{row},{column}]", False) for row in range(4) for column in range(2)]
    expected += [(h[column], y[row], f"w2[{row},{column}]", False) for row in range(2) for column in range(2)]
    expected += [(one, other, "w_x_y", True) for one, other in zip(x, y)] + [(one, LOSS, "", False) for one in y]
    assert told == sorted(expected)
    assert [edge.source for edge in edges if edge.target == LOSS] == [edge.source for edge in edges][-2:]


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


BATCH = {
    "input": [[1.0, 2.0], [3.0, -1.0]],
    "target": [[0.0, 0.0], [0.0, 1.0]],
    "loss": "half_sse",
    "activation": "identity",
    "layers": [{"weight": [[1.0, 0.0], [0.0, 2.0]]}, {"weight": [[1.0, -1.0], [2.0, 0.0]], "bias": [1.0, -2.0]}],
    "skips": [{"from": "x", "to": "y", "weight": 0.5}],
}
INTO_H, INTO_Y, SKIP, INTO_LOSS = (0, 1, 0), (1, 2, 0), (0, 2, 0), (2, -1, 0)
PAST = [[-0.375, 0.25], [1.875, 0.625]]  # ∂L/∂x through the skip: δ is (−3/4, 1/2) and (15/4, 5/4)
THROUGH = [[0.25, 1.5], [6.25, -7.5]]  # and through h1


@pytest.mark.parametrize("arithmetic", [Double, Extended, Multiprecision(30), LowPrecision("float32")])
@pytest.mark.parametrize("grain", [scalar_point, array_point])
def test_shares_of_a_batch_by_hand(grain: Any, arithmetic: Any) -> None:
    with arithmetic.context():
        at = grain(graph(network(BATCH)), arithmetic)

    def shares(name: str) -> dict[EdgeKey, float]:
        (subject,) = subjects(at.graph.network, [name])
        return edge_shares(at, subject, gradient(at, subject))

    def part(by: Any, units: slice) -> float:
        """⟨part, gradient⟩ / ⟨gradient, gradient⟩ over both examples."""
        pairs = [
            (p, p + q) for ps, qs in zip(by, THROUGH if by is PAST else PAST) for p, q in zip(ps[units], qs[units])
        ]
        return sum(p * g for p, g in pairs) / sum(g * g for _, g in pairs)

    for name, units in (("x", slice(0, 2)), ("x[1]", slice(1, 2)), ("x[0]", slice(0, 1))):
        past, through = part(PAST, units), part(THROUGH, units)
        expected = {INTO_H: through, INTO_Y: through, SKIP: past, INTO_LOSS: 1.0}
        assert shares(name) == pytest.approx(
            expected, rel=1e-6 if arithmetic.name == "float32" else 1e-13
        ) and past + through == pytest.approx(1)
    for name in ("w1", "w1[1,0]", "h1", "h1[0]"):
        assert shares(name) == pytest.approx({INTO_Y: 1.0, INTO_LOSS: 1.0}), name
    for name in ("w2", "b2", "b2[1]", "w_x_y"):
        assert shares(name) == pytest.approx({INTO_LOSS: 1.0}), name


def test_no_share_of_a_gradient_that_is_0_or_infinite() -> None:
    at = scalar_point(graph(network(BATCH)), Double)
    assert unit_change(at, [0.0, 0.0]) == unit_change(at, [1e200, 1.0]) == []
    assert unit_change(at, [3.0, 4.0]) == [3 / 25, 4 / 25]


@pytest.mark.parametrize("arithmetic", [Double, Extended, Multiprecision(30), LowPrecision("float32")])
def test_shares_of_edges_between_units_by_hand(arithmetic: Any) -> None:
    """∂L/∂w1[1,0] = 3/4·1 − 15/4·3 comes through w2[0,1] alone, as w2[1,1] is 0; ∂L/∂b2[1] through neither."""
    with arithmetic.context():
        at = scalar_point(graph(network(BATCH)), arithmetic)
    edges = unit_edges(at.graph.network)
    assert [one.label for one in edges if one.is_skip] == ["w_x_y"] * 2
    assert {one.label: (one.source, one.target) for one in edges if one.label.startswith("w2")} == {
        f"w2[{row},{column}]": ((1, column), (2, row)) for row in range(2) for column in range(2)
    }

    def shares(name: str) -> dict[str, float]:
        (subject,) = subjects(at.graph.network, [name])
        found = unit_edge_shares(at, subject, gradient(at, subject), edges)
        told = [one.label or f"L {one.source}" for one in edges]
        return {label: share for label, share in zip(told, found) if share is not None}

    assert shares("w1[1,0]") == pytest.approx({"w2[0,1]": 1, "w2[1,1]": 0, "L (2, 0)": 1, "L (2, 1)": 0})
    assert shares("b2[1]") == pytest.approx({"L (2, 1)": 1})


@pytest.mark.parametrize("grain", [scalar_point, array_point])
def test_terms_of_adjoints_and_what_they_cost(grain: Any) -> None:
    at = grain(graph(network(BATCH)), Double)
    terms = adjoint_terms(at)
    delta, of_h = (9 / 16 + 1 / 4 + 225 / 16 + 25 / 16) ** 0.5, (0.0625 + 0.5625 + 39.0625 + 14.0625) ** 0.5
    whole = (1.75**2 + 0.75**2 + 6.25**2 + 3.75**2) ** 0.5  # of absolute products
    graph_node = at.graph.outputs[1]
    (read,) = terms[graph_node]
    assert (read.reader, read.size, read.magnitude) == (
        at.graph.preactivations[2],
        pytest.approx(of_h),
        pytest.approx(whole),
    )
    assert [one.reader for one in terms[at.graph.outputs[2]]] == [LOSS_AS_READER]
    sizes = {one.reader: one.size for one in terms[0]}
    assert sizes[at.graph.preactivations[2]] == pytest.approx(delta / 2) and len(sizes) == 2
    (subject,) = subjects(at.graph.network, ["w1"])
    found = costs(at, terms, subject, 1)
    size = (19.0**2 + 5.75**2 + 10.5**2 + 5.25**2) ** 0.5
    assert found is not None and found.nodes == ("y", "h1") and found.inputs == ("x",)
    expected = {"loss": log10(delta), "derivative": 0, "weight": log10(of_h / delta), "input": log10(size / of_h)}
    assert found.parts == pytest.approx({**expected, "paths": 0}) and found.total == pytest.approx(log10(size))
    assert cancellation(terms[graph_node], of_h) == pytest.approx(whole / of_h)
    assert cancellation(terms[graph_node], 0.0) is None
