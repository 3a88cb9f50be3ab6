"""A spec given as Python data, turned into the plain lists, mappings and scalars that a text would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from gradcalc.problems import SpecError
from gradcalc.spec.grammars import DEEPEST, NESTED
from gradcalc.spec.scalars import NOT_FINITE, Refused


def plain_data(value: Any, depth: int = 0) -> Any:
    """The value with mappings as dict, sequences and arrays as list, numbers as int or float. Raises SpecError.

    Arrays and numbers of NumPy (and of what has `tolist`) are taken as they print; the value itself is not changed.
    """
    if depth > DEEPEST:
        raise SpecError(f"spec: error: {NESTED}")
    if isinstance(value, Mapping):
        return {str(key): plain_data(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain_data(item, depth + 1) for item in value]
    if hasattr(value, "tolist"):
        return plain_data(value.tolist(), depth + 1)
    if isinstance(value, float) and not isfinite(value):
        return Refused.because(str(value), NOT_FINITE)
    if isinstance(value, int | float | str) and type(value) not in (bool, int, float, str, Refused):
        return next(plain(value) for plain in (bool, int, float, str) if isinstance(value, plain))
    return value
