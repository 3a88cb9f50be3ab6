"""Expressions as SymPy knows them: to SymPy, back from it, and their derivatives, which SymPy takes once.

SymPy is imported when the first formula needs it. Decimal constants become rationals, exactly as they are written.

SymPy's own tanh′ = 1 − tanh² cancels, its Max is undecided at a tie, and 1/(1 + e^−x) overflows when differentiated:
so these functions are put before it as functions of ours, with their derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, reduce
from typing import Any

from gradcalc.expressions.expression import (
    ZERO,
    Expression,
    FormulaError,
    deep_recursion,
    fold,
    in_postorder,
    leaf_ratio,
    name,
    ratio,
    substituted,
    with_ratios,
)

Table = dict[str, Callable[..., Any]]  # what a function of the grammar is in SymPy

SAME = ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sign")
"""Functions that SymPy calls by the same name."""
ONE = ratio(1, 1)


def to_sympy(expression: Expression, symbols: Mapping[str, Any] | None = None, functions: Table | None = None) -> Any:
    """The formula in SymPy; `symbols` gives its variables (real symbols of the same names where it is None)."""
    import sympy

    table = operators(sympy) | (functions or written_functions())
    names = {"pi": sympy.pi, "e": sympy.E} | dict(symbols or {})

    def visit(node: Expression, parts: list[Any]) -> Any:
        if parts:
            return table[node.head](*parts)
        if node.head == "ratio":
            return sympy.Rational(*node.value)
        return names[node.value] if node.value in names else sympy.Symbol(node.value, real=True)

    with deep_recursion():
        return fold(with_ratios(expression), visit)


def operators(sympy: Any) -> dict[str, Callable[..., Any]]:
    """The grammar's operators in SymPy, and the functions that are called by the same name."""
    return {same: getattr(sympy, same) for same in SAME} | {
        "+": sympy.Add,
        "-": lambda a, b: a - b,
        "*": sympy.Mul,
        "/": lambda a, b: a / b,
        "^": sympy.Pow,
        "negative": lambda a: -a,
    }


def written_functions() -> Table:
    """Functions as a person would write them in SymPy."""
    import sympy

    return {
        "abs": sympy.Abs,
        "min": sympy.Min,
        "max": sympy.Max,
        "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
        "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
        "relu": lambda u: sympy.Max(0, u),
        "step": lambda u: sympy.Heaviside(u, 0),
        "top_share": lambda u, *others: sympy.Heaviside(u - sympy.Max(*others), sympy.Rational(1, 2)),
    }


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
            results[node] = _expression(node, [results[part] for part in node.args])
    return results[formula]


def _expression(node: Any, parts: list[Expression]) -> Expression:
    """A node of SymPy's over its parts."""
    kind = type(node).__name__
    if kind in BUILDERS:
        return BUILDERS[kind](parts)
    if kind in CALLS:
        return Expression(CALLS[kind], tuple(parts))
    if parts:
        raise FormulaError(f"SymPy answers with {kind}, which is no function of formulas")
    if node.is_Rational:
        value = ratio(abs(int(node.p)), int(node.q))
        return Expression("negative", (value,)) if node.p < 0 else value
    if node.is_Symbol:
        return name(node.name)
    if str(node) in ("pi", "E"):
        return name(str(node).lower())
    raise FormulaError(f"SymPy answers with {node}, which is no real number")


def _folded(head: str, parts: Iterable[Expression]) -> Expression:
    """The parts two by two, from the left."""
    return reduce(lambda a, b: Expression(head, (a, b)), parts)


def _sum(parts: list[Expression]) -> Expression:
    """What is added first, what is subtracted after it."""
    added = [part for part in parts if part.head != "negative"]
    taken = [part.parts[0] for part in parts if part.head == "negative"]
    start = _folded("+", added) if added else Expression("negative", (taken.pop(0),))
    return _folded("-", (start, *taken))


def _product(parts: list[Expression]) -> Expression:
    """Numerators over denominators, 1/n being one of these, any other ratio one number; a sign before it all."""
    above, below = [], []
    for part in parts:
        factor = part.parts[0] if part.head == "negative" else part
        value = leaf_ratio(factor)
        if value is not None and value[0] == 1 != value[1]:
            below.append(ratio(value[1], 1))
        elif factor.head == "/":
            above.append(factor.parts[0])
            below.append(factor.parts[1])
        else:
            above.append(factor)
    above = [factor for factor in above if factor != ONE]
    whole = _folded("*", above) if above else ONE
    whole = Expression("/", (whole, _folded("*", below))) if below else whole
    return Expression("negative", (whole,)) if sum(part.head == "negative" for part in parts) % 2 else whole


def _power(parts: list[Expression]) -> Expression:
    base, exponent = parts
    if exponent.head == "negative" and leaf_ratio(exponent.parts[0]) is not None:
        return Expression("/", (ONE, _power([base, exponent.parts[0]])))
    value = leaf_ratio(exponent)
    if value == (1, 1):
        return base
    return Expression("sqrt", (base,)) if value == (1, 2) else Expression("^", (base, exponent))


