"""What a table of keys is made of: a mapping of the language, its keys, and which of them exclude or need others."""

from collections.abc import Callable
from typing import Any, NamedTuple

from gradcalc.spec.kinds import Kind


class Key(NamedTuple):
    """One key of a mapping."""

    name: str
    kinds: tuple[Kind, ...]
    about: str
    default: str = ""
    examples: tuple[Any, ...] = ()
    required: bool = False


class Exclusion(NamedTuple):
    """`second` may not stand beside `first`, where that is of the type, or one of the words, if either is given."""

    first: str
    second: str
    why: str
    first_type: type | None = None
    first_words: Callable[[], tuple[str, ...]] | None = None


class Condition(NamedTuple):
    """A key that has a meaning only beside another one, with one of these values (None: with any)."""

    key: str
    beside: str
    words: Callable[[], tuple[str, ...]] | None = None


class Group(NamedTuple):
    """A mapping of the language. One of the keys of each tuple in `one_of` must stand."""

    name: str
    about: str
    keys: tuple[Key, ...]
    exclusions: tuple[Exclusion, ...] = ()
    conditions: tuple[Condition, ...] = ()
    one_of: tuple[str, ...] = ()
    options: str = ""  # the table whose options are keys too: "activations" or "losses"


def mapping(group: str, says: str = "a mapping") -> Kind:
    """A mapping that is described by a group of this table."""

    def check(value: dict[str, Any], path: Any, problems: Any) -> None:
        from gradcalc.spec.checking import check_group

        check_group(value, path, problems, group)

    return Kind(says, (dict,), {"$ref": f"#/$defs/{group}"}, check)
