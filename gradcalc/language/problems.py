"""The problems of one spec: collected while it is read, checked and built, worded, and printed as a compiler does.

Paths are those of the data, ("layers", 1, "weight"); a value that came by `--set w1=0.3` has the path ("--set", "w1").
A key that is missing is reported at the path it would have. What the checker has found, the builder passes over, and
may rely on the rest: every key is known and every value is of a kind that the key takes (numbers finite, names of
activations, losses, joins and initialisations known, formulas parsed, integers in range). Names, references, shapes,
and whether a text is a parameter's name or an exact constant are the builder's to judge.

What came by option has the option in place of file, line and column. Positions are found here and nowhere else, by
reading the text a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any

from gradcalc.errors import VERBS, Problem, SpecPath, similar
from gradcalc.language.grammars import MOST_PROBLEMS, Place, Places, Span, Unreadable
from gradcalc.report.text import printable, width

if TYPE_CHECKING:
    from gradcalc.language.document import Document

ARTICLES = {"datetime": "a date and time", "date": "a date", "time": "a time of day"}  # values that only TOML has


def path_text(path: SpecPath) -> str:
    """`layers[1].weight`, as `--set` takes it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else ("." if text else "") + printable(step)
    return text


def quoted(value: Any, limit: int = 48) -> str:
    """A value of a spec as a message shows it: text in quotes, nothing that does not print, never long."""
    try:
        text = printable(value[: limit + 1] if isinstance(value, str) else str(value))
    except ValueError:  # Python does not print a whole number of more than 4,300 digits
        text = "a number of more than 4,300 digits"
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


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
    found = [f'"{name}"' for name in similar(word, known)]
    return f"; did you mean {one_of(found)}?" if found else ""


FEW = 8


def all_of(what: str, names: Collection[str]) -> str:
    """The end of a message that lists the names there are, `; the layers are h1, y`, where they are few."""
    return f"; the {what} are {', '.join(names)}" if 0 < len(names) <= FEW else ""


SET = "--set"
"""The first step of the path of a parameter's value that came by option: (SET, "w1") or (SET, "w1[0,1]")."""
MOST_SEARCHES = 10
"""So many problems are printed; beyond them suggestions and cycles, which cost a search each, are left out."""


class TooManyProblems(Exception):
    """So much is wrong with a spec that the rest of it is not looked at."""


class Problems:
    """The problems of one spec, gathered while it is read and checked, in any order, and then while it is built."""

    def __init__(self, found: tuple[Problem, ...] = (), origins: Collection[SpecPath] = ()) -> None:
        self.found: list[Problem] = []
        self.more_warnings = 0  # that are counted and not kept
        self.failures = 0  # errors, those that are passed over included
        self._origins = origins  # the paths of what options gave
        self.building = False  # from then on an error at a place that is `bad` already is passed over
        self._searches = 0
        self._warnings = 0  # that are kept
        self._at: set[SpecPath] = set()  # of errors found before the building
        self._above: set[SpecPath] = set()
        with suppress(TooManyProblems):
            for problem in found:
                self._add(problem)

    def error(self, path: SpecPath, message: str, on: str = "value", span: tuple[int, int] | None = None) -> None:
        """Report an error; `on` is "key" or "value", `span` the bad characters within the text at `path`.

        The report prints `path: message`; for a message on a key the path is that of the mapping that holds it. A
        message that opens with "is", "has", "needs" or "takes" goes on from the path: `layers[1].weight is 2×3 …`.
        Raises TooManyProblems with the last of those that are kept.
        """
        if self.building and self.bad(path):
            self.failures += 1
        else:
            self._add(Problem(path, message, on, "error", span))

    def warning(self, path: SpecPath, message: str, on: str = "value") -> None:
        """Report what is worth knowing and forbids nothing."""
        self._add(Problem(path, message, on, "warning"))

    def without_effect(self, path: SpecPath, message: str, on: str = "value", *, by_option: bool = False) -> None:
        """Report what changes nothing: an error where an option gave it, else a warning, or if `by_option` nothing."""
        within = next((origin for origin in self._origins if origin[: len(path)] == path), None)
        given = within is not None or any(path[: len(origin)] == origin for origin in self._origins)
        if within is not None or not by_option:
            self._add(Problem(within or path, message, on, "error" if given else "warning"))

    def bad(self, path: SpecPath) -> bool:
        """Whether an error was found at this path, at one that holds it, or at one within it, before the building."""
        if not self._at:
            return False
        return path in self._above or any(path[:length] in self._at for length in range(len(path) + 1))

    def may_search(self) -> bool:
        """Whether one more message of the builder may be made with a search through the whole network."""
        self._searches += 1
        return self._searches <= MOST_SEARCHES

    def meant(self, word: str, known: Collection[str]) -> str:
        """The end of a message that suggests the nearest known word, or nothing."""
        return meant(word, known) if self.may_search() else ""

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
        if problem.severity != "error":
            if self._warnings == MOST_PROBLEMS:
                self.more_warnings += 1
            else:
                self._warnings += 1
                self.found.append(problem)
            return
        self.found.append(problem)
        self.failures += 1
        if not self.building:
            self._at.add(problem.path)
            self._above.update(problem.path[:length] for length in range(len(problem.path)))
        if len(self.found) - self._warnings >= MOST_PROBLEMS:
            raise TooManyProblems


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both from 1, in characters."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


