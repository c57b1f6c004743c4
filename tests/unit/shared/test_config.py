from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.config import ConfigurationError, Settings
from shared.storage.db import build_url

PATH_SECRET = "n7Kq-2vXw.9Zt_4Lp~c"
READY: dict[str, Any] = {
    "secret_key": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "altegio_webhook_secret": PATH_SECRET,
    "webkassa_api_token": "key",
    "webkassa_shop_id": "SWK00067890",
    "webkassa_login": "cashier",
    "webkassa_password": "pass",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own variables stay outside."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def make(**fields: Any) -> Settings:
    return Settings(_env_file=None, **(READY | fields))


def test_a_ready_environment_starts_both_processes() -> None:
    make().check_for_api()
    make().check_for_worker()


def test_secrets_come_from_files_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "webkassa_password").write_text("from a file\n")
    (tmp_path / "secret_key").write_text("from a file\n")
    monkeypatch.setenv("SECRET_KEY", "from the environment")
    settings = Settings(_env_file=None, _secrets_dir=tmp_path)
    assert settings.webkassa_password.get_secret_value() == "from a file"
    assert settings.secret_key.get_secret_value() == "from the environment"


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBKASSA_VAT", "auto")
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "3")
    monkeypatch.setenv("ALTEGIO_AMOUNTS_IN_TIYN", "")
    monkeypatch.setenv("LOG_FORMAT", "json")
    settings = Settings(_env_file=None)
    assert (settings.webkassa_vat, settings.retry_max_attempts, settings.log_format) == ("auto", 3, "json")
    assert settings.altegio_amounts_in_tiyn is False


@pytest.mark.parametrize(
    "value",
    [
        "change-me",
        "changeme",
        "CHANGE_ME",
        "change-me-too",
        "mychange-me",
        "exchange-me",
        "your-secret",
        "your_key",
        "<secret>",
        "placeholder",
    ],
)
def test_placeholders_are_refused_by_name(value: str) -> None:
    with pytest.raises(ConfigurationError, match="ALTEGIO_WEBHOOK_SECRET"):
        make(altegio_webhook_secret=value).check_for_api()
    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        make(secret_key=value).check_for_api()
    with pytest.raises(ConfigurationError, match="WEBKASSA_PASSWORD"):
        make(webkassa_password=value).check_for_worker()


def test_one_placeholder_of_two_secrets_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ALTEGIO_WEBHOOK_SECRET"):
        make(altegio_webhook_secret=f"{PATH_SECRET}, change-me").check_for_api()


@pytest.mark.parametrize("value", ["a<b>", "yours", "exchange"])
def test_what_only_resembles_a_placeholder_passes(value: str) -> None:
    make(webkassa_password=value).check_for_worker()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "0f1e2d"),
        ("SECRET_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f0,0ld"),
        ("CREDENTIALS_KEY", "key"),
        ("ALTEGIO_WEBHOOK_SECRET", "s3cret"),
        ("ALTEGIO_WEBHOOK_SECRET", "n7Kq/2vXw/9Zt/4Lp/c"),
        ("FLOWER_BASIC_AUTH", "ops:change-me"),
        ("FLOWER_BASIC_AUTH", "ops:0f1e2d3c4b5a6978,guest:guest"),
        ("POSTGRES_PASSWORD", "change-me"),
        ("DATABASE_URL", "postgresql://u:change-me@db/d"),
        ("REDIS_URL", "redis://service:change-me@redis:6379/0"),
        ("BROKER_URL", "amqp://u:change-me@rabbit//"),
    ],
)
def test_every_process_refuses_a_secret_that_is_easy_to_guess(name: str, value: str) -> None:
    settings = make(**{name.lower(): value})
    for check in (settings.check_for_api, settings.check_for_worker, settings.check_secrets):
        with pytest.raises(ConfigurationError, match=rf"^{name} .*make secrets") as caught:
            check()
        assert value.rsplit(",", maxsplit=1)[-1] not in str(caught.value)
    make(**{name.lower(): value}, debug=True).check_for_api()


@pytest.mark.parametrize(
    "name", ["CREDENTIALS_KEY", "ALTEGIO_WEBHOOK_SECRET", "WEBKASSA_PASSWORD", "WEBKASSA_API_TOKEN", "POSTGRES_PASSWORD"]
)
def test_one_secret_for_two_things_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"SECRET_KEY and {name} are equal"):
        make(**{name.lower(): READY["secret_key"]}).check_for_worker()


def test_what_others_gave_may_be_short_and_equal() -> None:
    make(webkassa_api_token="1", webkassa_password="1", postgres_password="1").check_for_worker()


