"""A key that seals credentials is changed: all are sealed anew, and the old one can go."""

from collections.abc import Mapping

import pytest

from shared.storage.models import Cashbox, StaffUser
from shared.storage.resealing import Resealed, reseal_all
from shared.storage.sealing import CannotUnseal, seal, unseal, without_credentials_key
from tests.support.bridge import Bridge, read_settings
from tests.support.operator import Operator

OLD, NEW, LOST = "o" * 40, "n" * 40, "l" * 40


class Service:
    """The service of the test with these keys."""

    def __init__(self, bridge: Bridge, keys: str) -> None:
        self.environment: Mapping[str, str] = {**bridge.environment, "CREDENTIALS_KEY": keys}


def store(bridge: Bridge, number: str, key: str) -> None:
    settings = read_settings(Service(bridge, key).environment)
    with bridge.services.sessions.begin() as session:
        session.add(
            Cashbox(unique_number=number, password_sealed=seal(settings, "hush"), api_token_sealed=seal(settings, "token"))
        )


def reseal(bridge: Bridge, keys: str) -> Resealed:
    with bridge.services.sessions.begin() as session:
        return reseal_all(session, read_settings(Service(bridge, keys).environment))


def open_all(bridge: Bridge, key: str) -> set[str]:
    settings = read_settings(Service(bridge, key).environment)
    with bridge.services.sessions() as session:
        return {unseal(settings, sealed) for row in session.query(Cashbox) for sealed in (row.password_sealed or "",)}


def test_all_are_sealed_anew_once_and_the_old_key_opens_none(bridge: Bridge) -> None:
    store(bridge, "SWK00000041", OLD)
    store(bridge, "SWK00000042", NEW)
    assert reseal(bridge, f"{NEW},{OLD}") == Resealed(anew=2, already=2)
    assert open_all(bridge, NEW) == {"hush"}
    with pytest.raises(CannotUnseal):
        open_all(bridge, OLD)
    assert reseal(bridge, f"{NEW},{OLD}") == Resealed(already=4)


def test_the_command_says_when_the_old_key_can_go(bridge: Bridge) -> None:
    store(bridge, "SWK00000041", OLD)
    code, said = Operator(Service(bridge, f"{NEW},{OLD}")).run("reseal", group="cashboxes")
    assert (code, said.splitlines()[0]) == (0, "sealed anew: 2, already under the first key: 0")
    assert "needed no more" in said
    assert bridge.scalar("SELECT action FROM audit_events") == "credentials_resealed"
    assert open_all(bridge, NEW) == {"hush"}


def test_what_no_key_opens_is_named_and_left(bridge: Bridge) -> None:
    store(bridge, "SWK00000041", LOST)
    code, said = Operator(Service(bridge, f"{NEW},{OLD}")).run("reseal", group="cashboxes")
    assert code == 1
    assert "password_sealed of cashboxes 1" in said
    assert "needed no more" not in said
    assert open_all(bridge, LOST) == {"hush"}


def test_what_the_payment_page_sealed_stays_under_its_own_key(bridge: Bridge) -> None:
    """It has no CREDENTIALS_KEY: a second factor sealed with one would sign nobody in."""
    settings = without_credentials_key(bridge.services.settings)
    with bridge.services.sessions.begin() as session:
        session.add(StaffUser(login="dana", role="manager", password_hash="-", totp_sealed=seal(settings, "secret")))
    assert reseal(bridge, f"{NEW},{OLD}") == Resealed(already=1)
    with bridge.services.sessions() as session:
        assert unseal(settings, session.query(StaffUser).one().totp_sealed or "") == "secret"
