"""The desk

What a visit is found by, whether its client came, and whom they came to.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Folded by hand: `lower` of a database with the C locale knows Latin letters only, and there its trigrams have no others.
_LETTERS = "абвгдежзиклмнопрстуфхцчшюяёэйыщәғқңөұүһі"
_PLAIN = "abvgdejziklmnoprstufhcqwyxeeiiwagknouuhi"
_SILENT = "ъьЪЬ"
_FOLD = rf"""
CREATE FUNCTION fold_words(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ' ' || btrim(regexp_replace(
    translate(lower(said), '{_LETTERS}{_LETTERS.upper()}{_SILENT}', '{_PLAIN}{_PLAIN}'),
    '[\s!-/:-@\[-`{{-~\u00a0\u00ab\u00bb\u2018-\u201f\u2010-\u2015\u2026\u20b8\u2116]+', ' ', 'g')) || ' '
"""
# Numbers are marked by what they are: `n` in front of the record's, `s` in front of the sum, `p` and `t` around the phone.
_WORDS = """
CREATE FUNCTION words_of_visit(
    name text, specialist text, lines jsonb, record_id bigint, total numeric, phone text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN public.fold_words(concat_ws(' ', name, specialist, jsonb_path_query_array(lines, '$[*].name'),
    'n' || record_id, 's' || trim_scale(total), 'p' || phone || 't'))
"""
_COMPUTED = "words_of_visit(client_name, specialist, lines, record_id, total, client_phone)"
# Of old rows those that somebody may still look at for it.
_FROM_DELIVERIES = """
UPDATE visits SET
    attendance = CASE WHEN body #>> '{data,attendance}' IN ('-1', '1', '2')
                      THEN (body #>> '{data,attendance}')::smallint END,
    specialist = left(nullif(body #>> '{data,staff,name}', ''), 200)
FROM webhook_records AS delivery
WHERE delivery.id = visits.delivery_id AND visits.day >= current_date - 14
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(_FOLD)
    op.execute(_WORDS)
    op.add_column("visits", sa.Column("attendance", sa.SmallInteger(), nullable=True))
    op.add_column("visits", sa.Column("specialist", sa.Text(), nullable=True))
    op.execute(_FROM_DELIVERIES)
    op.add_column("visits", sa.Column("words", sa.Text(), sa.Computed(_COMPUTED, persisted=True), nullable=True))
    # A word may be in one visit of a hundred thousand or in each: a small sample would not tell.
    op.execute("ALTER TABLE visits ALTER COLUMN words SET STATISTICS 500")
    op.create_index("ix_visits_words", "visits", ["words"], postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"})
    op.drop_index("ix_visits_phone_tail", table_name="visits")
    op.create_index("ix_receipts_fiscal_number", "receipts", ["fiscal_number"])
    op.create_index("ix_receipts_issued_at", "receipts", ["issued_at"])
    op.add_column("checkouts", sa.Column("to_client", sa.Boolean(), server_default=sa.text("true"), nullable=False))


def downgrade() -> None:
    op.drop_column("checkouts", "to_client")
    op.drop_index("ix_receipts_issued_at", table_name="receipts")
    op.drop_index("ix_receipts_fiscal_number", table_name="receipts")
    op.create_index("ix_visits_phone_tail", "visits", [sa.text("right(client_phone, 4)")])
    op.drop_index("ix_visits_words", table_name="visits")
    for column in ("words", "specialist", "attendance"):
        op.drop_column("visits", column)
    op.execute("DROP FUNCTION words_of_visit(text, text, jsonb, bigint, numeric, text)")
    op.execute("DROP FUNCTION fold_words(text)")
    op.execute("DROP EXTENSION IF EXISTS pg_trgm")
