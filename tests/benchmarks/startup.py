"""What a run costs as a whole process, as a multiple of `python -c pass`: the residual net from JSON and from YAML.

Run it as `python tests/benchmarks/startup.py [ROUNDS]`. Every round starts each process once, in turn, so that a
machine that slows down slows all of them; the median of the ratios is what the bounds are held against.
"""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import gradcalc
from gradcalc import language

SPEC = {
    "name": "residual",
    "input": 0.5,
    "target": 1,
    "activation": "sigmoid",
    "loss": "mse",
    "weights": [0.2, 0.1, 0.1],
    "skips": [{"from": "h1", "to": "y", "weight": 0.1, "name": "w_r"}],
}
PASS = ("-c", "pass")
GRADCALC = (str(Path(sys.executable).with_name("gradcalc")),)
RUNS = {
    "compute --json, spec in JSON": (("compute", "residual.json", "--json"), 6.0),
    "compute --json, spec in YAML": (("compute", "residual.yaml", "--json"), 7.0),
    "compute as a table, spec in JSON": (("compute", "residual.json"), 9.0),
    "compute as a table, spec in YAML": (("compute", "residual.yaml"), 10.0),
    "draw, spec in JSON": (("draw", "residual.json"), 9.0),
    "explain, spec in JSON": (("explain", "residual.json"), 9.0),
    "explain, spec in YAML": (("explain", "residual.yaml"), 10.0),
    "paths, spec in JSON": (("paths", "residual.json"), 9.0),
    "paths, spec in YAML": (("paths", "residual.yaml"), 10.0),
    "compare, spec in JSON": (("compare", "residual.json"), 9.0),
    "compare, spec in YAML": (("compare", "residual.yaml"), 10.0),
    "diagnose plain": (("diagnose", "plain"), 12.0),
    "precision resnet": (("precision", "resnet"), 12.0),
    "check --got, wrong": (("check", "residual", "--got", "w1=-0.00303"), 12.0),
    "explain --symbolic, spec in JSON": (("explain", "residual.json", "--symbolic"), 27.0),
    "explain --symbolic, spec in YAML": (("explain", "residual.yaml", "--symbolic"), 28.0),
}


def seconds(arguments: Sequence[str], folder: str) -> float:
    """The wall time of one process, from its start to its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    run = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    taken = time.perf_counter() - start
    assert run.returncode in (0, 1), arguments
    return taken


def measured(rounds: int, folder: str) -> dict[str, list[float]]:
    """For every run its ratio to `pass` in each round."""
    ratios: dict[str, list[float]] = {name: [] for name in RUNS}
    for _ in range(rounds):
        base = seconds(PASS, folder)
        for name, (arguments, _) in RUNS.items():
            ratios[name].append(seconds((*GRADCALC, *arguments), folder) / base)
    return ratios


def main(rounds: int = 30) -> None:
    """Print a line for each run."""
    compileall.compile_dir(str(Path(gradcalc.__file__).parent), quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "residual.json").write_text(json.dumps(SPEC))
        Path(folder, "residual.yaml").write_text(language.example_text("residual"))
        measured(1, folder)
        found = measured(rounds, folder)
    print(f"as a multiple of `python -c pass`, {rounds} rounds: median (least), bound")
    for name, ratios in found.items():
        print(f"{name:34} {statistics.median(ratios):5.2f} ({min(ratios):5.2f})  {RUNS[name][1]:4.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
