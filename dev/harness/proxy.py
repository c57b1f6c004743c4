"""A TCP proxy between two of our processes, for what networks do: freeze, cut, delay, drip, forget one way, fail over.

And for what gateways do that know requests and answers: send one twice, give two who ask at once each other's answer.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

from dev.demo.waiting import find_free_port

_CHUNK = 65_536
# A request or an answer has ended when nothing more of it comes for so long.
_PAUSE = 0.03
# How long an answer waits for another to be swapped with.
_SWAP_SECONDS = 1.0
# A connection closed with this ends with a reset and not with a goodbye.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """`with Proxy(port) as proxy`: whoever connects to `proxy.port` reaches 127.0.0.1:port, unless told otherwise.

    `target` may be changed: later connections go there. `delay` is seconds for every piece, `bytes_a_second` how fast they
    drip (None: at once). `forgotten`: directions ("to", "from" the target) in which bytes vanish: half-open. `swaps`: two
    answers that come at the same time change places. `repeats`: each request is sent once more, after its answer.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = find_free_port()
        self.delay = 0.0
        self.bytes_a_second: float | None = None
        self.forgotten: frozenset[str] = frozenset()
        self.swaps = self.repeats = False
        self.accepted = 0
        self._links: set[_Link] = set()
        self._is_frozen = False
        # An answer that waits, and how to give it another in its place.
        self._held: tuple[bytes, asyncio.Future[bytes]] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._accept, "127.0.0.1", self.port), self._loop)
        self._server = listening.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def freeze(self, *, new: bool = False) -> None:
        """Not a byte passes the present connections any more, and nobody is told; `new`: nor those to come."""
        self._is_frozen = new
        self._each(lambda link: link.flows.clear())

    def thaw(self) -> None:
        """Everything flows on, what was held first."""
        self._is_frozen = False
        self._each(lambda link: link.flows.set())

    def cut(self) -> None:
        """Ends the present connections with a reset."""
        self._each(lambda link: link.reset())

    def _each(self, work: Callable[["_Link"], None]) -> None:
        """Does it to the present connections, in the loop's thread, before it returns."""
        done = threading.Event()

        def run() -> None:
            for link in self._links:
                work(link)
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        link = _Link([writer])
        if not self._is_frozen:
            link.flows.set()
        self._links.add(link)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            link.writers.append(far_writer)
            ways = [self._pump(link, reader, far_writer, "to"), self._pump(link, far_reader, writer, "from")]
            await asyncio.gather(*ways)
            for one in link.writers:
                one.close()
                await one.wait_closed()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._links.discard(link)
            link.reset()

    async def _pump(self, link: "_Link", reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        while data := await reader.read(_CHUNK):
            await link.flows.wait()
            if way in self.forgotten:
                continue
            if self.swaps or self.repeats:
                data = await self._confuse(link, await _read_rest(reader, data), way)
            await asyncio.sleep(self.delay)
            step = len(data) if self.bytes_a_second is None else max(int(self.bytes_a_second / 10), 1)
            for start in range(0, len(data), step):
                writer.write(data[start : start + step])
                await writer.drain()
                if step < len(data):
                    await asyncio.sleep(0.1)
        await link.flows.wait()
        if writer.can_write_eof():
            writer.write_eof()

    async def _confuse(self, link: "_Link", data: bytes, way: str) -> bytes:
        """Returns what goes on in place of a whole request or answer."""
        if way == "to":
            link.request = data if self.repeats else b""
            return data
        if link.request:
            link.repetition = asyncio.create_task(self._repeat(link.request))
            link.request = b""
        return await self._swap(data) if self.swaps else data

    async def _swap(self, answer: bytes) -> bytes:
        if self._held is not None:
            other, waiting = self._held
            self._held = None
            waiting.set_result(answer)
            return other
        waiting = asyncio.get_running_loop().create_future()
        self._held = held = (answer, waiting)
        try:
            return await asyncio.wait_for(asyncio.shield(waiting), _SWAP_SECONDS)
        except TimeoutError:
            return waiting.result() if waiting.done() else answer
        finally:
            if self._held is held:
                self._held = None

    async def _repeat(self, request: bytes) -> None:
        """Its answer is read by nobody."""
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
            try:
                writer.write(request)
                await _read_rest(reader, await reader.read(_CHUNK))
            finally:
                writer.transport.abort()


async def _read_rest(reader: asyncio.StreamReader, data: bytes) -> bytes:
    """What has begun to come, until nothing more does."""
    with contextlib.suppress(TimeoutError):
        while more := await asyncio.wait_for(reader.read(_CHUNK), _PAUSE):
            data += more
    return data


class _Link:
    def __init__(self, writers: list[asyncio.StreamWriter]) -> None:
        self.writers = writers
        self.flows = asyncio.Event()
        self.request = b""
        self.repetition: asyncio.Task[None] | None = None

    def reset(self) -> None:
        for writer in self.writers:
            with contextlib.suppress(OSError):  # closed by now
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
