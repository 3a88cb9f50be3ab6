"""The steps of a derivation: the forward pass, ∂L/∂ every node from the loss back, then ∂L/∂ the subject; over layers
and over units alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import permutations
from math import prod
from typing import Any

from gradcalc.arithmetic import mapped
from gradcalc.derivation.closed_form import AdjointFormulas, Backward, backward, with_derivatives
from gradcalc.derivation.expand import entry
from gradcalc.derivation.explanation import PathProduct, Step
from gradcalc.derivation.layer_graph import loss_of
from gradcalc.derivation.rules import JACOBIAN, PROBABILITIES
from gradcalc.derivation.symbol_values import SymbolValues, evaluate, value_in_range
from gradcalc.derivation.symbolic_graph import (
    CHAIN,
    LOSS,
    SymbolicEdge,
    SymbolicGraph,
    Variable,
    definitions,
    is_vectorial,
)
from gradcalc.errors import DomainError
from gradcalc.expressions.expression import (
    ADJOINT,
    EXAMPLE,
    ONE,
    PREACTIVATION,
    TARGET,
    ZERO,
    Expression,
    Symbol,
    call,
    fold,
    hadamard,
    in_figures,
    in_postorder,
    leaf,
    name,
    negative,
    power,
    product,
    rebuilt,
    symbols_in,
    total,
)
from gradcalc.expressions.numerals import in_digits
from gradcalc.network.graph import ActivationNode, JoinNode
from gradcalc.network.network import Value, numbers
from gradcalc.report.text import no_path

MOST_NODES = 24  # nodes between subject and loss up to which every local derivative has a step of its own
NAMED = (JACOBIAN, PROBABILITIES)  # what has a step of its own in a long derivation too
MOST_ENTRIES = 16  # of a vector or a matrix that is put in
UNWRITTEN = ("others", "with_diagonal", "products_about", "squares_between_others")
"""Forms of exact derivatives that no page has a notation for."""

LOSS_NAME = name("L")
WITHOUT_LOG_OF_0 = "loss; 0·ln 0 counts as 0"
MOST_PATHS = 8  # paths between two nodes up to which each is written out


class Steps:
    """The steps over one graph."""

    def __init__(self, graph: SymbolicGraph, values: Any, functions: Any, adjoint_by_adjoint: bool = False) -> None:
        self.graph = graph
        self._adjoint_by_adjoint = adjoint_by_adjoint  # paths go from the adjoint before, not from where they part
        self.values = values
        self.functions = functions
        derivatives = graph.derivatives.items()
        self._written_in = {symbol: found for symbol, found in derivatives if symbol.letter not in NAMED}

    def towards(self, source: Variable, value: Value) -> list[Step]:
        """All steps; the last has the subject's `value`."""
        own = LOSS if source.is_parameter else source.heads[0]
        between = backward(self.graph, source.heads)
        apart = len(between.leaving) <= MOST_NODES
        adjoints = AdjointFormulas(between, own, sums=apart)
        steps = list(self._adjoints(adjoints, source, apart))
        if source.is_parameter:
            last, told = self._of_parameter(source, value, adjoints), {step.left.value for step in steps}
            new = [symbol for symbol in symbols_in(last.right) if symbol in self.graph.derivatives]
            return [*steps, *(self._derivative(symbol) for symbol in new if symbol not in told), last]
        if not steps:
            return [self._unreached(self.graph.symbols[own], value)]
        return [*steps, self._of_unit(steps[-1], source, value)] if source.entry else steps

    def _adjoints(self, adjoints: AdjointFormulas, source: Variable, apart: bool) -> Iterator[Step]:
        """One step for each adjoint that has a name, and before it for the local derivatives that are new in it."""
        between, derived = adjoints.between, set[Symbol]()
        parting = self._parting(between, source) if apart else {}
        for place, symbol, tree in adjoints.named():
            for new in symbols_in(tree):
                if new in self.graph.derivatives and new not in derived and (apart or new.letter in NAMED):
                    derived.add(new)
                    yield self._derivative(new)
            edges = between.leaving[place]
            at_loss = all(edge.head == LOSS for edge in edges)
            rule = edges[0].rule if at_loss else "sum over paths" if adjoints.is_sum(place) else CHAIN
            paths = [self._product(adjoints, place, path) for path in parting.get(place, ())]
            shown = tree if apart else with_derivatives(tree, self._written_in, exactly=False)
            exact = total(self.graph.passed(adjoints.of(edge.head), edge, True) for edge in edges)
            exact = exact if apart else with_derivatives(exact, self._written_in)
            yield self.step(rule, None, self.graph.symbols[place], symbol, shown, exact)._replace(paths=paths)

    def _derivative(self, symbol: Symbol) -> Step:
        """σ′(z) of an activation, its Jacobian, or what of it has a name."""
        local, of = self.graph.derivatives[symbol], symbol._replace(letter="")
        by = of._replace(letter=PREACTIVATION)
        of, by = (symbol, symbol) if symbol.letter == PROBABILITIES else (of, by)
        return self.step(local.rule, of, by, symbol, local.read, local.exact)

    def step(self, rule: str, of: Any, by: Symbol, symbol: Symbol, right: Expression, exact: Any = None) -> Step:
        """The symbol by an expression, or exactly by another one, with its value at the point."""
        step = Step(rule, of, by, leaf(symbol), right, self.values.whole(symbol))
        step = self.with_numbers(step, exact, self.values.plain(symbol))
        if right.head != "cases" or step.numbers is None:
            return step
        return step._replace(tested=evaluate(right.parts[2], self.values, self.functions))

    def with_numbers(self, step: Step, exact: Expression | None, value: Any) -> Step:
        """A step with the numbers put into its right side or into the exact form of it, which comes to the value."""
        tree, other = step.right, None if exact == step.right else exact
        plain, adds = self.in_numbers(tree), any(node.head in ("+", "-") for node in in_postorder(tree))
        if not self._takes_numbers(tree) or (other is None and not adds) or self._gives(tree, value):
            return step._replace(numbers=plain)
        found = plain if other is None else self._exactly_in_numbers(other)
        is_exact = found not in (None, plain)
        return step._replace(numbers=found, is_exact=is_exact, is_lost=adds and found is not None and not is_exact)

    def in_numbers(self, tree: Expression, exact: Expression | None = None, value: Any = None) -> Expression | None:
        """With the numbers put in; None where there are none, or many, or those of every example. Where these, as a
        page rounds them, do not give the value, as 1·(1 − 1) not that of σ′, they are put into the exact form."""
        if not self._takes_numbers(tree):
            return None
        if exact not in (None, tree) and not self._gives(tree, value):
            return self._exactly_in_numbers(exact)
        found = fold(tree, self._put_in)
        return None if any(node.head == "cases" for node in in_postorder(found)) else found

    def _exactly_in_numbers(self, exact: Expression) -> Expression | None:
        return None if any(node.head in UNWRITTEN for node in in_postorder(exact)) else self.in_numbers(exact)

    def _takes_numbers(self, tree: Expression) -> bool:
        """Whether its symbols are some and few, and not those of every example."""
        sizes = [prod(self.graph.shapes.get(symbol, ())) for symbol in symbols_in(tree)]
        return bool(sizes) and self.graph.example != EXAMPLE and max(sizes) <= MOST_ENTRIES

    def _put_in(self, node: Expression, parts: list[Expression]) -> Expression:
        """A node with numbers in it: of cases the one that holds, of a maximum the share of one of those tied."""
        if node.head == "symbol":
            return in_figures(self.values.plain(node.value))
        if node.head == "cases" and not is_vectorial(parts[2], self.graph.is_vector):
            chosen = parts[0] if evaluate(parts[2], {}, self.functions) > 0 else parts[1]
            return chosen if chosen.parts else in_figures(evaluate(chosen, {}, self.functions))
        if node.head == "top_share":
            return in_figures(evaluate(Expression(node.head, tuple(parts)), {}, self.functions))
        if node.head == "sigmoid_derivative":
            factors = call("sigmoid", parts[0]), call("sigmoid", negative(parts[0]))
            return hadamard(factors) if is_vectorial(parts[0], self.graph.is_vector) else product(factors)
        return rebuilt(node, parts) if parts else node

    def _gives(self, tree: Expression, value: Any) -> bool:
        """Whether the expression of numbers with six digits comes to the value, within what rounding does."""
        rounded = {one: mapped(lambda number: in_digits(number, 6), self.values.plain(one)) for one in symbols_in(tree)}
        try:
            found = evaluate(tree, rounded, self.functions)
        except DomainError:
            return False
        return all(abs(one - other) <= abs(other) / 1000 for one, other in zip(numbers(found), numbers(value)))

    def _unreached(self, symbol: Symbol, value: Value) -> Step:
        """A 0, and its reason: no path from w3 to h2."""
        letter = self.graph.adjoint_letter
        reason = no_path(symbol.name, letter.removeprefix(ADJOINT) or "L")
        return Step(reason, None, symbol, leaf(symbol._replace(letter=letter)), ZERO, value)

    def _of_parameter(self, source: Variable, value: Value, adjoints: AdjointFormulas) -> Step:
        """∂L/∂ a parameter, from the adjoints of the nodes that it is at work in: one term for each use."""
        graph, left = self.graph, leaf(source.symbol._replace(letter=self.graph.adjoint_letter))
        uses = [use for use in source.uses if use.head in adjoints.between.leaving]
        if not uses:
            return self._unreached(source.symbol, value)
        uses = [use for use in uses if adjoints.of(use.head) != ZERO] or uses
        terms = [graph.by_parameter(adjoints.of(use.head), use) for use in uses]
        tree = total(entry(term, source.entry, graph.shapes) if source.entry else term for term in terms)
        if isinstance(graph.example, str):
            tree = Expression("over examples", (tree,))
        use, in_numbers = uses[0], self.in_numbers(tree)
        if len(uses) > 1 or (use.kind == "matrix" and not source.entry):
            shared = "bias" if all(one.factor == ONE for one in uses) else "weight"
            rule = f"sum over the uses of the shared {shared}" if len(uses) > 1 else "chain rule: outer product"
            return Step(rule, None, source.symbol, left, tree, value, numbers=in_numbers)
        head, local = graph.symbols[use.head], use.factor
        if tree == ZERO:  # as through layer_norm of a single unit
            return Step(f"δ_{head.name} = 0 whatever z_{head.name} is", None, source.symbol, left, tree, value)
        if source.entry:
            row = source.entry[0] + (use.part.start if use.part else 0)
            head, local = head._replace(place=(row,)), entry(local, source.entry[-1:], graph.shapes)
        partial = Expression("=", (Expression("partial", (leaf(head), leaf(source.symbol))), local))
        return Step(CHAIN, None, source.symbol, left, tree, value, (), partial, in_numbers)

    def _of_unit(self, whole: Step, source: Variable, value: Value) -> Step:
        """One unit of the step before."""
        left, right = (entry(tree, source.entry, self.graph.shapes) for tree in (whole.left, whole.right))
        numbers = self.in_numbers(right)
        return Step(whole.rule, None, whole.by._replace(place=source.entry), left, right, value, numbers=numbers)

    def _parting(self, between: Backward, source: Variable) -> dict[int, list[list[SymbolicEdge]]]:
        """Where few paths over units part that meet again: the paths from there to where they meet, between two
        neighbours of the nodes that every path passes."""
        if not self.graph.is_expanded or len(source.uses) != 1:
            return {}
        to_loss, from_source = counts_to_loss(between), Counter(source.heads)
        for place in sorted(between.leaving):
            for edge in between.leaving[place]:
                from_source[edge.head] += from_source[place]
        whole = from_source[LOSS]
        along = [LOSS, *(place for place in between.leaving if from_source[place] * to_loss[place] == whole)]
        found = {tail: _paths(between, head, tail) for head, tail in zip(along, along[1:])}
        return {tail: paths for tail, paths in found.items() if 1 < len(paths) <= MOST_PATHS}

    def _product(self, adjoints: AdjointFormulas, tail: int, path: Sequence[SymbolicEdge]) -> PathProduct:
        """A path from the adjoint that it leads to; to the loss from ∂L/∂ what it leads to last, where that is all."""
        *before, last = path
        first, edges = adjoints.of(last.head), path[::-1]
        if self._adjoint_by_adjoint:
            before, first, edges = [], adjoints.of(path[0].head), path[:1]
        if last.head == LOSS and len(adjoints.between.leaving[last.tail]) == 1 and before:
            first, edges = adjoints.of(last.tail), before[::-1]
        tree, exact = (product((first, *(edge.form(exactly) for edge in edges))) for exactly in (False, True))
        value = value_in_range(exact, self.values, self.functions)
        labels = [edge.label for edge in path if edge.label]
        symbol = self.graph.symbols[tail]
        own = symbol.name + (f"[{symbol.place[0]}]" if symbol.place else "")
        nodes = (own, *(label.node for label in labels if label.node is not None))
        through = tuple(label.name for label in labels if label.name is not None)
        return PathProduct(nodes, through, tree, value, self.in_numbers(tree, exact, value), labels)


