"""What would help: changes of a network, each computed, ranked by what becomes of one gradient, with its command.

A change is options of the command line, and is computed as that command would compute it. How many are tried is
bounded by the work that they make, not by a clock: every run tries the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from gradcalc.analysis.comparison import VANISHED, ratio
from gradcalc.analysis.computation import gradient
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, Remedy, counted, diagnose, grows, labels_at, start
from gradcalc.analysis.layer_labels import FLOAT16
from gradcalc.analysis.point import Point, Subject, point, subjects
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.language import Overrides, build, read
from gradcalc.language.document import chain_of
from gradcalc.language.overrides import apply
from gradcalc.network.network import Network, norm, numbers
from gradcalc.parallel.spec_changes import Change, Spec, changes, option_words
from gradcalc.report.text import plural

WORK = 60_000  # of all tries, in layers of a chain
EACH, LEAST = 10, 10  # work of a network beside that of its layers and weights; changes that are tried in any case
EXTENDED = 10  # tries that one takes the time of where it is computed in extended range
LABELLED = 2  # tries that the labels of all layers take the time of
MANY_SKIPS = 150  # from which on they are computed all at once
MOST_EDGES = 30_000_000  # of all these networks together
LOST = -7.0  # log10 of an adjoint at which float16 may hold no gradient
SEEN = 3  # times as many skips as are listed, that are computed one by one
ZERO_AWAY = 1000.0  # powers of ten, more than any float64 is
BETTER = 0.05  # powers of ten nearer to the start of the backward pass that are an improvement


UNCHANGED = Overrides()
Rank = tuple[bool, int, bool, float]
"""Whether the activation is unusual, how many layers are not healthy, whether the loss grows, powers of ten from what
the backward pass starts with."""

MOST_SEARCHED_LAYERS = 1500  # whose changes, by the square of their number, take a gigabyte


def diagnosed(
    source: Any, given: Overrides = UNCHANGED, top: int = 10, most: int | None = None, dps: int | None = None
) -> tuple[Diagnosis, Sequence[str]]:
    """The diagnosis of a spec with these options, its zeros and remedies with it, and the warnings of the spec. Of a
    network there are no remedies, as no command names it.

    Raises SpecError, UsageError, DomainError, LimitError.
    """
    from gradcalc.views.zero_entries import zeros

    if isinstance(source, Network):
        found, at = diagnose(source, dps)
        return found._replace(zeros=zeros(at, found.layers)), ()
    if source is None and not any(given):
        raise UsageError("no network: name a SPEC (a file, - or a built-in example), or give --input and --weights")

    def refuse(data: Any) -> None:
        refuse_many_layers(chain_of(data).layers, top)

    document = read(source, fits=refuse if given.is_empty else None)
    changed = apply(document, given)
    refuse(changed.data)
    network, warnings = build(changed)
    refuse_many_layers(len(network.layers), top)
    found, at = diagnose(network, dps)
    found = found._replace(zeros=zeros(at, found.layers))
    name = "SPEC" if isinstance(source, Mapping) else str(source or "")
    return with_remedies(found, at, Spec(name, document, given, network, changed.data, dps), top, most), warnings


def refuse_many_layers(layers: int, top: int) -> None:
    """Raises LimitError where changes that help are asked for and these are too many layers to look for them."""
    if top and layers > MOST_SEARCHED_LAYERS:
        message = f"--top {top}: skips between {layers:,} layers are too many to look for what helps"
        raise LimitError(f"{message}, and {MOST_SEARCHED_LAYERS:,} layers are the most; --top 0 diagnoses without")


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
        if change.is_unusual and search.found:
            continue  # what layers seldom have is of last resort
        if search.work < limit:
            search.work += search.attempt(change) if most is None else min(search.attempt(change), 1)
        else:
            left[change.kind] = left.get(change.kind, 0) + 1
    found = sorted(search.found, key=lambda remedy: rank(remedy, diagnosis))
    untried = tuple(plural(count, kind) for kind, count in left.items())
    told = diagnosis._replace(helpful=len(found), tried=search.tried, passed=search.passed, untried=untried)
    return told._replace(remedies=chosen(found, top))


def rank(remedy: Remedy, diagnosis: Diagnosis) -> Rank:
    """What changes are ordered by: healthy layers, then whether the loss more than doubles, then how near ‖δ‖ is to
    what the backward pass starts with."""
    worse = diagnosis.network.loss.name != "output" and grows(remedy.loss, diagnosis.loss.value)
    return remedy.is_unusual, -remedy.healthy, worse, abs(remedy.reach)


class Search:
    """The changes of a spec that have been tried, and those `found` that help."""

    def __init__(self, diagnosis: Diagnosis, at: Point, spec: Spec) -> None:
        assert diagnosis.finding.subject is not None
        self.finding, self.subject = diagnosis.finding, diagnosis.finding.subject
        self.at, self.spec = at, spec
        self.before = ZERO_AWAY if diagnosis.reach is None else abs(diagnosis.reach)
        self.healthy = diagnosis.labels.get(HEALTHY, 0)
        self.ill = [layer.node for layer in diagnosis.layers if layer.label != HEALTHY]
        self.found: list[Remedy] = []
        self.tried = self.work = 0
        self.passed = 0  # skips that bring less back than others

    def attempt(self, change: Change) -> int:
        """Computes a change; what that costs, in tries of float64."""
        options = self.spec.with_change(change)
        try:
            network, _ = build(apply(self.spec.document, options))
            (same,) = subjects(network, [self.subject.name])
            changed, self.tried = point(network, self.spec.dps), self.tried + 1
            effort = EXTENDED if changed.arithmetic.name == "extended" else 1
            reach = reach_of(changed, str(self.finding.node))
            if reach is None or not has_gradient(changed, same):
                return effort
            labels = labels_at(changed)
            if self.helps(labels, reach):
                shown = command(self.spec, change, options, self.subject)
                remedy = computed(change, shown, changed, self.at, (same, self.subject))
                self.found.append(remedy._replace(labels=counted(labels.values()), reach=reach))
            return effort * LABELLED
        except (SpecError, UsageError, DomainError, LimitError, OverflowError):
            return 1  # the network does not allow the change, or has no value with it

    def helps(self, labels: Mapping[str, str], reach: float) -> bool:
        """Whether more layers are healthy with a change, or as many and ‖δ‖ nearer to what the backward pass starts
        with; where no size shows what is wrong with a layer, that it is healthy then."""
        healthy = sum(label == HEALTHY for label in labels.values())
        if self.finding.is_state:
            return healthy > self.healthy and labels.get(str(self.finding.node)) == HEALTHY
        return healthy > self.healthy or (healthy == self.healthy and abs(reach) < self.before - BETTER)

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

        place = self.ill.index(str(self.finding.node))
        names = [self.subject.name, *(self.spec.network.nodes[end].name for end in ends), *self.ill]
        alone, best = list[Change](), list[Change]()
        for late in (False, True):
            some = [change for change in skips if change.skip is not None and change.skip[2] == late]
            pairs = [change.skip for change in some if change.skip is not None]
            known = gradients_with_skips(self.spec.network, pairs, names) if pairs else []
            if known is None:
                return list(every)
            alone += [change for change, sizes in zip(some, known) if not sizes]
            ranked = [
                (distance, change)
                for change, sizes in zip(some, known)
                if sizes and (distance := distances(sizes, len(ends), place)) is not None
            ]
            ranked.sort(key=lambda one: one[0])
            best += [change for _, change in ranked[: SEEN * top]]
        self.passed = len(skips) - len(alone) - len(best)
        self.tried += self.passed
        seen = {id(change) for change in skips}
        others = [change for change in every if id(change) not in seen]
        return [*best, *others, *alone]


def distances(sizes: Sequence[float | None], ends: int, place: int) -> tuple[int, float] | None:
    """Of log10 of a gradient, of the adjoints of the outputs and of those of some layers: how many of the last are
    about as small as that of a layer that has vanished, or as what float16 rounds to 0, or have exploded; and how many
    powers of ten that at `place` is from the outputs'. None where the gradient is 0."""
    begin = max((size for size in sizes[1 : 1 + ends] if size is not None), default=None)
    if sizes[0] is None or begin is None:
        return None
    layers = [-ZERO_AWAY if size is None else size for size in sizes[1 + ends :]]
    ill = sum(abs(size - begin) > VANISHED or size < LOST for size in layers)
    return ill, min(abs(layers[place] - begin), ZERO_AWAY)


