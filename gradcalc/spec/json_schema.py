"""The table of keys as a JSON Schema, draft 2020-12, for editors: descriptions, names, defaults, exclusions."""

from __future__ import annotations

from typing import Any

from gradcalc.spec.checking import conditions_of, keys_of
from gradcalc.spec.keys import GROUPS
from gradcalc.spec.kinds import Kind, Schema
from gradcalc.spec.rows import Condition, Exclusion, Group, Key
from gradcalc.spec.scalars import core_scalar

TYPES: dict[type, str] = {dict: "object", list: "array"}


def schema() -> Schema:
    """The schema of a whole spec, the other mappings under `$defs`."""
    whole, *others = GROUPS.values()
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
        *map(_exclusion, group.exclusions),
        *map(_condition, conditions_of(group) if group.conditions or group.options else ()),
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


def _exclusion(exclusion: Exclusion) -> Schema:
    meeting: Schema = {"required": [exclusion.first, exclusion.second]}
    properties: Schema = {}
    if exclusion.first_type is not None:
        properties[exclusion.first] = {"type": TYPES[exclusion.first_type]}
    if exclusion.first_words is not None:
        properties[exclusion.first] = {"enum": list(exclusion.first_words())}
    return {"not": {**meeting, **({"properties": properties} if properties else {})}}


def _condition(condition: Condition) -> Schema:
    beside: Schema = {"required": [condition.beside]}
    if condition.words is not None:
        beside["properties"] = {condition.beside: {"enum": list(condition.words())}}
    return {"if": {"required": [condition.key]}, "then": beside}
