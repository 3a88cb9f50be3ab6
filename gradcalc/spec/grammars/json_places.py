"""Where the values of a JSON text stand; asked only once a problem needs its line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Container

from gradcalc.problems import SpecPath
from gradcalc.spec.grammars.places import Place, Places, Span

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:]|[^][{}:"]+', re.DOTALL)
"""A text in quotes, a mark, or a run of all between them: numbers and words with their commas."""


class _Open:
    """A list or mapping whose end has not come: `step` is the index or key of the value that comes next."""

    def __init__(self, path: SpecPath, start: int, key: Span | None, step: int | str | None) -> None:
        self.path = path
        self.start = start
        self.key = key
        self.step = step
        self.step_span: Span | None = None
        self.keys: set[str] = set()


def locate(text: str, wanted: Container[SpecPath] | None = None) -> Places:
    """The places of a text that is JSON, those of `wanted` paths alone where they are given.

    A path is looked for only in what is wanted itself; keys that stand twice are found everywhere.
    """
    walk = _Walk(wanted)
    for match in TOKEN.finditer(text):
        walk.token(match.group(), match.span())
    return walk.places


class _Walk:
    """Goes over the tokens once, holding the lists and mappings that are open."""

    def __init__(self, wanted: Container[SpecPath] | None) -> None:
        self.wanted = wanted
        self.places = Places({}, [])
        self.open: list[_Open] = []

    def token(self, token: str, span: Span) -> None:
        if token in "[{":
            path, key = self._here()
            self.open.append(_Open(path, span[0], key, 0 if token == "[" else None))
        elif token in "]}":
            ended = self.open.pop()
            self._note(ended.path, ended.key, (ended.start, span[1]))
        elif token[0] == '"':
            self._text(token, span)
        elif token != ":":
            self._run(token, span[0])

    def _is_wanted(self, path: SpecPath) -> bool:
        return self.wanted is None or path in self.wanted

    def _note(self, path: SpecPath, key: Span | None, value: Span) -> None:
        if self._is_wanted(path):
            self.places.of[path] = Place(key, value)

    def _here(self) -> tuple[SpecPath, Span | None]:
        if not self.open:
            return (), None
        top = self.open[-1]
        assert top.step is not None
        return (*top.path, top.step), top.step_span

    def _text(self, token: str, span: Span) -> None:
        if self.open and self.open[-1].step is None:
            self._key(self.open[-1], json.loads(token), span)
        else:
            self._note(*self._here(), span)

    def _run(self, run: str, start: int) -> None:
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.step, int) and not self._is_wanted(top.path):
            top.step += run.count(",")
            return
        for number, piece in enumerate(run.split(",")):
            if number and top is not None:
                top.step = top.step + 1 if isinstance(top.step, int) else None
            if bare := piece.strip():
                begin = start + piece.index(bare)
                self._note(*self._here(), (begin, begin + len(bare)))
            start += len(piece) + 1

    def _key(self, top: _Open, key: str, span: Span) -> None:
        if key in top.keys:
            self.places.duplicates.append(((*top.path, key), span))
        top.keys.add(key)
        top.step, top.step_span = key, span
