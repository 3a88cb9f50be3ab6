"""What every command says of random networks that are awkward to speak of is true, and none of them crashes."""

from __future__ import annotations

from typing import Any

import pytest
from claims.networks import Case, cases
from claims.search import MODULES, Tally, check
from hypothesis import given, settings
from hypothesis import strategies as st

SLOW = ("check", "explain")


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in MODULES]
)
@given(case=cases())
def test_every_claim_is_true(command: str, case: Case) -> None:
    tally = Tally()
    check(case, tally, (command,))
    assert not tally.faults, tally.faults


STORAGES = st.builds(
    dict,
    dtype=st.sampled_from(["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float32"]),
    loss_scale=st.sampled_from([None, 1024.0, 1e9, 1e39]),
)


@settings(max_examples=10)
@given(case=cases(), storage=STORAGES)
def test_what_explain_claims_of_low_precision_is_true(case: Case, storage: dict[str, Any]) -> None:
    tally, asked = Tally(), case.options.get("explain", {})
    options = {name: value for name, value in asked.items() if name in ("wrt", "of", "forward", "top")}
    check(
        Case(case.spec, case.options if "refused" in case.options else {"explain": options | {"storage": storage}}),
        tally,
    )
    assert not tally.faults, tally.faults


def test_every_template_has_one_name() -> None:
    for command, module in MODULES.items():
        names = [*module.TEMPLATES, *getattr(module, "OTHERS", ()), *module.MORE]
        assert len(names) == len(set(names)), command
