"""What a derivation in symbols has before and after its steps: the network, the derivatives of its functions; the
closed form, and the numbers put in."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.derivation.explanation import Derivation, InSymbols
from gradcalc.expressions.expression import Expression, leaf
from gradcalc.report.report import Aligned, Block, Heading, Line, Note
from gradcalc.views.explain.sizes import shown

LOSS = Expression("name", value="L")


def opening(symbols: InSymbols) -> Iterator[Block]:
    """The loss as a function of the weights, and the local derivatives."""
    yield Heading("The loss")
    network = [Line(leaf(symbol), tree) for symbol, tree in symbols.network]
    yield Aligned([Line(LOSS, symbols.loss), *network])
    if symbols.locals:
        yield Heading("The derivatives of its functions, by SymPy")
        yield Aligned(list(locals_of(symbols)))


def locals_of(symbols: InSymbols) -> Iterator[Line]:
    """Every function, and its derivative."""
    for local in symbols.locals:
        yield Line(local.function, local.definition)
        yield Line(local.derivative, local.derived, None, local.rule)
        yield from (Line("not smooth where", kink) for kink in local.kinks)


def closing(found: Derivation, exact: str | None) -> Iterator[Block]:
    """The closed form, with the numbers put in."""
    lines = []
    if found.short is not None:
        lines.append(Line(found.symbol, found.short, None, "common factors factored out"))
    if found.in_numbers is not None:
        lines.append(Line("numerically", found.in_numbers, found.value))
    else:
        lines.append(Line("numerically", "", shown(found.value)))
    yield Aligned(lines)
    if exact is not None:
        yield Note(f"exactly {exact}")
