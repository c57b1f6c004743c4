"""What receipts were paid with

Sums of a day or a shift are added up from columns that the database reads out of each request, and from indexes alone. The
table is written anew once; nobody reads or writes receipts meanwhile.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# A sum is read whether it stands as a number or as text. What is neither is nothing: a row that somebody damaged fails no sum.
# Change goes back out of cash.
_PAID_BY = r"""
CREATE FUNCTION paid_by(request jsonb, payment_type integer) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(substring(jsonb_path_query_first(request,
           ('$.Payments[*] ? (@.PaymentType == ' || payment_type::text || ').Sum')::jsonpath) #>> '{}'
         FROM '^[0-9]{1,12}(?:[.][0-9]+)?$')::numeric, 0)
       - CASE payment_type WHEN 0 THEN
           coalesce(substring(request #>> '{Change}' FROM '^[0-9]{1,12}(?:[.][0-9]+)?$')::numeric, 0) ELSE 0 END
"""
_COLUMNS = {"paid_cash": 0, "paid_card": 1, "paid_mobile": 4}
_MOMENT = "coalesce(issued_at, created_at)"
# Of what a list is narrowed to and few receipts are: the newest of them are found without a walk through all.
_LISTED = {
    "ix_receipts_cashier": (("staff_user_id", _MOMENT, "id"), "staff_user_id IS NOT NULL"),
    "ix_receipts_rejected": ((_MOMENT, "id"), "state = 'rejected'"),
    "ix_receipts_returned": ((_MOMENT, "id"), "returned"),
    "ix_receipts_goods": ((_MOMENT, "id"), "document_id IS NOT NULL"),
}
# With what is added up, so that a day or a shift is summed without a look at each receipt.
_SUMMED = ["cashbox_id", "company_id", "state", "kind", "total", "shift_number", *_COLUMNS]
_SUMMED_OF_SHIFT = ["state", "kind", "registration_number", *_COLUMNS]
_ON_SCREEN = ["is_open", "is_deleted", "attendance", "total", "company_id"]


def upgrade() -> None:
    op.execute(_PAID_BY)
    added = (
        f"ADD COLUMN {name} numeric GENERATED ALWAYS AS (paid_by(request, {kind})) STORED" for name, kind in _COLUMNS.items()
    )
    # Together, so that the table is written anew once.
    op.execute(f"ALTER TABLE receipts {', '.join(added)}")
    for name, (columns, where) in _LISTED.items():
        op.create_index(name, "receipts", [sa.text(column) for column in columns], postgresql_where=sa.text(where))
    op.create_index("ix_receipts_shift", "receipts", ["cashbox_id", "shift_number"], postgresql_include=_SUMMED_OF_SHIFT)
    op.drop_index("ix_receipts_issued_at", table_name="receipts")
    op.create_index("ix_receipts_issued_at", "receipts", ["issued_at"], postgresql_include=_SUMMED)
    op.drop_index("ix_visits_day_visit_at", table_name="visits")
    op.create_index("ix_visits_day_visit_at", "visits", ["day", "visit_at", "id"], postgresql_include=_ON_SCREEN)


def downgrade() -> None:
    op.drop_index("ix_visits_day_visit_at", table_name="visits")
    op.create_index("ix_visits_day_visit_at", "visits", ["day", "visit_at", "id"])
    op.drop_index("ix_receipts_issued_at", table_name="receipts")
    op.create_index("ix_receipts_issued_at", "receipts", ["issued_at"])
    for name in ("ix_receipts_shift", *_LISTED):
        op.drop_index(name, table_name="receipts")
    op.execute(f"ALTER TABLE receipts {', '.join(f'DROP COLUMN {name}' for name in _COLUMNS)}")
    op.execute("DROP FUNCTION paid_by(jsonb, integer)")
