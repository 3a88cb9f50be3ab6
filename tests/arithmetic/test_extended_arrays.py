"""Arrays of mantissas and exponents against the same operations on fractions: exact where numbers are, near where they
are rounded, whatever their exponents.
"""

import pickle
from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.extended_arrays import ExtendedArray, extended, xlogx
from gradcalc.errors import LimitError

ROUNDING = Fraction(1, 2**52)
FAR = 4_000


def drawn(rows, columns):
    """Matrices of fractions whose exponents are alike, or anywhere."""
    mantissas = st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from([0, 1, -1])
    exponents = st.integers(-3, 3) | st.sampled_from([-FAR, -1075, -501, 501, 1023, FAR]) | st.integers(-FAR, FAR)
    number = st.builds(lambda m, e: m * Fraction(2) ** e, mantissas, exponents)
    return st.lists(st.lists(number, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


def stored(matrix):
    """The fractions, each of which 53 bits hold."""
    pairs = [binary(entry) for row in matrix for entry in row]
    mantissas = np.array([mantissa for mantissa, _ in pairs])
    exponents = np.array([exponent for _, exponent in pairs])
    whole = extended(mantissas)
    shape = len(matrix), len(matrix[0])
    exponents = np.where(mantissas == 0, whole.exponents, whole.exponents + exponents)
    return ExtendedArray(whole.mantissas.reshape(shape), exponents.reshape(shape))


def binary(entry):
    """As integer·2^exponent, the denominator being a power of 2."""
    further = 0
    whole = entry.numerator
    while whole and whole % 2 == 0:
        whole, further = whole // 2, further + 1
    return float(whole), further - (entry.denominator.bit_length() - 1)


def fractions(array):
    """Its entries, exactly, in nested lists."""
    entries = zip(array.mantissas.ravel().tolist(), array.exponents.ravel().tolist())
    flat = [Fraction(mantissa) * Fraction(2) ** exponent if mantissa else Fraction(0) for mantissa, exponent in entries]
    return np.array(flat, dtype=object).reshape(array.shape).tolist()


def near(found, exact, scales):
    """Within a rounding or a few of the sizes of what was added."""
    for ours, true, scale in zip(found, exact, scales):
        assert abs(ours - true) <= 8 * ROUNDING * scale


OPERATIONS = {
    "+": (lambda a, b: a + b, lambda a, b: abs(a) + abs(b)),
    "-": (lambda a, b: a - b, lambda a, b: abs(a) + abs(b)),
    "*": (lambda a, b: a * b, lambda a, b: abs(a * b)),
}


@pytest.mark.parametrize("name", OPERATIONS)
@given(drawn(1, 3), drawn(1, 3))
def test_operators_round_once(name, a, b):
    operation, scale = OPERATIONS[name]
    found = fractions(operation(stored(a), stored(b)))
    near(found[0], map(operation, a[0], b[0]), map(scale, a[0], b[0]))


@given(drawn(1, 4), drawn(1, 4))
def test_comparisons_are_exact(a, b):
    one, other = stored(a), stored(b)
    assert (one < other).tolist() == [[x < y for x, y in zip(a[0], b[0])]]
    assert (one == other).tolist() == [[x == y for x, y in zip(a[0], b[0])]]
    assert fractions(np.maximum(one, other)) == [list(map(max, a[0], b[0]))]
    assert fractions(np.minimum(one, other)) == [list(map(min, a[0], b[0]))]
    assert np.argsort(one).tolist() == [sorted(range(4), key=a[0].__getitem__)]
    assert fractions(extended([one.ravel().max()])) == [pytest.approx(max(a[0]), rel=1e-15)]


@given(drawn(3, 4), drawn(4, 2))
def test_matrix_products_lose_nothing_to_the_range(a, b):
    """Products of small with large entries stay, where the large ones meet zeros or small ones, too."""
    found = fractions(stored(a) @ stored(b))
    for i, j in product(range(3), range(2)):
        terms = [a[i][k] * b[k][j] for k in range(4)]
        near([found[i][j]], [sum(terms)], [sum(map(abs, terms))])


def test_a_matrix_product_of_entries_too_far_apart_for_one_scale():
    rows, columns = [[Fraction(1), Fraction(2) ** -1500]], [[Fraction(2) ** -1600], [Fraction(1)]]
    assert fractions(stored(rows) @ stored(columns)) == [[Fraction(2) ** -1500]]


@given(drawn(3, 4), st.sampled_from([None, 0, 1, (0, 1)]))
def test_sums_along_axes(a, axis):
    whole, sizes = np.array(a, dtype=object), np.abs(np.array(a, dtype=object))
    found = stored(a).sum(axis=axis)
    found = Fraction(found) if axis is None else fractions(found)
    near(np.ravel(found), np.ravel(whole.sum(axis=axis)), np.ravel(sizes.sum(axis=axis)))


@pytest.mark.parametrize("text", ["0", "1", "-0.1", "3e-400", "-7.25e12345", "1e-999999999999", "-2e999999999999"])
def test_decimals_go_in_and_out(text):
    (found,) = extended(np.array([Decimal(text)], dtype=object)).tolist()
    assert isinstance(found, Decimal)
    with Extended.context():
        assert abs(found - Decimal(text)) <= abs(Decimal(text)) * Decimal("2e-16")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_go_in_and_out(x):
    assert extended(x).astype(float) == x
    assert float(extended(x).item()) == x


def test_far_numbers_are_0_or_infinite_as_doubles():
    array = extended(np.array([Decimal("1e-400"), Decimal("-1e400")], dtype=object))
    assert np.asarray(array, dtype=float).tolist() == [0.0, -np.inf]


def test_exponents_end_where_those_of_single_numbers_do():
    large = extended(np.array([Decimal("1e999999999999999"), Decimal(0)], dtype=object))
    with pytest.raises(LimitError):
        large * large
    with pytest.raises(LimitError):
        extended(1.0) / large[:1] / large[:1]


def test_logarithms_have_all_digits_relative_to_the_base():
    """x·ln(x/2^base), of which a float64 of ln x has none left after the point."""
    exponent = 3 * 10**15
    array = ExtendedArray(np.array([0.75, 0.5, 0.0]), np.array([exponent, exponent - 2, extended(0.0).exponents]))
    with Extended.context():
        found = (xlogx(array, exponent) / Decimal(2) ** exponent).astype(float)
    assert found.tolist() == pytest.approx([0.75 * np.log(0.75), 0.125 * np.log(0.125), 0.0], rel=1e-15)


def test_entries_are_moved_about_as_numpy_moves_them():
    array, places = stored([[Fraction(3), Fraction(2) ** -2000, Fraction(-1)]]), np.array([[2, 0]])
    whole = fractions(array)[0]
    assert fractions(np.take_along_axis(array, places, axis=1)) == [[whole[2], whole[0]]]
    assert fractions(np.concatenate((array, array[:, :1]), axis=1)) == [[*whole, whole[0]]]
    assert fractions(np.swapaxes(array, 0, 1)) == fractions(array.T) == [[entry] for entry in whole]
    assert fractions(np.broadcast_to(array, (2, 3))) == [whole, whole]
    assert fractions(np.zeros_like(array, shape=(1, 2))) == [[0, 0]]
    assert fractions(pickle.loads(pickle.dumps(array))) == [whole]
    listed = np.asarray(array, dtype=object)
    assert (
        all(isinstance(entry, Decimal) for entry in listed.flat) and listed[0, 1] != 0 == np.asarray(array, float)[0, 1]
    )
    with pytest.raises(TypeError):
        np.linalg.norm(array)


def test_a_sum_along_one_of_axes_of_one_entry_keeps_the_others():
    row = stored([[Fraction(3), Fraction(2) ** -2000, Fraction(-1)]])
    assert (row.sum(axis=1).shape, row.sum(axis=0).shape, row.sum(axis=(0, 1)).shape) == ((1,), (3,), ())
    assert row.sum(axis=1, keepdims=True).shape == (1, 1) and row.sum(keepdims=True).shape == (1, 1)
    assert row.sum() == 2 and fractions(row.sum(axis=0)) == [Fraction(3), Fraction(2) ** -2000, Fraction(-1)]


@given(drawn(1, 3), drawn(1, 3))
def test_quotients_round_once(a, b):
    divisors = [[y or Fraction(1) for y in b[0]]]
    exact = [x / y for x, y in zip(a[0], divisors[0])]
    near(fractions(stored(a) / stored(divisors))[0], exact, map(abs, exact))


def test_what_is_no_operation_of_these_arrays_is_refused():
    row = stored([[Fraction(3), Fraction(1)]])
    for refused in (np.add.reduce, np.maximum.accumulate, lambda one: np.add(one, one, where=[[True, False]]), np.exp):
        with pytest.raises(TypeError):
            refused(row)


def test_what_is_finite():
    array = ExtendedArray(np.array([0.5, np.nan, -np.inf]), np.array([4_000, 0, 0]))
    assert np.isfinite(array).tolist() == [True, False, False]


def test_an_array_without_entries_is_one():
    nothing = extended(np.zeros((0, 2)))
    assert (nothing + nothing).shape == (nothing * nothing).shape == (0, 2) and nothing.tolist() == []
    assert extended(np.zeros((0, 2), dtype=object)).shape == (0, 2)


def test_what_was_made_of_an_array_is_made_again_where_an_entry_is_set():
    array, ones = stored([[Fraction(3), Fraction(2) ** -2000]]), stored([[Fraction(1)], [Fraction(2) ** 2000]])
    assert fractions(array @ ones) == [[4]] and float(array.tolist()[0][0]) == 3
    array[0, 0] = extended(5.0)
    assert fractions(array @ ones) == [[6]] and float(array.tolist()[0][0]) == 5
    ones[1] = extended(np.array([[0.0]]))
    assert fractions(array @ ones) == [[5]]


def test_an_array_without_an_axis_takes_another_number():
    found = extended(np.array(0.5))
    found[()] = extended(np.array([Decimal("1e-5000")], dtype=object))[0]
    with Extended.context():
        assert found.shape == () and abs(found.reshape(1).tolist()[0] / Decimal("1e-5000") - 1) < Decimal("2e-16")
