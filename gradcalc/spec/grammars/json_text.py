"""Reading JSON with the standard library's scanner; duplicate keys, NaN, numbers that no double holds are refused."""

from __future__ import annotations

import json
from typing import Any

from gradcalc.spec.grammars import NESTED, Reading, Unreadable
from gradcalc.spec.scalars import NOT_FINITE, Refused, real, whole


def read(text: str) -> Reading:
    """The data of a JSON text. Raises Unreadable."""
    seen_twice: list[bool] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(pairs)
        if len(data) != len(pairs):
            seen_twice.append(True)
        return data

    data = _decode(text, mapping)
    return data, _duplicates(text) if seen_twice else ()


def _decode(text: str, mapping: Any) -> Any:
    hooks: dict[str, Any] = {"object_pairs_hook": mapping, "parse_constant": _not_finite}
    if may_round_to_zero(text):
        hooks["parse_float"] = real
    try:
        return json.loads(text, **hooks)
    except json.JSONDecodeError as error:
        from gradcalc.spec.grammars.json_faults import explain

        raise explain(error) from None
    except RecursionError:
        raise Unreadable(NESTED, 0) from None
    except ValueError:  # a whole number of more than 4,300 digits
        return json.loads(text, **{**hooks, "parse_float": real, "parse_int": whole})


def may_round_to_zero(text: str) -> bool:
    """Whether a number so small may be in the text that it must be looked at; a glance, much cheaper than looking."""
    if "0" * 300 in text:
        return True
    return any(tail[:3].isdigit() for mark in ("e-", "E-") if mark in text for tail in text.split(mark)[1:])


def _not_finite(text: str) -> Refused:
    return Refused.because(text, NOT_FINITE)


def _duplicates(text: str) -> Any:
    from gradcalc.spec.grammars.json_places import locate
    from gradcalc.spec.grammars.places import duplicate_problems

    return duplicate_problems(text, locate(text, wanted=()))
