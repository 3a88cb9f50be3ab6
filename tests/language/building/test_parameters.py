"""Entries of `parameters`, frozen parameters, values by option, and what nothing uses."""

import pytest
from specs import CHAIN, errors, network, parameters, warnings

SQUARE = [[1.0, 2.0], [3.0, 4.0]]
WIDE = {"input": [1, 2], "loss": "output", "layers": [{"weight": SQUARE, "bias": [5, 6]}, {"weight": [7, 8]}]}


def test_entries_come_first_and_in_their_order():
    spec = {**CHAIN, "parameters": {"b": 1, "a": 2}, "weights": ["a", 0.5, "b"]}
    assert [(p.name, p.kind) for p in network(spec).parameters] == [("b", "entry"), ("a", "entry"), ("w2", "weight")]


def test_an_entry_that_nothing_uses_is_a_warning():
    assert warnings({**CHAIN, "parameters": {"a": 1, "c": {"init": "normal"}}}) == [
        (("parameters", "a"), "the parameter a is never used; remove it"),
        (("parameters", "c"), "the parameter c is never used; remove it"),
    ]


def test_a_layer_that_nothing_reads_is_a_warning():
    layers = [{"weight": 1}, {"from": "x", "weight": 1}]
    assert warnings({"input": 1, "target": 1, "layers": layers}) == [
        (("layers", 0), "no layer reads h1 and no target names it; the loss does not depend on it")
    ]
    assert warnings({"input": 1, "target": {"h1": 1, "y": 1}, "layers": layers}) == []
    assert warnings({**CHAIN, "target": {"h2": 1}}) == [
        (("weights", 2), "no layer reads y and no target names it; the loss does not depend on it")
    ]


def test_an_input_that_nothing_reads_is_a_warning():
    spec = {"input": {"a": 1, "b": 2}, "target": 1, "layers": [{"from": "a", "weight": 1}]}
    assert warnings(spec) == [(("input", "b"), "no layer reads b; the loss does not depend on it")]


@pytest.mark.parametrize(
    ("second", "path", "message"),
    [
        (
            {"weight": "W"},
            ("layers", 1, "weight"),
            "is 1×2 (out×in) since its use in layers[0].weight but h1 has 1 unit; "
            "a weight has one row per output unit and one column per input unit",
        ),
        (
            {"weight": 1, "bias": "W"},
            ("layers", 1, "bias"),
            "is 1×2 (out×in) since its use in layers[0].weight, which is a weight; "
            "a bias is one number per unit, or one for all of them",
        ),
    ],
)
def test_uses_that_disagree(second, path, message):
    spec = {"input": [1, 2], "target": 1, "parameters": {"W": [1, 2]}, "layers": [{"weight": "W"}, second]}
    assert errors(spec) == [(path, message)]


def test_a_list_that_is_a_bias_first_is_no_weight_afterwards():
    layers = [{"weight": 1, "bias": "b"}, {"weight": "b"}]
    spec = {"input": [1, 2], "loss": "output", "parameters": {"b": [1, 2]}, "layers": layers}
    assert errors(spec) == [
        (
            ("layers", 1, "weight"),
            "is a list of 2 since its use in layers[0].bias, which is a bias; "
            "a weight has one row per output unit and one column per input unit",
        )
    ]


def test_an_entry_is_not_renamed():
    spec = {**CHAIN, "parameters": {"W": 1}, "weights": [{"value": "W", "name": "V"}]}
    assert errors(spec) == [(("weights", 0, "name"), "W is an entry of parameters and has only that name")]
    skip = {"from": "x", "to": "h2", "weight": "W", "name": "V"}
    assert errors({**CHAIN, "parameters": {"W": 1}, "skips": [skip]}) == [
        (("skips", 0, "name"), "names W again, an entry of parameters has only its own name")
    ]


def frozen(spec):
    return [p.name for p in network(spec).parameters if p.frozen]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["w1"], ["w1"]),
        (["b*"], ["b1"]),
        (["w?", "b1"], ["w1", "b1", "w2"]),
        (["*"], ["w1", "b1", "w2"]),
        (["?1"], ["w1", "b1"]),
        ([], []),
    ],
)
def test_frozen_names_and_patterns(patterns, names):
    assert frozen({**WIDE, "frozen": patterns}) == names


