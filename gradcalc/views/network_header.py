"""What pages and JSON documents about a network begin with: its name, the activations that its layers use, its loss."""

from __future__ import annotations

from typing import Any

import gradcalc
from gradcalc.analysis.results import LossValue, Path
from gradcalc.network.network import Network

Facts = dict[str, Any]
"""What JSON prints; keys and their order are a contract."""


def title(network: Network, of: str | None = None) -> str:
    """rnn · tanh, identity · ½Σ(y − t)²; without a target there is no loss. `of` is differentiated in place of it."""
    return " · ".join(filter(None, [network.name, ", ".join(network.activations), loss_formula(network, of)]))


def loss_formula(network: Network, of: str | None = None) -> str:
    """½Σ(y − t)², of one example; L = h2 where h2 is differentiated; "" without a target."""
    if of is None and not network.loss.takes_target:
        of = network.nodes[-1 if network.of is None else network.of].name
    if of is not None:
        return f"L = {summed(network, of)}"
    if not network.targets:
        return ""
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.expressions.walk import write
    from gradcalc.losses.formulas import expression

    width = max(network.nodes[target.node].width for target in network.targets)
    return write(expression(network.loss, width), Unicode())


def summed(network: Network, name: str) -> str:
    """A node, or one of its units; the sum over its units where there are several: Σh2."""
    return "Σ" * any(node.name == name and node.width > 1 for node in network.nodes) + name


def envelope(command: str) -> Facts:
    """What every document begins with."""
    return {"gradcalc": gradcalc.__version__, "command": command}


def network_facts(network: Network, loss: LossValue | None) -> Facts:
    """What every document says of a network; the loss is None without a target."""
    activations = list(network.activations)
    return {"name": network.name, "activations": activations, "loss": None if loss is None else loss._asdict()}


def path_facts(path: Path) -> Facts:
    """One path; `at` where a tied parameter has several uses, `example` in a batch, `entry` of a matrix."""
    return {key: value for key, value in path._asdict().items() if value is not None or key == "share"}
