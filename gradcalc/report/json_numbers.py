"""Values in the notation of JSON: by the standard library, with numbers in full, whatever their size.

The standard library cannot write a number that float64 does not hold: it passes through as a text between two NULs, and
is put back as the number it is, `-4.2e-905`. An integer may have any number of digits.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from gradcalc.expressions.numerals import LARGEST_DOUBLE, SMALLEST_NORMAL, full

if TYPE_CHECKING:
    from json import JSONEncoder

NUL, ENCODED_NUL = "\0", "\\u0000"
QUOTED_NUMBER = r'"\\u0000(-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)\\u0000"'


def encode(value: Any) -> str:
    """The value on one line; raises ValueError for NaN and infinities; integers may have more than 4,300 digits."""
    text = encoded(value, ", ")
    if not is_printable(text):
        from gradcalc.report.text import escape_json, printable

        text = printable(text, escape_json)
    return with_numbers(text)


def encoded(value: Any, comma: str) -> str:
    """As the standard library has it, with a comma of one's own."""
    try:
        return encoder(comma).encode(value)
    except ValueError:
        limit = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)
        try:
            return encoder(comma).encode(value)
        finally:
            sys.set_int_max_str_digits(limit)


def is_printable(text: str) -> bool:
    """Whether nothing in an encoded text need be escaped besides."""
    return text.isascii() and "\x7f" not in text


def with_numbers(text: str) -> str:
    """The text with the numbers in it that passed through as text."""
    return re.sub(QUOTED_NUMBER, itemgetter(1), text) if ENCODED_NUL in text else text


BETWEEN = "\x01"  # a comma that no text holds, for control characters in a text are escaped
PLAIN = frozenset((float, int, str, bool, type(None)))


def encode_entries(value: Mapping[str, Any] | Sequence[Any]) -> list[str] | None:
    """Every entry as `encode` has it, a mapping's with its key, but with `BETWEEN` for the commas in it; all of them in
    one go, which takes a third of the time.

    Entries are figures or texts, or mappings, or lists, all of them of one kind and flat; None of any others.
    """
    entries: Any = value.values() if isinstance(value, Mapping) else value
    kinds = set(map(type, entries))
    if kinds == {dict}:
        inner = {type(part) for entry in entries for part in entry.values()}
        lists = [part for entry in entries for part in entry.values() if type(part) is list] if list in inner else []
        inner, end = (inner - {list}).union(*(map(type, part) for part in lists)), "}"
    elif kinds == {list}:
        inner, end = set().union(*(map(type, entry) for entry in entries)), "]"
    else:
        inner, end = kinds, ""
    if not all(kind in PLAIN or hasattr(kind, "as_tuple") for kind in inner):
        return None
    text = encoded(value, BETWEEN)
    if not is_printable(text):
        return None
    found = with_numbers(text)[1 : -1 - len(end)].split(end + BETWEEN)
    return [entry + end for entry in found] if end else found


def finite(value: Any) -> Any:
    """The value with null for every number that is infinite or NaN, as those of low precision may be."""
    if isinstance(value, Mapping):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return list(map(finite, value))
    return None if isinstance(value, float) and not isfinite(value) else value


NUMBERS = frozenset((float, int))


def line(record: Mapping[str, Any]) -> str:
    """A record as `encode` has it, at half the cost where all its values are numbers."""
    numbers = record.values()
    if NUMBERS.issuperset(map(type, numbers)):
        try:
            total = sum(numbers)
            if total - total == 0:  # neither infinite nor NaN
                return template(tuple(record)) % tuple(map(repr, numbers))
        except (ValueError, OverflowError):  # an integer of thousands of digits
            pass
    return encode(record)


@lru_cache(maxsize=64)
def template(keys: tuple[str, ...]) -> str:
    """The line of a record with these keys, `%s` for each of its numbers."""
    return "{" + ", ".join(f"{encode(key)}: ".replace("%", "%%") + "%s" for key in keys) + "}"


def written(value: Any) -> str:
    """A value as somebody would write it on the command line: text as it is, anything else in JSON."""
    return value if isinstance(value, str) else encode(value)


@cache
def encoder(comma: str = ", ") -> JSONEncoder:
    """The standard library's, loaded when something is written."""
    from json import JSONEncoder

    return JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(comma, ": "), default=unknown_to_json)


def unknown_to_json(value: Any) -> Any:
    """What the standard library does not write: mappings that are no dict, arrays, numbers beyond float64."""
    if hasattr(value, "as_tuple"):  # a Decimal: of those there may be a million
        nearest = float(value)
        if SMALLEST_NORMAL <= abs(nearest) <= LARGEST_DOUBLE:
            return nearest
    elif isinstance(value, Mapping):
        return dict(value)
    elif hasattr(value, "tolist"):
        return value.tolist()
    number = full(value)
    return number if isinstance(number, float) else f"{NUL}{number}{NUL}"
