"""Says what the meaning of a spec gets wrong, and nothing of a place that the checker has already found bad."""

from __future__ import annotations

from collections.abc import Collection

from gradcalc.problems import SpecPath
from gradcalc.spec.collector import Problems
from gradcalc.spec.wording import meant

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
