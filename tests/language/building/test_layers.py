"""What layers read, the forms of their weights and biases, and the widths that come of it."""

import pytest
from specs import edges, errors, network, parameters

SQUARE = [[1.0, 2.0], [3.0, 4.0]]


def built(*layers, given=(1, 2), **top):
    return network({"input": list(given), "loss": "output", "layers": list(layers), **top})


@pytest.mark.parametrize(
    ("given", "weight", "shape", "value", "width"),
    [
        (0.5, 3, (), 3.0, 1),
        ([1, 2], 3, (), 3.0, 2),
        (0.5, [[3]], (1, 1), [[3.0]], 1),
        ([1, 2], SQUARE, (2, 2), SQUARE, 2),
        ([1, 2], [3, 4], (1, 2), [[3.0, 4.0]], 1),
        (0.5, [3, 4], (2, 1), [[3.0], [4.0]], 2),
        (0.5, [3], (1, 1), [[3.0]], 1),
        (0.5, "1/4", (), 0.25, 1),
        ([1, 2], "sqrt(2)", (), 2**0.5, 2),
        (0.5, {"value": [3, 4]}, (2, 1), [[3.0], [4.0]], 2),
    ],
)
def test_forms_of_a_weight(given, weight, shape, value, width):
    found = network({"input": given, "loss": "output", "layers": [{"weight": weight}]})
    (parameter,) = found.parameters
    assert (parameter.shape, parameter.value, found.layers[0].width) == (shape, value, width)


def test_exact_constants_keep_their_text():
    found = built(
        {"weight": [[1, "1/3"], ["sqrt(2)", 2]], "bias": ["pi", 0]}, {"weight": ["1/7", 1]}, {"weight": "2/3"}
    )
    assert [p.exact for p in found.parameters] == [
        {(0, 1): "1/3", (1, 0): "sqrt(2)"},
        {(0,): "pi"},
        {(0, 0): "1/7"},
        {(): "2/3"},
    ]
    assert found.parameters[0].value == [[1.0, 1 / 3], [2**0.5, 2.0]]


def test_an_exact_constant_that_init_fills_in_keeps_its_text():
    found = built(
        {"weight": {"init": "constant", "value": "1/3"}, "width": 1, "bias": {"init": "constant", "value": 2}}
    )
    assert [p.exact for p in found.parameters] == [{(0, 0): "1/3", (0, 1): "1/3"}, {}]
    assert found.parameters[0].value == [[1 / 3, 1 / 3]]


@pytest.mark.parametrize(
    ("bias", "value"), [(0.5, [0.5, 0.5]), ([1, 2], [1.0, 2.0]), ("1/2", [0.5, 0.5]), ({"value": 3}, [3.0, 3.0])]
)
def test_forms_of_a_bias(bias, value):
    found = built({"weight": SQUARE, "bias": bias})
    assert (found.parameters[1].shape, found.parameters[1].value) == ((2,), value)


@pytest.mark.parametrize("nothing", [None, "null"])
def test_no_bias_in_the_short_form(nothing):
    found = network({"input": 0.5, "target": 1, "weights": [1, 2], "biases": [nothing, 3]})
    assert [layer.bias for layer in found.layers] == [None, 2]


def test_a_layer_without_a_weight_only_activates():
    found = built({"activation": "tanh"})
    assert (found.layers[0].width, edges(found, "y"), found.parameters) == (2, [("x", "x→y")], ())


def test_the_default_activation_is_sigmoid_and_layers_have_their_own():
    found = built({}, {"activation": {"name": "leaky_relu", "alpha": 0.2}}, {"activation": {"formula": "x^3"}})
    assert found.activation == "sigmoid"
    assert [layer.activation.text for layer in found.layers] == ["sigmoid", "leaky_relu(alpha=0.2)", "x^3"]
    assert found.layers[2].activation.value(2.0) == 8.0