@pytest.mark.parametrize("address", ["http://127.0.0.1:8010", "http://127.8.8.8", "http://localhost:80", "http://[::1]:1"])
def test_webkassa_may_be_called_in_the_clear_on_this_machine_alone(address: str) -> None:
    make(webkassa_api_url=address).check_for_worker()


@pytest.mark.parametrize(
    "address",
    [
        "http://api.webkassa.kz",
        "http://webkassa:8010",
        "http://127.0.0.1.example.kz",
        "http://localhost.example.kz",
        "http://localhost@example.kz",
        "ftp://api.webkassa.kz",
        "api.webkassa.kz",
    ],
)
def test_vendors_are_called_over_tls(address: str) -> None:
    with pytest.raises(ConfigurationError, match="WEBKASSA_API_URL has to be https"):
        make(webkassa_api_url=address).check_for_worker()
    make(webkassa_api_url=address, debug=True).check_for_worker()
    make(altegio_api_url=address).check_for_worker()
    with pytest.raises(ConfigurationError, match="ALTEGIO_API_URL has to be https"):
        make(altegio_api_url=address, altegio_partner_token="one", altegio_user_token="two").check_for_worker()


def test_debug_accepts_placeholders_but_not_missing_names() -> None:
    settings = make(debug=True, altegio_webhook_secret="change-me", webkassa_password="change-me")
    settings.check_for_api()
    settings.check_for_worker()
    with pytest.raises(ConfigurationError, match="WEBKASSA_LOGIN"):
        make(debug=True, webkassa_login="").check_for_worker()


def test_an_open_ingress_needs_debug() -> None:
    with pytest.raises(ConfigurationError, match="ALTEGIO_WEBHOOK_SECRET is not set"):
        make(altegio_webhook_secret=" , ").check_for_api()
    make(altegio_webhook_secret="", debug=True).check_for_api()


def test_all_missing_names_are_listed() -> None:
    names = ("WEBKASSA_API_TOKEN", "WEBKASSA_SHOP_ID", "WEBKASSA_LOGIN", "WEBKASSA_PASSWORD")
    with pytest.raises(ConfigurationError) as caught:
        make(**dict.fromkeys((name.lower() for name in names), "")).check_for_worker()
    assert all(name in str(caught.value) for name in names)


def test_messages_show_no_values() -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(webkassa_password="<pass>", webkassa_login="change-me").check_for_worker()
    assert "<pass>" not in str(caught.value)
    assert "key" not in repr(make(webkassa_api_token="key-0f1e")).split("webkassa_api_token=")[1].split()[0]


@pytest.mark.parametrize(
    "address",
    [
        "https://devkkm.webkassa.kz",
        "https://devkkm.webkassa.kz/",
        "https://devkkm.webkassa.kz//",
        "https://devkkm.webkassa.kz/api",
        "https://devkkm.webkassa.kz/api/v4",
        "https://devkkm.webkassa.kz/api/v4/",
        "https://devkkm.webkassa.kz/API/V4",
        " https://devkkm.webkassa.kz/api/ ",
    ],
)
def test_the_address_of_webkassa_may_be_pasted_with_its_path(address: str) -> None:
    assert make(webkassa_api_url=address).webkassa_api_url == "https://devkkm.webkassa.kz"


def test_a_host_called_api_stays() -> None:
    assert make(webkassa_api_url="https://api.webkassa.kz").webkassa_api_url == "https://api.webkassa.kz"


@pytest.mark.parametrize(
    "address",
    [
        "https://api.alteg.io",
        "https://api.alteg.io/",
        "https://api.alteg.io/api",
        "https://api.alteg.io/api/v1/",
        " https://api.alteg.io/api/v2",
    ],
)
def test_the_address_of_altegio_may_be_pasted_with_its_path(address: str) -> None:
    assert make(altegio_api_url=address).altegio_api_url == "https://api.alteg.io"


@pytest.mark.parametrize("name", ["ALTEGIO_PARTNER_TOKEN", "ALTEGIO_USER_TOKEN"])
def test_tokens_of_altegio_go_together_and_are_real(name: str) -> None:
    both = {"altegio_partner_token": "0f1e2d", "altegio_user_token": "3c4b5a"}
    make(**both).check_for_worker()
    with pytest.raises(ConfigurationError, match=name):
        make(**both | {name.lower(): ""}).check_for_worker()
    with pytest.raises(ConfigurationError, match=name):
        make(**both | {name.lower(): "change-me"}).check_for_worker()


