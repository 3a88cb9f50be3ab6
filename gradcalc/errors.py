"""Errors with their exit statuses, all derived from GradcalcError, and problems of a spec with their places.

A problem points into the spec by its path, ("layers", 1, "weight"); `on` is "key" or "value", whichever is meant.
The path becomes line and column only when a problem is printed, so a good spec never pays for positions.
"""

from __future__ import annotations

from collections.abc import Iterable

from gradcalc.records import Record

SpecPath = tuple[str | int, ...]


VERBS = ("is ", "has ", "needs ", "takes ")  # with which a message goes on from its path


class Problem(Record):
    """One thing wrong (or, with severity "warning", worth knowing) at one place of a spec."""

    path: SpecPath
    message: str  # without the position; may end in "; did you mean …?"
    on: str = "value"  # "key" or "value"
    severity: str = "error"
    span: tuple[int, int] | None = None  # characters within a scalar's text (a formula's bad token)
    at: tuple[int, int] | None = None  # line and column (from 1), where the text itself could not be read

    @property
    def sentence(self) -> str:
        """The message, after its path where it goes on from that: `target is not for loss output`."""
        if not self.message.startswith(VERBS):
            return self.message
        steps = self.path[:-1] if self.on == "key" else self.path
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps if step != "--set")
        return f"{path.lstrip('.') or 'the spec'} {self.message}"


class GradcalcError(Exception):
    """What every error that a caller can cause derives from; `str()` is a message for a person.

    `status` is the exit status of the command line.
    """

    status = 2


class SpecError(GradcalcError):
    """A spec that cannot be used. `str()` is the whole report, as a compiler prints it; exit status 2."""

    def __init__(self, report: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(report)
        self.problems = problems


class UsageError(GradcalcError):
    """Arguments that cannot be used (an option's value, a name that matches nothing); exit status 2."""


class DomainError(GradcalcError):
    """A value outside an activation's or a loss's domain, 1/0 or ln of a negative; names node and value; status 2."""


class LimitError(GradcalcError):
    """A limit was reached (time, size, an exponent beyond ±10^15); the message names the option that raises it; 3."""

    status = 3


LONGEST_WORD = 200  # characters; the search takes time and memory by the length, and nobody mistypes so many


def digits(name: str) -> str:
    """The digits of a name, in their order: names that differ in them are different, none the other misspelt."""
    return "".join(filter(str.isdecimal, name))


def similar(word: str, known: Iterable[str]) -> list[str]:
    """The known name that was probably meant, or two that are equally near; of names with digits only the same ones.

    h9 is not a misspelt h1, nor relu2 relu6: a digit tells names apart, and so taking the suggestion would change the
    meaning.
    """
    if len(word) > LONGEST_WORD:
        return []
    from difflib import SequenceMatcher, get_close_matches

    by_form = {name.casefold(): name for name in known if digits(name) == digits(word)}
    near = get_close_matches(word.casefold(), by_form, 2)
    ratios = [SequenceMatcher(None, form, word.casefold()).ratio() for form in near]
    return [by_form[form] for form, ratio in zip(near, ratios) if ratio == ratios[0]]
