"""The page's own words: what stands around the chats, in the visitor's language like everything else."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.playground.room import Temperament
from bot.content import Role, Say, say


def words() -> Mapping[str, Say]:
    """Return the page's words by the name that the page knows them by."""
    return {
        **_top(),
        **_chat(),
        **_messages(),
        **{f"temperament.{name}": words for name, words in temperaments().items()},
    }


def role_name(role: Role) -> Say:
    """Name a role."""
    match role:
        case "mentee":
            return say("Mentee")
        case "mentor":
            return say("Mentor")
        case "head":
            return say("Department head")
        case "director":
            return say("Director")
        case "coordinator":
            return say("HR coordinator")


def temperaments() -> Mapping[Temperament, Say]:
    """Return the ways to play a person."""
    return {
        "you": say("You answer"),
        "well": say("Answers well"),
        "forgets": say("Forgets"),
        "struggles": say("Struggles"),
        "silent": say("Is silent"),
    }


def _top() -> dict[str, Say]:
    return {
        "title": say("Playground"),
        "skip": say("Go to the chats"),
        "hint": say(
            "A small company, six months, no account: press **Next message** and watch time pass. "
            "Answer as any of its people, or let them answer for themselves."
        ),
        "hint.close": say("Close the hint"),
        "clock": say("The demo's clock"),
        "moves": say("Move the clock"),
        "next": say("Next message"),
        "day": say("+1 day"),
        "week": say("+1 week"),
        "end": say("To the end"),
        "stop": say("Stop"),
        "walking": say("Time is passing"),
        "pair": say("Whose programme"),
        "programme": say("The programme"),
        "today": say("Today"),
        "keys": say("Keys and help"),
        "keys.title": say("Keys"),
        "keys.next": say("Next message"),
        "keys.day": say("A day on"),
        "keys.week": say("A week on"),
        "keys.end": say("To the end"),
        "keys.stop": say("Stop the clock"),
        "keys.person": say("Go to a person's chat"),
        "keys.home": say("Open that person's home"),
        "keys.write": say("Write, with the words it understands"),
        "keys.help": say("This list"),
        "keys.on": say("Single keys work"),
        "people": say("The people"),
        "lost": say("The demo is not running any more. Start it again in the terminal; nothing is lost."),
        "failed": say("That did not work: {why}", why="{why}"),
        "trouble": say("The clock stopped because of a fault. The terminal shows it; nothing was lost."),
        "quiet": say("Nothing more is planned."),
        "came": say("{when}. New messages: {count}", when="{when}", count="{count}"),
        "busy": say("One moment: time is still passing."),
    }


def _chat() -> dict[str, Say]:
    return {
        "home": say("Home"),
        "home.of": say("Home of {name}", name="{name}"),
        "plays": say("How {name} is played", name="{name}"),
        "write": say("Write to Telemachy"),
        "write.as": say("Write as {name}", name="{name}"),
        "send": say("Send"),
        "unread": say("New: {count}", count="{count}"),
        "new": say("New"),
        "earlier": say("Show earlier messages"),
        "empty": say("Nothing yet. That is as it should be."),
        "only.you": say("Only for {name}", name="{name}"),
        "changed": say("changed"),
        "here": say("{time} where {name} is", time="{time}", name="{name}"),
        "steps.none": say("No step of its own."),
        "state.ahead": say("ahead"),
        "state.open": say("open"),
        "state.done": say("done"),
        "state.skipped": say("left out"),
        "state.escalated": say("a person looks at it"),
    }


def _messages() -> dict[str, Say]:
    return {
        "close": say("Close"),
        "cancel": say("Not now"),
        "yes": say("Yes"),
        "required": say("needed"),
        "choose": say("Choose"),
        "missing": say("Please fill this in."),
        "left": say("{count} characters left", count="{count}"),
        "file": say("Download {name}", name="{name}"),
        "done": say("done"),
        "open": say("open"),
        "chosen": say("chosen"),
        "together": say("Together in one conversation: {names}", names="{names}"),
        "mail": say("E-mail"),
        "mail.answer": say("To answer, open our chat: this mailbox is not read."),
    }
