"""Both listers at both grains against all paths by recursion, on networks of the whole language: nodes, edges, lengths,
uses and contributions of every path; weights used twice between two nodes and skips side by side among them."""

import pickle
from copy import deepcopy
from itertools import product
from math import log2
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from analysis.test_compute_paths import check_order, check_paths, over_layers, over_units, place
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference.judging import tame
from reference.network import flat
from strategies import WANTS, is_maxout, specs

from gradcalc import load
from gradcalc.analysis import array_path_sums, path_list
from gradcalc.analysis.array_path_sums import ArrayListing, ArrayPathSums, UnitSearch, list_in_range
from gradcalc.analysis.computation import compute, gradient
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.path_list import (
    GradientPaths,
    lengths_along_chain,
    path_size,
    refuse_long_chain,
    refuse_many_nodes,
    share,
)
from gradcalc.analysis.point import subjects
from gradcalc.analysis.scalar_path_sums import ScalarPathSums, one_sign, unit_linear
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.engine.array_edges import Matrix
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.errors import LimitError
from gradcalc.network.graph import graph
from gradcalc.network.network import entries

ALL = 10_000
GRAINS = [scalar_point, array_point]


def one_source(spec, number):
    """The node that a layer reads by a weight, and where that weight stands; None where it is not one."""
    layer = spec["layers"][number]
    source, join = layer.get("from"), layer.get("join", "sum")
    if isinstance(source, dict):
        return (next(iter(source)), source) if join == "sum" else None
    if "weight" not in layer or (isinstance(source, list) and len(source) > 1):
        return None
    if source:
        return (source if isinstance(source, str) else source[0]), layer
    if number:
        return spec["layers"][number - 1].get("name", f"h{number}"), layer
    given_ = spec["input"]
    names = list(given_) if isinstance(given_, dict) else ["x"]
    return (names[0], layer) if len(names) == 1 else None


@st.composite
def beside(draw):
    """A random network in which some skips run beside an edge that has their weight, or beside one another."""
    spec = deepcopy(draw(specs(most_layers=3)))
    skips = spec.setdefault("skips", [])
    for number, layer in enumerate(spec["layers"]):
        found = one_source(spec, number)
        if found is None or not draw(st.booleans()):
            continue
        source, holder = found
        key = source if holder is not layer else "weight"
        if not isinstance(holder[key], str):
            spec.setdefault("parameters", {})[f"T{number}"] = holder[key]
            holder[key] = f"T{number}"
        name = "y" if number == len(spec["layers"]) - 1 else f"h{number + 1}"
        # losses of probabilities take no more than what their activation gives
        bound = is_maxout(layer) or str(spec["loss"]) in WANTS
        intos = ["preactivation"] if bound else ["preactivation", "output"]
        into = draw(st.lists(st.sampled_from(intos), min_size=1, max_size=2))
        skips += [{"from": source, "to": name, "into": each, "weight": holder[key]} for each in into]
    return spec | {"skips": skips + skips[:1]}


def check(spec, at_grain):
    network, reference = tame(spec)
    names = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    chosen = [*subjects(network, names), *subjects(network, ["*[*]"])]
    at = at_grain(graph(network), Double)
    assume(at.in_range())  # else it would be computed in extended range
    found = GradientPaths(at, chosen, {subject.name: gradient(at, subject) for subject in chosen}, ALL)
    for subject in chosen:
        whole = subject.entry is None
        listed = over_layers(subject) if whole else over_units(subject, place(network, subject))
        check_paths(reference, found[subject.name], listed)
        check_order(found[subject.name])


@pytest.mark.parametrize("at_grain", GRAINS)
@given(spec=specs(most_layers=3, most_units=2))
def test_every_path_of_random_networks(at_grain, spec):
    check(spec, at_grain)


@pytest.mark.slow
@pytest.mark.parametrize("at_grain", GRAINS)
@given(spec=beside())
def test_paths_side_by_side(at_grain, spec):
    check(spec, at_grain)


