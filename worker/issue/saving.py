"""Saves what became of a call, whatever its words are: a document that exists at Webkassa must not be lost to a text.

Answers are cleaned where they enter, so nothing here should ever happen. Where it does, the bare fact is saved.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, StatementError

from shared.logging import get_logger
from shared.storage.db import SessionFactory, begin, is_fault_of_data
from worker.webkassa.errors import NotBelieved

log = get_logger(__name__)

_ONE_RECEIPT_FOR_A_NUMBER = "uq_receipts_fiscal_number"

Told = TypeVar("Told")
Saved = TypeVar("Saved")


def save(
    sessions: SessionFactory, write: Callable[[Connection, Told], Saved], told: Told, make_bare: Callable[[Told], Told]
) -> Saved:
    """Writes what was told in one transaction; where that fails for its words, what `make_bare` leaves of it.

    Raises NotBelieved for a fiscal number that the register gave to another receipt of ours before.
    """
    try:
        with _unique_number(), begin(sessions) as connection:
            return write(connection, told)
    except (StatementError, ValueError) as error:
        if not is_fault_of_data(error):
            raise
        log.error("saved without the vendor's words", error=type(error).__name__)
    with _unique_number(), begin(sessions) as connection:
        return write(connection, make_bare(told))


@contextmanager
def _unique_number() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if _ONE_RECEIPT_FOR_A_NUMBER not in str(error.orig):
            raise
        raise NotBelieved("its fiscal number is that of another receipt already") from None
