"""Alerts to people: one log line always, and a message through Apprise where `ALERT_URLS` names somebody.

An outage makes many events of one kind: within a window the first is sent and the rest are counted by the tables anyway.
Texts hold numbers and codes, never names or phones.
"""

from redis.exceptions import RedisError

from shared.logging import get_logger, mask_text
from worker.services import Services

log = get_logger(__name__)

QUIET_SECONDS = 600
_TITLE = "altegio-webkassa"


def send_alert(services: Services, kind: str, text: str) -> None:
    """Never raises: an alert that cannot be sent must not stop the work it speaks of."""
    safe_text = mask_text(text)
    log.error("alert", kind=kind, text=safe_text)
    urls = [url.strip() for url in services.settings.alert_urls.split(",") if url.strip()]
    if urls and _is_first(services, kind):
        _notify(urls, safe_text)


def _is_first(services: Services, kind: str) -> bool:
    try:
        return bool(services.redis.set(f"alert:{kind}", "1", nx=True, ex=QUIET_SECONDS))
    except (RedisError, OSError):
        return True


def _notify(urls: list[str], text: str) -> None:
    import apprise  # noqa: PLC0415 -- tens of megabytes that only a process with something to say needs

    sender = apprise.Apprise()
    added = [sender.add(url) for url in urls]
    if not all(added):
        log.error("ALERT_URLS holds an address Apprise does not know", known=sum(added), given=len(urls))
    if not sender.notify(body=text, title=_TITLE):
        log.error("alert not delivered")
