"""Where in a network each kind of mistake can be made, and where it can not."""

from __future__ import annotations

from itertools import combinations
from math import exp, inf, log, tanh
from struct import pack, unpack
from types import SimpleNamespace
from typing import Any

import pytest
from analysis.test_mistakes import CHAIN, GIVEN, by_hand, searched_for, with_updated_weights

import gradcalc
from gradcalc.analysis.backward_mistakes import everywhere, quoted
from gradcalc.analysis.batch_mistakes import orders
from gradcalc.analysis.forward_mistakes import over_classes
from gradcalc.analysis.given_values import given_value
from gradcalc.analysis.hypotheses import Search, searched
from gradcalc.analysis.mistakes import Mistake
from gradcalc.analysis.path_mistakes import subjects_of
from gradcalc.analysis.reported_mistakes import in_other_numbers, to_bits, to_decimals, to_digits
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.network.network import mapped_entries


def asked(spec: Any, *given: str) -> Search:
    """The search of what explains these single numbers, all of which are wrong."""
    of = gradcalc.load(spec)
    search = searched(of, [given_value(of, name, "98765") for name in given])
    assert search is not None
    return search


def mistakes(spec: Any, kind: str, *given: str) -> list[Mistake]:
    return [one for one in asked(spec, *(given or ("L",))).mistakes if one.kind == kind]


JOINED = {
    "input": {"a": 0.5, "b": 0.7},
    "target": {"y": 0.3, "m": 0.1},
    "loss": "mse",
    "layers": [
        {"name": "m", "from": {"a": 0.8, "b": -0.5}, "activation": "tanh", "join": "multiply"},
        {"name": "y", "from": {"m": 0.4, "a": 0.9}, "bias": 0.2, "activation": "identity"},
    ],
}
COUPLED = {
    "input": [0.5, -0.2],
    "target": [0.1, 0.4],
    "loss": "half_sse",
    "layers": [
        {"weight": [[0.1, 0.2], [0.3, -0.4], [0.5, 0.6], [-0.7, 0.8]], "activation": {"name": "maxout", "pieces": 2}},
        {"weight": [[0.9, 0.8], [-0.7, 0.6]], "bias": [0, 0], "activation": "prelu"},
        {"weight": [[0.5, -0.4], [0.3, 0.2]], "bias": [0.1, 0.2], "activation": "softmax"},
    ],
}
TWO_SKIPS = {
    "input": 0.5,
    "target": 0.2,
    "activation": "tanh",
    "biases": [0.1, 0.2, 0.3],
    "weights": [0.4, 0.6, 0.8],
    "skips": [{"from": "h1", "to": "y", "weight": 0.3}, {"from": "x", "to": "h2"}],
}
PLACES: list[tuple[Any, str, set[str]]] = [
    (
        JOINED,
        "another join",
        {
            *(f"m takes the {one} of what it joins in place of the product" for one in ("sum", "mean", "maximum")),
            *(f"y takes the {one} of what it joins in place of the sum" for one in ("product", "mean", "maximum")),
        },
    ),
    (
        JOINED,
        "source left out",
        {f"y does not read {one}, in the forward pass either" for one in ("m (w2_m)", "a (w2_a)")},
    ),
    (
        JOINED,
        "input left out forward",
        {
            "the input a is left out (taken as 0)",
            "the input b is left out (taken as 0)",
            "the input a is left out of z, though not of ∂L/∂w1_a, w2_a",
            "the input b is left out of z, though not of ∂L/∂w1_b",
            "w1_a, w2_a are not multiplied by a (taken as 1), neither in z nor in the gradient",
            "w1_a, w2_a are not multiplied by a in z (taken as 1), though in ∂L/∂w1_a, w2_a",
            "w1_b is not multiplied by b (taken as 1), neither in z nor in the gradient",
            "w1_b is not multiplied by b in z (taken as 1), though in ∂L/∂w1_b",
        },
    ),
    (JOINED, "left out", {"the path m → L is left out", "the path m → y (through w2_m) is left out"}),
    (JOINED, "detached", set()),
    (
        {"input": 0.5, "target": {"h1": 0.1, "y": 0.2}, "weights": [0.3, 0.4, 0.5]},
        "detached",
        {"nothing is passed back through h2, as if it were detached"},
    ),
    (JOINED, "derivative left out", {"the factor σ′(z) of m is left out"}),
    (JOINED, "softmax or logits", set()),
    (COUPLED, "derivative left out", {"the derivative of softmax in y is left out"}),
    (COUPLED, "derivative at the output", set()),
    (COUPLED, "another derivative", set()),
    (
        COUPLED,
        "another activation",
        {
            *(f"y has the activation {name} in place of softmax" for name in ("sigmoid", "log_softmax", "identity")),
            "softmax in y is not divided by the sum over its units",
        },
    ),
    (
        COUPLED,
        "input left out",
        {
            *(
                f"the factor {node} is left out of ∂L/∂{name}"
                for name, node in (("w1", "x"), ("w2", "h1"), ("w3", "h2"))
            ),
            "∂L/∂w3 takes z_h2, the preactivation, in place of the output h2",
        },
    ),
    (
        COUPLED,
        "weight not transposed",
        {
            "δ is multiplied by w2 in place of its transpose w2ᵀ",
            "δ is multiplied by w3 in place of its transpose w3ᵀ",
            "every δ is multiplied by W in place of its transpose Wᵀ",
        },
    ),
    (
        COUPLED,
        "weight transposed",
        {
            "w2 is transposed in the forward pass",
            "w3 is transposed in the forward pass",
            "all weights are transposed in the forward pass",
        },
    ),
    (COUPLED, "weight left out", set()),
    (COUPLED, "bias left out", {"the bias b3 is not added"}),
    (COUPLED, "one output", {"the loss of y[0] is not counted", "the loss of y[1] is not counted"}),
    (COUPLED, "targets moved", {"the targets of units 0 and 1 (counted from 0) are swapped"}),
    (COUPLED, "reduction", set()),
    (COUPLED, "one example", set()),
    (COUPLED, "over the batch", set()),
    (
        COUPLED,
        "unit left out",
        {
            *(f"nothing is passed back from h1[{unit}] to x" for unit in range(4)),
            *(f"nothing is passed back from h2[{unit}] to h1" for unit in range(2)),
            *(f"nothing is passed back from y[{unit}] to h2" for unit in range(2)),
        },
    ),
    (
        TWO_SKIPS,
        "left out",
        {
            "the path h1 → y (through w_h1_y) is left out",
            "the path h1 → h2 → y (through w2, w3) is left out",
            "nothing is passed back through any skip",
        },
    ),
    (TWO_SKIPS, "bias left out", {*(f"the bias b{number} is not added" for number in (1, 2, 3)), "no bias is added"}),
    (
        TWO_SKIPS,
        "skip left out forward",
        {
            "the skip h1 → y (w_h1_y) is left out, of the forward pass too",
            "the skip x → h2 (skip x→h2) is left out, of the forward pass too",
            "all skips are left out, of the forward pass too",
        },
    ),
    (TWO_SKIPS, "averaged", {"the 2 paths that leave h1 are averaged in place of summed"}),
]


