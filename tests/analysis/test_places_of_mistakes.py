"""Where in a network each kind of mistake can be made, and where it can not."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.backward_mistakes import quoted
from gradcalc.analysis.batch_mistakes import orders
from gradcalc.analysis.given_values import given_value
from gradcalc.analysis.hypotheses import searched
from gradcalc.analysis.mistakes import Mistake


def mistakes(spec: Any, kind: str, given: str = "L") -> list[Mistake]:
    of = gradcalc.load(spec)
    search = searched(of, [given_value(of, given, "98765")])
    assert search is not None
    return [one for one in search.mistakes if one.kind == kind]


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
