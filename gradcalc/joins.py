"""How several sources meet in a layer, unit by unit; sums and concatenations are affine and need no row here.

Rows hold for numbers of every kind; `one` is the 1 of the arithmetic at work. Ties of a maximum or minimum share the
slope equally, as do those of maxout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.records import Record

Number = Any


class Join(Record):
    """`value(one, xs)` and `partials(one, xs)`, the slope by each of xs; `symbol` writes it between two sources."""

    name: str
    value: Callable[[Number, Sequence[Number]], Number]
    partials: Callable[[Number, Sequence[Number]], list[Number]]
    symbol: str
    kink: Callable[[Sequence[Number]], bool] = lambda xs: False


def _product(one: Number, xs: Sequence[Number]) -> Number:
    for x in xs:
        one = one * x
    return one


def _others(one: Number, xs: Sequence[Number]) -> list[Number]:
    """The product of all others, for each: products from the left times products from the right, never a division."""
    left = [one]
    for x in xs[:-1]:
        left.append(left[-1] * x)
    found, right = [], one
    for x, before in zip(reversed(xs), reversed(left)):
        found.append(before * right)
        right = right * x
    return found[::-1]


def _shared(best: Callable[[Sequence[Number]], Number]) -> Callable[[Number, Sequence[Number]], list[Number]]:
    def partials(one: Number, xs: Sequence[Number]) -> list[Number]:
        top = best(xs)
        share = one / sum(x == top for x in xs)
        return [share if x == top else one - one for x in xs]

    return partials


def _tied(best: Callable[[Sequence[Number]], Number]) -> Callable[[Sequence[Number]], bool]:
    return lambda xs: sum(x == best(xs) for x in xs) > 1


JOINS = {
    join.name: join
    for join in (
        Join("multiply", _product, _others, "·"),
        Join("max", lambda one, xs: max(xs), _shared(max), "max", _tied(max)),
        Join("min", lambda one, xs: min(xs), _shared(min), "min", _tied(min)),
        Join("mean", lambda one, xs: sum(xs) / len(xs), lambda one, xs: [one / len(xs)] * len(xs), "mean"),
    )
}
