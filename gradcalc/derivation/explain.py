"""The derivations of a network's gradients, each checked against the engine before anybody sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.computation import compute, gradient, loss_value
from gradcalc.analysis.kinks import kinks_at
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import (
    Subject,
    in_extended_range,
    in_place_of_loss,
    is_narrow,
    point,
    refuse_without_loss,
    subjects,
)
from gradcalc.analysis.rounded_gradients import (
    derivatives_of,
    gradients_of,
    gradients_of_nodes,
    rounded_gradients,
    values_of,
)
from gradcalc.analysis.scalar_path_sums import on_paths
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.derivation.certificate import Pairs, Points, certify
from gradcalc.derivation.closed_form import (
    Backward,
    Closed,
    WrittenOut,
    backward,
    factored,
    in_names_alone,
    needed,
    over_nodes,
    written_out,
)
from gradcalc.derivation.expand import expand
from gradcalc.derivation.explanation import MOST_NUMBERED, ByNodes, Derivation, Explanation, InSymbols, Step, Term
from gradcalc.derivation.layer_graph import loss_of, symbolic_layers, target_symbol
from gradcalc.derivation.steps import MOST_NODES, Steps, forward_steps, loss_forms, summed
from gradcalc.derivation.symbol_values import added, evaluate, given_values, values_at
from gradcalc.derivation.symbolic_graph import SymbolicGraph, VariableEntries, definitions, entries, source
from gradcalc.derivation.terms import LayerPath, UnitTerms, layer_formula, layer_path, layer_product
from gradcalc.engine.scalar_point import ScalarPoint, point_holds_paths
from gradcalc.errors import LimitError, UsageError
from gradcalc.expressions.expression import SOURCE, Expression, Symbol, deep_recursion, leaf, symbols_in
from gradcalc.expressions.print_code import SymPyText
from gradcalc.expressions.walk import write
from gradcalc.network.network import Network, Value, numbers
from gradcalc.network.network import entries as entries_of

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision
    from gradcalc.derivation.on_paper import Paper

MOST_UNIT_STEPS = 40
"""Units between an entry and the loss up to which each has steps of its own, where layers have several units."""

FEW_UNITS = 800
"""Weight entries times examples up to which formulas of single units are written, where layers have several units."""

MOST_STEPS = 50_000  # of all derivations together
MOST_CHARACTERS = 2_000  # of a formula in the spec's own names


def explain(
    network: Network,
    *,
    wrt: Sequence[str] = (),
    top: int = 10,
    of: str | None = None,
    symbolic: bool = False,
    dps: int | None = None,
    low: LowPrecision | None = None,
    forward: bool = False,
    decimals: int | None = None,
    time_limit: float | None = None,
) -> Explanation:
    """How the chain rule gives each gradient; where a gradient has very many paths, the `top` largest.

    `of` names the node that is differentiated in place of the loss; `dps` computes with that many decimal digits, `low`
    in a low precision.
    `symbolic` adds the network written out, and the derivatives of its functions as SymPy finds them; `forward` the
    steps of the forward pass. With `decimals` every number is rounded to so many, as on paper. `time_limit` is in
    seconds, of the work in symbols.

    Raises UsageError for a `wrt` that matches nothing or a network without a target, DomainError, LimitError, and
    Disagreement where a derivation does not give the engine's number.
    """
    network = in_place_of_loss(network, of)
    chosen = subjects(network, wrt)
    refuse_without_loss(network, "no loss and nothing to derive")
    at = point(network, dps, low=low)
    if top and at.arithmetic.name == "float64" and isinstance(at, ScalarPoint) and not point_holds_paths(at):
        at = in_extended_range(at)  # as other commands show paths
    loss = loss_value(at)
    assert loss is not None
    refuse_many_steps(len(network.layers), len(chosen), len(at.graph.nodes))
    with at.arithmetic.context(), deep_recursion():
        apart = frozenset(subject.number for subject in chosen if not subject.is_parameter)
        deriving = _deriving(at, network, top, decimals, apart)
        derived = {subject.name: deriving.derivation(subject) for subject in chosen}
        written = in_symbols(deriving, derived, time_limit) if symbolic else None
        by_nodes = partial(deriving.by_nodes, chosen)
        steps = deriving.forward() if forward else ()
        shapes = {symbol: shape for symbol, shape in deriving.layers.shapes.items() if shape}
        kinks, name = on_paths(at, kinks_at(at), chosen), at.arithmetic.name
    wanted = values_of(network) | gradients_of(chosen) | gradients_of_nodes(network) | derivatives_of(network)
    rounded = rounded_gradients(at, wanted)
    return Explanation(network, loss, derived, name, by_nodes, kinks, written, steps, shapes, rounded)


def refuse_many_steps(layers: int, derivations: int, nodes: int) -> None:
    """Raises LimitError where several derivations through so many layers, which are so many nodes, are too long."""
    if derivations > 1 and derivations * nodes > MOST_STEPS:
        raise LimitError(f"{derivations:,} derivations through {layers:,} layers are too long; --wrt names one")


def _deriving(at: Any, given: Network, top: int, decimals: int | None, apart: frozenset[int]) -> Deriving:
    """By single units where they are few, else over layers alone."""
    if isinstance(at, ScalarPoint) and is_narrow(at.graph, FEW_UNITS):
        if decimals is not None and at.graph.network.batch:
            raise UsageError("--round follows the numbers of one example, and this network has a batch")
        return ByUnits(at, given, top, apart, decimals)
    if decimals is not None:
        raise UsageError("--round follows numbers as on paper, and this network has too many of them")
    return Deriving(at, given, top, apart)


def in_symbols(deriving: Deriving, derived: Mapping[str, Derivation], time_limit: float | None) -> InSymbols:
    """What a derivation in symbols has beside the steps."""
    from gradcalc.derivation.sympy import PATIENCE, at_most, exact_value, load, local_derivatives, network_of

    load()  # no import is to be broken off
    layers = deriving.layers
    defined = [pair for pair in definitions(layers) if pair[1].head != "concat" or pair[0].letter[:1] != SOURCE]
    given, exact = deriving.given_exactly()
    with at_most(time_limit or PATIENCE):
        values = {name: exact_value(found.formula, given, exact) for name, found in derived.items() if not found.where}
        known = {name: value for name, value in values.items() if value is not None}
        return InSymbols(loss_of(layers), network_of(defined), local_derivatives(layers.graph.network), known)


def used(steps: Sequence[Step]) -> list[Symbol]:
    """The values and weights that steps use, from the input on; what has a step of its own is none of them."""
    own = {step.left.value for step in steps}
    found = dict.fromkeys(symbol for step in steps for symbol in symbols_in(step.right))
    return [symbol for symbol in reversed(found) if symbol not in own]


def notation_of(network: Network) -> SymPyText:
    """SymPy's text in which the spec's names stay as they are."""
    names = [*(node.name for node in network.nodes), *(parameter.name for parameter in network.parameters)]
    return SymPyText(names)


def hard_targets(at: Any) -> Iterator[int]:
    """The graph nodes of outputs at which the derivative of the loss is 0/0, as one is its target of 0 (of bce 1, too),
    where no target is anything but 0 or 1."""
    network = at.graph.network
    book = network.loss.textbook
    if book is None or not book.hard:
        return
    for end, target in at.graph.ends():
        rows = () if target is None else zip(at.values(end), network.targets[target].rows)
        pairs = [pair for row in rows for pair in zip(*row)]
        if all(t in (0, 1) for _, t in pairs) and any(float(y) == t in book.singular for y, t in pairs):
            yield end


class Deriving:
    """The derivations of one network at a point of units or of arrays, over layers alone."""

    def __init__(self, at: Any, given: Network, most: int, apart: frozenset[int] = frozenset()) -> None:
        self.at = at
        self.most = most
        self.layers = symbolic_layers(at.graph, apart, frozenset(hard_targets(at)))
        self.functions = at.arithmetic.functions
        self.points = Points(at._replace(graph=at.graph._replace(network=given)))  # as it is stored it may overflow

    @cached_property
    def values(self) -> Any:
        """The numbers of the layers."""
        return self._values_at(self.at)

    def _values_at(self, at: Any) -> Any:
        if isinstance(at, ScalarPoint):
            return values_at(self.layers, at)
        from gradcalc.derivation.arrays import array_values

        return array_values(self.layers, at)

    def derivation(self, subject: Subject) -> Derivation:
        """One derivation, certified; its formula is the last step's, over the symbols of the others."""
        value, found = gradient(self.at, subject), source(self.layers, subject)
        terms, count = self._layer_terms(subject, lambda path: None)
        steps = Steps(self.layers, self.values, self.functions).towards(found, value)
        last, certificate = steps[-1], certify(self.points, lambda at: self._compared(at, subject, self.layers, steps))
        where = needed([last.right], [*definitions(self.layers), *((one.left.value, one.right) for one in steps[:-1])])
        return Derivation(last.left, value, steps, terms, count, last.right, where, None, None, certificate)

    def forward(self) -> list[Step]:
        """The steps of the forward pass."""
        return forward_steps(self.layers, self.layers, self.values, self.functions, self.at.loss)

    def by_nodes(self, subjects: Sequence[Subject]) -> ByNodes:
        """Refused: a function of thousands of arguments is no reading."""
        raise UsageError("--format python writes every weight's entry by itself; of this network there are too many")

    def given_exactly(self) -> tuple[Mapping[Symbol, Any], Mapping[Symbol, str]]:
        """Nothing: exact values are for formulas of single units."""
        return {}, {}

    def _layer_terms(
        self, subject: Subject, formula: Callable[[LayerPath], Expression | None]
    ) -> tuple[list[Term], int]:
        """The largest paths as terms, and how many there are; with a formula where they are over layers."""
        arithmetic = self.at.arithmetic
        low = arithmetic if is_low_precision(arithmetic.name) else None
        dps = decimal_digits(arithmetic.name)
        found = compute(self.at.graph.network, wrt=[subject.name], top=self.most, dps=dps, low=low).paths
        assert isinstance(found, GradientPaths)
        own, terms = source(self.layers, subject), []
        labels = found.labels(subject.name) if subject.entry is None else repeat(None)
        for path, ones in zip(found[subject.name].top, labels):
            taken = None if ones is None else layer_path(self.layers, own, ones)
            read, written = (layer_product(self.layers, own, taken), formula(taken)) if taken else (None, None)
            told = path.nodes, path.through, read, written, path.contribution, path.share, path.at
            terms.append(Term(*told, labels=ones or ()))
        return terms, found.count(subject.name)

    def _compared(self, at: Any, subject: Subject, graph: SymbolicGraph, steps: Sequence[Step]) -> Pairs:
        """What the steps come to at a point, beside backpropagation there."""
        values, moved = self._values_at(at), getattr(at.arithmetic, "moved", None)
        values = values if moved is None else values.map(moved)
        found: Pairs = values.compared(graph, steps, gradient(at, subject), at.arithmetic.functions)
        return found


