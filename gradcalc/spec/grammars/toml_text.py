"""Reading TOML with the standard library; digits grouped by _ and numbers that no double holds are refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from gradcalc.problems import SpecPath
from gradcalc.spec.grammars import Reading, Unreadable
from gradcalc.spec.scalars import GROUPED, Refused, real


def read(text: str) -> Reading:
    """The data of a TOML text. Raises Unreadable."""
    import tomllib

    try:
        data = tomllib.loads(text, parse_float=real)
    except tomllib.TOMLDecodeError as error:
        from gradcalc.spec.grammars.toml_faults import explain

        return Reading(None, explain(error, text))
    except RecursionError:
        raise Unreadable("lists and mappings are nested deeper than 64; a spec needs no more than eight", 0) from None
    except ValueError:
        raise _overlong(text) from None
    if _may_group_digits(text):
        _refuse_grouped(data, text)
    _without_bias(data)
    return Reading(data)


def _overlong(text: str) -> Unreadable:
    import re

    found = re.search(r"[\d_]{4300,}", text)
    return Unreadable("a number of more than 4,300 digits is beyond the largest double", found.start() if found else 0)


def _may_group_digits(text: str) -> bool:
    parts = text.split("_")
    return any(before[-1:].isalnum() and after[:1].isalnum() for before, after in pairwise(parts))


def _refuse_grouped(data: Any, text: str) -> None:
    """The standard library reads 1_000 as 1000 and does not tell; look at the places of all numbers."""
    from gradcalc.spec.grammars.toml_places import locate

    for path, place in locate(text).of.items():
        written = text[slice(*place.value)]
        if "_" in written and written[0] not in "\"'[{":
            _set(data, path, Refused.because(written, GROUPED))


def _set(data: Any, path: SpecPath, value: Any) -> None:
    *above, last = path
    for step in above:
        data = data[step]
    data[last] = value


def _without_bias(data: dict[str, Any]) -> None:
    """TOML has no null: in `biases` the text "null" stands for it."""
    biases = data.get("biases")
    if isinstance(biases, list):
        data["biases"] = [None if bias == "null" else bias for bias in biases]
