"""What `--got` takes: numbers or formulas by name, on the command line and in files, with the digits they have there.

    w1=0.0822 w2=[[0.1, 0.2], [0.3, 0.4]]      numbers
    w1: (y - t)*y*(1 - y)*h2                   a formula
    gradients.json                             names with numbers in JSON, YAML, CSV, .npz or .safetensors

Numbers of text stay text here, as their digits say how exact they are meant.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from gradcalc.errors import SpecPath, UsageError
from gradcalc.expressions.expression import FormulaError, names_of
from gradcalc.expressions.parser import is_constant_text, parse_constant
from gradcalc.language.document import LARGEST_FILE
from gradcalc.language.grammars import DEEPEST, Unreadable
from gradcalc.language.problems import line_and_column
from gradcalc.records import Record
from gradcalc.report.text import printable


class Claim(Record):
    """A name with numbers (texts, or numbers of a format in nested lists) or with a formula."""

    name: str
    data: Any = None
    dtype: str = ""  # "" of texts
    formula: str = ""
    origin: str = "--got"  # an option's name or a file
    path: SpecPath = ()  # in a file


NAME = re.compile(r"(?:^|[\s,;])\s*([^\s=,;:\[\]]+(?:\[[^\]=]*\]){0,3})\s*=")
FORMULA = re.compile(r"\s*([^\s=:]+?(?:\[[^\]=]*\]){0,3})\s*:(?![/\\])\s*(?P<formula>.+)", re.DOTALL)
NUMBER = re.compile(r"[-+−]?(?:\d[\d.]*|\.\d+)(?:e[-+]?\d+)?|[-+]?\.?(?:inf|infinity|nan)", re.IGNORECASE)
NUMBERS = re.compile(r"[\[\](),;]|[^\s\[\](),;]+")
SHOWN = 60
MOST_NUMBERS = 2_000_000  # in a text
MOST_NAMES = 100_000
PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin")


def claims(texts: Sequence[str], option: str = "--got") -> list[Claim]:
    """All that was given, in order. Raises UsageError where a text is neither a file nor a claim, or a name comes
    twice."""
    found: dict[str, Claim] = {}
    for text in texts:
        for claim in claims_of(text, option):
            if claim.name in found:
                raise UsageError(f"{where(claim)}: {claim.name} is given twice")
            if len(found) == MOST_NAMES:
                raise UsageError(f"{claim.origin}: more than {MOST_NAMES:,} names are given; check fewer at once")
            found[claim.name] = claim
    if not found:
        raise UsageError(f"{option}: nothing is given")
    return list(found.values())


def claims_of(text: str, option: str) -> Iterator[Claim]:
    """Those of one text."""
    if text == "-" or os.path.isfile(text):
        yield from in_file(text)
    elif (formula := FORMULA.fullmatch(text)) and not NAME.search(formula["formula"]):
        yield stated(formula[1], formula["formula"].strip(), option)
    else:
        starts = list(NAME.finditer(text))
        if not starts or text[: starts[0].start()].strip():
            extension = os.path.splitext(text)[1]
            is_file = extension[1:].isalpha() or os.sep in text
            problem = "there is no such file" if is_file else "write NAME=VALUE, 'NAME: FORMULA' or a file's name"
            raise UsageError(f"{option} {printable(text)[:SHOWN]}: {problem}")
        ends = [*(match.start() for match in starts[1:]), len(text)]
        for match, end in zip(starts, ends):
            yield Claim(match[1], nested_texts(text[match.end() : end], f"{option} {match[1]}"), origin=option)


def stated(name: str, text: str, origin: str, path: SpecPath = ()) -> Claim:
    """A name with a text that is a number or else a formula."""
    is_number = NUMBER.fullmatch(text.strip()) is not None or is_constant(text)
    data, formula = (text, "") if is_number else (None, text)
    return Claim(name, data, formula=formula, origin=origin, path=path)


def is_constant(text: str) -> bool:
    """Whether a text is an exact constant, 1/3, and names nothing."""
    try:
        return is_constant_text(text) and not names_of(parse_constant(text))
    except FormulaError:
        return False


def nested_texts(text: str, label: str) -> Any:
    """`[[0.1, 0.2], [0.3, 0.4]]` as lists of texts, with or without commas; `1,2` is a list, too. Raises UsageError."""
    stack: list[list[Any]] = [[]]
    for token in NUMBERS.findall(text.strip().strip(",;")):
        if token in "[(":
            stack.append([])
            if len(stack) > 4:
                raise UsageError(f"{label}: lists are nested deeper than any value is")
        elif token in "])":
            if len(stack) == 1:
                raise UsageError(f"{label}: a bracket is closed that was not opened")
            stack[-2].append(stack.pop())
        elif token not in ",;":
            stack[-1].append(token)
    if len(stack) > 1:
        raise UsageError(f"{label}: a bracket is not closed")
    if not stack[0]:
        raise UsageError(f"{label}: a value is missing after =")
    return stack[0] if len(stack[0]) > 1 else stack[0][0]


def in_file(path: str) -> Iterator[Claim]:
    """The names and numbers of a file, by its extension. Raises UsageError."""
    extension = os.path.splitext(path)[1].lower()
    if extension in PICKLES:
        saved = "save numbers as .safetensors, .npz or JSON"
        raise UsageError(f"--got {path}: is a pickle, which can run any code, and is not opened; {saved}")
    raw = contents(path)
    if extension in (".safetensors", ".npz"):
        from gradcalc.language.array_files import read_npz, read_safetensors

        read = read_npz if extension == ".npz" else read_safetensors
        yield from (Claim(one.name, one.numbers, one.dtype, origin=path) for one in read(raw, path))
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 at byte {error.start}") from None
    if text.count(",") + text.count("- ") > MOST_NUMBERS:
        raise UsageError(f"{path}: holds more than {MOST_NUMBERS:,} numbers; save them as .safetensors or .npz")
    if extension == ".csv":
        yield from in_csv(text, path)
        return
    try:
        data = from_json(text) if extension == ".json" or text.lstrip()[:1] == "{" else from_yaml(text)
    except Unreadable as error:
        line, column = line_and_column(text, error.offset)
        raise UsageError(f"{path}:{line}:{column}: {error.message}") from None
    prefix: SpecPath = ()
    if isinstance(data, dict) and "gradcalc" in data and isinstance(data.get("gradients"), dict):
        data, prefix = data["gradients"], ("gradients",)
    if not isinstance(data, dict):
        raise UsageError(f"{path}: holds no names with numbers; write a mapping of them")
    yield from in_mapping(data, path, prefix)


def contents(path: str) -> bytes:
    """The bytes of a file, or of standard input."""
    try:
        if path == "-":
            raw = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with open(path, "rb") as file:
                raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"--got {path}: {(error.strerror or str(error)).lower()}") from None
    if len(raw) > LARGEST_FILE:
        raise UsageError(f"--got {path}: is over 64 MiB")
    return raw


def in_mapping(data: Mapping[str, Any], path: str, prefix: SpecPath, outer: str = "") -> Iterator[Claim]:
    """Names with numbers; a mapping in a mapping has both names, with a dot between."""
    for name, value in data.items():
        whole = f"{outer}.{name}" if outer else name
        if isinstance(value, dict):
            yield from in_mapping(value, path, (*prefix, name), whole)
        elif isinstance(value, list):
            yield Claim(whole, value, origin=path, path=(*prefix, name))
        elif isinstance(value, str):
            yield stated(whole, value, path, (*prefix, name))
        else:
            raise UsageError(f"{path}: {whole} has no number")


def from_json(text: str) -> Any:
    """The data of a JSON text, numbers as texts. Raises Unreadable."""
    import json

    from gradcalc.language.grammars.json_text import explain

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for name, times in Counter(names).items() if times > 1)
            raise Unreadable(f"{twice} is given twice", max(text.rfind(json.dumps(twice, ensure_ascii=False)), 0))
        return dict(pairs)

    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=mapping)
    except json.JSONDecodeError as error:
        raise explain(error) from None
    except RecursionError:
        raise Unreadable(f"lists and mappings are nested deeper than {DEEPEST}", 0) from None


def from_yaml(text: str) -> Any:
    """The data of a YAML text, numbers as texts. Raises Unreadable."""
    from gradcalc.language.grammars.yaml_text import MOST_LISTS, Composer, refuse_many

    class Texts(Composer):
        def scalar(self, text: str) -> str:
            return text

    refuse_many(text, "[", MOST_LISTS)
    composer = Texts(text)
    composer.run()
    for problem in composer.problems:
        raise Unreadable(problem.message, problem.span[0] if problem.span else 0)
    return composer.data


def in_csv(text: str, path: str) -> Iterator[Claim]:
    """Rows of a name and its numbers; or of columns name, entry and gradient, as `compute` writes them."""
    filled = filled_rows(text, path)
    first = next(filled, None)
    if first is None:
        raise UsageError(f"{path}: is empty")
    heading = first[1]
    value = next((heading.index(name) for name in ("gradient", "value", "got") if name in heading), None)
    if value is None or "name" not in heading:
        yield from (
            Claim(row[0], csv_numbers(row, path, number), origin=path, path=(number,))
            for number, row in chain([first], filled)
        )
        return
    seen = dict[str, str]()
    for number, row in filled:
        cells = dict(zip(heading, row))
        name = cells["name"] + (f"[{cells['entry']}]" if cells.get("entry") else "")
        text = row[value] if len(row) > value else ""
        if name not in seen:
            seen[name] = text
            yield Claim(name, text, origin=path, path=(number,))
        elif seen[name] != text:  # a row for each path of a gradient has it again and again
            raise UsageError(f"{path}:{number}: {name} is given twice")


def filled_rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with their numbers. Raises UsageError."""
    import csv
    from io import StringIO

    try:
        for number, row in enumerate(csv.reader(StringIO(text, newline=None), strict=True), 1):
            if any(cells := [cell.strip() for cell in row]):
                yield number, cells
    except csv.Error as error:
        raise UsageError(f"{path}: {error}") from None


def csv_numbers(row: Sequence[str], path: str, number: int) -> Any:
    """The numbers of a row behind its name."""
    cells = [cell for cell in row[1:] if cell]
    if not cells:
        raise UsageError(f"{path}:{number}: {row[0]} has no number")
    return cells if len(cells) > 1 else cells[0]


def where(claim: Claim) -> str:
    """Where a claim stands, to begin a message with: `--got`, or `grads.json:3`."""
    if not claim.path:
        return claim.origin
    if isinstance(claim.path[-1], int):
        return f"{claim.origin}:{claim.path[-1]}"
    if claim.origin == "-":
        return "<stdin>"
    text = contents(claim.origin).decode("utf-8-sig")
    is_json = text.lstrip()[:1] == "{"
    from gradcalc.language.grammars import json_text, yaml_text

    place = (json_text if is_json else yaml_text).locate(text, wanted={claim.path}).of.get(claim.path)
    start = 0 if place is None else (place.key or place.value)[0]
    return f"{claim.origin}:{line_and_column(text, start)[0]}"
