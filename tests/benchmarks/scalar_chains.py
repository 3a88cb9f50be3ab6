"""Scalar chains with a skip from each layer to the layer after next: forward and all gradients, against lists by hand.

Run it as `python tests/benchmarks/scalar_chains.py [ROUNDS]`. The baseline is a pass written for this very net in plain
Python lists. Both run alternately in one process; the topology is compiled once and not counted, the range check is,
and out of the range of float64 so is the conversion of the weights. Ratios of the least times are held against the
bounds.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable
from math import exp

from gradcalc import language
from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import (
    Example,
    ScalarPoint,
    compiled,
    example_at,
    factors_far_from_ends,
    far_from_ends,
    weight_list,
)
from gradcalc.network.graph import graph
from gradcalc.network.network import Network

IN_RANGE = {1_000: 3.0, 10_000: 4.0, 100_000: 4.0}
OUT_OF_RANGE = {1_000: 20.0, 10_000: 20.0}
NORMAL = 1e-300
KEEPS_ITS_SIZE, VANISHES = 4.0, 1.0
"""A derivative of 1/4 times such a weight: at 4 gradients neither grow nor shrink, at 1 they leave the range of
float64.
"""


def chain(layers: int, near: float) -> Network:
    """Sigmoid layers with weights near `near` and skips near its negative."""
    draw = random.Random(1)
    names = ["x", *(f"h{n}" for n in range(1, layers)), "y"]
    weights = [near + draw.uniform(-0.01, 0.01) for _ in range(layers)]
    skips = [
        {"from": source, "to": to, "weight": draw.uniform(-0.01, 0.01) - near} for source, to in zip(names, names[2:])
    ]
    return language.load({"input": 0.5, "target": 1, "weights": weights, "skips": skips})[0]


def by_hand(network: Network) -> Callable[[], list[float]]:
    """The loss's gradients by the weights, then by the skips, as plain lists: the best that can be written for it."""
    count = len(network.layers)
    values = [parameter.value for parameter in network.parameters]
    w, s = values[:count], [0.0, *values[count:]]
    x, t = network.inputs[0].rows[0][0], network.targets[0].rows[0][0]

    def run() -> list[float]:
        before, last = 0.0, x
        h, derivatives = [x], []
        for weight, skip in zip(w, s):
            e = exp(-(weight * last + skip * before))
            before, last = last, 1 / (1 + e)
            h.append(last)
            derivatives.append(last * (1 - last))
        dw, ds = [0.0] * count, [0.0] * count
        above, next_above = 2 * (last - t), 0.0
        for n in range(count - 1, -1, -1):
            d = above * derivatives[n]
            dw[n] = d * h[n]
            ds[n] = d * h[n - 1] if n else 0.0
            above, next_above = next_above + d * w[n], d * s[n]
        return dw + ds[1:]

    return run


def ours(network: Network, arithmetic: Arithmetic) -> tuple[ScalarPoint, Callable[[], Example]]:
    """One point of the compiled network: loss, values, gradients; in float64 with the look at its range."""
    topology = compiled(graph(network), arithmetic)
    weights = weight_list(topology.graph, arithmetic)
    assert topology.linear is not None
    linear = topology.linear

    def in_range() -> Example:
        found = example_at(topology, weights, 0)[0]
        assert far_from_ends(weights)
        assert factors_far_from_ends(linear, found)
        return found

    def out_of_range() -> Example:
        return example_at(topology, weight_list(topology.graph, arithmetic), 0)[0]

    return topology, in_range if arithmetic is Double else out_of_range


def least(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least processor time of each, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: min(found) for name, found in times.items()}


def largest_difference(topology: ScalarPoint, found: Example, expected: list[float]) -> float:
    """The largest relative difference between our gradients and those by hand, where these did not vanish."""
    linear = topology.linear
    first, places = linear.dag.inner, range(1, topology.layout.weights)
    gradients = [sum(found.products[use - first] for use in linear.uses(place)) for place in places]
    assert len(gradients) == len(expected)
    return max(abs(float(one) - other) / abs(other) for one, other in zip(gradients, expected) if abs(other) > NORMAL)


def line(layers: int, near: float, arithmetic: Arithmetic, bound: float, rounds: int) -> str:
    """One measurement."""
    network = chain(layers, near)
    with arithmetic.context():
        topology, run = ours(network, arithmetic)
        hand = by_hand(network)
        difference = largest_difference(topology, run(), hand())
        gc.collect()
        times = least({"hand": hand, "ours": run}, rounds)
    hand_us, ours_us = (1e6 * times[name] / layers for name in ("hand", "ours"))
    return (
        f"{layers:7,} layers  {arithmetic.name:8} {hand_us:5.2f} µs a layer by hand, {ours_us:5.2f} ours: "
        f"{ours_us / hand_us:5.2f} ×  (bound {bound:g} ×; gradients differ by {difference:.0e})"
    )


def main(rounds: int = 15) -> None:
    """Print a line for each depth, in range and out of it."""
    gc.disable()
    for layers, bound in IN_RANGE.items():
        print(line(layers, KEEPS_ITS_SIZE, Double, bound, max(3, min(rounds, rounds * 10_000 // layers))))
    for layers, bound in OUT_OF_RANGE.items():
        print(line(layers, VANISHES, Extended, bound, max(3, rounds // 3)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
