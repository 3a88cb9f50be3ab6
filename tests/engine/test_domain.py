"""Outside a domain the error names the node and the value, in the forward pass, in a derivative, and in the loss; what
is there only in float64, for a number underflowed or overflowed, has the value that it has."""

from decimal import Decimal

import numpy as np
import pytest
from specs import network

from gradcalc.analysis.computation import compute
from gradcalc.analysis.point import gradients, point
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.graph import graph


def spec(values, formula=None, loss="output", target=None):
    activation = "identity" if formula is None else {"formula": formula}
    found = {"input": values, "loss": loss, "layers": [{"name": "h"}, {"name": "q", "activation": activation}]}
    return found | {"activation": "identity"} | ({} if target is None else {"target": target})


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("dps", [None, 50])
def test_a_number_past_every_range_names_its_node(wide, dps):
    built = network(spec([40] * 100 if wide else 40, "exp(exp(x))"))
    with pytest.raises(LimitError, match=r"^q: a number has .*; no option .* numbers nearer to 1 help"):
        compute(built, dps=dps)


@pytest.mark.parametrize("wide", [False, True])
def test_a_product_past_the_range_of_decimals_has_a_value_in_digits(wide):
    layers = [{"name": "q", "activation": "exp"}, {"name": "s", "activation": "square"}]
    built = network(spec([2e15] * 100 if wide else 2e15) | {"layers": layers})
    with pytest.raises(LimitError, match=r"^s: a number has an exponent beyond .*; --dps 50 may go further"):
        compute(built)
    assert compute(built, dps=50).forward["s"].output


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("formula", "loss", "value", "message"),
    [
        ("log(x)", "output", -1.5, "q: ln of -1.5"),
        ("1/x", "output", 0, "q: 1 divided by 0"),
        ("sqrt(x)", "output", 0, "q: .*0: 1 divided by 0|q: 1 divided by 0"),
        (None, "bce", 0, "q: bce takes the logarithm of an output, and this one is 0"),
        (None, {"formula": "log(y - t)"}, 0, "q: ln of -1"),
    ],
)
def test_what_has_no_value_names_its_node(formula, loss, value, message, wide):
    target = None if loss == "output" else [1] * 100 if wide else 1
    built = network(spec([value] * 100 if wide else value, formula, loss, target))
    with pytest.raises(DomainError, match=f"^({message})"):
        compute(built)


@pytest.mark.parametrize("grain", [scalar_point, array_point])
@pytest.mark.parametrize("failing", range(3))
@pytest.mark.parametrize(
    ("formula", "given", "message"),
    [
        ("log(x)", [1, -1], "ln of -1"),
        ("log(x)", [-1, 1], "ln of -1"),
        ("sqrt(x)", [4, 0], "divided by 0"),
        ("sqrt(x)", [0, 4], "divided by 0"),
    ],
)
def test_the_layer_is_named_in_which_one_unit_has_no_value(formula, given, message, failing, grain):
    """Of three layers of one block, each of two units."""
    activations = ["identity"] * failing + [{"formula": formula}] + ["identity"] * (2 - failing)
    layers = [{"name": name, **IDENTITY, "activation": one} for name, one in zip("abc", activations)]
    built = network({"input": given, "loss": "output", "layers": layers})
    with pytest.raises(DomainError, match=f"^{'abc'[failing]}: .*{message}"):
        grain(graph(built), Double)


IDENTITY = {"activation": "identity", "weight": [[1, 0], [0, 1]]}
EXP, SOFTMAX = {"activation": "exp"}, {**IDENTITY, "activation": "softmax"}


def formula(text):
    return {"activation": {"formula": text}}


