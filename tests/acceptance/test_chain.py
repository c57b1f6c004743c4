"""`celery -A worker cashboxes …` as the operator of a chain types it, and the running service that follows."""

import json
import re
from collections.abc import Callable

from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from tests.support.operator import Operator
from tests.support.payloads import visit
from tests.support.stack import Stack

OWN, OTHER = MORE_CASHBOXES


def test_a_chain_is_set_up_checked_and_served(stack: Callable[..., Stack], simulator: SimulatorControl) -> None:
    service = stack(beat=False)
    operator = Operator(service)
    password = service.environment["WEBKASSA_PASSWORD"]

    code, text = operator.run("add", "--company", "777", "--cashbox", OWN, "--vat", "many", group="cashboxes")
    assert (code, "--vat" in text) == (1, True)

    words = ["add", "--company", "777", "--cashbox", OWN, "--vat", "16", "--name", "Центр", "--password", "-"]
    code, text = operator.run(*words, group="cashboxes", said=f"{password}\n")
    assert code == 0, text
    assert f"{OWN} serves salon 777" in text
    (first,) = re.findall(r"/api/webhook/(777-1-\w+)", text)

    stranger = int(service.post(visit(5, company=888)).json()["record_id"])
    assert "cashboxes add --company 888" in service.wait_for_state(stranger, "dead_lettered")["reason"]

    code, text = operator.run("list", group="cashboxes")
    assert (code, "Центр" in text, password in text) == (0, True, False)
    assert "salon 888: 1 delivery(ies) wait" in text

    code, text = operator.run("check", "--cashbox", OWN, "--taxpayer", "000000000000", "--json", group="cashboxes")
    assert (code, {finding["level"] for finding in json.loads(text)}) == (0, {"ok"})
    code, text = operator.run("check", "SWK99999999", group="cashboxes")
    assert (code, "SWK99999999" in text) == (1, True)

    service.wait_for_state(int(service.post(visit(1, company=777)).json()["record_id"]), "processed")
    code, text = operator.run("add", "--company", "888", "--cashbox", OTHER, group="cashboxes")
    assert "receipts replay --company 888" in text
    assert operator.run("replay", "--company", "888")[0] == 0
    service.wait_for_state(stranger, "processed")
    used = {receipt["external_check_number"]: receipt["cashbox"] for receipt in simulator.receipts()}
    assert used == {"altegio_1": OWN, "altegio_5": OTHER}

    assert service.post(visit(1, company=777), secret=first).status_code == 200
    assert service.post(visit(1, company=888), secret=first).status_code == 401
    (second,) = re.findall(r"/api/webhook/(777-2-\w+)", operator.run("webhook", "777", "--rotate", group="cashboxes")[1])
    assert [service.post(visit(1, company=777), secret=each).status_code for each in (first, second)] == [200, 200]
    assert second in operator.run("webhook", "777", "--end-old", group="cashboxes")[1]
    service.wait_for(lambda: service.post(visit(1, company=777), secret=first).status_code == 401, what="its end")
    assert service.post(visit(1, company=777), secret=second).status_code == 200

    code, text = operator.run("disable", OWN, group="cashboxes")
    assert (code, "out of service" in text) == (0, True)
    row = int(service.post(visit(2, company=777)).json()["record_id"])
    assert "disabled" in service.wait_for_state(row, "dead_lettered")["reason"]
