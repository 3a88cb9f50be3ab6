"""What `train` claims in its last line: how the loss changed, whether anything moves any more, which options had no
effect; by JSON, and by training again, so many steps or without the option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from claims.claim import NUMBER, Answer, Claim, Template, fault, flat, judged, near, notes
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

    @property
    def before(self) -> Any:
        return self.facts["loss"]["before"]

    @property
    def after(self) -> Any:
        return self.facts["loss"]["after"]

    def parameters(self, steps: int, **changes: Any) -> dict[str, Any]:
        """After so many steps, with other options."""
        found = gradcalc.train(self.network, steps=steps, **{**self.rule, **changes})
        return floats(found.parameters)


def floats(values: Mapping[str, Any]) -> dict[str, list[float]]:
    """Every number of every parameter."""
    return {name: [float(number) for number in flat(value)] for name, value in values.items()}


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
    assert mp.mpf(norm) == known.rule["clip_norm"]
    return known.parameters(known.facts["steps"], clip_norm=None) == known.parameters(known.facts["steps"])


def smaller(known: Trained) -> bool:
    return known.after > known.before or known.facts.get("stopped") == "diverged"


def stopped(known: Trained, step: str) -> bool:
    assert known.facts["stopped"] == "diverged" and int(step) == known.facts["steps"] + 1
    return all(mp.isfinite(x) for value in known.facts["parameters"].values() for x in flat(value))


TEMPLATES: dict[str, Template] = {
    "course": (rf"L (falls|rises) from {NUMBER} to {NUMBER} in (\d+) steps?\.", moves),
    "no course": (rf"After (\d+) steps? L is what it was, {NUMBER}\.", stays),
    "at rest": (r"(?:From step (\d+) on|There) every gradient is 0 in float64(: nothing moves any more)?\.", rests),
    "rate 0": (r"With the learning rate 0 nothing moves\.", at_rate_0),
    "unclipped": (rf"No step had a gradient with a norm above {NUMBER}: --clip-norm changed none\.", unclipped),
    "smaller": (r"Try a smaller --lr\.", smaller),
    "stopped": (r"Stopped there: in step (\d+) .*; the parameters are those before that\.", stopped),
}
MORE = ("gradients after",)


def claims(answer: Answer) -> Iterator[Claim]:
    """Every sentence of a page of `train` but its legend, and that the gradients are those at the new parameters."""
    known = Trained(answer)
    for kind, text in notes(answer.blocks):
        if kind not in ("legend", "title"):
            for sentence in re.split(r"(?<=\.) (?=[A-Z])", text):
                yield judged(sentence, TEMPLATES, known)
    yield Claim("gradients after", "", fault(gradients_after, known))


def gradients_after(known: Trained) -> bool:
    found = gradcalc.train(known.network, steps=known.facts["steps"], **known.rule)
    try:
        again = gradcalc.compute(found.after, top=0).gradients or {}
    except GradcalcError:  # exponents without end, in numbers that float64 takes for 0
        return True
    exact = {name: [mp.mpf(str(number)) for number in numbers(value)] for name, value in again.items()}
    slack = mp.mpf("1e-9") * max(abs(number) for every in exact.values() for number in every) + mp.mpf("1e-300")
    return all(
        abs(one - other) <= slack
        for name, value in known.facts["gradients"].items()
        for one, other in zip(flat(value), exact[name])
    )
