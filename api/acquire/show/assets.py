"""Names styles and scripts with a hash of their content, so that browsers may keep them for a year."""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).resolve().parents[3] / "static" / "acquire"
PATH = "/static/acquire"
_FOREVER = "public, max-age=31536000, immutable"


@lru_cache
def hash_asset(name: str) -> str:
    """Returns twelve hex digits of the file's content."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def link_asset(name: str) -> str:
    """Returns the address of a style or script, with its hash."""
    return f"{PATH}/{name}?v={hash_asset(name)}"


class HashedFiles(StaticFiles):
    """Serves files to be kept for ever under the right hash, and to be asked for again under any other."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answers a file, and says how long it may be kept."""
        response = await super().get_response(path, scope)
        asked = QueryParams(scope.get("query_string", b"")).get("v")
        is_current = response.status_code in (200, 304) and asked == hash_asset(path)
        response.headers["cache-control"] = _FOREVER if is_current else "no-cache"
        return response
