"""What `train` claims in its last line: how the loss changed, whether anything moves any more, which options had no
effect; by JSON, and by training again, so many steps or without the option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from claims import rounding
from claims.claim import NUMBER, Answer, Claim, Template, fault, flat, judged, near, norm, notes
from claims.known import Known
from mpmath import mp

import gradcalc
from gradcalc.errors import GradcalcError
from gradcalc.network.network import numbers


class Trained:
    """What JSON has of a training, and the same with other options."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.facts, self.network = answer, answer.facts, answer.network
        self.rule: dict[str, Any] = {
            name: value for name, value in (answer.options.get("rule") or {}).items() if value is not None
        }
        if answer.options.get("online"):
            self.rule["online"] = True
        self.until: list[str] = answer.options.get("until") or []

    @property
    def before(self) -> Any:
        return as_float64(self.facts["loss"]["before"])

    @property
    def after(self) -> Any:
        return as_float64(self.facts["loss"]["after"])

    @property
    def is_told_outside(self) -> bool:
        return any(re.search(TEMPLATES["outside"][0], text) for _, text in notes(self.answer.blocks))

    def at_the_end(self) -> Mapping[str, Any] | None:
        """The gradients at the parameters after the last step; None where no float64 pass has them."""
        after = gradcalc.train(self.network, steps=self.facts["steps"], **self.rule).after
        try:
            found = gradcalc.compute(after, top=0)
        except GradcalcError:  # exponents without end, in numbers that float64 takes for 0
            return None
        return found.gradients if found.arithmetic == "float64" else None

    def parameters(self, steps: int, **changes: Any) -> dict[str, Any]:
        """After so many steps, with other options."""
        found = gradcalc.train(self.network, steps=steps, **{**self.rule, **changes})
        return floats(found.parameters)


def floats(values: Mapping[str, Any]) -> dict[str, list[float]]:
    """Every number of every parameter."""
    return {name: [float(number) for number in flat(value)] for name, value in values.items()}


def as_float64(number: Any) -> Any:
    """What JSON writes in the fewest digits that tell it from its neighbours: 1e-323 is 9.88e-324."""
    return mp.mpf(float(number))


def digits_of(text: str) -> int:
    """As many as are printed, and four at least."""
    return max(4, len(re.sub(r"\D", "", text.partition("e")[0]).strip("0")))


def moves(known: Trained, verb: str, before: str, after: str, steps: str) -> bool:
    assert int(steps) == known.facts["steps"] and before != after
    assert near(before, known.before, digits_of(before)) and near(after, known.after, digits_of(after))
    return (verb == "falls") == (known.after < known.before)


def stays(known: Trained, steps: str, loss: str) -> bool:
    return int(steps) == known.facts["steps"] and known.before == known.after and near(loss, known.after, 4)


def rests(known: Trained, step: str | None, nothing_moves: str | None) -> bool:
    history = {int(one["step"]): one["norms"].values() for one in known.facts["history"]}
    first = int(step) if step else int(known.facts["steps"])
    assert all(not any(norms) for number, norms in history.items() if number >= first), "a gradient is not 0"
    assert first in history and not any(any(history[number]) and number > first for number in history)
    before = [number for number in history if number < first]
    assert not before or any(history[max(before)]), "it was so before"
    if nothing_moves:
        now = floats(known.facts["parameters"])
        assert known.parameters(first + 20) == now == known.parameters(first), "something moves"
    return True


def at_rate_0(known: Trained) -> bool:
    own = {one.name: one.value for one in known.network.parameters}
    return floats(own) == floats(known.facts["parameters"])


def unclipped(known: Trained, norm: str) -> bool:
    assert float(norm) == known.rule["clip_norm"]
    return known.parameters(known.facts["steps"], clip_norm=None) == known.parameters(known.facts["steps"])


def holds(condition: str, training: Any) -> bool:
    """`loss < 0.1` of a training as far as it came."""
    of, sign, number = condition.split()
    value = training.loss_after if of == "loss" else norm(training.gradients[of])
    return bool(value < float(number) if sign == "<" else value > float(number))


