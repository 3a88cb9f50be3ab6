"""Checks a spec's data against the table of keys, and builds its network: all problems of both are in one report."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from gradcalc.errors import Problem, SpecError, SpecPath
from gradcalc.language.document import Document
from gradcalc.language.grammars import DEEPEST, NESTED
from gradcalc.language.keys import Group, Key, Rule, group
from gradcalc.language.kinds import CONSTANT, NUMBER, OTHERS, REFERENCE, ByType, mapping, one_of_kinds
from gradcalc.language.problems import SET, Problems

if TYPE_CHECKING:
    from gradcalc.network.network import Network


def check_spec(data: Any, problems: Problems) -> None:
    """Report everything that the table of keys forbids."""
    if type(data) is dict:
        check_group(data, (), problems, "spec")
    elif data is None:
        problems.error((), "the spec is empty; `gradcalc example residual` prints one to begin with")
    else:
        from gradcalc.language.problems import kind_of

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
    if plan.one_of and value.keys().isdisjoint(plan.one_of):
        problems.error((*path, plan.one_of[0]), f"is missing; give {' or '.join(plan.one_of)}")
    for rule in plan.rules:
        if rule.key in value:
            _check_rule(rule, value, path, problems)


def keys_of(group: Group) -> tuple[Key, ...]:
    """The keys of a mapping, the options of activations or losses among them."""
    return (*group.keys, *_option_keys(group.options)) if group.options else group.keys


def rules_of(group: Group) -> tuple[Rule, ...]:
    """Which keys need or exclude which others; of the options, the names that take them."""
    from gradcalc.language.known_names import takers

    return group.rules + tuple(
        Rule(key.name, "name", lambda option=key.name: takers(group.options, option))  # type: ignore[misc]
        for key in (_option_keys(group.options) if group.options else ())
    )


@cache
def _option_keys(table: str) -> tuple[Key, ...]:
    from gradcalc.language.known_names import options

    names = dict.fromkeys(option for taken in options(table).values() for option in taken)
    return tuple(_option_key(table, option) for option in names)


def _option_key(table: str, option: str) -> Key:
    """An option as a key; one that is a parameter of some activation may be a mapping too."""
    from gradcalc.language.known_names import options, parametric, without_aliases

    defaults = {name: taken[option] for name, taken in options(table).items() if option in taken}
    takers = [
        f"{name} ({'required' if defaults[name] is None else f'{defaults[name]:g}'})"
        for name in without_aliases(tuple(defaults))
    ]
    agreed = next(iter(defaults.values())) if len(set(defaults.values())) == 1 else None
    kinds = (NUMBER, REFERENCE, mapping("weight")) if parametric(table, option) else (NUMBER, CONSTANT)
    return Key(option, kinds, f"An option of {', '.join(takers)}.", "" if agreed is None else f"{agreed:g}")


class _Plan:
    """A group made ready for checking many mappings."""

    def __init__(self, group: Group) -> None:
        keys = keys_of(group)
        self.checks: dict[str, ByType] = {key.name: one_of_kinds(key.kinds) for key in keys}
        self.required = tuple(key for key in keys if key.required)
        self.one_of = group.one_of
        self.rules = rules_of(group)


@cache
def _plan(name: str) -> _Plan:
    return _Plan(group(name))


def _unknown(key: str, path: SpecPath, problems: Problems, name: str) -> None:
    from gradcalc.language.problems import meant, one_of, quoted

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


def _check_rule(rule: Rule, value: dict[str, Any], path: SpecPath, problems: Problems) -> None:
    given = rule.other in value and _fits(rule, value[rule.other])
    if given == bool(rule.excludes) and not (rule.words and problems.bad((*path, rule.other))):
        problems.error((*path, rule.key), _broken(rule, value), on="key")


def _fits(rule: Rule, other: Any) -> bool:
    """Whether the other key has what the rule is about; one of a wrong kind is reported already, and fits a need."""
    if rule.of_type is not None:
        return type(other) is rule.of_type
    if rule.words is None:
        return True
    return other in rule.words() if type(other) is str else not rule.excludes


def _broken(rule: Rule, value: dict[str, Any]) -> str:
    if rule.excludes:
        return f"`{rule.key}` and `{rule.other}` exclude each other: {rule.excludes}"
    if rule.words is None:
        return f"`{rule.key}` has a meaning only beside `{rule.other}`"
    from gradcalc.language.known_names import without_aliases
    from gradcalc.language.problems import one_of

    taken = f"`{rule.key}` goes with `{rule.other}: {one_of(without_aliases(rule.words()))}`"
    return f"{taken}, not with {value[rule.other]}" if rule.other in value else taken


def judge(document: Document) -> tuple[Network, tuple[str, ...]]:
    """The network and its warnings as they print. Raises SpecError with the report of all errors."""
    problems, network = _examine(document)
    errors = problems.errors
    if errors or network is None:
        raise SpecError("\n".join(_printed(errors, document)), errors)
    return network, tuple(_printed(problems.warnings, document))


def problems_of(document: Document) -> list[Problem]:
    """All errors and warnings, in the order in which they were found."""
    return _examine(document)[0].found


def _examine(document: Document) -> tuple[Problems, Network | None]:
    from gradcalc.language.building import build

    problems = Problems(document.problems, () if document.thinned else tuple(document.origins))
    check_spec(document.data, problems)
    if problems.errors and document.format in ("json", "toml"):
        _check_nesting(document.data, problems)
    if not isinstance(document.data, dict):
        return problems, None
    name = document.data.get("name")
    title = name if isinstance(name, str) else document.name
    network = build(document.data, title, problems, document.values, document.thinned)
    _check_names(document, network, problems)
    return problems, network


def _check_nesting(data: Any, problems: Problems) -> None:
    """No key takes what is nested so deep: it is looked for only where something is wrong (and by YAML's reader)."""
    inner: list[tuple[SpecPath, Any]] = [((), data)]
    while inner:
        path, value = inner.pop()
        if len(path) >= DEEPEST:
            problems.error(path, NESTED)
            return
        steps: Any = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        inner += [((*path, step), item) for step, item in steps if isinstance(item, dict | list)]


def _check_names(document: Document, network: Network | None, problems: Problems) -> None:
    """A value that `--set` gave to a parameter which is not there."""
    if network is None or not document.values:
        return
    names = tuple(parameter.name for parameter in network.parameters)
    for key in document.values:
        if key.partition("[")[0] not in names and not problems.bad((SET, key)):
            from gradcalc.language.key_path import unknown_name

            inputs = tuple(node.name for node in network.inputs)
            problems.error((SET, key), unknown_name(key, (*names, *inputs)), on="key")


def _printed(problems: tuple[Problem, ...], document: Document) -> list[str]:
    if not problems:
        return []
    from gradcalc.language.problems import Source, reports

    return reports(problems, Source(document.source, document.text, document.format, document.origins))
