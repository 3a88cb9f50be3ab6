"""Sweeps: every point is what a network built anew gives, in order, with a reason where it fails."""

from __future__ import annotations

import pickle
import random
from itertools import islice
from typing import Any

import pytest
from analysis.swept_points import of_width
from hypothesis import given
from hypothesis import strategies as st

import gradcalc
from gradcalc import language
from gradcalc.analysis.compiled_arrays import CompiledArrays
from gradcalc.analysis.compiled_network import CompiledNetwork
from gradcalc.analysis.computation import compute, gradient
from gradcalc.analysis.point import point, subjects
from gradcalc.analysis.points import Points
from gradcalc.analysis.quantities import columns
from gradcalc.analysis.quantities import read as quantity
from gradcalc.analysis.sweep import Task, points, readers_of, row_blocks, rows, runs, together
from gradcalc.analysis.sweep_rows import RowBlock, SweepRow
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.errors import LimitError
from gradcalc.language.document import Variants
from gradcalc.network.network import Network

SHOWN = columns(["loss", "w1", "norm", "log10:w2", "output:y"], (), None)


def swept(source: Any, axes: dict[str, list[Any]], against: bool = False, shown: Any = SHOWN) -> list[SweepRow]:
    document = language.read(source)
    keys = tuple(axes)
    plain = Variants(document, keys, True) if against else None
    return list(rows(Task(Variants(document, keys), shown, plain), points(axes)))


def anew(source: Any, keys: tuple[str, ...], row: SweepRow) -> tuple[float, float]:
    network = Variants(language.read(source), keys).network(row.values)
    at = point(network)
    return at.loss, gradient(at, subjects(network)[0])


def read(row: SweepRow) -> tuple[float, float]:
    return row.found["loss"], row.found["gradient:w1"]


@pytest.mark.parametrize(
    ("source", "key", "values"),
    [
        ("residual", "w1", [0.1, 0.2, -0.3, 1, 0.0, 5.5]),
        ("residual", "w_r", [0.1, 0.2, -0.3, 1, 0.0, 5.5]),
        ("residual", "skips[0].weight", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "weights[1]", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "x", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "target", [0.1, 0.2, -0.3, 1, 0.0]),
        ("residual", "activation", ["tanh", "relu", "sigmoid", "gelu", "elu"]),
        ("residual", "loss", ["mse", "sse", "bce", "mae", "huber"]),
        ("deep", "depth", [3, 4, 5, 8, 13]),
        ("deep", "layers[0].weight", [0.1, 0.2, 0.4, 0.8, 1.6]),
        ("rnn", "Wh", [0.1, 0.2, 0.4, 0.8, 1.6]),
    ],
)
def test_every_point_is_what_a_network_built_anew_gives(source: str, key: str, values: list[Any]) -> None:
    shown = columns(["loss", "Wx" if source == "rnn" else "w1"], (), None)
    for row in swept(source, {key: values}, shown=shown):
        found = compute(Variants(language.read(source), (key,)).network(row.values))
        assert found.loss is not None and found.gradients is not None
        assert list(row.found.values()) == [found.loss.value, next(iter(found.gradients.values()))]


@given(st.lists(st.floats(-30, 30), min_size=4, max_size=8, unique=True), st.sampled_from(["w1", "w3", "w_r", "x"]))
def test_compiled_once_or_built_anew_is_the_same(values: list[float], key: str) -> None:
    found = swept("residual", {key: values})
    assert [read(row) for row in found] == [anew("residual", (key,), row) for row in found]


def test_doubles_that_do_not_serve_are_computed_with_an_exponent() -> None:
    row = swept("plain", {"w1": [0.1, 1e-300, 0.2, 0.3], "w2": [1e-200, 0.1, 0.2, 0.3]})[4]
    assert row.values == (1e-300, 1e-200)
    assert row.found["log10:w2"] is not None
    assert f"{row.found['gradient:w1']:.6e}".endswith("e-202") or row.found["gradient:w1"] != 0


def test_a_grid_runs_the_last_key_fastest() -> None:
    found = swept("deep", {"depth": [3, 4], "w1": [0.1, 0.2, 0.3]})
    assert [row.values for row in found] == [(d, w) for d in (3, 4) for w in (0.1, 0.2, 0.3)]
    assert [read(row) for row in found] == [anew("deep", ("depth", "w1"), row) for row in found]


