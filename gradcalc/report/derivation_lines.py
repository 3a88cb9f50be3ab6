"""Lines of a derivation: as cells of Unicode text, and in LaTeX for an aligned environment, long products broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.walk import write

if TYPE_CHECKING:
    from gradcalc.expressions.print_latex import LaTeX
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.report.report import Line, Words

SIGNS = {
    "→": r"\to ", "∂": r"\partial ", "·": r"\cdot ", "×": r"\times ", "⊙": r"\odot ", "±": r"\pm ", "−": "-",
    "‖": r"\Vert ", "…": r"\dots ", "′": "'", "√": r"\surd ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ",
    "≈": r"\approx ", "Σ": r"\Sigma ", "∏": r"\prod ", "∇": r"\nabla ", "α": r"\alpha ", "β": r"\beta ",
    "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\varepsilon ", "θ": r"\theta ", "λ": r"\lambda ", "μ": r"\mu ",
    "π": r"\pi ", "ρ": r"\rho ", "σ": r"\sigma ", "φ": r"\varphi ", "χ": r"\chi ",
    "ᵢ": "_{i}", "ⱼ": "_{j}", "ₑ": "_{e}", "ˣ": "^{x}",
}  # fmt: skip
"""Signs of text as LaTeX has them in mathematics."""

SIGNS |= {sign: f"^{{{figure}}}" for sign, figure in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)}
SIGNS |= {sign: f"_{{{figure}}}" for sign, figure in zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)}

MATHEMATICS = SIGNS | {"|": r"\vert "} | {sign: sign for sign in "=[](),;"}
"""Signs among words that are mathematics."""

ESCAPES = str.maketrans({sign: f"\\{sign}" for sign in "{}$&#%_"} | {"\\": "/", "^": "\u02c6", "~": "\u223c"})

MOST_LINES = 24
"""Lines up to which fractions are written as such."""

WIDEST = 74
"""Characters, about, of a line on a page of 345 pt."""


def cells(lines: Sequence[Line], notation: Unicode, narrow: bool = False) -> list[list[Any]]:
    """Left, right, value and reason; where numbers are put in, equals signs and the numbers between them, or, where the
    page is narrow, in a line of their own."""
    rows = [[_unicode(part, notation) for part in (line.left, line.right, line.reason)] for line in lines]
    if all(line.numbers is None for line in lines):
        return [[left, right, line.value, reason] for line, (left, right, reason) in zip(lines, rows)]
    wide = [_equation(line, row, notation) for line, row in zip(lines, rows)]
    return [part for row in wide for part in _in_two(row)] if narrow else wide


def _in_two(row: list[Any]) -> Iterator[list[Any]]:
    """A row, and the numbers put in with the value under it."""
    left, right, numbers, equals, value, reason = row
    if not numbers:
        yield [left, right, equals, value, reason]
        return
    yield [left, right, "", None, reason]
    yield ["", numbers, equals, value, ""]


def _equation(line: Line, row: Sequence[str], notation: Unicode) -> list[Any]:
    left, right, reason = row
    if isinstance(line.left, str):
        return [left, right, "", "", line.value, reason]
    numbers = "" if line.numbers is None else f"= {write(line.numbers, notation)}"
    return [left, f"= {right}", numbers, "=", line.value, reason]


def _unicode(part: Any, notation: Unicode) -> str:
    return part if isinstance(part, str) else write(part, notation)


def words(text: str) -> str:
    r"""Words for mathematics: `\text{h1}\to \text{y}`; no dollars, which Markdown would count."""
    parts = re.split(f"([{re.escape(''.join(MATHEMATICS))}]+)", text)
    return "".join(_words(part) for part in parts if part)


def _words(part: str) -> str:
    if part[0] in MATHEMATICS:
        return "".join(MATHEMATICS[sign] for sign in part)
    return " " if part.isspace() else rf"\text{{{part.translate(ESCAPES)}}}"


def mathematics(said: Words, notation: LaTeX) -> str:
    """Words, expressions and numbers in one line of mathematics."""
    parts = (said,) if isinstance(said, str) else said
    texts = (_part(part, notation) if isinstance(part, (str, Expression)) else notation.figure(part) for part in parts)
    return "".join(texts)


def rows(lines: Sequence[Line], notation: LaTeX) -> list[str]:
    """The lines with `&` where they are aligned: at the equals sign, and before the reason where there is room."""
    if len(lines) > MOST_LINES:
        notation = notation.briefly()
    written = [_written(line, notation) for line in lines]
    narrow = sum(max((width(row[n]) for row in written), default=0) for n in range(3)) <= WIDEST
    if narrow:
        return [_row(*row) for row in written]
    return [part for line in lines for part in _broken(line, notation)]


def width(latex: str) -> int:
    """How many characters of it a reader sees, about."""
    seen = re.sub(r"\\[tl]?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1", latex)
    seen = re.sub(r"\\(text|operatorname|mathit|mathbf)", "", seen)
    return len(re.sub(r"[{}^_&]|\\,", "", re.sub(r"\\[a-zA-Z]+ ?", "x", seen)))


def _written(line: Line, notation: LaTeX) -> tuple[str, str, str]:
    """Left; right and value; reason."""
    return (
        _part(line.left, notation),
        _joined(_part(line.equation, notation), _value(line, notation)),
        _part(line.reason, notation),
    )


def _row(left: str, right: str, reason: str) -> str:
    return f"{left} &= {right}{' && ' if reason else ''}{reason}"


def _broken(line: Line, notation: LaTeX) -> Iterator[str]:
    """A line too long for the page: its product over several, the reason beneath."""
    parts = [*_pieces(line.equation, notation)]
    parts[-1] = _joined(parts[-1], _value(line, notation))
    yield f"{_part(line.left, notation)} &= {parts[0]}"
    yield from (rf"&\quad {part}" for part in parts[1:])
    reason = _part(line.reason, notation)
    if reason:
        yield rf"&\qquad \text{{by }}{reason}" if not isinstance(line.reason, str) else rf"&\qquad {reason}"


def _pieces(tree: Any, notation: LaTeX) -> Iterator[str]:
    """The factors of a product, or the terms of a sum, as many together as a line holds."""
    if not isinstance(tree, str) and tree.head == "=":
        first, *others = tree.parts
        yield from _pieces(first, notation)
        for part in others:
            following = list(_pieces(part, notation))
            yield from ("= " + following[0], *following[1:])
        return
    if isinstance(tree, str) or tree.head not in ("*", "+", "hadamard") or width(write(tree, notation)) <= WIDEST - 20:
        yield _part(tree, notation)
        return
    held: list[Expression] = []
    for number, part in enumerate(tree.parts):
        if held and width(write(_together(tree, [*held, part]), notation)) > WIDEST - 20:
            yield _sign(tree.head, number > len(held)) + write(_together(tree, held), notation)
            held = []
        held.append(part)
    yield _sign(tree.head, True) + write(_together(tree, held), notation)


def _together(tree: Expression, parts: Sequence[Expression]) -> Expression:
    return tree._replace(parts=tuple(parts)) if len(parts) > 1 else _held(tree.head, parts[0])


def _held(head: str, part: Expression) -> Expression:
    """A factor that stands alone keeps the parentheses of a product."""
    return Expression("group", (part,)) if head != "+" and part.head in ("+", "negative") else part


def _sign(head: str, follows: bool) -> str:
    return {"*": r"\cdot ", "+": "+ ", "hadamard": r"\odot "}[head] if follows else ""


def _part(said: Any, notation: LaTeX) -> str:
    if isinstance(said, str):
        return words(said) if said else ""
    return write(said, notation)


def _value(line: Line, notation: LaTeX) -> str:
    return "" if line.value is None else _number(line.value, notation)


def _joined(right: str, value: str) -> str:
    return " = ".join(filter(None, (right, value)))


def _number(said: Any, notation: LaTeX) -> str:
    """A number, or words with numbers in them."""
    if isinstance(said, tuple) and not hasattr(said, "_fields"):
        return "".join(_number(part, notation) for part in said)
    return words(said) if isinstance(said, str) else notation.figure(said)
