"""A loss that a person wrote: the sum of a formula in y and t over the units, its derivative by SymPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from gradcalc.expressions import float_functions
from gradcalc.expressions.evaluation import compile_double, evaluate, is_kink
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.parser import parse
from gradcalc.expressions.sympy_form import derivative
from gradcalc.losses import Functions, Number, Row, UnitRule, each

NAMES = ("y", "t")


@lru_cache(maxsize=64)
def row_of_formula(text: str) -> Row:
    """The row of the loss Σ text, in y and t. Raises FormulaError. SymPy is asked when the first derivative is."""
    term = parse(text, NAMES)
    kink = is_kink(term, NAMES)
    return Row(
        text,
        term=text,
        terms=each(_rule(lambda: term)),
        derivatives=each(_rule(lambda: derivative(term, "y"))),
        kink=kink,
        flat=kink is not None,
    )


def _rule(formula: Callable[[], Expression]) -> UnitRule:
    """The formula's value: in doubles by a compiled function, in other numbers step by step."""
    compiled = cache(lambda: compile_double(formula(), NAMES))

    def rule(y: Number, t: Number, f: Functions) -> Number:
        return compiled()(y, t) if f is float_functions else evaluate(formula(), f, y=y, t=t)

    return rule
