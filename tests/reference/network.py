"""A network of the package's records evaluated in mpmath: values, local derivatives, and the loss as a function of all.

With `noise` every operation's result is perturbed at random by a relative 1e-30: the spread of the results over a few
such runs says how much a result feels its roundings (Monte Carlo arithmetic: Parker, 1997).
"""

from random import Random
from typing import Any, NamedTuple

from reference.functions import (
    COUPLED,
    ELEMENTWISE,
    JOINS,
    bent_derivative,
    exact,
    jacobian,
    join_derivatives,
    loss,
    loss_derivatives,
    mp,
)

NOISE = mp.mpf(10) ** -30


class Arc(NamedTuple):
    """What a layer reads of a node: ∂(its z, or its output)_i/∂(the node)_k, None where k does not feed i."""

    source: int
    label: str
    enters: int
    matrix: list[list[Any]]
    parameter: int | None = None
    first: tuple[int, int] = (0, 0)  # the unit that the weight's row 0 feeds, the column for the source's unit 0


class Use(NamedTuple):
    """A parameter at work in a layer: ∂(z or output)_i/∂(entry), by entry and then by unit fed."""

    parameter: int
    into_output: bool
    derivatives: dict[int, dict[int, Any]]
    source: int | None = None  # None: as bias or alpha
    skip: bool = False
    of: str = ""  # "bias" or "alpha"


class Bent(NamedTuple):
    """One layer at one example."""

    z: list[Any]
    jacobian: list[list[Any]]  # ∂a_j/∂z_i, None where i does not feed j
    output: list[Any]
    arcs: list[Arc]
    skips: list[Arc]  # into the output
    uses: list[Use]


class Point(NamedTuple):
    """One example: outputs of all nodes, the layers with their derivatives, and ∂L/∂y at every node with a target."""

    network: Any
    outputs: list[list[Any]]
    layers: list[Bent]
    loss: Any
    seeds: dict[int, list[Any]]


