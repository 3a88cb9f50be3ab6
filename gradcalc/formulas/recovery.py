"""SymPy expressions as formulas again, so that what SymPy derived can be evaluated in any arithmetic, and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from gradcalc.formulas.exact import Ratio, leaf_ratio
from gradcalc.formulas.expression import Expression, FormulaError, name, ratio

ONE = ratio(1, 1)


def from_sympy(formula: Any) -> Expression:
    """A SymPy expression of the grammar's functions. Raises FormulaError where it holds anything else."""
    results: dict[Any, Expression] = {}
    pending = [formula]
    while pending:
        node = pending[-1]
        waiting = [part for part in node.args if part not in results]
        if waiting:
            pending.extend(waiting)
        elif pending.pop() not in results:
            parts = [results[part] for part in node.args]
            results[node] = _expression(node, parts) if parts else _leaf(node)
    return results[formula]


def _expression(node: Any, parts: list[Expression]) -> Expression:
    kind = type(node).__name__
    if kind in BUILDERS:
        return BUILDERS[kind](parts)
    if kind in CALLS:
        return Expression(CALLS[kind], tuple(parts))
    raise FormulaError(f"SymPy answers with {kind}, which is no function of formulas")


def _leaf(node: Any) -> Expression:
    if node.is_Rational:
        value = ratio(abs(int(node.p)), int(node.q))
        return Expression("negative", (value,)) if node.p < 0 else value
    if node.is_Symbol:
        return name(node.name)
    if str(node) in ("pi", "E"):
        return name("pi" if str(node) == "pi" else "e")
    raise FormulaError(f"SymPy answers with {node}, which is no real number")


def _sum(parts: list[Expression]) -> Expression:
    """What is added first, what is subtracted after it."""
    added = [part for part in parts if part.head != "negative"]
    taken = [part.parts[0] for part in parts if part.head == "negative"]
    start = reduce(_plus, added) if added else Expression("negative", (taken.pop(0),))
    return reduce(lambda a, b: Expression("-", (a, b)), taken, start)


def _product(parts: list[Expression]) -> Expression:
    negative = sum(part.head == "negative" for part in parts) % 2 == 1
    plain = [part.parts[0] if part.head == "negative" else part for part in parts]
    above = [part for part in map(_numerator, plain) if part != ONE]
    below = [part.parts[1] for part in map(_as_quotient, plain) if part.head == "/"]
    whole = reduce(_times, above) if above else ONE
    whole = Expression("/", (whole, reduce(_times, below))) if below else whole
    return Expression("negative", (whole,)) if negative else whole


def _as_quotient(part: Expression) -> Expression:
    """1/n as a quotient, any other ratio as one number."""
    value = leaf_ratio(part)
    if value is not None and value[0] == 1 and value[1] != 1:
        return Expression("/", (ONE, ratio(value[1], 1)))
    return part


def _numerator(part: Expression) -> Expression:
    quotient = _as_quotient(part)
    return quotient.parts[0] if quotient.head == "/" else quotient


def _power(parts: list[Expression]) -> Expression:
    base, exponent = parts
    if exponent.head == "negative" and leaf_ratio(exponent.parts[0]) is not None:
        return Expression("/", (ONE, _positive_power(base, exponent.parts[0])))
    return _positive_power(base, exponent)


def _positive_power(base: Expression, exponent: Expression) -> Expression:
    value: Ratio | None = leaf_ratio(exponent)
    if value == (1, 1):
        return base
    return Expression("sqrt", (base,)) if value == (1, 2) else Expression("^", (base, exponent))


def _plus(a: Expression, b: Expression) -> Expression:
    return Expression("+", (a, b))


def _times(a: Expression, b: Expression) -> Expression:
    return Expression("*", (a, b))


BUILDERS: dict[str, Callable[[list[Expression]], Expression]] = {"Add": _sum, "Mul": _product, "Pow": _power}
SAME: Sequence[str] = (
    *("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sign", "abs", "min", "max"),
    *("sigmoid", "softplus", "relu", "step", "top_share"),
)
CALLS = {same: same for same in SAME} | {"Abs": "abs", "Min": "min", "Max": "max"}
"""SymPy's functions, and those of slopes.py, by the names of their classes."""
