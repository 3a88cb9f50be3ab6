"""The binomial law of a residual network: n blocks are 2ⁿ paths, C(n, k) of them through k blocks. If passing a block
multiplies a contribution by f, the contributions through k blocks are C(n, k)·fᵏ, on average through n·f/(1 + f) blocks
(Veit, Wilber & Belongie, "Residual networks behave like ensembles of relatively shallow networks", 2016).
"""

from __future__ import annotations

from math import comb
from typing import Any

from gradcalc.analysis.comparison import powers_of_ten, used
from gradcalc.analysis.path_analysis import path_source
from gradcalc.analysis.point import Point, Subject
from gradcalc.network.network import Layer, Network, power_of_ten
from gradcalc.records import Record

FEWEST, MOST = 3, 200  # blocks between which the picture is worth drawing
LARGE = 1e17  # a factor f from which on f/(1 + f) is 1


class Binomial(Record):
    """`fraction` is f, the geometric mean over the blocks, measured on the paths through none and through all of them;
    `expected` and `measured` are the mean number of blocks passed, weighted by |contribution|; `shares` are the parts
    of Σ|contribution| that pass k of them, k = 0, 1, …: by the law, and measured."""

    blocks: int
    fraction: Any
    expected: Any
    measured: Any
    shares: tuple[tuple[float, ...], tuple[float, ...]]


def binomial(at: Point, subject: Subject) -> Binomial | None:
    """The law for one gradient of one example; None where its paths are not those of blocks that are each passed or
    skipped, or where it has several for each choice."""
    network = at.graph.network
    blocks = residual_blocks(network, subject)
    if blocks is None or not FEWEST <= blocks <= MOST or network.examples > 1 or len(network.layers) > 4 * MOST:
        return None
    source = path_source(at, [subject])
    with source.point.arithmetic.context():
        terms = source.spectrum(subject)
        if [count for _, count, _, _ in terms] != [comb(blocks, k) for k in range(blocks + 1)]:
            return None
        sizes = [size for _, _, _, size in terms]
        if not sizes[0]:
            return None
        passed_by_all = powers_of_ten(sizes[-1], sizes[0])
        fraction = 0.0 if passed_by_all is None else power_of_ten(passed_by_all / blocks)
        parts = [size / max(sizes) for size in sizes]
        whole = sum(parts)
        shares = tuple(float(part / whole) for part in parts)
        measured = sum(k * part for k, part in enumerate(parts)) / whole
        part = 1.0 if fraction > LARGE else fraction / (1 + fraction)
    return Binomial(blocks, fraction, blocks * part, measured, (law(blocks, float(part)), shares))


def residual_blocks(network: Network, subject: Subject) -> int | None:
    """How many blocks stand one behind another between a subject's only layer and the loss, each crossed by one skip;
    None where layers are wired in any other manner."""
    starts = places(network, subject)
    if len(starts) != 1 or any(target.node != len(network.nodes) - 1 for target in network.targets):
        return None
    end = start = starts[0]
    blocks = 0
    for number in range(max(start + 1, len(network.inputs)), len(network.nodes)):
        layer = network.nodes[number]
        assert isinstance(layer, Layer)
        skips = [edge.source for edge in layer.skips if edge.source >= start]
        if [edge.source for edge in layer.edges] != [number - 1] or len(skips) > 1 or any(skip < end for skip in skips):
            return None
        blocks, end = (blocks + 1, number) if skips else (blocks, end)
    return blocks


def places(network: Network, subject: Subject) -> list[int]:
    """The nodes at which the paths of a subject begin: a node itself, or every use of a parameter."""
    if not subject.is_parameter:
        return [subject.number]
    first = len(network.inputs)
    return [first + place for place, layer in enumerate(network.layers) for n in used(layer) if n == subject.number]


def law(blocks: int, part: float) -> tuple[float, ...]:
    """C(n, k)·fᵏ / (1 + f)ⁿ for k = 0 … n, of the `part` f/(1 + f): with which probability k blocks are passed, each as
    likely as f to 1."""
    return tuple(comb(blocks, k) * part**k * (1 - part) ** (blocks - k) for k in range(blocks + 1))
