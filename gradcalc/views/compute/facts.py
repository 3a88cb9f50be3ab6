"""The facts of `gradcalc compute`, which JSON prints: keys, their order and their shapes are a contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradcalc
from gradcalc.network import Network, Parameter, Value
from gradcalc.results import Adjoints, Computation, NodeValues, Path, Paths

Facts = dict[str, Any]


def facts(computation: Computation) -> Facts:
    """Everything that was computed; what needs a target is None where there is none."""
    network, loss = computation.network, computation.loss
    return {
        "gradcalc": gradcalc.__version__,
        "command": "compute",
        "name": network.name,
        "activation": network.activation,
        "loss": None if loss is None else loss._asdict(),
        "input": given_inputs(network),
        "target": {network.nodes[target.node].name: target.given for target in network.targets},
        "forward": {name: node_facts(values) for name, values in computation.forward.items()},
        "backward": backward_facts(computation),
        "parameters": {parameter.name: parameter_value(parameter) for parameter in network.parameters},
        "frozen": [parameter.name for parameter in network.parameters if parameter.frozen],
        "gradients": each(None, computation.gradients),
        "log10": each(None, computation.log10),
        "paths": each(paths_facts, computation.paths),
    }


def each(told: Any, values: Mapping[str, Any] | None) -> Facts | None:
    """A function over the values of a mapping, where there is one."""
    if values is None:
        return None
    return {name: told(value) for name, value in values.items()} if told else dict(values)


def given_inputs(network: Network) -> Facts:
    """Every input's value in the shape of its node: a number, [units], or in a batch [examples][units]."""
    return {node.name: shaped(node.rows, network.batch) for node in network.inputs}


def shaped(rows: list[list[float]], batch: bool) -> Value:
    """Rows of examples as a value prints."""
    if batch:
        return rows
    return rows[0][0] if len(rows[0]) == 1 else rows[0]


def parameter_value(parameter: Parameter) -> Value:
    """A number where there is one entry, as its gradient is one."""
    entry = parameter.value
    while isinstance(entry, list) and len(entry) == 1:
        entry = entry[0]
    return parameter.value if isinstance(entry, list) else entry


def node_facts(values: NodeValues) -> Facts:
    """The forward pass at one node."""
    if values.activation is None:
        return {"output": values.output}
    said = {
        "activation": values.activation,
        "preactivation": values.preactivation,
        "output": values.output,
        "slope": values.slope,
    }
    return said | {"kink": True} if values.kink else said


def backward_facts(computation: Computation) -> Facts | None:
    """The adjoints in the order in which the backward pass meets the nodes."""
    adjoints = computation.backward
    if adjoints is None:
        return None
    return {node.name: adjoint_facts(adjoints[node.name]) for node in reversed(computation.network.nodes)}


def adjoint_facts(adjoints: Adjoints) -> Facts:
    """The backward pass at one node; an input has no preactivation."""
    if adjoints.preactivation is None:
        return {"output": adjoints.output}
    return {"output": adjoints.output, "preactivation": adjoints.preactivation}


def paths_facts(paths: Paths) -> Facts:
    """The paths of one gradient."""
    said: Facts = {"count": paths.count, "shown": [path_facts(path) for path in paths.shown]}
    return said if paths.exact else said | {"exact": False}


def path_facts(path: Path) -> Facts:
    """One path; `at` only where a tied parameter has several uses."""
    said = {
        "nodes": list(path.nodes),
        "through": list(path.through),
        "length": path.length,
        "contribution": path.contribution,
        "share": path.share,
    }
    return said if path.at is None else said | {"at": path.at}
