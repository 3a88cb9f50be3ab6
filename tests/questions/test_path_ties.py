"""Which paths over single units come first where their sizes tie: by nodes, then by edges, then by example and entry,
lowest first. In arrays against all paths, listed by recursion at 60 digits; both grains against one another."""

from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import mp, unit_paths
from reference.judging import ROUNDING, tame
from reference.network import NOISE, flat
from strategies import specs

from gradcalc.arithmetic.double import Double
from gradcalc.arithmetic.extended import Extended
from gradcalc.arrays.point import ArrayPoint, array_point
from gradcalc.graph import graph
from gradcalc.naming import entry_index
from gradcalc.questions.array_source import array_source
from gradcalc.questions.listing import labels_of, nodes_of
from gradcalc.questions.parts import WHOLE
from gradcalc.questions.paths import FEW_WEIGHTS, paths
from gradcalc.questions.point import point
from gradcalc.questions.subjects import subjects
from gradcalc.questions.unit_source import unit_source
from gradcalc.spec import load
from gradcalc.units.point import unit_point

EQUAL = mp.mpf(10) ** -25
"""Sizes at 60 digits that are closer than this are equal."""
TOLD_APART = mp.mpf(10) ** -12
"""Sizes that are farther apart than this are different in doubles, too."""
NOTHING = mp.mpf(10) ** -40
VALUES = ("input", "weight", "bias", "parameters", "from")


def coarse(spec, inside=False):
    """The same network with multiples of ½ for all values, so that many paths tie and many are 0."""
    if isinstance(spec, dict):
        return {key: coarse(value, inside or key in VALUES) for key, value in spec.items()}
    if isinstance(spec, list):
        return [coarse(value, inside) for value in spec]
    return round(2 * spec) / 2 if inside and isinstance(spec, float) else spec


def entries(network, subject):
    """The indices of a subject, each with its place row by row."""
    if not subject.is_parameter:
        return [(unit, (unit,)) for unit in range(network.nodes[subject.number].width)]
    parameter = network.parameters[subject.number]
    return [(place, entry_index(parameter, place)) for place in range(len(flat(parameter.value)))]


def listed(points, subject):
    """(size, name) of all paths; a name is nodes, edges, example and entry."""
    return [
        (abs(path.contribution), (path.nodes, path.through, example, index))
        for place, index in entries(points[0].network, subject)
        for example, point in enumerate(points)
        for path in unit_paths(point, subject, place)
    ]


def in_order(found):
    """By size and, where sizes are equal, by name."""
    found = sorted(((size if size > NOTHING else mp.zero, name) for size, name in found), key=lambda path: -path[0])
    ordered, ties = [], []
    for place, (size, name) in enumerate(found):
        ties.append(name)
        if place + 1 == len(found) or size - found[place + 1][0] > EQUAL * size:
            ordered += sorted(ties)
            ties = []
    return ordered


def doubles_can_tell(reference, subject):
    """Whether sizes that differ do so in doubles, and rounding, which noise stands for, leaves each nearly as it is."""
    sizes = sorted((size for size, _ in listed(reference.points, subject)), reverse=True)
    steady = all(
        abs(one - other) <= TOLD_APART * NOISE / ROUNDING * one
        for noisy in reference.noisy
        for (one, _), (other, _) in zip(listed(reference.points, subject), listed(noisy, subject))
    )
    return steady and not any(EQUAL * a < a - b <= TOLD_APART * a for a, b in pairwise(sizes))


def names(at, subject, found):
    """As `listed` gives them."""
    own = () if subject.is_parameter else at.graph.network.nodes[subject.number]
    for example, index, (_, spell) in found:
        marks = spell()
        unit = (own.name if own.width == 1 else f"{own.name}[{index[0]}]",) if own else ()
        single = subject.is_parameter and at.graph.network.parameters[subject.number].shape == ()
        yield (*unit, *nodes_of(marks)), labels_of(marks), example, () if single else index


@pytest.mark.parametrize("arithmetic", [Double, Extended], ids=lambda arithmetic: arithmetic.name)
@given(spec=specs(most_layers=3), k=st.integers(1, 8))
def test_arrays_against_all_paths(arithmetic, spec, k):
    network, reference = tame(coarse(spec))
    every = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    chosen = [subject for subject in subjects(network, every) if doubles_can_tell(reference, subject)]
    with arithmetic.context():
        source = array_source(array_point(graph(network), arithmetic), chosen, WHOLE)
        for subject in chosen:
            found = list(names(source.point, subject, source.largest(subject, k)))
            assert found == in_order(listed(reference.points, subject))[:k]


EXACT = st.sampled_from([0.0, 0.5, 1.0, -1.0, 2.0])


@st.composite
def exact_nets(draw):
    """Whose values and paths doubles hold exactly, at either grain; skips beside layers and over them."""
    widths = draw(st.lists(st.integers(1, 3), min_size=2, max_size=5))
    matrix = lambda rows, columns: [[draw(EXACT) for _ in range(columns)] for _ in range(rows)]
    bent = st.sampled_from(["identity", "relu", "abs"])
    layers = [{"weight": matrix(rows, columns), "activation": draw(bent)} for columns, rows in pairwise(widths)]
    names = ["x", *(f"h{n}" for n in range(1, len(layers))), "y"]
    skips = []
    for one, other in draw(st.sets(st.sampled_from([(a, b) for b in range(1, len(names)) for a in range(b)]))):
        skip = {"from": names[one], "to": names[other], "into": draw(st.sampled_from(["preactivation", "output"]))}
        identity = widths[one] == widths[other] and draw(st.booleans())
        skips.append(skip if identity else skip | {"weight": matrix(widths[other], widths[one])})
    target = [draw(EXACT) for _ in range(widths[-1])]
    spec = {"input": [draw(EXACT) for _ in range(widths[0])], "target": target, "loss": "sse", "layers": layers}
    return spec | ({"skips": skips} if skips else {})


@given(exact_nets(), st.integers(1, 12))
def test_both_grains_list_the_same(spec, k):
    """Nodes, edges and contributions, of every entry and unit."""
    network = load(spec)[0]
    laid, chosen = graph(network), subjects(network, ["*[*]"])
    narrow = unit_source(unit_point(laid, Double), chosen, WHOLE)
    wide = array_source(array_point(laid, Double), chosen, WHOLE)
    for subject in chosen:
        few, many = narrow.largest(subject, k), wide.largest(subject, k)
        assert [path[2][0] for path in few] == [path[2][0] for path in many]
        assert [name[:2] for name in names(narrow.point, subject, few)] == [
            name[:2] for name in names(wide.point, subject, many)
        ]


def equal_weights(width, weight, depth=3, **changes):
    """Layers of so many units, all weights the same; enough of them for arrays."""
    matrix = [[weight] * width] * width
    spec = {"input": [1] * width, "target": [1] * width, "loss": "sse", "activation": "identity"}
    network = load(spec | {"layers": [{"weight": matrix}] * depth} | changes)[0]
    assert isinstance(point(network, None, FEW_WEIGHTS), ArrayPoint)
    return network


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
