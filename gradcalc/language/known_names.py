"""The names that the language knows: of activations, losses, initialisations and joins, with aliases and options.

An alias is a name of PyTorch, Keras or JAX that means the same; a name that means something else there is refused with
the difference. Both stand beside the rows that they are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gradcalc.errors import LONGEST_WORD, digits
from gradcalc.records import Record

NO_NAMES: Mapping[str, str] = {}


class KnownNames(Record):
    """The names of one kind of thing; `unlike` are names of other libraries as `squeezed` makes them."""

    canonical: tuple[str, ...]
    aliases: Mapping[str, str]  # to the canonical name
    unlike: Mapping[str, str] = NO_NAMES  # to what the name means elsewhere

    def all(self) -> tuple[str, ...]:
        """Every name that is accepted, aliases last."""
        return (*self.canonical, *self.aliases)

    def unknown(self, what: str, name: str) -> str:
        """The message on an unknown name: what it means elsewhere, what was probably meant, or what there is.

        The name that is suggested never means something else than the one that was written.
        """
        from gradcalc.language.problems import one_of, quoted

        name = name[:LONGEST_WORD]
        word = squeezed(name)
        if why := self.unlike.get(word):
            return f"{quoted(name)} {why}"
        same = [self.aliases.get(known, known) for known in self.all() if squeezed(known) == word][:1]
        meant = same or [known for known in self.canonical if is_misspelt(word, squeezed(known))]
        meant = meant or [known for known in self.canonical if known.startswith(f"{name}_")]
        longer = [known for known in self.all() if known.startswith(name) and len(name) > 2]
        meant = meant or list(dict.fromkeys(self.aliases.get(known, known) for known in longer))
        if 0 < len(meant) <= 2:
            quotes = (f'"{known}"' for known in meant)
            return f"unknown {what} {quoted(name)}; did you mean {one_of(quotes)}?"
        return f"unknown {what} {quoted(name)}; it is one of {one_of(self.canonical)}"


def squeezed(name: str) -> str:
    """A name in the form that libraries share: BatchNorm1d and batch_norm are batchnorm, NLLLoss is nll."""
    letters = name.casefold().replace("_", "").replace("-", "")
    for ending in ("loss", "1d", "2d", "3d"):
        letters = letters.removesuffix(ending) or letters
    return letters


def is_misspelt(word: str, known: str) -> bool:
    """Whether a letter is added, left out, replaced or swapped with the next one: not the first letter, for lrelu is no
    relu and rmse no mse, and no digit, for relu2 is no relu6."""
    pairs = enumerate(zip(word, known))
    same = next((place for place, (one, other) in pairs if one != other), min(len(word), len(known)))
    rest, wanted = word[same:], known[same:]
    one_edit = rest[1:] in (wanted, wanted[1:]) or rest == wanted[1:] or (rest[1::-1] + rest[2:]) == wanted
    return same > 0 and one_edit and digits(word) == digits(known)


@cache
def activations() -> KnownNames:
    """What `activation` takes."""
    from gradcalc.activations import ACTIVATIONS, ALIASES, UNLIKE

    return KnownNames(tuple(ACTIVATIONS), ALIASES, UNLIKE)


@cache
def losses() -> KnownNames:
    """What `loss` takes."""
    from gradcalc.losses import ALIASES, LOSSES, UNLIKE

    return KnownNames(tuple(LOSSES), ALIASES, UNLIKE)


@cache
def initialisations() -> KnownNames:
    """What `init` takes."""
    from gradcalc.language.building.initializers import ALIASES, INITS, UNLIKE

    return KnownNames(tuple(INITS), ALIASES, UNLIKE)


@cache
def joins() -> KnownNames:
    """What `join` takes: the rows of joins, and the two that are affine."""
    from gradcalc.network.joins import JOINS

    aliases = {alias: join.name for join in JOINS.values() for alias in join.aliases}
    return KnownNames(("sum", *JOINS, "concat"), {"add": "sum", "concatenate": "concat", "cat": "concat"} | aliases)


@cache
def option_defaults(table: str) -> Mapping[str, Mapping[str, Any]]:
    """For every name of the table "activations" or "losses", aliases last, its options with their defaults.

    The default of an option that must be given is None.
    """
    if table == "losses":
        from gradcalc.losses import options_by_name

        return options_by_name()
    from gradcalc.activations import ACTIVATIONS, ALIASES

    rows: Mapping[str, Any] = {**ACTIVATIONS, **{alias: ACTIVATIONS[name] for alias, name in ALIASES.items()}}
    return {name: {**row.options, **dict.fromkeys(row.required)} for name, row in rows.items()}


def takers(table: str, option: str) -> tuple[str, ...]:
    """The names of a table that take an option, aliases last."""
    return tuple(name for name, taken in option_defaults(table).items() if option in taken)


def initialisations_with(option: str, taken: bool = True) -> tuple[str, ...]:
    """The initialisations that take an option, or those that do not, aliases last."""
    from gradcalc.language.building.initializers import INITS

    names = initialisations()
    return tuple(name for name in names.all() if (option in INITS[names.aliases.get(name, name)].options) is taken)


def without_aliases(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names that are canonical in some table: what a message or a page lists."""
    aliases = {*activations().aliases, *losses().aliases, *initialisations().aliases, *joins().aliases}
    return tuple(name for name in names if name not in aliases)
