"""Numbers that somebody else got: their names, their digits, their shapes, their place in the calculation."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan, pi
from random import Random
from struct import pack, unpack
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.given_digits import decimal_number, format_of, is_within, read_numbers, relative
from gradcalc.analysis.given_values import (
    agrees,
    first_wrong,
    given_value,
    order,
    ours,
    relative_error,
    with_format,
    with_rounding,
)
from gradcalc.analysis.point import point
from gradcalc.errors import UsageError

NAMES = {
    "w1": ("gradient", "w1", None),
    "dL/dw1": ("gradient", "w1", None),
    "h1": ("output", "h1", None),
    "z_h1": ("preactivation", "h1", None),
    "delta_h1": ("delta", "h1", None),
    "δ_h1": ("delta", "h1", None),
    "dL/dh1": ("adjoint", "h1", None),
    "∂L/∂h1": ("adjoint", "h1", None),
    "x": ("adjoint", "x", None),
    "L": ("loss", None, None),
}


@pytest.mark.parametrize(("name", "is_of"), NAMES.items())
def test_a_name_is_of_a_quantity_of_the_pass(name: str, is_of: tuple[str, str | None, None]) -> None:
    given = given_value(gradcalc.load("residual"), name, "0.1")
    assert (given.quantity, given.of, given.entry) == is_of


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("w9", "1", "w9: nothing is called w9; names are w1"),
        ("w_q", "1", "did you mean w_r?"),
        ("z_x", "1", "nothing is called z_x"),
        ("w1[2,0]", "1", "no such entry"),
        ("w1[a]", "1", "is no index"),
        ("L[0]", "1", "the loss is one number"),
        ("w1", ["1", "2"], "2 given, where the network has one number"),
        ("w1", [["1"], ["2", "3"]], "rows differ in length"),
        ("w1", [], "an empty list is no value"),
        ("w1", "0.1.2", "'0.1.2' is no number"),
    ],
)
def test_what_is_wrong_with_a_name_or_its_numbers_is_told(name: str, data: Any, message: str) -> None:
    with pytest.raises(gradcalc.UsageError) as error:
        given_value(gradcalc.load("residual"), name, data)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "value", "tolerance"),
    [
        ("6", 6.0, 0.5),
        ("0.0820", 0.082, 0.00005),
        ("-3.02e-3", -0.00302, 0.000005),
        ("−0.5", -0.5, 0.05),
        ("0", 0.0, 0.0),
        ("0.0", 0.0, 0.0),
        ("0.000", 0.0, 0.0005),
        ("1/4", 0.25, 0.25 * 2.0**-53),
        ("0.291027924", 0.291027924, 5e-10),
        ("0.10000000149011612", 0.10000000149011612, 16 * 0.1 * 2.0**-24),
        ("1e-400", Decimal("1e-400"), Decimal("0.5e-400")),
    ],
)
def test_the_digits_given_decide_how_far_a_number_may_be_off(text: str, value: Any, tolerance: float) -> None:
    given = given_value(gradcalc.load("residual"), "w1", text)
    assert given.values == value
    assert float(given.tolerances / tolerance if tolerance else given.tolerances + 1) == pytest.approx(1, rel=1e-6)


def test_a_zero_in_a_list_has_the_decimals_of_the_numbers_beside_it() -> None:
    given = given_value(gradcalc.load("mazur"), "h", ["0.5933", "0.0"])
    assert given.tolerances == pytest.approx([0.00005, 0.00005])


def test_a_zero_has_the_decimals_of_the_finest_number_beside_it() -> None:
    assert given_value(gradcalc.load(ROWS), "b1", ["0.5", "0.25", "0.0"]).tolerances == [0.05, 0.005, 0.005]
    assert given_value(gradcalc.load(ROWS), "b1", ["0", "0.00", "-0.0"]).tolerances == [0.0, 0.005, 0.0]


def test_of_a_maximum_each_piece_has_a_preactivation() -> None:
    maxout = {"weight": [[1], [2], [3], [4]], "activation": {"name": "maxout", "pieces": 2}}
    of = gradcalc.load({"input": 1, "target": [0, 1], "layers": [maxout]})
    for name, count in (("z_y", 4), ("delta_y", 4), ("y", 2), ("dL/dy", 2)):
        assert len(given_value(of, name, ["1"] * count).values) == count
        with pytest.raises(UsageError, match=f"{count + 1} given, where the network has {count}"):
            given_value(of, name, ["1"] * (count + 1))
    assert [given_value(of, f"z_y[{piece}]", "1").entry for piece in range(4)] == [(0,), (1,), (2,), (3,)]


@pytest.mark.parametrize("rounded", [lambda x: f"{x:.3g}", lambda x: f"{x:.6f}", lambda x: repr(x)])
def test_a_rounded_number_is_right_and_one_a_few_units_off_is_not(rounded: Any) -> None:
    at = point(gradcalc.load("residual"))
    given = given_value(at.graph.network, "w1", rounded(ours(given_value(at.graph.network, "w1", "0"), at)))
    assert agrees(given, ours(given, at))
    other = given._replace(values=given.values + 3 * given.tolerances + 1e-10)
    assert not agrees(other, ours(given, at))


@pytest.mark.slow
def test_float32_is_right_however_it_is_written() -> None:
    random = Random(1)
    for _ in range(200):
        value = random.uniform(-1, 1) * 10.0 ** random.randrange(-6, 3)
        (stored,) = unpack("<f", pack("<f", value))
        texts = (f"{stored:.{digits}g}" for digits in range(1, 10))
        shortest = next(text for text in texts if unpack("<f", pack("<f", float(text)))[0] == stored)
        for text in (repr(stored), shortest):
            given = given_value(gradcalc.load("residual"), "w1", text)
            assert agrees(given, value), (value, text)


@pytest.mark.parametrize("nothing", ["nan", "inf", "-inf"])
def test_nothing_agrees_with_what_is_no_number(nothing: str) -> None:
    given = given_value(gradcalc.load("residual"), "w1", nothing)
    assert not agrees(given, 1.0)
    assert relative_error(given, 1.0) == inf


def test_a_matrix_that_fits_only_transposed_is_read_so_and_that_is_told() -> None:
    spec = {"input": [1, 2, 3], "target": [0, 1], "layers": [{"weight": [[1, 2, 3], [4, 5, 6]]}]}
    given = given_value(gradcalc.load(spec), "w1", [["1", "4"], ["2", "5"], ["3", "6"]])
    assert given.values == [[1, 2, 3], [4, 5, 6]]
    assert given.matched == "w1 is given as 3×2 and read as the transpose of 2×3 (out×in)"


def test_quantities_stand_in_the_order_of_the_calculation() -> None:
    network = gradcalc.load("residual")
    names = ["z_h1", "h1", "z_h2", "h2", "z_y", "y", "L", "dL/dy", "delta_y", "w3", "w_r"]
    names += ["dL/dh2", "delta_h2", "w2", "dL/dh1", "delta_h1", "w1", "x"]
    givens = [given_value(network, name, "0.1") for name in names]
    assert sorted(givens, key=lambda given: order(network, given)) == givens


def test_the_gradient_of_a_shared_weight_is_complete_with_its_first_use() -> None:
    network = gradcalc.load("rnn")
    shared, first, last = (given_value(network, name, "0") for name in ("Wx", "delta_s1", "delta_s2"))
    assert order(network, last) < order(network, first) < order(network, shared)


def test_the_first_wrong_quantity_is_the_first_in_the_order_of_the_calculation() -> None:
    at = point(gradcalc.load("residual"))
    texts = {"w1": "-0.9", "delta_h2": "-0.9", "y": "0.526", "w2": "-0.9"}
    givens = [given_value(at.graph.network, name, text) for name, text in texts.items()]
    found = first_wrong(at.graph.network, givens, at)
    assert found is not None
    assert found.text == "delta_h2"
    assert first_wrong(at.graph.network, givens[2:3], at) is None


@pytest.mark.parametrize(("name", "value"), [("h[1]", 0.596884378), ("w1[1,0]", 0.000497713), ("b2[0]", 0.138498562)])
def test_entries_are_named_by_their_index(name: str, value: float) -> None:
    """Mazur, A Step by Step Backpropagation Example: out_h2, ∂E/∂w3, and δ_o1."""
    at = point(gradcalc.load("mazur"))
    given = given_value(at.graph.network, name, str(value))
    assert agrees(given, ours(given, at))


EPSILON = 2.0**-23  # a unit in the last place of a float32, relatively


@pytest.mark.parametrize(
    ("text", "value", "tolerance"),
    [
        ("0.1", 0.1, 0.05),
        ("12", 12.0, 0.5),
        ("1.50e3", 1500.0, 5.0),
        ("0.00", 0.0, 0.005),
        ("0.0", 0.0, 0.0),
        ("1e300", 1e300, 5e299),
        ("1e308", 1e308, inf),
        ("0.9000001", 0.9000001, 0.9000001 * EPSILON),  # of seven digits the shortest of a float32
        ("0.3333333", 0.3333333, 5e-8),  # half a unit of whose last digit is more
        ("0.33333334", 0.33333334, 0.33333334 * EPSILON),  # of eight
        ("0.333333", 0.333333, 5e-7),
        ("0.12345678", 0.12345678, max(5e-9, 0.12345678 * EPSILON)),
        ("0.123456783", 0.123456783, 5e-10),  # nine digits where eight tell it
        ("0.1234567890", 0.123456789, 5e-11),
        ("1.234567e39", 1.234567e39, 5e32),  # no float32
        ("-inf", -inf, 0.0),
        (" −2.5 ", -2.5, 0.05),
        ("1×10^-3", 1e-3, 5e-4),
        ("1e400", Decimal("1e400"), Decimal("5e399")),
        ("1e-400", Decimal("1e-400"), Decimal("5e-401")),
        ("1e-999999999999999999", Decimal("1e-999999999999999999"), Decimal("5e-1000000000000000000")),
        ("pi", pi, pi * 2.0**-53),
    ],
)
def test_numbers_in_text_with_half_a_unit_of_their_last_digit(text: str, value: Any, tolerance: Any) -> None:
    found, off = decimal_number("w1", text)
    assert found == value and type(found) is type(value)
    assert off == (tolerance if isinstance(tolerance, Decimal) else pytest.approx(tolerance, rel=1e-12))


def test_exponents_that_no_decimal_has_are_refused() -> None:
    for text in ("1e" + "9" * 19, "1e-" + "9" * 19):
        with pytest.raises(gradcalc.UsageError, match=r"has an exponent past ±10\^18"):
            decimal_number("w1", text)
    with pytest.raises(gradcalc.UsageError, match="'1_0' is no number"):
        decimal_number("w1", "1_0")


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["0.10000000149011612", "0.5"], "float32"),
        (["0.5", "0.25"], ""),
        (["0.1000000014901161", "0.1"], ""),
        (["0.10000000149011612", "0.1"], ""),
        (["0.10000000149011612", "x"], ""),
    ],
)
def test_float32_written_as_float64_is_recognised(texts: list[str], name: str) -> None:
    assert format_of(texts) == name


@pytest.mark.parametrize(
    ("off", "tolerance", "slack", "within"),
    [
        (0.75, 0.5, 0.25, True),
        (0.7500001, 0.5, 0.25, False),
        (nan, 0.5, 0.25, False),
        (Decimal("0.75"), Decimal("0.5"), 0.25, True),
        (Decimal("0.76"), 0.5, 0.25, False),
        (0.75, Decimal("0.5"), Decimal("0.25"), True),
        (inf, Decimal("0.5"), 0.25, False),
    ],
)
def test_what_is_within_a_tolerance(off: Any, tolerance: Any, slack: Any, within: bool) -> None:
    assert is_within(off, tolerance, slack) is within


@pytest.mark.parametrize(
    ("one", "other", "error"),
    [
        (1.1, 1.0, 0.1),
        (-1.0, 1.0, 2.0),
        (0.0, 0.0, 0.0),
        (1e-9, 0.0, inf),
        (nan, 1.0, inf),
        (inf, 1.0, inf),
        (Decimal("1e-400"), Decimal("2e-400"), 0.5),
        (Decimal("1e-400"), 0.0, inf),
    ],
)
def test_relative_differences(one: Any, other: Any, error: float) -> None:
    assert relative(one, other) == pytest.approx(error)


def test_numbers_of_a_format_are_right_within_units_of_the_largest() -> None:
    values, tolerances = read_numbers("w1", [0.5, -2.0], "float32")
    assert values == [0.5, -2.0] and tolerances == [2 * 16 * 2.0**-24] * 2
    assert read_numbers("w1", [0.5, 0.25], "float16")[1] == [0.5 * 4 * 2.0**-11] * 2
    assert read_numbers("w1", [0.0, inf], "float16")[1] == [2.0**-14] * 2  # smaller ones lose digits


def test_without_a_pass_in_the_format_its_units_are_the_tolerance() -> None:
    layers = [{"weight": 1, "activation": "sigmoid"}, {"weight": 1, "activation": "identity"}]
    at = point(gradcalc.load({"input": -20, "target": 1, "loss": "bce", "layers": layers}))
    given = given_value(at.graph.network, "w1", 20.0, "float16")
    assert with_format(given, at) == given  # σ(−20) is rounded to 0, of which there is no logarithm
    assert with_format(given._replace(dtype="float32"), at).tolerances > given.tolerances


ROWS = {"input": [1, 2], "target": [1, 2, 3], "activation": "tanh"} | {
    "layers": [{"weight": [[1, 2], [3, 4], [5, 6]], "bias": [1, 1, 1]}, {"weight": [[1, 2, 3]] * 3}]
}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("w1", "3", "w1: one number given, where the network has 3×2; write 'w1[0,0]=…' for one of them, or "
         "'w1=[[…, …], […, …], …]' for all"),
        ("y", "3", "y: one number given, where the network has 3; write 'y[0]=…' for one of them, or 'y=[…, …, …]'"),
        ("w1", ["1", "2"], "w1: 2 given, where the network has 3×2"),
        ("L", ["1", "2"], "L: 2 given, where the network has one number"),
        ("w1[3,0]", "1", "w1[3,0]: there is no such entry; indices count from 0, and w1 has 3×2"),
        ("w1[0]", "1", "w1[0]: there is no such entry; indices count from 0, and w1 has 3×2"),
        ("z_h1[4]", "1", "z_h1[4]: there is no such entry; indices count from 0, and h1 has 3"),
        ("L[0]", "1", "L[0]: the loss is one number"),
        ("w1[a]", "1", "w1[a]: [a] is no index; write one like [0,1]"),
        ("w1", [["1", "2"], ["3"]], "w1: rows differ in length"),
        ("w1", [], "w1: an empty list is no value"),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_quantity(name: str, data: Any, message: str) -> None:
    with pytest.raises(UsageError) as error:
        given_value(gradcalc.load(ROWS), name, data)
    assert str(error.value).startswith(message)


def test_a_single_number_is_its_own_entry_and_has_no_other() -> None:
    one = gradcalc.load({"input": 1, "target": 1, "weights": [0.5]})
    found = [given_value(one, name, "2") for name in ("w1[0,0]", "w1[0]", "y[0]", "z_y[0]")]
    assert [(given.values, given.entry) for given in found] == [(2.0, None)] * 4
    for name in ("w1[1]", "y[1]"):
        message = f"{name}: there is no such entry; indices count from 0, and {name[:-3]} has one number"
        with pytest.raises(UsageError) as error:
            given_value(one, name, "1")
        assert str(error.value) == message


def test_where_a_quantity_stands_in_the_calculation() -> None:
    of, three, square = gradcalc.load(ROWS), ["1"] * 3, [["1"] * 3] * 3
    given = {"h1": three, "z_h1": three, "z_y": three, "y": three, "L": "1", "delta_y": three, "w2": square}
    given |= {"dL/dh1": three, "delta_h1": three, "w1": [["1", "1"]] * 3, "b1": three, "x": ["1", "1"]}
    places = {name: order(of, given_value(of, name, data)) for name, data in given.items()}
    expected = ["z_h1", "h1", "z_y", "y", "L", "delta_y", "w2", "dL/dh1", "delta_h1", "w1", "b1", "x"]
    assert sorted(places, key=places.__getitem__) == expected and len(set(places.values())) == len(places)


def test_a_gradient_may_be_off_by_rounding_of_its_largest_paths() -> None:
    """∂L/∂w = 10⁶·x − 10⁶·x + x through two nodes and past them: its paths add up to 2·10⁶ + 1 in magnitude."""
    layers = [
        {"name": "h", "from": "x", "weight": 1.0},
        {"name": "a", "from": "h", "weight": 1e6},
        {"name": "b", "from": "h", "weight": -1e6},
        {"name": "y", "from": ["a", "b", "h"]},
    ]
    of = gradcalc.load({"input": 3.0, "loss": "output", "activation": "identity", "layers": layers})
    whole = given_value(of, "w1", "3.0000")
    found = with_rounding(whole, point(of))
    assert found.tolerances == pytest.approx(5e-5 + 1e-12 * 3 * (2e6 + 1), rel=1e-6)
    (entry,) = (given_value(of, "w1[0,0]", "3.0000"),)
    assert with_rounding(entry, point(of)) == found._replace(text="w1[0,0]")
    stored = with_rounding(given_value(of, "w1", 3.0, "float32"), point(of))
    assert stored.tolerances == pytest.approx(16 * 2.0**-24 * 3 + 16 * 2.0**-24 * 3 * (2e6 + 1), rel=1e-6)


def test_every_entry_may_be_off_by_rounding_of_its_own_paths() -> None:
    """∂L/∂w[0,n] = (a + b + 1)·x_n of a mean over two examples, through paths of ±10⁶: Σ|x_n|·(2·10⁶ + 1)/2."""
    layers = [
        {"name": "h", "from": "x", "weight": [[0.5, 0.25]]},
        {"name": "a", "from": "h", "weight": 1e6},
        {"name": "b", "from": "h", "weight": -1e6},
        {"name": "y", "from": ["a", "b", "h"]},
    ]
    of = gradcalc.load({"input": [[3, -1], [-1, 7]], "loss": "output", "activation": "identity", "layers": layers})
    own = with_rounding(given_value(of, "w1", [["1.00", "3.0000"]]), point(of)).tolerances
    assert own[0] == [pytest.approx(size, rel=1e-9) for size in (5e-3 + 2e-12 * 2000001, 5e-5 + 4e-12 * 2000001)]
    entry = with_rounding(given_value(of, "w1[0,1]", "3.0000"), point(of))
    assert entry.tolerances == pytest.approx(own[0][1], rel=1e-12)


def test_a_format_may_be_off_by_four_times_what_our_own_pass_in_it_is() -> None:
    """∂L/∂w is x, and 0.1 is none of float16."""
    (stored,) = unpack("<e", pack("<e", 0.1))
    at = point(gradcalc.load({"input": 0.1, "loss": "output", "activation": "identity", "weights": [1]}))
    given = given_value(at.graph.network, "w1", stored, "float16")
    assert with_format(given, at).tolerances == pytest.approx(given.tolerances + 4 * abs(stored - 0.1), rel=1e-9)


def test_a_name_of_another_program_stands_for_that_of_the_network() -> None:
    given = given_value(gradcalc.load("residual"), "0.weight", "1", name="w1", matched="by shape")
    assert (given.text, given.of, given.matched) == ("0.weight", "w1", "by shape")
