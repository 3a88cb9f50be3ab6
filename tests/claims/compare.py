"""What `compare` says, against its JSON and that of `compute` for each of the networks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from claims import angles, kinks, rounding, zeros
from claims.claim import (
    NUMBER,
    SHARE,
    Answer,
    Claim,
    Template,
    fault,
    flat,
    is_factor,
    is_percent,
    judged,
    listed,
    near,
    norm,
    notes,
)
from claims.courses import COURSES, FACTORS, Course, factors
from claims.known import Known as Alone
from claims.known import computed
from claims.structure import steps
from mpmath import mp

from gradcalc.analysis.comparison import NamedNetwork
from gradcalc.cli.options import UNCHANGED
from gradcalc.parallel.networks_compared import networks_to_compare


class Known:
    """The JSON of a comparison, and of each network by itself."""

    def __init__(self, answer: Answer) -> None:
        options = answer.options
        self.facts, self.options = answer.facts, options
        sources: Sequence[Any] = options.get("sources") or [answer.spec]
        self.named: Sequence[NamedNetwork] = networks_to_compare(sources, UNCHANGED, options.get("vary") or ()).networks

    @cached_property
    def alone(self) -> list[Alone]:
        found = []
        for place, one in enumerate(self.named):
            wrt = [name for name in self.options.get("wrt") or () if name in self.gradients(place)]
            options = {"wrt": wrt, "dps": self.options.get("dps")}
            found.append(Alone.of_computation(computed(one.network, options), options))
        return found

    def is_in(self, told: str, place: int) -> bool:
        """Whether a network is among those of `both networks`, `w1=0 and w1=1`."""
        shorts = [one.short for one in self.named]
        if told == ("both networks" if len(shorts) == 2 else f"all {len(shorts)} networks"):
            return True
        names, more = self.shorts(told)
        assert len(names) + more < len(shorts)
        return shorts[place] in names

    def shorts(self, told: str) -> tuple[list[str], int]:
        """The networks of a list, whose names may hold commas themselves, and how many more there are."""
        known = sorted((one.short for one in self.named), key=len, reverse=True)
        for place, short in enumerate(known):
            told = told.replace(short, f"<{place}>")
        names, more = listed(told)
        return [known[int(name[1:-1])] for name in names], more

    @cached_property
    def sides(self) -> tuple[int, int]:
        """Where the network with skips is, and the one without."""
        found = [any(layer.skips for layer in one.network.layers) for one in self.named]
        assert sorted(found) == [False, True], "not one has skips and the other none"
        return found.index(True), found.index(False)

    def gradients(self, place: int) -> dict[str, Any]:
        return dict(self.facts["networks"][place]["gradients"])

    def place(self, short: str) -> int:
        shorts = [one.short for one in self.named]
        assert short in shorts, f"no network {short}"
        return shorts.index(short)

    def size(self, place: int, name: str) -> Any:
        return norm(self.gradients(place)[name])

    def value(self, place: int, name: str) -> Any:
        """Itself, or the norm of a matrix."""
        found = self.gradients(place)[name]
        return norm(found) if isinstance(found, list) else mp.mpf(found)

    def course(self, place: int, bars: str | None) -> Course:
        networks = [one.network for one in self.named]
        wide = any(one.batch or any(layer.width > 1 for layer in one.layers) for one in networks)
        assert bars is None or (bars == "‖") == wide
        backward = self.alone[place].facts["backward"]
        return Course({name: norm(node["delta"]) for name, node in backward.items() if "delta" in node})


# What skips change.


def values(known: Known, bars: str, name: str, without: str, given: str, turned: str | None = None) -> bool:
    ours = tuple(known.value(place, name) for place in known.sides)
    assert (bars == "‖") == isinstance(known.gradients(0)[name], list)
    assert (without == "0") == (not ours[1]) and (given == "0") == (not ours[0])
    assert near(given, ours[0], 6) and near(without, ours[1], 6)
    return (ours[0] * ours[1] < 0) == bool(turned)


def changed(known: Known, which: str, name: str, times: str, *rest: str) -> bool:
    given, plain = known.sides
    ratio = known.size(given, name) / known.size(plain, name)
    assert name == rest[1]
    return near(times, ratio if which == "With" else 1 / ratio, 4, 1e-9) and values(known, *rest)


def nearly(known: Known, name: str, part: str, *rest: str) -> bool:
    given, plain = known.sides
    differs = 100 * abs(known.size(given, name) / known.size(plain, name) - 1)
    assert differs < 0.1 if part == "less than 0.1" else near(part, differs, 2, 1e-6)
    return values(known, *rest)


def same(known: Known, name: str, value: str) -> bool:
    return all(near(value, known.value(place, name), 6) for place in known.sides)


# Paths.


def of_paths(known: Known, name: str, short: str, count: str, description: str | None, share: str | None,
             others: str | None) -> bool:  # fmt: skip
    alone = known.alone[known.place(short)]
    top, gradient = alone.paths(name), flat(known.gradients(known.place(short))[name])
    assert alone.facts["paths"][name]["count"] == int(count) and any(gradient)
    if share is None or len(top) < int(count) or is_rounding(known, known.place(short), name):
        return True
    scale = max(map(abs, gradient))
    square = mp.fsum((one / scale) ** 2 for one in gradient)
    largest = max(norm(path["contribution"]) for path in top)
    assert sum(norm(path["contribution"]) == largest for path in top) == 1, "there are others as large"
    for path in top:
        if norm(path["contribution"]) < largest * (1 - mp.mpf(10) ** -9):
            continue
        own = mp.fsum(a / scale * (b / scale) for a, b in zip(flat(path["contribution"]), gradient)) / square
        told = is_percent(share, own) and (others is None or is_percent(others, 1 - own, 1e-6))
        if told and not fault(is_described, alone, path, str(description)):
            return True
    return is_lost(alone, name)


def is_lost(alone: Alone, name: str) -> bool:
    """Whether terms cancel so far that nothing of a gradient is right: with 60 digits it is another."""
    found = Alone.of_computation(computed(alone.network, {"dps": 60}), {"dps": 60}).facts["gradients"][name]
    one = flat(alone.facts["gradients"][name])
    return bool(norm([a - b for a, b in zip(one, flat(found))]) > norm(one) / 2)


def is_described(alone: Alone, path: dict[str, Any], said: str) -> bool:
    taken = steps(alone.network, path)
    skips = [(source, target) for source, target, is_skip in taken or () if is_skip]
    if one := re.fullmatch(r"through the skip (\S+) → (\S+)", said):
        return skips == [one.groups()] if taken is not None else one.groups() in pairwise(path["nodes"])
    if several := re.fullmatch(r"through (\d+) skips", said):
        return taken is not None and len(skips) == int(several[1])
    use, tied, rest = said.rpartition(": ")
    assert not tied or use == path.get("at"), "it is of another use"
    nodes, _, through = rest.partition(" through ")
    ends = nodes.split(" → ")
    assert ends in (list(path["nodes"]), [path["nodes"][0], "…", path["nodes"][-1]]), "it has other nodes"
    if through and through != "no skip":
        told, more = listed(through)
        return path["through"][: len(told)] == told and len(path["through"]) == len(told) + more
    assert ("…" in ends) == bool(through), "another path may be called so"
    return bool(taken is not None and not skips)


def contributions(known: Known, name: str, count: int | None = None) -> Iterator[list[Any]]:
    for alone in known.alone:
        if name in alone.facts["paths"]:
            top = alone.paths(name)
            if len(top) == alone.facts["paths"][name]["count"] and count in (None, len(top)):
                yield [flat(path["contribution"])[0] for path in top if len(flat(path["contribution"])) == 1]


def equal_paths(known: Known, name: str, short: str, count: str, those: str | None, share: str) -> bool:
    """Each of two has half of the gradient, whatever its entries; or of several, as large as the largest and all that
    are, its part of it."""
    place = known.place(short)
    alone, gradient = known.alone[place], flat(known.alone[place].facts["gradients"][name])
    top, paths = alone.paths(name), alone.facts["paths"][name]["count"]
    largest, scale = max(norm(path["contribution"]) for path in top), max(map(abs, gradient))
    sure, equal = (
        [flat(one["contribution"]) for one in top if norm(one["contribution"]) >= largest * (1 - off)]
        for off in (1e-13, 1e-9)  # between which they may be equal but for rounding
    )
    equal, told = ([flat(one["contribution"]) for one in top] if paths == 2 else equal), {None: count, "two": "2"}
    number = int(told.get(those, str(those)))
    assert paths == int(count) and number > 1 and len(sure) <= number <= len(equal)
    assert (those is None) == (number == paths)
    assert paths == 2 or all(norm([a - b for a, b in zip(one, equal[0])]) <= 1e-9 * largest for one in equal)
    if is_rounding(known, place, name):
        return True
    *parts, whole = ([number / scale for number in value] for value in (*equal, gradient))
    shares = (mp.fsum(a * b for a, b in zip(one, whole)) / mp.fsum(a * a for a in whole) for one in parts)
    return all(is_percent(share, one) for one in shares)


def outputs(known: Known, bars: str, at_first: str, first: str, at_last: str, last: str, weight: str | None,
            delta: str | None, output: str | None) -> bool:  # fmt: skip
    """Without skips δ vanishes, and so does the output from the first to the last hidden layer."""
    plain = known.sides[1]
    facts, course = known.alone[plain].facts, known.course(plain, bars)
    assert (last, first) == (course.nodes[1], course.nodes[-1]) and ": it vanishes" in course.fates
    sizes = [norm(facts["forward"][name]["output"]) for name in (first, last)]
    assert sizes[1] <= sizes[0] / 1000 * (1 + mp.mpf(10) ** -9)
    if weight is not None:
        ends = facts["backward"][course.nodes[0]]["delta"], facts["forward"][last]["output"]
        assert near(str(delta), ends[0], 3, 1e-9) and near(str(output), ends[1], 3, 1e-9)
        value = facts["gradients"].get(weight)
        product = mp.mpf(ends[0]) * ends[1]
        assert value is None or abs(product - value) <= mp.mpf(10) ** -9 * abs(product)
    return near(at_first, sizes[0], 3, 1e-9) and near(at_last, sizes[1], 3, 1e-9)


def output_with(known: Known, bars: str, last: str, size: str) -> bool:
    return near(size, norm(known.alone[known.sides[0]].facts["forward"][last]["output"]), 3, 1e-9)


def is_rounding(known: Known, place: int, name: str) -> bool:
    """Whether terms cancel to rounding, of which `compare` and `compute` know different numbers."""
    one, other = flat(known.gradients(place)[name]), flat(known.alone[place].facts["gradients"][name])
    return bool(norm([a - b for a, b in zip(one, other)]) > 1e-6 * norm(one))


def cancel(known: Known, name: str, examples: str | None, how: str, times: str) -> bool:
    assert int(examples or 1) in {one.network.examples for one in known.named}
    if any(name in known.gradients(place) and is_rounding(known, place, name) for place in range(len(known.named))):
        return True
    for alone in (one for one in known.alone if name in one.facts["paths"]):
        top, gradient = alone.paths(name), flat(alone.facts["gradients"][name])
        pair = [flat(path["contribution"])[0] for path in top]
        if len(pair) == alone.facts["paths"][name]["count"] == 2 and len(gradient) == 1 and gradient[0]:
            ratio = mp.fsum(map(abs, pair)) / abs(gradient[0])
            signs = pair[0] * pair[1] < 0
            if signs and near(times, ratio, 4, 1e-6) and (how == "nearly") == (ratio >= 10):
                return True
    return False


def both_signs(known: Known, name: str) -> bool:
    lists = list(contributions(known, name))
    there = sum(name in alone.facts["paths"] for alone in known.alone)
    return any(min(numbers, default=0) < 0 < max(numbers, default=0) for numbers in lists) or len(lists) < there


# Layers.


def of_network(check: Callable[..., bool]) -> Callable[..., bool]:
    return lambda known, short, bars, *said: check(known.course(known.place(short), bars), *said)


def without_skips(check: Callable[..., bool]) -> Callable[..., bool]:
    return lambda known, bars, *said: check(known.course(known.sides[1], bars), *said)


def with_skips(check: Callable[..., bool]) -> Callable[..., bool]:
    return lambda known, *said: check(known.course(known.sides[0], None), *said)


def as_well(known: Known, verb: str, sign: str, factor: str, fate: str | None, how: str) -> bool:
    given, plain = (known.course(place, None) for place in known.sides)
    way = -1 if verb == "falls" else 1
    assert given.log10_rate * way > 0 < plain.log10_rate * way and (sign == "÷") == (way < 0)
    order = abs(given.log10_rate) - abs(plain.log10_rate)
    if fate is not None:
        assert fate == ("vanishes" if way < 0 else "explodes") and f": it {fate}" in given.fates & plain.fates
    assert {"more slowly": order < 0, "faster": order > 0, "as well": abs(order) < 0.05}[how]
    return is_factor(factor, given.log10_rate)


# Several networks.


def extremes(known: Known, bars: str, name: str, most: str, largest: str, least: str, rest: str) -> bool:
    sizes = {one.short: known.size(place, name) for place, one in enumerate(known.named)}
    return are_extremes(known, sizes, dict.fromkeys(sizes, name), most, largest, least, rest)


def extremes_of_rows(known: Known, told: str, most: str, largest: str, least: str, rest: str) -> bool:
    pairs, more = listed(told)
    names = {short: found for found, short in (re.fullmatch(r"∂L/∂(\S+) in (.*)", pair).groups() for pair in pairs)}  # type: ignore[union-attr]
    if more:
        return True
    sizes = {short: known.size(known.place(short), name) for short, name in names.items()}
    return are_extremes(known, sizes, names, most, largest, least, rest)


def are_extremes(known: Known, sizes: dict[str, Any], names: dict[str, str], most: str, largest: str, least: str,
                 rest: str) -> bool:  # fmt: skip
    high, low = max(sizes.values()), min(sizes.values())
    for said, extreme in ((most, high), (least, low)):
        told, more = known.shorts(said)
        found = [short for short, size in sizes.items() if abs(size - extreme) <= 1e-9 * extreme]
        assert set(told) <= set(found) and (more or len(told) <= len(found)), f"of {said}"
    first = known.shorts(most)[0][0]
    assert near(largest, known.value(known.place(first), names[first]), 6)
    if rest == "(0)":
        return not low
    smallest, _, by = rest.removeprefix("(").partition("): ")
    last = known.shorts(least)[0][0]
    assert near(smallest, known.value(known.place(last), names[last]), 6)
    return high / low < 1.0101 if by.startswith("they") else near(by.removeprefix("a factor of "), high / low, 4, 1e-9)


def exact_zeros(known: Known, where: str, told: str) -> bool:
    """In each of these networks they are the gradients that are 0, each for the reason that is told."""
    places = [place for place in range(len(known.named)) if known.is_in(where, place)]
    unknown = ", for which no single reason is known"
    told, more = re.fullmatch(r"(.*?)(?:; and (\d+) more)?", told).groups()  # type: ignore[union-attr]
    for place in places:
        expected = [f"∂L/∂{name}" for name, size in known.facts["networks"][place]["log10"].items() if size is None]
        count = int(more or 0)
        for part in re.split("; (?=∂L/∂)", told):
            names, _, why = part.partition(" because ")
            assert bool(why) != names.endswith(unknown), f"{part}: reads as if it had the reason of others"
            names = names.removesuffix(unknown)
            shown, hidden = listed(names)
            assert set(shown) <= set(expected), part
            count += len(shown) + hidden
            for label in shown if why else ():
                assert not (found := reason(known.alone[place], label, why)), f"{label} because {why}: {found}"
        assert count == len(expected), f"they are {expected}"
    return True


def reason(alone: Alone, label: str, why: str) -> str:
    if not why.startswith("its paths cancel "):
        return zeros.zero_claim(alone, label, why.removeprefix("there is "), []).fault
    cancel = any(any(flat(path["contribution"])) for path in alone.paths(label.partition("/∂")[2]))
    return "" if cancel else "they are 0"


def all_same(known: Known, subject: str, where: str) -> bool:
    first = known.gradients(0)
    assert all(known.is_in(where, place) and known.gradients(place) == first for place in range(len(known.named)))
    parameters = {parameter.name for parameter in known.named[0].network.parameters}
    expected = "Every gradient" if parameters <= set(first) else "Each of these gradients"
    return subject == (expected if len(first) > 1 else f"∂L/∂{next(iter(first))}")


def same_size(known: Known, name: str, where: str, value: str) -> bool:
    places = [place for place in range(len(known.named)) if known.is_in(where, place)]
    return len(places) == len(known.named) and all(near(value, known.size(place, name), 6) for place in places)


# Theory.


def theory(known: Known, short: str, kind: str, name: str | None = None) -> dict[str, Any]:
    network = known.named[known.place(short)].name
    found = [one for one in known.facts["theory"] if one["network"] == network and kind in one["theory"]]
    assert found, f"no theory of {network} in JSON"
    return next(one for one in found if name is None or one["of"] == name)


def bound(known: Known, short: str, bars: str, name: str, expected: str, measured: str, part: str | None) -> bool:
    fact = theory(known, short, "bound", name)
    size = known.size(known.place(short), name)
    assert near(expected, fact["expected"], 4) and near(measured, size, 4, 1e-9)
    assert size <= mp.mpf(fact["expected"]) * (1 + mp.mpf(10) ** -9), "the bound is exceeded"
    if part is None:
        return mp.mpf(fact["expected"]) / size < 1.0006
    return near(part, mp.mpf(fact["expected"]) / size, 4, 1e-9)


def bound_of_0(known: Known, short: str, bars: str, name: str, expected: str) -> bool:
    return near(expected, theory(known, short, "bound", name)["expected"], 4) and not known.size(
        known.place(short), name
    )


def mean_field(known: Known, short: str, sign: str, expected: str, chi: str, how: str, measured_sign: str,
               measured: str) -> bool:  # fmt: skip
    fact, course = theory(known, short, "mean"), known.course(known.place(short), None)
    power = mp.mpf(fact["expected"])
    assert is_factor(expected, power, 4) and (sign == "÷") == (power < 0)
    assert near(chi, fact["chi"], 3)
    critical = abs(mp.mpf(fact["chi"]) - 1) < 0.01
    assert how == (
        "near 1: critical" if critical else "below 1: vanishing" if fact["chi"] < 1 else "above 1: exploding"
    )
    assert (measured_sign == "÷") == (course.log10_rate < 0)
    if "about" in measured:
        return is_factor(measured, course.log10_rate)
    return near(measured, mp.mpf(10) ** abs(course.log10_rate), 4, 1e-6)


def blocks(known: Known, short: str, name: str, count: str, fraction: str, expected: str, measured: str) -> bool:
    fact = theory(known, short, "binomial", name)
    n, f = int(count), mp.mpf(fact["fraction"])
    assert fact["blocks"] == n and near(fraction, f, 3) and near(expected, n * f / (1 + f), 4, 1e-6)
    alone = known.alone[known.place(short)]
    top = alone.paths(name)
    assert alone.facts["paths"][name]["count"] == 2**n
    return near(measured, fact["measured"], 4) and len(top) <= 2**n


def begins(known: Known, name: str, met: str, skips: str) -> bool:
    networks = [one.network for one in known.named]
    counts = [sum(len(layer.into_preactivation) + len(layer.into_output) for layer in one.layers) for one in networks]
    return int(met) < int(skips) and int(skips) in counts


SKIPS = r"(?:the skip|skips)"
SIZE = r"(?:\||‖)∂L/∂(\S+?)(?:\||‖)"
WITH = rf"(‖?)∂L/∂(\S+?)‖? is {NUMBER} without (?:it|them|the skip|skips) and {NUMBER} with (?:it|them)(, of opposite "
WITH += r"sign)?\."
FACTOR = rf"([÷×]) ({NUMBER[1:-1]}|about \S+)"
TEMPLATES: dict[str, Template] = {
    "times as large": (rf"(With|Without) {SKIPS} {SIZE} is {NUMBER} times as large: {WITH}", changed),
    "differs by less": (
        rf"With and without {SKIPS} {SIZE} differs by (less than 0\.1|{NUMBER[1:-1]}) %: {WITH}",
        nearly,
    ),
    "with and without": (WITH, values),
    "the same": (rf"‖?∂L/∂(\S+?)‖? is {NUMBER} with and without {SKIPS}\.", same),
    "sum of paths": (
        rf"∂L/∂(\S+) in (.+?) is the sum of (\d+) paths(?:; the largest, (.*), contributes {SHARE}(?: and (?:the "
        rf"others together|the other path) {SHARE})?)?\.",
        of_paths,
    ),
    "equal paths": (
        rf"∂L/∂(\S+) in (.+?) is the sum of (\d+) paths; (?:they|the (two|\d+) largest) contribute {SHARE} each\.",
        equal_paths,
    ),
    "gradient of a weight": (
        r"The gradient of a weight is δ of its layer times the output before it\.",
        lambda known: ": it vanishes" in known.course(known.sides[1], None).fates,
    ),
    "factors": (rf"Without {SKIPS} {FACTORS}\.", lambda known, *said: factors(known.alone[known.sides[1]], *said)),
    "factors in a network": (
        rf"In (.+?) {FACTORS}\.",
        lambda known, short, *said: factors(known.alone[known.place(short)], *said),
    ),
    "outputs": (
        rf"Without {SKIPS} (\||‖)output[|‖] falls as well, from {NUMBER} at (\S+) to {NUMBER} at (\S+?)"
        rf"(?:: ∂L/∂(\S+) is {NUMBER} × {NUMBER})?\.",
        outputs,
    ),
    "output with skips": (rf"With {SKIPS} (\||‖)output[|‖] at (\S+) is {NUMBER}\.", output_with),
    "two paths cancel": (
        r"The two paths of ∂L/∂(\S+?)(?:, each summed over (\d+) examples,)? have opposite signs and "
        r"(nearly|partly) cancel: the sum of their magnitudes is "
        rf"{NUMBER} × \|∂L/∂\S+\|\.",
        cancel,
    ),
    "both signs": (r"The contributions to ∂L/∂(\S+) have both signs\.", both_signs),
    "as well": (
        rf"With {SKIPS} it (falls|grows) by {FACTOR} per layer(?:: it (vanishes|explodes))? "
        r"(more slowly|faster|as well)\.",
        as_well,
    ),
    **{
        f"{start} δ {name}": (rf"{pattern} {course}\.", of(check))
        for start, pattern, of in (
            ("in a network", r"In (.+?) (\||‖)δ[|‖]", of_network),
            ("without skips", rf"Without {SKIPS} (\||‖)δ[|‖]", without_skips),
            ("with skips", rf"With {SKIPS} it", with_skips),
        )
        for name, (course, check) in COURSES.items()
    },
    "extremes": (
        rf"([|‖])∂L/∂(\S+?)[|‖] is largest in (.*) \({NUMBER}\) and smallest in (.*?) "
        r"(\((?:0\)|-?[\d.e-]+\): .*))\.",
        extremes,
    ),
    "extremes of rows": (
        rf"Of (.*) the largest in magnitude is in (.*) \({NUMBER}\) and the smallest in (.*?) "
        r"(\((?:0\)|-?[\d.e-]+\): .*))\.",
        extremes_of_rows,
    ),
    "0": (r"0 in (.*?): (∂L/∂.*)\.", exact_zeros),
    "all the same": (r"(Every gradient|Each of these gradients|∂L/∂\S+) is the same in (.*)\.", all_same),
    "the same in all": (rf"{SIZE} is the same in (.*): {NUMBER}\.", same_size),
}
OTHERS: dict[str, Template] = {
    "bound": (
        rf"(.+?): ([|‖])∂L/∂(\S+?)[|‖] is at most {NUMBER} \(the sum over its paths of ∏\|w\|·max\|σ′\|, times "
        rf"\|∂L/∂output\| and the input\); measured: {NUMBER}, (?:the bound itself|1/{NUMBER} of the bound)\.",
        bound,
    ),
    "bound of 0": (
        rf"(.+?): ([|‖])∂L/∂(\S+?)[|‖] is at most {NUMBER} \(the sum over its paths of ∏\|w\|·max\|σ′\|, times "
        r"\|∂L/∂output\| and the input\); measured: 0\.",
        bound_of_0,
    ),
    "mean field": (
        rf"(.+?): mean-field theory predicts that ‖δ‖ changes by {FACTOR} per layer, from χ = σ_w²·E\[σ′\(z\)²\] of "
        rf"each layer, whose median is {NUMBER} \((.*)\); measured: {FACTOR} \(geometric mean\)\.",
        mean_field,
    ),
    "blocks": (
        r"(.+?), paths of [|‖]?∂L/∂(\S+?)[|‖]?: Each of (\d+) blocks is passed or skipped: 2[\S]* paths\. Passing a "
        rf"block multiplies a contribution by f = {NUMBER} \(geometric mean, measured\)\. If blocks were alike, the "
        rf"mean number passed would be n·f/\(1 \+ f\) = {NUMBER}; measured: {NUMBER}\.",
        blocks,
    ),
    "own layer": (
        r"Paths of [|‖]?∂L/∂(\S+?)[|‖]? begin at its own layer, so they meet (\d+) of the network's (\d+) skips\.",
        begins,
    ),
    "no theory": (
        r"No theory applies: bounds are for networks with few units .*",
        lambda known: not known.facts["theory"],
    ),
    "sources": (r"Sources\. .*", lambda known: bool(known.facts["theory"])),
}
OF_DIGITS = {**rounding.TEMPLATES, **angles.TEMPLATES}
MORE = ("ratios", *kinks.MORE, *OF_DIGITS)


def claims(answer: Answer) -> Iterator[Claim]:
    """Every claim of a page of `compare`."""
    known = Known(answer)
    yield Claim("ratios", str(answer.facts["ratios"])[:80], "" if are_ratios(known) else "they are others")
    texts = [text for kind, text in notes(answer.blocks) if kind != "legend"]
    told = [said for text in texts if (said := in_networks(text, kinks.is_of_kink)) is not None]
    for place, alone in enumerate(known.alone):
        yield from kinks.claims(alone, [text for where, text in told if known.is_in(where, place)])
    for text in texts:
        if in_networks(text, kinks.is_of_kink) is not None:
            continue
        if (said := in_networks(text, is_of_digits)) is not None:
            where, found = said
            those = [alone for place, alone in enumerate(known.alone) if known.is_in(where, place)]
            yield from (judged(rounding.alone(found), OF_DIGITS, alone) for alone in those)
            continue
        if any(re.fullmatch(pattern, text) for pattern, _ in OTHERS.values()):
            yield judged(text, OTHERS, known)
        else:
            text = re.sub("^In (.+?) ([|‖].*); each", r"In \1 \2. In \1 each", text)
            for sentence in re.split(r"(?<=\.) (?=[A-Z∂‖|])", text):
                yield judged(sentence, TEMPLATES, known)


def in_networks(text: str, is_told: Callable[[str], bool]) -> tuple[str, str] | None:
    """Of which networks, whose names may hold colons, a sentence of a kind is told, and the sentence."""
    parts = text.removeprefix("In ").split(": ")
    pairs = [(": ".join(parts[:end]), ": ".join(parts[end:])) for end in range(len(parts) - 1, 0, -1)]
    return next((pair for pair in pairs if text.startswith("In ") and is_told(pair[1])), None)


def is_of_digits(text: str) -> bool:
    return rounding.is_of_rounding(text) or angles.is_of_angle(text)


def are_ratios(known: Known) -> bool:
    """Of the norm in the first network by that in each."""
    for name, row in known.facts["ratios"].items():
        for place, ratio in enumerate(row):
            there = name in known.gradients(0) and name in known.gradients(place) and known.size(place, name)
            if bool(there) != (ratio is not None):
                return False
            if there and abs(mp.mpf(ratio) - known.size(0, name) / there) > 1e-9 * abs(mp.mpf(ratio)):
                return False
    return True
