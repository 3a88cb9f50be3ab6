"""Names of PyTorch, Keras and JAX: accepted where they mean the same, refused with the difference where they do not."""

from __future__ import annotations

import re
from math import sqrt

import pytest

from gradcalc import compute, language
from gradcalc.activations import ACTIVATIONS
from gradcalc.errors import SpecError
from gradcalc.language.known_names import activations, initialisations, joins, losses, squeezed
from gradcalc.language.schema_and_reference import reference, schema
from gradcalc.losses import LOSSES

TABLES = {"activation": activations(), "loss": losses(), "init": initialisations(), "join": joins()}
MAPPING = re.compile(r"\{[^}…]+\}")


def loaded(**keys):
    return language.load({"input": [0.3, -0.2], "target": [0.25, 0.5], "weights": [[[1, 2], [3, 4]]], **keys})[0]


def drawn(init, **keys):
    weight = {"init": init, **keys}
    layers = [{"width": 4, "weight": weight}, {"width": 2, "weight": weight}]
    return language.load({"input": [0.3, -0.2, 1], "layers": layers, "seed": 5})[0].parameters


def refused(**keys):
    with pytest.raises(SpecError) as caught:
        loaded(**keys)
    (line,) = str(caught.value).splitlines()
    return line


@pytest.mark.parametrize("names", TABLES.values(), ids=TABLES)
def test_a_name_means_one_thing(names):
    assert len(set(names.all())) == len(names.all())
    assert set(names.aliases.values()) <= set(names.canonical)
    assert not set(names.unlike) & {squeezed(name) for name in names.aliases if name not in ("nll_loss", "kl_div")}


@pytest.mark.parametrize(("alias", "name"), activations().aliases.items())
def test_an_activation_by_an_alias_is_that_activation(alias, name):
    network = loaded(activation=alias)
    assert network.layers == loaded(activation=name).layers
    assert network.activation == name
    assert network.activations == (name,)


@pytest.mark.parametrize(("alias", "name"), losses().aliases.items())
def test_a_loss_by_an_alias_is_that_loss(alias, name):
    one, other = loaded(loss=alias, activation="log_softmax"), loaded(loss=name, activation="log_softmax")
    assert one.loss.text == other.loss.text == name
    if name != "bce":  # an output of log_softmax is no probability
        assert compute(one).loss == compute(other).loss


@pytest.mark.parametrize(("alias", "name"), initialisations().aliases.items())
def test_an_initialisation_by_an_alias_draws_the_same(alias, name):
    assert drawn(alias) == drawn(name)
    if name != "identity":
        assert drawn(alias, gain=2) == drawn(name, gain=2)


@pytest.mark.parametrize(("alias", "name"), joins().aliases.items())
def test_a_join_by_an_alias_is_that_join(alias, name):
    spec = {"input": {"a": 1, "b": 2}, "layers": [{"from": ["a", "b"], "join": alias}]}
    assert language.load(spec)[0].layers[0].join == name


def test_smooth_l1_is_huber_with_delta_1():
    assert loaded(loss="smooth_l1").loss.options == {"delta": 1.0}
    assert refused(loss={"name": "smooth_l1", "delta": 2}) == (
        "spec: error: loss: `delta` goes with `name: huber`, not with smooth_l1"
    )


@pytest.mark.parametrize("name", ["nll_loss", "kl_div"])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_losses_of_logarithms_are_refused_where_the_output_is_none(name, activation):
    line = refused(loss=name, activation=activation)
    assert f'loss: "{name}" takes logarithms in PyTorch; write ' in line
    assert refused(loss={"name": name}, activation=activation).startswith("spec: error: loss.name: ")


def test_one_target_of_several_may_be_the_one_without_logarithms():
    layers = [{"weight": [[1, 2], [3, 4]], "activation": "log_softmax", "name": "a"}, {"from": "a", "name": "b"}]
    with pytest.raises(SpecError, match="takes logarithms"):
        language.load({"input": [1, 2], "layers": layers, "target": {"a": 0, "b": 1}, "loss": "nll_loss"})
    language.load({"input": [1, 2], "layers": layers[:1], "target": {"a": 0}, "loss": "nll_loss"})


@pytest.mark.parametrize(
    ("key", "name", "difference"),
    [
        ("activation", "batch_norm", "normalizes over the examples of a batch, layer_norm over the units of a layer"),
        ("activation", "BatchNorm1d", "normalizes over the examples"),
        ("activation", "rmsnorm", "has eps 2.2e-16 in PyTorch, 1e-6 in Keras, 1e-5 here"),
        ("activation", "glu", "is a product of two layers"),
        ("activation", "softmin", "is softmax of −x"),
        ("activation", "dropout", "is random"),
        ("loss", "NLLLoss", "takes logarithms in PyTorch"),
        ("loss", "KLDivLoss", "takes logarithms in PyTorch"),
        ("loss", "poisson_nll_loss", "takes ln y by default in PyTorch"),
        ("loss", "categorical_crossentropy", "takes probabilities in Keras"),
        ("loss", "l2", "may be a sum or a mean"),
        ("loss", "mean_absolute_percentage_error", "is not built in"),
    ],
)
def test_a_name_that_means_something_else_is_refused_with_the_difference(key, name, difference):
    line = refused(**{key: name})
    assert f'{key}: "{name}" {difference}' in line
    assert "did you mean" not in line
    assert not line.endswith("…")


