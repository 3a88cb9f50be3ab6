"""What gradcalc.check takes as `got`: mappings, pairs, texts, arrays, tensors, functions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.language.given_objects import claims_in


class Tensor:
    """What a tensor of PyTorch can do, as far as it is asked."""

    is_leaf = True

    def __init__(self, array: Any, grad: Tensor | None = None, requires_grad: bool = False) -> None:
        self.array, self.grad, self.requires_grad = np.asarray(array), grad, requires_grad
        self.dtype = f"torch.{self.array.dtype}"

    def detach(self) -> Tensor:
        return Tensor(self.array)

    def tolist(self) -> Any:
        assert not self.requires_grad
        return self.array.tolist()


class OnlyArray:
    def __array__(self) -> Any:
        return np.float32([1.5, 2])


NETWORK = gradcalc.load("mazur")


@pytest.mark.parametrize(
    ("value", "data", "dtype"),
    [
        (0.082, "0.082", ""),
        (2, "2", ""),
        (Decimal("0.0820"), "0.0820", ""),
        ([[0.1, 2], [3.0, 4e-7]], [["0.1", "2"], ["3.0", "4e-07"]], ""),
        (np.float64(0.1), 0.1, "float64"),
        (np.float32([0.5, 1]), [0.5, 1], "float32"),
        (np.array([1, 2]), [1, 2], "float64"),
        (Tensor(np.float16([0.5])), [0.5], "float16"),
        (OnlyArray(), [1.5, 2], "float32"),
        ("0.0820", "0.0820", ""),
    ],
)
def test_numbers_of_any_kind_are_plain_data(value: Any, data: Any, dtype: str) -> None:
    (claim,) = claims_in({"w1": value}, NETWORK)
    assert (claim.data, claim.dtype, claim.formula) == (data, dtype, "")


def test_a_trainable_tensor_stands_for_its_gradient() -> None:
    tensor = Tensor([[1.0]], Tensor([[0.25]]), requires_grad=True)
    (claim,) = claims_in(iter([("0.weight", tensor)]), NETWORK)
    assert (claim.name, claim.data) == ("0.weight", [[0.25]])


def test_text_is_read_as_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"L": 0.298}')
    for got in ("L=0.298", ["L=0.298"], str(path), path, {"L": "0.298"}):
        (claim,) = claims_in(got, NETWORK)
        assert (claim.name, claim.data) == ("L", "0.298")
    (claim,) = claims_in({"L": "(y - t)^2"}, NETWORK)
    assert claim.formula == "(y - t)^2"


def test_a_function_of_a_batch_gets_rows() -> None:
    seen = {}

    def backward(parameters: Any, inputs: Any, targets: Any) -> dict[str, float]:
        seen.update(inputs | targets | parameters)
        return {"L": 5.0}

    spec = {"input": [[1], [2]], "target": [[0], [1]], "weights": [2], "activation": "identity", "loss": "mse"}
    claims_in(backward, gradcalc.load(spec))
    assert seen["x"].tolist() == [[1], [2]]
    assert seen["y"].tolist() == [[0], [1]]
    assert seen["w1"] == 2.0


@pytest.mark.parametrize(
    ("got", "message"),
    [
        (3, "got takes a mapping of names"),
        ({}, "nothing is given"),
        ([1, 2], "got takes a mapping of names"),
        ({"w1": None}, "w1 holds None"),
        ({"w1": True}, "w1 holds True"),
        ({"w1": [1j]}, "no real number"),
        ({"w1": Tensor([1.0], None, requires_grad=True)}, "w1 has no .grad yet; call backward() on the loss first"),
        ([("w1", 1), ("w1", 2)], "w1 is given twice"),
        (lambda *_: None, "got takes a mapping of names"),
    ],
)
def test_anything_else_is_refused(got: Any, message: str) -> None:
    with pytest.raises(gradcalc.UsageError) as error:
        claims_in(got, NETWORK)
    assert message in str(error.value)
