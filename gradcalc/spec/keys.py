"""The spec language as one table: every mapping of the language with its keys, their kinds of value and their meaning.

The checker, the JSON Schema and the reference are made from it, so that they cannot disagree. The names of activations,
losses and initialisations, and their options, are those of the program's own tables, asked when they are needed.
"""

from __future__ import annotations

from gradcalc.spec.keys_network import EVERY, LAYER, SKIP, SPEC
from gradcalc.spec.keys_values import ACTIVATION, ENTRY, LOSS, WEIGHT
from gradcalc.spec.rows import Group

GROUPS: dict[str, Group] = {group.name: group for group in (SPEC, LAYER, WEIGHT, ENTRY, SKIP, EVERY, ACTIVATION, LOSS)}
"""Every mapping of the language by its name, the whole spec first."""
