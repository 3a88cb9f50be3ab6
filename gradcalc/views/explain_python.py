"""A derivation as a program: a plain Python function of the inputs, targets and weights that returns the gradient."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import SimpleNamespace

from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.derivation.explanation import ByNodes, Explanation
from gradcalc.errors import DomainError
from gradcalc.expressions import float_functions
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import full
from gradcalc.expressions.print_code import PythonText
from gradcalc.expressions.walk import write
from gradcalc.network.network import numbers
from gradcalc.report.report import Block, Report, Style, format_module

WIDEST = 110


def program(explanation: Explanation, derivation: Callable[[], Iterable[Block]], style: Style) -> str:
    """The module's text; its function's docstring is the `derivation`, as a person reads it."""
    derived = "".join(
        format_module("table").render(Report({}, derivation), style._replace(width=None, color=False, ascii=False))
    )
    network = explanation.network
    names = [*(node.name for node in network.nodes), *(parameter.name for parameter in network.parameters)]
    notation = PythonText(names)
    by_nodes = explanation.by_nodes()
    if why := where_float64_differs(explanation, by_nodes):
        derived = f"{derived}\n{why}"
    arguments = [f"{notation.symbol(symbol)}={full(value)}" for symbol, value in by_nodes.given]
    lines = [f"{notation.symbol(symbol)} = {write(tree, notation)}" for symbol, tree in by_nodes.definitions]
    body = [*docstring(derived), *lines, f"return {answer(explanation, by_nodes.formulas, notation)}"]
    return "\n".join(module(notation, signature(arguments), body))


OUT_OF_RANGE = (
    "Values on the way leave the range of float64, in which this function computes: "
    "it may raise an error, or return other numbers."
)
TOO_FEW_DIGITS = (
    "Float64, in which this function computes, has too few digits for values on the way, or they leave its range: "
    "it may raise an error, or return other numbers."
)
MOST_APART = 1e-7
"""Of the largest entry: by how much a gradient in float64 may differ before it is told."""
LEFT_OF_0 = 1e-13
"""What rounding may leave where the gradient is 0."""


def or_nan(function: Callable[..., float]) -> Callable[..., float]:
    """The function with NaN in place of an error."""

    def at(*arguments: float) -> float:
        try:
            return function(*arguments)
        except (OverflowError, ValueError):
            return math.nan

    return at


RAISING = {name: or_nan(getattr(math, name)) for name in ("exp", "expm1", "sin", "cos", "tan")} | {"power": or_nan(pow)}
OF_PYTHON = SimpleNamespace(**vars(float_functions) | RAISING)
"""Functions on float64, NaN where those of Python raise an error, as of e^710: none in a case that is not taken."""


def where_float64_differs(explanation: Explanation, by_nodes: ByNodes) -> str | None:
    """Why a function in float64 may not return what the explanation has, which is found by doing what it does."""
    from gradcalc.analysis.point import point

    arithmetic = explanation.arithmetic
    if arithmetic not in ("float64", "extended"):  # decimal digits, or a format of fewer bits
        arithmetic = point(explanation.network).arithmetic.name
    if arithmetic == "extended":
        return OUT_OF_RANGE
    if is_low_precision(explanation.arithmetic):
        return None
    exact = [[float(one) for one in numbers(each.value)] for each in explanation.derivations.values()]
    try:
        found = list(in_float64(by_nodes))
    except (ArithmeticError, DomainError, ValueError):
        return TOO_FEW_DIGITS
    for ours, theirs in zip(exact, found):
        most = MOST_APART * max(map(abs, ours)) or LEFT_OF_0
        if not all(abs(one - other) <= most for one, other in zip(ours, theirs)):
            return TOO_FEW_DIGITS
    return None


def in_float64(by_nodes: ByNodes) -> Iterator[list[float]]:
    """What the formulas come to, entry by entry. Raises ArithmeticError, DomainError."""
    from gradcalc.derivation.symbol_values import evaluate

    values = {symbol: float(value) for symbol, value in by_nodes.given}
    for symbol, tree in by_nodes.definitions:
        values[symbol] = evaluate(tree, values, OF_PYTHON)
    for formula in by_nodes.formulas:
        entries = formula.parts if formula.head == "matrix" else (formula,)
        yield [evaluate(entry, values, OF_PYTHON) for entry in entries]


def answer(explanation: Explanation, formulas: Sequence[Expression], notation: PythonText) -> str:
    """The gradient, or a dictionary of several."""
    texts = [write(formula, notation) for formula in formulas]
    if len(texts) == 1:
        return texts[0]
    return "{" + ", ".join(f"{name!r}: {text}" for name, text in zip(explanation.derivations, texts)) + "}"


def module(notation: PythonText, opening: list[str], body: list[str]) -> Iterator[str]:
    """Imports, functions that the math module lacks, the function, and a call."""
    imported, functions = notation.preamble()
    code = "\n".join(functions) + "\n".join(body).rpartition('"""')[2]
    imported = [name for name in imported if re.search(rf"\b{name}\b", code)]
    if imported:
        yield f"from math import {', '.join(imported)}\n\n"
    for function in functions:
        yield f"{function}\n"
    yield from opening
    yield from (f"    {line}".rstrip() for line in body)
    yield '\n\nif __name__ == "__main__":\n    print(gradient())\n'


def signature(arguments: list[str]) -> list[str]:
    """The first lines of the function, the arguments over as many as they need."""
    whole = f"def gradient({', '.join(arguments)}):"
    if len(whole) <= WIDEST:
        return [whole]
    lines = [""]
    for argument in arguments:
        if len(lines[-1]) + len(argument) + 6 > WIDEST:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + argument + ","
    return ["def gradient(", *(f"    {line}" for line in lines), "):"]


def docstring(text: str) -> list[str]:
    """The text as the lines of a docstring; nothing in it can end the string."""
    return [*('"""' + text.strip().replace("\\", "\\\\").replace('"""', '""\\"')).splitlines(), '"""']
