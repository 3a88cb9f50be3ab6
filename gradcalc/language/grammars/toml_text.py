"""TOML by the standard library: digits grouped by _ and numbers outside float64 refused; errors with positions.

The library takes time and memory by the square of a key's parts, and a long time for every key; so both are looked at
before it reads.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from contextlib import suppress
from itertools import islice, pairwise
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.language.grammars import (
    GROUPED,
    LONGEST_NUMBER,
    MANY_KEYS,
    MAPPING,
    MOST_KEYS,
    MOST_PROBLEMS,
    NESTED,
    Place,
    Places,
    Reading,
    Refused,
    Span,
    Unreadable,
    deepest_offset,
)
from gradcalc.language.grammars.yaml_text import real, refuse_many
from gradcalc.language.problems import MOST, duplicate_problems


def read(text: str) -> Reading:
    """The data of a TOML text. Raises Unreadable."""
    problems: tuple[Problem, ...] = ()
    _refuse_costly(text)
    grouped = _is_grouped(text)
    try:
        data = tomllib.loads(text, parse_float=real)
    except tomllib.TOMLDecodeError as error:
        data, problems = explain(error, text)
    except RecursionError:
        raise Unreadable(NESTED, deepest_offset(text)) from None
    if grouped and data is not None:
        _refuse_grouped(data, text)
    return data, problems


PART = r"""(?:[\w-]++|"(?:[^"\\\n]+|\\.)*+"|'[^'\n]*+')"""
MOST_PARTS = 16
LONG_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*+({PART}(?:[ \t]*+\.[ \t]*+{PART}){{{MOST_PARTS}}})", re.MULTILINE)
LONG_KEYS = f"this key has more than {MOST_PARTS} parts; a spec needs no more than eight levels"
DIGITS = re.compile(rf"(?<![\w.])[\d_.]{{{LONGEST_NUMBER + 1},}}")
MANY_DIGITS = f"a number of more than {LONGEST_NUMBER:,} digits stands here; no double needs more than 767"
MOST_LINES, MOST_LISTS, MOST_PAIRS = 1_000_000, 200_000, 250_000
INLINE = re.compile(MAPPING)
HEADER = re.compile(r"^[ \t]*+\[(\[?)[^][,=\n]++\]", re.MULTILINE)


def _refuse_costly(text: str) -> None:
    """Many lines, many lists, keys of many parts, numbers of many digits, tables of many keys, and many tables."""
    refuse_many(text, "\n", MOST_LINES)
    refuse_many(text, "[", MOST_LISTS)
    refuse_many(text, "=", MOST_PAIRS)
    for pattern, message in ((LONG_KEY, LONG_KEYS), (DIGITS, MANY_DIGITS)):
        if found := pattern.search(text):
            raise Unreadable(message, found.start(found.re.groups))
    if text.count("=") <= MOST_KEYS and text.count("[") <= MOST_KEYS:
        return
    headers = list(HEADER.finditer(text))
    for start, end in pairwise([0, *(header.start() for header in headers), len(text)]):
        inline = sum(found[0].count("=") for found in INLINE.finditer(text, start, end))
        if text.count("=", start, end) - inline > MOST_KEYS:
            raise Unreadable(MANY_KEYS, start)
    tables = [header.start() for header in headers if not header[1]]
    if len(tables) > MOST_KEYS:
        raise Unreadable(MANY_KEYS, tables[MOST_KEYS])


TEXT = (
    r'"""(?:[^"\\]+|\\.|"{1,2}(?!"))*+"{0,5}'
    r"|'''(?:[^']+|'{1,2}(?!'))*+'{0,5}"
    r'|"(?:[^"\\\n]+|\\.)*+"?'
    r"|'[^'\n]*+'?"
)
"""One that is not closed goes on to where it could have been, so that a text is gone through once."""
GROUPED_NUMBER = re.compile(rf"{TEXT}|#[^\n]*|(?<![\w-])(?P<number>[+-]?\d\w*_\w*)", re.DOTALL)


def _is_grouped(text: str) -> bool:
    """Whether numbers may be grouped, which the standard library does not tell. Raises Unreadable where many are."""
    found = GROUPED_NUMBER.finditer(text) if "_" in text else ()
    grouped = list(islice((each.start() for each in found if each["number"]), MOST_PROBLEMS + 1))
    if len(grouped) > MOST_PROBLEMS:
        raise Unreadable(f"this number {GROUPED}", grouped[0])
    return bool(grouped)


