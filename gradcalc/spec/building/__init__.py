"""From the plain data of a spec to the network it means, or to everything that is wrong with its meaning."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

from gradcalc.network import Network
from gradcalc.spec.building.assembly import Building
from gradcalc.spec.collector import Problems

__all__ = ["build"]

NO_VALUES: Mapping[str, Any] = {}


def build(
    data: Any, name: str, problems: Problems, values: Mapping[str, Any] = NO_VALUES, thinned: bool = False
) -> Network | None:
    """The network that a spec means; None where there are errors, all of which `problems` then holds.

    `data` is what YAML, TOML or JSON made of the spec, `name` the title where it has none, and `values` replaces
    values of parameters and of their entries by name: {"w1": 0.3, "w2[0,1]": 0.1}. Of a `thinned` network skips
    or layers have been dropped, so `frozen` may name what is gone.
    """
    if not isinstance(data, dict):
        return None
    collecting = gc.isenabled()
    gc.disable()  # nothing made here is garbage, and looking for it takes longer than the building
    try:
        return Building(data, problems, thinned).network(name, values)
    finally:
        if collecting:
            gc.enable()
