"""The rescuer: what has no message gets one, whatever became of the broker."""

import threading

from dev.demo.redis_server import Redis
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import goods, payment, visit
from tests.support.statements import explain, note_statements
from worker.issue.issue_due import issue_due
from worker.rounds.rescue import dispatch, follow_up, send_dead_letters


def make_due(bridge: Bridge) -> None:
    bridge.execute("UPDATE webhook_records SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")


def read_ids(bridge: Bridge, queue: str) -> list[int]:
    """First arguments of the tasks in a queue, oldest first; the broker keeps the newest in front."""
    found = [message["headers"]["argsrepr"].strip("[](),") for message in reversed(bridge.messages(queue))]
    return [int(number) for number in found]


def test_a_fresh_row_is_left_to_its_own_message(bridge: Bridge) -> None:
    bridge.accept(visit())
    dispatch(bridge.services)
    assert bridge.messages("records") == []


def test_a_row_that_lost_its_message_gets_another_once(bridge: Bridge) -> None:
    bridge.accept([visit(number) for number in range(1, 6)])
    make_due(bridge)
    dispatch(bridge.services)
    dispatch(bridge.services)
    assert read_ids(bridge, "records") == [1, 2, 3, 4, 5]


def test_two_at_once_dispatch_once(bridge: Bridge) -> None:
    bridge.accept([visit(number) for number in range(1, 101)])
    make_due(bridge)
    ticks = [threading.Thread(target=dispatch, args=(bridge.open_services(),)) for _ in range(3)]
    for tick in ticks:
        tick.start()
    for tick in ticks:
        tick.join()
    assert read_ids(bridge, "records") == list(range(1, 101))


