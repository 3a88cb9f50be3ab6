"""Dense residual nets in arrays: all weight gradients against straightforward NumPy, spectra against the total.

Run it as `python -m tests.benchmarks.dense [ROUNDS]`. The network is h = h + tanh(W·h), layer after layer, with mse.
The baseline keeps every h and tanh, takes 1 − tanh² for the derivative (ours is exact) and is what one would write by
hand; it returns the same gradients. Both run alternately; the median of the ratios is held against the bound.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two threads on a busy machine measure the neighbours

import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from gradcalc import activations as activations
from gradcalc import losses as losses
from gradcalc.analysis.array_path_sums import ArrayPathSums
from gradcalc.analysis.point import subjects
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_edges import NOTHING
from gradcalc.engine.array_forward import ArrayKind
from gradcalc.engine.array_gradients import Plan, Watch, gradients
from gradcalc.engine.array_linear import start
from gradcalc.engine.array_point import array_point
from gradcalc.network.graph import graph
from gradcalc.network.linear_graph import layer_linear_graph
from gradcalc.network.network import Edge, Input, Layer, Network, Parameter, Target
from gradcalc.semirings.accumulate import ReverseSweep, Total
from gradcalc.semirings.by_length import ByLength
from tests.benchmarks.processes import GRADCALC, process

GRADIENTS = ((100, 64, 32, 1.4), (50, 512, 256, 1.1))
"""Depth, width, batch, bound."""
SPECTRUM_OF_ALL = (54, 16, 20.0)
"""Depth, width, milliseconds."""
SPECTRUM = (50, 512, 1.5)
EDGE = (64, 32, 20.0)
"""Width, batch, and how many times that of float64."""

Run = Callable[[], Any]


class Dense:
    """One net: its record (without the weights: the language allows 10^7 of them), its weights and its data."""

    def __init__(self, depth: int, width: int, batch: int) -> None:
        draw = np.random.default_rng(0)
        self.weights = [draw.normal(scale=0.25 / width**0.5, size=(width, width)) for _ in range(depth)]
        self.x, self.t = draw.normal(size=(2, batch, width))
        self.network = Network(
            "dense",
            "tanh",
            losses.bind("mse"),
            (Input("x", width, self.x.tolist()),),
            tuple(layer(number, width) for number in range(1, depth + 1)),
            tuple(Parameter(f"w{n}", "weight", (width, width), w) for n, w in enumerate(self.weights, 1)),
            (Target(depth, self.t.tolist(), None),),
            batch > 1,
            batch,
        )

    def by_hand(self) -> list[Any]:
        """The gradients by all weights, first layer first."""
        h, hs, outputs = self.x, [self.x], []
        for weight in self.weights:
            a = np.tanh(h @ weight.T)
            h = h + a
            outputs.append(a)
            hs.append(h)
        above = 2 * (h - self.t) / h.size
        found = []
        for weight, a, below in zip(reversed(self.weights), reversed(outputs), reversed(hs[:-1])):
            d = above * (1 - a * a)
            found.append(d.T @ below)
            above = above + d @ weight
        return found[::-1]

    def ours(self) -> Run:
        """The same, with the topology compiled once."""
        plan = Plan(layer_linear_graph(graph(self.network)), ArrayKind(Double))
        return lambda: gradients(plan, self.weights, [self.t])

    def watched(self) -> Run:
        """The same, and nothing lost to the range, as `gradcalc.gradients` has it."""
        plan = Plan(layer_linear_graph(graph(self.network)), ArrayKind(Double))

        def run() -> list[Any]:
            watch = Watch()
            for weight in self.weights:
                watch(weight)
            found = gradients(plan, self.weights, [self.t], watch)
            assert watch.in_range
            return found

        return run


def layer(number: int, width: int) -> Layer:
    """h + tanh(W·h)."""
    name, source = f"h{number}", number - 1
    skip = Edge(source, None, f"skip {source}→{number}")
    edge = Edge(source, number - 1, f"w{number}")
    return Layer(name, number, width, (edge,), "sum", None, None, activations.bind("tanh"), None, (), (skip,))


def alternately(runs: dict[str, Run], rounds: int) -> dict[str, list[float]]:
    """The times of the processor that each takes, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            before = time.process_time()
            run()
            times[name].append(time.process_time() - before)
    return times


def ratio(times: dict[str, list[float]], one: str, other: str) -> float:
    """The median over the rounds."""
    return statistics.median(a / b for a, b in zip(times[one], times[other]))