@pytest.mark.parametrize(("spec", "kind", "clauses"), PLACES)
def test_mistakes_are_made_where_they_can_be(spec: Any, kind: str, clauses: set[str]) -> None:
    found = [one.clause for one in mistakes(spec, kind)]
    assert set(found) == clauses and len(found) == len(clauses)


def test_paths_that_leave_an_input_are_asked_about_where_its_gradient_is() -> None:
    whole = {one.clause for one in mistakes(TWO_SKIPS, "left out", "dL/dx")}
    assert whole - {one.clause for one in mistakes(TWO_SKIPS, "left out")} == {
        "what comes through x → h1 (through w1) is left out",
        "the path x → h2 → y (through skip x→h2, w3) is left out",
    }


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (
            "sse",
            {
                "loss's factor 0.5": "--set loss='{name: sse, scale: 0.5}'",
                "loss's factor 2": "--set loss='{name: sse, scale: 2}'",
            },
        ),
        (
            {"name": "sse", "scale": 4, "reduction": "sum"},
            {
                "loss's factor 0.5": "--set loss='{name: sse, scale: 2, reduction: sum}'",
                "loss's factor 2": "--set loss='{name: sse, scale: 8, reduction: sum}'",
                "loss's factor 0.25": "--set loss='{name: sse, reduction: sum}'",
            },
        ),
        (
            {"name": "mae", "scale": 2},
            {"loss's factor 0.5": "--loss mae", "loss's factor 2": "--set loss='{name: mae, scale: 4}'"},
        ),
        ({"name": "huber", "delta": 0.7}, {"loss's factor 0.5": None, "loss's factor 2": None}),
        ({"formula": "(y-t)^2"}, {"loss's factor 0.5": None, "loss's factor 2": None}),
    ],
)
def test_factors_of_the_loss(loss: Any, told: dict[str, str | None]) -> None:
    found = mistakes({"input": 0.5, "target": 1, "weights": [0.3], "loss": loss}, "loss's factor")
    assert [one.what for one in found] == [what for what in told for _ in range(2)]
    commands = {one.what: one.command for one in found if not one.clause.endswith("though L is right")}
    assert commands == {what: of and f"gradcalc compute SPEC {of}" for what, of in told.items()}
    if len(told) > 2:
        assert found[4].clause == "the loss has its factor 4 left out"


@pytest.mark.parametrize(
    ("loss", "kind", "command"),
    [
        ("sse", "reduction", "--set loss='{name: sse, reduction: sum}'"),
        ({"name": "sse", "reduction": "sum", "scale": 3}, "reduction", "--set loss='{name: sse, scale: 3}'"),
        (
            {"name": "sse", "reduction": "sum", "scale": 3},
            "loss's derivative",
            "--set loss='{name: mse, reduction: sum}'",
        ),
        (
            {"name": "bce", "reduction": "sum", "scale": 3},
            "softmax or logits",
            "--set loss='{name: bce_with_logits, scale: 3, reduction: sum}'",
        ),
    ],
)
def test_a_command_has_the_whole_loss(loss: Any, kind: str, command: str) -> None:
    spec = {"input": [[0.5], [0.1]], "target": [[0.7], [0.2]], "layers": [{"weight": 0.3, "activation": "sigmoid"}]}
    assert f"gradcalc compute SPEC {command}" in [one.command for one in mistakes(spec | {"loss": loss}, kind)]


def test_the_batch_of_a_sum_is_divided_twice() -> None:
    spec = {"input": [[0.5], [0.1]], "target": [[0.7], [0.2]], "weights": [0.3]} | {
        "loss": {"name": "sse", "reduction": "sum"}
    }
    of = gradcalc.load(spec)
    search = searched(of, [given_value(of, "w1", "9")])
    assert search is not None
    found = {one.clause: search.predicted([one]) for one in search.mistakes if one.kind == "reduction"}
    gradient = gradcalc.gradients(of)["w1"].item()
    assert found == {
        "the loss is the mean over the 2 examples in place of the sum": [[pytest.approx(gradient / 2)]],
        "gradients are those of the mean over the 2 examples, though L is not": [[pytest.approx(gradient / 2)]],
        "the batch is divided by 2 twice": [[pytest.approx(gradient / 4)]],
    }


def test_the_mean_over_outputs_in_place_of_the_sum_and_the_reverse() -> None:
    spec = {"input": 0.5, "target": [1, 0, 1], "layers": [{"weight": [[0.3], [0.2], [0.1]]}], "loss": "sse"}
    assert [one.clause for one in mistakes(spec, "loss's factor")][:2] == [
        "the loss takes the mean over the 3 outputs in place of the sum",
        "the loss takes the mean over the 3 outputs in place of the sum, though L is right",
    ]
    found = mistakes(spec | {"loss": "mse"}, "loss's factor")
    assert [one.clause for one in found if "right" not in one.clause] == [
        "the loss takes the sum over the 3 outputs in place of the mean",
        "the loss has the factor ½ too many (or 2 left out)",
        "the loss has the factor 2 too many (or ½ left out)",
        "the loss is divided by the number of outputs, 3, once too often",
    ]
    two = {"input": 0.5, "target": [1, 0], "layers": [{"weight": [[0.3], [0.2]]}], "loss": "mse"}
    alike = {one.clause: one.alike for one in mistakes(two, "loss's factor") if "right" not in one.clause}
    assert alike == {
        "the loss takes the sum over the 2 outputs in place of the mean": (
            "the loss has the factor 2 too many (or ½ left out)",
        ),
        "the loss has the factor ½ too many (or 2 left out)": (
            "the loss is divided by the number of outputs, 2, once too often",
        ),
    }


def broadcast(reduction: str) -> Any:
    xs, ts = [[0.5], [-1.0], [2.0]], [[0.3], [0.4], [-0.2]]
    return {"input": xs, "target": ts, "weights": [0.7], "activation": "identity"} | {
        "loss": {"name": "sse", "reduction": reduction}
    }


@pytest.mark.parametrize(("reduction", "count"), [("mean", 9), ("sum", 3)])
def test_outputs_and_targets_broadcast(reduction: str, count: int) -> None:
    spec = broadcast(reduction)
    of = gradcalc.load(spec)
    search = searched(of, [given_value(of, "L", "9"), given_value(of, "w1", "9")])
    assert search is not None
    (one,) = [one for one in search.mistakes if one.kind == "targets broadcast"]
    pairs = [(x, t) for (x,) in spec["input"] for (t,) in spec["target"]]
    loss = sum((0.7 * x - t) ** 2 for x, t in pairs) / count
    gradient = sum(2 * (0.7 * x - t) * x for x, t in pairs) / count
    assert search.predicted([one]) == [[pytest.approx(loss)], [pytest.approx(gradient)]]


def test_no_targets_are_broadcast_of_one_example_or_two_outputs() -> None:
    assert not mistakes({"input": 0.5, "target": 1, "weights": [0.3]}, "targets broadcast")
    two = {"input": [[0.5], [0.1]], "target": [[1, 0], [0, 1]], "layers": [{"weight": [[0.3], [0.2]]}]}
    assert not mistakes(two, "targets broadcast")


