"""What a delivery tells of a visit beside its money: whether the client came, whom they came to, what it is found by."""

from typing import Any

import pytest

from shared.storage.models import Visit
from tests.support.bridge import Bridge
from tests.support.payloads import T2, T3, visit


def shown(bridge: Bridge) -> Visit:
    with bridge.services.sessions() as session:
        return session.query(Visit).one()


def test_attendance_is_the_newest_and_the_specialist_is_kept(bridge: Bridge) -> None:
    bridge.deliver(visit(paid=0, attendance=1, staff={"id": 5, "name": "Гүлнар Асқарова"}))
    assert (shown(bridge).attendance, shown(bridge).specialist) == (1, "Гүлнар Асқарова")
    bridge.deliver(visit(paid=0, changed=T2, attendance=0, staff=[]))
    assert (shown(bridge).attendance, shown(bridge).specialist) == (None, "Гүлнар Асқарова")
    bridge.deliver(visit(paid=0, changed=T3, attendance="-1"))
    assert shown(bridge).attendance == -1


@pytest.mark.parametrize("attendance", ["x", 7, [], {}, None, 1.5, True])
def test_attendance_that_cannot_be_read_is_none(bridge: Bridge, attendance: Any) -> None:
    bridge.deliver(visit(paid=0, attendance=attendance, staff="Гүлнар"))
    assert (shown(bridge).attendance, shown(bridge).specialist) == (None, None)


def test_a_visit_is_found_by_its_client_specialist_services_numbers_and_sum(bridge: Bridge) -> None:
    services = [{"title": "Стрижка", "cost": 4000}, {"title": "Укладка вечерняя", "cost": 5900}]
    client = {"name": "Айгүл", "surname": "Сейтқалиева", "phone": "+7 701 555 01 42"}
    bridge.deliver(visit(paid=0, services=services, client=client, staff={"name": "Гүлнар"}))
    words = shown(bridge).words
    assert words == " aigul seitkalieva gulnar strijka ukladka veqernxx n1001 s9900 p77015550142t "
    bridge.deliver(visit(paid=0, changed=T2, services=services[:1], client=client))
    assert " s4000 " in str(shown(bridge).words)
    assert "ukladka" not in str(shown(bridge).words)
