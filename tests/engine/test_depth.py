"""A hundred thousand layers: no recursion, time in proportion, counts with thousands of digits."""

import gc
import inspect
import sys
from contextlib import contextmanager
from time import process_time

import pytest

from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import point
from gradcalc.language import load
from gradcalc.report.json_numbers import encode

DEEP = 100_000


def chain(depth, **more):
    """Derivatives near 1: weights near 4 against sigmoids near 1/4, and skips of −4 to each layer after the next."""
    names = [f"h{n}" for n in range(1, depth)] + ["y"]
    skips = [{"from": names[n], "to": names[n + 2], "weight": -4.0 + 1e-3 * (n % 7)} for n in range(depth - 2)]
    weights = [4.0 + 1e-3 * (n % 5) for n in range(depth)]
    return load({"input": 0.5, "target": 1, "activation": "sigmoid", "weights": weights, "skips": skips, **more})[0]


def blocks(depth, weight=0.5):
    return load(
        {
            "input": 0.5,
            "loss": "output",
            "activation": "identity",
            "weights": [weight] * depth,
            "skips": {"every": 1, "into": "output"},
        }
    )[0]


@pytest.mark.slow
def test_a_hundred_thousand_layers_with_skips():
    """In float64 where it suffices, every gradient, in ten times the time of ten thousand, or three times that
    where the neighbours have their share."""
    network, tenth = chain(DEEP), seconds(chain(DEEP // 10))
    with collector_waiting():
        start = process_time()
        at = point(network)
        spent = process_time() - start
    assert spent < 30 * tenth
    assert at.arithmetic.name == "float64"
    assert all(at.gradient(number) != 0 for number in range(0, 2 * DEEP - 2, 997))


@pytest.mark.slow
def test_a_hundred_thousand_plain_layers():
    """Far out of the range of float64: ∂L/∂w1 is about 1e-64000."""
    network = load({"input": 0.5, "target": 1, "activation": "sigmoid", "weights": [1.0] * DEEP})[0]
    found = compute(network, wrt=["w1"], top=1)
    assert found.arithmetic == "extended"
    assert -66_000 < found.log10["w1"] < -62_000
    assert found.paths["w1"].count == 1
    assert len(found.paths["w1"].top[0].nodes) == DEEP


@pytest.mark.slow
def test_counts_with_more_digits_than_python_prints():
    """2^15000 has 4,516 digits; Python's own text of an integer stops at 4,300."""
    depth = 15_000
    found = compute(blocks(depth, 1e-9), wrt=["x"], top=0)
    count = found.paths["x"].count
    assert count == 2**depth
    assert len(encode(count)) == 4_516
    assert sys.getrecursionlimit() <= 3_000


@pytest.mark.slow
def test_the_largest_of_very_many_paths():
    """The ten largest of 2^1000, with the spectrum: C(1000, k)·2^−k."""
    from math import comb

    depth = 1000
    sums = paths(blocks(depth), wrt=["x"], top=10).sums["x"]
    assert sums.count == 2**depth
    assert [term.count for term in sums.by_length] == [comb(depth, k) for k in range(depth + 1)]
    for k in (0, 1, 2, 500, 1000):
        assert float(sums.by_length[k].contribution) == pytest.approx(comb(depth, k) / 2**k, rel=1e-12, abs=0)
    assert [path.length for path in sums.top] == [0] + [1] * 9
    assert float(sums.value) == pytest.approx(1.5**1000, rel=1e-12)


@pytest.mark.slow
def test_time_is_in_proportion_to_depth():
    """Eight times as deep takes less than twenty times as long."""
    short, long = (seconds(chain(depth)) for depth in (500, 4_000))
    assert long < 20 * short + 0.1


@pytest.mark.slow
def test_work_is_in_proportion_to_depth():
    """Counted in calls: each further thousand layers takes as many as the thousand before."""
    counted(chain(10))  # what is imported and remembered at the first time
    few, more, most = (counted(chain(depth)) for depth in (1500, 2500, 3500))
    assert most - more == pytest.approx(more - few, rel=0.02)


def counted(network):
    """The calls that it takes to compute a network and to look at the paths of its first weight."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        assert len(compute(network, wrt=["w1"], top=3).paths["w1"].top) == 3
    finally:
        sys.setprofile(before)
    return calls


def test_no_function_calls_itself_from_layer_to_layer():
    """Values, gradients, paths, their sums and JSON of 1,000 layers, with a stack of 100 calls."""
    network = chain(1_000)
    limit, used = sys.getrecursionlimit(), len(inspect.stack(0))
    sys.setrecursionlimit(used + 100)
    try:
        shown = compute(network, wrt=["w1"], top=3).paths["w1"].top
        assert len(encode([list(path.nodes) for path in shown])) > 1_000
        assert paths(network, wrt=["w990"], top=3).sums["w990"].count > 0
    finally:
        sys.setrecursionlimit(limit)


@contextmanager
def collector_waiting():
    """As in a command; in a run of tests the collector would look at all that these have left."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds(network):
    """The best of three."""
    times = []
    with collector_waiting():
        for _ in range(3):
            start = process_time()
            point(network)
            times.append(process_time() - start)
    return min(times)
