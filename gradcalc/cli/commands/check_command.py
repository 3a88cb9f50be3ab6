"""`gradcalc check`: every gradient by independent methods, somebody else's numbers and formulas, and conditions for
continuous integration."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gradcalc.cli.options import AS_USUAL, UNCHANGED, Changes, Output, Source, question_option
from gradcalc.cli.output import is_same
from gradcalc.errors import UsageError
from gradcalc.report.report import Report

if TYPE_CHECKING:
    from gradcalc.analysis.conditions import Condition

EXAMPLES = (
    ("gradcalc check residual", "every gradient by five independent methods"),
    ("gradcalc check residual --got w1=-0.00303", "is this gradient right, and if not, what was done wrong"),
    (
        "gradcalc check mazur --got 'w2[0,0]=0.0822 delta_o=[0.138, -0.0381] L=0.298'",
        "several, in the order of the pass",
    ),
    ("gradcalc check residual --got 'w3: (y - t)*y*(1 - y)*h2'", "a formula: which factor is missing"),
    ("gradcalc check net.yaml --got gradients.json", "a file, PyTorch's names matched by shape and order"),
    ("gradcalc check deep --require 'abs(w1) > 1e-18'", "a gradient budget: status 1 where it does not hold"),
    ("gradcalc check net.yaml --require 'loss < 0.3' --require 'norm(w*) < 10' -q", "in continuous integration"),
)

Require = Annotated[
    list[str] | None,
    question_option(
        "--require",
        metavar="CONDITION",
        help="Check this in place of the gradients: 'loss < 0.3', 'abs(w1) > 1e-6', 'norm(w*) < 10' (of gradients; "
        "< <= > >=), 'window(float16)' (some loss scale keeps the backward pass in that format, and nothing of the "
        "forward pass overflows). Repeatable.",
    ),
]
Got = Annotated[
    list[str] | None,
    question_option(
        "--got",
        metavar="NAME=VALUE",
        help="Numbers that somebody else got: gradients (w1=6, 'w1[0,1]=0.2', 'w1=[[1,2],[3,4]]'), outputs (h1), z_h1, "
        "delta_h1, dL/dh1, L; a formula ('w1: (y - t)*h1'); or a FILE of them (JSON, YAML, CSV, .npz, .safetensors). "
        "As many digits as are given count. Repeatable.",
    ),
]
More = Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="More for --got.", hidden=True)]


def command(
    source: Source = None,
    more: More = None,
    got: Got = None,
    require: Require = None,
    changes: Changes = UNCHANGED,
    output: Output = AS_USUAL,
) -> Report:
    """Check every gradient against methods that share no backward pass with it, each with its own error estimate.

    Central differences, the complex step, differences in 60 digits, SymPy, and the sum over listed paths. A method
    fails only beyond ten times its own estimate; at a kink both one-sided derivatives are shown. With --got, check
    numbers that somebody else has: the first wrong one in the order of the calculation, and what explains all of them.
    Exit status 1 where something is wrong.
    """
    if got and source is not None and "=" in source and not os.path.exists(source):
        more = [source, *(more or ())]
        source = None
    if more and not got:
        raise UsageError(f"{more[0]}: one SPEC is checked; numbers to compare with it follow --got")
    conditions = conditions_of(require or ())
    network, warnings = changes.load(source)
    required = None
    if conditions:
        from gradcalc.analysis.gradient_check import require_all

        required = require_all(network, conditions)
    if got:
        from gradcalc.derivation.given_check import check_given
        from gradcalc.language.given import claims
        from gradcalc.views import given_page

        given = [*got, *(more or ())]
        keep_apart(output.file, given)
        found = check_given(network, claims(given))
        return given_page.report(found, required, as_typed(source, changes), tuple(warnings), output.all_rows)
    from gradcalc.analysis.gradient_check import check
    from gradcalc.views.check_page import report

    return report(required or check(network), tuple(warnings))


def keep_apart(file: str | None, given: Sequence[str]) -> None:
    """Refuse to write over a file of given values; raises UsageError."""
    if file is not None and any(os.path.isfile(text) and is_same(text, file) for text in given):
        raise UsageError(f"--output {file}: is what --got reads, and would be lost; name another file")


def conditions_of(texts: Sequence[str]) -> "list[Condition]":
    """What is required. Raises UsageError."""
    if not texts:
        return []
    from gradcalc.analysis.conditions import condition

    return [condition(text, "--require") for text in texts]


def as_typed(source: str | None, changes: Changes) -> str:
    """The spec with its options, as a command line has them."""
    from shlex import quote

    words = [] if source is None else [source]
    for field, value in changes._asdict().items():
        option = {"skips": "--skip", "settings": "--set"}.get(field, f"--{field.replace('_', '-')}")
        values: Sequence[object] = value if isinstance(value, list) else [value]
        for each in values:
            if each is True:
                words.append(option)
            elif each not in (None, False):
                words += [option, str(each)]
    return " ".join(map(quote, words))
