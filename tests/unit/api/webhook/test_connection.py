"""An address that libpq reads, as asyncpg has to be told it."""

import pytest
from sqlalchemy import make_url

from api.webhook.store.connection import split_address


@pytest.mark.parametrize(
    ("given", "address", "settings"),
    [
        ("postgresql+psycopg2://u:p@db:5432/x", "postgresql://u:p@db:5432/x", {}),
        ("postgresql+psycopg2://u:p%40ss@db/x", "postgresql://u:p%40ss@db/x", {}),
        ("postgresql+psycopg2:///x?host=/var/run", "postgresql:///x?host=%2Fvar%2Frun", {}),
        ("postgresql+psycopg2://u@db/x?sslmode=require&connect_timeout=3", "postgresql://u@db/x?sslmode=require", {}),
        ("postgresql+psycopg2://u@db/x?keepalives=1&keepalives_idle=5&tcp_user_timeout=9", "postgresql://u@db/x", {}),
        (
            "postgresql+psycopg2://u@db/x?options=-c search_path=salon --work_mem=8MB&application_name=bridge",
            "postgresql://u@db/x?application_name=bridge",
            {"search_path": "salon", "work_mem": "8MB"},
        ),
    ],
)
def test_what_only_libpq_knows_is_left_out_and_options_are_kept(given: str, address: str, settings: dict[str, str]) -> None:
    assert split_address(make_url(given)) == (address, settings)
