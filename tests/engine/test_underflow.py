"""Whether float64 held the paths of networks in arrays, of random ones: what is said to be held is right."""

from random import Random

import pytest
from reference.dense import mp, near
from reference.network import flat

import gradcalc
from gradcalc.analysis.array_path_sums import ArrayPathSums, list_in_range
from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.path_list import PathLists
from gradcalc.analysis.point import in_float64, subjects
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import point_holds_paths, scalar_point
from gradcalc.language import load
from gradcalc.network.graph import graph
from gradcalc.network.network import norm


def far(generator):
    """A positive number of any size, so that nothing cancels, or 0."""
    size = generator.choice([0, 0, 0, 0, generator.randint(-200, -100), generator.randint(100, 140)])
    return generator.choice([0.0, 1.0, 1.0, 1.0]) * 10.0**size


def far_net(generator, activation="identity"):
    """Three units wide, with skips and joins without kinks; many of its products are out of the range of float64."""
    width, depth = 3, generator.randint(2, 4)
    weights = [[[far(generator) for _ in range(width)] for _ in range(width)] for _ in range(depth)]
    names = [f"h{n}" for n in range(1, depth)] + ["y"]
    pairs = [pair for pair in zip(names, names[1:]) if generator.random() < 0.8]
    rows = [[far(generator) for _ in range(width)] for _ in range(2)]
    layers = [{"weight": weight} for weight in weights]
    for place in range(1, depth):
        if generator.random() < 0.3:
            join = generator.choice(["multiply", "mean"])
            layers[place] |= {"from": [generator.choice(["x", *names[: place - 1]]), names[place - 1]], "join": join}
    return load(
        {
            "input": rows if generator.random() < 0.3 else rows[0],
            "loss": "output",
            "activation": activation,
            "layers": layers,
            "skips": [{"from": one, "to": other, "into": "output"} for one, other in pairs],
        }
    )[0]


def numbers(at, network):
    """Values, derivatives, adjoints, the loss and all gradients."""
    layers = range(len(network.inputs), len(network.nodes))
    yield [at.output(node) for node in range(len(network.nodes))]
    yield [[at.preactivation(node), at.derivative(node), at.delta(node)] for node in layers]
    yield [at.adjoint(node) for node in range(len(network.nodes))]
    yield [at.loss, *(at.gradient(number) for number in range(len(network.parameters)))]


@pytest.mark.slow
@pytest.mark.parametrize("pointed", [array_point, scalar_point], ids=["arrays", "units"])
@pytest.mark.parametrize("activation", ["identity", "relu", "softplus", "square"])
def test_a_point_in_range_is_right(activation, pointed):
    """Of functions that rise where sums are positive: nothing cancels, and the smallest number counts."""
    generator, held, lost = Random(11), 0, 0
    for _ in range(250):
        built = far_net(generator, activation)
        at = pointed(graph(built), Double)
        is_held = at.in_range()
        held, lost = held + is_held, lost + (not is_held)
        if is_held:
            with Extended.context():
                exact = pointed(graph(built), Extended)
                for ours, true in zip(numbers(at, built), numbers(exact, built)):
                    near(ours, [mp.mpf(str(x)) for x in flat(true)])
    assert held > 20 and lost > 20


FORMULA = "exp(-1000*abs({}))"  # which has a kink, and underflows


@pytest.mark.parametrize("pointed", [array_point, scalar_point], ids=["arrays", "units"])
@pytest.mark.parametrize(("part", "of"), [("activation", "x"), ("loss", "y - t")])
def test_a_0_of_a_formula_with_a_kink_may_be_an_underflow(part, of, pointed):
    spec = {"input": [1, 2], "target": 3, "activation": "identity", "weights": [[[1, 1], [1, 1]], [[1, 1]]]}
    built = load(spec | {part: {"formula": FORMULA.format(of)}})[0]
    assert not pointed(graph(built), Double).in_range()
    assert compute(built, top=0).loss.value > 0


NO_FACTOR = {"name": "y", "weight": [[-2000], [0.5]], "activation": "log_softmax"}
"""ln softmax is −e⁻²⁰⁰⁰·⁵ of the larger z, and ∂L/∂y no product with it."""


@pytest.mark.parametrize("pointed", [array_point, scalar_point], ids=["arrays", "units"])
def test_a_0_of_an_output_that_is_no_factor_may_be_an_underflow(pointed):
    built = load({"input": 1, "target": [2, 2], "layers": [NO_FACTOR]})[0]
    assert not pointed(graph(built), Double).in_range()


@pytest.mark.parametrize("points", [5, pytest.param(301, marks=pytest.mark.slow)])
def test_it_is_one_at_points_of_a_sweep(points):
    spec = {"input": 1, "target": [2, 2], "layers": [NO_FACTOR]}
    rows = gradcalc.sweep(spec, {"x": [1 + n / 1000 for n in range(points)]}, show=["output:y"]).rows
    assert all(mp.mpf(str(row.found["output:y"][1])) < 0 for row in rows)


def answers(net_graph, arithmetic, chosen):
    """Sums by length and what is listed of every subject, in arrays, each with whether float64 is said to hold it."""
    whole = [subject for subject in chosen if subject.entry is None]
    with arithmetic.context():
        at = array_point(net_graph, arithmetic)
        source = ArrayPathSums(at, whole)
        layers, units = PathLists(at, chosen, 40), PathLists(at, chosen, 5)
        sums = [[*term[2:]] for subject in whole for term in source.spectrum(subject)]
        lists = []
        for subject in chosen:
            lister = layers if subject.entry is None else units
            listed = [value for value, _ in lister.largest(subject)[0]]
            lists.append((listed, arithmetic is Double and list_in_range(at, subject, listed)))
        return (sums, arithmetic is Double and source.in_range()), lists


