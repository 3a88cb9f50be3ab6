"""What has no effect in a network, and losses that do not suit their layers or targets; each with a remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language.building.draft import Draft, Names
from gradcalc.language.problems import Reporter
from gradcalc.losses import Loss
from gradcalc.network.network import Target

TWICE = {("softmax", "cross_entropy"): "nll", ("sigmoid", "bce_with_logits"): "bce"}
"""An activation that the loss applies itself, and the loss that does not."""


class Effects:
    """Looks over a network that is built, without errors."""

    def __init__(self, data: Mapping[str, Any], draft: Draft, targets: Sequence[Target], reporter: Reporter) -> None:
        self._data = data
        self._draft = draft
        self._targets = targets
        self._reporter = reporter

    def check_nodes(self, names: Names) -> None:
        """Nodes that no layer reads and no target names."""
        draft = self._draft
        for node in draft.unread([target.node for target in self._targets] or [len(draft.names) - 1]):
            name = draft.names[node]
            what = f"no layer reads {name}" + (" and no target names it" if node >= draft.inputs else "")
            self._reporter.without_effect(names.giver(name), f"{what}; its gradients are 0")

    def check_default_activation(self, is_taken: bool) -> None:
        """A top-level activation."""
        if "activation" in self._data and not is_taken:
            self._reporter.without_effect(("activation",), "has no effect: every layer has its own; remove it")

    def check_seed(self, is_drawn_from: bool) -> None:
        """A top-level seed."""
        if "seed" in self._data and not is_drawn_from:
            message = "has no effect: no value is drawn with it; give a weight an `init` that draws, or remove it"
            self._reporter.without_effect(("seed",), message)

    def check_loss(self, loss: Loss, batch: bool) -> None:
        """The loss and its layers, targets and batch."""
        raw = self._data.get("loss")
        settings = raw if isinstance(raw, dict) else {"name": raw}
        at: SpecPath = ("loss", "name") if isinstance(raw, dict) and "name" in raw else ("loss",)
        name = settings.get("name")
        for target in self._targets:
            self._check_pair(name or loss.name, loss, target.node, at)
            self._check_target(loss, target)
        if raw is not None and loss.takes_target and not self._targets:
            self._reporter.option_without_effect(("loss",), "has no effect: there is no target; give one by --target")
        if "reduction" in settings and not batch:
            message = "has no effect on one example; give `input` a list of examples, or remove it"
            self._reporter.without_effect(("loss", "reduction"), message)

    def _check_pair(self, name: str, loss: Loss, node: int, at: SpecPath) -> None:
        """The loss, by the name that the spec has for it, and the activation of one layer."""
        layer = self._draft.built[node - self._draft.inputs]
        assert layer is not None
        activation = "" if node in self._draft.into_output else layer.activation.name
        if name != loss.name and activation != "log_softmax" and takes_logarithms(name):
            from gradcalc.language.known_names import losses

            self._reporter.error(at, losses().unknown("loss", name))
        elif other := TWICE.get((activation, loss.name)):
            remedy = f"give {layer.name} the activation identity, or take the loss {other}"
            self._reporter.warning(at, f"{loss.name} applies {activation} itself, so twice here; {remedy}")
        elif loss.name == "cross_entropy" and layer.width == 1:
            message = f"cross_entropy of a single unit, {layer.name}, is 0 whatever its value; take bce_with_logits"
            self._reporter.warning(at, message)

    def _check_target(self, loss: Loss, target: Target) -> None:
        if loss.targets is None:
            return
        low, high = loss.targets
        outside = [number for row in target.rows for number in row if not low <= number <= high]
        if outside:
            at = ("target", self._draft.names[target.node])
            between = f"not in [{low:g}, {high:g}]" if high < inf else f"below {low:g}"
            message = (
                f"has {repr(outside[0]).removesuffix('.0')}, which is {between}, where {loss.name} is a likelihood"
            )
            self._reporter.warning(at if isinstance(self._data.get("target"), dict) else at[:1], message)


def takes_logarithms(name: str) -> bool:
    """Whether a loss of this name takes logarithms in the library that it comes from."""
    from gradcalc.losses import bind

    return name in bind(name).log_aliases
