"""What `gradcalc compute` prints: the facts that JSON holds, a contract, and the page that a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import gradcalc
from gradcalc.analysis.results import Adjoints, Computation, NodeValues, Path, Paths
from gradcalc.expressions.expression import Expression
from gradcalc.network.network import Network, Parameter, Value
from gradcalc.report.report import Block, Deferred, Formula, Heading, Note, Report, Words
from gradcalc.report.text import listed

if TYPE_CHECKING:
    from gradcalc.report.report import Block, Table


LOSS = Expression("name", value="L")

# What `gradcalc compute` shows: the forward pass, the loss, every gradient as the sum of its paths, and a verdict.


def report(
    computation: Computation, warnings: tuple[str, ...] = (), every: bool = False, entries: bool = False
) -> Report:
    """The computation as a report; `entries` shows gradients by entry instead of by norm, `every` whatever there is."""

    def blocks() -> Iterator[Block]:

        return page(computation, every, entries)

    def table() -> Table:
        from gradcalc.views.compute_tables import flat_table

        return flat_table(computation)

    found = tuple(f"warning: {warning}" for warning in computation.warnings)
    shown = "forward pass" if computation.loss is None else "gradients as sums over paths"
    return Report(
        Deferred(lambda: facts(computation)),
        blocks,
        table=table,
        warnings=(*warnings, *found),
        title=f"{computation.network.name}: {shown}",
    )


# The facts of `gradcalc compute`, which JSON prints: keys, their order and their shapes are a contract.


Facts = dict[str, Any]


def facts(computation: Computation) -> Facts:
    """Everything that was computed; what needs a target is None where there is none."""
    network, loss = computation.network, computation.loss
    return {
        "gradcalc": gradcalc.__version__,
        "command": "compute",
        "name": network.name,
        "activations": list(network.activations),
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
        "derivative": values.derivative,
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
    if adjoints.delta is None:
        return {"output": adjoints.output}
    return {"output": adjoints.output, "delta": adjoints.delta}


def paths_facts(paths: Paths) -> Facts:
    """The paths of one gradient."""
    said: Facts = {"count": paths.count, "top": [path_facts(path) for path in paths.top]}
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


# What a person reads of `gradcalc compute`, from the title to the sentences.


def page(computation: Computation, every: bool, entries: bool) -> Iterator[Block]:
    """Title, both passes, gradients with their paths, and what they mean; JSON needs nothing of what is loaded here."""
    from gradcalc.views.compute_passes import passes
    from gradcalc.views.compute_sentences import legend, sentences
    from gradcalc.views.compute_tables import gradient_blocks
    from gradcalc.views.title import title

    if computation.paths is not None:  # spelled out as they are asked for: once is enough
        computation = computation._replace(paths=dict(computation.paths))
    yield Heading(title(computation.network))
    if computation.loss is not None:
        yield Note(legend(computation), "legend")
        yield Formula((LOSS, " = ", *loss_in_numbers(computation), computation.loss.value))
    yield passes(computation, every)
    yield from gradient_blocks(computation, every, entries)
    yield from sentences(computation)


def loss_in_numbers(computation: Computation) -> tuple[Words, ...]:
    """The loss written out, (y − t)² = (0.525929 − 1)² = , with numbers where there is one example and one target."""
    from gradcalc.losses.formulas import expression, in_numbers

    network = computation.network
    ends = [network.nodes[target.node] for target in network.targets]
    ends = ends or [network.nodes[-1 if network.of is None else network.of]]
    name = "y" if network.loss.takes_target else ends[0].name
    formula = expression(network.loss, max(node.width for node in ends), name)
    over = f"{network.loss.reduction} over {network.examples} examples of " if network.examples > 1 else ""
    if len(network.targets) > 1:
        return (f"the sum over {listed([node.name for node in ends])} of {over}", formula, " = ")
    if not network.targets or network.batch:
        return (over, formula, " = ")
    output = computation.forward[ends[0].name].output
    ys = output if isinstance(output, list) else [output]
    return (formula, " = ", in_numbers(network.loss, ys, network.targets[0].rows[0]), " = ")
