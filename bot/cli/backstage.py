"""The real bot behind the playground's page, asked for what the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from adapters.playground.backstage import Cast, Command, Era, Group, Stop
from bot.app import App
from bot.calendar import add_months
from bot.content import told
from bot.events import Event
from bot.facts import Pair
from bot.outcome import Reply
from bot.ports import Work
from flows import register
from flows.agenda import Planned, agenda
from flows.scene import Scene
from flows.timeline import phase_days

_DAY = timedelta(days=1)
# Of several people's states of one step, the one that says most about how things stand.
Seen = Literal["ahead", "open", "done", "skipped", "escalated"]
_LOUDEST: tuple[Seen, ...] = ("escalated", "open", "done", "skipped")


class AppBackstage:
    """Carry the programme with the bot itself."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def receive(self, event: Event) -> Reply:
        """Take what a person did and return the immediate answer."""
        return (await self._app.receive(event)).reply

    async def next_instant(self) -> datetime | None:
        """Return the earliest instant at which anything is due."""
        return await self._app.next_instant()

    async def settle(self) -> int:
        """Look and deliver until nothing is due now; return how many messages were delivered."""
        return await self._app.settle()

    async def cast(self) -> Cast:
        """Return the people and the enrolments."""
        return await self._app.store.read(self._cast)

    async def outlook(self, group_id: str) -> tuple[Era, ...]:
        """Return an enrolment's programme as a timeline."""
        return await self._app.store.read(lambda work: self._outlook(work, group_id))

    def commands(self) -> tuple[Command, ...]:
        """Return the words that `/mentor` understands."""
        return tuple(
            Command(word, command.help, command.roles) for word, command in sorted(register.COMMANDS.items())
        )

    # --- reading

    def _cast(self, work: Work) -> Cast:
        people = work.people()
        ids = sorted({one for person in people for one in work.enrolments_of(person.id)}, key=_numbered)
        return Cast(people, tuple(self._group(work, pair) for pair in work.pairs(ids, ())))

    def _group(self, work: Work, pair: Pair) -> Group:
        return Group(
            id=pair.enrolment.id,
            title=told(dict(self._app.world.programme(work, pair.enrolment).title)),
            start=pair.enrolment.start,
            state=pair.enrolment.state,
            seats=tuple((seat.role, seat.person) for seat in pair.seats if seat.until is None),
        )

    def _outlook(self, work: Work, group_id: str) -> tuple[Era, ...]:
        pair = work.pairs((group_id,), ("steps",))[0]
        scene = self._app.world.scene(work, pair, self._app.clock.now())
        plan = agenda(scene.programme, pair.enrolment, scene.plan_calendar())
        return tuple(_eras(scene, plan))


def _eras(scene: Scene, plan: Sequence[Planned]) -> Iterator[Era]:
    """Return the phases as stretches that follow each other, each with what falls on its days."""
    names = scene.names()
    stretches = _stretches(scene, plan)
    for phase_id, first, last in stretches:
        phase = scene.programme.phase(phase_id)
        if phase is None:
            continue
        mine = (one for one in plan if _stretch_of(one, stretches) == phase_id)
        yield Era(
            id=phase.id,
            title=told(dict(phase.title), **names),
            first=first,
            last=last,
            frame=told(dict(phase.frame), **names),
            stops=tuple(_stop(scene, planned) for planned in mine),
        )


def _stretches(scene: Scene, plan: Sequence[Planned]) -> tuple[tuple[str, date, date], ...]:
    """Return each phase with its first and last day; none begins before the day after another's beginning."""
    found: list[tuple[str, date]] = []
    for phase, first in phase_days(scene):
        found.append((phase, max(first, found[-1][1] + _DAY) if found else first))
    end = add_months(scene.pair.enrolment.start, scene.programme.months) - _DAY
    end = max([end, *(one.day for one in plan)])
    lasts = [*(first - _DAY for _, first in found[1:]), end]
    return tuple((phase, first, last) for (phase, first), last in zip(found, lasts, strict=True))


def _stretch_of(planned: Planned, stretches: Sequence[tuple[str, date, date]]) -> str:
    """Return the phase in which a step falls: a weekly one goes on through several."""
    on_its_day = (phase for phase, first, last in stretches if first <= planned.day <= last)
    return next(on_its_day, planned.step.phase)


def _stop(scene: Scene, planned: Planned) -> Stop:
    step = planned.step
    return Stop(
        step=step.id,
        title=scene.title(step),
        day=planned.day,
        state=_state(scene.pair, planned),
        who=tuple(dict.fromkeys((*step.who, *step.people))),
        kind=step.kind,
    )


def _state(pair: Pair, planned: Planned) -> Seen:
    """Return how an occurrence of a step stands, over all the people it is for."""
    here = {
        state.state
        for state in pair.steps
        if state.step == planned.step.id and state.occurrence.split(".")[0] == planned.occurrence
    }
    return next((state for state in _LOUDEST if state in here), "ahead")


def _numbered(enrolment: str) -> tuple[int, str]:
    # e2 before e10.
    digits = "".join(filter(str.isdigit, enrolment))
    return (int(digits or 0), enrolment)
