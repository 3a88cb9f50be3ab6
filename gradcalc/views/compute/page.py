"""What a person reads of `gradcalc compute`, from the title to the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.blocks import Block, Formula, Heading, Words
from gradcalc.phrases import typeset, with_numbers
from gradcalc.results import Computation
from gradcalc.views.compute.forward import forward_table
from gradcalc.views.compute.gradients import gradient_blocks
from gradcalc.views.compute.verdict import verdict


def page(computation: Computation, every: bool, entries: bool) -> Iterator[Block]:
    """Title, forward pass, gradients with their paths, and what they mean."""
    yield Heading(title(computation))
    if computation.loss is not None:
        yield Formula(("L = ", *loss_in_numbers(computation), computation.loss.value))
    yield forward_table(computation, every)
    yield from gradient_blocks(computation, every, entries)
    yield from verdict(computation)


def title(computation: Computation) -> str:
    """Name, activation, loss, and the arithmetic where it is not that of doubles."""
    network = computation.network
    said = [network.name, network.activation]
    if computation.loss is not None:
        said.append(computation.loss.name)
    return " · ".join(said)


def loss_in_numbers(computation: Computation) -> tuple[Words, ...]:
    """The loss written out: (y − t)² = (0.525929 − 1)² = ."""
    loss = computation.loss
    if loss is None or not loss.formula:
        return ()
    formula = typeset(loss.formula)
    values = scalars(computation)
    if values is None:
        return (formula, " = ")
    return (formula, " = ", *with_numbers(formula, values), " = ")


def scalars(computation: Computation) -> dict[str, float] | None:
    """y and t as numbers, where there is one of each."""
    network = computation.network
    if len(network.targets) != 1 or network.batch or len(network.targets[0].rows[0]) != 1:
        return None
    target = network.targets[0]
    return {"y": computation.forward[network.nodes[target.node].name].output, "t": target.rows[0][0]}
