"""The problems of one spec, collected while it is read, checked and built, and the wording that they share.

What the checker has found, the builder passes over: `bad` tells it where. Paths are those of the data,
("layers", 1, "weight"); a value that came by `--set w1=0.3` has the path ("--set", "w1"), see `SET`. A key that is
missing is reported at the path it would have.

What the builder may rely on where nothing is `bad`: every key is known and every value is of a kind that the key
takes (numbers finite, names of activations, losses, joins and initialisations known, formulas parsed, integers in
range); `skips` is a list of edges and {every: …} mappings in any mixture, or one such mapping. Names, references,
shapes, and whether a text is a parameter's name or an exact constant are the builder's to judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from gradcalc.errors import Problem, SpecPath

# How problems speak: paths, texts and kinds of values as a person reads them, and the word that was probably meant.


ARTICLES = {"datetime": "a date and time", "date": "a date", "time": "a time of day"}


"""Values that only TOML has."""


def path_text(path: SpecPath) -> str:
    """`layers[1].weight`, the way `--set` takes it."""
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


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    import difflib

    by_fold = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_fold, 1, 0.6)
    return by_fold[found[0]] if found else None


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message, `; did you mean "from"?`, or nothing."""
    found = nearest(word, known)
    return f'; did you mean "{found}"?' if found else ""


# The problems of one spec, gathered while it is read, checked and built, so that all of them can be reported at once.


SET = "--set"


"""The first step of the path of a parameter's value that came by option: (SET, "w1") or (SET, "w1[0,1]")."""


class Problems:
    """Grows while one spec is read; the order of reporting is not kept, positions decide it later."""

    def __init__(self, found: tuple[Problem, ...] = ()) -> None:
        self.found: list[Problem] = []
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


# Says what the meaning of a spec gets wrong, and nothing of a place that the checker has already found bad.


SPELLED_OUT = 10


"""So many problems are printed; beyond them suggestions and cycles, which cost a search each, are left out."""


class Reporter:
    """Between the builder and the problems of a spec: `bad` is what was known before building began."""

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

    def may_search(self) -> bool:
        """Whether one more message may be made with a search through the whole network."""
        self._searches += 1
        return self._searches <= SPELLED_OUT

    def meant(self, word: str, known: Collection[str]) -> str:
        """The end of a message that suggests the nearest known word, or nothing."""
        return meant(word, known) if self.may_search() else ""
