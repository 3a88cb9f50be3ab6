"""Mistakes in the forward pass, each as another network; they change values, the loss and gradients alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcalc.activations import Activation, bind
from gradcalc.analysis.altered_pass import links_of
from gradcalc.analysis.backward_mistakes import OTHERS, all_of, always, put, quoted
from gradcalc.analysis.mistakes import Kind, Mistake, OtherEdges, Setting
from gradcalc.network.graph import Arc
from gradcalc.network.linear_graph import UseLink
from gradcalc.network.network import NO_CONSTANTS, Edge, Layer, Network, Parameter, mapped_entries, numbers, unit_name

MOST_UNITS = 16  # of an input of which one is not read
Change = Callable[[Layer], Layer]


def with_layers(chosen: Sequence[int], change: Change) -> Callable[[Network], Network]:
    """The network with some of its layers changed."""

    def changed(network: Network) -> Network:
        layers = [change(one) if number in chosen else one for number, one in enumerate(network.layers)]
        return network._replace(layers=tuple(layers))

    return changed


def with_values(change: Callable[[int, Parameter], Any]) -> Callable[[Network], Network]:
    """The network with other values of its parameters."""

    def changed(network: Network) -> Network:
        parameters = [
            one._replace(value=change(number, one), exact=NO_CONSTANTS) for number, one in enumerate(network.parameters)
        ]
        return network._replace(parameters=tuple(parameters))

    return changed


def zeroed(chosen: Sequence[int]) -> Callable[[Network], Network]:
    """Some parameters 0."""
    return with_values(lambda n, one: mapped_entries(one.value, lambda i, x: 0.0) if n in chosen else one.value)


def bias_left_out(setting: Setting) -> Iterator[Mistake]:
    """A bias that is not added."""
    network = setting.network
    chosen = [n for n, one in enumerate(network.parameters) if one.kind == "bias" or _is_bias(network, n)]
    chosen = [number for number in chosen if any(numbers(network.parameters[number].value))]
    for number in chosen:
        one = network.parameters[number]
        command = None
        if all(size == 1 for size in one.shape):
            command = f"gradcalc compute SPEC --set {quoted(one.name)}=0"
        yield Mistake(
            "", "bias left out", f"the bias {one.name} is not added", network=zeroed([number]), command=command
        )
    if len(chosen) > 1:
        yield Mistake("", "biases left out", "no bias is added", network=zeroed(chosen))


def _is_bias(network: Network, number: int) -> bool:
    return any(layer.bias == number for layer in network.layers)


def skip_left_out(setting: Setting) -> Iterator[Mistake]:
    """A skip that is no part of the forward pass either."""
    skips = [
        (number, part, edge)
        for number, layer in enumerate(setting.network.layers)
        for part in ("into_preactivation", "into_output")
        for edge in getattr(layer, part)
    ]
    for number, part, edge in skips:

        def without(layer: Layer, part: str = part, edge: Any = edge) -> Layer:
            left = tuple(one for one in getattr(layer, part) if one != edge)
            return (
                layer._replace(into_output=left) if part == "into_output" else layer._replace(into_preactivation=left)
            )

        tail, head = setting.network.nodes[edge.source].name, setting.network.layers[number].name
        clause = f"the skip {tail} → {head} ({edge.label}) is left out, of the forward pass too"
        command = None
        if edge.parameter is not None:
            command = f"gradcalc compute SPEC --set {quoted(setting.network.parameters[edge.parameter].name)}=0"
        if len(skips) == 1:
            command = "gradcalc compute SPEC --no-skips"
        yield Mistake("", "skip left out", clause, network=with_layers([number], without), command=command)
    if len(skips) > 1:
        bare = with_layers(
            range(len(setting.network.layers)), lambda one: one._replace(into_preactivation=(), into_output=())
        )
        clause = "all skips are left out, of the forward pass too"
        yield Mistake("", "skips left out", clause, network=bare, command="gradcalc compute SPEC --no-skips")


def skip_elsewhere(setting: Setting) -> Iterator[Mistake]:
    """Skips added before the activation in place of behind it, and the reverse."""
    for number, layer in enumerate(setting.network.layers):
        if layer.activation.name == "identity" or not layer.skips:
            continue
        late, early = layer.into_output, layer.into_preactivation

        def moved(layer: Layer) -> Layer:
            return layer._replace(into_preactivation=layer.into_output, into_output=layer.into_preactivation)

        if bool(late) != bool(early):
            which = f"the skip{'s' if len(late + early) > 1 else ''} into {layer.name}"
            places = ("before its activation", "behind it") if late else ("behind its activation", "before it")
            place = " in place of ".join(places)
            clause = f"{which} {'are' if len(late + early) > 1 else 'is'} added {place}"
            yield Mistake("", "skip elsewhere", clause, network=with_layers([number], moved))


def another_activation(setting: Setting) -> Iterator[Mistake]:
    """A layer with another activation, or with none."""
    network = setting.network
    plain = [n for n, one in enumerate(network.layers) if not (one.activation.couples or one.activation.parametric)]

    def replaced(chosen: Sequence[int], row: Activation) -> Callable[[Network], Network]:
        return with_layers(chosen, lambda layer: layer._replace(activation=row))

    for name in ("identity", *OTHERS):
        row = bind(name)
        others = [number for number in plain if network.layers[number].activation.name != name]
        for number in others:
            layer = network.layers[number]
            clause = f"{layer.name} has the activation {name} in place of {layer.activation.text}"
            if name == "identity":
                clause = f"the activation {layer.activation.text} of {layer.name} is left out"
            yield Mistake("", "another activation", clause, network=replaced([number], row))
        if len(others) > 1:
            clause = f"every layer has the activation {name}"
            command = f"gradcalc compute SPEC --activation {name}"
            yield Mistake("", "another activation", clause, network=replaced(others, row), command=command)
    for number in dict.fromkeys(target.node - len(network.inputs) for target in network.targets):
        layer = network.layers[number]
        for name, clause in over_classes(layer) if layer.width > 1 else ():
            yield Mistake("", "another activation", clause, network=replaced([number], bind(name)))


def over_classes(layer: Layer) -> Iterator[tuple[str, str]]:
    """Activations that are taken for that of a layer of classes, each with what is told of it."""
    own = layer.activation.name
    instead = f"in place of {layer.activation.text}"
    if own in ("identity", "sigmoid"):
        yield "softmax", f"{layer.name} has the activation softmax {instead}"
    if own == "softmax":
        yield "exp", f"softmax in {layer.name} is not divided by the sum over its units"
    for name in ("sigmoid", "log_softmax", "identity") if own == "softmax" else ():
        yield name, f"{layer.name} has the activation {name} {instead}"


def transposed_weight(setting: Setting) -> Iterator[Mistake]:
    """A square matrix multiplied from the other side."""
    network = setting.network
    square = [n for n, one in enumerate(network.parameters) if len(one.shape) == 2 and one.shape[0] == one.shape[1] > 1]

    def turned(chosen: Sequence[int]) -> Callable[[Network], Network]:
        return with_values(lambda n, one: [list(row) for row in zip(*one.value)] if n in chosen else one.value)

    for number in square:
        name = network.parameters[number].name
        clause = f"{name} is transposed in the forward pass"
        yield Mistake("", f"{name} transposed", clause, network=turned([number]))
    if len(square) > 1:
        clause = "all weights are transposed in the forward pass"
        yield Mistake("", "weights transposed", clause, network=turned(square))


def joined_otherwise(setting: Setting) -> Iterator[Mistake]:
    """A sum in place of a product, a mean in place of a sum."""
    for number, layer in enumerate(setting.network.layers):
        if len(layer.edges) < 2 or layer.join == "concat":
            continue
        for join in ("sum", "multiply", "mean", "max"):
            if join == layer.join:
                continue

            def change(layer: Layer, join: str = join) -> Layer:
                return layer._replace(join=join)

            clause = f"{layer.name} takes the {JOINED[join]} of what it joins in place of the {JOINED[layer.join]}"
            yield Mistake("", "another join", clause, network=with_layers([number], change))


JOINED = {"sum": "sum", "multiply": "product", "mean": "mean", "max": "maximum", "min": "minimum"}


def source_left_out(setting: Setting) -> Iterator[Mistake]:
    """One of the nodes that a layer sums is not read."""
    for number, layer in enumerate(setting.network.layers):
        if len(layer.edges) < 2 or layer.join != "sum":
            continue
        for edge in layer.edges:

            def without(layer: Layer, edge: Edge = edge) -> Layer:
                return layer._replace(edges=tuple(one for one in layer.edges if one != edge))

            source = setting.network.nodes[edge.source].name
            label = "" if edge.parameter is None else f" ({edge.label})"
            clause = f"{layer.name} does not read {source}{label}, in the forward pass either"
            yield Mistake("", "input left out", clause, network=with_layers([number], without))


def input_forgotten(setting: Setting) -> Iterator[Mistake]:
    """An input, or a unit of it, that is not read; and weights that are not multiplied by their input."""
    for number, given in enumerate(setting.network.inputs):
        names = weights_of(setting, number)
        weights, are = ", ".join(names), "are" if len(names) > 1 else "is"
        for unit in range(given.width if given.width <= MOST_UNITS else 0):
            zero = with_input(number, unit, 0.0)
            name = unit_name(given.name, unit, given.width)
            clause = f"the input {name} is left out (taken as 0)"
            command = f"gradcalc compute SPEC --set input.{given.name}=0" if given.width == 1 else None
            yield Mistake("", "input left out", clause, network=zero, command=command)
            if names:
                clause = f"the input {name} is left out of z, though not of ∂L/∂{weights}"
                own = with_own_values(setting, number)
                yield Mistake("", "input left out", clause, network=zero, edges=own)
        if names:
            ones = with_input(number, None, 1.0)
            clause = f"{weights} {are} not multiplied by {given.name} (taken as 1), neither in z nor in the gradient"
            yield Mistake("", "input left out", clause, network=ones)
            clause = f"{weights} {are} not multiplied by {given.name} in z (taken as 1), though in ∂L/∂{weights}"
            yield Mistake("", "input left out", clause, network=ones, edges=with_own_values(setting, number))


def weights_of(setting: Setting, source: int) -> list[str]:
    """The parameters that multiply a node."""
    network = setting.network
    found = [edge.parameter for _, edge in network.readers(source) if edge.parameter is not None]
    return list(dict.fromkeys(network.parameters[number].name for number in found))


def with_input(number: int, unit: int | None, value: float) -> Callable[[Network], Network]:
    """The network with another value of an input, or of one of its units."""

    def changed(network: Network) -> Network:
        inputs = list(network.inputs)
        rows = [[value if unit in (None, n) else x for n, x in enumerate(row)] for row in inputs[number].rows]
        inputs[number] = inputs[number]._replace(rows=rows, exact=NO_CONSTANTS)
        return network._replace(inputs=tuple(inputs))

    return changed


def with_own_values(setting: Setting, number: int) -> OtherEdges:
    """The gradients of weights on an input with its right values."""
    rows = setting.network.inputs[number].rows
    return all_of(
        [
            put(setting, edge, always(rows))
            for edge, link in links_of(setting.own.linear, UseLink)
            if isinstance(link.by, Arc) and setting.graph.nodes[link.by.tail].of == number
        ]
    )


FORWARD: tuple[Kind, ...] = (
    ("bias left out", 0.04, bias_left_out),
    ("skip left out forward", 0.04, skip_left_out),
    ("skip elsewhere", 0.02, skip_elsewhere),
    ("another activation", 0.04, another_activation),
    ("weight transposed", 0.02, transposed_weight),
    ("another join", 0.02, joined_otherwise),
    ("source left out", 0.02, source_left_out),
    ("input left out forward", 0.02, input_forgotten),
)
"""What can go wrong in the forward pass, and how often it does."""