def _refuse_grouped(data: Any, text: str) -> None:
    """The standard library reads 1_000 as 1000 without notice: look at the places of all numbers."""
    for path, place in locate(text).of.items():
        written = text[slice(*place.value)]
        if path and "_" in written:
            holder = data
            for step in path[:-1]:
                holder = holder[step]
            if type(holder[path[-1]]) is int:
                holder[path[-1]] = Refused.because(written, GROUPED)


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
    """Raises Unreadable with the parser's complaint; where only keys stand twice, the data without the second ones,
    None where that is unclear."""
    message, _, where = str(error).rpartition(" (at ")
    message = message or str(error)
    numbers = [int(word) for word in where.rstrip(")").replace(",", "").split() if word.isdecimal()]
    offset = len(text)
    if len(numbers) == 2:  # line and column
        offset = min(sum(len(line) + 1 for line in text.split("\n")[: numbers[0] - 1]) + numbers[1] - 1, len(text))
    if not message.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline")):
        known = (hint for start, hint in HINTS.items() if message.startswith(start))
        raise Unreadable(next(known, message[:1].lower() + message[1:]), offset)
    places = locate(text)
    problems = duplicate_problems(text, places)
    if not problems:
        raise Unreadable("a key is given twice here; each key stands once", offset)
    if len(problems) > MOST:
        return None, problems
    for path, span in reversed(places.duplicates):  # without the second keys, so that other problems are found too
        end = places.of[path].value[1]
        text = text[: span[0]] + "\n" * text.count("\n", span[0], end) + text[max(end, span[1]) :]
    try:
        return tomllib.loads(text, parse_float=real), problems
    except ValueError:
        return None, problems


# Positions: where the values of a TOML text stand; found only once a problem needs its line and column. The text is
# known to be TOML, but for keys that may stand twice, so this scanner tells values apart and checks nothing.


BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*+")
STRING = re.compile(TEXT, re.DOTALL)
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
BARE_VALUE = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]*)?")
Key = list[tuple[str, Span]]


def locate(text: str, wanted: Collection[SpecPath] | None = None) -> Places:
    """The places of a text that is TOML, or is so up to a key that stands twice; it is read until those of `wanted`
    paths are found, where they are given."""
    scanner = _Scanner(text, Places(wanted))
    with suppress(ValueError, RecursionError):
        scanner.run()
    return scanner.places


class _Scanner:
    """Goes through the text once; `prefix` is the path of the table that the lines belong to."""

    def __init__(self, text: str, places: Places) -> None:
        self.text = text
        self.at = 0
        self.prefix: SpecPath = ()
        self.lengths: dict[SpecPath, int] = {}
        self.tables: set[SpecPath] = set()
        self.seen: set[SpecPath] = set()
        self.places = places
        places.note((), Place(None, (0, len(text))))

    def run(self) -> None:
        self._skip()
        while self.at < len(self.text) and not self.places.are_complete:
            if self.text[self.at] == "[":
                self._header()
            else:
                self._pair(self.prefix)
            self._skip()

    def _skip(self) -> None:
        found = BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _header(self) -> None:
        start = self.at
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        *front, (name, span) = self._key()
        path = (*self._within((), front), name)
        self.at = max(self.text.find("]", self.at), self.at) + brackets
        if brackets == 2:
            self._note(path, span, span)
            index = self.lengths.get(path, 0)
            self.lengths[path] = index + 1
            path = (*path, index)
        else:
            if path in self.tables:
                self.places.duplicates.append((path, span))
            self.tables.add(path)
        self.prefix = path
        self._note(path, span, (start, self.at))

    def _note(self, path: SpecPath, key: Span | None, value: Span) -> None:
        if path not in self.seen:
            self.seen.add(path)
            self.places.note(path, Place(key, value))

    def _within(self, path: SpecPath, key: Key) -> SpecPath:
        """The path that the front parts of a dotted key lead to; in a list of tables, to its last."""
        for name, span in key:
            path = (*path, name)
            self._note(path, span, span)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def _key(self) -> Key:
        """The parts of a dotted key, with their spans."""
        parts: Key = []
        while not parts or self._after_spaces() == ".":
            self.at += bool(parts)
            self._after_spaces()
            found = STRING.match(self.text, self.at) or BARE_KEY.match(self.text, self.at)
            if found is None:
                raise ValueError(f"no key of TOML at {self.at}")
            self.at = found.end()
            written = found.group()
            name = str(tomllib.loads(f"k = {written}")["k"]) if written[0] in "\"'" else written
            parts.append((name, found.span()))
        return parts

    def _after_spaces(self) -> str:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        return self.text[self.at : self.at + 1]

    def _pair(self, prefix: SpecPath) -> None:
        *front, (name, span) = self._key()
        path = (*self._within(prefix, front), name)
        self.at = self.text.index("=", self.at) + 1
        self._skip()
        if path in self.seen:
            self.places.duplicates.append((path, span))
        self._value(path, span)

    def _value(self, path: SpecPath, key: Span | None) -> None:
        start, opening = self.at, self.text[self.at : self.at + 1]
        if opening == "[":
            index = 0
            while self._more("]"):
                self._value((*path, index), None)
                index += 1
        elif opening == "{":
            while self._more("}"):
                self._pair(path)
        else:
            found = STRING.match(self.text, self.at) or BARE_VALUE.match(self.text, self.at)
            self.at = found.end() if found else self.at + 1
        self.seen.add(path)
        self.places.note(path, Place(key, (start, self.at)))

    def _more(self, closing: str) -> bool:
        """Step over the opening bracket or a comma; whether an entry follows."""
        self._skip()
        if self.text[self.at : self.at + 1] != closing:
            self.at += 1
        self._skip()
        if self.at < len(self.text) and self.text[self.at] != closing:
            return True
        self.at += 1
        return False