def summed(
    sources: Iterable[tuple[SymbolicGraph, Variable]], values: SymbolValues, functions: Any, value: Value
) -> list[Step]:
    """The steps over units of every example of a batch, and the sum of what they come to."""
    steps, terms = list[Step](), list[Step]()
    for graph, source in sources:
        found = Steps(graph, values, functions)
        *before, last = found.towards(source, value)
        steps += before
        terms.append(last)
    tree = total(term.right for term in terms)
    rule = "sum over the examples" if tree.head == "+" else terms[0].rule
    return [*steps, terms[0]._replace(rule=rule, right=tree, partial=None, numbers=found.in_numbers(tree))]


def counts_to_loss(between: Backward) -> dict[int, int]:
    """How many paths lead from every node to the loss."""
    counts = {LOSS: 1}
    for place, edges in between.leaving.items():
        counts[place] = sum(counts[edge.head] for edge in edges)
    return counts


def _paths(between: Backward, head: int, tail: int) -> list[list[SymbolicEdge]]:
    """The paths from `tail` to `head`; gives up at more than MOST_PATHS."""
    found: list[list[SymbolicEdge]] = []
    pending: list[tuple[int, list[SymbolicEdge]]] = [(tail, [])]
    while pending and len(found) <= MOST_PATHS:
        place, edges = pending.pop()
        if place == head:
            found.append(edges)
            continue
        pending += [(edge.head, [*edges, edge]) for edge in reversed(between.leaving[place])]
    return found


