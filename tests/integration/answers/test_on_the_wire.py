"""On the way of a call: it was not sent only while its body had not left, and no answer is waited for without end."""

from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.documents import SCOPES, assert_own_documents, recover
from tests.support.grids import grid
from tests.support.payloads import visit
from tests.support.tls import SPOILT, Authority, TlsRelay, run_relay

CHECK = "/api/v4/check"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "trusted")


@pytest.fixture
def _trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts it beside all others; requests reads whom it trusts from one place."""
    bundle = tmp_path / "authorities.pem"
    bundle.write_text(Path(certifi.where()).read_text("utf-8") + authority.certificate.read_text("utf-8"), "utf-8")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(bundle))
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(bundle))


@pytest.fixture
def relay(bridge: Bridge, simulator: SimulatorControl, authority: Authority, _trusted: None) -> Iterator[TlsRelay]:
    with run_relay(simulator.host, authority) as relay:
        bridge.configure(webkassa_api_url=relay.url)
        yield relay


def test_a_call_goes_through(bridge: Bridge, simulator: SimulatorControl, relay: TlsRelay) -> None:
    bridge.deliver(visit())
    assert relay.url.startswith("https://")
    assert_own_documents(bridge, simulator, 1)


@pytest.mark.usefixtures("scope")
@grid("scope, how", SCOPES, list(SPOILT), indirect=["scope"])
def test_the_tls_breaks_after_the_register_recorded(
    bridge: Bridge, simulator: SimulatorControl, register: Register, relay: TlsRelay, how: str
) -> None:
    """Meanwhile the shift is closed in the cabinet, so that sending it again could make a second document."""
    relay.spoil(CHECK, how)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state) == ("unknown", "retrying")
    register.z_report()
    register.sell("first of the second shift")
    bridge.settle()
    assert_own_documents(bridge, simulator, 1)
    assert len([one for one in simulator.journal("check") if one["body"]["ExternalCheckNumber"] == "altegio_1001"]) == 1


@pytest.mark.parametrize("how", ["plain", "forged"])
def test_the_tls_breaks_in_the_answer_to_a_question(
    bridge: Bridge, simulator: SimulatorControl, register: Register, relay: TlsRelay, how: str
) -> None:
    simulator.settings(scope="shift")
    for path in (CHECK, "/api/v4/Cashbox/ShiftHistory", "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"):
        relay.spoil(path, how)
    bridge.deliver(visit())
    register.z_report()
    bridge.settle()
    assert_own_documents(bridge, simulator, 1)
    assert len(simulator.journal("check")) == 1


def test_a_handshake_that_fails_lets_nothing_out(bridge: Bridge, simulator: SimulatorControl, relay: TlsRelay) -> None:
    """The session is known, so that the call that fails is that of the sale."""
    bridge.deliver(visit(1001))
    relay.bad_handshakes = 1
    bridge.deliver(visit(1002))
    assert (bridge.receipt(2).state, bridge.row(2).state) == ("pending", "retrying")
    recover(bridge)
    assert_own_documents(bridge, simulator, 2)
    assert (bridge.logs("lookup"), len(simulator.journal("check"))) == ([], 2)


def test_a_certificate_nobody_trusts_lets_nothing_out(
    bridge: Bridge, simulator: SimulatorControl, relay: TlsRelay, tmp_path: Path
) -> None:
    bridge.deliver(visit(1001))
    with run_relay(simulator.host, Authority(tmp_path, "unknown")) as stranger:
        bridge.configure(webkassa_api_url=stranger.url)
        calls = len(simulator.journal())
        bridge.deliver(visit(1002))
        assert len(simulator.journal()) == calls
    assert (bridge.receipt(2).state, bridge.row(2).state) == ("pending", "retrying")
    bridge.configure(webkassa_api_url=relay.url)
    recover(bridge)
    assert_own_documents(bridge, simulator, 2)
    assert bridge.logs("lookup") == []


@pytest.mark.usefixtures("scope")
@grid("scope, kind", SCOPES, ["drip", "drip_body", "continue"], indirect=["scope"])
def test_an_answer_that_never_ends_is_given_up(bridge: Bridge, simulator: SimulatorControl, kind: str) -> None:
    """Each of its bytes comes within the time limit for a byte; whole it would be a good answer, a minute later."""
    simulator.fault(operation="check", kind=kind, when="after", pace=0.4)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.outcomes()) == ("unknown", ["unknown"])
    assert bridge.scalar("SELECT claim_id IS NULL FROM cashboxes"), "the register is free"
    bridge.settle()
    assert_own_documents(bridge, simulator, 1)
    assert len(simulator.journal("check")) == 1


@pytest.mark.parametrize("kind", ["drip", "continue"])
@pytest.mark.parametrize("operation", ["authorize", "shift_history"])
def test_nor_is_one_to_another_question(bridge: Bridge, simulator: SimulatorControl, operation: str, kind: str) -> None:
    simulator.revoke_tokens()
    bridge.services.redis.flushdb()
    simulator.fault(operation="check", kind="drop", when="after")
    simulator.fault(operation=operation, kind=kind, when="after", pace=0.4)
    bridge.deliver(visit())
    recover(bridge)
    assert_own_documents(bridge, simulator, 1)
    assert len(simulator.journal("check")) == 1
