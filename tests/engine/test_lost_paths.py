"""Paths lost to the range of float64 while others are ordinary: of wide networks, where sums and lists are right,
and of deep chains, where every path is.

Networks are linear, so a path carries a product of the matrices it passes, which is formed here at 60 digits.
"""

from math import inf, nan

import numpy as np
import pytest
from reference.dense import mp, near

from gradcalc.analysis.array_path_sums import ArrayPathSums
from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import subjects
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_edges import Diagonal, Matrix, Scalar
from gradcalc.engine.array_point import (
    array_point,
    holds_list,
    least,
    paths_of_layers,
    paths_of_units,
    pattern,
    product_underflowed,
    within,
)
from gradcalc.language import load
from gradcalc.network.graph import graph

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:gradcalc")  # NumPy's, of a range that is left on purpose

WIDE = 84
"""Three matrices of so many units are more than are computed unit by unit."""


def network(weights, skips, given=None, **more):
    layers = [{"weight": weight} for weight in weights]
    spec = {"input": given or [1.0] * len(weights[0]), "layers": layers, "skips": skips}
    return load({"activation": "identity", "loss": "output", **spec, **more})[0]


def diagonal(first, rest=1.0, beside=0.0, width=WIDE):
    """A first entry of its own; `beside` lets the first unit read the second, so that its value is not lost as well."""
    rows = [[float(i == j) * rest for j in range(width)] for i in range(width)]
    rows[0][:2] = first, beside
    return rows


def skip(source, to):
    return {"from": source, "to": to, "into": "output"}


def carried(matrices):
    """The adjoint of the first node of a path: 1 for every output, times the matrices it passes, the last one first."""
    adjoint = [mp.one] * len(matrices[-1])
    for matrix in reversed(matrices):
        adjoint = [mp.fsum(x * row[k] for x, row in zip(adjoint, matrix)) for k in range(len(matrix[0]))]
    return adjoint


LOST = {
    "vanished": ([diagonal(1.0), diagonal(1e-200, beside=1.0), diagonal(1e-200, beside=1.0)], [skip("h1", "y")]),
    "subnormal": ([diagonal(1.0), diagonal(1e-200, beside=1.0), diagonal(1e-120, beside=1.0)], [skip("h1", "y")]),
    "subnormal on the path": (
        [diagonal(1e150), diagonal(1e-160), diagonal(1e-160)],
        [skip("h1", "h2"), skip("h2", "y")],
    ),
    "all of it subnormal on the path": (
        [diagonal(1e120, 1e120), diagonal(1e-160, 1e-160), diagonal(1e-160, 1e-160)],
        [skip("h1", "h2"), skip("h2", "y")],
    ),
    "vanished on the path": (
        [diagonal(1e150), diagonal(1e-200), diagonal(1e-200)],
        [skip("h1", "h2"), skip("h2", "y")],
    ),
}


def layer_paths(weights, skips):
    """Every path of layers from the input on: the edges it takes, and what it carries."""
    first, *blocks = weights
    if len(skips) == 1:
        return {("w1", "w2", "w3"): carried(weights), ("w1", "skip h1→y"): carried([first])}
    found = {}
    for second in ("w2", "skip h1→h2"):
        for third in ("w3", "skip h2→y"):
            passed = [matrix for name, matrix in zip(("w2", "w3"), blocks) if name in (second, third)]
            found["w1", second, third] = carried([first, *passed])
    return found


LISTED = {
    "vanished": ([diagonal(1.0), diagonal(1e-200, 1e-200), diagonal(1e-200, 1e-200)], [skip("h1", "y")]),
    "vanished by units": ([diagonal(1.0), diagonal(1e-200, 0.0), diagonal(1e-200, 0.0)], [skip("h1", "y")]),
    "an entry subnormal": LOST["subnormal"],
    "subnormal on the path": LOST["subnormal on the path"],
    "all of it subnormal on the path": LOST["all of it subnormal on the path"],
}


