"""Progress with the time left, on standard error, where that is a terminal and the work takes long enough to ask."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TextIO, TypeVar

T = TypeVar("T")

PATIENCE, INTERVAL = 0.7, 0.15


def watched(
    items: Iterable[T], total: int, what: str, quiet: bool = False, stream: TextIO | None = None
) -> Iterator[T]:
    """The items as they come, their number told on the way: `sweep 1200/10000, 8 s left`."""
    stream = sys.stderr if stream is None else stream
    if quiet or not stream.isatty():
        yield from items
        return
    start = monotonic()
    due, shown = start + PATIENCE, False
    try:
        for done, item in enumerate(items, 1):
            if (now := monotonic()) >= due:
                due, shown = now + INTERVAL, True
                stream.write(f"\r\x1b[K{what} {done}/{total}, {left((now - start) / done * (total - done))} left")
                stream.flush()
            yield item
    finally:
        if shown:
            stream.write("\r\x1b[K")
            stream.flush()


def left(seconds: float) -> str:
    """`8 s`, `3 min`, `2 h`: as much as a person wants to know."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
