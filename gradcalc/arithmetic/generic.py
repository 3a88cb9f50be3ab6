"""Activations and losses over the functions of any arithmetic: what a row itself says of them, or its formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcalc.activations import Activation

VALUE, DERIVATIVE, ALPHA_DERIVATIVE = 0, 1, 2
"""Places in what a row's `general` gives."""

General = Callable[[Any], tuple[Callable[..., Any], ...]]


def general(activation: Activation) -> General:
    """The row's own rule for any arithmetic, or its formula and derivative."""
    return activation.general or _from_texts(activation)


def _from_texts(activation: Activation) -> General:
    from gradcalc.expressions.evaluation import evaluate
    from gradcalc.expressions.parser import parse

    names = ("x", *activation.options)
    texts = [parse(text, names) for text in (activation.formula, activation.derivative_formula)]

    def in_arithmetic(functions: Any) -> tuple[Callable[..., Any], ...]:
        options = {option: functions.number(value) for option, value in activation.options.items()}
        return tuple(lambda x, text=text: evaluate(text, functions, x=x, **options) for text in texts)

    return in_arithmetic


def each(function: Callable[[Any], Any], numbers: Any) -> Any:
    """The function of a number, or of every entry of nested lists."""
    return [each(function, part) for part in numbers] if isinstance(numbers, (list, tuple)) else function(numbers)
