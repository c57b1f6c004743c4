"""Examines the secrets that somebody here chose: what DEBUG lets pass, and what is only just long enough."""

from collections.abc import Iterator

from shared.config import Settings
from shared.start.weak_secrets import SHORTEST_AT_EASE
from worker.entry.doctor.findings import Finding, ok, warning

NAME = "secrets"
FIX = "a placeholder: make secrets; one in use: docs/runbook.md, Change a secret"


def look_at_secrets(settings: Settings) -> Iterator[Finding]:
    """Yields each secret that somebody should see to. What stops the start is told of among the settings, once."""
    weak = settings.list_weak_secrets()
    if settings.debug:
        for fault in weak:
            yield warning(NAME, f"{fault}: accepted with DEBUG alone", FIX)
    if any(len(key) < SHORTEST_AT_EASE for key in settings.signing_keys):
        yield warning(NAME, f"SECRET_KEY is shorter than {SHORTEST_AT_EASE} characters", FIX)
    elif not weak:
        yield ok(NAME, "none is easy to guess")
