"""Every sentence of `paths`, on random networks and parts of their paths, against the JSON of all listed paths.

What is claimed is computed anew from the contributions, lengths and names of the paths; a sentence that is not known
here fails. Shares are claimed to 0.05 %, other numbers to the digits that are printed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp
from path_specs import BATCH, BLOCKS, CANCELLING, DEAD, TIED
from strategies import chains, specs

from gradcalc import language
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import Part, PathAnalysis
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.report.report import Formula, Heading, Note, Style, format_module
from gradcalc.report.text import words
from gradcalc.views.paths_page import report

MOST = 2_000
"""Contributions up to which all are listed."""

NUMBER = r"(-?[\d.]+(?:e-?\d+)?)"
SHARE = r"((?:< )?\d+\.\d) %"


class Claims(NamedTuple):
    """What is said of one gradient, and its JSON."""

    sums: dict[str, Any]
    sentences: list[str]
    examples: int
    part: bool


class Contribution(NamedTuple):
    """Of one path in one example, to one entry of the gradient."""

    entry: Any
    length: int
    value: Any


def plain(text: str) -> str:
    """−6.2×10⁻¹⁶ as -6.2e-16"""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return re.sub("×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "e" + power[1].translate(raised), text).replace("−", "-")


def claims(analysis: PathAnalysis) -> tuple[list[Claims], list[str]]:
    """By gradient, and what is said of none of them."""
    shown = report(analysis, every=True)
    facts = json.loads("".join(format_module("json").render(shown, Style())), parse_float=mp.mpf)["wrt"]
    found = [Claims(sums, [], analysis.network.examples, bool(analysis.part)) for sums in facts.values()]
    place, others = -1, []
    for block in shown.blocks():
        if isinstance(block, Formula):
            place += 1
            found[place].sentences.append(plain(words(block.text, 6)))
        elif isinstance(block, Note) and block.kind != "legend":
            text = plain(words(block.text, 6))
            (others if text.startswith("Computed") else found[place].sentences).append(text)
        else:
            assert not isinstance(block, Note) or block.kind == "legend"
            assert not isinstance(block, Heading) or "\n" not in block.text
    return found, others


def contributions(sums: dict[str, Any]) -> list[Contribution]:
    """Those of nodes are to the entry of their own example."""
    node = not any("entry" in path for path in sums["top"]) and isinstance(sums["value"], list)
    return [
        Contribution(
            (path.get("example"), path["nodes"][0]) if node else path.get("entry"), path["length"], path["contribution"]
        )
        for path in sums["top"]
    ]


def flat(value: Any) -> list[Any]:
    return [number for part in value for number in flat(part)] if isinstance(value, list) else [value]


def close(printed: str, expected: Any, digits: int = 3) -> bool:
    return bool(abs(mp.mpf(printed) - expected) <= 0.51 * 10.0 ** (1 - digits) * abs(expected) + 1e-12 * (digits < 6))


def is_share(printed: str, part: Any) -> bool:
    """A percentage of one decimal; of a part that is less, that it is less."""
    return 0 <= part <= 0.00101 if printed.startswith("<") else abs(float(printed) - 100 * part) <= 0.0501


def opening(text: str, sums: dict[str, Any], claims: Claims) -> None:
    found = re.fullmatch(
        rf"(‖)?∂(\S+?)/∂(\S+?)‖?(?: = |, paths .*?: ){NUMBER}"
        r"(?:(: no path from .*|, there is no such path)|, (?:the sum of (\d+) paths|from (a single path))"
        r"|; its entries (?:are sums over (\d+) paths|come from (a single path)))?"
        r"( through single units)?(?: of length (\d+))?(?: in each of (\d+) examples)?(?:, all of length (\d+))?",
        text,
    )
    assert found, text
    norm, _, _, value, none, several, single, entries, entry, units, of_one, examples, length = found.groups()
    length = of_one or length
    assert not of_one or single or entry
    assert (entries or entry or norm or units) is None or isinstance(sums["value"], list)
    assert close(value, sum(x * x for x in flat(sums["value"])) ** 0.5 if norm else sums["value"], 6)
    count = 0 if none else 1 if single or entry else int(several or entries)
    assert count == sums["count"] == len(sums["top"]) / claims.examples
    assert none or int(examples or 1) == claims.examples
    lengths = {path["length"] for path in sums["top"]}
    assert (lengths == {int(length)}) if length else len(lengths) != 1


def zeros(text: str, sums: dict[str, Any], claims: Claims) -> None:
    assert re.fullmatch(
        r"Every (such )?path of \S+ has a factor of 0(: .* ((is|are) (0|inactive).*|equals its target))?\.", text
    )
    assert sums["top"] and not any(path["contribution"] for path in sums["top"])


def lengths(text: str, sums: dict[str, Any], claims: Claims) -> None:
    sizes: dict[int, Any] = defaultdict(int)
    for one in contributions(sums):
        sizes[one.length] += abs(one.value)
    total = sum(sizes.values())
    range_of = re.search(
        r"Lengths range from (\d+) to (\d+); the mean length, weighted by \|contribution\|, is (.*)\.", text
    )
    assert range_of
    assert (int(range_of[1]), int(range_of[2])) == (min(sizes), max(sizes))
    assert close(range_of[3], sum(length * size for length, size in sizes.items()) / total)
    if text == range_of[0]:
        return
    found = re.match(
        rf"{SHARE} of (Σ\|contribution\| of )?(this part of )?\S+ comes through (?:the one path|paths) of length (\d+)"
        rf"(?: to (\d+))?(?: in each of {claims.examples} examples)?, which (?:is|are) {SHARE} of (all|these) paths\. ",
        text,
    )
    assert found, text
    low, high = int(found[4]), int(found[5] or found[4])
    size = sum(size for length, size in sizes.items() if low <= length <= high)
    assert is_share(found[1], size / total) and size >= 0.95 * total * (1 - 1e-9)
    within = sum(low <= path["length"] <= high for path in sums["top"])
    assert is_share(found[6], within / len(sums["top"]))
    assert ("the one path" in text) == (within == claims.examples)
    if not found[2]:  # of the gradient itself: the sums of these paths have this share
        assert not isinstance(sums["value"], list)
        part = sum(path["contribution"] for path in sums["top"] if low <= path["length"] <= high)
        assert is_share(found[1], part / sums["value"])
    assert bool(found[3]) == (found[7] == "these") == claims.part


def spread(text: str, sums: dict[str, Any], claims: Claims) -> None:
    first, second = re.fullmatch(r"(Effective .*?\)\.) (.*)", text).groups()  # type: ignore[union-attr]
    effective(first, sums, claims)
    signs(second, sums)


def effective(text: str, sums: dict[str, Any], claims: Claims) -> None:
    found = re.fullmatch(
        rf"Effective number of (these )?paths(?: of all (\d+) examples)?: {NUMBER} \((?:2\^{NUMBER}, )?from the "
        r"entropy of the \|contribution\| shares\)\.",
        text,
    )
    assert found, text
    assert bool(found[1]) == claims.part and int(found[2] or 1) == claims.examples
    sizes = [abs(path["contribution"]) for path in sums["top"]]
    total = sum(sizes)
    entropy = -sum(size / total * mp.log(size / total, 2) for size in sizes if size / total)
    assert close(found[3], 2**entropy)
    assert close(found[4], entropy) if found[4] else entropy < 0.00501


def signs(text: str, sums: dict[str, Any]) -> None:
    by_entry: dict[Any, list[Any]] = defaultdict(list)
    for one in contributions(sums):
        by_entry[one.entry].append(one.value)
    matrix = isinstance(sums["value"], list)
    assert text.startswith("In every entry") is (matrix and "opposite" not in text)
    magnitude, whole = sum(abs(x) for xs in by_entry.values() for x in xs), sum(map(abs, flat(sums["value"])))
    if same := re.search(r"ll contributions( that are not 0)? have the same sign\.$", text):
        assert all(min(xs) >= 0 or max(xs) <= 0 for xs in by_entry.values())
        assert same[1] or all(x for xs in by_entry.values() for x in xs)
    elif text.endswith("the contributions cancel: their sum is 0.") or text.startswith("The contributions cancel: "):
        assert whole == 0 < magnitude
        assert all(abs(sum(xs)) <= 1e-12 * magnitude for xs in by_entry.values())
    else:
        assert any(min(xs) < 0 < max(xs) for xs in by_entry.values())
        start = r"Contributions of opposite signs cancel: "
        of = r"Σ\|entry of the sum\|" if matrix else r"\|Σ contribution\|"
        if times := re.fullmatch(rf"{start}cancellation {NUMBER} \(Σ\|contribution\| / {of}\)\.", text):
            assert close(times[1], magnitude / whole)
        else:
            larger = re.fullmatch(rf"{start}Σ\|contribution\| is {SHARE} larger than {of}\.", text)
            assert larger and is_share(larger[1], magnitude / whole - 1)


KNOWN = {"Every": zeros, "Effective": spread}


def check(analysis: PathAnalysis) -> None:
    found, others = claims(analysis)
    for one in found:
        first, *rest = one.sentences
        opening(first, one.sums, one)
        for sentence in rest:
            KNOWN.get(sentence.split()[0], lengths)(sentence, one.sums, one)
    sizes = [abs(path["contribution"]) for one in found for path in one.sums["top"]]
    for sentence in others:
        if "some contributions" in sentence:
            assert any(size < 2.2250738585072014e-308 or size > 1.7976931348623157e308 for size in sizes)
        else:
            assert sentence == "Computed in extended range: intermediate results may be outside the range of float64."


def analysed(spec: Any, part: Part) -> PathAnalysis:
    """With every path listed, if they are not many."""
    try:
        network = language.load(spec)[0]
        found = paths(network, top=0, part=part)
        assume(sum(one.count for one in found.sums.values()) * network.examples <= MOST)
        return paths(network, top=MOST, part=part)
    except (DomainError, LimitError, SpecError, UsageError):
        assume(False)
        raise


@st.composite
def parts(draw: Any) -> Part:
    """Mostly all paths; else those through or not through a node that most networks have, or to it."""
    kind, name = (
        draw(st.sampled_from(["all", "all", "through", "avoid", "of"])),
        draw(st.sampled_from(["h1", "h2", "y"])),
    )
    return Part() if kind == "all" else Part(**{kind: name if kind == "of" else (name,)})


@given(specs(), parts())
def test_every_sentence_is_true_of_random_networks(spec: Any, part: Part) -> None:
    check(analysed(spec, part))


@given(chains(), parts())
def test_every_sentence_is_true_of_random_chains(spec: Any, part: Part) -> None:
    check(analysed(spec, part))


@pytest.mark.slow
@settings(max_examples=1000)
@given(specs() | chains(), parts())
def test_every_sentence_is_true_of_many_networks(spec: Any, part: Part) -> None:
    check(analysed(spec, part))


@pytest.mark.parametrize("spec", ["residual", "mazur", "rnn", "circuit", "plain", BATCH, CANCELLING, DEAD, TIED])
@pytest.mark.parametrize("part", [Part(), Part(through=("h1",)), Part(avoid=("h1",)), Part(of="h1")], ids=str)
def test_every_sentence_is_true_of_known_networks(spec: Any, part: Part) -> None:
    network = language.load(spec)[0]
    if "h1" in {node.name for node in network.nodes} or part == Part():
        check(paths(network, top=MOST, part=part))


@pytest.mark.parametrize("weight", [1.0, 1e-4, 0.5, -0.25, -0.1, -1e-3, -1e-4, -1e-8, -1e-11, -1.0, 1e-11, 0.0])
def test_every_sentence_is_true_of_two_paths(weight: float) -> None:
    """y = h + w·h: shares 1/(1+w) and w/(1+w), however small w is."""
    skip = {"from": "h1", "to": "y", "weight": weight}
    net = {"input": 1, "loss": "output", "activation": "identity", "weights": [1.0, 1.0], "skips": [skip]}
    check(paths(language.load(net)[0], top=MOST))


@pytest.mark.parametrize("weight", [1e-200, 1e160])
def test_every_sentence_is_true_outside_the_range_of_float64(weight: float) -> None:
    net = {"input": 1, "loss": "output", "activation": "identity", "weights": [weight] * 3, "skips": {"every": 1}}
    analysis = paths(language.load(net)[0], top=MOST)
    assert any("extended range" in sentence for sentence in claims(analysis)[1])
    check(analysis)


@pytest.mark.parametrize("weights", [0.15, -0.15])
def test_every_sentence_is_true_of_one_sign_or_both(weights: float) -> None:
    check(paths(language.load(BLOCKS | {"layers": [{"weight": weights, "repeat": 8}]})[0], top=MOST))
