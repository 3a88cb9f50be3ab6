"""The table of keys as a JSON Schema (draft 2020-12) for editors, and as a page of Markdown for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.language.checker import keys_of, rules_of
from gradcalc.language.definitions import Definition, activation_definitions, loss_definitions
from gradcalc.language.grammars import core_scalar
from gradcalc.language.keys import Group, Key, Rule, groups
from gradcalc.language.kinds import Kind, Schema
from gradcalc.language.known_names import JOINS, Names, initialisations, without_aliases

TYPES: dict[type, str] = {dict: "object", list: "array"}


def schema() -> Schema:
    """The schema of a whole spec, the other mappings under `$defs`."""
    whole, *others = groups().values()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gradcalc network spec",
        **_group(whole),
        "$defs": {group.name: _group(group) for group in others},
    }


def _group(group: Group) -> Schema:
    required = [key.name for key in group.keys if key.required]
    rules = [
        *([{"anyOf": [{"required": [name]} for name in group.one_of]}] if group.one_of else []),
        *map(_rule, rules_of(group)),
    ]
    return {
        "description": group.about,
        "type": "object",
        "properties": {key.name: _key(key) for key in keys_of(group)},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **({"allOf": rules} if rules else {}),
    }


def _key(key: Key) -> Schema:
    return {
        "description": key.about,
        **_any_of(key.kinds),
        **_default(key.default),
        **({"examples": list(key.examples)} if key.examples else {}),
    }


def _default(text: str) -> Schema:
    """A default that is a value and not a description of one."""
    if text.startswith("`") and text.strip("`").isidentifier():
        return {"default": text.strip("`")}
    value = core_scalar(text)
    return {} if value is None or isinstance(value, str) else {"default": value}


def _any_of(kinds: tuple[Kind, ...]) -> Schema:
    found = [_kind(kind) for kind in kinds]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _kind(kind: Kind) -> Schema:
    described = kind.schema() if callable(kind.schema) else kind.schema
    return {name: _any_of(part) if _are_kinds(part) else part for name, part in described.items()}


def _are_kinds(part: Any) -> bool:
    return isinstance(part, tuple) and isinstance(part[0], Kind)


def _rule(rule: Rule) -> Schema:
    other: Schema = {}
    if rule.of_type is not None:
        other["type"] = TYPES[rule.of_type]
    if rule.words is not None:
        other["enum"] = list(rule.words())
    beside = {"required": [rule.other], **({"properties": {rule.other: other}} if other else {})}
    return {"if": {"required": [rule.key]}, "then": {"not": beside} if rule.excludes else beside}


# The table of keys as a page of Markdown, for the documentation.


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
        yield f"| `{key.name}` | {', '.join(kind.text for kind in key.kinds)} | {_default_cell(key)} | {_cell(key)} |"
    yield ""
    yield from _rules(group)


def _default_cell(key: Key) -> str:
    return key.default or ("required" if key.required else "")


def _cell(key: Key) -> str:
    return f"{key.about} | {', '.join(f'`{json.dumps(example, ensure_ascii=False)}`' for example in key.examples)}"


def _rules(group: Group) -> Iterator[str]:
    rules = [f"- One of {' and '.join(f'`{name}`' for name in group.one_of)} must be given."] if group.one_of else []
    rules += map(_rule_line, rules_of(group))
    yield from rules
    yield from [""] if rules else []


def _rule_line(rule: Rule) -> str:
    if rule.excludes:
        return f"- `{rule.key}` and `{rule.other}` exclude each other: {rule.excludes}."
    words = f": {', '.join(without_aliases(rule.words()))}" if rule.words else ""
    return f"- `{rule.key}` goes with `{rule.other}`{words}."


def _names() -> Iterator[str]:
    yield from ("## Activations", "", ABOUT_ACTIVATIONS, "")
    yield from _definitions(("activation", "y", "dy/dx", "units", "at a kink", "options"), activation_definitions())
    yield from ("## Losses", "", ABOUT_LOSSES, "")
    heads = ("loss", "term of a unit", "its derivative by y", "units", "at a kink", "options", "y is")
    yield from _definitions(heads, loss_definitions())
    yield from ("## Initialisations", "", *_with_aliases(initialisations()), "")
    yield from ("## Joins", "", *_with_aliases(JOINS), "")


def _with_aliases(names: Names) -> Iterator[str]:
    for name in names.canonical:
        aliases = [f"`{alias}`" for alias, known in names.aliases.items() if known == name]
        yield f"- `{name}`" + (f", also {', '.join(aliases)}" if aliases else "")


ABOUT_ACTIVATIONS = (
    "x is the preactivation and y the output. An activation over the units of its layer has a Jacobian: "
    "dy_i/dx_j, of n units. `if … else` tells cases apart; the rest is in the grammar of `formula`. The column "
    '"at a kink" has the derivative where the definition leaves it open.'
)
ABOUT_LOSSES = (
    "y is the output, t the target, p = softmax(y) over the units. The terms of the units are summed or averaged, "
    "`scale` multiplies that, and of a batch `reduction` takes the mean or the sum. The derivative is that of a term."
)


def _definitions(heads: Sequence[str], definitions: Mapping[str, Definition]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for name, one in definitions.items():
        called = ", ".join(f"`{each}`" for each in (name, *one.aliases))
        cells = (called, f"`{one.formula}`", f"`{one.derivative}`", one.units, one.kinks, one.options, one.takes)
        yield f"| {' | '.join(cells[: len(heads)])} |"
    yield ""
