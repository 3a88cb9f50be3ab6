"""What has no effect is said: a warning of a file, an error of an option, with its place and what to do."""

from __future__ import annotations

from math import inf

import pytest

from gradcalc import language
from gradcalc.errors import SpecError, UsageError
from gradcalc.language.document import Variants
from gradcalc.language.keys import GROUPS

CHAIN = {"input": 1, "target": 1, "weights": [1, 2]}
SQUARE = {"input": [1, 2], "target": [0, 1], "layers": [{"weight": [[1, 2], [3, 4]]}]}
OWN = {"input": 1, "target": 1, "layers": [{"weight": 1, "activation": "tanh"}]}
WIDE = {"input": [1, 2], "target": [0, 1], "weights": [[[1, 2], [3, 4]]]}
UNREAD = {"input": {"a": 1, "b": 2}, "target": 1, "layers": [{"from": "a", "weight": 1}]}


def warnings(spec, **options):
    return list(language.load(spec, language.Overrides(**options))[1])


def refused(spec, **options):
    with pytest.raises(SpecError) as caught:
        language.load(spec, language.Overrides(**options))
    (line,) = str(caught.value).splitlines()
    return line


@pytest.mark.parametrize(
    ("spec", "warning"),
    [
        ({**OWN, "activation": "relu"}, "activation has no effect: every layer has its own; remove it"),
        ({**CHAIN, "seed": 3}, "seed has no effect: no value is drawn with it; "),
        ({**CHAIN, "parameters": {"T": 3}}, "parameters: the parameter T is never used; remove it"),
        (
            {**OWN, "layers": [{"width": 2, "weight": {"init": "zeros", "seed": 3}}], "target": [1, 2]},
            "layers[0].weight.seed has no effect: init zeros draws nothing; remove it",
        ),
        (
            {**CHAIN, "loss": {"name": "mse", "reduction": "sum"}},
            "loss.reduction has no effect on one example; give `input` a list of examples, or remove it",
        ),
        ({**CHAIN, "skips": [{"from": "x", "to": "y", "name": "s"}]}, "skips[0].name: names nothing: a skip without"),
        (UNREAD, "input.b: no layer reads b; the loss does not depend on it"),
        (
            {**WIDE, "activation": "softmax", "loss": "cross_entropy"},
            "loss: cross_entropy applies softmax itself, so twice here; give y the activation identity, or take the "
            "loss nll",
        ),
        (
            {**WIDE, "activation": "sigmoid", "loss": {"name": "bce_with_logits"}},
            "loss.name: bce_with_logits applies sigmoid itself, so twice here; ",
        ),
        (
            {**CHAIN, "loss": "cross_entropy"},
            "loss: cross_entropy of a single unit, y, is 0 whatever its value; take bce_with_logits",
        ),
        (
            {**WIDE, "loss": "cross_entropy"},
            "loss: cross_entropy takes logits; by default y has the activation sigmoid, between 0 and 1; give it "
            "identity",
        ),
        (
            {**WIDE, "loss": "nll"},
            "loss: nll takes the outputs of a softmax; by default y has the activation sigmoid; give it softmax",
        ),
        (
            {**SQUARE, "layers": [*SQUARE["layers"], {"activation": "softmax"}]},
            "layers[1]: softmax of y takes the output of h1 as it is; by default h1 has the activation sigmoid, "
            "between 0 and 1; give it identity",
        ),
        (
            {**OWN, "layers": [{"weight": 2, "activation": "softmax"}]},
            "layers[0]: softmax of a single unit, y, is 1 whatever its z: no gradient goes through it",
        ),
        (
            {**OWN, "layers": [{"weight": 2, "activation": "layer_norm"}]},
            "layers[0]: layer_norm of a single unit, y, is 0 whatever its z: no gradient goes through it",
        ),
        ({**CHAIN, "target": 2, "loss": "bce"}, "target has 2, which is not in [0, 1], where bce is a likelihood"),
        (
            {**WIDE, "target": {"y": [0.5, -0.25]}, "loss": "bce"},
            "target.y has -0.25, which is not in [0, 1], where bce is a likelihood",
        ),
        ({**CHAIN, "target": -1, "loss": "poisson"}, "target has -1, which is below 0, where poisson is a likelihood"),
    ],
)
def test_a_warning_of_a_spec(spec, warning):
    (line,) = warnings(spec)
    assert line.startswith(f"spec: warning: {warning}")
    assert not line.endswith("…")


