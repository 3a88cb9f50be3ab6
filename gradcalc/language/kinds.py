"""The kinds of value that a key may take: how each is named, checked and written as a JSON Schema.

A mapping of the language is a group of keys. It is checked in one pass over its keys, each by the type of its value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any

from gradcalc.errors import SpecPath
from gradcalc.expressions.expression import Literal
from gradcalc.language.grammars import NOT_FINITE, TOO_LARGE, Refused, are_held, unlike
from gradcalc.language.known_names import KnownNames, option_defaults, takers, without_aliases
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.language.problems import Problems

Check = Callable[[Any, SpecPath, "Problems"], None]
Schema = dict[str, Any]


class Kind(Record):
    """One kind of value: its name in messages, the Python types it comes as, and what must be true beyond its type."""

    text: str
    types: tuple[type, ...]
    schema: Schema | Callable[[], Schema]
    check: Check | None = None
    group: str = ""  # of a mapping: what it is called in the table of keys
    unless: str = ""  # the key with which it is another one


class Key(Record):
    """One key of a mapping."""

    name: str
    kinds: tuple[Kind, ...]
    about: str
    default: str = ""
    examples: tuple[Any, ...] = ()
    required: bool = False
    computed: bool = True  # whether a number depends on it


class KeyRule(Record):
    """`key` needs `other` beside it, with one of the words if they are given; or excludes it, for a reason given.

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
    rules: tuple[KeyRule, ...] = ()
    one_of: tuple[str, ...] = ()
    options: str = ""  # the table whose options are keys too: "activations" or "losses"


REAL = frozenset((int, float, Literal))
MANY = 32  # entries of a list from which on a glance at all of them pays


def check_number(value: Any, path: SpecPath, problems: Problems) -> None:
    """A number that a double holds."""
    try:
        held = isfinite(value)
    except OverflowError:
        held = False
    if not held:
        problems.error(path, NOT_FINITE if value != value else TOO_LARGE)


def check_numbers(values: list[Any], path: SpecPath, problems: Problems, levels: int = 1) -> None:
    """A list of numbers and exact constants, or, with two levels, of lists of them; empty ones are refused."""
    if not values:
        problems.error(path, "is empty; it needs at least one number")
        return
    kinds = set(map(type, values))
    if kinds <= REAL and are_held(values):
        return
    for index, value in unlike(values, are_rows) if levels > 1 and list in kinds else enumerate(values):
        at = (*path, index)
        if type(value) in REAL:
            check_number(value, at, problems)
        elif type(value) is list and levels > 1:
            check_numbers(value, at, problems, levels - 1)
        elif type(value) is str:
            check_constant(value, at, problems)
        else:
            wrong_kind(value, at, problems, ("a number", "an exact constant", "a list of them")[: levels + 1])


def are_rows(values: Sequence[Any]) -> bool:
    """A quick look whether all are lists of such numbers, none of them empty."""
    if set(map(type, values)) != {list}:
        return False
    entries = list(chain.from_iterable(values))
    return all(values) and set(map(type, entries)) <= REAL and are_held(entries)


def wrong_kind(value: Any, path: SpecPath, problems: Problems, kinds: tuple[str, ...]) -> None:
    """Report a value of none of the kinds that the place takes."""
    from gradcalc.language.problems import kind_of, one_of, quoted

    numeric = any("number" in kind for kind in kinds)
    if type(value) is Refused and numeric:
        problems.error(path, f"{quoted(value)[1:-1]} {value.reason}")
        return
    hint = unlike_a_number(value) if numeric and type(value) is str else ""
    problems.error(path, f"needs {one_of(kinds)}, not {kind_of(value)}{hint}")


def check_constant(value: str, path: SpecPath, problems: Problems) -> None:
    """An exact constant such as "1/3" or "sqrt(2)"."""
    from gradcalc.expressions.expression import FormulaError
    from gradcalc.expressions.parser import constant, is_constant_text
    from gradcalc.language.problems import quoted

    if not is_constant_text(value):
        problems.error(path, f"{quoted(value)} is neither a number nor an exact constant{unlike_a_number(value)}")
        return
    try:
        constant(value)
    except FormulaError as error:
        problems.error(path, f"{quoted(value)} is no exact constant: {error}", span=(error.start, error.end))


def unlike_a_number(text: str) -> str:
    """The end of a message on text that looks like a number, `; digits stand without _`, or nothing."""
    bare = text.replace("_", "").strip()
    if bare.replace(":", "").isdecimal() and ":" in bare:
        return "; sexagesimals are not read, write the number out"
    if bare[:1].isdecimal() and bare.replace("-", "").isdecimal() and bare.count("-") == 2:
        return "; a date is no number"
    try:
        float(bare)
    except ValueError:
        return "; true and false are no numbers, 1 and 0 are" if bare.lower() in ("yes", "no", "on", "off") else ""
    if bare.lower().lstrip("+-")[:1] in ("i", "n"):
        return "; a number is finite"
    return "; digits stand without _" if "_" in text else "; a number stands without quotes"


