"""The audit trail is a chain

Events are only ever added. At the commit each gets a link, which holds the hash of the event and of the link before it, so
that an event that was changed, taken out or put between is found. Written by the database's owner whoever commits: the
service itself may not write links. Addresses are no part of the hash, since they are emptied like other personal data.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Nulls are left out, so that a column that comes later changes no hash.
HASH = """
CREATE FUNCTION audit_hash(previous text, event audit_events) RETURNS text
LANGUAGE sql STABLE SET timezone = 'UTC' SET search_path = pg_catalog, public AS $$
    SELECT encode(sha256(convert_to(previous || (
        SELECT jsonb_object_agg(key, value)::text FROM jsonb_each(to_jsonb(event) - 'address') WHERE value <> 'null'::jsonb
    ), 'UTF8')), 'hex')
$$
"""
# At the commit, so that nobody holds the lock while it waits for a row of somebody who waits for the lock.
LINK = """
CREATE FUNCTION link_audit_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    newest audit_links;
BEGIN
    PERFORM pg_advisory_xact_lock('audit_links'::regclass::oid::bigint);
    SELECT * INTO newest FROM audit_links ORDER BY id DESC LIMIT 1;
    INSERT INTO audit_links (id, audit_event_id, hash)
    SELECT coalesce(newest.id, 0) + 1, event.id, audit_hash(coalesce(newest.hash, ''), event)
    FROM audit_events AS event WHERE event.id = NEW.id;
    RETURN NULL;
END $$
"""
REFUSE = """
CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_events' THEN
        IF to_jsonb(NEW) - 'address' = to_jsonb(OLD) - 'address' AND to_jsonb(NEW) ->> 'address' IS NULL THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
TABLES = ("audit_events", "audit_links")


def upgrade() -> None:
    op.create_table(
        "audit_links",
        sa.Column("audit_event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["audit_event_id"], ["audit_events.id"], name=op.f("fk_audit_links_audit_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("audit_event_id", name=op.f("uq_audit_links_audit_event_id")),
    )
    for statement in (HASH, LINK, REFUSE):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION link_audit_event() FROM PUBLIC")
    _link_what_is_there()
    op.execute(
        "CREATE CONSTRAINT TRIGGER link_audit_event AFTER INSERT ON audit_events"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION link_audit_event()"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit()"
        )
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()"
        )


def _link_what_is_there() -> None:
    op.execute(
        """
        DO $$
        DECLARE
            event audit_events;
            place bigint := 0;
            newest text := '';
        BEGIN
            FOR event IN SELECT * FROM audit_events ORDER BY id LOOP
                place := place + 1;
                newest := audit_hash(newest, event);
                INSERT INTO audit_links (id, audit_event_id, hash) VALUES (place, event.id, newest);
            END LOOP;
        END $$
        """
    )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER refuse_truncate ON {table}")
        op.execute(f"DROP TRIGGER refuse_change ON {table}")
    op.execute("DROP TRIGGER link_audit_event ON audit_events")
    for function in ("refuse_change_of_audit()", "link_audit_event()", "audit_hash(text, audit_events)"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("audit_links")
