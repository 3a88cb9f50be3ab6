"""Draws random networks, runs every command over them, and says which templates were drawn, which were false, and what
crashed:

    python -m tests.claims --networks 2000 --seed 1 --jobs 2
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from claims.search import main  # from the folder of the tests

if __name__ == "__main__":
    sys.exit(main())