def fault(text: str, path: SpecPath, message: str, offset: int) -> Problem:
    """A problem of the text itself; its span are offsets of the text, an empty one for the word that stands there."""
    return Problem(path, message, on="key", at=line_and_column(text, offset), span=(offset, offset))


def duplicate_problems(text: str, places: Places) -> tuple[Problem, ...]:
    """A key that stands twice is refused, at its second place."""
    found = []
    line, newline, at = 1, -1, 0
    for path, span in places.duplicates:
        line += text.count("\n", at, span[0])
        newline = max(newline, text.rfind("\n", at, span[0]))
        at = span[0]
        message = f'duplicate key "{path[-1]}"; each key stands once'
        found.append(Problem(path, message, on="key", at=(line, at - newline), span=span))
    return tuple(found)


MOST = 10
COLUMNS = 160


def reports(problems: Collection[Problem], document: Document, uncounted: int = 0) -> list[str]:
    """A text of several lines for each problem, in the order of positions, ten at most; and how many more there are.

    `uncounted` are those that were found and not kept.
    """
    given = document.origins  # by the option that the value at a path, or what holds it, came by
    paths = [[problem.path[:length] for length in range(len(problem.path), -1, -1)] for problem in problems]
    origins = [next((given[path] for path in above if path in given), None) for above in paths]
    asked = any(origin is None and problem.at is None for origin, problem in zip(origins, problems, strict=True))
    places = _places(document, problems) if asked and document.text else {}
    found = []
    for problem, origin in zip(problems, origins, strict=True):
        span = None if origin else _span(problem, places, document.text)
        found.append((inf if span is None else span[0], problem, origin, span))
    texts = []
    for _, problem, origin, span in sorted(found, key=lambda each: each[0])[:MOST]:
        head, excerpt = origin or document.source, []
        if span is not None:
            line, column = line_and_column(document.text, span[0])
            head = f"{head}:{line}:{column}"
            excerpt = _excerpt(span, document.text) if document.text else []
        message = cut(printable(f"{head}: {problem.severity}: {_sentence(problem)}"), COLUMNS)
        texts.append("\n".join([message, *excerpt]))
    if len(found) <= MOST:
        return texts
    errors = sum(problem.severity == "error" for problem in problems)
    stopped = "; so many are wrong that the rest was not looked at" if errors >= MOST_PROBLEMS else ""
    return [*texts, f"… and {len(found) - MOST + uncounted} more{stopped}"]


def _places(document: Document, problems: Iterable[Problem]) -> Mapping[SpecPath, Place]:
    """The places of what the problems' paths lead to, as far as the data has it; what an option has added to the data
    has none, and then of what holds it."""
    from importlib import import_module

    locate: Any = import_module(f"gradcalc.language.grammars.{document.format}_text").locate
    targets = {_existing(problem.path, document.data) for problem in problems}
    try:
        found: Places = locate(document.text, targets)
        if targets <= found.of.keys():
            return found.of
        above: Places = locate(document.text, {path[:length] for path in targets for length in range(len(path) + 1)})
    except Unreadable:
        return {}
    return above.of


