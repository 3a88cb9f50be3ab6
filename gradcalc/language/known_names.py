"""The names in the language that other rooms define: activations, losses, initialisations, and their options."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any


@cache
def activations() -> tuple[str, ...]:
    """Every name that `activation` takes, aliases last."""
    return tuple(_activation_rows())


@cache
def losses() -> tuple[str, ...]:
    """Every name that `loss` takes."""
    from gradcalc.losses import LOSSES

    return tuple(LOSSES)


@cache
def is_activation(name: str) -> bool:
    """Whether `activation` takes this name; of the table only the files up to its row are loaded."""
    from gradcalc.activations import bind

    return _binds(bind, name)


@cache
def is_loss(name: str) -> bool:
    """Whether `loss` takes this name."""
    from gradcalc.losses import bind

    return _binds(bind, name)


def _binds(bind: Any, name: str) -> bool:
    try:
        bind(name)
    except KeyError:
        return False
    except ValueError:  # the name is known, and cannot do without an option
        return True
    return True


def reductions() -> tuple[str, ...]:
    """How a batch may be reduced."""
    return ("mean", "sum")


@cache
def initialisations() -> tuple[str, ...]:
    """Every name that `init` takes."""
    from gradcalc.language.building.initializers import INITS

    return tuple(INITS)


def gained() -> tuple[str, ...]:
    """The initialisations that take a gain."""
    return _with_option("gain")


def drawn(option: str) -> tuple[str, ...]:
    """The initialisations that do not take this option."""
    taking = _with_option(option)
    return tuple(name for name in initialisations() if name not in taking)


def _with_option(option: str) -> tuple[str, ...]:
    from gradcalc.language.building.initializers import INITS

    return tuple(name for name, init in INITS.items() if option in init.options)


@cache
def options(table: str) -> Mapping[str, Mapping[str, Any]]:
    """For every name of the table "activations" or "losses", aliases too, its options with their defaults.

    The default of an option that must be given is None.
    """
    if table == "losses":
        from gradcalc.losses import LOSSES

        return {name: row.options for name, row in LOSSES.items()}
    return {name: {**row.options, **dict.fromkeys(row.required)} for name, row in _activation_rows().items()}


def takers(table: str, option: str) -> tuple[str, ...]:
    """The names of a table that take an option."""
    return tuple(name for name, taken in options(table).items() if option in taken)


def parametric(table: str, option: str) -> bool:
    """Whether an option is a parameter of one of the activations that take it, with a gradient of its own."""
    return table == "activations" and any(_activation_rows()[name].parametric for name in takers(table, option))


@cache
def _activation_rows() -> Mapping[str, Any]:
    from gradcalc.activations import ACTIVATIONS, ALIASES

    return {**ACTIVATIONS, **{alias: ACTIVATIONS[name] for alias, name in ALIASES.items()}}