@pytest.mark.slow
@given(spec=beside())
def test_paths_are_the_same_whether_a_sweep_holds_them_or_not(spec):
    network, _ = tame(spec)
    chosen = [*subjects(network), *subjects(network, [node.name for node in network.nodes])]
    at = array_point(graph(network), Double)
    swept, by_itself = (ArrayListing(at, chosen, held=held) for held in (True, False))
    for subject in chosen:
        one, other = (listed(listing.largest(subject, ALL)) for listing in (swept, by_itself))
        assert [names for names, _ in one] == [names for names, _ in other]
        for (_, ours), (_, theirs) in zip(one, other):
            assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def listed(found):
    """Labels with contributions, in an order of their own."""
    return sorted((([tuple(map(str, label)) for label in labels()], flat(value)) for value, labels in found))


@settings(max_examples=min(30, settings.default.max_examples))
@given(spec=specs(most_layers=3, most_units=2))
def test_a_search_finds_all_paths_over_units_where_they_are_few(spec):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(path_list, "LISTED", 0)
        check(spec, scalar_point)


TWICE = {
    "activation": "tanh",
    "parameters": {"T": [[0.5, 0.3], [0.1, 0.4]]},
    "layers": [{"weight": "T"}],
    "skips": [{"from": "x", "to": "y", "weight": "T"}],
}


@pytest.mark.parametrize(
    "rows", [{"input": [0.5, 0.2], "target": [1, 0]}, {"input": [[0.5, 0.2]] * 2, "target": [[1, 0]] * 2}]
)
def test_a_weight_that_a_layer_and_a_skip_beside_it_share(rows):
    paths = compute(load(TWICE | rows), wrt=["T", "x"]).paths
    assert [(path.nodes, path.at, path.share) for path in paths["T"].top] == [
        (("y",), "x→y", pytest.approx(0.5)),
        (("y",), "skip x→y", pytest.approx(0.5)),
    ]
    assert [(path.nodes, path.through) for path in paths["x"].top] == [(("x", "y"), ("T",))] * 2


def test_a_number_that_is_bias_and_alpha_of_one_layer():
    layers = [{"weight": 1, "bias": "b", "activation": {"name": "prelu", "alpha": "b"}}]
    paths = compute(load({"input": -3, "target": 1, "parameters": {"b": 0.5}, "layers": layers})).paths["b"]
    assert {path.at for path in paths.top} == {"y bias", "y alpha"}


@pytest.mark.parametrize(("weight", "through"), [(2, "w"), (0.5, "skip")])
def test_a_search_holds_what_is_small_at_first(weight, through):
    """2^14 paths; those that are largest as far as the middle lead to the unit that is not read there, and the search
    from the loss finds the largest because it holds all 2^7 so far, and then more and more of the others."""
    late = {"weight": [[3, 0], [0, 0.5]], "repeat": 7}
    layers = [{"weight": [[weight, 0], [0, weight]], "repeat": 8}, {"weight": [[0, 0], [0, 1]]}, late]
    skips = [{"from": f"h{n}", "to": f"h{n + 1}" if n < 15 else "y"} for n in (*range(1, 8), *range(9, 16))]
    spec = {"input": [1, 1], "loss": "output", "activation": "identity", "layers": layers, "skips": skips}
    paths = compute(load(spec), wrt=["x"], top=1).paths["x"]
    assert paths.count == 2**14 and not paths.exact
    early, later = paths.top[0].through[1:8], paths.top[0].through[9:]
    assert all(edge.startswith(through) for edge in early) and all(edge.startswith("skip") for edge in later)


def test_paths_of_one_entry_are_ranked_however_many():
    """2^15 over single units, more than can be listed; the largest takes the diagonal of every layer."""
    layers = [{"weight": [[0.5, 0.25], [0.125, 0.5]], "repeat": 16}]
    network = load({"input": [1, 1], "loss": "output", "activation": "identity", "layers": layers})
    paths = compute(network, wrt=["w1[0,0]"], top=1).paths["w1[0,0]"]
    assert paths.count == 2**15 and paths.exact
    assert paths.top[0].contribution == 0.5**15


