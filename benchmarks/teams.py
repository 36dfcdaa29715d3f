"""How quickly a press and a command from Teams are answered, next to botbuilder alone that does nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial

from benchmarks.compared import NOOP, Aim, Measured, absent, figures, measure
from benchmarks.figure import Figure, Size
from benchmarks.load import Body, Sender
from benchmarks.place import KINDS, LeftOut, Place
from benchmarks.processes import cores, kept_to, process
from benchmarks.second_week import Open
from benchmarks.teams_load import commands, presses, signed
from benchmarks.teams_scene import Room, room

_process = partial(process, "benchmarks.teams_server")
_ACTS: Mapping[str, Callable[[Sequence[Open], str], tuple[Body, ...]]] = {
    "press": presses,
    "command": commands,
}
# How much of botbuilder alone is to be reached at the middle number at once.
_GOALS: Mapping[str, float] = {"sqlite": 0.35, "postgresql": 0.17}
_MOST_FOR_TURNS = 1.1
_AROUND = "around"  # the bot on the first database, without botbuilder


def teams(size: Size, place: Place) -> Iterator[Figure]:
    """Press and command with a signed token, through gate, botbuilder, engine and database, and back again."""
    rooms: dict[str, Room] = {}
    left_out: dict[str, str] = {}
    for kind in KINDS:
        try:
            rooms[kind] = room(place.url(kind), size.chat_pairs)
        except LeftOut as why:
            left_out[kind] = f"left out: {why}"
    kind, first = next(iter(rooms.items()))
    alike = room(place.url(kind), size.chat_pairs)  # two bots do not share a file
    with ExitStack() as stack:
        api, servers = _open({**rooms, _AROUND: alike}, stack)
        for act, bodies_of in _ACTS.items():
            bodies = bodies_of(first.checkins, f"{api}/emea/")
            measured = asyncio.run(measure(servers, bodies, size))
            for name in rooms:
                yield from figures(_aim(act, name), name, measured, size)
            for name, reason in left_out.items():
                yield from absent(_aim(act, name), reason, size)
            yield _turns(act, kind, measured, size)
    yield _tokens(first, size)


def _open(rooms: Mapping[str, Room], stack: ExitStack) -> tuple[str, dict[str, Sender]]:
    """Start what stands for Microsoft, the no-op and a bot a database: servers on one core, all else on another."""
    one, other = cores()
    first = next(iter(rooms.values()))
    port = stack.enter_context(_process("api", other, str(first.at.timestamp())))
    api = f"http://127.0.0.1:{port}"
    token = asyncio.run(Sender(port, signed).ask("/signed"))["token"]
    sent = partial(signed, token=token)
    servers = {NOOP: Sender(stack.enter_context(_process("noop", one)), sent)}
    for name, it in rooms.items():
        servers[name] = Sender(stack.enter_context(_bot(one, api, it, name)), sent)
    stack.enter_context(kept_to(other))
    return api, servers


def _bot(core: str, api: str, it: Room, name: str = "") -> AbstractContextManager[int]:
    return _process("bot", core, api, it.url, str(it.at.timestamp() - time.time()), name)


def _aim(act: str, kind: str) -> Aim:
    says = ", which says nothing" if act == "command" else ""
    return Aim(name=f"teams_{act}_{kind}", ratio=_GOALS[kind], how=says)


def _turns(act: str, kind: str, measured: Measured, size: Size) -> Figure:
    """Say what the turn through botbuilder costs of all."""
    some = size.chat_at_once[1]
    ratio = measured.by_cpu(_AROUND, some) / measured.by_cpu(kind, some)
    return Figure(
        name=f"teams_{act}_turns",
        value=ratio,
        unit="ratio",
        goal=f"≤ {_MOST_FOR_TURNS:g} × the processor's time without botbuilder",
        ok=ratio <= _MOST_FOR_TURNS,
        detail=f"{measured.ratio(kind, some):.3g} of the no-op with botbuilder, and around it "
        f"{measured.ratio(_AROUND, some):.3g}: {measured.told(_AROUND, some)}",
    )


def _tokens(it: Room, size: Size) -> Figure:
    """Say something to many people, and count how often a token was asked for."""
    one, other = cores()
    with _process("api", other, str(it.at.timestamp())) as port:
        api = f"http://127.0.0.1:{port}"
        with _bot(one, api, it) as bot, kept_to(other):
            path = f"/tell?many={size.told}&service={api}/emea/"
            took = asyncio.run(Sender(bot, signed).ask(path))["seconds"]
        counts = asyncio.run(Sender(port, signed).ask("/counts"))
    if counts["said"] != size.told:
        raise RuntimeError(f"{counts['said']} of {size.told} messages arrived")
    return Figure(
        name="teams_tokens",
        value=counts["token"],
        unit="tokens",
        goal=f"1 for {size.told:,} messages",
        ok=counts["token"] == 1,
        detail=f"{size.told:,} messages to as many people, 25 at once, in {took:.3g} s, references stored too",
    )
