"""The one walk over an expression that all notations share: parts first, parentheses where a part binds too loosely.

A notation says how signs and names look. Here it is said which operand needs parentheses: none that arithmetic does
not need, and those of (Σ t)·y and (ln x)·y, where the operator would reach over the whole product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from gradcalc.expressions.expression import Expression, fold
from gradcalc.expressions.symbols import Symbol
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.expressions.exact import Ratio

LOOSE, SUM, SIGN, PRODUCT, PREFIX, POWER, ATOM = range(7)
"""How tightly a text holds together, loosest first: "a if c else b", a + b, −a·b, a·b, −a, aᵇ, a.

A sign is a SIGN where mathematics is read, and a PREFIX in our grammar, where a·−b and a^−b need no parentheses."""

LONGEST_DECIMAL = 17
PARENTHESES = ("(", r"\left(", "<mrow><mo>(")
"""How a text opens that is in parentheses, or begins with a factor that is."""


class Written(Record):
    """A text, how tightly it holds together, whether it opens with a minus sign, and the operator, "Σ" or "ln", whose
    operand it ends with: what followed as a factor would be taken for more of that operand."""

    text: str
    binds: int = ATOM
    negative: bool = False
    opens: str = ""


Rule = Callable[[Expression, Sequence[Written]], Written]
"""How a node is written, its parts being written already."""


class Notation(Protocol):
    """One way to write. `rules` hold for heads of every kind, functions included; a head without one is a `call`."""

    rules: dict[str, Rule]

    def symbol(self, symbol: Symbol) -> str:
        """A quantity."""

    def figure(self, number: Any) -> str:
        """A number, as the notation rounds it."""

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """A function at its arguments."""

    def enclosed(self, text: str) -> str:
        """A text in parentheses."""


def write(expression: Expression, notation: Notation) -> str:
    """The expression in a notation."""

    def visit(node: Expression, parts: list[Written]) -> Written:
        if node.head == "symbol":
            return Written(notation.symbol(node.value))
        if node.head == "figure":
            return signed(notation.figure(node.value))
        rule = notation.rules.get(node.head)
        if rule is not None:
            return rule(node, parts)
        return Written(notation.call(node.head, [part.text for part in parts]))

    return fold(expression, visit).text


def signed(text: str) -> Written:
    """A number: one with a sign, or with a power of ten, is no atom."""
    if text[:1] in ("-", "−") or text.startswith("<mo>−"):
        return Written(text, SIGN, True)
    return Written(text, PRODUCT if "×" in text or "times" in text else ATOM)


def held(part: Written, binds: int, notation: Notation) -> str:
    """The part as an operand of something that binds so tightly, in parentheses where need be."""
    return part.text if part.binds >= binds else notation.enclosed(part.text)


def closed(part: Written, binds: int, notation: Notation) -> str:
    """As `held`, with parentheses too where the part would reach over what follows it."""
    return notation.enclosed(part.text) if part.opens else held(part, binds, notation)


def summed(parts: Sequence[Written], notation: Notation, plus: str, minus: str, sign: str) -> Written:
    """Terms side by side; one that opens with a minus `sign` is taken away."""
    text = held(parts[0], SUM, notation)
    for part in parts[1:]:
        one = held(part, SUM, notation)
        text += minus + one[len(sign) :] if part.negative else plus + one
    return Written(text, SUM, parts[0].negative)


def subtracted(parts: Sequence[Written], notation: Notation, minus: str) -> Written:
    """a − b."""
    text = held(parts[0], SUM, notation) + minus + held(parts[1], PRODUCT, notation)
    return Written(text, SUM, parts[0].negative)


def negated(part: Written, notation: Notation, sign: str) -> Written:
    """−a."""
    return Written(sign + held(part, PRODUCT, notation), SIGN, True, part.opens if part.binds >= PRODUCT else "")


def multiplied(
    node: Expression, parts: Sequence[Written], notation: Notation, between: Callable[[Expression, str, str], str]
) -> Written:
    """Factors side by side; `between` has the sign for a factor, its text and the text that follows."""
    first, last = parts[0], parts[-1]
    texts = [closed(first, SIGN, notation), *(closed(part, PRODUCT, notation) for part in parts[1:-1])]
    texts.append(held(last, PRODUCT, notation))
    line = texts[0]
    for factor, before, after in zip(node.parts, texts, texts[1:]):
        line += between(factor, before, after) + after
    leads = first.binds == SIGN and not first.opens
    return Written(line, SIGN if leads else PRODUCT, leads, last.opens if last.binds >= PRODUCT else "")


def scaled(above: Written, fraction: str, notation: Notation, sign: str) -> Written | None:
    """above/n as the fraction before what would be in parentheses otherwise, or is already: ½(y − t)², ½Σ y."""
    text, binds = above.text, above.binds
    if binds == SIGN and above.negative:
        text, binds = text[len(sign) :], PRODUCT
    else:
        sign = ""
    body = text if binds >= PRODUCT else notation.enclosed(text)
    if body is text and not text.startswith(PARENTHESES) and (not above.opens or text[:1].isdigit()):
        return None
    return Written(sign + fraction + body, SIGN if sign else PRODUCT, bool(sign), above.opens if body is text else "")


def divided(above: Written, below: Written, notation: Notation, sign: str) -> Written:
    """a/b on one line."""
    constant = above.opens == "Σ" and below.text.isdecimal()
    over = held(above, SIGN, notation) if constant else closed(above, SIGN, notation)
    leads = above.binds == SIGN and over == above.text
    opens = above.opens if constant else below.opens if below.binds >= POWER else ""
    return Written(over + sign + held(below, POWER, notation), SIGN if leads else PRODUCT, leads, opens)


def operated(sign: str, space: str, part: Written, notation: Notation) -> Written:
    """Σ a: over everything that a product holds."""
    body = held(part, PRODUCT, notation)
    return Written(sign + ("" if body.startswith(("(", "|")) else space) + body, POWER, False, sign)


def plain_number(text: str) -> tuple[str, int | None]:
    """A number's text as figures and the power of ten, None where there is none: ("1.5", -3) for 1.5e-3."""
    figures, mark, exponent = text.partition("e")
    whole, point, fraction = figures.partition(".")
    return (whole or "0") + (point + fraction if fraction else ""), int(exponent) if mark else None


def decimal(value: Ratio) -> str | None:
    """The size of a ratio as a decimal number, where that is one of a few digits."""
    numerator, denominator = value
    for places in range(LONGEST_DECIMAL):
        if 10**places % denominator == 0:
            digits = str(abs(numerator) * (10**places // denominator)).rjust(places + 1, "0")
            text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
            return text if len(digits) <= LONGEST_DECIMAL else None
    return None


def rational(value: Ratio, quotient: Callable[[str, str], str], sign: str) -> Written:
    """A ratio as a whole number, or as a quotient."""
    size, denominator = str(abs(value[0])), str(value[1])
    one = Written(size) if denominator == "1" else Written(quotient(size, denominator), PRODUCT)
    return one if value[0] >= 0 else Written(sign + one.text, SIGN, True)
