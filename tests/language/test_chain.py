"""What a glance at a spec tells of its chain is what the network that is built of it has."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from gradcalc import load
from gradcalc.analysis.path_list import held_by_chain
from gradcalc.analysis.point import point
from gradcalc.analysis.scalar_path_sums import unit_linear
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.language.document import chain_of
from gradcalc.semirings.accumulate import path_counts


def drawn(random: Random) -> dict[str, Any]:
    """A chain of layers of one unit, most with skips."""
    count = random.randint(1, 12)
    names = ["x", *(f"h{number}" for number in range(1, count)), "y"]
    layer = {"weight": 0.9}
    layers = [layer | random.choice(({}, {"bias": 0.1}, {"activation": "prelu"})) for _ in range(count)]
    skips: list[dict[str, Any]] = []
    for _ in range(random.randint(0, 5)):
        first, last = sorted(random.sample(range(count + 1), 2))
        several, one = {"every": random.randint(1, count + 1)}, {"from": names[first], "to": names[last]}
        weight = random.choice(({}, {"weight": 0.5}, {"weight": [[0.5]]}))
        skips.append(random.choice((several, one, one)) | weight | random.choice(({}, {"into": "output"})))
    spec = {"input": 0.5, "target": 1, "layers": layers}
    return spec | ({"skips": skips[0] if len(skips) == 1 and "every" in skips[0] else skips} if skips else {})


def test_the_paths_that_the_nodes_of_a_chain_hold_are_known_before_it_is_built() -> None:
    random = Random(5)
    for _ in range(60):
        spec, most = drawn(random), random.choice((1, 2, 3, 10, 1000))
        told, at = chain_of(spec), point(load(spec))
        assert isinstance(at, ScalarPoint)
        counts = path_counts(unit_linear(at).dag).adjoints
        assert held_by_chain(told.layers, told.skips, most) == sum(min(most, count) for count in counts), spec


@pytest.mark.parametrize(
    "unclear",
    [
        {"skips": [{"weight": 0, "repeat": 9, "from": 0}]},
        {"skips": [{"from": "x", "to": "h9"}]},
        {"skips": [{"from": "y", "to": "h1"}]},
        {"skips": {"every": 2, "start": "h1"}},
        {"skips": 3},
        {"skips": {"every": 2}, "layers": [{"weight": 1, "name": "y"}, {"weight": 1}], "weights": None},
    ],
)
def test_skips_that_are_unclear_are_left_out(unclear: dict[str, Any]) -> None:
    assert chain_of({"input": 0.5, "target": 1, "weights": [1, 1, 1, 1]} | unclear).skips == ()
