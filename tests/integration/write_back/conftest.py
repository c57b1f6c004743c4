"""A salon that has its visits name their receipts, in Altegio's simulator."""

from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from tests.support.back import Back
from tests.support.bridge import Bridge
from tests.support.salon import Salon


@pytest.fixture
def back(bridge: Bridge, simulator: SimulatorControl, altegio: AltegioControl) -> Back:
    altegio.open(accounts=ACCOUNTS)
    back = Back(Salon(bridge, simulator, altegio))
    back.choose(write_back="comment")
    return back


ACCOUNTS: list[dict[str, Any]] = [
    {"id": 41001, "title": "Касса", "type": 0},
    {"id": 41002, "title": "Терминал", "type": 1},
    {"id": 41003, "title": "Kaspi QR", "type": 1},
    {"id": 41004, "title": "Чаевые", "type": 0},
]
