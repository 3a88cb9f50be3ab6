"""Every gradient as an array, and nothing else: neither values nor adjoints nor paths are kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_forward import ArrayKind, parameter_arrays
from gradcalc.engine.array_gradients import Plan, Watch
from gradcalc.engine.array_gradients import gradients as swept
from gradcalc.errors import UsageError
from gradcalc.network.graph import Graph, graph
from gradcalc.network.linear_graph import layer_steps
from gradcalc.network.network import Network
from gradcalc.questions.point import is_narrow, point

Array = Any


def gradients(network: Network) -> dict[str, Array]:
    """∂L/∂ every parameter by its name, in its shape: doubles, or Decimals where no double holds them.

    Raises UsageError for a network without target, DomainError, LimitError.
    """
    laid = graph(network)
    if not laid.ends():
        raise UsageError("without a target there is no loss and no gradient")
    found = None if is_narrow(laid) else in_doubles(laid)
    return found or _as_computed(network)


def in_doubles(laid: Graph) -> dict[str, Array] | None:
    """By arrays whatever the width; None where a double may have been lost to the range."""
    kind, watch = ArrayKind(Double), Watch()
    weights = parameter_arrays(laid, kind)
    for weight in weights:
        watch(weight)
    targets = [kind.array(target.rows, target.exact) for target in laid.network.targets]
    found = swept(Plan(layer_steps(laid)), kind, weights, targets, watch)
    if not watch.kept:
        return None
    return {parameter.name: array for parameter, array in zip(laid.network.parameters, found)}


def _as_computed(network: Network) -> dict[str, Array]:
    at = point(network)
    with at.arithmetic.context():
        found = [np.array(at.gradient(number)) for number in range(len(network.parameters))]
    return {each.name: array.reshape(each.shape) for each, array in zip(network.parameters, found)}
