"""`gradcalc explain`: each gradient by the chain rule, step by step, in numbers or in symbols."""

from typing import Annotated, Any

from gradcalc.cli.options import (
    AS_USUAL,
    NO_STORAGE,
    UNCHANGED,
    Changes,
    Dps,
    Of,
    Output,
    Source,
    Storage,
    Wrt,
    question_option,
)
from gradcalc.cli.output import refuse_in
from gradcalc.errors import UsageError
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc explain residual --wrt w1", "one gradient, step by step, with its numbers"),
    ("gradcalc explain residual --wrt w1 --symbolic", "the same in symbols, with the closed form"),
    ("gradcalc explain mazur --wrt 'w1[0,1]'", "one entry, by paths over single units"),
    ("gradcalc explain mazur", "layers of many units in matrix form"),
    ("gradcalc explain residual --wrt w1 --of h2", "of the output of h2 in place of the loss"),
    ("gradcalc explain residual --wrt w1 --forward --round 3", "from the inputs on, as on paper with 3 decimals"),
    ("gradcalc explain residual --symbolic -o residual.tex", "for lecture notes; .md, .html, .json, .py likewise"),
    ("gradcalc explain residual --format latex --standalone", "a document that compiles as it is"),
)

Symbolic = Annotated[
    bool, question_option("--symbolic", help="Derive in symbols, with SymPy, and put the numbers in at the end.")
]

Forward = Annotated[bool, question_option("--forward", help="Begin with the steps of the forward pass.")]

Round = Annotated[
    int | None,
    question_option(
        "--round",
        metavar="N",
        min=0,
        max=1_000,
        help="Round every number to N decimals, as on paper, and show how far that leads off.",
    ),
]

TimeLimit = Annotated[
    float | None,
    question_option(
        "--time-limit",
        metavar="SECONDS",
        min=0.001,
        help="How long the work in symbols may take [default: 10].",
        show_default=False,
    ),
]

LONGEST = 1_000_000  # seconds that work in symbols can be given

Top = Annotated[
    int,
    question_option(
        "--top",
        metavar="N",
        min=1,
        help="Of more than 100 paths, find the N largest [default: 10]; the page lists fewer where they are long.",
        show_default=False,
    ),
]


def command(
    source: Source = None,
    changes: Changes = UNCHANGED,
    wrt: Wrt = None,
    symbolic: Symbolic = False,
    time_limit: TimeLimit = None,
    top: Top = 10,
    of: Of = None,
    dps: Dps = None,
    storage: Storage = NO_STORAGE,
    forward: Forward = False,
    decimals: Round = None,
    output: Output = AS_USUAL,
) -> Report:
    """Derive gradients: one step for each rule, every factor with its value, the product of every path, the sum.

    Layers of many units are derived in matrix form, single entries (--wrt 'w1[0,1]') in scalars. Each derivation is
    compared with backpropagation at the network's point and at five others before it is shown.
    """
    from gradcalc.analysis.path_list import first_layers, refuse_long_numbers
    from gradcalc.derivation.explain import explain, refuse_many_steps
    from gradcalc.language.document import chain_of
    from gradcalc.views.explain_page import report

    if time_limit is not None and not symbolic:
        raise UsageError(f"--time-limit {time_limit:g}: has no effect without --symbolic")
    if time_limit is not None and not time_limit <= LONGEST:
        raise UsageError(f"--time-limit {time_limit:g}: takes at most {LONGEST:,} seconds")
    if forward or symbolic:
        refuse_in(output, ("csv", "jsonl") if symbolic else ("csv",), "--symbolic" if symbolic else "--forward")
    low = storage.numbers(dps)
    if low is not None and (symbolic or decimals is not None):
        raise UsageError(
            f"--dtype {low.name} is for numbers as they are: leave --{'symbolic' if symbolic else 'round'} out"
        )

    def refuse(data: Any) -> None:
        chain = chain_of(data)
        if not wrt:
            refuse_many_steps(chain.layers, chain.weights, 2 * chain.layers)
        elif chain.skips and (firsts := first_layers(wrt, chain.layers)):
            refuse_many_steps(chain.layers, len(firsts), 2 * chain.layers)
            refuse_long_numbers(chain.layers, chain.skips, min(firsts))

    network, warnings = changes.load(source, of, refuse)
    found = explain(
        network,
        wrt=wrt or (),
        top=top,
        of=of,
        symbolic=symbolic,
        dps=dps,
        low=low,
        forward=forward,
        decimals=decimals,
        time_limit=time_limit,
    )
    return report(found, tuple(warnings), output.digits, output.all_rows)
