"""What `sweep` says, against the rows that JSON has."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations, islice, product
from typing import Any, NamedTuple

from claims import angles, kinks, rounding
from claims.claim import (
    NUMBER,
    SIZE,
    Answer,
    Claim,
    Template,
    fault,
    is_factor,
    is_size,
    judged,
    listed,
    near,
    norm,
    notes,
    printed,
    strict_json,
)
from claims.known import Known as Alone
from claims.known import computed
from mpmath import mp

from gradcalc.cli.options import UNCHANGED
from gradcalc.errors import GradcalcError, LimitError
from gradcalc.language.document import Variants
from gradcalc.report.json_numbers import written
from gradcalc.report.report import Percent, Table

DRAWN = ("gradient", "norm", "log10", "magnitude")
MISSING = object()


class Known:
    """The rows by the swept key, and what the first column that is a magnitude has at every point."""

    def __init__(self, answer: Answer, plain: bool = False) -> None:
        self.facts, self.plain, self.examples = answer.facts, plain, answer.network.examples
        self.rows: list[dict[str, Any]] = answer.facts["rows"]
        self.keys = list(answer.facts["vary"])
        self.drawn = next((name for name in self.facts["show"] if name.partition(":")[0] in DRAWN), "")

    @property
    def other(self) -> Known:
        """The same without skips."""
        found = Known.__new__(Known)
        found.__dict__ |= self.__dict__ | {"plain": True}
        return found

    @property
    def texts(self) -> list[str]:
        """The lists and mappings that are swept, as they are written, the longest first."""
        values = [written(row[key]) for row in self.rows for key in self.keys if isinstance(row[key], (list, dict))]
        return sorted(dict.fromkeys(values), key=len, reverse=True)

    @property
    def xs(self) -> list[Any]:
        return [row[self.keys[0]] for row in self.rows]

    def read(self, column: str) -> list[Any]:
        """Magnitudes; None where a point has none, 0 where log10 is null for an exact 0."""
        sides = [row.get("no-skips", {}) if self.plain else row for row in self.rows]
        found = []
        for side in sides:
            value = side.get(column, MISSING)
            if column.startswith("log10:") or column == "log10":
                found.append(None if value is MISSING else mp.mpf(0) if value is None else mp.mpf(10) ** mp.mpf(value))
            else:
                found.append(None if value is MISSING or value is None else norm(value))
        return found

    @property
    def sizes(self) -> list[Any]:
        return self.read(self.drawn)

    def is_named(self, said: str) -> bool:
        """Whether the drawn column is called so."""
        kind, _, name = self.drawn.partition(":")
        if kind == "magnitude":
            return said == f"Σ|contribution| to ∂L/∂{name}"
        if not name:
            return said == "‖∇L‖"
        return said in (f"|∂L/∂{name}|", f"‖∂L/∂{name}‖")


def fit(xs: list[Any], ys: list[Any]) -> tuple[Any, Any]:
    """The rate of least squares and R²."""
    xs, ys = ([mp.mpf(v) - mp.fsum(map(mp.mpf, values)) / len(values) for v in values] for values in (xs, ys))
    sxx, syy, sxy = (mp.fsum(a * b for a, b in zip(*pair)) for pair in ((xs, xs), (ys, ys), (xs, ys)))
    return sxy / sxx, sxy**2 / (sxx * syy)


def logs(known: Known) -> list[Any]:
    assert None not in known.sizes and all(known.sizes), "a point has no magnitude"
    return [mp.log10(size) for size in known.sizes]


def is_fit(said: str, found: Any) -> bool:
    return found >= 0.9794 and (found > 0.999 if said.startswith("> ") else abs(mp.mpf(said[2:]) - found) < 1e-3)


def per_step(known: Known, verb: str, sign: str, factor: str, step: str, squared: str) -> bool:
    rate, found = fit(known.xs, logs(known))
    assert step == ("layer" if known.keys == ["depth"] else f"step of 1 in {known.keys[0]}")
    departures(known.xs, logs(known), rate)
    assert all(isinstance(x, int) for x in known.xs) and (verb, sign) == (
        ("falls", "÷") if rate < 0 else ("grows", "×")
    )
    is_near = is_factor(factor, rate) if "about" in factor else near(factor, mp.mpf(10) ** abs(rate), 2, 1e-6)
    return is_near and is_fit(squared, found)


def ends(known: Known, verb: str, start: str, first: str, end: str, last: str, squared: str) -> bool:
    rate, found = fit(known.xs, logs(known))
    points = sorted(zip(map(mp.mpf, known.xs), known.sizes))
    departures(known.xs, logs(known), rate)
    assert verb == ("falls" if rate < 0 else "grows")
    for told, (x, size) in zip(((first, start), (last, end)), (points[0], points[-1])):
        assert is_value(known, known.keys[0], told[0], x) and is_size(told[1], size, True), f"{told[1]} at {told[0]}"
    return is_fit(squared, found)


def departures(xs: list[Any], ys: list[Any], rate: Any) -> list[Any]:
    """How far rates from point to point are from that of all; of uneven steps none is as far as the half of it."""
    points = sorted(zip(map(mp.mpf, xs), ys))
    steps = [(after - x, above - y) for (x, y), (after, above) in zip(points, points[1:]) if after > x]
    found, lengths = [abs(rise / step / rate - 1) for step, rise in steps], [step for step, _ in steps]
    assert max(found) <= 0.5001 or max(lengths) <= 3.0001 * min(lengths), "a few points make the law"
    return found


def power(known: Known, roughly: str | None, key: str, exponent: str, squared: str) -> bool:
    xs, ys = [mp.log10(x) for x in known.xs], logs(known)
    rate, found = fit(xs, ys)
    far, offs = max(departures(xs, ys, rate)), [y - rate * x for x, y in zip(xs, ys)]
    factor = mp.mpf(10) ** max(abs(off - mp.fsum(offs) / len(offs)) for off in offs)
    assert factor < 2.0001, f"{mp.nstr(factor)} times off"
    assert far > 0.0499 or factor > 1.0099 if roughly else far < 0.0501 and factor < 1.0101
    assert exponent != "1"
    return key == known.keys[0] and near(exponent or "1", rate, 3, 1e-6) and is_fit(squared, found)


def ranges(known: Known, least: str, most: str) -> bool:
    sizes = [size for size in known.sizes if size is not None]
    return is_size(least, min(sizes), True) and is_size(most, max(sizes), True)


def is_0(known: Known, computed: str | None) -> bool:
    assert (None in known.sizes) == bool(computed), "of which points"
    return 0 in known.sizes and not any(known.sizes) and len(known.rows) > 1


def is_same(known: Known) -> bool:
    assert None not in known.sizes and len(known.rows) > 1
    return max(known.sizes) - min(known.sizes) <= 1e-12 * max(known.sizes)


def is_nearly_same(known: Known) -> bool:
    return None not in known.sizes and max(known.sizes) / min(known.sizes) < 1.0101


def has_no_values(known: Known) -> bool:
    return all(size is None for size in known.sizes)


FIT = r"R² (= [\d.]+|> 0\.999)"
TEMPLATES: dict[str, Template] = {
    "per step": (rf"(falls|grows) by ([÷×]) {SIZE} per (layer|step of 1 in \S+) \(exponential fit, {FIT}\)", per_step),
    "exponentially": (
        rf"(falls|grows) exponentially, from {SIZE} at \S+ = {NUMBER} to {SIZE} at \S+ = {NUMBER} \({FIT}\)",
        ends,
    ),
    "a power": (rf"is (roughly )?proportional to (\S+?)(?:\^{NUMBER})? \(power-law fit, {FIT}\)", power),
    "ranges": (rf"ranges from {SIZE} to {SIZE}", ranges),
    "no values": ("has no values", has_no_values),
    "0": (r"is 0 at every point( that could be computed)?", is_0),
    "the same": (r"is the same at every point", is_same),
    "nearly the same": (r"changes by less than 1 %", is_nearly_same),
}


# Theory, and points that failed.


def departs(quantity: str) -> Callable[..., bool]:
    """`1.2 to 153; without skips 1.0`: a side is left out if, and only if, it has no point with both, neither 0."""

    def check(known: Known, name: str, said: str) -> bool:
        spans = {part.startswith("without skips "): part.removeprefix("without skips ") for part in said.split("; ")}
        return all(is_span(spans.get(one.plain, ""), times(one, name)) for one in (known, known.other))

    def times(known: Known, name: str) -> list[Any]:
        columns = [f"{kind}:{name}" for kind in ("gradient", "norm")]
        shown = next((column for column in columns if column in known.facts["show"]), "")
        measured = known.read(f"blocks:{name}") if quantity == "binomial" else known.read(shown)
        pairs = zip(measured, known.read(f"{quantity}:{name}"))
        return [other / one if quantity == "bound" else one / other for one, other in pairs if one and other]

    return check


def is_span(said: str, values: list[Any]) -> bool:
    if not said or not values:
        return not said and not values
    least, _, most = said.partition(" to ")
    return near(least, min(values), 3, 1e-9) and near(most or least, max(values), 3, 1e-9)


def failed(known: Known, count: str, total: str, plain: str | None) -> bool:
    own = [row for row in known.rows if "error" in row]
    alone = [row for row in known.rows if "error" not in row and "error" in row.get("no-skips", {})]
    return int(count) == len(alone if plain else own) and int(total) == len(known.rows)


def are_of_paths(known: Known, examples: str) -> bool:
    shown = {name.partition(":")[0] for name in known.facts["show"]}
    of_paths = {"paths", "share", "largest", "magnitude", "cancellation", "entropy", "effective_paths"}
    return bool(shown & of_paths) and known.examples == int(examples) > 1


# Extremes and signs.


def by_side(known: Known, said: str) -> Iterator[tuple[Known, str]]:
    """`…; without skips it …`: the part of each network."""
    for part in said.split("; "):
        without = part.startswith("without skips it ")
        yield (known.other if without else known), part.removeprefix("without skips it ")


def extremes(known: Known, said: str) -> bool:
    assert not any("error" in row or "error" in row.get("no-skips", {}) for row in known.rows)
    for one, part in by_side(known, said):
        name, most, at_most, least, at_least = re.fullmatch(EXTREMES, part).groups()  # type: ignore[union-attr]
        assert name is None or one.is_named(name)
        assert None not in one.sizes
        for told, where, extreme in ((most, at_most, max(one.sizes)), (least, at_least, min(one.sizes))):
            slack = extreme * mp.mpf("2.3026e-9")  # 10⁻⁹ powers of ten
            own = {n for n, size in enumerate(one.sizes) if abs(size - extreme) <= slack}
            assert (not extreme) if told == "0" else is_size(told, extreme, True), told
            assert are_points(known, where, own), where
    return True


def signs(known: Known, said: str) -> bool:
    for one, part in by_side(known, said):
        name, count = re.fullmatch(r"(?:(∂L/∂\S+) )?(?:is|changes sign) (.*)", part).groups()  # type: ignore[union-attr]
        assert name is None or f"gradient:{name.removeprefix('∂L/∂')}" == known.drawn
        sides = [row.get("no-skips", {}) if one.plain else row for row in known.rows]
        drawn = [(row, side.get(known.drawn)) for row, side in zip(known.rows, sides)]
        values = [(row, value) for row, value in drawn if value and not isinstance(value, list)]
        if told := re.fullmatch(r"negative at (\d+) of (\d+) points and positive at (\d+)", count):
            found = sum(value < 0 for _, value in values), len(known.rows), sum(value > 0 for _, value in values)
            assert tuple(map(int, told.groups())) == found and found[0] and found[2]
        else:
            (key,) = known.keys
            pairs = [(a[key], b[key]) for (a, one_), (b, other) in zip(values, values[1:]) if one_ * other < 0]
            told_pairs = re.findall(rf"between \S+ = {NUMBER} and {NUMBER}", count)
            assert len(told_pairs) == len(pairs) and known.xs == sorted(known.xs)
            assert all(is_value(known, key, *one) for pair, own in zip(told_pairs, pairs) for one in zip(pair, own))
    return True


# Points on kinks.


AS_WELL = r"A z has too few digits (at .*) as well\."
MOST_LOOKED_AT = 24
"""Points of which all are looked at for large angles."""


def are_angles(answer: Answer, known: Known, text: str, others: Sequence[str]) -> bool:
    """`At w1 = 1e300: z_h1 = 1e300 has too few digits for sin: …`, of all points of which none of the others tells it
    of more units, or that it is so of other points as well."""
    if found := re.fullmatch(
        r"Only the first and the last of (\d+) points were looked at for z with too few digits\.", text
    ):
        return len(known.rows) == int(found[1]) > MOST_LOOKED_AT
    points, ends = at_points(answer, False), {0, len(known.rows) - 1}
    looked_at = ends if len(points) > MOST_LOOKED_AT else set(range(len(points)))
    alone = {n: one for n, one in enumerate(points) if one and n in looked_at}
    if found := re.fullmatch(AS_WELL, text):
        told, count = points_in(known, "A" + found[1][1:])
        own = [n for n, one in alone.items() if angles.has_too_few(one)]
        return 0 < count < len(own) and all(any(is_point(known, n, one) for n in own) for one in told)
    where, words = where_and_words(text)
    own = {n for n, one in alone.items() if not judged(words, angles.TEMPLATES, one).fault}
    longer = [where_and_words(other)[1] for other in others if other_units(other) > other_units(text)]
    own -= {n for n in own if any(not judged(more, angles.TEMPLATES, alone[n]).fault for more in longer)}
    as_well = ["A" + found[1][1:] for other in others if (found := re.fullmatch(AS_WELL, other))]
    as_well += [where_and_words(other)[0] for other in others if other != text and ": z_" in other]
    elsewhere = [one for said in as_well for one in points_in(known, said)[0]]
    own -= {n for n in own if any(is_point(known, n, one) for one in elsewhere)}
    alike = [points_in(known, where_and_words(other)[0])[1] for other in others if is_alike(other, text)]
    told, count = points_in(known, where)
    assert count <= len(own) <= sum(alike) and bool(told) == (count < len(known.rows)), f"they are {own}"
    return all(any(is_point(known, n, one) for n in own) for one in told)


IN_DOUBT = r"Digits are in doubt at (\d+) points, of which (\d+) were looked at\."
OTHERS_ROUNDED = r"Rounding has left fewer than six right digits of some numbers (at .*) as well\."


def are_rounded(answer: Answer, known: Known, text: str) -> bool:
    """`At w1 = 3: ∂L/∂w1 is 0 as far as 800 digits show: …`, of every point that it names."""
    if doubtful := re.fullmatch(IN_DOUBT, text):
        return len(known.rows) >= int(doubtful[1]) > int(doubtful[2]) > 0
    found = re.fullmatch(OTHERS_ROUNDED, text)
    where, words = ("A" + found[1][1:], "") if found else where_and_words(text)
    told, count = points_in(known, where)
    assert bool(told) == (count < len(known.rows))
    places = [[n for n in range(len(known.rows)) if is_point(known, n, one)] for one in told]
    alone = at_points(answer, False)
    for each in places or [[n] for n in range(len(known.rows))]:
        assert each, "there is no such point"
        if not found and alone[each[0]] is not None:
            claim = judged(rounding.alone(words), rounding.TEMPLATES, alone[each[0]])
            assert not claim.fault, claim.fault
    return True


def other_units(text: str) -> int:
    """How many a sentence on an angle names after the first: so has z_h2."""
    found = re.search(r"\. So (?:has|have) (.*)\.", text)
    names, more = listed(found[1]) if found else ([], 0)
    return len(names) + more


def is_alike(one: str, other: str) -> bool:
    """Whether both are about an angle of one unit and as many others: either may be told of a point."""
    first, second = (re.search(r"z_\S+ = \S+", text) for text in (one, other))
    return bool(first and second and first[0] == second[0]) and other_units(one) == other_units(other)


def where_and_words(text: str) -> tuple[str, str]:
    """`At skips = {"every": 1}`, and what is told of it."""
    where, *words = re.split(r'(?<!"): ', text, maxsplit=1)
    return where, "".join(words)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, mp.mpf)) and not isinstance(value, bool)


def as_given(value: Any) -> Any:
    """A value of a key with numbers that the language takes, in lists and mappings too."""
    if isinstance(value, dict):
        return {key: as_given(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(as_given, value))
    return float(value) if isinstance(value, mp.mpf) else value


def at_points(answer: Answer, is_plain: bool) -> list[Alone | None]:
    """What `compute` knows of the network at every point; None where that is beyond its limits, as more of a point
    than the sweep shows may be."""
    keys, found = list(answer.facts["vary"]), []
    variants = Variants(UNCHANGED.read(answer.spec), tuple(keys), plain=is_plain)
    for row in answer.facts["rows"]:
        if "error" in (row.get("no-skips", {}) if is_plain else row):
            found.append(None)
            continue
        options = {"dps": answer.options.get("dps")}
        values = (row[key] for key in keys)
        network = variants.network(tuple(map(as_given, values)))
        try:
            found.append(Alone.of_computation(computed(network, options), options))
        except LimitError:
            found.append(None)
    return found


class Told(NamedTuple):
    """A sentence about points on kinks: where it says to be true, what it says, and of which units of which kinks."""

    text: str
    where: str
    words: str
    units: set[tuple[str, ...]]

    def may_be_of(self, points: list[Alone | None], there: set[int]) -> set[int]:
        """The points of which it may be true."""
        return {n for n in there if (one := points[n]) and not judged(self.words, kinks.TEMPLATES, one).fault}

    def is_about(self, other: Told) -> bool:
        """Whether both are about a unit on the same kink: which examples stand on it may be a matter of rounding."""
        return bool({one[:2] for one in self.units} & {one[:2] for one in other.units})


def on_kinks(answer: Answer, known: Known, texts: list[str]) -> Iterator[Claim]:
    """That every sentence is true of the points that it tells, and of no others, and that no point is left out."""
    for is_plain in (False, True)[: 1 + ("against" in answer.facts)]:
        points = at_points(answer, is_plain)
        there = {n for n, one in enumerate(points) if one and any("kink" in x for x in one.facts["forward"].values())}
        counted = [found for text in texts if (found := re.fullmatch(SOME_POINTS, text)) and bool(found[3]) == is_plain]
        told = []
        for text in sorted(texts, key=digits_that_show):
            where, words = where_and_words(text)
            if not re.fullmatch(SOME_POINTS, text) and where.startswith("Without skips, ") == is_plain:
                told.append(Told(text, where.removeprefix("Without skips, "), words, kinks.kinks_in(words)))
        of_each = assigned(known, points, there, told)
        for one, own in zip(told, of_each):
            template = judged(one.words, kinks.TEMPLATES, next(filter(None, points))).template
            yield Claim(template, one.text, fault(are_points, known, one.where, own))
        if counted:
            is_so = (int(counted[0][1]), int(counted[0][2])) == (len(there), len(points))
            yield Claim(kinks.TOLD, counted[0][0], "" if is_so else f"they are {there}")
        else:
            union = set[int]().union(*of_each)
            yield Claim(kinks.TOLD, f"{union} stand on kinks", "" if union == there else f"they are {there}")


MOST_WAYS = 2_000
"""Choices of points that are tried."""


def assigned(known: Known, points: list[Alone | None], there: set[int], told: list[Told]) -> list[set[int]]:
    """The points of each sentence, so that every point on a kink is in one, if there are such. Of a point that leaves
    50 powers of ten, or where a join may be smooth, or of which two sentences about one unit may be true, either may be
    meant."""
    may = [one.may_be_of(points, there) for one in told]
    doubtful = [{n for n in own if (at := points[n]) and is_unsure(at, one.words)} for one, own in zip(told, may)]
    for (one, own, doubts), (other, others, its) in combinations(zip(told, may, doubtful), 2):
        if one.is_about(other):
            doubts |= own & others
            its |= own & others

    def ways(place: int, rounded: set[tuple[int, tuple[str, ...]]]) -> Iterator[list[set[int]]]:
        if place == len(told):
            yield []
            return
        one = told[place]
        own = may[place] - {n for n, unit in rounded if unit in one.units}
        some = islice(with_some(known, one.where, own, own & doubtful[place]), MOST_WAYS)
        fitting = [those for those in some if not fault(are_points, known, one.where, those)]
        for those in fitting or [own]:
            for others in ways(place + 1, rounded | set(product(those, one.units))):
                yield [those, *others]

    found = list(islice(ways(0, set()), MOST_WAYS))
    return next((one for one in found if set[int]().union(*one) == there), found[0])


def is_unsure(point: Alone, words: str) -> bool:
    return kinks.is_doubtful(point) or kinks.may_be_smooth(point, words)


def with_some(known: Known, where: str, points: set[int], doubtful: set[int]) -> Iterator[set[int]]:
    """The points with as many of the doubtful ones as a sentence counts; those that it names are the first."""
    listed, count = points_in(known, where)
    sure = points - doubtful
    named = {n for n in doubtful if any(is_point(known, n, values) for values in listed)}
    others = sorted(n for n in doubtful - named if n > max(named | {-1}))
    for own, some in ((sure | named, others), (sure, sorted(doubtful))):
        if len(own) <= count <= len(own) + len(some):
            yield from (own | set(those) for those in combinations(some, count - len(own)))


def digits_that_show(text: str) -> float:
    """That something only rounds to a kink, which more digits show as well; without end where it stands on one, and
    before those where it does to so many digits."""
    if found := re.search(r"--dps (\d+) (?:shows|tells)", text):
        return int(found[1])
    return sys.maxsize if ": To " in text else math.inf


def points_in(known: Known, said: str) -> tuple[list[list[str]], int]:
    """The values of the points that are named, and how many points there are in all."""
    if said.lower() == "at every point":
        return [], len(known.rows)
    texts = known.texts
    for place, text in enumerate(texts):
        said = said.replace(text, f"<{place}>")
    keys, values = re.fullmatch(r"[Aa]t \(?(.*?)\)? = (.*)", said).groups()  # type: ignore[union-attr]
    assert keys.split(", ") == known.keys
    several, more = re.fullmatch(r"(.*?)(?: and (\d+) more)?", values).groups()  # type: ignore[union-attr]
    points = re.findall(r"\((.*?)\)", several) if len(known.keys) > 1 else re.split(", | and ", several)
    named = [[texts[int(v[1:-1])] if v.startswith("<") else v for v in point.split(", ")] for point in points]
    return named, len(points) + int(more or 0)


def are_points(known: Known, said: str, own: set[int]) -> bool:
    points, count = points_in(known, said)
    assert count == len(own) and bool(points) == (count < len(known.rows)), f"they are {own}"
    for point, place in zip(points, sorted(own)):
        assert is_point(known, place, point), f"{known.keys} are {known.rows[place]}"
    return True


def is_point(known: Known, place: int, values: list[str]) -> bool:
    """Whether these are the values of the swept keys there."""
    return all(is_value(known, key, one, known.rows[place][key]) for key, one in zip(known.keys, values))


def is_value(known: Known, key: str, said: str, value: Any) -> bool:
    """Whether a value of a swept key is told, and no other of few could be meant."""
    if not is_number(value):
        return said == written(value)
    others = known.facts["vary"][key] if len(known.rows) <= 100 else [value]
    nearest = min(abs(mp.mpf(said) - other) for other in others if is_number(other))
    return near(said, value, 6, 1e-9) and abs(mp.mpf(said) - value) <= nearest


INTO_LAST = r"(At .*) a skip adds to the output of (\S+)\."


def is_into_last(answer: Answer, known: Known, where: str, node: str) -> bool:
    """That the network of those points, and of no others, has a skip into the output of its last layer."""
    variants, own = Variants(UNCHANGED.read(answer.spec), tuple(known.keys)), set()
    for place, row in enumerate(known.rows):
        with suppress(GradcalcError):
            last = variants.network([as_given(row[key]) for key in known.keys]).layers[-1]
            own |= {place} if last.into_output and last.name == node else set()
    return are_points(known, where, own)


def zero_points(known: Known) -> set[int]:
    """Where some column is 0."""
    columns = [known.read(column) for column in known.facts["show"]]
    return {place for place in range(len(known.rows)) if any(column[place] == 0 for column in columns)}


def rounds(known: Known, where: str, name: str, difference: str | None) -> bool:
    """That something is 0 at each of those points, of which there is one where y − t is told."""
    points, count = points_in(known, where)
    zeros = zero_points(known)
    assert count <= len(zeros) and (difference is None or count == 1), f"zeros are {zeros}"
    return all(any(is_point(known, place, point) for place in zeros) for point in points)


def are_missing(known: Known, names: str, where: str) -> bool:
    """That these columns of theory have no value at these points, which did not fail, and one at the others."""
    for name in listed(names)[0]:
        own = {place for place, row in enumerate(known.rows) if row.get(name) is None and "error" not in row}
        assert are_points(known, where.replace("any", "every"), own)
    return True


SOME_POINTS = r"(\d+) of (\d+) points stand on kinks( without skips)?\."
NAME = r"(?:\||‖)∂L/∂(\S+?)(?:\||‖)"
EXTREMES = rf"(?:(.*?) )?is largest, {SIZE}, (at .*) and smallest, {SIZE}, (at .*)"
OTHERS: dict[str, Template] = {
    "extremes": (r"(.* is largest, .*)\.", extremes),
    "signs": (r"(.* (?:changes sign between|is negative at) .*)\.", signs),
    "bound": (rf"Bound / {NAME}: (.*)\.", departs("bound")),
    "mean field": (rf"{NAME} / mean-field value: (.*)\.", departs("mean_field")),
    "blocks": (r"Blocks on a path of ∂L/∂(\S+), measured / expected: (.*)\.", departs("binomial")),
    "rounds to its target": (
        r"(At .*): (\S+) (?:rounds to its target|is its target only|rounds to 0) "
        r"(?:in float64|with \d+ decimal digits)( \(.*?\))?(?:; --dps \d+ shows .*)?\.",
        rounds,
    ),
    "of many points": (
        r"Of (\d+) points with a value of 0 the first and the last were looked at for such rounding\.",
        lambda known, count: len(zero_points(known)) == int(count) > 24,
    ),
    "missing": (r"(.+) (?:has|have) no value (at .*): (?:it takes|they take) .*\.", are_missing),
    "failed": (r"(\d+) of (\d+) points could not be computed( without skips)?: .*\.", failed),
    "theory": (
        r"(?:The bound is|Mean-field theory multiplies|Expected number of blocks) .*",
        lambda known: any(
            name.partition(":")[0] in ("bound", "mean_field", "binomial") for name in known.facts["show"]
        ),
    ),
}
LEGENDS: dict[str, Template] = {
    "not evenly spaced": (r"Points are not evenly spaced in (.*?)\.", lambda known, keys: uneven(known) == keys),
    "paths of examples": (
        r"The number of paths is that of each of (\d+) examples, over which contributions are summed for a share; "
        r"Σ\|contribution\|, cancellation, entropy and effective number are over the paths of all examples\.",
        are_of_paths,
    ),
    "a dot": (r"·: (no value or 0|no value|0)\.", lambda known, what: has_gap(known, what)),
}
MORE = ("an angle at points", "rounding at points", "table", "summary", "skip into the last", *LEGENDS, *kinks.MORE)


def uneven(known: Known) -> str:
    found = []
    for key, values in known.facts["vary"].items():
        numbers = [mp.mpf(x) for x in values if is_number(x)]
        steps = [after - before for before, after in zip(numbers, numbers[1:])]
        if steps and len(numbers) == len(values) and max(steps) - min(steps) > 1e-6 * max(map(abs, steps)):
            found.append(key)
    return " and ".join(found)


def has_gap(known: Known, what: str) -> bool:
    """Whether some point has no value, or one that no float64 holds, or 0."""
    values = [value for one in (known, known.other) for name in known.facts["show"] for value in raw(one, name)]
    read = [value for one in (known, known.other) for name in known.facts["show"] for value in one.read(name)]
    missing, zero = any(value is None or abs(value) > 1e300 for value in values), 0 in read
    return {"no value": missing, "0": zero, "no value or 0": missing and zero}[what]


def claims(answer: Answer) -> Iterator[Claim]:
    """Every claim of a page of `sweep`."""
    known, about_kinks = Known(answer), []
    texts = list(notes(answer.blocks))
    of_digits = list(on_digits(answer, known, [text for _, text in texts]))
    yield from of_digits
    judged_already = {claim.text for claim in of_digits}
    for kind, text in (one for one in texts if one[1] not in judged_already):
        if kinks.is_of_kink(where_and_words(text)[1]) or re.fullmatch(SOME_POINTS, text):
            about_kinks.append(text)
        elif kind == "legend":
            for sentence in re.split(r"(?<=\.) ", text):
                yield judged(sentence, LEGENDS, known)
        elif found := re.fullmatch(INTO_LAST, text):
            yield Claim("skip into the last", text, fault(is_into_last, answer, known, *found.groups()))
        elif any(re.fullmatch(pattern, text) for pattern, _ in OTHERS.values()):
            yield judged(text, OTHERS, known)
        else:
            yield from courses(known, text)
    yield from on_kinks(answer, known, about_kinks)
    for block in answer.blocks:
        if isinstance(block, Table) and block.columns[0].name in known.keys and len(block.rows) == len(known.rows):
            yield Claim("table", block.title or "points", fault(is_table, known, block))
    if answer.options.get("summary"):
        yield Claim("summary", "", fault(is_summary, answer, known))


def on_digits(answer: Answer, known: Known, texts: Sequence[str]) -> Iterator[Claim]:
    """Those on large angles, and on what rounding has left."""
    of_angles = [text for text in texts if " too few digits" in text]
    yield from (
        Claim("an angle at points", text, fault(are_angles, answer, known, text, of_angles)) for text in of_angles
    )
    for text in texts:
        if rounding.is_of_rounding(where_and_words(text)[1]) or re.fullmatch(f"{OTHERS_ROUNDED}|{IN_DOUBT}", text):
            yield Claim("rounding at points", text, fault(are_rounded, answer, known, text))


def courses(known: Known, text: str) -> Iterator[Claim]:
    """`|∂L/∂w1| falls by …; without skips it falls by …`"""
    for part in text.rstrip(".").split("; "):
        without = part.startswith("without skips it ")
        said = part.removeprefix("without skips it ")
        subject, rest = (
            ("", said) if without else re.fullmatch(r"(.*?) ((?:falls|grows|is|ranges|has|changes) .*)", said).groups()
        )  # type: ignore[union-attr]
        claim = judged(rest, TEMPLATES, known.other if without else known)
        if not without and not known.is_named(subject):
            claim = claim._replace(fault=f"{subject} is not {known.drawn}")
        yield claim._replace(text=part)


def is_table(known: Known, table: Table) -> bool:
    """The cells of the first columns, by their headings' order, are the rows' values."""
    names = [column.like for column in table.columns]
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name not in known.facts["show"]:
            continue
        one = known.other if seen.get(name) else known
        seen[name] = 1
        for row, value in zip(table.rows, raw(one, name)):
            cell = row[place]
            if value is None:
                assert cell is None or (isinstance(cell, Percent) and cell.share is None), f"{name}: {cell}"
            else:
                number = mp.mpf(str(cell.share if isinstance(cell, Percent) else cell))
                assert abs(number - value) <= 1e-12 * abs(value), f"{name}: {cell} is not {value}"
    return True


def raw(known: Known, column: str) -> list[Any]:
    sides: list[Mapping[str, Any]] = [row.get("no-skips", {}) if known.plain else row for row in known.rows]
    values = [side.get(column) for side in sides]
    return [None if value is None else norm(value) if isinstance(value, list) else mp.mpf(value) for value in values]


def is_summary(answer: Answer, known: Known) -> bool:
    """Means, and quantiles between the least and the largest value."""
    for found in strict_json(printed(answer.report))["summary"]:
        column = found["column"]
        one = known.other if column.startswith("no-skips.") else known
        keys = {key: found[key] for key in known.keys[:-1]}
        picked = [all(row[key] == value for key, value in keys.items()) for row in known.rows]
        values = [v for v, is_in in zip(raw(one, column.removeprefix("no-skips.")), picked) if is_in and v is not None]
        assert found["count"] == len(values), f"{column}: {found['count']}"
        mean = mp.fsum(values) / len(values)
        assert abs(mp.mpf(found["mean"]) - mean) <= 1e-9 * max(map(abs, values)), f"mean of {column}"
        cuts = [mp.mpf(cut) for cut in found["quantiles"].values()]
        slack = 1e-12 * max(map(abs, values))
        assert min(values) - slack <= cuts[0] and cuts == sorted(cuts) and cuts[-1] <= max(values) + slack
    return True
