"""What mistakes give in a batch whose layers share a square weight, against a pass that makes them, by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.analysis.given_values import given_value
from gradcalc.analysis.hypotheses import Search, searched
from gradcalc.engine.scalar_point import ScalarPoint

X, T = np.array([[0.5, 0.2], [-0.3, 0.8], [0.1, -0.4]]), np.array([[1, 0], [0, 1], [0.25, 0.75]])
W, B = np.array([[0.6, -0.2], [0.3, 0.7]]), np.array([0.1, -0.2])
SOFTMAX: dict[str, Any] = {
    "input": X.tolist(),
    "target": T.tolist(),
    "loss": "nll",
    "parameters": {"W": W.tolist()},
    "layers": [{"weight": "W", "activation": "tanh"}, {"weight": "W", "bias": B.tolist(), "activation": "softmax"}],
}
Numbers = Mapping[str, Any]
Local = Callable[[SimpleNamespace], Numbers]


def softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def by_hand(local: Local = lambda of: {}, **other: Any) -> Numbers:
    """The loss and its gradients with other numbers from the start, and with other numbers on the way back: δ of y, the
    weight it is multiplied by, what W is multiplied by, and how much its two uses count."""
    of = SimpleNamespace(**{"x": X, "t": T, "w1": W, "w2": W, "b": B} | other)
    of.z1 = of.x @ of.w1.T
    of.h1 = np.tanh(of.z1)
    of.z2 = of.h1 @ of.w2.T + of.b
    of.y = softmax(of.z2)
    of.loss = -(of.t * np.log(of.y)).sum() / 3
    of.delta, of.s1, of.i2, of.i1, of.uses, of.u2 = (of.y - of.t) / 3, 1 - of.h1**2, of.h1, of.x, (1, 1), of.w2
    of.__dict__.update(local(of))
    delta_1 = of.delta @ of.u2 * of.s1
    whole = of.uses[0] * of.delta.T @ of.i2 + of.uses[1] * delta_1.T @ of.i1
    return {"L": of.loss, "W": whole, "b2": of.delta.sum(axis=0)}


RIGHT = by_hand()


def through_softmax(of: SimpleNamespace, seeds: Any) -> Any:
    """δ of y from ∂L/∂y."""
    return of.y * (seeds - (seeds * of.y).sum(axis=1, keepdims=True))


def alone(chosen: int, factor: float) -> Local:
    return lambda of: {"delta": of.delta * factor * (np.arange(3) == chosen)[:, None]}


def without_unit(unit: int) -> Local:
    return lambda of: {"delta": through_softmax(of, -of.t / of.y / 3 * (np.arange(2) != unit))}


def times(factor: float, **other: Any) -> Numbers:
    return {"L": RIGHT["L"], "W": factor * RIGHT["W"], "b2": factor * RIGHT["b2"], **other}


def with_targets(rows: Any) -> Numbers:
    return by_hand(t=T[rows])


def columns_kept(unit: int) -> Any:
    return np.where(np.arange(2)[:, None] == unit, 0.0, W)


EXPECTED: Mapping[str, Mapping[str, Numbers]] = {
    "one use": {
        "the shared W is counted at y alone, and its other use is left out": by_hand(lambda of: {"uses": (1, 0)}),
        "the shared W is counted at h1 alone, and its other use is left out": by_hand(lambda of: {"uses": (0, 1)}),
        "the 2 uses of W are averaged in place of summed": by_hand(lambda of: {"uses": (0.5, 0.5)}),
    },
    "derivative left out": {
        "the factor σ′(z) of h1 is left out": by_hand(lambda of: {"s1": 1.0}),
        "the derivative of softmax in y is left out": by_hand(lambda of: {"delta": -of.t / of.y / 3}),
    },
    "softmax unit by unit": {
        "softmax in y is differentiated unit by unit, p(1 − p), without −p_i·p_j": by_hand(
            lambda of: {"delta": -of.t * (1 - of.y) / 3}
        )
    },
    "delta as difference": {
        "δ at the output is taken as y − t": RIGHT,
        "δ at the output is taken as y, from which the target is not subtracted": by_hand(
            lambda of: {"delta": of.y / 3}
        ),
        "δ at the output is taken as z − t: logits for probabilities": by_hand(
            lambda of: {"delta": (of.z2 - of.t) / 3}
        ),
        "∂L/∂y at the output is taken as y − t, and is multiplied by the derivative of the activation, too": (
            by_hand(lambda of: {"delta": through_softmax(of, (of.y - of.t) / 3)})
        ),
    },
    "reduction": {
        "the loss is the sum over the 3 examples in place of the mean": times(3, L=3 * RIGHT["L"]),
        "gradients are those of the sum over the 3 examples, though L is not": times(3),
        "the batch is divided by 3 twice": times(1 / 3),
    },
    "over the batch": {
        "the mean over the 3 examples is taken in place of the sum": times(1 / 3),
        "the sum over the 3 examples is taken in place of the mean": times(3),
    },
    "one example": {
        f"example {n} (counted from 0) alone is counted, not the batch of 3{still}": by_hand(alone(n, factor))
        for n in range(3)
        for factor, still in ((3, ""), (1, ", and still divided by 3"))
    },
    "one output": {f"the loss of y[{unit}] is not counted": by_hand(without_unit(unit)) for unit in range(2)},
    "targets moved": {
        "the targets are in reverse order, against the examples": with_targets([2, 1, 0]),
        "targets are moved by one: each of the examples has that of the next": with_targets([1, 2, 0]),
        "targets are moved by one: each of the examples has that of the one before": with_targets([2, 0, 1]),
        "the targets of examples 0 and 1 (counted from 0) are swapped": with_targets([1, 0, 2]),
        "the targets of examples 0 and 2 (counted from 0) are swapped": with_targets([2, 1, 0]),
        "the targets of examples 1 and 2 (counted from 0) are swapped": with_targets([0, 2, 1]),
        "the targets of units 0 and 1 (counted from 0) are swapped": by_hand(t=T[:, ::-1]),
    },
    "unit left out": {
        f"nothing is passed back from y[{unit}] to h1": by_hand(lambda of, unit=unit: {"u2": columns_kept(unit)})
        for unit in range(2)
    }
    | {f"nothing is passed back from h1[{unit}] to x": RIGHT for unit in range(2)},
    "weight transposed": {"W is transposed in the forward pass": by_hand(w1=W.T, w2=W.T)},
    "gradient transposed": {"∂L/∂W is transposed": {**RIGHT, "W": RIGHT["W"].T}},
    "softmax or logits": {
        "softmax is applied twice, by the output and again by the loss (cross_entropy of its outputs)": by_hand(
            lambda of: {
                "loss": -(of.t * np.log(softmax(of.y))).sum() / 3,
                "delta": through_softmax(of, (softmax(of.y) - of.t) / 3),
            }
        )
    },
    "input left out forward": {
        f"the input x[{unit}] is left out (taken as 0)": by_hand(x=X * (np.arange(2) != unit)) for unit in range(2)
    }
    | {
        f"the input x[{unit}] is left out of z, though not of ∂L/∂W": by_hand(
            lambda of: {"i1": X}, x=X * (np.arange(2) != unit)
        )
        for unit in range(2)
    }
    | {
        "W is not multiplied by x (taken as 1), neither in z nor in the gradient": by_hand(x=np.ones((3, 2))),
        "W is not multiplied by x in z (taken as 1), though in ∂L/∂W": by_hand(lambda of: {"i1": X}, x=np.ones((3, 2))),
    },
    "bias left out": {"the bias b2 is not added": by_hand(b=np.zeros(2))},
    "path": {
        "the use of W at y is left out": by_hand(lambda of: {"uses": (0, 1)}),
        "the path h1 → y (through W) is left out": by_hand(lambda of: {"uses": (1, 0)}),
        "the use of W at y is counted twice": by_hand(lambda of: {"uses": (2, 1)}),
        "the path h1 → y (through W) is counted twice": by_hand(lambda of: {"uses": (1, 2)}),
    },
}


@pytest.fixture(params=["units", "arrays"])
def search(request: pytest.FixtureRequest) -> Iterator[Search]:
    """The search of what explains wrong values, of a network in plain numbers and of one in arrays."""
    of = gradcalc.load(SOFTMAX)
    wrong = {"L": "9", "W": [["9", "9"], ["9", "9"]], "b2": ["9", "9"]}
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "arrays":
            patch.setattr("gradcalc.analysis.hypotheses.FEW", -1)
            patch.setattr("gradcalc.analysis.point.THIN", 0)
        found = searched(of, [given_value(of, name, text) for name, text in wrong.items()])
        assert found is not None
        assert isinstance(found.setting.own.at, ScalarPoint) == (request.param == "units")
        yield found


def test_a_mistake_is_what_a_pass_that_makes_it_gives(search: Search) -> None:
    no_softmax = {"softmax is not applied: logits are taken for probabilities"}  # of which no logarithm is
    for kind, by_clause in EXPECTED.items():
        found = {one.clause: one for one in search.mistakes if one.kind == kind}
        assert set(found) - no_softmax == set(by_clause)
        for clause, expected in by_clause.items():
            values = search.predicted([found[clause]])
            assert values is not None
            assert np.hstack(values) == pytest.approx(np.hstack([np.ravel(x) for x in expected.values()]), rel=1e-11), (
                clause
            )


def test_a_weight_that_is_not_transposed_is_one_use_of_it_or_all(search: Search) -> None:
    found = [(one.clause, search.predicted([one])) for one in search.mistakes if one.kind == "weight not transposed"]
    back = by_hand(lambda of: {"u2": W.T})
    clauses = [f"{which} is multiplied by W in place of its transpose Wᵀ" for which in ("δ", "δ", "every δ")]
    assert sorted(clause for clause, _ in found) == sorted(clauses)
    expected = [list(np.ravel(of["W"])) for of in (back, RIGHT, back)]  # the first use passes nothing back
    assert [values and values[1] for _, values in found] == [pytest.approx(one, rel=1e-11) for one in expected]


def test_a_formula_names_a_path_by_edges_that_no_other_has(search: Search) -> None:
    found = {one.clause: one.formula for one in search.mistakes if one.kind == "path"}
    through_w = "the value of `gradcalc paths SPEC --wrt W --through W`"
    assert found == {
        "the use of W at y is left out": None,
        "the use of W at y is counted twice": None,
        "the path h1 → y (through W) is left out": f"∂L/∂W − {through_w}",
        "the path h1 → y (through W) is counted twice": f"∂L/∂W + {through_w}",
    }
