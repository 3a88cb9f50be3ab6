"""Every sentence of `compare`, on random networks, against the JSON of `compare` and `compute`.

What is claimed is computed anew from gradients, adjoints and listed paths; a sentence that is not known here fails.
Numbers are claimed to the digits that are printed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp
from strategies import SMALL, chains, specs

from gradcalc import language
from gradcalc.analysis.comparison import Comparison, NamedNetwork, compare
from gradcalc.analysis.computation import compute
from gradcalc.errors import DomainError, LimitError
from gradcalc.language.document import without_skips
from gradcalc.report.report import Note, Style, format_module
from gradcalc.report.text import words
from gradcalc.views.compare_page import report
from gradcalc.views.compute_page import report as report_of_compute

N = r"(-?[\d.]+(?:e-?\d+)?|exactly 0)"
SKIPS = r"(?:the skip|skips)"
OF = r"(\|\||\|)?dL/d([^| ]+)(?:\|\||\|)?"
MOST = 5_000


class Compared(NamedTuple):
    """The JSON of a comparison, that of `compute` for each network, and the specs."""

    facts: dict[str, Any]
    alone: list[dict[str, Any]]
    specs: list[Any]

    def size(self, network: int, name: str) -> float:
        return mp.mpf(self.facts["networks"][network]["norms"][name])

    def value(self, network: int, name: str) -> float:
        found = self.facts["networks"][network]["gradients"][name]
        return self.size(network, name) if isinstance(found, list) else mp.mpf(found)

    def place(self, short: str) -> int:
        return [network["name"] for network in self.facts["networks"]].index(short)

    def deltas(self, network: int) -> dict[str, float]:
        """log10 |δ| from the output to the first layer, −∞ where it is 0."""
        adjoints = self.alone[network]["backward"]
        sizes = {name: norm(node["delta"]) for name, node in adjoints.items() if "delta" in node}
        return {name: float(mp.log10(size)) if size else float("-inf") for name, size in sizes.items()}


def flat(value: Any) -> list[float]:
    return [number for part in value for number in flat(part)] if isinstance(value, list) else [mp.mpf(value)]


def norm(value: Any) -> Any:
    return mp.sqrt(sum(number**2 for number in flat(value)))


def printed(shown: Any) -> Any:
    return json.loads("".join(format_module("json").render(shown, Style())), parse_float=mp.mpf)


def compared(*data: Any, plain: bool = False) -> Comparison:
    networks = [language.load(each)[0] for each in data]
    if plain:
        networks.append(language.build(without_skips(language.read(data[0]), networks[0]))[0])
    names = ["a", "no-skips"] if plain else ["a", "b", "c"]
    found = [NamedNetwork(name, name, network) for name, network in zip(names, networks)]
    return compare(found, differ="skips" if plain else "")


def check(comparison: Comparison, *data: Any) -> list[str]:
    """Checks every sentence and returns them."""
    alone = [printed(report_of_compute(compute(one.network, top=MOST))) for one in comparison.networks]
    known = Compared(printed(report(comparison)), alone, [language.read(each).data for each in data])
    text = [plain(words(block.text, 6)) for block in report(comparison).blocks() if is_claim(block)]
    for sentence in (part for note in text for part in re.split(r"(?<=\.) (?=[A-Z]|\|?\|?dL)", note)):
        for pattern, is_true in CLAIMS.items():
            if found := re.fullmatch(pattern, sentence):
                assert is_true(known, *found.groups()), sentence
                break
        else:
            raise AssertionError(f"nobody checks {sentence!r}")
    return text


def is_claim(block: Any) -> bool:
    return isinstance(block, Note) and block.kind != "legend"


def plain(text: str) -> str:
    """−6.2×10⁻¹⁶ as -6.2e-16, ∂ as d, ‖ as ||"""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    text = re.sub("×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "e" + power[1].translate(raised), text)
    return text.replace("−", "-").replace("∂", "d").replace("‖", "||").replace("→", "->").replace("δ", "delta")


def near(said: str | float, value: float, digits: int) -> bool:
    number = mp.mpf(0 if said == "exactly 0" else said)
    if said == "exactly 0" or not value:
        return number == value
    last_digit = mp.mpf(10) ** (int(mp.floor(mp.log10(abs(value)))) + 1 - digits)
    return abs(number - value) <= 0.51 * last_digit + 1e-13 * abs(value)


def changed(by: str) -> Callable[..., bool]:
    def is_true(known: Compared, bars: str, name: str, times: str, *rest: str) -> bool:
        ratio = known.size(0, name) / known.size(1, name)
        return near(times, ratio if by == "×" else 1 / ratio, 4) and values(known, *rest)

    return is_true


def nearly(known: Compared, bars: str, name: str, *rest: str) -> bool:
    return abs(known.size(0, name) / known.size(1, name) - 1) < 0.011 and values(known, *rest)


def is_same(known: Compared, bars: str | None, name: str, said: str) -> bool:
    return near(said, known.value(0, name), 6) and known.value(0, name) == known.value(1, name)


def values(known: Compared, bars: str | None, name: str, without: str, given: str, turned: str | None = None) -> bool:
    ours = known.value(0, name), known.value(1, name)
    opposite = ours[0] * ours[1] < 0
    return near(given, ours[0], 6) and near(without, ours[1], 6) and opposite == bool(turned)


def paths(
    known: Compared, name: str, short: str, count: str, description: str | None, share: str | None, others: str | None
) -> bool:
    found = known.alone[known.place(short)]["paths"][name]
    assert found["count"] == int(count)
    if share is None:
        return True
    top = found["top"]
    if len(top) < found["count"]:  # a weight that is used twice between two nodes is listed once
        return True
    largest = max(norm(path["contribution"]) for path in top)
    candidates = [path for path in top if norm(path["contribution"]) >= largest * (1 - 1e-9)]
    return any(
        is_percent(share, path["share"])
        and (others is None or is_percent(others, 1 - path["share"]))
        and is_described(known.specs[min(known.place(short), len(known.specs) - 1)], path, str(description))
        for path in candidates
    )


def cancel(known: Compared, name: str, how: str, times: str) -> bool:
    tops = [one["paths"][name]["top"] for one in known.alone if name in one["paths"]]
    sums = [[mp.mpf(path["contribution"]) for path in top] for top in tops if len(top) == 2]
    found = [(sum(map(abs, pair)) / abs(sum(pair)), pair) for pair in sums if sum(pair)]
    return any(
        pair[0] * pair[1] < 0 and near(times, ratio, 4) and (how == "nearly") == (ratio >= 10) for ratio, pair in found
    )


def have_both_signs(known: Compared, name: str) -> bool:
    tops = [one["paths"][name]["top"] for one in known.alone if name in one["paths"]]
    return any(min(parts) < 0 < max(parts) for top in tops if (parts := [mp.mpf(path["contribution"]) for path in top]))


def is_percent(said: str, share: float) -> bool:
    return abs(float(said.lstrip("< >")) - 100 * share) <= 0.051 + abs(100 * share) * (6e-2 if "e" in said else 1e-12)


def is_described(spec: Any, path: dict[str, Any], description: str) -> bool:
    """A skip that is named joins nodes of the path that nothing else joins; skips that are counted are as many."""
    steps = list(zip(path["nodes"], path["nodes"][1:]))
    skips = written_skips(spec)
    if one := re.fullmatch("through the skip (.*) -> (.*)", description):
        return one.groups() in steps and (skips is None or skips.count(one.groups()) == 1)
    if several := re.fullmatch(r"through (\d+) skips", description):
        return skips is None or sum(step in skips for step in steps) == int(several[1])
    route = description.split(" through ")[0].split(" -> ")
    return route[0] == path["nodes"][0] and route[-1] == path["nodes"][-1]


def written_skips(spec: Any) -> list[tuple[str, str]] | None:
    """From where to where the skips of a spec go, where each is written out."""
    skips = spec.get("skips") or []
    return None if isinstance(skips, dict) else [(skip["from"], skip["to"]) for skip in skips]


def falls(sign: int) -> Callable[..., bool]:
    """A rate is the geometric mean between hidden layers, and no layer is far outside of what lies between the ends."""

    def is_true(known: Compared, which: str, factor: str, powers: str, last: str, first: str, fate: str | None) -> bool:
        sizes = known.deltas(which_network(known, which))
        heights = list(sizes.values())
        rise, rate = heights[-1] - heights[0], log10_rate(heights)
        assert (last, first, fate) == (next(iter(sizes)), list(sizes)[-1], fate_of(rise))
        assert min(heights) >= min(heights[0], heights[-1]) - 1 and max(heights) <= max(heights[0], heights[-1]) + 1
        assert abs(rate * (len(heights) - 1) - rise) <= 1 and rise * sign > 0 < rate * sign
        off = 0.51 if abs(rise) >= 10 else 0.051
        return abs(abs(rise) - float(powers)) < off and near(factor, mp.mpf(10) ** abs(rate), 2)

    return is_true


def fate_of(rise: float) -> str | None:
    return f": it {'vanishes' if rise < 0 else 'explodes'}" if abs(rise) >= 3 else None


def as_well(sign: int) -> Callable[..., bool]:
    def is_true(known: Compared, factor: str, how: str) -> bool:
        given, plain = (log10_rate(list(known.deltas(number).values())) for number in (0, 1))
        order = abs(given) - abs(plain)
        words = {"more slowly": order < 0, "faster": order > 0, "as well": abs(order) < 0.05}
        return given * sign > 0 < plain * sign and near(factor, mp.mpf(10) ** abs(given), 2) and words[how]

    return is_true


def log10_rate(heights: list[float]) -> float:
    """log10 of the geometric mean of the factors from the last hidden layer to the first."""
    factors = [mp.mpf(10) ** (after - before) for before, after in zip(heights[1:], heights[2:])]
    return float(mp.log10(mp.fprod(factors)) / len(factors))


def which_network(known: Compared, which: str) -> int:
    return {"Without": 1, "With": 0}[which] if which in ("Without", "With") else known.place(which)


def is_kept(known: Compared, which: str, within: str, *ends: str) -> bool:
    heights = list(known.deltas(which_network(known, which)).values())
    return max(heights) - min(heights) <= float(mp.log10(within)) + 1e-12 < 1.1


def ranges(known: Compared, which: str, *said: str) -> bool:
    """|δ| at both ends, where in between it is smaller or larger, and no rate that would describe it."""
    sizes = known.deltas(which_network(known, which))
    heights, names = list(sizes.values()), list(sizes)
    at_last, last, at_first, first, smallest, least, largest, most, fate = said
    assert (last, first, fate) == (names[0], names[-1], fate_of(heights[-1] - heights[0]))
    for name, text, extreme in ((smallest, least, min(heights)), (largest, most, max(heights))):
        assert (name is None) == (extreme in (heights[0], heights[-1]))
        assert name is None or (sizes[name] == extreme and near(text, mp.mpf(10) ** extreme, 3))
    return near(at_last, mp.mpf(10) ** heights[0], 3) and near(at_first, mp.mpf(10) ** heights[-1], 3)


def is_zero(known: Compared, which: str, where: str) -> bool:
    sizes = known.deltas(which_network(known, which))
    zeros = [name for name, size in sizes.items() if size == float("-inf")]
    if where == "in every layer":
        return zeros == list(sizes)
    if span := re.fullmatch("from (.*) back to (.*)", where):
        return zeros == list(sizes)[-len(zeros) :] and span.groups() == (zeros[0], zeros[-1])
    return is_listed(zeros, where.removeprefix("in "))


def is_listed(names: list[str], said: str) -> bool:
    """Whether names are told as `a, b and c`, of many the first and how many more there are."""
    more = re.fullmatch(r"(.*) and (\d+) more", said)
    told = re.split(", | and ", more[1] if more else said)
    return told == names[: len(told)] and len(names) == len(told) + int(more[2] if more else 0)


def extremes(known: Compared, bars: str, name: str, most: str, largest: str, least: str, rest: str) -> bool:
    sizes = {network["name"]: network["norms"][name] for network in known.facts["networks"]}
    high, low = max(sizes.values()), min(sizes.values())
    assert {short for short, size in sizes.items() if size == high} == set(re.split(", | and ", most))
    assert {short for short, size in sizes.items() if size == low} == set(re.split(", | and ", least))
    if rest == "(exactly 0)":
        return low == 0
    smallest, _, by = rest.removeprefix("(").partition("): ")
    assert near(smallest, known.value(known.place(re.split(", | and ", least)[0]), name), 6)
    return high / low < 1.01 if by.startswith("they") else near(by.removeprefix("the ratio is "), high / low, 4)


def zeros(known: Compared, told: str) -> bool:
    for part in told.split("; "):
        names, _, short = part.rpartition(" in ")
        sizes = known.facts["networks"][known.place(short)]["log10"]
        if not is_listed([f"dL/d{name}" for name, size in sizes.items() if size is None], names):
            return False
    return True


EVEN = r"\(geometric mean\), ([\d.]+) powers of ten from (\w+) to (\w+)"
COURSE = r"(?:\|\||\|)?(?:delta|it)(?:\|\||\|)? "
IN = rf"(?:In |(?=W))(\w+(?:-skips)?)(?: {SKIPS})? {COURSE}"
WITH = rf"{OF} is {N} without (?:it|them|the skip|skips) and {N} with (?:it|them)(, of opposite sign)?\."
CLAIMS: dict[str, Callable[..., bool]] = {
    rf"With {SKIPS} {OF} rises by × {N}: {WITH}": changed("×"),
    rf"With {SKIPS} {OF} falls by ÷ {N}: {WITH}": changed("÷"),
    rf"With and without {SKIPS} {OF} differs by less than 1.1 %: {WITH}": nearly,
    WITH: values,
    rf"{OF} is {N} with and without {SKIPS}\.": is_same,
    r"dL/d(\S+) in (\S+) is the sum of (\d+) paths(?:; the largest, (.*), contributes ([^%]+) %(?: and (?:the others "
    r"together|the other path) ([^%]+) %)?)?\.": paths,
    r"The two paths of dL/d(\S+) have opposite signs and (nearly|partly) cancel: the sum of their magnitudes is "
    rf"{N} × \|dL/d\S+\|\.": cancel,
    r"The contributions to dL/d(\S+) have both signs\.": have_both_signs,
    rf"{IN}falls by ÷ {N} per layer {EVEN}(: it vanishes)?\.": falls(-1),
    rf"{IN}grows by × {N} per layer {EVEN}(: it explodes)?\.": falls(1),
    rf"With {SKIPS} it falls by ÷ {N} per layer(?:: it vanishes)? (more slowly|faster|as well)\.": as_well(-1),
    rf"With {SKIPS} it grows by × {N} per layer(?:: it explodes)? (more slowly|faster|as well)\.": as_well(1),
    rf"{IN}stays within a factor of {N} from (\w+) to (\w+): it is kept\.": is_kept,
    rf"{IN}is {N} at (\w+) and {N} at (\w+)(?:, smallest at (\w+) \({N}\))?(?:, largest at (\w+) \({N}\))?"
    r"(: it (?:vanishes|explodes))?\.": ranges,
    rf"{IN}is exactly 0 (.*)\.": is_zero,
    rf"{OF} is largest in (.*) \({N}\) and smallest in (.*?) (\(.*)\.": extremes,
    r"Exactly 0: (.*)\.": zeros,
}


def with_and_without(data: Any) -> list[str]:
    return check(compared(data, plain=True), data)


@given(specs())
def test_what_is_said_of_skips_is_true(data: dict[str, Any]) -> None:
    assume(data.get("skips"))
    try:
        with_and_without(data)
    except (DomainError, LimitError):
        assume(False)


@given(chains(most_layers=14))
def test_what_is_said_of_deep_chains_is_true(data: dict[str, Any]) -> None:
    assume(data["skips"])
    try:
        with_and_without(data)
    except (DomainError, LimitError):
        assume(False)


@given(chains(most_layers=14), st.sampled_from(["sigmoid", "tanh", "relu", "identity", "exp"]), SMALL)
def test_what_is_said_of_several_networks_is_true(data: dict[str, Any], activation: str, weight: float) -> None:
    other = data | {"activation": activation}
    third = data | {"weights": [weight, *data["weights"][1:]]}
    try:
        check(compared(data, other, third), data, other, third)
    except (DomainError, LimitError):
        assume(False)


def chain(*weights: float, activation: str = "identity", skips: Any = ()) -> dict[str, Any]:
    return {"input": 1, "target": 0, "activation": activation, "weights": list(weights), "skips": list(skips)}


def skip(source: str, target: str, weight: Any = None, into: str = "preactivation") -> dict[str, Any]:
    return {"from": source, "to": target, "into": into} | ({} if weight is None else {"weight": weight})


NEAR_MISSES: dict[str, list[Any]] = {
    "parallel skips": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "y", 0.2), skip("h1", "y", 0.4)])],
    "a skip beside the only edge": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "h2", 0.2)])],
    "a tied skip": [
        {
            "input": 1,
            "target": 0,
            "parameters": {"v": 0.9},
            "weights": [0.3, 0.5, 0.7],
            "skips": [skip("h1", "y", "v"), skip("x", "h2", "v")],
            "activation": "identity",
        }
    ],
    "paths that cancel": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "y", -0.4)])],
    "paths that cancel altogether": [chain(0.3, 0.5, 0.5, skips=[skip("h1", "y", -0.25)])],
    "a skip that changes nothing": [chain(0.3, 0.5, 0.7, skips=[skip("h1", "y", 0.0)])],
    "a contribution beyond doubles": [chain(0.3, 1e-200, 1e-250, skips=[skip("h1", "y", -1.0), skip("h1", "y", 1.0)])],
    "an unread layer first": [
        {
            "input": 1,
            "target": 0,
            "layers": [{"weight": 0.5}, {"from": "x", "weight": 0.4}, *[{"weight": 0.9}] * 8],
            "skips": [skip("h2", "y")],
        }
    ],
    "two targets": [chain(*[0.5] * 10, skips=[skip("h2", "h5")]) | {"target": {"h4": 1, "y": 0}}],
    "equal adjoints, unequal gradients": [
        {
            "input": 63,
            "target": 0,
            "activation": "identity",
            "layers": [{"weight": 1 / 63}, *[{"weight": 1}] * 9],
            "skips": [skip("h2", "h4")],
        }
    ],
    "up and down": [chain(*[0.01, 100.0] * 6, skips=[skip("h1", "h2")])],
    "falling in its middle": [chain(*[0.9] * 5, 0.001, 0.001, *[0.9] * 5, skips=[skip("h1", "h2", 0.01)])],
    "smallest far below both ends": [chain(*[3.0] * 10, *[0.01] * 10, skips=[skip("h1", "h2", 0.01)])],
    "hidden layers that do not change": [chain(*[1.0] * 8, 1e-5, skips=[skip("h1", "h2", 1e-9)])],
    "falling in its ends": [chain(*[0.001], *[0.5] * 10, 0.001, 0.5, skips=[skip("h1", "h2", 0.01)])],
    "dead": [chain(0.5, -1, *[0.5] * 8, activation="relu", skips=[skip("h1", "h4")])],
    "growing": [chain(*[3.0] * 12, skips=[skip("h1", "h3")])],
    "falling a little": [chain(*[0.8] * 12, skips=[skip("h1", "h3", 0.001)])],
}


@pytest.mark.parametrize("case", NEAR_MISSES)
def test_what_is_nearly_false_is_true_as_it_is_said(case: str) -> None:
    for data in NEAR_MISSES[case]:
        with_and_without(data)
        check(compared(data, data | {"loss": "half_sse"}), data, data)


def test_a_rate_is_of_layers_that_follow_one_another() -> None:
    for case in ("an unread layer first", "two targets"):
        assert not any("per layer" in words for data in NEAR_MISSES[case] for words in with_and_without(data))
    assert "within a factor of 1.0 " in with_and_without(NEAR_MISSES["equal adjoints, unequal gradients"][0])[0]


def test_two_skips_of_one_name_are_not_taken_for_each_other() -> None:
    assert (
        "dL/dv in a is the sum of 2 paths; the largest, h2 -> y," in with_and_without(NEAR_MISSES["a tied skip"][0])[0]
    )
    assert "the largest, h1 -> y through" in with_and_without(NEAR_MISSES["parallel skips"][0])[0]
