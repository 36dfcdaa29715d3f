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
        **_empty(),
        **_tries(),
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
        "pair.of": say("Whose programme: {names}", names="{names}"),
        "find": say("Find a person"),
        "find.none": say("Nobody here has that name."),
        "find.count": say("Programmes: {count}", count="{count}"),
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
        "until": say("Live through {day}", day="{day}"),
        "back": say("The demo runs again."),
        "lost": say("The demo is not running any more. Start it again in the terminal; nothing is lost."),
        "failed": say("That did not work: {why}", why="{why}"),
        "trouble": say("The clock stopped because of a fault. The terminal shows it; nothing was lost."),
        "quiet": say("Nothing more is planned."),
        "came": say("New for {who}", who="{who}"),
        "came.too": say("New for {who}; in other programmes: {count}", who="{who}", count="{count}"),
        "came.only": say("New in other programmes: {count}", count="{count}"),
        "heard": say("{name}: {title}", name="{name}", title="{title}"),
        "busy": say("One moment: time is still passing."),
    }


def _chat() -> dict[str, Say]:
    return {
        "home": say("Home"),
        "home.of": say("Home of {name}", name="{name}"),
        "plays": say("How {name} is played", name="{name}"),
        "write.as": say("Write as {name}", name="{name}"),
        "send": say("Send"),
        "unread": say("New: {count}", count="{count}"),
        "new": say("New"),
        "earlier": say("Show earlier messages"),
        "messages": say("Messages of {name}", name="{name}"),
        "only.you": say("Only for {name}", name="{name}"),
        "changed": say("changed"),
        "here": say("{time} where {name} is", time="{time}", name="{name}"),
        "steps.none": say("No step of its own."),
        "day.today": say("Today, {day}", day="{day}"),
        "state.ahead": say("ahead"),
        "state.open": say("open"),
        "state.done": say("done"),
        "state.skipped": say("left out"),
        "state.escalated": say("a person looks at it"),
    }


def _empty() -> dict[str, Say]:
    """What somebody may expect, as long as nothing has come."""
    return {
        "empty": say("Nothing yet."),
        "empty.mentee": say(
            "A guide before day 1. Three taps a week. At the end of each stretch a talk about how it goes, and "
            "what comes next. Help at any moment."
        ),
        "empty.mentor": say(
            "Guidelines to begin with. One tap a day in the first week, then two lines a week. Times, agendas "
            "and reminders come by themselves."
        ),
        "empty.head": say(
            "Once a week what the mentor passes on, and after each review the plan and the goals. Nothing private."
        ),
        "empty.director": say(
            "A coffee with the newcomer on the first day, and a few lines to know who comes."
        ),
        "empty.coordinator": say(
            "The script for each review. When somebody needs a person: a case, with the reason in plain words."
        ),
    }


def _tries() -> dict[str, Say]:
    return {
        "try": say("Try:"),
        "try.day": say("See the first day"),
        "try.help": say("Ask for help as {name}", name="{name}"),
        "try.review": say("Lead a review as {name}", name="{name}"),
        "try.review.now": say("You are {name} now, and the review is yours: press Start.", name="{name}"),
        "try.review.none": say("No review is ahead any more."),
        "try.silent": say("Let {name} be silent for a month", name="{name}"),
        "try.silent.now": say("You are {name} now: this is what HR has heard.", name="{name}"),
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
        "together": say("Together in one conversation: {names}", names="{names}"),
        "mail": say("E-mail"),
        "mail.answer": say("To answer, open our chat: this mailbox is not read."),
    }