@pytest.mark.parametrize("case", ["vanished", *(pytest.param(one, marks=pytest.mark.slow) for one in [*LISTED][1:])])
def test_every_path_of_layers_that_is_listed(case):
    weights, skips = LISTED[case]
    found = compute(network(weights, skips), wrt=["x", "w1"])
    true = layer_paths(weights, skips)
    for path in found.paths["x"].top:
        near(path.contribution, true[path.through])
    assert len(found.paths["x"].top) == len(true)
    after = {through[1:]: adjoint for through, adjoint in layer_paths([diagonal(1.0), *weights[1:]], skips).items()}
    for path in found.paths["w1"].top:
        near(path.contribution, [[x] * WIDE for x in after[path.through]])
    assert found.arithmetic == "extended"


@pytest.mark.parametrize("case", LOST)
def test_every_entry_of_the_sums_by_length(case):
    weights, skips = LOST[case]
    sums = paths(network(weights, skips), wrt=["x"], top=0).sums["x"]
    true = {}
    for through, adjoint in layer_paths(weights, skips).items():
        length = len([name for name in through if not name.startswith("skip")])
        true[length] = [a + b for a, b in zip(true.get(length, [mp.zero] * WIDE), adjoint)]
    assert [term.length for term in sums.by_length] == sorted(true)
    for term in sums.by_length:
        near(term.contribution, true[term.length])
        near(term.magnitude, mp.fsum(true[term.length]))


@pytest.mark.parametrize("case", ["vanished", "subnormal", "vanished on the path"])
@pytest.mark.parametrize("name", ["x[0]", "w1[0,0]"])
def test_the_largest_paths_of_one_unit(case, name):
    """Those over the first units alone are all there are, beside paths over weights of 0."""
    weights, skips = LOST[case]
    start = [[[float(name == "w1[0,0]")]], [[weights[0][0][0]]]][name == "x[0]"]
    true = layer_paths([start, *([[row[:1] for row in w][:1] for w in weights[1:]])], skips)
    sizes = sorted((adjoint[0] for adjoint in true.values()), reverse=True)
    for shown in (
        compute(network(weights, skips), wrt=[name], top=len(sizes) + 1).paths[name].top,
        paths(network(weights, skips), wrt=[name], top=len(sizes) + 1).sums[name].top,
    ):
        near([path.contribution for path in shown], [*sizes, mp.zero])


@pytest.mark.slow
def test_one_unit_of_a_batch():
    """Summed over twenty examples, of which one alone is not 0."""
    examples, width = 20, 19
    matrices = [diagonal(first, width=width) for first in (1e150, 1e-200, 1e-200)]
    given = [[1.0] * width, *[[0.0] * width] * (examples - 1)]
    built = network(matrices, LOST["vanished on the path"][1], given)
    shown = compute(built, wrt=["w1[0,0]"], top=4).paths["w1[0,0]"].top
    part, low = mp.one / examples, mp.mpf(1e-200)
    near([path.contribution for path in shown], [part, part * low, part * low, part * low * low])


def deep(weights, skips):
    return network([[[weight]] for weight in weights] + [[[1.0]]] * 6000, skips, [1.0])


@pytest.mark.slow
def test_a_path_of_a_deep_chain_that_came_back():
    """Too many edges to start again for a path that nobody asks of, but these are listed."""
    skips = [skip("h1", "h2"), skip("h2", "h3")]
    shown = compute(deep([1e150, 1e-160, 1e-160], skips), wrt=["x"]).paths["x"].top
    high, low = mp.mpf(1e150), mp.mpf(1e-160)
    near([path.contribution for path in shown], [high, high * low, high * low, high * low * low])
    aside = [{"from": "x", "to": f"h{n}", "weight": 1e-290, "into": "output"} for n in range(10, 25)]
    shown = compute(deep([1e150, 1e-200, 1e-200], [*skips, *aside]), wrt=["x"]).paths["x"].top
    near(shown[3].contribution, high * mp.mpf(1e-200) ** 2)


