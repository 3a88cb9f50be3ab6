"""The table of keys as a page of Markdown, for the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gradcalc.spec.checking import keys_of, rules_of
from gradcalc.spec.keys import Group, Key, Rule, groups
from gradcalc.spec.vocabulary import activations, initialisations, losses

TITLES = {
    "spec": "The spec",
    "layer": "A layer",
    "weight": "A weight or bias as a mapping",
    "entry": "An entry of `parameters` as a mapping",
    "skip": "A skip",
    "every": "A skip across every k layers",
    "activation": "An activation as a mapping",
    "loss": "A loss as a mapping",
}


def reference() -> str:
    """One section per mapping of the language, then the names that keys take."""
    sections = [line for group in groups().values() for line in _section(group)]
    return "\n".join(["# The keys of a network spec", "", *sections, *_names()]) + "\n"


def _section(group: Group) -> Iterator[str]:
    yield f"## {TITLES.get(group.name, group.name)}"
    yield ""
    yield group.about
    yield ""
    yield "| key | value | default | meaning | examples |"
    yield "|---|---|---|---|---|"
    for key in keys_of(group):
        yield f"| `{key.name}` | {', '.join(kind.says for kind in key.kinds)} | {_default(key)} | {_cell(key)} |"
    yield ""
    yield from _rules(group)


def _default(key: Key) -> str:
    return key.default or ("required" if key.required else "")


def _cell(key: Key) -> str:
    return f"{key.about} | {', '.join(f'`{json.dumps(example, ensure_ascii=False)}`' for example in key.examples)}"


def _rules(group: Group) -> Iterator[str]:
    rules = [f"- One of {' and '.join(f'`{name}`' for name in group.one_of)} must be given."] if group.one_of else []
    rules += map(_rule, rules_of(group))
    yield from rules
    yield from [""] if rules else []


def _rule(rule: Rule) -> str:
    if rule.excludes:
        return f"- `{rule.key}` and `{rule.other}` exclude each other: {rule.excludes}."
    words = f": {', '.join(rule.words())}" if rule.words else ""
    return f"- `{rule.key}` goes with `{rule.other}`{words}."


def _names() -> Iterator[str]:
    for title, names in (("Activations", activations()), ("Losses", losses()), ("Initialisations", initialisations())):
        yield f"## {title}"
        yield ""
        yield ", ".join(f"`{name}`" for name in names)
        yield ""
