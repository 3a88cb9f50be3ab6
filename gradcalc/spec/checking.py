"""Checks the data of a spec against the table of keys: kinds, unknown keys, keys that miss or exclude others."""

from functools import cache
from typing import Any, NamedTuple

from gradcalc.problems import SpecPath
from gradcalc.spec.collector import Problems
from gradcalc.spec.keys import GROUPS
from gradcalc.spec.kinds import NUMBER, OTHERS, REFERENCE, ByType, one_of_kinds
from gradcalc.spec.rows import Condition, Exclusion, Group, Key


def check_spec(data: Any, problems: Problems) -> None:
    """Report everything that the table of keys forbids."""
    if type(data) is dict:
        check_group(data, (), problems, "spec")
    elif data is None:
        problems.error((), "the spec is empty; `gradcalc example residual` prints one to begin with")
    else:
        from gradcalc.spec.wording import kind_of

        problems.error((), f"a spec is a mapping of keys to values, not {kind_of(data)}")


def check_group(value: dict[str, Any], path: SpecPath, problems: Problems, name: str) -> None:
    """Check one mapping of the language; linear in its keys."""
    plan = _plan(name)
    checks = plan.checks
    for key, item in value.items():
        by_type = checks.get(key)
        if by_type is None:
            _unknown(key, path, problems, name)
            continue
        check = by_type.get(type(item), by_type[OTHERS])
        if check is not None:
            check(item, (*path, key), problems)
    for needed in plan.required:
        if needed.name not in value:
            about = needed.about[:1].lower() + needed.about[1:].rstrip(".")
            problems.error((*path, needed.name), f"is missing: {about}")
    if plan.together:
        _check_together(value, path, problems, plan.group)


def keys_of(group: Group) -> tuple[Key, ...]:
    """The keys of a mapping, the options of activations or losses among them."""
    return (*group.keys, *_option_keys(group.options)) if group.options else group.keys


def conditions_of(group: Group) -> tuple[Condition, ...]:
    """Which keys need which others: of the options, the names that take them."""
    from gradcalc.spec.vocabulary import takers

    return group.conditions + tuple(
        Condition(key.name, "name", lambda option=key.name: takers(group.options, option))  # type: ignore[misc]
        for key in (_option_keys(group.options) if group.options else ())
    )


@cache
def _option_keys(table: str) -> tuple[Key, ...]:
    from gradcalc.spec.vocabulary import options, takers

    defaults = {option: default for taken in options(table).values() for option, default in taken.items()}
    return tuple(
        Key(option, (NUMBER, REFERENCE), f"An option of {', '.join(takers(table, option))}.", f"{default:g}")
        for option, default in defaults.items()
    )


class _Plan(NamedTuple):
    """A group made ready for checking many mappings."""

    group: Group
    checks: dict[str, ByType]
    required: tuple[Key, ...]
    together: bool


@cache
def _plan(name: str) -> _Plan:
    group = GROUPS[name]
    keys = keys_of(group)
    together = bool(group.one_of or group.exclusions or group.conditions or group.options)
    checks = {key.name: one_of_kinds(key.kinds) for key in keys}
    return _Plan(group, checks, tuple(key for key in keys if key.required), together)


def _unknown(key: str, path: SpecPath, problems: Problems, name: str) -> None:
    from gradcalc.spec.wording import meant, one_of, quoted

    if problems.bad((*path, key)):  # by the reader: a key that stands twice, or is no text
        return
    if problems.crowded:
        problems.error((*path, key), "unknown key", on="key")
        return
    known = tuple(_plan(name).checks)
    if key == "<<":
        problems.error((*path, key), 'unknown key "<<"; merging is not read, write the keys out', on="key")
        return
    end = meant(key, known) or f"; the keys here are {one_of(known).replace(' or ', ' and ')}"
    problems.error((*path, key), f"unknown key {quoted(key)}{end}", on="key")


def _check_together(value: dict[str, Any], path: SpecPath, problems: Problems, group: Group) -> None:
    if group.one_of and value.keys().isdisjoint(group.one_of):
        problems.error((*path, group.one_of[0]), f"is missing; give {' or '.join(group.one_of)}")
    for exclusion in group.exclusions:
        if exclusion.second in value and exclusion.first in value and _holds(exclusion, value):
            problems.error((*path, exclusion.second), _excluded(exclusion), on="key")
    if group.conditions or group.options:
        _check_conditions(value, path, problems, group)


def _holds(exclusion: Exclusion, value: dict[str, Any]) -> bool:
    if exclusion.first_type is not None and type(value[exclusion.first]) is not exclusion.first_type:
        return False
    return exclusion.first_words is None or value[exclusion.first] in exclusion.first_words()


def _excluded(exclusion: Exclusion) -> str:
    return f"`{exclusion.second}` and `{exclusion.first}` exclude each other: {exclusion.why}"


def _check_conditions(value: dict[str, Any], path: SpecPath, problems: Problems, group: Group) -> None:
    for condition in conditions_of(group):
        if condition.key in value and not _is_met(condition, value):
            problems.error((*path, condition.key), _unmet(condition, value), on="key")


def _is_met(condition: Condition, value: dict[str, Any]) -> bool:
    beside = value.get(condition.beside)
    if condition.words is None:
        return condition.beside in value
    unclear = beside is not None and type(beside) is not str
    return unclear or beside in condition.words()


def _unmet(condition: Condition, value: dict[str, Any]) -> str:
    from gradcalc.spec.wording import one_of

    if condition.words is None:
        return f"`{condition.key}` has a meaning only beside `{condition.beside}`"
    taken = f"`{condition.key}` goes with `{condition.beside}: {one_of(condition.words())}`"
    return f"{taken}, not with {value[condition.beside]}" if condition.beside in value else taken
