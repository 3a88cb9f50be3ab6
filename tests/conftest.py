"""How many examples hypothesis tries: few while somebody waits, many with `HYPOTHESIS_PROFILE=ci`, and the same ones
every time; many new ones with `HYPOTHESIS_PROFILE=search`. And how often the garbage collector looks at the tests."""

import gc
import os

from hypothesis import HealthCheck, settings

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
}

settings.register_profile("fast", max_examples=10, derandomize=True, **COMMON)
settings.register_profile("ci", max_examples=200, derandomize=True, **COMMON)
settings.register_profile("search", max_examples=200, print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

gc.set_threshold(500_000, 10, 10)  # as the program does


def pytest_collection_finish() -> None:
    """Leave out of every collection what is there until the end: modules, tests, and what they begin with."""
    gc.freeze()