class ByUnits(Deriving):
    """The same of a network of few units: formulas and terms are written unit by unit."""

    def __init__(
        self, at: ScalarPoint, given: Network, most: int, apart: frozenset[int], decimals: int | None = None
    ) -> None:
        super().__init__(at, given, most, apart)
        self.decimals = decimals
        network, examples = at.graph.network, range(len(at.examples))
        self.units = [expand(self.layers, number if network.batch else None) for number in examples]
        self.written = [written_out(graph) for graph in self.units]
        self._notation = notation_of(network)

    @cached_property
    def _terms(self) -> UnitTerms:
        return UnitTerms(self.units, self.values, self.at.arithmetic)

    def derivation(self, subject: Subject) -> Derivation:
        """One derivation, certified; of a number over units, of a matrix over layers."""
        value, found = gradient(self.at, subject), entries(subject, self.units)
        closed, written = self._closed_form(found)
        if found.columns is not None:
            terms, count = self._layer_terms(subject, lambda path: layer_formula(self.units, found, path, written))
        else:
            terms, count = self._terms.of(found.sources[0], value, self.most, written)
        own = found.sources[0][0]
        between = backward(self.units[0], own.heads)
        graph, steps = self._steps(subject, found, between, value)
        of_units = graph.is_expanded and not self.at.graph.network.batch
        short = factored(between, own, False) if of_units else None
        formula = found.together(closed.formulas)
        trees = [*closed.formulas, *(term.formula for term in terms if term.formula is not None)]
        where = needed(trees, closed.definitions)

        def errors(at: ScalarPoint) -> Pairs:
            yield from self._formulas_compared(at, subject, formula, where, terms if len(terms) == count else ())
            if not graph.is_expanded or len(between.leaving) <= MOST_NODES:
                yield from self._compared(at, subject, graph, steps)

        symbol, certificate = leaf(found.symbol), certify(self.points, errors)
        in_numbers = short and Steps(self.units[0], self.values, self.functions).in_numbers(short)
        is_long = of_units and len(steps) > MOST_NUMBERED
        inputs = {one: self.values.plain(one) for one in used(steps)} if is_long else {}
        derived = Derivation(
            symbol, value, steps, terms, count, formula, where, short, in_numbers, certificate, inputs=inputs
        )
        return derived if self.decimals is None else self._on_paper(derived, graph, self.decimals)

    def _on_paper(self, derived: Derivation, graph: SymbolicGraph, decimals: int) -> Derivation:
        """The same with every number rounded."""
        paper = self._paper(graph, decimals)
        steps, terms = paper.steps(derived.steps), paper.terms(derived.terms, (graph, self.units[0]))
        rounded = paper.compared(steps[-1].value, derived.value)
        return derived._replace(steps=steps, terms=terms, rounded=rounded, inputs=paper.values_of(derived.inputs))

    def _steps(
        self, subject: Subject, found: VariableEntries, between: Backward, value: Value
    ) -> tuple[SymbolicGraph, list[Step]]:
        """The steps, over single units where these are few, else over layers; and the graph that they are over."""
        is_batch = self.at.graph.network.batch
        is_wide = is_batch or any(node.width > 1 for node in self.at.graph.nodes)
        is_long = is_wide and len(between.leaving) * len(self.units) > MOST_UNIT_STEPS
        over_layers = found.columns is not None or is_long or (is_batch and subject.entry is None)
        if is_batch and not over_layers:
            return self.units[0], summed(zip(self.units, found.sources[0]), self.values, self.functions, value)
        graph = self.layers if over_layers else self.units[0]
        own = source(self.layers, subject) if over_layers else found.sources[0][0]
        on_paper = self.decimals is not None
        return graph, Steps(graph, self.values, self.functions, on_paper).towards(own, value)

    def _closed_form(self, found: VariableEntries) -> tuple[Closed, Sequence[WrittenOut]]:
        """In the spec's own names where that is short, else over named nodes; and the values that terms have then."""
        formulas = in_names_alone(self.units, found.sources, self.written)
        if formulas and len(write(found.together(formulas), self._notation)) <= MOST_CHARACTERS:
            return Closed(formulas, ()), self.written
        return over_nodes(self.units, found.sources), [WrittenOut({}, {})] * len(self.units)

    def forward(self) -> list[Step]:
        """The steps of the forward pass."""
        few = not self.at.graph.network.batch and len(self.units[0].symbols) <= MOST_NODES
        graph = self.units[0] if few else self.layers
        steps = forward_steps(self.layers, graph, self.values, self.functions, self.at.loss)
        if self.decimals is None:
            return steps
        _, exact = loss_forms(self.layers, graph)
        return self._paper(graph, self.decimals).steps(steps, exact)

    def _paper(self, graph: SymbolicGraph, decimals: int) -> Paper:
        """What has been worked out before a derivation: the values of all nodes."""
        from gradcalc.derivation.on_paper import Paper

        return Paper(graph, given_values(self.at.graph, self.at), decimals)

    def by_nodes(self, subjects: Sequence[Subject]) -> ByNodes:
        """All of the subjects' gradients over named values and adjoints."""
        found = [entries(subject, self.units) for subject in subjects]
        closed = over_nodes(self.units, [sources for one in found for sources in one.sources])
        formulas = iter(closed.formulas)
        together = [one.together(list(islice(formulas, len(one.sources)))) for one in found]
        return ByNodes(list(self._given().items()), needed(closed.formulas, closed.definitions), together)

    def given_exactly(self) -> tuple[Mapping[Symbol, Any], Mapping[Symbol, str]]:
        """What the spec gives, and the texts of exact constants among it."""
        network = self.at.graph.network
        exact: dict[Symbol, str] = {}
        for parameter in network.parameters:
            for index, text in parameter.exact.items():
                place = index if any(size > 1 for size in parameter.shape) else ()
                exact[Symbol("", parameter.name, place)] = text
        rows = [(Symbol("", node.name), node.width, node.exact) for node in network.inputs]
        for number, target in enumerate(network.targets):
            symbol = target_symbol(self.at.graph, number, None)
            rows.append((symbol, network.nodes[target.node].width, target.exact))
        for symbol, width, texts in rows:
            for (example, unit), text in texts.items():
                place = (unit,) if width > 1 else ()
                exact[symbol._replace(place=place, example=example if network.batch else None)] = text
        return self._given(), exact

    def _given(self) -> dict[Symbol, Any]:
        """What the spec gives, entry by entry, inputs and targets first."""
        network, found = self.at.graph.network, dict[Symbol, Any]()
        for number, row in enumerate(given_values(self.at.graph, self.at).rows):
            for symbol, value in row.items():
                example = number if symbol.example is not None else None
                found |= {symbol._replace(place=index, example=example): one for index, one in entries_of(value)}
        return dict(sorted(found.items(), key=lambda pair: network.batch and pair[0].example is None))

    def _formulas_compared(
        self, at: ScalarPoint, subject: Subject, formula: Expression, where: Sequence[Any], terms: Sequence[Term]
    ) -> Pairs:
        """Formula and sum of terms beside the engine's gradient, from nothing but what the spec gives."""
        functions, values = at.arithmetic.functions, given_values(at.graph, at)
        for symbol, tree in where:
            values[symbol] = evaluate(tree, values, functions)
        trees = [formula, *(term.formula for term in terms if term.formula is not None)]
        own, *others = (
            [evaluate(part, values, functions) for part in (tree.parts if tree.head == "matrix" else [tree])]
            for tree in trees
        )
        wanted = numbers(gradient(at, subject))
        yield own, wanted
        if others and len(others) == len(terms):
            yield list(map(added, zip(*others))), wanted
