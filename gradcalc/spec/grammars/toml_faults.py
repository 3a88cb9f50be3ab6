"""What is wrong with a text that is no TOML, at its line and column."""

from __future__ import annotations

import tomllib
from typing import Any

from gradcalc.spec.grammars import Reading, Unreadable, offset_of
from gradcalc.spec.grammars.places import Places, duplicate_problems
from gradcalc.spec.grammars.toml_places import locate
from gradcalc.spec.scalars import real

HINTS = {
    "Expected '=' after a key in a key/value pair": "an equals sign is missing after the key",
    "Invalid value": "this is no value of TOML; texts stand in quotes",
    "Invalid statement": "this is no line of TOML; it has `key = value`, [table] or [[list]]",
    "Expected newline or end of document after a statement": "the line should end here; is a text without quotes?",
    "Unclosed array": "a comma is missing before this, or the list is not closed by ]",
    "Unclosed inline table": "a comma is missing before this, or the mapping is not closed by }",
    "Illegal character '\\n'": "a text in quotes ends on its own line",
    "Unterminated string": "this text is not closed by a quote",
    "Invalid initial character for a key part": "a key is missing here",
    "Unescaped '\\' in a string": "this is no escape of TOML; in single quotes a backslash is a backslash",
    "Expected \"'": "this text is not closed by a quote",
}


def explain(error: Exception, text: str) -> Reading:
    """Raises Unreadable with the parser's complaint; where only keys stand twice, the data without the second ones."""
    message, offset = _split(str(error), text)
    if not message.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline")):
        raise Unreadable(_hint(message), offset)
    places = locate(text)
    if not places.duplicates:
        raise Unreadable("a key is given twice here; each key stands once", offset)
    return _without(text, places), duplicate_problems(text, places)


def _without(text: str, places: Places) -> Any:
    """The data as it would be without the second keys, so that other problems are found too; None where unclear."""
    for path, span in reversed(places.duplicates):
        end = places.of[path].value[1]
        text = text[: span[0]] + "\n" * text.count("\n", span[0], end) + text[max(end, span[1]) :]
    try:
        return tomllib.loads(text, parse_float=real)
    except ValueError:
        return None


def _hint(message: str) -> str:
    for start, hint in HINTS.items():
        if message.startswith(start):
            return hint
    return message[:1].lower() + message[1:]


def _split(complaint: str, text: str) -> tuple[str, int]:
    message, _, where = complaint.rpartition(" (at ")
    numbers = [int(word) for word in where.rstrip(")").replace(",", "").split() if word.isdecimal()]
    return message or complaint, offset_of(text, numbers[0], numbers[1]) if len(numbers) == 2 else len(text)