def test_orders_of_targets() -> None:
    found = {clause: order for order, clause in orders(6, "units")}
    assert found.pop("the targets are in reverse order, against the units") == [5, 4, 3, 2, 1, 0]
    assert found.pop("targets are moved by one: each of the units has that of the next") == [1, 2, 3, 4, 5, 0]
    assert found.pop("targets are moved by one: each of the units has that of the one before") == [5, 0, 1, 2, 3, 4]
    for one, other in combinations(range(6), 2):
        order = found.pop(f"the targets of units {one} and {other} (counted from 0) are swapped")
        assert [n for n in range(6) if order[n] != n] == [one, other] and sorted(order) == list(range(6))
    assert not found
    assert len(list(orders(7, "units"))) == 3
    assert list(orders(2, "units")) == [([1, 0], "the targets of units 0 and 1 (counted from 0) are swapped")]


def chain(layers: int, **other: Any) -> Any:
    return {"input": 0.5, "target": 1, "activation": "tanh", "weights": [0.9] * layers} | other


def test_weights_are_followed_through_updates_up_to_twelve() -> None:
    assert len(mistakes(chain(13), "updated weights")) == 10
    assert not mistakes(chain(14), "updated weights")
    assert not mistakes(chain(1), "updated weights")


def test_frozen_and_shared_weights_are_not_updated_in_a_pass() -> None:
    frozen = mistakes(chain(4, frozen=["w3"]), "updated weights")[0].clause
    assert "by weights (w4, w2) that are" in frozen
    shared = {"parameters": {"W": 0.4}, "layers": [{"weight": 0.3}, {"weight": "W"}, {"weight": "W"}, {"weight": 0.9}]}
    (first, *_) = mistakes({"input": 0.5, "target": 1, "activation": "tanh"} | shared, "updated weights")
    assert "by weights (w4) that are" in first.clause


def test_small_batches_and_inputs_are_looked_at_one_by_one() -> None:
    def units(count: int) -> int:
        spec = {"input": [0.1] * count, "target": 1, "layers": [{"weight": [[0.1] * count]}]}
        return sum("left out (taken as 0)" in one.clause for one in mistakes(spec, "input left out forward"))

    def examples(count: int) -> int:
        return len(mistakes(chain(1) | {"input": [[0.1]] * count, "target": [[1]] * count}, "one example"))

    assert (units(16), units(17)) == (16, 0)
    assert (examples(1), examples(2), examples(64), examples(65)) == (0, 4, 128, 0)


def test_outputs_of_few_units_are_looked_at_one_by_one() -> None:
    def outputs(count: int) -> int:
        spec = {"input": 0.1, "target": [1.0] * count, "layers": [{"weight": [[0.1]] * count}]}
        return len(mistakes(spec, "one output"))

    assert (outputs(1), outputs(2), outputs(16), outputs(17)) == (0, 2, 16, 0)


@pytest.mark.parametrize(
    ("activation", "loss", "told"),
    [
        ("softmax", "nll", {"softmax twice": "cross_entropy", "no softmax": None}),
        ("softmax", "kl", {"softmax twice": "cross_entropy", "no softmax": None}),
        ("log_softmax", "nll", {"softmax twice": "cross_entropy", "no softmax": None}),
        ("sigmoid", "bce", {"σ twice": "bce_with_logits", "no σ": None}),
        ("identity", "cross_entropy", {"softmax twice": None, "no softmax": "nll"}),
        ("identity", "bce_with_logits", {"σ twice": None, "no σ": "bce"}),
        ("softmax", "cross_entropy", {"softmax once": "nll"}),
        ("sigmoid", "bce_with_logits", {"σ once": "bce"}),
        ("tanh", "half_sse", {}),
        ("tanh", "nll", {}),
    ],
)
def test_softmax_and_the_logistic_function_twice_or_not_at_all(
    activation: str, loss: str, told: dict[str, str | None]
) -> None:
    layers = [{"weight": [[0.3], [0.2]], "activation": "sigmoid"}, {"weight": [[0.9, 0.8], [0.1, 0.2]]}]
    layers[1]["activation"] = activation
    found = mistakes({"input": 0.5, "target": [0.7, 0.3], "layers": layers, "loss": loss}, "softmax or logits")
    commands = {what: f"gradcalc compute SPEC --loss {other}" if other else None for what, other in told.items()}
    assert {one.what: one.command for one in found} == commands


@pytest.mark.parametrize(
    ("text", "as_written"), [("w_1.5-a=b", "w_1.5-a=b"), ("skip h1→h2", "'skip h1→h2'"), ("w[0,1]", "'w[0,1]'")]
)
def test_names_are_quoted_for_a_shell(text: str, as_written: str) -> None:
    assert quoted(text) == as_written


def test_paths_are_averaged_by_their_number_and_what_is_no_sum_stays() -> None:
    skips = [{"from": "h1", "to": "h3", "weight": 0.3}, {"from": "h1", "to": "y", "weight": 0.4}]
    of = gradcalc.load({"input": 0.5, "target": 0.2, "activation": "tanh", "weights": [0.9] * 4, "skips": skips})
    search = searched(of, [given_value(of, name, "98765") for name in ("w1", "L")])
    assert search is not None
    (one,) = [one for one in search.mistakes if one.clause == "the 3 paths of ∂L/∂w1 are averaged in place of summed"]
    gradient, loss = gradcalc.gradients(of)["w1"].item(), gradcalc.compute(of).loss
    assert loss is not None and one.formula == "∂L/∂w1/3"
    assert search.predicted([one]) == [[pytest.approx(gradient / 3)], [pytest.approx(loss.value)]]


def test_every_shared_weight_at_its_last_use_alone() -> None:
    """y = b·a·b·a·x: ∂y/∂a is b·b·a·x there, ∂y/∂b is a·b·a·x."""
    spec = {"input": 0.5, "loss": "output", "activation": "identity", "parameters": {"a": 3.0, "b": 2.0}}
    of = gradcalc.load(spec | {"layers": [{"weight": name} for name in "abab"]})
    search = searched(of, [given_value(of, name, "98765") for name in ("a", "b")])
    assert search is not None
    found = {one.clause: search.predicted([one]) for one in search.mistakes if one.kind == "one use"}
    assert found["every shared weight is counted at its last use alone"] == [[6.0], [9.0]]
    assert found["the 2 uses of a are averaged in place of summed"] == [[6.0], [18.0]]


