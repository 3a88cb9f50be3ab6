"""`gradcalc train`: the parameters of a network moved step by step along its gradients."""

from collections.abc import Mapping
from os.path import splitext
from typing import Annotated

from gradcalc.cli.options import AS_USUAL, UNCHANGED, Changes, Output, Plot, Source, question_option
from gradcalc.errors import UsageError
from gradcalc.records import Record
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc train mazur --lr 0.5 --steps 1 --explain", "one step, with its numbers"),
    ("gradcalc train mazur --lr 0.5 --steps 10000", "the loss, the gradients and the parameters over the steps"),
    ("gradcalc train net.yaml --optimizer adam --steps 500 --until 'loss < 1e-6'", "until it is good enough"),
    ("gradcalc train net.yaml --lr 0.1 --steps 100 --save trained.yaml", "the spec with the new parameters"),
)


class Rule(Record):
    """How the parameters follow the gradient."""

    lr: Annotated[
        float, question_option("--lr", metavar="η", help="The learning rate [default: 0.01].", show_default=False)
    ] = 0.01
    optimizer: Annotated[
        str,
        question_option("--optimizer", metavar="NAME", help="sgd, adam or adamw [default: sgd].", show_default=False),
    ] = "sgd"
    momentum: Annotated[
        float | None, question_option("--momentum", metavar="μ", help="Of sgd: v = μv + g, p −= lr·v [default: 0].")
    ] = None
    weight_decay: Annotated[
        float, question_option("--weight-decay", metavar="λ", help="Adds λp to the gradient; adamw: p −= lr·λ·p.")
    ] = 0.0
    beta1: Annotated[
        float | None, question_option("--beta1", metavar="β₁", help="Of Adam's mean of gradients [default: 0.9].")
    ] = None
    beta2: Annotated[
        float | None, question_option("--beta2", metavar="β₂", help="Of that of their squares [default: 0.999].")
    ] = None
    epsilon: Annotated[
        float | None, question_option("--epsilon", metavar="ε", help="Beside its square root [default: 1e-8].")
    ] = None
    clip_norm: Annotated[
        float | None,
        question_option("--clip-norm", metavar="C", help="Scale the gradients down to this norm where it is larger."),
    ] = None
    maximize: Annotated[bool, question_option("--maximize", help="Move toward a larger loss.")] = False


RULE = Rule()

Steps = Annotated[
    int, question_option("--steps", metavar="N", min=0, help="How many [default: 100].", show_default=False)
]
Online = Annotated[
    bool, question_option("--online", help="A step is one pass over the examples, an update for each in their order.")
]
Until = Annotated[
    list[str] | None,
    question_option(
        "--until",
        metavar="CONDITION",
        help="Stop where it holds: 'loss < 1e-6', 'norm(w*) < 1e-8', 'abs(w1) < 1e-9' (of gradients). Repeatable: "
        "where all hold.",
    ),
]
Every = Annotated[
    int | None,
    question_option("--every", metavar="K", min=1, help="Show every K-th step [default: about 20 steps in all]."),
]
Explain = Annotated[bool, question_option("--explain", help="Derive the last update with its numbers.")]
Save = Annotated[
    str | None,
    question_option("--save", metavar="FILE", help="Write the spec with the new parameters, in full digits."),
]
Trace = Annotated[
    str | None,
    question_option(
        "--trace", metavar="FILE.jsonl", help="Write a line for every step: its loss, parameters and gradients."
    ),
]


def command(
    source: Source = None,
    rule: Rule = RULE,
    steps: Steps = 100,
    online: Online = False,
    until: Until = None,
    every: Every = None,
    explain: Explain = False,
    save: Save = None,
    trace: Trace = None,
    plot: Plot = None,
    changes: Changes = UNCHANGED,
    output: Output = AS_USUAL,
) -> Report:
    """Train a network on its own inputs and targets, step by step, and show how loss, gradients and parameters change.

    Frozen parameters stay, tied ones move as one. Where a number is no longer finite the training stops before it, and
    the exit status is 1.
    """
    from gradcalc.analysis.conditions import condition
    from gradcalc.analysis.optimizers import optimizer
    from gradcalc.analysis.training import Trainer, train
    from gradcalc.cli.output import write_file
    from gradcalc.language import build
    from gradcalc.language.document import GRAMMARS
    from gradcalc.language.saved import saved_text
    from gradcalc.views.train_page import draw, report, trace_line

    check_files({"--save": save, "--trace": trace})
    document, lines = changes.read(source), list[str]()
    network, warnings = build(document)
    if online and network.examples == 1:
        raise UsageError("--online: has no effect on one example")
    if explain and not steps:
        raise UsageError("--explain: has no effect with --steps 0, which updates nothing")

    def seen(step: int, trainer: Trainer) -> None:
        if trace is not None:
            lines.append(trace_line(step, trainer))

    conditions = [condition(text, "--until") for text in until or ()]
    found = train(network, optimizer(**rule._asdict()), steps, online, conditions, every, seen)
    if trace is not None:
        write_file(lines, trace)
    if save is not None:
        text, uncommented = saved_text(document, found.after, GRAMMARS[splitext(save)[1].lower()])
        write_file([text], save)
        warnings += (f"{save}: warning: the comments of the spec are left out",) * uncommented
    if plot is not None:
        draw(found, plot)
    return report(found, explain, warnings)


def check_files(files: Mapping[str, str | None]) -> None:
    """Refuse, before anything is computed, a folder that there is not, and a spec in no grammar; raises UsageError."""
    from gradcalc.language.document import GRAMMARS
    from gradcalc.report.files import check_folder

    for option, file in files.items():
        if file is None:
            continue
        if file == "-":
            raise UsageError(f"{option} -: takes the name of a file")
        check_folder(option, file)
        if option == "--save" and splitext(file)[1].lower() not in GRAMMARS:
            raise UsageError(f"{option} {file}: a spec ends in .yaml, .toml or .json")
