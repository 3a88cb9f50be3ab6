"""Mistakes about the numbers that the backward pass multiplies: a part of σ′ for the whole of it, or its square, the
values of another node, the weight of another layer, the other factors of a product, a skip that is taken into σ′."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import sqrt

from gradcalc.activations import Activation
from gradcalc.analysis.altered_pass import AlteredPass, Rows, links_of
from gradcalc.analysis.backward_mistakes import (
    OF_OUTPUT,
    MadeRows,
    activated,
    all_of,
    always,
    everywhere,
    of_y,
    put,
    values_of,
    weighed,
)
from gradcalc.analysis.mistakes import Edges, Kind, Mistake, OtherEdges, Setting
from gradcalc.network.graph import ActivationNode, Arc, JoinNode
from gradcalc.network.linear_graph import BIAS, NodeLink, UseLink
from gradcalc.network.network import Parameter, numbers

NEAR = 2  # nodes before and behind one whose values are taken for its own


def part_of_derivative(setting: Setting) -> Iterator[Mistake]:
    """y or 1 − y for y(1 − y), 1 − y for 1 − y²."""
    what, of_output = "part of σ′", OF_OUTPUT["sigmoid"][0]
    for part, left in (("1 − y", of_y(lambda y: y)), ("y", of_y(lambda y: 1 - y))):
        clause = f"the factor {part} of σ′ = {of_output} is left out ({{of}})"
        yield from everywhere(setting, what, clause, left, ["sigmoid"])
    clause = f"1 − y stands for σ′ = {OF_OUTPUT['tanh'][0]} ({{of}})"
    yield from everywhere(setting, what, clause, of_y(lambda y: 1 - y), ["tanh"])


def inverted_mask(setting: Setting) -> Iterator[Mistake]:
    """0 where a rectifier passes δ on, and 1 where it does not."""
    clause = "the mask of relu is inverted ({of} is taken as 1 where z ≤ 0, and as 0 where z > 0)"
    yield from everywhere(setting, "inverted mask", clause, lambda row, z, y: 1 - row.derivative(z), ["relu"])


def derivative_twice(setting: Setting) -> Iterator[Mistake]:
    """The square of σ′(z), or of the Jacobian of softmax."""
    clause = "the factor {of} is taken twice"
    yield from everywhere(setting, "σ′ twice", clause, lambda row, z, y: row.derivative(z) ** 2)
    for edge, link in links_of(setting.own.linear, NodeLink):
        node = setting.graph.nodes[link.node]
        if isinstance(node, ActivationNode) and node.activation.name == "softmax":
            clause = f"the Jacobian of softmax in {setting.node(link.node)} is taken twice"
            yield Mistake("", "σ′ twice", clause, edges=put(setting, edge, squared_jacobian(link.node)))


def derivative_of_another_layer(setting: Setting) -> Iterator[Mistake]:
    """σ′(z) of a layer before or behind in place of its own, of as many units."""
    layers, inputs = setting.network.layers, len(setting.network.inputs)
    for edge, link, _ in activated(setting):
        own = setting.graph.nodes[link.node].of
        for number in (own - 1, own + 1):
            other = layers[number - inputs] if inputs <= number < inputs + len(layers) else None
            if other is None or other.activation.couples or other.width != layers[own - inputs].width:
                continue
            clause = f"σ′(z) of {other.name} is taken for σ′(z) of {setting.node(link.node)}"
            yield Mistake("", "σ′ of another layer", clause, edges=put(setting, edge, derivatives_of(number)))


def derivatives_of(number: int) -> MadeRows:
    """σ′(z) of a layer."""
    return lambda altered: [[float(x) for x in row] for row in altered.at.derivative(number)]


def squared_jacobian(node: int) -> MadeRows:
    """J² = p_i(δ_ij·p_i − p_j(p_i + p_j − Σp²)) of J = p_i(δ_ij − p_j), p being the values of a node."""

    def square(p: Sequence[float]) -> list[float]:
        squares = sum(x * x for x in p)
        return [x * (x * (i == j) - y * (x + y - squares)) for i, x in enumerate(p) for j, y in enumerate(p)]

    return lambda altered: [square(p) for p in altered.at.values(node)]


def another_weight(setting: Setting) -> Iterator[Mistake]:
    """δ multiplied by another weight of the same shape: of its own layer or one next to it; in every layer by that of
    the layer before."""
    edges, nodes, parameters = weighed(setting), setting.graph.nodes, setting.network.parameters
    layers = dict.fromkeys((nodes[link.node].of, number) for _, link, number in edges)
    before = list[OtherEdges]()
    for edge, link, number in edges:
        own, head, tail = parameters[number], nodes[link.node].of, nodes[link.arc.tail].of
        near = dict.fromkeys(one for layer, one in layers if abs(layer - head) <= 1 and one != number)
        for other in (parameters[one] for one in near if parameters[one].shape == own.shape):
            clause = f"δ is multiplied by {in_backward(other)} in place of {in_backward(own)}"
            yield Mistake("", "another weight", clause, edges=put(setting, edge, always([numbers(other.value)])))
        of_tail = [parameters[one] for layer, one in layers if layer == tail]
        if [one.shape for one in of_tail] == [own.shape]:
            before.append(put(setting, edge, always([numbers(of_tail[0].value)])))
    if len(before) > 1:
        clause = "every δ is multiplied by the weight of the layer before in place of its own"
        yield Mistake("", "another weight", clause, edges=all_of(before))


def in_backward(weight: Parameter) -> str:
    """A weight as the backward pass has it."""
    return f"{weight.name}ᵀ" if len(weight.shape) == 2 and weight.shape != (1, 1) else weight.name


def another_input(setting: Setting) -> Iterator[Mistake]:
    """A weight's gradient with the values of a node near the one that it multiplies, and a bias's with any at all."""
    network, nodes = setting.network, setting.graph.nodes
    for edge, link in links_of(setting.own.linear, UseLink):
        name = network.parameters[link.parameter].name
        if isinstance(link.by, Arc):
            source = nodes[link.by.tail]
            for number, other in enumerate(network.nodes):
                is_near = number < len(network.inputs) or abs(number - source.of) <= NEAR
                if is_near and number != source.of and other.width == source.width:
                    clause = f"∂L/∂{name} takes {other.name} in place of {setting.node(link.by.tail)}"
                    alter = put(setting, edge, values_of(setting.graph.outputs[number]))
                    yield Mistake("", "another input", clause, edges=alter)
        elif link.by is BIAS:
            head = nodes[link.node]
            for tail in dict.fromkeys(arc.tail for arc in head.arcs if nodes[arc.tail].width == head.width):
                clause = f"∂L/∂{name} has the factor {setting.node(tail)}, as the gradient of a weight"
                yield Mistake("", "bias with an input", clause, edges=put(setting, edge, values_of(tail)))


def factor_of_product(setting: Setting) -> Iterator[Mistake]:
    """Of a product of two nodes the derivative by one is the other."""
    for edge, link in links_of(setting.own.linear, NodeLink):
        head = setting.graph.nodes[link.node]
        if not isinstance(head, JoinNode) or head.join.name != "multiply" or len(head.arcs) != 2:
            continue
        (other,) = [arc.tail for place, arc in enumerate(head.arcs) if place != link.place]
        if head.of in (setting.graph.nodes[link.arc.tail].of, setting.graph.nodes[other].of):  # weighted: no name
            continue
        product, own, factor = (setting.node(node) for node in (link.node, link.arc.tail, other))
        clause = f"the factor {factor} of the product {product} is left out of ∂{product}/∂{own}"
        yield Mistake("", "factor left out", clause, edges=put(setting, edge, always([[1.0] * head.width])))
        clause = f"∂{product}/∂{own} is taken as {own} in place of {factor}"
        yield Mistake("", "factor for another", clause, edges=put(setting, edge, values_of(link.arc.tail)))


def skip_behind_activation(setting: Setting) -> Iterator[Mistake]:
    """A skip that is added after the activation, which is taken into σ′, and left out of what is multiplied by δ."""
    links, nodes = setting.own.linear.links, setting.graph.nodes
    for number, layer in enumerate(setting.network.layers, len(setting.network.inputs)):
        if not layer.into_output:
            continue
        output = setting.graph.outputs[number]
        activation = nodes[output].arcs[0].tail
        if layer.activation.name in OF_OUTPUT:
            text, function = OF_OUTPUT[layer.activation.name]
            (edge,) = [e for e, link, _ in activated(setting) if link.node == activation]
            clause = f"y in σ′ = {text} (σ′(z) of {layer.name}) is the output with the skip"
            alter = other_values(setting, edge, output, function)
            yield Mistake("", "skip in σ′", clause, edges=alter)
        for edge, link in enumerate(links):
            if isinstance(link, UseLink) and isinstance(link.by, Arc) and link.by.tail == output:
                name = setting.network.parameters[link.parameter].name
                without = f"{layer.activation.text}(z) of {layer.name}, without the skip"
                clause = f"∂L/∂{name} takes {without}, in place of {layer.name}"
                yield Mistake("", "input without its skip", clause, edges=put(setting, edge, values_of(activation)))
            if layer.activation.couples or not isinstance(link, NodeLink) or link.node != output:
                continue
            if link.arc.is_skip and link.arc.parameter is None:
                through = f"what comes through {link.arc.label}"
                clause = f"{through} is multiplied by σ′(z) of {layer.name}, though the skip is added behind it"
                yield Mistake("", "σ′ on a skip", clause, edges=times_derivative(setting, edge, number))


CONSTANTS: Mapping[str, Mapping[str, tuple[bool, bool]]] = {
    "layer_norm": {
        "mean and variance of layer_norm in {} are taken as constants": (False, False),
        "the variance of layer_norm in {} is taken as a constant": (True, False),
        "the mean of layer_norm in {} is taken as a constant": (False, True),
    },
    "rms_norm": {"the mean square of rms_norm in {} is taken as a constant": (False, False)},
}
"""What of a norm is not differentiated, and whether its mean and its variance are."""


def statistics_of_a_norm(setting: Setting) -> Iterator[Mistake]:
    """A norm (z − μ)/r differentiated as if μ or r were a constant: (δ_ij − 1/n)/r, (δ_ij − y_i·y_j/n)/r, or δ_ij/r."""
    for edge, link in links_of(setting.own.linear, NodeLink):
        node = setting.graph.nodes[link.node]
        if isinstance(node, ActivationNode):
            for clause, (of_mean, of_variance) in CONSTANTS.get(node.activation.name, {}).items():
                alter = put(setting, edge, jacobian_of_part(link.arc.tail, node.activation, of_mean, of_variance))
                yield Mistake("", "constant statistics", clause.format(setting.node(link.node)), edges=alter)


def jacobian_of_part(tail: int, norm: Activation, of_mean: bool, of_variance: bool) -> MadeRows:
    """The Jacobian of a norm of the values of a node without the part of μ, of r, or of both."""

    def rows(altered: AlteredPass) -> Rows:
        found = []
        for z in altered.at.values(tail):
            n, mean = len(z), sum(z) / len(z) if norm.name == "layer_norm" else 0.0
            r = sqrt(sum((x - mean) ** 2 for x in z) / n + norm.options["eps"])
            y = [(x - mean) / r for x in z]
            parts = [((i == j) - of_mean / n - of_variance * y[i] * y[j] / n) / r for i in range(n) for j in range(n)]
            found.append(parts)
        return found

    return rows


def other_values(setting: Setting, edge: int, node: int, function: Callable[[float], float]) -> OtherEdges:
    """An edge with a function of the values of a node."""
    return put(setting, edge, lambda altered: [[function(x) for x in row] for row in altered.at.values(node)])


def times_derivative(setting: Setting, edge: int, number: int) -> OtherEdges:
    """An edge of weight 1 with σ′(z) of a layer; none where its units are coupled, as another mistake may make them."""
    behind = put(setting, edge, derivatives_of(number))

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        network = altered.at.graph.network
        return not network.layers[number - len(network.inputs)].activation.couples and behind(altered, edges)

    return alter


VALUES: tuple[Kind, ...] = (
    ("part of the derivative", 0.03, part_of_derivative),
    ("inverted mask", 0.02, inverted_mask),
    ("derivative twice", 0.02, derivative_twice),
    ("derivative of another layer", 0.02, derivative_of_another_layer),
    ("another weight", 0.02, another_weight),
    ("another input", 0.03, another_input),
    ("factor of a product", 0.02, factor_of_product),
    ("skip behind the activation", 0.03, skip_behind_activation),
    ("statistics of a norm", 0.02, statistics_of_a_norm),
)
"""What can go wrong in the numbers that are multiplied, and how often it does."""