RELU = {"activation": "relu", "loss": "sse"}
FEW = [[float(i == j or (i + j) % 5 == 0) * ((i * j) % 7 - 3) / 5 for j in range(WIDE)] for i in range(WIDE)]
HONEST = {
    "a matrix of 0": ([FEW, diagonal(0.0, 0.0), FEW], [skip("h1", "h2"), skip("h2", "y")], {}),
    "weights of 0": ([FEW, FEW, FEW], [skip("h1", "y")], {}),
    "dead units": ([FEW, FEW, FEW], [skip("h1", "h2"), skip("h2", "y")], RELU | {"target": [1.0] * WIDE}),
    "small numbers": ([diagonal(1e-100), diagonal(1e-100), diagonal(1e-100)], [skip("h1", "y")], {}),
    "small numbers beside zeros": (
        [diagonal(1e-200), [[0.0] * WIDE, [0.0, 1e-210, *[0.0] * (WIDE - 2)], *diagonal(1.0)[2:]], diagonal(1e-100)],
        [skip("h1", "y")],
        {},
    ),
    "a lost product beside a larger one": (
        [diagonal(1.0), [[1e-200, *row[1:]] for row in diagonal(1.0)], [[1e-200] * WIDE, *diagonal(1.0)[1:]]],
        [skip("h1", "y")],
        {},
    ),
    "two paths that cancel": ([diagonal(1.0), diagonal(-1.0, -1.0), diagonal(1.0)], [skip("h1", "h2")], {}),
}


@pytest.mark.parametrize("case", HONEST)
def test_an_honest_zero_changes_nothing(case):
    weights, skips, more = HONEST[case]
    built = network(weights, skips, **more)
    for name in ("x", "w1", "x[0]", "w1[0,0]"):
        assert compute(built, wrt=[name]).arithmetic == "float64"
        assert paths(built, wrt=[name]).arithmetic == "float64"


@pytest.mark.parametrize(
    ("entries", "zeros", "held"),
    [
        ([1.0, -2.0], False, True),
        ([0.5, 1.0], False, False),
        ([1.0, -2.5], False, False),
        ([0.0, 1.5], False, False),
        ([0.0, 1.5], True, True),
        ([0.0, -0.5], True, False),
        ([nan, 1.5], True, False),
        ([[1.0], [inf]], True, False),
    ],
)
def test_sizes_within_two_ends(entries, zeros, held):
    assert within(np.array(entries), 1.0, 2.0, zeros) is held


def test_sizes_that_leave_the_range_where_their_sum_does_not():
    """h1 is read by 1e200 and −1e200, and w1 reads 1e200: ∂L/∂w1 is 0, and its paths are 1e400 large."""
    skips = [{"from": "h1", "to": "y", "weight": -1e200}]
    found = paths(network([diagonal(1e-200, 1e-200), diagonal(1e200, 1e200)], skips, [1e200] * WIDE), wrt=["w1"], top=2)
    assert found.arithmetic == "extended" and not any(map(any, found.sums["w1"].value))
    near(found.sums["w1"].magnitude, 2 * WIDE * WIDE * mp.mpf(1e200) ** 2)


def unasked():
    raise AssertionError("asked for what cannot matter")


