"""Every semiring on two paths whose products are done in the head: −2·3·(−½) = 3 and −2·4 = −8."""

from __future__ import annotations

from math import log, log2
from typing import Any

import pytest

from gradcalc.errors import LimitError
from gradcalc.network.linear_graph import EdgeLabel, LinearGraph
from gradcalc.semirings import accumulate as sweeps
from gradcalc.semirings.accumulate import (
    Count,
    CountBySign,
    Magnitude,
    ReverseSweep,
    Total,
    lengths_of_counts,
    parameters,
    path_counts,
)
from gradcalc.semirings.all_paths import AllPaths, OnePath
from gradcalc.semirings.by_length import ByLength, CountByLength, Numbers, PackedCounts, unpacked, wide_enough
from gradcalc.semirings.entropy import Entropy, bits, effective_paths, of_number
from gradcalc.semirings.k_best import MOST_HELD, MOST_HELD_IN_ALL, KBest, labels_of, ranking, refuse_many

A, B, PARAMETER, LOSS = range(4)  # A is read by B and by the loss, B by the loss; the parameter is used at A
TO_LOSS, LONG, SHORT, USE = (
    EdgeLabel("L", "e0", 0),
    EdgeLabel("b", "e1", 1),
    EdgeLabel("y", "e2", 2),
    EdgeLabel("a", "e3", 1, "use"),
)
GRAPH = LinearGraph(4, LOSS, 3, [B, A, A, PARAMETER], [LOSS, B, LOSS, A], [TO_LOSS, LONG, SHORT, USE])
LOCAL, SEED = [3.0, -0.5, 4.0, 0.25], -2.0


def swept(semiring: Any, seed: Any = SEED) -> ReverseSweep:
    return ReverseSweep(GRAPH, LOCAL, seed, semiring)


def test_sums() -> None:
    total, size, count = swept(Total()), swept(Magnitude()), swept(Count(), 1)
    assert [total.of(node) for node in range(4)] == [-5.0, -6.0, -1.25, -2.0]
    assert [size.of(node) for node in range(4)] == [11.0, 6.0, 2.75, 2.0]
    assert [count.of(node) for node in range(4)] == [2, 1, 2, 1]
    assert total.uses(PARAMETER) == [(-5.0, 0.25)] and total.uses(A) == []


def test_a_sweep_that_lets_go_has_the_same_sums() -> None:
    assert parameters(GRAPH, LOCAL, SEED, Total(), [A]) == {A: -5.0, PARAMETER: -1.25}
    assert parameters(GRAPH, LOCAL, SEED, Total()) == {PARAMETER: -1.25}


def test_counts_by_sign_change_places_where_an_edge_is_negative() -> None:
    found = swept(CountBySign())
    signs = [(found.of(node).positive, found.of(node).negative) for node in range(4)]
    assert signs == [(1, 1), (0, 1), (1, 1), (0, 1)]
    none = ReverseSweep(GRAPH, [3.0, 0.0, 4.0, 0.25], 2.0, CountBySign()).of(A)
    assert (none.positive, none.negative) == (1, 0)
    begun = [CountBySign().start(seed) for seed in (0.5, -0.5)]
    assert [(one.positive, one.negative) for one in begun] == [(1, 0), (0, 1)]


def test_entropy_of_two_paths() -> None:
    found = swept(Entropy()).of(A)
    assert (found.size, found.spread) == (11.0, pytest.approx(3 * log(3) + 8 * log(8)))
    entropy = bits(found.size, found.spread, log(found.size))
    assert entropy == pytest.approx(-3 / 11 * log2(3 / 11) - 8 / 11 * log2(8 / 11))
    assert (of_number(0.0), of_number(-1.0)) == (0.0, 0.0)
    assert bits(2.0, 2.0 * log(2) + 1e-15, log(2)) == 0.0


def test_by_length() -> None:
    sums = swept(ByLength())
    assert sums.of(A).terms() == [(1, 3.0), (2, -8.0)] and sums.of(PARAMETER).terms() == [(2, 0.75), (3, -2.0)]
    counts = swept(CountByLength(16), 1)
    assert [unpacked(counts.of(node)) for node in range(4)] == [{1: 1, 2: 1}, {0: 1}, {2: 1, 3: 1}, {0: 1}]
    assert ByLength.zero.terms() == [] and unpacked(CountByLength.zero) == {}


@pytest.mark.parametrize(
    ("mine", "at", "theirs", "both"),
    [
        ([1, 2, 3], 1, [10], [1, 12, 3]),
        ([1, 2, 3], 0, [10, 20, 30], [11, 22, 33]),
        ([1, 2], 1, [10, 20, 30], [1, 12, 20, 30]),
        ([1, 2], 2, [10], [1, 2, 10]),
        ([1], 3, [10, 20], [1, 0, 0, 10, 20]),
    ],
)
def test_coefficients_are_added_where_they_begin(mine: Any, at: int, theirs: Any, both: Any) -> None:
    assert Numbers(mine).plus(Numbers(theirs), at).of == both


@pytest.mark.parametrize(("largest", "wide"), [(0, 8), (127, 8), (128, 16), (255, 16), (2**15 - 1, 16), (2**15, 24)])
def test_counts_have_bits_enough(largest: int, wide: int) -> None:
    assert wide_enough(largest) == wide