def test_scalar_paths_are_ranked_at_either_grain():
    """2^30 paths of one-unit layers, more than can be listed: exactly, though in arrays."""
    layers = [{"weight": 0.5, "repeat": 31}]
    network = load({"input": 0.5, "target": 1, "activation": "identity", "layers": layers, "skips": {"every": 1}})
    chosen = subjects(network, ["w1"])
    narrow, wide = (GradientPaths(grain(graph(network), Double), chosen, {"w1": 1.0}, 3)["w1"] for grain in GRAINS)
    assert narrow.exact and wide.exact and narrow.count == wide.count == 2**30
    assert [path.contribution for path in narrow.top] == [path.contribution for path in wide.top]
    found = GradientPaths(array_point(graph(network), Double), chosen, {"w1": 1.0}, 3)
    assert found.path("w1") == wide.top[0] and found.share("w1") == wide.top[0].share
    assert narrow.top[0].through == tuple(f"skip {a}→{b}" for a, b in zip(narrow.top[0].nodes, narrow.top[0].nodes[1:]))


@pytest.mark.parametrize(("more", "count", "exact"), [([], 10_000, True), ([{"from": "h1", "to": "y"}], 10_001, False)])
def test_up_to_ten_thousand_paths_are_all_looked_at(more, count, exact):
    """Four times ten edges from one layer to the next."""
    nodes = ["h1", "h2", "h3", "h4", "y"]
    skips = [{"from": a, "to": b, "weight": n / 16} for a, b in zip(nodes, nodes[1:]) for n in range(1, 10)]
    layers = [{"weight": [[0.5, 0.25], [0.125, 0.5]]}] * 5
    spec = {"input": [1, 1], "loss": "output", "activation": "identity", "layers": layers, "skips": skips + more}
    paths = compute(load(spec), wrt=["x"], top=1).paths["x"]
    assert (paths.count, paths.exact) == (count, exact)


def test_ten_paths_are_listed_unasked():
    network = load({"input": 1, "target": 1, "weights": [0.5] * 5, "skips": {"every": 1}})
    listed = compute(network).paths["w1"], paths(network).sums["w1"]
    assert [(of.count, len(of.top)) for of in listed] == [(16, 10)] * 2


@pytest.mark.parametrize(("listed", "exact"), [(8, True), (7, False)])
def test_paths_of_an_entry_of_several_examples_are_searched_where_they_are_many(listed, exact, monkeypatch):
    """8 over single units, of which a search for one holds 4."""
    monkeypatch.setattr(path_list, "LISTED", listed)
    weight = [[0.5, -0.25], [0.125, 0.75]]
    spec = {"input": [[1, 2], [3, -1]], "target": [[1, 0]] * 2, "layers": [{"weight": weight, "repeat": 4}]}
    found = compute(load(spec | {"activation": "tanh"}), wrt=["w1[0,0]"], top=1).paths["w1[0,0]"]
    assert (found.count, found.exact, len(found.top)) == (8, exact, 1)


