"""Refuses forms that another site had a browser send, by what the browser itself says of where they come from."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

# `none`: somebody's own doing, such as a reload. A neighbour of the domain (`same-site`) is another site too.
_OURS = ("same-origin", "none")


def is_foreign(headers: Headers, host: str | None) -> bool:
    """Says whether a browser names another site as the sender; what says nothing, such as a script, is left to the token."""
    told = headers.get("sec-fetch-site")
    if told is not None:
        return told not in _OURS
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).hostname != host
    except ValueError:
        return True
