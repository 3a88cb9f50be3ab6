"""Activations and losses as the spec names them: a name, a mapping with options, or a formula."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from gradcalc.activations import Activation, bind, from_formula
from gradcalc.errors import SpecPath
from gradcalc.language.building.values import read_number
from gradcalc.language.problems import Reporter, kind_of, quoted
from gradcalc.losses import Loss
from gradcalc.losses import bind as bind_loss
from gradcalc.losses import from_formula as loss_from_formula
from gradcalc.records import Record

# Activations as the spec names them: a name, a mapping with options, or a formula; equal ones are one object.


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


# The loss as the spec names it: a name, {name, reduction, scale, delta…}, or {formula, reduction, scale}.


AT: SpecPath = ("loss",)


def read_loss(raw: Any, reporter: Reporter) -> Loss | None:
    """The loss, bound; None where there is a mistake, which is reported."""
    if isinstance(raw, str):
        return _bound(raw, {}, AT, reporter)
    if not isinstance(raw, dict):
        reporter.error(AT, f"{kind_of(raw)} is no loss")
        return None
    settings = _settings(raw, reporter)
    if settings is None:
        return None
    if raw.get("formula") is not None:
        return _formula(raw["formula"], settings, reporter)
    if not isinstance(raw.get("name"), str):
        reporter.error(AT, "needs the name of a loss, or a formula")
        return None
    return _bound(raw["name"], settings, (*AT, "name"), reporter)


def _settings(raw: Mapping[str, Any], reporter: Reporter) -> dict[str, Any] | None:
    """Reduction, scale and options; numbers and exact constants as doubles."""
    found: dict[str, Any] = {}
    for key, value in raw.items():
        if key in ("name", "formula") or value is None:
            continue
        found[key] = value if key == "reduction" else read_number(value, (*AT, key), reporter)
    return None if None in found.values() else found


def _bound(name: str, settings: Mapping[str, Any], at: SpecPath, reporter: Reporter) -> Loss | None:
    options = {key: value for key, value in settings.items() if key not in ("reduction", "scale")}
    try:
        return bind_loss(name, settings.get("reduction", "mean"), settings.get("scale", 1.0), options)
    except KeyError:
        from gradcalc.losses import LOSSES

        reporter.error(at, f"{quoted(name)} is no loss{reporter.meant(name, LOSSES)}")
    except ValueError as error:
        option = next((option for option in options if f"{option} " in str(error)), None)
        reporter.error(AT if option is None else (*AT, option), str(error))
    return None


def _formula(text: Any, settings: Mapping[str, Any], reporter: Reporter) -> Loss | None:
    from gradcalc.formulas import FormulaError

    at = (*AT, "formula")
    if not isinstance(text, str):
        reporter.error(at, f"{kind_of(text)} is no formula")
        return None
    try:
        return loss_from_formula(text, settings.get("reduction", "mean"), settings.get("scale", 1.0))
    except FormulaError as error:
        reporter.error(at, str(error), span=(error.start, error.end))
    except ValueError as error:
        reporter.error(AT, str(error))
    return None
