"""What every command says of random networks that are awkward to speak of is true, and none of them crashes."""

from __future__ import annotations

import pytest
from claims.networks import Case, cases
from claims.search import MODULES, Tally, check
from hypothesis import given

SLOW = ("check", "explain")


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in MODULES]
)
@given(case=cases())
def test_every_claim_is_true(command: str, case: Case) -> None:
    tally = Tally()
    check(case, tally, (command,))
    assert not tally.faults, tally.faults


def test_every_template_has_one_name() -> None:
    for command, module in MODULES.items():
        names = [*module.TEMPLATES, *getattr(module, "OTHERS", ()), *module.MORE]
        assert len(names) == len(set(names)), command