@pytest.mark.parametrize(("value", "regime"), [("none", "none"), (" AUTO ", "auto"), ("12", "12"), ("16", "16"), ("5", "5")])
def test_vat_regimes(value: str, regime: str) -> None:
    assert make(webkassa_vat=value).webkassa_vat == regime


@pytest.mark.parametrize("value", ["0", "100", "-12", "12.5", "12%", "нет", "²", "true"])
def test_wrong_vat_regimes(value: str) -> None:
    with pytest.raises(ValidationError, match="webkassa_vat"):
        make(webkassa_vat=value)


@pytest.mark.parametrize(
    ("value", "secrets"),
    [("a", ("a",)), ("a,b", ("a", "b")), (" a , b ", ("a", "b")), ("a,", ("a",)), (" ,, ", ()), ("", ())],
)
def test_secrets_in_force(value: str, secrets: tuple[str, ...]) -> None:
    assert make(altegio_webhook_secret=value).webhook_secrets == secrets


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"database_url": "postgresql://u:p@h:5/d"}, "postgresql+psycopg2://u:p@h:5/d"),
        ({"database_url": "postgres://u:p@h/d"}, "postgresql+psycopg2://u:p@h/d"),
        (
            {"postgres_host": "db", "postgres_user": "u", "postgres_password": "p@/:", "postgres_db": "d"},
            "postgresql+psycopg2://u:p%40%2F%3A@db:5432/d",
        ),
    ],
)
def test_database_address(fields: dict[str, Any], url: str) -> None:
    assert build_url(make(**fields)).render_as_string(hide_password=False) == url


@pytest.mark.parametrize(
    "fields",
    [
        {"fiscalize_when": "sometimes"},
        {"default_payment_method": "barter"},
        {"webkassa_read_timeout": 0},
        {"webkassa_read_timeout": 46},
        {"altegio_connect_timeout": 0},
        {"altegio_read_timeout": 46},
        {"lease_seconds": 91},
        {"retry_max_attempts": 0},
        {"log_format": "xml"},
    ],
)
def test_values_out_of_bounds_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make(**fields)


@pytest.mark.parametrize("choice", [{"write_back": "comment"}, {"write_back": "field:чек"}, {"desk_payments": "booked"}])
def test_writing_into_altegio_needs_its_tokens(choice: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"needs ALTEGIO_PARTNER_TOKEN and ALTEGIO_USER_TOKEN"):
        make(**choice).check_for_worker()
    make(**choice, altegio_partner_token="one", altegio_user_token="two").check_for_worker()


def test_where_receipts_are_named_is_checked() -> None:
    with pytest.raises(ValidationError, match="none of off, comment"):
        make(write_back="page")


def test_returns_by_themselves_need_altegios_own_word() -> None:
    with pytest.raises(ConfigurationError, match=r"RETURN_POLICY=auto needs ALTEGIO_PARTNER_TOKEN and ALTEGIO_USER_TOKEN"):
        make(return_policy="auto").check_for_worker()
    make(return_policy="auto", altegio_partner_token="one", altegio_user_token="two").check_for_worker()


@pytest.mark.parametrize("address", ["", "/flower/", "https://ops.salon.kz/flower/", "http://127.0.0.1:5555/flower/"])
def test_flower_is_a_page(address: str) -> None:
    assert make(flower_url=address).flower_url == address


@pytest.mark.parametrize("address", ["javascript:alert(1)", "flower", "data:text/html,x"])
def test_flower_is_nothing_but_a_page(address: str) -> None:
    with pytest.raises(ValidationError, match="must be an address, or a path"):
        make(flower_url=address)


@pytest.mark.parametrize(
    ("way", "needed"),
    [("email", "SMTP_URL, SMTP_FROM"), ("sms", "SMS_URL"), ("webhook", "RECEIPT_WEBHOOK_URL, RECEIPT_WEBHOOK_SECRET")],
)
def test_a_worker_does_not_start_without_what_a_way_to_customers_needs(way: str, needed: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^not set: {needed}, which RECEIPT_TO_CLIENT needs"):
        make(receipt_to_client=f"webkassa, {way}").check_for_worker()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_url", "mail.salon.kz:topsecret"),
        ("smtp_url", "http://user:topsecret@mail.salon.kz"),
        ("smtp_url", "smtp://"),
        ("sms_url", "twilio://topsecret@+7701/"),
        ("receipt_webhook_url", "ftp://salon.kz"),
        ("quiet_hours", "22-08"),
        ("receipt_to_client", "fax"),
    ],
)
def test_a_strange_way_to_customers_is_refused_without_its_secret(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make(**{name: value})
    assert "topsecret" not in "".join(fault["msg"] for fault in refused.value.errors())