def loss_scales(diagnosis: Diagnosis, spec: Spec) -> Iterator[Remedy]:
    """The least power of two that keeps all of the backward pass in float16, where there is one."""
    from gradcalc.analysis.precision import precision

    powers = precision(diagnosis.network, [FLOAT16], dps=spec.dps).formats[FLOAT16].window.powers()
    if powers:
        options = [*option_words(spec.given), "--dtype", FLOAT16, "--loss-scale", str(2 ** powers[0])]
        shown = command_line("precision", spec.name, *options)
        yield Remedy(f"loss scale 2^{powers[0]} in float16", shown, None, diagnosis.loss.value, None, "loss scale")


def chosen(ranked: Sequence[Remedy], top: int) -> tuple[Remedy, ...]:
    """The first of a ranking, in its order: about half of them of one kind at most, and the best of each kind where
    there is room; of those that make no difference to one another the first alone, with the names of the others."""
    alike: dict[tuple[str, Any, Any], list[Remedy]] = {}
    for remedy in ranked:
        alike.setdefault((remedy.kind, remedy.gradient, remedy.loss), []).append(remedy)
    groups = list(alike.values())
    best = {kind: next(n for n, group in enumerate(groups) if group[0].kind == kind) for kind, *_ in alike}
    taken = set(sorted(best.values())[:top])
    for place, (remedy, *_) in enumerate(groups):
        of_kind = sum(groups[one][0].kind == remedy.kind for one in taken)
        if len(taken) < top and of_kind < (top + 1) // 2:
            taken.add(place)
    return tuple(with_names(groups[place]) for place in sorted(taken))


