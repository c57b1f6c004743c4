"""Has a visit in Altegio name its receipts: the number and the link, one line each; a returned sale is named no more.

Read, built of what was read, written at once: Altegio offers no condition for a write, so whoever changes the visit in the
moment between our read and our write loses it. The moment is one round trip. What is known to be newer than the read keeps
us from writing; what is told afterwards of that moment is compared, and a person is told what our write undid.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import RECORD, parse_moment_hint
from shared.fiscal.own_words import IssuedReceipt, find_receipt_lines
from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.logging import get_logger
from shared.storage.models import Cashbox, Receipt, VisitMark, WebhookRecord
from shared.storage.models.write_back.states import WriteState
from worker.alerts import kinds, send_alert
from worker.alerts.wording import describe
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError, AltegioUnavailable, AnswerTooOld, NotFound
from worker.rounds.write_back.claims import back_off, claim_next, hold, in_seconds, is_tried_again, release
from worker.rounds.write_back.visit_body import Body, CannotWrite, build_body, digest_others, put_back, read_place
from worker.salon.serving import load_salon
from worker.services import Services

log = get_logger(__name__)

# Within a day.
# By then the webhooks of the moment of our write have come: they take five seconds and are tried three times.
LOOK_AFTER_SECONDS = 15.0
# What was read longer ago is not sent back.
FRESH_SECONDS = 30.0
_MAX_TEXT = 500
_OF_OPENING = ("state", "next_attempt_at")
# How often a line that somebody removed is written again: staff may not want it.
_REWRITES = 1


def open_marks(session: Session, default: str, since: timedelta) -> None:
    """Opens the marks of visits that have more issued receipts than were counted, of salons that want them named."""
    wants = func.coalesce(Cashbox.write_back, literal(default)) != "off"
    is_issued = (Receipt.state == ReceiptState.ISSUED, Receipt.record_id.is_not(None))
    fresh = (
        select(Receipt.company_id, Receipt.record_id)
        .join(Cashbox, Cashbox.id == Receipt.cashbox_id)
        .where(wants, *is_issued, Receipt.issued_at > func.now() - since)
        .distinct()
        .subquery()
    )
    counted = (
        select(Receipt.company_id, Receipt.record_id, func.count())
        .join(fresh, (fresh.c.company_id == Receipt.company_id) & (fresh.c.record_id == Receipt.record_id))
        .where(*is_issued)
        .group_by(Receipt.company_id, Receipt.record_id)
    )
    found = insert(VisitMark).from_select(["company_id", "record_id", "receipts"], counted)
    session.execute(
        found.on_conflict_do_update(
            index_elements=[VisitMark.company_id, VisitMark.record_id],
            set_={
                "receipts": found.excluded.receipts,
                "state": WriteState.OPEN,
                "attempts": 0,
                "opened_at": func.now(),
                "next_attempt_at": func.now(),
                "error_text": None,
            },
            where=VisitMark.receipts < found.excluded.receipts,
        )
    )


def write_next_mark(services: Services, altegio: AltegioClient) -> bool:
    """Does what is due at one visit; says whether there was any."""
    mark = claim_next(services.sessions, VisitMark)
    if mark is None:
        return False
    try:
        values = (
            _look_after(services, altegio, mark) if mark.state == WriteState.WRITTEN else _write(services, altegio, mark)
        )
    except NotFound:
        values = _end(WriteState.DONE)
    except (CannotWrite, AltegioError, ValueError) as error:
        values = _fail(services, mark, error)
    # A receipt that came meanwhile has opened it anew: that stands.
    is_opened = VisitMark.receipts > mark.receipts
    kept = {name: case((is_opened, getattr(VisitMark, name)), else_=values[name]) for name in _OF_OPENING if name in values}
    release(services.sessions, mark, **{**values, **kept})
    return True


def _write(services: Services, altegio: AltegioClient, mark: VisitMark) -> dict[str, Any]:
    """What to keep of the turn. Raises AltegioError, CannotWrite."""
    with services.sessions.begin() as session:
        place = load_salon(session, services.settings, mark.company_id).policy.named_in
        receipts = _list_receipts(session, mark)
    if place is None:
        return _end(WriteState.DONE)
    # The first try is soon after the receipt; what is late already lets those go first who wait.
    background = mark.attempts > 1
    not_after = time.monotonic() + FRESH_SECONDS
    record = altegio.get_whole_record(mark.company_id, mark.record_id, background=background)
    if record.get("deleted") in (True, 1, "1"):
        return _end(WriteState.DONE)
    read_at = parse_moment_hint(record.get("last_change_date"))
    _refuse_older(services, mark, read_at)
    body = build_body(record, place, receipts)
    if body is None:
        return _keep_found(mark, record, place, read_at)
    values = {"read_at": read_at, "wrote_at": None, "digest": digest_others(record), "written": body.written}
    if not hold(services.sessions, mark, **values):
        raise AltegioUnavailable("another worker has the visit by now")
    place_of = (mark.company_id, mark.record_id)
    saved = altegio.replace_record(*place_of, body.record, not_after=not_after, background=background)
    wrote_at = parse_moment_hint(saved.get("last_change_date"))
    if "\n".join(find_receipt_lines(read_place(saved, place))) != body.written:
        raise CannotWrite(f"Altegio took the visit, and left out what was written into {place or 'its comment'}")
    log.info("receipts named in the visit", company_id=mark.company_id, record_id=mark.record_id)
    return {"wrote_at": wrote_at, "written_at": func.now(), **_wait_to_look_after()}


def _keep_found(mark: VisitMark, record: dict[str, Any], place: str, read_at: datetime | None) -> dict[str, Any]:
    """It says so already: nothing was to be done, or the answer to our write was lost."""
    written = "\n".join(find_receipt_lines(read_place(record, place)))
    if mark.digest is None or mark.wrote_at is not None:
        return {"written": written, **_end(WriteState.DONE)}
    return {"wrote_at": read_at, "written": written, "written_at": func.now(), **_wait_to_look_after()}


def _wait_to_look_after() -> dict[str, Any]:
    return {"state": WriteState.WRITTEN, "error_text": None, **_again(LOOK_AFTER_SECONDS)}


def _look_after(services: Services, altegio: AltegioClient, mark: VisitMark) -> dict[str, Any]:
    """Whether the write undid somebody's change, and whether the line stands. Raises AltegioError, CannotWrite."""
    not_after = time.monotonic() + FRESH_SECONDS
    with services.sessions.begin() as session:
        undone = _find_undone(session, mark)
        place = load_salon(session, services.settings, mark.company_id).policy.named_in
        receipts = _list_receipts(session, mark)
    record = altegio.get_whole_record(mark.company_id, mark.record_id, background=True)
    if undone is not None and place is not None:
        if _is_as_written(mark, record):
            body = put_back(record, undone, place, receipts)
            return _put_back(services, altegio, mark, body, place, not_after)
        _tell(services, mark, "somebody changed the visit in the very moment, and that was undone: compare it")
    is_there = place is None or "\n".join(find_receipt_lines(read_place(record, place))) == mark.written
    if is_there or mark.attempts > _REWRITES + 2:
        return {"digest": None, **_end(WriteState.DONE)}
    return {"state": WriteState.OPEN, "digest": None, **_again(0)}


