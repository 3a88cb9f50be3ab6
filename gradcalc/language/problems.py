"""The problems of one spec: collected while it is read, checked and built, worded, and printed as a compiler does.

What the checker has found, the builder passes over: `bad` tells it where. Paths are those of the data,
("layers", 1, "weight"); a value that came by `--set w1=0.3` has the path ("--set", "w1"), see `SET`. A key that is
missing is reported at the path it would have.

What the builder may rely on where nothing is `bad`: every key is known and every value is of a kind that the key
takes (numbers finite, names of activations, losses, joins and initialisations known, formulas parsed, integers in
range); `skips` is a list of edges and {every: …} mappings in any mixture, or one such mapping. Names, references,
shapes, and whether a text is a parameter's name or an exact constant are the builder's to judge.

What came by option has the option in place of file, line and column. Positions are found here and nowhere else, by
reading the text a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.language.grammars import Place, Places, Span, Unreadable, line_and_column
from gradcalc.records import Record
from gradcalc.report.text import printable, width

ARTICLES = {"datetime": "a date and time", "date": "a date", "time": "a time of day"}
"""Values that only TOML has."""


def path_text(path: SpecPath) -> str:
    """`layers[1].weight`, as `--set` takes it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + plain(step)
    return text


def plain(text: str) -> str:
    """Text with every character that would not show (control, bidi, zero width) escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quoted(value: Any, limit: int = 60) -> str:
    """A value of a spec as a message shows it: text in quotes, nothing that does not print, never long."""
    text = plain(value[: limit + 1] if isinstance(value, str) else _digits(value))
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def _digits(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # Python does not print a whole number of more than 4,300 digits
        return "a number of more than 4,300 digits"


def kind_of(value: Any) -> str:
    """What a value is, in words: "a list", the text "abc", the number 3.0."""
    if isinstance(value, list | dict):
        return f"{'an empty ' if not value else 'a '}{'list' if isinstance(value, list) else 'mapping'}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return f"the number {quoted(value)}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    name = type(value).__name__
    return ARTICLES.get(name, f"a value of type {name}")


def one_of(names: Iterable[str]) -> str:
    """`sum, multiply or max`; a name may itself be several, with commas."""
    *others, last = ", ".join(names).split(", ")
    return f"{', '.join(others)} or {last}" if others else last


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message, `; did you mean "from"?`, or nothing."""
    from gradcalc.errors import similar

    found = [f'"{name}"' for name in similar(word, known)]
    return f"; did you mean {one_of(found)}?" if found else ""


SET = "--set"
"""The first step of the path of a parameter's value that came by option: (SET, "w1") or (SET, "w1[0,1]")."""


class Problems:
    """The problems of one spec, gathered while it is read, checked and built, in any order."""

    def __init__(self, found: tuple[Problem, ...] = (), origins: Collection[SpecPath] = ()) -> None:
        self.found: list[Problem] = []
        self._origins = origins  # the paths of what options gave
        self._at: set[SpecPath] = set()
        self._above: set[SpecPath] = set()
        for problem in found:
            self._add(problem)

    def error(self, path: SpecPath, message: str, on: str = "value", span: tuple[int, int] | None = None) -> None:
        """Report an error; `on` is "key" or "value", `span` the bad characters within the text at `path`.

        The report prints `path: message`; for a message on a key the path is that of the mapping that holds it. A
        message that opens with "is", "has", "needs" or "takes" goes on from the path: `layers[1].weight is 2×3 …`.
        """
        self._add(Problem(path, message, on, "error", span))

    def warning(self, path: SpecPath, message: str, on: str = "value") -> None:
        """Report what is worth knowing and forbids nothing."""
        self._add(Problem(path, message, on, "warning"))

    def without_effect(self, path: SpecPath, message: str, on: str = "value") -> bool:
        """Report what changes nothing: an error where an option gave it, which is True, else a warning."""
        within = next((origin for origin in self._origins if origin[: len(path)] == path), None)
        by_option = within is not None or any(path[: len(origin)] == origin for origin in self._origins)
        self._add(Problem(within or path, message, on, "error" if by_option else "warning"))
        return by_option

    def option_without_effect(self, path: SpecPath, message: str) -> bool:
        """The same, but of no interest where no option gave it."""
        return any(origin[: len(path)] == path for origin in self._origins) and self.without_effect(path, message)

    def bad(self, path: SpecPath) -> bool:
        """Whether an error has been reported at this path, at one that holds it, or at one within it."""
        if not self._at:
            return False
        return path in self._above or any(path[:length] in self._at for length in range(len(path) + 1))

    @property
    def crowded(self) -> bool:
        """Whether there are so many that what costs a search, a suggestion, is left out of the rest."""
        return len(self.found) > 100

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What forbids to use the spec."""
        return tuple(problem for problem in self.found if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What does not."""
        return tuple(problem for problem in self.found if problem.severity == "warning")

    def _add(self, problem: Problem) -> None:
        self.found.append(problem)
        if problem.severity == "error":
            self._at.add(problem.path)
            self._above.update(problem.path[:length] for length in range(len(problem.path)))


MOST_SEARCHES = 10
"""So many problems are printed; beyond them suggestions and cycles, which cost a search each, are left out."""


class Reporter:
    """Reports what the builder finds, except at places that the checker has already found bad."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._checked = Problems(problems.errors)
        self._searches = 0
        self.failed = bool(problems.errors)
        self.count = 0

    def bad(self, path: SpecPath) -> bool:
        """Whether the checker has found fault at this path, above it or within it."""
        return self._checked.bad(path)

    def error(self, path: SpecPath, message: str, on: str = "value", span: tuple[int, int] | None = None) -> None:
        """Report an error, unless the checker has been here; `on` and `span` as in `Problems.error`."""
        self.failed = True
        self.count += 1
        if not self._checked.bad(path):
            self._problems.error(path, message, on, span)

    def warning(self, path: SpecPath, message: str, on: str = "value") -> None:
        """Report what is worth knowing and forbids nothing."""
        self._problems.warning(path, message, on)

    def without_effect(self, path: SpecPath, message: str, on: str = "value") -> None:
        """Report what changes nothing: an error where an option gave it, else a warning."""
        self.failed = self._problems.without_effect(path, message, on) or self.failed

    def option_without_effect(self, path: SpecPath, message: str) -> None:
        """The same, but of no interest where no option gave it."""
        self.failed = self._problems.option_without_effect(path, message) or self.failed

    def may_search(self) -> bool:
        """Whether one more message may be made with a search through the whole network."""
        self._searches += 1
        return self._searches <= MOST_SEARCHES

    def meant(self, word: str, known: Collection[str]) -> str:
        """The end of a message that suggests the nearest known word, or nothing."""
        return meant(word, known) if self.may_search() else ""


FEW = 8


def all_of(what: str, names: Collection[str]) -> str:
    """The end of a message that lists the names there are, `; the layers are h1, y`, where they are few."""
    return f"; the {what} are {', '.join(names)}" if 0 < len(names) <= FEW else ""


# Printing: `net.yaml:8:13: error: layers[1].weight: …`, the line, and carets under the span.


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
    shown = ""
    used = 1
    for character in line:
        used += width(character)
        if used > columns:
            break
        shown += character
    return shown + "…"


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