def test_prelu_has_a_parameter_of_its_own_in_every_layer():
    found = built({}, {"activation": {"name": "prelu", "alpha": "1/10"}}, activation="prelu")
    assert [(p.name, p.kind, p.shape, p.value) for p in found.parameters] == [
        ("alpha1", "alpha", (), 0.25),
        ("alpha2", "alpha", (), 0.1),
    ]
    assert [layer.alpha for layer in found.layers] == [0, 1]


def test_several_inputs_are_read_side_by_side():
    spec = {"input": {"a": [1, 2], "b": 3}, "loss": "output", "layers": [{"weight": [[1, 2, 3]], "bias": 1}]}
    found = network(spec)
    (layer,) = found.layers
    assert (layer.join, layer.weight, layer.width, edges(found, "y")) == ("concat", 0, 1, [("a", "a→y"), ("b", "b→y")])


def test_several_inputs_may_be_joined_otherwise():
    spec = {"input": {"a": 1, "b": 3}, "loss": "output", "layers": [{"join": "multiply"}]}
    assert network(spec).layers[0].join == "multiply"


def test_from_one_node_is_an_edge_with_the_weight():
    found = built({"weight": SQUARE}, {"from": "x", "weight": SQUARE}, {"from": ["h1"], "weight": 1})
    assert [edges(found, name) for name in ("h2", "y")] == [[("x", "w2")], [("h1", "w3")]]
    assert [layer.weight for layer in found.layers] == [None, None, None]


def test_from_a_list_is_joined_and_then_weighed():
    found = built({"weight": SQUARE}, {"from": ["x", "h1"], "join": "concat", "weight": [[1, 2, 3, 4]]})
    layer = found.layers[1]
    assert (layer.join, layer.width, layer.weight, edges(found, "y")) == (
        "concat",
        1,
        1,
        [("x", "x→y"), ("h1", "h1→y")],
    )


def test_from_a_list_twice_the_same_node():
    assert edges(built({"from": ["x", "x"]}), "y") == [("x", "x→y"), ("x", "x→y")]


def test_from_a_mapping_weighs_every_source():
    found = built({"weight": SQUARE}, {"from": {"x": [[1, 2]], "h1": [3, 4]}, "join": "max"})
    layer = found.layers[1]
    assert (layer.join, layer.weight, layer.width) == ("max", None, 1)
    assert edges(found, "y") == [("x", "w2_x"), ("h1", "w2_h1")]


def test_from_a_mapping_of_one_node_is_a_plain_edge():
    layer = built({"from": {"x": SQUARE}, "join": "multiply"}).layers[0]
    assert (layer.join, layer.weight, layer.edges[0].label) == ("sum", None, "w1_x")


def test_concatenated_parts_add_their_widths():
    assert built({"from": {"x": SQUARE}}, {"from": {"x": [[1, 2]], "h1": 2}, "join": "concat"}).layers[1].width == 3


def test_copies_read_the_copy_before():
    found = built({"weight": SQUARE}, {"from": "x", "weight": SQUARE, "repeat": 2}, {"from": "h1"})
    assert [edges(found, name) for name in ("h2", "h3", "y")] == [[("x", "w2")], [("h2", "w3")], [("h1", "h1→y")]]


def test_copies_are_equal_in_value():
    found = built({"weight": SQUARE, "bias": [5, 6], "repeat": 3})
    assert [p.value for p in found.parameters] == [SQUARE, [5.0, 6.0]] * 3


def test_a_shared_layer_that_joins_first_has_edges_to_the_weight_afterwards():
    found = built(
        {"weight": SQUARE},
        {"from": ["x", "h1"], "weight": SQUARE, "bias": 1, "activation": "prelu", "repeat": 2, "share": True},
    )
    first, second = found.layers[1:]
    assert (first.weight, first.bias, first.alpha) == (1, 2, 3)
    assert (second.weight, second.bias, second.alpha, edges(found, "y")) == (None, 2, 3, [("h2", "w2")])
    assert len(found.parameters) == 4


def test_maxout_makes_one_unit_of_several():
    found = built({"weight": [[1, 2]] * 6, "activation": {"name": "maxout", "pieces": 3}, "width": 2})
    assert found.layers[0].width == 2


