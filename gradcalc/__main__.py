"""The process: what `gradcalc` and `python -m gradcalc` run. It starts quickly and ends with a status, no traceback."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from gradcalc.cli.lazy_stdlib import standing_in


def main() -> None:
    """Run the command line and leave with its exit status.

    The collector would visit every module while Typer is imported, and taking the interpreter down would free every
    object: a threshold that only long runs reach, and an end without that, save a tenth of a short run.
    """
    gc.set_threshold(500_000, 10, 10)
    open_closed_streams()
    leave(run(sys.argv[1:]))


def open_closed_streams() -> None:
    """Where the shell has closed a stream (`>&-`) Python has None for it: read nothing there, and write to nobody."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # to the end of the process


def leave(status: int) -> NoReturn:
    """End the process: threads are waited for, what is registered for the end is done and all that was written is out;
    nothing is freed."""
    getattr(sys.modules.get("threading"), "_shutdown", bool)()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a pipe that was closed, or the stream itself
            stream.flush()
    os._exit(status)


def run(arguments: list[str]) -> int:
    """The exit status of a command line: 0 done, 1 the answer is no, 2 wrong, 3 a limit, 130 interrupted."""
    try:
        with standing_in():
            from gradcalc.cli.app import app

        status = app(arguments, prog_name="gradcalc", standalone_mode=False)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return int(status or 0)
    except BaseException as error:
        from gradcalc.cli.exits import complain

        return complain(error)


INTERRUPTED = 130


if __name__ == "__main__":
    main()