def test_a_failing_point_is_a_row_with_its_reason() -> None:
    good, bad, again = swept("residual", {"activation": ["tanh", "nope", "relu"]})
    assert bad.found == {} and bad.error is not None and "nope" in bad.error
    assert good.error is None and again.error is None
    text = swept("residual", {"w1": [0.1, "abc", 0.2, 0.3]})[1]
    assert text.error is not None and "abc" in text.error


def test_against_the_plain_network() -> None:
    row = swept("residual", {"w_r": [0.1, 0.2, 0.3, 0.4]}, against=True)[0]
    assert row.found["gradient:w1"] == pytest.approx(-0.0030212381210528165, rel=1e-13)
    assert row.against is not None
    assert row.against["gradient:w1"] == pytest.approx(-7.582885583984374e-05, rel=1e-13, abs=0)


def test_from_python() -> None:
    found = gradcalc.sweep("deep", {"depth": [3, 4]}, show=["w1"], without_skips=True)
    assert [row.values for row in found.rows] == [(3,), (4,)]
    assert [row.values for row in found.rows] == [(3,), (4,)]
    plain = gradcalc.load("residual", no_skips=True)
    assert gradcalc.compare(gradcalc.load("residual"), plain).ratios["w1"][1] == pytest.approx(39.842855171570825)


def test_a_batch_and_a_wide_network_are_swept_too() -> None:
    batch = {"input": [[0.1], [0.2]], "target": [[1], [0]], "weights": [0.3, 0.4]}
    found = swept(batch, {"w2": [0.1, 0.2, 0.3, 0.4]})
    assert [read(row) for row in found] == [anew(batch, ("w2",), row) for row in found]
    wide = {
        "input": [0.1] * 200,
        "target": [0.5] * 200,
        "layers": [{"weight": {"init": "normal", "std": 0.1}, "width": 200}],
    }
    seeds = swept(wide, {"seed": [0, 1]}, shown=columns(["loss", "norm:w1"], (), None))
    assert len({row.found["loss"] for row in seeds}) == 2


def test_a_part_of_a_grid_has_the_rows_of_the_whole() -> None:
    document = language.read("residual")
    task = Task(Variants(document, ("w1", "x")), columns(["loss", "w1", "norm"], (), None))
    at = points({"w1": [n / 977 for n in range(80)], "x": [0.5, 1, "two", *range(2, 90)]})
    whole = list(rows(task, at))
    assert sum(row.error is not None for row in whole) == 80
    for start, stop in ((0, 20), (10, 500), (40, 44), (700, 7280)):
        assert list(rows(task, at[start:stop])) == whole[start:stop]
    chosen = [*range(5, 40, 3), 41, *range(1000, 1070), 7000, 7279]
    assert list(rows(task, Points(at.axes, chosen))) == [whole[number] for number in chosen]


@pytest.mark.parametrize(
    "axes",
    [
        {"depth": [3, 5], "w1": [n / 977 for n in range(2000)]},
        pytest.param(  # a target of cross-entropy that is below 0
            {"w1": [n / 9770 for n in range(-1000, 1000)], "x": [1, 2]}, marks=pytest.mark.slow
        ),
        {"w1": [n / 977 for n in range(500)], "activation": ["tanh", "relu"]},
    ],
)
def test_a_row_does_not_depend_on_which_others_are_computed(axes: dict[str, list[Any]]) -> None:
    spec = {"input": 0.5, "target": 1, "loss": "bce", "activation": "sigmoid", "layers": [{"weight": 0.5, "repeat": 3}]}
    if "x" in axes:
        spec |= {"activation": "identity"}
    if "depth" not in axes:
        spec |= {"layers": [{"weight": 0.5}, {"weight": 0.7}]}
    task, at = Task(Variants(language.read(spec), tuple(axes)), columns(["loss", "norm"], (), None)), points(axes)
    whole = list(rows(task, at))
    for seed in range(6):
        chosen = sorted(random.Random(seed).sample(range(len(at)), 3 + 40 * seed))
        assert list(rows(task, Points(at.axes, chosen))) == [whole[number] for number in chosen]


def test_a_value_that_is_infinite_is_none() -> None:
    """Of two paths that cancel but for 10⁻⁴⁵⁰ the share is finite in extended range alone."""
    layers = [{"weight": 0.3}, {"weight": 1e-200}, {"from": {"h1": -1}}, {"from": {"h3": 1, "h2": 1e-250}}]
    spec = {"input": 0.5, "target": 1, "activation": "identity", "layers": layers, "skips": [{"from": "h1", "to": "y"}]}
    shown = columns(["share:w1:h1-y", "share:w1:h1-h2-y"], (), None)
    (row,) = swept(spec, {"w1": [0.3]}, shown=shown[1:])
    assert row.found["share:w1:h1-h2-y"] == pytest.approx(1)
    (row,) = swept(spec, {"w1": [0.3]}, shown=shown)
    assert (row.found, row.error) == ({}, "a value is infinite")


