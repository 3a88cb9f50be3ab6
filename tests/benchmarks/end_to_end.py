"""Chains and a dense network from their file to what is printed: processor time and memory of whole processes, and of
`load` and `gradients` in one.

Run it as `python -m tests.benchmarks.end_to_end [ROUNDS]`. The chains are those of `scalar_chains`: a skip from each
layer to the layer after next, weights near 4 in the range of float64, near 1 out of it.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.processes import GRADCALC, process

KEEPS_ITS_SIZE, VANISHES = 4.0, 1.0
CHAINS = (("in1000", 1000, KEEPS_ITS_SIZE), ("out10000", 10_000, VANISHES), ("in100000", 100_000, KEEPS_ITS_SIZE))
GRADIENTS = """
import sys, time
import gradcalc
network = gradcalc.load(sys.argv[1])
start = time.process_time()
gradcalc.gradients(network)
print(time.process_time() - start)
"""
Line = tuple[str, str, str]  # what is measured, the figure, what it is to be held against


def chain(layers: int, near: float) -> dict[str, Any]:
    """The spec of a chain of sigmoids."""
    draw = random.Random(1)
    names = ["x", *(f"h{n}" for n in range(1, layers)), "y"]
    weights = [near + draw.uniform(-0.01, 0.01) for _ in range(layers)]
    skips = [
        {"from": source, "to": to, "weight": draw.uniform(-0.01, 0.01) - near} for source, to in zip(names, names[2:])
    ]
    return {"input": 0.5, "target": 1, "weights": weights, "skips": skips}


def as_yaml(spec: dict[str, Any]) -> str:
    """A chain as somebody would write it: a list of numbers, and a line for each skip."""
    lines = [f"  - {{from: {skip['from']}, to: {skip['to']}, weight: {skip['weight']!r}}}" for skip in spec["skips"]]
    weights = ", ".join(map(repr, spec["weights"]))
    return "\n".join(["input: 0.5", "target: 1", f"weights: [{weights}]", "skips:", *lines, ""])


def dense() -> dict[str, Any]:
    """784-128-64-10, a batch of 64."""
    draw = random.Random(2)

    def layer(out: int, width: int, activation: str) -> dict[str, Any]:
        rows = [[round(draw.gauss(0, width**-0.5), 4) for _ in range(width)] for _ in range(out)]
        return {"weight": rows, "bias": [0.0] * out, "activation": activation}

    layers = [layer(128, 784, "relu"), layer(64, 128, "relu"), layer(10, 64, "identity")]
    given = [[round(draw.random(), 3) for _ in range(784)] for _ in range(64)]
    return {"input": given, "target": [draw.randrange(10) for _ in given], "loss": "cross_entropy", "layers": layers}


def least(run: Callable[[], object], rounds: int) -> float:
    """The least processor time of a run."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def chains(folder: str, rounds: int) -> Iterator[Line]:
    """`compute --json --top 0`, and training, as processes."""

    def measured(what: str, bound: str, *command: str) -> Line:
        ended = min(process(GRADCALC, *command) for _ in range(rounds))
        status = f", exit status {ended.status}" if ended.status else ""
        return what, f"{ended.seconds:.2f} s, {ended.memory:.0f} MB{status}", bound

    def compute(path: str, *options: str) -> tuple[str, ...]:
        return "compute", os.path.join(folder, path), "--json", "--top", "0", *options

    short, deep = "compute --json, 1,000 layers, JSON", "compute --json, 10,000 layers out of range"
    yield measured(short, "0.15 s", *compute("in1000.json"))
    yield measured(f"{deep}, JSON", "1.2 s, 120 MB", *compute("out10000.json"))
    yield measured(f"{deep}, YAML", "1.5 s, 120 MB", *compute("out10000.yaml"))
    yield measured("compute --json, 100,000 layers, JSON", "refused", *compute("in100000.json"))
    yield measured("compute --json --wrt w1, 100,000 layers, JSON", "", *compute("in100000.json", "--wrt", "w1"))
    yield measured("compute, 784-128-64-10, batch 64", "0.5 s", "compute", os.path.join(folder, "dense.json"))
    training = ("train", "mazur", "--lr", "0.5", "--steps", "10000")
    yield measured("train mazur, 10,000 steps", "2 s", *training)


def in_one_process(folder: str, rounds: int) -> Iterator[Line]:
    """`gradients` for the first time, and `load` against `json.load`."""
    import gradcalc

    path = os.path.join(folder, "out10000.json")
    first = [
        float(subprocess.run([sys.executable, "-c", GRADIENTS, path], capture_output=True, check=True).stdout)
        for _ in range(rounds)
    ]
    yield "gradients, 10,000 layers out of range, first call", f"{min(first):.2f} s", "0.25 s"
    gradcalc.load("residual")
    ours = least(lambda: gradcalc.load(path), rounds)
    theirs = least(lambda: json.loads(Path(path).read_text()), 3 * rounds)
    yield "load of it", f"{1e3 * ours:.0f} ms, {ours / theirs:.1f} × json.load", "6 ×"


def write(folder: str) -> None:
    """The specs."""
    for name, layers, near in CHAINS:
        Path(folder, f"{name}.json").write_text(json.dumps(chain(layers, near)))
    Path(folder, "out10000.yaml").write_text(as_yaml(chain(10_000, VANISHES)))
    Path(folder, "dense.json").write_text(json.dumps(dense()))


def main(rounds: int = 5) -> None:
    """Print a line for each measurement."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        for part in (chains, in_one_process):
            for what, figure, bound in part(folder, rounds):
                print(f"{what:52} {figure:38} {bound}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
