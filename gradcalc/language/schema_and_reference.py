"""The table of keys as a JSON Schema (draft 2020-12) for editors, and as a page of Markdown for people.

Both say what every activation and every loss is, formula, derivative, kinks, units and options, from their rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from gradcalc.language.building.initializers import INITS
from gradcalc.language.grammars.yaml_text import core_scalar
from gradcalc.language.keys import GROUPS
from gradcalc.language.kinds import Group, Key, KeyRule, Kind, Schema, keys_of, rules_of
from gradcalc.language.known_names import KnownNames, activations, initialisations, joins, losses, without_aliases
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

TYPES: dict[type, str] = {dict: "object", list: "array"}


def schema() -> Schema:
    """The schema of a whole spec, the other mappings under `$defs`."""
    whole, *others = GROUPS.values()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gradcalc network spec",
        **_group(whole),
        "$defs": {group.name: _group(group) for group in others},
    }


def _group(group: Group) -> Schema:
    required = [key.name for key in group.keys if key.required]
    one_of = [{"anyOf": [{"required": [name]} for name in group.one_of]}] if group.one_of else []
    rules = [*one_of, *map(_rule, rules_of(group))]
    return {
        "description": group.about,
        "type": "object",
        "properties": {key.name: _key(key) for key in keys_of(group)},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **({"allOf": rules} if rules else {}),
    }


def _key(key: Key) -> Schema:
    """A key; its default is one of the schema where it is a value and not a description of one."""
    described: Schema = {"description": key.about, **_any_of(key.kinds)}
    word = key.default.strip("`")
    if key.default.startswith("`") and word.isidentifier():
        described["default"] = word
    elif not isinstance(value := core_scalar(key.default), str | None):
        described["default"] = value
    if key.examples:
        described["examples"] = list(key.examples)
    return described


def _any_of(kinds: tuple[Kind, ...]) -> Schema:
    found = []
    for kind in kinds:
        described = kind.schema() if callable(kind.schema) else kind.schema
        found.append(
            {
                name: _any_of(part) if isinstance(part, tuple) and isinstance(part[0], Kind) else part
                for name, part in described.items()
            }
        )
    return found[0] if len(found) == 1 else {"anyOf": found}


def _rule(rule: KeyRule) -> Schema:
    other: Schema = {}
    if rule.of_type is not None:
        other["type"] = TYPES[rule.of_type]
    if rule.words is not None:
        other["enum"] = list(rule.words())
    beside = {"required": [rule.other], **({"properties": {rule.other: other}} if other else {})}
    return {"if": {"required": [rule.key]}, "then": {"not": beside} if rule.excludes else beside}


class Definition(Record):
    """One activation or loss, as texts."""

    formula: str
    derivative: str
    units: str  # what several units are to it
    kinks: str  # the convention, "" where it is smooth
    options: str  # with their defaults
    takes: str = ""  # of a loss: what its y is meant to be
    aliases: tuple[str, ...] = ()

    def sentence(self, value: str) -> str:
        """All of it in a line; `value` is what the formula gives, "y" or "L"."""
        parts = [f"{value} = {self.formula}", f"derivative {self.derivative}", self.units]
        parts += [f"kinks: {self.kinks}"] if self.kinks else []
        parts += [f"y is {self.takes}"] if self.takes else []
        parts += [f"options: {self.options}"] if self.options else []
        return "; ".join(parts) + "."


@cache
def activation_definitions() -> Mapping[str, Definition]:
    """Every activation by its name."""
    from gradcalc.activations import ACTIVATIONS

    return {name: of_activation(row) for name, row in ACTIVATIONS.items()}


@cache
def loss_definitions() -> Mapping[str, Definition]:
    """Every loss by its name."""
    from gradcalc.losses import LOSSES

    return {name: of_loss(row) for name, row in LOSSES.items()}


def describe(what: str, name: str) -> str:
    """An "activation" or a "loss" in a sentence, an alias too."""
    is_loss = what == "loss"
    known, definitions = (losses(), loss_definitions()) if is_loss else (activations(), activation_definitions())
    canonical = known.aliases.get(name, name)
    same = f"The same as {canonical}: " if canonical != name else ""
    return same + definitions[canonical].sentence("L" if is_loss else "y")


def of_activation(row: Activation) -> Definition:
    """An activation as its row has it."""
    formula, derivative = row.reads or (row.formula, row.derivative_formula)
    needed = [f"{option} (must be given)" for option in row.required]
    given = [f"{option} = {value:g}" for option, value in row.options.items() if option not in row.required]
    if row.parametric:
        given = [f"{option}, a parameter" for option in given]
    units = "over the units of the layer" if row.couples else "each unit"
    return Definition(formula, derivative, units, row.kinks, ", ".join([*needed, *given]), aliases=row.aliases)


def of_loss(row: Loss) -> Definition:
    """A loss as its row has it."""
    logarithms = row.of_preactivations.get("log_softmax", row).term != row.term
    takes = row.takes + (", or after log_softmax their logarithms" if logarithms else "")
    return Definition(
        row.reads or row.term,
        row.derivative_reads or (row.textbook.derivative if row.textbook else ""),
        f"{'mean' if row.averaged else 'sum'} over the units",
        row.kinks,
        ", ".join(f"{option} = {value:g}" for option, value in row.options.items()),
        takes + ("; t may be a class index" if row.classes else ""),
        row.all_aliases,
    )


TITLES = {
    "spec": "The spec",
    "layer": "A layer",
    "weight": "A weight or bias as a mapping",
    "entry": "An entry of `parameters` as a mapping",
    "skip": "A skip",
    "every": "A skip across every k layers",
    "activation": "An activation as a mapping",
    "loss": "A loss as a mapping",
}
ABOUT_ACTIVATIONS = (
    "x is the preactivation and y the output. An activation over the units of its layer has a Jacobian: "
    "dy_i/dx_j, of n units. `if … else` tells cases apart; the rest is in the grammar of `formula`. The column "
    '"at a kink" has the derivative where the definition leaves it open.'
)
ABOUT_LOSSES = (
    "y is the output, t the target, p = softmax(y) over the units. The terms of the units are summed or averaged, "
    "`scale` multiplies that, and of a batch `reduction` takes the mean or the sum. The derivative is that of a term."
)


def reference() -> str:
    """One section per mapping of the language, then the names that keys take."""
    lines = ["# The keys of a network spec", ""]
    for group in GROUPS.values():
        lines += _section(group)
    lines += ["## Activations", "", ABOUT_ACTIVATIONS, ""]
    lines += _definitions(("activation", "y", "dy/dx", "units", "at a kink", "options"), activation_definitions())
    lines += ["## Losses", "", ABOUT_LOSSES, ""]
    heads = ("loss", "term of a unit", "its derivative by y", "units", "at a kink", "options", "y is")
    lines += _definitions(heads, loss_definitions())
    about = {name: row.about for name, row in INITS.items()}
    lines += ["## Initialisations", "", *_with_aliases(initialisations(), about), ""]
    lines += ["## Joins", "", *_with_aliases(joins(), {}), ""]
    return "\n".join(lines) + "\n"


def _section(group: Group) -> Iterator[str]:
    yield from (f"## {TITLES[group.name]}", "", group.about, "", "| key | value | default | meaning | examples |")
    yield "|---|---|---|---|---|"
    for key in keys_of(group):
        kinds, default = ", ".join(kind.text for kind in key.kinds), key.default or "required" * key.required
        examples = ", ".join(f"`{json.dumps(example, ensure_ascii=False)}`" for example in key.examples)
        yield f"| `{key.name}` | {kinds} | {default} | {key.about} | {examples} |"
    yield ""
    if group.one_of:
        yield f"- One of {' and '.join(f'`{name}`' for name in group.one_of)} must be given."
    rules = rules_of(group)
    for rule in rules:
        if rule.excludes:
            yield f"- `{rule.key}` and `{rule.other}` exclude each other: {rule.excludes}."
        else:
            words = f": {', '.join(without_aliases(rule.words()))}" if rule.words else ""
            yield f"- `{rule.key}` goes with `{rule.other}`{words}."
    if group.one_of or rules:
        yield ""


def _with_aliases(names: KnownNames, about: Mapping[str, str]) -> Iterator[str]:
    for name in names.canonical:
        called = [f"`{name}`", *(f"`{alias}`" for alias, known in names.aliases.items() if known == name)]
        yield f"- {', also '.join(called)}" + (f": {about[name]}" if name in about else "")


def _definitions(heads: Sequence[str], definitions: Mapping[str, Definition]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for name, one in definitions.items():
        called = ", ".join(f"`{each}`" for each in (name, *one.aliases))
        cells = (called, f"`{one.formula}`", f"`{one.derivative}`", one.units, one.kinks, one.options, one.takes)
        yield f"| {' | '.join(cells[: len(heads)])} |"
    yield ""
