"""Names of what workers keep in Redis and the HTTP process reads there."""


def breaker_open_key(host: str) -> str:
    """Exists while calls to that Webkassa host are paused."""
    return f"webkassa:breaker:{host}:open"
