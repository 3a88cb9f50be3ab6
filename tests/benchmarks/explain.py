"""What a derivation costs by depth: a residual tanh chain, one weight, beside `sympy.diff` of the composed function.

Run it as `python tests/benchmarks/explain.py [LAYERS OF SYMPY]`. Every depth is derived in symbols, written as JSON and
as LaTeX, beyond start-up: SymPy is loaded before. `sympy.diff` doubles its time with each layer, so it stops early.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import sympy

import gradcalc
from gradcalc import language
from gradcalc.derivation.sympy import load
from gradcalc.network.network import Network
from gradcalc.report.report import Style, format_module
from gradcalc.views.explain_page import report

BOUNDS = {12: 0.2, 40: 0.3, 100: None, 300: None, 1_000: 3.0}
"""Seconds."""
PER_LAYER = {"milliseconds": 1.5, "operations": 15, "characters of LaTeX": 170}


def chain(depth: int) -> Network:
    """Blocks of two tanh layers, h + f(h)."""
    skips = {"every": 2, "into": "output"}
    layers = [{"weight": 0.5, "repeat": depth}]
    return language.load({"input": 0.5, "target": 1, "activation": "tanh", "layers": layers, "skips": skips})[0]


def derived(depth: int) -> tuple[Any, str]:
    """The facts of ∂L/∂w1 and its LaTeX."""
    told = report(gradcalc.explain(chain(depth), wrt=["w1"], symbolic=True))
    return dict(told.facts)["wrt"]["w1"], "".join(format_module("latex").render(told, Style()))


def by_sympy(depth: int) -> Any:
    """∂L/∂w1 of the composed function."""
    x, t = sympy.symbols("x t")
    weights = sympy.symbols(f"w1:{depth + 1}")
    outputs = [x]
    for number, weight in enumerate(weights, 1):
        bent = sympy.tanh(weight * outputs[-1])
        outputs.append(bent + outputs[-2] if number % 2 == 0 else bent)
    return sympy.diff((outputs[-1] - t) ** 2, weights[0])


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


def operations(found: Any) -> int:
    """Of the formula and all that it needs."""
    texts = [found["formula"], *(text for _, text in found["where"])]
    return sum(int(sympy.count_ops(sympy.sympify(text, evaluate=False))) for text in texts)


def main(most: int = 9) -> None:
    """A line for each depth."""
    load()
    derived(4)
    print("layers   seconds   bound   operations   LaTeX   error      sympy.diff")
    for depth in sorted({*range(4, most + 1), *BOUNDS}):
        seconds, (found, latex) = timed(lambda depth=depth: derived(depth))
        theirs = f"{timed(lambda depth=depth: by_sympy(depth))[0]:10.3f}" if depth <= most else ""
        counts = (operations(found) / depth, len(latex) / depth)
        bound = BOUNDS.get(depth) or ""
        error = found["certified"]["relative_error"]
        print(f"{depth:6} {seconds:9.3f} {bound:>7} {counts[0]:12.1f} {counts[1]:7.0f}   {error:.1e} {theirs:>13}")
    print(f"per layer at most {PER_LAYER}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
