"""A long text with most of its lists left out, from which is told what layers it has before all of it is read.

A command that cannot do what is asked of so many layers says so at once, and reading is what costs. Where entries of
one list follow one another for long, one mapping stands for them, in which `repeat` is their number. What such a text
says of its layers is what the whole would say; nothing else is taken from it, and where it cannot be read the whole is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gradcalc.language.building.draft import MOST_LAYERS
from gradcalc.language.grammars import LONG, MAPPING, Reading, Unreadable
from gradcalc.records import Record

WINDOW = 2**14
"""Characters from which a long list is recognized, and which are kept of it."""
MOST_RUNS = 8
TELLING = ("from", "share", "repeat", "\\", "&")
"""What a layer may hold by which it is no link of a chain, or more than one; and signs that may hide such a word."""
WEIGHT = "weight"
UNCLEAR = re.compile(rf"""{WEIGHT}["']?\s*+[:=][ \t]*+(?![-+.\d][-+.\deE]*+[ \t]*+(?:[,}}\n]|\Z)|[\[{{])""")
"""A weight that may be a name or an exact constant, and so no parameter of its own."""
SEVERAL = re.compile(rf"""{WEIGHT}["']?\s*+[:=][ \t]*+[\[{{]""")
NUMBERS = str.maketrans("", "", "0123456789+-.eE, \n")
MANY_LAYERS = f"this list holds more than {MOST_LAYERS:,} layers, the most that a network may have; use fewer"


def glance(text: str, grammar: str, read: Callable[[str], Reading]) -> Any:
    """The data of a long text with its lists left out; None where it is as long even so, or cannot be read. Raises
    Unreadable for more layers than a network may have."""
    short, where = shortened(text, grammar)
    try:
        data = read(short)[0] if len(short) <= LONG else None
    except Unreadable:
        return None
    lists = (data.get("weights"), data.get("layers")) if isinstance(data, dict) else ()
    for layers in (each for each in lists if isinstance(each, list)):
        repeats = (each.get("repeat", 1) if isinstance(each, dict) else 1 for each in layers)
        if sum(repeat for repeat in repeats if type(repeat) is int) > MOST_LAYERS:
            raise Unreadable(MANY_LAYERS, where)
    return data


class Run(Record):
    """Entries of a list that follow one another in a text, and how a mapping would be written in their place."""

    start: int
    end: int
    sign: str  # that each of them has once
    opening: str
    between: str
    closing: str


def shortened(text: str, grammar: str) -> tuple[str, int]:
    """The text with one mapping in place of most entries of each long list, as far as the lists are regular; and where
    the most of them stood."""
    parts: list[str] = []
    at, most, where = 0, 0, 0
    while len(text) - at > LONG // MOST_RUNS and len(parts) < 2 * MOST_RUNS:
        run = _on_lines(text, at, grammar) or _in_brackets(text, at)
        entries = text.count(run.sign, run.start, run.end) if run else 0
        if run is None or not entries:
            break
        parts += [text[at : run.start], _mapping(text, run, entries, " = " if grammar == "toml" else ": ")]
        at, most, where = run.end, max(most, entries), run.start + 1 if entries > most else where
    return "".join((*parts, text[at:])), where


def _mapping(text: str, run: Run, entries: int, equals: str) -> str:
    """What stands for the entries: so many layers, which are a chain unless something tells that they may not be."""
    is_scalar = SEVERAL.search(text, run.start, run.end) is None
    pairs = {WEIGHT: "0" if is_scalar else "[0]", "repeat": str(entries)}
    if entries > MOST_LAYERS or not _are_links(text[run.start : run.end], entries):
        pairs["from"] = "0"
    key = "{}" if equals == " = " else '"{}"'
    written = run.between.join(f"{key.format(name)}{equals}{value}" for name, value in pairs.items())
    return f"{run.opening}{written}{run.closing}"


def _are_links(entries: str, count: int) -> bool:
    """Whether so many entries are layers of a chain with a parameter each."""
    if WEIGHT not in entries:
        return not entries.translate(NUMBERS)
    told = any(word in entries for word in TELLING) or UNCLEAR.search(entries)
    return not told and entries.count(WEIGHT) == count


TABLE = "\n[[layers]]"
AFTER_TABLES = re.compile(r"\n\[(?!\[layers\]\]|layers\.)")
ITEM = re.compile(r"\n( *)-[ \n]")


def _on_lines(text: str, at: int, grammar: str) -> Run | None:
    """Entries that begin on lines of their own."""
    if grammar == "toml" and (start := text.rfind(TABLE, at, at + WINDOW)) >= 0:
        after = AFTER_TABLES.search(text, start + 1)
        return Run(start, after.start() if after else len(text), TABLE, f"{TABLE}\n", "\n", "")
    items = list(ITEM.finditer(text, at, at + WINDOW)) if grammar == "yaml" else []
    if not items:
        return None
    indent = min((item[1] for item in items), key=len)
    start = max(item.start() for item in items if item[1] == indent)
    after = re.compile(rf"\n(?!{indent}-?[ \n]| *(?:#|\n|$))").search(text, start)
    return Run(start, after.start() if after else len(text), f"\n{indent}-", f"\n{indent}- {{", ", ", "}")


MAPPINGS = re.compile(rf"(?:\s*+,\s*+{MAPPING}){{1,1000}}+")
BETWEEN_MAPPINGS = re.compile(r"\}\s*+,\s*+\{")
BRACKET = re.compile(r"[][{}]")


def _in_brackets(text: str, at: int) -> Run | None:
    """Entries of a list in brackets: mappings, or numbers."""
    window = text[at : at + WINDOW]
    start, opened = at + window.rfind(",") + 1, window.rfind("[")
    signs = list(BETWEEN_MAPPINGS.finditer(window, opened + 1))
    if not signs:
        bracket = BRACKET.search(text, start)
        end = text.rfind(",", start, bracket.start()) + 1 if bracket else 0
        return Run(start, end, ",", " {", ", ", "},") if at + opened < start < end else None
    start = end = at + signs[-1].start() + 1
    while found := MAPPINGS.match(text, end):
        end = found.end()
    return Run(start, end, signs[-1][0].lstrip("}"), ", {", ", ", "}")
