"""`gradcalc schema`: the spec language as a JSON Schema, for editors and checkers."""

from gradcalc.terminal.options import File

EXAMPLES = (
    ("gradcalc schema", "the whole schema"),
    ("gradcalc schema -o gradcalc.schema.json", "into a file, for an editor to complete and check specs with"),
)


def schema(file: File = None) -> str:
    """Print the spec language as a JSON Schema (draft 2020-12).

    It is made from the table of keys that the checker uses, so the two cannot disagree.
    """
    from gradcalc import spec
    from gradcalc.formats.json import layout

    return layout(spec.schema(), 0) + "\n"
