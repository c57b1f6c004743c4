"""Finds what changed in the tables since the look before: by the newest ids and the few open rows, each by an index.

A look costs the same with three million rows as with none, and is made once for all listeners of a process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Select, Text, cast, func, literal, null, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, RecordState
from shared.storage.db import SessionFactory, open_alone
from shared.storage.models import Cashbox, CashboxOrder, Checkout, Receipt, ReturnOrder, Shift, Visit, WebhookRecord

Question = Select[*tuple[Any, ...]]
# Rows that may change, and ids that were given out and not committed, are among so many of the newest.
NEWEST = 200
# A receipt that waits longer makes the register slow; a shift that is open longer has to be closed soon.
SLOW_AFTER, LONG_AFTER = timedelta(seconds=20), timedelta(hours=22)


class Topic(StrEnum):
    """Names what a page may ask to hear of."""

    VISITS = "visits"
    RECEIPTS = "receipts"
    TASKS = "tasks"
    REGISTERS = "registers"
    DELIVERIES = "deliveries"


EVERYTHING = frozenset(Topic)


@dataclass(frozen=True, slots=True)
class _Source:
    """`question` answers rows of company, key, mark. `is_whole`: all there are, so that one that is gone is news."""

    topics: frozenset[Topic]
    is_whole: bool
    question: Question


@dataclass(frozen=True, slots=True)
class Change:
    """Says of which topics a salon has news; `company_id` None: of a row that names no salon."""

    company_id: int | None
    topics: frozenset[Topic]
    is_for_all: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Holds what was seen. `before` and `after` are the database's clock around it, in microseconds."""

    before: int
    after: int
    rows: Mapping[tuple[str, int, int | None], str]


def _each(company_id: Any, key: Any, *mark: Any) -> Question:
    return select(cast(company_id, BigInteger), cast(key, BigInteger), cast(func.concat_ws(" ", *mark), Text))


def _newest(column: InstrumentedAttribute[Any], company_id: Any, key: Any, *mark: Any) -> Question:
    return _each(company_id, key, *mark).where(column > select(func.max(column)).scalar_subquery() - NEWEST)


def _count(company_id: Any, key: Any, *more: Any) -> Question:
    """A row a salon, however many wait."""
    return _each(company_id, literal(0), func.count(), func.sum(key), *more).group_by(company_id)


def _source(question: Question, *topics: Topic, is_whole: bool = False) -> _Source:
    return _Source(frozenset(topics), is_whole, question)


