"""What the database says of Slack: tokens that are stored, workspaces that wait, people who were not found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from adapters.slack.installations import Installations, Place, installed_at
from adapters.slack.names import CHANNEL, INSTALL
from adapters.slack.states import stored_states
from adapters.slack.vault import CannotOpen, Vault
from bot.cli.findings import Finding, ok, problem, warning
from bot.config import Config
from bot.facts import Person
from bot.ports import Clock, Work
from storage.inline import InlineStore

_MOST_NAMED = 5
_AGAIN = "With that the bot finds them by itself within an hour."
# What is so, and what mends it, by facts.TROUBLES.
_TROUBLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "unknown": (
            "Nobody in Slack has the e-mail address of",
            f"The people file and the Slack profile must have the same address: change either. {_AGAIN}",
        ),
        "no_email": (
            "There is no e-mail address to find in Slack of",
            f"Add it to the people file and take the file in again. {_AGAIN}",
        ),
        "switched_off": (
            "Slack has switched off, or hides from the app, the account of",
            "Switch it on again, or tell the bot with telemachy people --left that they have left.",
        ),
        "app_removed": (
            "The app was removed from the workspace of",
            "Install it there again.",
        ),
        "blocked": (
            "Messages of the app are not taken by",
            "They can allow the app again in their Slack, under Apps.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Token:
    """A bot token to look at, and how the report calls it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The tokens there are, and what there is to say of all that is kept."""

    tokens: tuple[Token, ...]
    findings: tuple[Finding, ...]


def look_at_kept(config: Config, store: InlineStore | None, clock: Clock) -> Kept:
    """Return the tokens and how what is kept does; without a store that can be read it is the configuration's."""
    slack = config.slack
    findings = list(_about_people(store)) if store else []
    if not slack.by_oauth:
        return Kept((Token("The bot token", slack.bot_token.reveal()),), tuple(findings))
    try:
        vault = Vault([key.reveal() for key in slack.token_keys])
        newest = Vault([slack.token_keys[0].reveal()])
    except ValueError as error:
        fix = "Make one with telemachy slack new-key; keep the keys that stored tokens were sealed with."
        return Kept((), (*findings, problem("slack", f"{str(error)[:1].upper()}{str(error)[1:]}.", fix)))
    rows = store.read_now(_stored) if store else ()
    if not rows:
        fix = f"Open {config.server.public_url}{INSTALL} while the bot runs."
        return Kept((), (*findings, warning("slack", "No workspace has installed the app yet.", fix)))
    assert store is not None
    tokens, told = _opened(Installations(store, clock, vault=vault), store, rows, clock)
    return Kept(tuple(tokens), (*findings, *told, *_sealed_with(newest, rows)))


def _stored(work: Work) -> tuple[tuple[str, str], ...]:
    return tuple((place.key, work.setting(place.key) or "") for place in installed_at(work))


# --- tokens ----------------------------------------------------------------------------------


def _opened(
    installations: Installations, store: InlineStore, rows: Sequence[tuple[str, str]], clock: Clock
) -> tuple[list[Token], list[Finding]]:
    tokens, told = [], []
    for key, _ in rows:
        where = Place.at(key).label
        try:
            bot = store.read_now(lambda work, key=key: installations.stored(work, key))  # type: ignore[misc]
        except CannotOpen as error:
            text, _, fix = str(error).partition(": ")
            told.append(
                problem("slack", f"{text[:1].upper()}{text[1:]} ({where}).", f"{fix[:1].upper()}{fix[1:]}.")
            )
            continue
        if bot is None:
            continue
        expires = bot.bot_token_expires_at
        if expires is not None and bot.bot_refresh_token and expires <= clock.now().timestamp():
            text = f"The token of {where} has expired, as it does while the bot is not running."
            told.append(warning("slack", text, "Start the bot, which renews it; then ask again."))
            continue
        tokens.append(Token(f"The token of {where}", bot.bot_token))
    return tokens, told


def _sealed_with(newest: Vault, rows: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Count what is sealed with a key that is on its way out."""
    older = 0
    for _, sealed in rows:
        try:
            newest.open(sealed)
        except CannotOpen:
            older += 1
    if older:
        text = f"Stored tokens that are sealed with an older key: {older}."
        yield warning(
            "slack", text, "Seal them anew with telemachy slack rekey; then take the older key away."
        )
    else:
        yield ok("slack", f"Stored tokens that are sealed with the newest key: {len(rows)}.")


# --- workspaces and people -------------------------------------------------------------------


def _about_people(store: InlineStore) -> Iterator[Finding]:
    people, states = store.read_now(lambda work: (work.people(), stored_states(work)))
    for state in states:
        text = f"The workspace {state.place} waits since {state.since:%Y-%m-%d %H:%M} UTC ({state.why})."
        yield problem("slack", text, f"{state.fix[:1].upper()}{state.fix[1:]}. Nothing is lost meanwhile.")
    active = [one for one in people if one.active]
    lost = defaultdict(list)
    for one in active:
        # What keeps somebody from being reached in another chat is said there.
        if one.trouble in _TROUBLES and (one.address is None or one.address.channel == CHANNEL):
            lost[one.trouble].append(one)
    for trouble, (text, fix) in _TROUBLES.items():
        if lost[trouble]:
            yield warning("people", f"{text} {_named(lost[trouble])}.", fix)
    there = sum(1 for one in active if _in_slack(one) and not one.trouble)
    elsewhere = sum(1 for one in active if one.addresses and not _in_slack(one) and not one.trouble)
    waiting = len(active) - there - elsewhere - sum(map(len, lost.values()))
    if active:
        rest = "; the others are looked for when the bot starts, and every hour" if waiting else ""
        away = f", and in another chat: {elsewhere}" if elsewhere else ""
        yield ok("people", f"Found in Slack: {there} of {len(active)}{away}{rest}.")


def _in_slack(person: Person) -> bool:
    return any(found.channel == CHANNEL for found in person.addresses)


def _named(people: Sequence[Person]) -> str:
    named = ", ".join(one.email or one.name for one in people[:_MOST_NAMED])
    more = len(people) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
