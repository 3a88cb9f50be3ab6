"""Where the values of a JSON text stand; asked only once a problem needs its line and column."""

from __future__ import annotations

import json
import re

from gradcalc.problems import SpecPath
from gradcalc.spec.grammars.places import Place, Places, Span

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+', re.DOTALL)


class _Open:
    """A list or mapping whose end has not come: `step` is the index or key of the value that comes next."""

    def __init__(self, path: SpecPath, start: int, key: Span | None, step: int | str | None) -> None:
        self.path = path
        self.start = start
        self.key = key
        self.step = step
        self.step_span: Span | None = None
        self.keys: set[str] = set()


def locate(text: str) -> Places:
    """The places of a text that is JSON."""
    walk = _Walk()
    for match in TOKEN.finditer(text):
        walk.token(match.group(), match.span())
    return walk.places


class _Walk:
    """Goes over the tokens once, holding the lists and mappings that are open."""

    def __init__(self) -> None:
        self.places = Places({}, [])
        self.open: list[_Open] = []

    def token(self, token: str, span: Span) -> None:
        if token in "[{":
            path, key = self._here()
            self.open.append(_Open(path, span[0], key, 0 if token == "[" else None))
        elif token in "]}":
            ended = self.open.pop()
            self.places.of[ended.path] = Place(ended.key, (ended.start, span[1]))
        elif token == ",":
            self._next()
        elif token != ":":
            self._scalar(token, span)

    def _here(self) -> tuple[SpecPath, Span | None]:
        if not self.open:
            return (), None
        top = self.open[-1]
        assert top.step is not None
        return (*top.path, top.step), top.step_span

    def _next(self) -> None:
        top = self.open[-1]
        top.step = top.step + 1 if isinstance(top.step, int) else None

    def _scalar(self, token: str, span: Span) -> None:
        if self.open and self.open[-1].step is None:
            self._key(self.open[-1], json.loads(token), span)
        else:
            path, key = self._here()
            self.places.of[path] = Place(key, span)

    def _key(self, top: _Open, key: str, span: Span) -> None:
        if key in top.keys:
            self.places.duplicates.append(((*top.path, key), span))
        top.keys.add(key)
        top.step, top.step_span = key, span