def test_paths_are_averaged_at_one_node_or_at_all() -> None:
    """h3 = 5h2 + h1 and y = 7h3 + h2: ∂y/∂h2 is 35 + 1 and ∂y/∂h1 is 3·36 + 7, each of two terms."""
    skips = [{"from": "h1", "to": "h3"}, {"from": "h2", "to": "y"}]
    spec = {"input": 1.0, "loss": "output", "activation": "identity", "weights": [2.0, 3.0, 5.0, 7.0], "skips": skips}
    of = gradcalc.load(spec)
    search = searched(of, [given_value(of, "w1", "98765")])
    assert search is not None
    found = {one.clause: search.predicted([one]) for one in search.mistakes if one.what == "averaged"}
    assert found == {
        "the 2 paths that leave h1 are averaged in place of summed": [[115 / 2]],
        "the 2 paths that leave h2 are averaged in place of summed": [[3 * 18 + 7.0]],
        "paths are averaged in place of summed, at every node": [[(3 * 18 + 7) / 2]],
        "the 3 paths of ∂L/∂w1 are averaged in place of summed": [[pytest.approx(115 / 3)]],
    }


UNITS: dict[str, Any] = {
    "input": [0.05, 0.1],
    "target": [0.01, 0.99],
    "loss": "half_sse",
    "activation": "sigmoid",
    "layers": [{"name": "h", "weight": [[0.15, 0.2], [0.25, 0.3]]}, {"weight": [[0.4, 0.45], [-0.5, 0.55]]}],
}


def test_paths_of_a_single_unit_are_those_of_its_delta_times_its_derivative() -> None:
    """δ_h[1] = (δ_y[0]·w2[0,1] + δ_y[1]·w2[1,1])·σ′(z_h[1]), and w2[0,0] is in no path of h[1]."""
    h = [1 / (1 + exp(-z)) for z in (0.0275, 0.0425)]
    ys = [1 / (1 + exp(-(a * h[0] + b * h[1]))) for a, b in ((0.4, 0.45), (-0.5, 0.55))]
    deltas = [(y - t) * y * (1 - y) for y, t in zip(ys, (0.01, 0.99))]
    first, second = (delta * weight * h[1] * (1 - h[1]) for delta, weight in zip(deltas, (0.45, 0.55)))
    search = asked(UNITS, "delta_h[1]", "dL/dh[1]")
    assert search.evidence.right[0] == [pytest.approx(first + second)]
    found = {one.clause: search.predicted([one]) for one in search.mistakes if one.kind == "path"}
    derivative = h[1] * (1 - h[1])
    expected = {
        "the path h[1] → y[0] (through w2[0,1]) is left out": second,
        "the path h[1] → y[1] (through w2[1,1]) is left out": first,
        "the path h[1] → y[0] (through w2[0,1]) is counted twice": 2 * first + second,
        "the path h[1] → y[1] (through w2[1,1]) is counted twice": first + 2 * second,
    }
    assert found == {
        clause: [[pytest.approx(value)], [pytest.approx(value / derivative)]] for clause, value in expected.items()
    }


@pytest.mark.parametrize(
    ("weights", "examples", "entry", "names"),
    [
        (10, 1, (0, 3), ["w1", "w1[0,3]"]),
        (10, 1, None, ["w1"]),
        (10, 500, (0, 3), ["w1", "w1[0,3]"]),
        (10, 501, (0, 3), ["w1"]),
    ],
)
def test_paths_over_single_units_are_those_of_an_entry_in_a_network_of_few(
    weights: int, examples: int, entry: Any, names: list[str]
) -> None:
    spec = {"input": [[0.1] * weights] * examples, "loss": "output", "layers": [{"weight": [[0.1] * weights]}]}
    at: Any = SimpleNamespace(graph=SimpleNamespace(network=gradcalc.load(spec)))
    given: Any = SimpleNamespace(quantity="gradient", of="w1", entry=entry)
    assert [one.name for one in subjects_of(at, given)] == names


def test_paths_of_several_values_are_each_told_once() -> None:
    """y = 3·h2 + B with h2 = W·h1 + B and h1 = W + 2: paths of B and of W through h2 have the same nodes and edges."""
    shared = [{"weight": "W", "bias": 2}, {"weight": "W", "bias": "B"}, {"weight": 3, "bias": "B"}]
    spec = {"input": 1, "loss": "output", "activation": "identity", "parameters": {"W": 0.5, "B": 0.25}}
    search = asked(spec | {"layers": shared}, "B", "W")
    found = {one.clause: search.predicted([one]) for one in search.mistakes if one.kind == "path"}
    assert found == {
        "the path h2 → y (through w3) is left out": [[1.0], [1.5]],
        "the use of B at y is left out": [[3.0], [9.0]],
        "the path h1 → h2 → y (through W, w3) is left out": [[4.0], [7.5]],
        "the path h2 → y (through w3) is counted twice": [[7.0], [16.5]],
        "the use of B at y is counted twice": [[5.0], [9.0]],
        "the path h1 → h2 → y (through W, w3) is counted twice": [[4.0], [10.5]],
    }


def test_paths_are_those_of_the_first_three_wrong_values() -> None:
    skips = [{"from": f"h{n}", "to": f"h{n + 2}" if n < 4 else "y"} for n in (1, 2, 3, 4)]
    spec = chain(6) | {"activation": "identity", "skips": skips}
    found = mistakes(spec, "path", "w4", "L", "w3", "w2", "w1")
    assert {one.clause.split()[2] for one in found if one.what != "averaged"} == {"h4", "h3"}  # L is no sum over paths


def test_units_that_pass_nothing_back_are_64_at_most() -> None:
    def left(first: int, second: int = 4) -> set[str]:
        widths = (1, first, second, 2)
        layers = [{"weight": [[0.1] * before] * after} for before, after in zip(widths, widths[1:])]
        found = mistakes({"input": 0.1, "target": [1, 1], "layers": layers}, "unit left out")
        names = {one.clause.partition("from ")[2].partition("[")[0] for one in found}
        assert len(found) == sum(width for name, width in (("h1", first), ("h2", second), ("y", 2)) if name in names)
        return names

    assert left(5, 1) == {"y", "h1"} == left(5, 63)
    assert left(58) == {"y", "h2", "h1"} and left(59) == {"y", "h2"} and left(1) == {"y", "h2"}


@pytest.mark.parametrize(
    ("activation", "others"),
    [
        ("identity", ["softmax"]),
        ("sigmoid", ["softmax"]),
        ("softmax", ["exp", "sigmoid", "log_softmax", "identity"]),
        ("tanh", []),
    ],
)
def test_activations_that_are_taken_for_that_of_classes(activation: str, others: list[str]) -> None:
    layer = {"weight": [[0.3], [0.2]], "activation": activation}
    of = gradcalc.load({"input": 0.5, "target": [0.7, 0.3], "layers": [layer]})
    assert [name for name, _ in over_classes(of.layers[0])] == others
    found = {
        one.clause: one for one in mistakes({"input": 0.5, "target": [0.7, 0.3], "layers": [layer]}, OTHER, "y[0]")
    }
    assert {clause for _, clause in over_classes(of.layers[0])} <= set(found)
    one_unit = {"weight": 0.3, "activation": activation}
    if activation != "softmax":
        alone = {one.clause for one in mistakes({"input": 0.5, "target": 0.7, "layers": [one_unit]}, OTHER)}
        assert not any("softmax" in clause for clause in alone)


OTHER = "another activation"