def test_listed_paths_are_a_sequence():
    paths = compute(load("residual"))
    top, again = paths.paths["w1"].top, compute(load("residual")).paths["w1"].top
    assert top == again and top == tuple(top) and top == [*top] and len(top) == 2
    assert top != tuple(top)[:1] and top != [] and top != 2
    assert top[-1] == top[1] and top[:1] == (top[0],) and top[::-1] == (top[1], top[0])
    with pytest.raises(IndexError):
        top[2]
    assert pickle.loads(pickle.dumps(top)) == tuple(top)
    assert pickle.loads(pickle.dumps(paths.paths))["w1"] == paths.paths["w1"]
    assert list(paths.paths) == ["w1", "w2", "w3", "w_r"] and len(paths.paths) == 4


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn"])
def test_in_low_precision_the_only_path_is_rounded_edge_by_edge_as_the_gradient_is(dtype: str) -> None:
    weights = [1.0 + 0.01 * (7 * n % 5) for n in range(1, 9)]
    network = load({"input": 0.7, "target": 0.3, "activation": "tanh", "weights": weights})
    low = LowPrecision(dtype)
    found, gradients = paths(network, low=low, top=1), compute(network, low=low).gradients
    assert gradients is not None
    for name, value in gradients.items():
        (path,) = found.sums[name].top
        assert float(path.contribution) == float(value), name


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_in_low_precision_sums_are_of_what_is_stored_of_each_length(dtype: str) -> None:
    weights: list[Any] = [[[1.1, -0.7], [0.3, 0.9]], [[0.6, -1.2], [0.8, 0.4]], [[1.3, -0.9]]]
    skips = [{"from": "h1", "to": "y", "weight": [[-0.35, 0.55]]}]
    spec = {"input": [[0.7, 0.2], [-0.4, 1]], "target": [[0.3], [1]], "activation": "tanh"}
    network = load(spec | {"weights": weights, "skips": skips})
    for sums in paths(network, low=LowPrecision(dtype), wrt=["w1", "x", "w2"], top=0).sums.values():
        rows = [list(map(float, flat(term.contribution))) for term in sums.by_length]
        whole = sum(abs(sum(column)) for column in zip(*rows))
        magnitude = sum(float(term.magnitude) for term in sums.by_length)
        assert sums.magnitude == magnitude and sums.cancellation == magnitude / whole
        assert len(rows) == (1 if sums.name == "w2" else 2)


def test_a_search_for_units_is_cut_where_there_are_more_than_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [{"weight": [[1, 2, 3], [4, 5, 6]]}, {"weight": [[1, 2]]}]
    spec = {"input": [1, 1, 1], "target": 1, "activation": "identity", "layers": layers}
    at = array_point(graph(load(spec)), Double)
    assert [UnitSearch(at, 1, count).is_cut for count in (3, 4, 5)] == [False, False, True]
    monkeypatch.setitem(array_path_sums.MOST_PRODUCTS, "float64", 2 * 4 * (6 + 2))
    assert UnitSearch(at, 2, 1)
    monkeypatch.setitem(array_path_sums.MOST_PRODUCTS, "float64", 2 * 4 * (6 + 2) - 1)
    with pytest.raises(LimitError, match="--top 2: to find so many paths over single units takes 64 products, and 63"):
        UnitSearch(at, 2, 1)


def test_units_that_are_searched_a_few_at_a_time_have_the_same_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [{"weight": [[1, -2, 3], [4, 5, -6], [0.5, 7, 2]], "activation": "tanh"}, {"weight": [[1, 2, -3]]}]
    spec = {"input": [[0.1, 0.2, -0.3], [0.4, -0.5, 0.6]], "target": [[1], [0]], "layers": layers}
    at = array_point(graph(load(spec)), Double)
    chosen = subjects(at.graph.network, ["x[0]", "w1[1,2]"])

    def found() -> list[Any]:
        listed = [pair for subject in chosen for pair in UnitSearch(at, 5, 99).largest(subject, 5)]
        return [(value, labels()) for value, labels in listed]

    whole = found()
    monkeypatch.setattr("gradcalc.engine.array_k_best.AT_ONCE", 1)
    assert found() == whole
    assert len(whole) == 3 + 1  # of x[0] through each unit, of the entry through its own


