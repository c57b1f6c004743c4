"""Names what workers keep in Redis and the HTTP process reads there; queues keep the names of their contract."""

# Of every key of ours, so that it collides with no other program's and an ACL can name it.
PREFIX = "altegio-webkassa:"


def breaker_open_key(host: str) -> str:
    """Returns the key that exists while calls to that Webkassa host are paused."""
    return f"{PREFIX}webkassa:breaker:{host}:open"


def gateway_words_key(host: str) -> str:
    """Returns the key that holds what a gateway says in Webkassa's place, while it does."""
    return f"{PREFIX}webkassa:gateway:{host}:words"
