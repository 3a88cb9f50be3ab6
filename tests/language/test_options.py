"""Options that describe or change the network, and keys as sweeps set them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gradcalc import language
from gradcalc.errors import SpecError
from gradcalc.language.document import without_skips
from gradcalc.language.overrides import read_several, read_value, set_key


def read(source=None, **options):
    return language.read(source, language.Overrides(**options))


def values(source=None, **options):
    network, _ = language.load(source, language.Overrides(**options))
    return {parameter.name: parameter.value for parameter in network.parameters}


def refused(source=None, **options):
    with pytest.raises(SpecError) as caught:
        language.load(source, language.Overrides(**options))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("-1", -1),
        (" 1e-3 ", 0.001),
        ("010", 10),
        ("relu", "relu"),
        ("yes", "yes"),
        ("null", None),
        ("", None),
        ("true", True),
        ("1/3", "1/3"),
        ("sqrt(2)", "sqrt(2)"),
        ("x / (1 + x)", "x / (1 + x)"),
        ("[1, 2]", [1, 2]),
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ("{name: huber, delta: 2}", {"name": "huber", "delta": 2}),
        ("[1/3, yes]", ["1/3", "yes"]),
        ("'0.5'", "0.5"),
        ("é", "é"),
    ],
)
def test_a_value_is_read_as_yaml_flow(text, value):
    assert repr(read_value(text)) == repr(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("0.2,0.1", [0.2, 0.1]),
        ("0.1,null,1/3", [0.1, None, "1/3"]),
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ("[1,2],0.5", [[1, 2], 0.5]),
        ("x1=1,x2=2", {"x1": 1, "x2": 2}),
        ("x1=[1,2],x2=[3,4]", {"x1": [1, 2], "x2": [3, 4]}),
        ("{x1: 1, x2: 2}", {"x1": 1, "x2": 2}),
        ("max(1,2)", "max(1,2)"),
        ("'a,b'", "a,b"),
    ],
)
def test_commas_make_lists_and_equals_signs_mappings(text, value):
    assert read_several(text) == value


def test_options_alone_are_a_network():
    options = {"input": "0.5", "weights": "0.2,0.1,0.1", "skips": ("h1:y=0.1",), "target": "1"}
    assert values(**options) == {"w1": 0.2, "w2": 0.1, "w3": 0.1, "w_h1_y": 0.1}
    assert read(**options).name == "network"
    assert values(input="0.5", weights="0.2") == {"w1": 0.2}
    assert values(input="1", weights="1,2", biases="null,0.5") == {"w1": 1.0, "w2": 2.0, "b2": 0.5}


def test_options_alone_that_say_too_little():
    assert refused().startswith("command line: error: input is missing")
    assert "give layers or weights" in refused(input="1")


def test_options_override_a_spec():
    assert values("residual", weights="1,2,3") == {"w1": 1.0, "w2": 2.0, "w3": 3.0, "w_r": 0.1}
    assert values("residual", no_skips=True) == {"w1": 0.2, "w2": 0.1, "w3": 0.1}
    assert values("residual", no_skips=True, skips=("x:y=2",)) == {"w1": 0.2, "w2": 0.1, "w3": 0.1, "w_x_y": 2.0}
    data = {"input": [1, 2], "layers": [{"weight": [[1, 2], [3, 4]]}], "target": [0, 0]}
    assert values(data, weights="[[1,2]],3", target="1") == {"w1": [[1.0, 2.0]], "w2": 3.0}
    assert read("deep", weights="1,2").data["weights"] == [1, 2]
    assert "layers" not in read("deep", weights="1,2").data


def test_a_skip_joins_those_there_are():
    assert read("residual", skips=("x:y",)).data["skips"][1] == {"from": "x", "to": "y"}
    assert read("deep", skips=("x:y=0.5",)).data["skips"] == [{"every": 2}, {"from": "x", "to": "y", "weight": 0.5}]
    assert "w_x_y" in values("deep", skips=("x:y=0.5",))


@pytest.mark.parametrize(
    ("source", "setting", "name", "value"),
    [
        ("residual", "w1=0.3", "w1", 0.3),
        ("residual", "w_r=0.3", "w_r", 0.3),
        ("residual", "weights[0]=0.3", "w1", 0.3),
        ("residual", "skips[0].weight=0.3", "w_r", 0.3),
        ("residual", "skips[0].name=q", "q", 0.1),
        ("rnn", "Wx=0.3", "Wx", 0.3),
        ("rnn", "parameters.Wx=0.3", "Wx", 0.3),
        ("deep", "w7=0.3", "w7", 0.3),
        ("deep", "layers[0].weight=0.3", "w39", 0.3),
        ("mazur", "w1[0,1]=9", "w1", [[0.15, 9.0], [0.25, 0.3]]),
        ("mazur", "b1=[1, 2]", "b1", [1.0, 2.0]),
        ("mazur", "layers[1].weight[0][0]=9", "w2", [[9.0, 0.45], [0.5, 0.55]]),
    ],
)
def test_a_setting_reaches_the_parameter(source, setting, name, value):
    assert values(source, settings=(setting,))[name] == value


def test_a_setting_reaches_a_named_weight():
    data = {"input": 1, "layers": [{"weight": {"value": 2, "name": "W", "frozen": True}}, {"from": {"h1": 5}}]}
    assert values(data, settings=("W=3", "w2_h1=4")) == {"W": 3.0, "w2_h1": 4.0}


def test_a_bare_word_is_a_key_then_an_input_or_parameter():
    assert read("residual", settings=("loss=bce",)).data["loss"] == "bce"
    assert read("residual", settings=("x=3",)).data["input"] == 3
    assert read("mazur", settings=("i1=3",)).data["input"] == {"i1": 3, "i2": 0.1}
    assert read("plain", settings=("seed=3",)).data["seed"] == 3
    assert refused("residual", settings=("wr=1",)) == (
        '--set wr=1: error: no key, parameter or input is called "wr"; did you mean "w_r"?'
    )


def test_short_forms_open_to_take_more():
    assert read("residual", settings=("loss.reduction=sum",)).data["loss"] == {"name": "mse", "reduction": "sum"}
    data = {"input": 1, "layers": [{"weight": 2, "activation": "elu"}]}
    document = read(data, settings=("layers[0].weight.frozen=true", "layers[0].activation.alpha=2"))
    assert document.data["layers"] == [
        {"weight": {"value": 2, "frozen": True}, "activation": {"name": "elu", "alpha": 2}}
    ]
    assert data == {"input": 1, "layers": [{"weight": 2, "activation": "elu"}]}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("loss", "an override is KEY=VALUE"),
        ("=3", "an override is KEY=VALUE"),
        ("weights[9]=1", "weights has 3 entries, counted from 0; there is no [9]"),
        ("layers[0].weight=1", "the spec has no layers"),
        ("name[0]=1", 'name is the text "residual"; there is no [0]'),
        ("target.y.z=1", 'target is the number 1; there is no key "y" in it'),
        ("weights[x]=1", "is no key"),
        ("weights[0=1", "is no key"),
        ("a..b=1", "is no key"),
        ("loss={name: mse", "comma is missing"),
        ("loss={name: mse, name: bce}", 'duplicate key "name"'),
        ("loss=!!str mse", "tags are refused"),
        ("name=a\x1bb", "no control characters"),
        ("input=1_0", "digits stand without _"),
        ("input=1e999", "beyond the largest double"),
        ("w1=[1, 2]", "w1"),
        ("w1=abc", "neither a number nor an exact constant"),
        ("losss=3", 'did you mean "loss"?'),
    ],
)
def test_a_setting_that_cannot_be(setting, message):
    report = refused("residual", settings=(setting,))
    assert report.startswith("--set ")
    assert message in report


@pytest.mark.parametrize("skip", ["h1", "h1:", ":y", "h1=3", "h1:y=[1"])
def test_a_skip_that_cannot_be(skip):
    assert refused("residual", skips=(skip,)).startswith(f"--skip {skip}: error: ")


def test_biases_for_layers_are_refused_by_their_option():
    assert refused("deep", biases="1,2").startswith("--biases 1,2: error: `biases` and `layers` exclude each other")


def test_all_problems_come_together():
    report = refused("residual", loss="msee", weights="0.1,b", skips=("h1",), settings=("foo",))
    heads = [line.partition(":")[0] for line in report.splitlines()]
    assert sorted(heads) == ["--loss msee", "--set foo", "--skip h1", "--weights 0.1,b"]


def test_simple_values_load_no_yaml():
    code = (
        "import sys; from gradcalc import language;"
        " language.load(None, language.Overrides(input='x1=1,x2=2', weights='[[1,2]],0.1',"
        " skips=('h1:y=0.1',), target='1', settings=('loss=bce', 'w2=0.3')));"
        " sys.exit('yaml' in sys.modules or 'tomllib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_depth_is_set_by_the_repeated_layer():
    document = language.read("deep")
    assert len(language.build(set_key(document, "depth", 100))[0].layers) == 100
    assert len(language.build(set_key(document, "depth", 2))[0].layers) == 2
    assert len(language.load("deep", language.Overrides(settings=("depth=7",)))[0].layers) == 7
    with pytest.raises(LookupError, match="from 2 on"):
        set_key(document, "depth", 1)
    with pytest.raises(LookupError, match="exactly one layer"):
        set_key(language.read("residual"), "depth", 3)


def test_a_document_is_never_changed_in_place():
    document = language.read("residual")
    changed = set_key(document, "weights[0]", 5).replace(("skips", 0, "weight"), 7)
    assert document.data["weights"] == [0.2, 0.1, 0.1]
    assert changed.data["weights"] == [5, 0.1, 0.1]
    assert changed.data["skips"][0]["weight"] == 7
    assert without_skips(document).data.keys() == document.data.keys() - {"skips"}
    assert document.data["skips"]


def test_check_lists_the_problems():
    assert language.check(language.read("residual")) == []
    (problem,) = language.check(language.read("residual", language.Overrides(loss="msee")))
    assert problem.path == ("loss",)


def test_what_froze_a_skip_goes_with_the_skips():
    data = {"input": 0.5, "target": 1, "weights": [1, 2], "skips": [{"from": "h1", "to": "y", "weight": 0.1}]}
    network, _ = language.load({**data, "frozen": ["w_h1_y", "w2"]}, language.Overrides(no_skips=True))
    assert [parameter.name for parameter in network.parameters if parameter.frozen] == ["w2"]


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"loss": "msee", "weights": [{"init": "identity"}]}, "w1[0,0]=2"),
        ({"loss": [1, 2], "weights": [1]}, "loss.delta=2"),
    ],
)
def test_a_value_that_is_set_beside_a_mistake_is_no_crash(change, setting):
    assert "loss" in refused({"input": [1, 2], **change}, settings=(setting,))
