"""Reading TOML with the standard library; digits grouped by _ and numbers that no double holds are refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from gradcalc.problems import Problem, SpecPath
from gradcalc.spec.grammars import NESTED, Reading, Unreadable
from gradcalc.spec.scalars import GROUPED, Refused, real


def read(text: str) -> Reading:
    """The data of a TOML text. Raises Unreadable."""
    import tomllib

    problems: tuple[Problem, ...] = ()
    try:
        data = tomllib.loads(text, parse_float=real)
    except tomllib.TOMLDecodeError as error:
        from gradcalc.spec.grammars.toml_faults import explain

        data, problems = explain(error, text)
    except RecursionError:
        raise Unreadable(NESTED, 0) from None
    except ValueError:
        raise _overlong(text) from None
    if data is not None:
        _refuse_grouped(data, text)
        _without_bias(data)
    return data, problems


def _overlong(text: str) -> Unreadable:
    import re

    found = re.search(r"[\d_]{4300,}", text)
    return Unreadable("a number of more than 4,300 digits is beyond the largest double", found.start() if found else 0)


def _may_group_digits(text: str) -> bool:
    parts = text.split("_")
    return any(before[-1:].isalnum() and after[:1].isalnum() for before, after in pairwise(parts))


def _refuse_grouped(data: Any, text: str) -> None:
    """The standard library reads 1_000 as 1000 and does not tell; look at the places of all numbers."""
    if not _may_group_digits(text):
        return
    from gradcalc.spec.grammars.toml_places import locate

    for path, place in locate(text).of.items():
        written = text[slice(*place.value)]
        if path and "_" in written and type(_at(data, path)) is int:
            _at(data, path[:-1])[path[-1]] = Refused.because(written, GROUPED)


def _at(data: Any, path: SpecPath) -> Any:
    for step in path:
        data = data[step]
    return data


def _without_bias(data: dict[str, Any]) -> None:
    """TOML has no null: in `biases` the text "null" stands for it."""
    biases = data.get("biases")
    if isinstance(biases, list):
        data["biases"] = [None if bias == "null" else bias for bias in biases]
