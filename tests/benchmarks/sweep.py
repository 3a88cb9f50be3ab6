"""Sweeps of the residual net: µs a point, many at once and one by one; seeds of a wide net; whole processes: a heat map
with its picture, a million rows of jsonl, the first row of many; and two processes against one for heavy points.

Run: python -m tests.benchmarks.sweep [ROUNDS]. A point is what the promise says: forward, loss, all adjoints, the range
check, the columns read; topology is compiled once and counted with the points that it serves. Times are of the
processor, the least of several rounds, but where it is the clock that counts.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from math import exp
from typing import Any

import numpy as np

from gradcalc import language
from gradcalc.analysis.quantities import columns
from gradcalc.analysis.sweep import MANY, Sweep, Task, points, row_blocks, rows
from gradcalc.analysis.sweep_rows import Rows
from gradcalc.language.document import Variants
from gradcalc.language.ranges import values_of
from gradcalc.parallel.jobs import spread_out
from gradcalc.views.sweep_summary import summary_facts
from tests.benchmarks.processes import GRADCALC, process

EVERY = ["loss", "w1", "w2", "w3", "w_r"]
MILLION, BLOCK = "0.000001..1:0.000001", 4096
Line = tuple[str, str, str]  # what is measured, the figure, what it is to be held against


def by_hand(values: Any, function: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Loss and every gradient of the residual net at values of w1, written for this very net."""
    h1 = 1 / (1 + function(-0.5 * values))
    h2 = 1 / (1 + function(-0.1 * h1))
    y = 1 / (1 + function(-0.1 * h2 - 0.1 * h1))
    d3 = 2 * (y - 1) * y * (1 - y)
    d2 = d3 * 0.1 * h2 * (1 - h2)
    return (y - 1) ** 2, (d2 * 0.1 + d3 * 0.1) * h1 * (1 - h1) * 0.5, d2 * h1, d3 * h2, d3 * h1


def task(source: str, key: str, shown: list[str]) -> Task:
    """Columns over one key."""
    return Task(Variants(language.read(source), (key,)), columns(shown, (), None))


def least(run: Callable[[], object], rounds: int, clock: Callable[[], float] = time.process_time) -> float:
    """The least time of a run."""
    times = []
    for _ in range(rounds):
        gc.collect()
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def each_row(found: Iterator[object]) -> float:
    """The time of the processor that a row takes, once the network is compiled."""
    next(found)
    start = time.process_time()
    count = sum(1 for _ in found)
    return (time.process_time() - start) / count


