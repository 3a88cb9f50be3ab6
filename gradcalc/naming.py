"""What paths, tables and messages call things: nodes and their units, weights and their entries, uses of tied ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gradcalc.graph import Arc, Graph, Node
from gradcalc.network import Edge, Layer, Network, Parameter

BIAS, ALPHA = "bias", "alpha"
Use = tuple[int, Arc | str]
"""A parameter at work: in which node of the network, on which arc or as what (BIAS, ALPHA)."""


def unit_name(name: str, unit: int, width: int) -> str:
    """ "h[0]", or "h" where that is all there is of it."""
    return name if width == 1 else f"{name}[{unit}]"


def entry_name(parameter: Parameter, index: tuple[int, ...]) -> str:
    """ "w1[0,1]", or "w1" where that is all there is of it."""
    if all(size == 1 for size in parameter.shape):
        return parameter.name
    return f"{parameter.name}[{','.join(map(str, index))}]"


def entry_index(parameter: Parameter, entry: int) -> tuple[int, ...]:
    """The index of the entry that stands `entry` places after the first, row by row."""
    if len(parameter.shape) < 2:
        return (entry,) * len(parameter.shape)
    return divmod(entry, parameter.shape[1])


def uses(graph: Graph) -> Mapping[int, list[Use]]:
    """Where each parameter is used, by its number; a parameter with several uses is tied."""
    found: dict[int, list[Use]] = {}
    for node in graph.nodes:
        for parameter, use in _node_uses(graph.network, node):
            found.setdefault(parameter, []).append(use)
    return found


def use_names(graph: Graph) -> Mapping[Use, str]:
    """For every use of a tied parameter, what tells it from the others: its layer, or its edge where need be."""
    found: dict[Use, str] = {}
    if not _any_is_tied(graph):
        return found
    for places in uses(graph).values():
        if len(places) > 1:
            layers = Counter(of for of, _ in places)
            for use in places:
                found[use] = _use_name(graph, use, layers[use[0]] > 1)
    return found


def _any_is_tied(graph: Graph) -> bool:
    """Told at a glance, for mostly there is none."""
    used = [arc.parameter for node in graph.nodes for arc in node.arcs if arc.parameter is not None]
    used += [node.bias for node in graph.nodes if node.bias is not None]
    used += [layer.alpha for layer in graph.network.layers if layer.alpha is not None]
    return len({*used}) < len(used)


def _node_uses(network: Network, node: Node) -> Iterator[tuple[int, Use]]:
    for arc in node.arcs:
        if arc.parameter is not None:
            yield arc.parameter, (node.of, arc)
    if node.bias is not None:
        yield node.bias, (node.of, BIAS)
    if node.kind == "bend":
        alpha = network.layers[node.of - len(network.inputs)].alpha
        if alpha is not None:
            yield alpha, (node.of, ALPHA)


def _use_name(graph: Graph, use: Use, several: bool) -> str:
    of, arc = use
    nodes = graph.network.nodes
    name = nodes[of].name
    if isinstance(arc, str) or graph.nodes[arc.tail].of == of or not (several or _is_skip(graph, of, arc)):
        return name
    return f"{nodes[graph.nodes[arc.tail].of].name}→{name}"


def _is_skip(graph: Graph, of: int, arc: Arc) -> bool:
    layer = graph.network.nodes[of]
    assert isinstance(layer, Layer)
    skips = (*layer.into_preactivation, *layer.into_output)
    return any(graph.outputs[skip.source] == arc.tail and skip.parameter == arc.parameter for skip in skips)


def expression(network: Network, layer: Layer) -> str:
    """How a layer's preactivation comes about: "w3·h2 + w_r·h1 + b3"."""
    joined = _joined(network, layer)
    if layer.weight is not None:
        joined = f"{network.parameters[layer.weight].name}·{joined}"
    parts = [joined, *(_weighed(network, skip) for skip in layer.into_preactivation)]
    if layer.bias is not None:
        parts.append(network.parameters[layer.bias].name)
    return " + ".join(parts)


def _joined(network: Network, layer: Layer) -> str:
    parts = [_weighed(network, edge) for edge in layer.edges]
    if len(parts) == 1:
        return parts[0]
    if layer.join == "concat":
        return f"[{'; '.join(parts)}]"
    if layer.join == "multiply":
        return "·".join(parts)
    text = " + ".join(parts)
    if layer.join == "sum":
        return text if layer.weight is None else f"({text})"
    return f"{layer.join}({', '.join(parts)})"


def _weighed(network: Network, edge: Edge) -> str:
    source = network.nodes[edge.source].name
    return source if edge.parameter is None else f"{network.parameters[edge.parameter].name}·{source}"
