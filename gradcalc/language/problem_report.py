"""Problems as a compiler prints them: `net.yaml:8:13: error: layers[1].weight: …`, the line, and carets.

What came by option has the option in place of file, line and column. Positions are found here and nowhere else, by
reading the text a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.language.grammars import Place, Places, Span, Unreadable, line_and_column
from gradcalc.language.problems import SET, path_text
from gradcalc.records import Record
from gradcalc.report.text import printable, width

MOST = 10
COLUMNS = 160
VERBS = ("is ", "has ", "needs ", "takes ")


class Source(Record):
    """What problems are printed against: the text, its grammar, its label, and which paths came by which option."""

    label: str
    text: str
    grammar: str
    origins: Mapping[SpecPath, str]


class Located(Record):
    """A problem with its span in the text, and the option that it came by; None where there is no such thing."""

    problem: Problem
    span: Span | None
    origin: str | None = None


def report(problems: Iterable[Problem], source: Source) -> str:
    """All problems in the order of their positions, ten at most, and how many more there are."""
    return "\n".join(reports(problems, source))


def reports(problems: Iterable[Problem], source: Source) -> list[str]:
    """The same, one text of several lines for each problem."""
    found = sorted(_locate(tuple(problems), source), key=_position)
    texts = ["\n".join(_lines(located, source)) for located in found[:MOST]]
    return [*texts, f"… and {len(found) - MOST} more"] if len(found) > MOST else texts


def _position(located: Located) -> tuple[int, int]:
    return (1, 0) if located.span is None else (0, located.span[0])


def _locate(problems: tuple[Problem, ...], source: Source) -> list[Located]:
    origins = [_origin(problem, source.origins) for problem in problems]
    asked = any(origin is None and problem.at is None for origin, problem in zip(origins, problems, strict=True))
    places = _places(source, problems) if asked and source.text else {}
    return [
        Located(problem, None if origin else _span(problem, places, source.text), origin)
        for problem, origin in zip(problems, origins, strict=True)
    ]


def _origin(problem: Problem, origins: Mapping[SpecPath, str]) -> str | None:
    for length in range(len(problem.path), -1, -1) if origins else ():
        if problem.path[:length] in origins:
            return origins[problem.path[:length]]
    return None


def _places(source: Source, problems: tuple[Problem, ...]) -> Mapping[SpecPath, Place]:
    """The places of the problems' paths, and of what holds them, in case that they have none of their own."""
    from importlib import import_module

    locate: Any = import_module(f"gradcalc.language.grammars.{source.grammar}_text").locate
    try:
        wanted = {problem.path[:length] for problem in problems for length in range(len(problem.path) + 1)}
        found: Places = locate(source.text, wanted)
    except Unreadable:
        return {}
    return found.of


def _word(start: int, text: str) -> Span:
    """From an offset to the end of the word, or the text in quotes, that stands there."""
    end = start
    if text[start : start + 1] in ('"', "'"):
        closing = text.find(text[start], start + 1)
        return start, closing + 1 if closing > 0 else start + 1
    while end < len(text) and (text[end].isalnum() or text[end] in "_-"):
        end += 1
    return start, max(end, start + 1)


def _span(problem: Problem, places: Mapping[SpecPath, Place], text: str) -> Span | None:
    """The span of the key or value; of what is missing, the beginning of what should hold it."""
    if problem.at is not None and problem.span is not None:
        return problem.span if problem.span[1] > problem.span[0] else _word(problem.span[0], text)
    place = places.get(problem.path)
    if place is not None:
        if problem.on == "key" and place.key is not None:
            return place.key
        return _within(place.value, problem.span, problem, text) if problem.span else place.value
    for length in range(len(problem.path) - 1, -1, -1):
        if (place := places.get(problem.path[:length])) is not None:
            return place.value
    return None


def _within(value: Span, part: Span, problem: Problem, text: str) -> Span:
    """The part of a text's characters, where they are written as they are read (no escapes, one line)."""
    written = text[slice(*value)]
    quote = 1 if written[:1] in ("'", '"') else 0
    length = len(written) - 2 * quote
    if "\\" in written or "\n" in written or "''" in written or part[0] > length or part == (0, length):
        return value
    start = value[0] + quote + part[0]
    return start, min(max(value[0] + quote + part[1], start + 1), value[1])


def _lines(located: Located, source: Source) -> list[str]:
    problem = located.problem
    head = located.origin or source.label
    if located.span is not None:
        line, column = line_and_column(source.text, located.span[0])
        head = f"{head}:{line}:{column}"
    message = cut(printable(f"{head}: {problem.severity}: {_sentence(problem)}"), COLUMNS)
    return [message, *(_excerpt(located.span, source.text) if located.span and source.text else ())]


def _sentence(problem: Problem) -> str:
    """The path and the message, as one sentence where the message goes on from the path."""
    steps = problem.path[1:] if problem.path[:1] == (SET,) else problem.path
    path = cut(path_text(steps[:-1] if problem.on == "key" else steps), COLUMNS // 2)
    if problem.path[:1] == (SET,) and len(steps) == 1 and not problem.message.startswith(VERBS):
        return problem.message
    if problem.message.startswith(VERBS):
        return f"{path or 'the spec'} {problem.message}"
    return f"{path}: {problem.message}" if path else problem.message


def cut(line: str, columns: int) -> str:
    """The line, no wider than so many columns of a terminal."""
    if len(line) <= columns // 2 or width(line) <= columns:
        return line
    kept = ""
    used = 1
    for character in line:
        used += width(character)
        if used > columns:
            break
        kept += character
    return kept + "…"


def _excerpt(span: Span, text: str) -> list[str]:
    """The source line under its number, and carets under the span as far as it is on that line."""
    start = text.rfind("\n", 0, span[0]) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    if span[0] >= end and not text[start:end].strip():
        return []
    number = f"{text.count(chr(10), 0, start) + 1:>3}"
    length = 1 if span[1] > end else span[1] - span[0]
    line, before, under = _window(text[start:end], span[0] - start, length, COLUMNS - len(number) - 3)
    return [f"{number} | {line}".rstrip(), f"{' ' * len(number)} | {' ' * before}^{'~' * (under - 1)}"]


def _window(line: str, at: int, length: int, room: int) -> tuple[str, int, int]:
    """The part of a line around the span that fits, the columns before the span, and the columns that it takes."""
    fits = len(line) <= 4 * room and width("".join(map(_shown, line))) <= room
    left = 0 if fits or at + min(length, room // 3) < room else at - room // 3
    shown = [_shown(character) for character in line[left : len(line) if fits else left + room]]
    shown += [] if fits or left + room >= len(line) else ["…"]
    shown = ["…", *shown] if left else shown
    at = at - left + bool(left)
    before = min(sum(map(width, shown[:at])), room - 1)
    under = sum(map(width, shown[at : at + length]))
    return cut("".join(shown), room), before, max(1, min(under, room - before))


def _shown(character: str) -> str:
    """A character as the excerpt shows it: a tab as four spaces, what does not print as its escape."""
    return "    " if character == "\t" else printable(character)
