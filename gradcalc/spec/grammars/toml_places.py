"""Where the values of a TOML text stand; asked only once a problem needs its line and column.

The text is known to be TOML, but for keys that may stand twice; so this scanner tells values apart and checks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Container
from contextlib import suppress

from gradcalc.problems import SpecPath
from gradcalc.spec.grammars.places import Place, Places, Span

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
TEXT = (
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2}(?!"))'
    r"|'''.*?'''(?:'{0,2}(?!'))"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
STRING = re.compile(TEXT, re.DOTALL)
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
BARE_VALUE = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]*)?")

Key = list[tuple[str, Span]]


def locate(text: str, wanted: Container[SpecPath] | None = None) -> Places:
    """The places of a text that is TOML, or is so up to a key that stands twice; all of them, whatever is wanted."""
    scanner = _Scanner(text)
    with suppress(ValueError, RecursionError):
        scanner.run()
    return scanner.places


class _Scanner:
    """Goes through the text once; `prefix` is the path of the table that the lines belong to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.prefix: SpecPath = ()
        self.lengths: dict[SpecPath, int] = {}
        self.tables: set[SpecPath] = set()
        self.places = Places({(): Place(None, (0, len(text)))}, [])

    def run(self) -> None:
        self._skip()
        while self.at < len(self.text):
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
        arrays = self.text.startswith("[[", self.at)
        self.at += 2 if arrays else 1
        key = self._key()
        path = self._within((), key[:-1])
        name, span = key[-1]
        self.at = max(self.text.find("]", self.at), self.at) + (2 if arrays else 1)
        self.prefix = self._element((*path, name), span) if arrays else self._table((*path, name), span)
        self._note(self.prefix, span, (start, self.at))

    def _table(self, path: SpecPath, span: Span) -> SpecPath:
        if path in self.tables:
            self.places.duplicates.append((path, span))
        self.tables.add(path)
        return path

    def _element(self, path: SpecPath, span: Span) -> SpecPath:
        self._note(path, span, span)
        index = self.lengths.get(path, 0)
        self.lengths[path] = index + 1
        return (*path, index)

    def _note(self, path: SpecPath, key: Span | None, value: Span) -> None:
        self.places.of.setdefault(path, Place(key, value))

    def _within(self, path: SpecPath, key: Key) -> SpecPath:
        """The path that the front parts of a dotted key lead to; in a list of tables, to its last."""
        for name, span in key:
            path = (*path, name)
            self._note(path, span, span)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def _key(self) -> Key:
        parts = [self._part()]
        while self._after_spaces() == ".":
            self.at += 1
            parts.append(self._part())
        return parts

    def _after_spaces(self) -> str:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        return self.text[self.at : self.at + 1]

    def _part(self) -> tuple[str, Span]:
        self._after_spaces()
        found = STRING.match(self.text, self.at) or BARE_KEY.match(self.text, self.at)
        if found is None:
            raise ValueError(f"no key of TOML at {self.at}")
        self.at = found.end()
        return _decoded(found.group()), found.span()

    def _pair(self, prefix: SpecPath) -> None:
        key = self._key()
        path = self._within(prefix, key[:-1])
        name, span = key[-1]
        self.at = self.text.index("=", self.at) + 1
        self._skip()
        if (*path, name) in self.places.of:
            self.places.duplicates.append(((*path, name), span))
        self._value((*path, name), span)

    def _value(self, path: SpecPath, key: Span | None) -> None:
        start = self.at
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._list(path)
        elif opening == "{":
            self._mapping(path)
        else:
            found = STRING.match(self.text, self.at) or BARE_VALUE.match(self.text, self.at)
            self.at = found.end() if found else self.at + 1
        self.places.of[path] = Place(key, (start, self.at))

    def _list(self, path: SpecPath) -> None:
        index = 0
        while self._more("]"):
            self._value((*path, index), None)
            index += 1

    def _mapping(self, path: SpecPath) -> None:
        while self._more("}"):
            self._pair(path)

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


def _decoded(written: str) -> str:
    import tomllib

    return str(tomllib.loads(f"k = {written}")["k"]) if written[0] in "\"'" else written
