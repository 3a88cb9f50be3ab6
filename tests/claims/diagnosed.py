"""An answer of `diagnose`, and the same network as `compute` has it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from claims.claim import Answer, flat, norm
from claims.known import Known, computed
from mpmath import mp

from gradcalc.network.network import Layer

SLACK = mp.mpf(10) ** -9
"""A relative difference that is rounding."""


class Diagnosed:
    """An answer of `diagnose`, and the same network as `compute` has it."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.facts, self.network = answer, answer.facts, answer.network
        self.dps = answer.options.get("dps")
        self.known = Known.of_computation(computed(answer.network, {"dps": self.dps}), {"dps": self.dps})
        self.by_layer = {layer["node"]: layer for layer in self.facts["layers"]}

    def layer(self, name: str) -> Layer:
        found: Layer = self.known.node(name)
        return found

    def deltas(self, name: str) -> Any:
        return norm(self.known.facts["backward"][name]["delta"])

    def adjoint(self, name: str) -> Any:
        return norm(self.known.facts["backward"][name]["output"])

    @cached_property
    def ends(self) -> list[str]:
        return [self.network.nodes[target.node].name for target in self.network.targets] or [
            self.network.nodes[-1].name
        ]

    @property
    def reference(self) -> Any:
        """‖δ‖ of the output that layers are measured by."""
        return self.deltas(self.measure)

    @cached_property
    def measure(self) -> str:
        """The output with the largest ‖δ‖, of those that no other output is made from."""
        last = [name for name in self.ends if not self.after(name) & set(self.ends)]
        return max([name for name in last if self.deltas(name)] or self.ends, key=self.deltas)

    def after(self, name: str) -> set[str]:
        """All that is made from a node."""
        found, new = set[str](), [name]
        while new:
            new = [reader for reader in self.readers(new.pop()) if reader not in found] + new
            found |= set(new)
        return found

    def values(self, kind: str, name: str) -> list[Any]:
        """Of every unit in every example."""
        return flat(self.known.rows(kind, name))

    def gradient(self, name: str) -> Any:
        if name in self.known.facts["gradients"]:
            return self.known.facts["gradients"][name]
        return self.known.facts["backward"][name]["output"]

    def own(self, layer: Layer) -> list[str]:
        """The weights of what a layer reads, where there are none its bias and alpha, or its skips."""
        names = self.network.parameters
        weights = [edge.parameter for edge in layer.edges] + [layer.weight]
        others = [edge.parameter for edge in (*layer.into_preactivation, *layer.into_output)]
        for some in (weights, [layer.bias, layer.alpha], others):
            if found := [names[number].name for number in some if number is not None]:
                return list(dict.fromkeys(found))
        return []

    def readers(self, name: str) -> list[str]:
        number = next(n for n, node in enumerate(self.network.nodes) if node.name == name)
        return [layer.name for layer in self.network.layers if number in {edge.source for edge in layer.incoming}]

    @property
    def bars(self) -> str:
        return "‖" if self.network.batch or any(layer.width > 1 for layer in self.network.layers) else "|"


def size_name(known: Diagnosed, told: str, name: str) -> bool:
    """Whether bars are those of a norm."""
    return (told == "‖") == (len(flat(known.gradient(name))) > 1)
