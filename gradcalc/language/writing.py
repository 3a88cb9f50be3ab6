"""The data of a spec as text in any of the three grammars; comments are no data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gradcalc.errors import UsageError

LINE = 100


def write(data: Mapping[str, Any], grammar: str) -> str:
    """The spec in "json", "toml" or "yaml". Raises UsageError where the grammar has no such value."""
    if grammar == "json":
        from gradcalc.report.formats.json import layout

        return layout(data, 0) + "\n"
    if grammar == "toml":
        return "".join(f"{_toml_key(key)} = {_toml(value)}\n" for key, value in data.items())
    import yaml

    text: str = yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=None, allow_unicode=True, width=LINE)
    return text


def _toml(value: Any, indent: str = "") -> str:
    """A value; a list of mappings or of rows has a line for each, a mapping stays on one."""
    if value is None:
        raise UsageError("TOML has no null; write .yaml or .json")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_key(key)} = {_toml(item, indent)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        if not any(isinstance(item, Mapping | list) for item in value):
            return f"[{', '.join(map(_toml, value))}]"
        inner = indent + "  "
        return "[\n" + "".join(f"{inner}{_toml(item, inner)},\n" for item in value) + f"{indent}]"
    return json.dumps(value, ensure_ascii=False)


def _toml_key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else json.dumps(key, ensure_ascii=False)
