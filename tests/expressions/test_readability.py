"""What is printed for people: it says what the tree says, and no pair of parentheses could be left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest
from expressions.random_formulas import any_formulas
from expressions.unicode_reader import CALLED, Unreadable, meaning, read
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.parser import parse
from gradcalc.expressions.print_latex import LaTeX
from gradcalc.expressions.print_mathml import MathML
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write


def sums(parts):
    return st.builds(lambda head, part: Expression(head, (part,)), st.just("sum"), parts)


def trees():
    """Formulas, and sums over units of them, joined by operators."""
    operators = st.sampled_from(["+", "-", "*", "/"])
    formulas = any_formulas()
    parts = st.one_of(formulas, sums(formulas))
    return st.one_of(parts, st.builds(lambda head, a, b: Expression(head, (a, b)), operators, parts, parts))


def told_apart(tree: Expression) -> Expression:
    """The tree with every leaf another, so that no two readings agree by chance, as those of −(x + x − x) do."""
    primes = (n for n in count(2) if all(n % k for k in range(2, n)))
    names = count()

    def visit(node: Expression) -> Expression:
        if node.head == "number":
            return node._replace(value=str(next(primes)))
        if node.head == "name":
            return node._replace(value=f"v{next(names)}")
        return node._replace(parts=tuple(map(visit, node.parts)))

    return visit(tree)


def without_one_pair(text: str) -> Iterator[str]:
    """The text without each pair of parentheses that is not a function's own."""
    opened: list[int] = []
    for at, sign in enumerate(text):
        if sign == "(":
            opened.append(at)
        elif sign == ")":
            start = opened.pop()
            before = re.search(r"[^\W\d]\w*$", text[:start])
            constant = text[start + 1] == "Σ"  # (Σ t)·2 is Σ t·2 by chance
            if not constant and (not before or before[0] not in CALLED):
                yield text[:start] + text[start + 1 : at] + text[at + 1 :]


@given(trees())
def test_unicode_says_what_the_tree_says(tree):
    assert meaning(read(write(tree, Unicode()))) == meaning(tree)


@given(trees().map(told_apart))
def test_no_parentheses_that_arithmetic_does_not_need(tree):
    said = meaning(tree)
    for text in without_one_pair(write(tree, Unicode())):
        with suppress(Unreadable):
            assert meaning(read(text)) != said, text


@given(trees())
def test_latex_is_balanced_and_nothing_is_empty(tree):
    text = write(tree, LaTeX())
    assert text.count("{") == text.count("}") and text.count(r"\left") == text.count(r"\right")
    assert "{}" not in text and "()" not in text and not re.search(r"[^\x00-\x7f]", text)


@given(trees())
def test_mathml_is_well_formed(tree):
    from xml.etree import ElementTree

    ElementTree.fromstring(f"<math>{write(tree, MathML(6, str))}</math>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(x)*(2)", "x·2"),
        ("2*x*y", "2x·y"),
        ("2*e", "2·e"),
        ("x*(y - t)", "x(y − t)"),
        ("(y - t)/2", "½(y − t)"),
        ("-(y - t)/2", "−½(y − t)"),
        ("(y - t)/7", "(y − t)/7"),
        ("log(y)/2", "½ ln y"),
        ("log(y)*t", "(ln y)·t"),
        ("x - (y - t)", "x − (y − t)"),
        ("x + (y - t)", "x + y − t"),
        ("2*abs(y - t)^3", "2|y − t|³"),
        ("abs(x - abs(y))", "abs(x − |y|)"),
    ],
)
def test_readings(text, expected):
    assert write(parse(text, ["x", "y", "t"]), Unicode()) == expected


@pytest.mark.parametrize(("head", "expected"), [("*", "(Σ t)·y"), ("/", "(Σ t)/y"), ("+", "Σ t + y")])
def test_a_sum_does_not_reach_over_what_follows(head, expected):
    total = Expression("sum", (parse("t", ["t"]),))
    assert write(Expression(head, (total, parse("y", ["y"]))), Unicode()) == expected
