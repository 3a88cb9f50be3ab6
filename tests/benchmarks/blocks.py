"""Path questions on chains of residual blocks: exact count, spectrum and the ten largest paths of 2^54 and of 2^1000.

Run it as `python tests/benchmarks/blocks.py [ROUNDS]`. Timed is, of an input's gradient: count, spectrum and largest
paths with their names, (1) of a network that is known at its point, and (2) of one that is not: graph, topology,
forward pass, adjoints and range are in; and (3) all of `gradcalc.paths(network)`, which has sums beside these (entropy,
cancellation). All are least processor times; start-up and the reading of the spec are not in.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import gradcalc
from gradcalc.analysis.point import Subject, point, subjects
from gradcalc.analysis.results import WHOLE
from gradcalc.analysis.scalar_path_sums import scalar_source
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.network.network import Network

BOUNDS = {54: 2.0, 1000: 250.0}
"""Milliseconds by the number of blocks."""
FRACTIONS = {54: 0.15, 1000: 0.02}
"""Weights: with them the paths of 54 blocks fit float64, those of 1,000 do not."""
TOP = 10


def blocks(count: int) -> Network:
    """h + tanh(w·h), that many times."""
    return gradcalc.load(
        {
            "input": 0.5,
            "target": 1,
            "activation": "tanh",
            "layers": [{"weight": FRACTIONS[count], "repeat": count}],
            "skips": {"every": 1, "into": "output"},
        }
    )


def question(network: Network) -> Callable[[], Any]:
    """Count, spectrum and largest paths of a network that is known at its point."""
    at, chosen = point(network), subjects(network, ["x"])
    return lambda: answered(at, chosen)


def answered(at: Any, chosen: Sequence[Subject]) -> Any:
    """Count, spectrum and largest paths with their names."""
    assert isinstance(at, ScalarPoint)
    with at.arithmetic.context():
        source = scalar_source(at, chosen, WHOLE)
    with source.point.arithmetic.context():
        largest = [spell() for _, _, (_, spell) in source.largest(chosen[0], TOP)]
        return source.count(chosen[0]), source.spectrum(chosen[0]), largest


def least(run: Callable[[], Any], rounds: int) -> float:
    """The least processor time, in milliseconds."""
    times = []
    for _ in range(rounds):
        before = time.process_time()
        run()
        times.append(time.process_time() - before)
    return 1e3 * min(times)


def line(count: int, rounds: int) -> str:
    """One measurement, of a result that is looked at first."""
    network = blocks(count)
    analysis = gradcalc.paths(network, wrt=["x"], top=TOP)
    sums = analysis.sums["x"]
    assert sums.count == 2**count
    assert len(sums.by_length) == count + 1
    assert len(sums.top) == TOP
    known = least(question(network), rounds)
    asked = least(lambda: answered(point(network), subjects(network, ["x"])), rounds)
    whole = least(lambda: gradcalc.paths(network, wrt=["x"], top=TOP), rounds)
    return (
        f"2^{count} paths in {analysis.arithmetic} numbers: {known:.2f} ms from the point on, {asked:.2f} ms from the "
        f"network on (bound {BOUNDS[count]:g} ms); {whole:.2f} ms with all that `paths` shows"
    )


def main(rounds: int = 40) -> None:
    """Print a line for each number of blocks."""
    gc.disable()
    for count in BOUNDS:
        print(line(count, rounds if count < 100 else max(3, rounds // 8)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
