"""Says which settings managers may change while the service runs, what each takes, and what it needs. Pure.

They are a salon's policy: what gets a receipt, how it reaches the customer, who is told. What is a secret, names a machine
or an address, or can lose something for good (VAT, credentials, how long rows are kept) stays with whoever looks after the
service.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from shared.config import Settings
from shared.salon.choices import CHOICES, SETTING_OF, parse_receivers

# A wrong VAT makes every receipt wrong, and has to agree with Webkassa's cabinet.
OF_ADMINISTRATOR: Final = ("vat", "vat_lines")
# A salon may differ in these: columns of `cashboxes`.
OF_SALON: Final = tuple(name for name in CHOICES if name not in OF_ADMINISTRATOR)
OF_SERVICE: Final = (
    "return_policy",
    "return_delay_seconds",
    "confirm_receipts",
    "quiet_hours",
    "shift_close_at",
    "cashier_withdrawal_ceiling",
    "cashier_return_ceiling",
    "alert_language",
    "alert_oldest_minutes",
    "alert_goods_coded_percent",
)
CHANGEABLE: Final = (*OF_SALON, *OF_SERVICE)
LONGEST: Final = 2000
# Bounds that the environment, where an operator may know better, does not have.
_MOST: Mapping[str, float] = {
    "return_delay_seconds": 7 * 24 * 3600,
    "alert_oldest_minutes": 7 * 24 * 60,
    "cashier_withdrawal_ceiling": 999_999_999,
    "cashier_return_ceiling": 999_999_999,
}
_EMPTY_IS_NONE = ("cashier_withdrawal_ceiling", "cashier_return_ceiling")
_OF_ALTEGIO: Mapping[str, str] = {"write_back": "off", "desk_payments": "off", "return_policy": "manual"}


def read_setting(environment: Settings, name: str, text: str) -> Settings:
    """Returns the settings with one of them as it was typed. Raises ValueError where it does not fit."""
    if name not in CHANGEABLE or len(text) > LONGEST:
        raise ValueError(f"{name} cannot be changed to that")
    changed = environment.model_copy()
    value = None if name in _EMPTY_IS_NONE and not text else text
    try:
        # What pydantic does on assignment, where a model asks for that; ours asks for it only here.
        Settings.__pydantic_validator__.validate_assignment(changed, SETTING_OF.get(name, name), value)
    except ValidationError as error:
        raise ValueError(str(error.errors()[0]["msg"])) from None
    # Not "less than", which a number that is none would pass.
    if name in _MOST and value is not None and not float(value) <= _MOST[name]:
        raise ValueError(f"must be at most {_MOST[name]:.0f}")
    return changed


def overlay(environment: Settings, changes: Mapping[str, str]) -> Settings:
    """Returns the settings that hold: those of the environment, with what managers have changed.

    What does not fit any more, since another version wrote it, is left to the environment.
    """
    settings = environment
    for name, text in changes.items():
        try:
            settings = read_setting(settings, name, text)
        except ValueError:
            continue
    return settings


def list_needs(name: str, text: str) -> list[str]:
    """Returns what a worker has to have credentials for, in the words of `Settings.abilities`."""
    if name == "receipt_to_client":
        return [way for way in parse_receivers(text) if way in ("email", "sms", "webhook")]
    return ["altegio"] if name in _OF_ALTEGIO and text != _OF_ALTEGIO[name] else []
