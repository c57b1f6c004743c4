"""What people are told of trouble, as it arrives over HTTP: one message for an outage, one all-clear, nothing lost."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from redis.exceptions import RedisError

from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import CASHBOX
from dev.demo.waiting import wait_until
from dev.harness.refusals import refuse, relent
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from shared.clock import utc_now
from shared.queue import WATCH
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, visit
from tests.support.post_box import PostBox
from worker.alerts import clear_alert, raise_alert, send_alert
from worker.rounds.alone.standin import Standin
from worker.rounds.timetable import list_rounds
from worker.rounds.turns import take_turn
from worker.rounds.watch.licences import check_licences
from worker.rounds.watch.watch import watch
from worker.rounds.watch.without_database import _SINCE_KEY
from worker.salon.administration import Changes, add_cashbox

SALONS = {COMPANY: CASHBOX, 777: MORE_CASHBOXES[0], 888: MORE_CASHBOXES[1]}


@pytest.fixture
def post_box() -> Iterator[PostBox]:
    box = PostBox()
    yield box
    box.close()


@pytest.fixture(autouse=True)
def _watched(bridge: Bridge, post_box: PostBox) -> None:
    """The machine's own disk is no part of a test."""
    bridge.configure(alert_urls=post_box.address, alert_language="en", alert_disk_free_percent=0, alert_interval_seconds=1)


def look(bridge: Bridge, *, minutes: float = 0, times: int = 1) -> None:
    """Ticks, with so many minutes before each."""
    for _ in range(times):
        bridge.execute(
            "UPDATE alerts SET raised_at = raised_at - :past, last_seen_at = last_seen_at - :past,"
            " cleared_at = cleared_at - :past, sent_at = sent_at - :past",
            past=timedelta(minutes=minutes),
        )
        bridge.execute(
            "UPDATE alert_messages SET created_at = created_at - :past, next_attempt_at = next_attempt_at - :past",
            past=timedelta(minutes=minutes),
        )
        bridge.execute("UPDATE receipts SET budget_starts_at = budget_starts_at - :past", past=timedelta(minutes=minutes))
        watch(bridge.services)


