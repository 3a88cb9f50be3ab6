"""What `gradcalc compare` prints and draws: facts, page, a row per entry for data frames, theory, and the plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.comparison import ITS_SKIPS, ComparedNetwork, Comparison, profile
from gradcalc.analysis.computation import loss_value
from gradcalc.analysis.results import RoundedGradient
from gradcalc.network.network import entries, is_chain
from gradcalc.records import Record
from gradcalc.report.report import Block, Column, Deferred, Heading, Note, Percent, Report, Table, Words, boundless
from gradcalc.report.scales import log10
from gradcalc.report.text import gradient
from gradcalc.theory.theory import BOUND, Theory, theories
from gradcalc.views import compare_tables as tables
from gradcalc.views.compare_sentences import among, legend, magnitude, subject, verdict
from gradcalc.views.network_header import (
    envelope,
    in_arithmetic,
    network_facts,
    shared_parts,
    title_of,
    with_and_without_skips,
)
from gradcalc.views.theory_sentences import NO_THEORY, sentences, sources, theory_facts

if TYPE_CHECKING:
    from gradcalc.analysis.rounded_gradients import Quantities

LEAST_SHARE = 1e-3  # shares by blocks that are left out at the end of a picture


def report(comparison: Comparison, warnings: tuple[str, ...] = (), theory: bool = False) -> Report:
    """The comparison as a report; with `theory`, what theory says of it."""
    return Report(
        Deferred(lambda: in_arithmetic(facts(comparison, theory), comparison.networks[0].at.arithmetic.name)),
        lambda: page(comparison, theory),
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
    yield tables.network_table(comparison)
    table, profiles = tables.gradient_table(comparison), tables.profiles(comparison)
    yield table
    yield from tables.profile_table(comparison, profiles)
    yield legend(comparison, profiles, [column.name for column in table.columns])
    from gradcalc.analysis.rounded_gradients import rounded_gradients
    from gradcalc.views.digit_sentences import are_wrong

    rounded = [rounded_gradients(one.at, quantities(one)) for one in comparison.networks]
    yield from verdict(comparison, profiles, any(map(are_wrong, rounded, (one.norms for one in comparison.networks))))
    yield from map(Note, on_digits(comparison, rounded))
    if theory:
        yield Heading("Theory")
        found = known(comparison)
        yield from (Note(words) for one in found for words in sentences(one.short, one.label, one.theories, one.skips))
        shown = [theory for one in found for theory in one.theories]
        yield Note(f"Sources. {sources(shown)}." if shown else NO_THEORY)


def quantities(one: ComparedNetwork) -> Quantities:
    """The numbers of a network whose digits are looked at."""
    from gradcalc.analysis.rounded_gradients import derivatives_of, gradients_of, values_of

    network = one.at.graph.network
    return values_of(network) | gradients_of(one.chosen) | derivatives_of(network)


def on_digits(comparison: Comparison, rounded: Sequence[Sequence[RoundedGradient]]) -> Iterator[Words]:
    """`In no-skips: ∂L/∂w1 is 0 as far as 800 digits show: …`; and where a sine has too few digits."""
    from gradcalc.views.digit_sentences import by_digits, placed

    networks = ((one.short, one.at, found) for one, found in zip(comparison.networks, rounded))
    for words, shorts in by_digits(networks).items():
        yield placed(f"In {among(shorts, comparison)}", words)


def title(comparison: Comparison) -> str:
    """`residual, with and without its skips (same weights) · sigmoid · (y − t)²`; what differs is left out."""
    shared = shared_parts([one.network for one in comparison.networks])
    return title_of([what_is_compared(comparison), *shared])


def what_is_compared(comparison: Comparison) -> str:
    """`deep against resnet`, `deep for 3 values of depth`"""
    networks = comparison.networks
    name = networks[0].network.name
    if comparison.differ == ITS_SKIPS:
        return with_and_without_skips(name)
    if comparison.differ:
        several = "combinations of values" if " and " in comparison.differ else "values"
        return f"{name} for {len(networks)} {several} of {comparison.differ}"
    return " against ".join(one.short for one in networks)


def tidy_table(comparison: Comparison) -> Table:
    """A row for every entry of every gradient in every network, for data frames; all else is of the whole gradient."""
    names = [
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
    ]
    rows = []
    for number, one in enumerate(comparison.networks):
        for name, value in one.gradients.items():
            times, share = comparison.ratios[name][number], Percent(one.paths.share(name))
            about = [one.norms[name], one.log10[name], times, log10(times), one.paths.count(name), share]
            rows += [
                [one.name, one.loss, name, ",".join(map(str, index)), entry, *about] for index, entry in entries(value)
            ]
    return Table(list(map(Column, names)), rows)


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
            found.append(Known(one.name, one.short, chosen.name, label, tables.number_of_skips(one.network), about))
    return found


def draw(comparison: Comparison, path: str, theory: bool) -> None:
    """Draws it into a file: |δ| layer by layer where networks are chains and deep, or where theory is asked for, else a
    row of dots for each gradient. Raises UsageError for an ending that is no picture's."""
    from gradcalc.report.plots.lines import Dots, draw_dots

    networks = [one.network for one in comparison.networks]
    if all(map(is_chain, networks)) and (theory or max(len(network.layers) for network in networks) >= tables.DEEP):
        with boundless():
            draw_profiles(comparison, path, theory)
        return
    labels = [gradient(" / ".join(dict.fromkeys(filter(None, names)))) for names in comparison.rows]
    dots = [
        Dots(one.short, [one.log10.get(name or "") for name in names])
        for one, names in zip(comparison.networks, zip(*comparison.rows))
    ]
    draw_dots(path, title(comparison), "|gradient|", labels, dots)


def draw_profiles(comparison: Comparison, path: str, theory: bool) -> None:
    """|δ| of every layer, counted from the output, and what theories say of it, with dashes for a bound, dashes and
    dots for what is expected; how many blocks the paths of a gradient pass, as measured and by the binomial law."""
    from gradcalc.report.plots.lines import Curve, Panel, draw_lines

    numbers = {one.short: number for number, one in enumerate(comparison.networks)}
    about = [(one, each) for one in (known(comparison) if theory else ()) for each in one.theories]

    def expected(one: Known, theory: Theory, heights: Sequence[float | None]) -> Curve:
        stroke = "--" if theory.name == BOUND else "-."
        return Curve(f"{theory.name}, {one.short}", range(len(heights)), heights, numbers[one.short], stroke=stroke)

    found = [(one.short, profile(one.at).log10) for one in comparison.networks]
    lines = [Curve(short, range(len(sizes)), sizes) for short, sizes in found]
    lines += [expected(one, each, each.log10) for one, each in about if each.log10]
    panels = [Panel(f"{tables.magnitude_of_delta(comparison)}, δ = ∂L/∂z", lines, True)]
    for one, each in about:
        if each.shares:
            law, measured = each.shares
            shown = max(k for side in each.shares for k, share in enumerate(side) if share > LEAST_SHARE) + 1
            own = Curve(one.short, range(shown), measured[:shown], number=numbers[one.short])
            heading = f"share of Σ|contribution| to {one.label}"
            panels.append(Panel(heading, [own, expected(one, each, law[:shown])], False, "blocks passed"))
    draw_lines(path, title(comparison), "layers from the output", panels)
