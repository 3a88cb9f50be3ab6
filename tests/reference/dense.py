"""Chains of dense layers by the chain rule written out, at 60 digits: 200 layers of 64 units in a few seconds.

aₙ = σ(zₙ), zₙ = Wₙ·aₙ₋₁, L = Σ (a − t)² over the units of the last layer. Nothing is read from the program: weights,
input and target are those that the spec is written from.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mpmath import MPContext

from reference.network import flat

mp = MPContext()
mp.dps = 60
CLOSE = mp.mpf("1e-12")

Vector = Sequence[float]
Matrix = Sequence[Vector]


def near(found, true, scales=None):
    """All entries to a relative 1e-12, in numbers of any size; or to 1e-12 of what cancels in them."""
    ours, exact = flat(found), flat(true)
    assert len(ours) == len(exact)
    for one, other, scale in zip(ours, exact, flat(scales or true)):
        error, allowed = abs(mp.mpf(str(one)) - other), CLOSE * max(abs(other), abs(scale))
        assert error <= allowed, (one, mp.nstr(other, 20))


class Dense(NamedTuple):
    """A chain of layers of one activation; scalars are layers of one unit."""

    activation: str
    weights: Sequence[Matrix]
    input: Vector
    target: Vector

    def spec(self):
        return {
            "input": list(self.input),
            "target": list(self.target),
            "activation": self.activation,
            "loss": "sse",
            "layers": [{"weight": weight} for weight in self.weights],
        }


def drawn(generator, activation, depth, width, spread):
    """Weights of a normal distribution; inputs and targets between −1 and 1."""
    weights = [[[generator.gauss(0, spread) for _ in range(width)] for _ in range(width)] for _ in range(depth)]
    ends = ([generator.uniform(-1, 1) for _ in range(width)] for _ in range(2))
    return Dense(activation, weights, *ends)


class Exact:
    """Values of every layer, the loss, and gradients: `values[0]` is the input, `values[n]` the output of layer n.

    `scales[n]` are Σ|w·a| of its preactivations, which rounding errors are measured by where the products cancel;
    `adjoint_scales[n]` likewise.
    """

    def __init__(self, chain):
        self.weights = [[list(map(mp.mpf, row)) for row in weight] for weight in chain.weights]
        self.values = [list(map(mp.mpf, chain.input))]
        self.scales = [list(map(abs, self.values[0]))]
        self.derivatives = []
        for weight in self.weights:
            sizes = list(map(abs, self.values[-1]))
            self.scales.append([mp.fdot(map(abs, row), sizes) for row in weight])
            bent = [BENT[chain.activation](mp.fdot(row, self.values[-1])) for row in weight]
            self.values.append([value for value, _ in bent])
            self.derivatives.append([derivative for _, derivative in bent])
        errors = [value - mp.mpf(target) for value, target in zip(self.values[-1], chain.target)]
        self.loss = mp.fsum(error * error for error in errors)
        self.adjoints = [[2 * error for error in errors]]  # by the outputs, the last layer's first
        self.adjoint_scales = [list(map(abs, self.adjoints[0]))]
        for weight, derivatives in zip(reversed(self.weights), reversed(self.derivatives)):
            bent = list(map(mp.fmul, self.adjoints[-1], derivatives))
            self.adjoints.append([mp.fdot(bent, column) for column in zip(*weight)])
            sizes = list(map(abs, bent))
            self.adjoint_scales.append([mp.fdot(sizes, map(abs, column)) for column in zip(*weight)])
        self.adjoints.reverse()
        self.adjoint_scales.reverse()

    def gradient(self, layer):
        """∂L/∂Wₙ, row by row."""
        deltas = map(mp.fmul, self.adjoints[layer], self.derivatives[layer - 1])
        return [[delta * value for value in self.values[layer - 1]] for delta in deltas]

    def gradient_scale(self, layer):
        """What cancels in ∂L/∂Wₙ, by one sum of its adjoint and one of its input."""
        deltas = map(mp.fmul, self.adjoint_scales[layer], map(abs, self.derivatives[layer - 1]))
        return [[delta * value for value in self.scales[layer - 1]] for delta in deltas]

    def by_input(self):
        """∂L/∂x."""
        return self.adjoints[0]


def sigmoid(z):
    power = mp.exp(-z)
    return 1 / (1 + power), power / (1 + power) ** 2


def tanh(z):
    return mp.tanh(z), mp.sech(z) ** 2


def identity(z):
    return z, mp.one


BENT = {"sigmoid": sigmoid, "tanh": tanh, "identity": identity}