def test_of_outputs_alone_no_second_softmax_is_told() -> None:
    """Wrong outputs alone have another activation; of the loss or a gradient the loss may apply it again."""
    layers = [{"name": "y", "weight": [[0.3], [0.2]], "activation": "identity"}]
    spec = {"input": 0.5, "target": [0.7, 0.3], "layers": layers, "loss": "cross_entropy"}
    for given, whats in (
        (("y[0]", "z_y[0]"), {"no softmax"}),
        (("y[0]", "L"), {"softmax twice", "no softmax"}),
        (("w1[0,0]",), {"softmax twice", "no softmax"}),
    ):
        assert {one.what for one in mistakes(spec, "softmax or logits", *given)} == whats
    search = asked(spec, "y[0]", "L")
    found = {one.what: one for one in search.mistakes if one.kind == "softmax or logits"}
    assert found["softmax twice"].beside == "y has the activation softmax"
    p = 1 / (1 + exp(-0.05))  # softmax of 0.15 and 0.1
    twice = exp(p) / (exp(p) + exp(1 - p))
    assert search.predicted([found["softmax twice"]]) == [
        [pytest.approx(p)],
        [pytest.approx(-0.7 * log(twice) - 0.3 * log(1 - twice))],
    ]


def test_what_is_asked_about_decides_what_is_looked_for() -> None:
    spec = {"input": [[0.5], [0.1]], "target": [[0.7, 0.1], [0.2, 0.4]], "loss": "sse"} | {
        "layers": [{"name": "y", "weight": [[0.3], [0.2]], "bias": [0.1, 0.2]}]
    }

    def clauses(kind: str, *given: str) -> list[str]:
        return [one.clause for one in mistakes(spec, kind, *given)]

    for given in (("L",), ("L", "w1[0,0]"), ("w1[0,0]", "L")):
        assert clauses("function of the loss", *given) == ["L has the opposite sign", "the square root of L is taken"]
        terms = [f"the term of y[{unit}] is left out of L" for unit in (0, 1)]
        assert clauses("one output in L", *given) == terms
        assert clauses("loss's factor", *given)[0].startswith("the loss takes the mean")
        assert {one.partition(" has ")[0] for one in clauses("loss's factor", *given)[2:]} == {
            "the loss",
            "the derivative of the loss",
        }
    assert clauses("function of the loss", "w1[0,0]") == [] == clauses("one output in L", "w1[0,0]", "y[0,0]")
    assert {one.partition(" has ")[0] for one in clauses("loss's factor", "w1[0,0]")[2:]} == {
        "the derivative of the loss"
    }
    assert len(clauses("after a step", "w1[0,0]", "b1[0]")) == 6
    assert len(clauses("accumulated", "L")) == 3 and len(clauses("accumulated", "L", "w1[0,0]")) == 9
    assert len(clauses("weight decay", "L")) == 6 and len(clauses("weight decay", "L", "w1[0,0]")) == 12
    without_bias = {"input": 0.5, "target": 1, "weights": [0.3]}
    assert len(mistakes(without_bias, "weight decay", "w1")) == 6


def test_a_loss_without_a_target_has_none_to_leave_out() -> None:
    of_output = {"input": [[0.5], [0.1]], "loss": "output", "weights": [0.3], "activation": "tanh"}
    for kind in ("loss's derivative", "delta as difference", "target left out", "targets broadcast", "targets moved"):
        assert mistakes(of_output, kind, "w1") == [], kind
        assert mistakes(of_output | {"loss": "sse", "target": [[1], [0]]}, kind, "w1") != [], kind


def test_a_step_of_half_the_gradient_is_a_mean_over_two_examples() -> None:
    """And is told as that; a step of 1 is the gradient."""
    spec = {"input": [[0.5], [0.1]], "target": [[0.7], [0.2]], "weights": [0.3]}
    found = [one.what + one.clause.partition("it is the step ")[1] for one in mistakes(spec, "learning rate", "w1")]
    assert found.count("learning rate included") == 8 and found.count("learning rate includedit is the step ") == 9
    rates = {one.clause.split()[3] for one in mistakes(spec, "learning rate", "w1") if "the step" not in one.clause}
    assert rates == {"0.1", "0.01", "0.05", "0.001", "0.2", "0.3", "0.25", "0.02"}


def test_numbers_of_fewer_digits() -> None:
    found = mistakes(chain(2), "other numbers")
    assert [one.clause for one in found] == [
        *(f"it is computed in {name}" for name in ("float32", "float16", "bfloat16")),
        *(f"every intermediate number is rounded to {n} decimals" for n in range(1, 7)),
        *(f"every intermediate number is rounded to {n} significant digits" for n in range(2, 7)),
    ]
    commands = [*(f"compute SPEC --dtype {name}" for name in ("float32", "float16", "bfloat16"))]
    commands += [f"explain SPEC --round {n}" for n in range(1, 7)]
    assert [one.command for one in found] == [*(f"gradcalc {one}" for one in commands), *[None] * 5]
    x = 0.0123456789
    search = asked({"input": x, "loss": "output", "activation": "identity", "weights": [2]}, "w1")
    (_, float16, _), (*rounded,) = (
        [search.predicted([one]) for one in search.mistakes if one.kind == "other numbers" and one.what in whats]
        for whats in (("float32", "float16", "bfloat16"), ("rounded",))
    )
    assert rounded == [[[round(x, n)]] for n in (*range(1, 7), *range(3, 8))]
    assert float16 == [[unpack("<e", pack("<e", x))[0]]]


def test_every_number_of_both_passes_is_rounded() -> None:
    """y = b·h with h = a·x: ∂y/∂a is b·x and ∂y/∂x is b·a."""
    x, a, b = 0.7654321, 0.2345678, 1.3456789
    search = asked({"input": x, "loss": "output", "activation": "identity", "weights": [a, b]}, "y", "w1", "x")
    for one in search.mistakes:
        if one.what == "rounded" and one.clause.endswith("decimals"):
            n = int(one.clause.split()[-2])
            of_x, of_a, of_b = round(x, n), round(a, n), round(b, n)
            y = round(of_b * round(of_a * of_x, n), n)
            assert search.predicted([one]) == [[y], [round(of_b * of_x, n)], [round(of_b * of_a, n)]]


def test_the_mean_and_the_sum_over_the_batch_have_formulas() -> None:
    spec = {"input": [[0.5], [0.1]], "target": [[0.7], [0.2]], "weights": [0.3]}
    assert [one.formula for one in mistakes(spec, "over the batch")] == ["∂L/∂w/2", "2·∂L/∂w"]


def test_delta_is_no_difference_where_units_are_maxima() -> None:
    """Nor where units of the output are read by something other than the loss alone."""
    maxout = {"weight": [[0.3], [0.2]], "activation": {"name": "maxout", "pieces": 2}}
    search = asked({"input": 0.5, "target": 1, "layers": [maxout]}, "w1[0,0]")
    found = [one for one in search.mistakes if one.kind == "delta as difference"]
    predicted = {one.what: search.predicted([one]) for one in found}
    assert predicted.pop("∂L/∂y = y − t") is not None
    assert predicted == {"δ = y − t": None, "logits for probabilities": None, "δ = y": None}


