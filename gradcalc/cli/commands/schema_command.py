"""`gradcalc schema`: the spec language as a JSON Schema for editors and checkers, or as a reference for people."""

from typing import Annotated

from gradcalc.cli.options import File, output_option
from gradcalc.errors import UsageError

EXAMPLES = (
    ("gradcalc schema", "the whole schema"),
    ("gradcalc schema -o gradcalc.schema.json", "into a file, for an editor to complete and check specs with"),
    ("gradcalc schema --format markdown", "every key of the language, for people"),
)

Format = Annotated[
    str | None,
    output_option("--format", metavar="FORMAT", help="json, the schema, or markdown, a reference [default: json]."),
]


def command(format: Format = None, file: File = None) -> str:
    """Print the spec language as a JSON Schema (draft 2020-12), or as a reference of its keys.

    Both are made from the table of keys that the checker uses, so they cannot disagree.
    """
    from gradcalc.language.schema_and_reference import reference, schema

    chosen = format or ("markdown" if file and file.endswith(".md") else "json")
    if chosen == "markdown":
        return reference().rstrip() + "\n"
    if chosen != "json":
        raise UsageError(f"--format {chosen}: the language is printed as json or as markdown")
    from gradcalc.report.formats.json import layout

    return layout(schema(), 0) + "\n"
