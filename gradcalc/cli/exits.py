"""How a run that failed ends: one plain message on standard error, and the exit status that goes with it."""

from __future__ import annotations

import os
import sys

from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.report.text import printable

ANSWER_IS_NO, WRONG, LIMIT, INTERRUPTED = 1, 2, 3, 130


def complain(error: BaseException) -> int:
    """Say what went wrong and return the exit status; SystemExit, which completion raises, goes through."""
    match error:
        case SystemExit():
            raise error
        case KeyboardInterrupt():
            return say("interrupted", INTERRUPTED, prefix="")
        case SpecError():
            return say(str(error), WRONG, prefix="")
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
    return say_unexpected(error)


def say(message: str, status: int, prefix: str = "error: ") -> int:
    """Print the message, its control characters escaped, and return the status."""
    lines = [printable(line) for line in message.splitlines()] or [""]
    print(prefix + "\n".join(lines), file=sys.stderr)
    return status


def say_usage(error: BaseException) -> int:
    """A command line that Typer refused."""
    from gradcalc.cli.help import usage_error

    print(usage_error(error), file=sys.stderr)
    return WRONG


def say_unexpected(error: BaseException) -> int:
    """A mistake of ours: one line; the traceback only where GRADCALC_DEBUG asks for it."""
    if os.environ.get("GRADCALC_DEBUG"):
        raise error
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return say(f"{what} (a mistake of gradcalc's: please report it with the traceback of GRADCALC_DEBUG=1)", 70)