NUMBER = Kind("a number", (int, float, Literal), {"type": "number"}, check_number)
CONSTANT = Kind("an exact constant", (str,), {"type": "string"}, check_constant)
REFERENCE = Kind("a name, an exact constant", (str,), {"type": "string"})
ENTRY_SCHEMA = {"type": ["number", "string"]}
ROWS = Kind(
    "a list of numbers or of rows",
    (list,),
    {
        "type": "array",
        "items": {"anyOf": [ENTRY_SCHEMA, {"type": "array", "items": ENTRY_SCHEMA, "minItems": 1}]},
        "minItems": 1,
    },
    lambda values, path, problems: check_numbers(values, path, problems, 2),
)
LONGEST_TEXT = 100_000


def check_text(value: str, path: SpecPath, problems: Problems) -> None:
    """A title, notes, or a name: the text of a page, not of a library."""
    if len(value) > LONGEST_TEXT:
        problems.error(path, f"has {len(value):,} characters; {LONGEST_TEXT:,} are the most")


TEXT = Kind("text", (str,), {"type": "string", "maxLength": LONGEST_TEXT}, check_text)
NAME = Kind("a name", (str,), {"type": "string", "minLength": 1})
NODE = Kind("the name of a node", (str,), {"type": "string", "minLength": 1})
TRUTH = Kind("true or false", (bool,), {"type": "boolean"})
NOTHING = Kind("null", (type(None),), {"type": "null"})
WHOLE = Kind("a whole number", (int,), {"type": "integer"})


def whole(least: int) -> Kind:
    """A whole number, no less than `least`."""

    def check(value: int, path: SpecPath, problems: Problems) -> None:
        if value < least:
            problems.error(path, f"is {value}; it needs a whole number from {least} on")

    return Kind("a whole number", (int,), {"type": "integer", "minimum": least}, check)


@cache
def has_row(table: str, name: str) -> bool:
    """Whether "activations" or "losses" has a row of this name; of the table only the files up to it are loaded."""
    try:
        import_module(f"gradcalc.{table}").bind(name)
    except KeyError:
        return False
    except ValueError:  # it has one, which cannot do without an option
        pass
    return True


def named(text: str, what: str, known: Callable[[], KnownNames], table: str = "") -> Kind:
    """One of the names that are known; of a `table` of rows one is asked for without loading all of it."""

    def check(value: str, path: SpecPath, problems: Problems) -> None:
        if not (has_row(table, value) if table else value in known().all()):
            problems.error(path, f"unknown {what}" if problems.crowded else known().unknown(what, value))

    def schema() -> Schema:
        from gradcalc.language.schema_and_reference import describe

        names = known().all()
        if not table:
            return {"enum": list(names)}
        return {"oneOf": [{"const": name, "description": describe(what, name)} for name in names]}

    return Kind(text, (str,), schema, check)


def formula(*names: str) -> Kind:
    """A formula in these names, in our own grammar."""

    def check(value: str, path: SpecPath, problems: Problems) -> None:
        from gradcalc.expressions.expression import FormulaError
        from gradcalc.expressions.parser import parse

        try:
            parse(value, names)
        except FormulaError as error:
            problems.error(path, str(error), span=(error.start, error.end))

    return Kind(f"a formula in {' and '.join(names)}", (str,), {"type": "string", "maxLength": 4096}, check)


class Others:
    """The type that stands, in a table of checks by type, for all types that it does not know."""


ByType = Mapping[type, Check | None]


def one_of_kinds(kinds: tuple[Kind, ...]) -> ByType:
    """What to check by the type of a value; None where the type is enough."""
    texts = tuple(kind.text for kind in kinds)
    by_type: dict[type, Check | None] = {kind_type: kind.check for kind in kinds for kind_type in kind.types}
    by_type[Others] = lambda value, path, problems: wrong_kind(value, path, problems, texts)
    return by_type


def list_of(kinds: tuple[Kind, ...], text: str, *, least: int = 0) -> Kind:
    """A list, each of its entries of one of the kinds."""
    schema = {"type": "array", "items": kinds, **({"minItems": least} if least else {})}
    return Kind(text, (list,), schema, _each(kinds, least, enumerate))


def mapping_of(kinds: tuple[Kind, ...], text: str, *, least: int = 0) -> Kind:
    """A mapping from names of the spec's own to values of one of the kinds."""
    schema = {"type": "object", "additionalProperties": kinds, **({"minProperties": least} if least else {})}
    return Kind(text, (dict,), schema, _each(kinds, least, dict.items))


def _each(kinds: tuple[Kind, ...], least: int, items: Callable[[Any], Any]) -> Check:
    """The check of every entry of a list or mapping, whose steps and values `items` gives."""
    entry = one_of_kinds(kinds)

    def check(values: Any, path: SpecPath, problems: Problems) -> None:
        if len(values) < least:
            problems.error(path, "is empty; it needs at least one entry")
        if type(values) is list and len(values) >= MANY:
            from gradcalc.language.glance import look_right

            if look_right(values, kinds):
                return
        for step, value in items(values):
            if (check_this := entry.get(type(value), entry[Others])) is not None:
                check_this(value, (*path, step), problems)

    return check


