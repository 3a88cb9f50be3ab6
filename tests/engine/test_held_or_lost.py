"""Whether doubles held the paths of networks in arrays, of random ones: what is said to be held is right."""

from random import Random

import pytest
from questions.grains import names_of
from reference.dense import mp, near
from reference.network import flat

from gradcalc.arithmetic.double import Double
from gradcalc.arithmetic.extended import Extended
from gradcalc.arrays.point import array_point
from gradcalc.graph import graph
from gradcalc.language import load
from gradcalc.magnitudes import norm
from gradcalc.questions.lists.choosing import layer_lister, unit_lister
from gradcalc.questions.parts import WHOLE
from gradcalc.questions.point import in_range
from gradcalc.questions.subjects import subjects
from gradcalc.questions.sums.array_source import array_source
from gradcalc.units.point import unit_point


def far(generator):
    """A positive number of any size, so that nothing cancels, or 0."""
    size = generator.choice([0, 0, 0, 0, generator.randint(-200, -100), generator.randint(100, 140)])
    return generator.choice([0.0, 1.0, 1.0, 1.0]) * 10.0**size


def far_net(generator, activation="identity"):
    """Three units wide, with skips; many of its products are beyond doubles."""
    width, depth = 3, generator.randint(2, 4)
    weights = [[[far(generator) for _ in range(width)] for _ in range(width)] for _ in range(depth)]
    names = [f"h{n}" for n in range(1, depth)] + ["y"]
    pairs = [pair for pair in zip(names, names[1:]) if generator.random() < 0.8]
    rows = [[far(generator) for _ in range(width)] for _ in range(2)]
    return load(
        {
            "input": rows if generator.random() < 0.3 else rows[0],
            "loss": "output",
            "activation": activation,
            "layers": [{"weight": weight} for weight in weights],
            "skips": [{"from": one, "to": other, "into": "output"} for one, other in pairs],
        }
    )[0]


def numbers(at, network):
    """Values, slopes, adjoints, the loss and all gradients."""
    layers = range(len(network.inputs), len(network.nodes))
    yield [at.output(node) for node in range(len(network.nodes))]
    yield [[at.preactivation(node), at.derivative(node), at.delta(node)] for node in layers]
    yield [at.adjoint(node) for node in range(len(network.nodes))]
    yield [at.loss, *(at.gradient(number) for number in range(len(network.parameters)))]


@pytest.mark.slow
@pytest.mark.parametrize("pointed", [array_point, unit_point], ids=["arrays", "units"])
@pytest.mark.parametrize("activation", ["identity", "relu", "softplus", "square"])
def test_a_point_in_range_is_right(activation, pointed):
    """Of functions that rise where sums are positive: nothing cancels, and the smallest number counts."""
    generator, held, lost = Random(11), 0, 0
    for _ in range(150):
        built = far_net(generator, activation)
        doubles = pointed(graph(built), Double)
        kept = in_range(doubles)
        held, lost = held + kept, lost + (not kept)
        if kept:
            with Extended.context():
                exact = pointed(graph(built), Extended)
                for ours, true in zip(numbers(doubles, built), numbers(exact, built)):
                    near(ours, [mp.mpf(str(x)) for x in flat(true)])
    assert held > 20 and lost > 20


def answers(laid, arithmetic, chosen):
    """Sums, the paths of layers and those of units, all in arrays; each with what is said of doubles that held it."""
    whole = [subject for subject in chosen if subject.entry is None]
    with arithmetic.context():
        at = array_point(laid, arithmetic)
        source, layers, units = array_source(at, whole, WHOLE), layer_lister(at, 40), unit_lister(at, 5)
        spectra = [[*term[2:]] for subject in whole for term in source.spectrum(subject)]
        largest = [path[2][0] for subject in whole for path in source.largest(subject, 5)]
        yield [spectra, largest], arithmetic is Double and source.kept()
        routes = [path for subject in whole for path in sorted(layers.found(subject, None)[0], key=names_of)]
        yield [path[0] for path in routes], arithmetic is Double and layers.kept(whole)
        single = [subject for subject in chosen if subject.entry is not None]
        yield (
            [norm(path[0]) for subject in single for path in units.found(subject, None)[0]],
            arithmetic is Double and units.kept(single),
        )


@pytest.mark.slow
def test_what_doubles_are_said_to_have_held_is_right():
    """Random networks, a third of them with numbers lost to the range, against extended numbers."""
    generator, held, lost = Random(7), 0, 0
    for _ in range(400):
        built = far_net(generator)
        laid = graph(built)
        if not in_range(array_point(laid, Double)):
            continue
        chosen = subjects(built, ["x", "w1", "w2", "x[*]", "w1[*]", "w2[*]"])
        for (ours, kept), (true, _) in zip(answers(laid, Double, chosen), answers(laid, Extended, chosen)):
            held, lost = held + kept, lost + (not kept)
            if kept:
                near(ours, [mp.mpf(str(x)) for x in flat(true)])
    assert held > 500 and lost > 50
