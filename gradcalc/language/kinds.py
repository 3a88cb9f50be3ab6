"""The kinds of value that a key may take: how each is named, checked and written as a JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from gradcalc.errors import SpecPath
from gradcalc.expressions.expression import Literal
from gradcalc.language.grammars import LARGEST, NOT_FINITE, TOO_LARGE, Refused
from gradcalc.language.known_names import Names
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.language.problems import Problems


Check = Callable[[Any, SpecPath, "Problems"], None]
Schema = dict[str, Any]
REAL = frozenset((int, float, Literal))


class Kind(Record):
    """One kind of value: its name in messages, the Python types it comes as, and what must be true beyond its type."""

    text: str
    types: tuple[type, ...]
    schema: Schema | Callable[[], Schema]
    check: Check | None = None


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
    elif not (set(map(type, values)) <= REAL and _are_held(values)):
        for index, value in enumerate(values):
            _check_entry(value, (*path, index), problems, levels)


def check_rows(values: list[Any], path: SpecPath, problems: Problems) -> None:
    """A list of numbers or rows of numbers."""
    check_numbers(values, path, problems, 2)


def _are_held(values: list[Any]) -> bool:
    """Whether doubles hold them all; a quick look, which may miss that they do."""
    try:
        return isfinite(sum(values)) and max(values) <= LARGEST and min(values) >= -LARGEST
    except OverflowError:
        return False


def _check_entry(value: Any, path: SpecPath, problems: Problems, levels: int) -> None:
    if type(value) in REAL:
        check_number(value, path, problems)
    elif type(value) is list and levels > 1:
        check_numbers(value, path, problems, levels - 1)
    elif type(value) is str:
        check_constant(value, path, problems)
    else:
        wrong_kind(value, path, problems, ("a number", "an exact constant", "a list of them")[: levels + 1])


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
    from gradcalc.expressions.constants import constant, is_constant_text
    from gradcalc.expressions.expression import FormulaError
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


def whole(least: int) -> Kind:
    """A whole number, no less than `least`."""

    def check(value: int, path: SpecPath, problems: Problems) -> None:
        if value < least:
            problems.error(path, f"is {value}; it needs a whole number from {least} on")

    return Kind("a whole number", (int,), {"type": "integer", "minimum": least}, check)


def named(text: str, what: str, known: Callable[[], Names], accepts: Callable[[str], bool] | None = None) -> Kind:
    """One of the names that a table of the program knows; `accepts` asks for one without loading the whole table."""

    def check(value: str, path: SpecPath, problems: Problems) -> None:
        if not (value in known().all() if accepts is None else accepts(value)):
            message = f"unknown {what}" if problems.crowded else known().unknown(what, value)
            problems.error(path, message)

    def schema() -> Schema:
        from gradcalc.language.definitions import DESCRIBE

        if describe := DESCRIBE.get(what):
            return {"oneOf": [{"const": name, "description": describe(name)} for name in known().all()]}
        return {"enum": list(known().all())}

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


def list_of(kinds: tuple[Kind, ...], text: str, *, least: int = 0) -> Kind:
    """A list, each of its entries of one of the kinds."""
    entry = one_of_kinds(kinds)

    def check(values: list[Any], path: SpecPath, problems: Problems) -> None:
        if len(values) < least:
            problems.error(path, "is empty; it needs at least one entry")
        for index, value in enumerate(values):
            if (check_this := entry.get(type(value), entry[OTHERS])) is not None:
                check_this(value, (*path, index), problems)

    schema = {"type": "array", "items": kinds, **({"minItems": least} if least else {})}
    return Kind(text, (list,), schema, check)


def mapping_of(kinds: tuple[Kind, ...], text: str, *, least: int = 0) -> Kind:
    """A mapping from names of the spec's own to values of one of the kinds."""
    entry = one_of_kinds(kinds)

    def check(values: dict[str, Any], path: SpecPath, problems: Problems) -> None:
        if len(values) < least:
            problems.error(path, "is empty; it needs at least one entry")
        for name, value in values.items():
            if (check_this := entry.get(type(value), entry[OTHERS])) is not None:
                check_this(value, (*path, name), problems)

    schema = {"type": "object", "additionalProperties": kinds, **({"minProperties": least} if least else {})}
    return Kind(text, (dict,), schema, check)


class Others:
    """The type that stands, in a table of checks by type, for all types that it does not know."""


OTHERS: type = Others
ByType = Mapping[type, Check | None]


def one_of_kinds(kinds: tuple[Kind, ...]) -> ByType:
    """What to check by the type of a value; None where the type is enough."""
    texts = tuple(kind.text for kind in kinds)
    by_type: dict[type, Check | None] = {kind_type: kind.check for kind in kinds for kind_type in kind.types}
    by_type[OTHERS] = lambda value, path, problems: wrong_kind(value, path, problems, texts)
    return by_type


def mapping(group: str, text: str = "a mapping") -> Kind:
    """A mapping that the table of keys describes under this name."""

    def check(value: dict[str, Any], path: SpecPath, problems: Problems) -> None:
        from gradcalc.language.checker import check_group

        check_group(value, path, problems, group)

    return Kind(text, (dict,), {"$ref": f"#/$defs/{group}"}, check)


NUMBER = Kind("a number", (int, float, Literal), {"type": "number"}, check_number)
CONSTANT = Kind("an exact constant", (str,), {"type": "string"}, check_constant)
REFERENCE = Kind("a name, an exact constant", (str,), {"type": "string"})

NUMBERS = Kind(
    "a list of numbers",
    (list,),
    {"type": "array", "items": {"type": ["number", "string"]}, "minItems": 1},
    check_numbers,
)

ROWS = Kind(
    "a list of numbers or of rows",
    (list,),
    {
        "type": "array",
        "items": {"anyOf": [{"type": ["number", "string"]}, NUMBERS.schema]},
        "minItems": 1,
    },
    check_rows,
)

TEXT = Kind("text", (str,), {"type": "string"})
NAME = Kind("a name", (str,), {"type": "string", "minLength": 1})
NODE = Kind("the name of a node", (str,), {"type": "string", "minLength": 1})
TRUTH = Kind("true or false", (bool,), {"type": "boolean"})
NOTHING = Kind("null", (type(None),), {"type": "null"})
WHOLE = Kind("a whole number", (int,), {"type": "integer"})
