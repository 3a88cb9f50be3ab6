"""`gradcalc validate`: specs read and checked, nothing computed."""

from gradcalc.cli.options import UNCHANGED, Changes, Quiet, Sources

EXAMPLES = (
    ("gradcalc validate residual mazur", "silence and status 0: nothing is wrong"),
    ("gradcalc validate residual --set loss=huber", "with a key overridden"),
)


def command(sources: Sources = None, changes: Changes = UNCHANGED, quiet: Quiet = False) -> str:
    """Read and check specs without computing: silence and status 0, or every problem and status 2."""
    from gradcalc.cli.output import warn
    from gradcalc.errors import SpecError

    given: list[str | None] = [*sources] if sources else [None]
    reports = []
    for source in given:
        try:
            warn(changes.load(source)[1], quiet)
        except SpecError as error:
            reports.append(str(error))
    if reports:
        raise SpecError("\n".join(reports))
    return ""
