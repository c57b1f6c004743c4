"""Unit tests: nothing but the code, loopback and fakes that are handed over."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from shared.wire import connection
from tests.support.effort import PROFILE
from tests.unit.authority import Authority
from tests.unit.scripted_server import Script, ScriptedServer, Serve

_COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=100, **_COMMON)
settings.register_profile("thorough", max_examples=5000, **_COMMON)
settings.load_profile(PROFILE)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server of that script."""
    with ExitStack() as stack:

        def start(script: Script, **options: Any) -> ScriptedServer:
            return stack.enter_context(ScriptedServer(script, **options).running())

        yield start


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """Trusted, as an operator has a company's own authority trusted."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    connection._trusted.cache_clear()
    yield made
    connection._trusted.cache_clear()
