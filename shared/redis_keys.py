"""Names what workers keep in Redis and the HTTP process reads there."""


def breaker_open_key(host: str) -> str:
    """Returns the key that exists while calls to that Webkassa host are paused."""
    return f"webkassa:breaker:{host}:open"


def gateway_words_key(host: str) -> str:
    """Returns the key that holds what a gateway says in Webkassa's place, while it does."""
    return f"webkassa:gateway:{host}:words"
