"""Replays of chosen deliveries: what would happen is found out without doing it, then it happens once, or is stopped."""

from typing import Any

import pytest
from sqlalchemy import text

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from shared.fiscal.statuses import ReceiptState, RecordState
from shared.queue import MAINTENANCE, REPLAY_RUN
from shared.storage.models import Base, Replay, ReplayItem, ReplayRun, StaffUser
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.rounds.replays.foretell import foretell
from worker.rounds.replays.run import go_on, take_up_runs


def prepare(bridge: Bridge, ids: list[int], state: str = "foretelling") -> int:
    with bridge.services.sessions.begin() as session:
        who = StaffUser(login="kairat", role="ops_replay", password_hash="x")
        session.add(who)
        session.flush()
        run = ReplayRun(staff_user_id=who.id, asked={}, state=state)
        session.add(run)
        session.flush()
        session.add_all(ReplayItem(run_id=run.id, webhook_record_id=row_id) for row_id in ids)
        return int(run.id)


def say_all(bridge: Bridge) -> dict[str, list[Any]]:
    with bridge.services.sessions() as session:
        return {
            table.name: list(map(tuple, session.execute(text(f"SELECT * FROM {table.name} ORDER BY id"))))
            for table in Base.metadata.sorted_tables
        }


def list_all(bridge: Bridge, model: Any) -> list[Any]:
    with bridge.services.sessions() as session:
        return list(session.query(model).order_by(model.id))


def make_dead(bridge: Bridge, simulator: SimulatorControl, number: int = 1, **fields: Any) -> int:
    """A delivery whose receipt Webkassa refused for what it says, and a person has to see to."""
    simulator.fault(operation="check", kind="code", code=9, text="Неверная позиция", times=1)
    row = bridge.deliver(visit(number, **fields))[-1]
    assert row.state == RecordState.DEAD_LETTERED
    return int(row.id)


def foretell_all(bridge: Bridge, run_id: int) -> list[dict[str, Any]]:
    go_on(bridge.services, run_id)
    assert next(run.state for run in list_all(bridge, ReplayRun) if run.id == run_id) == "ready"
    return [item.foretold for item in list_all(bridge, ReplayItem) if item.run_id == run_id]


def test_a_preview_says_which_receipt_would_be_sent_and_does_nothing(bridge: Bridge, simulator: SimulatorControl) -> None:
    row_id = make_dead(bridge, simulator, 700003000, cost=16000)
    before, calls = say_all(bridge), len(simulator.journal())
    told = foretell(bridge.services, row_id)
    assert told["kind"] == "issue"
    assert told["receipts"] == [{"number": "altegio_700003000", "total": "16000.00", "kinds": {"card": "16000"}}]
    assert "Неверная позиция" in told["refused"]
    assert say_all(bridge) == before
    assert len(simulator.journal()) == calls
    assert bridge.messages("records") == []


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (visit(1), "settled", None),
        (visit(1, paid=0), "awaiting", "not paid in full yet"),
        (visit(1, services=[]), "ignored", "nothing was sold"),
        (visit(1, services=[{"title": "Стрижка"}]), "person", "services.0 has no cost"),
    ],
)
def test_what_would_become_of_others(bridge: Bridge, body: dict[str, Any], kind: str, reason: str | None) -> None:
    row = bridge.deliver(body)[-1]
    told = foretell(bridge.services, row.id)
    assert (told["kind"], told.get("reason")) == (kind, reason)


def test_a_receipt_that_may_exist_is_asked_for_first(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="drop", times=1)
    row = bridge.deliver(visit(1))[-1]
    assert bridge.receipt().state == ReceiptState.UNKNOWN
    told = foretell(bridge.services, row.id)
    assert told["kind"] == "ask_first"
    assert bridge.receipt().state == ReceiptState.UNKNOWN


def test_what_has_no_body_any_more_or_is_not_there_cannot_be_replayed(bridge: Bridge, simulator: SimulatorControl) -> None:
    row_id = make_dead(bridge, simulator)
    bridge.execute("UPDATE webhook_records SET body = NULL, emptied_at = now()")
    assert foretell(bridge.services, row_id) == {"kind": "not_possible"}
    assert foretell(bridge.services, 999) == {"kind": "not_possible"}


