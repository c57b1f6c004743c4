"""One table of moments a case: what is told, what ends, what passes in silence."""

from datetime import UTC, datetime, timedelta
from typing import Any

from worker.alerts.grouping import GRACE, QUIET, TOGETHER, Known, Plan, plan
from worker.alerts.kinds import get_kind

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def known(number: int = 1, kind: str = "breaker_open", *, ago: float = 60, **changes: Any) -> Known:
    """A condition that was raised `ago` minutes ago; times are minutes ago as well."""
    facts: dict[str, Any] = {
        "is_event": False,
        "cleared_at": None,
        "sent_at": None,
        "size": 1,
        "told_size": 0,
        "repetitions": 0,
        **changes,
    }
    for name in ("cleared_at", "sent_at"):
        if facts[name] is not None:
            facts[name] = NOW - facts[name] * MINUTE
    return Known(number, kind, raised_at=NOW - ago * MINUTE, **facts)


def decide(*alerts: Known, told: dict[str, float] | None = None, ended: dict[str, float] | None = None) -> Plan:
    return plan(
        alerts,
        {kind: NOW - ago * MINUTE for kind, ago in (told or {}).items()},
        {kind: NOW - ago * MINUTE for kind, ago in (ended or {}).items()},
        NOW,
    )


def test_a_condition_is_told_once_when_it_has_settled() -> None:
    assert decide(known(ago=0.5)) == Plan()
    assert decide(known(ago=1)).raised == (1,)
    assert decide(known(ago=90, sent_at=89, told_size=1)) == Plan()


def test_its_end_is_told_when_it_stays_away() -> None:
    assert decide(known(cleared_at=1, sent_at=30, told_size=1)) == Plan()
    assert decide(known(cleared_at=2, sent_at=30, told_size=1)).ended == (1,)


def test_a_blip_passes_in_silence() -> None:
    assert decide(known(ago=3, cleared_at=2.5)).dropped == (1,)


def test_what_keeps_returning_has_to_stay_away_longer_each_time() -> None:
    for repetitions, minutes in ((0, 2), (1, 4), (3, 16), (9, 60)):
        alert = {"sent_at": 200, "told_size": 1, "repetitions": repetitions}
        assert not decide(known(cleared_at=minutes - 0.1, **alert)).ended
        assert decide(known(cleared_at=minutes, **alert)).ended == (1,)


def test_consequences_are_not_told_beside_their_cause() -> None:
    cause, consequence = known(1, "breaker_open", sent_at=59, told_size=1), known(2, "oldest_unissued", ago=30)
    assert decide(cause, consequence) == Plan()
    # Nor while the backlog is worked off, but not for ever.
    assert decide(consequence, ended={"breaker_open": GRACE / MINUTE - 1}) == Plan()
    assert decide(consequence, ended={"breaker_open": GRACE / MINUTE}).raised == (2,)


def test_many_of_a_kind_are_one_message_and_later_ones_wait_for_the_next() -> None:
    boxes = [known(number, "licence_end") for number in (1, 2, 3)]
    assert decide(*boxes).raised == (1, 2, 3)
    assert decide(*boxes, told={"licence_end": QUIET / MINUTE - 1}) == Plan()
    assert decide(*boxes, told={"licence_end": QUIET / MINUTE}).raised == (1, 2, 3)


def test_several_ends_of_a_kind_are_one_all_clear() -> None:
    ended = known(1, "oldest_unissued", cleared_at=5, sent_at=30, told_size=1)
    lasting = known(2, "oldest_unissued", sent_at=30, told_size=1)
    assert decide(ended, lasting) == Plan()
    assert decide(ended, known(2, "oldest_unissued", cleared_at=3, sent_at=30)).ended == (1, 2)
    late = known(1, "oldest_unissued", ago=200, cleared_at=TOGETHER / MINUTE, sent_at=190, told_size=1)
    assert decide(late, lasting).ended == (1,)


def test_what_grows_is_told_again_after_a_while() -> None:
    worse_after = get_kind("dead_letter").worse_after / MINUTE
    assert decide(known(kind="dead_letter", sent_at=worse_after - 1, size=5, told_size=2)) == Plan()
    assert decide(known(kind="dead_letter", sent_at=worse_after, size=5, told_size=2)).raised == (1,)
    assert decide(known(kind="dead_letter", sent_at=worse_after, size=2, told_size=2)) == Plan()


def test_events_of_a_kind_are_gathered_and_the_same_words_are_news_once() -> None:
    first = known(1, "shift_old", is_event=True, cleared_at=60)
    other = known(2, "shift_old", is_event=True, cleared_at=1)
    assert decide(first, other).raised == (1, 2)
    assert decide(other, told={"shift_old": 5}) == Plan()
    assert decide(known(3, "shift_old", is_event=True, cleared_at=1, repetitions=1)).dropped == (3,)
