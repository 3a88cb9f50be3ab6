"""The problems of one spec, gathered while it is read, checked and built, so that all of them can be reported at once.

What the checker has found, the builder passes over: `bad` tells it where. Paths are those of the data,
("layers", 1, "weight"); a value that came by `--set w1=0.3` has the path ("--set", "w1"), see `SET`. A key that is
missing is reported at the path it would have.

What the builder may rely on where nothing is `bad`: every key is known and every value is of a kind that the key
takes (numbers finite, names of activations, losses, joins and initialisations known, formulas parsed, integers in
range); `skips` is a list of edges and {every: …} mappings in any mixture, or one such mapping. Names, references,
shapes, and whether a text is a parameter's name or an exact constant are the builder's to judge.
"""

from __future__ import annotations

from gradcalc.problems import Problem, SpecPath

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