def test_counts_are_taken_out_of_their_bits() -> None:
    assert unpacked(PackedCounts(5, 7 + (300 << 32), 16)) == {5: 7, 7: 300}
    later, early = PackedCounts(3, 1, 8), PackedCounts(1, 2, 8)
    assert unpacked(later + early) == unpacked(early + later) == {1: 2, 3: 1}


def test_the_largest_paths() -> None:
    found = swept(KBest(1))
    (value, path) = found.of(A).candidates[0]
    assert value == -8.0 and labels_of(path) == [SHORT]
    assert [value for value, _ in swept(KBest(2)).of(PARAMETER).candidates] == [-2.0, 0.75]
    assert labels_of(swept(KBest(2)).of(PARAMETER).candidates[1][1]) == [USE, LONG, TO_LOSS]
    assert not swept(KBest(0)).of(A).candidates


def test_so_many_paths_are_held_and_no_more() -> None:
    refuse_many(10, MOST_HELD)
    with pytest.raises(LimitError, match="--top 10: the network's nodes hold 1,000,001 paths"):
        refuse_many(10, MOST_HELD + 1)
    assert ranking(3, [2, 5, MOST_HELD]).k == 3
    with pytest.raises(LimitError):
        ranking(MOST_HELD, [1, MOST_HELD])


def test_every_path_by_itself() -> None:
    for by_label in (False, True):
        semiring = AllPaths(by_label)
        found = swept(semiring).of(PARAMETER).of
        assert {tuple(semiring.labels(path)): value for path, value in found.items()} == {
            (USE, LONG, TO_LOSS): 0.75,
            (USE, SHORT): -2.0,
        }
        assert not semiring.cut
    semiring = AllPaths(limit=1)
    assert list(swept(semiring).of(A).of.values()) == [-8.0] and semiring.cut
    assert not swept(AllPaths(limit=2)).of(A).of.keys() <= {0}


@pytest.mark.parametrize(
    ("nodes", "sums"), [(("b", "L"), {0: -2.0, 2: 3.0}), (("y",), {1: -8.0}), (("L",), {0: None, 1: None})]
)
def test_the_part_that_comes_along_nodes(nodes: tuple[str, ...], sums: dict[int, float | None]) -> None:
    semiring = OnePath(nodes)
    assert swept(semiring).of(A).of.get(len(nodes)) == sums.get(len(nodes))


def test_counts_that_would_fill_the_memory_are_those_of_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lengths_of_counts(GRAPH) == [1.0, 0.0, 0.0, 0.0]
    assert path_counts(GRAPH).of(A) == 2
    monkeypatch.setattr(sweeps, "MANY_EDGES", 2)
    assert isinstance(path_counts(GRAPH), ReverseSweep)
    monkeypatch.setattr(sweeps, "MOST_BITS", 1)
    assert isinstance(path_counts(GRAPH), ReverseSweep)
    monkeypatch.setattr(sweeps, "MOST_BITS", 0.5)
    monkeypatch.setattr(sweeps, "MANY_EDGES", GRAPH.inner)  # so few that their numbers are not measured
    assert isinstance(path_counts(GRAPH), ReverseSweep)
    monkeypatch.setattr(sweeps, "MANY_EDGES", GRAPH.inner - 1)
    with pytest.raises(LimitError, match="from 4 nodes would take"):
        path_counts(GRAPH)
    with pytest.raises(LimitError, match="--wrt names fewer gradients"):
        path_counts(GRAPH, lambda: [A])
    monkeypatch.setattr(sweeps, "lengths_of_counts", lambda graph: [0.25] * 4)  # of two as many as may be
    few = path_counts(GRAPH, lambda: [A, PARAMETER])
    assert (few.of(A), few.of(PARAMETER)) == (2, 2)
    with pytest.raises(LimitError, match="of fewer layers"):
        few.of(B)
    with pytest.raises(LimitError, match="--top 0 lists no paths"):
        _ = few.adjoints


def test_effective_numbers() -> None:
    assert effective_paths(None) is None and effective_paths(3.0) == 8.0
    assert isinstance(effective_paths(999.5), float) and not isinstance(effective_paths(1000.0), float)


def test_so_many_paths_of_a_batch_are_held_and_no_more() -> None:
    assert ranking(7, [MOST_HELD], 500_000).k == 7  # of 7 each
    refuse_many(10, MOST_HELD, 4)
    refuse_many(10, 1, MOST_HELD_IN_ALL)
    of_all = (
        "--top 10: the network's nodes hold 1,000,000 paths of each of 5 examples, and 4,000,000 in all is the limit"
    )
    with pytest.raises(LimitError, match=of_all):
        refuse_many(10, MOST_HELD, 5)
    with pytest.raises(LimitError, match="hold 1,000,001 paths to find so many, and 1,000,000 is the limit"):
        refuse_many(10, MOST_HELD + 1, 5)


def test_edges_of_one_label_are_told_apart_unless_asked_for_by_label() -> None:
    graph = LinearGraph(2, 1, 2, [0, 0], [1, 1], [TO_LOSS, TO_LOSS])
    apart, together = (ReverseSweep(graph, [3.0, 4.0], 1.0, semiring) for semiring in (AllPaths(), AllPaths(True)))
    assert sorted(apart.of(0).of.values()) == [3.0, 4.0] and list(together.of(0).of.values()) == [7.0]
