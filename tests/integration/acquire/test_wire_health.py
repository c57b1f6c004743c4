"""The health of the service: what workers found with its age, what this process sees, and a file that holds no secret."""

import io
import json
import zipfile
from typing import Any

import pytest

from shared.queue import EXAMINE_ALL, MAINTENANCE
from shared.redis_keys import breaker_open_key
from tests.integration.acquire.test_wire import PERSONAL, add_delivery, add_issued
from tests.support.desk import Browser, Desk

HEALTH = "/acquire/wire/health"


@pytest.fixture
def ops(desk: Desk) -> Browser:
    """Signed in; may look."""
    desk.add_user("omar", role="ops")
    return desk.sign_in("omar")


def add_report(desk: Desk, findings: list[dict[str, Any]], age: str = "1 minute", part: str = "service") -> None:
    desk.execute(
        "INSERT INTO health_reports (part, findings, examined_at)"
        " VALUES (:part, CAST(:findings AS jsonb), now() - CAST(:age AS interval))",
        part=part,
        findings=json.dumps(findings),
        age=age,
    )


BACKUPS = {"name": "backups", "level": "warning", "said": "none was made yet", "fix": "set COMPOSE_PROFILES", "about": None}


def test_findings_are_shown_with_what_to_do_and_their_age(desk: Desk, ops: Browser) -> None:
    page = ops.page(HEALTH)
    assert "Ещё не проверяли" in page
    add_report(desk, [BACKUPS])
    page = ops.page(HEALTH)
    assert "none was made yet" in page
    assert "→ set COMPOSE_PROFILES" in page
    assert "обратите внимание" in page
    assert "это давно" not in page
    desk.execute("UPDATE health_reports SET examined_at = now() - interval '16 minutes'")
    assert "это давно" in ops.page(HEALTH)


def test_what_this_process_sees_needs_no_worker(desk: Desk, ops: Browser) -> None:
    desk.add_receipt(desk.add_visit())
    desk.execute("UPDATE cashboxes SET paused_since = now(), paused_code = '7', paused_reason = 'blocked'")
    add_delivery(desk, state="dead_lettered")
    desk.app.state.redis.set(breaker_open_key("127.0.0.1:9"), "1")  # type: ignore[attr-defined]
    page = ops.page(HEALTH)
    for said in ("обращения приостановлены", "на паузе с", "код 7", "Сообщений: 1", "Ни один не подаёт признаков жизни"):
        assert said in page, said


def test_everything_is_examined_when_somebody_asks(desk: Desk, ops: Browser) -> None:
    answer = ops.submit(f"{HEALTH}/examine")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HEALTH}?asked=1")
    (message,) = desk.app.state.redis.lrange(MAINTENANCE, 0, -1)  # type: ignore[attr-defined]
    assert json.loads(message)["headers"]["task"] == EXAMINE_ALL
    assert "Проверка началась" in ops.page(f"{HEALTH}?asked=1")


def test_the_text_for_support_has_all_lines(desk: Desk, ops: Browser) -> None:
    add_report(desk, [BACKUPS, {**BACKUPS, "name": "x", "said": "call 8 701 555 01 42", "level": "problem"}])
    page = ops.page(HEALTH)
    assert "data-copy=" in page
    assert "[!] backups: none was made yet" in page
    assert "[PROBLEM] x: call ***" in page


def read_bundle(browser: Browser) -> dict[str, str]:
    answer = browser.get(f"{HEALTH}/bundle.zip")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_file_for_support_holds_what_helps_and_nothing_secret_or_personal(desk: Desk, ops: Browser) -> None:
    row_id = add_issued(desk)
    add_delivery(desk, state="dead_lettered", reason="Айгүл просила, тел. 8 701 555 01 42, a@b.kz", error_code="9")
    add_report(desk, [BACKUPS])
    desk.execute("INSERT INTO alerts (kind, key, text, is_event) VALUES ('dead_letters', '', 'write to a@b.kz', true)")
    files = read_bundle(ops)
    assert set(files) == {"health.txt", "versions.json", "settings.json", "deliveries.json", "alerts.json"}
    together = "\n".join(files.values())
    environment = desk.environment
    secrets = [
        environment[name] for name in ("SECRET_KEY", "ALTEGIO_WEBHOOK_SECRET", "WEBKASSA_API_TOKEN", "WEBKASSA_PASSWORD")
    ]
    assert all(secrets)
    assert [word for word in (*secrets, environment["DATABASE_URL"], environment["REDIS_URL"]) if word in together] == []
    assert [word for word in (*PERSONAL[1:], "a@b.kz") if word in together] == []
    deliveries = json.loads(files["deliveries.json"])
    assert row_id in [one["id"] for one in deliveries]
    assert json.loads(files["settings.json"])["WEBKASSA_PASSWORD"] == "set"
    assert json.loads(files["settings.json"])["FISCALIZE_WHEN"] == "paid"
    assert json.loads(files["versions.json"])["migration"]
    assert json.loads(files["alerts.json"])[0]["text"] == "write to ***"
    assert "none was made yet" in files["health.txt"]


def test_the_file_holds_the_newest_two_hundred(desk: Desk, ops: Browser) -> None:
    for _ in range(205):
        add_delivery(desk)
    deliveries = json.loads(read_bundle(ops)["deliveries.json"])
    assert [one["id"] for one in deliveries] == list(range(205, 5, -1))


def test_a_broker_that_is_away_is_told(desk: Desk, ops: Browser, redis_server: Any) -> None:
    redis_server.pause()
    try:
        assert "Очередь сообщений" in ops.page(HEALTH)
        assert ops.submit(f"{HEALTH}/examine").status_code == 409
    finally:
        redis_server.resume()
