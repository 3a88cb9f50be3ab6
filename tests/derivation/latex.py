"""LaTeX of derivations: what stands in Markdown, whether it is balanced, and whether an engine takes it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NEEDS_ENGINE = pytest.mark.skipif(not shutil.which("pdflatex"), reason="no TeX engine is installed here")


def mathematics(markdown: str) -> list[str]:
    """What stands between lines of $$."""
    return re.findall(r"^\$\$\n(.*?)\n\$\$$", markdown, re.DOTALL | re.MULTILINE)


def check_balanced(latex: str) -> None:
    """Braces and delimiters are closed, equations have both sides, no matrix is a name, no subscript is doubled."""
    plain = latex.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}"), latex
    assert len(re.findall(r"\\left\b", plain)) == len(re.findall(r"\\right\b", plain)), latex
    assert not re.search(r"operatorname\{matrix|text\{[\[(]|= *=|&= *(&&|\\\\|$)|\{\}", plain), latex
    assert not re.search(r"(_\{[^{}]*\}(\^\{[^{}]*\})?){2}", plain), f"double subscript: {latex}"


def check_compiles(body: str, folder: Path, timeout: int = 60) -> None:
    document = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{body}\end{{document}}"
    (folder / "document.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=timeout)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
