"""The one walk over an expression that all notations share: parts first, parentheses where a part binds too loosely.

A notation brings signs and names. Which operand needs parentheses is decided here: none that arithmetic does not need,
and those of (Σ t)·y and (ln x)·y, where the operator would reach over the whole product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from gradcalc.expressions.expression import Expression, Symbol, fold
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.expressions.expression import Ratio

LOOSE, SUM, SIGN, PRODUCT, PREFIX, POWER, ATOM = range(7)
"""How tightly a text holds together, loosest first: "a if c else b", a + b, −a·b, a·b, −a, aᵇ, a.

A sign is a SIGN where mathematics is read, and a PREFIX in our grammar, where a·−b and a^−b need no parentheses."""

PARENTHESES = ("(", r"\left(", "<mrow><mo>(")
"""How a text opens that is in parentheses, or begins with a factor that is."""


class Fragment(Record):
    """A text, how tightly it holds together, whether it opens with a minus sign, and the operator, "Σ" or "ln", whose
    operand it ends with: what followed as a factor would be taken for more of that operand."""

    text: str
    binds: int = ATOM
    negative: bool = False
    opens: str = ""


Parts = Sequence[Fragment]
Rule = Callable[[Any, Expression, Parts], Fragment]  # how a notation writes a node, its parts being written already


class Notation:
    """One way to write. `rules` hold for heads of every kind, functions included; a head without one is a `call`."""

    rules: ClassVar[dict[str, Rule]] = {}
    plus, minus, sign = " + ", " - ", "-"

    def symbol(self, symbol: Symbol) -> str:
        """A quantity."""
        return symbol.name

    def figure(self, number: Any) -> str:
        """A number of the network's: all digits, unless the notation rounds it."""
        return repr(number) if isinstance(number, float) else str(number)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """A function at its arguments."""
        return f"{function}({', '.join(arguments)})"

    def enclosed(self, text: str) -> str:
        """A text in parentheses."""
        return f"({text})"

    def held(self, part: Fragment, binds: int) -> str:
        """The part as an operand of something that binds so tightly, in parentheses where need be."""
        return part.text if part.binds >= binds else self.enclosed(part.text)

    def closed(self, part: Fragment, binds: int) -> str:
        """As `held`, with parentheses too where the part would reach over what follows it."""
        return self.enclosed(part.text) if part.opens else self.held(part, binds)

    def summed(self, parts: Parts) -> Fragment:
        """Terms side by side; one that opens with a minus sign is subtracted."""
        text = self.held(parts[0], SUM)
        for part in parts[1:]:
            term = self.held(part, SUM)
            text += self.minus + term[len(self.sign) :] if part.negative else self.plus + term
        return Fragment(text, SUM, parts[0].negative)

    def subtracted(self, parts: Parts) -> Fragment:
        """a − b."""
        text = self.held(parts[0], SUM) + self.minus + self.held(parts[1], PRODUCT)
        return Fragment(text, SUM, parts[0].negative)

    def rational(self, value: Ratio) -> Fragment:
        """A ratio as a whole number, or as a quotient."""
        size, denominator = str(abs(value[0])), str(value[1])
        one = self.whole(size) if denominator == "1" else Fragment(self.ratio(size, denominator), PRODUCT)
        return one if value[0] >= 0 else Fragment(self.sign + one.text, SIGN, True)

    def whole(self, size: str) -> Fragment:
        """A whole number."""
        return Fragment(size)

    def ratio(self, above: str, below: str) -> str:
        """A quotient of whole numbers."""
        return f"{above}/{below}"


