"""Opens the channels that the environment has settings for, each when the first letter needs it."""

from collections.abc import Callable, Mapping
from typing import Self

from shared.config import Settings
from worker.salon.customer.addressee import EMAIL, SMS, WEBHOOK
from worker.salon.customer.channels.channel import Channel, ChannelAway
from worker.salon.customer.channels.sms import SmsChannel
from worker.salon.customer.channels.smtp import EmailChannel
from worker.salon.customer.channels.webhook import WebhookChannel

_OPEN: Mapping[str, Callable[[Settings], Channel]] = {
    EMAIL: lambda settings: EmailChannel(settings.smtp_url.get_secret_value(), settings.smtp_from),
    SMS: lambda settings: SmsChannel(settings.sms_url.get_secret_value()),
    WEBHOOK: lambda settings: WebhookChannel(
        settings.receipt_webhook_url, settings.receipt_webhook_secret.get_secret_value()
    ),
}


class Channels:
    """Keeps the channels of one run. `away`: those that take nothing just now."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: dict[str, Channel] = {}
        self.away: set[str] = set()

    def open(self, name: str) -> Channel:
        """Returns a channel. Raises ChannelAway where a setting of it is missing."""
        missing = self._settings.list_missing([name])
        if missing or name not in _OPEN:
            raise ChannelAway(f"not set: {', '.join(missing) or name}")
        if name not in self._opened:
            self._opened[name] = _OPEN[name](self._settings)
        return self._opened[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for channel in self._opened.values():
            channel.close()
