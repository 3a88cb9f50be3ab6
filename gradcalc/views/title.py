"""The title of a page about one network: its name, the activations that its layers use, and its loss as a formula."""

from __future__ import annotations

from gradcalc.network.network import Network


def title(network: Network) -> str:
    """rnn · tanh, identity · ½Σ(y − t)²; without a target there is no loss."""
    return " · ".join([network.name, ", ".join(network.activations), *loss_formula(network)])


def loss_formula(network: Network) -> list[str]:
    """The loss of one example in y and t, where there is one; L = f where the output f itself is differentiated."""
    if not network.loss.takes_target:
        output = network.nodes[-1 if network.of is None else network.of]
        return [f"L = {'Σ' * (output.width > 1)}{output.name}"]
    if not network.targets:
        return []
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.expressions.walk import write
    from gradcalc.losses.expression import expression

    width = max(network.nodes[target.node].width for target in network.targets)
    return [write(expression(network.loss, width), Unicode())]