class Mathematics(Notation):
    """Mathematics as a person reads it, numbers rounded to `digits`.

    A notation of it brings its signs and, for its rules, name, number, between, quotient, power, size, root,
    exponential, logarithm, cases, transposed, units, entry, matrix and partial.
    """

    equals, semicolon, beside, applied, circle, one, space = " = ", "; ", " ", " ", " ⊙ ", "1", " "
    identity, ones, zero = "I", "1", "0"
    brackets: ClassVar[tuple[str, str]] = ("[", "]")
    sigma, sigma_of_examples = "Σ", "Σₑ"

    def __init__(self, digits: int = 6) -> None:
        self.digits = digits

    def between(self, factor: Expression, before: str, after: str) -> str:
        """The sign for a product between a factor, which is written `before`, and the text that follows."""
        raise NotImplementedError

    def top_share(self, parts: Parts) -> Fragment:
        """The share of the first in a maximum; of −a and −b it is that of a in the minimum of a and b."""
        texts, extreme = [part.text for part in parts], "max"
        if all(part.negative and part.binds > SUM for part in parts):
            texts, extreme = [text[len(self.sign) :] for text in texts], "min"
        return self.bracketed(texts[0] + self.equals + self.call(extreme, texts))

    def negated(self, part: Fragment) -> Fragment:
        """−a."""
        return Fragment(self.sign + self.held(part, PRODUCT), SIGN, True, part.opens if part.binds >= PRODUCT else "")

    def multiplied(self, node: Expression, parts: Parts) -> Fragment:
        """Factors side by side."""
        first, last = parts[0], parts[-1]
        texts = [self.closed(first, SIGN), *(self.closed(part, PRODUCT) for part in parts[1:-1])]
        texts.append(self.held(last, PRODUCT))
        line = texts[0]
        for factor, before, after in zip(node.parts, texts, texts[1:]):
            line += self.between(factor, before, after) + after
        leads = first.binds == SIGN and not first.opens
        return Fragment(line, SIGN if leads else PRODUCT, leads, last.opens if last.binds >= PRODUCT else "")

    def one_plus(self, function: str, part: Fragment) -> Fragment:
        """1 + tanh x."""
        return Fragment(self.one + self.plus + self.call(function, [part.text]), SUM)

    def scaled(self, above: Fragment, fraction: str) -> Fragment | None:
        """above/n as the fraction before what would be in parentheses otherwise, or is already: ½(y − t)², ½Σ y."""
        text, binds, sign = above.text, above.binds, ""
        if binds == SIGN and above.negative:
            text, binds, sign = text[len(self.sign) :], PRODUCT, self.sign
        body = text if binds >= PRODUCT else self.enclosed(text)
        if body is text and not text.startswith(PARENTHESES) and (not above.opens or text[:1].isdigit()):
            return None
        opens = above.opens if body is text else ""
        return Fragment(sign + fraction + body, SIGN if sign else PRODUCT, bool(sign), opens)

    def divided(self, above: Fragment, below: Fragment) -> Fragment:
        """a/b on one line."""
        constant = above.opens == "Σ" and below.text.isdecimal()
        over = self.held(above, SIGN) if constant else self.closed(above, SIGN)
        leads = above.binds == SIGN and over == above.text
        opens = above.opens if constant else below.opens if below.binds >= POWER else ""
        return Fragment(f"{over}/{self.held(below, POWER)}", SIGN if leads else PRODUCT, leads, opens)

    def operated(self, sign: str, part: Fragment) -> Fragment:
        """Σ a: over everything that a product holds."""
        body = self.held(part, PRODUCT)
        return Fragment(sign + ("" if body.startswith(("(", "|")) else self.space) + body, POWER, opens="Σ")

    def joined(self, sign: str, texts: Iterable[str]) -> Fragment:
        """Operands of a product of vectors with a sign between them."""
        return Fragment(sign.join(texts), PRODUCT)

    def operand(self, tree: Expression, part: Fragment) -> str:
        """A vector beside a matrix; a product unit by unit in parentheses."""
        return self.enclosed(part.text) if tree.head == "hadamard" else self.held(part, PRODUCT)

    def factor(self, tree: Expression, part: Fragment) -> str:
        """A factor of a product unit by unit; that of a matrix, or one with a line of its own, in parentheses."""
        is_plain = tree.head in ("*", "/") and not part.opens and "/" not in part.text
        return self.held(part, PRODUCT if is_plain else POWER)

    def compared(self, of: Expression, part: Fragment) -> tuple[str, bool, str]:
        """What is compared, whether it is to be larger, and with what: z > 0; |y − t| > 1 for |y − t| − 1 > 0."""
        if of.head in ("+", "-") and len(of.parts) == 2:
            one, other = of.parts
            other = Expression("negative", (other,)) if of.head == "-" else other
            if other.head == "negative" and not other.parts[0].parts:
                return write(one, self), True, write(other.parts[0], self)
            if other.head == "negative" and not one.parts:
                return write(other.parts[0], self), False, write(one, self)
        return part.text, True, self.zero

    def whole(self: Any, size: str) -> Fragment:
        """A whole number, of many zeros as a power of ten."""
        return self.number(*plain_number(size))  # type: ignore[no-any-return]  # of a notation

    def bracketed(self, text: str) -> Fragment:
        """A text in brackets."""
        return Fragment(self.brackets[0] + text + self.brackets[1])

    rules: ClassVar[dict[str, Rule]] = {
        "number": lambda self, node, parts: self.number(*plain_number(node.value)),
        "ratio": lambda self, node, parts: self.rational(node.value),
        "constant": lambda self, node, parts: self.number(*plain_number(float.__repr__(node.value))),
        "name": lambda self, node, parts: Fragment(self.name(node.value)),
        "+": lambda self, node, parts: self.summed(parts),
        "-": lambda self, node, parts: self.subtracted(parts),
        "negative": lambda self, node, parts: self.negated(parts[0]),
        "*": lambda self, node, parts: self.multiplied(node, parts),
        "/": lambda self, node, parts: self.quotient(node, *parts),
        "^": lambda self, node, parts: self.power(*parts),
        "abs": lambda self, node, parts: self.size(parts[0].text),
        "sqrt": lambda self, node, parts: self.root(parts[0]),
        "log": lambda self, node, parts: self.logarithm(parts[0]),
        "exp": lambda self, node, parts: Fragment(self.exponential(parts[0]), POWER),
        "expm1": lambda self, node, parts: Fragment(self.exponential(parts[0]) + self.minus + self.one, SUM),
        "one_plus_erf": lambda self, node, parts: self.one_plus("erf", parts[0]),
        "one_plus_tanh": lambda self, node, parts: self.one_plus("tanh", parts[0]),
        "sum": lambda self, node, parts: self.operated(self.sigma, parts[0]),
        "entries": lambda self, node, parts: self.operated(self.sigma, parts[0]),
        "over examples": lambda self, node, parts: self.operated(self.sigma_of_examples, parts[0]),
        "cases": lambda self, node, parts: self.cases(*parts[:2], *self.compared(node.parts[2], parts[2])),
        "pull": lambda self, node, parts: Fragment(
            self.transposed(parts[0]) + self.beside + self.operand(node.parts[1], parts[1]), PRODUCT
        ),
        "inner": lambda self, node, parts: self.rules["pull"](self, node, parts),
        "outer": lambda self, node, parts: Fragment(
            self.operand(node.parts[0], parts[0]) + self.beside + self.transposed(parts[1]), PRODUCT
        ),
        "apply": lambda self, node, parts: self.joined(self.applied, map(self.operand, node.parts, parts)),
        "hadamard": lambda self, node, parts: self.joined(self.circle, map(self.factor, node.parts, parts)),
        "units": lambda self, node, parts: self.units(parts[0], node.value),
        "entry": lambda self, node, parts: self.entry(parts[0], node.value),
        "concat": lambda self, node, parts: self.bracketed(self.semicolon.join(part.text for part in parts)),
        "matrix": lambda self, node, parts: Fragment(self.matrix(node.value, [part.text for part in parts])),
        "identity": lambda self, node, parts: Fragment(self.identity),
        "ones": lambda self, node, parts: Fragment(self.ones),
        "top_share": lambda self, node, parts: self.top_share(parts),
        "partial": lambda self, node, parts: Fragment(self.partial(*(part.text for part in parts)), PRODUCT),
        "=": lambda self, node, parts: Fragment(parts[0].text + self.equals + parts[1].text, LOOSE),
    }


