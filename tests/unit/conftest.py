"""Unit tests: nothing but the code, loopback and fakes that are handed over."""

from hypothesis import HealthCheck, settings

from tests.support.effort import PROFILE

_COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=100, **_COMMON)
settings.register_profile("thorough", max_examples=5000, **_COMMON)
settings.load_profile(PROFILE)
