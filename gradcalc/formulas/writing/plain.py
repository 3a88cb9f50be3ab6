"""A formula in the grammar that it is read by: reading it gives the same tree."""

from __future__ import annotations

from gradcalc.formulas.exact import Ratio
from gradcalc.formulas.writing.notation import ATOM, POWER, PRODUCT, SIGN, SUM, Notation, Piece, held, signed


def _call(function: str, *arguments: Piece) -> Piece:
    return Piece(f"{function}({', '.join(argument.text for argument in arguments)})")


def _ratio(value: Ratio) -> Piece:
    return signed(value, "-", lambda numerator, denominator: Piece(f"{numerator}/{denominator}", PRODUCT))


PLAIN = Notation(
    rules={
        "+": lambda a, b: Piece(f"{held(a, SUM)} + {held(b, PRODUCT)}", SUM),
        "-": lambda a, b: Piece(f"{held(a, SUM)} - {held(b, PRODUCT)}", SUM),
        "*": lambda a, b: Piece(f"{held(a, PRODUCT)}*{held(b, SIGN)}", PRODUCT),
        "/": lambda a, b: Piece(f"{held(a, PRODUCT)}/{held(b, SIGN)}", PRODUCT),
        "^": lambda a, b: Piece(f"{held(a, ATOM)}^{held(b, SIGN)}", POWER),
        "negative": lambda a: Piece(f"-{held(a, SIGN)}", SIGN),
    },
    call=_call,
    number=Piece,
    ratio=_ratio,
    name=str,
)
