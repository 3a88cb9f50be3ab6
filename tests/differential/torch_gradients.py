"""A network's gradients by PyTorch, as they are, counted, or of magnitudes: `plain_spec.forward` and `backward`."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from .plain_spec import Plan, Values, forward
from .torch_operations import AvoidingOperations, CountingOperations, MagnitudeOperations, Pair, TorchOperations, tensor


class Differentiated(NamedTuple):
    """PyTorch's pass: every value with its gradient, gradients of parameters and then of nodes by name."""

    values: Values
    loss: Any
    gradients: dict[str, Any]


def differentiated(
    plan: Plan, operations: Any = None, of: str = "", one_example: bool = False, avoid: str = ""
) -> Differentiated:
    operations = operations or TorchOperations()
    whole = isinstance(operations, CountingOperations) and operations.whole
    rows = {name: value[:1] if one_example else value for name, value in plan.inputs.items()}
    inputs = {name: tensor([[1.0]] if whole else value) for name, value in rows.items()}
    parameters = {name: tensor(1.0 if whole else value) for name, value in plan.parameters.items()}
    if avoid:
        nodes = [layer.name for layer in plan.layers]
        operations = AvoidingOperations(nodes.index(avoid) if avoid in nodes else None, parameters.get(avoid))
    values = forward(plan, operations, inputs, parameters, of)
    found = backward(values, parameters | values.outputs, values.preactivations)
    if avoid in values.outputs:  # a path that starts there does not avoid it
        found.gradients[avoid] = torch.zeros_like(found.gradients[avoid])
    return found


def backward(values: Values, leaves: dict[str, Any], preactivations: dict[str, Any]) -> Differentiated:
    """A gradient of 0 for all that the loss does not depend on."""
    if values.loss.requires_grad:
        values.loss.backward()
    for value in (*leaves.values(), *preactivations.values()):
        value.grad = torch.zeros_like(value) if value.grad is None else value.grad
    return Differentiated(values, values.loss, {name: leaf.grad for name, leaf in leaves.items()})


def magnitudes(plan: Plan, of: str = "", careful: bool = False, in_terms: bool = False) -> Callable[[str], float]:
    """Σ|contribution| over paths over single units, of the entry where it is largest, by the name of a quantity; in
    double precision, or with local derivatives that are right, and with `in_terms` of what is rounded on the way."""
    real = differentiated(plan)
    inputs = {name: pair(real.values.outputs[name]) for name in plan.inputs}
    parameters = {name: pair(tensor(value)) for name, value in plan.parameters.items()}
    values = forward(plan, MagnitudeOperations(careful, in_terms), inputs, parameters, of)
    leaves = {name: found.linear for name, found in (parameters | values.outputs).items()}
    preactivations = {name: found.linear for name, found in values.preactivations.items()}
    backward(values, leaves, preactivations)
    return lambda quantity: largest(quantity, leaves, preactivations)


def pair(value: Any) -> Pair:
    return Pair(value.detach(), torch.zeros_like(value, requires_grad=True))


def largest(quantity: str, leaves: dict[str, Any], preactivations: dict[str, Any]) -> float:
    kind, _, name = quantity.partition(" ")
    if kind in ("loss", "z", "output"):
        return 0.0
    gradient = (preactivations if kind == "δ" else leaves)[name.partition("[")[0]].grad
    return float(gradient.sum() if kind == "sum" else gradient.max())
