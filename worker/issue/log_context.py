"""Ids that follow the work into every line that is logged meanwhile, those of the libraries included."""

from contextlib import AbstractContextManager
from typing import NamedTuple

from shared.logging import bound_contextvars


class Origin(NamedTuple):
    """The delivery a receipt belongs to, which is not always the one that asked for the turn."""

    record_id: int | None
    request_id: str | None


def receipt_context(receipt_id: int, origin: Origin) -> AbstractContextManager[None]:
    """For one receipt of a turn."""
    return bound_contextvars(receipt_id=receipt_id, record_id=origin.record_id, request_id=origin.request_id)
