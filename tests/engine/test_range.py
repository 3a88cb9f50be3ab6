"""Where float64 ends: numbers out of its range come out right, and nothing else makes the arithmetic change."""

import pickle

import mpmath
import pytest

from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import in_float64, point
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.language import load
from gradcalc.network.graph import graph

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:gradcalc")  # NumPy's, of a range that is left on purpose

mp = mpmath.MPContext()
mp.dps = 60
TINY = mp.mpf("1e-12")


def network(**spec):
    return load({"activation": "identity", **spec})[0]


def near(found, true):
    """To a relative 1e-12, in numbers of any size."""
    ours = mp.mpf(str(found))
    assert abs(ours - true) <= TINY * abs(true), (found, mp.nstr(mp.mpf(true), 20))


def exp(x):
    return mp.exp(mp.mpf(x))


IDENTITY = {"weight": [[1, 0], [0, 1]]}
SQUARED = mp.mpf(1e-200) ** 2

LOST = {
    "a sigmoid far out": (
        {"input": -800, "weights": [1], "activation": "sigmoid", "loss": "output"},
        {"w1": -800 * exp(-800)},
    ),
    "bce of a sigmoid": (
        {"input": 800, "weights": [1], "activation": "sigmoid", "loss": "bce", "target": 1},
        {"w1": -800 * exp(-800)},
    ),
    "bce of a logit": (
        {"input": 800, "weights": [1], "loss": "bce_with_logits", "target": 1},
        {"w1": -800 * exp(-800)},
    ),
    "cross entropy": (
        {"input": [0, -800], "layers": [IDENTITY], "loss": "cross_entropy", "target": 0},
        {"x[0]": -exp(-800), "x[1]": exp(-800), "w1[1,1]": -800 * exp(-800)},
    ),
    "a softmax": (
        {"input": [0, -800], "layers": [IDENTITY | {"activation": "softmax"}], "loss": "nll", "target": 0},
        {"x[0]": -exp(-800), "x[1]": exp(-800)},
    ),
    "a square": (
        {"input": 1e-200, "weights": [1], "activation": "square", "loss": "sse", "target": 0},
        {"x": 4 * mp.mpf(1e-200) ** 3},
    ),
    "a product of numbers": (
        {"input": 1e-200, "weights": [1e-200, 1], "loss": "output"},
        {"w2": SQUARED, "w1": mp.mpf(1e-200)},
    ),
    "a sum of which the only product is lost": (
        {
            "input": {"a": 1e-200, "b": 0, "c": 1},
            "loss": "sse",
            "target": 0,
            "layers": [{"from": {"a": 1e-200, "b": 1, "c": 0}}],
        },
        {"b": 2 * SQUARED},
    ),
    "a softmax that is read on": (
        {"input": [0, -800], "layers": [IDENTITY | {"activation": "softmax"}, {"weight": [[1, 2]]}], "loss": "output"},
        {"x[1]": exp(-800), "w2[0,1]": exp(-800)},
    ),
    "a log_softmax": (
        {"input": [0, -800], "layers": [IDENTITY | {"activation": "log_softmax"}], "loss": "nll", "target": 0},
        {"x[0]": -exp(-800), "x[1]": exp(-800)},
    ),
    "a product of sources": (
        {
            "input": {"a": 1e300, "b": 1e-200, "c": 1e-200},
            "loss": "output",
            "layers": [{"from": ["a", "b", "c"], "join": "multiply"}],
        },
        {"a": SQUARED, "b": mp.mpf(1e300) * mp.mpf(1e-200)},
    ),
    "a product of sources under a small weight": (
        {
            "input": {"a": 1, "b": 1e-200, "c": 2},
            "loss": "output",
            "layers": [{"from": ["a", "b", "c"], "join": "multiply"}, {"weight": 1e-200}],
        },
        {"a": 2 * SQUARED, "b": 2 * mp.mpf(1e-200), "w2": 2 * mp.mpf(1e-200)},
    ),
    "a product of wide sources, in the last place": (
        {
            "input": {"a": [1, 1, 1e-200], "b": [1, 1, 1e-200], "c": [1, 1, 1e300]},
            "loss": "output",
            "layers": [{"from": ["a", "b", "c"], "join": "multiply"}],
        },
        {"c[2]": SQUARED, "a[2]": mp.mpf(1e-200) * mp.mpf(1e300)},
    ),
    "a maximum of weighed sources under a small weight": (
        {
            "input": {"a": 1, "b": -1},
            "loss": "output",
            "layers": [{"from": {"a": 1e-200, "b": 1}, "join": "max"}, {"weight": 1e-200}],
        },
        {"a": SQUARED},
    ),
    "a mean of sources under a small weight": (
        {
            "input": {"a": 1, "b": 1},
            "loss": "output",
            "layers": [{"from": {"a": 1e-200, "b": 1}, "join": "mean"}, {"weight": 1e-200}],
        },
        {"a": SQUARED / 2, "b": mp.mpf(1e-200) / 2},
    ),
    "a derivative of prelu": (
        {
            "input": -1e-200,
            "weights": [1],
            "activation": {"name": "prelu", "alpha": 1e-200},
            "loss": "sse",
            "target": 0,
        },
        {"x": -2 * mp.mpf(1e-200) ** 3},
    ),
    "an exponential": ({"input": 1, "weights": [800], "activation": "exp", "loss": "output"}, {"w1": exp(800)}),
    "a formula with a kink": (
        {"input": 30, "weights": [1], "activation": {"formula": "max(exp(-x^2), 0)"}, "loss": "output"},
        {"x": -60 * exp(-900)},
    ),
    "a formula far down": (
        {"input": 800, "weights": [1], "activation": {"formula": "exp(-x)"}, "loss": "output"},
        {"w1": -800 * exp(-800)},
    ),
    "a formula whose power underflows": (
        {"input": 0.1, "weights": [1], "activation": {"formula": "1/x^400"}, "loss": "output"},
        {"x": -400 / mp.mpf(0.1) ** 401},
    ),
    "a formula of a loss": (
        {"input": 800, "weights": [1], "loss": {"formula": "exp(t - y)"}, "target": 1},
        {"x": -exp(-799)},
    ),
    "a maximum of what is no number": (
        {
            "input": 1,
            "target": 1,
            "activation": "identity",
            "loss": "sse",
            "layers": [
                {"weight": 1e200},
                {"weight": 1e200},
                {"from": {"h1": 1, "h2": 0}},
                {"from": {"h3": 1, "h1": 2}, "join": "max"},
                {"weight": 1e-200},
            ],
        },
        {"w5": 4 * mp.mpf(1e200) * (2 * mp.mpf(1e200) * mp.mpf(1e-200) - 1)},
    ),
    "a loss": ({"input": 1e200, "weights": [1], "loss": "mse", "target": 0}, {"w1": 2 * mp.mpf(1e200) ** 2}),
    "an adjoint alone": (
        {"input": 1e-100, "loss": "output", "layers": [{"weight": 1, "bias": 1}, *[{"weight": 1e-100, "bias": 1}] * 3]},
        {"w1": mp.mpf(1e-100) ** 4, "w2": mp.mpf(1e-100) ** 2},
    ),
    "an input alone": (
        {"input": 1e-200, "loss": "output", "layers": [{"weight": 1, "bias": 1}, {"weight": 1e-140, "bias": 1}]},
        {"w1": mp.mpf(1e-200) * mp.mpf(1e-140)},
    ),
    "an adjoint of an input alone": (
        {"input": 1e100, "loss": "output", "layers": [{"weight": 1e-200, "bias": 1}, {"weight": 1e-110, "bias": 1}]},
        {"x": mp.mpf(1e-200) * mp.mpf(1e-110)},
    ),
    "a loss alone": (
        {"input": 1e-70, "weights": [1e-100], "loss": "sse", "target": 0},
        {"w1": 2 * mp.mpf(1e-70) ** 2 * mp.mpf(1e-100)},
    ),
    "a derivative of a loss in one unit": (
        {"input": [800, 1], "layers": [IDENTITY], "loss": "bce_with_logits", "target": [1, 0]},
        {"x[0]": -exp(-800) / 2, "x[1]": 1 / (1 + exp(-1)) / 2},
    ),
    "a derivative of a loss in one example": (
        {"input": [[1], [800]], "weights": [1], "loss": "bce_with_logits", "target": [[0], [1]]},
        {"w1": 1 / (1 + exp(-1)) / 2},
    ),
    "a gradient alone, of a number": (
        {"input": 1e200, "loss": "output", "layers": [{"weight": w, "bias": 1} for w in (1e-200, 1e140)]},
        {"w1": mp.mpf(1e200) * mp.mpf(1e140)},
    ),
    "a weight alone": (
        {"input": 3, "loss": "output", "layers": [{"weight": w, "bias": 1} for w in (2, 1e-200, 1e-140)]},
        {"w1": 3 * mp.mpf(1e-200) * mp.mpf(1e-140)},
    ),
    "a derivative alone": (
        {
            "input": 2,
            "loss": "output",
            "layers": [{"weight": 125, "activation": "tanh"}, {"weight": 1e-140, "bias": 1}],
        },
        {"w1": 8 * exp(-500) * mp.mpf(1e-140)},  # tanh′(250) = 4e^−500, to all digits
    ),
    "a value alone": (
        {
            "input": 1e-100,
            "loss": "output",
            "layers": [
                {"weight": 1e-100, "activation": "sin"},
                {"weight": 2, "bias": 1},
                {"weight": 1e-140, "bias": 1},
            ],
        },
        {"w2": mp.mpf(1e-100) ** 2 * mp.mpf(1e-140)},
    ),
    "a gelu": (
        {"input": -60, "weights": [1], "activation": "gelu", "loss": "output"},
        {"x": mp.ncdf(-60) - 60 * mp.npdf(60)},
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_a_number_beyond_doubles_is_right(case):
    spec, gradients = LOST[case]
    for listed in (10, 0):
        found = compute(network(**spec), wrt=list(gradients), top=listed)
        assert found.arithmetic == "extended"
        for name, true in gradients.items():
            near(found.gradients[name], mp.mpf(true))
            near(found.log10[name], mp.log10(abs(true)))


@pytest.mark.parametrize("case", [case for case in LOST if case != "a formula with a kink"])
def test_wide_networks_notice_too(case):
    """In a wide network a row that is flat on an interval is taken at its word."""
    built = graph(network(**LOST[case][0]))
    assert not array_point(built, Double).in_range()
    assert not scalar_point(built, Double).in_range()
    assert in_float64(built) is None


EXACT_ZEROS = {
    "a dead relu": {"input": -0.5, "weights": [2, 1], "activation": "relu", "target": 0.3},
    "a zero weight": {"input": 0.5, "weights": [2, 0, 1], "activation": "tanh", "target": 0.3},
    "a zero input": {"input": 0, "weights": [2, 1], "activation": "sin", "target": 0.3},
    "a step": {"input": -0.5, "weights": [2, 1], "activation": "step", "target": 0.3},
    "a target met": {"input": 1, "weights": [1], "target": 1},
    "a distribution met": {
        "input": [0, 0],
        "layers": [IDENTITY | {"activation": "softmax"}],
        "loss": "kl",
        "target": [0.5, 0.5],
    },
    "a hinge that is content": {"input": 3, "weights": [1], "loss": "hinge", "target": 1},
    "a softmax of one": {"input": 0.5, "weights": [2], "activation": "softmax", "target": 0.3},
    "a log_softmax of one": {"input": 0.5, "weights": [2], "activation": "log_softmax", "target": 0.3},
    "a norm of one": {"input": 0.5, "weights": [2], "activation": "layer_norm", "target": 0.3},
    "a norm of equals": {"input": [1, 1], "layers": [IDENTITY | {"activation": "layer_norm"}], "target": [1, 2]},
    "a square at rest": {"input": 0, "weights": [1], "activation": "square", "target": 1},
    "a formula whose parts leave the range": {
        "input": 800,
        "weights": [1],
        "activation": {"formula": "x*exp(x)/exp(x)"},
        "target": 1,
    },
    "a formula that cancels": {"input": 1e-20, "weights": [1], "activation": {"formula": "(1 + x) - 1"}, "target": 1},
    "a formula's root": {"input": 2, "weights": [1], "activation": {"formula": "x^2 - 4"}, "target": 1},
    "a formula's flat side": {"input": -2, "weights": [1], "activation": {"formula": "max(x, 0)"}, "target": 1},
    "a prelu of 0": {"input": -3, "weights": [1], "activation": {"name": "prelu", "alpha": 0}, "target": 1},
    "a prelu at 0": {"input": 0, "weights": [1], "activation": {"name": "prelu", "alpha": 0.5}, "target": 1},
    "a maximum": {"input": {"a": 1, "b": 2}, "loss": "output", "layers": [{"from": ["a", "b"], "join": "max"}]},
    "a maxout": {
        "input": [1, 2],
        "target": 1,
        "layers": [{"weight": [[1, 2], [3, 4]], "activation": {"name": "maxout", "pieces": 2}}],
    },
    "a product with a 0": {
        "input": {"a": 0, "b": 0, "c": 2},
        "loss": "output",
        "layers": [{"from": ["a", "b", "c"], "join": "multiply"}],
    },
    "a sum that cancels": {"input": [1, 1], "layers": [{"weight": [[1, -1], [0, 1]]}], "target": [0, 0]},
    "a sum that cancels beside small numbers": {
        "input": [1, 1, 1e-200],
        "layers": [{"weight": [[1, -1, 0], [1, 0, 1e-200]]}],
        "target": [0, 0],
    },
    "two paths that cancel": {"input": 1, "loss": "output", "weights": [1, -1], "skips": [{"from": "h1", "to": "y"}]},
}


HELD_BY_ONE_PASS = {
    *("a dead relu", "a zero weight", "a zero input", "a step", "a hinge that is content", "a maximum", "a maxout"),
    "two paths that cancel",
}
"""Whose zeros are weights, values, and derivatives of rows that are flat on an interval."""


@pytest.mark.parametrize("case", EXACT_ZEROS)
def test_an_honest_zero_changes_nothing(case):
    built = graph(network(**EXACT_ZEROS[case]))
    assert case not in HELD_BY_ONE_PASS or in_float64(built) is not None
    assert scalar_point(built, Double).in_range()
    assert array_point(built, Double).in_range()
    assert compute(network(**EXACT_ZEROS[case])).arithmetic == "float64"
    assert paths(network(**EXACT_ZEROS[case])).arithmetic == "float64"


@pytest.mark.parametrize("pointed", [array_point, scalar_point], ids=["arrays", "units"])
def test_a_point_in_extended_range_is_pickled_by_what_it_is_computed_from(pointed):
    """e^−3,000,000 is 0 in the context of Decimals that a caller has."""
    built = graph(network(input=-3e6, loss="output", weights=[1], activation="exp"))
    with Extended.context():
        at = pointed(built, Extended)
    again = pickle.loads(pickle.dumps(at))
    assert again.output(1) == at.output(1) and again.gradient(0) == at.gradient(0)
    assert again.arithmetic is Extended and again.output(1)[0][0].adjusted() == -1302884


def test_a_plain_sigmoid_chain_of_two_thousand_layers():
    spec = {"input": 0.5, "target": 1, "activation": "sigmoid", "weights": [1] * 2000}
    found = compute(network(**spec), wrt=["w1"])
    near(found.gradients["w1"], mp.mpf("-6.0464630558516529e-1298"))
    assert found.log10["w1"] == pytest.approx(-1297 - 0.218498596341, abs=1e-9)
    assert found.paths["w1"].count == 1
    near(found.paths["w1"].top[0].contribution, mp.mpf("-6.0464630558516529e-1298"))
    assert float(found.paths["w1"].top[0].share) == pytest.approx(1, rel=1e-12)


def test_a_linear_chain_whose_values_pass_1e400():
    """Forward 0.3·10^(2·210) and more; each gradient is the product of all others, times 2(y − t)."""
    depth = 210
    found = compute(network(input=0.3, target=1, weights=[100] * depth), wrt=["w1", "w200"])
    y = mp.mpf(0.3) * mp.mpf(100) ** depth
    assert found.arithmetic == "extended"
    near(found.forward["y"].output, y)
    near(found.loss.value, (y - 1) ** 2)
    near(found.gradients["w1"], 2 * (y - 1) * y / 100)
    near(found.gradients["w200"], 2 * (y - 1) * y / 100)


def test_values_that_leave_the_range_and_come_back():
    """1e400 on a path, 1 at its end."""
    found = compute(network(input=1, loss="output", weights=[1e200, 1e200, 1e-200, 1e-200]))
    exact = mp.mpf(1e200) ** 2 * mp.mpf(1e-200) ** 2
    near(found.loss.value, exact)
    for name, weight in (("w1", 1e200), ("w4", 1e-200)):
        near(found.gradients[name], exact / mp.mpf(weight))


def test_a_path_that_is_lost_where_the_gradient_is_not():
    """The main path has 1e-400 of it, a skip nearly all."""
    spec = {"input": 1, "loss": "output", "weights": [1, 1e-200, 1e-200, 1], "skips": [{"from": "h1", "to": "h3"}]}
    found = compute(network(**spec), wrt=["x"])
    short, long = found.paths["x"].top
    near(short.contribution, mp.mpf(1))
    near(long.contribution, SQUARED)
    lengths = {term.length: term for term in paths(network(**spec), wrt=["x"]).sums["x"].by_length}
    near(lengths[4].contribution, SQUARED)
    near(lengths[4].magnitude, SQUARED)


def test_a_path_that_is_lost_on_the_way_where_no_node_is():
    """Every node has a larger path beside it; the product of the small one passes 1e-320 and ends at 1e-300."""
    spec = {
        "input": 1,
        "loss": "output",
        "weights": [1e20, 1e-160, 1e-160],
        "skips": [{"from": "h1", "to": "h2", "into": "output"}, {"from": "h2", "to": "y", "into": "output"}],
    }
    smallest = mp.mpf(1e20) * mp.mpf(1e-160) ** 2
    near(compute(network(**spec), wrt=["x"]).paths["x"].top[-1].contribution, smallest)
    near(paths(network(**spec), wrt=["x"]).sums["x"].by_length[-1].contribution, smallest)


def test_magnitudes_beyond_doubles_of_a_gradient_within():
    """Four hundred blocks 1 + w, w = 15 and −15/16 in turn: the gradient is 1, the sum of |path| 31^208."""
    spec = {
        "input": 1,
        "loss": "output",
        "layers": [{"weight": -15 / 16 if n % 2 else 15} for n in range(416)],
        "skips": {"every": 1, "into": "output"},
    }
    sums = paths(network(**spec), wrt=["x"], top=3).sums["x"]
    near(sums.value, mp.mpf(1))
    near(sums.magnitude, mp.mpf(31) ** 208)
    near(sums.cancellation, mp.mpf(31) ** 208)
    assert sums.count == 2**416


def test_a_shallow_relu_net_stays_as_quick_as_it_is():
    """Dead units in every layer of a wide network: the float64 result stays, and is found at once."""
    spec = {
        "input": [[(7 * n + 3 * m) % 11 - 5.0 for n in range(48)] for m in range(16)],
        "target": [[0.0] * 48] * 16,
        "activation": "relu",
        "layers": [{"weight": {"init": "he_normal"}, "width": 48}] * 3,
    }
    at = point(network(**spec))
    assert at.arithmetic.name == "float64"
    assert compute(network(**spec)).arithmetic == "float64"


@pytest.mark.slow
def test_a_deep_wide_net_far_below_doubles():
    """200 layers of 64 equal units are 64 times the same chain."""
    depth, width, weight = 200, 64, 0.03
    layer = {"weight": {"init": "constant", "value": weight / width}, "width": width}
    spec = {
        "input": [0.5] * width,
        "target": [1.0] * width,
        "activation": "sigmoid",
        "loss": "sse",
        "layers": [layer] * depth,
    }
    found = compute(network(**spec), wrt=["w1", "w100"], top=1)
    assert found.arithmetic == "extended"
    for name, true in zip(("w1", "w100"), chain_gradients(depth, mp.mpf(weight / width) * width, width)):
        entries = {entry for row in found.gradients[name] for entry in row}
        assert len(found.gradients[name]) == len(found.gradients[name][0]) == width
        for entry in entries:
            near(entry, true)
        near(found.log10[name], mp.log10(abs(true) * width))
    assert found.log10["w1"] < -400


def chain_gradients(depth, weight, width):
    """∂L/∂(an entry) of the first and the hundredth layer, by the chain rule written out."""
    values, derivatives = [mp.mpf(0.5)], []
    for _ in range(depth):
        power = mp.exp(-weight * values[-1])
        values.append(1 / (1 + power))
        derivatives.append(power / (1 + power) ** 2)
    adjoint = 2 * (values[-1] - 1)
    gradients = {}
    for place in range(depth - 1, -1, -1):
        gradients[place + 1] = adjoint * derivatives[place] * values[place]
        adjoint = adjoint * derivatives[place] * weight
    return gradients[1], gradients[100]


@pytest.mark.parametrize("depth", [5, 600])
@pytest.mark.parametrize("size", [1.5e154, 1e-160])
def test_a_gradient_that_alone_leaves_the_range(size, depth):
    """∂L/∂w2 = δ·h1, both of that size; every value, adjoint and other gradient is far from the ends of the range."""
    weights = [1, 1 / size, *[1] * (depth - 3), size]
    found = compute(network(input=size, loss="output", weights=weights), wrt=["w1", "w2", "x"], top=0)
    assert found.arithmetic == "extended"
    near(found.gradients["w2"], mp.mpf(size) ** 2)
    near(found.gradients["w1"], mp.mpf(size))


@pytest.mark.parametrize("wide", [False, True])
def test_a_value_of_few_digits_is_noticed_where_all_that_is_made_of_it_has_its_own(wide, monkeypatch):
    """w·x = 10⁻³²⁰ is subnormal; times 10¹⁵⁰ and 10¹⁰⁰ it is none, and no gradient is."""
    layers = [
        {"name": "a", "from": "x", "weight": 1e-160},
        {"name": "m", "from": ["a", "q"], "join": "multiply"},
        {"name": "y", "from": "m", "weight": 1e100},
    ]
    spec = {"input": {"x": 1e-160, "q": 1e150}, "loss": "output", "activation": "identity", "layers": layers}
    if wide:
        monkeypatch.setattr("gradcalc.analysis.point.is_narrow", lambda *_: False)
    at = point(load(spec)[0])
    assert float(at.loss) == pytest.approx(1e-70, rel=1e-14, abs=0)
    assert float(at.adjoint(1)[0][0]) == pytest.approx(1e-220, rel=1e-14, abs=0)
