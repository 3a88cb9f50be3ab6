"""What a person at a terminal sees of work that takes over a second: a line on standard error, gone when it is done."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TextIO

PATIENCE, INTERVAL = 1.0, 0.25  # seconds before the line is shown, and from one showing to the next
ERASED = "\r\x1b[K"


class Progress:
    """The line: `explain, 12 s`, or where it is known how much there is to do, `sweep 1200/10000, 8 s left`."""

    def __init__(self, what: str, stream: TextIO, clock: Callable[[], float] = monotonic) -> None:
        self._what = what
        self._stream = stream
        self._clock = clock
        self._start = clock()
        self._due = self._start + PATIENCE
        self._done = self._total = 0
        self._is_shown = self._is_paused = False

    def tick(self, *_: object) -> None:
        """Shows the line, if it is time to."""
        now = self._clock()
        if now >= self._due and not self._is_paused:
            self._due, self._is_shown = now + INTERVAL, True
            spent = now - self._start
            how_far = f", {duration(spent)}"
            if self._done:
                rest = spent / self._done * (self._total - self._done)
                how_far = f" {self._done}/{self._total}, {duration(rest)} left"
            self._write(f"{ERASED}{self._what}{how_far}")

    def count(self, done: int, total: int) -> None:
        """So many of so many are done."""
        self._done, self._total = done, total
        self.tick()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it there is no line, and for a while after it."""
        if self._is_shown:
            self._is_shown = False
            self._write(ERASED)
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused, self._due = False, self._clock() + PATIENCE

    def _write(self, text: str) -> None:
        with suppress(OSError):
            os.write(self._stream.fileno(), text.encode())  # past the stream, which may be writing when a signal comes


current: Progress | None = None
"""Of the command that runs, where somebody sees it."""


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Within it the line is shown, if the terminal can erase it."""
    global current
    if os.environ.get("TERM") == "dumb":
        yield
        return
    current = Progress(what, sys.stderr)
    by_signal = hasattr(signal, "setitimer")  # elsewhere it is shown as things are counted
    if by_signal:
        signal.signal(signal.SIGALRM, current.tick)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE, INTERVAL)
    try:
        yield
    finally:
        if by_signal:
            signal.setitimer(signal.ITIMER_REAL, 0)
        with current.paused():
            current = None


def count(done: int, total: int) -> None:
    """So many of so many are done of what the command does."""
    if current is not None:
        current.count(done, total)


@contextmanager
def without_progress() -> Iterator[None]:
    """Within it something else may be written to the terminal."""
    if current is None:
        yield
        return
    with current.paused():
        yield


def duration(seconds: float) -> str:
    """`8 s`, `3 min`, `2 h`: as much as a person wants to know."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