def _is_as_written(mark: VisitMark, record: dict[str, Any]) -> bool:
    """Nobody has changed it since."""
    changed_at = parse_moment_hint(record.get("last_change_date"))
    return changed_at == mark.wrote_at and digest_others(record) == mark.digest


def _put_back(
    services: Services, altegio: AltegioClient, mark: VisitMark, body: Body, place: str, not_after: float
) -> dict[str, Any]:
    """What our write undid is there again, with our line beside it; and that is looked after as well."""
    values = {"read_at": mark.wrote_at, "digest": digest_others(body.record), "written": body.written}
    if not hold(services.sessions, mark, **values):
        raise AltegioUnavailable("another worker has the visit by now")
    saved = altegio.replace_record(mark.company_id, mark.record_id, body.record, not_after=not_after, background=True)
    log.warning("an edit was undone by our write, and put back", company_id=mark.company_id, record_id=mark.record_id)
    wrote_at = parse_moment_hint(saved.get("last_change_date"))
    return {"wrote_at": wrote_at, "digest": digest_others(saved), **_wait_to_look_after()}


def _find_undone(session: Session, mark: VisitMark) -> dict[str, Any] | None:
    """Webhooks tell what was there between our read and our write, whether it is there still or not: the last of them."""
    if mark.read_at is None or mark.wrote_at is None or mark.digest is None:
        return None
    told = (
        select(WebhookRecord.body["data"])
        .where(*_of_record(mark), WebhookRecord.changed_at > mark.read_at, WebhookRecord.changed_at <= mark.wrote_at)
        .order_by(WebhookRecord.changed_at.desc(), WebhookRecord.id.desc())
    )
    bodies = [body for body in session.scalars(told) if isinstance(body, dict)]
    return next((body for body in bodies if digest_others(body) != mark.digest), None)