@pytest.mark.parametrize(
    "spec",
    [
        CHAIN,
        {**CHAIN, "activation": "relu"},
        {**OWN, "activation": "relu", "layers": [*OWN["layers"], {"weight": 1}]},
        {**OWN, "layers": [{"width": 1, "weight": {"init": "normal"}}], "seed": 3},
        {**OWN, "layers": [{"width": 1, "weight": {"init": "normal", "seed": 1}}]},
        {**WIDE, "input": [[1, 2], [3, 4]], "target": [0, 1], "loss": {"name": "cross_entropy", "reduction": "sum"},
         "activation": "identity"},
        {**WIDE, "activation": "log_softmax", "loss": "cross_entropy"},
        {**WIDE, "activation": "sigmoid", "loss": "cross_entropy"},
        {**SQUARE, "layers": [*SQUARE["layers"], {"weight": 2, "activation": "softmax"}]},
        {**SQUARE, "layers": [*SQUARE["layers"], {"activation": "softmax"}], "skips": [{"from": "x", "to": "y"}]},
        {**WIDE, "activation": "softmax", "loss": "cross_entropy",
         "skips": [{"from": "x", "to": "y", "into": "output"}]},
        {**CHAIN, "target": 0.5, "loss": "bce"},
        {"input": 1, "weights": [1], "loss": "bce"},
    ],
)  # fmt: skip
def test_no_warning_where_all_has_an_effect(spec):
    assert warnings(spec) == []


@pytest.mark.parametrize(("loss", "highest"), [("bce", 1), ("bce_with_logits", 1), ("poisson", inf)])
def test_targets_of_a_likelihood(loss, highest):
    """Its ends are, and nothing beyond them."""
    spec = {**CHAIN, "activation": "sigmoid" if loss == "bce" else "identity", "loss": loss}
    for target in (0, 0.5, 1, 1.001, 7, -0.001):
        found = [line for line in warnings(spec | {"target": target}) if "is a likelihood" in line]
        assert len(found) == (not 0 <= target <= highest)


@pytest.mark.parametrize("name", language.examples())
def test_the_examples_hold_nothing_without_effect(name):
    assert warnings(name) == []


@pytest.mark.parametrize(
    ("spec", "options", "error"),
    [
        (OWN, {"activation": "relu"}, "--activation relu: error: activation has no effect: every layer has its own"),
        (OWN, {"settings": ("activation=relu",)}, "--set activation=relu: error: activation has no effect"),
        (
            {**OWN, "activation": "leaky_relu"},
            {"settings": ("activation.alpha=0.5",)},
            "--set activation.alpha=0.5: error: activation.alpha has no effect: every layer has its own",
        ),
        (CHAIN, {"settings": ("seed=3",)}, "--set seed=3: error: seed has no effect: no value is drawn"),
        ({**CHAIN, "parameters": {"T": 3}}, {"settings": ("T=4",)}, "--set T=4: error: T has no effect: the parameter"),
        (CHAIN, {"settings": ("parameters.T=4",)}, "--set parameters.T=4: error: parameters: the parameter T is never"),
        (UNREAD, {"settings": ("b=3",)}, "--set b=3: error: input.b: no layer reads b"),
        ({"input": 1, "weights": [1]}, {"loss": "mae"}, "--loss mae: error: loss has no effect: there is no target; "),
        (
            {**CHAIN, "loss": "mse"},
            {"settings": ("loss.reduction=sum",)},
            "--set loss.reduction=sum: error: loss.reduction has no effect on one example",
        ),
        (CHAIN, {"settings": ("w1[0,0]=2", "w1=3")}, "--set w1=3: error: --set w1[0,0]=2 has set that already"),
        (
            CHAIN,
            {"settings": ("loss=mae", "loss.scale=2", "loss=mse")},
            "--set loss=mse: error: --set loss=mae has set",
        ),
    ],
)
def test_an_option_without_effect_is_an_error(spec, options, error):
    assert refused(spec, **options).startswith(error)


def test_an_option_may_refine_another():
    network, _ = language.load(CHAIN, language.Overrides(weights="3,4", settings=("w1=5", "w1[0,0]=6")))
    assert [parameter.value for parameter in network.parameters] == [6, 4]


def test_no_skips_without_skips_is_said():
    assert warnings(CHAIN, no_skips=True) == ["--no-skips: warning: network has no skips to drop"]
    assert warnings("residual", no_skips=True) == []


@pytest.mark.parametrize("key", ["seed", "activation", "T", "parameters.T"])
def test_a_swept_key_without_effect_is_an_error(key):
    spec = language.read({**OWN, "parameters": {"T": 1}})
    with pytest.raises(SpecError, match=r"has no effect|never used"):
        Variants(spec, (key,)).network(["relu" if key == "activation" else 3])


@pytest.mark.parametrize("key", [key for key in GROUPS["spec"].keys if not key.computed], ids=lambda key: key.name)
def test_a_swept_key_that_no_number_depends_on_is_an_error(key):
    with pytest.raises(UsageError, match="has no effect, no number depends on"):
        Variants(language.read(CHAIN), (key.name,)).network([key.examples[0]])


def test_a_title_notes_and_what_is_frozen_change_no_number():
    assert [key.name for key in GROUPS["spec"].keys if not key.computed] == ["name", "frozen", "notes"]


def test_what_only_skips_read_may_be_swept_beside_the_network_without_them():
    spec = {**CHAIN, "parameters": {"T": 1}, "skips": [{"from": "x", "to": "y", "weight": "T"}]}
    for key in ("T", "parameters.T"):
        network = Variants(language.read(spec), (key,), plain=True).network([3])
        assert not network.layers[-1].into_preactivation
