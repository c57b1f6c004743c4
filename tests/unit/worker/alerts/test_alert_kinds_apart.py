"""Ends of two kinds at once, causes that are over, and events among conditions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from worker.alerts.grouping import Known, Plan, plan

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def known(number: int, kind: str, *, ago: float = 90, **changes: Any) -> Known:
    facts: dict[str, Any] = {"is_event": False, "cleared_at": None, "sent_at": None, "size": 1, "told_size": 1, **changes}
    for name in ("cleared_at", "sent_at"):
        if facts[name] is not None:
            facts[name] = NOW - facts[name] * MINUTE
    return Known(number, kind, raised_at=NOW - ago * MINUTE, **{"repetitions": 0, **facts})


def decide(*alerts: Known, told: dict[str, float] | None = None, ended: dict[str, float] | None = None) -> Plan:
    times = ({kind: NOW - ago * MINUTE for kind, ago in (one or {}).items()} for one in (told, ended))
    return plan(alerts, *times, NOW)


ENDED = known(1, "disk", cleared_at=20, sent_at=80)


def test_an_end_waits_for_others_of_its_own_kind_alone() -> None:
    assert decide(ENDED, known(2, "broker", sent_at=80)).ended == (1,)
    assert decide(ENDED, known(2, "disk", sent_at=80)).ended == ()


def test_nor_for_itself_nor_for_what_nobody_heard_of_nor_for_an_event() -> None:
    assert decide(ENDED).ended == (1,)
    assert decide(ENDED, known(2, "disk", ago=0.5)).ended == (1,)
    assert decide(ENDED, known(2, "disk", is_event=True, sent_at=80, repetitions=1)).ended == (1,)


def test_it_waits_for_one_that_has_just_ended() -> None:
    assert decide(ENDED, known(2, "disk", cleared_at=9, sent_at=80)) == Plan()
    assert decide(ENDED, known(2, "disk", cleared_at=10, sent_at=80)).ended == (1, 2)


def test_an_hour_at_most() -> None:
    lasting = known(2, "disk", sent_at=80)
    assert decide(known(1, "disk", cleared_at=59, sent_at=80), lasting) == Plan()
    assert decide(known(1, "disk", cleared_at=60, sent_at=80), lasting).ended == (1,)


def test_a_cause_explains_while_it_lasts_and_ten_minutes_after() -> None:
    consequence = known(2, "oldest_unissued", ago=30)
    assert decide(known(1, "broker", sent_at=80), consequence).raised == ()
    assert decide(known(1, "broker", cleared_at=20, sent_at=80), consequence).raised == (2,)
    assert decide(known(1, "broker", is_event=True, sent_at=80, repetitions=1), consequence).raised == (2,)
    assert decide(consequence, ended={"broker": 9.9}).raised == ()
    assert decide(consequence, ended={"broker": 10}).raised == (2,)


def test_a_kind_is_told_of_once_in_ten_minutes() -> None:
    assert decide(known(1, "disk"), told={"disk": 9.9}).raised == ()
    assert decide(known(1, "disk"), told={"disk": 10}).raised == (1,)
    assert decide(known(1, "disk"), told={"broker": 1}).raised == (1,)


def test_what_passes_and_what_is_repeated_stops_nothing_behind_it() -> None:
    alerts = (
        known(1, "disk", is_event=True, repetitions=1),
        known(2, "disk", cleared_at=30),
        known(3, "broker", cleared_at=30, sent_at=80),
        known(4, "database", ago=0.1),
        known(5, "backup"),
    )
    assert decide(*alerts) == Plan(raised=(4, 5), ended=(3,), dropped=(1, 2))
