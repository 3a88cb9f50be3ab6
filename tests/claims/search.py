"""A long search for a false sentence, a crash, and JSON that does not parse, over random networks."""

from __future__ import annotations

import argparse
import gc
import json
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from itertools import repeat
from pkgutil import walk_packages
from random import Random
from typing import Any, NamedTuple

from claims import compare, compute, diagnose, explain, gradient_check, paths, precision, sweep, training
from claims.claim import hold
from claims.commands import FORMATS, answer, print_all
from claims.networks import Case, cases
from hypothesis.control import BuildContext
from hypothesis.errors import StopTest, UnsatisfiedAssumption
from hypothesis.internal.conjecture.data import ConjectureData
from mpmath import mp

import gradcalc
from gradcalc.errors import UsageError

CHUNK = 50
"""Networks between two lines that say how far it is."""
SHOWN = 3
"""Faults of one kind that are printed."""
DIGITS = 30
"""Of the numbers that claims are checked with."""
FEW = 50
"""Sentences of a template below which it is not said to have been drawn."""
MODULES: dict[str, Any] = {
    "compute": compute, "paths": paths, "explain": explain, "compare": compare, "sweep": sweep, "diagnose": diagnose,
    "check": gradient_check, "precision": precision, "train": training,
}  # fmt: skip


class Fault(NamedTuple):
    """What is wrong, of which command on which network."""

    kind: str
    command: str
    text: str
    spec: str
    options: str


class Tally:
    """What has been drawn so far."""

    def __init__(self) -> None:
        self.networks = 0
        self.drawn: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.seconds: Counter[str] = Counter()

    def add(self, other: Tally) -> None:
        self.networks += other.networks
        self.drawn += other.drawn
        self.answers += other.answers
        self.refused += other.refused
        self.seconds += other.seconds
        self.faults += other.faults


def check(case: Case, tally: Tally, commands: Sequence[str] = tuple(MODULES)) -> None:
    """These commands on one network."""
    tally.networks += 1
    if "refused" in case.options:
        tally.refused[f"no network: {case.options['refused']['why'][:100]}"] += 1
        return
    for command in commands:
        if command not in case.options:
            continue
        options, start = case.options[command], time.perf_counter()
        where = command, json.dumps(case.spec), json.dumps(options)
        try:
            with mp.workdps(DIGITS):
                one(command, case, options, tally, where)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"crash: {type(error).__name__} in {last.filename.rpartition('/')[2]}:{last.lineno}"
            tally.faults.append(Fault(kind, where[0], f"{last_lines(error)}", *where[1:]))
        tally.seconds[command] += time.perf_counter() - start


def last_lines(error: BaseException) -> str:
    """Where it was raised, in short."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " ← ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({where})"


def one(command: str, case: Case, options: dict[str, Any], tally: Tally, where: tuple[str, str, str]) -> None:
    found = answer(command, case.spec, options)
    if isinstance(found, str):
        tally.refused[f"{command}: {found[:90]}"] += 1
        return
    tally.answers[command] += 1
    every = command == "explain" or tally.networks % 5 == 0
    print_all(found, FORMATS if every else ("csv", "jsonl") if command == "sweep" else ("csv",))
    if command in MODULES:
        for claim in MODULES[command].claims(found):
            name = f"{command}: {claim.template}"
            tally.drawn[name] += 1
            if claim.fault:
                tally.faults.append(Fault(f"false: {name}", where[0], f"{claim.text}\n  {claim.fault}", *where[1:]))


def chunk(number: int, count: int, commands: Sequence[str] = tuple(MODULES)) -> Tally:
    """So many networks, always the same of one number: hypothesis draws from the constants of all modules, too."""
    for module in walk_packages(gradcalc.__path__, "gradcalc."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    tally, random, strategy = Tally(), Random(number), cases()
    gc.disable()  # a fifth of the time is garbage collection, and a process has little
    while tally.networks < count:
        if (case := drawn(strategy, random)) is not None:
            check(case, tally, commands)
    gc.enable()
    gc.collect()
    return tally


def drawn(strategy: Any, random: Random) -> Case | None:
    """One example, independent of those before: a search of hypothesis would vary what it has drawn."""
    data = ConjectureData(random=random)
    try:
        with BuildContext(data, is_final=True, wrapped_test=lambda: None):
            return data.draw(strategy)
    except (StopTest, UnsatisfiedAssumption):
        return None


def chunks(networks: int, first: int, jobs: int, commands: Sequence[str]) -> Iterator[Tally]:
    sizes = [min(CHUNK, networks - start) for start in range(0, networks, CHUNK)]
    numbers = [first * 1_000_000 + place for place in range(len(sizes))]
    if jobs == 1:
        yield from map(chunk, numbers, sizes, repeat(commands))
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(chunk, numbers, sizes, repeat(commands))


def templates(commands: Sequence[str]) -> list[str]:
    """All that are known of these commands."""
    return [
        f"{command}: {name}"
        for command, module in MODULES.items()
        if command in commands
        for name in (*module.TEMPLATES, *getattr(module, "OTHERS", ()), *module.MORE)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.claims", description=__doc__)
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--commands", nargs="+", choices=MODULES, default=list(MODULES))
    asked = parser.parse_args()
    whole, start = Tally(), time.time()
    for tally in chunks(asked.networks, asked.seed, asked.jobs, asked.commands):
        whole.add(tally)
        print(f"{whole.networks} networks, {time.time() - start:.0f} s", flush=True)
        for fault in tally.faults:
            print(f"{fault.kind}\n  {fault.text}\n  {fault.command} {fault.options}\n  {fault.spec}", flush=True)
    report(whole, asked.commands)
    return int(bool(whole.faults))


def report(whole: Tally, commands: Sequence[str]) -> None:
    """Counts, then what is wrong, the shortest network of every kind first."""
    false = Counter(fault.kind.removeprefix("false: ") for fault in whole.faults if fault.kind.startswith("false"))
    print(f"\n{whole.networks} networks; answers: {dict(whole.answers)}; refused: {sum(whole.refused.values())}")
    print("seconds:", {name: round(spent) for name, spent in whole.seconds.items()})
    for message, count in whole.refused.most_common(12):
        print(f"  {count:6} {message}")
    print("\n drawn  false  template")
    for name in sorted({*templates(commands), *whole.drawn}):
        few = "  (not drawn often enough)" if whole.drawn[name] < FEW else ""
        print(f"{whole.drawn[name]:6} {false[name]:6}  {name}{few}")
    by_kind: dict[str, list[Fault]] = defaultdict(list)
    for fault in whole.faults:
        by_kind[fault.kind].append(fault)
    for kind, faults in by_kind.items():
        print(f"\n== {kind}: {len(faults)}")
        for fault in sorted(faults, key=lambda one: len(one.spec))[:SHOWN]:
            print(f"{fault.text}\n  {fault.command} {fault.options}\n  {fault.spec}")


def said(command: str, spec: Any, **options: Any) -> list[str]:
    """What a command claims of a network, all of it true; an AssertionError where something is not, and a UsageError
    where the command refuses to answer."""
    with mp.workdps(DIGITS):
        found = answer(command, spec, options)
        if isinstance(found, str):
            raise UsageError(found)
        return hold(MODULES[command].claims(found))
