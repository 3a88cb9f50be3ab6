"""What is known of an answer of `compute`: its JSON, and that of the same with every path listed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from claims.claim import Answer, norm, printed, quantity, strict_json
from claims.courses import Course
from mpmath import mp

from gradcalc.analysis.computation import compute
from gradcalc.analysis.results import Computation
from gradcalc.cli.options import Storage
from gradcalc.errors import LimitError
from gradcalc.network.network import Network
from gradcalc.views.compute_page import report

MOST = 2_000
"""Paths of a gradient up to which all are listed."""


class Known:
    """The JSON of an answer, and of the same with every path listed."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.facts, self.network = answer, answer.facts, answer.network
        self.of = answer.options.get("of")
        self.quantity = quantity(self.network, self.of)
        self._finer: dict[int, Known] = {}

    @classmethod
    def of_computation(cls, found: Computation, options: Mapping[str, Any]) -> Known:
        """Of the computation that another command's answer is held against."""
        shown = report(found)
        return cls(Answer("compute", None, found.network, shown, strict_json(printed(shown)), [], options))

    @cached_property
    def every(self) -> dict[str, Any]:
        options = self.answer.options
        try:
            found = computed(self.network, options, MOST)
        except LimitError:  # paths leave the range that their sums stay in
            options = {**options, "dps": 30}
            found = computed(self.network, options, MOST)
        return Known.of_computation(found, options).facts

    def with_digits(self, dps: int) -> Known:
        """The same network computed with more digits, or with as many."""
        if dps not in self._finer:
            with mp.workdps(dps):
                found = computed(self.network, {"of": self.of, "dps": dps})
                self._finer[dps] = Known.of_computation(found, {"dps": dps, "of": self.of})
        return self._finer[dps]

    def paths(self, name: str) -> list[dict[str, Any]]:
        return self.every["paths"][name]["top"]

    def node(self, name: str) -> Any:
        found = next((node for node in self.network.nodes if node.name == name), None)
        assert found is not None, f"no node {name}"
        return found

    def rows(self, kind: str, node: str) -> list[list[Any]]:
        """[example][unit] of "output", "derivative", "preactivation" of the forward pass, or of "adjoint", "delta"."""
        backward = {"adjoint": "output", "delta": "delta"}.get(kind)
        value = self.facts["backward"][node][backward] if backward else self.facts["forward"][node][kind]
        return value if self.network.batch else [value if isinstance(value, list) else [value]]

    def value(self, kind: str, node: str, unit: int | None) -> list[Any]:
        """Of a unit in every example."""
        return [mp.mpf(row[unit or 0]) for row in self.rows(kind, node)]

    def target(self, node: str) -> Any:
        """[example][unit] of what an output should be."""
        (rows,) = (target.rows for target in self.network.targets if self.network.nodes[target.node].name == node)
        return rows

    def course(self, bars: str) -> Course:
        layers = self.network.layers
        assert (bars == "|") == (not self.network.batch and all(layer.width == 1 for layer in layers))
        return Course({name: norm(node["delta"]) for name, node in self.facts["backward"].items() if "delta" in node})


def computed(network: Network, options: Mapping[str, Any], top: int = 0) -> Computation:
    """By those of a command's options that `compute` has, too."""
    low = Storage(**options.get("storage", {})).numbers(None)
    wrt, of, dps = options.get("wrt") or (), options.get("of"), options.get("dps")
    return compute(network, wrt=wrt, top=top, of=of, dps=dps, low=low)


def unit_of(name: str) -> tuple[str, int | None]:
    """h1[0] as its layer and number."""
    node, _, index = name.partition("[")
    return node, int(index[:-1]) if index else None
