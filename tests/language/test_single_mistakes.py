"""One mistake is one message, at its own place, however much depends on what is wrong."""

from __future__ import annotations

import pytest

from gradcalc import language
from gradcalc.errors import SpecError


def refused(text, tmp_path, monkeypatch, **options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        language.load("net.yaml", language.Overrides(**options))
    return [line for line in str(caught.value).splitlines() if " error: " in line]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input: 1\nweights: [1, 2]\nbiases: 0.5\n", "3:9: error: biases needs a list of biases, not the number 0.5"),
        ("input: 1\nweights: [1, 2]\nbiases: [1]\n", "3:9: error: biases has 1 entry for 2 layers"),
        ("input: 1\nweights: 2\nskips: [{from: h1, to: y}]\ntarget: {y: 1}\n", "2:10: error: weights needs a list"),
        ("input: 1\nweights: [1]\nskips: {}\n", "3:8: error: skips.every is missing"),
        ("input: 1\nlayers: [{width: 1.5, weight: {init: zeros}}]\n", "2:18: error: layers[0].width needs a whole"),
        (
            "input: 1\nlayers: [{weight: 1}, {from: {q: 1}}]\n",
            '2:31: error: layers[1].from: "q" is no node; the nodes are x, h1, y',
        ),
        ("input: 1\nlayers: [{from: {y: 1}}]\n", "2:18: error: layers[0].from: y → y closes the cycle"),
        (
            "input: [1, 2]\nlayers: [{activation: {name: maxout, pieces: 1.5}}]\n",
            "2:46: error: layers[0].activation.pieces: maxout: pieces must be a whole number from 1, not 1.5",
        ),
        (
            "input: 1\nweights: [1]\nactivation: {name: celu, alpha: 0}\n",
            "3:33: error: activation.alpha: celu: alpha must be positive, not 0",
        ),
        ("input: [[]]\nweights: [1]\n", "1:9: error: input[0] is empty; it needs at least one number"),
        ("input: 1\nweights: [1]\nloss: {name: huber, delta: 0}\n", "3:28: error: loss.delta: delta is a positive"),
        ('input: 1\nweights: ["10^400"]\n', '2:11: error: weights[0]: "10^400" is no exact constant'),
        ('input: 1\nweights: ["2*ln(2)"]\n', '2:14: error: weights[0]: "2*ln(2)" is no exact constant: unknown'),
    ],
)
def test_a_mistake_is_reported_once_where_it_stands(text, message, tmp_path, monkeypatch):
    (line,) = refused(text, tmp_path, monkeypatch)
    assert line.startswith(f"net.yaml:{message}")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("foo.bar=3", '--set foo.bar=3: error: unknown key "foo"'),
        ("w1=1e400", "--set w1=1e400: error: 1e400 is beyond the largest double"),
    ],
)
def test_what_an_option_adds_is_named_by_the_option(setting, message, tmp_path, monkeypatch):
    (line,) = refused("input: 1\nweights: [1]\n", tmp_path, monkeypatch, settings=(setting,))
    assert line.startswith(message)


def test_weights_that_replace_layers_unfreeze_what_was_in_these():
    network, _ = language.load("mazur", language.Overrides(weights="1,2"))
    assert [parameter.name for parameter in network.parameters] == ["w1", "w2"]
