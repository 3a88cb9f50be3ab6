"""The largest paths over single units where many sizes tie: as many as are asked for, none twice, none larger left out.
Both grains against all paths, listed by recursion at 60 digits, and against one another. Which of those that tie with
the last are listed, and in what order ties stand, is not said."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from analysis.grains import GRAINS, names, names_of
from hypothesis import given
from hypothesis import strategies as st
from reference import mp, unit_paths
from reference.judging import ROUNDING, number, tame
from reference.network import NOISE, flat
from strategies import specs

from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_list import PathLists, nodes_of
from gradcalc.analysis.point import subjects
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.language import load
from gradcalc.network.graph import graph
from gradcalc.network.network import entry_index, norm

CLOSE = mp.mpf(10) ** -12
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


def doubles_can_tell(reference, subject):
    """Whether rounding, which noise stands for, leaves each size nearly as it is."""
    return all(
        abs(one - other) <= CLOSE * NOISE / ROUNDING * one
        for noisy in reference.noisy
        for (one, _), (other, _) in zip(listed(reference.points, subject), listed(noisy, subject))
    )


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("arithmetic", [Double, Extended], ids=lambda arithmetic: arithmetic.name)
@given(spec=specs(most_layers=3), k=st.integers(1, 8))
def test_against_all_paths(grain, arithmetic, spec, k):
    network, reference = tame(coarse(spec))
    every = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    chosen = [subject for subject in subjects(network, every) if doubles_can_tell(reference, subject)]
    with arithmetic.context():
        source = GRAINS[grain](graph(network), arithmetic, chosen)
        for subject in chosen:
            found = source.largest(subject, k)
            sizes = [abs(number(contribution)) for _, _, (contribution, _) in found]
            check_largest(sizes, list(names(source.point, subject, found)), listed(reference.points, subject), k)


def check_largest(sizes, named, every, k):
    """In order and as large as the largest there are, each a path of that size, none more often than it is there."""
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == min(k, len(every))
    for ours, true in zip(sizes, sorted((size for size, _ in every), reverse=True)):
        assert equal(ours, true)
    for ours, name in zip(sizes, named):
        assert any(equal(ours, size) for size, other in every if other == name)
    assert not Counter(named) - Counter(name for _, name in every)


def equal(ours, true):
    return abs(ours - true) <= CLOSE * true + NOTHING


EXACT = st.sampled_from([0.0, 0.5, 1.0, -1.0, 2.0])
DECIMAL = st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0, 3.0, 10.0])


@st.composite
def nets(draw, numbers, bent, targets):
    """Local derivatives are such numbers; skips beside layers and over them, of one example or of a batch."""
    widths = draw(st.lists(st.integers(1, 3), min_size=2, max_size=5))
    matrix = lambda rows, columns: [[draw(numbers) for _ in range(columns)] for _ in range(rows)]
    layers = [{"weight": matrix(a, b), "activation": draw(st.sampled_from(bent))} for b, a in pairwise(widths)]
    names = ["x", *(f"h{n}" for n in range(1, len(layers))), "y"]
    skips = []
    for one, other in draw(st.sets(st.sampled_from([(a, b) for b in range(1, len(names)) for a in range(b)]))):
        skip = {"from": names[one], "to": names[other], "into": draw(st.sampled_from(["preactivation", "output"]))}
        identity = widths[one] == widths[other] and draw(st.booleans())
        skips.append(skip if identity else skip | {"weight": matrix(widths[other], widths[one])})
    examples = draw(st.integers(0, 3))
    row = lambda width: matrix(examples, width) if examples else matrix(1, width)[0]
    loss = {"loss": "sse", "target": row(widths[-1])} if targets else {"loss": "output"}
    return {"input": row(widths[0]), "layers": layers} | loss | ({"skips": skips} if skips else {})


@given(nets(EXACT, ["identity", "relu", "abs"], targets=True), st.integers(1, 12))
def test_both_grains_list_the_same(spec, k):
    """Of local derivatives that doubles hold exactly, with dead units among them."""
    check_grains(spec, k)


@given(nets(DECIMAL, ["identity"], targets=False), st.integers(1, 12))
def test_both_grains_list_the_same_though_products_are_rounded(spec, k):
    """0.1·3 and 0.3 are equal, though not as doubles; none cancels."""
    check_grains(spec, k)


def check_grains(spec, k):
    """Nodes, edges, examples, entries and contributions: of every parameter and node, of every entry and unit."""
    network = load(spec)[0]
    laid = graph(network)
    whole = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    chosen = [*subjects(network, whole), *subjects(network, ["*[*]"])]
    narrow, wide = (grain(laid, Double, chosen) for grain in GRAINS.values())
    for subject in chosen:
        check_same(*(named(source, subject, source.largest(subject, k)) for source in (narrow, wide)))


def check_same(ours, theirs):
    """The same sizes, and the same paths but for those that tie with the last."""
    assert [size for size, _ in ours] == pytest.approx([size for size, _ in theirs], rel=1e-12, abs=0)
    larger = [Counter(name for size, name in found if size > (1 + 1e-9) * found[-1][0]) for found in (ours, theirs)]
    assert larger[0] == larger[1]


@given(nets(DECIMAL, ["identity"], targets=False), st.integers(1, 6))
def test_both_grains_list_the_same_for_compute(spec, k):
    """Paths of layers for whole parameters and nodes, of units for entries and units."""
    network = load(spec)[0]
    laid = graph(network)
    whole = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    chosen = [*subjects(network, whole), *subjects(network, ["*[*]"])]
    narrow, wide = (PathLists(grain(laid, Double), chosen, k) for grain in (scalar_point, array_point))
    for subject in chosen:
        few, many = (lists.largest(subject)[0] for lists in (narrow, wide))
        check_same(*([(norm(path[0]), names_of(path)) for path in found] for found in (few, many)))


E = 2.0**-26
"""(1 + e)² is larger than 1 + 2e by e², the last bit of a double."""


@pytest.mark.parametrize("grain", GRAINS)
def test_sizes_that_differ_in_the_last_bit(grain):
    laid = graph(two_paths(1 + E, 1 + 2 * E))
    chosen = subjects(laid.network, ["x"])
    ((_, _, (_, spell)),) = GRAINS[grain](laid, Double, chosen).largest(chosen[0], 1)
    assert nodes_of(spell()) == ("z", "y")


def test_sizes_that_differ_in_the_last_bit_of_what_compute_lists():
    found = compute(two_paths(1 + E, 1 + 2 * E), wrt=["x"]).paths["x"]
    assert [path.nodes for path in found.top] == [("x", "z", "y"), ("x", "y")]


def two_paths(twice, once):
    """By way of a node, with one weight twice, and past it."""
    layers = [{"name": "z", "weight": twice}, {"name": "y", "weight": twice}]
    skip = {"from": "x", "to": "y", "weight": once}
    spec = {"input": 1, "activation": "identity", "loss": "output"}
    return load(spec | {"layers": layers, "skips": [skip]})[0]


@pytest.mark.parametrize("k", [20, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2))])
def test_both_grains_list_the_same_of_many(k):
    """Sixty units feed each, with as many candidates: many more than are listed."""
    generator, width = Random(k), 60
    layers = [{"weight": [[generator.gauss(0, 1) for _ in range(width)] for _ in range(width)]} for _ in range(2)]
    given = [generator.gauss(0, 1) for _ in range(width)]
    network = load({"input": given, "loss": "output", "activation": "tanh", "layers": layers})[0]
    laid, chosen = graph(network), subjects(network, ["x", "w1", "x[7]", "w2"])
    narrow, wide = (grain(laid, Double, chosen) for grain in GRAINS.values())
    for subject in chosen:
        check_same(*(named(source, subject, source.largest(subject, k)) for source in (narrow, wide)))


def named(source, subject, found):
    return [(abs(path[2][0]), name) for path, name in zip(found, names(source.point, subject, found))]