def test_a_network_is_computed_in_other_numbers_where_it_is_small() -> None:
    def made(examples: int) -> int:
        spec = {"input": [[0.1] * 10] * examples, "loss": "output", "layers": [{"weight": [[0.1] * 10]}]}
        setting: Any = SimpleNamespace(network=gradcalc.load(spec))
        return len(list(in_other_numbers(setting)))

    assert (made(200), made(201)) == (14, 0)


@pytest.mark.parametrize(
    ("rounded", "number", "result"),
    [
        (to_decimals(2), -0.125001, -0.13),
        (to_digits(3), 0.00123456, 0.00123),
        (to_digits(3), -98765.0, -98800.0),
        (to_digits(2), 0.0, 0.0),
        (to_digits(2), 9.99e299, 1e300),
        (to_digits(2), 1.234e300, 1.234e300),
        (to_digits(1), 1.0, 1.0),
        (to_bits(3), 1.3, 1.25),
        (to_bits(3), -5.2, -5.0),
        (to_bits(3), inf, inf),
        (to_bits(8), 1 / 3, 171 / 512),
    ],
)
def test_rounding_to_decimals_digits_and_bits(rounded: Any, number: float, result: float) -> None:
    assert rounded(number) == result


def test_any_two_of_twelve_gradients_may_be_exchanged() -> None:
    names = [f"w{number}" for number in range(1, 14)]
    assert len(mistakes(chain(13), "exchanged", *names)) == 66
    assert len(mistakes(chain(13), "exchanged", *names[:12])) == 66
    assert [one.clause for one in mistakes(chain(3), "exchanged", "w2", "L", "w1")] == [
        "∂L/∂w2 and ∂L/∂w1 are exchanged"
    ]
    of = gradcalc.load(UNITS)
    rows = [["9", "9"], ["9", "9"]]
    given = [given_value(of, "w1", rows), given_value(of, "w2[0,0]", "9"), given_value(of, "w2", rows)]
    search = searched(of, given)
    assert search is not None
    (one,) = (one for one in search.mistakes if one.kind == "exchanged")
    first, second, third = search.evidence.right
    assert one.clause == "∂L/∂w1 and ∂L/∂w2 are exchanged" and search.predicted([one]) == [third, second, first]


def test_matrices_and_their_entries_are_transposed() -> None:
    of = gradcalc.load(
        {"input": [0.5, -0.3], "target": 1, "activation": "tanh"}
        | {"layers": [{"weight": [[0.5, 0.1], [0.2, -0.7], [0.4, 0.3]], "bias": [0.1, 0, 0]}, {"weight": [[1, 2, 3]]}]}
    )
    data = {"w1": [["9", "9"]] * 3, "w2": [["9"] * 3], "b1": ["9"] * 3}
    data |= dict.fromkeys(("w1[0,1]", "w1[1,1]", "w1[2,1]", "w1[1,0]", "L"), "9")
    search = searched(of, [given_value(of, name, text) for name, text in data.items()])
    assert search is not None
    found = [(one.clause, one.formula, search.predicted([one])) for one in search.mistakes if one.kind == TRANSPOSED]
    flat, right = gradcalc.gradients(of)["w1"], search.evidence.right
    (whole, of_01, of_10) = found
    assert [one[:2] for one in found] == [
        ("∂L/∂w1 is transposed", None),
        ("∂L/∂w1 is transposed", "∂L/∂w1[1,0]"),
        ("∂L/∂w1 is transposed", "∂L/∂w1[0,1]"),
    ]
    assert whole[2] == [[pytest.approx(x) for x in flat.T.ravel()], *right[1:]]
    assert of_01[2] == [*right[:3], right[6], *right[4:]] and of_10[2] == [*right[:6], right[3], *right[7:]]


TRANSPOSED = "gradient transposed"


def predictions(search: Search, kind: str) -> dict[str, Any]:
    """What every mistake of a kind gives, by its clause."""
    return {one.clause: search.predicted([one]) for one in search.mistakes if one.kind == kind}


def test_where_an_output_has_no_term_of_its_own_in_the_loss() -> None:
    def outputs(count: int, loss: str = "sse") -> int:
        spec = {"input": 0.1, "target": [0.25] * count, "loss": loss, "layers": [{"weight": [[0.1]] * count}]}
        return len(mistakes(spec, "one output in L"))

    assert (outputs(1), outputs(2), outputs(16), outputs(17)) == (0, 2, 16, 0)
    assert outputs(2, "cross_entropy") == 0


def test_a_bias_of_which_a_part_is_0_and_one_that_is_0() -> None:
    layers = [{"weight": [[0.3], [0.2]], "bias": [0, 0.2]}, {"weight": [[0.3, 0.4]], "bias": 0}]
    found = [one.clause for one in mistakes({"input": 0.1, "target": 0.25, "layers": layers}, "bias left out")]
    assert found == ["the bias b1 is not added"]


def test_three_uses_of_a_shared_weight() -> None:
    """y = W·W·W·x with W = 3 and x = 1: each use gives 9."""
    layers = [{"weight": "W", "activation": "identity"}] * 3
    search = asked({"input": 1, "loss": "output", "parameters": {"W": 3.0}, "layers": layers}, "W")
    others = "the shared W is counted at {} alone, and its other uses are left out"
    assert predictions(search, "one use") == {
        **{others.format(node): [[9.0]] for node in ("h1", "h2", "y")},
        **{f"the use of the shared W at {node} is left out": [[18.0]] for node in ("h1", "h2", "y")},
        "the 3 uses of W are averaged in place of summed": [[pytest.approx(9.0)]],
    }


def test_a_function_of_the_loss_has_a_formula() -> None:
    assert [one.formula for one in mistakes(chain(1), "function of the loss")] == ["−L", "√L"]
    assert [one.formula for one in mistakes(chain(1, loss="mae"), "function of the loss")] == ["−L"]


def test_joins_of_one_node_are_all_alike() -> None:
    assert mistakes(chain(2), "another join") == [] == mistakes(chain(2), "source left out")
    joined = {"name": "y", "from": ["a", "b"], "join": "concat"}
    spec = {"input": {"a": 0.5, "b": 0.7}, "target": [0.3, 0.1], "layers": [joined]}
    assert mistakes(spec, "another join") == [] == mistakes(spec, "source left out")


def test_all_skips_left_out_before_and_behind_the_activation() -> None:
    skips = [{"from": "h1", "to": "h3", "into": "output"}, {"from": "h2", "to": "y"}]
    search = asked({"input": 0.5, "loss": "output", "activation": "tanh", "weights": [1] * 4, "skips": skips}, "y")
    h1 = tanh(0.5)
    h2 = tanh(h1)
    h3 = tanh(h2)
    assert predictions(search, "skip left out forward") == {
        "the skip h1 → h3 (skip h1→h3) is left out, of the forward pass too": [[pytest.approx(tanh(h3 + h2))]],
        "the skip h2 → y (skip h2→y) is left out, of the forward pass too": [[pytest.approx(tanh(h3 + h1))]],
        "all skips are left out, of the forward pass too": [[pytest.approx(tanh(h3))]],
    }
    commands = [one.command for one in search.mistakes if one.kind == "skip left out forward"]
    assert commands == [None, None, "gradcalc compute SPEC --no-skips"]


