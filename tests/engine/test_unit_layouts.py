"""Where the units of a network of all structures stand, what they are computed by, and the edges between them."""

from __future__ import annotations

from typing import Any

import pytest
from engine.test_array_gradients import SPEC

import gradcalc
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_forward import (
    PairUnits,
    Parametric,
    Together,
    UnitDerivatives,
    Units,
    WeightedSums,
    all_derivatives,
    compile_program,
    forward,
)
from gradcalc.engine.scalar_graph import LayerLabels, ScalarLayout, UnitLabels, layout, picker, scalar_linear_graph
from gradcalc.engine.scalar_point import inputs, scalar_point, weight_list
from gradcalc.network.graph import graph
from gradcalc.network.linear_graph import ALPHA

P = {"w1": [1, 2, 3, 4], "b1": [5, 6], "w2": [7, 8, 9, 10], "w5": [11], "alpha5": [12]}
V = [
    *([1, 2], [3, 4]),  # the inputs
    *([5, 7], [6, 8], [9, 11], [10, 12]),  # z and tanh, z and relu, by turns
    *([13, 14], [15, 17], [16, 18]),  # the product, z and identity
    *([19, 20, 21, 22], [23, 24]),  # what maxout couples, and what it makes
    *([25, 27], [26, 28], [29, 30]),  # z and prelu, and the output that a skip enters
]
S = [
    0,
    0,
    0,
    0,
    2,
    2,
    4,
    8,
    8,
    10,
    10,
    18,
    18,
    22,
]  # where the derivatives of nodes begin; those of the loss are 22, 23


@pytest.fixture(scope="module")
def laid() -> ScalarLayout:
    return layout(graph(gradcalc.load(SPEC)))


def test_where_everything_stands(laid: ScalarLayout) -> None:
    assert {one.name: list(laid.entries(number)) for number, one in enumerate(laid.graph.network.parameters)} == P
    assert [list(laid.units(node)) for node in range(14)] == V and list(laid.slots) == S
    assert (laid.weights, laid.values, laid.derivatives) == (13, 31, 24)
    assert [node for node in range(14) if laid.interleaved[node]] == [2, 4, 7, 11]
    assert laid.alphas(laid.graph.nodes[12]) == [12, 12]  # type: ignore[arg-type]
    terms = [[[term[:2] for term in unit] for unit in node] for node in laid.terms]
    assert terms[2] == [[(1, 1), (2, 2), (5, 0)], [(3, 1), (4, 2), (6, 0)]]
    assert terms[4] == [[(7, 6), (8, 8)], [(9, 6), (10, 8)]] and terms[7] == [[(0, 13)], [(0, 14)]]
    assert terms[9] == [[(0, 16)], [(0, 18)], [(0, 6)], [(0, 8)]] and terms[11] == [[(11, 23)], [(11, 24)]]
    assert terms[13] == [[(0, 26), (0, 6)], [(0, 28), (0, 8)]] and not any(terms[node] for node in (0, 1, 3, 6, 12))
    assert [arc is None for _, _, arc in laid.terms[2][0]] == [False, False, True]


def test_a_bias_and_an_alpha_of_each_unit_and_of_all() -> None:
    layer = {"weight": [[1, 2], [3, 4]], "bias": "B", "activation": {"name": "prelu", "alpha": "A"}}
    spec = {"input": [1, 2], "loss": "output", "parameters": {"B": 0.5, "A": [0.1, 0.2]}, "layers": [layer]}
    found = layout(graph(gradcalc.load(spec)))
    assert [[term[:2] for term in unit] for unit in found.terms[1]] == [
        [(4, 1), (5, 2), (1, 0)],
        [(6, 1), (7, 2), (1, 0)],
    ]
    assert found.alphas(found.graph.nodes[2]) == [2, 3]  # type: ignore[arg-type]


def test_what_it_is_computed_by(laid: ScalarLayout) -> None:
    program = compile_program(laid, Double)
    kinds = [(2, Units), (4, PairUnits), (6, Together), (7, Units), (9, WeightedSums), (10, Together)]
    assert [(number, type(block)) for number, block in program.blocks] == [*kinds, (11, Parametric), (13, WeightedSums)]
    kinds = [(2, UnitDerivatives), (6, Together), (7, UnitDerivatives), (10, Together), (11, Parametric)]
    assert [(number, type(block)) for number, block in program.derivative_blocks] == kinds
    first: Any = program.derivative_blocks[0][1]
    assert [places for _, places in first.functions] == [[5, 7], [9, 11]] and len(first.picks) == 2
    given = inputs(laid.graph, Double, 0)
    values = forward(program, weight_list(laid.graph, Double), given, 1.0)
    found = all_derivatives(program, weight_list(laid.graph, Double), values)
    assert (len(values), len(found)) == (31, 22) and values[:5] == [1, 1, 2, 3, -4]
    assert found[4:8] == [3, values[10], -4, values[12]]  # of the product, unit by unit: by h2, by q
    assert values[5] == 0.5 * 1 + 0.25 * 2 + 1 and values[9] == values[6] * 1 + values[8] * 2
    assert [found[2:4], found[8:10]] == [[float(values[z] > 0) for z in (9, 11)], [1, 1]]


@pytest.mark.parametrize("arithmetic", [Double, Extended], ids=["float64", "extended"])
def test_layers_of_one_activation_are_one_block(arithmetic: Any) -> None:
    spec = {"input": 1, "activation": "tanh", "weights": [1, 2, 3], "loss": "output"}
    found = compile_program(layout(graph(gradcalc.load(spec))), arithmetic)
    ((number, block),), ((_, derivatives),) = found.blocks, found.derivative_blocks
    assert number == 1 and isinstance(block, Units) and len(block.rows) == 3
    assert isinstance(derivatives, UnitDerivatives) and [places for _, places in derivatives.functions] == [[2, 4, 6]]


