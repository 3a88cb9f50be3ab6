"""What is said of one layer, at the borders of each rule: small networks whose numbers are done in the head."""

from __future__ import annotations

from math import log10
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.diagnosis import Diagnosis
from gradcalc.analysis.layer_labels import RULES, labelled
from gradcalc.analysis.layer_views import views_of
from gradcalc.analysis.point import point

PLAIN: dict[str, Any] = {"input": 1, "loss": "output", "activation": "identity"}
TARGET: dict[str, Any] = {"input": 1, "target": 1}
TWO: dict[str, Any] = {"input": [0.5, -0.3], "target": 0.2}
PAIR: dict[str, Any] = {"input": [[1], [2]], "target": [1, 0]}
LAST = {"weight": [[0.7, -0.4]], "activation": "identity"}


def diagnosed(spec: dict[str, Any]) -> Diagnosis:
    return gradcalc.diagnose(spec, tries=0)


def layer(weight: Any, activation: Any = "identity", **other: Any) -> dict[str, Any]:
    return {"weight": weight, "activation": activation, **other}


def dead_of(units: int) -> dict[str, Any]:
    """A layer of so many units of which the first is below its kink in both examples."""
    weights = [[-1.0], *([1.0 + unit] for unit in range(1, units))]
    return PAIR | {"layers": [layer(weights, "relu"), layer([[0.1 * (1 + unit) for unit in range(units)]])]}


def skipped(weight: float) -> dict[str, Any]:
    return PLAIN | {"weights": [1, 1, 1], "skips": [{"from": "h1", "to": "y", "weight": weight}]}


def of_two_outputs(weight: float) -> dict[str, Any]:
    """∂L/∂h1 = 1 + weight, for mae has −1 and 1 there over 2 outputs."""
    outputs = layer([[1], [weight]], bias=[0, 3])
    return {"input": 1, "target": [0, 0], "loss": "mae", "layers": [layer(1, bias=0), outputs]}