def forward_steps(
    layers: SymbolicGraph, graph: SymbolicGraph, values: SymbolValues, functions: Any, loss_value: Any
) -> list[Step]:
    """What every node of the graph, that of layers or its expansion, comes to, and the loss with its value."""
    found, rules = Steps(graph, values, functions), dict[Symbol, str]()
    for (number, _), place in graph.places.items():
        node = graph.graph.nodes[number]
        is_weighed = any(arc.parameter is not None for arc in node.arcs)
        rule = node.activation.text if isinstance(node, ActivationNode) else "weighted sum" if is_weighed else "sum"
        rules.setdefault(graph.symbols[place], node.join.name if isinstance(node, JoinNode) else rule)
    steps = [
        found.step(rules.get(symbol, "definition"), symbol, symbol, symbol, tree) for symbol, tree in definitions(graph)
    ]
    if layers.graph.network.of is not None:
        return steps
    (loss, exact), symbol = loss_forms(layers, graph), Symbol("", "L")
    rule = WITHOUT_LOG_OF_0 if takes_log_of_0(loss, values) else "loss"
    if layers.example is not None:
        return [*steps, Step(rule, symbol, symbol, LOSS_NAME, loss, loss_value)]
    shown, exact = (of_given_targets(tree, values, functions) for tree in (loss, exact))
    last = found.with_numbers(Step(rule, symbol, symbol, LOSS_NAME, shown, loss_value), exact, loss_value)
    return [*steps, last._replace(right=loss)]


