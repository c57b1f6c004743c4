"""How far a test goes: quick by default, thorough under HYPOTHESIS_PROFILE=thorough, which `make model` sets."""

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
IS_THOROUGH = PROFILE == "thorough"