@pytest.mark.slow
def test_what_doubles_are_said_to_have_held_is_right():
    """Random networks, a third of them with numbers lost to the range, against extended numbers: all sums, and that of
    what is listed nothing is 0 which should not be."""
    generator, held, lost = Random(7), 0, 0
    for _ in range(500):
        built = far_net(generator)
        net_graph = graph(built)
        if not array_point(net_graph, Double).in_range():
            continue
        chosen = subjects(built, ["x", "w1", "w2", "x[*]", "w1[*]", "w2[*]"])
        ((sums, sums_held), lists), ((true_sums, _), true_lists) = (
            answers(net_graph, Double, chosen),
            answers(net_graph, Extended, chosen),
        )
        if sums_held:
            near(sums, [mp.mpf(str(x)) for x in flat(true_sums)])
        for (ours, list_held), (true, _) in zip(lists, true_lists):
            if list_held:
                assert [norm(value) != 0 for value in ours] == [norm(value) != 0 for value in true]
        is_held = [sums_held, *(list_held for _, list_held in lists)]
        held, lost = held + sum(is_held), lost + len(is_held) - sum(is_held)
    assert held > 500 and lost > 50


@pytest.mark.slow
def test_paths_that_doubles_are_said_to_have_held_are_right():
    """Every path of layers of random narrow networks, against extended numbers."""
    generator, held, lost = Random(3), 0, 0
    for _ in range(500):
        built = far_net(generator)
        net_graph = graph(built)
        at = scalar_point(net_graph, Double)
        if not at.in_range():
            continue
        is_held = point_holds_paths(at)
        held, lost = held + is_held, lost + (not is_held)
        if is_held:
            with Extended.context():
                true = contributions(scalar_point(net_graph, Extended))
            near(contributions(at), [mp.mpf(str(x)) for x in flat(true)])
    assert held > 20 and lost > 20


def contributions(at):
    chosen = subjects(at.graph.network, ["*"])
    lists = PathLists(at, chosen, 40)
    found = [path for subject in chosen for path in lists.largest(subject)[0]]
    return [value for value, _ in sorted(found, key=lambda path: str(path[1]()))]


@pytest.mark.parametrize(
    "activation", ["softsign", *(pytest.param(name, marks=pytest.mark.slow) for name in ("identity", "square"))]
)
def test_sums_over_paths_are_the_gradients_of_many_digits(activation):
    """Whatever of them leaves the range of float64: a derivative, an edge and the one before it, a path, a sum."""
    generator = Random(activation)
    for _ in range(40):
        built = far_net(generator, activation)
        names = ["x", *(parameter.name for parameter in built.parameters)]
        sums, exact = paths(built, wrt=names, top=1).sums, compute(built, wrt=names, dps=30).gradients
        for name in names:
            near(sums[name].value, [mp.mpf(str(x)) for x in flat(exact[name])])


def test_two_edges_that_are_taken_as_one():
    """σ′(z) = e^−460 under a weight of 1e-200, on a path that a weight of 1e250 brings back."""
    layers = [{"weight": 1, "activation": "exp"}, {"weight": 1e-200}, {"weight": 1e250}]
    spec = {"input": -460, "layers": layers, "skips": [{"from": "x", "to": "h2", "weight": 1}]}
    network = load(spec | {"activation": "identity", "loss": "output"})[0]
    small = mp.exp(-460) * mp.mpf(1e-200) * mp.mpf(1e250)
    sums = paths(network, wrt=["x", "w1"]).sums
    near([sums["x"].top[1].contribution, sums["w1"].value], [small, -460 * small])


def is_whole(x):
    return x == 0 or Double.is_normal(x)


@pytest.mark.slow
@pytest.mark.parametrize("pointed", [array_point, scalar_point], ids=["arrays", "units"])
@pytest.mark.parametrize(
    "activation", ["relu", "softplus", *(pytest.param(one, marks=pytest.mark.slow) for one in ("identity", "square"))]
)
def test_a_point_of_which_nothing_was_lost_is_in_range(activation, pointed):
    """Where every number is as in extended range, it is not computed again."""
    generator, held = Random(activation), 0
    for _ in range(60):
        built = far_net(generator, activation)
        at = pointed(graph(built), Double)
        with Extended.context():
            exact = pointed(graph(built), Extended)
            pairs = [*zip(flat(list(numbers(at, built))), flat(list(numbers(exact, built))))]
            if all(is_whole(x) and abs(float(y) - x) <= 1e-12 * abs(x) and bool(x) == bool(y) for x, y in pairs):
                held += 1
                assert at.in_range()
    assert held > 5


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_gradients_that_arrays_alone_hold_are_right(activation):
    """Where one pass in float64 is taken for enough, it is."""
    generator, held, lost = Random(activation), 0, 0
    for _ in range(60):
        laid = graph(far_net(generator, activation))
        found = in_float64(laid)
        held, lost = held + (found is not None), lost + (found is None)
        if found is not None:
            with Extended.context():
                exact = array_point(laid, Extended)
                true = [exact.gradient(number) for number in range(len(laid.network.parameters))]
            near([array.tolist() for array in found.values()], [mp.mpf(str(x)) for x in flat(true)])
    assert held > 2 and lost > 2
