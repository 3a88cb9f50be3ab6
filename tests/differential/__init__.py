"""gradcalc against other programs, on random networks of the whole spec language. Nothing here runs in the tests but a
small part that needs no other program.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # where `reference` stands, as it does for pytest
