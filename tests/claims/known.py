"""What is known of an answer of `compute`: its JSON, and that of the same with every path listed."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from claims.claim import Answer, norm, printed, strict_json
from claims.courses import Course
from mpmath import mp

from gradcalc.analysis.computation import compute
from gradcalc.views.compute_page import report

MOST = 2_000
"""Paths of a gradient up to which all are listed."""


class Known:
    """The JSON of an answer, and of the same with every path listed."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.facts, self.network = answer, answer.facts, answer.network
        self.of = answer.options.get("of")
        wide = self.of is not None and self.node(self.of).width > 1
        self.quantity = "L" if self.of is None else "Σ" * wide + self.of

    @cached_property
    def every(self) -> dict[str, Any]:
        options = {name: self.answer.options.get(name) for name in ("of", "dps")}
        found = compute(self.network, wrt=self.answer.options.get("wrt") or (), top=MOST, **options)
        return strict_json(printed(report(found)))

    def paths(self, name: str) -> list[dict[str, Any]]:
        return self.every["paths"][name]["top"]

    def node(self, name: str) -> Any:
        found = next((node for node in self.network.nodes if node.name == name), None)
        assert found is not None, f"no node {name}"
        return found

    def value(self, kind: str, node: str, unit: int | None) -> list[Any]:
        """Of a unit in every example: "output", "derivative" or "preactivation" of the forward pass, "adjoint"."""
        value = self.facts["backward"][node]["output"] if kind == "adjoint" else self.facts["forward"][node][kind]
        rows = value if self.network.batch else [value if isinstance(value, list) else [value]]
        return [mp.mpf(row[unit or 0]) for row in rows]

    def course(self, bars: str) -> Course:
        layers = self.network.layers
        assert (bars == "|") == (not self.network.batch and all(layer.width == 1 for layer in layers))
        return Course({name: norm(node["delta"]) for name, node in self.facts["backward"].items() if "delta" in node})


def unit_of(name: str) -> tuple[str, int | None]:
    """h1[0] as its layer and number."""
    node, _, index = name.partition("[")
    return node, int(index[:-1]) if index else None
