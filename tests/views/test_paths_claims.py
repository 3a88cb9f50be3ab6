"""What `paths` says of networks that are nearest to making it false; `tests/claims` knows how it is checked."""

from __future__ import annotations

from typing import Any

import pytest
from claims.search import said
from path_specs import BATCH, BLOCKS, CANCELLING, DEAD, TIED

from gradcalc import language

MOST = 2_000


@pytest.mark.parametrize("spec", ["residual", "mazur", "rnn", "circuit", "plain", BATCH, CANCELLING, DEAD, TIED])
@pytest.mark.parametrize("part", [{}, {"through": ["h1"]}, {"avoid": ["h1"]}, {"of": "h1"}], ids=str)
def test_every_sentence_is_true_of_known_networks(spec: Any, part: dict[str, Any]) -> None:
    if "h1" in {node.name for node in language.load(spec)[0].nodes} or not part:
        assert said("paths", spec, top=MOST, all=True, **part)


@pytest.mark.parametrize("weight", [1.0, 1e-4, 0.5, -0.25, -0.1, -1e-3, -1e-4, -1e-8, -1e-11, -1.0, 1e-11, 0.0])
def test_every_sentence_is_true_of_two_paths(weight: float) -> None:
    """y = h + w·h: shares 1/(1+w) and w/(1+w), however small w is."""
    skip = {"from": "h1", "to": "y", "weight": weight}
    net = {"input": 1, "loss": "output", "activation": "identity", "weights": [1.0, 1.0], "skips": [skip]}
    assert said("paths", net, top=MOST, all=True)


@pytest.mark.parametrize("weight", [1e-200, 1e160])
def test_every_sentence_is_true_outside_the_range_of_float64(weight: float) -> None:
    net = {"input": 1, "loss": "output", "activation": "identity", "weights": [weight] * 3, "skips": {"every": 1}}
    assert any("extended range" in text for text in said("paths", net, top=MOST, all=True))


@pytest.mark.parametrize("weight", [0.15, -0.15])
def test_every_sentence_is_true_of_one_sign_or_both(weight: float) -> None:
    assert said("paths", BLOCKS | {"layers": [{"weight": weight, "repeat": 8}]}, top=MOST, all=True)