def write(expression: Expression, notation: Notation) -> str:
    """The expression in a notation."""

    def visit(node: Expression, parts: list[Fragment]) -> Fragment:
        if node.head == "symbol":
            return Fragment(notation.symbol(node.value))
        if node.head == "figure":
            return signed(notation.figure(node.value))
        rule = notation.rules.get(node.head)
        if rule is not None:
            return rule(notation, node, parts)
        return Fragment(notation.call(node.head, [part.text for part in parts]))

    return fold(expression, visit).text


def signed(text: str) -> Fragment:
    """A number: one with a sign, or with a power of ten, is no atom."""
    if text[:1] in ("-", "−") or text.startswith("<mo>−"):
        return Fragment(text, SIGN, True)
    return Fragment(text, PRODUCT if "×" in text or "times" in text else ATOM)


def rows_of(columns: int, entries: Sequence[str]) -> list[Sequence[str]]:
    """The entries of a matrix row by row."""
    return [entries[start : start + columns] for start in range(0, len(entries), columns)]


MANY_ZEROS = 7  # nobody counts so many


def plain_number(text: str) -> tuple[str, int | None]:
    """A number's text as figures and the power of ten, None where there is none: ("1.5", -3) for 1.5e-3; a power of a
    whole number that ends in many zeros: ("1.2", 9) for 1200000000."""
    if text.isdecimal() and len(first := text.rstrip("0")) + MANY_ZEROS <= len(text) and first:
        return plain_number(f"{first[0]}.{first[1:]}e{len(text) - 1}")
    figures, e, exponent = text.partition("e")
    whole, point, fraction = figures.partition(".")
    return (whole or "0") + (point + fraction if fraction else ""), int(exponent) if e else None
