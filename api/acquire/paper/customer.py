"""Answers the customer's link to a receipt: one page without anything else, for whoever has the link."""

import hashlib
import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.acquire.paper.items import find_by_token
from api.acquire.show.rendering import get_environment
from api.acquire.words.i18n import DEFAULT_LANGUAGE, LANGUAGES
from api.dependencies import SessionDep

router = APIRouter()

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_WANTED = re.compile(r"\b(ru|kk|en)\b")
# The page changes when its sale is returned, and hardly ever else. Its address is its key: no cache of others may keep it.
_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "private, max-age=300",
    "Vary": "Accept-Language",
}


@router.get("/r/{token}")
def show_receipt_to_customer(request: Request, token: str, session: SessionDep, lang: str = "") -> Response:
    """Shows the receipt of that link in the language asked for, else in the browser's. 404 where there is none."""
    language = lang if lang in LANGUAGES else _find_language(request.headers.get("accept-language", ""))
    receipt = find_by_token(session, token, language) if _TOKEN.fullmatch(token) else None
    page = get_environment(language).get_template("acquire/customer.html")
    content = page.render(receipt=receipt, token=token)
    if receipt is None:
        return HTMLResponse(content, 404, headers={**_HEADERS, "Cache-Control": "no-store"})
    mark = f'"{hashlib.sha256(content.encode()).hexdigest()[:16]}"'
    headers = {**_HEADERS, "ETag": mark}
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(content, headers=headers)


def _find_language(accepted: str) -> str:
    wanted = _WANTED.search(accepted.lower())
    return wanted.group(1) if wanted else DEFAULT_LANGUAGE
