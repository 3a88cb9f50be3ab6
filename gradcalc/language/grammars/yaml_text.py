"""YAML from libyaml's events: the 1.2 core schema, no tags, no merging, one document; errors with positions.

Aliases share their value; what a text would hold with all of them written out is counted, and bounded.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection
from functools import partial
from itertools import islice
from math import isfinite
from types import ModuleType
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.language.grammars import (
    DEEPEST,
    GROUPED,
    LONGEST_NUMBER,
    MANY_KEYS,
    MANY_VALUES,
    MOST_KEYS,
    MOST_PROBLEMS,
    MOST_VALUES,
    NESTED,
    NOT_FINITE,
    TOO_LARGE,
    TOO_LONG,
    TOO_SMALL,
    Place,
    Places,
    Reading,
    Refused,
    Span,
    Unreadable,
)
from gradcalc.language.problems import fault, quoted

MOST_BY_ALIAS = 1_000_000
MOST_LISTS = 300_000
SIZE = 100  # characters of a text that an alias repeats, for each of which it counts as one value more
TAGGED = "tags are refused, as a spec is plain data; remove the tag"
EXPANDED = f"the aliases expand to more than {MOST_BY_ALIAS:,} values; use `repeat`, or write out what has to be there"
DOCUMENTS = "a second YAML document begins here; a spec is one document, several are several files"
UNTEXTUAL = "keys are text; write this one in quotes if it is meant"


class LazyPattern:
    """A regular expression that is compiled when it is first used."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked for by copy and pickle
            raise AttributeError(name)
        method = getattr(re.compile(*self.arguments), name)
        setattr(self, name, method)
        return method


def pyyaml() -> Any:
    """The module `yaml`, its regular expressions lazy: compiling them takes longer than reading a spec, and libyaml
    needs none of them."""
    if "yaml" not in sys.modules:
        lazy = ModuleType("re")
        vars(lazy).update(vars(re), compile=LazyPattern)
        sys.modules["re"] = lazy
        try:
            import yaml
        finally:
            sys.modules["re"] = re
    import yaml

    return yaml


class _Node:
    """A list or mapping being filled: `size` values in all and `height` levels, aliases counted in full."""

    __slots__ = ("anchor", "data", "height", "key", "key_span", "size", "start")

    def __init__(self, data: Any, anchor: str | None, start: int) -> None:
        self.data = data
        self.anchor = anchor
        self.start = start
        self.key: str | None = None
        self.key_span: tuple[int, int] | None = None
        self.size = 1
        self.height = 1


MANY = {"\n": "has more than {:,} lines", "[": "opens more than {:,} brackets", "=": "has more than {:,} equals signs"}


def refuse_many(text: str, sign: str, most: int) -> None:
    """Raises Unreadable where a sign stands in a text more often than a grammar slower than JSON's reads it soon."""
    if text.count(sign) > most:
        there = next(islice(re.finditer(re.escape(sign), text), most, None)).start()
        remedy = "no option reads more: write so large a file as JSON, which has no such limit"
        raise Unreadable(f"the text up to here {MANY[sign].format(most)}; {remedy}", there)


def read(text: str) -> Reading:
    """The data of a YAML text. Raises Unreadable."""
    refuse_many(text, "[", MOST_LISTS)
    composer = Composer(text)
    composer.run()
    return composer.data, tuple(composer.problems)


