"""Frozen parameters, by name or by a pattern in which only `*` and `?` are wild."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gradcalc.network import Parameter
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.wording import kind_of, quoted


def freeze(raw: Any, parameters: list[Parameter], lost: Collection[str] | None, reporter: Reporter) -> None:
    """Marks the parameters that the spec freezes; a pattern that matches none, nor one of the `lost`, is an error.

    `lost` is None where any name may be gone.
    """
    if not isinstance(raw, list):
        reporter.error(("frozen",), f"needs a list of names, not {kind_of(raw)}")
        return
    numbers = {parameter.name: number for number, parameter in enumerate(parameters)}
    for i, pattern in enumerate(raw):
        if not isinstance(pattern, str):
            reporter.error(("frozen", i), f"needs a name, not {kind_of(pattern)}")
            continue
        found = matching(pattern, numbers)
        if not found and lost is not None and not matching(pattern, lost):
            hint = reporter.meant(pattern, numbers)
            reporter.error(("frozen", i), f"{quoted(pattern)} is the name of no parameter{hint}")
        for name in found:
            parameters[numbers[name]] = parameters[numbers[name]]._replace(frozen=True)


def matching(pattern: str, names: Collection[str]) -> list[str]:
    """The names that a pattern stands for, in their order."""
    if pattern in names:
        return [pattern]
    if "*" not in pattern and "?" not in pattern:
        return []
    import re

    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return list(filter(re.compile(wild, re.DOTALL).fullmatch, names))