def reached(known: Trained, conditions: str) -> bool:
    """They hold after that many steps, and did not before."""
    assert conditions.split(" and ") == known.until and known.facts["stopped"] == "until"
    steps = range(int(known.facts["steps"]) + 1)
    runs = (gradcalc.train(known.network, steps=count, **known.rule) for count in steps)
    return [all(holds(one, run) for one in known.until) for run in runs] == [False] * (len(steps) - 1) + [True]


def missed(known: Trained, conditions: str) -> bool:
    assert conditions.split(" and ") == known.until and "stopped" not in known.facts
    run = gradcalc.train(known.network, steps=known.facts["steps"], **known.rule)
    return not all(holds(one, run) for one in known.until)


def outside(known: Trained) -> bool:
    return known.at_the_end() is None


def of_digits(known: Trained, end: str, sentence: str) -> bool:
    """What is told of digits is true of the network there."""
    steps = 0 if end == "start" else known.facts["steps"]
    trained = gradcalc.train(known.network, steps=steps, **known.rule).after if steps else known.network
    alone = Known.of_computation(gradcalc.compute(trained, top=0), {})
    claim = judged(rounding.alone(sentence.replace("compute --dps", "--dps")), rounding.TEMPLATES, alone)
    assert not claim.fault, claim.fault
    return True


def smaller(known: Trained) -> bool:
    return known.after > known.before or known.facts.get("stopped") == "diverged"


def stopped(known: Trained, step: str) -> bool:
    assert known.facts["stopped"] == "diverged" and int(step) == known.facts["steps"] + 1
    return all(mp.isfinite(x) for value in known.facts["parameters"].values() for x in flat(value))


NO_DIGIT = "(?:In float64, which leaves no right digit of it, )?"
TEMPLATES: dict[str, Template] = {
    "course": (rf"{NO_DIGIT}L (falls|rises) from {NUMBER} to {NUMBER} in (\d+) steps?\.", moves),
    "no course": (rf"After (\d+) steps? L is what it was, {NUMBER}\.", stays),
    "at rest": (r"(?:From step (\d+) on|There) every gradient is 0 in float64(: nothing moves any more)?\.", rests),
    "rate 0": (r"With the learning rate 0 nothing moves\.", at_rate_0),
    "unclipped": (rf"No step had a gradient with a norm above {NUMBER}: --clip-norm changed none\.", unclipped),
    "reached": (r"Stopped there: ((?!in step).*)\.", reached),
    "missed": (r"(.*): not reached\.", missed),
    "outside": (
        r"Numbers of the pass at the end are outside the range of float64, in which train computes: see compute\.",
        outside,
    ),
    "digits": (r"At the (start|end): (.*)", of_digits),
    "smaller": (r"Try a smaller --lr\.", smaller),
    "stopped": (r"Stopped there: in step (\d+) .*; the parameters are those before that\.", stopped),
}
MORE = ("gradients after",)


def claims(answer: Answer) -> Iterator[Claim]:
    """Every sentence of a page of `train` but its legend, and that the gradients are those at the new parameters."""
    known = Trained(answer)
    for kind, text in notes(answer.blocks):
        if kind not in ("legend", "title"):
            for sentence in re.split(r"(?<=\.) (?=[A-Z]|loss )", text):
                yield judged(sentence, TEMPLATES, known)
    yield Claim("gradients after", "", fault(gradients_after, known))


def gradients_after(known: Trained) -> bool:
    """Where the pass at the new parameters is one in float64; else it is told that it is not."""
    again = known.at_the_end()
    if again is None:
        return known.is_told_outside
    exact = {name: [mp.mpf(str(number)) for number in numbers(value)] for name, value in again.items()}
    slack = mp.mpf("1e-9") * max(abs(number) for every in exact.values() for number in every)
    return not known.is_told_outside and all(
        abs(one - other) <= slack
        for name, value in known.facts["gradients"].items()
        for one, other in zip(flat(value), exact[name])
    )
