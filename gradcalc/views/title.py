"""The title of a page about one network: its name, the activations that its layers use, and its loss as a formula."""

from __future__ import annotations

from gradcalc.network.network import Network


def title(network: Network, of: str | None = None) -> str:
    """rnn · tanh, identity · ½Σ(y − t)²; without a target there is no loss. `of` is differentiated in place of it."""
    return " · ".join(filter(None, [network.name, ", ".join(network.activations), loss_formula(network, of)]))


def loss_formula(network: Network, of: str | None = None) -> str:
    """½Σ(y − t)², L = h2 where h2 is differentiated; "" without a target."""
    if of is not None:
        return f"L = {summed(network, of)}"
    if not network.loss.takes_target:
        return f"L = {summed(network, network.nodes[-1 if network.of is None else network.of].name)}"
    return formula(network) if network.targets else ""


def summed(network: Network, name: str) -> str:
    """A node, or one of its units; the sum over its units where there are several: Σh2."""
    return "Σ" * any(node.name == name and node.width > 1 for node in network.nodes) + name


def formula(network: Network) -> str:
    """The loss of one example in y and t."""
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.expressions.walk import write
    from gradcalc.losses.formulas import expression

    return write(
        expression(network.loss, max(network.nodes[target.node].width for target in network.targets)), Unicode()
    )