def test_a_flushed_broker_loses_nothing(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.accept([visit(number) for number in range(1, 4)])
    bridge.decide(1)
    make_due(bridge)
    dispatch(bridge.services)
    bridge.services.redis.flushall()
    make_due(bridge)
    dispatch(bridge.services)
    for row_id in read_ids(bridge, "records"):
        bridge.decide(row_id)
    dispatch(bridge.services)
    for cashbox_id in set(read_ids(bridge, "receipts")):
        issue_due(bridge.services, cashbox_id)
    assert len(simulator.receipts()) == 3


def test_a_row_somebody_works_on_is_left_alone(bridge: Bridge) -> None:
    bridge.accept(visit())
    make_due(bridge)
    bridge.execute(
        "UPDATE webhook_records SET claim_id = gen_random_uuid(), state = 'processing', "
        "lease_until = now() + interval '1 minute'"
    )
    dispatch(bridge.services)
    assert bridge.messages("records") == []
    bridge.execute("UPDATE webhook_records SET lease_until = now()")
    dispatch(bridge.services)
    assert read_ids(bridge, "records") == [1]


def test_finished_rows_are_left_alone(bridge: Bridge) -> None:
    bridge.deliver(visit(1), visit(2, paid=0), visit(3, status="delete"), visit(4, cost=-1))
    bridge.accept(visit(5, cost="abc"))
    assert {row.state for row in bridge.rows()} == {
        "processed",
        "awaiting_payment",
        "ignored",
        "dead_lettered",
        "invalid",
    }
    bridge.services.redis.delete("records", "receipts")
    bridge.execute("UPDATE webhook_records SET next_attempt_at = now()")
    dispatch(bridge.services)
    assert bridge.messages("records") == []
    assert bridge.messages("receipts") == []


def test_a_busy_resting_or_paused_cashbox_gets_no_message(bridge: Bridge) -> None:
    bridge.accept(visit())
    bridge.decide_open()
    for column in ("rest_until", "paused_until"):
        bridge.execute(f"UPDATE cashboxes SET {column} = now() + interval '1 minute'")
        dispatch(bridge.services)
        assert bridge.messages("receipts") == []
        bridge.execute(f"UPDATE cashboxes SET {column} = NULL")
    dispatch(bridge.services)
    assert read_ids(bridge, "receipts") == [1]


def test_a_full_queue_is_not_filled_further(bridge: Bridge) -> None:
    bridge.accept([visit(number) for number in range(1, 701)])
    make_due(bridge)
    dispatch(bridge.services)
    assert len(bridge.messages("records")) == 500
    dispatch(bridge.services)
    assert len(bridge.messages("records")) == 500


def test_what_does_not_fit_the_queue_waits_the_longest_due_goes_first(bridge: Bridge) -> None:
    bridge.accept([visit(number) for number in range(1, 601)])
    bridge.execute("UPDATE webhook_records SET next_attempt_at = now() - id * interval '1 second'")
    dispatch(bridge.services)
    assert sorted(read_ids(bridge, "records")) == list(range(101, 601))


def test_the_cashbox_that_waits_longest_goes_first(bridge: Bridge) -> None:
    bridge.deliver(visit(1))
    for number in (1, 2, 3):
        bridge.execute(
            "INSERT INTO cashboxes (unique_number, company_id) VALUES (:name, :company)",
            name=f"SWK{number}",
            company=number,
        )
        bridge.execute(
            "INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request,"
            " next_attempt_at) SELECT company_id, id, 'sale', company_id, unique_number, 1, 0, '{}',"
            " now() - company_id * interval '1 minute' FROM cashboxes WHERE company_id = :company",
            company=number,
        )
    dispatch(bridge.services)
    assert read_ids(bridge, "receipts") == [4, 3, 2]


def test_an_order_that_lost_its_message_gets_another(bridge: Bridge) -> None:
    bridge.deliver(visit())
    bridge.execute(
        "INSERT INTO return_orders (receipt_id, form_key, reason, lines, created_at)"
        " VALUES (1, gen_random_uuid(), 'asked for', '[]', now() - interval '1 minute')"
    )
    dispatch(bridge.services)
    assert [message["headers"]["task"] for message in bridge.messages("records")] == ["worker.tasks.make_return"]
    bridge.execute("UPDATE return_orders SET state = 'refused'")
    bridge.execute(
        "INSERT INTO cashbox_orders (cashbox_id, kind, form_key, ordered_by, created_at)"
        " VALUES (1, 'x_report', gen_random_uuid(), 'manager', now() - interval '1 minute')"
    )
    dispatch(bridge.services)
    assert [message["headers"]["task"] for message in bridge.messages("receipts")] == ["worker.tasks.carry_out"]


def test_a_tick_that_finds_nothing_asks_once_and_by_indexes(bridge: Bridge) -> None:
    bridge.deliver(visit())
    with note_statements(bridge.services) as seen:
        dispatch(bridge.services)
    assert len(seen) == 1
    assert "Seq Scan" not in explain(bridge.services, *seen[0])


def test_no_question_of_a_tick_reads_a_table_from_end_to_end(bridge: Bridge) -> None:
    bridge.accept([visit(1, cost=-1), visit(2)])
    bridge.decide_open()
    bridge.accept(visit(3))
    make_due(bridge)
    with note_statements(bridge.services) as seen:
        dispatch(bridge.services)
    assert len(seen) > 5
    for statement, parameters in seen:
        assert "Seq Scan" not in explain(bridge.services, statement, parameters), statement


def test_a_dead_letter_is_sent_once_into_its_queue(bridge: Bridge) -> None:
    bridge.deliver(visit(1, cost=-1), visit(2))
    dispatch(bridge.services)
    dispatch(bridge.services)
    letters = bridge.messages("dead_letter")
    assert [letter["headers"]["task"] for letter in letters] == ["worker.tasks.replay_dead_letter"]
    assert read_ids(bridge, "dead_letter") == [1]
    assert bridge.row(1).dead_letter_sent_at is not None


def test_a_dead_letter_is_sent_once_by_many(bridge: Bridge) -> None:
    bridge.accept([visit(number, cost=-5) for number in range(1, 41)])
    bridge.decide_open()
    others = [bridge.open_services() for _ in range(3)]
    workers = [threading.Thread(target=send_dead_letters, args=(other.sessions, other.producer)) for other in others]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(read_ids(bridge, "dead_letter")) == list(range(1, 41))


def test_a_receipt_given_up_sends_its_deliveries(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=8)
    bridge.accept([goods(1, 100), goods(2, 200)])
    bridge.decide_open()
    bridge.issue()
    dispatch(bridge.services)
    assert sorted(read_ids(bridge, "dead_letter")) == [1, 2]


def test_after_a_decision_others_are_woken(bridge: Bridge) -> None:
    bridge.configure(default_payment_method="ask")
    bridge.deliver(payment(1, 1000), visit())
    bridge.accept(payment(2, 3000))
    resolution = bridge.decide(3)
    assert resolution is not None
    follow_up(bridge.services.sessions, bridge.services.producer, 3, resolution)
    assert read_ids(bridge, "records") == [2]


def test_messages_carry_ids_only(bridge: Bridge) -> None:
    client = {"name": "Вячослав", "phone": "+77770220606"}
    bridge.accept(visit(1, client=client, cost=-1))
    bridge.accept(visit(2, client=client))
    make_due(bridge)
    dispatch(bridge.services)
    bridge.decide_open()
    dispatch(bridge.services)
    dump = str([bridge.messages(queue) for queue in ("records", "receipts", "dead_letter")])
    assert "77770220606" not in dump
    assert "Вячослав" not in dump


def test_without_the_broker_a_tick_fails_quietly_and_the_next_makes_it_good(bridge: Bridge, redis_server: Redis) -> None:
    bridge.accept(visit())
    make_due(bridge)
    redis_server.kill()
    try:
        dispatch(bridge.services)
    finally:
        redis_server.start()
    make_due(bridge)
    dispatch(bridge.services)
    assert read_ids(bridge, "records") == [1]
