"""What `gradcalc compare` prints: the facts, the page, a row per entry for data frames, and what theory says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.comparison import Comparison
from gradcalc.analysis.computation import loss_value
from gradcalc.network.network import entries
from gradcalc.records import Record
from gradcalc.report.report import Block, Column, Deferred, Heading, Note, Percent, Report, Table
from gradcalc.report.scales import boundless, log10
from gradcalc.theory.theory import Theory, theories
from gradcalc.views.compare_sentences import legend, magnitude, subject, verdict
from gradcalc.views.compare_tables import gradient_table, network_table, number_of_skips, profile_table, title_parts
from gradcalc.views.network_header import envelope, network_facts
from gradcalc.views.theory_sentences import NO_THEORY, sentences, sources, theory_facts


def report(comparison: Comparison, warnings: tuple[str, ...] = (), theory: bool = False) -> Report:
    """The comparison as a report; with `theory`, what theory says of it."""

    def blocks() -> list[Block]:
        with boundless():
            return list(page(comparison, theory))

    return Report(
        Deferred(lambda: facts(comparison, theory)),
        blocks,
        table=lambda: tidy_table(comparison),
        warnings=warnings,
        title=f"{what_is_compared(comparison)}: gradients",
    )


def facts(comparison: Comparison, theory: bool = False) -> dict[str, Any]:
    """What JSON prints; keys and their order are a contract."""
    networks = [
        {
            **network_facts(one.network, loss_value(one.at)),
            "name": one.name,
            "gradients": dict(one.gradients),
            "log10": dict(one.log10),
            "norms": dict(one.norms),
            "paths": {name: one.paths.count(name) for name in one.gradients},
        }
        for one in comparison.networks
    ]
    found: dict[str, Any] = {
        **envelope("compare"),
        "networks": networks,
        "ratios": {name: list(row) for name, row in comparison.ratios.items()},
    }
    if theory:
        about = known(comparison)
        found["theory"] = [fact for one in about for fact in theory_facts(one.network, one.name, one.theories)]
    return found


def page(comparison: Comparison, theory: bool) -> Iterator[Block]:
    """The blocks in order."""
    yield Heading(title(comparison))
    yield network_table(comparison)
    table = gradient_table(comparison)
    yield table
    yield from profile_table(comparison)
    yield legend(comparison, [column.name for column in table.columns])
    yield from verdict(comparison)
    if theory:
        yield Heading("Theory")
        found = known(comparison)
        yield from (Note(words) for one in found for words in sentences(one.short, one.label, one.theories, one.skips))
        shown = [theory for one in found for theory in one.theories]
        yield Note(f"Sources. {sources(shown)}." if shown else NO_THEORY)


def title(comparison: Comparison) -> str:
    """`residual, with and without its skips (same weights) · sigmoid · (y − t)²`; what differs is left out."""
    functions = zip(*(title_parts(one.network) for one in comparison.networks))
    shared = [texts[0] for texts in functions if texts[0] and len(set(texts)) == 1]
    return " · ".join([what_is_compared(comparison), *shared])


def what_is_compared(comparison: Comparison) -> str:
    """`deep against resnet`, `deep for 3 values of depth`"""
    networks = comparison.networks
    name = networks[0].network.name
    if comparison.differ == "skips":
        return f"{name}, with and without its skips (same weights)"
    if comparison.differ:
        several = "combinations of values" if " and " in comparison.differ else "values"
        return f"{name} for {len(networks)} {several} of {comparison.differ}"
    return " against ".join(one.short for one in networks)


NAMES = (
    "network",
    "loss",
    "parameter",
    "entry",
    "gradient",
    "norm",
    "log10",
    "ratio",
    "log10_ratio",
    "paths",
    "largest",
)


def tidy_table(comparison: Comparison) -> Table:
    """A row for every entry of every gradient in every network, for data frames; norm, log10, ratio, number of paths
    and largest share are those of the whole gradient."""
    rows = []
    for number, one in enumerate(comparison.networks):
        for name, value in one.gradients.items():
            times, share = comparison.ratios[name][number], Percent(one.paths.share(name))
            about = [one.norms[name], one.log10[name], times, log10(times), one.paths.count(name), share]
            rows += [
                [one.name, one.loss, name, ",".join(map(str, index)), entry, *about] for index, entry in entries(value)
            ]
    return Table([Column(name) for name in NAMES], rows)


class Known(Record):
    """What is known of one network, about the gradient of `name`, which is written `label`."""

    network: str
    short: str
    name: str
    label: str
    skips: int
    theories: Sequence[Theory]


def known(comparison: Comparison) -> list[Known]:
    """The theories of every network, of the gradient that the sentences speak of, or else of its first one."""
    names = subject(comparison) or (None,) * len(comparison.networks)
    found = []
    for one, name in zip(comparison.networks, names):
        chosen = next((each for each in one.chosen if name is None or each.name == name), None)
        if chosen is not None:
            about = theories(one.at, chosen, one.norms[chosen.name])
            label = magnitude(one, chosen.name)[0]
            found.append(Known(one.name, one.short, chosen.name, label, number_of_skips(one.network), about))
    return found
