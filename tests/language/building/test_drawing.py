"""Initial values are those that `random.Random` gives, drawn in the order that the language lays down."""

import math
import random
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specs import network, parameters

from gradcalc.language import read
from gradcalc.language.building import drawn_arrays
from gradcalc.language.building.drawn_arrays import ArrayGenerator
from gradcalc.language.building.initializers import INITS, Generator, normals
from gradcalc.language.document import Variants
from gradcalc.network.network import numbers


def drawn(init, rows, columns, seed=0, **options):
    """One weight of this shape, drawn alone."""
    layer = {"width": rows, "weight": {"init": init, **options}}
    built = network({"input": [1.0] * columns, "loss": "output", "seed": seed, "layers": [layer]})
    return parameters(built)["w1"].value


def test_one_generator_draws_layer_by_layer_weight_before_bias_and_skips_last():
    spec = {
        "input": [1, 2],
        "target": [0, 0],
        "seed": 5,
        "layers": [
            {"width": 3, "weight": {"init": "normal", "std": 2}, "bias": {"init": "uniform", "low": -1, "high": 1}},
            {"width": 2, "weight": {"init": "uniform", "low": 0, "high": 3}, "bias": {"init": "normal"}},
        ],
        "skips": [{"from": "x", "to": "y", "weight": {"init": "normal", "mean": 7}}],
    }
    reference = random.Random(5)
    assert [p.value for p in network(spec).parameters] == [
        [[reference.gauss(0, 2) for _ in range(2)] for _ in range(3)],
        [reference.uniform(-1, 1) for _ in range(3)],
        [[reference.uniform(0, 3) for _ in range(3)] for _ in range(2)],
        [reference.gauss(0, 1) for _ in range(2)],
        [[reference.gauss(7, 1) for _ in range(2)] for _ in range(2)],
    ]


def test_the_seed_is_0_unless_given():
    reference = random.Random(0)
    assert drawn("normal", 1, 2) == [[reference.gauss(0, 1), reference.gauss(0, 1)]]


def test_a_weight_with_its_own_seed_leaves_the_common_generator_alone():
    own, common = random.Random(9), random.Random(0)
    layers = [{"width": 1, "weight": {"init": "normal", "seed": 9}}, {"width": 1, "weight": {"init": "normal"}}]
    values = [p.value for p in network({"input": 1, "target": 1, "layers": layers}).parameters]
    assert values == [[[own.gauss(0, 1)]], [[common.gauss(0, 1)]]]


@pytest.mark.parametrize(
    ("init", "bound"),
    [
        ("xavier_uniform", math.sqrt(6 / (4 + 3))),  # Glorot and Bengio 2010, eq. 16
        ("he_uniform", math.sqrt(6 / 3)),  # He et al. 2015
    ],
)
def test_uniform_kinds_have_the_published_bounds(init, bound):
    reference = random.Random(0)
    for gain in (1.0, 1.5):
        reference = random.Random(0)
        expected = [[reference.uniform(-gain * bound, gain * bound) for _ in range(3)] for _ in range(4)]
        assert drawn(init, 4, 3, gain=gain) == expected


@pytest.mark.parametrize(
    ("init", "std"),
    [
        ("xavier_normal", math.sqrt(2 / (4 + 3))),  # Glorot and Bengio 2010, eq. 12
        ("he_normal", math.sqrt(2 / 3)),  # He et al. 2015, eq. 10
        ("lecun_normal", 1 / math.sqrt(3)),  # LeCun et al. 1998, eq. 16
    ],
)
def test_normal_kinds_have_the_published_deviations(init, std):
    for gain in (1.0, 0.5):
        reference = random.Random(0)
        expected = [[reference.gauss(0, gain * std) for _ in range(3)] for _ in range(4)]
        assert drawn(init, 4, 3, gain=gain) == expected


def test_what_needs_no_generator():
    assert drawn("zeros", 2, 2) == [[0, 0], [0, 0]]
    assert drawn("ones", 1, 2) == [[1, 1]]
    assert drawn("constant", 1, 2, value="1/4") == [[0.25, 0.25]]
    assert drawn("identity", 2, 3) == [[1, 0, 0], [0, 1, 0]]


def test_an_identity_is_square_where_no_width_says_otherwise():
    built = network({"input": [1, 2], "loss": "output", "layers": [{"weight": {"init": "identity"}}]})
    assert parameters(built)["w1"].value == [[1, 0], [0, 1]]


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 99), st.sampled_from([1.0, 2.5]))
def test_orthogonal_rows_or_columns(rows, columns, seed, gain):
    matrix = drawn("orthogonal", rows, columns, seed, gain=gain)
    vectors = matrix if rows <= columns else list(zip(*matrix))
    for i, a in enumerate(vectors):
        for j, b in enumerate(vectors):
            product = sum(x * y for x, y in zip(a, b))
            assert product == pytest.approx(gain**2 if i == j else 0, abs=1e-12 * gain**2)


