"""The derivation for one number: its steps from the loss back, along few paths spelled out, else node by node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.derivation.adjoints import Adjoints, Backward, adjoint_symbol, read, times, with_slopes
from gradcalc.derivation.chart import LOSS, Hop
from gradcalc.derivation.evaluation import evaluate, functions_of
from gradcalc.derivation.paths import counts_to_loss
from gradcalc.derivation.situation import Situation
from gradcalc.derivation.source import Source
from gradcalc.derivation.steps import Step
from gradcalc.expressions.build import product, symbols_in, total
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import ADJOINT, Symbol, is_derivative, leaf
from gradcalc.report.text import over, route

Number = Any

MOST_UNITS = 12
"""Units on the way up to which every slope has a step of its own."""

MOST_PATHS = 8
"""Paths between two waypoints up to which each has a step of its own."""

CHAIN, SUM = "chain rule", "sum over paths"


def steps(situation: Situation, way: Backward, source: Source) -> list[Step]:
    """Every step from the loss to ∂L/∂ the subject."""
    along = waypoints(way, source) if len(source.origins) == 1 and len(way.leaving) <= 2 * MOST_UNITS else []
    segments = [_between(way, head, tail) for head, tail in zip(along, along[1:])]
    if segments and all(len(segment) <= MOST_PATHS for segment in segments):
        telling = _Telling(situation, way)
        telling.all(along, segments)
        return [*telling.said, *last_step(situation, source, {along[-1]: product(telling.factors)})]
    wanted = LOSS if source.is_parameter or not source.origins else source.origins[0].head
    adjoints = Adjoints(way, times(read), wanted)
    said = list(node_by_node(situation, adjoints))
    return [*said, *last_step(situation, source, {place: adjoints.of(place) for place in way.leaving})]


def last_step(situation: Situation, source: Source, adjoints: Mapping[int, Expression]) -> Iterator[Step]:
    """∂L/∂ the subject from the adjoints of the units that it feeds; one term for each use."""
    if not source.is_parameter and source.origins[0].head in adjoints:
        return
    chart, symbol = situation.chart, source.symbol
    origins = [origin for origin in source.origins if origin.head in adjoints]
    tree = total(product((adjoints[origin.head], origin.factor)) for origin in origins)
    left = leaf(symbol._replace(letter=ADJOINT))
    value = evaluate(tree, situation.values, functions_of(situation.point.arithmetic))
    if not origins:
        yield Step("no path leads to the loss", None, symbol, left, tree, value)
    elif len(origins) > 1:
        yield Step("sum over its uses", None, symbol, left, tree, value)
    else:
        head = chart.symbols[origins[0].head]
        yield Step(CHAIN, None, symbol, left, tree, value, definition=(head, chart.definitions[origins[0].head]))


def node_by_node(situation: Situation, adjoints: Adjoints) -> Iterator[Step]:
    """One step for each adjoint, over the adjoints of what its unit feeds: the recursion that backpropagation is."""
    chart, way = situation.chart, adjoints.way
    apart = len(way.leaving) <= 2 * MOST_UNITS
    told: set[Symbol] = set()
    for place, symbol, tree in adjoints.named():
        hops = way.leaving[place]
        if apart:
            yield from _slope_steps(situation, symbols_in(tree), told)
        else:
            tree = with_slopes(tree, chart.slopes, True)
        at_loss = all(hop.head == LOSS for hop in hops)
        rule = hops[0].rule if at_loss else SUM if adjoints.is_sum(place) else CHAIN
        yield Step(rule, None, chart.symbols[place], leaf(symbol), tree, situation.values[symbol])


def waypoints(way: Backward, source: Source) -> list[int]:
    """The units that every path passes, from the loss back to the subject's own."""
    to_loss = counts_to_loss(way)
    from_source = dict.fromkeys(way.leaving, 0)
    for origin in source.origins:
        from_source[origin.head] = from_source.get(origin.head, 0) + 1
    for place in sorted(way.leaving):
        for hop in way.leaving[place]:
            from_source[hop.head] = from_source.get(hop.head, 0) + from_source[place]
    whole = from_source.get(LOSS, 0)
    return [LOSS, *(place for place in way.leaving if from_source[place] * to_loss[place] == whole)]