def _existing(path: SpecPath, data: Any) -> SpecPath:
    """The path as far as it leads to something."""
    step: Any
    for length, step in enumerate(path):
        if not isinstance(data, dict | list):
            return path[:length]
        try:
            data = data[step]
        except (LookupError, TypeError):  # a key of a list
            return path[:length]
    return path


def _span(problem: Problem, places: Mapping[SpecPath, Place], text: str) -> Span | None:
    """The span of the key or value; of what is missing, the beginning of what should hold it."""
    if problem.at is not None and problem.span is not None:
        return problem.span if problem.span[1] > problem.span[0] else _word(problem.span[0], text)
    place = places.get(problem.path)
    if place is None:
        above = (problem.path[:length] for length in range(len(problem.path) - 1, -1, -1))
        return next((places[path].value for path in above if path in places), None)
    if problem.on == "key" and place.key is not None:
        return place.key
    return _within(place.value, problem.span, text) if problem.span else place.value


def _word(start: int, text: str) -> Span:
    """From an offset to the end of the word, or the text in quotes, that stands there."""
    if text[start : start + 1] in ('"', "'"):
        closing = text.find(text[start], start + 1)
        return start, closing + 1 if closing > 0 else start + 1
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] in "_-"):
        end += 1
    return start, max(end, start + 1)


def _within(value: Span, part: Span, text: str) -> Span:
    """The part of a text's characters, where they are written as they are read (no escapes, one line)."""
    written = text[slice(*value)]
    quote = 1 if written[:1] in ("'", '"') else 0
    length = len(written) - 2 * quote
    if "\\" in written or "\n" in written or "''" in written or part[0] > length or part == (0, length):
        return value
    start = value[0] + quote + part[0]
    return start, min(max(value[0] + quote + part[1], start + 1), value[1])


def _sentence(problem: Problem) -> str:
    """The path and the message, as one sentence where the message goes on from the path."""
    is_set = problem.path[:1] == (SET,)
    steps = problem.path[1:] if is_set else problem.path
    path = cut(path_text(steps[:-1] if problem.on == "key" else steps), COLUMNS // 2)
    if problem.message.startswith(VERBS):
        return f"{path or 'the spec'} {problem.message}"
    return f"{path}: {problem.message}" if path and not (is_set and len(steps) == 1) else problem.message


def cut(line: str, columns: int) -> str:
    """The line, no wider than so many columns of a terminal."""
    if len(line) <= columns // 2 or width(line) <= columns:
        return line
    shown, used = "", 1
    for character in line:
        used += width(character)
        if used > columns:
            break
        shown += character
    return shown + "…"


def _excerpt(span: Span, text: str) -> list[str]:
    """The source line under its number, as far as it fits, and carets under the span as far as it is on that line."""
    start = text.rfind("\n", 0, span[0]) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    if span[0] >= end and not text[start:end].strip():
        return []
    number = f"{text.count(chr(10), 0, start) + 1:>3}"
    room, line, at = COLUMNS - len(number) - 3, text[start:end], span[0] - start
    length = 1 if span[1] > end else span[1] - span[0]
    fits = len(line) <= 4 * room and width("".join(map(_shown, line))) <= room
    left = 0 if fits or at + min(length, room // 3) < room else at - room // 3
    shown = [_shown(character) for character in line[left : len(line) if fits else left + room]]
    shown += [] if fits or left + room >= len(line) else ["…"]
    shown = ["…", *shown] if left else shown
    at = at - left + bool(left)
    before = min(sum(map(width, shown[:at])), room - 1)
    under = max(1, min(sum(map(width, shown[at : at + length])), room - before))
    excerpt = cut("".join(shown), room)
    return [f"{number} | {excerpt}".rstrip(), f"{' ' * len(number)} | {' ' * before}^{'~' * (under - 1)}"]


def _shown(character: str) -> str:
    return "    " if character == "\t" else printable(character)
