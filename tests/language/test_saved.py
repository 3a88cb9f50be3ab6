"""A spec saved with other values: the same network but for them, and the text else as it was."""

from __future__ import annotations

from difflib import ndiff
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import specs

import gradcalc
from gradcalc import language
from gradcalc.errors import UsageError
from gradcalc.language.document import parse, write
from gradcalc.language.saved import saved_text
from gradcalc.network.network import Network


def moved(network: Network) -> Network:
    """Other values for all that is not frozen."""

    def other(value: Any) -> Any:
        return list(map(other, value)) if isinstance(value, list) else value * 1.25 + 0.0625

    parameters = (one if one.frozen else one._replace(value=other(one.value), exact={}) for one in network.parameters)
    return network._replace(parameters=tuple(parameters))


def assert_saved(text: str, grammar: str, to: str) -> str:
    document = parse(text, "net", "net", grammar)
    network = moved(language.build(document)[0])
    saved, _ = saved_text(document, network, to)
    again = language.build(parse(saved, "net", "net", to))[0]
    assert [one[:4] for one in again.parameters] == [one[:4] for one in network.parameters]
    assert (again.inputs, again.targets) == (network.inputs, network.targets)
    found, wanted = (gradcalc.compute(one, top=0) for one in (again, network))
    assert (found.loss, found.gradients) == (wanted.loss, wanted.gradients)
    return saved


@given(specs(), st.sampled_from(["yaml", "json", "toml"]), st.sampled_from(["yaml", "json"]))
def test_what_is_saved_is_the_network(spec: dict[str, Any], grammar: str, to: str) -> None:
    try:
        text = write(spec, grammar)
    except UsageError:  # TOML has no null
        assume(False)
    assert_saved(text, grammar, to)


RICH = """# Two layers by hand.
name: rich   # a title
input: [0.5, -0.2]

target: 1
layers:
  # the first one
  - weight:            # two rows
      - [0.1, 0.2]
      - [0.3, 0.4]
    bias: 0            # of both units
  - {weight: {init: xavier_uniform, name: V}, width: 2}  # drawn
  - name: r
    weight: [[0.1, 0.2], [0.3, 0.4]]
    repeat: 2
  - {weight: [[0.5, 0.6]]}
skips:
  - {every: 2, weight: 0.1}  # over two layers each
  - {from: h1, to: y, weight: [[0.1, 0.3]]}
frozen: [b1]
"""


def test_comments_and_order_stay() -> None:
    saved = assert_saved(RICH, "yaml", "yaml")
    for comment in ("# Two layers by hand.", "# a title", "# the first one", "# of both units", "# drawn"):
        assert comment in saved
    assert "repeat" not in saved
    assert "every" not in saved
    assert "init" not in saved
    names = [line.split(":")[0] for line in saved.splitlines() if line[:1].isalpha()]
    assert names == ["name", "input", "target", "layers", "skips", "frozen"]


@pytest.mark.parametrize("name", ["residual", "plain", "deep", "resnet", "mazur", "rnn"])
def test_of_the_examples_nothing_but_values_changes(name: str) -> None:
    text = language.example_text(name)
    saved = assert_saved(text, "yaml", "yaml")
    gone = [line[2:] for line in ndiff(text.splitlines(), saved.splitlines()) if line.startswith("- ")]
    assert gone and all("weight" in line or "parameters" in line or "skips" in line for line in gone)


def test_values_by_option_are_written_too() -> None:
    document = language.read("residual", language.Overrides(settings=("w2=0.7", "target=0"), skips=("x:y=2",)))
    network = language.build(document)[0]
    text, uncommented = saved_text(document, network, "yaml")
    again = gradcalc.load(parse(text, "net", "net", "yaml").data)
    assert {one.name: one.value for one in again.parameters} == {one.name: one.value for one in network.parameters}
    assert again.targets[0].given == 0
    assert uncommented


def test_alpha_that_no_spec_has_written_gets_a_place() -> None:
    text = "input: 1\ntarget: 0\nlayers:\n  - {weight: -2, activation: prelu}  # α is 1/4\n"
    assert "alpha: 0.375" in assert_saved(text, "yaml", "yaml")


def test_the_first_copy_of_a_repeated_layer_reads_what_it_read() -> None:
    text = """# branches
input: 0.5
target: 1
layers:
  - {name: a, weight: 0.3}
  - {name: b, from: x, weight: 0.4}
  - {name: r, from: a, weight: {value: 0.7, name: W}, bias: {init: zeros}, repeat: 3}
  - {name: y, from: {b: 0.2, r3: 0.6}}
"""
    saved = assert_saved(text, "yaml", "yaml")
    assert saved.startswith("# branches")
    assert saved.count("from: a") == 1
    assert "W3" in saved
    assert_saved(text, "yaml", "json")


def test_a_weight_that_skips_share_by_its_name_has_no_place() -> None:
    spec = "input: 1\ntarget: 1\nlayers: [{}, {}, {weight: 2}]\nskips: [{every: 1, weight: {value: 0.5, name: ws}}]\n"
    document = parse(spec, "net", "net", "yaml")
    network = moved(language.build(document)[0])
    with pytest.raises(UsageError, match="no place for these values"):
        saved_text(document, network, "toml")
