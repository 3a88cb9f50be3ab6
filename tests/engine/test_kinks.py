"""At a kink the derivative is the convention's and the node is marked; a hair beside it neither is."""

import pytest

from gradcalc.analysis.computation import compute
from gradcalc.analysis.kinks import kink_test, kinks_at
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point, target_rows
from gradcalc.language import load
from gradcalc.network.graph import graph

SELU = 1.7580993408473766

CONVENTIONS = [
    ("relu", 0, 0),
    ("leaky_relu", 0, 0.01),
    ({"name": "leaky_relu", "alpha": 0.3}, 0, 0.3),
    ("prelu", 0, 0.25),
    ({"name": "elu", "alpha": 0.5}, 0, 0.5),
    ("celu", 0, 1),
    ("selu", 0, SELU),
    ("abs", 0, 0),
    ("sign", 0, 0),
    ("step", 0, 0),
    ("hardtanh", -1, 0),
    ("hardtanh", 1, 0),
    ("relu6", 0, 0),
    ("relu6", 6, 0),
    ("hard_sigmoid", -3, 0),
    ("hard_sigmoid", 3, 0),
    ("hard_swish", -3, 0),
    ("hard_swish", 3, 1),
]


@pytest.mark.parametrize("activation, x, derivative", CONVENTIONS, ids=str)
def test_the_derivative_of_an_activation_at_its_kink(activation, x, derivative):
    network = load({"input": x, "weights": [1], "activation": activation, "loss": "output"})[0]
    found = compute(network, wrt=["x"])
    assert found.forward["y"].derivative == pytest.approx(derivative, rel=1e-15, abs=0)
    assert found.gradients["x"] == pytest.approx(derivative, rel=1e-15, abs=0)
    assert array_point(graph(network), Double).derivative(1) == [[pytest.approx(derivative, rel=1e-15, abs=0)]]
    assert found.forward["y"].kink == (activation != "celu")
    beside = load({"input": x + 2.0**-20, "weights": [1], "activation": activation, "loss": "output"})[0]
    assert not compute(beside).forward["y"].kink


@pytest.mark.parametrize("loss, target, derivative", [("mae", 2, 0), ("hinge", 0.5, 0)])
def test_the_derivative_of_a_loss_at_its_kink(loss, target, derivative):
    found = compute(load({"input": 2, "target": target, "loss": loss, "weights": [1], "activation": "identity"})[0])
    assert found.gradients["w1"] == derivative
    assert found.forward["y"].kink


@pytest.mark.parametrize("join", ["max", "min"])
@pytest.mark.parametrize("sources", [2, 3])
def test_ties_of_a_join_share_equally(join, sources):
    names = [f"x{n}" for n in range(1, sources + 1)]
    spec = {
        "input": dict.fromkeys(names, 0.7),
        "activation": "identity",
        "loss": "output",
        "layers": [{"from": names, "join": join}],
    }
    found = compute(load(spec)[0])
    assert found.gradients == dict.fromkeys(names, pytest.approx(1 / sources))
    assert found.forward["y"].kink


WEIGHED = {
    "input": {"a": [1, 4], "b": [1, 3]},
    "target": [2, 3],
    "loss": "mae",
    "layers": [{"from": {"a": 2, "b": 1}, "join": "max", "activation": "relu"}],
}
"""Of 2a and b the first is the larger in one unit, and they tie in none."""


@pytest.mark.parametrize("grain", [scalar_point, array_point])
@pytest.mark.parametrize(
    ("changes", "kinks"),
    [
        ({}, ["loss"]),
        ({"target": [0, 0]}, []),
        ({"input": {"a": [1, 4], "b": [1, 8]}, "target": [0, 0]}, ["join"]),
        ({"input": {"a": [1, 4], "b": [1, 8]}}, ["join", "loss"]),
        ({"input": {"a": [0, 4], "b": [-1, 3]}, "target": [1, 1]}, ["activation"]),
        ({"input": {"a": [0, 4], "b": [0, 8]}, "target": [0, 1]}, ["join", "activation", "loss"]),
    ],
)
def test_what_has_a_kink_is_known(grain, changes, kinks):
    """Also where the sources of a join are weighed."""
    network = load(WEIGHED | changes)[0]
    assert {kink.of for kink in kinks_at(grain(graph(network), Double))} == set(kinks)


@pytest.mark.parametrize("grain", [scalar_point, array_point])
def test_in_which_unit_of_which_example_is_known(grain):
    given = {"a": [[1, 4], [0, 4], [1, 4]], "b": [[1, 3], [-1, 3], [1, 8]]}
    network = load(WEIGHED | {"input": given, "target": [[2, 3], [1, 1], [0, 0]]})[0]
    found = {(kink.of, kink.what, kink.unit, kink.example) for kink in kinks_at(grain(graph(network), Double))}
    assert found == {("loss", "mae", 0, 0), ("activation", "relu", 0, 1), ("join", "max", 1, 2)}


@pytest.mark.parametrize("grain", [scalar_point, array_point])
@pytest.mark.parametrize(("alpha", "is_kink"), [(0.5, True), (1, False)])
def test_prelu_whose_alpha_is_1_has_no_kink(grain, alpha, is_kink):
    layer = {"weight": 1, "activation": {"name": "prelu", "alpha": alpha}}
    network = load({"input": 0, "loss": "output", "layers": [layer]})[0]
    assert bool(kinks_at(grain(graph(network), Double))) == is_kink


