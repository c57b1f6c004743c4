"""Alembic's entry: the address comes from the same settings as the service's, the role is the owner's."""

from alembic import context
from sqlalchemy import create_engine, pool

from shared.config import get_settings
from shared.storage.db import CONNECT_ARGUMENTS, build_url
from shared.storage.models import Base
from shared.storage.roles import grant_to_service


def run_migrations() -> None:
    settings = get_settings()
    url = build_url(settings, as_owner=True)
    if context.is_offline_mode():
        context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    # A migration waits for locks a short while only: a queue of writers behind it would stop the salon.
    arguments = {**CONNECT_ARGUMENTS, "options": "-c lock_timeout=10000"}
    engine = create_engine(url, poolclass=pool.NullPool, connect_args=arguments)
    with engine.connect() as connection:
        # An index of a large table takes its time.
        connection.connection.driver_connection.patience = 3600.0
        context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
        with context.begin_transaction():
            context.run_migrations()
            service_password = settings.postgres_service_password.get_secret_value()
            if service_password:
                grant_to_service(connection, settings.postgres_service_user, service_password)


run_migrations()
