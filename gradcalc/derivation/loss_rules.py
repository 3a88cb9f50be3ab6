"""The losses as a textbook writes them: the loss of one example, and its slope by every output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gradcalc.derivation.rules import constant, rule_of_formula
from gradcalc.expressions.build import (
    call,
    cases,
    difference,
    filled,
    negative,
    number,
    product,
    quotient,
    readable,
    total,
)
from gradcalc.expressions.expression import ONE, ZERO, Expression
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.losses import Loss

Trees = Sequence[Expression]


class LossRule(Record):
    """What a step says of the loss: the rule's name, and the slope of one unit's term in y and t, as text or built."""

    name: str
    slope: str
    built: Callable[[Expression, Expression], Expression] | None = None


RULES = {
    "mse": LossRule("power rule", "", lambda y, t: product((number(2), difference(y, t)))),
    "sse": LossRule("power rule", "", lambda y, t: product((number(2), difference(y, t)))),
    "half_sse": LossRule("power rule", "", lambda y, t: difference(y, t)),
    "mae": LossRule("|x|′ = sign x", "sign(y - t)"),
    "huber": LossRule("power rule within δ, linear beyond", "max(-delta, min(y - t, delta))"),
    "log_cosh": LossRule("(ln cosh)′ = tanh", "tanh(y - t)"),
    "bce": LossRule("logarithm rule", "(y - t)/(y*(1 - y))"),
    "bce_with_logits": LossRule("softplus′ = σ", "sigmoid(y) - t"),
    "cross_entropy": LossRule("softmax cross entropy", ""),
    "nll": LossRule("logarithm rule", "-t/y"),
    "kl": LossRule("logarithm rule", "-t/y"),
    "poisson": LossRule("logarithm rule", "1 - t/y"),
    "hinge": LossRule(
        "piecewise linear",
        "",
        lambda y, t: cases(negative(t), ZERO, total((ONE, negative(product((t, y)))))),
    ),
    "output": LossRule("identity", "1"),
}


LOGARITHMIC = ("-t*y", "t*(log(t) - y)")
"""Terms of nll and kl over outputs that are logarithms already."""


def rule_name(loss: Loss) -> str:
    """The rule by which the loss is differentiated."""
    return RULES[loss.name].name if loss.name in RULES else rule_of_formula(_parsed(loss, loss.per_unit))


def unit_term(loss: Loss, y: Expression, t: Expression) -> Expression:
    """One unit's term, of whole layers too."""
    if loss.name == "cross_entropy":
        return negative(product((t, call("log", call("softmax", y)))))
    return filled(_parsed(loss, loss.per_unit), {"y": y, "t": t})


def value(loss: Loss, ys: Trees, ts: Trees) -> Expression:
    """The loss of one example: scale · Σ term, over n where the loss averages."""
    if loss.name == "cross_entropy":
        terms = [negative(product((t, call("log_share", *_first(ys, n))))) for n, t in enumerate(ts)]
    else:
        term = _parsed(loss, loss.per_unit)
        terms = [filled(term, {"y": y, "t": t}) for y, t in zip(ys, ts or [ZERO] * len(ys))]
    return scaled(loss, total(terms), len(ys))


def slopes(loss: Loss, ys: Trees, ts: Trees) -> list[Expression]:
    """∂L/∂y of one example, unit by unit."""
    if loss.name == "cross_entropy":
        return [scaled(loss, entropy_slope(call("share", *_first(ys, n)), ts, n), len(ys)) for n in range(len(ys))]
    return [scaled(loss, unit_slope(loss, y, t), len(ys)) for y, t in zip(ys, ts or [ZERO] * len(ys))]


def entropy_slope(share: Expression, ts: Trees, unit: int) -> Expression:
    """p_i Σt − t_i."""
    whole = ts[0] if len(ts) == 1 else total(ts)
    return total((product((share, whole)), negative(ts[unit])))


def scaled(loss: Loss, tree: Expression, units: int) -> Expression:
    """The tree with the loss's scale and its division by the number of units."""
    weighed = tree if loss.scale == 1 else product((constant(loss.scale), tree))
    return divided(weighed, units if loss.averaged else 1)


def divided(tree: Expression, by: int) -> Expression:
    """tree/by, a 2 in front cancelled where it can be."""
    if by == 1:
        return tree
    if tree.head == "*" and tree.parts[0].head == "number" and tree.parts[0].value.isdigit():
        factor = int(tree.parts[0].value)
        if factor % by == 0:
            return product((number(factor // by), *tree.parts[1:]))
        if by % factor == 0:
            return quotient(product(tree.parts[1:]), number(by // factor))
    if tree.head == "/" and tree.parts[1].head == "number" and tree.parts[1].value.isdigit():
        return divided(tree.parts[0], by * int(tree.parts[1].value))
    return quotient(tree, number(by))


def unit_slope(loss: Loss, y: Expression, t: Expression) -> Expression:
    """The slope of one unit's term by y."""
    rule = RULES.get(loss.name)
    if rule is None:
        return filled(_differentiated(loss), {"y": y, "t": t})
    if loss.per_unit in LOGARITHMIC:
        return negative(t)
    if rule.built is not None:
        return rule.built(y, t)
    return filled(_parsed(loss, rule.slope), {"y": y, "t": t})


def _parsed(loss: Loss, text: str) -> Expression:
    from gradcalc.expressions.parser import parse

    tree = filled(parse(text, ("y", "t", *loss.options)), {})
    return filled(tree, {option: constant(value) for option, value in loss.options.items()})


def _differentiated(loss: Loss) -> Expression:
    from gradcalc.expressions.parser import parse
    from gradcalc.expressions.sympy_form import derivative

    return readable(derivative(parse(loss.per_unit, ("y", "t")), "y"))


def _first(trees: Trees, number: int) -> list[Expression]:
    """All trees, that of this number in front."""
    return [trees[number], *trees[:number], *trees[number + 1 :]]
