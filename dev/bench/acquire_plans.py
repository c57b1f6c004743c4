"""What PostgreSQL does for each page: it explains the statements itself, in its log, while the page is asked for."""

from collections.abc import Iterator, Mapping

from dev.bench.acquire_pages import Visit, Visitor
from dev.bench.world import BenchWorld

# Loaded from the start, so that sessions that are open have it; silent until asked.
SETTINGS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
}


def explain_pages(world: BenchWorld, pages: Mapping[str, Visit]) -> Iterator[tuple[str, str]]:
    """Name of the page, its statements and their plans."""
    visitor = Visitor(world.stack.api_url)
    world.postgres.execute("ALTER SYSTEM SET auto_explain.log_min_duration = 0", "SELECT pg_reload_conf()")
    for name, visit in pages.items():
        visit(visitor, 0)  # what a page reads once is no part of it
        start = world.postgres.log.stat().st_size
        visit(visitor, 1)
        with world.postgres.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(start)
            yield name, log.read().strip()
