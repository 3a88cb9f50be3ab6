"""What the spec says of one parameter, whatever its form: a value, an entry's name, or a mapping with `init`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

from gradcalc.problems import SpecPath
from gradcalc.record import Record
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import Given, read_constant, read_number, read_value
from gradcalc.spec.scalars import LARGEST

NO_OPTIONS: Mapping[str, float] = {}


class Description(Record):
    """One of `given`, `entry` and `init` is there, unless there is a mistake in it, which has been reported."""

    at: SpecPath
    given: Given | None = None
    entry: str | None = None  # the name of an entry of `parameters`
    init: str | None = None
    options: Mapping[str, float] = NO_OPTIONS  # of init
    seed: int | None = None
    name: str | None = None
    name_at: SpecPath = ()
    frozen: bool = False


Described = Description | float
"""A plain number stays one: it fits everywhere, and long chains are made of them."""


class Describer:
    """Reads descriptions; `entries` are the names that texts are looked up in."""

    def __init__(self, entries: Collection[str], reporter: Reporter) -> None:
        self._entries = entries
        self._reporter = reporter

    def read(self, raw: Any, at: SpecPath) -> Described | None:
        """The same as `describe`, but a number as it is, and None for nothing."""
        if type(raw) is float or raw is None:
            return raw
        return float(raw) if type(raw) is int and abs(raw) <= LARGEST else self.describe(raw, at)

    def describe(self, raw: Any, at: SpecPath) -> Description:
        """A weight, bias or alpha as the spec has it, at its place there."""
        return self._mapping(raw, at) if isinstance(raw, dict) else self._plain(raw, at)

    def _plain(self, raw: Any, at: SpecPath) -> Description:
        """A text is the name of an entry of `parameters` if there is one, else an exact constant."""
        if not isinstance(raw, str):
            return Description(at, read_value(raw, at, self._reporter))
        if raw in self._entries:
            return Description(at, entry=raw)
        number = read_constant(raw, at, self._reporter, "an entry of parameters", self._entries)
        return Description(at, None if number is None else Given((), number, {(): raw}))

    def _mapping(self, raw: dict[str, Any], at: SpecPath) -> Description:
        name = raw["name"] if isinstance(raw.get("name"), str) else None
        return self._unnamed(raw, at, name)._replace(
            at=at, name=name, name_at=(*at, "name"), frozen=raw.get("frozen") is True
        )

    def _unnamed(self, raw: dict[str, Any], at: SpecPath, name: str | None) -> Description:
        if raw.get("init") is not None:
            return self._drawn(raw, at)
        if raw.get("value") is None:
            self._reporter.error(at, "needs a value, or init to draw one")
            return Description(at)
        self._refuse(raw, at, [key for key in raw if key not in ("value", "name", "frozen", "seed")], "value")
        described = self._plain(raw["value"], (*at, "value"))
        if described.entry is not None and name is not None:
            self._reporter.error((*at, "name"), f"{described.entry} is an entry of parameters and has only that name")
        return described

    def _drawn(self, raw: dict[str, Any], at: SpecPath) -> Description:
        from gradcalc.spec.building.drawing import INITS

        kind, seed = raw["init"], raw.get("seed")
        init = INITS.get(kind) if isinstance(kind, str) else None
        if init is None:
            known = ", ".join(INITS)
            self._reporter.error((*at, "init"), f"is none of {known}")
            return Description(at)
        takes = ("init", "name", "seed", "frozen", *init.options)
        self._refuse(raw, at, [key for key in raw if key not in takes], f"init {kind}")
        options = {
            option: number
            for option in init.options
            if raw.get(option) is not None
            and (number := read_number(raw[option], (*at, option), self._reporter)) is not None
        }
        self._check_options(kind, options, raw, at)
        return Description(at, init=kind, options=options, seed=seed if type(seed) is int else None)

    def _refuse(self, raw: dict[str, Any], at: SpecPath, keys: list[str], beside: str) -> None:
        for key in keys:
            if raw[key] is not None:
                self._reporter.error((*at, key), f'"{key}" has no meaning beside {beside}', "key")

    def _check_options(self, kind: str, options: Mapping[str, float], raw: dict[str, Any], at: SpecPath) -> None:
        if kind == "constant" and raw.get("value") is None:
            self._reporter.error(at, "needs the value of its init constant")
        if options.get("std", 0.0) < 0:
            self._reporter.error((*at, "std"), "is negative; a standard deviation is not")
        low, high = options.get("low", 0.0), options.get("high", 1.0)
        if kind == "uniform" and low > high:
            self._reporter.error((*at, "low" if "low" in options else "high"), f"low is {low:g}, above high, {high:g}")
        if not isfinite(high - low):
            self._reporter.error((*at, "high"), "is too far from low: their difference is beyond the largest double")