@pytest.mark.parametrize("table", ["activation", "loss", "init"])
def test_every_difference_fits_the_line(table):
    for name, why in TABLES[table].unlike.items():
        assert len(f'network.yaml:10:10: error: {table}: "{name}" {why}') <= 160


ADVICE = [(table, text) for table in TABLES for why in TABLES[table].unlike.values() for text in MAPPING.findall(why)]


@pytest.mark.parametrize(("table", "text"), ADVICE)
def test_what_a_difference_advises_to_write_can_be_written(table, text, tmp_path):
    weight = text if table == "init" else "0.5"
    lines = ["input: 1", "target: 1", f"layers: [{{width: 1, weight: {weight}}}]"]
    (tmp_path / "net.yaml").write_text("\n".join(lines if table == "init" else [*lines, f"{table}: {text}"]))
    language.load(tmp_path / "net.yaml")


@pytest.mark.parametrize(
    ("key", "name", "meant"),
    [
        ("activation", "ReLU", "relu"),
        ("activation", "LeakyReLU", "leaky_relu"),
        ("activation", "Hardswish", "hard_swish"),
        ("loss", "MSELoss", "mse"),
        ("loss", "SmoothL1Loss", "huber"),
        ("loss", "CrossEntropyLoss", "cross_entropy"),
    ],
)
def test_another_form_of_a_name_is_recognized(key, name, meant):
    assert refused(**{key: name}).endswith(f'did you mean "{meant}"?')


@pytest.mark.parametrize(
    ("key", "name"),
    [
        *(("activation", name) for name in ("lrelu", "stanh", "atan", "arctan", "squared_relu", "cosine", "prelu6")),
        *(("activation", name) for name in ("entmax", "lisht", "bent_identity", "tanh_exp", "maxpool", "sinc")),
        *(("loss", name) for name in ("rmse", "rmsle", "half_mse", "mbe", "ce", "log_loss", "pinball", "nrmse")),
        *(("loss", name) for name in ("cross_entropy_with_logits", "sigmoid_cross_entropy", "mse_sum")),
    ],
)
def test_no_suggestion_means_something_else(key, name):
    assert "did you mean" not in refused(**{key: name})


@pytest.mark.parametrize(
    ("key", "name", "meant"),
    [
        ("activation", "sigmod", '"sigmoid"'),
        ("activation", "tahn", '"tanh"'),
        ("activation", "rellu", '"relu"'),
        ("activation", "softmix", '"softmax"'),
        ("loss", "cross_entrpy", '"cross_entropy"'),
        ("loss", "hubr", '"huber"'),
    ],
)
def test_a_letter_too_many_missing_wrong_or_misplaced_is_recognized(key, name, meant):
    assert refused(**{key: name}).endswith(f"did you mean {meant}?")


@pytest.mark.parametrize("name", ["minus", "median", "softmax", "product"])
def test_no_join_is_suggested_for_another_one(name):
    assert "did you mean" not in joins().unknown("join", name)


def test_a_name_without_its_ending_may_be_any_that_has_one():
    message = 'unknown initialisation "xavier"; did you mean "xavier_uniform" or "xavier_normal"?'
    assert initialisations().unknown("initialisation", "xavier") == message


def test_torch_linear_is_uniform_within_one_over_the_root_of_the_fan_in():
    layer = {"width": 200, "weight": {"init": "torch_linear"}, "bias": {"init": "torch_linear"}}
    weight, bias = language.load({"input": [1, 2, 3, 4], "layers": [layer]})[0].parameters
    numbers = [abs(number) for row in weight.value for number in row]
    assert 0.495 < max(numbers) <= 0.5
    assert 0.49 < max(map(abs, bias.value)) <= 0.5
    assert sum(number * number for number in numbers) / 800 == pytest.approx(0.25 / 3, rel=0.1)


def test_the_bias_of_several_weights_has_the_fan_in_of_all():
    part = {"init": "torch_linear"}
    layer = {"width": 300, "from": {"a": part, "b": part}, "bias": {"init": "torch_linear"}}
    network = language.load({"input": {"a": [1, 2], "b": [1, 2, 3, 4, 5, 6, 7]}, "layers": [layer]})[0]
    bounds = [max(abs(x) for row in parameter.value for x in row) for parameter in network.parameters[:2]]
    assert bounds == pytest.approx([1 / sqrt(2), 1 / sqrt(7)], rel=0.02)
    assert max(map(abs, network.parameters[2].value)) == pytest.approx(1 / 3, rel=0.02)


def test_a_bias_without_a_weight_has_no_fan_in():
    with pytest.raises(SpecError, match="needs a layer with one weight"):
        language.load({"input": [1, 2], "layers": [{"bias": {"init": "torch_linear"}}]})


def test_schema_and_reference_have_the_aliases():
    enum = [one["const"] for one in schema()["properties"]["activation"]["anyOf"][0]["oneOf"]]
    assert enum == [*ACTIVATIONS, *activations().aliases]
    page = reference()
    lines = [line for line in page.splitlines() if line.startswith(("| `", "- `"))]
    for names in TABLES.values():
        for alias, name in names.aliases.items():
            assert any(line[2:].startswith(f"`{name}`") and f"`{alias}`" in line for line in lines)


def test_completion_and_help_offer_canonical_names_alone():
    from gradcalc.cli import completion

    assert tuple(completion.OFFERS["activation"](None, "")) == tuple(ACTIVATIONS)
    assert tuple(completion.OFFERS["loss"](None, "")) == tuple(LOSSES)
