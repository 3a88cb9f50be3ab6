"""Names of other programs: matched by the layer's name, by shape, by order; refused where nothing fits."""

from __future__ import annotations

import pytest

import gradcalc
from gradcalc.analysis.foreign_names import Match, is_foreign, matches
from gradcalc.errors import UsageError
from gradcalc.network.network import Network


def network(*widths: int, names: tuple[str, ...] = ()) -> Network:
    layers = [
        {"weight": [[0.1] * before] * after, "bias": [0.0] * after} | ({"name": names[n]} if names else {})
        for n, (before, after) in enumerate(zip(widths, widths[1:]))
    ]
    return gradcalc.load({"input": [1.0] * widths[0], "target": [0.0] * widths[-1], "layers": layers})


@pytest.mark.parametrize(
    "names",
    [
        ("0.weight", "0.bias", "2.weight", "2.bias", "10.weight", "10.bias"),
        ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"),
        ("layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "head.weight", "head.bias"),
        ("0.weight.grad", "0.bias.grad", "1.weight.grad", "1.bias.grad", "2.weight.grad", "2.bias.grad"),
    ],
)
def test_layers_are_matched_in_order(names: tuple[str, ...]) -> None:
    sizes = [(4, 3), (4,), (4, 4), (4,), (2, 4), (2,)]
    found = matches(network(3, 4, 4, 2), dict(zip(names, sizes)))
    assert found == {name: Match(own) for name, own in zip(names, ["w1", "b1", "w2", "b2", "w3", "b3"])}


def test_numbered_layers_are_matched_by_their_numbers_whatever_order_a_file_has() -> None:
    found = matches(network(3, 4, 4, 2), {"10.weight": (2, 4), "2.weight": (4, 4), "0.weight": (4, 3)})
    assert {name: match.parameter for name, match in found.items()} == {
        "0.weight": "w1",
        "2.weight": "w2",
        "10.weight": "w3",
    }


def test_a_layer_that_does_not_fit_is_passed_over() -> None:
    assert matches(network(3, 4, 4, 2), {"last.weight": (2, 4)}) == {"last.weight": Match("w3")}


def test_a_layer_of_the_same_name_is_that_layer() -> None:
    own = network(4, 4, 4, names=("encoder", "decoder"))
    found = matches(own, {"model.decoder.weight": (4, 4), "model.encoder.weight": (4, 4)})
    assert found == {"model.decoder.weight": Match("w2"), "model.encoder.weight": Match("w1")}


def test_kernels_of_keras_are_in_by_out() -> None:
    found = matches(network(3, 4, 4), {"dense/kernel:0": (3, 4), "dense/bias:0": (4,), "dense_1/kernel:0": (4, 4)})
    assert found == {
        "dense/kernel:0": Match("w1", transposed=True),
        "dense/bias:0": Match("b1"),
        "dense_1/kernel:0": Match("w2", transposed=True),
    }


def test_a_weight_that_fits_only_transposed_is_transposed() -> None:
    assert matches(network(3, 4), {"0.weight": (3, 4)}) == {"0.weight": Match("w1", transposed=True)}


def test_a_bias_of_several_layers_is_that_of_the_first() -> None:
    layers = [{"weight": [[1, 2], [3, 4]], "bias": "B"}] * 2
    shared = gradcalc.load({"input": [1, 2], "target": [1, 2], "parameters": {"B": [0, 1]}, "layers": layers})
    names: dict[str, tuple[int, ...]] = {"0.weight": (2, 2), "0.bias": (2,), "1.weight": (2, 2)}
    assert [one.parameter for one in matches(shared, names).values()] == ["w1", "B", "w2"]
    with pytest.raises(
        UsageError, match=r"^1\.weight \(2×2\), 1\.bias \(2\): after 0\.weight for w1, 0\.bias for B no layer"
    ):
        matches(shared, {**names, "1.bias": (2,)})


def test_a_vector_is_not_transposed() -> None:
    assert matches(network(3, 1), {"dense/kernel:0": (3, 1)}) == {"dense/kernel:0": Match("w1")}
    assert matches(network(1, 3), {"0.weight": (1, 3)}) == {"0.weight": Match("w1")}


def test_a_number_is_a_matrix_of_one() -> None:
    assert matches(gradcalc.load("residual"), {"0.weight": (1, 1)}) == {"0.weight": Match("w1")}


def test_what_is_given_by_its_own_name_is_not_matched_again() -> None:
    assert matches(network(4, 4, 4), {"0.weight": (4, 4)}, ["w1"]) == {"0.weight": Match("w2")}


def test_a_shape_that_nothing_has_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        matches(network(3, 4, 2), {"0.weight": (4, 3), "1.weight": (5, 4), "1.bias": (5,)})
    assert "1.weight (5×4), 1.bias (5): after 0.weight for w1 no layer of the network has parameters of these" in str(
        error.value
    )


@pytest.mark.parametrize(("name", "foreign"), [("0.weight", True), ("weight", True), ("w1", False), ("x.y", False)])
def test_names_of_other_programs_have_a_form(name: str, foreign: bool) -> None:
    assert is_foreign(name) is foreign


def test_the_message_names_what_was_taken_and_what_there_is() -> None:
    layers = [{"weight": [[1, 2], [3, 4], [5, 6]], "bias": [1, 1, 1]}, {"weight": [[1, 2, 3]] * 3}]
    network = gradcalc.load({"input": [1, 2], "target": [1, 2, 3], "layers": layers})
    with pytest.raises(UsageError) as error:
        matches(network, {"a.weight": (3, 2), "a.bias": (3,), "b.weight": (4, 4), "b.bias": ()})
    assert str(error.value) == (
        "b.weight (4×4), b.bias (a number): after a.weight for w1, a.bias for b1 no layer of the network has "
        "parameters of these shapes; it has w1 3×2, b1 3, w2 3×3"
    )
    with pytest.raises(UsageError, match=r"^a\.weight \(7\): no layer of the network has"):
        matches(network, {"a.weight": (7,)})


def test_the_message_names_two_that_were_taken_and_eight_that_there_are() -> None:
    layers = [{"weight": 1, "bias": 1}] * 5
    five = gradcalc.load({"input": 1, "target": 1, "layers": layers})
    given: dict[str, tuple[int, ...]] = {"0.weight": (), "0.bias": (), "1.weight": (), "2.weight": (7,)}
    with pytest.raises(UsageError) as error:
        matches(five, given)
    has = ", ".join(f"{kind}{number} a number" for number in range(1, 5) for kind in "wb")
    assert str(error.value) == (
        "2.weight (7): after 0.bias for b1, 1.weight for w2 no layer of the network has parameters of these shapes; "
        f"it has {has}"
    )


def test_a_layer_of_the_same_name_in_a_path_is_that_layer() -> None:
    own = network(4, 4, 4, names=("encoder", "decoder"))
    assert matches(own, {"model/decoder/kernel:0": (4, 4)}) == {"model/decoder/kernel:0": Match("w2", transposed=True)}
    assert matches(own, {"a/b.decoder.weight": (4, 4)}) == {"a/b.decoder.weight": Match("w2")}
