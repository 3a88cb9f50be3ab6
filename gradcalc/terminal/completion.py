"""What a shell offers when TAB is pressed: built-in examples and spec files, formats."""

from __future__ import annotations

import os

ENDINGS = (".yaml", ".yml", ".toml", ".json")


def specs(incomplete: str) -> list[str]:
    """Examples, spec files and folders that begin so."""
    from gradcalc.spec import examples

    return [name for name in (*examples(), *files(incomplete)) if name.startswith(incomplete)]


def files(incomplete: str) -> list[str]:
    """The spec files of the folder that is being typed, and its folders."""
    folder = os.path.dirname(incomplete)
    with os.scandir(folder or ".") as entries:
        found = [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    wanted = [name + "/" * is_folder for name, is_folder in found if is_folder or name.endswith(ENDINGS)]
    return sorted(os.path.join(folder, name) for name in wanted)


def formats(incomplete: str) -> list[str]:
    """Formats that begin so."""
    from gradcalc.formats import names

    return [name for name in names() if name.startswith(incomplete)]
