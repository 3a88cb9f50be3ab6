"""Lazy modules and patterns: out of the way at start, the modules and patterns themselves as soon as they are used."""

from __future__ import annotations

import subprocess
import sys

from gradcalc.__main__ import SELDOM_USED, lazy_module, lazy_modules

PROGRAM = """
import sys
from gradcalc.__main__ import SELDOM_USED, lazy_modules
with lazy_modules():
    import typer, inspect, traceback, shutil
print([name for name in SELDOM_USED if name in sys.modules])
assert inspect.getsource(lazy_modules)  # linecache and tokenize, through inspect
assert "in <module>" in "".join(traceback.format_stack())
assert inspect.cleandoc("  a") == "a"
import linecache, tokenize, subprocess
assert type(linecache).__name__ == "module" and linecache.__spec__ is not None
assert subprocess.run([sys.executable, "-c", "pass"]).returncode == 0
assert tokenize.__spec__ is not None
"""


def test_typer_is_imported_without_them_and_everything_works_after() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


def test_a_module_that_is_there_already_is_left_alone() -> None:
    import textwrap

    with lazy_modules(("textwrap",)):
        assert sys.modules["textwrap"] is textwrap


def test_a_lazy_module_has_the_attributes_of_its_module() -> None:
    import textwrap

    assert lazy_module("textwrap").dedent is textwrap.dedent


def test_the_list_names_modules_that_exist() -> None:
    assert all(__import__(name) for name in SELDOM_USED)


PATTERNS = """
from gradcalc.language.grammars.yaml_text import pyyaml
yaml = pyyaml()
assert yaml.SafeLoader("a").peek() == "a"  # the reader in Python, by its pattern of characters
print(yaml.load("[1.5, 0x10, ~, yes, 2020-01-02]", yaml.SafeLoader), yaml.safe_dump(["yes", 1.5]), end="")
"""


def test_regular_expressions_of_pyyaml_work_once_they_are_used() -> None:
    done = subprocess.run([sys.executable, "-c", PATTERNS], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[1.5, 16, None, True, datetime.date(2020, 1, 2)] - 'yes'\n- 1.5\n"