@pytest.mark.parametrize(
    ("places", "picked"),
    [
        ([3], [3]),
        ([2, 3, 4], [2, 3, 4]),
        ([1, 4, 7], [1, 4, 7]),
        ([1, 4, 8], [1, 4, 8]),
        ([5, 2], [5, 2]),
        ([6, 4, 2], [6, 4, 2]),
        ([2, 2], [2, 2]),
        ([0, 9], [0, 9]),
    ],
)
def test_what_picks_numbers(places: list[int], picked: list[int]) -> None:
    assert list(picker(places)(list(range(10)))) == picked


def test_every_edge_has_its_derivative(laid: ScalarLayout) -> None:
    linear = scalar_linear_graph(laid, LayerLabels)
    numbers = list(range(13 + 31 + 24))  # P, V and S, numbered: 13 + v, 44 + s
    made = list(zip(linear.dag.tails, linear.dag.heads, linear.gather(numbers)))
    inner, loss = made[: linear.dag.inner], 31 + 13
    assert linear.dag.loss == loss and linear.dag.size == loss + 1 and inner[:2] == [(29, loss, 66), (30, loss, 67)]
    assert set(inner[2:]) == {
        *((26, 29, 0), (6, 29, 0), (28, 30, 0), (8, 30, 0)),
        *((25, 26, 44 + 18), (27, 28, 44 + 19), (23, 25, 11), (24, 27, 11)),
        *((19, 23, 44 + 10), (20, 23, 44 + 11), (21, 24, 44 + 16), (22, 24, 44 + 17)),  # pieces of their own alone
        *(
            (16, 19, 0),
            (18, 20, 0),
            (6, 21, 0),
            (8, 22, 0),
            (15, 16, 44 + 8),
            (17, 18, 44 + 9),
            (13, 15, 0),
            (14, 17, 0),
        ),
        *((10, 13, 44 + 4), (3, 13, 44 + 5), (12, 14, 44 + 6), (4, 14, 44 + 7)),
        *((9, 10, 44 + 2), (11, 12, 44 + 3), (6, 9, 7), (8, 9, 8), (6, 11, 9), (8, 11, 10)),
        *((5, 6, 44), (7, 8, 45), (1, 5, 1), (2, 5, 2), (1, 7, 3), (2, 7, 4)),
    }
    assert len(inner) == 2 + 36
    assert set(made[linear.dag.inner :]) == {
        *((31 + 12, 26, 44 + 20), (31 + 12, 28, 44 + 21), (31 + 11, 25, 13 + 23), (31 + 11, 27, 13 + 24)),
        *((31 + 7, 9, 13 + 6), (31 + 8, 9, 13 + 8), (31 + 9, 11, 13 + 6), (31 + 10, 11, 13 + 8)),
        *(
            (31 + 1, 5, 13 + 1),
            (31 + 2, 5, 13 + 2),
            (31 + 3, 7, 13 + 1),
            (31 + 4, 7, 13 + 2),
            (31 + 5, 5, 13),
            (31 + 6, 7, 13),
        ),
    }
    assert linear.weight(12) == 43 and len(linear.uses(12)) == 2 and linear.uses(0) == ()
    factors = [0, 1, 2, 3, 4, 6, 8, 10, 12, 13, 14, 16, 18, 23, 24, 26, 28]
    assert list(linear.factors(list(range(31)))) == factors


def test_how_paths_name_units_and_layers(laid: ScalarLayout) -> None:
    def label(grain: Any, tail: int, head: int) -> Any:
        dag = scalar_linear_graph(laid, grain).dag
        return next(one for a, b, one in zip(dag.tails, dag.heads, dag.labels) if (a, b) == (tail, head))

    units, layers = label(UnitLabels, 6, 9), label(LayerLabels, 6, 9)
    assert (units.node, units.name, units.enters) == ("h2[0]", "w2[0,0]", 1)
    assert (layers.node, layers.name, layers.enters) == ("h2", "w2", 1)
    assert label(UnitLabels, 8, 11).name == "w2[1,1]" and label(UnitLabels, 24, 27).name == "w5"
    coupled = label(UnitLabels, 20, 23)
    assert (coupled.node, coupled.name, coupled.enters) == ("c[0]", None, 0) and label(LayerLabels, 20, 23) is None
    assert label(UnitLabels, 18, 20).node is None  # which unit of c the path takes is not said by its preactivation
    assert label(UnitLabels, 9, 10) is label(LayerLabels, 9, 10) is label(UnitLabels, 29, 44) is None
    (start,) = {label(UnitLabels, 31 + 12, 26).node, label(LayerLabels, 31 + 12, 26).node + "[0]"}
    assert start == "y[0]" and (ALPHA.name, label(UnitLabels, 31 + 7, 9).node) == ("alpha", "h2[0]")


def test_values_and_adjoints_unit_by_unit(laid: ScalarLayout) -> None:
    at = scalar_point(laid.graph, Double)
    (example,) = at.examples
    assert [at.values(node) for node in range(14)] == [[[example.values[unit] for unit in units]] for units in V]
    assert at.delta(6) == [[example.adjoints[25], example.adjoints[27]]]
    assert at.derivative(2) == [example.derivatives[0:2]] and at.derivative(6) == [example.derivatives[18:20]]
    assert at.derivative(5) == [[example.derivatives[10:14], example.derivatives[14:18]]]