EVERY = columns(
    ["loss", "w1", "w2", "T", "w1[0,0]", "norm", "log10:w1", "output:y", "paths:T", "magnitude:T"], (), None
)
SCALARS: dict[str, Any] = {
    "input": {"a": 0.5, "b": -0.25},
    "target": {"h": 0.75, "y": 1},
    "activation": "tanh",
    "loss": "sse",
    "parameters": {"T": 0.3},
    "layers": [
        {"name": "g", "weight": [[0.7, 0.4]], "bias": "T"},
        {"name": "h", "weight": 0.6, "bias": "T", "activation": "softplus"},
        {"name": "y", "weight": 1.5, "activation": "identity"},
    ],
    "skips": [{"from": "a", "to": "y", "weight": "T"}],
}
VECTORS: dict[str, Any] = {
    "input": [0.5, -0.25],
    "target": [0.75, 1],
    "activation": "tanh",
    "loss": "mse",
    "parameters": {"T": 0.3},
    "layers": [{"weight": [[0.7, 0.4], [-0.2, 0.9]], "bias": "T"}, {"weight": [[0.6, 1.0], [0.1, -0.8]]}],
    "skips": [{"from": "x", "to": "y", "weight": "T"}],
}
ANY_SIZE = st.floats(-3, 3) | st.integers(-2, 2) | st.sampled_from([0.0, 1e-170, -1e-160, 1e-310, 1e155, -1e200, 1e308])


@given(st.data())
@pytest.mark.parametrize(
    ("source", "keys"),
    [
        (SCALARS, ["T", "a", "b", "target.h", "target.y", "w2", "layers[0].weight[0][1]", "layers[2].weight"]),
        (VECTORS, ["T", "input[0]", "target[1]", "layers[0].weight[0][1]", "layers[1].weight[1][0]"]),
    ],
    ids=["scalars", "vectors"],
)
def test_any_values_of_several_keys_are_as_if_built_anew(source: Any, keys: list[str], data: st.DataObject) -> None:
    """Numbers at the ends of the range among them, which are computed in extended range."""
    chosen = data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
    axes = {key: data.draw(st.lists(ANY_SIZE, min_size=2, max_size=4, unique=True)) for key in chosen}
    for row in swept(source, axes, shown=EVERY):
        network = Variants(language.read(source), tuple(axes)).network(row.values)
        try:
            expected, error = every(network), None
        except LimitError as limit:
            expected, error = {}, str(limit)
        assert (row.found, row.error) == (expected, error)


def every(network: Network) -> dict[str, Any]:
    at = point(network)
    with at.arithmetic.context():
        return {column.name: quantity(at, column) for column in EVERY}


@pytest.mark.slow
def test_theory_is_that_of_every_point() -> None:
    """Mean-field theory reads the numbers of the network itself: inputs and biases."""
    dense = {"weight": {"init": "xavier_normal"}, "width": 24}
    spec = {"input": [0.5] * 24, "target": [0.2] * 24, "activation": "tanh", "seed": 3, "layers": [dense] * 3}
    spec["parameters"], spec["layers"] = {"b": 0.1}, [dense | {"bias": "b"}, dense, dense]
    shown = columns(["mean_field:w1", "bound:w1"], (), None)
    for key in ("b", "input[0]", "target[1]"):
        for row in swept(spec, {key: [0.1, 0.9, 1.7, 2.5]}, shown=shown):
            at = point(Variants(language.read(spec), (key,)).network(row.values))
            assert row.found == {column.name: quantity(at, column) for column in shown}


def test_a_result_is_pickled_with_all_its_rows() -> None:
    found = gradcalc.sweep("deep", {"depth": [3, 4]}, show=["w1"])
    done: list[int] = []
    found.rows.afterwards(lambda: done.append(1))
    again = pickle.loads(pickle.dumps(found.rows))
    assert [row.found for row in again] == [row.found for row in found.rows] and done == [1]
    list(found.rows)
    assert done == [1] and not found.rows.failed


@pytest.mark.parametrize(("values", "failed"), [([0.1, 0.2], False), (["abc", 0.2], True), ([0.2, "abc"], True)])
def test_whether_a_point_failed_is_known(values: list[Any], failed: bool) -> None:
    found = gradcalc.sweep("residual", {"w1": values}, show=["w1"])
    assert len(list(found.rows)) == 2 and found.rows.failed == failed


