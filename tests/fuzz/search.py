"""Random command lines run as a shell would, mostly in this process, and judged by what comes out.

Whatever the network: the status is 0, 1, 2 or 3; of a command line that is refused standard output is empty, and
standard error says why; of one that is answered JSON parses, and Python runs and gives the gradient.
"""

from __future__ import annotations

import argparse
import inspect
import io
import json
import math
import os
import re
import signal
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from xml.etree import ElementTree

from cli.commands.processes import process
from fuzz.command_lines import SPEC, CommandLine, command_line

from gradcalc.__main__ import run
from gradcalc.views.explain_python import OUT_OF_RANGE, TOO_FEW_DIGITS

CHUNK = 100
"""Command lines between two lines that say how far it is."""
SHOWN = 2
"""Faults of one kind that are printed."""
LONGEST = 120
"""Seconds of processor time that a command line may take."""
PATIENCE = 10
"""So many times as long it may take by the clock, of a machine that does other things or in processes of its own."""
APART = 400
"""One of so many is run in a process of its own."""
CLOSE = 1e-6
"""How well a program in float64 gives a gradient, relative to its largest entry."""


NEIGHBOURS, ROUNDINGS = 8, 16
"""So many times the farthest of so many neighbours is what a program may be off where little but rounding is left: on
its way it rounds more often than its arguments have been."""
NOTHING = 1e-13
"""What ordinary numbers leave of a gradient that is 0: of the sum of a softmax."""
LOST = (OverflowError, ZeroDivisionError, ValueError)
"""What a program raises where a number on its way leaves float64."""


Function = Callable[..., Any]


class Outcome(NamedTuple):
    """What a command line came to."""

    status: int
    out: str
    err: str


class Fault(NamedTuple):
    """What is wrong with the outcome of a command line."""

    kind: str
    text: str
    number: int
    line: CommandLine


class Tally:
    """What has been run so far."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.slowest: list[tuple[float, int, str]] = []

    def add(self, other: Tally) -> None:
        for name in ("statuses", "runs", "accepted", "refused"):
            getattr(self, name).update(getattr(other, name))
        self.faults += other.faults
        self.slowest = sorted(self.slowest + other.slowest, reverse=True)[:5]


def attempt(seed: int, number: int, tally: Tally) -> None:
    """One command line, drawn, run and judged."""
    line = command_line(seed, number)
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder, working_in(folder):
        arguments = in_files(line)
        try:
            with at_most(LONGEST):
                found = (apart if number % APART == 0 else here)(arguments)
                kind, text = judged(line, arguments, found)
        except TooSlowError:
            found, kind, text = Outcome(-1, "", ""), "slow", f"more than {LONGEST} s"
    tally.slowest = sorted([*tally.slowest, (time.process_time() - start, number, line.command)], reverse=True)[:5]
    tally.statuses[f"{line.command} {found.status}"] += 1
    for name in (line.command, "extreme" if line.extreme else "ordinary"):
        tally.runs[name] += 1
        tally.accepted[name] += found.status in (0, 1)
    if found.status > 1:
        tally.refused[re.sub(r"\S*\d\S*|spec\S*", "…", found.err.partition("\n")[0])[:100]] += 1
    if kind:
        tally.faults.append(Fault(kind, text, number, line))


@contextmanager
def working_in(folder: str) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class TooSlowError(BaseException):
    """No Exception, which a command would take for a mistake of its own."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raises TooSlowError within, where it takes more of the processor, or very long."""

    def stop(*_: object) -> None:
        raise TooSlowError

    timers = (signal.ITIMER_PROF, signal.SIGPROF, seconds), (signal.ITIMER_REAL, signal.SIGALRM, PATIENCE * seconds)
    before = [(number, signal.signal(number, stop)) for _, number, _ in timers]
    for timer, _, most in timers:
        signal.setitimer(timer, most)
    try:
        yield
    finally:
        for timer, _, _ in timers:
            signal.setitimer(timer, 0)
        for number, handler in before:
            signal.signal(number, handler)


