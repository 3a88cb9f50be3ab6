"""Widths, wrapping, and the characters that could deceive a reader."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcalc
from gradcalc.report.ascii import to_ascii
from gradcalc.report.text import count_text, escape_json, node_lists, pad, plural, printable, width, wrap

HOSTILE = [
    "\x1b[31m",
    "\x00",
    "\x7f",
    "\x9b",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u2028",
    "\U000e0041",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_characters_are_escaped(text: str) -> None:
    shown = printable(f"w{text}1")
    assert shown.startswith("w\\")
    assert shown.isprintable()


@given(st.text())
def test_nothing_unprintable_passes(text: str) -> None:
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in printable(text))


@given(st.text())
def test_ordinary_text_is_left_alone(text: str) -> None:
    if text.isprintable() and text.isascii():
        assert printable(text) == text


def test_no_ellipsis_hides_a_node_that_another_path_leaves_out() -> None:
    ends = ["p", "q", "r"], ["x", "y", "z"]
    paths = [[*ends[0], *middle, *ends[1]] for middle in (["a", "b", "c"], ["a", "c"], ["c"])]
    told = node_lists(paths, [None] * 3)
    assert told == ["p → q → r → a → b → c → … → z", "p → q → r → a → c → … → z", "p → q → r → c → … → z"]


def test_json_escapes_pair_beyond_sixteen_bits() -> None:
    assert escape_json("\U000e0041") == "\\udb40\\udc41"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("w1", 2), ("∂L/∂w1", 6), ("−0.1×10⁻⁵", 9), ("重み", 4), ("e\u0301", 1), ("███▋", 4), ("🧠", 2), ("ﾊﾝ", 2)],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


def test_pad() -> None:
    assert pad("重", 4) + "|" == "重  |"
    assert pad("重", 4, "right") == "  重"


@given(st.text(alphabet="ab 重", max_size=60), st.integers(2, 20))
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("½Σ(y − t)²", "1/2*sum(y - t)^2"),
        ("½(y − t)²", "1/2*(y - t)^2"),
        ("½ ln y", "1/2*ln y"),
        ("½ of it", "1/2 of it"),
    ],
)
def test_fractions_in_old_encodings(text, plain):
    assert to_ascii(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("δ_h1⁽ᵉ⁾ = Σₑ x⁽ᵉ⁾ᵀ", "delta_h1^(e) = sum_e x^(e)^T"),
        ("eˣ − xᵢⱼ", "e^x - x_ij"),
        ("√n · √(2n)", "sqrt(n) * sqrt(2n)"),
        ("Müller, Čech, 重", "Muller, Cech, 重"),
        ("σ′(z₁) = 8.3×10⁻⁷", "sigma'(z1) = 8.3e-7"),
    ],
)
def test_raised_and_lowered_letters_in_old_encodings(text: str, plain: str) -> None:
    assert to_ascii(text) == plain


@pytest.mark.slow
def test_every_letter_of_the_program_has_letters_of_old_encodings() -> None:
    """Of what writes words and formulas for people: all text constants but those that are statements, docstrings."""
    folder = Path(gradcalc.__file__).parent
    rooms = ("activations", "losses", "derivation", "theory", "analysis", "views", "cli", "language")
    files = [file for room in rooms for file in (folder / room).rglob("*.py")]
    files += [folder / "expressions" / name for name in ("print_unicode.py", "walk.py", "numerals.py")]
    for file in files:
        trees = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        statements = [tree.value for tree in trees if isinstance(tree, ast.Expr)]
        constants = [tree for tree in trees if isinstance(tree, ast.Constant) and tree not in statements]
        texts = [constant.value for constant in constants if isinstance(constant.value, str)]
        letters = {letter for text in texts for letter in text if letter.isprintable()}
        assert {letter for letter in letters if not to_ascii(letter).isascii()} == set(), file


def test_no_line_is_broken_within_short_parentheses() -> None:
    for columns in range(24, 60):
        lines = wrap("a sweep over depth · tanh, sigmoid · (y − t)²: median (geometric mean) over seed", columns)
        assert any("(y − t)²" in line for line in lines) and any("(geometric mean)" in line for line in lines)
        assert all(width(line) <= columns for line in lines)


@pytest.mark.parametrize(
    ("power", "told"), [(0, "1 path"), (39, "549755813888 paths"), (14999, "1.40898×10⁴⁵¹⁵ paths")]
)
def test_a_count_of_any_length_is_told(power: int, told: str) -> None:
    assert plural(2**power, "path") == told
    assert count_text(2**power, grouped=True).replace(",", "") == told.split()[0]
