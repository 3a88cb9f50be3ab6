"""A formula as a person writes it in Unicode: (y − t)², √(x² + 1), |x|, ln x, σ(x), π."""

from __future__ import annotations

from gradcalc.formulas.exact import Ratio
from gradcalc.formulas.writing.notation import ATOM, LEADING, POWER, PRODUCT, SUM, Notation, Piece, held, led, signed

RAISED = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NAMES = {"pi": "π", "delta": "δ", "alpha": "α", "beta": "β"}
FUNCTIONS = {"log": "ln", "sigmoid": "σ"}


def _added(b: Piece) -> str:
    return held(b, ATOM) if b.text.startswith("−") else b.text


def _product(a: Piece, b: Piece) -> Piece:
    left, right = held(a, LEADING), held(b, POWER)
    beside = right.startswith("(") and left.lstrip("−").replace(".", "").isdecimal()
    return Piece(f"{left}{right}" if beside else f"{left}·{right}", led(a))


def _power(a: Piece, b: Piece) -> Piece:
    raised = b.text.translate(RAISED)
    if b.text.lstrip("−").isdecimal() and b.text.isprintable():
        return Piece(held(a, ATOM) + raised, POWER)
    return Piece(f"{held(a, ATOM)}^{held(b, ATOM)}", POWER)


def _call(function: str, *arguments: Piece) -> Piece:
    inside = ", ".join(argument.text for argument in arguments)
    name = FUNCTIONS.get(function, function)
    if function == "log" and arguments[0].tightness == ATOM and not inside.startswith("("):
        return Piece(f"{name} {inside}", POWER)
    return Piece(f"{name}({inside})")


def _number(text: str) -> Piece:
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return Piece(text)
    raised = str(int(exponent)).replace("-", "−").translate(RAISED)
    return Piece(f"{mantissa}·10{raised}", PRODUCT)


def _ratio(value: Ratio) -> Piece:
    return signed(value, "−", lambda numerator, denominator: Piece(f"{numerator}/{denominator}", PRODUCT))


PRETTY = Notation(
    rules={
        "+": lambda a, b: Piece(f"{held(a, SUM)} + {_added(b)}", SUM),
        "-": lambda a, b: Piece(f"{held(a, SUM)} − {held(b, PRODUCT)}", SUM),
        "*": _product,
        "/": lambda a, b: Piece(f"{held(a, LEADING)}/{held(b, POWER)}", led(a)),
        "^": _power,
        "negative": lambda a: Piece(f"−{held(a, PRODUCT)}", LEADING),
        "abs": lambda a: Piece(f"|{a.text}|"),
        "sqrt": lambda a: Piece(f"√{held(a, ATOM)}", POWER),
        "sum": lambda a: Piece(f"Σ{held(a, ATOM) if a.tightness == SUM else _spaced(a)}", POWER),
    },
    call=_call,
    number=_number,
    ratio=_ratio,
    name=lambda name: NAMES.get(name, name),
)


def _spaced(a: Piece) -> str:
    return a.text if a.text.startswith(("(", "|")) else f" {a.text}"