BUILDERS: dict[str, Callable[[list[Expression]], Expression]] = {"Add": _sum, "Mul": _product, "Pow": _power}

CALLS = {"Abs": "abs", "Min": "min", "Max": "max"} | {
    same: same for same in (*SAME, "abs", "min", "max", "sigmoid", "softplus", "relu", "step", "top_share")
}
"""SymPy's functions, and those with derivatives of ours, by the names of their classes."""

LARGEST_WHOLE = 2_000  # nodes times levels of a formula that SymPy differentiates as one; larger ones go node by node
MOST_COMPARED = 8

_known: dict[Any, Expression] = {}


def derivative(expression: Expression, variable: str) -> Expression:
    """∂/∂variable as a formula; at kinks |x|′ = 0, relu′ = 0, and those that tie share the derivative of max and min.

    Raises FormulaError where SymPy finds no real derivative.
    """
    key = variable, *signature(expression)
    if key not in _known:
        _known[key] = (chained if is_large(expression) else _derived)(expression, variable)
    return _known[key]


def is_large(expression: Expression) -> bool:
    """Whether SymPy would take long for the formula as a whole: a minute for a few hundred levels, or for the product
    rule of a few hundred factors."""
    height: int = fold(expression, lambda _, heights: 1 + max(heights, default=0))
    return len(in_postorder(expression)) * height > LARGEST_WHOLE


def compares_many(expression: Expression) -> bool:
    """Whether it has a max or min that SymPy itself would take long for: it compares each argument with each other."""
    return any(node.head in ("max", "min") and len(node.parts) > MOST_COMPARED for node in in_postorder(expression))


def signature(expression: Expression) -> Iterator[tuple[Any, ...]]:
    """What two formulas have in common that are the same: every node with the places of its parts."""
    places: dict[int, int] = {}
    for node in in_postorder(expression):
        yield node.head, node.value, *(places[id(part)] for part in node.parts)
        places[id(node)] = len(places)


def chained(expression: Expression, variable: str) -> Expression:
    """The same by the chain rule from node to node, the derivative of each from SymPy: linear in their number."""

    def visit(node: Expression, derivatives: list[Expression]) -> Expression:
        if not derivatives:
            return ONE if node.head == "name" and node.value == variable else ZERO
        terms: list[Expression] = []
        for i, inner in enumerate(derivatives):
            if inner != ZERO:
                factors = [factor for factor in (_local(node, i), inner) if leaf_ratio(factor) != (1, 1)]
                terms.append(_folded("*", factors) if factors else ONE)
        return _folded("+", terms) if terms else ZERO

    return fold(with_ratios(expression), visit)


def _local(node: Expression, i: int) -> Expression:
    """∂node/∂part i, in the parts; to SymPy they are variables, but for rational ones, which make powers simple."""
    parts = {f"part{j}": part for j, part in enumerate(node.parts) if part.head != "ratio"}
    named = tuple(part if part.head == "ratio" else name(f"part{j}") for j, part in enumerate(node.parts))
    return substituted(derivative(node._replace(parts=named), f"part{i}"), parts)


def _derived(expression: Expression, variable: str) -> Expression:
    import sympy

    formula = to_sympy(expression, functions=functions_with_derivatives())
    with deep_recursion():
        try:
            return from_sympy(sympy.diff(formula, sympy.Symbol(variable, real=True)))
        except FormulaError as error:
            raise FormulaError(f"this formula has no derivative: {error}") from None


@lru_cache(maxsize=1)
def functions_with_derivatives() -> Table:
    """The grammar's functions in SymPy, each with the derivative that is evaluated."""
    import sympy

    ours: dict[str, Any] = {}
    derivatives = {
        "abs": lambda u: [ours["sign"](u)],
        "sign": lambda u: [sympy.Integer(0)],
        "step": lambda u: [sympy.Integer(0)],
        "relu": lambda u: [ours["step"](u)],
        "max": lambda *us: [ours["top_share"](u, *us[:i], *us[i + 1 :]) for i, u in enumerate(us)],
        "min": lambda *us: [ours["top_share"](*(-v for v in (u, *us[:i], *us[i + 1 :]))) for i, u in enumerate(us)],
        "top_share": lambda *us: [sympy.Integer(0)] * len(us),
        "sigmoid": lambda u: [ours["sigmoid"](u) * ours["sigmoid"](-u)],
        "softplus": lambda u: [ours["sigmoid"](u)],
        "tanh": lambda u: [1 / sympy.cosh(u) ** 2],
    }
    ours |= {name: _function(sympy, name, rule) for name, rule in derivatives.items()}
    return ours


def _function(sympy: Any, name: str, derivatives: Any) -> Any:
    def fdiff(self: Any, argindex: int = 1) -> Any:
        return derivatives(*self.args)[argindex - 1]

    about = f"{name}, with the derivative that is evaluated"
    return type(name, (sympy.Function,), {"fdiff": fdiff, "is_real": True, "__doc__": about})
