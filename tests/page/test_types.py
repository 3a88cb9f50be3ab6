"""The script of the page, checked by TypeScript's compiler against its own comments."""

import json
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

COMPILER = Path(os.environ.get("GRADCALC_NODE_MODULES", "")) / ".bin" / "tsc"
FOUND = str(COMPILER) if COMPILER.is_file() else shutil.which("tsc")


@pytest.mark.slow
@pytest.mark.skipif(FOUND is None, reason="tsc is not installed (GRADCALC_NODE_MODULES names its folder)")
def test_types() -> None:
    check = subprocess.run(
        [str(FOUND), "-p", str(files("gradcalc") / "page" / "jsconfig.json")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert check.returncode == 0, check.stdout


def test_every_script_is_checked() -> None:
    page = files("gradcalc") / "page"
    checked = json.loads((page / "jsconfig.json").read_text("utf-8"))["files"]
    assert {file.name for file in page.iterdir() if file.name.endswith((".js", ".ts"))} == set(checked)
