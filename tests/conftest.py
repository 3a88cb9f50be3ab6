"""How many examples hypothesis tries: few, and the same ones, while somebody waits; many new ones with
`HYPOTHESIS_PROFILE=ci`."""

import os

from hypothesis import HealthCheck, settings

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("fast", max_examples=15, derandomize=True, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile("ci", max_examples=200, deadline=None, print_blob=True, suppress_health_check=SLOW_IS_FINE)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
