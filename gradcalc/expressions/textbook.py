"""How a textbook differentiates a function: the name of the rule, and value and derivative as it writes them.

The texts are formulas of the grammar, in x and the output y (of a loss in y and t), with more functions: `cases(above,
below, of)` is `above` where `of` > 0, else `below`; `expm1(x)`, `one_plus_erf(x)` and `one_plus_tanh(x)` are read as
e^x − 1, 1 + erf x and 1 + tanh x, and computed without cancellation. Of rows that take the n units of a layer together
x and y are vectors, `ones` and `identity` a vector and a matrix, `opposite` is (1, −1); `with_diagonal(M, v)` is M with
v for its diagonal. `others(x)` has for every unit the sum of the others, `squares_between_others(x)` that of
(x_b − x_c)² over all pairs of the others; the matrix `products_about(x)` has Σ_c (x_c − x_i)(x_c − x_j). In a loss
`total` is Σt, and p the softmax of y (of z, where loss and log-softmax are one).
"""

from __future__ import annotations

from collections.abc import Collection

from gradcalc.expressions.expression import (
    ONE,
    ZERO,
    Expression,
    Literal,
    call,
    cases,
    decimal_text,
    fold,
    negative,
    rebuilt,
)
from gradcalc.records import Record

FORMS = frozenset(
    {"cases", "expm1", "one_plus_erf", "one_plus_tanh", "sigmoid_derivative"}
    | {"diag", "with_diagonal", "outer", "mean", "others", "products_about", "squares_between_others"}
    | {"softmax", "log_softmax", "maxout", "largest"}
)


class Textbook(Record):
    """A rule of differentiation, as a row has it where that is not what its formula gives.

    `derivative` is the form to read, σ′ = y(1 − y); `exact` is one that loses nothing to cancellation.
    """

    rule: str
    derivative: str = ""  # "": that of the row
    exact: str = ""  # "": the derivative
    value: str = ""  # "": the formula of the row; of a loss that is one with an activation, over the preactivations x
    hard: str = ""  # of a loss, the derivative for targets 0 and 1, where the other one is 0/0 at an output that is one
    singular: tuple[int, ...] = (0,)  # the targets at which that is so
    letter: str = ""  # how the derivative is called: "σ′"; "": by the name of the row
    statistics: tuple[tuple[str, str], ...] = ()  # numbers of a layer that value and derivative use
    few: tuple[Textbook, ...] = ()  # the same of one unit, of two, where that is simpler
    constants: tuple[tuple[str, Literal], ...] = ()  # numbers that are printed as float64 and computed with exactly


def read(text: str, names: Collection[str]) -> Expression:
    """A text of a textbook as a tree."""
    from gradcalc.expressions.functions import PUBLIC
    from gradcalc.expressions.parser import parse

    return parse(text, names, PUBLIC | FORMS)


def readable(tree: Expression) -> Expression:
    """A formula of the grammar, flat, with ratios that are decimals written so (1.702, not 851/500), steps by cases."""

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        if node.head == "ratio":
            text = decimal_text(node.value)
            size = node if text is None else Expression("number", value=text)
            return negative(size) if text is not None and node.value[0] < 0 else size
        if node.head == "step":
            return cases(ONE, ZERO, parts[0])
        if node.head == "relu":
            return call("max", parts[0], ZERO)
        return rebuilt(node, parts) if parts else node

    return fold(tree, visit)
