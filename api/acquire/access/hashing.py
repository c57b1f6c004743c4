"""Hashes random tokens and typed logins, so that a copy of the database opens and tells nothing."""

import hashlib


def hash_token(token: str) -> str:
    """Returns what is stored of a random token, or of a login that somebody typed."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
