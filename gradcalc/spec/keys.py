"""The spec language as one table: every mapping of the language with its keys, their kinds of value and their meaning.

The checker, the JSON Schema and the reference are made from it, so that they cannot disagree. Its rows stand in
`keys_network` and `keys_values`; the latter are loaded when a spec has such a mapping. The names of activations, losses
and initialisations, and their options, are those of the program's own tables, asked when they are needed.
"""

from collections.abc import Callable
from typing import Any

from gradcalc.record import Record
from gradcalc.spec.kinds import Kind


class Key(Record):
    """One key of a mapping."""

    name: str
    kinds: tuple[Kind, ...]
    about: str
    default: str = ""
    examples: tuple[Any, ...] = ()
    required: bool = False


class Rule(Record):
    """`key` needs `other` beside it, with one of the words if they are given; or excludes it, and says why.

    An exclusion may hold only where `other` has one of the words, or is of a type.
    """

    key: str
    other: str
    words: Callable[[], tuple[str, ...]] | None = None
    excludes: str = ""
    of_type: type | None = None


class Group(Record):
    """A mapping of the language. One of the keys `one_of`, if there are any, must stand."""

    name: str
    about: str
    keys: tuple[Key, ...]
    rules: tuple[Rule, ...] = ()
    one_of: tuple[str, ...] = ()
    options: str = ""  # the table whose options are keys too: "activations" or "losses"


def group(name: str) -> Group:
    """The mapping of that name."""
    from gradcalc.spec.keys_network import NETWORK

    return NETWORK[name] if name in NETWORK else groups()[name]


def groups() -> dict[str, Group]:
    """Every mapping of the language by its name, the whole spec first."""
    from gradcalc.spec.keys_network import NETWORK
    from gradcalc.spec.keys_values import VALUES

    return {**NETWORK, **VALUES}