def chain_of(layers: int) -> dict[str, Any]:
    """A linear graph of 3 edges a layer, and one into the loss."""
    return {"input": 0.5, "target": 1, "layers": [{"weight": 0.5, "repeat": layers}]}


def task_of(spec: Any, axes: dict[str, list[Any]], **options: Any) -> Task:
    return Task(Variants(language.read(spec), tuple(axes)), columns(["loss", "w1"], (), None), **options)


@pytest.mark.parametrize(
    ("layers", "axes", "are_together"),
    [
        (33, {"w1": 500}, True),  # 500 points of 100 edges
        (33, {"w1": 499}, False),
        (65, {"w1": 256}, True),
        (66, {"w1": 255}, False),
        (99, {"loss": ["mse", "sse", "mae", "huber"], "w1": 64}, True),
        (99, {"loss": ["mse", "sse", "mae", "huber", "half_sse"], "w1": 63}, False),
    ],
)
def test_so_many_points_are_computed_together_after_the_first_32(
    layers: int, axes: dict[str, Any], are_together: bool
) -> None:
    values = {key: one if isinstance(one, list) else [n / 977 for n in range(one)] for key, one in axes.items()}
    blocks = list(islice(row_blocks(task_of(chain_of(layers), values), points(values)), 33))
    assert [len(block) for block in blocks[:32]] == [1] * 32
    assert not any(isinstance(block, RowBlock) for block in blocks[:32])
    assert isinstance(blocks[32], RowBlock) == are_together
    assert len(blocks[32]) == ((axes["w1"] - 32) if are_together else 1)


def test_4096_points_are_computed_together_at_most() -> None:
    values = {"w1": [n / 977 for n in range(4096 + 32 + 5)]}
    blocks = list(row_blocks(task_of(chain_of(4), values), points(values)))
    assert [len(block) for block in blocks] == [1] * 32 + [4096, 5]


SEVERAL = {"input": [[0.5], [1.0]], "target": [[1], [0]]}


@pytest.mark.parametrize(
    ("changes", "count", "shown", "narrow", "wide", "as_wide", "kind"),
    [
        ({}, 256, ["loss", "w1"], 64, 4, False, CompiledNetwork),
        ({}, 256, ["loss", "w1"], 63, 4, False, None),
        ({}, 256, ["loss", "w1"], 64, 3, False, None),
        ({}, 255, ["loss", "w1"], 64, 4, False, None),
        ({}, 256, ["loss", "share:w1:h1"], 64, 4, False, None),  # which is read from one point
        ({}, 256, ["loss", "w99"], 64, 4, False, None),
        (SEVERAL, 256, ["loss", "w1"], 64, 4, False, CompiledNetwork),
        (SEVERAL, 255, ["loss", "w1"], 64, 4, False, None),
        ({}, 4, ["loss", "w1"], 0, 4, True, CompiledArrays),
        ({}, 4, ["loss", "w1"], 0, 3, True, None),
        ({}, 4, ["loss", "share:w1:h1"], 0, 4, True, None),
        ({}, 3, ["loss", "w1"], 0, 4, True, None),
        (SEVERAL, 4, ["loss", "w1"], 0, 4, True, CompiledArrays),
    ],
)
def test_what_is_read_in_blocks(
    changes: Any, count: int, shown: list[str], narrow: int, wide: int, as_wide: bool, kind: Any
) -> None:
    axes = {"w1": [n / 977 for n in range(1, count + 1)]}
    task = Task(Variants(language.read(chain_of(66) | changes), ("w1",)), columns(shown, (), None))
    with of_width(as_wide):
        (reader,) = readers_of(task, points(axes))
        found = reader.in_blocks((axes["w1"][0],), narrow, wide)
    assert type(found) is (type(None) if kind is None else kind)


def test_a_network_without_a_target_is_not_compiled() -> None:
    axes = {"w1": [n / 977 for n in range(500)]}
    spec = {"input": 0.5, "layers": [{"weight": 0.5, "repeat": 66}]}
    task = Task(Variants(language.read(spec), ("w1",)), columns(["loss"], (), None))
    (reader,) = readers_of(task, points(axes))
    assert reader.staying == [] and reader.in_blocks((0.1,), 99, 99) is None
    found, error, _ = reader.attempt((0.1,))
    assert found == {} and error is not None and error.startswith("without a target there is no gradient")


