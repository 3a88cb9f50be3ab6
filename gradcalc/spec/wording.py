"""How problems speak: paths, texts and kinds of values as a person reads them, and the word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradcalc.problems import SpecPath

KINDS: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
}


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
    text = plain(value) if isinstance(value, str) else plain(str(value))
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def kind_of(value: Any) -> str:
    """What a value is, in words: "a list", "text"; TOML's dates and times too."""
    return KINDS.get(type(value)) or ("text" if isinstance(value, str) else f"a {type(value).__name__}")


def one_of(names: Iterable[str]) -> str:
    """`sum, multiply or max`."""
    *others, last = names
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
