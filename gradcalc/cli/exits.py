"""How a run that failed ends: one plain message on standard error, and the exit status that goes with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from gradcalc.errors import GradcalcError, LimitError, SpecError, UsageError
from gradcalc.report.text import printable

COLUMNS = 80
INTERNAL, INTERRUPTED = 70, 130


def report_error(error: BaseException, arguments: Sequence[str] = ()) -> int:
    """Print what went wrong and return the exit status; SystemExit, which completion raises, goes through."""
    match error:
        case SystemExit():
            raise error
        case KeyboardInterrupt():
            return print_message("interrupted", INTERRUPTED)
        case SpecError():
            return print_message(str(error), error.status)
        case GradcalcError() if error.status != INTERNAL:
            return print_message(f"error: {error}", error.status, COLUMNS)
        case _ if hasattr(error, "format_message"):  # a command line that Typer refused
            from gradcalc.cli.help import usage_error

            return print_message(usage_error(error), UsageError.status)
        case OSError() if error.errno is not None:
            reason = (error.strerror or str(error)).lower()
            return print_message(f"error: {error.filename or 'standard output'}: {reason}", UsageError.status, COLUMNS)
        case MemoryError():
            return print_message("error: not enough memory for this network", LimitError.status)
    return report_internal_error(error, arguments)


def report_internal_error(error: BaseException, arguments: Sequence[str]) -> int:
    """Print what to report of a mistake of ours, or the traceback where GRADCALC_DEBUG asks for it; return 70."""
    if os.environ.get("GRADCALC_DEBUG"):
        from traceback import format_exception

        return print_message("".join(format_exception(error)), INTERNAL)
    import shlex

    import gradcalc

    version = ".".join(map(str, sys.version_info[:3]))
    report = (
        f"error: {type(error).__name__}: {error}".splitlines()[0],
        "This is a mistake of gradcalc's own. Please report it with:",
        f"  version       gradcalc {gradcalc.__version__}, Python {version}, {sys.platform}",
        f"  command line  {shlex.join(['gradcalc', *arguments])}",
        "  spec          the files that the command line names",
        "  traceback     what the same command prints with GRADCALC_DEBUG=1",
    )
    return print_message("\n".join(report), INTERNAL)


def print_message(message: str, status: int, columns: int | None = None) -> int:
    """Print the message, its control characters escaped, in lines of at most so many columns; return the status."""
    lines = [printable(line) for line in message.splitlines()]
    print_error("\n".join(lines if columns is None else [wrap_words(line, columns) for line in lines]))
    return status


def wrap_words(text: str, columns: int = COLUMNS) -> str:
    """The text in lines of at most so many columns; a longer word, such as a path, stays whole."""
    if len(text) <= columns:
        return text
    from textwrap import fill

    return fill(text, columns, break_long_words=False, break_on_hyphens=False)


def print_error(text: str) -> None:
    """Print to standard error, in letters that it can take; where nobody reads it any more the status remains."""
    if not is_unicode(sys.stderr):
        from gradcalc.report.ascii import to_ascii

        text = to_ascii(text)
    with suppress(BrokenPipeError):
        print(text, file=sys.stderr, flush=True)


def is_unicode(stream: TextIO) -> bool:
    """Whether a stream takes every letter."""
    return (stream.encoding or "utf-8").lower().startswith("utf")
