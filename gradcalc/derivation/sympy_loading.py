"""SymPy, loaded without the polyhedra that no derivative needs.

The first sum that SymPy forms imports its tensors, these its permutation groups, and these lay out five polyhedra with
all their rotations: a tenth of the time that SymPy takes to load. Here they are laid out when somebody asks for one.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

POLYHEDRA = "sympy.combinatorics.polyhedron"
NAMES = ("Polyhedron", "tetrahedron", "cube", "octahedron", "dodecahedron", "icosahedron")


def load() -> Any:
    """The sympy module."""
    import sympy

    if "sympy.combinatorics" not in sys.modules:
        _without_polyhedra()
    return sympy


def _without_polyhedra() -> None:
    """Import SymPy's permutation groups with a module of empty names for their polyhedra, which then gives way."""
    standing = ModuleType(POLYHEDRA)
    standing.__dict__.update(dict.fromkeys(NAMES))
    sys.modules[POLYHEDRA] = standing
    try:
        groups = import_module("sympy.combinatorics")
    finally:
        del sys.modules[POLYHEDRA]
    for name in NAMES:
        groups.__dict__.pop(name, None)
    groups.__dict__["__getattr__"] = _asked_for


def _asked_for(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module 'sympy.combinatorics' has no attribute {name!r}")
    return getattr(import_module(POLYHEDRA), name)