@pytest.mark.parametrize(
    ("adjoint", "edge", "total", "lost"),
    [
        ([[1.0, 0.0]], Diagonal(np.array([[0.5, 2.0]])), None, False),
        ([[1e145]], Diagonal(np.array([[-1e144]])), None, False),
        ([[1e-300, 1e-290]], Diagonal(np.array([[1e-7, 1.0]])), None, False),
        ([[1.0, 1.0]], Scalar(width=2), None, False),
        ([[0.0, 1e-200]], Diagonal(np.array([[1e-310, 0.0]])), [[0.0, 0.0]], False),
        ([[1e-200, 1.0]], Diagonal(np.array([[-1e-200, 1.0]])), [[0.0, 1.0]], True),
        ([[1e-200, 1.0]], Diagonal(np.array([[1e-110, 1.0]])), [[1e-310, 1.0]], True),
        ([[1e-200, 1.0]], Diagonal(np.array([[1e-200, 1.0]])), [[-1e-300, 1.0]], False),  # beside something larger
        ([[1e-310, 1.0]], Scalar(width=2), [[1e-310, 1.0]], True),
        ([[1e-200, -1.0]], Matrix(np.array([[1e-200], [-1.0]])), [[1.0]], False),
        ([[1e-200, 0.0]], Matrix(np.array([[1e-200], [-1.0]])), [[0.0]], True),
        ([[1e200]], Diagonal(np.array([[1e200]])), [[inf]], True),
        ([[1e200, 1e-200]], Diagonal(np.array([[1e100, 1.0]])), [[1e300, 1e-200]], False),
    ],
)
def test_a_product_that_is_lost(adjoint, edge, total, lost):
    given = unasked if total is None else lambda: np.array(total)
    assert product_underflowed(np.array(adjoint), edge, given) is lost


def test_a_list_of_contributions_that_is_held():
    assert pattern(np.array([[0.0, -2.0, 5e-324]])).tolist() == [[0, 1, 1]]
    assert holds_list([[1.0, 0.0], -3.0], unasked) and not holds_list([[1.0, 1e-310]], unasked)
    assert not holds_list([inf, 1.0], unasked) and not holds_list([[nan]], unasked)
    assert holds_list([2.0, [0.0, 0.0]], lambda: 1) and not holds_list([2.0, [0.0, 0.0]], lambda: 2)


def test_the_least_size_that_is_not_0():
    assert least([3.0, -2.0]) == 2.0 and least([0.0, -5.0, 4.0]) == 4.0
    assert least([0.0]) == inf and least(np.zeros((0, 2))) == inf


def test_paths_without_a_factor_of_0_are_counted_in_every_example_or_in_any():
    """h1[0] is active in the first example alone, h1[1] in both; a weight of the output is 0."""
    layers = [
        {"weight": [[1, 0], [1, 1]], "activation": "relu"},
        {"weight": [[2, 3], [4, 0]], "bias": [0, 0], "activation": "identity"},
    ]
    spec = {"input": [[1, 2], [-1, 5]], "target": [[0, 0], [0, 9]], "loss": "sse", "layers": layers}
    at = array_point(graph(load(spec)[0]), Double)
    x = subjects(at.graph.network, ["x"])[0].start(at.linear)
    h1 = subjects(at.graph.network, ["h1"])[0].start(at.linear)
    assert (
        paths_of_units(at, h1, None) == 6 and paths_of_units(at, h1, (0,)) == 4
    )  # two outputs from h1[0], one from h1[1]
    assert paths_of_units(at, h1, None, of_examples=False) == 3
    assert paths_of_units(at, x, (1,)) == 2 and paths_of_units(at, x, (1,), of_examples=False) == 1  # through h1[1]
    assert paths_of_units(at, x, (0,)) == 3 + 1 and paths_of_units(at, x, (0,), of_examples=False) == 3
    assert paths_of_layers(at, x) == 1


@pytest.mark.parametrize(("weight", "held"), [(1e-200, False), (1e-100, True), (0.0, True)])
def test_what_is_lost_of_one_length_alone_is_noticed(weight, held):
    """Past h2 and h3 a path is weight² of that by the skip, which alone the gradient shows."""
    tiny, one = [[weight, 0.0], [0.0, weight]], [[1.0, 0.0], [0.0, 1.0]]
    layers = [{"weight": one}, {"weight": tiny}, {"weight": tiny}, {"weight": one}]
    spec = {"input": [1, 2], "loss": "output", "activation": "identity", "layers": layers}
    at = array_point(graph(load(spec | {"skips": [{"from": "h1", "to": "y"}]})[0]), Double)
    found = ArrayPathSums(at, subjects(at.graph.network, ["w1"]))
    assert found.in_range() is held
