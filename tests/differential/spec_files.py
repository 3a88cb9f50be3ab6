"""Specs as files: YAML, TOML or JSON."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from .random_specs import Spec


@contextmanager
def written(spec: Spec, number: int) -> Iterator[str]:
    """The path of the spec as a file; the number picks one of the three formats, JSON where TOML has no null."""
    ending, text = (("yaml", yaml_text), ("json", json.dumps), ("toml", toml_text))[number % 3]
    if ending == "toml" and "null" in json.dumps(spec):
        ending, text = "json", json.dumps
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{number}.{ending}")
        path.write_text(text(spec), encoding="utf-8")
        yield str(path)


def yaml_text(spec: Spec) -> str:
    return yaml.safe_dump(spec, sort_keys=False, default_flow_style=None)


def toml_text(spec: Spec) -> str:
    return "".join(f"{key} = {toml_value(value)}\n" for key, value in spec.items())


def toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value) if isinstance(value, (bool, str)) else repr(value)
