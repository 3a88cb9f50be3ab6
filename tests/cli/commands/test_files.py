"""Results on their way into files: the format is that of the extension, and nothing is lost or half written."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcalc.__main__ import run
from gradcalc.report.files import replacing


@pytest.mark.parametrize(
    ("ending", "opening"),
    [
        ("json", "{"),
        ("md", "# "),
        ("html", "<!DOCTYPE"),
        ("csv", "name,"),
        ("tex", "% Needs no package."),
        ("txt", "residual"),
    ],
)
def test_a_file_has_the_format_of_its_extension(
    ending: str, opening: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"out.{ending}"
    target.write_text("what was here before")
    assert run(["compute", "residual", "-o", str(target), "--color", "auto"]) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8").startswith(opening)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_file_that_cannot_be_written_is_status_2_and_the_old_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compute", "residual", "-o", str(tmp_path / "no" / "out.json")]) == 2
    assert "out.json" in capsys.readouterr().err


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("residual")


@pytest.mark.parametrize("name", ["no/out.json", "d"])
def test_a_file_that_cannot_be_written_is_called_as_it_was_typed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    assert run(["compute", "residual", "--json", "-o", name]) == 2
    assert f"{name}: " in capsys.readouterr().err.splitlines()[0]
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
@pytest.mark.parametrize("option", [[], ["-o", "/dev/full", "--json"]])
def test_a_full_disk_is_one_line(option: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gradcalc", "compute", "residual", *option],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "no space left on device" in done.stderr


SPEC = '{"input": 0.5, "target": 1, "weights": [0.2, 0.1]}'
SWEEP = ["sweep", "plain", "--vary", "w1=1,2"]


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """A spec, with two other names for it."""
    path = tmp_path / "net.json"
    path.write_text(SPEC)
    (tmp_path / "link.json").symlink_to(path)
    os.link(path, tmp_path / "hard.json")
    return path


@pytest.mark.parametrize("name", ["net.json", "./net.json", "link.json", "hard.json"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["compute", "net.json", "-o"],
        ["compute", "link.json", "-o"],
        ["explain", "net.json", "--format", "python", "-o"],
        ["compare", "plain", "net.json", "-o"],
        ["sweep", "net.json", "--vary", "w1=1,2", "--resume"],
        ["compute", "-", "-o"],
    ],
)
def test_a_spec_is_never_its_own_output(
    arguments: list[str], name: str, net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(net.parent)
    with open(net) as standard_input:
        monkeypatch.setattr("sys.stdin", standard_input)
        assert run([*arguments, name]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and "is the spec itself" in " ".join(printed.err.split())
    assert net.read_text() == SPEC and net.stat().st_nlink == 2


def test_a_picture_is_no_spec(net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(net.parent)
    net.rename("net.svg")
    assert run(["sweep", "net.svg", "--vary", "w1=1,2", "--plot", "net.svg"]) == 2
    assert "is the spec itself" in " ".join(capsys.readouterr().err.split())
    assert Path("net.svg").read_text() == SPEC


def test_standard_output_does_not_go_into_the_spec(net: Path) -> None:
    with open(net, "a") as appended:
        done = subprocess.run(
            [sys.executable, "-m", "gradcalc", "compute", str(net)],
            stdout=appended,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2 and "standard output goes into the spec itself" in done.stderr
    assert net.read_text() == SPEC


@pytest.mark.parametrize("options", [["-o", "one.svg", "--format", "html", "--plot", "./one.svg"]])
def test_two_results_do_not_go_into_one_file(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    assert run([*SWEEP, *options]) == 2
    assert "--output goes there, too" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
@pytest.mark.parametrize("file", ["out.json", "out.svg"])
def test_a_file_that_is_written_over_has_the_mode_and_the_owner_that_it_had(
    file: str, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if file == "out.svg":
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    target = Path("out.json" if file == "out.json" else "out.svg")
    target.write_text("before")
    target.chmod(mode)
    if os.geteuid() == 0:
        os.chown(target, 1234, 2345)
    before = target.stat()
    Path("link.json").symlink_to(target)
    assert run(["compute", "plain", "-o", "link.json"] if file == "out.json" else [*SWEEP, "--plot", file]) == 0
    after = target.stat()
    assert target.read_text() != "before" and Path("link.json").is_symlink()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (mode, before.st_uid, before.st_gid)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_is_write_protected_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.json"
    target.write_text("before")
    target.chmod(0o444)
    assert run(["compute", "plain", "-o", str(target)]) == 2
    assert "permission denied" in capsys.readouterr().err
    assert target.read_text() == "before"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_a_file_whose_owner_cannot_be_given_back_is_written_into() -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_somebody_else_writes_into(Path(folder))


def check_somebody_else_writes_into(folder: Path) -> None:
    target = folder / "out.json"
    target.write_text("before")
    target.chmod(0o666)
    os.chown(target, 1234, 2345)
    folder.chmod(0o777)
    program = (
        "import os\nfrom gradcalc.report.files import replacing\nos.setgroups([])\nos.setgid(77)\nos.setuid(88)\n"
        f"with replacing({str(target)!r}) as file:\n    file.write(b'after')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert target.read_text() == "after" and target.stat().st_uid == 1234


def test_what_another_file_is_to_blame_for_is_not_said_of_this_one(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, replacing(str(tmp_path / "out.json")):
        raise OSError(28, "No space left on device", "rows.jsonl")
    assert caught.value.filename == "rows.jsonl"
    with pytest.raises(OSError) as caught, replacing(str(tmp_path / "out.json")):
        raise OSError(28, "No space left on device")
    assert caught.value.filename == str(tmp_path / "out.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [["compute", "deep", "-o", "out.html"], pytest.param([*SWEEP, "--plot", "out.png"], marks=pytest.mark.slow)],
)
def test_a_disk_that_is_full_is_said_of_the_file_and_leaves_the_one_before(
    arguments: list[str], tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    if "--plot" in arguments:
        pytest.importorskip("matplotlib")
    target = tmp_path / arguments[-1]
    target.write_text("before")
    done = subprocess.run(
        [sys.executable, "-Bm", "gradcalc", *arguments],  # modules compiled now would be cut off, too, and stay so
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (2, f"error: {target.name}: file too large\n")
    assert [path.name for path in tmp_path.iterdir()] == [target.name] and target.read_text() == "before"


def until(condition: Any, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(met)


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A sweep whose file is half written."""
    command = ["sweep", "deep", "--vary", "depth=900..1299", "-o", "rows.jsonl"]
    with subprocess.Popen(
        [sys.executable, "-m", "gradcalc", *command], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert until(lambda: any(path.stat().st_size for path in tmp_path.glob("*.part")))
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_process_that_is_told_to_end_leaves_no_half_file(
    number: signal.Signals, writing: subprocess.Popen[str], tmp_path: Path
) -> None:
    writing.send_signal(number)
    _, said = writing.communicate(timeout=30)
    assert not list(tmp_path.iterdir())
    assert (writing.returncode, said) == ((130, "interrupted\n") if number == signal.SIGINT else (-number, ""))


def test_what_a_killed_process_left_behind_goes_when_its_file_is_written_again(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    names = (f"{ended.pid}.part", f"{os.getppid()}.part", "1.part", "x.part", f"{ended.pid}.part2")
    others = [tmp_path / f"out.json.{name}" for name in names] + [tmp_path / f"of.out.json.{ended.pid}.part"]
    for path in others:
        path.write_text("{")
    assert run(["compute", "residual", "-o", str(tmp_path / "out.json")]) == 0
    left, *stay = others
    assert not left.exists() and all(path.read_text() == "{" for path in stay)
    assert json.loads((tmp_path / "out.json").read_text())["name"] == "residual"


def test_what_another_process_holds_is_not_left_behind(tmp_path: Path) -> None:
    """On a disk of several machines the number of a process there may be that of none here."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    path = tmp_path / f"out.json.{ended.pid}.part"
    path.write_text("{")
    hold = "import fcntl, sys; file = open(sys.argv[1], 'r+'); fcntl.lockf(file, fcntl.LOCK_EX); print(1); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline()
        assert run(["compute", "residual", "-o", str(tmp_path / "out.json")]) == 0
        assert path.exists()
        other.communicate("\n")
    assert run(["compute", "residual", "-o", str(tmp_path / "out.json")]) == 0
    assert not path.exists()


@pytest.mark.slow
def test_what_is_protected_from_hanging_up_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gradcalc", "sweep", "deep", "--vary", "depth=100..200", "-o", "rows.csv"]
    with subprocess.Popen(
        command, cwd=tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ) as process:
        assert until(lambda: list(tmp_path.glob("*.part")))
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


WRITTEN = {
    "net.svg": "draw residual -o",
    "page.html": "report residual -o",
    "checked.json": "check residual -o",
    "diagnosis.json": "diagnose residual --top 1 -o",
    "precision.json": "precision residual --dtype float16 -o",
    "range.svg": "precision residual --dtype float16 --plot",
    "trained.yaml": "train residual --steps 3 --save",
    "trace.jsonl": "train residual --steps 200 --trace",
    "swept.csv": "sweep residual --vary w1=1..200 -o",
    "example.yaml": "example resnet -o",
    "schema.json": "schema -o",
}
"""Whatever writes a file, by a file that it can write."""
SIGNALLED = """
import os, signal, sys, time
from gradcalc.__main__ import main
number = int(sys.argv.pop())
def replace(*_):
    os.kill(os.getpid(), number)
    time.sleep(20)
os.replace = replace
main()
"""
"""A process to which a signal comes when its file is written and not yet in its place."""


def written_by(file: str, folder: Path, *python: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command that writes a file, in the folder."""
    command = [sys.executable, *(python or ("-m", "gradcalc")), *WRITTEN[file].split(), file]
    last = options.pop("last", [])
    return subprocess.run([*command, *last], cwd=folder, capture_output=True, text=True, timeout=120, **options)


@pytest.mark.slow
@pytest.mark.parametrize("file", WRITTEN)
def test_whatever_is_written_is_written_whole_or_not_at_all(file: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    if "--plot" in WRITTEN[file]:
        pytest.importorskip("matplotlib")
    target = tmp_path / file
    target.write_text("before")
    done = written_by(file, tmp_path, "-c", SIGNALLED, last=[str(int(signal.SIGTERM))])
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, "", "")
    assert [path.name for path in tmp_path.iterdir()] == [file] and target.read_text() == "before"
    small = 100
    full = written_by(
        file, tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (small, resource.RLIM_INFINITY))
    )
    assert (full.returncode, full.stdout, full.stderr) == (2, "", f"error: {file}: file too large\n")
    assert [path.name for path in tmp_path.iterdir()] == [file] and target.read_text() == "before"
    target.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(target, 1234, 2345)
    before = target.stat()
    assert written_by(file, tmp_path).returncode == 0
    after = target.stat()
    assert after.st_size > small
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@pytest.mark.slow
@pytest.mark.parametrize("file", [file for file in WRITTEN if "residual" in WRITTEN[file]])
def test_whatever_writes_does_not_write_over_its_spec(file: str, tmp_path: Path) -> None:
    spec = tmp_path / file
    spec.write_text(SPEC)
    words = [file if word == "residual" else word for word in WRITTEN[file].split()]
    done = subprocess.run(
        [sys.executable, "-m", "gradcalc", *words, f"./{file}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2 and "is the spec itself" in " ".join(done.stderr.split())
    assert spec.read_text() == SPEC