def test_a_replay_is_foretold_then_waits_then_happens_once(bridge: Bridge, simulator: SimulatorControl) -> None:
    ids = [make_dead(bridge, simulator, number) for number in (1, 2, 3)]
    run_id = prepare(bridge, ids)
    assert [told["kind"] for told in foretell_all(bridge, run_id)] == ["issue"] * 3
    go_on(bridge.services, run_id)
    assert list_all(bridge, Replay) == [], "nobody has started it"
    bridge.execute("UPDATE replay_runs SET state = 'running'")
    for _ in range(3):
        go_on(bridge.services, run_id)
    (run,) = list_all(bridge, ReplayRun)
    assert (run.state, run.ended_at is not None) == ("done", True)
    assert [item.outcome for item in list_all(bridge, ReplayItem)] == ["replayed"] * 3
    assert [(one.webhook_record_id, one.actor) for one in list_all(bridge, Replay)] == [
        (row_id, "staff:kairat") for row_id in ids
    ]
    bridge.settle()
    assert {row.state for row in bridge.rows()} == {RecordState.PROCESSED}
    assert len(simulator.receipts()) == 3
    # Once more: everything is there already.
    again = prepare_again(bridge, ids)
    assert [told["kind"] for told in foretell_all(bridge, again)] == ["settled"] * 3
    bridge.execute("UPDATE replay_runs SET state = 'running' WHERE id = :id", id=again)
    go_on(bridge.services, again)
    assert [item.outcome for item in list_all(bridge, ReplayItem)][3:] == ["already_issued"] * 3
    assert len(simulator.receipts()) == 3


def prepare_again(bridge: Bridge, ids: list[int]) -> int:
    with bridge.services.sessions.begin() as session:
        run = ReplayRun(staff_user_id=1, asked={}, state="foretelling")
        session.add(run)
        session.flush()
        session.add_all(ReplayItem(run_id=run.id, webhook_record_id=row_id) for row_id in ids)
        return int(run.id)


def test_one_that_was_stopped_leaves_the_rest_alone(bridge: Bridge, simulator: SimulatorControl) -> None:
    row_id = make_dead(bridge, simulator)
    run_id = prepare(bridge, [row_id], state="stopped")
    go_on(bridge.services, run_id)
    assert list_all(bridge, Replay) == []
    assert bridge.row(row_id).state == RecordState.DEAD_LETTERED


def test_it_is_stopped_in_the_middle(bridge: Bridge, simulator: SimulatorControl) -> None:
    """A person presses the button while a worker is at the first delivery."""
    run_id = prepare(bridge, [make_dead(bridge, simulator, number) for number in (1, 2)], state="running")
    bridge.execute(
        "CREATE FUNCTION stop_it() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN UPDATE replay_runs SET state = 'stopped'; RETURN NULL; END$$"
    )
    bridge.execute("CREATE TRIGGER stop_it AFTER UPDATE OF outcome ON replay_items EXECUTE FUNCTION stop_it()")
    try:
        go_on(bridge.services, run_id)
    finally:
        bridge.execute("DROP FUNCTION stop_it CASCADE")
    assert [item.outcome for item in list_all(bridge, ReplayItem)] == ["replayed", None]
    assert list_all(bridge, ReplayRun)[0].state == "stopped"


def test_what_altegio_would_be_asked_is_said_and_not_asked(
    bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
) -> None:
    row_id = make_dead(bridge, simulator)
    bridge.configure(**{name.lower(): value for name, value in altegio.environment.items()})
    calls = len(altegio.journal())
    told = foretell(bridge.services, row_id)
    assert (told["kind"], told["asks_altegio"]) == ("issue", True)
    assert len(altegio.journal()) == calls


def test_one_that_was_left_behind_is_taken_up(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Its message was lost, or its worker killed in the middle; one that somebody is at is left to him."""
    run_id = prepare(bridge, [make_dead(bridge, simulator)])
    bridge.execute("UPDATE replay_runs SET moved_at = now()")
    take_up_runs(bridge.services)
    go_on(bridge.services, run_id)
    assert bridge.messages(MAINTENANCE) == []
    assert list_all(bridge, ReplayRun)[0].state == "foretelling"
    bridge.execute("UPDATE replay_runs SET moved_at = now() - interval '61 seconds'")
    take_up_runs(bridge.services)
    assert [message["headers"]["task"] for message in bridge.messages(MAINTENANCE)] == [REPLAY_RUN]
    assert [told["kind"] for told in foretell_all(bridge, run_id)] == ["issue"]
