"""Writes how the service is as plain text, to be sent to whoever helps: without secrets and personal data."""

from collections.abc import Iterable, Iterator, Mapping

from api.acquire.wire.health.look import Line, Report
from api.acquire.wire.masks import mask_words
from api.acquire.words.i18n import Speaker
from shared.clock import utc_now

_SIGNS = {"ok": "[ok]", "warning": "[!]"}


def write_support_text(speaker: Speaker, version: str, reports: Mapping[str, Report], around: Iterable[Line]) -> str:
    """Returns all lines of the page of health, one below the other."""
    lines = [f"altegio-webkassa {version}, {speaker.moment(utc_now())} +05:00", "", "api:", *_write(speaker, around)]
    for part, report in reports.items():
        lines += ["", f"{part}, {speaker.moment(report.examined_at)}:", *_write(speaker, report.lines)]
    return "\n".join(lines)


def _write(speaker: Speaker, lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        sign = _SIGNS.get(line.level, "[PROBLEM]")
        yield mask_words(f"{sign} {speaker.say(line.name)}: {speaker.say(line.said)}") or ""
        if line.fix:
            yield f"      -> {mask_words(line.fix)}"
