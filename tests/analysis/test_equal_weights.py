"""Networks all of whose paths tie, or nearly all: as many are listed as are asked for, each once, of the right size."""

from itertools import product
from random import Random

import pytest
from analysis.grains import names, names_of

from gradcalc.analysis.array_path_sums import ArrayPathSums
from gradcalc.analysis.path_analysis import FEW_WEIGHTS, paths
from gradcalc.analysis.path_list import PathLists
from gradcalc.analysis.point import point, subjects
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_point import ArrayPoint
from gradcalc.engine.scalar_point import ScalarPoint, scalar_point
from gradcalc.language import load
from gradcalc.network.graph import graph


def equal_weights(width, weight, depth=3, **changes):
    """Enough of them for arrays."""
    network = equal_layers(width, weight, depth, **changes)
    assert isinstance(point(network, None, FEW_WEIGHTS), ArrayPoint)
    return network


def equal_layers(width, weight, depth=3, **changes):
    """Layers of so many units, all weights the same."""
    matrix = [[weight] * width] * width
    spec = {"input": [1] * width, "target": [1] * width, "loss": "sse", "activation": "identity"}
    return load(spec | {"layers": [{"weight": matrix}] * depth} | changes)[0]


def top(network, name, k):
    return paths(network, wrt=[name], top=k).sums[name].top


def told(path):
    return path.nodes, path.through


def all_names(width, unit):
    """All paths h1[unit] → h2 → y."""
    return {
        ((f"h1[{unit}]", f"h2[{a}]", f"y[{b}]"), (f"w2[{a},{unit}]", f"w3[{b},{a}]"))
        for a, b in product(range(width), repeat=2)
    }


def check_distinct(found, count, every):
    """So many of all, each once."""
    assert len(found) == len(set(found)) == count
    assert set(found) <= every


def test_all_weights_equal():
    """No path of 3,072 weights is larger than another."""
    found = top(equal_weights(32, 0.125), "w1[5,0]", 40)
    check_distinct(list(map(told, found)), 40, all_names(32, 5))
    assert len({path.contribution for path in found}) == 1


def test_equal_but_for_the_rounding_of_products():
    """A product of equal rows is not the same to the last bit in every row of an odd number of them."""
    check_rounded(equal_weights(51, 0.3, activation="tanh"), 51)


def test_equal_weights_of_a_narrow_network():
    """The same of 363 weights, which are computed one by one."""
    network = equal_layers(11, 0.3, activation="tanh")
    assert isinstance(point(network, None, FEW_WEIGHTS), ScalarPoint)
    check_rounded(network, 11)


def check_rounded(network, width):
    found = top(network, f"w1[{width - 1},0]", 60)
    check_distinct(list(map(told, found)), 60, all_names(width, width - 1))
    sizes = [abs(path.contribution) for path in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == pytest.approx(sizes[0], rel=1e-12, abs=0)


def test_the_paths_that_a_search_finds():
    """Of sums over examples, where there are too many to list all: here more than 2^9 by the same nodes."""
    both = [[1, 1], [1, 1]]
    network = equal_layers(2, 1, depth=10, input=both, target=both, skips={"every": 1, "start": "h1"})
    chosen = subjects(network, ["w1[0,0]"])
    found, exact = PathLists(scalar_point(graph(network), Double), chosen, 2).largest(chosen[0])
    assert not exact
    assert len(set(map(names_of, found))) == len(found) >= 2
    assert len({abs(contribution) for contribution, _ in found}) == 1


def test_dead_units():
    """All paths are 0, and some are listed, however the sizes beyond the dead units differ."""
    draw = Random(0)
    drawn = [{"weight": [[draw.gauss(0, 1) for _ in range(32)] for _ in range(32)]} for _ in range(2)]
    network = equal_weights(32, 1, layers=[{"weight": [[-1] * 32] * 32}, *drawn], activation="relu")
    found = top(network, "w1[5,0]", 40)
    check_distinct(list(map(told, found)), 40, all_names(32, 5))
    assert not any(path.contribution for path in found)


def test_some_paths_are_0():
    """What is left of a sparse weight comes first."""
    sparse = [[0.0] * 32 for _ in range(32)]
    sparse[31][7], sparse[30][7] = 1.0, 2.0
    layers = [{"weight": [[0.125] * 32] * 32}] * 2 + [{"weight": sparse}]
    network = equal_weights(32, 0.125, layers=layers, target=[0] * 32)
    found = top(network, "w1[5,0]", 8)
    assert [path.nodes[1:] for path in found[:2]] == [("h2[7]", "y[30]"), ("h2[7]", "y[31]")]
    check_distinct(list(map(told, found)), 8, all_names(32, 5))
    assert not any(path.contribution for path in found[2:])


def test_edges_between_the_same_nodes():
    """An identity skip beside a weight 1: the nodes are the same, and the edges tell."""
    identity = [[float(row == column) for column in range(32)] for row in range(32)]
    network = equal_weights(32, 1, layers=[{"weight": identity}] * 3, skips={"every": 1, "start": "h1"})
    found = top(network, "w1[5,5]", 4)
    filtered = product(("skip h1→h2", "w2[5,5]"), ("skip h2→y", "w3[5,5]"))
    check_distinct([path.through for path in found], 4, set(filtered))


def test_equal_examples_and_entries():
    network = equal_weights(32, 0.125, input=[[1] * 32] * 3, target=[[1] * 32] * 3)
    found = top(network, "w1", 100)
    assert len({(told(path), path.example, path.entry) for path in found}) == len(found) == 100
    names = {f"w1[{unit},{column}]": unit for unit in range(32) for column in range(32)}
    assert all(told(path) in all_names(32, names[path.entry]) and path.example in range(3) for path in found)
    assert len({path.contribution for path in found}) == 1


def test_equal_examples_of_a_unit():
    network = equal_weights(32, 0.125, input=[[1] * 32] * 3, target=[[1] * 32] * 3)
    chosen = subjects(network, ["h1[5]"])
    source = ArrayPathSums(point(network, None, FEW_WEIGHTS), chosen)
    found = [name[:3] for name in names(source.point, chosen[0], source.largest(chosen[0], 7))]
    check_distinct(found, 7, {(*name, example) for name in all_names(32, 5) for example in range(3)})