def test_a_source_that_is_read_twice_is_no_tie():
    network = load(
        {"input": 1, "loss": "output", "activation": "tanh", "layers": [{"from": ["x", "x"], "join": "max"}]}
    )
    assert not compute(network[0]).forward["y"].kinks


@pytest.mark.parametrize("grain", [scalar_point, array_point])
@pytest.mark.parametrize("join", ["max", "min"])
def test_ties_in_some_units_of_some_examples(grain, join):
    """Each unit of each example by itself: two of three tie, all of them, none."""
    sign = 1 if join == "max" else -1
    rows = {"a": [[2, 1], [3, 5]], "b": [[2, 1], [4, 5]], "c": [[1, 1], [2, 7]]}
    given = {name: [[sign * x for x in row] for row in examples] for name, examples in rows.items()}
    spec = {"input": given, "activation": "identity", "loss": {"name": "output", "reduction": "sum"}}
    at = grain(graph(load(spec | {"layers": [{"from": ["a", "b", "c"], "join": join}]})[0]), Double)
    assert at.output(3) == [[sign * 2, sign * 1], [sign * 4, sign * 7]]
    third = 1 / 3
    assert at.adjoint(0) == [[0.5, third], [0, 0]]
    assert at.adjoint(1) == [[0.5, third], [1, 0]]
    assert at.adjoint(2) == [[0, third], [0, 1]]


def test_ties_of_maxout_share_equally():
    spec = {
        "input": [1, 1],
        "loss": "output",
        "layers": [{"weight": [[1, 2], [2, 1]], "activation": {"name": "maxout", "pieces": 2}}],
    }
    found = compute(load(spec)[0], wrt=["x", "w1"])
    assert found.gradients["w1"] == [[0.5, 0.5], [0.5, 0.5]]
    assert found.gradients["x"] == [1.5, 1.5]
    assert found.forward["y"].kink
    assert found.paths["w1"].count == 1


@pytest.mark.parametrize("grain", [scalar_point, array_point])
@pytest.mark.parametrize("join", ["max", "min", "multiply", "mean"])
def test_sources_are_on_a_kink_of_their_join_where_the_largest_or_smallest_tie(grain, join):
    """In the second example others tie, in the third two of either."""
    given = {"a": [[2], [1], [1]], "b": [[1], [2], [1]], "c": [[3], [2], [3]], "d": [[4], [4], [3]]}
    layers = [{"from": list(given), "join": join, "activation": "identity"}]
    network = load({"input": given, "loss": "output", "layers": layers})[0]
    found = kinks_at(grain(graph(network), Double))
    assert [(kink.what, kink.example) for kink in found] == ([(join, 2)] if join in ("max", "min") else [])


MAXOUT = {"weight": [[1, 0], [0, 1], [1, 1], [2, 1]], "activation": {"name": "maxout", "pieces": 2}}
QUICK = [
    ({"input": [[1, 2], [0.5, -2]], "activation": "relu", "layers": [{"weight": [[1, 2], [2, 1]]}]}, []),
    ({"input": [[1, 2], [1, -2]], "activation": "relu", "layers": [{"weight": [[1, 2], [2, 1]]}]}, [1]),
    ({"input": [[1, 2], [1, 2]], "activation": "tanh", "layers": [{"weight": [[1, 2], [2, -1]]}]}, None),
    ({"input": [[1, 2], [1, 1], [0, 1]], "layers": [MAXOUT]}, [1, 2]),
    ({"input": {"a": [[1, 2], [1, 2]], "b": [[1, 3], [0, 3]]}, "layers": [{"from": ["a", "b"], "join": "max"}]}, [0]),
]


@pytest.mark.parametrize(("spec", "examples"), QUICK)
def test_the_quick_test_finds_the_examples_with_kinks(spec, examples):
    count = len(spec["input"] if isinstance(spec["input"], list) else spec["input"]["a"])
    network = load({"loss": "mse", "activation": "identity", "target": [[7, 8]] * count, **spec})[0]
    at = scalar_point(graph(network), Double)
    test = kink_test(at.graph, at.layout.units)
    if examples is None:
        assert test is None
        return
    rows = [target_rows(at.graph, Double, n) for n in range(count)]
    assert [n for n, one in enumerate(at.examples) if test(one.values, rows[n])] == examples
    assert sorted({kink.example for kink in kinks_at(at)}) == examples


@pytest.mark.parametrize(
    ("target", "examples"), [([[2, 0], [0, 5]], []), ([[1, 2], [9, 9]], [0]), ([[0, 0], [3, 4]], [1])]
)
def test_the_quick_test_finds_outputs_on_their_targets(target, examples):
    spec = {"input": [[1, 2], [3, 4]], "target": target, "loss": "mae", "layers": [{"weight": [[1, 0], [0, 1]]}]}
    network = load({"activation": "identity", **spec})[0]
    at = scalar_point(graph(network), Double)
    test = kink_test(at.graph, at.layout.units)
    rows = [target_rows(at.graph, Double, n) for n in range(2)]
    assert [n for n, one in enumerate(at.examples) if test(one.values, rows[n])] == examples
