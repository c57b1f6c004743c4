"""What customers see of a receipt

Whose it is and by which operator, and the lines that the register prints, as Webkassa told them when it was issued.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _base() -> list[sa.Column]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def upgrade() -> None:
    words = ("taxpayer_name", "taxpayer_number", "address", "address_kk")
    operator = ("operator_name", "operator_name_kk", "operator_site")
    op.create_table(
        "receipt_papers",
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in words + operator),
        *_base(),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_papers_receipt_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_papers")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_receipt_papers_receipt_id")),
        sa.UniqueConstraint("token", name=op.f("uq_receipt_papers_token")),
    )
    op.create_table(
        "print_layouts",
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_text", sa.Text(), nullable=True),
        *_base(),
        sa.CheckConstraint("form IN ('80', '58', 'a4')", name=op.f("ck_print_layouts_form_known")),
        sa.CheckConstraint("language IN ('own', 'ru', 'kk', 'en')", name=op.f("ck_print_layouts_language_known")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipts.id"], name=op.f("fk_print_layouts_receipt_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_layouts")),
        sa.UniqueConstraint("receipt_id", "form", "language", name=op.f("uq_print_layouts_receipt_id_form_language")),
    )
    op.create_index("ix_print_layouts_fetched_at", "print_layouts", ["fetched_at"])


def downgrade() -> None:
    op.drop_table("print_layouts")
    op.drop_table("receipt_papers")
