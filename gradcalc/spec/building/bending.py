"""Activations as the spec names them: a name, a mapping with options, or a formula; equal ones are one object."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from gradcalc.activations import Activation, bind, from_formula
from gradcalc.problems import SpecPath
from gradcalc.record import Record
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import read_number
from gradcalc.spec.wording import kind_of, quoted


class Bent(Record):
    """An activation, with what prelu says of its parameter; None where it says nothing, or has none."""

    activation: Activation
    alpha: Any = None
    alpha_at: SpecPath = ()


class Activations:
    """Binds activations, those that are the same only once."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._by_name: dict[str, Bent | None] = {}
        self._known: dict[Hashable, Activation] = {}

    def bent(self, raw: Any, at: SpecPath) -> Bent | None:
        """What the spec says at this place; None where there is a mistake, which is reported."""
        if isinstance(raw, dict):
            return self._formula(raw["formula"], at) if raw.get("formula") is not None else self._options(raw, at)
        if not isinstance(raw, str):
            self._reporter.error(at, f"{kind_of(raw)} is no activation")
            return None
        if raw not in self._by_name:
            bound = self._bound(raw, {}, at)
            self._by_name[raw] = bound and Bent(bound)
        return self._by_name[raw]

    def _options(self, raw: Mapping[str, Any], at: SpecPath) -> Bent | None:
        """{name, alpha, …}: alpha is an option of some activations, and a parameter of prelu."""
        name = raw.get("name")
        if not isinstance(name, str):
            self._reporter.error(at, "needs the name of an activation, or a formula")
            return None
        given = {key: value for key, value in raw.items() if key != "name" and value is not None}
        alpha = given.pop("alpha", None)
        plain = self._with_numbers(name, given, at)
        if alpha is None or plain is None:
            return plain and Bent(plain)
        if plain.parametric:
            return Bent(plain, alpha, (*at, "alpha"))
        bound = self._with_numbers(name, {key: raw[key] for key in raw if key == "alpha" or key in given}, at)
        return bound and Bent(bound)

    def _with_numbers(self, name: str, given: Mapping[str, Any], at: SpecPath) -> Activation | None:
        options: dict[str, float] = {}
        for key, value in given.items():
            number = value if type(value) is int else read_number(value, (*at, key), self._reporter)
            if number is None:
                return None
            options[key] = number
        return self._bound(name, options, at)

    def _bound(self, name: str, options: Mapping[str, float], at: SpecPath) -> Activation | None:
        try:
            return self._once((name, *options.items()), lambda: bind(name, options))
        except KeyError:
            from gradcalc.activations import ACTIVATIONS, ALIASES

            hint = self._reporter.meant(name, [*ACTIVATIONS, *ALIASES])
            self._reporter.error(at, f"{quoted(name)} is no activation{hint}")
        except ValueError as error:
            option = next((option for option in options if f"{option} " in str(error)), None)
            self._reporter.error(at if option is None else (*at, option), str(error))
        return None

    def _once(self, key: Hashable, make: Callable[[], Activation]) -> Activation:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def _formula(self, text: Any, at: SpecPath) -> Bent | None:
        from gradcalc.formulas import FormulaError

        at = (*at, "formula")
        if not isinstance(text, str):
            self._reporter.error(at, f"{kind_of(text)} is no formula")
            return None
        try:
            return Bent(self._once(text, lambda: from_formula(text)))
        except FormulaError as error:
            self._reporter.error(at, str(error), span=(error.start, error.end))
            return None