def mapping(group: str, text: str = "a mapping", *, unless: str = "") -> Kind:
    """A mapping that the table of keys describes under this name; with a key `unless` in it, under that name."""

    def check(value: dict[str, Any], path: SpecPath, problems: Problems) -> None:
        check_group(value, path, problems, unless if unless in value else group)

    references = [{"$ref": f"#/$defs/{name}"} for name in (group, unless) if name]
    return Kind(text, (dict,), {"anyOf": references} if unless else references[0], check, group, unless)


def check_group(value: dict[str, Any], path: SpecPath, problems: Problems, name: str) -> None:
    """Check one mapping of the language; linear in its keys."""
    checks, required, one_of, rules = _plan(name)
    for key, item in value.items():
        by_type = checks.get(key)
        if by_type is None:
            if not problems.bad((*path, key)):  # by the reader: a key that stands twice, or is no text
                problems.error((*path, key), _unknown(key, tuple(checks), problems), on="key")
            continue
        check = by_type.get(type(item), by_type[Others])
        if check is not None:
            check(item, (*path, key), problems)
    for needed in required:
        if needed.name not in value:
            about = needed.about[:1].lower() + needed.about[1:].rstrip(".")
            problems.error((*path, needed.name), f"is missing: {about}")
    if one_of and value.keys().isdisjoint(one_of):
        problems.error((*path, one_of[0]), f"is missing; give {' or '.join(one_of)}")
    for rule in rules:
        if rule.key in value:
            _check_rule(rule, value, path, problems)


@cache
def _plan(name: str) -> tuple[Mapping[str, ByType], tuple[Key, ...], tuple[str, ...], tuple[KeyRule, ...]]:
    """A group made ready for checking many mappings: checks, required keys, keys of which one must stand, rules."""
    from gradcalc.language.keys import GROUPS

    group = GROUPS[name]
    keys = keys_of(group)
    checks = {key.name: one_of_kinds(key.kinds) for key in keys}
    return checks, tuple(key for key in keys if key.required), group.one_of, rules_of(group)


def keys_of(group: Group) -> tuple[Key, ...]:
    """The keys of a mapping, the options of activations or losses among them."""
    return (*group.keys, *_option_keys(group.options)) if group.options else group.keys


def rules_of(group: Group) -> tuple[KeyRule, ...]:
    """Which keys need or exclude which others; of the options, the names that take them."""
    return group.rules + tuple(
        KeyRule(key.name, "name", lambda option=key.name: takers(group.options, option))  # type: ignore[misc]
        for key in (_option_keys(group.options) if group.options else ())
    )


@cache
def _option_keys(table: str) -> tuple[Key, ...]:
    """The options of a table as keys; one that is a parameter of some activation may be a mapping too."""
    from gradcalc.activations import ACTIVATIONS

    rows = ACTIVATIONS.values() if table == "activations" else ()
    keys, parametric = [], {option for row in rows if row.parametric for option in row.options}
    for option in dict.fromkeys(option for taken in option_defaults(table).values() for option in taken):
        defaults = {name: taken[option] for name, taken in option_defaults(table).items() if option in taken}
        described = [
            f"{name} ({'required' if defaults[name] is None else f'{defaults[name]:g}'})"
            for name in without_aliases(tuple(defaults))
        ]
        agreed = next(iter(defaults.values())) if len(set(defaults.values())) == 1 else None
        kinds = (NUMBER, REFERENCE, mapping("weight")) if option in parametric else (NUMBER, CONSTANT)
        default = "" if agreed is None else f"{agreed:g}"
        keys.append(Key(option, kinds, f"An option of {', '.join(described)}.", default))
    return tuple(keys)


def _unknown(key: str, known: tuple[str, ...], problems: Problems) -> str:
    """The message on an unknown key."""
    from gradcalc.language.problems import meant, one_of, quoted

    if problems.crowded:
        return "unknown key"
    if key == "<<":
        return 'unknown key "<<"; merging is not read, write the keys out'
    end = meant(key, known) or f"; the keys here are {one_of(known).replace(' or ', ' and ')}"
    return f"unknown key {quoted(key)}{end}"


def _check_rule(rule: KeyRule, value: dict[str, Any], path: SpecPath, problems: Problems) -> None:
    """Report a rule that the mapping breaks; what it needs is met by a value of a wrong kind too, reported already."""
    other = value.get(rule.other)
    given = rule.other in value
    if given and rule.of_type is not None:
        given = type(other) is rule.of_type
    elif given and rule.words is not None:
        given = other in rule.words() if type(other) is str else not rule.excludes
    if given != bool(rule.excludes) or (rule.words and problems.bad((*path, rule.other))):
        return
    if rule.excludes:
        message = f"`{rule.key}` and `{rule.other}` exclude each other: {rule.excludes}"
    elif rule.words is None:
        message = f"`{rule.key}` has a meaning only beside `{rule.other}`"
    else:
        from gradcalc.language.problems import one_of

        message = f"`{rule.key}` goes with `{rule.other}: {one_of(without_aliases(rule.words()))}`"
        message += f", not with {other}" if rule.other in value else ""
    problems.error((*path, rule.key), message, on="key")
