"""What is wrong with a text that is no TOML, at its line and column."""

from __future__ import annotations

from gradcalc.problems import Problem
from gradcalc.spec.grammars import Unreadable, duplicate_problems, fault, offset_of

HINTS = {
    "Expected '=' after a key in a key/value pair": "an equals sign is missing after the key",
    "Invalid value": "this is no value of TOML; texts stand in quotes",
    "Invalid statement": "this is no line of TOML; it has `key = value`, [table] or [[list]]",
    "Expected newline or end of document after a statement": "the line should end here; is a text without quotes?",
    "Unclosed array": "a comma is missing before this, or the list is not closed by ]",
    "Unclosed inline table": "a comma is missing before this, or the mapping is not closed by }",
    "Illegal character '\\n'": "a text in quotes ends on its own line",
    "Unterminated string": "this text is not closed by a quote",
    'Expected "\'"': "this text is not closed by a quote",
}


def explain(error: Exception, text: str) -> tuple[Problem, ...]:
    """The parser's complaint; keys that stand twice with the place of the second."""
    message, offset = _split(str(error), text)
    if message.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline")):
        return _twice(text) or (fault(text, (), "a key is given twice here; each key stands once", offset),)
    raise Unreadable(_hint(message), offset)


def _hint(message: str) -> str:
    for start, hint in HINTS.items():
        if message.startswith(start):
            return hint
    return message[:1].lower() + message[1:]


def _split(complaint: str, text: str) -> tuple[str, int]:
    message, _, where = complaint.rpartition(" (at ")
    numbers = [int(word) for word in where.rstrip(")").replace(",", "").split() if word.isdecimal()]
    return message or complaint, offset_of(text, numbers[0], numbers[1]) if len(numbers) == 2 else len(text)


def _twice(text: str) -> tuple[Problem, ...]:
    from gradcalc.spec.grammars.toml_places import locate

    return duplicate_problems(text, locate(text))
