"""What `gradcalc train` prints: the loss and the norms of the gradients over the steps, the parameters before and
after, and, where it is asked for, one update with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

from gradcalc.analysis.optimizers import Update
from gradcalc.analysis.results import RoundedGradient
from gradcalc.analysis.training import MOST_UPDATES, Trainer, Training
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions.expression import Expression, name, substituted
from gradcalc.expressions.expression import figure as numeral
from gradcalc.expressions.parser import parse
from gradcalc.network.network import Network, entries, entry_name, norm
from gradcalc.report.json_numbers import written
from gradcalc.report.plots.lines import Curve, Panel, draw_lines
from gradcalc.report.report import Aligned, Block, Deferred, Heading, Line, Note, Report, Spark, Table
from gradcalc.report.scales import figure, log10
from gradcalc.report.text import gradient, plural
from gradcalc.views import network_header as header

MOST_ENTRIES = 40  # numbers that are shown one by one, more of them by norms
METHODS = {"sgd": "gradient descent", "adam": "Adam", "adamw": "AdamW"}


def report(training: Training, explain: bool = False, warnings: tuple[str, ...] = ()) -> Report:
    """The training as a report; `explain` derives the last update."""
    return Report(
        Deferred(lambda: facts(training)),
        lambda: page(training, explain),
        table=lambda: step_table(training),
        warnings=warnings,
        title=f"{training.before.name}: training",
        status=lambda: int(training.stopped == "diverged"),
    )


def facts(training: Training) -> header.Facts:
    """What JSON has; `stopped` and `reason` where it ended before its last step."""
    early = {"stopped": training.stopped, "reason": training.reason} if training.stopped else {}
    return {
        **header.envelope("train"),
        "name": training.before.name,
        "steps": training.steps,
        "loss": {"before": training.loss_before, "after": training.loss_after},
        "history": [step._asdict() for step in training.history],
        "parameters": training.parameters,
        "gradients": training.gradients,
        **early,
    }


def page(training: Training, explain: bool) -> Iterator[Block]:
    """The blocks in order."""
    yield Heading(header.title(training.before))
    yield Note(method(training), "title")
    yield step_table(training)
    if len(training.history) > 2:
        yield line_table(training)
    yield parameter_table(training)
    if explain and training.updates:
        yield from derivation(training)
    lines = " Bars: of log₁₀ where all values are above 0." if len(training.history) > 2 else ""
    yield Note(
        f"A row is the network after so many steps. ‖∇L‖: the norm of all gradients, frozen ones too.{lines}", "legend"
    )
    ends = {"At the start": training.before, "At the end": training.after}
    rounded = {where: of_few_digits(network) for where, network in ends.items()}
    is_wrong = any(one.kind == "loss" and one.left != "few digits" for found in rounded.values() for one in found)
    yield Note(verdict(training, is_wrong), "result" if training.stopped != "diverged" else "warning")
    for where, found in rounded.items():
        if found:
            from gradcalc.views.digit_sentences import placed, rounded_sentences

            for words in rounded_sentences(found, ends[where], "L"):
                told = (part.replace("--dps", "compute --dps") if isinstance(part, str) else part for part in words)
                yield Note(placed(where, tuple(told)))


def of_few_digits(network: Network) -> Sequence[RoundedGradient]:
    """Of which gradients, and of L, fewer than six digits are right; nothing where other numbers than float64 have no
    value, or end."""
    from gradcalc.analysis.point import point, subjects
    from gradcalc.analysis.rounded_gradients import gradients_of, loss_of, rounded_gradients

    with suppress(DomainError, LimitError):
        return rounded_gradients(point(network), loss_of(network) | gradients_of(subjects(network)))
    return ()


def method(training: Training) -> str:
    """gradient descent, lr 0.5, momentum 0.9, one example at a time."""
    rule = training.optimizer
    parts = [METHODS[rule.name], f"lr {rule.lr:g}"]
    if rule.name == "sgd" and rule.momentum:
        parts.append(f"momentum {rule.momentum:g}")
    if rule.name != "sgd":
        parts.append(f"beta1 {rule.beta1:g}, beta2 {rule.beta2:g}, epsilon {rule.epsilon:g}")
    if rule.weight_decay:
        parts.append(f"weight decay {rule.weight_decay:g}")
    if rule.clip_norm is not None:
        parts.append(f"gradients clipped to the norm {rule.clip_norm:g}")
    if rule.maximize:
        parts.append("to the largest L")
    if training.online:
        parts.append("one example at a time")
    return ", ".join(parts)


def step_table(training: Training) -> Table:
    """The loss after the steps of the history, and the norm of all gradients."""
    steps = training.history
    sizes = [norm(list(step.norms.values())) for step in steps]
    columns = [step.step for step in steps], [step.loss for step in steps], sizes
    return Table.of_columns(zip(("step", "L", "‖∇L‖"), columns))


def line_table(training: Training) -> Table:
    """The loss and the norm of every gradient as lines over the steps."""
    steps = training.history
    found = [("L", [step.loss for step in steps])]
    found += [(f"‖{gradient(each)}‖", [step.norms[each] for step in steps]) for each in steps[0].norms]
    rows = [[label, Spark(heights(values)), values[0], values[-1]] for label, values in found]
    columns = zip(("quantity", f"steps 0 → {training.steps}", "first", "last"), zip(*rows))
    return Table.of_columns(columns, "Each quantity over the steps")


def heights(values: Sequence[float]) -> list[float | None]:
    """How high they are drawn: by their log10 where all are above 0."""
    return [log10(value) for value in values] if min(values) > 0 else list(values)


def parameter_table(training: Training) -> Table:
    """Every number before and after, and its gradient after; of many numbers the norms."""
    rows: list[Sequence[Any]] = []
    for one, after in zip(training.before.parameters, training.after.parameters):
        values = one.value, after.value, training.gradients[one.name]
        for (index, *_), *found in zip(entries(one.value), *(map(itemgetter(1), entries(value)) for value in values)):
            rows.append([entry_name(one, index), *found, "frozen" * one.frozen])
    title = "Parameters"
    if len(rows) > MOST_ENTRIES:
        title = "Parameters, by norms"
        pairs = zip(training.before.parameters, training.after.parameters)
        rows = [
            [one.name, *map(norm, (one.value, after.value, training.gradients[one.name])), "frozen" * one.frozen]
            for one, after in pairs
        ]
    return Table.of_columns(zip(("parameter", "before", "after", "gradient after", ""), zip(*rows)), title)


def verdict(training: Training, is_wrong: bool = False) -> str:
    """How the loss changed, as float64 has it where that `is_wrong`, and why the training ended early."""
    first, last_loss = training.loss_before, training.loss_after
    digits = next((n for n in range(4, 18) if figure(first, n) != figure(last_loss, n)), 4)
    before, after, steps = figure(first, digits), figure(last_loss, digits), plural(training.steps, "step")
    verb = "falls" if training.loss_after < training.loss_before else "rises"
    course = f"L {verb} from {before} to {after} in {steps}."
    if training.loss_after == training.loss_before:
        course = f"After {steps} L is what it was, {after}."
    if is_wrong:
        course = f"In float64, which leaves no right digit of it, {course}"
    course += at_rest(training)
    if not training.in_range:
        course += (
            " Numbers of the pass at the end are outside the range of float64, in which train computes: see compute."
        )
    if training.optimizer.clip_norm is not None and training.steps and not training.clipped:
        course += (
            f" No step had a gradient with a norm above {training.optimizer.clip_norm:g}: --clip-norm changed none."
        )
    rises = training.loss_after > training.loss_before and not is_wrong
    if rises and not training.optimizer.maximize and not training.stopped:
        course += " Try a smaller --lr."
    if training.stopped == "until":
        return f"{course} Stopped there: {training.reason}."
    if training.stopped == "diverged":
        return f"{course} Stopped there: {training.reason}; the parameters are those before that. Try a smaller --lr."
    if training.until and training.stopped is None:
        return f"{course} {' and '.join(training.until)}: not reached."
    return course


def at_rest(training: Training) -> str:
    """That every gradient is 0 in the end, as it is rounded, and from which step on; that nothing moves without one."""
    rule, moving = training.optimizer, [step.step for step in training.history if any(step.norms.values())]
    if rule.lr == 0 and training.steps:
        return " With the learning rate 0 nothing moves."
    still = next((step.step for step in training.history if step.step > max(moving, default=-1)), None)
    if still is None:
        return ""
    start = f" From step {still} on" if still < training.steps else " There"
    rests = rule.rests and not (training.online and training.before.examples > 1)
    return f"{start} every gradient is 0 in float64{': nothing moves any more' * rests}."


def derivation(training: Training) -> Iterator[Block]:
    """The last update of the numbers that moved most, with its numbers."""
    moved = sorted(
        training.updates, key=lambda label: -abs(training.updates[label].after - training.updates[label].before)
    )
    shown = [label for label in training.updates if label in moved[:MOST_UPDATES]]
    in_formulas = " (k in its formulas)" * training.optimizer.name.startswith("adam")
    of = f"The last update, number {training.updates[shown[0]].number}{in_formulas}"
    yield Heading(of if len(shown) == training.trained else f"{of}, of the {len(shown)} numbers that it moved most")
    yield Aligned([line for label in shown for line in update_lines(training, label, training.updates[label])])


def update_lines(training: Training, label: str, update: Update) -> Iterator[Line]:
    """g, then v, or m and v with their corrections, then the number itself."""
    rule = training.optimizer
    known: dict[str, Any] = {"p": update.before, "g": update.gradient, "c": update.scale, "lr": rule.lr}
    known |= {"decay": rule.weight_decay, "momentum": rule.momentum, "beta1": rule.beta1, "beta2": rule.beta2}
    known |= {"k": update.number, "epsilon": rule.epsilon}
    of_one = ", of the last example" if training.online and training.before.examples > 1 else ""
    yield Line(name("g"), numeral(update.gradient), None, f"the gradient of {label}{of_one}")

    def line(left: str, formula: str, value: Any, reason: str, **others: Any) -> Line:
        values = {**known, **others}
        tree = parse(formula, tuple(values))
        in_numbers = substituted(tree, {each: numeral(value) for each, value in values.items()})
        return Line(name(left), renamed(tree, label), value, reason, in_numbers)

    if update.scale != 1.0:
        reasons = ["to maximize"] * rule.maximize
        if rule.clip_norm is not None and abs(update.scale) < 1:
            norm_of_all = rule.clip_norm / abs(update.scale)
            reasons.append(f"clipped: |c| = {rule.clip_norm:g}/{norm_of_all:.6g}, the trained gradients' norm")
        reason = " and ".join(reasons)
        yield line("g", "c*g", update.scale * update.gradient, reason)
    if rule.weight_decay and rule.name != "adamw":
        scaled = update.scale * update.gradient
        yield line("g", "g + decay*p", update.used, "weight decay", g=scaled)
    known["g"] = update.used
    before, first = update.first
    if update.second is None:
        if rule.momentum:
            yield line("v", "momentum*v + g", first, "momentum", v=before)
        yield line(label, "p - lr*v" if rule.momentum else "p - lr*g", update.after, "the update", v=first)
        return
    yield line("m", "beta1*m + (1 - beta1)*g", first, "running mean of the gradients", m=before)
    yield line("v", "beta2*v + (1 - beta2)*g^2", update.second[1], "running mean of their squares", v=update.second[0])
    mean, spread = first / (1 - rule.beta1**update.number), update.second[1] / (1 - rule.beta2**update.number)
    yield line("m_hat", "m/(1 - beta1^k)", mean, "corrected for the start at m = 0", m=first)
    yield line("v_hat", "v/(1 - beta2^k)", spread, "corrected for the start at v = 0", v=update.second[1])
    decay = "p - lr*decay*p" if rule.name == "adamw" and rule.weight_decay else "p"
    formula = f"{decay} - lr*m_hat/(sqrt(v_hat) + epsilon)"
    yield line(label, formula, update.after, "the update", m_hat=mean, v_hat=spread)


def renamed(tree: Expression, label: str) -> Expression:
    """The formula with the parameter's own name for p."""
    return substituted(tree, {"p": name(label)})


def trace_line(step: int, trainer: Trainer) -> str:
    """A line of a trace: where the training is after so many steps."""
    facts = {
        "step": step,
        "loss": trainer.loss,
        "parameters": trainer.values_by_name(),
        "gradients": trainer.gradients_by_name(),
    }
    return written(facts) + "\n"


def draw(training: Training, path: str) -> None:
    """The loss and the norms of the gradients over the steps. Raises UsageError for a wrong ending."""
    steps = training.history
    xs = [step.step for step in steps]
    losses = [step.loss for step in steps]
    falls = min(losses) > 0 and max(losses) >= 10 * min(losses)
    loss = Panel("L", [Curve(training.before.name, xs, heights(losses) if falls else losses)], falls)
    lines = [Curve(each, xs, [log10(step.norms[each]) for step in steps]) for each in steps[0].norms]
    draw_lines(path, f"{training.before.name}: {method(training)}", "step", [loss, Panel("‖gradient‖", lines, True)])
