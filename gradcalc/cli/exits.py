"""How a run that failed ends: one plain message on standard error, and the exit status that goes with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.report.text import printable

COLUMNS = 80
WRONG, LIMIT, OUR_MISTAKE, INTERRUPTED = 2, 3, 70, 130


def complain(error: BaseException, arguments: Sequence[str] = ()) -> int:
    """Say what went wrong and return the exit status; SystemExit, which completion raises, goes through."""
    match error:
        case SystemExit():
            raise error
        case KeyboardInterrupt():
            return say("interrupted", INTERRUPTED, prefix="")
        case SpecError():
            return say(str(error), WRONG, prefix="", columns=None)
        case UsageError() | DomainError():
            return say(str(error), WRONG)
        case LimitError():
            return say(str(error), LIMIT)
        case _ if hasattr(error, "format_message"):
            return say_usage(error)
        case OSError() if error.errno is not None:
            return say(f"{error.filename or 'standard output'}: {(error.strerror or str(error)).lower()}", WRONG)
        case MemoryError():
            return say("not enough memory for this network", LIMIT)
    return say_unexpected(error, arguments)


def say(message: str, status: int, prefix: str = "error: ", columns: int | None = COLUMNS) -> int:
    """Print the message, its control characters escaped, in lines of at most so many columns; return the status."""
    lines = [printable(line) for line in (prefix + message).splitlines()]
    print_error("\n".join(lines if columns is None else [flowing(line, columns) for line in lines]))
    return status


def flowing(text: str, columns: int = COLUMNS) -> str:
    """The text in lines of at most so many columns; a longer word, such as a path, stays whole."""
    if len(text) <= columns:
        return text
    from textwrap import fill

    return fill(text, columns, break_long_words=False, break_on_hyphens=False)


def say_usage(error: BaseException) -> int:
    """A command line that Typer refused."""
    from gradcalc.cli.help import usage_error

    print_error(usage_error(error))
    return WRONG


def say_unexpected(error: BaseException, arguments: Sequence[str]) -> int:
    """A mistake of ours, and what to report of it; the traceback only where GRADCALC_DEBUG asks for it."""
    if os.environ.get("GRADCALC_DEBUG"):
        raise error
    import shlex

    import gradcalc

    version = ".".join(map(str, sys.version_info[:3]))
    report = (
        f"{type(error).__name__}: {error}".splitlines()[0],
        "This is a mistake of gradcalc's own. Please report it with:",
        f"  version       gradcalc {gradcalc.__version__}, Python {version}, {sys.platform}",
        f"  command line  {shlex.join(['gradcalc', *arguments])}",
        "  spec          the files that the command line names",
        "  traceback     what the same command prints with GRADCALC_DEBUG=1",
    )
    return say("\n".join(report), OUR_MISTAKE, columns=None)


def print_error(text: str) -> None:
    """Print to standard error, in letters that it can take."""
    if not is_unicode(sys.stderr):
        from gradcalc.report.ascii import spelled

        text = spelled(text)
    print(text, file=sys.stderr)


def is_unicode(stream: TextIO) -> bool:
    """Whether a stream takes every letter."""
    return (stream.encoding or "utf-8").lower().startswith("utf")
