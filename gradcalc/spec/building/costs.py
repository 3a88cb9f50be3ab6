"""The loss as the spec names it: a name, {name, reduction, scale, delta…}, or {formula, reduction, scale}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.losses import Loss, bind, from_formula
from gradcalc.problems import SpecPath
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import read_number
from gradcalc.spec.wording import kind_of, quoted

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
        return bind(name, settings.get("reduction", "mean"), settings.get("scale", 1.0), options)
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
        return from_formula(text, settings.get("reduction", "mean"), settings.get("scale", 1.0))
    except FormulaError as error:
        reporter.error(at, str(error), span=(error.start, error.end))
    except ValueError as error:
        reporter.error(AT, str(error))
    return None
