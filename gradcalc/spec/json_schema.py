"""The table of keys as a JSON Schema, draft 2020-12, for editors: descriptions, names, defaults, exclusions."""

from __future__ import annotations

from typing import Any

from gradcalc.spec.checking import keys_of, rules_of
from gradcalc.spec.keys import Group, Key, Rule, groups
from gradcalc.spec.kinds import Kind, Schema
from gradcalc.spec.scalars import core_scalar

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
