"""A store for a server: the loop never waits for the database, and presses never wait behind a tick."""

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from bot.ports import Work
from storage.connection import Connection
from storage.errors import StorageTrouble
from storage.sqlite import FileLock
from storage.transactions import Done, Failed, Transactions, Unit

T = TypeVar("T")
Lane = Literal["inbound", "outbox", "tick"]
_LANES: tuple[Lane, ...] = ("inbound", "outbox", "tick")


@dataclass(frozen=True, slots=True)
class Asked:
    """A unit of work that waits, and where its result goes."""

    unit: Unit
    future: asyncio.Future[Any]

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of whoever asked."""
        return self.future.get_loop()


class Lanes:
    """What waits to be written: inbound before outbox before tick."""

    def __init__(self) -> None:
        self._waiting: Mapping[Lane, deque[Asked]] = {lane: deque() for lane in _LANES}
        self._changed = threading.Condition()
        self._closed = False

    def put(self, asked: Asked, lane: Lane) -> None:
        """Let a unit of work wait; refused once the lanes are closed."""
        with self._changed:
            if self._closed:
                raise StorageTrouble("The store is closed. Nothing of this was stored.")
            self._waiting[lane].append(asked)
            self._changed.notify()

    def take(self, most: Mapping[Lane, int]) -> list[Asked] | None:
        """
        Wait for work and return what may go into one transaction; None once the lanes are closed and empty.

        All of it is of one lane, so that no press waits for the end of a tick.
        """
        with self._changed:
            while True:
                for lane, waiting in self._waiting.items():
                    if waiting:
                        return [waiting.popleft() for _ in range(min(most[lane], len(waiting)))]
                if self._closed:
                    return None
                self._changed.wait()

    def close(self) -> None:
        """Take no more; what waits is still worked on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class ThreadedStore:
    """
    A store with threads of its own: `writers` that write, and `readers` with read-only connections.

    SQLite has one writer, which commits up to `group` waiting units together; PostgreSQL has several, and
    each unit is its own transaction, because two groups would wait for each other's rows.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        connect_to_read: Callable[[], Connection],
        *,
        writers: int,
        readers: int,
        group: int,
        lock: FileLock | None = None,
    ) -> None:
        self._lock = lock
        self._lanes = Lanes()
        self._most: Mapping[Lane, int] = {"inbound": group, "outbox": group, "tick": 1}
        self._readers = [Transactions(connect_to_read) for _ in range(readers)]
        self._idle_readers = deque(self._readers)
        self._reading = ThreadPoolExecutor(readers, thread_name_prefix="storage-read")
        self._writers = [Transactions(connect) for _ in range(writers)]
        self._threads = [
            threading.Thread(target=self._work, args=(writer,), name=f"storage-write-{number}", daemon=True)
            for number, writer in enumerate(self._writers)
        ]
        for thread in self._threads:
            thread.start()

    def write(self, work: Callable[[Work], T], lane: Lane = "inbound") -> "asyncio.Future[T]":
        """Run `work` in a transaction, commit, and return what it returned."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._lanes.put(Asked(_contained(work), future), lane)
        return future

    def read(self, work: Callable[[Work], T]) -> "asyncio.Future[T]":
        """Run `work` on a read-only connection."""
        return asyncio.get_running_loop().run_in_executor(self._reading, self._read, _contained(work))

    async def close(self) -> None:
        """Finish what waits, then close all connections and let another process take the file."""
        self._lanes.close()
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()
        self._reading.shutdown()
        for transactions in (*self._readers, *self._writers):
            transactions.close()
        if self._lock is not None:
            self._lock.release()

    def _read(self, work: Callable[[Work], T]) -> T:
        reader = self._idle_readers.popleft()  # as many as threads, so there always is one
        try:
            return reader.run(work)
        finally:
            self._idle_readers.append(reader)

    def _work(self, writer: Transactions) -> None:
        while (asked := self._lanes.take(self._most)) is not None:
            wanted = [one for one in asked if not one.future.cancelled()]
            if wanted:
                _hand_back(zip(wanted, writer.run_group([one.unit for one in wanted]), strict=True))
            del asked, wanted  # what they hold is not kept until the next unit comes


def _hand_back(results: Iterable[tuple[Asked, Done[Any] | Failed]]) -> None:
    """Give results to whoever waits, with one wake-up a loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Asked, Done[Any] | Failed]]] = defaultdict(list)
    for asked, result in results:
        by_loop[asked.loop].append((asked, result))
    for loop, mine in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, mine)
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def _resolve(results: list[tuple[Asked, Done[Any] | Failed]]) -> None:
    for asked, result in results:
        if asked.future.done():  # cancelled meanwhile; what was written stays
            continue
        if isinstance(result, Done):
            asked.future.set_result(result.value)
        else:
            asked.future.set_exception(result.error)


def _contained(unit: Callable[[Work], T]) -> Callable[[Work], T]:
    """Turn what would end a thread, or what a future cannot carry, into an ordinary error."""

    def contained(work: Work) -> T:
        try:
            return unit(work)
        except (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration) as error:
            raise RuntimeError(f"the work stopped with {error!r}") from error

    return contained