def in_files(line: CommandLine) -> list[str]:
    """The arguments, with the specs in files of this folder in place of their names."""
    files = {SPEC + (str(n) if n else ""): f"net{n or ''}.json" for n in range(len(line.specs))}
    for file, spec in zip(files.values(), line.specs):
        Path(file).write_text(json.dumps(spec), encoding="utf-8")
    return [files.get(argument, argument) for argument in line.arguments]


def here(arguments: list[str]) -> Outcome:
    """Run in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        status = run(arguments)
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    return Outcome(status, out, err)


def apart(arguments: list[str]) -> Outcome:
    """Run in a process of its own."""
    done = process(arguments, PATIENCE * LONGEST)
    return Outcome(done.returncode, done.stdout, done.stderr)


def judged(line: CommandLine, arguments: list[str], found: Outcome) -> tuple[str, str]:
    """The kind of fault that there is and what it says, "" for none."""
    status, out, err = found
    if status not in (0, 1, 2, 3):
        lines = err.strip().splitlines() or ["nothing on standard error"]
        where = [text.strip() for text in lines if text.lstrip().startswith("File ")][-1:]
        return f"status {status}: {re.sub(r'[0-9]+', '…', lines[-1])[:90]} {''.join(where)}", err[-3000:]
    if "Traceback" in out + err or "object at 0x" in out:
        return "traceback", (out + err)[-3000:]
    streams_rows = line.command == "sweep"
    if status > 1 and (not err.strip() or (out and not streams_rows)):
        return "refused, and not so", f"{out[:500]}\n{err}"
    if status > 1:
        return "", ""
    try:
        read_back(line, arguments, out)
    except (AssertionError, ValueError, ArithmeticError, NameError, SyntaxError, TypeError, KeyError) as error:
        return f"answer: {type(error).__name__} {re.sub(r'-?[0-9.]+(e[-+]?[0-9]+)?', '…', str(error))[:90]}", str(error)
    return "", ""


def read_back(line: CommandLine, arguments: list[str], out: str) -> None:
    """Reads an answer as its reader would; raises where that cannot be done, or a program gives another gradient."""
    form = arguments[arguments.index("--format") + 1] if "--format" in arguments else ""
    if form == "json":
        strict(out)
    elif form == "svg":
        ElementTree.fromstring(out)
    elif form == "jsonl":
        for text in out.splitlines():
            strict(text)
    elif form == "python":
        same = here([("json" if argument == "python" else argument) for argument in arguments]).out
        found, function = program(out, line.extreme or leaves_float64(strict(same)))
        if "--round" not in arguments:
            same_gradient(found, strict(same), line.extreme, function)


def strict(text: str) -> Any:
    """JSON as its standard has it, numbers that no float64 holds as they are written."""

    def refuse(name: str) -> None:
        raise AssertionError(f"JSON has {name}")

    return json.loads(text, parse_constant=refuse)


def leaves_float64(value: Any) -> bool:
    """Whether any number of an answer is too large for float64."""
    if isinstance(value, (dict, list)):
        return any(map(leaves_float64, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and math.isinf(value)


def program(text: str, is_extreme: bool) -> tuple[Any, Function]:
    """What the function of an emitted program returns, and the function; None where an extreme number on its way leaves
    float64: where it raises that, or says itself that this may be."""
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, "emitted.py", "exec"), scope)
    may_differ = OUT_OF_RANGE in text or TOO_FEW_DIGITS in text
    try:
        found = scope["gradient"]()
    except LOST:
        if not (is_extreme or may_differ):
            raise
        return None, scope["gradient"]
    return None if may_differ else found, scope["gradient"]


def same_gradient(found: Any, facts: dict[str, Any], is_extreme: bool, function: Function) -> None:
    """Asserts that a program and the JSON of the same command have the same gradients, to what rounding its arguments
    does to them: an extreme number may leave nothing but rounding of a gradient."""
    by_name = {name: one["value"] for name, one in facts["wrt"].items()}
    if found is None:
        return
    assert not isinstance(found, dict) or list(found) == list(by_name), f"{list(found)} for {list(by_name)}"
    for name, value in by_name.items():
        ours, theirs = flat(value), flat(of(found, name))
        largest = max(map(abs, ours), default=0.0)
        if not 1e-290 < largest < 1e290:
            continue
        assert len(ours) == len(theirs), f"{name}: {len(theirs)} numbers for {len(ours)}"
        if any(map(math.isnan, theirs)):
            continue
        near = CLOSE * largest + (0 if is_extreme else NOTHING)
        if farthest(ours, theirs) > near:
            moved = (farthest(theirs, flat(of(rounded, name))) for rounded in at_neighbours(function))
            near += ROUNDINGS * max(moved, default=0.0)
        assert farthest(ours, theirs) <= near, f"{name}: the program gives {theirs[:6]}, the command {ours[:6]}"


def of(found: Any, name: str) -> Any:
    return found[name] if isinstance(found, dict) else found


def farthest(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return max((abs(one - other) for one, other in zip(ours, theirs)), default=0.0)


def at_neighbours(function: Function) -> Iterator[Any]:
    """What a program returns where each of its numbers is a neighbouring one of float64."""
    random, arguments = Random(1), inspect.signature(function).parameters.values()

    def moved(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(map(moved, value))
        return math.nextafter(value, random.choice((-math.inf, math.inf))) if isinstance(value, float) else value

    for _ in range(NEIGHBOURS):
        with suppress(*LOST):
            yield function(**{argument.name: moved(argument.default) for argument in arguments})


def flat(value: Any) -> list[float]:
    if isinstance(value, (list, tuple)):
        return [number for part in value for number in flat(part)]
    return [float(value)]


def chunk(seed: int, first: int, count: int) -> Tally:
    """So many command lines from that number on."""
    os.environ["GRADCALC_DEBUG"] = "1"
    tally = Tally()
    for number in range(first, first + count):
        attempt(seed, number, tally)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first command line")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    if asked.only is not None:
        return only(asked.seed, asked.only)
    whole, start = Tally(), time.time()
    firsts = range(asked.first, asked.first + asked.runs, CHUNK)
    with ProcessPoolExecutor(asked.jobs) as pool:
        last = asked.first + asked.runs
        chunks = [pool.submit(chunk, asked.seed, first, min(CHUNK, last - first)) for first in firsts]
        for done in as_completed(chunks):
            tally = done.result()
            whole.add(tally)
            print(
                f"{sum(whole.statuses.values())} runs, {len(whole.faults)} faults, {time.time() - start:.0f} s",
                flush=True,
            )
            for fault in tally.faults:
                print(f"{fault.kind}\n  --seed {asked.seed} --only {fault.number}", flush=True)
    report(whole, asked.seed)
    return int(bool(whole.faults))


def only(seed: int, number: int) -> int:
    """Run one command line and print what it is and what comes of it."""
    line = command_line(seed, number)
    print(line)
    os.environ["GRADCALC_DEBUG"] = "1"
    with tempfile.TemporaryDirectory() as folder, working_in(folder):
        arguments = in_files(line)
        found = here(arguments)
        print(found.out, found.err, f"status {found.status}", *judged(line, arguments, found), sep="\n")
    return found.status


def report(whole: Tally, seed: int) -> None:
    """Counts, then what is wrong, one kind after the other."""
    print("\nstatuses:", dict(sorted(whole.statuses.items())))
    for name, runs in sorted(whole.runs.items()):
        print(f"{name:10} {runs:7} runs, {whole.accepted[name] / runs:6.1%} accepted")
    print("slowest:", [(round(seconds, 1), number, command) for seconds, number, command in whole.slowest])
    for message, count in whole.refused.most_common(15):
        print(f"  {count:6} {message}")
    by_kind: dict[str, list[Fault]] = defaultdict(list)
    for fault in whole.faults:
        by_kind[fault.kind].append(fault)
    for kind, faults in sorted(by_kind.items(), key=lambda one: -len(one[1])):
        print(f"\n== {len(faults)} × {kind}")
        for fault in sorted(faults, key=lambda one: len(str(one.line)))[:SHOWN]:
            print(f"--seed {seed} --only {fault.number}\n{fault.text[-1200:]}\n{str(fault.line)[:1500]}")
