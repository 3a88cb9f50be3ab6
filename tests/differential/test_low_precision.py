"""Chains in low precision against what PyTorch 2.13 computes on a CPU (`low_precision.json`): within a unit in the last
place, and the same ones are 0 or infinite.

Values and gradients are those of `--accumulate dtype`, in which sums are rounded as well.
"""

import json
import math
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import gradcalc
from differential.low_precision import DTYPES, NETWORKS
from gradcalc.analysis.point import Point, point
from gradcalc.arithmetic.low_precision import LowPrecision

BY_TORCH = json.loads(Path(__file__).with_suffix(".json").with_name("low_precision.json").read_text())
TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


def numbers(at: Point) -> dict[str, list[float]]:
    nodes, inputs = range(len(at.graph.network.nodes)), len(at.graph.network.inputs)
    return {
        "output": [at.output(node)[0][0] for node in nodes],
        "adjoint": [at.adjoint(node)[0][0] for node in nodes],
        "delta": [at.delta(node)[0][0] for node in nodes if node >= inputs],
        "gradient": [at.gradient(number) for number in range(len(at.graph.network.parameters))],
    }


def unit(x: float, dtype: str) -> float:
    """The distance to the next number of the format."""
    held = ml_dtypes.finfo(TYPES[dtype])
    return max(2.0 ** math.floor(math.log2(abs(x))) * float(held.eps), float(held.smallest_subnormal))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NETWORKS)
def test_as_pytorch_within_a_unit_in_the_last_place(name: str, dtype: str) -> None:
    at = point(gradcalc.load(NETWORKS[name]), low=LowPrecision(dtype, dtype))
    for kind, found in numbers(at).items():
        for ours, theirs in zip(found, BY_TORCH[name][dtype][kind], strict=True):
            if theirs == 0 or not math.isfinite(theirs):
                assert ours == theirs or (math.isnan(ours) and math.isnan(theirs)), kind
            else:
                assert ours != 0 and abs(ours - theirs) <= unit(theirs, dtype), (kind, ours, theirs)
    assert float(at.loss) == pytest.approx(BY_TORCH[name][dtype]["loss"][0], rel=2e-7)


@pytest.mark.parametrize(("dtype", "lost"), [("float16", 21), ("bfloat16", 0), ("float32", 0)])
def test_how_many_of_the_40_weights_of_deep_lose_their_gradient(dtype: str, lost: int) -> None:
    at = point(gradcalc.load("deep"), low=LowPrecision(dtype, dtype))
    assert sum(at.gradient(number) == 0 for number in range(40)) == lost
    if dtype in DTYPES:
        assert sum(gradient == 0 for gradient in BY_TORCH["deep"][dtype]["gradient"]) == lost