def test_of_many_paths_200_are_left_out_one_by_one() -> None:
    skips = [{"from": f"h{n}", "to": f"h{n + 1}" if n < 9 else "y", "into": "output"} for n in range(2, 10)]
    spec = chain(10) | {"activation": "identity", "skips": skips}
    found = [one.what for one in mistakes(spec, "path", "w2")]
    assert (found.count("path left out"), found.count("path counted twice"), found.count("averaged")) == (200, 200, 1)
    told = [one for one in mistakes(spec, "path", "w2") if one.what != "averaged"]
    assert {(one.command, one.formula) for one in told} == {(None, None)}  # others of the 256 may have their edges


def test_what_is_no_sum_over_paths_has_none_left_out() -> None:
    skip = {"from": "h1", "to": "h2", "into": "output"}
    spec = chain(3, skips=[{"from": "h1", "to": "y"}])
    assert mistakes(spec, "path", "delta_h1") != [] != mistakes(spec, "path", "dL/dh1")
    for given in ("L", "y", "z_h1"):
        assert mistakes(spec, "path", given) == []
    batch = spec | {"input": [[0.5], [0.1]], "target": [[1], [0]]}
    assert mistakes(batch, "path", "delta_h1[0,0]") == [] == mistakes(batch, "path", "dL/dh1[0,0]")
    behind = chain(3, skips=[skip, {"from": "h2", "to": "y"}])  # δ is ∂L/∂h2 times σ′ of a part of h2
    assert mistakes(behind, "path", "delta_h2") == []


def test_a_path_is_singled_out_by_a_node_where_no_edge_does() -> None:
    """y = V·a + W·b with a = W·h and b = V·h: both weights are on both paths."""
    layers = [
        {"name": "h", "weight": 2.0},
        {"name": "a", "from": {"h": "W"}},
        {"name": "b", "from": {"h": "V"}},
        {"name": "y", "from": {"a": "V", "b": "W"}},
    ]
    spec = {"input": 1, "loss": "output", "activation": "identity", "parameters": {"V": 3.0, "W": 5.0}}
    found = mistakes(spec | {"layers": layers}, "path", "w1")
    assert {one.clause: one.command for one in found if one.what == "path left out"} == {
        f"the path h → {node} → y (through {through}) is left out": f"gradcalc paths SPEC --wrt w1 --avoid {node}"
        for node, through in (("a", "W, V"), ("b", "V, W"))
    }


def test_a_hidden_softmax_is_differentiated_unit_by_unit() -> None:
    layers = [{"weight": [[0.3], [0.2]], "activation": "softmax"}, {"weight": [[1, 2]]}]
    found = mistakes({"input": 0.5, "target": 1, "layers": layers}, "softmax unit by unit")
    assert [one.clause for one in found] == ["softmax in h1 is differentiated unit by unit, p(1 − p), without −p_i·p_j"]


def test_what_is_near_a_weight_and_what_is_not() -> None:
    found = [one.clause for one in mistakes(chain(6), "another input", "w1")]
    of_w5 = {clause.split()[2] for clause in found if clause.startswith("∂L/∂w5 takes")}
    assert of_w5 == {"x", "h2", "h3", "h5", "y"}  # of which h4 is the one that it is multiplied by


def test_products_of_three_and_skips_with_weights_are_let_be() -> None:
    three = {"name": "y", "from": ["a", "b", "c"], "join": "multiply"}
    spec = {"input": {"a": 0.5, "b": 0.7, "c": 0.9}, "target": 1, "layers": [three]}
    assert mistakes(spec, "factor of a product") == []
    skip = {"from": "h1", "to": "h3", "into": "output", "weight": 0.5}
    found = [one.clause for one in mistakes(chain(4, skips=[skip]), "skip behind the activation")]
    assert found == [
        "y in σ′ = 1 − y² (σ′(z) of h3) is the output with the skip",
        "∂L/∂w4 takes tanh(z) of h3, without the skip, in place of h3",
    ]
    linear = chain(3, skips=[{"from": "h1", "to": "y"}]) | {"activation": "identity"}
    assert mistakes(linear, "skip elsewhere") == [] == mistakes(chain(3), "skip elsewhere")


def test_targets_of_outputs_of_two_widths_are_let_be() -> None:
    layers = [{"name": f"of{n}", "from": "x", "weight": [[0.3]] * n} for n in (2, 3)]
    spec = {"input": 0.5, "target": {"of2": [0, 1], "of3": [0, 1, 1]}, "layers": layers}
    assert mistakes(spec, "targets moved") == []


def test_of_one_unit_of_several_there_is_no_command() -> None:
    commands = [one.command for one in mistakes(UNITS, FORGOTTEN)]
    assert len(commands) == 6 and set(commands) == {None}


FORGOTTEN = "input left out forward"


def test_a_value_of_another_size_is_none_that_was_given() -> None:
    of = gradcalc.load(UNITS)
    search = searched(of, [given_value(of, "w1", [["9", "9"]] * 2), given_value(of, "h", ["9", "9"])])
    assert search is not None
    found = predictions(search, "another value")
    right = search.evidence.right
    assert found["it is ∂L/∂w2 in place of ∂L/∂w1"] == [list(gradcalc.gradients(of)["w2"].ravel()), right[1]]
    assert found["it is δ_h in place of ∂L/∂w1"] is None
    assert found["it is y in place of h"] is not None


def test_weights_that_are_updated_already_are_so_by_what_else_is_done() -> None:
    """Whichever of the two mistakes is named first: each gradient is twice as large as it would be."""

    def local(of: SimpleNamespace) -> dict[str, float]:
        of.of_loss *= 2
        return {"of_loss": of.of_loss, **with_updated_weights(of, 0.5)}

    search = searched_for(CHAIN, *GIVEN)
    updated, twice = (
        next(one for one in search.mistakes if words in one.clause)
        for words in ("updated with learning rate 0.5, in place", "the factor 2 too many (or ½ left out), though L")
    )
    expected = [[pytest.approx(by_hand(local)[name], rel=1e-11)] for name in GIVEN]
    assert search.predicted([updated, twice]) == expected == search.predicted([twice, updated])


GRAINS: dict[str, Any] = COUPLED | {
    "input": [[0.5, -0.2], [0.3, 0.9]],
    "target": [[0.1, 0.4], [0.7, 0.2]],
    "skips": [
        {"from": "h1", "to": "y", "into": "output"},
        {"from": "h1", "to": "h2", "weight": [[0.1, 0.2], [0.3, 0.4]]},
    ],
}


