"""Runs random command lines, and says what crashed, what was no valid answer, and how many were accepted:

    python -m tests.fuzz --runs 5000 --seed 1 --jobs 2

`--only NUMBER` runs the one command line of that number and prints all that it prints.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.search import main  # from the folder of the tests

if __name__ == "__main__":
    sys.exit(main())