INACTIVE_Y = ("inactive", "z = 0, as its input h1 is 0, and σ′(0) = 0 by convention")
LABELS: dict[str, tuple[dict[str, Any], dict[str, tuple[str, str]]]] = {
    "a thousandth": (PLAIN | {"weights": [1, 0.001]}, {"h1": ("vanished", "|δ| is 0.001 × that of the output")}),
    "more than a thousandth": (PLAIN | {"weights": [1, 0.0011]}, {}),
    "a thousand times": (PLAIN | {"weights": [1, 1000]}, {"h1": ("exploded", "|δ| is 1000 × that of the output")}),
    "less than a thousand times": (PLAIN | {"weights": [1, 999]}, {}),
    "norms": (
        {"input": [1, 2], "target": [0, 0], "layers": [layer([[1, 0], [0, 1]]), layer([[1e-4, 0], [0, 1e-4]])]},
        {"h1": ("vanished", "‖δ‖ is 0.0001 × that of the output")},
    ),
    "two outputs": (
        {
            "input": 1,
            "target": {"a": 0, "b": 1},
            "layers": [
                layer(1, name="h"),
                layer(1e-4, name="a", **{"from": "h"}),
                layer(2e-4, name="b", **{"from": "h"}),
            ],
        },
        {"h": ("vanished", "|δ| is 0.0002 × that of b"), "a": ("vanished", "|δ| is 0.0001 × that of b")},
    ),
    "σ′ a thousandth of its largest": (
        PLAIN | {"activation": "sigmoid", "weights": [8.3]},
        {"y": ("saturated", "z = 8.3, σ′ = 0.000248, 1/1000 of its largest value")},
    ),
    "σ′ more than a thousandth": (PLAIN | {"activation": "sigmoid", "weights": [8.29]}, {}),
    "units saturated": (
        TWO
        | {
            "layers": [
                layer([[0.4, 0.3], [0.2, -0.6], [0, 0]], "sigmoid", bias=[14, -12, 1]),
                layer([[0.7, -0.4, 0.1]]),
            ]
        },
        {
            "h1": (
                "saturated",
                "2 of 3 units, h1[0] most, at z = 14.1, σ′ = 7.45×10⁻⁷, 1/(3.4×10⁵) of its largest value",
            )
        },
    ),
    "saturated in both examples, in one less": (
        {"input": [[10], [9]], "target": [0.5, 0.2], "layers": [layer(1, "tanh"), layer(0.7)]},
        {"h1": ("saturated", "z = 9, σ′ = 6.09×10⁻⁸, 1/(1.6×10⁷) of its largest value")},
    ),
    "a sum of inputs of 0": (
        {"input": {"a": 0, "b": 0}, "target": 1}
        | {"layers": [{"name": "h", "from": ["a", "b"], "activation": "identity"}, layer(0.5, bias=0.3)]},
        {"y": ("cut off", "its input h is 0")},
    ),
    "saturated in one example of two": (
        {"input": [[10], [1]], "target": [0.5, 0.2], "layers": [layer([[1], [2]], "tanh"), LAST]},
        {},
    ),
    "at a bound": (
        TARGET | {"layers": [layer(2, "hardtanh"), {"weight": 0.5}]},
        {"h1": ("saturated", "σ′(z) of hardtanh is 0 (z = 2)")},
    ),
    "at a bound of relu6": (
        TARGET | {"layers": [layer(8, "relu6"), {"weight": 0.5}]},
        {"h1": ("saturated", "σ′(z) of relu6 is 0 (z = 8)")},
    ),
    "flat": (
        TARGET | {"layers": [layer([[0.5], [-0.75]], "sign"), {"weight": [[0.5, 1]]}]},
        {"h1": ("cut off", "σ′(z) of sign is 0 (z = −0.75)")},
    ),
    "one dead of ten": (
        dead_of(10),
        {"h1": ("inactive", "h1[0] is dead, with z < 0 in each of 2 examples (largest z of h1[0] = −1)")},
    ),
    "one dead of eleven": (dead_of(11), {}),
    "a unit on its kink": (PAIR | {"layers": [layer([[0], [1]], "relu"), layer([[0.2, 0.3]])]}, {}),
    "one unit inactive": (
        TARGET | {"activation": "relu", "weights": [-0.5, 1]},
        {"h1": ("inactive", "z = −0.5 is below 0, where σ′ = 0"), "y": INACTIVE_Y},
    ),
    "all units inactive": (
        TARGET | {"layers": [layer([[-0.5], [-0.25]], "relu"), {"weight": [[1, 1]]}]},
        {
            "h1": ("inactive", "all 2 units of h1 are inactive (largest z = −0.25)"),
            "y": ("cut off", "its input h1 is 0"),
        },
    ),
    "all units dead": (
        PAIR | {"layers": [layer([[-0.5], [-0.25]], "relu"), {"weight": [[1, 1]]}]},
        {
            "h1": ("inactive", "all 2 units of h1 are dead, with z ≤ 0 in each of 2 examples (largest z = −0.25)"),
            "y": ("cut off", "its input h1 is 0"),
        },
    ),
    "the one unit dead": (
        PAIR | {"layers": [layer(-0.5, "relu"), {"weight": 2}]},
        {
            "h1": ("inactive", "h1 is dead, with z ≤ 0 in each of 2 examples (largest z = −0.5)"),
            "y": ("cut off", "its input h1 is 0"),
        },
    ),
    "weights of 0": (
        TARGET | {"activation": "relu", "weights": [0, 1]},
        {"h1": ("inactive", "z = 0, and σ′(0) = 0 by convention"), "y": INACTIVE_Y},
    ),
    "inputs of 0": (
        {"input": {"a": 0, "b": 0}, "target": 1, "layers": [{"from": {"a": 0.8, "b": 0.9}, "activation": "relu"}]},
        {"y": ("inactive", "z = 0, as its inputs a and b are 0, and σ′(0) = 0 by convention")},
    ),
    "inputs of 0 with a bias": (
        {"input": {"a": 0, "b": 0}, "target": 1, "layers": [{"from": {"a": 0.8, "b": 0.9}, "bias": 0.3}]},
        {"y": ("cut off", "its inputs a and b are 0")},
    ),
    "terms that cancel": (
        skipped(-0.981),
        {"h1": ("cancelled", "its terms through y and h2 add up to 104 × it in magnitude")},
    ),
    "terms that cancel less": (skipped(-0.98), {}),
    "products that cancel": (
        of_two_outputs(-0.9981),
        {"h1": ("cancelled", "the products that it is a sum of add up to 1050 × it in magnitude")},
    ),
    "products that cancel less": (of_two_outputs(-0.998), {}),
    "terms that cancel exactly": (
        skipped(-1),
        {"h1": ("zero by symmetry", "the terms of ∂L/∂h1 cancel to 0 in float64")},
    ),
    "a Jacobian that cancels": (
        {"input": 0.5, "target": 1, "layers": [layer([[0.8], [0.3]], "softmax"), layer([[0.7, 0.7]])]},
        {"h1": ("zero by symmetry", "the terms of δ_h1 cancel to 0 in float64")},
    ),
    "a Jacobian of 0": (
        {"input": 0.5, "target": 1, "layers": [layer(0.8, "softmax"), {"weight": 0.7}]},
        {"h1": ("cut off", "the Jacobian of softmax is 0")},
    ),
    "one of a product 0": (
        {
            "input": {"a": 0.5, "b": 0},
            "target": 1,
            "layers": [
                layer(0.8, name="u", **{"from": "a"}),
                layer(0.7, name="v", **{"from": "b"}),
                {"name": "y", "from": ["u", "v"], "join": "multiply", "activation": "identity"},
            ],
        },
        {"u": ("cut off", "y does not depend on it here"), "v": ("cut off", "its input b is 0")},
    ),
    "nothing at the loss": (
        {"input": 0.5, "target": {"h1": 0.25, "y": 1}, "activation": "identity", "weights": [0.5, 0]},
        {"h1": ("cut off", "∂L/∂h1 is 0 at the loss")},
    ),
    "weights of 0 of two readers": (
        {
            "input": 0.5,
            "target": {"a": 1, "b": 1},
            "layers": [layer(0.5, name="h"), {"name": "a", "from": {"h": 0}}, {"name": "b", "from": {"h": 0}}],
        },
        {"h": ("cut off", "w3_h is 0 and w2_h is 0")},
    ),
    "a layer behind": (
        {"input": 0.5, "target": 1, "activation": "identity", "weights": [0.5, 0.5, 0]},
        {"h1": ("cut off", "δ of h2 is 0"), "h2": ("cut off", "w3 is 0")},
    ),
    "units alike": (
        TWO | {"layers": [layer([[1, 2], [0.6, 0.4], [0.6, 0.4], [0.6, 0.4]], "tanh"), layer([[0.7, 0.7, 0.7, 0.7]])]},
        {
            "h1": (
                "zero by symmetry",
                "h1[1], h1[2] and h1[3] have equal weights and equal gradients, so a step changes them alike",
            )
        },
    ),
    "units of other weights with one z": (
        TWO | {"layers": [layer([[0.5, 0.5], [1.1, 1.5]], "tanh"), layer([[0.7, 0.7]])]},
        {},
    ),
    "units alike whose weights another layer uses, too": (
        TWO
        | {
            "parameters": {"v": [[1, 1], [1, 1]]},
            "layers": [layer("v", "tanh"), layer([[1, 1], [1, 2]], "tanh"), layer("v", "tanh"), layer([[1, 1]])],
        },
        {},
    ),
    "units alike but for the weights of a skip": (
        TWO
        | {
            "input": [1, 1],
            "layers": [layer([[1, 1]], "tanh"), layer([[2], [2]], "tanh"), layer([[1, 1]])],
            "skips": [{"from": "x", "to": "h2", "into": "preactivation", "weight": [[1, 0], [0, 1]]}],
        },
        {},
    ),
    "units alike that nothing reads": (
        TWO | {"layers": [layer([[1, 2], [0.6, 0.4], [0.6, 0.4]], "tanh"), layer([[0.7, 0, 0]])]},
        {},
    ),
    "outputs alike": (TWO | {"target": [0.2, 0.2], "layers": [layer([[0.6, 0.4], [0.6, 0.4]], "tanh")]}, {}),
    "a frozen weight": (
        PLAIN | {"weights": [1, 0.5], "frozen": ["w1"]},
        {"h1": ("cut off", "w1 is frozen, so no step changes it")},
    ),
    "a frozen layer": (
        PLAIN
        | {"input": {"a": 1, "b": 1}, "frozen": ["w1_a", "w1_b"]}
        | {"layers": [{"name": "h", "from": {"a": 1, "b": 1}}, layer(0.5)]},
        {"h": ("cut off", "w1_a and w1_b are frozen, so no step changes them")},
    ),
    "2⁻²⁵": (
        PLAIN | {"input": 2.0**-25, "weights": [1]},
        {"y": ("lost in float16", "|∂L/∂w1| is 2.98×10⁻⁸, and 2⁻²⁵ = 2.98×10⁻⁸ or less is rounded to 0")},
    ),
    "more than 2⁻²⁵": (PLAIN | {"input": 2.0**-25 * (1 + 1e-9), "weights": [1]}, {}),
    "a matrix lost": (
        {"input": [1e-8, 2e-8], "target": 0.2, "layers": [layer([[0.6, 0.4]])]},
        {
            "y": (
                "lost in float16",
                "the largest entry of ∂L/∂w1 in magnitude is 8.00×10⁻⁹, and 2⁻²⁵ = 2.98×10⁻⁸ or less is rounded to 0",
            )
        },
    ),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_at_their_borders(name: str) -> None:
    spec, labels = LABELS[name]
    diagnosis = diagnosed(spec)
    found = {one.node: (one.label, one.evidence) for one in diagnosis.layers if one.label != "healthy"}
    assert found == labels
    assert sum(diagnosis.labels.values()) == len(diagnosis.layers)
    assert diagnosis.labels.get("healthy", 0) == len(diagnosis.layers) - len(labels)


def test_causes_and_what_follows_from_them() -> None:
    for name, (spec, labels) in LABELS.items():
        at = point(gradcalc.load(spec))
        found = {view.layer.name: labelled(at, view, True) for view in views_of(at)}
        for node, (label, evidence) in labels.items():
            one = found[node]
            assert (one.label, one.evidence, RULES[one.rank][0]) == (label, evidence, label), name
            assert one.is_cause == (not evidence.startswith("δ of h") and "as its input h" not in evidence), name
            is_state = any(words in evidence for words in ("z < 0 in each", "equal gradients", "frozen"))
            assert one.is_state == is_state, name
        assert {one.rank for node, one in found.items() if node not in labels} <= {len(RULES)}, name


@pytest.mark.parametrize(
    ("spec", "evidence"),
    [
        (dead_of(11), {"h1": "h1[0] is dead, with z < 0 in each of 2 examples", "y": ""}),
        (
            TWO
            | {
                "layers": [
                    layer([[0.6, 0.4], [-0.5, -0.7], [-0.3, -0.8]], "relu", bias=[0.1, -1, -1]),
                    layer([[0.7, 0.4, -0.3]]),
                ]
            },
            {"h1": "2 of 3 units inactive for this input", "y": ""},
        ),
        (
            {"input": [[0.5], [-0.3]], "target": [0.2, 0.1], "layers": [layer([[0.6], [-0.5]], "relu"), LAST]},
            {"h1": "", "y": ""},
        ),
        (
            {"input": 0.5, "target": 0.25, "activation": "identity", "weights": [0.5, 1.0]},
            {"h1": "the backward pass starts with 0", "y": "the backward pass starts with 0"},
        ),
    ],
)
def test_what_is_said_of_healthy_layers(spec: dict[str, Any], evidence: dict[str, str]) -> None:
    found = diagnosed(spec)
    assert {one.node: one.evidence for one in found.layers} == evidence
    assert {one.label for one in found.layers} == {"healthy"}


def tanh_behind(shrinking: float) -> dict[str, Any]:
    """tanh′(4.6) is 0.0004, 3.4 powers of ten; the weight before it as much as it says."""
    return TARGET | {"layers": [layer(1), layer(shrinking), layer(1, "tanh", bias=4.5), layer(1)]}


@pytest.mark.parametrize(
    ("spec", "label", "node"),
    [
        (tanh_behind(0.1), "saturated", "h3"),  # 3.4 of 4.4 powers of ten
        (tanh_behind(1e-9), "vanished", "h1"),  # 3.3 of 12.3
        (TARGET | {"layers": [layer(1, "tanh", bias=5), layer(1, "tanh", bias=6), layer(1)]}, "saturated", "h2"),
        (PLAIN | {"weights": [1, 0.1, 0.01, 0.0001]}, "vanished", "h1"),
        (PLAIN | {"weights": [1, 100, 1000, 100]}, "exploded", "h1"),
        (PLAIN | {"weights": [1, 1e-8, 1e4]}, "exploded", "h2"),
    ],
)
def test_the_gravest_label_where_it_is_worst_is_found(spec: dict[str, Any], label: str, node: str) -> None:
    found = diagnosed(spec).finding
    assert (found.label, found.node) == (label, node)


@pytest.mark.parametrize(
    ("weights", "log10", "departs", "farthest"),
    [
        ([1, 0.1, 0.1, 0.1, 0.1, 1], -1.0, (), 0.0),
        ([1, 0.1, 10, 0.0001, 0.1, 1], -1.25, ("h3",), 2.5),
        ([1, 0.1, 10, 0.1, 1], -1 / 3, (), 2 / 3),
        ([1, 1, 100, 0.1, 0.1, 1], 0.0, ("h3",), 2.0),
        ([1, 1, 10, 0.1, 1], 0.0, (), 1.0),
        ([1, 0.1, 1], -1.0, (), 0.0),
    ],
)
def test_the_rate_and_what_departs_from_it(
    weights: list[float], log10: float, departs: tuple[str, ...], farthest: float
) -> None:
    """|δ| of h5, h4, … is 1, then times a weight each."""
    found = diagnosed(PLAIN | {"weights": weights}).rate
    assert found is not None
    assert (found.log10, found.factor) == (pytest.approx(log10, abs=1e-12), pytest.approx(10**log10))
    assert (found.departs, found.largest_departure) == (departs, pytest.approx(farthest, abs=1e-12))


def test_no_rate_of_one_hidden_layer_nor_where_layers_branch() -> None:
    assert diagnosed(PLAIN | {"weights": [1, 0.5]}).rate is None
    assert diagnosed(skipped(0.5)).rate is not None
    branches = [layer(1), layer(1, **{"from": "h1"}), {"from": ["h1", "h2"], "activation": "identity"}]
    assert diagnosed(PLAIN | {"layers": branches}).rate is None


def test_costs_go_along_the_largest_terms() -> None:
    chain = diagnosed(PLAIN | {"layers": [layer(2), layer(1e-5), layer(100)]}).costs
    assert chain is not None and (chain.of, chain.nodes, chain.inputs) == ("w1", ("y", "h2", "h1"), ("x",))
    assert {step.name: round(step.powers, 9) for step in chain.steps} == {
        "σ′ of h1": 0, "w2": -5, "σ′ of h2": 0, "w3": 2, "σ′ of y": 0,
    }  # fmt: skip
    assert [step.weights for step in chain.steps if step.kind == "weight"] == [("w2",), ("w3",)]
    assert chain.parts == pytest.approx({"loss": 0, "derivative": 0, "weight": -3, "paths": 0, "input": 0}, abs=1e-12)
    skip = diagnosed(skipped(2000)).costs
    assert skip is not None and (skip.of, skip.nodes) == ("w1", ("y", "h1"))
    assert skip.parts["weight"] == pytest.approx(log10(2000)) and skip.parts["paths"] == pytest.approx(
        log10(2001 / 2000)
    )
    assert not skip.joins


def test_gradients_that_no_layer_has() -> None:
    found = diagnosed(
        TWO | {"layers": [layer([[0.6, 0.4], [0.2, 0.3]], "prelu", bias=[0.1, 0.2]), LAST | {"bias": 0.5}]}
    )
    sizes = {one.name: (one.several, one.log10) for one in found.others}
    assert {name: several for name, (several, _) in sizes.items()} == {"b1": True, "alpha1": False, "b2": False}
    assert sizes["alpha1"][1] is None and sizes["b2"][1] is not None  # z > 0 in both units


def test_what_reaches_the_layer_of_the_finding() -> None:
    assert diagnosed(PLAIN | {"weights": [1, 0.1, 0.001]}).reach == pytest.approx(-4)
    assert diagnosed(PLAIN | {"weights": [1, 1000, 1]}).reach == pytest.approx(3)
    assert diagnosed(PLAIN | {"weights": [1, 1]}).reach is None  # nothing is wrong
    assert diagnosed(TARGET | {"activation": "identity", "weights": [0.5, 0]}).reach is None  # δ is 0


SATISFIED = {"input": 1.0, "loss": "hinge", "activation": "identity", "target": [1, 1]}  # a hinge is 0 from 1 on


@pytest.mark.parametrize(
    ("spec", "node", "evidence"),
    [
        (
            SATISFIED
            | {"target": {"a": 1, "b": 1}}
            | {"layers": [layer(2.0, name="a", **{"from": "x"}), layer(0.5, name="b", **{"from": "x"})]},
            "a",
            "∂L/∂a is 0 at the loss",
        ),
        (SATISFIED | {"layers": [layer(1.0), layer([[0.0], [1.5]], bias=[0.5, 0.5])]}, "h1", "δ of y times w2 is 0"),
        (
            SATISFIED | {"target": 1, "layers": [layer([[1.0], [-1.0]], "relu"), layer([[0.0, 0.5]])]},
            "h1",
            "in each unit ∂L/∂h1 or σ′(z) is 0",
        ),
        (
            SATISFIED
            | {"target": 3}
            | {
                "layers": [
                    layer(1.0, name="a", **{"from": "x"}),
                    layer(2.0, name="b", **{"from": "x"}),
                    {"name": "m", "from": {"a": 1.0, "b": 1.0}, "join": "max", "activation": "identity"},
                    layer(0.1, name="y"),
                ]
            },
            "a",
            "m does not depend on it here",
        ),
    ],
)
def test_why_nothing_comes_back_to_a_layer(spec: dict[str, Any], node: str, evidence: str) -> None:
    found = {one.node: (one.label, one.evidence) for one in diagnosed(spec).layers}
    assert found[node] == ("cut off", evidence)


def test_the_factor_of_a_layer_that_nothing_comes_back_to_is_the_mean_of_its_derivatives() -> None:
    """σ′ is 2x: 2 and 4 of units at 1 and 2, whose root mean square is √10; δ/∂L/∂h where something comes back."""
    square = layer([[1.0], [2.0]], "square")
    cut, whole = (
        diagnosed({"input": 1.0, "target": 1, "layers": [square, layer([weights])]}).layers[0]
        for weights in ([0.0, 0.0], [3.0, 4.0])
    )
    assert cut.factor == pytest.approx(10**0.5) and whole.factor == pytest.approx((6**2 + 16**2) ** 0.5 / 5)
    single = diagnosed({"input": 3.0, "target": 1, "layers": [layer(1.0, "square"), layer(0.0)]}).layers[0]
    assert single.factor == 6.0


@pytest.mark.parametrize(("weight", "label", "node"), [(1e-5, "vanished", "h1"), (1e-2, "saturated", "h3")])
def test_a_saturated_layer_is_first_where_it_makes_half_of_the_fall(weight: float, label: str, node: str) -> None:
    """tanh′(4.5) = 5×10⁻⁴ costs 3.3 powers of ten, the weight 5 or 2 more."""
    layers = [layer(1.0), layer(weight), layer(1.0, "tanh", bias=4.5), layer(1.0)]
    found = diagnosed(TARGET | {"layers": layers}).finding
    assert (found.label, found.node) == (label, node)
