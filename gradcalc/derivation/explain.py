"""The derivations of a network's gradients, each checked against the engine before anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

from gradcalc.derivation.adjoints import Backward, backward, read
from gradcalc.derivation.certificate import Pairs, certify
from gradcalc.derivation.closed import definitions, factored
from gradcalc.derivation.kinks import nodes_on_kinks
from gradcalc.derivation.numbers import Numbers, Written
from gradcalc.derivation.points import Points
from gradcalc.derivation.scalar import steps
from gradcalc.derivation.steps import ByNodes, Derivation, Explanation, InSymbols, Step
from gradcalc.derivation.subject import entries, gradient
from gradcalc.engine.scalar_linear import ByUnit
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.errors import LimitError, UsageError
from gradcalc.expressions.build import figure, replaced
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.print_code import SymPyText
from gradcalc.expressions.symbols import SOURCE, Symbol, leaf
from gradcalc.expressions.walk import write
from gradcalc.network.network import Network
from gradcalc.questions.point import is_narrow, point
from gradcalc.questions.subjects import Subject, in_place_of_loss, subjects

if TYPE_CHECKING:
    from gradcalc.derivation.layers.steps import LayerSteps
    from gradcalc.results import Paths

MOST_UNIT_STEPS = 40
"""Units on the way up to which each has steps of its own, in a network of wider layers."""

FEW_UNITS = 800
"""Weight entries times examples up to which formulas of single units are written, where layers are wider than one."""

MOST_STEPS = 50_000
"""Of all derivations together."""


def explain(
    network: Network,
    *,
    wrt: Sequence[str] = (),
    top: int = 10,
    of: str | None = None,
    symbolic: bool = False,
    dps: int | None = None,
) -> Explanation:
    """How the chain rule arrives at each gradient; where a gradient has very many paths, the `top` largest.

    `of` names the node that is differentiated in place of the loss; `dps` computes with that many decimal digits.
    `symbolic` adds the network written out, and the derivatives of its functions as SymPy finds them.

    Raises UsageError for a `wrt` that matches nothing or a network without a target, DomainError, LimitError, and
    Disagreement where a derivation does not give the engine's number.
    """
    network = in_place_of_loss(network, of)
    chosen = subjects(network, wrt)
    at = point(network, dps)
    if at.loss is None:
        raise UsageError("without a target there is no loss, and nothing to derive: add target, or --target")
    if len(chosen) > 1 and len(chosen) * len(at.graph.nodes) > MOST_STEPS:
        layers = len(network.layers)
        raise LimitError(f"{len(chosen)} derivations through {layers} layers are too long; --wrt names one")
    with at.arithmetic.context():
        deriving = _deriving(at, top)
        derived = {subject.name: deriving.derivation(subject) for subject in chosen}
        written = in_symbols(deriving, derived) if symbolic else None
        by_nodes = partial(deriving.by_nodes, chosen)
        return Explanation(network, at.loss, derived, at.arithmetic.name, by_nodes, nodes_on_kinks(at), written)


def _deriving(at: Any, top: int) -> Deriving:
    """By single units where they are few, else over whole layers."""
    if isinstance(at, UnitPoint) and is_narrow(at.graph, FEW_UNITS):
        return ByUnits(at, top)
    from gradcalc.derivation.wide import Wide

    return Wide(at, top)


def in_symbols(deriving: Deriving, derived: Mapping[str, Derivation]) -> InSymbols:
    """What a derivation in symbols has beside the steps."""
    from gradcalc.derivation.symbolic import exact_value, local_derivatives
    from gradcalc.derivation.writing_out import network_of

    loss, defined = deriving.written_out()
    given, exact = deriving.given_exactly()
    values = {name: exact_value(found.formula, given, exact) for name, found in derived.items() if not found.where}
    told = {name: value for name, value in values.items() if value is not None}
    return InSymbols(loss, network_of(defined), local_derivatives(deriving.at.graph.network), told)


def notation_of(network: Network) -> SymPyText:
    """SymPy's text in which the spec's names stay as they are."""
    names = [*(node.name for node in network.nodes), *(parameter.name for parameter in network.parameters)]
    return SymPyText(names)


class Deriving(Protocol):
    """Who derives: by single units, or over layers alone."""

    @property
    def at(self) -> Any: ...
    def derivation(self, subject: Subject) -> Derivation: ...
    def by_nodes(self, subjects: Sequence[Subject]) -> ByNodes: ...
    def written_out(self) -> tuple[Expression, list[tuple[Symbol, Expression]]]: ...
    def given_exactly(self) -> tuple[Mapping[Symbol, Any], Mapping[Symbol, str]]: ...


class ByUnits:
    """What the derivations of one network share, by its single units."""

    def __init__(self, at: UnitPoint, most: int) -> None:
        notation = notation_of(at.graph.network)
        self.at = at
        self.points = Points(at)
        self.most = most
        self.numbers = Numbers(at, ByUnit(at.graph), most, lambda tree: len(write(tree, notation)))

    def derivation(self, subject: Subject) -> Derivation:
        """One derivation, certified."""
        value = gradient(self.at, subject)
        found = entries(subject, self.numbers.charts)
        whole = found.columns is not None
        written = self.numbers.written(found, value, self._layer_paths(subject) if whole else None)
        situation, source = self.numbers.situations[0], found.sources[0][0]
        way = backward(situation.chart, [origin.head for origin in source.origins])
        by_layers = whole or self.at.graph.network.batch or self._is_wide(way)
        said = self.layers.steps(subject, value) if by_layers else steps(situation, way, source)
        short = None if by_layers else factored(way, source, read)
        return Derivation(
            leaf(found.symbol),
            value,
            said,
            [*self.layers.readable(subject, written.terms)] if whole and found.is_whole else written.terms,
            written.paths,
            written.formula,
            written.where,
            short,
            None if short is None else replaced(short, "symbol", lambda symbol: figure(situation.values[symbol])),
            certify(self.points, lambda at: self._compared(at, subject, written, said if by_layers else ())),
        )

    def by_nodes(self, subjects: Sequence[Subject]) -> ByNodes:
        """All of the subjects' gradients over named values and adjoints."""
        return self.numbers.by_nodes(subjects)

    def given_exactly(self) -> tuple[Mapping[Symbol, Any], Mapping[Symbol, str]]:
        """What the spec gives, and the texts of exact constants among it."""
        return self.numbers.given_exactly()

    def written_out(self) -> tuple[Expression, list[tuple[Symbol, Expression]]]:
        """The loss and the definitions, of single units where these are all there are, else of layers."""
        from gradcalc.derivation.writing_out import loss_of_layers, loss_of_units

        if self.at.graph.scalar():
            chart = self.numbers.charts[0]
            return loss_of_units(chart), definitions(chart)
        layers = self.layers.chart
        defined = [pair for pair in definitions(layers) if pair[1].head != "concat" or pair[0].letter[:1] != SOURCE]
        return loss_of_layers(layers), defined

    @cached_property
    def layers(self) -> LayerSteps:
        """The network by whole layers."""
        from gradcalc.derivation.layers.drawing import layer_chart
        from gradcalc.derivation.layers.steps import LayerSteps
        from gradcalc.derivation.layers.values import values_at

        chart = layer_chart(self.at.graph)
        values = values_at(chart, self.at)
        if self.at.graph.network.batch:
            return LayerSteps(chart, lambda symbol: [of_example[symbol] for of_example in values])
        return LayerSteps(chart, values[0].__getitem__)

    def _is_wide(self, way: Backward) -> bool:
        """Whether a step for every unit on the way would be too many where one for every layer is enough."""
        return len(way.leaving) > MOST_UNIT_STEPS and any(node.width > 1 for node in self.at.graph.nodes)

    def _compared(self, at: UnitPoint, subject: Subject, written: Written, by_layers: Sequence[Step]) -> Pairs:
        wanted = gradient(at, subject)
        yield from self.numbers.compared(at, written, wanted)
        if by_layers:
            from gradcalc.derivation.layers.steps import compared

            yield from compared(self.layers.chart, by_layers, at, wanted)

    def _layer_paths(self, subject: Subject) -> Paths:
        from gradcalc.questions.compute import compute

        found = compute(self.at.graph.network, wrt=[subject.name], top=self.most)
        assert found.paths is not None
        return found.paths[subject.name]
