"""Exception to HTTP answer; the only place that knows status codes."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.webhook.envelopes import NotJson
from api.webhook.security import BadSecret, BodyTooLarge
from api.webhook.status import RecordNotFound
from api.webhook.writer import StoreUnavailable
from shared.logging import get_logger

log = get_logger(__name__)

RETRY_AFTER = {"Retry-After": "2"}


def _answer(code: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"success": False, "message": message, "record_id": None}, code, headers=headers)


def add_error_handlers(app: FastAPI) -> None:
    async def not_json(_: Request, error: Exception) -> JSONResponse:
        log.warning("webhook refused", reason="not json")
        return _answer(400, str(error))

    async def bad_secret(_: Request, __: Exception) -> JSONResponse:
        log.warning("webhook refused", reason="bad secret")
        return _answer(401, "wrong or missing secret")

    async def too_large(_: Request, __: Exception) -> JSONResponse:
        log.warning("webhook refused", reason="too large")
        # The rest of the body is not read, so the connection cannot serve another request.
        return _answer(413, "the body is larger than 1 MiB", {"Connection": "close"})

    async def not_found(_: Request, error: Exception) -> JSONResponse:
        return _answer(404, str(error))

    async def unavailable(_: Request, error: Exception) -> JSONResponse:
        return _answer(503, str(error), RETRY_AFTER)

    async def database_down(_: Request, error: Exception) -> JSONResponse:
        log.error("database error", error=type(error).__name__)
        return _answer(503, "the database is not available", RETRY_AFTER)

    app.add_exception_handler(NotJson, not_json)
    app.add_exception_handler(BadSecret, bad_secret)
    app.add_exception_handler(BodyTooLarge, too_large)
    app.add_exception_handler(RecordNotFound, not_found)
    app.add_exception_handler(StoreUnavailable, unavailable)
    app.add_exception_handler(DBAPIError, database_down)
    app.add_exception_handler(PoolTimeout, database_down)
