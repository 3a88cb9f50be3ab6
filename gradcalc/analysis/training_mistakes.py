"""Mistakes of a training loop: what is reported is of another step, of two, or has more in it than the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from gradcalc.analysis.backward_mistakes import MOST_UPDATED, RATES, updated_weights
from gradcalc.analysis.forward_mistakes import with_values
from gradcalc.analysis.mistakes import FEW, Kind, Mistake, Reading, Setting, read
from gradcalc.analysis.point import computed
from gradcalc.analysis.reported_mistakes import Reported, weights
from gradcalc.arithmetic.float64 import Double
from gradcalc.errors import GradcalcError
from gradcalc.expressions.numerals import text
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, Parameter, mapped_entries, numbers

FIRST_RATES = RATES[:6]
DECAYS = (0.01, 0.1, 0.001, 0.0001, 0.0005, 0.05)
"""Usual weight decays."""


def after_a_step(setting: Setting) -> Iterator[Mistake]:
    """The values after a step of gradient descent in place of those before it; and where they are not all gradients
    those after a step in which the layers before are computed with weights that are updated already."""
    at = setting.own.at
    for rate in FIRST_RATES:
        clause = f"it is computed after one step of gradient descent with learning rate {rate:g}"
        command = f"gradcalc train SPEC --lr {rate:g} --steps 1"
        yield Mistake("", "after a step", clause, network=_stepped(setting, at, rate), command=command)
    if all(given.quantity == "gradient" for given in setting.givens):
        return
    for rate, mistake in zip(FIRST_RATES, updated_weights(setting)):
        altered = setting.own.altered()
        if mistake.edges and mistake.edges(altered, setting.own.names):
            clause = (
                f"it is computed after one step of gradient descent with learning rate {rate:g}, for which the backward"
                f" pass multiplied the old δ by weights that were already updated{_right_after(setting, at, rate)}"
            )
            stepped = _stepped(setting, altered.result(), rate)
            yield Mistake("", "after a step, updated weights used", clause, network=stepped)


def _right_after(setting: Setting, at: Any, rate: float) -> str:
    """The loss after a step with the gradients of one pass, in brackets."""
    with suppress(GradcalcError, ArithmeticError):
        loss = computed(graph(_stepped(setting, at, rate)(setting.network)), Double, MOST_UPDATED).loss
        return f" (L after a right step is {text(loss, 9)})"
    return ""


def _stepped(setting: Setting, at: Any, rate: float) -> Callable[[Network], Network]:
    def moved(number: int, one: Parameter) -> Any:
        if one.frozen:
            return one.value
        gradient = iter(numbers(at.gradient(number)))
        return mapped_entries(one.value, lambda index, x: x - rate * next(gradient))

    return with_values(moved)


def accumulated_over_a_step(setting: Setting) -> Iterator[Mistake]:
    """The gradient after a step added to that before it."""
    if all(given.quantity != "gradient" for given in setting.givens):
        return

    def with_second(rate: float) -> Reported:
        def reported(reading: Reading) -> list[list[float]] | None:
            if reading.at is not setting.own.at:  # the other mistake would have to be in both passes
                return None
            second = computed(graph(_stepped(setting, reading.at, rate)(setting.network)), Double, FEW)
            pairs = zip(setting.givens, reading.values, read(second, setting.givens))
            return [
                [x + y for x, y in zip(values, later)] if given.quantity == "gradient" else values
                for given, values, later in pairs
            ]

        return reported

    for rate in FIRST_RATES:
        clause = (
            f"the gradient before a step with learning rate {rate:g} and that after it are added, as where gradients "
            "are not set to zero between"
        )
        yield Mistake("", "accumulated over a step", clause, reported=with_second(rate))


def decayed(rate: float, of_weights: bool = False) -> Mistake:
    """Weight decay added to the gradient, of all parameters or of weights alone."""

    def reported(reading: Reading) -> list[list[float]]:
        found = []
        kinds = {one.name: one.kind for one in reading.setting.network.parameters}
        for given, values in zip(reading.setting.givens, reading.values):
            is_meant = given.quantity == "gradient" and not (of_weights and kinds[given.of or ""] == "bias")
            pairs = zip(values, weights(reading.setting, given) if is_meant else values)
            found.append([g + rate * w for g, w in pairs] if is_meant else values)
        return found

    told = text(rate, 6)
    clause = f"weight decay {told} is included: ∂L/∂w + {told}·w{', of weights and not of biases' * of_weights}"
    return Mistake("", "weight decay included", clause, reported=reported, formula=f"∂L/∂w + {told}·w")


def with_decay(setting: Setting) -> Iterator[Mistake]:
    """Gradients with weight decay in them."""
    has_bias = any(one.kind == "bias" for one in setting.network.parameters)
    for rate in DECAYS:
        yield decayed(rate)
        if has_bias and any(given.quantity == "gradient" for given in setting.givens):
            yield decayed(rate, of_weights=True)


TRAINING: tuple[Kind, ...] = (
    ("after a step", 0.04, after_a_step),
    ("accumulated", 0.01, accumulated_over_a_step),
    ("weight decay", 0.02, with_decay),
)
"""What can go wrong in a training loop, and how often it does."""
