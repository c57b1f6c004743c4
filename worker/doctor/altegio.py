"""Altegio's REST access, which is optional."""

from collections.abc import Iterator

from shared.config import Settings
from worker.doctor.findings import Finding, ok, problem


def look_at_altegio(settings: Settings) -> Iterator[Finding]:
    tokens = {
        "ALTEGIO_PARTNER_TOKEN": settings.altegio_partner_token.get_secret_value(),
        "ALTEGIO_USER_TOKEN": settings.altegio_user_token.get_secret_value(),
    }
    missing = [name for name, value in tokens.items() if not value]
    if len(missing) == 1:
        yield problem("altegio", f"one token of two: {missing[0]} is not set", f"set {missing[0]}, or neither")
    elif missing:
        yield ok("altegio", "no tokens: the service works from webhooks alone")
    else:
        yield ok("altegio", "both tokens are set")
