"""Replays on the page: which deliveries, what would happen, start, progress, stop. The rows are written as by a worker."""

import json
from typing import Any

import pytest

from shared.queue import MAINTENANCE, REPLAY_RUN
from shared.storage.models import AuditEvent, Replay, ReplayItem, ReplayRun
from tests.integration.acquire.test_wire import add_delivery
from tests.support.desk import Browser, Desk

ISSUE = {
    "kind": "issue",
    "receipts": [{"number": "altegio_700003000", "total": "16000.00", "kinds": {"card": "16000.00"}}],
}
HOME = "/acquire/wire/replay"


@pytest.fixture
def keeper(desk: Desk) -> Browser:
    """Signed in; may replay."""
    desk.add_user("kairat", role="ops_replay")
    return desk.sign_in("kairat")


def foretell(desk: Desk, told: dict[str, Any], state: str = "ready") -> None:
    desk.execute("UPDATE replay_items SET foretold = CAST(:told AS jsonb)", told=json.dumps(told))
    desk.execute("UPDATE replay_runs SET state = :state", state=state)


def list_actions(desk: Desk) -> list[str]:
    return [event.action for event in desk.all(AuditEvent)]


def test_a_filter_chooses_deliveries_and_nothing_is_done_yet(desk: Desk, keeper: Browser) -> None:
    chosen = [add_delivery(desk, state="dead_lettered", error_code="9") for _ in range(3)]
    add_delivery(desk, state="dead_lettered", error_code="10")
    add_delivery(desk, state="dead_lettered", error_code="9", company_id=7)
    add_delivery(desk)
    answer = keeper.submit(HOME, {"state": "dead_lettered", "code": "9", "salon": "412077", "since": "2020-01-01"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}/1")
    assert [item.webhook_record_id for item in desk.all(ReplayItem)] == chosen
    assert desk.published(MAINTENANCE, 1) == [(REPLAY_RUN, [1])]
    page = keeper.page(f"{HOME}/1")
    assert "data-moving" in page
    assert "Просмотрено 0 из 3" in page
    assert "/start" not in page
    assert keeper.submit(f"{HOME}/1/start").status_code == 303
    assert (desk.get(ReplayRun, 1).state, desk.all(Replay)) == ("foretelling", []), "not before it was foretold"


def test_what_would_happen_is_said_one_by_one_and_then_started(desk: Desk, keeper: Browser) -> None:
    row_id = add_delivery(desk, state="dead_lettered")
    keeper.submit(HOME, {"delivery": str(row_id)})
    foretell(desk, ISSUE | {"refused": "Неверная позиция", "asks_altegio": True})
    page = keeper.page(f"{HOME}/1")
    assert "Будет пробит чек" in page
    assert "Чек altegio_700003000 на 16\u00a0000\u00a0₸, Карта" in page
    assert "В прошлый раз Webkassa отказала и может снова: Неверная позиция" in page
    assert "Перед этим спросим Altegio" in page
    assert "data-moving" not in page
    assert keeper.submit(f"{HOME}/1/start").status_code == 303
    assert desk.get(ReplayRun, 1).state == "running"
    assert desk.published(MAINTENANCE, 2)[-1] == (REPLAY_RUN, [1])
    assert list_actions(desk).count("replay_started") == 1
    keeper.submit(f"{HOME}/1/start")
    assert list_actions(desk).count("replay_started") == 1, "pressed twice"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kind": "settled"}, "Уже есть, ничего не изменится"),
        ({"kind": "person", "reason": "services.0 has no cost", "code": "no_price"}, "services.0: нет цены."),
        ({"kind": "awaiting", "reason": "not paid in full yet"}, "Оплачено не полностью."),
        ({"kind": "ask_first", "receipts": ISSUE["receipts"]}, "Сначала спросим Webkassa"),
        ({"kind": "unclear", "reason": "KeyError"}, "Выяснить не удалось"),
        ({"kind": "person", "reason": "Дана, 8 701 555 01 42"}, "Дана, ***"),
    ],
)
def test_each_end_is_said_in_words(desk: Desk, keeper: Browser, told: dict[str, Any], said: str) -> None:
    keeper.submit(HOME, {"delivery": str(add_delivery(desk, state="dead_lettered"))})
    foretell(desk, told)
    assert said in keeper.page(f"{HOME}/1")


def test_progress_is_that_of_the_rows_and_it_can_be_stopped(desk: Desk, keeper: Browser) -> None:
    for _ in range(3):
        add_delivery(desk, state="dead_lettered")
    keeper.submit(HOME)
    foretell(desk, ISSUE, state="running")
    desk.execute("UPDATE replay_items SET outcome = 'replayed', ended_at = now() WHERE id = 1")
    page = keeper.page(f"{HOME}/1")
    assert "Повторено 1 из 3" in page
    assert 'http-equiv="refresh"' in page, "without scripts"
    assert keeper.submit(f"{HOME}/1/stop").status_code == 303
    assert (desk.get(ReplayRun, 1).state, desk.get(ReplayRun, 1).ended_at is not None) == ("stopped", True)
    assert "replay_stopped" in list_actions(desk)
    assert "Остановлено" in keeper.page(HOME)
    keeper.submit(f"{HOME}/1/start")
    assert desk.get(ReplayRun, 1).state == "stopped"


def test_what_cannot_be_replayed_is_not_chosen(desk: Desk, keeper: Browser) -> None:
    add_delivery(desk, state="invalid")
    add_delivery(desk, state="dead_lettered", body=None, emptied_at="2026-01-01T00:00:00+00:00")
    answer = keeper.submit(HOME)
    assert answer.status_code == 409
    assert "Нет таких сообщений" in answer.text
    assert keeper.submit(HOME, {"state": "invalid"}).status_code == 409
    assert desk.all(ReplayRun) == []


def test_a_run_is_bounded_and_its_page_is_turned(desk: Desk, keeper: Browser) -> None:
    desk.execute(
        "INSERT INTO webhook_records (company_id, resource, resource_id, status, dedup_key, body, state)"
        " SELECT 412077, 'record', n, 'update', n::text, '{}', 'dead_lettered' FROM generate_series(1, 510) n"
    )
    keeper.submit(HOME)
    assert len(desk.all(ReplayItem)) == 500
    page = keeper.page(f"{HOME}/1")
    assert "Могут быть и другие" in page
    assert "?after=50" in page
    assert "№ 60<" in keeper.page(f"{HOME}/1?after=50")


def test_who_may_only_look_replays_nothing(desk: Desk) -> None:
    row_id = add_delivery(desk, state="dead_lettered")
    desk.add_user("omar", role="ops")
    ops = desk.sign_in("omar")
    answer = ops.submit(HOME, {"delivery": str(row_id)})
    assert answer.status_code == 403
    assert "может смотреть обмен" in answer.text
    assert "Повторить: что произойдёт?" not in ops.page(f"/acquire/wire/{row_id}")
    assert desk.all(ReplayRun) == []


def test_a_manager_replays_from_one_delivery(desk: Desk, manager: Browser) -> None:
    row_id = add_delivery(desk, state="dead_lettered")
    assert "Повторить: что произойдёт?" in manager.page(f"/acquire/wire/{row_id}")
    assert manager.submit(HOME, {"delivery": str(row_id)}).headers["location"] == f"{HOME}/1"
