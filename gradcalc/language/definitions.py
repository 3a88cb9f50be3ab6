"""What every activation and every loss is: formula, derivative, kinks, units and options, from their rows.

The schema describes names by these definitions, and the reference lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

UNITS = {True: "mean", False: "sum"}
EVERY_UNIT = "each unit"


class Definition(Record):
    """One activation or loss, as texts."""

    formula: str
    derivative: str
    units: str  # what several units are to it
    kinks: str  # the convention, "" where it is smooth
    options: str  # with their defaults
    takes: str = ""  # of a loss: what its y is meant to be
    aliases: tuple[str, ...] = ()

    def sentence(self, value: str) -> str:
        """All of it in a line; `value` is what the formula gives, "y" or "L"."""
        parts = [f"{value} = {self.formula}", f"derivative {self.derivative}", self.units]
        parts += [f"kinks: {self.kinks}"] if self.kinks else []
        parts += [f"y is {self.takes}"] if self.takes else []
        parts += [f"options: {self.options}"] if self.options else []
        return "; ".join(parts) + "."


@cache
def activation_definitions() -> Mapping[str, Definition]:
    """Every activation by its name."""
    from gradcalc.activations import ACTIVATIONS

    return {name: of_activation(row) for name, row in ACTIVATIONS.items()}


@cache
def loss_definitions() -> Mapping[str, Definition]:
    """Every loss by its name."""
    from gradcalc.losses import LOSSES

    return {name: of_loss(row) for name, row in LOSSES.items()}


def describe_activation(name: str) -> str:
    """An activation in a sentence, an alias too."""
    from gradcalc.activations import ALIASES

    same = f"The same as {ALIASES[name]}: " if name in ALIASES else ""
    return same + activation_definitions()[ALIASES.get(name, name)].sentence("y")


def describe_loss(name: str) -> str:
    """A loss in a sentence, an alias too."""
    from gradcalc.losses import ALIASES

    same = f"The same as {ALIASES[name]}: " if name in ALIASES else ""
    return same + loss_definitions()[ALIASES.get(name, name)].sentence("L")


def of_activation(row: Activation) -> Definition:
    """An activation as its row has it."""
    formula, derivative = row.reads or (row.formula, row.derivative_formula)
    needed = [f"{option} (must be given)" for option in row.required]
    given = [f"{option} = {value:g}" for option, value in row.options.items() if option not in row.required]
    if row.parametric:
        given = [f"{option}, a parameter" for option in given]
    units = "over the units of the layer" if row.couples else EVERY_UNIT
    return Definition(formula, derivative, units, row.kinks, ", ".join([*needed, *given]), aliases=row.aliases)


def of_loss(row: Loss) -> Definition:
    """A loss as its row has it."""
    logarithms = row.of_preactivations.get("log_softmax", row).term != row.term
    takes = row.takes + (", or after log_softmax their logarithms" if logarithms else "")
    return Definition(
        row.reads or row.term,
        row.derivative_reads or (row.textbook.derivative if row.textbook else ""),
        f"{UNITS[row.averaged]} over the units",
        row.kinks,
        ", ".join(f"{option} = {value:g}" for option, value in row.options.items()),
        takes + ("; t may be a class index" if row.classes else ""),
        row.all_aliases,
    )


DESCRIBE: Mapping[str, Callable[[str], str]] = {"activation": describe_activation, "loss": describe_loss}
