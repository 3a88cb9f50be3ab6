"""gradcalc against PyTorch in double precision: random networks of the whole spec language, every gradient of each.

    python -m tests.differential.pytorch --networks 2000 --seed 1

PyTorch is no dependency of the project. Make an environment outside the repository for it, and run the line there:

    python3 -m venv ENV && ENV/bin/pip install torch -e .

Each network is written as YAML, TOML or JSON, computed by `gradcalc compute` and `paths` in this process, and, from the
same plain data, by PyTorch (`plain_spec.py` reads the language once more). Compared are the loss, z and the output of
every node and the adjoints of both, the gradients of all parameters, inputs and nodes (as `compute`, `paths` and
`gradcalc.gradients` have them), of one entry, of all by one node (`--of`), and of the paths past one node or weight
(`--avoid`); names and shapes; the number of paths over layers and over units; Σ|contribution|; sums by length. Every
fourth network is computed with 50 digits too, and compared with central differences; of every fourth one gradient is
derived (`explain`).

Differences are relative: max|a − b| / max|b| over the entries of one quantity. Beyond 1e-12 central differences of 120
digits say which of the two is nearer. We are found wrong where our error is neither below 1e-12 nor within 8 times what
last places off make of that quantity (`judging.py`). Such specs are written to a folder, with what was found.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from .judging import CLOSE, Judge, judge, node_of
from .plain_spec import read
from .random_specs import Spec, random_spec
from .trial import Refused, Trial, compare

LIMIT = 3
"""The status of a run whose numbers leave what gradcalc has."""
WRONG = ("ours", "mismatch", "refused", "crashed")


def main() -> int:
    options = arguments()
    table = Table()
    for number in range(options.first, options.first + options.networks):
        spec = random_spec(options.seed, number)
        try:
            trial = compare(number, spec)
        except Refused as error:
            beyond = error.status == LIMIT and Judge(read(spec)).loss_exponent() > 1e15
            table.verdicts["beyond 10^(10^15)" if beyond else "refused"] += 1
            found = [] if beyond else [f"refused: {error}"]
        except Exception as error:  # of whichever of the two
            table.verdicts["crashed"] += 1
            found = [f"{type(error).__name__}: {error}"]
        else:
            found = table.add(trial, options.verbose)
        if found:
            save(options.folder, number, spec, found)
        if (number + 1) % 100 == 0:
            print(f"{number + 1} …", file=sys.stderr, flush=True)
    table.show()
    return int(any(table.verdicts[wrong] for wrong in WRONG))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first network")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "gradcalc-against-pytorch")
    parser.add_argument("--verbose", action="store_true", help="print every difference beyond 1e-12")
    return parser.parse_args()


def save(folder: Path, number: int, spec: Spec, found: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.json").write_text(json.dumps(spec))
    (folder / f"{number}.txt").write_text("\n".join(found) + "\n")
    print(f"{number}: {found[0][:150]}" + (f" … and {len(found) - 1} more" if len(found) > 1 else ""), flush=True)


class Table:
    """What was compared, by kind of quantity, and who was found wrong."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.networks: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.agreed: Counter[str] = Counter()
        self.beyond: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.worst: dict[str, float] = {}
        self.digits: list[float] = []

    def add(self, trial: Trial, verbose: bool) -> list[str]:
        """What is wrong of ours in a network, or cannot be told."""
        self.count(trial)
        found = list(trial.mismatches)
        for comparison in trial.comparisons:
            quantity = comparison.quantity
            kind = "∂node/∂" if node_of(quantity) else quantity.split()[0].partition(":")[0]
            self.counts[kind] += len(comparison.ours)
            if comparison.difference <= CLOSE:
                self.note(kind, comparison.difference)
                continue
            self.beyond[kind] += 1
            verdict = judge(trial.judges, comparison, trial.rounded_magnitudes(node_of(quantity))(quantity))
            self.verdicts[verdict.who] += 1
            self.note("judged", verdict.error)
            if verdict.who in WRONG:
                found.append(f"{quantity} ({verdict.who}): {verdict.text}")
            if verbose:
                print(trial.number, quantity, f"({verdict.who})", verdict.text)
        self.verdicts["mismatch"] += len(trial.mismatches)
        return found

    def note(self, kind: str, error: float) -> None:
        self.worst[kind] = max(self.worst.get(kind, 0.0), error)

    def count(self, trial: Trial) -> None:
        plan = trial.plan
        batch = len(next(iter(plan.inputs.values()))) if plan.batch else 1
        self.networks["networks"] += 1
        self.networks["… of 14 layers"] += len(plan.layers) >= 14
        self.networks["… in batches of 16"] += batch == 16
        self.networks["… with tied parameters"] += "parameters" in trial.spec
        self.networks["… with skips"] += "skips" in trial.spec
        self.networks["… with all paths weighed"] += trial.paths_weighed
        self.networks["parameters"] += len(plan.parameters)
        self.networks["entries of parameters"] += sum(np.size(value) for value in plan.parameters.values())
        self.digits += trial.digits

    def show(self) -> None:
        for name, count in self.networks.items():
            print(f"{name:24}{count:10,}")
        print(f"\n{'quantity':24}{'numbers':>10}{'worst':>10}   quantities beyond 1e-12")
        for kind, count in self.counts.items():
            print(f"{kind:24}{count:10,}{self.worst.get(kind, 0.0):10.1e}{self.beyond[kind]:10}")
        print(f"\nbeyond 1e-12, and network by network: {dict(self.verdicts)}")
        print(f"where PyTorch is off, ours at 120 digits: worst {self.worst.get('judged', 0.0):.1e}")
        print(f"--dps 50 against 120 digits: {len(self.digits)} quantities, worst {max(self.digits, default=0):.1e}")
        print(f"{time.perf_counter() - self.started:.0f} s, PyTorch {torch.__version__}")


if __name__ == "__main__":
    sys.exit(main())
