"""The binomial law of a residual network: n blocks are 2ⁿ paths, C(n, k) of them through k blocks. If passing a block
multiplies a contribution by f, the contributions through k blocks are C(n, k)·fᵏ, on average through n·f/(1 + f) blocks
(Veit, Wilber & Belongie, "Residual networks behave like ensembles of relatively shallow networks", 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from gradcalc.analysis.path_analysis import path_source
from gradcalc.analysis.point import Point, Subject
from gradcalc.records import Record

FEWEST, MOST = 3, 200
"""Blocks between which the picture is worth drawing."""


class Binomial(Record):
    """`fraction` is f, the mean over the blocks, measured on the paths through none and through one of them; `expected`
    and `measured` are the mean number of blocks that the gradient comes through; `shares` are what comes through k of
    them, k = 0, 1, …, of the summed magnitude of all paths: by the law, and measured."""

    blocks: int
    fraction: float
    expected: float
    measured: float
    shares: tuple[tuple[float, ...], tuple[float, ...]]


def binomial(at: Point, subject: Subject) -> Binomial | None:
    """The picture of one gradient; None where its paths are not counted by binomial coefficients."""
    if len(at.graph.network.layers) > 4 * MOST:
        return None
    source = path_source(at, [subject])
    with source.point.arithmetic.context():
        terms = source.spectrum(subject)
        blocks = len(terms) - 1
        counts = [count for _, count, _, _ in terms]
        if not FEWEST <= blocks <= MOST or not are_binomial(counts):
            return None
        sizes = [size for _, _, _, size in terms]
        whole = sum(sizes)
        if not sizes[0]:
            return None
        fraction = float(sizes[1] / sizes[0]) / blocks
        shares = tuple(float(size / whole) for size in sizes)
    measured = sum(k * share for k, share in enumerate(shares))
    return Binomial(blocks, fraction, blocks * fraction / (1 + fraction), measured, (law(blocks, fraction), shares))


def law(blocks: int, fraction: float) -> tuple[float, ...]:
    """C(n, k)·fᵏ / (1 + f)ⁿ for k = 0 … n: with which probability k blocks are passed, each as likely as f to 1."""
    part = fraction / (1 + fraction)
    return tuple(comb(blocks, k) * part**k * (1 - part) ** (blocks - k) for k in range(blocks + 1))


def are_binomial(counts: Sequence[int]) -> bool:
    """Whether the counts are C(n, k) times what the subject begins with."""
    blocks = len(counts) - 1
    return all(count == counts[0] * comb(blocks, k) for k, count in enumerate(counts))
