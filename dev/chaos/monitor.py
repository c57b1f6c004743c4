"""Watches the bridge's own tables while they are being hurt: when each receipt became `issued`."""

import contextlib
import threading
import time

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dev.demo.postgres_server import Postgres

EVERY_SECONDS = 0.2

_ISSUED = text("SELECT external_check_number FROM receipts WHERE state = 'issued'")
_UNSETTLED = text(
    """
    SELECT 'delivery ' || id || ' ' || state || coalesce(' ' || error_code, '') || coalesce(': ' || reason, '')
      FROM webhook_records WHERE state IN ('received', 'processing', 'retrying', 'dead_lettered', 'invalid')
    UNION ALL
    SELECT 'receipt ' || external_check_number || ' ' || state || coalesce(' ' || error_kind, '')
           || coalesce(': ' || error_text, '')
      FROM receipts WHERE state != 'issued'
       -- Withdrawn with its sale before it was ever sent: settled.
       AND NOT (state = 'rejected' AND attempts = 0 AND error_kind IS NULL)
    """
)
_SENDING = text("SELECT external_check_number FROM receipts WHERE sending_since IS NOT NULL")
_FISCAL_NUMBERS = text("SELECT external_check_number, fiscal_number FROM receipts WHERE state = 'issued'")


class Monitor:
    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.issued_at: dict[str, float] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def list_unsettled(self) -> list[str]:
        """Whatever is still open, given up or refused; one line each."""
        with self._postgres.connect() as connection:
            return list(connection.scalars(_UNSETTLED))

    def list_sending(self) -> frozenset[str]:
        """Receipts whose call was under way; with all workers dead: those that were interrupted."""
        with self._postgres.connect() as connection:
            return frozenset(connection.scalars(_SENDING))

    def load_fiscal_numbers(self) -> dict[str, str]:
        with self._postgres.connect() as connection:
            return {row.external_check_number: row.fiscal_number for row in connection.execute(_FISCAL_NUMBERS)}

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            # The database is one of the things that are broken on purpose.
            with contextlib.suppress(SQLAlchemyError), self._postgres.connect() as connection:
                while not self._ending.wait(EVERY_SECONDS):
                    for number in connection.scalars(_ISSUED):
                        self.issued_at.setdefault(number, time.monotonic())
