"""The law's table: what each situation of a salon's week wants, a test a row, on the real service.

Expectations are those of the law and of the facts, not of the code. Where Altegio's behaviour is unknown both are played.
"""

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.salon import WAYS, Salon


@pytest.fixture
def telling(bridge: Bridge, simulator: SimulatorControl) -> Salon:
    """A salon without tokens: webhooks alone."""
    return Salon(bridge, simulator, None)


@pytest.fixture
def asking(bridge: Bridge, simulator: SimulatorControl, altegio: AltegioControl) -> Salon:
    """A salon whose Altegio is asked."""
    salon = Salon(bridge, simulator, altegio)
    salon.choose()
    return salon


@pytest.fixture(params=WAYS)
def salon(request: pytest.FixtureRequest) -> Salon:
    """Both: what is wanted does not depend on it."""
    chosen: Salon = request.getfixturevalue({"webhooks": "telling", "rest": "asking"}[request.param])
    return chosen
