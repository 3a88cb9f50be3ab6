"""How the sources of a layer combine unit by unit, one row for each join: a product, maximum, minimum or mean.

Sums and concatenations have no row: they are affine, and every node that is sums its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import mul
from typing import Any

from gradcalc.expressions.expression import Expression, call, negative, number, product, quotient, ratio, total
from gradcalc.records import Record

Number = Any
Functions = Any
"""The functions of one arithmetic: a namespace with number exp log max … for its own numbers, or for arrays of them."""


class Join(Record):
    """One join. `value` and `partials` (the derivative by each source) take the functions of an arithmetic and numbers
    of it, or arrays, entry by entry; ties of a maximum or minimum share the derivative equally.
    """

    name: str
    value: Callable[[Functions, Sequence[Number]], Number]
    partials: Callable[[Functions, Sequence[Number]], list[Number]]
    rule: str  # the name of the rule by which it is differentiated
    tree: Callable[[Sequence[Expression]], Expression]  # the joined value as an expression
    derivatives: Callable[[Sequence[Expression]], list[Expression]]  # by each source
    aliases: tuple[str, ...] = ()  # names that mean the same in PyTorch, Keras or JAX
    is_kink: Callable[[Sequence[Number]], bool] | None = None  # None: smooth
    flat: bool = False  # a 0 of it or of its derivatives is no underflow where that of a source is none

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its name, for its functions are not."""
        return row, (self.name,)


def row(name: str) -> Join:
    """The join of that name. Raises KeyError."""
    return JOINS[name]


def _others(f: Functions, xs: Sequence[Number]) -> list[Number]:
    """The product of all others, for each: products from the left times products from the right, never a division."""
    left = [f.number(1)]
    for x in xs[:-1]:
        left.append(left[-1] * x)
    found, right = [], f.number(1)
    for x, before in zip(reversed(xs), reversed(left)):
        found.append(before * right)
        right = right * x
    return found[::-1]


def _shares(extremum: str, f: Functions, xs: Sequence[Number]) -> list[Number]:
    """1 for the source that is the maximum or minimum, 1/n for each of n that are, 0 for the others; never 1/0 of NaN,
    which is neither less nor greater than anything."""
    top = getattr(f, extremum)(xs)
    ties = [1 - ((x < top) | (x > top)) for x in xs]
    share = f.number(1) / sum(ties)
    return [share * tie for tie in ties]


def _top_shares(trees: Sequence[Expression]) -> list[Expression]:
    return [call("top_share", tree, *trees[:n], *trees[n + 1 :]) for n, tree in enumerate(trees)]


JOINS = {
    join.name: join
    for join in (
        Join(
            "multiply",
            lambda f, xs: reduce(mul, xs),
            _others,
            "product rule",
            product,
            lambda trees: [product((*trees[:n], *trees[n + 1 :])) for n in range(len(trees))],
            ("mul",),
        ),
        Join(
            "max",
            lambda f, xs: f.max(xs),
            partial(_shares, "max"),
            "maximum: the largest counts",
            lambda trees: call("max", *trees),
            _top_shares,
            ("maximum",),
            lambda xs: sum(x == max(xs) for x in xs) > 1,
            flat=True,
        ),
        Join(
            "min",
            lambda f, xs: f.min(xs),
            partial(_shares, "min"),
            "minimum: the smallest counts",
            lambda trees: call("min", *trees),
            lambda trees: _top_shares([negative(tree) for tree in trees]),
            ("minimum",),
            lambda xs: sum(x == min(xs) for x in xs) > 1,
            flat=True,
        ),
        Join(
            "mean",
            lambda f, xs: sum(x * 1 for x in xs) / len(xs),  # times 1: of low precision as they are stored
            lambda f, xs: [f.number(1) / len(xs)] * len(xs),
            "mean: each counts 1/n",
            lambda trees: quotient(total(trees), number(len(trees))),
            lambda trees: [ratio(1, len(trees))] * len(trees),
            ("average",),
            flat=True,
        ),
    )
}