def test_a_batch_and_its_examples():
    found = network({"input": [[1, 2], [3, "1/3"], [5, 6]], "target": [1, 0, 1], "layers": [{"weight": [1, 2]}]})
    assert (found.batch, found.examples, found.inputs[0].width) == (True, 3, 2)
    assert found.inputs[0].rows == [[1, 2], [3, 1 / 3], [5, 6]]
    assert found.inputs[0].exact == {(1, 1): "1/3"}


@pytest.mark.parametrize(("given", "batch"), [([1, 2], False), ([[1, 2]], True)])
def test_one_example_is_a_batch_only_in_two_brackets(given, batch):
    found = network({"input": given, "loss": "output", "layers": [{"weight": 1}]})
    assert (found.batch, found.examples, found.inputs[0].rows) == (batch, 1, [[1.0, 2.0]])


def test_title_and_notes():
    spec = {"input": 1, "target": 1, "weights": [1]}
    assert (network(spec).name, network(spec).notes) == ("stem", None)
    named = network({**spec, "name": "A title", "notes": "why"})
    assert (named.name, named.notes) == ("A title", "why")


def test_data_is_left_as_it_was():
    spec = {"input": [1, 2], "loss": "output", "layers": [{"weight": [[1, 2], [3, 4]], "repeat": 2}]}
    network(spec, {"w1[0,1]": 9})
    assert spec["layers"][0]["weight"] == [[1, 2], [3, 4]]
    assert errors(spec) == []


def test_an_entry_takes_its_shape_from_its_first_use():
    spec = {
        "input": [1, 2],
        "loss": "output",
        "parameters": {"row": [3, 4], "column": ["1/2", 6], "shift": [7, 8]},
        "layers": [{"weight": "row"}, {"weight": "column", "bias": "shift"}, {"weight": "row"}],
    }
    found = parameters(network(spec))
    assert [(p.shape, p.value) for p in found.values()] == [
        ((1, 2), [[3.0, 4.0]]),
        ((2, 1), [[0.5], [6.0]]),
        ((2,), [7.0, 8.0]),
    ]
    assert found["column"].exact == {(0, 0): "1/2"}


def test_a_number_is_weight_and_bias_at_once():
    spec = {"input": [1, 2], "loss": "output", "parameters": {"a": 3}, "layers": [{"weight": "a", "bias": "a"}]}
    found = network(spec)
    assert (found.layers[0].bias, found.layers[0].edges[0].parameter, found.layers[0].width) == (0, 0, 2)


def test_a_number_as_bias_is_given_to_every_unit_each_an_entry_of_its_own():
    layers = [{"weight": [[1, 2], [3, 4]], "bias": 0.1}, {"bias": {"value": "1/3"}}, {"weight": [[1, 2]], "bias": 7}]
    found = parameters(network({"input": [1, 2], "loss": "output", "layers": layers}))
    assert [(found[name].shape, found[name].value) for name in ("b1", "b2", "b3")] == [
        ((2,), [0.1, 0.1]),
        ((2,), [1 / 3, 1 / 3]),
        ((), 7.0),
    ]
    assert found["b2"].exact == {(0,): "1/3", (1,): "1/3"}


def test_a_named_number_as_bias_is_one_that_the_units_share():
    spec = {"input": [1, 2], "loss": "output", "parameters": {"b": 0.1}, "layers": [{"bias": "b"}]}
    assert parameters(network(spec))["b"].shape == ()


def test_a_bias_of_several_units_is_set_by_one_number():
    spec = {"input": [1, 2], "loss": "output", "layers": [{"bias": 0.1}]}
    assert parameters(network(spec, {"b1": 0.3}))["b1"].value == [0.3, 0.3]
    assert parameters(network(spec, {"b1[1]": 0.3}))["b1"].value == [0.1, 0.3]


def test_a_string_is_an_entry_before_it_is_a_constant():
    spec = {"input": 1, "target": 1, "parameters": {"ee": 7}, "weights": ["ee", "e"]}
    assert [p.value for p in network(spec).parameters] == [7.0, 2.718281828459045]
