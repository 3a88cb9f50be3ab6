"""Whether numbers of the engine are those of the reference, to 1e-12 or as closely as doubles can know them."""

from typing import NamedTuple

from hypothesis import assume

from gradcalc.language import load
from reference.functions import mp
from reference.network import NOISE, evaluate, flat
from reference.paths import from_output, from_preactivation, layer_paths, unit_paths

ROUNDING = mp.mpf(2) ** -53
CLOSE = mp.mpf(10) ** -12
SAFETY = 100
"""How many times the spread of three noisy runs an error may be: roundings are more than three."""


class Subject(NamedTuple):
    """What a gradient is asked of: a parameter, or a node, by its number."""

    name: str
    is_parameter: bool
    number: int


class Reference:
    """A network at 60 digits, with noisy runs that tell which digits a double can know."""

    def __init__(self, network, noisy=3):
        self.network = network
        self.points = evaluate(network)
        self.noisy = [evaluate(network, seed) for seed in range(noisy)]

    def check(self, ours, asked, close=CLOSE, rounding=ROUNDING):
        """Asserts that the numbers of `ours` are what `asked` says of the points, entry by entry."""
        exact = flat(asked(self.points))
        spreads = [flat(asked(points)) for points in self.noisy]
        found = flat(ours)
        assert len(found) == len(exact)
        for place, (one, true) in enumerate(zip(found, exact)):
            spread = max((abs(noisy[place] - true) for noisy in spreads), default=mp.zero)
            error, allowed = abs(number(one) - true), max(close * abs(true), SAFETY * spread / NOISE * rounding)
            assert error <= allowed, f"{one} at {place} is not {mp.nstr(true, 20)} (off {mp.nstr(error / allowed, 3)}×)"

    def is_tame(self, most=50):
        """Whether all values are of a usual size, where no arithmetic need be changed."""
        sizes = [abs(z) for point in self.points for layer in point.layers for z in (*layer.z, *layer.output)]
        return all(size < most for size in sizes)


def number(x):
    """A double, a Decimal or an mpf as one of ours, exactly."""
    return mp.mpf(x) if isinstance(x, (int, float)) else mp.mpf(str(x))


def outputs(node):
    return lambda points: [point.outputs[node] for point in points]


def preactivations(layer):
    return lambda points: [point.layers[layer].z for point in points]


def derivatives(layer):
    """Diagonals, or Jacobians where units are coupled; holes are 0."""

    def asked(points):
        coupled = points[0].network.layers[layer].activation.couples
        rows = [point.layers[layer].jacobian for point in points]
        if coupled:
            return [[[x or mp.zero for x in row] for row in rows_] for rows_ in rows]
        return [[row[n] for n, row in enumerate(rows_)] for rows_ in rows]

    return asked


def adjoints(node, start=from_output):
    """∂L/∂(a node's output), or its preactivation, as the sum of all listed paths."""

    def asked(points):
        width = len(points[0].outputs[node] if start is from_output else z_of(points[0], node))
        return [added([path.contribution for path in start(point, node)], width) for point in points]

    return asked


def deltas(node):
    return adjoints(node, from_preactivation)


def z_of(point, node):
    return point.layers[node - len(point.network.inputs)].z


def added(vectors, width):
    return [mp.fsum(column) for column in zip(*vectors)] if vectors else [mp.zero] * width


def loss_of(points):
    return [mp.fsum(point.loss for point in points)]


def contributions(subject):
    """Every path of layers in the shape of its gradient, by its name."""

    def asked(points):
        listed = [layer_paths(point, subject) for point in points]
        if subject.is_parameter:
            return {name(paths[0]): added([p.contribution for p in paths], 0) for paths in zip(*listed)}
        return {name(paths[0]): [p.contribution for p in paths] for paths in zip(*listed)}

    return asked


def unit_contributions(subject, entry):
    """Every path of single units, of each example, in the order of the listing."""
    return lambda points: [[path.contribution for path in unit_paths(point, subject, entry)] for point in points]


def gradient(subject):
    def asked(points):
        every = [list(layer_paths(point, subject)) for point in points]
        sums = [added([p.contribution for p in paths], entry_total(points[0].network, subject)) for paths in every]
        return added(sums, 0) if subject.is_parameter else sums

    return asked


def entry_total(network, subject):
    if not subject.is_parameter:
        return network.nodes[subject.number].width
    return len(flat(network.parameters[subject.number].value))


def name(path):
    return path.nodes, path.through, path.length, path.at


def parameter(name_, number_):
    """A whole parameter as a subject."""
    return Subject(name_, True, number_)


def tame(spec):
    """A drawn spec's network with its reference; another is drawn where doubles would know too little of this one."""
    network = load(spec)[0]
    reference = Reference(network, noisy=2)
    assume(reference.is_tame())
    return network, reference
