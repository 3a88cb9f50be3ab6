"""A claim: a sentence that a command prints, the template it is of, and whether it is true.

Every template has a pattern and a function that computes anew, from JSON and the spec, what the sentence says. It does
not know how the sentence was made. Numbers are claimed to the digits that are printed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from expressions.unicode_reader import PLAIN
from mpmath import mp

from gradcalc.network.network import Network
from gradcalc.report.report import Block, Note, Report, Style, format_module
from gradcalc.report.text import words as words

NUMBER = r"(-?[\d.]+(?:e-?\d+)?)"
SIZE = rf"({NUMBER[1:-1]}|about 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
SHARE = r"((?:< |> -)?-?[\d.]+(?:e-?\d+)?) %"
TOLERANCE = mp.mpf(10) ** -12
"""A relative difference that is rounding."""


class Claim(NamedTuple):
    """A sentence; `fault` says why it is false, "" of a true one."""

    template: str
    text: str
    fault: str = ""


class Answer(NamedTuple):
    """What a command answers: its report, the JSON of it, its blocks, and what it was asked of."""

    command: str
    spec: Any
    network: Network
    report: Report
    facts: dict[str, Any]
    blocks: list[Block]
    options: Mapping[str, Any] = {}


Template = tuple[str, Callable[..., Any]]
"""A pattern, and what checks the groups of it: false, or an AssertionError, where the sentence is."""


def judged(text: str, templates: Mapping[str, Template], *known: Any) -> Claim:
    """The claim that a sentence makes by the one template that it is of."""
    for name, (pattern, check) in templates.items():
        if found := re.fullmatch(pattern, text):
            return Claim(name, text, fault(check, *known, *found.groups()))
    return Claim("unknown", text, "nobody checks this")


def fault(check: Callable[..., Any], *arguments: Any) -> str:
    """Why a check fails, "" where it does not."""
    try:
        return "" if check(*arguments) else "is not so"
    except AssertionError as error:
        return str(error) or "is not so"


def hold(claims: Iterable[Claim]) -> list[str]:
    """Asserts that all of them are true and returns what they say."""
    found = list(claims)
    for one in found:
        assert not one.fault, f"{one.text!r} ({one.template}): {one.fault}"
    return [one.text for one in found]


def quantity(network: Network, of: str | None) -> str:
    """What is differentiated: L, y, Σh1 where the node has several units."""
    wide = any(node.name == of and node.width > 1 for node in network.nodes)
    return "L" if of is None else "Σ" * wide + of


def strict_json(text: str) -> Any:
    """JSON with all digits, thousands of them too; raises ValueError for NaN and infinities."""

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} in JSON")

    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.loads(text, parse_float=mp.mpf, parse_constant=refuse)
    finally:
        sys.set_int_max_str_digits(limit)


def printed(shown: Report, form: str = "json", **style: Any) -> str:
    return "".join(format_module(form).render(shown, Style(**style)))


def plain(text: str) -> str:
    """−6.2×10⁻¹⁶ as -6.2e-16"""
    text = re.sub("×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "e" + power[1].translate(PLAIN), text)
    return text.replace("−", "-")


def flat(value: Any) -> list[Any]:
    """Every number of a value."""
    return [number for part in value for number in flat(part)] if isinstance(value, list) else [mp.mpf(value)]


def norm(value: Any) -> Any:
    return mp.sqrt(mp.fsum(number**2 for number in flat(value)))


def is_beyond_float64(number: Any) -> bool:
    """Whether no normal float64 is as large or as small."""
    return bool(number) and not sys.float_info.min <= abs(number) <= sys.float_info.max


def near(said: str, value: Any, digits: int, slack: Any = TOLERANCE) -> bool:
    """Whether a printed number is this one, rounded to so many digits."""
    number, value = mp.mpf(said), mp.mpf(value)
    if not value:
        return number == 0
    last_digit = mp.mpf(10) ** (int(mp.floor(mp.log10(abs(value)))) + 1 - digits)
    return bool(abs(number - value) <= last_digit * mp.mpf("0.5001") + slack * abs(value))


def is_size(said: str, size: Any, is_whole: bool = False) -> bool:
    """Three digits, or all that stand before the point, or the power of ten alone, with its last figure, where no more
    than that is known."""
    if not said.startswith("about "):
        digits = int(mp.floor(mp.log10(size))) + 1 if is_whole and 1000 <= size < 10**7 else 3
        return near(said, size, digits, of_logarithm(size))
    power = int(said.removeprefix("about 10").translate(PLAIN))
    return bool(abs(power) >= 10**11 and abs(mp.log10(size) - power) <= 0.51 + abs(power) * 2.0**-52)


def is_factor(said: str, power: Any, digits: int = 2) -> bool:
    """÷ or × 10 to a power that was a float64, or about that much where float64 leaves it no digit."""
    size = mp.mpf(10) ** abs(power)
    return is_size(said, size) if said.startswith("about ") else near(said, size, digits, of_logarithm(size))


def of_logarithm(size: Any) -> Any:
    """How far a size may be off, relatively, that was told by its log10 in float64, which is rounded twice: d log10(x)
    is d x / (x·ln 10)."""
    return 1e-9 + abs(mp.log(size)) * mp.mpf(2) ** -52 if size else 1e-9


def is_percent(said: str, share: Any, slack: Any = 1e-9) -> bool:
    """97.6, < 0.1, > -0.1, 1.2e5: a share as it is printed."""
    if said[0] in "<>":
        return bool(0 < (share if said[0] == "<" else -share) < mp.mpf("0.0010001"))
    rounding = abs(mp.mpf(said)) * mp.mpf("0.006") if "e" in said else mp.mpf("0.0501")
    return bool(abs(mp.mpf(said) - 100 * share) <= rounding + slack * abs(100 * share))


def listed(said: str) -> tuple[list[str], int]:
    """`a, b and c`, of many the first and how many more there are."""
    more = re.fullmatch(r"(.*) and (\d+) more", said)
    names = re.split(r"(?:, | and )(?![^(]*\))", more[1] if more else said)  # not of max(a, b)
    return names, int(more[2]) if more else 0


def is_listed(names: list[str], said: str) -> bool:
    """Whether these names are told, in this order."""
    told, more = listed(said)
    return told == names[: len(told)] and len(names) == len(told) + more


def notes(blocks: Iterable[Block]) -> Iterator[tuple[str, str]]:
    """Kind and text of every note."""
    for block in blocks:
        if isinstance(block, Note):
            yield block.kind, plain(words(block.text, 6))
