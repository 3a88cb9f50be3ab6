"""How problems speak: paths, texts and kinds of values as a person reads them, and the word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradcalc.problems import SpecPath

ARTICLES = {"datetime": "a date and time", "date": "a date", "time": "a time of day"}
"""Values that only TOML has."""


def path_text(path: SpecPath) -> str:
    """`layers[1].weight`, the way `--set` takes it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + plain(step)
    return text


def plain(text: str) -> str:
    """Text with every character that would not show (control, bidi, zero width) escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quoted(value: Any, limit: int = 60) -> str:
    """A value of a spec as a message shows it: text in quotes, nothing that does not print, never long."""
    text = plain(value[: limit + 1] if isinstance(value, str) else _digits(value))
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def _digits(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # Python does not print a whole number of more than 4,300 digits
        return "a number of more than 4,300 digits"


def kind_of(value: Any) -> str:
    """What a value is, in words: "a list", the text "abc", the number 3.0."""
    if isinstance(value, list | dict):
        return f"{'an empty ' if not value else 'a '}{'list' if isinstance(value, list) else 'mapping'}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return f"the number {quoted(value)}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    name = type(value).__name__
    return ARTICLES.get(name, f"a value of type {name}")


def one_of(names: Iterable[str]) -> str:
    """`sum, multiply or max`; a name may itself be several, with commas."""
    *others, last = ", ".join(names).split(", ")
    return f"{', '.join(others)} or {last}" if others else last


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    import difflib

    by_fold = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_fold, 1, 0.6)
    return by_fold[found[0]] if found else None


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message, `; did you mean "from"?`, or nothing."""
    found = nearest(word, known)
    return f'; did you mean "{found}"?' if found else ""