def gram_schmidt(vectors):
    """Modified Gram-Schmidt by the book, sums in order."""
    found = []
    for vector in vectors:
        for unit in found:
            along = 0.0
            for a, b in zip(vector, unit):
                along += a * b
            vector = [a - along * b for a, b in zip(vector, unit)]
        square = 0.0
        for a in vector:
            square += a * a
        found.append([a / math.sqrt(square) for a in vector])
    return found


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 5), (5, 3), (70, 80), (80, 70)])
def test_orthogonal_is_gram_schmidt_of_normal_draws_to_the_bit(rows, columns):
    reference = random.Random(3)
    normal = [[reference.gauss(0, 1) for _ in range(columns)] for _ in range(rows)]
    if rows <= columns:
        expected = gram_schmidt(normal)
    else:
        expected = [list(row) for row in zip(*gram_schmidt(list(zip(*normal))))]
    assert drawn("orthogonal", rows, columns, 3) == expected


def test_an_entry_is_drawn_once_at_its_first_use():
    spec = {
        "input": 1,
        "target": 1,
        "parameters": {"W": {"init": "normal"}},
        "layers": [
            {"width": 1, "weight": {"init": "normal"}},
            {"width": 1, "weight": "W"},
            {"width": 1, "weight": "W"},
        ],
    }
    reference = random.Random(0)
    first, second = reference.gauss(0, 1), reference.gauss(0, 1)
    assert [(p.name, p.value) for p in network(spec).parameters] == [("W", [[second]]), ("w1", [[first]])]


def test_a_value_by_option_changes_no_draw():
    spec = {"input": 1, "target": 1, "layers": [{"width": 1, "weight": {"init": "normal"}, "repeat": 3}]}
    before, after = network(spec).parameters, network(spec, {"w2": 4}).parameters
    assert [after[0], after[2]] == [before[0], before[2]]
    assert after[1].value == [[4.0]]


def test_maxout_draws_a_row_for_every_piece():
    layer = {"width": 2, "weight": {"init": "normal"}, "activation": {"name": "maxout", "pieces": 3}}
    built = network({"input": [1, 2], "loss": "output", "layers": [layer]})
    assert (built.parameters[0].shape, built.layers[0].width) == ((6, 2), 2)


@pytest.mark.parametrize("counts", [(1,), (2,), (5, 4), (3, 3, 1), (64, 7, 1000)])
def test_normal_numbers_are_those_of_the_standard_library_one_by_one(counts):
    ours, theirs = random.Random(7), random.Random(7)
    for count in counts:
        assert normals(ours, count) == [theirs.gauss(0.0, 1.0) for _ in range(count)]
    assert ours.getstate() == theirs.getstate()


RULES = ["uniform", "normal", "xavier_uniform", "he_normal", "orthogonal", "torch_linear", "ones"]


@given(st.integers(-(2**70), 2**70), st.lists(st.tuples(st.sampled_from(RULES), st.integers(1, 6), st.integers(1, 6))))
def test_arrays_have_the_numbers_that_lists_have(seed, rules):
    arrays, lists = ArrayGenerator(0), Generator(seed)
    arrays.normal(1, 3, 0.0, 1.0)  # one of which is held back
    arrays.restart(seed)
    for init, rows, columns in rules:
        drawn, expected = (INITS[init].draw(one, rows, columns, {}) for one in (arrays, lists))
        assert [list(row) for row in drawn] == expected


@pytest.mark.parametrize("exact", [True, False])
def test_what_a_seed_draws_is_what_it_draws_of_the_whole_network(exact):
    layers = [
        {"width": 3, "weight": {"init": "normal"}, "bias": {"init": "uniform"}},
        {"width": 2, "weight": {"init": "he_uniform", "seed": 4}, "bias": {"init": "ones"}},
        {"width": 2, "weight": {"init": "orthogonal"}, "bias": 0.5},
    ]
    spec = {"input": [1, 2], "target": [0, 0], "layers": layers}
    for key, names in (("seed", ["w1", "b1", "w3"]), ("layers[1].weight.seed", ["w2"])):
        variants = Variants(read(spec), (key,))
        seeded = variants.drawn((1,)).seeded(variants.drawn((2,)), (1, 2))
        network = variants.network((9,))
        assert [network.parameters[number].name for number in seeded.numbers] == names
        expected = {number: numbers(network.parameters[number].value) for number in seeded.numbers}
        with patch.object(drawn_arrays, "is_exact", lambda: exact):
            assert seeded.entries(9) == expected
            assert {number: rows.tolist()[1] for number, rows in seeded.arrays([7, 9]).items()} == expected


def test_seeds_that_change_anything_else_draw_no_parameters_of_their_own():
    spec = {"input": [1], "target": [0], "layers": [{"width": 1, "weight": {"init": "normal", "std": 3}}]}
    variants = Variants(read(spec), ("layers[0].weight.std",))
    assert variants.drawn((1,)).seeded(variants.drawn((2,)), (1, 2)) is None
    seeds = Variants(read(spec), ("seed",))
    assert seeds.drawn((1,)).seeded(seeds.drawn((2,)), (1, 3)) is None
    assert seeds.drawn((1,)).seeded(seeds.drawn((1,)), (1, 1)) is None
