"""What would help: changes of a network, each computed, ranked by what becomes of one gradient, with its command.

A change is options of the command line, and is computed as that command would compute it. How many are tried is
bounded by the work that they make, not by a clock: every run tries the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import floor
from shlex import quote
from typing import Any

from gradcalc.analysis.comparison import profile, ratio
from gradcalc.analysis.computation import gradient
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, Finding, Remedy, diagnose, diagnosis_at, start
from gradcalc.analysis.layer_labels import FLOAT16
from gradcalc.analysis.point import Point, Subject, point, subjects
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.language import Overrides, build, read
from gradcalc.language.overrides import apply
from gradcalc.network.network import Network, norm, numbers
from gradcalc.parallel.spec_changes import Change, Spec, changes, option_words
from gradcalc.report.text import plural

WORK = 60_000  # in layers of a chain, about two seconds
EACH, LEAST = 10, 10  # work of a network beside that of its layers and weights; changes that are tried in any case
EXTENDED = 10  # tries that one takes the time of where it is computed in extended range
MANY_SKIPS = 150  # from which on they are computed all at once
MOST_EDGES = 30_000_000  # of all these networks together
SEEN = 3  # times as many skips as are listed, that are computed one by one
ZERO_AWAY = 1000.0  # powers of ten, more than any float64 is
BETTER = 0.05  # powers of ten nearer to the start of the backward pass that are an improvement


KINDS = ("bias", "skip", "initialisation", "activation")
UNCHANGED = Overrides()
Rank = tuple[int, int, bool, float, int]
"""Whole powers of ten from what the backward pass starts with, the kind, whether it is unusual, the powers of ten, the
order of trying."""


def diagnosed(
    source: Any, given: Overrides = UNCHANGED, top: int = 10, most: int | None = None, dps: int | None = None
) -> tuple[Diagnosis, Sequence[str]]:
    """The diagnosis of a spec with these options, its zeros and remedies with it, and the warnings of the spec. Of a
    network there are no remedies, as no command names it.

    Raises SpecError, UsageError, DomainError, LimitError.
    """
    from gradcalc.views.diagnose_sentences import zeros

    if isinstance(source, Network):
        found, at = diagnose(source, dps)
        return found._replace(zeros=zeros(at, found.layers)), ()
    if source is None and not any(given):
        raise UsageError("no network: name a SPEC (a file, - or a built-in example), or give --input and --weights")
    document = read(source)
    changed = apply(document, given)
    network, warnings = build(changed)
    found, at = diagnose(network, dps)
    found = found._replace(zeros=zeros(at, found.layers))
    name = "SPEC" if isinstance(source, Mapping) else str(source or "")
    return with_remedies(found, at, Spec(name, document, given, network, changed.data, dps), top, most), warnings


def with_remedies(diagnosis: Diagnosis, at: Point, spec: Spec, top: int = 10, most: int | None = None) -> Diagnosis:
    """The diagnosis with the changes that help: the `top` first of them and the first of each kind, of at most so many
    that are tried."""
    subject = diagnosis.finding.subject
    if subject is None or not top or "frozen" in diagnosis.finding.evidence:  # training is told to leave it
        return diagnosis
    if diagnosis.finding.label == "lost in float16":
        return diagnosis._replace(remedies=tuple(loss_scales(diagnosis, spec)))
    search = Search(diagnosis, at, spec)
    every = list(changes(spec, diagnosis.finding, at))
    if most is None and spec.dps is None and not diagnosis.finding.is_state:
        every = search.promising(every, top)
    left: dict[str, int] = {}
    limit = most_tried(spec.network) if most is None else most
    for change in every:
        if search.work < limit:
            search.work += search.attempt(change) if most is None else min(search.attempt(change), 1)
        else:
            left[change.kind] = left.get(change.kind, 0) + 1
    listed = chosen(sorted(search.found, key=lambda one: one[0]), top)
    untried = tuple(plural(count, kind) for kind, count in left.items())
    return diagnosis._replace(
        remedies=listed, helpful=len(search.found) + search.passed, tried=search.tried, untried=untried
    )


class Search:
    """The changes of a spec that have been tried, and those `found` that help, each with its rank and its point."""

    def __init__(self, diagnosis: Diagnosis, at: Point, spec: Spec) -> None:
        assert diagnosis.finding.subject is not None
        self.finding, self.subject = diagnosis.finding, diagnosis.finding.subject
        self.at, self.spec = at, spec
        self.before = size_away(at, self.subject)
        self.ill = [layer.node for layer in diagnosis.layers if layer.label != HEALTHY]
        self.found: list[tuple[Rank, Remedy, Point]] = []
        self.tried = self.work = 0
        self.passed = 0  # changes that help, and others more

    def attempt(self, change: Change) -> int:
        """Computes a change; what that costs, in tries of float64."""
        options = self.spec.with_change(change)
        try:
            network, _ = build(apply(self.spec.document, options))
            (same,) = subjects(network, [self.subject.name])
            changed = point(network, self.spec.dps)
            after, self.tried = size_away(changed, same), self.tried + 1
            if after < ZERO_AWAY and helps(self.finding, changed, after, self.before):
                shown = command(self.spec, change, options, self.subject)
                remedy = computed(change, shown, changed, self.at, (same, self.subject))
                distance = layers_away(changed, self.ill)
                rank = floor(distance), KINDS.index(change.kind), change.is_unusual, distance, self.tried
                self.found.append((rank, remedy, changed))
            return EXTENDED if changed.arithmetic.name == "extended" else 1
        except (SpecError, UsageError, DomainError, LimitError, OverflowError):
            return 1  # the network does not allow the change, or has no value with it

    def promising(self, every: Sequence[Change], top: int) -> list[Change]:
        """The changes without those skips, where these are many, that others are seen to help more than, all computed
        at once; those come first that help most."""
        laid = self.at.graph
        ends = [laid.nodes[end].of for end, _ in laid.ends()]
        skips = [change for change in every if change.skip is not None]
        edges = len(skips) + len(self.spec.network.layers)
        skips = skips[: MOST_EDGES // edges] if edges else []
        if len(skips) < MANY_SKIPS or any(map(self.spec.network.cancels_derivative, ends)):
            return list(every)
        from gradcalc.analysis.skip_blocks import gradients_with_skips

        outputs = [self.spec.network.nodes[end].name for end in ends]
        pairs = [change.skip for change in skips if change.skip is not None]
        known = gradients_with_skips(self.spec.network, pairs, [self.subject.name, *outputs, *self.ill])
        if known is None:
            return list(every)
        alone, ranked = [], []
        for change, sizes in zip(skips, known):
            if not sizes:
                alone.append(change)
                continue
            start = max((size for size in sizes[1 : 1 + len(ends)] if size is not None), default=None)
            away = [ZERO_AWAY if size is None or start is None else abs(size - start) for size in sizes]
            if away[0] < min(self.before - BETTER, ZERO_AWAY):
                ranked.append((sum(away[1 + len(ends) :]) / len(self.ill), change))
        ranked.sort(key=lambda one: one[0])
        best = [change for _, change in ranked[: SEEN * top]]
        self.tried += len(skips) - len(alone) - len(best)
        self.passed = len(ranked) - len(best)
        seen = {id(change) for change in skips}
        others = [change for change in every if change.skip is None or id(change) not in seen]
        return [*best, *others, *alone]


def loss_scales(diagnosis: Diagnosis, spec: Spec) -> Iterator[Remedy]:
    """The least power of two that keeps all of the backward pass in float16, where there is one."""
    from gradcalc.analysis.precision import precision

    powers = precision(diagnosis.network, [FLOAT16], dps=spec.dps).formats[FLOAT16].window.powers()
    if powers:
        options = [*option_words(spec.given), "--dtype", FLOAT16, "--loss-scale", str(2 ** powers[0])]
        shown = " ".join(quote(word) for word in ("gradcalc", "precision", spec.name, *options) if word)
        yield Remedy(f"loss scale 2^{powers[0]} in float16", shown, None, diagnosis.loss.value, None, "loss scale")


def chosen(ranked: Sequence[tuple[Rank, Remedy, Point]], top: int) -> tuple[Remedy, ...]:
    """The first of a ranking: about half of them of one kind at most, the first of each kind in any case; of those that
    make no difference to one another the first alone, with the names of the others."""
    alike: dict[tuple[str, Any, Any], list[tuple[Remedy, Point]]] = {}
    for _, remedy, changed in ranked:
        alike.setdefault((remedy.kind, remedy.gradient, remedy.loss), []).append((remedy, changed))
    counts: dict[str, int] = {}
    found = list[Remedy]()
    for (kind, *_), group in alike.items():
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] == 1 or (len(found) < top and counts[kind] <= (top + 1) // 2):
            remedy, changed = group[0]
            names = tuple(other.change.removeprefix(f"{kind} ").rpartition(" by ")[2] for other, _ in group[1:])
            found.append(remedy._replace(healthy=healthy(changed), same=names))
    return tuple(found)


def helps(finding: Finding, changed: Point, after: float, before: float) -> bool:
    """Whether a change helps: the gradient is nearer to what the backward pass starts with, or where its size tells
    nothing, the layer is healthy then."""
    if not finding.is_state:
        return after < before - BETTER
    return any(layer.node == finding.node and layer.label == HEALTHY for layer in diagnosis_at(changed).layers)


def healthy(changed: Point) -> int:
    """How many layers of a network are."""
    return sum(layer.label == HEALTHY for layer in diagnosis_at(changed).layers)


def most_tried(network: Network) -> int:
    """How many changes are tried: as many as cost so much work, and some at least."""
    entries = sum(len(numbers(parameter.value)) for parameter in network.parameters)
    each = EACH + len(network.layers) + entries // 20 + entries * network.examples // 5000
    return max(WORK // each, LEAST)


def computed(change: Change, shown: str, changed: Point, at: Point, pair: tuple[Subject, Subject]) -> Remedy:
    """A change with what becomes of the gradient: the first of the pair with it, the second without."""
    sizes = []
    for found, subject in zip((changed, at), pair):
        with found.arithmetic.context():
            sizes.append(norm(gradient(found, subject)))
    return Remedy(change.what, shown, ratio(*sizes), changed.loss, sizes[0], change.kind)


def size_away(found: Point, subject: Subject) -> float:
    """How many powers of ten a gradient is from what the backward pass starts with."""
    with found.arithmetic.context():
        size, begin = found.arithmetic.log10(norm(gradient(found, subject))), start(found)
    return ZERO_AWAY if size is None or begin is None else abs(size - begin)


def layers_away(found: Point, names: Collection[str]) -> float:
    """How many powers of ten ‖δ‖ of these layers is from there, in the mean."""
    course = profile(found)
    with found.arithmetic.context():
        begin = start(found) or 0.0
    sizes = [size for name, size in zip(course.nodes, course.log10) if name in names]
    return sum(ZERO_AWAY if size is None else abs(size - begin) for size in sizes) / len(sizes)


def command(spec: Spec, change: Change, options: Overrides, subject: Subject) -> str:
    """The command that shows the change: `compare` where it is the one skip of a network that has none."""
    asks = "compare" if change.kind == "skip" and not spec.network.has_skips else "compute"
    words = ["gradcalc", asks, spec.name, *option_words(options), "--wrt", subject.name]
    words += [] if spec.dps is None else ["--dps", str(spec.dps)]
    return " ".join(quote(word) for word in words if word)
