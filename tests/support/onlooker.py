"""Where people learn of trouble: the alerts that reach them, the command line, the payment page."""

from contextlib import ExitStack
from datetime import timedelta
from functools import lru_cache

from sqlalchemy import DateTime, text

from shared.storage.models import Base
from tests.support.bridge import Bridge
from tests.support.desk import Browser, Desk
from tests.support.operator import Operator
from tests.support.post_box import PostBox
from worker.rounds.watch.watch import watch

AGEING = ("alerts", "alert_messages", "receipts", "webhook_records", "cashboxes", "fiscalization_logs", "return_orders")


def age(bridge: Bridge, minutes: float, *tables: str) -> None:
    """Everything these tables say happened so much earlier, or is due so much earlier."""
    with bridge.services.sessions.begin() as session:
        for table in tables or AGEING:
            session.execute(text(_age_statement(table)), {"age": timedelta(minutes=minutes)})


@lru_cache
def _age_statement(table: str) -> str:
    moments = [column.name for column in Base.metadata.tables[table].columns if isinstance(column.type, DateTime)]
    return f"UPDATE {table} SET {', '.join(f'{moment} = {moment} - :age' for moment in moments)}"


class Onlooker:
    """The bridge he looks at is configured to tell him; `settings` are those that do."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge, self._box, self._opened = bridge, PostBox(), ExitStack()
        self._manager: Browser | None = None
        self.settings = {
            "alert_urls": self._box.address,
            "alert_language": "en",
            "alert_disk_free_percent": 0,
            "alert_interval_seconds": 1,
        }
        bridge.configure(**self.settings)

    def close(self) -> None:
        self._opened.close()
        self._box.close()

    def wait(self, minutes: int) -> None:
        """Ticks of the watch, a minute before each."""
        for _ in range(minutes):
            age(self._bridge, 1)
            watch(self._bridge.services)

    @property
    def messages(self) -> list[str]:
        return self._box.texts

    def run(self, *words: str, group: str = "receipts") -> str:
        """What a command says; it may find something wrong, and must not fail."""
        code, said = Operator(self._bridge).run(*words, group=group)
        assert code in {0, 1}, said
        assert "Traceback" not in said
        return said

    def page(self, path: str) -> str:
        if self._manager is None:
            desk = self._opened.enter_context(Desk.open(self._bridge.environment))
            desk.add_user("dana", role="manager")
            self._manager = desk.sign_in("dana")
        return self._manager.page(path)
