"""A loss as text, for any number of units and examples: in the grammar of formulas, in Unicode, in LaTeX, in numbers.

Σ stands for the sum over the units; a batch's mean or sum over its examples is said in words, or as \\sum in LaTeX.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from gradcalc.formulas.expression import ONE, ZERO, Expression, fold, name, ratio, substituted
from gradcalc.formulas.parser import parse
from gradcalc.formulas.writing import LATEX, PLAIN, PRETTY, write
from gradcalc.losses.loss import Loss
from gradcalc.losses.settled import plain

SOFTMAX = {"p": "softmax(y)"}
SOFTMAX_IN_LATEX = {"p": r"\operatorname{softmax}(y)_i"}
MOST_TERMS = 3
"""As many units are written out with their numbers; of more, the first two."""
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def written(loss: Loss, units: int = 1, examples: int = 1) -> str:
    """(y - t)^2; of several units sum((y - t)^2)/2, of several examples mean(sum((y - t)^2)/2)."""
    text = write(_whole(loss, units), PLAIN, SOFTMAX)
    return text if examples == 1 else f"{loss.reduction}({text})"


def pretty(loss: Loss, units: int = 1, examples: int = 1) -> str:
    """(y − t)²; Σ(y − t)²/2; mean over 4 examples of Σ(y − t)²/2."""
    text = write(_whole(loss, units), PRETTY, SOFTMAX)
    return text if examples == 1 else f"{loss.reduction} over {examples} examples of {text}"


def latex(loss: Loss, units: int = 1, examples: int = 1) -> str:
    """The formula for amsmath, with indices i of the units and e of the examples."""
    names = {**SOFTMAX_IN_LATEX, **({"y": "y_i", "t": "t_i"} if units > 1 else {})}
    text = write(_whole(loss, units), LATEX, names)
    if examples == 1:
        return text
    share = rf"\frac{{1}}{{{examples}}} " if loss.reduction == "mean" else ""
    return rf"{share}\sum_{{e=1}}^{{{examples}}} \left[{text}\right]"


def in_numbers(loss: Loss, ys: Sequence[str], ts: Sequence[str]) -> str:
    """One example in Unicode with its numbers, given as texts, put in: (0.525929 − 1)²."""
    negative, term, divisor = _taken_apart(loss, len(ys))
    units = [unit for unit in range(len(ys)) if not (loss.classes and ts[unit] == "0")]
    few = len(units) <= MOST_TERMS
    terms = [_of_unit(loss, term, unit, ts[unit] if ts else "") for unit in (units if few else units[:2])]
    kept = [term for term in terms if term != ZERO] + ([] if few else [name("…")])
    whole = reduce(lambda a, b: Expression("+", (a, b)), kept) if kept else ZERO
    return write(_joined(loss, negative, whole, divisor), PRETTY, _texts(ys, ts))


def _whole(loss: Loss, units: int) -> Expression:
    negative, term, divisor = _taken_apart(loss, units)
    return _joined(loss, negative, term if units == 1 else Expression("sum", (term,)), divisor)


def _taken_apart(loss: Loss, units: int) -> tuple[bool, Expression, int]:
    """A unit's term without its sign and the whole number below it, for these belong before and below the sum."""
    term = parse(loss.term, ("y", "t", "p", *loss.options))
    term = substituted(term, {option: _number(value) for option, value in loss.options.items()})
    negative, divisor = False, units if loss.averaged else 1
    if term.head == "/" and term.parts[1].head == "number" and term.parts[1].value.isdecimal():
        divisor *= int(term.parts[1].value)
        term = term.parts[0]
    if term.head == "negative":
        negative, term = True, term.parts[0]
    elif term.head == "*" and term.parts[0].head == "negative":
        negative, term = True, term._replace(parts=(term.parts[0].parts[0], term.parts[1]))
    return negative, term, divisor


def _joined(loss: Loss, negative: bool, whole: Expression, divisor: int) -> Expression:
    if abs(loss.scale) != 1:
        whole = _led(lambda first: Expression("*", (_number(abs(loss.scale)), first)), whole)
    if negative != (loss.scale < 0):
        whole = _led(lambda first: Expression("negative", (first,)), whole)
    return whole if divisor == 1 else Expression("/", (whole, ratio(divisor, 1)))


def _led(change: Callable[[Expression], Expression], expression: Expression) -> Expression:
    """A sign or a number before the first of two factors, where a person writes it."""
    if expression.head == "*" and expression.parts[0].head != "*":
        first, second = expression.parts
        return Expression("*", (change(first), second))
    return change(expression)


def _of_unit(loss: Loss, term: Expression, unit: int, target: str) -> Expression:
    """The term of one unit; of a class that is not the target nothing is left, of the one that is no factor 1."""
    known = {"0": ZERO, "1": ONE} if loss.classes else {}
    names = {"y": name(f"y{unit}"), "p": name(f"p{unit}"), "t": known.get(target, name(f"t{unit}"))}
    return fold(substituted(term, names), lambda node, parts: _simplified(node._replace(parts=tuple(parts))))


def _simplified(node: Expression) -> Expression:
    if node.head != "*":
        return node
    if ZERO in node.parts:
        return ZERO
    return node.parts[1] if node.parts[0] == ONE else node


def _texts(ys: Sequence[str], ts: Sequence[str]) -> dict[str, str]:
    outputs = ", ".join(ys) if len(ys) <= MOST_TERMS else f"{ys[0]}, {ys[1]}, …"
    shares = {f"p{unit}": f"softmax({outputs}){str(unit).translate(LOWERED)}" for unit in range(len(ys))}
    return {f"y{i}": y for i, y in enumerate(ys)} | {f"t{i}": t for i, t in enumerate(ts)} | shares


def _number(value: float) -> Expression:
    return Expression("number", value=plain(value))
