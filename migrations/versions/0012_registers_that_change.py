"""Registers that change

A register that is registered anew counts its shifts from 1 again, so a shift is named by the registration number too; an empty
one was not told. A movement of cash remembers what the register's report counted before it, which tells after a lost answer
whether it happened. Dates no shift can have, left by answers that were believed, are put right.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_BY_NUMBER, _BY_REGISTRATION = "uq_shifts_cashbox_id_number", "uq_shifts_cashbox_id_registration_number_number"


def upgrade() -> None:
    op.add_column("cashbox_orders", sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("shifts", sa.Column("registration_number", sa.Text(), server_default=sa.text("''"), nullable=False))
    # By the shift's own report, else by a receipt in it, else by whatever the register was called last.
    op.execute(
        """
        UPDATE shifts SET registration_number = coalesce(
            nullif(report->>'CashboxRN', ''),
            (SELECT registration_number FROM receipts
             WHERE cashbox_id = shifts.cashbox_id AND shift_number = shifts.number AND registration_number IS NOT NULL
             ORDER BY id DESC LIMIT 1),
            (SELECT registration_number FROM receipts
             WHERE cashbox_id = shifts.cashbox_id AND registration_number IS NOT NULL ORDER BY id DESC LIMIT 1),
            ''
        )
        """
    )
    # A year of 1 came from "not yet"; what was taken for a Z-report was then the X-report of an open shift.
    op.execute(
        """
        UPDATE shifts SET closed_at = NULL, closed_by = NULL, report = NULL
        WHERE closed_at NOT BETWEEN created_at - interval '2 years' AND created_at + interval '2 years'
        """
    )
    op.execute(
        """
        UPDATE shifts SET opened_at = created_at
        WHERE opened_at NOT BETWEEN created_at - interval '2 years' AND created_at + interval '2 years'
        """
    )
    op.create_unique_constraint(_BY_REGISTRATION, "shifts", ["cashbox_id", "registration_number", "number"])
    # A worker of the version before can note no shift from here on: its receipt is asked for by the next, and found.
    op.drop_constraint(_BY_NUMBER, "shifts", type_="unique")


def downgrade() -> None:
    op.execute(
        """
        DELETE FROM shifts USING shifts AS newer
        WHERE newer.cashbox_id = shifts.cashbox_id AND newer.number = shifts.number AND newer.id > shifts.id
        """
    )
    op.create_unique_constraint(_BY_NUMBER, "shifts", ["cashbox_id", "number"])
    op.drop_constraint(_BY_REGISTRATION, "shifts", type_="unique")
    op.drop_column("shifts", "registration_number")
    op.drop_column("cashbox_orders", "before")
