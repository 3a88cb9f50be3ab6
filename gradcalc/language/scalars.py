"""Words of a text that stand for numbers, truth or nothing (the YAML 1.2 core schema); numbers that no double holds.

A number beyond the largest double, one that is not zero but rounds to it, NaN and the infinities become `Refused`
text, so that the reading goes on and the checker can say where a number belongs.
"""

from __future__ import annotations

from math import isfinite

LARGEST = 1.7976931348623157e308

TOO_LARGE = "is beyond the largest double, 1.7976931348623157e308"
TOO_SMALL = "is not zero but rounds to it; the smallest double is 5e-324"
NOT_FINITE = "is not a finite number"
GROUPED = "groups its digits; write it without _"

WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}

Scalar = None | bool | int | float | str


class Refused(str):
    """The text of a number that cannot be used, with the reason."""

    __slots__ = ("reason",)
    reason: str

    @classmethod
    def because(cls, text: str, reason: str) -> Refused:
        """`text` as it was written, `reason` to follow it in a sentence."""
        refused = cls(text)
        refused.reason = reason
        return refused


def core_scalar(text: str) -> Scalar:
    """A plain scalar of YAML 1.2's core schema: `1e-3`, `-.5` and `010` (ten) are numbers, `yes` is text."""
    if text[:1] in "0123456789+-." and text:
        return _numeral(text)
    return WORDS.get(text, text)


def real(text: str) -> float | Refused:
    """A decimal number of any grammar as a double."""
    if "_" in text:
        return Refused.because(text, GROUPED)
    value = float(text)
    if not isfinite(value):
        return Refused.because(text, TOO_LARGE if any(c.isdigit() for c in text) else NOT_FINITE)
    if value == 0.0 and text.lower().partition("e")[0].strip("+-.0"):
        return Refused.because(text, TOO_SMALL)
    return value


def whole(text: str) -> int | Refused:
    """A whole number in decimal; Python itself refuses to read more than 4,300 digits."""
    try:
        return int(text)
    except ValueError:
        return Refused.because(text, TOO_LARGE)


def _numeral(text: str) -> Scalar:
    if not text.strip("0123456789+-.eE"):
        return _decimal(text)
    if text[:2] in ("0x", "0o"):
        return _prefixed(text)
    if text.lower() in (".nan", ".inf", "-.inf", "+.inf"):
        return Refused.because(text, NOT_FINITE)
    return text


def _decimal(text: str) -> Scalar:
    try:
        return whole(text) if text[text[0] in "+-" :].isdigit() else real(text)
    except ValueError:
        return text


def _prefixed(text: str) -> Scalar:
    digits = "0123456789abcdefABCDEF" if text[1] == "x" else "01234567"
    return int(text, 0) if text[2:] and not text[2:].strip(digits) else text
