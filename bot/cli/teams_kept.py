"""What the database says of Teams: who is reached there and who is not, tenants that wait, and a test message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from adapters.teams.connector import Connector
from adapters.teams.names import CHANNEL
from adapters.teams.references import References
from adapters.teams.render import message
from adapters.teams.states import GRAPH, State, States, stored_states
from adapters.teams.wire import Wire
from bot.cli.findings import HELLO, Finding, ok, problem, warning
from bot.cli.teams_tokens import tokens_of
from bot.config import Config, Teams
from bot.content import Card
from bot.events import Address
from bot.facts import Person
from bot.i18n import Reader
from bot.ports import Clock, Refused, Throttled, Unreachable, Unsure
from storage.inline import InlineStore

_MOST_NAMED = 5
_BY_POLICY = (
    "In the Teams admin center, Teams apps, Setup policies, Global: under Installed apps press Add apps and choose "
    "Telemachy, which reaches everybody within a day."
)
_BY_GRAPH = (
    "Or let the bot do it: grant TeamsAppInstallation.ReadWriteSelfForUser.All, AppCatalog.Read.All and "
    "User.ReadBasic.All, and set [teams] graph = true."
)
# What is so, and what mends it, by facts.TROUBLES.
_TROUBLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "not_installed": ("The app is not installed in Teams for", _BY_POLICY),
        "app_removed": (
            "The app was removed in Teams by",
            "They can add it again under Apps; or an administrator does, by a setup policy.",
        ),
        "blocked": ("In Teams the bot is blocked by", "They can unblock it in the chat with the bot."),
        "switched_off": (
            "Microsoft has switched off the account of",
            "Switch it on again, or tell the bot with telemachy people --left that they have left.",
        ),
    }
)
# Said only where no other chat looks for the same people.
_ALONE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "unknown": (
            "Nobody in Teams has the e-mail address of",
            "The people file and Microsoft Entra must have the same address: change either.",
        ),
        "no_email": (
            "There is no e-mail address to find in Teams of",
            "Add it to the people file and take the file in again.",
        ),
    }
)


def look_at_people(config: Config, store: InlineStore) -> Iterator[Finding]:
    """Yield what keeps tenants waiting, and how many people are reached in Teams, with who is not, and why."""
    people, states = store.read_now(lambda work: (work.people(), stored_states(work)))
    yield from map(_waiting, states)
    active = [one for one in people if one.active]
    alone = config.slack.mode == "off"
    lost = defaultdict(list)
    for one in active:
        # Who is reached elsewhere and is in Teams too misses nothing.
        if one.trouble and (one.address is None or one.address.channel == CHANNEL):
            lost[one.trouble].append(one)
    for trouble, (text, fix) in {**_TROUBLES, **(_ALONE if alone else {})}.items():
        if lost[trouble]:
            yield warning("people", f"{text} {_named(lost[trouble])}.", _fix(trouble, fix, config.teams))
    yield from _counted(active, config)


def _waiting(state: State) -> Finding:
    what = "Microsoft Graph" if state.place == GRAPH else f"The tenant {state.place}"
    text = f"{what} keeps messages waiting since {state.since:%Y-%m-%d %H:%M} UTC ({state.why})."
    if state.place == GRAPH:
        text = (
            f"{what} does not do what it is asked for since {state.since:%Y-%m-%d %H:%M} UTC ({state.why})."
        )
    return problem("teams", text, f"{state.fix[:1].upper()}{state.fix[1:]}. Nothing is lost meanwhile.")


def _counted(active: Sequence[Person], config: Config) -> Iterator[Finding]:
    here = [one for one in active if any(found.channel == CHANNEL for found in one.addresses)]
    elsewhere = [one for one in active if one not in here and one.addresses]
    waiting = [one for one in active if not one.addresses and not one.trouble]
    if active:
        away = f", and in another chat: {len(elsewhere)}" if elsewhere else ""
        yield ok("people", f"Found in Teams: {len(here)} of {len(active)}{away}.")
    if waiting:
        text = f"Not found in a chat yet, so they get letters: {_named(waiting)}."
        if config.teams.graph:
            fix = "The bot looks for them when it starts, and every hour."
        else:
            fix = f"Who opens the app in Teams is found by it. {_BY_POLICY} {_BY_GRAPH}"
        yield warning("people", text, fix)


def _fix(trouble: str, fix: str, teams: Teams) -> str:
    return f"{fix} {_BY_GRAPH}" if trouble == "not_installed" and not teams.graph else fix


def _named(people: Sequence[Person]) -> str:
    named = ", ".join(one.email or one.name for one in people[:_MOST_NAMED])
    more = len(people) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


# --- a test message --------------------------------------------------------------------------


class _Unstored(States):
    """Somebody who only looks keeps nothing."""

    async def note(self, place: str, why: str) -> None:
        """Keep nothing."""

    async def served(self, place: str, *, but: tuple[str, ...] = ()) -> None:
        """Keep nothing."""


def address_in_teams(store: InlineStore, email: str) -> Address | None:
    """Return where whoever has this e-mail address is in Teams; None where they are not."""
    person = store.read_now(lambda work: work.person_with_email(email))
    found = () if person is None else person.addresses
    return next((one for one in found if one.channel == CHANNEL), None)


async def write_to(config: Config, store: InlineStore, who: Address, email: str, clock: Clock) -> Finding:
    """Write a test message to somebody whom Teams has told us how to write to."""
    there = await References(store, clock).of(who)
    if there is None:
        fix = f"They open the app in Teams once. {_BY_POLICY}"
        return problem("teams", f"No chat with {email} is known yet: no test message was sent.", fix)
    teams = config.teams
    reader = Reader(config.organisation.language, config.organisation.time_zone)
    wire = Wire()
    signed = bool(teams.client_secret or teams.certificate)
    try:
        connector = Connector(
            wire=wire,
            tokens=tokens_of(config, clock) if signed else None,
            states=_Unstored(store, clock),
            development=teams.development,
        )
        await connector.post(there, message(Card(HELLO), reader))
    except (Refused, Throttled, Unreachable, Unsure) as error:
        why = error.why if isinstance(error, Throttled) else str(error)
        failed = problem(
            "teams", f"The test message to {email} did not go ({why}).", "Mend what stands above."
        )
        return replace(failed, fix="Look whether it arrived.") if isinstance(error, Unsure) else failed
    finally:
        await wire.close()
    return ok("teams", f"A test message was sent to {email}.")