def many_at_once(rounds: int) -> Iterator[Line]:
    """A million points in blocks, and those of so few points that no block pays."""
    asked, values = task("residual", "w1", EVERY), values_of(MILLION)
    at = points({"w1": values})
    ours = 1e6 * least(lambda: sum(map(len, row_blocks(asked, at))), max(2, rounds // 2)) / len(at)
    array = np.array(values)
    blocks = range(0, len(array), BLOCK)
    hand = 1e6 * least(lambda: [by_hand(array[n : n + BLOCK], np.exp) for n in blocks], rounds) / len(at)
    yield "a point of a million, loss and every gradient", f"{ours:.2f} µs, {ours / hand:.1f} × NumPy by hand", "0.5 µs"
    few = points({"w1": values[: MANY - 16]})
    alone = 1e6 * min(each_row(rows(asked, few)) for _ in range(10 * rounds))
    hand = 1e6 * least(lambda: [by_hand(one, exp) for one in values[:1000]], rounds) / 1000
    yield "a point alone, loss and every gradient", f"{alone:.1f} µs, {alone / hand:.1f} × Python by hand", "10 µs"


DEPTH, WIDTH, SEEDS = 20, 64, 100
SPREADS = {"xavier_uniform": lambda random, a: random.uniform(-(3**0.5) * a, 3**0.5 * a, (WIDTH, WIDTH))} | {
    "xavier_normal": lambda random, a: random.normal(0.0, a, (WIDTH, WIDTH))
}
"""What is drawn, by NumPy's generator: of variance a²."""


def seeds_by_hand(init: str, given: Any, target: Any) -> tuple[Any, ...]:
    """Loss and all weight gradients of a tanh net at all seeds, in one pass of arrays [seeds, out, in], written for it;
    its weights are NumPy's, not those of the language."""
    weights = [np.empty((SEEDS, WIDTH, WIDTH)) for _ in range(DEPTH)]
    for place in range(SEEDS):
        random = np.random.default_rng(place)
        for weight in weights:
            weight[place] = SPREADS[init](random, WIDTH**-0.5)
    values = [np.broadcast_to(given, (SEEDS, *given.shape))]
    for weight in weights:
        values.append(np.tanh(values[-1] @ weight.transpose(0, 2, 1)))
    adjoint, gradients = values[-1] - target, []
    loss = (adjoint**2).sum(axis=(1, 2)) / 2
    for weight, value, output in zip(weights[::-1], values[-2::-1], values[::-1]):
        adjoint = adjoint * (1 - output**2)
        gradients.append(adjoint.transpose(0, 2, 1) @ value)
        adjoint = adjoint @ weight
    return loss, *gradients


def many_seeds(rounds: int) -> Iterator[Line]:
    """Mean and quantiles over seeds of a wide net, its weights drawn, from the spec on."""
    given = np.linspace(-1, 1, WIDTH)[None]
    for init in SPREADS:
        layers = [{"weight": {"init": init}, "width": WIDTH, "repeat": DEPTH}]
        spec = {"input": given[0].tolist(), "target": [0.5] * WIDTH, "activation": "tanh", "loss": "half_sse"}
        asked = Variants(language.read(spec | {"layers": layers}), ("seed",))
        for shown in (["loss", "w1"], ["loss", "norm"]):
            one = Task(asked, columns(shown, (), None))
            ours = least(lambda one=one: summary(one), rounds)  # type: ignore[misc]
            hand = least(lambda init=init: seeds_by_hand(init, given, 0.5), rounds)  # type: ignore[misc]
            what = f"{SEEDS} seeds of {DEPTH} × {WIDTH} by {init}, {', '.join(shown)}"
            yield what, f"{ours:.2f} s, {ours / hand:.2f} × one pass of NumPy", "1.5 ×"


def summary(asked: Task) -> Any:
    """What --summary prints of its seeds."""
    axes = {"seed": list(range(SEEDS))}
    found = Rows(row_blocks(asked, points(axes)))
    return summary_facts(Sweep("seeds", axes, asked.columns, None, found), found.table())


def whole_processes(rounds: int) -> Iterator[Line]:
    """The commands as users run them."""
    sweep = (GRADCALC, "sweep", "residual", "--vary")
    with tempfile.TemporaryDirectory() as folder:
        many = ("--show", "loss", *(f"--show={name}" for name in EVERY[1:]), "--format", "jsonl")
        path = os.path.join(folder, "rows.jsonl")
        with open(path, "wb") as out:
            ours, memory, _ = process(*sweep, f"w1={MILLION}", *many, out=out)
        with open(path) as file:
            found = [json.loads(line) for line, _ in zip(file, range(100_000))]
        theirs = 10 * least(lambda: [json.dumps(row) for row in found], rounds)
        yield (
            "a million rows of jsonl, as a process",
            f"{ours / theirs:.2f} × json.dumps, {memory:.0f} MB",
            "1.5, 300 MB",
        )
        kept = (*sweep, f"w1={MILLION}", "--format", "jsonl", "--resume", os.path.join(folder, "kept.jsonl"))
        for state in ("kept by --resume", "taken up by it"):
            seconds, memory, _ = process(*kept)
            yield f"a million rows {state}, as a process", f"{seconds:.1f} s, {memory:.0f} MB", "300 MB"
        grid = ("w1=0.001..1:0.001", "--vary", "w2=0.001..1:0.001", "--plot", os.path.join(folder, "map.png"))
        seconds = min(process(*sweep, *grid).seconds for _ in range(2))
        yield "a heat map 1,000 × 1,000 with its picture, as a process", f"{seconds:.2f} s", "3 s"
    first = least(lambda: first_row(*sweep, "w1=0..1:0.00001", "--format", "jsonl"), rounds, time.perf_counter)
    whole = least(lambda: process(GRADCALC, "compute", "residual", "--json"), rounds, time.perf_counter)
    yield "the first of 100,001 rows", f"{first:.2f} s, {first / whole:.1f} × compute --json", "0.2 s"


def first_row(*arguments: str) -> None:
    """Runs a command until it has printed a line."""
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline()
        running.kill()


def two_processes(rounds: int) -> Iterator[Line]:
    """Forty depths about 1,000, each a network to build and to compute in extended range."""
    asked, at = task("deep", "depth", ["loss", "w1"]), points({"depth": list(range(980, 1020))})
    one = least(lambda: list(rows(asked, at)), rounds, time.perf_counter)
    list(spread_out(asked, at, 2, None))  # processes start once
    two = least(lambda: list(spread_out(asked, at, 2, None)), rounds, time.perf_counter)
    yield f"{len(at)} heavy points in two processes", f"{two / one:.2f} × of {one:.2f} s in one", "half is 0.50"


def main(rounds: int = 7) -> None:
    """Print a line for each measurement."""
    gc.disable()
    few = max(2, rounds // 3)
    parts = (many_at_once, rounds), (many_seeds, few), (whole_processes, rounds), (two_processes, few)
    for part, count in parts:
        for what, figure, bound in part(count):
            print(f"{what:56} {figure:38} {bound}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
