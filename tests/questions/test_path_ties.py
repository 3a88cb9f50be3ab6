"""Which paths over single units come first where their sizes tie: by nodes, then by edges, then by example and entry,
lowest first. Both grains against all paths, listed by recursion at 60 digits, and against one another."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questions.grains import GRAINS, names
from reference import mp, unit_paths
from reference.judging import ROUNDING, tame
from reference.network import NOISE, flat
from strategies import specs

from gradcalc.arithmetic.double import Double
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.arrays.point import array_point
from gradcalc.graph import graph
from gradcalc.language import load
from gradcalc.naming import entry_index
from gradcalc.precedence import Order
from gradcalc.questions.compute import compute
from gradcalc.questions.lists.choosing import layer_lister, unit_lister
from gradcalc.questions.lists.listing import by_size, names_of, nodes_of
from gradcalc.questions.subjects import subjects
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
            found = list(names(source.point, subject, source.largest(subject, k)))
            assert found == in_order(listed(reference.points, subject))[:k]


EXACT = st.sampled_from([0.0, 0.5, 1.0, -1.0, 2.0])
DECIMAL = st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0, 3.0, 10.0])


@st.composite
def nets(draw, numbers, bent, targets):
    """Whose paths have such numbers for slopes; skips beside layers and over them, of one example or of a batch."""
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
    """Of slopes that doubles hold exactly, with dead units among them."""
    check_grains(spec, k)


@given(nets(DECIMAL, ["identity"], targets=False), st.integers(1, 12))
def test_both_grains_list_the_same_though_products_are_rounded(spec, k):
    """0.1·3 and 0.3 tie, and so do sums of them in another order; none cancels."""
    check_grains(spec, k)


def check_grains(spec, k):
    """Nodes, edges, examples, entries and contributions: of every parameter and node, of every entry and unit."""
    network = load(spec)[0]
    laid = graph(network)
    whole = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    chosen = [*subjects(network, whole), *subjects(network, ["*[*]"])]
    narrow, wide = (grain(laid, Double, chosen) for grain in GRAINS.values())
    for subject in chosen:
        few, many = narrow.largest(subject, k), wide.largest(subject, k)
        assert list(names(narrow.point, subject, few)) == list(names(wide.point, subject, many))
        assert [path[2][0] for path in few] == pytest.approx([path[2][0] for path in many], rel=1e-12, abs=0)


@given(nets(DECIMAL, ["identity"], targets=False), st.integers(1, 6))
def test_both_grains_list_the_same_for_compute(spec, k):
    """Paths of layers for whole parameters and nodes, of units for entries and units."""
    network = load(spec)[0]
    laid = graph(network)
    whole = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    for lister, patterns in ((layer_lister, whole), (unit_lister, ["*[*]"])):
        narrow, wide = lister(unit_point(laid, Double), k), lister(array_point(laid, Double), k)
        for subject in subjects(network, patterns):
            few, many = (by_size(made.found(subject, None)[0], Order())[:k] for made in (narrow, wide))
            assert list(map(names_of, few)) == list(map(names_of, many))


APART = [(Double, 21), (Extended, 21), (Multiprecision(8), 13), (Multiprecision(20), 33)]
"""4 to the minus so many is more than one part in 10^13, or in 10^digits; a quarter of it is less."""


@pytest.mark.parametrize(("arithmetic", "exponent"), APART, ids=lambda given: getattr(given, "name", ""))
@pytest.mark.parametrize("grain", GRAINS)
def test_how_nearly_equal_sizes_tie(grain, arithmetic, exponent):
    """(1 + e)² is larger than 1 + 2e by e², and the path of the latter comes first by name."""
    for e, first in ((0.5**exponent, ("z", "y")), (0.5 ** (exponent + 1), ("y",))):
        laid = graph(two_paths(1 + e, 1 + 2 * e))
        chosen = subjects(laid.network, ["x"])
        with arithmetic.context():
            source = GRAINS[grain](laid, arithmetic, chosen)
            ((_, _, (_, spell)),) = source.largest(chosen[0], 1)
        assert nodes_of(spell()) == first


@pytest.mark.parametrize(("dps", "exponent"), [(None, 21), (8, 13), (20, 33)])
def test_how_nearly_equal_sizes_tie_in_what_compute_lists(dps, exponent):
    """Of numbers, which are ranked, and of matrices, which are all listed."""
    for e, first in ((0.5**exponent, ("x", "z", "y")), (0.5 ** (exponent + 1), ("x", "y"))):
        for weights in ((1 + e, 1 + 2 * e), [[[weight, 0], [0, weight]] for weight in (1 + e, 1 + 2 * e)]):
            found = compute(two_paths(*weights), wrt=["x"], dps=dps).paths["x"]
            assert found.top[0].nodes == first


def two_paths(twice, once):
    """By way of a node, with one weight twice, and past it."""
    layers = [{"name": "z", "weight": twice}, {"name": "y", "weight": twice}]
    skip = {"from": "x", "to": "y", "weight": once}
    spec = {"input": [1] * len(once) if isinstance(once, list) else 1, "activation": "identity", "loss": "output"}
    return load(spec | {"layers": layers, "skips": [skip]})[0]
