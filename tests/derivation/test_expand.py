"""From layers to units: entries of expressions over layers, and the graph of units that they make."""

import pytest
from specs import network

import gradcalc
from gradcalc.analysis.point import point
from gradcalc.derivation.expand import entry, expand
from gradcalc.derivation.layer_graph import symbolic_layers
from gradcalc.derivation.symbol_values import evaluate, values_at
from gradcalc.expressions.expression import Symbol, call, leaf, product, total
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write

W, X, G = Symbol("", "W"), Symbol("", "x"), Symbol("δ", "h")
SHAPES = {W: (2, 3), X: (3,), G: (2,)}


@pytest.mark.parametrize(
    ("tree", "index", "text"),
    [
        (call("apply", leaf(W), leaf(X)), (1,), "W[1,0]·x[0] + W[1,1]·x[1] + W[1,2]·x[2]"),
        (call("outer", leaf(G), leaf(X)), (1, 2), "δ_h[1]·x[2]"),
        (call("softmax", leaf(X)), (2,), "softmax(x[2], x[0], x[1])"),
        (call("mean", leaf(X)), (), "⅓(x[0] + x[1] + x[2])"),
        (call("concat", leaf(G), leaf(X)), (3,), "x[1]"),
        (product((leaf(Symbol("", "a")), leaf(X))), (0,), "a·x[0]"),
        (total((call("diag", leaf(X)), call("outer", leaf(X), leaf(X)))), (0, 1), "x[0]·x[1]"),
    ],
)
def test_an_entry_of_an_expression_over_layers(tree, index, text):
    assert write(entry(tree, index, SHAPES), Unicode()) == text


def test_nodes_and_weights_are_named_by_unit_and_entry():
    units = expand(symbolic_layers(point(gradcalc.load("mazur")).graph))
    shown = [Unicode().symbol(symbol) for symbol in units.symbols.values()]
    assert shown == ["i1", "i2", "z_h[0]", "z_h[1]", "h[0]", "h[1]", "z_o[0]", "z_o[1]", "o[0]", "o[1]"]
    assert {Unicode().symbol(symbol) for symbol in units.uses} >= {"w1[0,1]", "b1[1]", "w2[1,0]"}
    assert units.is_expanded


def test_an_example_of_a_batch_has_symbols_of_its_own():
    built = network({"input": [[1, 2], [3, 4]], "target": [[1], [0]], "weights": [[[0.1, 0.2]]]})
    layers = symbolic_layers(point(built).graph)
    assert Unicode().symbol(next(iter(expand(layers, 1).symbols.values()))) == "x⁽¹⁾[0]"


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "activation", ["softmax", "log_softmax", "layer_norm", "rms_norm", {"name": "maxout", "pieces": 2}]
)
def test_entries_of_jacobians_are_the_engines(activation, width):
    units = 2 * width if isinstance(activation, dict) else width
    weight = [[0.3 * row - 0.2, 0.1 + 0.7 * row * row] for row in range(units)]
    layer = {"weight": weight, "activation": activation}
    at = point(network({"input": [0.4, -0.3], "target": [0.5] * width, "layers": [layer], "loss": "mse"}))
    layers = symbolic_layers(at.graph)
    graph, values, functions = expand(layers), values_at(layers, at), at.arithmetic.functions
    rows, outputs = at.derivative(1)[0], [graph.places[at.graph.outputs[1], unit] for unit in range(width)]
    for edge in graph.edges:
        if edge.head in outputs and edge.label is not None:
            tail = graph.symbols[edge.tail].place
            wanted = rows[outputs.index(edge.head)][tail[0] if tail else 0]
            assert evaluate(edge.local, values, functions) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    for unit, place in enumerate(outputs):
        value = evaluate(graph.definitions[place], values, functions)
        assert value == pytest.approx(at.output(1)[0][unit], rel=1e-12, abs=1e-12)
