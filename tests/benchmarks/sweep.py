"""Sweeps: µs a point of the residual net in one process, and two processes against one for heavy points.

Run: python tests/benchmarks/sweep.py. A point is what the promise says: forward, loss, all adjoints, the range check,
the columns read and the row made; the topology is compiled once and counted with the 10,000 points it serves. Times
are of the processor, the least of several rounds, but for the processes, where it is the clock that counts.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from math import exp

from gradcalc import language
from gradcalc.analysis.quantities import columns
from gradcalc.analysis.sweep import Task, points, rows
from gradcalc.language.document import Variants
from gradcalc.language.ranges import values_of
from gradcalc.parallel.jobs import spread_out

BOUND = 10.0


def by_hand(values: list[float]) -> list[tuple[float, float]]:
    """Loss and ∂L/∂w1 of the residual net, written for this very net."""
    found = []
    for w1 in values:
        h1 = 1 / (1 + exp(-0.5 * w1))
        h2 = 1 / (1 + exp(-0.1 * h1))
        y = 1 / (1 + exp(-0.1 * h2 - 0.1 * h1))
        d3 = 2 * (y - 1) * y * (1 - y)
        d2 = d3 * 0.1 * h2 * (1 - h2)
        found.append(((y - 1) ** 2, (d2 * 0.1 + d3 * 0.1) * h1 * (1 - h1) * 0.5))
    return found


def task(source: str, key: str, against: bool = False) -> Task:
    """Loss and the first gradient over one key."""
    document = language.read(source)
    plain = Variants(document, (key,), True) if against else None
    return Task(Variants(document, (key,)), columns(["loss", "w1"], (), None), plain)


def least(run: Callable[[], object], rounds: int, clock: Callable[[], float]) -> float:
    """The least time of a run."""
    times = []
    for _ in range(rounds):
        gc.collect()
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def one_process(rounds: int) -> None:
    """10,000 points of the residual net."""
    values = values_of("0.0001..1:0.0001")
    at = points({"w1": values})
    for name, asked in (("alone", task("residual", "w1")), ("against no-skips", task("residual", "w1", True))):
        ours = 1e6 * least(lambda: list(rows(asked, at)), rounds, time.process_time) / len(at)  # noqa: B023
        bound = f"bound {BOUND:g} µs" if name == "alone" else "two networks"
        print(f"{len(at):,} points of residual {name}: {ours:.1f} µs a point ({bound})")
    hand = 1e6 * least(lambda: by_hand(values), rounds, time.process_time) / len(at)
    print(f"the same written by hand for this very net: {hand:.1f} µs a point")


def two_processes(rounds: int) -> None:
    """Forty depths about 1,000, each a network to build and to compute in extended range."""
    asked, at = task("deep", "depth"), points({"depth": list(range(980, 1020))})
    one = least(lambda: list(rows(asked, at)), rounds, time.perf_counter)
    list(spread_out(asked, at, 2, None))  # processes start once
    two = least(lambda: list(spread_out(asked, at, 2, None)), rounds, time.perf_counter)
    print(f"{len(at)} heavy points: {one:.2f} s in one process, {two:.2f} s in two: {two / one:.2f} × (half is 0.50)")


def main(rounds: int = 7) -> None:
    """Print a line for each measurement."""
    gc.disable()
    one_process(rounds)
    two_processes(max(2, rounds // 3))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
