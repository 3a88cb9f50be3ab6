"""Many values looked at together, in columns: whether all of a long list are right, which a glance may miss that they
are. Where it does, they are checked one by one, and what is wrong gets its message and its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from gradcalc.language.grammars import are_held
from gradcalc.language.keys import GROUPS
from gradcalc.language.kinds import Group, Kind, check_number, keys_of, rules_of
from gradcalc.language.problems import Problems

FEW = 8  # shapes of mappings, or different texts, up to which they are looked at


def look_right(values: Sequence[Any], kinds: Sequence[Kind]) -> bool:
    """Whether all values are of one of the kinds and as it demands."""
    types = set(map(type, values))
    kind = next((kind for kind in kinds if types <= {*kind.types}), None)
    if kind is None:
        return False
    if kind.group:
        return _mappings_look_right(values, kind)
    if kind.check is None or kind.check is check_number:
        return kind.check is None or are_held(values)
    return types == {str} and _texts_look_right(set(values), kind)


def _texts_look_right(texts: set[str], kind: Kind) -> bool:
    """Whether each of a few texts is right wherever it stands."""
    trial = Problems()
    for text in texts if len(texts) <= FEW and kind.check else ():
        kind.check(text, (), trial)  # type: ignore[misc]
    return len(texts) <= FEW and not trial.failures


def _mappings_look_right(values: Sequence[Mapping[str, Any]], kind: Kind) -> bool:
    """Whether mappings have few shapes, and every key of each of them right values."""
    columns = columns_of(values)
    if columns is not None:
        return _columns_look_right(columns, kind)
    shapes = set(map(tuple, values))
    alike = ([value for value in values if tuple(value) == shape] for shape in shapes)
    return len(shapes) <= FEW and all(_columns_look_right(columns_of(one) or {}, kind) for one in alike)


def columns_of(values: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]] | None:
    """The values of mappings by key, where all of them have the same keys."""
    if len(set(map(len, values))) != 1:
        return None
    try:
        return {key: list(map(itemgetter(key), values)) for key in values[0]}
    except KeyError:
        return None


def _columns_look_right(columns: Mapping[str, Sequence[Any]], kind: Kind) -> bool:
    """Whether mappings may have these keys together, and each of them right values."""
    group = GROUPS[kind.group]
    kinds = {key.name: key.kinds for key in keys_of(group)}
    is_right = kind.unless not in columns and _has_its_keys(frozenset(columns), group)
    return is_right and all(look_right(column, kinds[key]) for key, column in columns.items())


def _has_its_keys(keys: frozenset[str], group: Group) -> bool:
    """Whether these keys may stand together, whatever their values."""
    known = keys_of(group)
    if not keys <= {key.name for key in known} or not keys.issuperset(key.name for key in known if key.required):
        return False
    if group.one_of and keys.isdisjoint(group.one_of):
        return False
    return all(rule.key not in keys or (rule.excludes and rule.other not in keys) for rule in rules_of(group))