class Reader:
    """A network that so many points of are read at once, or none."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once

    def in_blocks(self, values: Any, narrow: int, wide: int) -> Any:
        assert (values, narrow, wide) == ((0,), 7, 9)
        return self if self.at_once else None

    def block(self, compiled: Any, at: Points) -> Any:
        return compiled.at_once, list(at)


def test_as_many_points_are_computed_together_as_every_network_is_read_at_once() -> None:
    three, five, none = map(Reader, (3, 5, 0))
    at = Points([range(8)])
    for readers in ([three, five], [five, three]):
        found: Any = list(together(readers, at, 7, 9) or ())  # type: ignore[arg-type]
        assert [len(block) for block in found] == [3, 3, 2]
        assert [[part for part, _ in block.networks] for block in found] == [[one.at_once for one in readers]] * 3
        assert [value for block in found for (value,) in block.networks[0][1]] == list(range(8))
    assert together([three, none], at, 7, 9) is None  # type: ignore[list-item]


def test_runs_of_points_that_differ_in_the_other_keys_alone() -> None:
    at = Points([[1, 1.0, 2], "ab"])
    assert [list(run) for run in runs(at, [0])] == [
        [(1, "a"), (1, "b")],
        [(1.0, "a"), (1.0, "b")],
        [(2, "a"), (2, "b")],
    ]
    assert [list(run) for run in runs(at, [])] == [list(at)]
    assert [len(run) for run in runs(at, [0, 1])] == [1] * 6 == [len(run) for run in runs(at, [1])]
    assert [len(run) for run in runs(at[1:4], [0])] == [1, 2]


def test_a_network_is_built_for_what_is_compiled_and_not_for_every_point(monkeypatch: pytest.MonkeyPatch) -> None:
    built, network = list[Any](), Variants.network
    monkeypatch.setattr(Variants, "network", lambda of, values: (built.append(values), network(of, values))[1])
    found = swept("residual", {"w1": [n / 977 for n in range(30)]})
    assert len(found) == 30 and len(built) <= 2
    assert len(swept("residual", {"w1": [0.1, 0.2, 0.3]})) == 3 and len(built) <= 5


@pytest.mark.parametrize(
    ("axes", "options", "staying"),
    [
        ({"w1": [0.1, 0.2, 0.3]}, {}, [0]),  # of so few none is compiled
        ({"w1": [0.1, 0.2, 0.3, 0.4]}, {}, []),
        ({"w1": [0.1, 0.2], "w2": [0.1, 0.2]}, {}, []),
        ({"w1": [0.1, 0.2, 0.3, 0.4]}, {"dps": 30}, [0]),
        ({"w1": [0.1, 0.2, 0.3, 0.4]}, {"low": LowPrecision("float16")}, [0]),
        ({"activation": ["tanh", "relu"], "w1": [0.1, 0.2]}, {}, [0]),
        ({"w1": [0.1, 0.1], "w2": [0.1, 0.2]}, {}, [0]),
        ({"w1": [0.1, "tanh"], "w2": ["x", 0.2, "y", 0.3]}, {}, [0]),
        ({"activation": ["nope", "tanh"], "w1": [0.1, 0.2, 0.3]}, {}, [0]),  # the fourth point is a network
        ({"activation": ["nope", "tanh"], "w1": [0.1, 0.2, 0.3, 0.4]}, {}, [0, 1]),
    ],
)
def test_the_keys_that_change_more_than_numbers_of_a_compiled_network(
    axes: dict[str, list[Any]], options: dict[str, Any], staying: list[int]
) -> None:
    (reader,) = readers_of(task_of("residual", axes, **options), points(axes))
    assert reader.staying == staying


def test_what_a_task_computes_in() -> None:
    axes = {"w1": [0.1, 0.2]}
    given: list[dict[str, Any]] = [{}, {"dps": 30}, {"low": LowPrecision("float16")}]
    names = [task_of("residual", axes, **options).arithmetic for options in given]
    assert names == ["float64", "30 decimal digits", "float16"]


@pytest.mark.parametrize(
    ("x", "weight", "error"),
    [
        (0, 10, "a value is NaN"),  # an infinite δ times an input of 0
        (1, 10, "a value is infinite"),
        (1, -10, "a value is infinite"),
        (1, 1e-3, None),
    ],
)
def test_what_is_no_finite_number_is_no_value(x: float, weight: float, error: str | None) -> None:
    spec = {"input": [100, x], "loss": "output", "activation": "identity", "weights": [[[100, 1]], 1]}
    axes = {"w2": [weight]}
    task = task_of(spec, axes, low=LowPrecision("float16", loss_scale=2.0**15))
    assert [row.error for row in rows(task, points(axes))] == [error]
