"""Mistakes in the forward pass, each as another network; they change values, the loss and gradients alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from gradcalc.activations import Activation, bind
from gradcalc.analysis.backward_mistakes import MOST_UPDATED, OTHERS, RATES, quoted, updated_weights
from gradcalc.analysis.mistakes import Kind, Mistake, Setting
from gradcalc.analysis.point import computed
from gradcalc.arithmetic.float64 import Double
from gradcalc.errors import GradcalcError
from gradcalc.expressions.numerals import text
from gradcalc.network.graph import graph
from gradcalc.network.network import NO_CONSTANTS, Layer, Network, Parameter, mapped_entries, numbers

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


def after_a_step(setting: Setting) -> Iterator[Mistake]:
    """The values after a step of gradient descent in place of those before it; and of a step in which the layers before
    are computed with weights that are updated already."""
    if all(given.quantity == "gradient" for given in setting.givens):
        return
    at = setting.own.at
    for rate in RATES[:6]:
        stepped = _stepped(setting, at, rate)
        clause = f"it is computed after one step of gradient descent with learning rate {rate:g}"
        command = f"gradcalc train SPEC --lr {rate:g} --steps 1"
        yield Mistake("", "after a step", clause, network=stepped, command=command)
    for rate, mistake in zip(RATES[:6], updated_weights(setting)):
        altered = setting.own.altered()
        if mistake.edges and mistake.edges(altered, setting.own.names):
            clause = (
                f"it is computed after one step of gradient descent with learning rate {rate:g}, for which the backward"
                f" pass multiplied the old δ by weights that were already updated{_right_after(setting, at, rate)}"
            )
            stepped = _stepped(setting, altered.result(), rate)
            yield Mistake("", "after a step, updated weights used", clause, network=stepped)


def _right_after(setting: Setting, at: Any, rate: float) -> str:
    """The loss after a step with the gradients of one pass, in brackets."""
    with suppress(GradcalcError, ArithmeticError):
        loss = computed(graph(_stepped(setting, at, rate)(setting.network)), Double, MOST_UPDATED).loss
        return f" (L after a right step is {text(loss, 9)})"
    return ""


def _stepped(setting: Setting, at: Any, rate: float) -> Callable[[Network], Network]:
    def moved(number: int, one: Parameter) -> Any:
        if one.frozen:
            return one.value
        gradient = iter(numbers(at.gradient(number)))
        return mapped_entries(one.value, lambda index, x: x - rate * next(gradient))

    return with_values(moved)


FORWARD: tuple[Kind, ...] = (
    ("bias left out", 0.04, bias_left_out),
    ("skip left out forward", 0.04, skip_left_out),
    ("another activation", 0.04, another_activation),
    ("weight transposed", 0.02, transposed_weight),
    ("another join", 0.02, joined_otherwise),
    ("after a step", 0.03, after_a_step),
)
"""What can go wrong in the forward pass, and how often it does."""
