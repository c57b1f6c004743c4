"""Whose name is used: the service's own where it has one, the owner's for migrations, the one of DATABASE_URL for all."""

import pytest

from shared.config import ConfigurationError, Settings
from shared.storage.db import build_url


def read(**values: str) -> Settings:
    return Settings(_env_file=None, postgres_user="owner", postgres_password="own", **values)  # type: ignore[arg-type]


def test_the_service_has_a_role_of_its_own_and_migrations_the_owners() -> None:
    settings = read(postgres_service_user="service", postgres_service_password="its")
    assert (build_url(settings).username, build_url(settings).password) == ("service", "its")
    assert (build_url(settings, as_owner=True).username, build_url(settings, as_owner=True).password) == ("owner", "own")


def test_without_its_password_there_is_one_role() -> None:
    assert build_url(read()).username == build_url(read(), as_owner=True).username == "owner"


def test_a_whole_address_is_used_as_it_is() -> None:
    settings = read(database_url="postgresql://one@db/x", postgres_service_password="its")
    assert build_url(settings).username == build_url(settings, as_owner=True).username == "one"


def test_a_placeholder_of_the_service_is_refused() -> None:
    settings = read(
        postgres_service_password="change-me", altegio_webhook_secret="a" * 40, secret_key="b" * 40, debug="false"
    )
    with pytest.raises(ConfigurationError, match="POSTGRES_SERVICE_PASSWORD"):
        settings.check_for_api()
