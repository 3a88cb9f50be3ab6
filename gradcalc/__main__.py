"""The process: what `gradcalc` and `python -m gradcalc` run. It starts quickly and ends with a status, no traceback."""

from __future__ import annotations

import atexit
import gc
import sys

from gradcalc.standins import standing_in


def main() -> None:
    """Run the command line and leave with its exit status.

    The collector would visit every module while Typer is imported, and once more at the end: a threshold that only
    long runs reach, and a frozen heap at exit, save a tenth of a short run.
    """
    gc.set_threshold(500_000, 10, 10)
    atexit.register(gc.freeze)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit status of a command line: 0 done, 1 the answer is no, 2 wrong, 3 a limit, 130 interrupted."""
    try:
        with standing_in():
            from gradcalc.app import app

        status = app(arguments, prog_name="gradcalc", standalone_mode=False)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return int(status or 0)
    except BaseException as error:
        from gradcalc.complaints import complain

        return complain(error)


INTERRUPTED = 130


if __name__ == "__main__":
    main()
