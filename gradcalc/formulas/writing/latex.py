"""A formula in LaTeX, for amsmath: fractions, roots, parentheses that grow."""

from __future__ import annotations

from gradcalc.formulas.exact import Ratio
from gradcalc.formulas.writing.notation import ATOM, LEADING, POWER, PRODUCT, SUM, Notation, Piece, held, led, signed

NAMES = {"pi": r"\pi", "delta": r"\delta", "alpha": r"\alpha", "beta": r"\beta"}
FUNCTIONS = {"log": r"\ln", "sigmoid": r"\sigma"}
STANDARD = frozenset({"exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "min", "max"})
"""Functions that LaTeX has a command for."""


def _held(piece: Piece, tightness: int) -> str:
    return held(piece, tightness, _within)


def _within(text: str) -> str:
    return rf"\left({text}\right)"


def _added(b: Piece) -> str:
    return _held(b, ATOM) if b.text.startswith("-") else b.text


def _product(a: Piece, b: Piece) -> Piece:
    left, right = _held(a, LEADING), _held(b, POWER)
    between = r" \cdot " if right[:1].isdecimal() else r" "
    return Piece(f"{left}{between}{right}", led(a))


def _call(function: str, *arguments: Piece) -> Piece:
    name = (
        rf"\{function}" if function in STANDARD else FUNCTIONS.get(function, rf"\operatorname{{{escaped(function)}}}")
    )
    return Piece(name + _within(", ".join(argument.text for argument in arguments)))


def _number(text: str) -> Piece:
    mantissa, _, exponent = text.partition("e")
    return Piece(rf"{mantissa} \cdot 10^{{{int(exponent)}}}", PRODUCT) if exponent else Piece(text)


def _ratio(value: Ratio) -> Piece:
    return signed(value, "-", lambda numerator, denominator: Piece(rf"\frac{{{numerator}}}{{{denominator}}}", PRODUCT))


def name_in_latex(name: str) -> str:
    """A variable: one letter as it is, Greek ones by command, longer names upright."""
    return NAMES.get(name) or (name if len(name) == 1 else rf"\mathrm{{{escaped(name)}}}")


def escaped(text: str) -> str:
    """A name's underscores as LaTeX writes them."""
    return text.replace("_", r"\_")


LATEX = Notation(
    rules={
        "+": lambda a, b: Piece(f"{_held(a, SUM)} + {_added(b)}", SUM),
        "-": lambda a, b: Piece(f"{_held(a, SUM)} - {_held(b, PRODUCT)}", SUM),
        "*": _product,
        "/": lambda a, b: Piece(rf"\frac{{{a.text}}}{{{b.text}}}", PRODUCT),
        "^": lambda a, b: Piece(f"{_held(a, ATOM)}^{{{b.text}}}", POWER),
        "negative": lambda a: Piece(f"-{_held(a, PRODUCT)}", LEADING),
        "abs": lambda a: Piece(rf"\left|{a.text}\right|"),
        "sqrt": lambda a: Piece(rf"\sqrt{{{a.text}}}"),
        "sum": lambda a: Piece(rf"\sum_{{i}} {_held(a, PRODUCT)}", PRODUCT),
    },
    call=_call,
    number=_number,
    ratio=_ratio,
    name=name_in_latex,
)
