"""Every loss with every activation against the reference: at the output, and within, by batch, tie and skip."""

from random import Random

import pytest
from reference import judging
from strategies import BENT_WITH_OPTIONS

from gradcalc.activations import ACTIVATIONS
from gradcalc.analysis.point import point
from gradcalc.errors import DomainError
from gradcalc.language import load
from gradcalc.losses import LOSSES

MAXOUT = {"name": "maxout", "pieces": 2}
ACTIVATIONS = [name for name in ACTIVATIONS if name != "maxout"] + [MAXOUT, *BENT_WITH_OPTIONS]
SCALED = [{"name": "mse", "scale": -2.5}, {"name": "huber", "delta": 0.25}, {"name": "sse", "reduction": "sum"}]
READS = {
    name: "softplus" if row.takes == "positive rates" else "softmax" if row.classes else "sigmoid"
    for name, row in LOSSES.items()
    if row.takes in ("probabilities", "positive rates")
}
"""What makes probabilities, or rates, of whatever comes."""


FAR = 30
"""Where 1 − σ(z) still has 47 of the reference's 60 digits."""


def numbers(generator, *shape):
    if not shape:
        return generator.uniform(-1.5, 1.5)
    return [numbers(generator, *shape[1:]) for _ in range(shape[0])]


def activation_name(activation):
    return activation if isinstance(activation, str) else "-".join(map(str, activation.values()))


def targets(generator, loss, examples):
    """Two units each: a distribution, probabilities, signs or numbers."""
    name = loss if isinstance(loss, str) else loss["name"]
    if name == "output":
        return {}
    if name in ("kl", "nll", "cross_entropy"):
        shares = [generator.uniform(0.1, 0.9) for _ in range(examples)]
        return {"target": [[share, 1 - share] for share in shares]}
    if name in ("bce", "poisson", "bce_with_logits"):
        return {"target": [[generator.uniform(0.1, 0.9) for _ in range(2)] for _ in range(examples)]}
    if name == "hinge":
        return {"target": [[generator.choice([-1, 1]) for _ in range(2)] for _ in range(examples)]}
    return {"target": numbers(generator, examples, 2)}


def at_output(generator, activation, loss):
    """Two examples, the activation twice by a tied weight, a skip into either sum."""
    rows = 4 if activation == MAXOUT else 2
    return {
        "input": numbers(generator, 2, 2),
        "activation": activation,
        "loss": loss,
        "parameters": {"W": numbers(generator, rows, 2)},
        "layers": [{"weight": "W", "bias": numbers(generator, rows)}, {"weight": "W", "bias": numbers(generator)}],
        "skips": [{"from": "x", "to": "y", "weight": numbers(generator, rows, 2)}],
        **targets(generator, loss, 2),
    }


def within(generator, activation, loss):
    """The activation before another that makes what the loss reads."""
    name = loss if isinstance(loss, str) else loss["name"]
    spec = at_output(generator, activation, loss)
    spec["layers"].append({"weight": numbers(generator, 2, 2), "activation": READS.get(name, "identity")})
    skips = [skip | {"to": "h2"} for skip in spec["skips"]]
    return spec | {"skips": [*skips, {"from": "h1", "to": "h2", "into": "output"}]}


def check(spec):
    network = load(spec)[0]
    at = point(network)
    assert at.arithmetic.name == "float64"
    reference = judging.Reference(network)
    reference.check([at.loss], judging.loss_of)
    for number in range(len(network.nodes)):
        reference.check(at.output(number), judging.outputs(number))
        reference.check(at.adjoint(number), judging.adjoints(number))
    for number, parameter in enumerate(network.parameters):
        subject = judging.parameter(parameter.name, number)
        reference.check(at.gradient(number), judging.gradient(subject))


def drawn(make, generator, activation, loss, tries=60):
    """The first of some random networks whose outputs the loss takes and none of whose units is far out; or None."""
    for _ in range(tries):
        spec = make(generator, activation, loss)
        network = load(spec)[0]
        try:
            at = point(network)
        except DomainError:
            continue
        layers = range(len(network.inputs), len(network.nodes))
        if all(abs(z) < FAR for layer in layers for row in at.preactivation(layer) for z in row):
            return spec
    return None


def check_losses(activation, losses):
    """Beneath losses of probabilities only where some network of the activation gives them."""
    generator = Random(activation_name(activation))
    specs = [drawn(at_output, generator, activation, loss) for loss in losses]
    assert all(spec is not None or loss in READS for spec, loss in zip(specs, losses))
    for spec in filter(None, specs):
        check(spec)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=activation_name)
def test_an_activation_with_some_losses(activation):
    """Every eighth loss, each activation beginning with another."""
    check_losses(activation, list(LOSSES)[ACTIVATIONS.index(activation) % 8 :: 8])


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=activation_name)
def test_an_activation_with_every_loss(activation):
    check_losses(activation, list(LOSSES))


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=activation_name)
@pytest.mark.parametrize("seed", range(2))
def test_an_activation_within_with_every_loss(activation, seed):
    for loss in [*LOSSES, *SCALED]:
        check(drawn(within, Random(f"{activation_name(activation)} {seed}"), activation, loss))
