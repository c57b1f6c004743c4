"""`celery -A worker receipts …` against the running service, as an operator types it."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from dev.harness.simulator import SimulatorControl
from tests.support.operator import Operator
from tests.support.post_box import PostBox
from tests.support.stack import Stack


def visit(record_id: int, cost: int = 4000) -> dict[str, Any]:
    return {
        "company_id": 307626,
        "resource": "record",
        "resource_id": record_id,
        "status": "update",
        "data": {"id": record_id, "date": "2026-07-12 12:10:00", "services": [{"title": "Стрижка", "cost": cost}]},
    }


def post_until(service: Stack, record_id: int, state: str) -> int:
    row = int(service.post(visit(record_id)).json()["record_id"])
    service.wait_for_state(row, state)
    return row


def test_a_refused_receipt_is_listed_shown_and_replayed_under_its_number(
    service: Stack, simulator: SimulatorControl
) -> None:
    operator = Operator(service)
    simulator.fault(operation="check", when="before", kind="code", code=8, text="нет лицензии", times=2)
    first = post_until(service, 1001, "dead_lettered")
    second = post_until(service, 1002, "dead_lettered")

    code, text = operator.run("list", "--state", "dead_lettered", "--code", "8", "--json")
    assert (code, [row["id"] for row in json.loads(text)]) == (0, [second, first])
    assert json.loads(text)[0]["receipt"]["total"] == "4000.00"

    code, text = operator.run("show", str(first))
    assert code == 0
    assert "нет лицензии" in text
    assert "altegio_1001" in text

    code, text = operator.run("replay", "--code", "8", "--limit", "1", "--dry-run")
    assert (code, text.splitlines()[-1]) == (0, "replayed 0 of 1 (dry run)")
    assert f"would replay {first}" in text
    assert simulator.receipts() == []

    code, text = operator.run("replay", "--code", "8", "--reason", "licence renewed")
    assert (code, text.splitlines()[-1]) == (0, "replayed 2 of 2")
    for row in (first, second):
        service.wait_for_state(row, "processed")
    assert sorted(row["external_check_number"] for row in simulator.receipts()) == ["altegio_1001", "altegio_1002"]

    code, text = operator.run("show", str(first))
    assert "licence renewed" in text


def test_replaying_what_is_issued_does_nothing_and_unknown_ids_fail(service: Stack, simulator: SimulatorControl) -> None:
    operator = Operator(service)
    row = post_until(service, 1003, "processed")
    assert operator.run("replay", str(row)) == (0, f"{row}: already issued\nreplayed 0 of 1\n")
    code, text = operator.run("replay", "999999")
    assert code == 1
    assert "999999: not found" in text
    assert text.splitlines()[-1].startswith("replayed 0 of 1") or "replayed 0 of 1" in text
    assert len(simulator.receipts()) == 1


def test_the_task_replays_all_dead_letters(service: Stack, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", when="before", kind="code", code=8, times=1)
    row = post_until(service, 1004, "dead_lettered")
    code, _ = Operator(service).run("worker.tasks.replay_dead_letters", group="call")
    assert code == 0
    service.wait_for_state(row, "processed")
    assert [row["external_check_number"] for row in simulator.receipts()] == ["altegio_1004"]


def test_reconcile_finds_a_lost_receipt_and_only_then_the_shift_closes(service: Stack, simulator: SimulatorControl) -> None:
    operator = Operator(service)
    simulator.fault(operation="check", when="after", kind="drop", times=1)
    simulator.fault(operation="shift_history", when="before", kind="drop", times=None)
    row = int(service.post(visit(1005)).json()["record_id"])
    service.wait_for_state(row, "retrying")
    for name in ("worker", "beat"):
        service.stop(name)

    code, text = operator.run("close-shift", "--wait", "30")
    assert code == 1
    assert "run reconcile first" in text
    code, text = operator.run("reconcile")
    assert (code, text.splitlines()[-1]) == (1, "unknown: 1")

    simulator.clear_faults()
    service.wait_for(lambda: operator.run("reconcile")[0] == 0, what="the receipt to be found")
    assert service.status(row)["state"] == "processed"
    code, text = operator.run("close-shift")
    assert code == 0
    assert "closed" in text
    assert not any(cashbox["open"] for cashbox in simulator.state()["cashboxes"])
    assert simulator.state()["overlaps"] == 0
    assert len(simulator.receipts()) == 1


def test_wrong_words_are_answered_with_what_is_right(service: Stack) -> None:
    operator = Operator(service)
    assert operator.run("replay")[0] == 2
    code, text = operator.run("list", "--state", "lost")
    assert code == 2
    assert "dead_lettered" in text
    code, text = operator.run("list", "--since", "yesterday")
    assert code == 2
    assert "2026-03-02T10:00" in text
    assert operator.run("show", "12345")[0] == 1


def test_alerts_are_listed_and_their_addresses_tried(stack: Callable[..., Stack], simulator: SimulatorControl) -> None:
    box = PostBox()
    try:
        service = stack(env={"ALERT_URLS": f"{box.address},nonsense://topsecret", "ALERT_INTERVAL_SECONDS": "1"})
        operator = Operator(service)
        code, text = operator.run("test", group="alerts")
        assert (code, text.splitlines()) == (1, ["1 (json): delivered", "2 (nonsense): FAILED", "delivered to 1 of 2"])
        assert "Проверка" in box.texts[0]

        simulator.fault(operation="check", kind="code", code=8, times=1)
        post_until(service, 1006, "dead_lettered")
        service.wait_for(lambda: len(box.messages) == 2, what="the alert")
        assert "ждут человека: 1" in box.texts[1]
        code, text = operator.run("list", "--open", "--json", group="alerts")
        assert (code, [(row["kind"], row["state"]) for row in json.loads(text)]) == (0, [("dead_letter", "lasts")])
        code, text = operator.run("list", group="alerts")
        assert "messages not delivered yet: 1" in text
        assert not any("topsecret" in log for log in service.logs.values())
    finally:
        box.close()


def test_retention_says_what_would_go(service: Stack) -> None:
    code, text = Operator(service).run("run", "--dry-run", "--json", group="retention")
    assert (code, json.loads(text)["webhook_records"]) == (0, 0)
    code, text = Operator(service).run("run", group="retention")
    assert code == 0
    assert "older than 180 days; requests and answers 90 days" in text


def test_reports_and_books(service: Stack, simulator: SimulatorControl, tmp_path: Path) -> None:
    operator = Operator(service)
    post_until(service, 1007, "processed")
    code, text = operator.run("x-report", "--json")
    assert (code, json.loads(text)[0]["Sell"]["Count"]) == (0, 1)
    code, text = operator.run("x-report")
    assert code == 0
    assert "4000.00" in text
    assert operator.run("x-report", "--cashbox", "SWK99999999")[0] == 1
    assert operator.run("close-shift")[0] == 0

    # Other tests of this file sold at the same cashbox, whose register forgot it: that is a difference, and is named.
    code, text = operator.run("--json", group="books")
    rows = json.loads(text)
    assert code == int(any(row["row"] in ("difference", "shift") for row in rows))
    card = next(row for row in rows if row["kind"] == "card")
    assert (card["difference"], Decimal(card["issued"]) >= 4000) == ("0.00", True)
    assert f"differences: {sum(row['row'] in ('difference', 'shift') for row in rows)}" in operator.run(group="books")[1]
    file = tmp_path / "books.csv"
    assert operator.run("--csv", str(file), "--month", card["day"][:7], group="books")[0] == code
    assert "z_report" in file.read_text("utf-8")
    code, text = operator.run("--day", "yesterday", group="books")
    assert code == 2
    assert "%Y-%m-%d" in text
    assert operator.run("--cashbox", "SWK99999999", group="books")[0] == 1


def test_codes_of_goods_are_listed_taken_out_filled_in_and_taken_over(service: Stack, tmp_path: Path) -> None:
    operator, file = Operator(service), tmp_path / "goods.csv"
    body = visit(1301)
    body["data"]["goods_transactions"] = [{"id": 1, "good_id": 22002, "title": "Лак", "amount": -1, "cost": 1800}]
    service.wait_for_state(int(service.post(body).json()["record_id"]), "processed")
    code, text = operator.run("goods", "--without-code", "--json")
    assert (code, [(row["good_id"], row["title"], row["lines"]) for row in json.loads(text)]) == (0, [(22002, "Лак", 1)])
    assert operator.run("goods", "--export", str(file))[0] != 0, "of which salon?"
    assert operator.run("goods", "--company", "307626", "--export", str(file))[0] == 0
    file.write_text(file.read_text("utf-8-sig").replace("Лак,,", "Лак,4870001000012,"), "utf-8")
    code, text = operator.run("goods", "--company", "307626", "--import", str(file))
    assert code != 0
    assert "nothing was taken over: line 2: 4870001000012 are not the digits of a GTIN or NTIN" in text
    file.write_text(file.read_text("utf-8").replace("0012,", "0011,"), "utf-8")
    code, text = operator.run("goods", "--company", "307626", "--import", str(file))
    assert (code, text.strip()) == (0, "1 products of salon 307626 have a code, 0 lost theirs")
    assert json.loads(operator.run("goods", "--without-code", "--json")[1]) == []
