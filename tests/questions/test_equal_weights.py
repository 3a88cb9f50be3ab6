"""Networks all of whose paths tie, or nearly all: which are listed, and in what order."""

from itertools import pairwise, product
from random import Random

from questions.grains import names

from gradcalc.arithmetic.double import Double
from gradcalc.arrays.point import ArrayPoint
from gradcalc.graph import graph
from gradcalc.language import load
from gradcalc.precedence import Order
from gradcalc.questions.lists.choosing import unit_lister
from gradcalc.questions.lists.listing import by_size, names_of
from gradcalc.questions.parts import WHOLE
from gradcalc.questions.paths import FEW_WEIGHTS, paths
from gradcalc.questions.point import point
from gradcalc.questions.subjects import subjects
from gradcalc.questions.sums.array_source import array_source
from gradcalc.units.point import UnitPoint, unit_point


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


def first_names(width, unit, k):
    """The first paths h1[unit] → h2 → y by name: `h2[10]` comes before `h2[1]`."""
    found = [
        ((f"h1[{unit}]", f"h2[{a}]", f"y[{b}]"), (f"w2[{a},{unit}]", f"w3[{b},{a}]"))
        for a, b in product(range(width), repeat=2)
    ]
    return sorted(found)[:k]


def test_all_weights_equal():
    """No path of 3,072 weights is larger than another."""
    found = top(equal_weights(32, 0.125), "w1[5,0]", 40)
    assert [(path.nodes, path.through) for path in found] == first_names(32, 5, 40)
    assert len({path.contribution for path in found}) == 1


def test_equal_but_for_the_rounding_of_products():
    """A product of equal rows is not the same to the last bit in every row of an odd number of them."""
    found = top(equal_weights(51, 0.3, activation="tanh"), "w1[50,0]", 60)
    assert [(path.nodes, path.through) for path in found] == first_names(51, 50, 60)


def test_equal_weights_of_a_narrow_network():
    """The same of 363 weights, which are computed one by one."""
    network = equal_layers(11, 0.3, activation="tanh")
    assert isinstance(point(network, None, FEW_WEIGHTS), UnitPoint)
    found = top(network, "w1[10,0]", 60)
    assert [(path.nodes, path.through) for path in found] == first_names(11, 10, 60)


def test_the_paths_that_a_search_finds():
    """Of sums over examples, where there are too many to list all: here more than 2^9 by the same nodes."""
    both = [[1, 1], [1, 1]]
    network = equal_layers(2, 1, depth=10, input=both, target=both, skips={"every": 1, "start": "h1"})
    found, exact = unit_lister(unit_point(graph(network), Double), 2).found(subjects(network, ["w1[0,0]"])[0], None)
    names = ["h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9", "y"]
    skips = [f"skip {one}→{other}" for one, other in pairwise(names)]
    first = [(*skips,), (*skips[:-1], "w10[0,0]")]
    assert not exact
    assert [names_of(path) for path in by_size(found, Order())[:2]] == [
        (tuple(f"{name}[0]" for name in names), through) for through in first
    ]


def test_dead_units():
    """All paths are 0, and the first by name are listed, however the sizes beyond the dead units differ."""
    draw = Random(0)
    drawn = [{"weight": [[draw.gauss(0, 1) for _ in range(32)] for _ in range(32)]} for _ in range(2)]
    network = equal_weights(32, 1, layers=[{"weight": [[-1] * 32] * 32}, *drawn], activation="relu")
    found = top(network, "w1[5,0]", 40)
    assert [(path.nodes, path.through) for path in found] == first_names(32, 5, 40)
    assert not any(path.contribution for path in found)


def test_some_paths_are_0():
    """What is left of a sparse weight first, then the rest by name."""
    sparse = [[0.0] * 32 for _ in range(32)]
    sparse[31][7], sparse[30][7] = 1.0, 2.0
    layers = [{"weight": [[0.125] * 32] * 32}] * 2 + [{"weight": sparse}]
    network = equal_weights(32, 0.125, layers=layers, target=[0] * 32)
    found = top(network, "w1[5,0]", 8)
    ends = [("h2[7]", "y[30]"), ("h2[7]", "y[31]")]
    assert [path.nodes[1:] for path in found[:2]] == ends
    rest = [name for name in first_names(32, 5, 2000) if name[0][1:] not in ends]
    assert [(path.nodes, path.through) for path in found[2:]] == rest[:6]


def test_edges_between_the_same_nodes():
    """An identity skip beside a weight 1: the nodes are the same, and the edges tell."""
    identity = [[float(row == column) for column in range(32)] for row in range(32)]
    network = equal_weights(32, 1, layers=[{"weight": identity}] * 3, skips={"every": 1, "start": "h1"})
    found = top(network, "w1[5,5]", 4)
    assert [path.through for path in found] == [
        ("skip h1→h2", "skip h2→y"),
        ("skip h1→h2", "w3[5,5]"),
        ("w2[5,5]", "skip h2→y"),
        ("w2[5,5]", "w3[5,5]"),
    ]


def test_examples_then_entries():
    """Of the same path in equal examples the first comes first, and there the first entry."""
    network = equal_weights(32, 0.125, input=[[1] * 32] * 3, target=[[1] * 32] * 3)
    found = top(network, "w1", 100)
    first = first_names(32, 0, 2)
    assert [(path.nodes, path.through, path.example, path.entry) for path in found] == [
        (*name, example, f"w1[0,{column}]") for name in first for example in range(3) for column in range(32)
    ][:100]


def test_examples_of_a_unit():
    network = equal_weights(32, 0.125, input=[[1] * 32] * 3, target=[[1] * 32] * 3)
    chosen = subjects(network, ["h1[5]"])
    source = array_source(point(network, None, FEW_WEIGHTS), chosen, WHOLE)
    assert [(name[0], name[2]) for name in names(source.point, chosen[0], source.largest(chosen[0], 7))] == [
        (nodes, example) for nodes, _ in first_names(32, 5, 3) for example in range(3)
    ][:7]
