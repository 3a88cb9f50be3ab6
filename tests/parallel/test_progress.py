"""Progress is for terminals alone, and leaves no trace."""

from __future__ import annotations

import io

import pytest

from gradcalc.parallel import sweep_run as progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(clock)))
    stream = Terminal()
    assert list(progress.watched("abc", 3, stream=stream)) == ["a", "b", "c"]
    assert "sweep 1/3, 20 s left" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_pipe_and_a_quiet_run_see_nothing() -> None:
    for stream, quiet in ((io.StringIO(), False), (Terminal(), True)):
        assert list(progress.watched([1, 2], 2, quiet, stream)) == [1, 2]
        assert stream.getvalue() == ""


@pytest.mark.parametrize(("seconds", "text"), [(8.2, "8 s"), (300, "5 min"), (7200, "2.0 h")])
def test_time_left(seconds: float, text: str) -> None:
    assert progress.left(seconds) == text
