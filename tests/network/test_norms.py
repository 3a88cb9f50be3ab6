"""The norm of numbers of any kind, of several kinds too."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from mpmath import mpf

from gradcalc.network.network import norm


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (-3, 3),
        ([], 0),
        ([3, 4], 5),
        ([[3, 0.0], [4, 0]], 5),
        ([2, 0.5, 0.5], 4.5**0.5),
        ([3e300, -4e300], 5e300),
        ([Decimal("3e400"), Decimal("4e400")], Decimal("5e400")),
        ([0.0, 3e-9, Decimal("1e400")], Decimal("1e400")),
        ([mpf(3), mpf(4)], 5),
    ],
)
def test_norm(value: Any, wanted: Any) -> None:
    assert norm(value) == pytest.approx(wanted, rel=1e-15) if isinstance(wanted, float) else norm(value) == wanted
