"""With `--dps` every number of a spec is the decimal that it is written as, in every format and option."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from fractions import Fraction

import mpmath
import pytest

from gradcalc import compute, language

LONG = "0.12345678901234567890123456789"
WHOLE = "123456789012345678901234567890"
CONTEXT = mpmath.MPContext()
CONTEXT.dps = 50


def exactly(text):
    fraction = Fraction(text)
    return CONTEXT.mpf(fraction.numerator) / fraction.denominator


def loss(spec, **options):
    """L = the value of the one weight times 1."""
    return compute(language.load(spec, language.Overrides(**options))[0], dps=50).loss.value


def is_exactly(value, text):
    return abs(value - exactly(text)) < abs(exactly(text)) * CONTEXT.mpf(10) ** -49


YAML = "input: 1\nactivation: identity\nloss: output\nweights: [{}]\n"
TOML = 'input = 1\nactivation = "identity"\nloss = "output"\nweights = [{}]\n'
JSON = '{{"input": 1, "activation": "identity", "loss": "output", "weights": [{}]}}'
SPEC = {"input": 1, "activation": "identity", "loss": "output", "weights": [2]}


@pytest.mark.parametrize("number", ["0.1", "1e-3", "-0.300000000000000001", LONG, f"-{LONG}", f"{LONG}e-7", WHOLE])
@pytest.mark.parametrize(("name", "text"), [("net.yaml", YAML), ("net.toml", TOML), ("net.json", JSON)])
def test_a_number_of_a_file(name, text, number, tmp_path):
    if number == WHOLE and name == "net.toml":
        pytest.skip("TOML has 64 bits for a whole number")
    path = tmp_path / name
    path.write_text(text.format(number), encoding="utf-8")
    assert is_exactly(loss(str(path)), number)
    value = language.load(str(path))[0].parameters[0].value
    assert type(value) is float
    assert value == float(number)


@pytest.mark.parametrize("number", ["0.1", LONG, "1/3"])
@pytest.mark.parametrize(
    "options",
    [{"weights": "{}"}, {"settings": ("w1={}",)}, {"settings": ("weights[0]={}",)}, {"settings": ("w1[0,0]={}",)}],
)
def test_a_number_of_an_option(options, number):
    filled = {
        key: value.format(number) if isinstance(value, str) else tuple(text.format(number) for text in value)
        for key, value in options.items()
    }
    assert is_exactly(loss(SPEC, **filled), number)


@pytest.mark.parametrize("number", ["0.1", LONG, "1/3"])
def test_inputs_targets_biases_and_skips(number):
    assert is_exactly(loss({**SPEC, "weights": [1]}, input=number), number)
    assert is_exactly(loss({**SPEC, "weights": [1], "input": 0}, biases=number), number)
    assert is_exactly(loss({**SPEC, "weights": [0]}, skips=(f"x:y={number}",)), number)
    target = compute(
        language.load({**SPEC, "weights": [0], "loss": "mae"}, language.Overrides(target=number))[0], dps=50
    )
    assert is_exactly(target.loss.value, number)


@pytest.mark.parametrize("number", ["0.1", LONG, "1/3"])
def test_options_of_activations_and_losses(number):
    leaky = {**SPEC, "input": -1, "weights": [1]}
    assert is_exactly(-loss(leaky, activation=f"{{name: leaky_relu, alpha: {number}}}"), number)
    assert is_exactly(loss({**SPEC, "weights": [1]}, loss=f"{{name: output, scale: {number}}}"), number)
    huber = compute(
        language.load({**SPEC, "target": 0}, language.Overrides(loss=f"{{name: huber, delta: {number}}}"))[0], dps=50
    )
    assert is_exactly(huber.gradients["w1"], number)


def test_an_option_that_is_no_ratio():
    leaky = {**SPEC, "input": -1, "weights": [1]}
    assert abs(loss(leaky, activation="{name: leaky_relu, alpha: sqrt(2)}") ** 2 - 2) < CONTEXT.mpf(10) ** -48


def test_rows_and_lists_of_long_numbers():
    spec = f"input: [1, 0]\nactivation: identity\nloss: output\nlayers: [{{weight: [[{LONG}, 1], [0, {WHOLE}]]}}]\n"
    network = language.build(language.document.parse(spec, "net.yaml", "net", "yaml"))[0]
    assert is_exactly(compute(network, dps=50).loss.value, LONG)
    assert network.parameters[0].exact == {(0, 0): LONG, (1, 1): WHOLE}


def test_the_command(tmp_path):
    (tmp_path / "net.yaml").write_text(YAML.format(0.1), encoding="utf-8")
    command = [sys.executable, "-m", "gradcalc", "compute", str(tmp_path / "net.yaml"), "--dps", "50", "--json"]
    answer = subprocess.run(command, capture_output=True, check=True, text=True)
    assert json.loads(answer.stdout, parse_float=str)["loss"]["value"] == "0.1"


def test_a_literal_is_the_double_for_everybody_else():
    from gradcalc.expressions.expression import Literal

    literal = Literal.of(0.1, "0.1000000000000000000001")
    assert json.dumps(literal) == "0.1"
    assert pickle.loads(pickle.dumps(literal)).text == literal.text
    assert literal == 0.1