def test_so_many_nodes_of_paths_are_told_and_no_more() -> None:
    refuse_many_nodes(3, 20_000_000)
    with pytest.raises(
        LimitError, match="paths of 3 gradients have up to 20,000,001 nodes, and 20,000,000 are the most"
    ):
        refuse_many_nodes(3, 20_000_001)
    refuse_long_chain(2_000, 10_000, True, (), 1, True)
    refuse_long_chain(499_999, 3, True, (), 1, False)
    some = (range(2, 1_001, 2), False), (range(7, 8, 7), True)
    refuse_long_chain(1_000, 3, True, some, 400, False)
    refuse_long_chain(1_000, 3, True, some, 2_000, True)
    for told in (
        (2_000, 10_001, False, (), 1, True),
        (500_000, 3, True, (), 1, False),
        (1_000, 3, True, some, 2_000, False),
    ):
        with pytest.raises(LimitError):
            refuse_long_chain(*told)
    refuse_long_chain(500_000, 3, False, (), 1, False)
    refuse_long_chain(10**9, 3, True, some, 0, False)  # of which none is listed


@pytest.mark.parametrize(
    ("contribution", "gradient", "there", "part"),
    [
        ([1.0, 2.0], [2.0, 2.0], None, 0.75),
        ([[3.0], [-4.0]], [[3.0], [4.0]], None, -7 / 25),
        (2.0, -8.0, None, -0.25),
        (1.0, [[3.0, 0.0], [0.0, 4.0]], [4.0], 4 / 25),
        ([1e-200, 0.0], [2e-200, 0.0], None, 0.5),
        ([1e200, 1e200], [2e200, 2e200], None, 0.5),
        ([1.0, 2.0], [0.0, 0.0], None, None),
        (float("inf"), float("inf"), None, None),
    ],
)
def test_the_share_of_a_contribution(contribution: Any, gradient: Any, there: Any, part: float | None) -> None:
    assert share(contribution, gradient, there) == (part if part is None else pytest.approx(part, rel=1e-14))


def test_the_numbers_that_a_path_is_made_of() -> None:
    layers = [{"weight": [[1, 2, 3], [4, 5, 6]], "bias": 0.5}, {"weight": [[1, 2]]}]
    of = load({"input": [[1, 1, 1]] * 4, "target": [[1]] * 4, "layers": layers})
    sizes = {name: path_size(of, subjects(of, [name])[0]) for name in ("w1", "w1[0,1]", "b1", "w2", "x", "x[2]", "h1")}
    assert sizes == {"w1": 24, "w1[0,1]": 4, "b1": 8, "w2": 8, "x": 12, "x[2]": 4, "h1": 8}


def test_the_numbers_of_paths_along_a_chain_have_so_many_digits() -> None:
    """Every second layer up to the 8th has a skip from two before, and the 9th one from the 6th."""
    skips = (range(2, 9, 2), False), (range(9, 10, 3), True)
    ends = {layer: [layer + 1] for layer in range(10)} | {9: []}
    for first, last in ((0, 2), (2, 4), (4, 6), (6, 8), (6, 9)):
        ends[first].append(last)
    counts = dict.fromkeys(range(10), 1)
    for layer in range(8, -1, -1):
        counts[layer] = sum(counts[end] for end in ends[layer])
    found = lengths_along_chain(9, skips)
    assert found[:10] == pytest.approx([log2(counts[layer]) for layer in range(10)]) and counts[0] == 24


def test_the_digits_of_numbers_of_paths_are_told_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    every = (range(1, 1_001), False)
    monkeypatch.setattr(path_list, "MOST_BITS", 30_000)  # 1,000 layers have up to 1,000 bits, of all 499,500
    refuse_long_chain(1_000, 29, False, (every,), 0, True)
    refuse_long_chain(1_000, 31, False, (), 0, True)
    refuse_long_chain(1_000, 31, False, (every,), 0, False)
    monkeypatch.setattr(path_list, "MOST_BITS", 500_600)  # of 1,001 layers together
    refuse_long_chain(1_000, 999_999, False, (every,), 0, True)
    monkeypatch.setattr(path_list, "MOST_BITS", 500_000)
    refuse_long_chain(1_000, 499, False, (every,), 0, True)
    told = "the exact numbers of paths of 600 gradients have up to 301 digits; --wrt names fewer gradients"
    with pytest.raises(LimitError, match=told):
        refuse_long_chain(1_000, 600, False, (every,), 0, True)