def all_gradients(depth: int, width: int, batch: int, bound: float, rounds: int) -> str:
    """One line."""
    net = Dense(depth, width, batch)
    ours = net.ours()
    difference = max(abs(a - b).max() / abs(a).max() for a, b in zip(net.by_hand(), ours()))
    times = alternately({"hand": net.by_hand, "ours": ours, "watched": net.watched()}, rounds)
    hand, mine = (1e3 * min(times[name]) for name in ("hand", "ours"))
    return (
        f"{depth} × {width} × {batch}, all gradients: {hand:.1f} ms by hand, {mine:.1f} ours, "
        f"{ratio(times, 'ours', 'hand'):.2f} ×  (bound {bound:g} ×; they differ by {difference:.0e}); "
        f"with the range watched {ratio(times, 'watched', 'hand'):.2f} ×"
    )


def all_spectra(depth: int, width: int, bound: float, rounds: int) -> str:
    """Count, contribution and magnitude by length for every weight matrix, the point included."""
    net = Dense(depth, width, 1)
    built, chosen = graph(net.network), subjects(net.network)

    def run() -> int:
        source = ArrayPathSums(array_point(built, Double))
        return sum(len(source.spectrum(subject)) for subject in chosen)

    run()
    times = alternately({"spectra": run}, rounds)["spectra"]
    return (
        f"{depth} × {width}, spectra of all {depth} matrices: {1e3 * min(times):.1f} ms at best, "
        f"{1e3 * statistics.median(times):.1f} in the median  (bound {bound:g} ms)"
    )


def spectrum(depth: int, width: int, bound: float, rounds: int) -> str:
    """All gradients by length, in units of as many times all gradients as there are lengths."""
    net = Dense(depth, width, 1)
    at = array_point(graph(net.network), Double)
    nodes = [at.linear.parameter(number) for number in range(depth)]

    def swept(semiring: Any) -> None:
        sweep = ReverseSweep(at.linear.dag, at.edges, at.seed, semiring)
        for node in nodes:
            sweep.of(node)

    times = alternately({"total": lambda: swept(Total(NOTHING)), "by length": lambda: swept(ByLength(start))}, rounds)
    mine = statistics.median(times["by length"])
    lengths = sum(number for number in range(1, depth + 1)) / depth
    found = ratio(times, "by length", "total") / lengths
    return (
        f"{depth} × {width}, all gradients by length: {mine:.2f} s, {found:.2f} × "
        f"({lengths:g} lengths in the mean × the total)  (bound {bound:g} ×)"
    )


def edge_of_range(width: int, batch: int, bound: float, rounds: int) -> str:
    """A chain of 180 layers in float64 and one of 200, whose gradients leave its range, as processes."""
    draw = np.random.default_rng(0)
    rows, targets = draw.normal(size=(2, batch, width)).tolist()
    times, memory = dict[int, list[float]](), dict[int, float]()
    with tempfile.TemporaryDirectory() as folder:
        for _, (depth, gain) in product(range(max(1, rounds // 3)), ((180, 0.05), (200, 0.02))):
            layers = [{"weight": {"init": "xavier_normal", "gain": gain}, "width": width, "repeat": depth}]
            spec = {"input": rows, "target": targets, "activation": "tanh", "layers": layers}
            path = Path(folder, "net.json")
            path.write_text(json.dumps(spec))
            used, held, _ = process(GRADCALC, "compute", str(path), "--wrt", "w1", "--json")
            times.setdefault(depth, []).append(used)
            memory[depth] = held
    inside, outside = (min(times[depth]) for depth in (180, 200))
    return (
        f"{width} × {batch}, compute --wrt w1 --json as a process: 180 layers in float64 {inside:.1f} s, "
        f"{memory[180]:.0f} MB; 200 layers out of its range {outside:.1f} s, {memory[200]:.0f} MB: "
        f"{outside / inside:.1f} ×  (bound {bound:g} ×)"
    )


def main(rounds: int = 9) -> None:
    """Print a line for each measurement."""
    gc.disable()
    for depth, width, batch, bound in GRADIENTS:
        print(all_gradients(depth, width, batch, bound, rounds if width > 100 else 10 * rounds))
    print(all_spectra(*SPECTRUM_OF_ALL, rounds))
    print(spectrum(*SPECTRUM, rounds))
    print(edge_of_range(*EDGE, rounds))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