def test_mistakes_in_the_backward_pass_give_the_same_in_plain_numbers_and_in_arrays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of = gradcalc.load(GRAINS)
    givens = [given_value(of, one.name, mapped_entries(one.value, lambda *_: "9")) for one in of.parameters]

    def found() -> tuple[Search, list[tuple[str, Any]]]:
        search = searched(of, givens)
        assert search is not None
        return search, [
            (one.clause, search.predicted([one])) for one in search.mistakes if one.edges and not one.network
        ]

    units, of_units = found()
    monkeypatch.setattr("gradcalc.analysis.hypotheses.FEW", -1)
    monkeypatch.setattr("gradcalc.analysis.point.THIN", 0)
    arrays, of_arrays = found()
    assert isinstance(units.setting.own.at, ScalarPoint) and not isinstance(arrays.setting.own.at, ScalarPoint)
    assert [clause for clause, _ in of_units] == [clause for clause, _ in of_arrays] and len(of_units) > 50
    for (clause, one), (_, other) in zip(of_units, of_arrays):
        assert (one is None) == (other is None), clause
        assert one is None or [x for row in one for x in row] == pytest.approx(
            [x for row in other for x in row], rel=1e-9, abs=1e-13
        ), clause


def test_a_network_of_1500_edges_is_searched_in_plain_numbers() -> None:
    for count in (1499, 1500):  # and one of its activation
        layer = {"weight": [[0.001] * count]}
        search = asked({"input": [0.1] * count, "target": 1, "layers": [layer]}, "L")
        assert isinstance(search.setting.own.at, ScalarPoint) == (count == 1499)


def test_what_another_join_gives() -> None:
    """m = tanh of 0.4 and −0.35 joined, and y = 0.4·m + 0.45 + 0.2."""
    joined = {"sum": 0.05, "mean": 0.025, "maximum": 0.4, "product": -0.14}
    own = [[pytest.approx(tanh(joined["product"]))], [pytest.approx(0.65 + 0.4 * tanh(joined["product"]))]]
    search = asked(JOINED, "m", "y")
    assert search.evidence.right == own
    expected: dict[str, Any] = {
        f"m takes the {name} of what it joins in place of the product": [
            [pytest.approx(tanh(z))],
            [pytest.approx(0.65 + 0.4 * tanh(z))],
        ]
        for name, z in joined.items()
        if name != "product"
    }
    terms = 0.4 * tanh(-0.14), 0.45
    for name, z in {"mean": sum(terms) / 2, "maximum": 0.45, "product": terms[0] * 0.45}.items():
        expected[f"y takes the {name} of what it joins in place of the sum"] = [own[0], [pytest.approx(z + 0.2)]]
    assert predictions(search, "another join") == expected
    assert predictions(search, "source left out") == {
        "y does not read m (w2_m), in the forward pass either": [own[0], [pytest.approx(0.65)]],
        "y does not read a (w2_a), in the forward pass either": [own[0], [pytest.approx(0.2 + terms[0])]],
    }


def test_one_example_of_a_sum_over_the_batch() -> None:
    """∂/∂w of (w·x − t)² is 2·(w·x − t)·x: −0.55 of one example and 0.034 of the other."""
    spec = {"input": [[0.5], [0.1]], "target": [[0.7], [-0.14]], "weights": [0.3], "activation": "identity"}
    search = asked(spec | {"loss": {"name": "sse", "reduction": "sum"}}, "w1")
    assert predictions(search, "one example") == {
        "example 1 (counted from 0) alone is counted, not the batch of 2": [[pytest.approx(0.034)]],
        "example 0 (counted from 0) alone is counted, not the batch of 2": [[pytest.approx(-0.55)]],
    }


def test_a_path_is_left_out_before_what_is_left_is_multiplied() -> None:
    """y = 3·h2 + 5·h1 with h1 = 2·x and h2 = 7·h1: a learning rate of a tenth of one path alone, in any order."""
    skips = [{"from": "h1", "to": "y", "weight": {"value": 5.0, "name": "s"}}]
    spec = {"input": 1, "loss": "output", "activation": "identity", "weights": [2, 7, 3], "skips": skips}
    search = asked(spec, "w1")
    (path,) = (
        one for one in search.mistakes if one.clause == "the path h1 → y (through s) is left out" and one.kind == "path"
    )
    (rate,) = (one for one in search.mistakes if one.clause.startswith("the learning rate 0.1 is"))
    for both in ([path, rate], [rate, path]):
        assert search.predicted(both) == [[pytest.approx(2.1)]]
    of_w2, of_w3 = (
        next(one for one in search.mistakes if one.clause == f"the factor {name} is left out of the chain rule")
        for name in ("w2", "w3")
    )
    for both, left in (([path, of_w2], 3.0), ([of_w3, path], 7.0), ([of_w2, path], 3.0), ([path, of_w3], 7.0)):
        assert search.predicted(both) == [[pytest.approx(left)]]
    long = next(one for one in search.mistakes if one.kind == "path" and "h2" in one.clause and "left" in one.clause)
    for other in (of_w2, of_w3, of_w2):
        assert search.predicted([long, other]) == [[pytest.approx(5.0)]]


def test_names_of_several_activations_are_in_one_order() -> None:
    layers = [{"weight": 0.3, "activation": name} for name in ("tanh", "sigmoid", "relu", "sigmoid")]
    setting = asked({"input": 0.5, "target": 1, "layers": layers}, "w1").setting
    found = [one.clause for one in everywhere(setting, "", "{of} at {node}", lambda *_: 1.0, ("tanh", "sigmoid"))]
    assert found == [
        "σ′(z) of y at y",
        "σ′(z) of h2 at h2",
        "σ′(z) of h1 at h1",
        "σ′(z) of every layer with sigmoid or tanh at of the layer",
        "σ′(z) of every hidden layer with sigmoid or tanh at of the layer",
    ]
    alone = [one.clause for one in everywhere(setting, "", "{of}", lambda *_: 1.0, ("tanh",))]
    assert alone == ["σ′(z) of h1"]
    hidden = [one.clause for one in everywhere(setting, "", "{of}", lambda *_: 1.0, ("relu", "tanh"))]
    assert hidden == ["σ′(z) of h3", "σ′(z) of h1", "σ′(z) of every layer with relu or tanh"]


FORK: dict[str, Any] = {
    "input": 0.5,
    "loss": "output",
    "activation": "identity",
    "layers": [
        {"name": "a", "weight": 2.0},
        {"name": "b", "from": {"a": 3.0}},
        {"name": "c", "from": {"a": 5.0}},
        {"name": "d", "from": ["a", "b"]},
        {"name": "y", "from": {"d": 7.0, "c": 11.0, "b": 13.0}},
    ],
}


def test_a_path_is_told_as_far_as_it_is_one() -> None:
    """From b one edge leads to y and one to d; ∂y/∂a is 7·(1 + 3) + 11·5 + 13·3 = 122."""
    search = asked(FORK, "w1")
    assert predictions(search, "left out") == {
        "the path a → d → y (through a→d, w5_d) is left out": [[57.5]],
        "what comes through a → b (through w2_a) is left out": [[31.0]],
        "the path a → c → y (through w3_a, w5_c) is left out": [[33.5]],
        "the path b → d → y (through b→d, w5_d) is left out": [[50.5]],
        "the path b → y (through w5_b) is left out": [[41.5]],
    }
