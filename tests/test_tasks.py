"""What goes on after an answer: the newest that is wanted at a place is done, whatever became of the one before."""

from __future__ import annotations

import asyncio

from adapters.tasks import Latest, Tasks


async def test_what_is_wanted_while_another_fails_is_done_all_the_same() -> None:
    """A card that could not be drawn takes nothing away from the newer one."""
    tasks, done, begun = Tasks("test"), [], asyncio.Event()
    latest, go = Latest(tasks), asyncio.Event()

    async def fails() -> None:
        begun.set()
        await go.wait()
        raise ValueError("too large")

    async def newer() -> None:
        done.append("newer")

    latest.want("renew 1", fails)
    await begun.wait()
    latest.want("renew 1", newer)
    go.set()
    await tasks.settle()

    assert ["newer"] == done