@pytest.mark.parametrize("pattern", ["w[12]", "w[1]", "W*", "w1[0,1]", "w.", "[wb]*", "w", "w??", "!b*"])
def test_only_stars_and_question_marks_are_wild(pattern):
    ((path, message),) = errors({**WIDE, "frozen": ["w1", pattern]})
    assert path == ("frozen", 1)
    assert message.startswith(f'"{pattern}" is the name of no parameter')


def test_a_frozen_name_nearly_right_is_suggested():
    assert errors({**WIDE, "frozen": ["b_1"]}) == [
        (("frozen", 0), '"b_1" is the name of no parameter; did you mean "b1"?')
    ]


def test_frozen_where_it_stands():
    spec = {
        **CHAIN,
        "parameters": {"W": {"value": 1, "frozen": True}, "V": 2},
        "weights": ["W", {"value": 1, "frozen": True}, {"value": "V", "frozen": True}, 4],
    }
    assert frozen(spec) == ["W", "V", "w2"]


@pytest.mark.parametrize(
    ("values", "name", "value", "exact"),
    [
        ({"w1": SQUARE}, "w1", SQUARE, {}),
        ({"w1[0,1]": 9}, "w1", [[1, 9], [3, 4]], {}),
        ({"w1[1,0]": "1/3"}, "w1", [[1, 2], [1 / 3, 4]], {(1, 0): "1/3"}),
        ({"b1[1]": 9}, "b1", [5, 9], {}),
        ({"b1": [9, "1/2"]}, "b1", [9, 0.5], {(1,): "1/2"}),
        ({"w2": [1, "1/2"]}, "w2", [[1, 0.5]], {(0, 1): "1/2"}),
        ({"w2": [[1, 2]], "w2[0,0]": 5}, "w2", [[5, 2]], {}),
    ],
)
def test_values_by_option(values, name, value, exact):
    found = parameters(network(WIDE, values))
    assert (found[name].value, found[name].exact) == (value, exact)
    assert found[name].shape == parameters(network(WIDE))[name].shape


def test_values_of_single_numbers_by_option():
    layers = [{"weight": [[1]], "bias": [2]}, {"weight": [3, 4]}, {"weight": 5}]
    spec = {"input": 1, "loss": "output", "layers": layers}
    found = parameters(network(spec, {"w1": "1/2", "b1": 7, "w2": [8, 9], "w3[0,0]": 6}))
    assert [p.value for p in found.values()] == [[[0.5]], [7], [[8], [9]], 6]
    assert found["w1"].exact == {(0, 0): "1/2"}


def test_a_value_by_option_replaces_the_text_of_a_constant():
    spec = {**CHAIN, "weights": ["1/3"]}
    assert parameters(network(spec))["w1"].exact == {(): "1/3"}
    assert parameters(network(spec, {"w1": 2}))["w1"].exact == {}


def test_an_entry_by_option_changes_every_use():
    spec = {"input": 1, "target": 1, "parameters": {"W": 1}, "weights": ["W", "W"]}
    assert [p.value for p in network(spec, {"W": 3}).parameters] == [3.0]


def test_one_copy_by_option_leaves_the_others():
    spec = {"input": [1, 2], "loss": "output", "layers": [{"weight": SQUARE, "repeat": 2}]}
    found = parameters(network(spec, {"w1[0,0]": 9}))
    assert (found["w1"].value, found["w2"].value) == ([[9, 2], [3, 4]], SQUARE)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("w1", 3, "is a number but w1 is 2×2 (out×in)"),
        ("w1", [[1, 2, 3]], "is 1×3 (out×in) but w1 is 2×2 (out×in)"),
        ("w1[2,0]", 3, "is no entry of w1, which is 2×2 (out×in)"),
        ("w1[0]", 3, "is no entry of w1, which is 2×2 (out×in)"),
        ("b1[2]", 3, "is no entry of b1, which is a list of 2"),
        ("w1[0,0]", "abc", '"abc" is neither a number nor an exact constant, such as "1/3"'),
        ("w22", 3, 'no key, parameter or input is called "w22"; the parameters and inputs are w1, b1, w2, x'),
    ],
)
def test_values_by_option_that_do_not_fit(key, value, message):
    assert errors(WIDE, {key: value}) == [(("--set", key), message)]
