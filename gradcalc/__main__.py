"""The process: what `gradcalc` and `python -m gradcalc` run. It starts quickly and ends with a status, no traceback.

Modules that Typer imports and hardly any run uses are lazy until they are used: archives, subprocesses,
source lines and network addresses took a tenth of the time of a short run.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    sys.path.pop(0)  # the working directory, by `python -m`: whose files are no modules of this program

import atexit
import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any, NoReturn

INTERRUPTED = 130
GRACE = 5  # seconds in which files and processes are to be gone once a signal asks this process to end

SELDOM_USED = (
    "bz2", "fnmatch", "ipaddress", "linecache", "locale", "lzma", "shellingham", "subprocess", "textwrap", "tokenize",
    "zlib",
)  # fmt: skip
"""Modules that Typer imports and hardly any run uses."""


def main() -> None:
    """Run the command line and leave with its exit status.

    The collector would visit every module while Typer is imported, and taking the interpreter down would free every
    object: a threshold that only long runs reach, and an end without that, save a tenth of a short run.
    """
    gc.set_threshold(500_000, 10, 10)
    os.environ["PYTHONSAFEPATH"] = "1"  # processes that are started look for no module in the working directory either
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # the shell has closed it (`>&-`): read nothing there, and write to nobody
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # to the end of the process
    end_by_signals()
    try:
        status = run(sys.argv[1:])
    except EndedBySignal as ended:
        leave(128 + ended.number, ended.number)
    leave(status)


class EndedBySignal(BaseException):
    """Raised where a signal asks the process to end, so that files which are half written go, and other processes."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def end_by_signals() -> None:
    """From now on SIGTERM and SIGHUP raise EndedBySignal, once, and not in processes that are forked from this one."""
    if not hasattr(signal, "SIGHUP"):  # Windows, which ends a process without a word
        return
    found = (signal.SIGTERM, signal.SIGHUP)
    heeded = [number for number in found if signal.getsignal(number) == signal.SIG_DFL]  # and not those of `nohup`

    def end(number: int, _: object) -> NoReturn:
        end_at_once()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # until now the line of progress may be shown by it
        signal.alarm(GRACE)
        raise EndedBySignal(number)

    def end_at_once() -> None:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)

    for number in heeded:
        signal.signal(number, end)
    os.register_at_fork(after_in_child=end_at_once)


def leave(status: int, by_signal: int | None = None) -> NoReturn:
    """End the process, or let the signal end it, once its threads have ended, its exit functions have run and its
    output is written; nothing is freed."""
    getattr(sys.modules.get("threading"), "_shutdown", bool)()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a pipe that was closed, or the stream itself
            stream.flush()
    if by_signal is not None:
        os.kill(os.getpid(), by_signal)
    os._exit(status)


def run(arguments: list[str]) -> int:
    """The exit status of a command line, as `gradcalc --help` lists them."""
    try:
        with lazy_modules():
            from gradcalc.cli.app import app

        status = app(arguments, prog_name="gradcalc", standalone_mode=False)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        return int(status or 0)
    except EndedBySignal:
        raise
    except BaseException as error:
        from gradcalc.cli.output import report_error

        return report_error(error, arguments)


@contextmanager
def lazy_modules(names: tuple[str, ...] = SELDOM_USED) -> Iterator[None]:
    """Within the block an import of these modules gives a lazy one; after it, the module itself."""
    lazy = {name: lazy_module(name) for name in names if name not in sys.modules}
    sys.modules.update(lazy)
    try:
        yield
    finally:
        for name, module in lazy.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def lazy_module(name: str) -> ModuleType:
    """A module whose attributes are those of the module called `name`, imported when the first of them is asked for."""
    module = ModuleType(name)

    def __getattr__(attribute: str) -> Any:
        if attribute in ("__path__", "__wrapped__"):  # asked for by the import system and by `inspect`, of any module
            raise AttributeError(attribute)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        __import__(name)
        return getattr(sys.modules[name], attribute)

    module.__getattr__ = __getattr__  # type: ignore[method-assign]
    return module


if __name__ == "__main__":
    main()
