"""Steps as on paper: every number, given or computed, is rounded to so many decimals, half away from zero, before
anything is computed with it. The decimal system computes: 0.1·0.525 is 0.0525, and rounds to 0.053."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, Overflow, localcontext
from math import isfinite
from typing import Any

from gradcalc.arithmetic import mapped
from gradcalc.derivation.expand import entry
from gradcalc.derivation.explanation import PathProduct, Rounded, Step, Term
from gradcalc.derivation.steps import LOSS_NAME, Steps, of_given_targets
from gradcalc.derivation.symbol_values import SymbolValues, evaluate
from gradcalc.derivation.symbolic_graph import SymbolicGraph, definitions
from gradcalc.errors import DomainError
from gradcalc.expressions import decimal_functions
from gradcalc.expressions.expression import Expression, Symbol, fold, in_figures, symbols_in
from gradcalc.expressions.numerals import DecimalPlaces, decimal
from gradcalc.network.network import Value, entries

LARGEST = 2**53  # above it numbers are not rounded: every float64 is whole
DIGITS = 60  # that are computed with
GUARD = 20  # decimals that are rounded to before, so that ⅓·0.15 is 0.05


class Paper:
    """What has been worked out so far over one graph, each number rounded."""

    def __init__(self, graph: SymbolicGraph, given: SymbolValues, decimals: int) -> None:
        self.graph = graph
        self.decimals = decimals
        with self._exactly():
            rows = [{symbol: self._rounded(value) for symbol, value in row.items()} for row in given.rows]
            self.values = SymbolValues(rows)
            self._steps = Steps(graph, self.values, decimal_functions)
            for symbol, tree in definitions(graph):
                self.values[symbol] = self._worked_out(tree)

    def steps(self, steps: Sequence[Step], exact_loss: Expression | None = None) -> list[Step]:
        """The steps, each from the numbers of those before; the loss, where it has no value of rounded outputs, in its
        exact form."""
        with self._exactly():
            return [self._step(step, exact_loss if step.left == LOSS_NAME else None) for step in steps]

    def terms(self, terms: Sequence[Term], local: Sequence[SymbolicGraph]) -> list[Term]:
        """The terms; local derivatives that have no steps are those of other graphs of the network."""
        with self._exactly():
            return [self._term(term, local) for term in terms]

    def values_of(self, symbols: Iterable[Symbol]) -> dict[Symbol, Any]:
        """The numbers of symbols as they are told."""
        return {symbol: self._told(self.values[symbol]) for symbol in symbols}

    def compared(self, value: Value, exact: Value) -> Rounded:
        """A gradient as it comes out, and how far its worst entry is from the exact one; a 0 that stays 0 is none."""
        if isinstance(exact, list) and not isinstance(value, list):  # the 0 of a gradient without paths
            value = mapped(lambda _: value, exact)
        pairs = [(index, ours, true) for (index, ours), (_, true) in zip(entries(value), entries(exact))]
        with self._exactly():
            errors = {index: _relative_error(ours, true) for index, ours, true in pairs if ours or true}
        worst = max(errors, key=errors.__getitem__, default=pairs[0][0])
        error = errors.get(worst, Decimal("Infinity"))
        return Rounded(self.decimals, value, _in_float64(error) if error.is_finite() else None, worst)

    def _step(self, step: Step, exact: Expression | None) -> Step:
        right, value = self._right(step, exact)
        tested = None if step.tested is None else evaluate(step.right.parts[2], self.values, decimal_functions)
        paths = [self._path(path) for path in step.paths]
        self.values[step.left.value] = value
        numbers = self._in_numbers(right)
        return step._replace(
            value=self._told(value), numbers=numbers, paths=paths, tested=tested, is_exact=False, is_lost=False
        )

    def _right(self, step: Step, exact: Expression | None) -> tuple[Expression, Any]:
        """The right side to put numbers into, and what it comes to."""
        if step.left != LOSS_NAME:
            return step.right, self._worked_out(step.right)
        for tree in filter(None, (step.right, exact)):
            with suppress(DomainError):
                by_unit = entry(tree, (), self.graph.shapes)
                told, computed = (of_given_targets(one, self.values, decimal_functions) for one in (tree, by_unit))
                return told, self._worked_out(computed)
        raise DomainError("the loss has no value of an output")

    def _path(self, path: PathProduct) -> PathProduct:
        value = self._told(self._worked_out(path.product))
        return path._replace(value=value, numbers=self._in_numbers(path.product))

    def _term(self, term: Term, local: Sequence[SymbolicGraph]) -> Term:
        if term.product is None:
            return term._replace(rounded=self._told(self._rounded(term.value)))
        for symbol in symbols_in(term.product):
            known = next((graph.derivatives[symbol] for graph in local if symbol in graph.derivatives), None)
            if known is not None and symbol not in self.values:
                self.values[symbol] = self._worked_out(known.read)
        return term._replace(rounded=self._told(self._worked_out(term.product)))

    def _in_numbers(self, tree: Expression) -> Expression | None:
        """With the numbers put in as they are rounded, nothing simplified by that."""
        found = self._steps.in_numbers(tree)

        def visit(node: Expression, parts: list[Expression]) -> Expression:
            if node.head == "figure" and isinstance(node.value, Decimal):
                return in_figures(self._told(node.value))
            return node._replace(parts=tuple(parts)) if parts else node

        return None if found is None else fold(found, visit)

    @contextmanager
    def _exactly(self) -> Iterator[None]:
        """The digits to compute with; infinite is what may overflow in a case that is not taken. Raises DomainError
        where a rounded number is outside a function's domain, LimitError where it is infinite."""
        with localcontext(decimal_functions.wide(DIGITS + 2 * self.decimals)) as context:
            context.traps[Overflow] = False
            try:
                yield
            except InvalidOperation:
                raise decimal_functions.out_of_range() from None
            except DomainError as error:
                raise DomainError(f"with every number rounded (--round {self.decimals}) {error}") from None

    def _worked_out(self, tree: Expression) -> Any:
        return self._rounded(evaluate(tree, self.values, decimal_functions))

    def _rounded(self, value: Any) -> Any:
        return mapped(lambda number: _to_decimals(number, self.decimals), value)

    def _told(self, value: Any) -> Any:
        return mapped(_shown, value)


def _relative_error(number: Any, exact: Any) -> Decimal:
    """Infinite where a 0 has become another number."""
    wanted = abs(decimal(exact))
    return Decimal(abs(decimal(number) - decimal(exact)) / wanted) if wanted else Decimal("Infinity")


def _in_float64(number: Decimal) -> Any:
    """The nearest float64; a number beyond its range as it is."""
    nearest = float(number)
    return nearest if isfinite(nearest) and (nearest or not number) else number


def _to_decimals(number: Any, decimals: int) -> Decimal:
    """A number, of any kind, rounded; a float64 as it is written."""
    if isinstance(number, float):
        number = Decimal(repr(float(number)))
    found: Decimal = number if isinstance(number, Decimal) else decimal(number)
    if found.is_infinite():
        raise decimal_functions.out_of_range()
    if abs(found) > LARGEST:
        return +found
    for places in (decimals + GUARD, decimals):
        found = found.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return found if found else abs(found)


def _shown(number: Decimal) -> Any:
    """The float64 with the decimals that it has; a very large one as it is."""
    if abs(number) > LARGEST:
        return _in_float64(number)
    return DecimalPlaces.of(number)
