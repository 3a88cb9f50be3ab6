"""What is wrong with a text that is no JSON, in words that say what to do."""

from __future__ import annotations

from json import JSONDecodeError

from gradcalc.spec.grammars import Unreadable

SAYINGS = {
    "Expecting ',' delimiter": "a comma is missing before this, or a bracket is not closed",
    "Expecting ':' delimiter": "a colon is missing after the key",
    "Expecting property name enclosed in double quotes": "a key in double quotes is needed here",
    "Extra data": "the spec ends before this; one JSON mapping is a spec",
    "Unterminated string starting at": "this text is not closed by a double quote",
    "Invalid control character at": "a text may not run over the end of a line; write \\n",
    "Invalid \\escape": "this is no escape of JSON; a backslash itself is written \\\\",
    "Invalid \\uXXXX escape": "\\u takes four hexadecimal digits",
}


def explain(error: JSONDecodeError) -> Unreadable:
    """The decoder's complaint, at the place where the hand should go."""
    text, offset = error.doc, error.pos
    here = text[offset : offset + 1]
    before = text[:offset].rstrip()
    if error.msg.startswith(("Expecting", "Illegal")) and before.endswith(",") and here in ("]", "}"):
        return Unreadable(f"JSON takes no comma before {here}; remove it", len(before) - 1)
    if error.msg.startswith("Illegal trailing comma"):
        return Unreadable("JSON takes no comma before a closing bracket; remove it", offset)
    if not here:
        return Unreadable("the text ends too early: a bracket or quote is not closed", offset)
    return Unreadable(_character(here, text, offset) or _saying(error.msg), offset)


def _character(here: str, text: str, offset: int) -> str:
    """What the character at fault says by itself."""
    if here == "'":
        return "JSON writes texts in double quotes"
    if here == "#" or text[offset : offset + 2] in ("//", "/*"):
        return "JSON has no comments; a spec with comments is YAML, in a file that ends in .yaml"
    return ""


def _saying(message: str) -> str:
    for start, saying in SAYINGS.items():
        if message.startswith(start):
            return saying
    return "this is no value of JSON: a number, a text in double quotes, a list, a mapping, true, false or null"