_late = Receipt.created_at < func.now() - SLOW_AFTER
_long = Shift.opened_at < func.now() - LONG_AFTER
_of_receipt = (Receipt.state, Receipt.attempts, Receipt.sending_since.is_not(None), Receipt.returned)
_of_open = (func.sum(Receipt.attempts), func.count(Receipt.sending_since), func.count().filter(_late))
_of_visit = (Visit.delivery_id, Visit.is_open, Visit.is_deleted)
_of_register = (Cashbox.enabled, Cashbox.paused_since, Cashbox.paused_code)
_SOURCES: Mapping[str, _Source] = {
    "visits": _source(_newest(Visit.delivery_id, Visit.company_id, Visit.id, *_of_visit), Topic.VISITS),
    "checkouts": _source(_newest(Checkout.id, Checkout.company_id, Checkout.id, Checkout.voided_at), Topic.VISITS),
    "receipts": _source(
        _newest(Receipt.id, Receipt.company_id, Receipt.id, *_of_receipt, Receipt.return_due_reason),
        *(Topic.RECEIPTS, Topic.VISITS, Topic.DELIVERIES),
    ),
    "receipts under way": _source(
        _count(Receipt.company_id, Receipt.id, *_of_open).where(Receipt.state.in_(OPEN_RECEIPT_STATES)),
        *(Topic.RECEIPTS, Topic.VISITS, Topic.DELIVERIES, Topic.REGISTERS),
        is_whole=True,
    ),
    "returns due": _source(
        _count(Receipt.company_id, Receipt.id).where(Receipt.return_due_reason.is_not(None), ~Receipt.returned),
        *(Topic.TASKS, Topic.RECEIPTS, Topic.VISITS),
        is_whole=True,
    ),
    "return orders": _source(
        _newest(ReturnOrder.id, Receipt.company_id, ReturnOrder.id, ReturnOrder.state).join(
            Receipt, Receipt.id == ReturnOrder.receipt_id
        ),
        *(Topic.TASKS, Topic.RECEIPTS),
    ),
    "deliveries": _source(
        _newest(WebhookRecord.id, WebhookRecord.company_id, WebhookRecord.id, WebhookRecord.state), Topic.DELIVERIES
    ),
    "open deliveries": _source(
        _count(WebhookRecord.company_id, WebhookRecord.id).where(WebhookRecord.state.in_(OPEN_RECORD_STATES)),
        *(Topic.DELIVERIES, Topic.VISITS),
        is_whole=True,
    ),
    "dead letters": _source(
        _count(WebhookRecord.company_id, WebhookRecord.id).where(WebhookRecord.state == RecordState.DEAD_LETTERED),
        *(Topic.TASKS, Topic.VISITS, Topic.DELIVERIES),
        is_whole=True,
    ),
    "registers": _source(_each(Cashbox.company_id, Cashbox.id, *_of_register), Topic.REGISTERS, Topic.TASKS, is_whole=True),
    "shifts": _source(
        _each(Cashbox.company_id, Shift.id, _long)
        .join(Cashbox, Cashbox.id == Shift.cashbox_id)
        .where(Shift.closed_at.is_(None)),
        Topic.REGISTERS,
        is_whole=True,
    ),
    "orders": _source(
        _newest(CashboxOrder.id, Cashbox.company_id, CashboxOrder.id, CashboxOrder.state).join(
            Cashbox, Cashbox.id == CashboxOrder.cashbox_id
        ),
        Topic.REGISTERS,
    ),
}
# What hangs on a register that names no salon concerns every salon without one of its own.
_SHARED = {"registers", "shifts", "orders"}
_CLOCK = "clock"


def _count_microseconds(moment: Any) -> Any:
    return cast(func.extract("epoch", moment) * 1_000_000, BigInteger)


# `now()` is from before the tables were read, the other from after.
_clock = select(
    _count_microseconds(func.now()), _count_microseconds(func.clock_timestamp()), cast(null(), Text), literal(_CLOCK)
)
QUESTION = union_all(_clock, *(source.question.add_columns(literal(name)) for name, source in _SOURCES.items()))


def look(sessions: SessionFactory) -> Look:
    """Reads the newest and the open rows, in one statement."""
    with open_alone(sessions) as connection:
        rows = connection.execute(QUESTION).all()
    before, after = next((company, key) for company, key, _, name in rows if name == _CLOCK)
    return Look(before, after, {(name, key, company): mark for company, key, mark, name in rows if name != _CLOCK})


def compare(old: Look, new: Look) -> list[Change]:
    """Returns what is in one look and not in the other, a change a salon and source."""
    changed = {key for key, mark in new.rows.items() if old.rows.get(key) != mark}
    changed |= {key for key in old.rows.keys() - new.rows.keys() if _SOURCES[key[0]].is_whole}
    told = {(name, company) for name, _, company in changed}
    found = [
        Change(company, _SOURCES[name].topics, is_for_all=company is None and name in _SHARED) for name, company in told
    ]
    return [*found, *_find_gaps(old, new)]


def _find_gaps(old: Look, new: Look) -> list[Change]:
    """More was stored between two looks than one look sees: anybody may have missed something."""
    gaps = []
    for name, source in _SOURCES.items():
        before = {key for key in old.rows if key[0] == name}
        now = {key for key in new.rows if key[0] == name}
        if not source.is_whole and before and len(now) >= NEWEST and not before & now:
            gaps.append(Change(None, source.topics, is_for_all=True))
    return gaps