def _refuse_older(services: Services, mark: VisitMark, read_at: datetime | None) -> None:
    """Raises AnswerTooOld: Altegio's copies may be behind each other, and an old one sent back would undo what is newer."""
    with services.sessions() as session:
        newest = session.scalar(select(func.max(WebhookRecord.changed_at)).where(*_of_record(mark)))
    if newest is not None and (read_at is None or read_at < newest):
        raise AnswerTooOld("Altegio shows the visit as it was before its last webhook")


def _of_record(mark: VisitMark) -> tuple[Any, ...]:
    return (
        WebhookRecord.company_id == mark.company_id,
        WebhookRecord.resource == RECORD,
        WebhookRecord.resource_id == mark.record_id,
    )


def _list_receipts(session: Session, mark: VisitMark) -> Sequence[IssuedReceipt]:
    issued = (
        select(Receipt.fiscal_number, Receipt.receipt_url)
        .where(
            Receipt.company_id == mark.company_id,
            Receipt.record_id == mark.record_id,
            Receipt.kind == ReceiptKind.SALE,
            Receipt.state == ReceiptState.ISSUED,
            ~Receipt.returned,
        )
        .order_by(Receipt.id)
    )
    return [IssuedReceipt(number or "", url) for number, url in session.execute(issued)]


def _fail(services: Services, mark: VisitMark, error: Exception) -> dict[str, Any]:
    """Again later, or never: the receipt stands either way."""
    text = str(error)[:_MAX_TEXT]
    log.warning("receipts not named in the visit", record_id=mark.record_id, attempts=mark.attempts, error=text)
    if is_tried_again(error, mark.attempts):
        return {"error_text": text, **_again(back_off(mark.attempts, error))}
    if mark.state == WriteState.WRITTEN:
        # It stands there; that it cannot be looked after is no news.
        return _end(WriteState.DONE)
    _tell(services, mark, text)
    return {"error_text": text, **_end(WriteState.GIVEN_UP)}


def _tell(services: Services, mark: VisitMark, reason: str) -> None:
    values = {"company": mark.company_id, "visit": mark.record_id, "reason": reason}
    text = describe(kinds.NOT_WRITTEN_BACK, services.settings.alert_language, **values)
    send_alert(services.sessions, kinds.NOT_WRITTEN_BACK, text)


def _again(seconds: float) -> dict[str, Any]:
    return {"next_attempt_at": in_seconds(seconds)}


def _end(state: WriteState) -> dict[str, Any]:
    return {"state": state, "next_attempt_at": None}