class Counted(GradientPaths):
    """Paths of which the numbers are known."""

    counts: dict[str, int]

    def count(self, name: str) -> int:
        return self.counts[name]


def test_the_nodes_and_the_digits_of_all_listed_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    network = load({"input": 1, "target": 1, "weights": [1, 1, 1]})
    at = scalar_point(graph(network), Double)
    paths = Counted(at, subjects(network), dict.fromkeys(("w1", "w2", "w3"), 1.0), 5)
    paths.counts = {"w1": 2, "w2": 7, "w3": 5}
    monkeypatch.setattr(path_list, "MOST_NODES", 3 * (2 + 5 + 5))
    paths.refuse_long()
    monkeypatch.setattr(path_list, "MOST_NODES", 3 * (2 + 5 + 5) - 1)
    with pytest.raises(LimitError, match="the listed paths of 3 gradients have up to 36 nodes, and 35 are the most"):
        paths.refuse_long()
    monkeypatch.undo()
    paths.counts = {"w1": 1, "w2": 1, "w3": 1 << 149_999_999}  # of 150,000,002 bits in all
    paths.refuse_long()
    paths.counts["w3"] <<= 1
    told = "the numbers of paths of 3 gradients have 50,000,001 digits, and 50,000,000 are the most; --wrt names fewer"
    with pytest.raises(LimitError, match=told):
        paths.refuse_long()


@pytest.mark.parametrize(("examples", "found"), [(100, True), (101, False)])
def test_the_largest_of_200000_numbers_is_looked_for_unasked(examples: int, found: bool) -> None:
    """Of 100 paths of arrays of 20 units in every example."""
    skips = [{"from": a, "to": b, "weight": n / 16} for a, b in (("x", "h1"), ("h1", "y")) for n in range(1, 10)]
    rows = [[1.0] * 20] * examples
    spec = {"input": rows, "loss": "output", "activation": "identity", "layers": [{}, {}], "skips": skips}
    network = load(spec)
    paths = GradientPaths(array_point(graph(network), Double), subjects(network, ["x"]), {"x": rows}, 1)
    assert paths.count("x") == 100
    assert (paths.share("x") is not None) == (paths.path("x") is not None) == found