class Composer:
    """Puts the events of one document together."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data: Any = None
        self.problems: list[Problem] = []
        self.open: list[_Node] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.by_alias = 0  # values that aliases stand for

    def run(self) -> None:
        """Take every event of the text."""
        yaml = pyyaml()
        take: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: partial(self._begin, list),
            yaml.MappingStartEvent: partial(self._begin, dict),
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.AliasEvent: self._alias,
        }
        documents = 0
        try:
            for event in yaml.parse(self.text, Loader=getattr(yaml, "CLoader", yaml.Loader)):
                if (take_this := take.get(type(event))) is not None:
                    take_this(event)
                elif isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        raise Unreadable(DOCUMENTS, event.start_mark.index)
                if self.is_done():
                    break
        except yaml.YAMLError as error:
            raise explain(error, self.text) from None

    def is_done(self) -> bool:
        """Whether the rest of the text is left alone: so much is wrong with it."""
        if len(self.problems) < MOST_PROBLEMS:
            return False
        self.data = None
        return True

    def scalar(self, text: str) -> Scalar:
        """The value of a plain scalar."""
        return core_scalar(text)

    def path(self) -> SpecPath:
        """The path of the value that comes next."""
        return tuple(len(node.data) if type(node.data) is list else node.key or "" for node in self.open)

    def put(self, value: Any, size: int, height: int, start: int, end: int) -> None:
        """Set a finished value into what holds it."""
        if not self.open:
            self.data = value
            return
        holder = self.open[-1]
        holder.size += size
        holder.height = max(holder.height, height + 1)
        if holder.size > MOST_VALUES:
            raise Unreadable(MANY_VALUES, start)
        if len(self.open) + height > DEEPEST:
            raise Unreadable(NESTED, start)
        if type(holder.data) is list:
            holder.data.append(value)
        elif holder.key is not None:
            holder.data[holder.key] = value
            holder.key = None
        else:
            raise Unreadable(UNTEXTUAL, start)

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.tag is not None:
            raise Unreadable(TAGGED, start)
        value = self.scalar(event.value) if event.implicit[0] else event.value
        if self.open and type(self.open[-1].data) is dict and self.open[-1].key is None:
            self._key(self.open[-1], value, event.value, (start, end))
        else:
            if event.anchor:
                self.anchors[event.anchor] = (value, 1 + len(event.value) // SIZE, 0)
            self.put(value, 1, 0, start, end)

    def _key(self, holder: _Node, value: Any, text: str, span: tuple[int, int]) -> None:
        path = (*self.path()[:-1], text)
        if not isinstance(value, str):
            self.problems.append(fault(self.text, path, UNTEXTUAL, span[0]))
        elif text in holder.data:
            message = f"duplicate key {quoted(text)}; each key stands once"
            self.problems.append(fault(self.text, path, message, span[0]))
        elif len(holder.data) >= MOST_KEYS:
            raise Unreadable(MANY_KEYS, holder.start)
        holder.key, holder.key_span = text, span

    def _begin(self, kind: type, event: Any) -> None:
        start = event.start_mark.index
        if event.tag is not None:
            raise Unreadable(TAGGED, start)
        if len(self.open) >= DEEPEST:
            raise Unreadable(NESTED, start)
        if self.open and type(self.open[-1].data) is dict and self.open[-1].key is None:
            raise Unreadable(UNTEXTUAL, start)
        if event.anchor:
            self.anchors.pop(event.anchor, None)
        self.open.append(_Node(kind(), event.anchor, start))

    def _end(self, event: Any) -> None:
        node = self.open.pop()
        if node.anchor:
            self.anchors[node.anchor] = (node.data, node.size, node.height)
        self.put(node.data, node.size, node.height, node.start, event.end_mark.index)

    def _alias(self, event: Any) -> None:
        start = event.start_mark.index
        if event.anchor not in self.anchors:
            raise Unreadable(f"*{event.anchor} names no anchor that is complete before it", start)
        if self.open and type(self.open[-1].data) is dict and self.open[-1].key is None:
            raise Unreadable(UNTEXTUAL, start)
        value, size, height = self.anchors[event.anchor]
        self.by_alias += size
        if self.by_alias > MOST_BY_ALIAS:
            raise Unreadable(EXPANDED, start)
        self.put(value, size, height, start, event.end_mark.index)


HINTS = {
    "exceeded maximum nesting depth": NESTED,
    "mapping values are not allowed": "a colon may not stand here; does a text need quotes?",
    "cannot start any token": "this character starts no value of YAML; put the text in quotes",
    "found unexpected end of stream": "the text ends too early: a quote is not closed",
    "found undefined tag handle": "tags are refused, as a spec is plain data; remove the tag",
    "did not find expected key": "a key was expected here; is the indentation that of its neighbours?",
    "did not find expected ',' or": "a comma is missing before this, or a bracket is not closed",
    "did not find expected '-'": "a list entry, opened by -, was expected here",
    "could not find expected ':'": "a colon is missing after this key",
    "did not find expected node content": "a value is missing here",
    "did not find expected <document start>": "the spec has ended before this; is it a key, indented as the others?",
    "block sequence entries are not allowed": "a list entry, opened by -, begins on a line of its own",
    "found unknown escape character": "this is no escape of YAML; in single quotes a backslash is a backslash",
    "found a tab character": "YAML is indented with spaces, not tabs",
}


def explain(error: Any, text: str) -> Unreadable:
    """The parser's complaint at its place, without its many lines."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "this is no YAML")
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    offset = min(place.index if place is not None else getattr(error, "position", 0), len(text))
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:].partition("\n")[0]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Unreadable("YAML is indented with spaces, not tabs", start)
    return Unreadable(next((hint for known, hint in HINTS.items() if known in problem), problem), offset)


