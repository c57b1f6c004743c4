"""What an examination finds is kept for the page: the newest, with whose it is."""

from types import SimpleNamespace
from typing import Any

from shared.storage.models import HealthReport
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, payment, visit
from worker.entry.doctor.findings import SEVERAL
from worker.entry.doctor.report import report_service, report_vendors

APP: Any = SimpleNamespace(control=SimpleNamespace(ping=lambda **_: []))


def read(bridge: Bridge, part: str) -> dict[str, dict[str, Any]]:
    with bridge.services.sessions() as session:
        (row,) = session.query(HealthReport).filter_by(part=part)
        return {finding["name"]: finding for finding in row.findings}


def test_the_service_is_examined_without_a_word_to_the_vendors(bridge: Bridge, simulator: Any) -> None:
    bridge.deliver(payment(5, 4000, record_id=1001), visit())
    calls = len(simulator.journal())
    report_service(bridge.services, APP)
    found = read(bridge, "service")
    assert found["database"]["level"] == "ok"
    assert found["workers"]["level"] == "problem"
    assert found["workers"]["fix"]
    assert len(simulator.journal()) == calls
    about = {name: finding["about"] for name, finding in found.items() if str(COMPANY) in name}
    assert set(about.values()) <= {COMPANY}
    assert found["database"]["about"] is None


def test_vendors_are_examined_when_asked_and_the_newest_is_kept(bridge: Bridge) -> None:
    bridge.deliver(visit())
    report_vendors(bridge.services)
    report_vendors(bridge.services)
    found = read(bridge, "vendors")
    (register,) = {name for name in found if name.startswith("cashbox ")}
    assert found[register]["about"] == SEVERAL, "the environment's serves whoever has none of its own"
    assert found["altegio"]["level"] == "ok"
