"""What `paths` says of every gradient, against the JSON of all its listed paths."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from claims import angles, kinks, rounding, zeros
from claims.claim import (
    NUMBER,
    SHARE,
    Answer,
    Claim,
    Template,
    fault,
    flat,
    is_beyond_float64,
    is_percent,
    judged,
    near,
    norm,
    notes,
    plain,
    quantity,
    words,
)
from claims.known import Known as Facts
from claims.known import computed
from mpmath import mp

from gradcalc.network.network import Network
from gradcalc.report.report import Formula, Note, Table


class Known(NamedTuple):
    """The JSON of one gradient; `all` says whether every path is listed."""

    name: str
    sums: dict[str, Any]
    network: Network
    options: Mapping[str, Any]

    @property
    def all(self) -> bool:
        return self.count == len(self.sums["top"])

    @property
    def count(self) -> int:
        """Of all examples."""
        return self.sums["count"] * self.network.examples

    @property
    def is_part(self) -> bool:
        return bool(self.options.get("through") or self.options.get("avoid"))

    @property
    def of(self) -> str:
        return quantity(self.network, self.options.get("of"))

    @property
    def is_matrix(self) -> bool:
        return isinstance(self.sums["value"], list)

    def sizes(self) -> dict[int, Any]:
        """Σ|contribution| by length."""
        if not self.all:
            return {term["length"]: mp.mpf(term["magnitude"]) for term in self.sums["by_length"]}
        found: dict[int, Any] = defaultdict(mp.mpf)
        for path in self.sums["top"]:
            found[path["length"]] += abs(mp.mpf(path["contribution"]))
        return found

    def counts(self) -> dict[int, int]:
        if not self.all:
            return {term["length"]: term["count"] * self.network.examples for term in self.sums["by_length"]}
        found: dict[int, int] = defaultdict(int)
        for path in self.sums["top"]:
            found[path["length"]] += 1
        return found

    def by_entry(self) -> dict[Any, list[Any]]:
        """The contributions to each number; those of nodes are to the entry of their own example."""
        node = not any("entry" in path for path in self.sums["top"]) and self.is_matrix
        found: dict[Any, list[Any]] = defaultdict(list)
        for path in self.sums["top"]:
            entry = (path.get("example"), path["nodes"][0]) if node else path.get("entry")
            found[entry].append(mp.mpf(path["contribution"]))
        return found


def opening(known: Known, bar: str | None, of: str, name: str, part: str | None, value: str, none: str | None,
            several: str | None, single: str | None, entries: str | None, each: str | None, one_each: str | None,
            own: str | None, examples: str | None, in_all: str | None, length: str | None) -> bool:  # fmt: skip
    sums = known.sums
    assert (of, name) == (known.of, known.name) and bool(part) == known.is_part
    assert bool(bar) == known.is_matrix and (none or bool(entries) == (len(flat(sums["value"])) > 1))
    assert near(value, norm(sums["value"]) if bar else sums["value"], 6)
    assert not known.all or known.count == len(sums["top"])
    assert not in_all or near(in_all, known.count, 6)
    if none or not entries:
        assert near(str(0 if none else 1 if single else several), sums["count"], 6)
    else:
        assert int(entries) == len(flat(sums["value"])) and (in_all or each or one_each)
        told = {int(each or (one_each and 1))} if each or one_each else set()
        assert (
            not known.all
            or not told
            or {len(numbers) for numbers in known.by_entry().values()} == {one * (int(examples or 1)) for one in told}
        )
    of_node = known.is_matrix and examples is None and known.network.batch
    assert none or of_node or int(examples or 1) == known.network.examples
    lengths = set(known.counts())
    length = length or own
    assert (lengths == {int(length)}) if length else len(lengths) != 1
    return True


def factor_of_0(known: Known, such: str | None, of: str, name: str, reason: str | None) -> bool:
    assert (of, name) == (known.of, known.name) and bool(such) == known.is_part and known.count
    return not any(map(mp.mpf, (path["contribution"] for path in known.sums["top"]))) and not known.sums["magnitude"]


def lengths(known: Known, part: str | None, size: str | None, this: str | None, name: str | None, which: str | None,
            low: str | None, high: str | None, verb: str | None, counted: str | None, all_or: str | None,
            unit: str | None, shortest: str, longest: str, mean: str) -> bool:  # fmt: skip
    sizes, counts = known.sizes(), known.counts()
    total = mp.fsum(sizes.values())
    assert (int(shortest), int(longest)) == (min(counts), max(counts))
    assert bool(unit) == (known.options.get("unit") == "blocks")
    expected = mp.fsum(length * size for length, size in sizes.items()) / total
    assert is_brief(mean, expected)
    if part is None:
        return True
    least, most = int(low or 0), int(high or low or 0)
    share = mp.fsum(size for length, size in sizes.items() if least <= length <= most) / total
    assert is_percent(part, share) and share >= mp.mpf("0.95") * (1 - mp.mpf(10) ** -9)
    within = sum(count for length, count in counts.items() if least <= length <= most)
    assert is_percent(str(counted), mp.mpf(within) / sum(counts.values()))
    assert (which == "the one path") == (within == known.network.examples)
    assert bool(this) == (all_or == "these") == known.is_part and name == f"∂{known.of}/∂{known.name}"
    if not size:  # of the gradient itself: the sums of these paths have this share
        assert not known.is_matrix
        terms = [term for term in known.sums["by_length"] if least <= term["length"] <= most]
        assert is_percent(part, mp.fsum(mp.mpf(term["contribution"]) for term in terms) / known.sums["value"], 1e-6)
    return True


def is_brief(said: str, value: Any) -> bool:
    """Three digits; of numbers from a hundred to a million all before the point."""
    return near(said, value, 3, 1e-9) or (100 <= value < 1e6 and abs(mp.mpf(said) - value) <= 0.5001 + 1e-9 * value)


def effective(known: Known, these: str | None, examples: str | None, number: str, entropy: str | None) -> bool:
    assert bool(these) == known.is_part and int(examples or 1) == known.network.examples
    if not known.all:
        return is_brief(number, mp.mpf(known.sums["effective_paths"]))
    sizes = [abs(mp.mpf(path["contribution"])) for path in known.sums["top"]]
    total = mp.fsum(sizes)
    bits = -mp.fsum(size / total * mp.log(size / total, 2) for size in sizes if size / total)
    return is_brief(number, 2**bits) and (bits < 0.00501 if entropy is None else is_brief(entropy, bits))


def same_signs(known: Known, entries: str | None, not_0: str | None) -> bool:
    assert bool(entries) == known.is_matrix
    if not known.all:
        return True
    by_entry = known.by_entry().values()
    assert all(min(numbers) >= 0 or max(numbers) <= 0 for numbers in by_entry)
    return bool(not_0) or all(number for numbers in by_entry for number in numbers)


def sum_is_rounded(known: Known, told: str, of: None, name: None, value: str, where: str) -> bool:
    parts = known.sums["top"] if known.all else known.sums["by_length"]
    return zeros.is_rounded_sum([part["contribution"] for part in parts], known.sums["value"], told, value, where)


def sum_to_0(known: Known, entries: str | None, where: str) -> bool:
    dps = known.options.get("dps")
    assert bool(entries) == known.is_matrix and not any(flat(known.sums["value"]))
    assert where == (f"with {dps} decimal digits" if dps else "in float64")
    if not known.all:
        return True
    by_entry = known.by_entry().values()
    assert known.is_matrix or dps or not any(mp.fsum(map(float, numbers)) for numbers in by_entry)
    magnitude = mp.fsum(abs(number) for numbers in by_entry for number in numbers)
    return magnitude > 0 and all(abs(mp.fsum(numbers)) <= mp.mpf(10) ** -12 * magnitude for numbers in by_entry)


def cancel(known: Known, times: str | None, larger: str | None, of: str) -> bool:
    assert (of == "Σ|entry of the sum|") == known.is_matrix
    whole = mp.fsum(map(abs, flat(known.sums["value"])))
    magnitude = mp.fsum(known.sizes().values())
    if known.all:
        assert any(min(numbers) < 0 < max(numbers) for numbers in known.by_entry().values())
    if times is not None:
        return is_brief(times, magnitude / whole)
    share = magnitude / whole - 1
    return abs(share) < 1e-9 or is_percent(str(larger), share, 1e-3)


def extended(known: list[Known], which: str) -> bool:
    sizes = [abs(mp.mpf(path["contribution"])) for one in known for path in one.sums["top"]]
    terms = [abs(mp.mpf(term["mean_magnitude"])) for one in known for term in one.sums["by_length"]]
    terms += [abs(mp.mpf(term["magnitude"])) for one in known for term in one.sums["by_length"]]
    return any(map(is_beyond_float64, [*sizes, *terms])) or which == "intermediate results may be"


GRADIENT = r"∂(\S+?)/∂(\S+?)"
TEMPLATES: dict[str, Template] = {
    **angles.TEMPLATES,
    **rounding.TEMPLATES,
    "opening": (
        rf"(‖)?{GRADIENT}‖?(?: = |(, paths .*?): ){NUMBER}"
        rf"(?:(: no path from .*|, there is no such path)|, (?:the sum of {NUMBER} paths|from (a single path))"
        r"|; its (\d+) entries (?:are sums over (?:(\d+) )?paths(?: each)?|come from a (single) path each) through "
        r"single units)?"
        rf"(?:(?:, all)? of length (\d+))?(?: in each of (\d+) examples)?(?: \({NUMBER} in all\))?"
        r"(?:(?:, all)? of length (\d+))?",
        opening,
    ),
    "a factor of 0": (rf"Every (such )?path of {GRADIENT} has a factor of 0(: .*)?\.", factor_of_0),
    "lengths": (
        rf"(?:{SHARE} of (Σ\|contribution\| of )?(this part of )?(\S+) comes through (the one path|paths) of length "
        rf"(\d+)(?: to (\d+))?(?: in each of \d+ examples)?, which (is|are) {SHARE} of (all|these) paths\. )?"
        rf"Lengths( in blocks)? range from (\d+) to (\d+); the mean length, weighted by \|contribution\|, is "
        rf"{NUMBER}\.",
        lengths,
    ),
    "effective number": (
        rf"Effective number of (these )?paths(?: of all (\d+) examples)?: {NUMBER} \((?:2\^{NUMBER}, )?from the "
        r"entropy of the \|contribution\| shares\)\.",
        effective,
    ),
    "same sign": (r"(In every entry a)?(?:A)?ll contributions( that are not 0)? have the same sign\.", same_signs),
    "sum is 0": (
        r"(In every entry t)?(?:T)?he contributions cancel: their sum is 0 (in float64|with \d+ decimal digits)\.",
        sum_to_0,
    ),
    "a rounded sum": (zeros.ROUNDED_SUM, sum_is_rounded),
    "cancellation": (
        rf"Contributions of opposite signs cancel: (?:cancellation {NUMBER} \(Σ\|contribution\| / |"
        rf"Σ\|contribution\| is {SHARE} larger than )(Σ\|entry of the sum\||\|Σ contribution\|)\)?\.",
        cancel,
    ),
}  # fmt: skip
OTHERS: dict[str, Template] = {
    "extended range": (
        r"Computed in extended range: (some contributions are|intermediate results may be) outside the range of "
        r"float64\.",
        extended,
    ),
    "decimal digits": (r"Computed with 30 decimal digits\.", lambda known: known[0].options.get("dps") == 30),
    "the first by its paths": (
        r"Below: the first of these gradients by its paths; --wrt NAME shows another, --all every one\.",
        lambda known: len(known) > 2 and not known[0].options.get("all"),
    ),
}
REASONS = zeros.REASONS
MORE = ("table of lengths", "table of paths", "table of gradients", *kinks.MORE, *REASONS)


def claims(answer: Answer) -> Iterator[Claim]:
    """Every claim of a page of `paths`."""
    every = [Known(name, sums, answer.network, answer.options) for name, sums in answer.facts["wrt"].items()]
    place, on_kinks = -1, []
    for block in answer.blocks:
        text = plain(words(block.text, 6)) if isinstance(block, (Formula, Note)) else ""
        if isinstance(block, Formula):
            place += 1
            yield judged(text, TEMPLATES, every[place])
        elif isinstance(block, Table):
            yield from tables(every, every[max(place, 0)], block)
        elif isinstance(block, Note) and block.kind != "legend":
            if kinks.is_of_kink(text):
                on_kinks.append(text)
                continue
            if any(re.fullmatch(pattern, text) for pattern, _ in OTHERS.values()):
                yield judged(text, OTHERS, every)
                continue
            for sentence in re.split(r"(?<=shares\)\.) ", text):
                yield judged(sentence, TEMPLATES, every[place])
            if found := re.fullmatch(r"Every path of (\S+) has a factor of 0: (.*)\.", text):
                yield reason(answer, found[1], found[2])
    of = (answer.options.get("of") or "").partition("[")[0] or None  # of a unit, kinks are those of its node
    alone = at_its_point(answer, of)
    alone.quantity = every[0].of
    yield from kinks.claims(alone, on_kinks, visited(answer))


def visited(answer: Answer) -> set[str]:
    """The single units, of sums alone, that the listed paths go through behind the first of each; none of which a skip
    may go past the activation."""
    single = {node.name for node in answer.network.layers if node.width == 1 and not node.into_output}
    paths = (path["nodes"] for found in answer.facts["wrt"].values() for path in found["top"])
    return single & {node for nodes in paths for node in nodes[1:]}


def at_its_point(answer: Answer, of: str | None) -> Facts:
    """What `compute` knows of the network in float64 or in extended range, as the page has it."""
    options: dict[str, Any] = {"dps": answer.options.get("dps"), "of": of}
    is_extended = any("omputed in extended range" in text for _, text in notes(answer.blocks))
    for wrt, top in (([], 0), (answer.options.get("wrt") or [], 1)):
        found = computed(answer.network, options | {"wrt": wrt}, top)
        if (found.arithmetic == "extended") == is_extended:
            break
    return Facts.of_computation(found, options)


def reason(answer: Answer, label: str, why: str) -> Claim:
    """Why a gradient is 0, as `compute` says it."""
    options = {name: answer.options.get(name) for name in ("of", "dps")} | {"wrt": [label.partition("/∂")[2]]}
    from claims.commands import answer as answer_of

    found = answer_of("compute", answer.spec, options | {"top": 0})
    assert not isinstance(found, str), found
    return zeros.zero_claim(Facts(found), label, why, [])


def tables(every: list[Known], known: Known, table: Table) -> Iterator[Claim]:
    """Counts and sums of the rows of each length, shares of the paths."""
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row)) for row in table.rows]
    if " by path length" in table.title:
        yield Claim("table of lengths", table.title, fault(by_length, known, rows))
    elif names[0] == "gradient":
        yield Claim("table of gradients", table.title, fault(gradients, every, rows))
    else:
        yield Claim("table of paths", table.title, fault(paths, known, table.title, rows))


def by_length(known: Known, rows: list[dict[str, Any]]) -> bool:
    sizes, counts = known.sizes(), known.counts()
    total = mp.fsum(sizes.values())
    for row in rows:
        low, _, high = str(row["length"]).partition(" … ")
        inside = [length for length in counts if int(low) <= length <= int(high or low)]
        size = mp.fsum(sizes.get(length, 0) for length in inside)
        assert row["paths"] == sum(counts[length] for length in inside), f"paths of {row}"
        for heading in ("share", "share of Σ|contribution|"):
            if row.get(heading) is not None:
                assert abs(mp.mpf(str(row[heading].share)) - size / total) <= 1e-9, f"{heading} of {row}"
        if row.get("mean |path|") is not None:
            assert near(str(row["mean |path|"]), size / row["paths"], 4, 1e-9), f"mean of {row}"
    return sum(row["paths"] for row in rows) == known.count


def gradients(every: list[Known], rows: list[dict[str, Any]]) -> bool:
    for known, row in zip(every, rows, strict=True):
        assert row["gradient"] == f"∂{known.of}/∂{known.name}" and row["paths"] == known.count, row
        value = norm(known.sums["value"]) if "norm" in row else mp.mpf(known.sums["value"])
        assert abs(mp.mpf(str(row.get("norm", row.get("value")))) - value) <= abs(value) * mp.mpf(10) ** -12, row
        told = row.get("largest share of Σ|contribution|")
        if told is not None and known.all and known.sums["top"]:
            largest = max(abs(mp.mpf(path["contribution"])) for path in known.sums["top"])
            assert (told.share is None) == (not largest), row
            assert not largest or abs(mp.mpf(str(told.share)) - largest / mp.fsum(known.sizes().values())) <= 1e-9, row
    return True


def paths(known: Known, title: str, rows: list[dict[str, Any]]) -> bool:
    found = re.match(rf"The (?:(\d+) )?(?:largest of {NUMBER} )?paths? of ", plain(title))
    assert found and int(found[1] or 1) == len(rows) == len(known.sums["top"])
    assert bool(found[2]) == (len(rows) < known.count) and (not found[2] or near(found[2], known.count, 6))
    total = mp.fsum(known.sizes().values())
    for row, path in zip(rows, known.sums["top"]):
        contribution = mp.mpf(path["contribution"])
        assert abs(mp.mpf(str(row.get("contribution", 0))) - contribution) <= abs(contribution) * mp.mpf(10) ** -12, row
        if row.get("share") is not None:
            share = contribution / mp.mpf(known.sums["value"])
            assert abs(mp.mpf(str(row["share"].share)) - share) <= abs(share) * 1e-9, row
        if row.get("share of Σ|contribution|") is not None:
            share = abs(contribution) / total
            assert abs(mp.mpf(str(row["share of Σ|contribution|"].share)) - share) <= 1e-9, row
    return True