def locate(text: str, wanted: Collection[SpecPath] | None = None) -> Places:
    """The places of a text that is YAML; it is read until those of `wanted` paths are found, where they are given.

    What an alias stands for has the alias's place.
    """
    composer = _Locator(text, Places(wanted))
    composer.run()
    return composer.places


class _Locator(Composer):
    """Composes as the reader does, and writes down where everything stood."""

    def __init__(self, text: str, places: Places) -> None:
        super().__init__(text)
        self.places = places

    def is_done(self) -> bool:
        """Whether all that is wanted has been found."""
        return self.places.are_complete

    def put(self, value: Any, size: int, height: int, start: int, end: int) -> None:
        end = start + len(self.text[start:end].rstrip())
        self.places.note(self.path(), Place(self._key_span(), (start, end)))
        super().put(value, size, height, start, end)

    def _begin(self, kind: type, event: Any) -> None:
        if not self.open:
            self.places.note((), Place(None, (event.start_mark.index, len(self.text.rstrip()))))
        super()._begin(kind, event)

    def _alias(self, event: Any) -> None:
        span = (event.start_mark.index, event.end_mark.index)
        self.places.note_all_within(self.path(), Place(self._key_span(), span))
        super()._alias(event)

    def _key_span(self) -> Span | None:
        """Where the key of the value that comes next stands; None in a list."""
        return self.open[-1].key_span if self.open and isinstance(self.open[-1].data, dict) else None


DIGITS = 17
"""So many tell doubles apart: a number of no more is the shortest decimal of its double, one of more has its own."""

WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}

Scalar = None | bool | int | float | str


def core_scalar(text: str) -> Scalar:
    """A plain scalar of YAML 1.2's core schema: `1e-3`, `-.5` and `010` (ten) are numbers, `yes` is text."""
    if not text or text[0] not in "0123456789+-.":
        return WORDS.get(text, text)
    if not text.strip("0123456789+-.eE"):
        try:
            return whole(text) if text[text[0] in "+-" :].isdigit() else real(text)
        except ValueError:
            return text
    if text[:2] in ("0x", "0o"):
        digits = "0123456789abcdefABCDEF" if text[1] == "x" else "01234567"
        return int(text, 0) if text[2:] and not text[2:].strip(digits) else text
    return Refused.because(text, NOT_FINITE) if text.lower() in (".nan", ".inf", "-.inf", "+.inf") else text


def real(text: str) -> float | Refused:
    """A decimal number of any grammar as a double; one of more digits than tell doubles apart, with its text."""
    if "_" in text:
        return Refused.because(text, GROUPED)
    if len(text) > LONGEST_NUMBER:
        return Refused.because(text, TOO_LONG)
    value = float(text)
    if not isfinite(value):
        return Refused.because(text, TOO_LARGE if any(c.isdigit() for c in text) else NOT_FINITE)
    digits = text.lower().partition("e")[0].strip("+-.0")
    if value == 0.0 and digits:
        return Refused.because(text, TOO_SMALL)
    if len(digits) <= DIGITS or len(digits.replace(".", "")) <= DIGITS:
        return value
    from gradcalc.expressions.expression import Literal

    return Literal.of(value, text)


def whole(text: str) -> int | Refused:
    """A whole number in decimal; Python itself refuses to read more than 4,300 digits."""
    try:
        return int(text)
    except ValueError:
        return Refused.because(text, TOO_LARGE)
