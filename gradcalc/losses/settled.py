"""What a spec settles about a loss, beside its name."""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.records import Record

NO_OPTIONS: Mapping[str, float] = {}


class Settled(Record):
    """`options` are all of the row's, with their values; `given` those that the spec names."""

    reduction: str = "mean"
    scale: float = 1.0
    options: Mapping[str, float] = NO_OPTIONS
    given: Mapping[str, float] = NO_OPTIONS


def plain(number: float) -> str:
    """A double as a spec would have it: 2, 0.5."""
    return repr(number).removesuffix(".0")
