"""What one person gets next: one transaction drops, moves and weighs what is due, and takes one message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.budget import has_room_now
from bot.calendar import local_date, next_morning, next_working_time
from bot.content import Card, GroupIntro, Link, say
from bot.events import Address
from bot.facts import Person
from bot.flight import NOT_IN_PLACE, Flight, OnFailed, fail
from bot.lanes import Lanes, Route
from bot.outcome import FREE
from bot.parts import carried, part_of, parts_shown, shown_now, with_card
from bot.ports import Calling, Queued, QueuedState, Work
from bot.together import others_rows
from bot.wanted import is_over, is_silent, wanted
from flows import digest

WAITS = "waits for its turn"
# What could have travelled with another message for so long has its turn before newer things.
_LONG = timedelta(days=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What does not change from one person to the next."""

    holidays: tuple[date, ...]
    channels: Collection[str]
    gathering: Collection[str] = ()  # the channels that know conversations of several people
    calling: Mapping[str, Calling] = field(default_factory=dict)  # those whose app opens a chat by a link
    lanes: Lanes
    on_failed: OnFailed


class Round:
    """One person's turn."""

    def __init__(self, work: Work, person: Person, now: datetime, rules: Rules) -> None:
        self._work = work
        self._person = person
        self._now = now
        self._rules = rules
        self._calendar = person.working_time(rules.holidays)
        # Not due themselves: they travel with a message that interrupts anyway.
        self._companions: list[Queued] = []
        # Rows of this round whose content was renewed before they left.
        self._newest: dict[int, Queued] = {}
        # Messages of which a renewal left before and was not taken: what they show is not known.
        self._tried: frozenset[str] = frozenset()
        # By an introduction, the others' rows that go with it.
        self._others: dict[int, tuple[Queued, ...]] = {}

    def pick(self, due: Sequence[Queued]) -> Flight | None:
        """Return the one message that may leave now; whatever may not is settled before this returns."""
        self._tried = frozenset(row.send.replaces for row in due if row.attempts)
        still_wanted = wanted(self._work, self._person, due, self._now)
        self._companions = [row for row in still_wanted if row.send.not_before > self._now]
        own_time = [row for row in still_wanted if row.send.not_before <= self._now]
        rows = [self._alone_or_together(row) for row in self._at_work(own_time)]
        bundles = self._bundles([row for row in rows if row is not None])
        for number, bundle in enumerate(bundles, 1):
            flight = self._flight(bundle, more=number < len(bundles))
            if flight is not None:
                return flight
        return None

    # --- when the person works

    def _at_work(self, rows: Sequence[Queued]) -> list[Queued]:
        """Move what would disturb to the person's next working time."""
        others = [row for row in rows if not (row.send.any_hour or is_silent(row))]
        moved: list[int] = []
        # A snooze is for the bot's own wishes; answers and a meeting that changed are awaited.
        for free in (True, False):
            group = [row for row in others if (row.send.kind in FREE) == free]
            if not group:
                continue
            start = self._now if free else max(self._now, self._person.snoozed_until or self._now)
            opens = next_working_time(start, self._calendar)
            if opens > self._now:
                self._postpone(group, opens, self._why_quiet(start, opens))
                moved += (row.id for row in group)
        return [row for row in rows if row.id not in moved]

    def _why_quiet(self, start: datetime, opens: datetime) -> str:
        first, last = local_date(self._now, self._person.zone), local_date(opens, self._person.zone)
        if any(span.first < last and first <= span.last for span in self._person.leave):
            return "leave"
        return "snoozed" if start > self._now else "quiet hours"

    # --- which message

    def _alone_or_together(self, row: Queued) -> Queued | None:
        """
        Return an introduction as it is where all are told in one conversation now, else as this person's card.

        None where that will be known in a moment. Every other row is returned as it is.
        """
        intro = row.send.content
        if not isinstance(intro, GroupIntro):
            return row
        if self._channel(row) in self._rules.gathering:
            others = others_rows(self._work, row, intro, self._person, self._now, self._rules.holidays)
            if others is None:
                return None
            if others:
                self._others[row.id] = others
                return row
        card = self._with_chat(intro)
        self._work.rewrite(row.id, card)
        return replace(row, send=replace(row.send, content=card))

    def _with_chat(self, intro: GroupIntro) -> Card:
        """Return the introduction with a way to a chat of all, where all are reached in one app that has one."""
        others = [self._work.person(other) for other in intro.people if other != self._person.id]
        there = [one for one in others if one is not None and one.active and one.reachable]
        here = self._person.address
        calling = self._rules.calling.get(here.channel) if here is not None else None
        if here is None or calling is None or not there or len(there) < len(others):
            return intro.card
        if any(one.address is None or one.address.channel != here.channel for one in there):
            return intro.card
        url = calling.chat_link(there)
        button = Link(say("Open our chat"), url)
        return replace(intro.card, buttons=(*intro.card.buttons, button)) if url else intro.card

    def _bundles(self, rows: Sequence[Queued]) -> list[list[Queued]]:
        """Put together what can travel together: cards for one channel. All else is a message of its own."""
        bundles: dict[tuple[str, int], list[Queued]] = {}
        for row in rows:
            alone = bool(row.send.replaces) or not isinstance(row.send.content, Card)
            bundles.setdefault(("", row.id) if alone else (self._channel(row), 0), []).append(row)
        return list(bundles.values())

    def _flight(self, bundle: list[Queued], *, more: bool) -> Flight | None:
        """Return the bundle as a message, if it may leave now."""
        bundle = [self._newest.get(row.id, row) for row in bundle]
        first = bundle[0]
        if first.send.replaces and first.why != NOT_IN_PLACE:
            earlier, message = self._original(first)
            shown = self._shown(earlier, message)
            there = self._where(first, shown)
            if earlier and shown and there and isinstance(first.send.content, Card):
                return self._in_place(first, first.send.content, earlier, shown, there, more=more)
            if first.send.kind == "update":
                self._not_in_place(first, earlier)
                return None
        route, missing = self._route(first)
        if route is None:
            self._fail(bundle, missing)
            return None
        rows = self._within_budget(bundle)
        if not rows:
            return None
        if first.id in self._others:
            return self._leave_together([first, *self._others[first.id]], route, more=more)
        rows = [*rows, *self._along(rows)]
        taken = self._chosen(rows) if len(rows) > 1 else (0,)
        return self._leave(rows, taken, route, more=more)

    def _chosen(self, rows: Sequence[Queued]) -> tuple[int, ...]:
        """Return which rows go into the message, by their place."""
        since = [(row.send.along_from, place) for place, row in enumerate(rows)]
        late = sorted((at, place) for at, place in since if at is not None and self._now - at >= _LONG)
        return digest.choose([part_of(row) for row in rows], [place for _, place in late])

    def _leave(self, rows: list[Queued], taken: Sequence[int], route: Route, *, more: bool) -> Flight | None:
        """Take the chosen rows as one message, and put off the others."""
        if not self._may_leave(rows, route):
            return None
        going = [rows[index] for index in sorted(taken)]
        # Where the message interrupts, a row that interrupts leads: the budget counts by leads.
        lead = next((row for row in going if row.send.kind not in FREE), going[0])
        going = [lead, *(row for row in going if row is not lead)]
        left = [row for index, row in enumerate(rows) if index not in taken and row not in self._companions]
        stays = self._put_off(left)
        if len(going) == 1 and not left:
            content = lead.send.content
        else:
            content = digest.merge(parts_shown(going), more=len(left))
        return Flight(rows=tuple(going), to=self._person, route=route, content=content, more=more or stays)

    def _leave_together(self, rows: list[Queued], route: Route, *, more: bool) -> Flight | None:
        """Take everybody's row of an introduction as one message; where it has to wait, all wait."""
        if not self._may_leave(rows, route):
            return None
        content = rows[0].send.content
        return Flight(rows=tuple(rows), to=self._person, route=route, content=content, more=more)

    def _along(self, rows: Sequence[Queued]) -> list[Queued]:
        """Return what may travel with this message: only with one that interrupts anyway, and only cards."""
        first = rows[0]
        alone = bool(first.send.replaces) or not isinstance(first.send.content, Card)
        if alone or all(row.send.kind in FREE for row in rows):
            return []
        channel = self._channel(first)
        fitting = [r for r in self._companions if isinstance(r.send.content, Card) and not r.send.replaces]
        return [row for row in fitting if self._channel(row) == channel]

    def _put_off(self, left: Sequence[Queued]) -> bool:
        """Let what found no place wait for tomorrow's message; return whether something must go today."""
        morning = next_morning(self._now, self._calendar)
        waits = [row for row in left if row.send.kind not in FREE and not is_over(row, morning)]
        self._postpone(waits, morning, "the message was full")
        return len(waits) < len(left)

    # --- messages in the place of others

    def _original(self, row: Queued) -> tuple[Queued | None, tuple[Queued, ...]]:
        """
        Return the row that this one renews, and the rows of its message, the lead first.

        Updates of updates lead back to the first.
        """
        message = self._work.parts_with(row.send.replaces)
        earlier = _under(row.send.replaces, message)
        while earlier is not None and earlier.send.replaces and not earlier.message:
            key = earlier.send.replaces
            message = self._work.parts_with(key)
            earlier = _under(key, message)
        return earlier, message

    def _shown(self, earlier: Queued | None, message: tuple[Queued, ...]) -> tuple[Queued, ...]:
        """Return the rows that show in the message that carried the earlier row; () where it cannot be changed."""
        if earlier is None or earlier.state != "sent":
            return ()
        lead = message[0]
        still_there = lead.id == (earlier.lead or earlier.id) and lead.message
        return carried(message) if still_there and lead.channel in self._rules.channels else ()

    def _where(self, row: Queued, shown: Sequence[Queued]) -> Address | None:
        """
        Return at which of the person's addresses a message can be changed in its place.

        Where they are written to now; what asks for nobody's attention also where they were written to before. Of
        two addresses in one channel nobody remembers which it was.
        """
        if not shown or not self._person.reachable:
            return None
        there = [one for one in self._person.addresses if one.channel == shown[0].channel]
        if len(there) != 1 or (row.send.kind != "update" and there[0] != self._person.address):
            return None
        return there[0]

    def _in_place(
        self, row: Queued, card: Card, earlier: Queued, shown: Sequence[Queued], there: Address, *, more: bool
    ) -> Flight | None:
        """Return the earlier message as it looks with the new card; its other parts stay as they are."""
        content = with_card(earlier.send.content, card)
        known = content == earlier.send.content and row.send.replaces not in self._tried
        if known and row.send.kind == "update":
            self._settle([row], "dropped", "shown already")
            return None
        if not self._within_budget([row]):
            return None
        route = Route(there.channel, there.workspace, there.user)
        if not self._may_leave([row], route):
            return None
        self._work.rewrite(earlier.id, content)
        return Flight(
            rows=(row,),
            to=self._person if there == self._person.address else replace(self._person, address=there),
            route=route,
            content=shown_now(shown, {earlier.id: content}),
            replaces=shown[0].message,
            more=more,
        )

    def _not_in_place(self, row: Queued, earlier: Queued | None) -> None:
        """Settle an update of a message that is not there, or not yet."""
        if earlier is None or earlier.state in ("failed", "dropped", "sent"):
            self._settle([row], "dropped", "nothing to renew")
        elif earlier.state == "sending":
            self._postpone([row], earlier.lease_until or self._now, "the message is on its way")
        else:
            self._work.rewrite(earlier.id, row.send.content)
            self._newest[earlier.id] = replace(earlier, send=replace(earlier.send, content=row.send.content))
            self._settle([row], "sent", "merged")

    # --- where to, how often, how fast

    def _channel(self, row: Queued) -> str:
        return "mail" if row.send.mail or self._person.address is None else self._person.address.channel

    def _route(self, row: Queued) -> tuple[Route | None, str]:
        """Return the way to the person, or why there is none."""
        channel, address = self._channel(row), self._person.address
        if channel == "mail" and not self._person.email:
            return None, "no address"
        if not self._person.reachable and not row.send.mail:
            return None, "not reachable"
        if channel not in self._rules.channels:
            return None, f"no channel {channel}"
        if channel == "mail" or address is None:
            return Route("mail", "", self._person.email), ""
        return Route(channel, address.workspace, address.user), ""

    def _within_budget(self, rows: list[Queued]) -> list[Queued]:
        """Return what may go today; one interruption too many waits for the next working morning."""
        counted = [row for row in rows if row.send.kind not in FREE]
        if not counted or has_room_now(self._work, self._person, self._now):
            return rows
        self._postpone(counted, next_morning(self._now, self._calendar), "over budget")
        return [row for row in rows if row.send.kind in FREE]

    def _may_leave(self, rows: Sequence[Queued], route: Route) -> bool:
        at = self._rules.lanes.turn(route, self._now, self._work)
        if at > self._now:
            self._postpone(rows, at, WAITS)
        return at <= self._now

    # --- settling

    def _postpone(self, rows: Sequence[Queued], until: datetime, why: str) -> None:
        """Move rows to a later instant; those that would be over by then are dropped with the reason."""
        self._settle([row for row in rows if is_over(row, until)], "dropped", why)
        waiting = [row.id for row in rows if not is_over(row, until)]
        if waiting:
            self._work.settle(waiting, "pending", self._now, why=why, not_before=until)

    def _settle(self, rows: Sequence[Queued], state: QueuedState, why: str) -> None:
        if rows:
            self._work.settle([row.id for row in rows], state, self._now, why=why)

    def _fail(self, rows: Sequence[Queued], why: str) -> None:
        fail(self._work, rows, why, self._now, self._rules.on_failed)


def _under(key: str, rows: Sequence[Queued]) -> Queued | None:
    return next((row for row in rows if row.send.key == key), None)
