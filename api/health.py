"""Tells whether the process is alive, and whether it can take work."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select, union_all
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.dependencies import SessionDep
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES
from shared.logging import get_logger
from shared.storage.models import Receipt, WebhookRecord

log = get_logger(__name__)
router = APIRouter(tags=["health"])


@router.get("/health", summary="Is the process alive")
async def health() -> dict[str, str]:
    """Says that the process answers. Asks nothing of other services: a restart would not help them."""
    return {"status": "ok"}


@router.get("/health/ready", summary="Can it take webhooks")
def ready(request: Request, session: SessionDep) -> JSONResponse:
    """Answers 200 while webhooks can be stored. A broker that is away only delays receipts: `degraded`, not 503."""
    database, oldest = _check_database(session)
    broker = _check_broker(request.app.state.redis)
    status = "unavailable" if not database else "ok" if broker else "degraded"
    body: dict[str, Any] = {
        "status": status,
        "database": "ok" if database else "unavailable",
        "broker": "ok" if broker else "unavailable",
        "oldest_open_row_seconds": oldest,
    }
    return JSONResponse(body, status_code=200 if database else 503)


def find_oldest_open_age(session: Session) -> float | None:
    """Returns the seconds since the oldest row that workers still owe an outcome was stored; None when nothing is open."""
    open_records = select(WebhookRecord.created_at).where(
        WebhookRecord.state.in_(OPEN_RECORD_STATES), WebhookRecord.receipt_id.is_(None)
    )
    open_receipts = select(Receipt.created_at).where(Receipt.state.in_(OPEN_RECEIPT_STATES))
    rows = union_all(open_records, open_receipts).subquery()
    # A moment that is none (infinity) has no age, and must not take that of the others.
    oldest = func.min(rows.c.created_at).filter(func.isfinite(rows.c.created_at))
    age = session.scalar(select(func.extract("epoch", func.now() - oldest)))
    return None if age is None else round(float(age), 1)


def _check_database(session: Session) -> tuple[bool, float | None]:
    try:
        return True, find_oldest_open_age(session)
    except SQLAlchemyError as error:
        log.error("not ready: database", error=type(error).__name__)
        return False, None


def _check_broker(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except (RedisError, OSError) as error:
        log.warning("not ready: broker", error=type(error).__name__)
        return False
