"""The steps of a derivation over layers: δ from layer to layer, then ∂L/∂ the parameter, summed over the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcalc.derivation.adjoints import Adjoints, Backward, backward
from gradcalc.derivation.chart import LOSS
from gradcalc.derivation.evaluation import functions_of
from gradcalc.derivation.layers.chart import ADJOINT_OF_HEAD, LayerChart, LayerHop, LayerOrigin
from gradcalc.derivation.layers.drawing import JACOBIAN
from gradcalc.derivation.layers.entries import entry_of
from gradcalc.derivation.layers.evaluation import ByUnit, evaluate
from gradcalc.derivation.layers.terms import along
from gradcalc.derivation.layers.values import values_at
from gradcalc.derivation.steps import Step, Term
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.expressions.build import filled, replaced, symbols_in, total
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import ADJOINT, PREACTIVATION, Symbol, leaf
from gradcalc.network.network import Value
from gradcalc.network.network import numbers as numbers_in
from gradcalc.questions.subjects import Subject

MOST_LAYERS = 8
"""Layers on the way up to which every slope has a step of its own."""

CHAIN, SUM = "chain rule", "sum over paths"


def onward(adjoint: Expression, hop: LayerHop) -> Expression:
    """What an adjoint becomes over a hop."""
    return filled(hop.given, {ADJOINT_OF_HEAD.value: adjoint})


class LayerSteps:
    """The steps towards one parameter or node."""

    def __init__(self, chart: LayerChart, value_of: Callable[[Symbol], Any]) -> None:
        self.chart = chart
        self._value = value_of  # of one example as it is; of a batch over the examples

    def steps(self, subject: Subject, value: Value) -> list[Step]:
        """All steps; the last has the subject's `value`, and is in numbers where that is an entry or a unit."""
        origins = self.origins(subject)
        heads = [origin.head for origin in origins]
        own = LOSS if subject.is_parameter else self.chart.same[self.chart.graph.outputs[subject.number] + 1]
        way = backward(self.chart, heads if subject.is_parameter else [own])
        adjoints = Adjoints(way, onward, own)
        said = list(self._layers(adjoints, way))
        if subject.is_parameter:
            return [*said, self._last(subject, value, adjoints, [o for o in origins if o.head in way.leaving])]
        if not said:
            return [self._unreached(subject, value)]
        return [*said, self._unit(said[-1], subject, value)] if self._has_units(subject) else said

    def origins(self, subject: Subject) -> list[LayerOrigin]:
        """Where a parameter is at work."""
        return [o for o in self.chart.origins if subject.is_parameter and o.parameter == subject.number]

    def readable(self, subject: Subject, terms: Sequence[Term]) -> Iterator[Term]:
        """The terms, each with its product over layers."""
        start = self.chart.same[self.chart.graph.outputs[subject.number] + 1] if not subject.is_parameter else LOSS
        origins = self.origins(subject)
        for term in terms:
            yield term._replace(product=along(self.chart, origins, start, term))

    def _layers(self, adjoints: Adjoints, way: Backward) -> Iterator[Step]:
        apart = len(way.leaving) <= 3 * MOST_LAYERS
        told: set[Symbol] = set()
        for place, symbol, tree in adjoints.named():
            hops = way.leaving[place]
            for slope in symbols_in(tree):
                if slope in self.chart.slopes and slope not in told and (apart or slope.letter == JACOBIAN):
                    told.add(slope)
                    yield self._slope(slope)
            rule = hops[0].rule if all(hop.head == LOSS for hop in hops) else SUM if adjoints.is_sum(place) else CHAIN
            shown = tree if apart else self._with_slopes(tree)
            yield Step(rule, None, self.chart.symbols[place], leaf(symbol), shown, self._value(symbol))

    def _slope(self, symbol: Symbol) -> Step:
        slope, own = self.chart.slopes[symbol], symbol._replace(letter="")
        by = own._replace(letter=PREACTIVATION)
        return Step(slope.rule, own, by, leaf(symbol), slope.slope, self._value(symbol))

    def _with_slopes(self, tree: Expression) -> Expression:
        """Slopes written in."""
        slopes = {symbol: slope.slope for symbol, slope in self.chart.slopes.items() if symbol.letter != JACOBIAN}
        return replaced(tree, "symbol", slopes.get)

    def _last(self, subject: Subject, value: Value, adjoints: Adjoints, origins: Sequence[LayerOrigin]) -> Step:
        """∂L/∂ a parameter, or an entry of it, from the adjoints of the layers that it is at work in."""
        place = (subject.entry or ()) if self._has_units(subject) else ()
        symbol = Symbol("", self.chart.graph.network.parameters[subject.number].name, place)
        terms = [filled(origin.given, {ADJOINT_OF_HEAD.value: adjoints.of(origin.head)}) for origin in origins]
        tree = total(entry_of(self.chart, term, place) if place else term for term in terms)
        if self.chart.example is not None and terms:
            tree = Expression("over examples", (tree,))
        left = leaf(symbol._replace(letter=ADJOINT))
        if not origins:
            return Step("no path leads to the loss", None, symbol, left, tree, value)
        head = origins[0].head
        alone = len(origins) == 1 and head in self.chart.definitions
        definition = (self.chart.symbols[head], self.chart.definitions[head]) if alone else None
        rule = CHAIN if len(origins) == 1 else "sum over its uses"
        return Step(rule, None, symbol, left, tree, value, definition=definition)

    def _unit(self, whole: Step, subject: Subject, value: Value) -> Step:
        """One unit of the step before."""
        place = subject.entry or ()
        left = entry_of(self.chart, whole.left, place)  # type: ignore[arg-type]
        return Step(
            whole.rule, None, whole.by._replace(place=place), left, entry_of(self.chart, whole.right, place), value
        )

    def _has_units(self, subject: Subject) -> bool:
        """Whether the subject is one of several entries or units."""
        network = self.chart.graph.network
        if subject.entry is None:
            return False
        if subject.is_parameter:
            return any(size > 1 for size in network.parameters[subject.number].shape)
        return network.nodes[subject.number].width > 1

    def _unreached(self, subject: Subject, value: Value) -> Step:
        symbol = self.chart.symbols[self.chart.same[self.chart.graph.outputs[subject.number] + 1]]
        left = leaf(symbol._replace(letter=ADJOINT))
        return Step("no path leads to the loss", None, symbol, left, total(()), value)


def compared(
    chart: LayerChart, steps: Sequence[Step], at: UnitPoint, gradient: Value
) -> Iterator[tuple[list[Any], list[Any]]]:
    """What the steps come to, taken one after the other at another point, beside what the engine says there."""
    functions, lasts = functions_of(at.arithmetic), []
    for values in values_at(chart, at):
        found = ByUnit(values)
        for step in steps:
            symbol, tree = step.left.value, step.right  # type: ignore[union-attr]
            value = evaluate(tree.parts[0] if tree.head == "over examples" else tree, found, functions)
            if symbol in values:
                yield list(numbers_in(value)), list(numbers_in(values[symbol]))
                found[symbol] = value
            else:
                lasts.append(list(numbers_in(value)))
    if lasts and steps[-1].right.head == "over examples":
        yield [sum(parts[1:], parts[0]) for parts in zip(*lasts)], list(numbers_in(gradient))
    elif lasts:
        yield [number for last in lasts for number in last], list(numbers_in(gradient))