LOST = {
    "nll": (-800, 1, "nll", [EXP], 800, -1),
    "bce": (-800, 1, "bce", [EXP], 800, -1),
    "kl": (-800, 1, "kl", [EXP], 800, -1),
    "poisson": (-800, 2, "poisson", [EXP], 1600, -2),
    "formula of a loss": (-800, 1, {"formula": "-t*log(y)"}, [EXP], 800, -1),
    "sigmoid, not the last": (-800, 1, "bce", [{"activation": "sigmoid"}, {"activation": "identity"}], 800, -1),
    "softmax, not the last": ([0, 800], [1, 0], "nll", [SOFTMAX, IDENTITY], 800, -1),
    "log": (-800, None, "output", [EXP, formula("log(x)")], -800, 1),
    "1/x": (-800, None, "output", [EXP, formula("log(1/x)")], 800, -1),
    "sqrt": (-800, None, "output", [EXP, formula("log(sqrt(x))")], -400, 0.5),
    "overflow": (800, 1, "bce", [EXP, formula("1/x")], 800, 1),
}


def lost(name, examples=0):
    values, target, loss, layers, *expected = LOST[name]
    spec = {"input": values, "loss": loss, "layers": layers} | ({} if target is None else {"target": target})
    if examples:
        for key in spec.keys() & {"input", "target"}:
            spec[key] = [spec[key] if isinstance(spec[key], list) else [spec[key]]] * examples
        spec["loss"] = {**(loss if isinstance(loss, dict) else {"name": loss}), "reduction": "sum"}
    return network(spec), expected[0] * max(examples, 1), expected[1]


@pytest.mark.parametrize("few", [20_000, -1])
@pytest.mark.parametrize("examples", [0, 3])
@pytest.mark.parametrize("name", LOST)
def test_what_float64_lost_is_inside_the_domain(name, examples, few):
    built, loss, gradient = lost(name, examples)
    at = point(built, few=few)
    assert at.arithmetic.name == "extended"
    with at.arithmetic.context():
        assert float(at.loss) == pytest.approx(loss, rel=1e-15, abs=0)
        assert [float(row[0]) for row in at.adjoint(0)] == pytest.approx(
            [gradient] * max(examples, 1), rel=1e-15, abs=0
        )


@pytest.mark.parametrize("few", [20_000, -1])
@pytest.mark.parametrize("name", LOST)
def test_the_same_with_many_digits(name, few):
    built, loss, gradient = lost(name)
    at = point(built, dps=30, few=few)
    assert float(at.loss) == pytest.approx(loss, rel=1e-15, abs=0)
    assert float(at.adjoint(0)[0][0]) == pytest.approx(gradient, rel=1e-15, abs=0)


def test_gradients_in_arrays_are_those_of_extended_range():
    units = 150
    rows = np.eye(units).tolist()
    layers = [{"activation": "exp", "weight": rows}, {"activation": "identity", "weight": rows}]
    built = network({"input": [-800] * units, "target": [1] * units, "loss": "kl", "layers": layers})
    assert np.allclose(np.diag(gradients(built)["w1"]).astype(float), 800, rtol=1e-14, atol=0)


@pytest.mark.parametrize("few", [20_000, -1])
@pytest.mark.parametrize(("join", "loss", "gradient"), [("max", "1e600", "2e300"), ("min", "0", "1e300")])
def test_a_join_of_what_is_no_number_in_float64(join, loss, gradient, few):
    """1e600 − 1e600 is inf − inf there, and nothing equals the largest of that and another."""
    layers = [
        {"weight": [[1e300, 0], [0, 1e300]]},
        {"from": "h1", "weight": [[1e300, -1e300]]},
        {"from": "h1", "weight": [[2e300, -1e300]]},
        {"from": ["h2", "h3"], "join": join},
    ]
    at = point(network({"input": [1, 1], "activation": "identity", "loss": "output", "layers": layers}), few=few)
    with at.arithmetic.context():
        assert f"{at.loss:.0e}".lower() == f"{Decimal(loss):.0e}".lower()
        weight = at.gradient(0)[0][0]
        assert f"{weight:.0e}".lower() == f"{Decimal(gradient):.0e}".lower()