def loss_forms(layers: SymbolicGraph, graph: SymbolicGraph) -> list[Expression]:
    """L to read, and its exact form: over layers or units, as the graph is."""
    forms = (loss_of(layers, exactly) for exactly in (False, True))
    return [entry(form, (), layers.shapes) if graph.is_expanded else form for form in forms]


def takes_log_of_0(loss: Expression, given: SymbolValues) -> bool:
    """Whether a target of 0 makes the argument of a logarithm 0: t ln(t/y)."""
    logs = (node.parts[0] for node in in_postorder(loss) if node.head == "log")
    targets = ((ratio.parts[0] if ratio.head == "/" else ratio).value for ratio in logs)
    zeros = (not all(numbers(given.whole(t))) for t in targets if isinstance(t, Symbol) and t.letter == TARGET)
    return any(zeros)


def with_logs_of_powers(loss: Expression) -> Expression:
    """The loss with ln (t/y)ᵗ in place of t ln(t/y): the same, and 0 where t is 0, as 0⁰ is 1, for a program to which
    0·ln 0 is no number."""

    def is_of(t: Expression, term: Expression) -> bool:
        return term.head == "log" and t.head != "figure" and t in (term.parts[0], *term.parts[0].parts[:1])

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        for t, rest in permutations(parts, 2) if node.head in ("*", "hadamard") else ():
            terms = rest.parts if rest.head == "+" else (rest,)
            if any(is_of(t, term) for term in terms):
                powers = (
                    call("log", power(term.parts[0], t)) if is_of(t, term) else rebuilt(node, (t, term))
                    for term in terms
                )
                return product((*(one for one in parts if one not in (t, rest)), total(powers)))
        return rebuilt(node, parts)

    return fold(loss, visit)


def of_given_targets(loss: Expression, given: SymbolValues, functions: Any) -> Expression:
    """The loss without the products that targets alone make 0: t ln(t/y) is 0 where t is, (1 − t) ln(1 − y) where that
    is 1, whatever the logarithm, as no formula says. Of a loss of whole vectors none can be left out."""

    def is_0(factor: Expression) -> bool:
        if {symbol.letter for symbol in symbols_in(factor)} == {TARGET}:
            with suppress(DomainError):
                return bool(evaluate(factor, given, functions) == 0)
        return False

    return fold(loss, lambda one, parts: ZERO if one.head == "*" and any(map(is_0, parts)) else rebuilt(one, parts))
