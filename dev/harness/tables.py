"""The bridge's own tables: what is issued, what is open or given up, what a manager is asked to look at."""

from collections import defaultdict
from typing import Any

from sqlalchemy import text

from dev.demo.postgres_server import Postgres

_DELIVERY = (
    "'delivery ' || id || ' of ' || resource || ' ' || resource_id || coalesce(' ' || error_code, '') || ' ' || state"
)
_RECEIPT = "'receipt ' || external_check_number || ' ' || state || coalesce(' ' || error_kind, '')"
_OPEN = f"""
    SELECT {_DELIVERY} || coalesce(': ' || reason, '')
      FROM webhook_records WHERE state IN ('received', 'processing', 'retrying')
    UNION ALL
    SELECT {_RECEIPT} || coalesce(': ' || error_text, '') FROM receipts WHERE state IN ('pending', 'unknown')
    UNION ALL
    SELECT 'return order ' || id || ' ' || state FROM return_orders WHERE state = 'requested'
    UNION ALL
    SELECT 'order ' || id || ' of a cashbox: ' || kind FROM cashbox_orders WHERE state = 'requested'
    UNION ALL
    SELECT 'message ' || customer_messages.id || ' to a customer' || coalesce(': ' || problem, '')
      FROM customer_messages JOIN receipts ON receipts.id = receipt_id
     WHERE ended_at IS NULL AND receipts.state = 'issued'
"""
_FAILED = f"""
    SELECT {_DELIVERY} || coalesce(': ' || reason, '')
      FROM webhook_records WHERE state IN ('invalid', 'dead_lettered') AND error_code IS DISTINCT FROM 'difference'
    UNION ALL
    SELECT {_RECEIPT} || coalesce(': ' || error_text, '')
      FROM receipts WHERE state NOT IN ('issued', 'pending', 'unknown')
       -- Withdrawn with its sale before it was ever sent: settled.
       AND NOT (state = 'rejected' AND attempts = 0 AND error_kind IS NULL)
"""
_GIVEN_UP = f"""
    SELECT {_DELIVERY} FROM webhook_records
     WHERE receipt_id IS NOT NULL AND (state = 'dead_lettered' AND error_code IS DISTINCT FROM 'difference')
    UNION ALL
    SELECT {_RECEIPT} FROM receipts
     WHERE state <> 'issued' AND next_attempt_at IS NULL AND (state <> 'rejected' OR error_kind IS NOT NULL)
"""
_FLAGS = """
    SELECT external_check_number, 'return_due' FROM receipts WHERE return_due_reason IS NOT NULL AND NOT returned
    UNION
    SELECT coalesce(receipts.external_check_number, webhook_records.resource || ' ' || resource_id), 'difference'
      FROM webhook_records LEFT JOIN receipts ON receipts.id = webhook_records.receipt_id
     WHERE webhook_records.state = 'dead_lettered' AND webhook_records.error_code = 'difference'
"""
# Reasons shown to whoever decides: of what waits for them, and of returns that are due.
_SAID = """
    SELECT external_check_number, return_due_reason FROM receipts WHERE return_due_reason IS NOT NULL
    UNION
    SELECT coalesce(receipts.external_check_number, 'altegio_' || resource_id), reason
      FROM webhook_records LEFT JOIN receipts ON receipts.id = webhook_records.receipt_id
     WHERE webhook_records.state IN ('dead_lettered', 'awaiting_payment')
       AND (receipts.id IS NOT NULL OR resource = 'record')
"""


class Tables:
    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def list_open(self) -> list[str]:
        """Deliveries and receipts that wait for something; one line each."""
        return [line for (line,) in self.ask(_OPEN)]

    def list_failed(self) -> list[str]:
        """What was given up, refused or could not be read. A difference is a question to a manager, see `find_flags`."""
        return [line for (line,) in self.ask(_FAILED)]

    def list_given_up(self) -> list[str]:
        """Receipts that nobody tries any more, and deliveries that died with them."""
        return [line for (line,) in self.ask(_GIVEN_UP)]

    def find_flags(self) -> dict[str, set[str]]:
        """External check number -> `return_due`, `difference` or both."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for number, flag in self.ask(_FLAGS):
            found[number].add(flag)
        return dict(found)

    def find_said(self) -> dict[str, str]:
        """External check number, or what it would be -> the reasons that whoever decides is shown."""
        found: defaultdict[str, str] = defaultdict(str)
        for number, reason in self.ask(_SAID):
            found[number] += f"{reason}; "
        return dict(found)

    def find_issued(self) -> dict[str, str]:
        """External check number -> fiscal number."""
        return dict(self.ask("SELECT external_check_number, fiscal_number FROM receipts WHERE state = 'issued'"))

    def count_unmailed(self) -> int:
        """Messages that wait for nothing but their turn: their receipts are issued."""
        [(count,)] = self.ask(
            "SELECT count(*) FROM customer_messages JOIN receipts ON receipts.id = receipt_id"
            " WHERE ended_at IS NULL AND receipts.state = 'issued'"
        )
        return int(count)

    def find_visit(self, company_id: int, record_id: int) -> int:
        """The row of a visit on the payment page."""
        [(row_id,)] = self.ask(f"SELECT id FROM visits WHERE company_id = {company_id:d} AND record_id = {record_id:d}")
        return int(row_id)

    def list_sending(self) -> frozenset[str]:
        """Receipts whose call was under way; with all workers dead: those that were interrupted."""
        rows = self.ask("SELECT external_check_number FROM receipts WHERE sending_since IS NOT NULL")
        return frozenset(number for (number,) in rows)

    def count_caught_up(self) -> int:
        """Webhooks that never came and were taken over from Altegio."""
        [(count,)] = self.ask("SELECT count(*) FROM webhook_records WHERE source = 'catch_up'")
        return int(count)

    def ask(self, statement: str) -> list[Any]:
        with self._postgres.connect() as connection:
            return list(connection.execute(text(statement)))
