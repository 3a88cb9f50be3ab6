"""What is wrong with a text that is no YAML, in one line, with what to do where that is known."""

from __future__ import annotations

from typing import Any

from gradcalc.spec.grammars import Unreadable

HINTS = {
    "mapping values are not allowed": "a colon may not stand here; does a text need quotes?",
    "cannot start any token": "this character starts no value of YAML; put the text in quotes",
    "found unexpected end of stream": "the text ends too early: a quote is not closed",
    "found undefined tag handle": "tags are refused, as a spec is plain data; remove the tag",
    "did not find expected key": "a key was expected here; is the indentation that of its neighbours?",
    "did not find expected ',' or": "a comma is missing before this, or a bracket is not closed",
    "did not find expected '-'": "a list entry, opened by -, was expected here",
    "could not find expected ':'": "a colon is missing after this key",
    "did not find expected node content": "a value is missing here",
    "did not find expected <document start>": "the spec has ended before this; is it a key, indented as the others?",
    "block sequence entries are not allowed": "a list entry, opened by -, begins on a line of its own",
    "found unknown escape character": "this is no escape of YAML; in single quotes a backslash is a backslash",
    "found a tab character": "YAML is indented with spaces, not tabs",
}


def explain(error: Any, text: str) -> Unreadable:
    """The parser's complaint at its place, without its many lines."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "this is no YAML")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    offset = min(mark.index if mark is not None else getattr(error, "position", 0), len(text))
    if _indents_by_tab(text, offset):
        return Unreadable("YAML is indented with spaces, not tabs", text.rfind("\n", 0, offset) + 1)
    for start, hint in HINTS.items():
        if start in problem:
            return Unreadable(hint, offset)
    return Unreadable(problem, offset)


def _indents_by_tab(text: str, offset: int) -> bool:
    line = text[text.rfind("\n", 0, offset) + 1 :].partition("\n")[0]
    return "\t" in line[: len(line) - len(line.lstrip())]
