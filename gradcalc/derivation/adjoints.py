"""The chain rule node by node: what each adjoint is, over the adjoints of what its unit feeds; linear in the depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from gradcalc.derivation.chart import LOSS, Chart, Hop, Slope
from gradcalc.derivation.trees import product, replaced, total
from gradcalc.formulas.expression import ONE, Expression
from gradcalc.record import Record
from gradcalc.writing.symbols import ADJOINT, DELTA, PREACTIVATION, Symbol, leaf

Form = Callable[[Hop], Expression]
"""A hop's slope in one of its forms."""


class Backward(Record):
    """The hops between some units and the loss: for every unit on the way those that leave it, from the loss back."""

    chart: Chart
    leaving: Mapping[int, Sequence[Hop]]  # by place, the loss's side first

    @property
    def places(self) -> list[int]:
        """The units on the way, from the loss back: each after all that it feeds."""
        return list(self.leaving)


def backward(chart: Chart, sources: Iterable[int]) -> Backward:
    """What lies between the sources and the loss; a unit that does not reach the loss has no hops."""
    leaving: dict[int, list[Hop]] = {}
    for hop in chart.hops:
        if hop.head == LOSS or hop.head in leaving:
            leaving.setdefault(hop.tail, []).append(hop)
    reached = set(sources)
    for place in sorted(leaving):
        if place in reached:
            reached.update(hop.head for hop in leaving[place])
    return Backward(chart, {place: leaving[place] for place in sorted(leaving, reverse=True) if place in reached})


def adjoint_symbol(chart: Chart, place: int) -> Symbol:
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


class Adjoints:
    """Expressions for the adjoints: names for all of them that are used more than once, the others written in."""

    def __init__(self, way: Backward, form: Form, named: bool = True) -> None:
        self.way = way
        self._form = form
        self._uses = _uses(way)
        self._named = named
        self._trees: dict[int, Expression] = {}

    def of(self, place: int) -> Expression:
        """∂L/∂ a unit over the named adjoints and the values."""
        return self._trees[place]

    def named(self) -> list[tuple[int, Symbol, Expression]]:
        """Every adjoint that has a name, with its expression, from the loss back."""
        found = []
        for place, hops in self.way.leaving.items():
            tree = total(product((self._head(hop), self._form(hop))) for hop in hops)
            if self._has_name(place, tree):
                symbol = adjoint_symbol(self.way.chart, place)
                found.append((place, symbol, tree))
                tree = leaf(symbol)
            self._trees[place] = tree
        return found

    def _head(self, hop: Hop) -> Expression:
        return ONE if hop.head == LOSS else self._trees[hop.head]

    def _has_name(self, place: int, tree: Expression) -> bool:
        if tree.head in ("symbol", "number") or not self._named:
            return False
        return place in self.way.chart.preactivations or self._uses.get(place, 0) > 1 or len(tree.parts) > 3


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
