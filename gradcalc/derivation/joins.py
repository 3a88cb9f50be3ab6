"""Joins as a textbook writes them: the joined value, and its slope by every source."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradcalc.expressions.build import call, negative, number, product, quotient, total
from gradcalc.expressions.expression import ONE, Expression
from gradcalc.records import Record

Trees = Sequence[Expression]


class JoinRule(Record):
    """The rule's name, the value, the slopes."""

    name: str
    value: Callable[[Trees], Expression]
    slopes: Callable[[Trees], list[Expression]]


def join_rule(kind: str) -> JoinRule:
    """The rule of a join of that name; sums and concatenations are affine and need none."""
    return RULES[kind]


def _others(trees: Trees) -> list[Expression]:
    return [product((*trees[:n], *trees[n + 1 :])) for n in range(len(trees))]


def _tops(trees: Trees) -> list[Expression]:
    return [call("top_share", trees[n], *trees[:n], *trees[n + 1 :]) if trees[1:] else ONE for n in range(len(trees))]


RULES = {
    "multiply": JoinRule("product rule", product, _others),
    "max": JoinRule("maximum: the largest counts", lambda trees: call("max", *trees), _tops),
    "min": JoinRule(
        "minimum: the smallest counts",
        lambda trees: call("min", *trees),
        lambda trees: _tops([negative(tree) for tree in trees]),
    ),
    "mean": JoinRule(
        "mean: each counts 1/n",
        lambda trees: quotient(total(trees), number(len(trees))),
        lambda trees: [quotient(ONE, number(len(trees)))] * len(trees),
    ),
}
