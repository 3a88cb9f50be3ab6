"""The chain rule node by node: what each adjoint is, over the adjoints of what its unit feeds; linear in the depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from gradcalc.derivation.chart import LOSS, Hop, Slope
from gradcalc.expressions.build import product, replaced, total
from gradcalc.expressions.expression import ONE, Expression
from gradcalc.expressions.symbols import ADJOINT, DELTA, PREACTIVATION, Symbol, leaf
from gradcalc.records import Record

Form = Callable[[Hop], Expression]
"""A hop's slope in one of its forms."""

Onward = Callable[[Expression, Any], Expression]
"""What an adjoint becomes when it is passed on over a hop."""


class Drawn(Protocol):
    """A chart of units or of layers: hops from the loss back, symbols by place, and which are preactivations."""

    @property
    def hops(self) -> Sequence[Any]: ...
    @property
    def symbols(self) -> Mapping[int, Symbol]: ...
    @property
    def preactivations(self) -> frozenset[int]: ...


class Backward(Record):
    """The hops between some units and the loss: for every unit on the way those that leave it, from the loss back."""

    chart: Any  # the chart, of units or of layers
    leaving: Mapping[int, Sequence[Any]]  # by place, the loss's side first


def backward(chart: Drawn, sources: Iterable[int]) -> Backward:
    """What lies between the sources and the loss; a unit that does not reach the loss has no hops."""
    leaving: dict[int, list[Any]] = {}
    for hop in chart.hops:
        if hop.head == LOSS or hop.head in leaving:
            leaving.setdefault(hop.tail, []).append(hop)
    reached = set(sources)
    for place in sorted(leaving):
        if place in reached:
            reached.update(hop.head for hop in leaving[place])
    return Backward(chart, {place: leaving[place] for place in sorted(leaving, reverse=True) if place in reached})


def adjoint_symbol(chart: Drawn, place: int) -> Symbol:
    """δ of a preactivation (or of what is one with it), ∂L/∂ of anything else."""
    symbol = chart.symbols[place]
    if symbol.letter == PREACTIVATION or place in chart.preactivations:
        return symbol._replace(letter=DELTA)
    if symbol.letter:
        return symbol._replace(letter=ADJOINT, name=f"{symbol.letter}_{symbol.name}")
    return symbol._replace(letter=ADJOINT)


def read(hop: Hop) -> Expression:
    """The slope as a book prints it."""
    return hop.slope


def exact(hop: Hop) -> Expression:
    """The slope without cancellation."""
    return hop.slope if hop.exact is None else hop.exact


def times(form: Form) -> Onward:
    """One term of the chain rule between single units: the adjoint times the slope."""
    return lambda adjoint, hop: product((adjoint, form(hop)))


class Adjoints:
    """Expressions for the adjoints: names for all of them that are used more than once, the others written in.

    `onward` is what an adjoint, passed on over a hop, adds to that of the hop's tail.
    """

    def __init__(self, way: Backward, onward: Onward, wanted: int = LOSS) -> None:
        self.way = way
        self._wanted = wanted  # a place that has a name in any case
        self._onward = onward
        self._uses = _uses(way)
        self._trees: dict[int, Expression] = {LOSS: ONE}
        self._sums: dict[int, bool] = {LOSS: False}

    def of(self, place: int) -> Expression:
        """∂L/∂ a unit over the named adjoints and the values."""
        return self._trees[place]

    def is_sum(self, place: int) -> bool:
        """Whether paths meet in what is said of an adjoint."""
        hops = self.way.leaving[place]
        return len(hops) > 1 or any(self._sums[hop.head] for hop in hops)

    def named(self) -> list[tuple[int, Symbol, Expression]]:
        """Every adjoint that has a name, with its expression, from the loss back."""
        found = []
        for place, hops in self.way.leaving.items():
            tree = total(self._onward(self._trees[hop.head], hop) for hop in hops)
            has_name = self._has_name(place, tree)
            self._sums[place] = not has_name and self.is_sum(place)
            if has_name:
                symbol = adjoint_symbol(self.way.chart, place)
                found.append((place, symbol, tree))
                tree = leaf(symbol)
            self._trees[place] = tree
        return found

    def _has_name(self, place: int, tree: Expression) -> bool:
        if tree.head in ("symbol", "number") and place != self._wanted:
            return False
        read = place == self._wanted or any(hop.head == LOSS for hop in self.way.leaving[place])
        return read or place in self.way.chart.preactivations or self._uses.get(place, 0) > 1 or len(tree.parts) > 3


def _uses(way: Backward) -> dict[int, int]:
    """How many other adjoints each is part of."""
    uses: dict[int, int] = {}
    for hops in way.leaving.values():
        for hop in hops:
            uses[hop.head] = uses.get(hop.head, 0) + 1
    return uses


def with_slopes(tree: Expression, slopes: Mapping[Symbol, Slope], to_read: bool) -> Expression:
    """The tree with the symbols of slopes written out, to read or to compute with."""

    def lookup(symbol: Symbol) -> Expression | None:
        found = slopes.get(symbol)
        return None if found is None else found.slope if to_read else found.exact

    return replaced(tree, "symbol", lookup)
