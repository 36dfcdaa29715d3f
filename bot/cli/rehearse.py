"""`telemachy rehearse`: every message of a programme, with date, time and receiver, sent to you alone (K6)."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.sim.channel import Accepted
from bot.cli.deployment import ConfigFile, configured, mail_channel
from bot.cli.simulation import NotSimulated, Wish, simulated
from bot.clock import SystemClock
from bot.config import ConfigError
from bot.content import Card, Content, File, GroupIntro, Moment, PersonName, Text, UserText, say
from bot.facts import Person
from bot.people_rows import EMAIL
from bot.ports import Channel, Delivery, Refused, Throttled, Unreachable, Unsure
from flows.programme_read import ProgrammeError


def rehearse(
    to: Annotated[str, typer.Option(help="Your own e-mail address.")],
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="A programme file; else the onboarding one."),
    ] = None,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = "2027-01-11",  # type: ignore[assignment]
    config: ConfigFile = None,
) -> None:
    """
    Let five made-up people live a programme and send you what each of them would get.

    It goes through the SMTP server of the configuration or, without one, into its mail folder. Nobody else
    gets anything, and no database is touched.
    """
    if not EMAIL.fullmatch(to):
        raise typer.BadParameter(f"{to!r} is not an e-mail address", param_hint="--to")
    try:
        channel = mail_channel(configured(config), SystemClock())
    except (ConfigError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--config") from error
    me = Person(id="rehearsal", name="Rehearsal", email=to)
    got: list[Accepted] = []
    wish = Wish(
        pairs=1, seed="rehearsal", start=start.date(), programme=file, everyone="well", watch=got.append
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(simulated(wish, f"sqlite:///{folder}/rehearsal.db"))
    except (NotSimulated, ProgrammeError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    new = [message for message in got if not message.replaces]
    sent, failed = asyncio.run(_send(channel, me, new))
    print(f"{sent} messages to {len({m.to.id for m in new})} people, as each would get them, went to {to}.")
    if failed:
        print(f"{failed} could not be sent: see `telemachy doctor`.", file=sys.stderr)
        raise typer.Exit(1)


async def _send(channel: Channel, me: Person, messages: list[Accepted]) -> tuple[int, int]:
    """Send the messages one after the other; a server that takes none of the first is not asked further."""
    sent = 0
    for number, message in enumerate(messages, 1):
        reader = replace(me, zone=message.to.zone, language=message.to.language)
        delivery = Delivery(id=f"rehearsal-{number:04}", to=reader, content=_announced(message))
        try:
            await channel.deliver(delivery)
        except (Refused, Throttled, Unreachable, Unsure):
            return sent, len(messages) - sent
        sent += 1
    return sent, 0


def _announced(message: Accepted) -> Content:
    """Return the content with a line above: who would get it, and when (their time)."""
    line = Text(
        say(
            "To {person}, {position}: {moment}",
            person=PersonName(message.to.name),
            position=UserText(message.to.position or message.to.department),
            moment=Moment(message.at),
        ),
        "quiet",
    )
    match message.content:
        case Card() as card:
            return replace(card, blocks=(line, *card.blocks))
        case File() | GroupIntro() as carried:
            return replace(carried, card=replace(carried.card, blocks=(line, *carried.card.blocks)))
        case home:
            return home
