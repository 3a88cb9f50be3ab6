"""The rules by name: for every activation its value and slope as a textbook writes them, in x and the output a.

`slope` is the form to read, a(1 − a); `exact` the form to compute with, which loses nothing to cancellation.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from gradcalc.expressions.build import call, cases, filled, name, number, readable
from gradcalc.expressions.expression import ONE, ZERO, Expression
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation

X, A = name("x"), name("a")


class Rule(Record):
    """What a step says of an activation that takes its units one by one."""

    name: str  # the rule: "sigmoid: σ′ = σ(1 − σ)"
    letter: str  # how the slope is called: "σ′"
    value: Expression  # in x
    slope: Expression  # in x and a
    exact: Expression  # in x and a


def rule_of(activation: Activation) -> Rule:
    """The rule of an activation; one given by a formula is differentiated by SymPy."""
    options = () if activation.parametric else tuple(activation.options.items())
    return _rule(activation.name, activation.formula, activation.derivative_formula, options)


@cache
def _rule(kind: str, formula: str, derivative: str, options: tuple[tuple[str, float], ...]) -> Rule:
    bound = {option: constant(value) for option, value in options}
    if kind in PIECES:
        value, exact = (filled(tree, bound) for tree in PIECES[kind])
    else:
        value = parsed(formula, bound)
        exact = parsed(derivative, bound) if derivative else differentiated(formula)
    letter = "f′" if kind == "formula" else LETTERS.get(kind, f"{kind}′")
    said = rule_of_formula(value) if kind == "formula" else NAMES.get(kind, f"{kind} rule")
    return Rule(said, letter, value, TO_READ.get(kind, exact), exact)


def rule_of_formula(value: Expression) -> str:
    """The rule of a formula, with the places where it has no derivative."""
    from gradcalc.derivation.kinks import kinks

    found = kinks(value)
    if not found:
        return "derivative of the formula"
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.expressions.walk import write

    return "derivative of the formula; kinks at " + ", ".join(write(kink, Unicode()) for kink in found)


def parsed(text: str, bound: Mapping[str, Expression]) -> Expression:
    """A formula of ours as a tree with its options' values in it, its sums and products flat."""
    from gradcalc.expressions.parser import parse

    return filled(parse(text, ("x", "a", *bound)), bound)


def differentiated(formula: str) -> Expression:
    """The slope of a formula in x, by SymPy."""
    from gradcalc.expressions.parser import parse
    from gradcalc.expressions.sympy_form import derivative

    return readable(derivative(parse(formula, ("x",)), "x"))


def constant(value: float) -> Expression:
    """A number of a spec, as it is written: 0.01, 2."""
    text = repr(float(abs(value))).removesuffix(".0")
    tree = Expression("number", value=text)
    return Expression("negative", (tree,)) if value < 0 else tree


def _between(low: int, high: int) -> Expression:
    """Positive where low < x < high."""
    middle = (low + high) // 2
    shifted = X if not middle else Expression("-", (X, number(middle)))
    return Expression("-", (number((high - low) // 2), call("abs", shifted)))


def _hard_sigmoid() -> Expression:
    return Expression("/", (call("min", call("max", _plus(X, number(3)), ZERO), number(6)), number(6)))


def _plus(*terms: Expression) -> Expression:
    return Expression("+", terms)


def _times(*factors: Expression) -> Expression:
    return Expression("*", factors)


NAMES = {
    "identity": "identity",
    "sigmoid": "sigmoid: σ′ = σ(1 − σ)",
    "tanh": "tanh′ = 1 − tanh²",
    "exp": "exponential rule: (eˣ)′ = eˣ",
    "square": "power rule",
    "sin": "sine: sin′ = cos",
    "cos": "cosine: cos′ = −sin",
    "softplus": "softplus′ = σ",
    "log_sigmoid": "(ln σ)′ = σ(−x)",
    "silu": "product rule",
    "mish": "product rule",
    "gelu": "product rule",
    "gelu_tanh": "product rule",
    "softsign": "quotient rule",
    "relu": "relu: 1 right of 0, else 0",
    "leaky_relu": "piecewise linear",
    "prelu": "piecewise linear",
    "hardtanh": "piecewise linear",
    "relu6": "piecewise linear",
    "hard_sigmoid": "piecewise linear",
    "elu": "elu: 1 right of 0, else a power",
    "celu": "celu: 1 right of 0, else a power",
    "selu": "selu: linear right of 0, else a power",
    "hard_swish": "product rule, piecewise",
    "abs": "|x|′ = sign x",
    "sign": "constant rule",
    "step": "constant rule",
}
"""By activation: the rule's name, where that is not the activation's."""

TO_READ = {
    "sigmoid": _times(A, Expression("+", (ONE, Expression("negative", (A,))))),
    "tanh": Expression("+", (ONE, Expression("negative", (Expression("^", (A, number(2))),)))),
    "exp": A,
}
"""Slopes as books print them, over the output a, where that is not how they are computed."""

LETTERS = {"sigmoid": "σ′", "identity": "1′"}

ALPHA = name("alpha")
SELU_SCALE, SELU_LEFT = constant(1.0507009873554805), constant(1.7580993408473766)

PIECES: dict[str, tuple[Expression, Expression]] = {
    "sigmoid": (call("sigmoid", X), call("sigmoid_derivative", X)),
    "tanh": (call("tanh", X), Expression("/", (ONE, Expression("^", (call("cosh", X), number(2)))))),
    "identity": (X, ONE),
    "relu": (call("max", X, ZERO), cases(ONE, ZERO, X)),
    "leaky_relu": (cases(X, _times(ALPHA, X), X), cases(ONE, ALPHA, X)),
    "prelu": (cases(X, _times(ALPHA, X), X), cases(ONE, ALPHA, X)),
    "elu": (cases(X, _times(ALPHA, call("expm1", X)), X), cases(ONE, _times(ALPHA, call("exp", X)), X)),
    "celu": (
        cases(X, _times(ALPHA, call("expm1", Expression("/", (X, ALPHA)))), X),
        cases(ONE, call("exp", Expression("/", (X, ALPHA))), X),
    ),
    "selu": (
        cases(_times(SELU_SCALE, X), _times(SELU_LEFT, call("expm1", X)), X),
        cases(SELU_SCALE, _times(SELU_LEFT, call("exp", X)), X),
    ),
    "abs": (call("abs", X), call("sign", X)),
    "step": (cases(ONE, ZERO, X), ZERO),
    "sign": (call("sign", X), ZERO),
    "hardtanh": (call("min", call("max", X, Expression("negative", (ONE,))), ONE), cases(ONE, ZERO, _between(-1, 1))),
    "relu6": (call("min", call("max", X, ZERO), number(6)), cases(ONE, ZERO, _between(0, 6))),
    "hard_sigmoid": (_hard_sigmoid(), cases(Expression("ratio", value=(1, 6)), ZERO, _between(-3, 3))),
    "hard_swish": (
        _times(X, _hard_sigmoid()),
        cases(
            Expression("/", (_plus(_times(number(2), X), number(3)), number(6))), cases(ONE, ZERO, X), _between(-3, 3)
        ),
    ),
}
"""Value and slope of the commonest activations, and of those by cases: the others are read from their rows."""
