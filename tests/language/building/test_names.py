"""How nodes and parameters are called, and which names are refused."""

import pytest
from specs import CHAIN, errors, network, node_names, parameters


def test_layers_and_their_parameters_are_called_by_position():
    layers = [{"weight": 1, "bias": 0.5}, {"weight": 2}, {"bias": 3, "activation": "prelu"}]
    built = network({"input": 0.5, "target": 1, "layers": layers})
    assert node_names(built) == ["x", "h1", "h2", "y"]
    assert [(p.name, p.kind) for p in built.parameters] == [
        ("w1", "weight"),
        ("b1", "bias"),
        ("w2", "weight"),
        ("b3", "bias"),
        ("alpha3", "alpha"),
    ]


def test_weights_of_a_from_mapping_are_called_after_their_sources():
    layers = [{"weight": 1}, {"from": {"x": 1, "h1": 2}, "name": "o"}]
    assert list(parameters(network({"input": 0.5, "target": 1, "layers": layers}))) == ["w1", "w2_x", "w2_h1"]


def test_skips_are_called_after_their_ends_and_counted_from_the_second():
    between = {"from": "h1", "to": "y", "weight": 1}
    skips = [between, between, {"from": "x", "to": "y", "weight": 1}, {**between, "into": "output"}]
    names = list(parameters(network({**CHAIN, "skips": skips})))
    assert names[3:] == ["w_h1_y", "w_h1_y_2", "w_x_y", "w_h1_y_3"]


def test_an_identity_skip_counts_for_no_name():
    skips = [{"from": "h1", "to": "y"}, {"from": "h1", "to": "y", "weight": 1}]
    assert list(parameters(network({**CHAIN, "skips": skips})))[3:] == ["w_h1_y"]


def test_everything_may_be_renamed():
    layers = [
        {"name": "a", "weight": {"value": 1, "name": "U"}, "bias": {"value": 0, "name": "c"}},
        {"name": "o", "from": {"a": {"value": 1, "name": "V"}}, "activation": {"name": "prelu", "alpha": 0.1}},
    ]
    skips = [
        {"from": "x", "to": "o", "weight": 1, "name": "s"},
        {"from": "x", "to": "o", "weight": {"value": 1, "name": "r"}},
    ]
    built = network({"input": 0.5, "target": 1, "layers": layers, "skips": skips})
    assert node_names(built) == ["x", "a", "o"]
    assert list(parameters(built)) == ["U", "c", "V", "alpha2", "s", "r"]


def test_copies_of_a_repeated_layer_are_numbered():
    layers = [{"name": "r", "weight": {"value": 1, "name": "W"}, "bias": 2, "repeat": 3}, {"weight": 1}]
    built = network({"input": 0.5, "target": 1, "layers": layers})
    assert node_names(built) == ["x", "r1", "r2", "r3", "y"]
    assert list(parameters(built)) == ["W1", "b1", "W2", "b2", "W3", "b3", "w4"]


def test_a_layer_repeated_once_keeps_its_name():
    assert node_names(network({"input": 1, "target": 1, "layers": [{"name": "r", "weight": 1, "repeat": 1}]}))[1:] == [
        "r"
    ]


@pytest.mark.parametrize(("weight", "name"), [(1, "w2"), ({"value": 1, "name": "W"}, "W")])
def test_shared_parameters_are_called_as_given_or_after_the_first_copy(weight, name):
    layers = [{"weight": 5}, {"weight": weight, "bias": 1, "repeat": 3, "share": True}]
    built = network({"input": 0.5, "target": 1, "layers": layers})
    assert list(parameters(built)) == ["w1", name, "b2"]
    assert [layer.edges[0].label for layer in built.layers] == ["w1", name, name, name]
    assert [layer.bias for layer in built.layers] == [None, 2, 2, 2]


def test_an_entry_of_parameters_has_only_its_own_name():
    spec = {"input": 0.5, "target": 1, "parameters": {"W": 0.5}, "layers": [{"weight": "W", "repeat": 3}]}
    assert list(parameters(network(spec))) == ["W"]


@pytest.mark.parametrize("name", ["Ω", "слой", "層1", "_", "_1", "λ_0", "हिन्दी", "é", "self", "lambda", "e", "pi"])
def test_names_of_any_script_are_nodes(name):
    assert node_names(network({"input": 0.5, "target": 1, "layers": [{"name": name, "weight": 1}]}))[1] == name