class Evaluator:
    """One run over one example; `values` are the parameters' entries, row by row."""

    def __init__(self, network, example, values, noise=None):
        self.network = network
        self.example = example
        self.values = values
        self.noise = noise

    def rounded(self, x):
        """The result of an operation, perturbed where noise is wanted."""
        return x if self.noise is None else x * (1 + NOISE * self.noise.uniform(-1, 1))

    def sum(self, terms):
        total = mp.zero
        for term in terms:
            total = self.rounded(total + term)
        return total

    def weight(self, parameter, columns, rows=None):
        """W [out][in] of an edge as (entry, value), None where a unit does not feed another."""
        if parameter is None or self.network.parameters[parameter].shape == ():
            cell = (None, mp.one) if parameter is None else (0, self.values[parameter][0])
            return [[cell if i == k else None for k in range(columns)] for i in range(columns)]
        rows, columns = self.network.parameters[parameter].shape
        flat = self.values[parameter]
        return [[(i * columns + k, flat[i * columns + k]) for k in range(columns)] for i in range(rows)]

    def applied(self, weight, xs):
        return [self.sum([self.rounded(cell[1] * x) for cell, x in zip(row, xs) if cell is not None]) for row in weight]

    def run(self, derivatives=True):
        outputs = [[exact(x) for x in given.rows[self.example]] for given in self.network.inputs]
        layers = []
        for layer in self.network.layers:
            layers.append(self.layer(layer, outputs, derivatives))
            outputs.append(layers[-1].output)
        return outputs, layers

    def layer(self, layer, outputs, derivatives):
        z, arcs, uses = self.joined(layer, outputs)
        for skip in layer.into_preactivation:
            z, arc, use = self.skipped(skip, z, outputs, False)
            arcs.append(arc)
            uses += use
        if layer.bias is not None:
            z, use = self.biased(layer.bias, z)
            uses.append(use)
        bent = self.bend(layer, z)
        jacobian_ = self.derivatives(layer, z) if derivatives else []
        if layer.alpha is not None and derivatives:
            uses.append(self.alpha_use(layer, z, jacobian_))
        output, skips = bent, []
        for skip in layer.into_output:
            output, arc, use = self.skipped(skip, output, outputs, True)
            skips.append(arc)
            uses += use
        return Bent(z, jacobian_, output, arcs, skips, uses)

    def skipped(self, skip, values, outputs, into_output):
        weight, xs = self.weight(skip.parameter, len(outputs[skip.source])), outputs[skip.source]
        fed = [self.rounded(value + more) for value, more in zip(values, self.applied(weight, xs))]
        arc = Arc(skip.source, skip.label, 0 if into_output else 1, matrix(weight), skip.parameter)
        uses = [] if skip.parameter is None else [weight_use(skip, weight, xs, into_output, skip=True)]
        return fed, arc, uses

    def biased(self, bias, z):
        flat = self.values[bias]
        several = len(self.network.parameters[bias].shape) == 1
        derivatives = {n: {n: mp.one} for n in range(len(z))} if several else {0: dict.fromkeys(range(len(z)), mp.one)}
        added = [self.rounded(value + (flat[n] if several else flat[0])) for n, value in enumerate(z)]
        return added, Use(bias, False, derivatives, of="bias")

    def joined(self, layer, outputs):
        weights = [self.weight(edge.parameter, len(outputs[edge.source])) for edge in layer.edges]
        parts = [self.applied(weight, outputs[edge.source]) for edge, weight in zip(layer.edges, weights)]
        values, partials = self.join(layer, parts)
        arcs, uses = [], []
        if layer.weight is None:
            for place, (edge, weight, partial) in enumerate(zip(layer.edges, weights, partials)):
                first = sum(map(len, parts[:place])) if layer.join == "concat" else 0
                arcs.append(Arc(edge.source, edge.label, 1, times(partial, matrix(weight)), edge.parameter, (first, 0)))
                if edge.parameter is not None:
                    uses.append(weight_use(edge, weight, outputs[edge.source], False, partial))
            return values, arcs, uses
        weight = self.weight(layer.weight, len(values))
        label = self.network.parameters[layer.weight].name
        for place, (edge, partial) in enumerate(zip(layer.edges, partials)):
            first = sum(map(len, parts[:place])) if layer.join == "concat" else 0
            arcs.append(Arc(edge.source, label, 1, times(matrix(weight), partial), layer.weight, (0, first)))
        use = weight_use(layer.edges[0]._replace(parameter=layer.weight), weight, values, False)
        return self.applied(weight, values), arcs, [use._replace(source=None)]

    def join(self, layer, parts):
        """The joined values, and for each source ∂joined_i/∂part_k."""
        if layer.join == "concat":
            starts = [sum(map(len, parts[:place])) for place in range(len(parts))]
            size = sum(map(len, parts))
            partials = [
                [[mp.one if i == start + k else None for k in range(len(part))] for i in range(size)]
                for start, part in zip(starts, parts)
            ]
            return [x for part in parts for x in part], partials
        columns = [list(column) for column in zip(*parts)]
        values = [self.rounded(JOINS[layer.join](column)) for column in columns]
        derivatives = [[self.rounded(x) for x in join_derivatives(layer.join, column)] for column in columns]
        return values, [diagonal([row[place] for row in derivatives]) for place in range(len(parts))]

    def bend(self, layer, z):
        name, options = function(layer)
        if name in COUPLED:
            return [self.rounded(x) for x in COUPLED[name](z, **options)]
        return [self.rounded(ELEMENTWISE[name](x, **options | self.alpha(layer, n))) for n, x in enumerate(z)]

    def derivatives(self, layer, z):
        name, options = function(layer)
        if name not in COUPLED:
            found = [bent_derivative(name, options | self.alpha(layer, n), x) for n, x in enumerate(z)]
            return diagonal([self.rounded(x) for x in found])
        rows = [[self.rounded(x) for x in row] for row in jacobian(name, options, z)]
        if name != "maxout":
            return rows
        pieces = int(options.get("pieces", 2))
        return [[x if i // pieces == j else None for i, x in enumerate(row)] for j, row in enumerate(rows)]

    def alpha(self, layer, unit):
        if layer.alpha is None:
            return {}
        entries = self.values[layer.alpha]
        return {"alpha": entries[unit if len(entries) > 1 else 0]}

    def alpha_use(self, layer, z, bent):
        """∂a/∂α = z where z ≤ 0, told as what ∂a/∂z times it would be: paths start at the output there."""
        single = self.network.parameters[layer.alpha].shape == ()
        derivatives = [x if x <= 0 else mp.zero for x in z]
        entries = {0: dict(enumerate(derivatives))} if single else {n: {n: x} for n, x in enumerate(derivatives)}
        return Use(layer.alpha, True, entries, of="alpha")


def function(layer):
    """The key of the table and the options; a formula stands there by its text."""
    activation = layer.activation
    options = {} if activation.parametric else dict(activation.options)
    return (activation.text if activation.name == "formula" else activation.name), options


def matrix(weight):
    return [[None if cell is None else cell[1] for cell in row] for row in weight]


def diagonal(entries):
    return [[x if i == k else None for k in range(len(entries))] for i, x in enumerate(entries)]


def times(left, right):
    """A product of matrices with holes: a hole where no pair meets."""
    columns = list(zip(*right))
    return [[dotted(row, column) for column in columns] for row in left]


def dotted(row, column):
    terms = [a * b for a, b in zip(row, column) if a is not None and b is not None]
    return mp.fsum(terms) if terms else None


def weight_use(edge, weight, xs, into_output, partial=None, skip=False):
    """∂/∂W: the entry at [i][k] moves part_i by x_k, and that moves z_j by what the join makes of it."""
    partial = partial or diagonal([mp.one] * len(weight))
    derivatives = {}
    for i, row in enumerate(weight):
        for k, cell in enumerate(row):
            if cell is None:
                continue
            for j, through in enumerate(partial):
                if through[i] is not None:
                    fed = derivatives.setdefault(cell[0], {})
                    fed[j] = fed.get(j, mp.zero) + through[i] * xs[k]
    return Use(edge.parameter, into_output, derivatives, edge.source, skip)


def flat(value):
    """The entries of a value, row by row."""
    return [x for part in value for x in flat(part)] if isinstance(value, (list, tuple)) else [value]


def parameters(network):
    """The entries of every parameter, as they are."""
    return [[exact(x) for x in flat(parameter.value)] for parameter in network.parameters]


def ends(network):
    """Nodes with a target, each with its rows; loss `output` reads the last layer."""
    if not network.loss.takes_target:
        return [(len(network.inputs) + len(network.layers) - 1, None)]
    return [(target.node, target.rows) for target in network.targets]


def loss_of(network, node):
    """The loss as it reads a node."""
    reads_logarithms = network.nodes[node].activation.name == "log_softmax" and network.loss.name in ("nll", "kl")
    return network.loss._replace(name=f"{network.loss.name} of logarithms") if reads_logarithms else network.loss


def reduction(network):
    return network.examples if network.loss.reduction == "mean" else 1


def example_loss(network, outputs, example):
    total = mp.zero
    for node, rows in ends(network):
        total += loss(loss_of(network, node), outputs[node], rows and [exact(t) for t in rows[example]])
    return total / reduction(network)


def loss_at(network, values=None):
    """The loss with other parameters, all examples together."""
    values = values or parameters(network)
    runs = (Evaluator(network, example, values).run(derivatives=False)[0] for example in range(network.examples))
    return mp.fsum(example_loss(network, outputs, example) for example, outputs in enumerate(runs))


def moved(network, parameter, entry):
    """∂L/∂(one entry) as a central difference of the whole loss."""
    step = mp.mpf(10) ** -35
    sides = []
    for sign in (1, -1):
        values = parameters(network)
        values[parameter][entry] += sign * step
        sides.append(loss_at(network, values))
    return (sides[0] - sides[1]) / (2 * step)


def evaluate(network, seed=None):
    """Every example at the network's point; with a seed, one noisy run of it."""
    noise = None if seed is None else Random(seed)
    values = parameters(network)
    points = []
    for example in range(network.examples):
        run = Evaluator(network, example, values, noise)
        outputs, layers = run.run()
        seeds = {}
        for node, rows in ends(network):
            derivatives = loss_derivatives(
                loss_of(network, node), outputs[node], rows and [exact(t) for t in rows[example]]
            )
            old = seeds.get(node, [mp.zero] * len(derivatives))
            seeds[node] = [a + run.rounded(b / reduction(network)) for a, b in zip(old, derivatives)]
        points.append(Point(network, outputs, layers, example_loss(network, outputs, example), seeds))
    return points
