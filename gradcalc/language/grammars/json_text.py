"""JSON by the standard library: duplicate keys, NaN and numbers outside float64 refused; errors with positions."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from functools import partial
from itertools import chain
from json import JSONDecodeError
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language.grammars import (
    MANY_KEYS,
    MOST_KEYS,
    NESTED,
    NOT_FINITE,
    Place,
    Places,
    Reading,
    Refused,
    Span,
    Unreadable,
    deepest_offset,
)
from gradcalc.language.grammars.yaml_text import DIGITS, real, whole
from gradcalc.language.problems import duplicate_problems


def read(text: str) -> Reading:
    """The data of a JSON text. Raises Unreadable."""
    colons = text.count(":")
    if colons > MOST_KEYS and colons > MOST_KEYS * (text.count("{") + 1):
        raise Unreadable(MANY_KEYS, 0)
    hooks: dict[str, Any] = {"parse_constant": partial(Refused.because, reason=NOT_FINITE)}
    if may_round_to_zero(text) or has_long_number(text):
        hooks["parse_float"] = real
    if "\\" not in text:
        try:
            data = json.loads(text, **hooks)
            if has_colons(data, colons):
                return data, ()
        except (ValueError, RecursionError):  # which are told below
            pass
    return _read_pairs(text, hooks)


def has_colons(data: Any, count: int) -> bool:
    """A quick look whether keys, one colon for each, and texts have as many colons as the whole text: none stands
    twice then. Nor may a mapping have too many."""
    found, level = 0, [data] if type(data) is dict else []
    while level:
        keys = list(map(len, level))
        found += sum(keys)
        if found == count or max(keys) > MOST_KEYS:
            return max(keys) <= MOST_KEYS
        values, level = chain.from_iterable(map(dict.values, level)), []
        for value in values:
            if type(value) is str:
                found += value.count(":")
            elif type(value) is dict:
                level.append(value)
            elif type(value) is list and value and type(value[0]) is dict and set(map(type, value)) == {dict}:
                level += value
    return found == count


def _read_pairs(text: str, hooks: Mapping[str, Any]) -> Reading:
    """The data of a text in which a key may stand twice. Raises Unreadable."""
    seen_twice: list[bool] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > MOST_KEYS:
            raise Unreadable(MANY_KEYS, max(text.find(json.dumps(pairs[0][0], ensure_ascii=False)), 0))
        data = dict(pairs)
        if len(data) != len(pairs):
            seen_twice.append(True)
        return data

    hooks = {**hooks, "object_pairs_hook": mapping}
    try:
        data = json.loads(text, **hooks)
    except json.JSONDecodeError as error:
        raise explain(error) from None
    except RecursionError:
        raise Unreadable(NESTED, deepest_offset(text)) from None
    except ValueError:  # a whole number of more than 4,300 digits
        data = json.loads(text, **{**hooks, "parse_float": real, "parse_int": whole})
    return data, duplicate_problems(text, locate(text, wanted=())) if seen_twice else ()


LONG_NUMBER = re.compile(r"[1-9](?:[0-9.]{18}|[0-9]{17})")
ZEROS = bytes.maketrans(b"123456789", b"000000000")
APART = bytes.maketrans(b",-[:\n", b"     ")  # what stands between numbers is a space


def has_long_number(text: str) -> bool:
    """Whether a number of more digits than tell doubles apart is in the text; to look for a run of as many digits,
    points aside, and then zeros before them, is much cheaper than to look for such numbers."""
    raw, run = text.encode(errors="replace"), b"0" * (DIGITS + 1)
    if run not in raw.translate(ZEROS, b"."):
        return False
    digits = raw.translate(APART).replace(b" 0.", b"   ").translate(ZEROS, b".")
    return run in digits and LONG_NUMBER.search(text) is not None


SMALL = re.compile(r"e-\d{3}"), re.compile(r"E-\d{3}")


def may_round_to_zero(text: str) -> bool:
    """Whether a number so small may be in the text that it must be looked at; a glance, much cheaper than looking."""
    return "0" * 300 in text or any(small.search(text) for small in SMALL)


MESSAGES = {
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
    if here == "'":
        return Unreadable("JSON writes texts in double quotes", offset)
    if here == "#" or text[offset : offset + 2] in ("//", "/*"):
        message = "JSON has no comments; a spec with comments is YAML, in a file that ends in .yaml"
        return Unreadable(message, offset)
    other = "this is no value of JSON: a number, a text in double quotes, a list, a mapping, true, false or null"
    return Unreadable(next((hint for start, hint in MESSAGES.items() if error.msg.startswith(start)), other), offset)


TOKEN = re.compile(r'"(?:[^"\\]+|\\.)*+"|[][{}:]|[^][{}:"]+', re.DOTALL)
"""A text in quotes, a bracket or colon, or a run of all between them: numbers and words with their commas."""


ROW = r'(?:\[[^][{}"]*+\]\s*+,\s*+)'
MOST_ROWS = 1000  # that are gone over at once
ROWS = re.compile(f"{ROW}{{1,{MOST_ROWS}}}+")


class _Open:
    """A list or mapping whose end has not come: `step` is the index or key of the value that comes next."""

    def __init__(self, path: SpecPath, start: int, key: Span | None, step: int | str | None) -> None:
        self.path = path
        self.start = start
        self.key = key
        self.step = step
        self.step_span: Span | None = None
        self.keys: set[str] = set()


def locate(text: str, wanted: Collection[SpecPath] | None = None) -> Places:
    """The places of a text that is JSON; it is read until those of `wanted` paths are found, where they are given.

    Keys that stand twice are found as far as it is read, with no path wanted everywhere.
    """
    walk = _Walk(Places(wanted))
    walk.places.note((), Place(None, (len(text) - len(text.lstrip()), len(text.rstrip()))))
    skip = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode
    at, end = 0, len(text)
    while at < end and not walk.places.are_complete and (match := TOKEN.match(text, at)):
        token, at = match.group(), match.end()
        if wanted and token in "[{" and walk.is_idle():
            at = walk.skip_rows(text, match.start()) or skip(text, match.start())[1]
        else:
            walk.token(token, match.span())
    return walk.places


class _Walk:
    """Goes over the tokens once, holding the lists and mappings that are open."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.open: list[_Open] = []

    def is_idle(self) -> bool:
        """Whether nothing within the value that comes next is wanted."""
        return bool(self.open) and self.open[-1].step is not None and not self.places.leads_on(self._here()[0])

    def skip_rows(self, text: str, start: int) -> int:
        """Go over rows of numbers up to the next entry that is wanted; where they end, 0 where there are none."""
        top = self.open[-1]
        if not isinstance(top.step, int) or (found := ROWS.match(text, start)) is None:
            return 0
        wanted = self.places.next_within(top.path, top.step)
        many = MOST_ROWS if wanted is None else min(wanted - top.step, MOST_ROWS)
        if many < MOST_ROWS:
            found = re.compile(f"{ROW}{{1,{many}}}+").match(text, start) or found
        top.step += text.count("]", start, found.end())
        return found.end()

    def token(self, token: str, span: Span) -> None:
        if token in "[{":
            path, key = self._here()
            self.open.append(_Open(path, span[0], key, 0 if token == "[" else None))
        elif token in "]}":
            ended = self.open.pop()
            self.places.note(ended.path, Place(ended.key, (ended.start, span[1])))
        elif token[0] == '"' and self.open and self.open[-1].step is None:
            top, key = self.open[-1], json.loads(token)
            if key in top.keys:
                self.places.duplicates.append(((*top.path, key), span))
            top.keys.add(key)
            top.step, top.step_span = key, span
        elif token[0] == '"':
            path, key = self._here()
            self.places.note(path, Place(key, span))
        elif token != ":":
            self._run(token, span[0])

    def _here(self) -> tuple[SpecPath, Span | None]:
        if not self.open:
            return (), None
        top = self.open[-1]
        assert top.step is not None
        return (*top.path, top.step), top.step_span

    def _run(self, run: str, start: int) -> None:
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.step, int):
            between = run.strip() == ","  # two lists or mappings
            if between or not self.places.leads_on(top.path):
                top.step += 1 if between else run.count(",")
                return
        at = 0
        while not self.places.are_complete:
            comma = run.find(",", at)
            piece = run[at:] if comma < 0 else run[at:comma]
            if bare := piece.strip():
                begin = start + at + piece.index(bare)
                path, key = self._here()
                self.places.note(path, Place(key, (begin, begin + len(bare))))
            if comma < 0:
                return
            at = comma + 1
            if top is not None:
                top.step = top.step + 1 if isinstance(top.step, int) else None
