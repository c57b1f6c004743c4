"""Tells whoever found a weakness whom to write to: /.well-known/security.txt of RFC 9116, from SECURITY_CONTACT."""

from datetime import timedelta

from fastapi import APIRouter, HTTPException
from fastapi.responses import PlainTextResponse

from api.dependencies import SettingsDep
from shared.clock import utc_now

# The contact is believed for so long after it was read; RFC 9116 recommends less than a year.
BELIEVED = timedelta(days=90)

router = APIRouter(include_in_schema=False)


@router.get("/.well-known/security.txt")
async def security_txt(settings: SettingsDep) -> PlainTextResponse:
    """Answers with the contact, 404 where the owner named none."""
    if not settings.security_contacts:
        raise HTTPException(404)
    expires = (utc_now() + BELIEVED).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    lines = [f"Contact: {contact}" for contact in settings.security_contacts]
    lines += [f"Expires: {expires}", "Preferred-Languages: ru, kk, en"]
    if settings.public_url:
        lines.append(f"Canonical: {settings.public_url.rstrip('/')}/.well-known/security.txt")
    return PlainTextResponse("\n".join(lines) + "\n")