def _between(way: Backward, head: int, tail: int) -> list[list[Hop]]:
    """The paths from `tail` to `head`; gives up beyond MOST_PATHS."""
    found: list[list[Hop]] = []
    pending: list[tuple[int, list[Hop]]] = [(tail, [])]
    while pending and len(found) <= MOST_PATHS:
        place, hops = pending.pop()
        if place == head:
            found.append(hops)
            continue
        pending += [(hop.head, [*hops, hop]) for hop in way.leaving[place]]
    return found


def _slope_steps(situation: Situation, symbols: Sequence[Symbol], told: set[Symbol]) -> Iterator[Step]:
    """What the slopes among the symbols are, each told once."""
    for symbol in symbols:
        if is_derivative(symbol) and symbol not in told:
            told.add(symbol)
            slope = situation.chart.slopes[symbol]
            of = symbol._replace(letter="")
            yield Step(slope.rule, of, _preactivation(symbol), leaf(symbol), slope.slope, situation.values[symbol])


def _preactivation(slope: Symbol) -> Symbol:
    return slope._replace(letter="z")


class _Telling:
    """Waypoint by waypoint: a chain where one path leads on, else the paths and their sum."""

    def __init__(self, situation: Situation, way: Backward) -> None:
        self.situation = situation
        self.way = way
        self.chart = situation.chart
        self.said: list[Step] = []
        self.told: set[Symbol] = set()
        self.factors: list[Expression] = []  # of the chain from the last adjoint that has a step

    def all(self, along: Sequence[int], segments: Sequence[list[list[Hop]]]) -> None:
        """All steps but the last; `factors` are then those of the subject's own unit."""
        for number, (tail, paths) in enumerate(zip(along[1:], segments)):
            branches = number + 1 < len(segments) and len(segments[number + 1]) > 1
            if len(paths) > 1:
                self._paths(tail, paths)
            else:
                self._chain(tail, paths[0][0], branches or number + 1 == len(segments))

    def _chain(self, tail: int, hop: Hop, stop: bool) -> None:
        """One factor more; a step where a reader expects one."""
        if hop.head == LOSS:
            self._adjoint(tail, hop.rule, hop.slope)
            return
        self.said += _slope_steps(self.situation, symbols_in(hop.slope), self.told)
        self.factors.append(hop.slope)
        if stop or tail in self.chart.preactivations:
            self._adjoint(tail, CHAIN, product(self.factors))

    def _adjoint(self, place: int, rule: str, tree: Expression, words: str = "") -> None:
        symbol = adjoint_symbol(self.chart, place)
        if tree != leaf(symbol):
            value = self.situation.values[symbol]
            self.said.append(Step(rule, None, self.chart.symbols[place], leaf(symbol), tree, value, words))
        self.factors = [leaf(symbol)]

    def _paths(self, tail: int, paths: list[list[Hop]]) -> None:
        """The slopes that are new, the product along every path, the largest first, and their sum."""
        found = []
        for hops in paths:
            tree = product((*self.factors, *(self._factor(hop) for hop in reversed(hops))))
            self.said += _slope_steps(self.situation, symbols_in(tree), self.told)
            found.append((self._value(tree), tree, hops))
        own = self.chart.symbols[tail]
        found.sort(key=lambda path: abs(path[0]), reverse=True)
        for value, tree, hops in found:
            nodes = [_node_name(own), *(hop.mark.node for hop in hops if hop.mark and hop.mark.node)]
            through = [hop.mark.label for hop in hops if hop.mark and hop.mark.label]
            self.said.append(Step(CHAIN, None, own, route(nodes), tree, value, note=f"over {over(through)}"))
        self._adjoint(tail, SUM, total(tree for _, tree, _ in found), "sum of the paths")

    def _factor(self, hop: Hop) -> Expression:
        """The slope of a hop; of one to the loss alone the adjoint, which gets a step of its own."""
        if hop.head != LOSS or len(self.way.leaving[hop.tail]) > 1:
            return hop.slope
        symbol = adjoint_symbol(self.chart, hop.tail)
        if symbol not in self.told:
            self.told.add(symbol)
            self._adjoint(hop.tail, hop.rule, hop.slope)
            self.factors = []
        return leaf(symbol)

    def _value(self, tree: Expression) -> Number:
        return evaluate(tree, self.situation.values, functions_of(self.situation.point.arithmetic))


def _node_name(symbol: Symbol) -> str:
    return symbol.name + (f"[{symbol.place[0]}]" if symbol.place else "")