@pytest.mark.parametrize("name", ["a-b", "1a", "a b", "", "a.b", "h[0]", "²", "a·b", "x‿y", "Ⅷ", "a\u200b", "*", "½"])
def test_what_is_no_identifier_is_refused(name):
    found = errors({"input": 0.5, "target": 1, "layers": [{"name": name, "weight": 1}]})
    assert [path for path, _ in found] == [("layers", 0, "name")]
    assert "no name" in found[0][1] or not name


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        ({**CHAIN, "input": {"t": 1}}, ("input", "t"), '"t" is how formulas write a target; choose another name'),
        (
            {**CHAIN, "weights": [{"value": 1, "name": "t_1"}]},
            ("weights", 0, "name"),
            '"t_1" is how formulas write a target; choose another name',
        ),
        (
            {**CHAIN, "parameters": {"pi": 3}, "weights": [1, "pi"]},
            ("parameters", "pi"),
            '"pi" is the number pi in formulas and may not name a parameter',
        ),
        (
            {**CHAIN, "weights": [{"value": 1, "name": "e"}]},
            ("weights", 0, "name"),
            '"e" is the number e in formulas and may not name a parameter',
        ),
        (
            {"input": 1, "target": 1, "layers": [{"name": "h2", "weight": 1}, {"weight": 1}, {"weight": 1}]},
            ("layers", 1),
            '"h2", its name by position, is already given by layers[0].name; names are unique',
        ),
        (
            {**CHAIN, "input": {"y": 1}},
            ("weights", 2),
            '"y", its name by position, is already given by input.y; names are unique',
        ),
        (
            {**CHAIN, "parameters": {"w2": 1}, "weights": ["w2", 1]},
            ("weights", 1),
            '"w2", its name by position, is already given by parameters.w2; names are unique',
        ),
        (
            {**CHAIN, "input": {"ﬁ": 1, "fi": 2}, "target": [1, 1]},
            ("input", "fi"),
            '"fi" is already given by input.ﬁ; names are unique',
        ),
        (
            {
                "input": [1, 2],
                "target": 1,
                "layers": [{"weight": [[1, 2], [3, 4]]}, {"weight": [1, 2], "name": "w1_0_1"}],
            },
            ("layers", 1, "name"),
            '"w1_0_1" is how formulas write an entry of w1; choose another name',
        ),
        (
            {**CHAIN, "input": {"a": [1, 2], "a_1": 2}, "target": [1, 1, 1]},
            ("input", "a_1"),
            '"a_1" is how formulas write an entry of a; choose another name',
        ),
        (
            {**CHAIN, "input": {"a": [[1], [2]], "a_1_0": [[1], [2]]}, "target": [[1, 1], [2, 2]]},
            ("input", "a_1_0"),
            '"a_1_0" is how formulas write an entry of a; choose another name',
        ),
        (
            {**CHAIN, "input": {"z_h1": 1}},
            ("input", "z_h1"),
            '"z_h1" is how formulas write the preactivation of h1; choose another name',
        ),
        (
            {**CHAIN, "parameters": {"d_y": 1}, "weights": ["d_y", "d_y"]},
            ("parameters", "d_y"),
            '"d_y" is how formulas write the adjoint of y; choose another name',
        ),
    ],
)
def test_names_that_are_taken(spec, path, message):
    assert errors(spec) == [(path, message)]


@pytest.mark.parametrize("name", ["w1_0_5", "w1_1", "w1_00_1", "a_1", "z_q", "tt", "w1_2_0", "x_2", "pi_", "w1_0_1_0"])
def test_names_that_only_look_like_symbols_are_free(name):
    layers = [{"weight": [[1, 2], [3, 4]]}, {"weight": [1, 2], "name": name}]
    assert node_names(network({"input": [1, 2], "target": 1, "layers": layers}))[-1] == name


def test_one_bad_name_of_a_repeated_layer_is_one_problem():
    found = errors({"input": 1, "target": 1, "layers": [{"name": "a b", "weight": 1, "repeat": 50}]})
    assert [path for path, _ in found] == [("layers", 0, "name")]
