"""The service as real processes that can be hurt: uvicorn, Celery workers and beats over one environment."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dev.demo.children import api_command, beat_command, worker_command
from dev.demo.waiting import find_free_port
from dev.demo.web import answers
from dev.harness.child import Child


class Stack:
    """Names: `api`, `beat`, `worker`, and `worker-2`, `beat-2`, ... when there are several."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        *,
        workers: int = 1,
        beats: int = 1,
        special: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`special`: what is added to the environment of all processes of a kind."""
        self.environment = MappingProxyType(dict(environment))
        self.api_port = find_free_port()
        self.api_url = f"http://127.0.0.1:{self.api_port}"
        self.children: dict[str, Child] = {}
        self._folder, self._special = folder, special or {}
        self.add("api", api_command(self.api_port), lambda _: answers(f"{self.api_url}/health"))
        for name in _number("worker", workers):
            self.add_worker(name)
        for name in _number("beat", beats):
            self.add_beat(name)

    def add(
        self, name: str, command: Sequence[str], is_ready: Callable[[str], bool], extra: Mapping[str, str] | None = None
    ) -> Child:
        """Not started yet. `extra` is added to the environment of all."""
        environment = {**self.environment, **self._special.get(_kind_of(name), {}), **(extra or {})}
        self.children[name] = Child(name, command, environment, self._folder, is_ready)
        return self.children[name]

    def add_worker(self, name: str, slots: int | None = 4) -> Child:
        """`slots`: None for as many as the registers need."""
        # The words Celery says once it consumes; kept apart by the name in front of them.
        return self.add(name, worker_command(name, concurrency=slots), lambda said: " ready." in said)

    def add_beat(self, name: str = "beat") -> Child:
        return self.add(name, beat_command(self._folder / f"{name}-schedule"), lambda said: "is starting." in said)

    def find(self, kind: str) -> list[Child]:
        """All of the workers, or all of the beats."""
        return [child for name, child in self.children.items() if _kind_of(name) == kind]

    def start(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Returns when it is ready; `environment` is added to what it had."""
        self.children[name].start(environment)

    def kill(self, name: str) -> None:
        self.children[name].kill()

    @property
    def secret(self) -> str:
        return self.environment["ALTEGIO_WEBHOOK_SECRET"].split(",")[0]

    @property
    def webhook_url(self) -> str:
        return f"{self.api_url}/api/webhook/{self.secret}"

    def close(self) -> None:
        """Ends everything at once. Killing is enough: nothing here may need a goodbye."""
        for child in self.children.values():
            child.kill()


def _kind_of(name: str) -> str:
    return name.partition("-")[0]


def _number(kind: str, count: int) -> list[str]:
    return [kind if number == 1 else f"{kind}-{number}" for number in range(1, count + 1)]
