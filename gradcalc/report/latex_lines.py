"""Mathematics in LaTeX: words, signs and numbers in a line; the lines of a derivation, aligned, long ones broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.print_unicode import FRACTIONS
from gradcalc.expressions.walk import write

if TYPE_CHECKING:
    from gradcalc.expressions.print_latex import LaTeX
    from gradcalc.report.report import Line, Words

SIGNS = {
    "→": r"\to ", "∂": r"\partial ", "·": r"\cdot ", "×": r"\times ", "⊙": r"\odot ",
    "ᵀ": r"^{\top}", "±": r"\pm ", "−": "-",
    "‖": r"\Vert ", "…": r"\dots ", "′": "'", "√": r"\surd ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ",
    "≈": r"\approx ", "Σ": r"\Sigma ", "∏": r"\prod ", "∇": r"\nabla ", "α": r"\alpha ", "β": r"\beta ",
    "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\varepsilon ", "θ": r"\theta ", "λ": r"\lambda ", "μ": r"\mu ",
    "π": r"\pi ", "ρ": r"\rho ", "σ": r"\sigma ", "φ": r"\varphi ", "χ": r"\chi ",
    "●": r"\bullet ", "◆": r"\diamond ", "○": r"\circ ",
    "⁽": "^{(}", "ᵉ": "^{e}", "⁾": "^{)}", "ᵢ": "_{i}", "ⱼ": "_{j}", "ₑ": "_{e}", "ˣ": "^{x}"
}  # fmt: skip
"""Signs of text as LaTeX has them in mathematics."""

SIGNS |= {sign: f"^{{{figure}}}" for sign, figure in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)}
SIGNS |= {sign: rf"\frac{{1}}{{{below}}}" for below, sign in FRACTIONS.items()}
SIGNS |= {sign: f"_{{{figure}}}" for sign, figure in zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)}

MATHEMATICS = SIGNS | {"|": r"\vert "} | {sign: sign for sign in "=[](),;"}  # signs among words that are mathematics
ESCAPES = str.maketrans({sign: f"\\{sign}" for sign in "{}$&#%_"} | {"\\": "/", "^": "\u02c6", "~": "\u223c"})
MOST_LINES = 24  # lines up to which fractions are written as such
WIDEST, WIDEST_PIECE = 74, 54  # characters, about, of a line of a page, and of a piece of one that is broken
OPERATORS = {"*": r"\cdot ", "+": "+ ", "hadamard": r"\odot "}  # what a piece of a broken product or sum begins with


def mathematics(part: Any, notation: LaTeX) -> str:
    """Words, an expression, a number, or several of them, in one line of mathematics; nothing of None."""
    if part is None:
        return ""
    if isinstance(part, str):
        return words(part)
    if isinstance(part, Expression):
        return write(part, notation)
    if isinstance(part, tuple) and not hasattr(part, "_fields"):
        return "".join(mathematics(each, notation) for each in part)
    return notation.figure(part)


def words(text: str) -> str:
    r"""Words for mathematics: `\text{h1}\to \text{y}`; no dollars, which Markdown would count."""
    latex = ""
    for part in filter(None, re.split(f"([{re.escape(''.join(MATHEMATICS))}]+)", text)):
        if part[0] in MATHEMATICS:
            latex += "".join(MATHEMATICS[sign] for sign in part)
        else:
            latex += " " if part.isspace() else rf"\text{{{part.translate(ESCAPES)}}}"
    return latex


def displayed(text: Words, digits: int) -> str | None:
    """Words as mathematics on a line of its own; None where there is no expression among them."""
    if not any(isinstance(part, Expression) for part in text):
        return None
    from gradcalc.expressions.print_latex import LaTeX

    return mathematics(text, LaTeX(digits))


def aligned_lines(lines: Sequence[Line], digits: int) -> list[str]:
    """The lines with `&` where they are aligned: at the equals sign, and before the reason where there is room."""
    from gradcalc.expressions.print_latex import LaTeX

    notation = LaTeX(digits, brief=len(lines) > MOST_LINES)
    columns = [
        (
            mathematics(line.left, notation),
            joined(mathematics(line.equation, notation), line, notation),
            mathematics(line.reason, notation),
        )
        for line in lines
    ]
    if sum(max(map(width, column)) for column in zip(*columns)) > WIDEST:
        return [part for line in lines for part in broken(line, notation)]
    return [f"{left} &= {right}{' && ' if reason else ''}{reason}" for left, right, reason in columns]


def joined(right: str, line: Line, notation: LaTeX) -> str:
    """The right side of a line with its value behind it."""
    return " = ".join(filter(None, (right, mathematics(line.value, notation))))


def width(latex: str) -> int:
    """How many characters of it a reader sees, about."""
    seen = re.sub(r"\\[tl]?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1", latex)
    seen = re.sub(r"\\(text|operatorname|mathit|mathbf)", "", seen)
    return len(re.sub(r"[{}^_&]|\\,", "", re.sub(r"\\[a-zA-Z]+ ?", "x", seen)))


def broken(line: Line, notation: LaTeX) -> Iterator[str]:
    """A line too long for the page: its product over several, the reason beneath."""
    *parts, last = pieces(line.equation, notation)
    first, *others = [*parts, joined(last, line, notation)]
    yield f"{mathematics(line.left, notation)} &= {first}"
    yield from (rf"&\quad {part}" for part in others)
    if reason := mathematics(line.reason, notation):
        yield rf"&\qquad {reason}" if isinstance(line.reason, str) else rf"&\qquad \text{{by }}{reason}"


def pieces(tree: Any, notation: LaTeX) -> Iterator[str]:
    """The factors of a product, or the terms of a sum, as many together as a line holds."""
    head = "" if isinstance(tree, str) else tree.head
    if head == "=":
        for side, part in enumerate(tree.parts):
            yield from ("= " * (side > 0 == place) + piece for place, piece in enumerate(pieces(part, notation)))
        return
    if head not in OPERATORS or width(write(tree, notation)) <= WIDEST_PIECE:
        yield mathematics(tree, notation)
        return
    groups: list[list[Expression]] = [[]]
    for part in tree.parts:
        if groups[-1] and width(write(together(tree, [*groups[-1], part]), notation)) > WIDEST_PIECE:
            groups.append([])
        groups[-1].append(part)
    for place, group in enumerate(groups):
        yield OPERATORS[head] * (place > 0) + write(together(tree, group), notation)


def together(tree: Expression, parts: Sequence[Expression]) -> Expression:
    """Some parts of a product or a sum; a factor that stands alone keeps the parentheses of a product."""
    if len(parts) > 1:
        return tree._replace(parts=tuple(parts))
    needs_group = tree.head != "+" and parts[0].head in ("+", "negative")
    return Expression("group", tuple(parts)) if needs_group else parts[0]
