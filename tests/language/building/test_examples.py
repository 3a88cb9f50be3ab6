"""The seven built-in specs mean what they say."""

from specs import edges, node_names, parameters, skips

from gradcalc import language


def example(name):
    return language.load(name)[0]


def test_every_example_builds_without_a_warning():
    for name in ("circuit", "deep", "mazur", "plain", "residual", "resnet", "rnn"):
        assert language.load(name)[1] == ()


def test_residual_is_a_chain_with_one_weighed_skip():
    built = example("residual")
    assert node_names(built) == ["x", "h1", "h2", "y"]
    assert [(name, p.kind, p.shape, p.value) for name, p in parameters(built).items()] == [
        ("w1", "weight", (), 0.2),
        ("w2", "weight", (), 0.1),
        ("w3", "weight", (), 0.1),
        ("w_r", "skip", (), 0.1),
    ]
    assert skips(built) == [("h1", "y", "preactivation", "w_r")]
    assert [layer.position for layer in built.layers] == [1, 2, 3]
    assert (built.name, built.activation, built.loss.name, built.batch, built.examples) == (
        "residual",
        "sigmoid",
        "mse",
        False,
        1,
    )


def test_plain_is_the_same_chain_without_it():
    built, residual = example("plain"), example("residual")
    assert skips(built) == []
    assert built.parameters == residual.parameters[:3]


def test_deep_has_twenty_identity_skips_from_the_input_on():
    built = example("deep")
    assert node_names(built) == ["x", *(f"h{i}" for i in range(1, 40)), "y"]
    ends = ["x", *(f"h{i}" for i in range(2, 40, 2)), "y"]
    assert skips(built) == [(a, b, "preactivation", f"skip {a}→{b}") for a, b in zip(ends, ends[1:])]
    assert len(built.parameters) == 40


def test_resnet_has_twenty_blocks_and_none_over_its_last_layer():
    built = example("resnet")
    ends = ["x", *(f"h{i}" for i in range(2, 41, 2))]
    assert skips(built) == [(a, b, "output", f"skip {a}→{b}") for a, b in zip(ends, ends[1:])]
    assert {layer.activation.name for layer in built.layers[:-1]} == {"tanh"}
    assert built.layers[-1].activation.name == "sigmoid"


def test_mazur_weighs_its_inputs_side_by_side():
    built = example("mazur")
    first, second = built.layers
    assert (first.join, built.parameters[first.weight].name, first.width) == ("concat", "w1", 2)
    assert edges(built, "h") == [("i1", "i1→h"), ("i2", "i2→h")]
    assert (second.join, second.weight, edges(built, "o")) == ("sum", None, [("h", "w2")])
    assert parameters(built)["w1"].value == [[0.15, 0.2], [0.25, 0.3]]
    assert [name for name, p in parameters(built).items() if p.frozen] == ["b1", "b2"]
    assert list(parameters(built)) == ["w1", "b1", "w2", "b2"]
    assert built.targets[0].rows == [[0.01, 0.99]]


def test_circuit_has_gates_and_no_parameters():
    built = example("circuit")
    q, f = built.layers
    assert (q.join, f.join, built.parameters, built.targets) == ("sum", "multiply", (), ())
    assert edges(built, "q") == [("x", "x→q"), ("y", "y→q")]
    assert edges(built, "f") == [("q", "q→f"), ("z", "z→f")]
    assert [given.rows for given in built.inputs] == [[[-2.0]], [[5.0]], [[-4.0]]]
    assert not built.loss.takes_target


def test_rnn_uses_its_parameters_again_and_has_two_losses():
    built = example("rnn")
    assert [(p.name, p.kind, p.value) for p in built.parameters] == [
        ("Wx", "entry", 0.5),
        ("Wh", "entry", 0.1),
        ("b", "entry", 0.0),
        ("Wy", "entry", 2.0),
    ]
    assert edges(built, "s1") == [("x1", "Wx")]
    assert edges(built, "s2") == [("x2", "Wx"), ("s1", "Wh")]
    assert [layer.bias for layer in built.layers] == [2, None, 2, None]
    assert [(built.nodes[target.node].name, target.rows) for target in built.targets] == [
        ("y1", [[1.0]]),
        ("y2", [[2.0]]),
    ]
