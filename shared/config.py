"""Reads the settings once from the environment (and `.env`), and checks them before a process starts to work."""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.customer.checks import check_sms_url, check_smtp_url, check_web_url
from shared.customer.quiet import parse_quiet_hours
from shared.salon.choices import CHECKS, DEFAULT_ACCOUNTS, DEFAULT_TIPS, parse_receivers
from shared.start.weak_secrets import HOW_TO, find_equal, find_fault, find_fault_in_path, is_placeholder

_ALTEGIO_TOKENS = ("ALTEGIO_PARTNER_TOKEN", "ALTEGIO_USER_TOKEN")
_VENDOR_SECRETS = ("WEBKASSA_API_TOKEN", "WEBKASSA_PASSWORD", *_ALTEGIO_TOKENS)
_WEBKASSA = ("WEBKASSA_API_URL", "WEBKASSA_API_TOKEN", "WEBKASSA_SHOP_ID", "WEBKASSA_LOGIN", "WEBKASSA_PASSWORD")
# Hosts of this machine itself, where things are tried out with stand-ins.
LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
# What each way of a receipt to its customer needs.
_NEEDED_BY = {
    "email": ("SMTP_URL", "SMTP_FROM"),
    "sms": ("SMS_URL",),
    "webhook": ("RECEIPT_WEBHOOK_URL", "RECEIPT_WEBHOOK_SECRET"),
}


class ConfigurationError(Exception):
    """Raised where the environment cannot be worked with; the message names the variables, never their values."""


# Where Docker and Kubernetes mount secrets: a file for each, named like its variable, in small letters.
SECRETS_DIR = "/run/secrets"


