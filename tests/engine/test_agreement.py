"""The engine against the reference at 60 digits, on random networks: values, derivatives, adjoints, gradients."""

import pytest
from hypothesis import assume, given
from reference import judging, moved, mp
from reference.functions import decimals_read
from strategies import chains, specs

from gradcalc.analysis.point import Subject, point
from gradcalc.language import load


def at_point(spec):
    """The reference and the engine at the point of a spec."""
    network = load(spec)[0]
    reference = judging.Reference(network)
    assume(reference.is_tame())
    return reference, point(network)


def parameters(network):
    return [Subject(parameter.name, True, number) for number, parameter in enumerate(network.parameters)]


def check_forward(reference, at):
    network = reference.network
    for number in range(len(network.nodes)):
        reference.check(at.output(number), judging.outputs(number))
    for layer in range(len(network.layers)):
        number = layer + len(network.inputs)
        reference.check(at.preactivation(number), judging.preactivations(layer))
        reference.check(at.derivative(number), judging.derivatives(layer))
    reference.check([at.loss], judging.loss_of)


def check_backward(reference, at):
    network = reference.network
    for number in range(len(network.nodes)):
        reference.check(at.adjoint(number), judging.adjoints(number))
    for number in range(len(network.inputs), len(network.nodes)):
        reference.check(at.delta(number), judging.deltas(number))
    for subject in parameters(network):
        reference.check(at.gradient(subject.number), judging.gradient(subject))


@given(specs())
def test_forward(spec):
    check_forward(*at_point(spec))


@given(specs())
def test_backward(spec):
    check_backward(*at_point(spec))


@given(chains())
def test_chains(spec):
    reference, at = at_point(spec)
    check_forward(reference, at)
    check_backward(reference, at)


@pytest.mark.slow
@given(specs(most_layers=3))
def test_fifty_digits(spec):
    """What `--dps 50` computes with, arrays and units alike."""
    network = load(spec)[0]
    with decimals_read():
        reference = judging.Reference(network)
        assume(reference.is_tame())
    at = point(network, 50)
    limits = mp.mpf(10) ** -48, mp.mpf(10) ** -50
    with at.arithmetic.context():
        for number in range(len(network.nodes)):
            reference.check(at.output(number), judging.outputs(number), *limits)
            reference.check(at.adjoint(number), judging.adjoints(number), *limits)
        for subject in parameters(network):
            reference.check(at.gradient(subject.number), judging.gradient(subject), *limits)


@given(specs(most_layers=3))
def test_the_reference_itself(spec):
    """The sum of the listed paths is the derivative of the loss, by differences; kinks aside."""
    network = load(spec)[0]
    reference = judging.Reference(network, noisy=1)
    assume(reference.is_tame() and not on_kink(reference))
    for subject in parameters(network):
        listed = judging.gradient(subject)(reference.points)
        for entry, value in enumerate(listed):
            assert abs(moved(network, subject.number, entry) - value) <= 1e-25 * (1 + abs(value))


def on_kink(reference):
    """Whether a unit stands where no derivative is the derivative: at a kink, on a tie, by a zero."""
    values = [x for at in reference.points for layer in at.layers for x in (*layer.z, *layer.output)]
    exact = {-3, -1, 0, 1, 3, 6}
    return any(x in exact for x in values) or has_join(reference.network)


def has_join(network):
    return any(layer.join in ("max", "min") for layer in network.layers)