class TestAnOutage:
    def test_of_three_cashboxes_is_one_message_and_one_all_clear(
        self, bridge: Bridge, simulator: SimulatorControl, post_box: PostBox
    ) -> None:
        with bridge.services.sessions.begin() as session:
            for company, number in SALONS.items():
                add_cashbox(session, bridge.services.settings, company, number, Changes())
        bridge.accept([visit(n, company=company) for company in SALONS for n in range(company, company + 3)])
        bridge.decide_open()
        simulator.process.kill()
        try:
            bridge.issue()
            # An hour of it; payments are older than fifteen minutes long before its end, which is no news beside the cause.
            for _ in range(30):
                bridge.pass_time()
                bridge.issue()
                look(bridge, minutes=2)
        finally:
            simulator.process.start()
        assert bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'oldest_unissued'") == len(SALONS)
        bridge.services.redis.delete(bridge.services.breaker._probe)
        bridge.settle()
        look(bridge, minutes=2, times=15)
        assert len(simulator.receipts()) == 9
        begun, over = post_box.texts
        assert "attention needed" in begun
        assert "Webkassa does not answer" in begun
        assert over == "altegio-webkassa: all clear\n✔ Over: Webkassa does not answer"

    def test_of_a_gateway_is_told_once_in_its_words(
        self, bridge: Bridge, simulator: SimulatorControl, post_box: PostBox
    ) -> None:
        bridge.services.clients.open_default().authorize()
        simulator.fault(operation="any", kind="text_200", text="Идут работы", times=None)
        bridge.accept([visit(n) for n in range(1001, 1004)])
        bridge.decide_open()
        for _ in range(20):
            bridge.pass_time()
            bridge.issue()
            look(bridge, minutes=2)
        (begun,) = post_box.texts
        assert "Webkassa does not answer" in begun
        assert "calls are paused (HTTP 200: Идут работы)" in begun
        assert {receipt.budget_used for receipt in bridge.receipts()} == {0}
        simulator.clear_faults()
        bridge.services.redis.delete(bridge.services.breaker._probe)
        bridge.settle()
        look(bridge, minutes=2, times=15)
        assert len(simulator.receipts()) == 3
        assert post_box.texts[1:] == ["altegio-webkassa: all clear\n✔ Over: Webkassa does not answer"]

    def test_that_flickers_is_still_one(self, bridge: Bridge, post_box: PostBox) -> None:
        breaker = bridge.services.breaker
        for _ in range(10):
            for _ in range(5):
                breaker.record_failure(1)
            look(bridge, minutes=1, times=2)
            breaker.record_success(1)
            look(bridge, minutes=1)
        assert len(post_box.messages) == 1
        assert bridge.scalar("SELECT flaps FROM alerts") == 9

    def test_two_beats_tell_it_once(self, bridge: Bridge, post_box: PostBox) -> None:
        workers = [bridge.services, bridge.open_services(**_settings_of(bridge))]
        raise_alert(bridge.services.sessions, "hook_lost", "777", "777: gone")
        together = threading.Barrier(2)

        def tick(number: int) -> None:
            together.wait()
            watch(workers[number])

        threads = [threading.Thread(target=tick, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        look(bridge)
        assert len(post_box.messages) == 1


def _settings_of(bridge: Bridge) -> dict[str, object]:
    settings = bridge.services.settings
    return {name: getattr(settings, name) for name in ("alert_urls", "alert_language", "alert_disk_free_percent")}


class TestDeadLetters:
    def test_many_are_one_message_with_their_number(
        self, bridge: Bridge, simulator: SimulatorControl, post_box: PostBox
    ) -> None:
        simulator.fault(operation="check", kind="code", code=8, times=None)
        bridge.deliver([visit(number) for number in range(1, 8)])
        look(bridge)
        (text,) = post_box.texts
        assert "waiting for a person: 7" in text
        assert "celery -A worker receipts list --state dead_lettered" in text
        # More of them are told later, at once; fewer are no news.
        bridge.deliver([visit(number) for number in range(8, 11)])
        look(bridge, minutes=10)
        assert len(post_box.messages) == 1
        look(bridge, minutes=20)
        assert "waiting for a person: 10" in post_box.texts[1]
        bridge.execute("UPDATE webhook_records SET state = 'processed'")
        look(bridge, minutes=1, times=3)
        assert "Over" in post_box.texts[2]
        assert len(post_box.messages) == 3


class TestConditions:
    def test_a_salon_nobody_named_is_told_by_its_number(self, bridge: Bridge, post_box: PostBox) -> None:
        bridge.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES ('SWK00000002', 777)")
        bridge.deliver(visit(1, company=999))
        look(bridge, minutes=1, times=2)
        assert "salon 999: 1 wait" in post_box.texts[0]

    def test_a_payment_without_a_receipt_is_told_after_its_time(
        self, bridge: Bridge, simulator: SimulatorControl, post_box: PostBox
    ) -> None:
        simulator.fault(operation="check", kind="429", times=None)
        bridge.deliver(visit(1))
        look(bridge, minutes=7, times=2)
        assert post_box.texts == []
        look(bridge, minutes=2, times=2)
        (text,) = post_box.texts
        assert f"{CASHBOX}: over 15 min, 1 in all" in text

    def test_a_row_open_for_an_hour_is_told_whatever_it_says(self, bridge: Bridge, post_box: PostBox) -> None:
        bridge.deliver(visit(1))
        bridge.execute("UPDATE webhook_records SET state = 'processing', created_at = now() - interval '61 minutes'")
        look(bridge, minutes=3, times=3)
        assert "webhook_records: 1" in post_box.texts[0]
        assert "--state processing" in post_box.texts[0]

    def test_what_a_paused_cashbox_holds_back_is_told_by_its_pause(
        self, bridge: Bridge, simulator: SimulatorControl, post_box: PostBox
    ) -> None:
        simulator.fault(operation="check", kind="code", code=5, times=None)
        bridge.deliver(visit(1))
        bridge.execute("UPDATE webhook_records SET created_at = now() - interval '2 hours'")
        look(bridge, minutes=20, times=5)
        assert bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'open_too_long'") == 0

    def test_a_licence_near_its_end_is_told_at_thirty_seven_and_one_day(
        self, bridge: Bridge, simulator: SimulatorControl, post_box: PostBox
    ) -> None:
        bridge.deliver(visit(1))
        told = []
        for days in (31, 29.5, 20, 6.5, 0.5, -0.5, 400):
            simulator.settings(license_expires_at=(utc_now() + timedelta(days=days)).isoformat())
            bridge.execute("UPDATE cashbox_licences SET checked_at = checked_at - interval '1 day'")
            assert check_licences(bridge.services) == 1
            look(bridge, minutes=11, times=2)
            told.append(len(post_box.messages))
        assert told == [0, 1, 1, 2, 3, 4, 5]
        assert "licence ends" in post_box.texts[0]
        assert "all clear" in post_box.texts[4]
        assert check_licences(bridge.services) == 0  # once a day
        assert {log.outcome for log in bridge.logs("client_info")} == {"issued"}

    def test_a_licence_is_asked_for_through_the_cashbox_door(self, bridge: Bridge) -> None:
        bridge.deliver(visit(1))
        bridge.execute("UPDATE cashboxes SET claim_id = gen_random_uuid(), lease_until = now() + interval '1 minute'")
        assert check_licences(bridge.services) == 0
        assert bridge.logs("client_info") == []

    def test_a_queue_nobody_empties(self, bridge: Bridge, post_box: PostBox) -> None:
        bridge.services.redis.rpush("records", *range(2001))
        look(bridge, minutes=2, times=4)
        assert "messages in the queue: 2001" in post_box.texts[0]

    @pytest.mark.parametrize("refusal", ["READONLY", "MISCONF", "NOREPLICAS"])
    def test_a_redis_that_refuses_to_write(
        self, bridge: Bridge, redis_server: Redis, post_box: PostBox, refusal: str
    ) -> None:
        refuse(redis_server, refusal)
        try:
            look(bridge, minutes=1, times=2)
        finally:
            relent(redis_server)
        assert "Trouble with Redis" in post_box.texts[0]

    def test_a_redis_that_is_nearly_full_and_full(self, bridge: Bridge, redis_server: Redis, post_box: PostBox) -> None:
        redis = bridge.services.redis
        used = int(redis.info("memory")["used_memory"])
        try:
            redis.config_set("maxmemory", used * 10 // 9)
            look(bridge)
            redis.config_set("maxmemory", used // 2)
            look(bridge, minutes=11)
        finally:
            relent(redis_server)
        assert ["Redis is nearly full" in text for text in post_box.texts] == [True, True]
        assert "100 % used" in post_box.texts[1]

    def test_a_beat_that_stands_still(self, bridge: Bridge, post_box: PostBox) -> None:
        (watching,) = [one for one in list_rounds(bridge.services.settings) if one.name == WATCH]
        assert take_turn(bridge.services.sessions, watching, by_beat=True)
        look(bridge, minutes=2, times=2)
        assert post_box.texts == []
        bridge.execute("UPDATE rounds SET ticked_at = ticked_at - interval '6 minutes'")
        look(bridge, minutes=2, times=2)
        assert "no tick for 6 min" in post_box.texts[0]

    def test_a_full_disk(self, bridge: Bridge, post_box: PostBox) -> None:
        bridge.configure(**{**_settings_of(bridge), "alert_disk_free_percent": 99.9})
        look(bridge, minutes=1, times=2)
        assert "The disk is nearly full" in post_box.texts[0]

    def test_events_and_conditions_of_other_modules(self, bridge: Bridge, post_box: PostBox) -> None:
        for _ in range(3):
            send_alert(bridge.services.sessions, "books_difference", "SWK00000001: 23")
        raise_alert(bridge.services.sessions, "hook_lost", "307626", "307626")
        look(bridge)
        assert "23 (×3)" in post_box.texts[0]
        assert "Altegio does not send us webhooks" in post_box.texts[0]
        send_alert(bridge.services.sessions, "books_difference", "SWK00000001: 23")
        clear_alert(bridge.services.sessions, "hook_lost", "307626")
        look(bridge, minutes=15)
        assert len(post_box.messages) == 2
        assert "✔ Over: Altegio does not send us webhooks" in post_box.texts[1]
        assert bridge.scalar("SELECT count(*) FROM alerts WHERE closed_at IS NULL") == 0


class TestDelivery:
    def test_what_an_address_did_not_take_is_sent_again_to_it_alone(
        self, bridge: Bridge, post_box: PostBox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = PostBox()
        caplog.set_level(logging.DEBUG)
        try:
            bridge.configure(**{**_settings_of(bridge), "alert_urls": f"{post_box.address},{other.address}"})
            other.refuses = True
            raise_alert(bridge.services.sessions, "hook_lost", "777", "777: gone")
            look(bridge)
            look(bridge)
            assert (len(post_box.messages), len(other.messages)) == (1, 0)
            other.refuses = False
            look(bridge, minutes=2)
            look(bridge, minutes=2)
            assert (len(post_box.messages), len(other.messages)) == (1, 1)
        finally:
            other.close()
        assert "topsecret" not in caplog.text + "".join(capsys.readouterr())
        assert bridge.scalar("SELECT count(*) FROM alert_messages WHERE finished_at IS NULL") == 0

    def test_an_address_nobody_understands_stops_nothing(
        self, bridge: Bridge, post_box: PostBox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bridge.configure(**{**_settings_of(bridge), "alert_urls": f"nonsense://topsecret,{post_box.address}"})
        raise_alert(bridge.services.sessions, "hook_lost", "777", "777: gone")
        look(bridge)
        assert len(post_box.messages) == 1
        assert "topsecret" not in caplog.text + "".join(capsys.readouterr())
        # After a day it is no news any more.
        look(bridge, minutes=1500)
        assert bridge.scalar("SELECT count(*) FROM alert_messages WHERE finished_at IS NULL") == 0

    def test_no_personal_data(self, bridge: Bridge, post_box: PostBox) -> None:
        send_alert(bridge.services.sessions, "shift_old", "клиент +7 777 022 06 06, a.b@mail.kz")
        look(bridge)
        assert "022" not in post_box.texts[0]
        assert "mail.kz" not in post_box.texts[0]


class TestWithoutTheStores:
    def test_the_database_is_away(self, bridge: Bridge, postgres: Postgres, post_box: PostBox) -> None:
        watch(bridge.services)
        postgres.kill()
        try:
            watch(bridge.services)
            assert post_box.texts == []  # a restart passes unnoticed
            since = float(bridge.services.redis.get(_SINCE_KEY))
            bridge.services.redis.set(_SINCE_KEY, since - 60)
            watch(bridge.services)
            watch(bridge.services)
            (text,) = post_box.texts
            assert "The database cannot be reached" in text
        finally:
            postgres.start()
        watch(bridge.services)
        watch(bridge.services)
        assert [text for text in post_box.texts if "all clear" in text] == post_box.texts[1:]
        assert len(post_box.messages) == 2

    def test_the_broker_is_away(self, bridge: Bridge, redis_server: Redis, post_box: PostBox) -> None:
        """No tick comes through a broker that is gone: a worker watches by itself."""
        standin = Standin(bridge.services, lambda item: item.name == WATCH and watch(bridge.services), lambda: True)
        redis_server.kill()
        try:
            standin.start()
            wait_until(lambda: bridge.scalar("SELECT count(*) FROM rounds"), timeout=20, what="the rounds to count")
            bridge.execute("UPDATE rounds SET began_at = began_at - interval '1 minute'")
            wait_until(lambda: _count(bridge) == 1, timeout=20, what="the condition to be noted")
            bridge.execute("UPDATE alerts SET raised_at = raised_at - interval '1 minute'")
            bridge.execute("UPDATE rounds SET began_at = began_at - interval '1 minute'")
            wait_until(lambda: post_box.messages, timeout=20, what="the message")
        finally:
            standin.stop()
            redis_server.start()
        wait_until(lambda: _answers(bridge.services.redis), timeout=20, what="Redis to be asked again")
        assert "Trouble with Redis" in post_box.texts[0]
        look(bridge, minutes=2, times=3)
        assert ["all clear" in text for text in post_box.texts] == [False, True]


def _answers(redis: Any) -> bool:
    try:
        return bool(redis.ping())
    except RedisError:
        return False


def _count(bridge: Bridge) -> int:
    return int(bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'broker'"))
