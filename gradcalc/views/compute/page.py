"""What a person reads of `gradcalc compute`, from the title to the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.blocks import Block, Formula, Heading, Words
from gradcalc.results import Computation
from gradcalc.text.phrases import listed, typeset, with_numbers
from gradcalc.views.compute.forward import forward_table
from gradcalc.views.compute.gradients import gradient_blocks
from gradcalc.views.compute.verdict import verdict


def page(computation: Computation, every: bool, entries: bool) -> Iterator[Block]:
    """Title, forward pass, gradients with their paths, and what they mean."""
    if computation.paths is not None:  # spelled out as they are asked for: once is enough
        computation = computation._replace(paths=dict(computation.paths))
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
    """The loss written out, (y − t)² = (0.525929 − 1)² = , with numbers where there is one example and one target."""
    loss, network = computation.loss, computation.network
    if loss is None or not loss.formula:
        return ()
    if len(network.targets) > 1:
        named = listed([network.nodes[target.node].name for target in network.targets])
        return (f"the sum over {named} of {typeset(loss.formula)} = ",)
    if loss.formula == network.loss.formula:
        formula = typeset(loss.formula)
        values = tokens(computation, [["y"], ["t"]])
        return (formula, " = ", *with_numbers(formula, values), " = ") if values else (formula, " = ")
    from gradcalc.losses.notation import in_numbers, pretty

    widths = [network.nodes[target.node].width for target in network.targets] or [network.layers[-1].width]
    formula = pretty(network.loss, max(widths), network.examples)
    names = [[f"{letter}{unit}" for unit in range(max(widths))] for letter in "yt"]
    values = tokens(computation, names)
    if not values:
        return (formula, " = ")
    ts = [f"{values[name]:.0f}" if values[name] in (0, 1) else name for name in names[1]]
    return (formula, " = ", *with_numbers(in_numbers(network.loss, names[0], ts), values), " = ")


def tokens(computation: Computation, names: list[list[str]]) -> dict[str, float] | None:
    """The outputs and targets of the units by their names, where there is one target and no batch."""
    network = computation.network
    if len(network.targets) != 1 or network.batch:
        return None
    target = network.targets[0]
    output = computation.forward[network.nodes[target.node].name].output
    ys = output if isinstance(output, list) else [output]
    return dict(zip((*names[0], *names[1]), (*ys, *target.rows[0])))
