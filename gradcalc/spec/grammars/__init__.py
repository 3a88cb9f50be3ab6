"""The three grammars of a spec, a file each for reading (text → data) and for finding the places of the data again."""

from typing import Any

from gradcalc.problems import Problem, SpecPath

DEEPEST = 64
"""How far lists and mappings may be nested."""

NESTED = "lists and mappings are nested deeper than 64; a spec needs no more than eight levels"


Reading = tuple[Any, tuple[Problem, ...]]
"""The data of a text, and what was wrong with it that did not stop the reading."""


class Unreadable(Exception):
    """The text breaks its grammar, or holds what is refused, at an offset."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both from 1, in characters."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a line and column, both from 1; a place beyond the end is the end."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return len(text)
    return min(start + column - 1, len(text))


def fault(text: str, path: SpecPath, message: str, offset: int) -> Problem:
    """A problem of the text itself; its span are offsets of the text, an empty one for the word that stands there."""
    return Problem(path, message, on="key", at=line_and_column(text, offset), span=(offset, offset))
