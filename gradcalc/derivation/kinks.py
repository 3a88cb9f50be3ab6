"""Where functions have no slope of their own: the places where formulas bend, and the nodes that stand on one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from gradcalc.expressions.build import difference
from gradcalc.expressions.expression import ZERO, Expression, in_postorder
from gradcalc.network.network import Network

BENT_AT_ZERO = frozenset({"abs", "sign", "relu", "step"})
SMOOTH_JOINS = frozenset({"sum", "concat", "mean", "multiply"})


def kinks(tree: Expression) -> list[Expression]:
    """The equations whose solutions are kinks: x = 0 of |x|, a = b of max(a, b)."""
    found: dict[Expression, Expression] = {}
    for node in in_postorder(tree):
        for left, right in _edges(node):
            found.setdefault(difference(left, right), Expression("=", (left, right)))
    return list(found.values())


def _edges(node: Expression) -> Iterator[tuple[Expression, Expression]]:
    if node.head in BENT_AT_ZERO:
        yield node.parts[0], ZERO
    elif node.head == "cases":
        yield node.parts[2], ZERO
    elif node.head in ("max", "min"):
        for left, right in combinations(node.parts, 2):
            yield (right, left) if left == ZERO else (left, right)


def nodes_on_kinks(at: Any) -> list[str]:
    """The nodes with a unit that stands where a slope jumps, in any example."""
    network = at.graph.network
    if not _has_kinks(network):
        return []
    from gradcalc.questions.standing import is_kink

    return [node.name for number, node in enumerate(network.nodes) if is_kink(at, number)]


def _has_kinks(network: Network) -> bool:
    if network.loss.is_kink is not None:
        return True
    return any(layer.activation.is_kink or layer.join not in SMOOTH_JOINS for layer in network.layers)
