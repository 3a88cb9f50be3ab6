"""Expressions as JavaScript: over numbers, and over the vectors and matrices of a layer, for the page of `report`.

`stable` first puts logarithms into forms that lose nothing: ln σ(u), ln softmax(u), ln cosh(u), ln(1 − u), and t·ln y,
which is 0 where t is. The functions that are called stand in `page/functions.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gradcalc.expressions.expression import ONE, Expression, call, difference, fold, negative
from gradcalc.expressions.walk import ATOM, PREFIX, PRODUCT, SUM, Fragment, Notation, Parts, Rule

MATH = frozenset({"exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"})
MATH |= {"abs", "min", "max", "sign"}
CONSTANTS = {"pi": "Math.PI", "e": "Math.E"}


def stable(expression: Expression) -> Expression:
    """The formula with logarithms that lose nothing to cancellation, underflow or a factor of 0."""

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        if node.head == "log":
            return _logarithm(parts[0])
        if node.head == "*" and any(_has_logarithm(part) for part in parts):
            return call("weighted", *parts)
        return node._replace(parts=tuple(parts))

    return fold(expression, visit)


def _logarithm(of: Expression) -> Expression:
    if of.head == "sigmoid":
        return negative(call("softplus", negative(of.parts[0])))
    if of.head == "softmax":
        return call("log_softmax", *of.parts)
    if of.head == "cosh":
        return call("log_cosh", *of.parts)
    if of.head == "/" and of.parts[1].head == "softmax":
        return difference(call("log", of.parts[0]), _logarithm(of.parts[1]))
    if of.head in ("+", "-") and len(of.parts) == 2 and of.parts[0] == ONE:
        rest = of.parts[1] if of.head == "+" else negative(of.parts[1])
        return call("log1p", rest)
    return call("log", of)


def _has_logarithm(tree: Expression) -> bool:
    return bool(fold(tree, lambda node, parts: node.head in ("log", "log_softmax", "log1p", "softplus") or any(parts)))


class JavaScript(Notation):
    """Code over numbers."""

    rules: ClassVar[dict[str, Rule]] = {
        "number": lambda self, node, parts: Fragment(node.value),
        "ratio": lambda self, node, parts: self.rational(node.value),
        "constant": lambda self, node, parts: Fragment(float.__repr__(node.value)),
        "name": lambda self, node, parts: Fragment(CONSTANTS.get(node.value, node.value)),
        "+": lambda self, node, parts: self.summed(parts),
        "-": lambda self, node, parts: self.subtracted(parts),
        "negative": lambda self, node, parts: Fragment(f"-{self.held(parts[0], ATOM)}", PREFIX, True),
        "*": lambda self, node, parts: Fragment(" * ".join(self.held(part, PREFIX) for part in parts), PRODUCT),
        "/": lambda self, node, parts: Fragment(
            f"{self.held(parts[0], PRODUCT)} / {self.held(parts[1], PREFIX)}", PRODUCT
        ),
        "^": lambda self, node, parts: Fragment(f"power({parts[0].text}, {parts[1].text})"),
        "cases": lambda self, node, parts: Fragment(
            f"({self.held(parts[2], SUM)} > 0 ? {parts[0].text} : {parts[1].text})"
        ),
    }

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Math.exp(x), sigmoid(x)."""
        return super().call(f"Math.{function}" if function in MATH else function, arguments)

    def ratio(self, above: str, below: str) -> str:
        """A quotient of whole numbers, which is rounded once."""
        return f"({above} / {below})"


WHOLE = frozenset(
    {"softmax", "log_softmax", "mean", "others", "outer", "diag", "with_diagonal", "maxout", "largest", "concat"}
    | {"products_about", "squares_between_others", "weighted"}
)
"""Functions of whole vectors; all others go entry by entry."""


class LayerJavaScript(JavaScript):
    """Code over numbers, vectors and matrices, which have no operators: `each(plus, a, b)` goes entry by entry."""

    rules: ClassVar[dict[str, Rule]] = {
        **JavaScript.rules,
        "+": lambda self, node, parts: self.entrywise("plus", parts),
        "-": lambda self, node, parts: self.entrywise("minus", parts),
        "*": lambda self, node, parts: self.entrywise("times", parts),
        "/": lambda self, node, parts: self.entrywise("over", parts),
        "^": lambda self, node, parts: self.entrywise("power", parts),
        "negative": lambda self, node, parts: self.entrywise("negative", parts),
        "cases": lambda self, node, parts: self.entrywise("cases", parts),
        "hadamard": lambda self, node, parts: self.entrywise("times", parts),
        "ones": lambda self, node, parts: Fragment(f"ones({node.value})"),
        "identity": lambda self, node, parts: Fragment(f"identity({node.value})"),
    }

    def entrywise(self, function: str, parts: Parts) -> Fragment:
        """A function of numbers, of every entry of what are vectors or matrices."""
        return Fragment(f"each({', '.join([function, *(part.text for part in parts)])})")

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """each(Math.exp, x), softmax(x)."""
        if function in WHOLE:
            return f"{function}({', '.join(arguments)})"
        return f"each({', '.join([f'Math.{function}' if function in MATH else function, *arguments])})"
