"""Lengths in residual blocks: on every listed path those nodes counted that a skip starts from and that it leaves by
another edge; what is summed stays the same."""

from __future__ import annotations

from math import comb
from typing import Any

import pytest
from hypothesis import assume, given
from strategies import chains, specs

from gradcalc import language
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import Path
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.network.network import Network


def skips(network: Network) -> dict[str, set[str]]:
    """The labels of the skips that start from a node, by its name."""
    found: dict[str, set[str]] = {}
    for layer in network.layers:
        for edge in (*layer.into_preactivation, *layer.into_output):
            found.setdefault(network.nodes[edge.source].name, set()).add(edge.label)
    return found


def blocks(path: Path, starting: dict[str, set[str]]) -> int:
    names = [node.partition("[")[0] for node in path.nodes]
    labels = [label.partition("[")[0] for label in path.through]
    return sum(name in starting and label not in starting[name] for name, label in zip(names, labels))


@given(chains())
def test_a_path_passes_a_block_where_it_takes_no_skip(spec: Any) -> None:
    network = language.load(spec)[0]
    assume(skips(network))
    for name in ("w1", "x"):
        try:
            (measured,) = paths(network, wrt=[name], top=10_000, unit="blocks").sums.values()
            (by_layers,) = paths(network, wrt=[name], top=10_000).sums.values()
        except (DomainError, LimitError):
            assume(False)
        assert [path.length for path in measured.top] == [blocks(path, skips(network)) for path in measured.top]
        assert measured[:7] == by_layers[:7]
        for term in measured.by_length:
            assert term.count == sum(path.length == term.length for path in measured.top)


@given(specs(coupled=False))
def test_nothing_but_lengths_changes(spec: Any) -> None:
    try:
        network = language.load(spec)[0]
        measured, by_layers = (paths(network, top=5, unit=unit).sums for unit in ("blocks", "layers"))
    except (DomainError, LimitError, SpecError, UsageError):
        assume(False)
    for name, sums in measured.items():
        assert sums[:7] == by_layers[name][:7]
        assert sum(term.count for term in sums.by_length) == sums.count


@pytest.mark.parametrize("width", [1, 70])
def test_blocks_are_passed_or_skipped(width: int) -> None:
    """Five blocks of two layers: C(5, k) times as many paths pass k of them as pass none, by units or in arrays."""
    one = 0.1 if width == 1 else [[0.1 / width] * width] * width
    layers = [{"width": width, "weight": one, "repeat": 10}]
    spec = {"input": [1.0] * width, "target": [0.0] * width, "activation": "tanh", "layers": layers}
    network = language.load(spec | {"skips": {"every": 2, "into": "output"}})[0]
    (sums,) = paths(network, wrt=["x"], top=0, unit="blocks").sums.values()
    assert [term.length for term in sums.by_length] == list(range(6))
    assert [term.count for term in sums.by_length] == [width * comb(5, k) * width ** (2 * k) for k in range(6)]


@pytest.mark.parametrize(
    ("unit", "message"), [("blocks", "the network has no skip"), ("miles", "measured in layers or in blocks")]
)
def test_what_is_refused(unit: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        paths(language.load("plain")[0], unit=unit)
