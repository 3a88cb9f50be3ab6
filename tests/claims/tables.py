"""The tables of `compute`: sums written out with their numbers, rows that sum to a gradient, norms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from claims.arithmetic import Unreadable, value_of
from claims.claim import Claim, fault, flat, near, norm, plain, words
from claims.known import Known
from mpmath import mp

from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import Part
from gradcalc.report.report import Formula, Percent, Table


def preactivations(known: Known, table: Table) -> Iterator[Claim]:
    """w1·x + b1 = 0.2·0.5 + 1, beside z."""
    names = [column.name for column in table.columns]
    if "preactivation" not in names:
        return
    for row in table.rows:
        cell, z = (row[names.index(name)] for name in ("preactivation", "z"))
        text = words(getattr(cell, "full", cell) or "", 17)
        if " = " in text or text.startswith("= "):
            yield Claim("preactivation", text, fault(is_value, text.rpartition("= ")[2], z))


def is_value(text: str, value: Any) -> bool:
    """Whether the numbers of a text, all their digits there, make this value, rounding aside."""
    try:
        found, size = value_of(text)
    except Unreadable:
        raise AssertionError("it cannot be read") from None
    return bool(mp.isfinite(found) and abs(found - mp.mpf(str(value))) <= mp.mpf(10) ** -13 * size)


def losses(known: Known, block: Formula) -> Iterator[Claim]:
    """L = (y − t)² = (0.5 − 1)² = 0.25"""
    text = words(block.text, 17)
    first, *between, last = text.split(" = ")
    yield Claim("loss", text, fault(is_loss, known, first, plain(last)))
    if len(between) == 2 and "…" not in text and not set(filter(str.isalpha, between[1])) - set("lne"):
        yield Claim("loss in numbers", text, fault(is_value, between[1], known.facts["loss"]["value"]))


def is_loss(known: Known, name: str, value: str) -> bool:
    assert name == known.quantity
    return near(value, known.facts["loss"]["value"], 15)


def path_rows(known: Known, table: Table) -> Iterator[Claim]:
    """The rows beneath each gradient."""
    names = [column.name for column in table.columns]
    if "path" not in names or "contribution" not in names or names[0] != "gradient":
        return
    groups: dict[Any, list[Any]] = {}
    for group, row in zip(table.groups, table.rows):
        groups.setdefault(group, []).append(dict(zip(names, row)))
    for name, rows in groups.items():
        if len(rows) > 1:
            yield Claim("rows sum to the gradient", f"∂L/∂{name}: {rows}", fault(sums_to_gradient, known, name, rows))


def sums_to_gradient(known: Known, name: str, rows: list[dict[str, Any]]) -> bool:
    """Whether contributions and shares of one example do so."""
    count = known.facts["paths"][name]["count"]
    others = re.match(r"(\d+) other paths?$", str(rows[-1]["path"]))
    if others:
        assert int(others[1]) == count - (len(rows) - 1)
    contributions = [row["contribution"] for row in rows]
    if known.network.examples > 1 or None in contributions or (len(rows) < count and not others):
        return True
    values = [mp.mpf(str(number)) for number in contributions]
    difference = abs(mp.fsum(values) - mp.mpf(known.facts["gradients"][name]))
    if difference > mp.mpf(10) ** -9 * max(map(abs, values)):  # then those over single units nearly cancel
        whole = paths(known.network, wrt=[name], top=0, part=Part(of=known.of)).sums[name]
        assert difference <= 1e-12 * mp.mpf(str(whole.magnitude)), "contributions"
        return True
    shares = [row.get("share") for row in rows]
    told = [mp.mpf(str(one.share)) for one in shares if isinstance(one, Percent) and one.share is not None]
    largest = max(map(abs, told), default=1)
    return len(told) < len(shares) or abs(mp.fsum(told) - 1) <= mp.mpf(10) ** -9 * largest


def norm_rows(known: Known, table: Table) -> Iterator[Claim]:
    """Norms, largest entries and where they stand."""
    names = [column.name for column in table.columns]
    if "‖gradient‖" in names and "largest entry" in names:
        for row in table.rows:
            cells = dict(zip(names, row))
            yield Claim("norms of gradients", f"{cells}", fault(is_norm, known, cells))


def is_norm(known: Known, cells: dict[str, Any]) -> bool:
    value = known.facts["gradients"][str(cells["gradient"]).removesuffix(" (frozen)").partition("/∂")[2]]
    if cells.get("at"):
        entry = value
        for place in map(int, cells["at"][1:-1].split(",")):
            entry = entry[place]
        assert near(str(cells["largest entry"]), entry, 15) and abs(entry) == max(map(abs, flat(value)))
    assert not cells.get("zeros") or cells["zeros"] == flat(value).count(0)
    return abs(mp.mpf(str(cells["‖gradient‖"])) - norm(value)) <= norm(value) * mp.mpf(10) ** -12


TEMPLATES = ("preactivation", "loss", "loss in numbers", "rows sum to the gradient", "norms of gradients")


def claims(known: Known, table: Table) -> Iterator[Claim]:
    """Every claim of a table of `compute` but why gradients are 0."""
    for found in (preactivations, path_rows, norm_rows):
        yield from found(known, table)
