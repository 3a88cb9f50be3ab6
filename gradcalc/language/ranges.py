"""Several values for one key, as written: `3,10,40`, `1..40`, `0.1..2:0.1`, `1e-3..1e3:log10`, `sigmoid,tanh`.

A range includes its end where the steps reach it. `:0.1` is a step that is added, `:log10` a factor of 10, and
`:log10/4` four values to such a factor. Steps are added as decimals, so that 0.1..2:0.1 holds 0.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from json import dumps
from math import prod
from typing import TYPE_CHECKING, Any

from gradcalc.errors import UsageError
from gradcalc.language.grammars import Unreadable
from gradcalc.language.overrides import read_several

if TYPE_CHECKING:
    from decimal import Decimal

NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|(?<!\.)\.\d+)(?:[eE][-+]?\d+)?"
RANGE = rf"({NUMBER})\.\.({NUMBER})(?::(?:({NUMBER})|log({NUMBER})(?:/(\d+))?))?"
MOST = 10_000_000


def varied(texts: Sequence[str], option: str = "--vary") -> dict[str, list[Any]]:
    """`KEY=VALUES` of every text: the keys with their values, each value once. Raises UsageError."""
    axes: dict[str, list[Any]] = {}
    for text in texts:
        key, values = key_and_values(text, option)
        if key in axes:
            raise UsageError(f"{option} {text}: {key} is varied already")
        axes[key] = list({dumps(value, sort_keys=True): value for value in values}.values())
    count = prod(map(len, axes.values()))
    if count > MOST:
        raise UsageError(f"{option} {f' {option} '.join(texts)}: makes {count:,} points; {MOST:,} is the most")
    return axes


def key_and_values(text: str, option: str) -> tuple[str, list[Any]]:
    """The key and the values of `KEY=VALUES`. Raises UsageError that names the option."""
    key, given, values = text.partition("=")
    if not given or not key.strip() or not values.strip():
        raise UsageError(f"{option} {text}: is to be KEY=VALUES, such as depth=3,10,40 or w1=0.1..2:0.1")
    return key.strip(), values_of(values.strip(), f"{option} {text}")


def values_of(text: str, option: str = "values") -> list[Any]:
    """The values, those of ranges one by one. Raises UsageError, which begins with the option."""
    try:
        read = read_several(text)
    except Unreadable as error:
        raise UsageError(f"{option}: {error.message}") from None
    return [number for value in (read if isinstance(read, list) else [read]) for number in expanded(value, option)]


def expanded(value: Any, option: str) -> list[Any]:
    """The values of a range, or the value itself."""
    if isinstance(value, dict) and any(".." in str(key) for key in value):  # `1..4: ` is a mapping in YAML
        value = next(iter(value)) + ":"
    if not isinstance(value, str) or not re.search(r"\.\.|\d:", value):
        return [value]
    matched = re.fullmatch(RANGE, value)
    if matched is None:
        raise UsageError(f"{option}: {value} is no range; one is 1..40, 0.1..2:0.1 or 1e-3..1e3:log10")
    try:
        return list(steps(matched, option))
    except ArithmeticError:
        raise UsageError(f"{option}: {value} is beyond the range of numbers") from None


def steps(matched: re.Match[str], option: str) -> Iterator[int | float]:
    """The numbers of a range: start, start + step, … up to the end, or by factors."""
    from decimal import Decimal

    start, end = Decimal(matched[1]), Decimal(matched[2])
    if matched[4] is not None:
        return factors(start, end, Decimal(matched[4]), int(matched[5] or 1), option)
    step = Decimal(matched[3]) if matched[3] else Decimal(1 if end >= start else -1)
    if not step or (end - start) / step < 0:
        raise UsageError(f"{option}: a step of {step} does not lead from {start} to {end}")
    count = checked(int((end - start) // step) + 1, option)
    numbers = (start + step * place for place in range(count))
    whole = all(part is None or part.lstrip("+-").isdigit() for part in matched.group(1, 2, 3))
    return map(int, numbers) if whole else map(double, numbers)


def factors(start: Decimal, end: Decimal, base: Decimal, parts: int, option: str) -> Iterator[float]:
    """start, start·base^(1/parts), … up to the end."""
    if not start or end / start <= 0 or base <= 0 or base == 1 or not parts:
        raise UsageError(
            f"{option}: logarithmic steps need two ends of one sign, and a factor that is positive and not 1"
        )
    factor = base if (abs(end) >= abs(start)) == (base > 1) else 1 / base
    steps = (end / start).ln() / factor.ln() * parts
    count = checked(int(steps + steps.scaleb(-20)) + 1, option)
    return (
        double(start * factor ** (place // parts) * factor ** (type(base)(place % parts) / parts))
        for place in range(count)
    )


def double(number: Decimal) -> float:
    """The double nearest to a number. Raises OverflowError where there is none."""
    found = float(number)
    if abs(found) == float("inf") or (number and not found):
        raise OverflowError
    return found


def checked(count: int, option: str) -> int:
    """The number of values, if it is one that anybody could want."""
    if count > MOST:
        raise UsageError(f"{option}: makes {count:,} values; {MOST:,} is the most")
    return count