@pytest.mark.parametrize(
    ("arithmetic", "k", "rows", "columns"),
    [("float64", 125, 1000, 1000), ("extended", 25, 1000, 1000), ("30 decimal digits", 1, 1250, 1000)],
)
def test_so_many_products_are_the_most_of_a_search(
    arithmetic: str, k: int, rows: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[Any] = []
    monkeypatch.setattr(array_path_sums, "RankedPaths", lambda *given, **options: searched.append((given, options)))

    def search(examples: int, columns: int) -> None:
        edge = Matrix(np.broadcast_to(0.0, (rows, columns)), 0, rows)
        network = SimpleNamespace(examples=examples)
        at: Any = SimpleNamespace(
            edges=[edge], arithmetic=SimpleNamespace(name=arithmetic), graph=SimpleNamespace(network=network)
        )
        UnitSearch(at, k, 1)

    search(1, columns)
    search(5, columns // 5)
    assert [(given[1], options) for given, options in searched] == [(4 * k, {"jointly": True})] * 2
    for examples, wider in product((1, 2), (columns, columns + 1)):
        if (examples, wider) != (1, columns):
            with pytest.raises(LimitError, match=f"--top {k}: to find so many paths over single units takes "):
                search(examples, wider)


LINEAR: dict[str, Any] = {"input": 1, "loss": "output", "activation": "identity"}
BATCH: dict[str, Any] = {
    "input": [[1, 2], [3, -1]],
    "target": [[1], [0]],
    "activation": "tanh",
    "layers": [
        {"weight": [[0.5, 0.25], [1, -0.5]]},
        {"weight": [[1, 2]], "bias": "b"},
        {"weight": [[1.5]], "bias": [0.25]},
    ],
    "parameters": {"b": 0.5},
    "skips": [{"from": "x", "to": "h1", "into": "output"}],
}


def both_sums(spec: dict[str, Any], names: Any, arithmetic: Any = Double) -> tuple[Any, Any, list[Any]]:
    """The sums over paths of single units, from arrays and from numbers."""
    laid = graph(load(spec))
    arrays, numbers_, chosen = (
        array_point(laid, arithmetic),
        scalar_point(laid, arithmetic),
        subjects(laid.network, names),
    )
    return ArrayPathSums(arrays, chosen), ScalarPathSums(numbers_, unit_linear(numbers_), chosen=chosen), chosen


SINGLE = BATCH | {"input": [1, 2], "target": 1}


@pytest.mark.parametrize(
    ("spec", "arithmetic"),
    [(BATCH, Double), (SINGLE, Double), (BATCH, LowPrecision("float16")), (BATCH, LowPrecision("float32"))],
)
def test_sums_from_arrays_are_those_from_numbers(spec: dict[str, Any], arithmetic: Any) -> None:
    names = ["w1", "w1[1,0]", "w2", "b", "w3", "w3[0,0]", "b3", "x", "x[1]", "h1", "h2", "y"]
    wide, narrow, chosen = both_sums(spec, names, arithmetic)
    for subject in chosen:
        ours, theirs = wide.moments(subject), narrow.moments(subject)
        assert (float(ours.size), float(ours.spread)) == pytest.approx((theirs.size, theirs.spread), rel=1e-6)
        assert wide.count(subject) == narrow.count(subject)
        assert wide.count_of_entry(subject) == narrow.count_of_entry(subject)
        total, expected = wide.total(subject), narrow.total(subject)
        assert flat(total) == pytest.approx(list(map(float, flat(expected))), rel=2e-3)
        assert [index for index, _ in entries(total)] == [index for index, _ in entries(expected)]
        for one, other in zip(wide.spectrum(subject), narrow.spectrum(subject), strict=True):
            assert one[:2] == other[:2] and float(one[3]) == pytest.approx(float(other[3]), rel=2e-3)
        ranked = [
            [(n, index, float(value)) for n, index, (value, _) in of.largest(subject, 3)] for of in (wide, narrow)
        ]
        assert [abs(one[2]) for one in ranked[0]] == pytest.approx([abs(one[2]) for one in ranked[1]], rel=2e-3)


@pytest.mark.parametrize(
    ("spec", "name", "signs"),
    [
        ({"input": [[1], [1]], "target": [[0], [2]], "weights": [1]}, "w1", "opposite"),  # δ is 2 and −2
        ({"input": [[1], [1]], "target": [[0], [2]], "weights": [1]}, "x", "same"),  # each example has its own
        ({"input": [[1], [-1]], "target": [[0], [2]], "weights": [1]}, "w1", "same"),
        ({"input": [[1], [0]], "target": [[0], [2]], "weights": [1]}, "w1", "same or 0"),
        ({"input": 1, "loss": "output", "weights": [2, 3], "skips": [{"from": "x", "to": "y"}]}, "x", "same"),
        ({"input": 1, "loss": "output", "weights": [2, -3], "skips": [{"from": "x", "to": "y"}]}, "x", "opposite"),
        ({"input": [1, 1], "loss": "output", "layers": [{"weight": [[1, -2]]}, {"weight": [[2], [3]]}]}, "x", "same"),
        (
            {"input": [1, 1], "loss": "output", "layers": [{"weight": [[1, -2]]}, {"weight": [[2], [-3]]}]},
            "x",
            "opposite",
        ),
        ({"input": [1, 1], "loss": "output", "layers": [{"weight": [[1, -2]]}]}, "w1", "same"),
    ],
)
def test_the_signs_of_what_is_added_to_one_number(spec: dict[str, Any], name: str, signs: str) -> None:
    wide, narrow, (subject,) = both_sums({"loss": "sse", "activation": "identity"} | spec, [name])
    assert narrow.signs(subject) == signs
    assert wide.signs(subject) == ("opposite" if signs == "opposite" else "same or 0")


@pytest.mark.parametrize(
    ("weights", "skip", "same"),
    [([2, 3], 1, True), ([2, -3], 1, False), ([-2, -3], 1, True), ([2, -3], -1, True), ([-2, 3], None, True)],
)
def test_whether_all_paths_from_a_node_have_one_sign(weights: list[float], skip: float | None, same: bool) -> None:
    spec = {"input": 1, "loss": "output", "activation": "identity", "weights": weights}
    if skip is not None:
        spec |= {"skips": [{"from": "x", "to": "y", "weight": skip}]}
    at = scalar_point(graph(load(spec)), Double)
    assert at.linear is not None and one_sign(at.linear.dag, at.examples[0].edges) is same


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("weights", "in_range"),
    [
        ([1, 1e200, 1e100], True),
        ([1, 1e200, 1e200], False),
        ([1, 1e153, 1e153], False),
        ([1, 1e-200, 1e-100], True),
        ([1, 1e-200, 1e-200], False),
    ],
)
def test_whether_float64_held_every_sum(weights: list[float], in_range: bool) -> None:
    at = array_point(graph(load(LINEAR | {"weights": weights})), Double)
    w1, w3 = subjects(at.graph.network, ["w1", "w3"])
    assert ArrayPathSums(at, [w1]).in_range() is ArrayPathSums(at, [w3, w1]).in_range() is in_range
    assert ArrayPathSums(at, [w3]).in_range() and ArrayPathSums(at).in_range()  # of whose path w2 is no part


@pytest.mark.parametrize("name", ["w1_b", "g", "b"])
def test_where_no_path_leads_there_is_nothing_to_sum(name: str) -> None:
    layers = [{"name": "g", "from": {"b": 3}}, {"name": "y", "from": {"a": 2}}]
    spec = LINEAR | {"input": {"a": 1, "b": 2}, "layers": layers}
    for of in both_sums(spec, [name])[:2]:
        (subject,) = subjects(of.point.graph.network, [name])
        assert (of.count(subject), of.count_of_entry(subject), of.total(subject)) == (0, 0, 0)
        assert (of.moments(subject).size, of.moments(subject).spread) == (0, 0)
        assert (list(of.spectrum(subject)), list(of.largest(subject, 3)), of.in_range()) == ([], [], True)


@pytest.mark.parametrize(
    ("name", "listed", "in_range"),
    [
        ("w1[0,0]", [1.0, 2.0, 0.0], True),  # over 2 units; the third has the weight 0
        ("w1[0,0]", [1.0, 0.0, 0.0], False),
        ("w1[0,0]", [1.0, 1e-310], False),
        ("w1[0,0]", [1.0, 2.0], True),
        ("w1", [[[1.0, 2.0]], [[0.0, 0.0]]], True),  # over layers there is one path, and none past the skip of 0
        ("w1", [[[1.0, 2.0]], [[3.0, 0.0]], [[0.0, 0.0]]], False),
    ],
)
def test_whether_float64_held_what_is_listed(name: str, listed: list[Any], in_range: bool) -> None:
    layers = [{"weight": [[1, 2]]}, {"weight": [[1], [2], [0]]}, {"weight": [[1, 1, 1]]}]
    spec = {"input": [[1, 1], [2, 3]], "loss": "output", "activation": "identity", "layers": layers}
    skips = [{"from": "h1", "to": "y", "weight": 0.0}]
    at = array_point(graph(load(spec | {"skips": skips} if name == "w1" else spec)), Double)
    (subject,) = subjects(at.graph.network, [name])
    assert list_in_range(at, subject, listed) is in_range