def with_names(group: Sequence[Remedy]) -> Remedy:
    """The first of changes that make no difference to one another, with the names of the others."""
    first = group[0]
    names = tuple(other.change.removeprefix(f"{first.kind} ").rpartition(" by ")[2] for other in group[1:])
    return first._replace(same=names)


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
    told = change.what, shown, ratio(*sizes), changed.loss, sizes[0], change.kind
    return Remedy(*told, is_unusual=change.is_unusual)


def has_gradient(found: Point, subject: Subject) -> bool:
    """Whether a gradient is not 0."""
    with found.arithmetic.context():
        return any(numbers(gradient(found, subject)))


def reach_of(found: Point, name: str) -> float | None:
    """log10 of ‖δ‖ of a layer over what the backward pass starts with; None where one of them is 0."""
    network = found.graph.network
    node = next(number for number, layer in enumerate(network.nodes) if layer.name == name)
    with found.arithmetic.context():
        size, begin = found.arithmetic.log10(norm(found.delta(node))), start(found)
    return None if size is None or begin is None else size - begin


def command(spec: Spec, change: Change, options: Overrides, subject: Subject) -> str:
    """The command that shows the change: `compare` where it is the one skip of a network that has none."""
    asks = "compare" if change.kind == "skip" and not spec.network.has_skips else "compute"
    digits = [] if spec.dps is None else ["--dps", str(spec.dps)]
    return command_line(asks, spec.name, *option_words(options), "--wrt", subject.name, *digits)


def command_line(*words: str) -> str:
    """A command as a shell takes it; an empty word, the name of no spec, is left out."""
    return " ".join(quote(word) for word in ("gradcalc", *words) if word)
