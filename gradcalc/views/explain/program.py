"""A derivation as a program: a plain Python function of the inputs, targets and weights that returns the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gradcalc.derivation.explanation import Explanation
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import full
from gradcalc.expressions.print_code import PythonText
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write
from gradcalc.report.derivation_lines import cells
from gradcalc.report.report import Aligned, Block, Heading, Note
from gradcalc.report.tables import figures, strings, words
from gradcalc.report.text import pad, printable, width

WIDEST = 110


def program(explanation: Explanation, derivation: Iterable[Block], digits: int) -> str:
    """The module's text; its function's docstring is the `derivation`, as a person reads it."""
    network = explanation.network
    names = [*(node.name for node in network.nodes), *(parameter.name for parameter in network.parameters)]
    notation = PythonText(names)
    by_nodes = explanation.by_nodes()
    arguments = [f"{notation.symbol(symbol)}={full(value)}" for symbol, value in by_nodes.given]
    lines = [f"{notation.symbol(symbol)} = {write(tree, notation)}" for symbol, tree in by_nodes.definitions]
    body = [*docstring(told(derivation, digits)), *lines, f"return {answer(explanation, by_nodes.formulas, notation)}"]
    return "\n".join(module(notation, signature(arguments), body))


def answer(explanation: Explanation, formulas: Sequence[Expression], notation: PythonText) -> str:
    """The gradient, or a dictionary of several."""
    texts = [write(formula, notation) for formula in formulas]
    if len(texts) == 1:
        return texts[0]
    return "{" + ", ".join(f"{name!r}: {text}" for name, text in zip(explanation.derivations, texts)) + "}"


def module(notation: PythonText, opening: list[str], body: list[str]) -> Iterator[str]:
    """Imports, functions that the math module lacks, the function, and a call."""
    imported, functions = notation.preamble()
    if imported:
        yield f"from math import {', '.join(imported)}\n\n"
    for function in functions:
        yield f"{function}\n"
    yield from opening
    yield from (f"    {line}".rstrip() for line in body)
    yield '\n\nif __name__ == "__main__":\n    print(gradient())\n'


def signature(arguments: list[str]) -> list[str]:
    """The first lines of the function, the arguments over as many as they need."""
    whole = f"def gradient({', '.join(arguments)}):"
    if len(whole) <= WIDEST:
        return [whole]
    lines = [""]
    for argument in arguments:
        if len(lines[-1]) + len(argument) + 6 > WIDEST:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + argument + ","
    return ["def gradient(", *(f"    {line}" for line in lines), "):"]


def told(blocks: Iterable[Block], digits: int) -> Iterator[str]:
    """The derivation as lines of plain text."""
    notation = Unicode(digits)
    for block in blocks:
        if isinstance(block, Heading):
            yield from ("", printable(block.text), "")
        elif isinstance(block, Note):
            yield from ("", *map(printable, words(block.text, digits).splitlines()))
        elif isinstance(block, Aligned):
            yield from aligned(cells(block.lines, notation), digits)


def aligned(rows: Sequence[Sequence[Any]], digits: int) -> Iterator[str]:
    """Columns under one another, numbers on their decimal points; a blank line behind them."""
    columns = [strings(column, 0) for column in zip(*figures(rows, digits))]
    widths = [max(map(width, column)) for column in columns]
    for row in zip(*columns):
        yield "  ".join(pad(text, wide) for text, wide in zip(row, widths)).rstrip()
    yield ""


def docstring(lines: Iterable[str]) -> list[str]:
    """The lines as a docstring; nothing in them can end the string."""
    said = [line.replace("\\", "\\\\").replace('"""', '""\\"') for line in lines]
    while not said[0]:
        del said[0]
    while not said[-1]:
        del said[-1]
    return ['"""' + said[0], *said[1:], '"""']