class Settings(BaseSettings):
    """Holds every setting, named like its variable in small letters; each is described in `.env.example`."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        secrets_dir=SECRETS_DIR if Path(SECRETS_DIR).is_dir() else None,
    )

    debug: bool = False
    secret_key: SecretStr = SecretStr("")
    credentials_key: SecretStr = SecretStr("")
    public_url: str = ""
    security_contact: str = ""
    flower_url: str = ""

    database_url: str = ""
    postgres_db: str = "altegio_webkassa"
    postgres_user: str = "altegio_webkassa"
    postgres_password: SecretStr = SecretStr("")
    postgres_service_user: str = "altegio_webkassa_service"
    postgres_service_password: SecretStr = SecretStr("")
    postgres_host: str = "localhost"
    postgres_port: int = 5432
    redis_url: str = "redis://localhost:6379/0"
    broker_url: str = ""

    altegio_webhook_secret: SecretStr = SecretStr("")
    altegio_company_id: str = ""
    altegio_api_url: str = "https://api.alteg.io"
    webhooks_per_salon_minute: int = Field(0, ge=0)
    altegio_partner_token: SecretStr = SecretStr("")
    altegio_user_token: SecretStr = SecretStr("")
    altegio_connect_timeout: float = Field(5.0, gt=0, le=20)
    altegio_read_timeout: float = Field(15.0, gt=0, le=45)
    altegio_amounts_in_tiyn: bool = False
    altegio_patience_seconds: float = Field(600.0, ge=0, le=3600)
    reconcile_interval_seconds: float = Field(300.0, gt=0)

    webkassa_api_url: str = "https://api.webkassa.kz"
    webkassa_api_token: SecretStr = SecretStr("")
    webkassa_shop_id: str = ""
    webkassa_login: str = ""
    webkassa_password: SecretStr = SecretStr("")
    webkassa_vat: str = "none"
    vat_lines: str = ""
    webkassa_connect_timeout: float = Field(5.0, gt=0, le=20)
    webkassa_read_timeout: float = Field(25.0, gt=0, le=45)

    fiscalize_when: Literal["paid", "always", "manual"] = "paid"
    fiscalize_comment_marker: str = ""
    default_payment_method: Literal["card", "cash", "mobile", "ask"] = "card"
    goods_wait_seconds: float = Field(3.0, ge=0, le=50)
    payment_wait_seconds: float = Field(5.0, ge=0, le=50)
    payment_kinds: str = DEFAULT_ACCOUNTS
    deposits: Literal["by_hand", "at_top_up", "at_spending"] = "by_hand"
    part_payments: str = "at_the_end"
    tips: str = DEFAULT_TIPS
    certificates_as: Literal["services", "goods"] = "services"
    goods_codes: Literal["optional", "required"] = "optional"
    receipt_to_client: str = "webkassa"
    receipt_language: Literal["ru", "kk", "en"] = "ru"
    smtp_url: SecretStr = SecretStr("")
    smtp_from: str = ""
    sms_url: SecretStr = SecretStr("")
    receipt_webhook_url: str = ""
    receipt_webhook_secret: SecretStr = SecretStr("")
    quiet_hours: str = "22:00-08:00"
    write_back: str = "off"
    desk_payments: Literal["off", "booked"] = "off"
    confirm_receipts: Literal["off", "on"] = "off"
    operator_hosts: str = ""
    return_policy: Literal["manual", "auto"] = "manual"
    return_delay_seconds: float = Field(600.0, ge=0)

    retry_max_attempts: int = Field(10, ge=1)
    retry_max_age_hours: float = Field(72.0, gt=0)
    retry_base_seconds: float = Field(2.0, gt=0)
    retry_cap_seconds: float = Field(300.0, gt=0)
    register_probe_seconds: float = Field(45.0, ge=1, le=3600)
    # Longer than any call to Webkassa can take, so that a lease never ends under a call that is still running.
    lease_seconds: int = Field(60, ge=5, le=90)
    dispatch_interval_seconds: float = Field(5.0, gt=0)

    cashier_idle_minutes: float = Field(120.0, ge=5, le=24 * 60)
    cashier_session_hours: float = Field(12.0, gt=0, le=24)
    manager_idle_minutes: float = Field(60.0, ge=5, le=24 * 60)
    manager_session_hours: float = Field(12.0, gt=0, le=24)
    managers_need_second_factor: bool = False
    cashier_withdrawal_ceiling: Decimal | None = Field(None, ge=0)
    cashier_return_ceiling: Decimal | None = Field(None, ge=0)

    shift_close_at: str = "23:50"
    alert_urls: str = ""
    alert_language: Literal["ru", "kk", "en"] = "ru"
    alert_oldest_minutes: float = Field(15.0, gt=0)
    alert_goods_coded_percent: int = Field(90, ge=0, le=100)
    alert_disk_free_percent: float = Field(5.0, ge=0, lt=100)
    alert_interval_seconds: float = Field(30.0, ge=1, le=300)

    # Below a week a person would have no time to look at what went wrong.
    retention_days: int = Field(180, ge=7)
    log_retention_days: int = Field(90, ge=7)

    flower_basic_auth: SecretStr = SecretStr("")

    worker_stuck_minutes: float = Field(5.0, ge=0)
    worker_alive_file: str = ""
    worker_metrics_port: int = Field(0, ge=0, le=65535)
    worker_metrics_host: str = "127.0.0.1"
    log_dir: str = "logs"
    log_level: str = "INFO"
    log_format: Literal["json", "console", "auto"] = Field("auto", validation_alias=AliasChoices("log_format", "LOG_FORMAT"))

    @field_validator("webkassa_api_url", "altegio_api_url")
    @classmethod
    def _strip_api_path(cls, value: str) -> str:
        """People paste the address with `/api/v4` or `/api/v1`; the clients add the path themselves."""
        return re.sub(r"(/api(/v\d)?)?/*$", "", value.strip(), flags=re.IGNORECASE)

    @field_validator("webkassa_vat")
    @classmethod
    def _check_vat(cls, value: str) -> str:
        return str(CHECKS["vat"](value))

    @field_validator("altegio_company_id")
    @classmethod
    def _check_companies(cls, value: str) -> str:
        if any(not part.strip().isdigit() for part in value.split(",") if part.strip()):
            raise ValueError("must be a company id of Altegio, or several with commas between them")
        return value

    @field_validator("security_contact")
    @classmethod
    def _check_contact(cls, value: str) -> str:
        if any(not re.fullmatch(r"(mailto:|tel:|https://)\S+", part.strip()) for part in value.split(",") if part.strip()):
            raise ValueError("must be addresses that begin with mailto:, tel: or https://, with commas between them")
        return value

    @field_validator("flower_url")
    @classmethod
    def _check_page(cls, value: str) -> str:
        if value and not re.fullmatch(r"(https?:/)?/\S+", value):
            raise ValueError("must be an address, or a path of this host such as /flower/")
        return value

    @field_validator("shift_close_at")
    @classmethod
    def _check_time(cls, value: str) -> str:
        if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value.strip()):
            raise ValueError("must be a time of day such as 23:50")
        return value.strip()

    @field_validator("payment_kinds", "part_payments", "vat_lines", "receipt_to_client", "write_back")
    @classmethod
    def _check_choice(cls, value: str, info: ValidationInfo) -> str:
        CHECKS[info.field_name or ""](value)
        return value

    @field_validator("smtp_url", "sms_url")
    @classmethod
    def _check_channel(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if value.get_secret_value():
            {"smtp_url": check_smtp_url, "sms_url": check_sms_url}[info.field_name or ""](value.get_secret_value())
        return value

    @field_validator("receipt_webhook_url")
    @classmethod
    def _check_web(cls, value: str) -> str:
        if value:
            check_web_url(value)
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _check_quiet(cls, value: str) -> str:
        parse_quiet_hours(value)
        return value

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Returns the secrets in force; two at a time while one is being rotated out."""
        return self._list("ALTEGIO_WEBHOOK_SECRET")

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """Returns the keys of SECRET_KEY: the first signs, each is believed, so that one can be rotated out."""
        return self._list("SECRET_KEY")

    @property
    def security_contacts(self) -> tuple[str, ...]:
        """Returns whom to write to about a weakness."""
        return self._list("SECURITY_CONTACT")

    @property
    def broker(self) -> str:
        """Returns the address at which messages travel: Redis, unless another broker is named."""
        return self.broker_url or self.redis_url

    @property
    def company_ids(self) -> frozenset[int]:
        """Returns the salons of the environment's own cashbox; none where it serves whoever posts."""
        return frozenset(int(part) for part in self.altegio_company_id.split(",") if part.strip())

    @property
    def alert_addresses(self) -> tuple[str, ...]:
        """Returns Apprise's addresses, in which a comma may stand too. Most carry a password: none may reach a log."""
        return tuple(url.strip() for url in re.split(r",(?=\s*\w+://)", self.alert_urls) if url.strip(" ,"))

    @property
    def abilities(self) -> list[str]:
        """Returns what this process has credentials for: Altegio's REST, and ways of a receipt to its customer."""
        altegio = ["altegio"] if self._value(_ALTEGIO_TOKENS[0]) else []
        return altegio + [way for way in _NEEDED_BY if not self.list_missing([way])]

    def check_for_api(self) -> None:
        """Raises ConfigurationError when the HTTP process must not start: a secret is missing, or easy to guess."""
        if not self.debug and not self.webhook_secrets:
            raise ConfigurationError(
                "ALTEGIO_WEBHOOK_SECRET is not set: anybody could post webhooks. Set it, or DEBUG=true to try things out."
            )
        self.check_secrets()

    def check_for_worker(self) -> None:
        """Raises ConfigurationError when the worker could not issue a single receipt, or would tell its secrets."""
        missing = [name for name in _WEBKASSA if not self._value(name)]
        if missing:
            raise ConfigurationError(f"not set: {', '.join(missing)} (see .env.example)")
        if len({bool(self._value(name)) for name in _ALTEGIO_TOKENS}) > 1:
            raise ConfigurationError(f"{' and '.join(_ALTEGIO_TOKENS)} go together: set both, or neither")
        if self.return_policy == "auto" and not self._value(_ALTEGIO_TOKENS[0]):
            # Whoever can post webhooks could have true sales returned.
            raise ConfigurationError(
                f"RETURN_POLICY=auto needs {' and '.join(_ALTEGIO_TOKENS)}: a return is made on Altegio's own word only."
                " Set both, or RETURN_POLICY=manual."
            )
        lacking = self.list_missing(parse_receivers(self.receipt_to_client))
        if lacking:
            raise ConfigurationError(f"not set: {', '.join(lacking)}, which RECEIPT_TO_CLIENT needs (see .env.example)")
        for name, choice in (("WRITE_BACK", self.write_back), ("DESK_PAYMENTS", self.desk_payments)):
            if choice != "off" and not self._value(_ALTEGIO_TOKENS[0]):
                raise ConfigurationError(f"{name}={choice} needs {' and '.join(_ALTEGIO_TOKENS)}: set both, or {name}=off")
        if not self.debug:
            self._refuse_vendor_placeholders()
            self._refuse_open_wires()
        self.check_secrets()

    def check_secrets(self) -> None:
        """Raises ConfigurationError when a secret of ours, in whatever process holds it, is easy to guess."""
        faults = [] if self.debug else self.list_weak_secrets()
        if faults:
            raise ConfigurationError(f"{'; '.join(faults)}. {HOW_TO}")

    def list_missing(self, receivers: Iterable[str]) -> list[str]:
        """Returns the variables that these ways of a receipt to its customer need and have not."""
        return [name for way in receivers for name in _NEEDED_BY.get(way, ()) if not self._value(name)]

    def list_weak_secrets(self) -> list[str]:
        """Returns what is wrong with the secrets that somebody here chose, by the names of their settings."""
        chosen = {
            "SECRET_KEY": self.signing_keys,
            "CREDENTIALS_KEY": self._list("CREDENTIALS_KEY"),
            "ALTEGIO_WEBHOOK_SECRET": self.webhook_secrets,
            "RECEIPT_WEBHOOK_SECRET": self._list("RECEIPT_WEBHOOK_SECRET"),
            "FLOWER_BASIC_AUTH": tuple(login.partition(":")[2] for login in self._list("FLOWER_BASIC_AUTH")),
        }
        # How long the stores' passwords are is their owners' affair: nobody outside the machine can try them.
        database = ("DATABASE_URL",) if self.database_url else ("POSTGRES_PASSWORD", "POSTGRES_SERVICE_PASSWORD")
        stores = (*database, "REDIS_URL", "BROKER_URL", "SMTP_URL", "SMS_URL")
        faults = [f"{name} is still a placeholder" for name in stores if is_placeholder(self._value(name))]
        for name, secrets in chosen.items():
            judge = find_fault_in_path if name == "ALTEGIO_WEBHOOK_SECRET" else find_fault
            faults += dict.fromkeys(f"{name} {fault}" for fault in map(judge, secrets) if fault)
        given = ("POSTGRES_PASSWORD", "POSTGRES_SERVICE_PASSWORD", *_VENDOR_SECRETS)
        return faults + list(find_equal(chosen, {name: self._list(name) for name in given}))

    def _refuse_vendor_placeholders(self) -> None:
        left = [name for name in (*_WEBKASSA, *_ALTEGIO_TOKENS) if is_placeholder(self._value(name))]
        if left:
            raise ConfigurationError(f"still a placeholder: {', '.join(left)}. Set real values, or DEBUG=true.")

    def _refuse_open_wires(self) -> None:
        """Over plain HTTP everybody on the way reads login, password and key."""
        names = ["WEBKASSA_API_URL", *(["ALTEGIO_API_URL"] if self._value(_ALTEGIO_TOKENS[0]) else [])]
        for name in names:
            address = urlsplit(self._value(name))
            if address.scheme != "https" and not LOOPBACK.fullmatch(address.hostname or ""):
                raise ConfigurationError(
                    f"{name} has to be https: the credentials would be readable on the way."
                    " http is for this machine itself (127.0.0.1), or with DEBUG=true."
                )

    def _list(self, name: str) -> tuple[str, ...]:
        return tuple(filter(None, (part.strip() for part in self._value(name).split(","))))

    def _value(self, name: str) -> str:
        value = getattr(self, name.lower())
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Returns the settings, read once a process. Raises ConfigurationError, which names the variable and never its value."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors()]
        raise ConfigurationError("; ".join(faults)) from None
