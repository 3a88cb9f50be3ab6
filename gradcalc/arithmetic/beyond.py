"""Activations and losses beyond doubles: rational rows as they are, all others certified, digits as needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.balls import Level, certified
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

VALUE, SLOPE, ALPHA_SLOPE = 0, 1, 2
"""Places in what a row's `general` gives."""

General = Callable[[Any], tuple[Callable[..., Any], ...]]


def general(activation: Activation) -> General:
    """The row's own rule for any arithmetic, or its formula and derivative."""
    return activation.general or _from_texts(activation)


def _from_texts(activation: Activation) -> General:
    from gradcalc.formulas import evaluate, parse

    names = ("x", *activation.options)
    texts = [parse(text, names) for text in (activation.formula, activation.derivative)]

    def in_arithmetic(functions: Any) -> tuple[Callable[..., Any], ...]:
        options = {option: functions.number(value) for option, value in activation.options.items()}
        return tuple(lambda x, text=text: evaluate(text, functions, x=x, **options) for text in texts)

    return in_arithmetic


def exactly(
    activation: Activation,
    part: int,
    functions: Any,
    levels: Sequence[Level],
    within: Any,
    rounded: Callable[[Any], Any],
) -> Callable[..., Any]:
    """One part of the row in the numbers of `functions`: right to `within`, then rounded, lists entry by entry."""
    rule = general(activation)
    if activation.rational:
        return rule(functions)[part]

    def at(*arguments: Any) -> Any:
        return _each(rounded, certified(lambda f: rule(f)[part], arguments, levels, within))

    return at


def _each(function: Callable[[Any], Any], result: Any) -> Any:
    return [_each(function, part) for part in result] if isinstance(result, list) else function(result)


class LossIn(Record):
    """A loss over the functions of one arithmetic."""

    loss: Loss
    functions: Any

    def value(self, ys: Sequence[Any], ts: Sequence[Any]) -> Any:
        """The loss of one example."""
        return self.loss.generic_value(ys, ts, self.functions)

    def slopes(self, ys: Sequence[Any], ts: Sequence[Any]) -> list[Any]:
        """∂L/∂y, unit by unit."""
        return self.loss.generic_slopes(ys, ts, self.functions)
