"""Targets: numbers, lists, batches, class indices, several losses; and losses as the spec states them."""

import pytest
from specs import CHAIN, errors, network

THREE = {"input": [1, 2], "layers": [{"weight": [[1, 2], [3, 4], [5, 6]], "activation": "softmax"}]}
RULE = "a target has one number per unit"
RULE_OR_CLASS = "a target has one number per unit, or is a class index"


def target(spec, **top):
    (found,) = network({**spec, **top}).targets
    return found


@pytest.mark.parametrize(
    ("spec", "top", "rows"),
    [
        (CHAIN, {"target": 1}, [[1.0]]),
        (CHAIN, {"target": [1]}, [[1.0]]),
        (CHAIN, {"target": "1/4"}, [[0.25]]),
        (CHAIN, {"target": {"y": 2}}, [[2.0]]),
        (THREE, {"target": [0, 1, 0]}, [[0.0, 1.0, 0.0]]),
        (THREE, {"target": 2, "loss": "cross_entropy"}, [[0.0, 0.0, 1.0]]),
        (THREE, {"target": 0, "loss": "nll"}, [[1.0, 0.0, 0.0]]),
        (THREE, {"target": {"y": 1}, "loss": "kl"}, [[0.0, 1.0, 0.0]]),
        (CHAIN, {"input": [[1], [2], [3]], "target": [4, 5, 6]}, [[4.0], [5.0], [6.0]]),
        (CHAIN, {"input": [[1], [2]], "target": [[4], [5]]}, [[4.0], [5.0]]),
        (THREE, {"input": [[1, 2], [3, 4]], "target": [2, 0], "loss": "cross_entropy"}, [[0, 0, 1], [1, 0, 0]]),
        (
            THREE,
            {"input": [[1, 2]] * 3, "target": [0, 1, 2], "loss": "cross_entropy"},
            [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        ),
    ],
)
def test_rows_of_a_target(spec, top, rows):
    found = target(spec, **top)
    assert found.rows == rows


@pytest.mark.parametrize(
    ("spec", "top", "printed"),
    [
        (CHAIN, {"target": 1}, 1),
        (CHAIN, {"target": [1]}, 1),
        (CHAIN, {"target": "1/4"}, 0.25),
        (THREE, {"target": [0, "1/2", 0]}, [0, 0.5, 0]),
        (THREE, {"target": 2, "loss": "cross_entropy"}, 2),
        (THREE, {"input": [[1, 2], [3, 4]], "target": [2, 0], "loss": "nll"}, [2, 0]),
        (CHAIN, {"input": [[1], [2]], "target": [4, "1/2"]}, [[4], [0.5]]),
        (CHAIN, {"input": [[1]], "target": [[4]]}, [[4]]),
    ],
)
def test_a_target_prints_in_the_shape_of_its_node_and_a_class_index_as_given(spec, top, printed):
    assert target(spec, **top).given == printed


def test_exact_constants_by_example_and_unit():
    assert target(CHAIN, target="1/3").exact == {(0, 0): "1/3"}
    assert target(THREE, target=[0, "1/3", "2/3"]).exact == {(0, 1): "1/3", (0, 2): "2/3"}
    assert target(CHAIN, input=[[1], [2]], target=[0, "1/3"]).exact == {(1, 0): "1/3"}
    assert target(CHAIN, input=[[1], [2]], target=[[0], ["1/3"]]).exact == {(1, 0): "1/3"}


def test_several_losses_stand_in_the_order_of_their_nodes():
    built = network({**CHAIN, "target": {"y": 1, "h1": 2}})
    assert [(built.nodes[found.node].name, found.given) for found in built.targets] == [("h1", 2), ("y", 1)]


def test_no_target_is_no_loss():
    assert network({"input": 1, "weights": [1]}).targets == ()


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        ({**THREE, "target": 1}, ("target",), f"is one number but y has 3 units; {RULE}"),
        ({**THREE, "target": [1, 2]}, ("target",), f"has 2 entries but y has 3 units; {RULE}"),
        ({**CHAIN, "target": [1, 2]}, ("target",), f"has 2 entries but y has 1 unit; {RULE}"),
        ({**CHAIN, "target": [[1]]}, ("target",), "is a list of lists, a batch, but the input is one example"),
        ({**THREE, "target": 3, "loss": "cross_entropy"}, ("target",), "is class 3 but y has 3 units, classes 0 to 2"),
        (
            {**THREE, "target": -1, "loss": "cross_entropy"},
            ("target",),
            "is class -1 but y has 3 units, classes 0 to 2",
        ),
        (
            {**THREE, "target": 1.0, "loss": "nll"},
            ("target",),
            "is 1.0, no class index: that is a whole number from 0 on",
        ),
        ({**THREE, "target": [1, 2], "loss": "nll"}, ("target",), f"has 2 entries but y has 3 units; {RULE_OR_CLASS}"),
        (
            {**THREE, "input": [[1, 2], [3, 4]], "target": [0, 3], "loss": "nll"},
            ("target", 1),
            "is class 3 but y has 3 units, classes 0 to 2",
        ),
        (
            {**THREE, "input": [[1, 2], [3, 4]], "target": [0, 3]},
            ("target",),
            f"has one number per example but y has 3 units; {RULE}",
        ),
        (
            {**CHAIN, "input": [[1], [2]]},
            ("target",),
            "is one number but the input is a batch of 2; a target has one number, list or class index per example",
        ),
        (
            {**CHAIN, "input": [[1], [2]], "target": [[1], [2], [3]]},
            ("target",),
            "has 3 entries but the input is a batch of 2; a target has one number, list or class index per example",
        ),
        (
            {**CHAIN, "input": [[1], [2]], "target": [[1, 2], [2, 3]]},
            ("target",),
            f"has rows of 2 entries but y has 1 unit; {RULE}",
        ),
        ({**CHAIN, "target": {"z": 1}}, ("target", "z"), '"z" is no layer; the layers are h1, h2, y'),
        ({**CHAIN, "target": {"h11": 1}}, ("target", "h11"), '"h11" is no layer; the layers are h1, h2, y'),
        ({**CHAIN, "target": {"x": 1}}, ("target", "x"), "x is an input; targets are for layers"),
        (
            {**CHAIN, "loss": "output"},
            ("target",),
            "is not for loss output, which takes none; leave it out, or choose another loss",
        ),
    ],
)
def test_targets_that_do_not_fit(spec, path, message):
    assert errors(spec) == [(path, message)]


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        ("mse", "mse"),
        ({"name": "huber", "delta": 0.5, "scale": 2}, "huber"),
        ({"name": "mse", "scale": "1/2", "reduction": "sum"}, "mse"),
    ],
)
def test_losses(loss, text):
    bound = network({**CHAIN, "loss": loss}).loss
    assert bound.name == text
    assert bound.scale == ({"1/2": 0.5}.get(loss["scale"], loss["scale"]) if isinstance(loss, dict) else 1.0)


def test_a_loss_by_formula_with_scale_and_reduction():
    bound = network({**CHAIN, "loss": {"formula": "(y - t)^2 / 2", "scale": 4, "reduction": "sum"}}).loss
    assert (bound.value([3.0], [1.0]), bound.derivatives([3.0], [1.0]), bound.reduction) == (8.0, [8.0], "sum")
