"""Gives the service a role of its own in the database: it works with rows, owns nothing, and can only add to the trail.

The owner's role makes the tables and gives these rights anew with every `alembic upgrade`.
"""

from sqlalchemy import Connection, text

# What the service may do to a table, where it is less than reading, adding, changing and deleting.
LIMITED = {
    "alembic_version": "SELECT",
    "audit_events": "SELECT, INSERT",
    "audit_links": "SELECT",
    # Written by whoever makes them; old ones are deleted with other old rows, which are locked before: that takes UPDATE.
    "backups": "SELECT, DELETE, UPDATE (id)",
}
_ROLE = text(
    "SELECT format('%s ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD %L',"
    " CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = :name) THEN 'ALTER' ELSE 'CREATE' END, :name, :password)"
)
_HAS_ADDRESS = text(
    "SELECT EXISTS (SELECT FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name = 'audit_events' AND column_name = 'address')"
)
# In the order in which they are carried out.
_RIGHTS = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "REVOKE CREATE ON SCHEMA public FROM {role}, PUBLIC",
    "REVOKE TEMPORARY ON DATABASE {database} FROM {role}, PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
)


def grant_to_service(connection: Connection, name: str, password: str) -> None:
    """Makes the role or gives it that password, and exactly its rights; the caller commits. Needs CREATEROLE.

    Raises ValueError for the role that is connected, which owns the tables.
    """
    if connection.scalar(text("SELECT current_user = :name"), {"name": name}):
        raise ValueError("POSTGRES_SERVICE_USER is the role that makes the tables: name another one")
    connection.exec_driver_sql(connection.execute(_ROLE, {"name": name, "password": password}).scalar_one())
    role, database = connection.execute(
        text("SELECT quote_ident(:name), quote_ident(current_database())"), {"name": name}
    ).one()
    for right in _RIGHTS:
        connection.exec_driver_sql(right.format(role=role, database=database))
    for table, rights in LIMITED.items():
        if connection.scalar(text("SELECT to_regclass(:table)"), {"table": f"public.{table}"}) is not None:
            connection.exec_driver_sql(f"REVOKE ALL ON {table} FROM {role}")
            connection.exec_driver_sql(f"GRANT {rights} ON {table} TO {role}")
    if connection.scalar(_HAS_ADDRESS):
        # The one thing of the trail that is emptied in time.
        connection.exec_driver_sql(f"GRANT UPDATE (address) ON audit_events TO {role}")
