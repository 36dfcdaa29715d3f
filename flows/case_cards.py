"""How a case reads to its coordinator: the fact, since when, what can be done; and the list of them."""

from __future__ import annotations

from bot.content import Actions, Block, Button, Card, Moment, PersonName, Say, Text, UserText, say, say_n
from bot.facts import Case
from flows.scene import Desk, Scene

_MOST_LISTED = 8


def case_card(scene: Scene, case: Case) -> Card:
    """Return a case as its coordinator sees it: the fact, since when, what can be done."""
    people = [scene.pair.person(p) for p in case.about]
    title = (
        say("About {person}", person=PersonName(people[0].name, people[0].id))
        if people
        else say("For you to look at")
    )
    blocks: list[Block] = [Text(case.reason)]
    if case.words:
        blocks.append(Text(say("“{words}”", words=UserText(case.words))))
    if case.advice is not None and case.state != "closed":
        blocks.append(Text(case.advice))
    blocks.append(Text(_standing(scene, case), "quiet"))
    return Card(title, tuple(blocks), _buttons(scene, case), tone="attention")


def _standing(scene: Scene, case: Case) -> Say:
    owner = scene.pair.person(case.owner)
    since, name = Moment(case.opened_at, "date"), PersonName(owner.name, owner.id)
    match case.state:
        case "open":
            return say("Since {since}. With {owner}, not taken up yet.", since=since, owner=name)
        case "accepted":
            return say("Since {since}. {owner} is looking at it.", since=since, owner=name)
        case "snoozed":
            until = Moment(case.snoozed_until or scene.now, "date")
            return say(
                "Since {since}. {owner} comes back to it on {until}.", since=since, owner=name, until=until
            )
        case "closed":
            return say("Closed: {because}", because=UserText(case.closed_because))


def _buttons(scene: Scene, case: Case) -> tuple[Button, ...]:
    if case.state == "closed":
        return ()
    ref = f"case:{case.id}"
    take = Button(say("I look at it"), "case.accept", ref, style="primary")
    hand = tuple(
        Button(say("Hand to {name}", name=PersonName(c.name, c.id)), "case.assign", ref, value=c.id)
        for c in scene.free_coordinators()
        if c.id not in (case.owner, case.by) and not scene.away(c)
    )
    later = Button(say("In a week"), "case.snooze", ref, value="week")
    close = Button(say("Close"), "case.close", ref, opens_form=True)
    return (*((take,) if case.state != "accepted" else ()), *hand[:2], later, close)


def cases_card(desk: Desk) -> Card:
    """Return a coordinator's open cases: what cannot wait, then the oldest, then what was put aside."""
    scenes = {s.id: s for s in desk.scenes}
    mine = [c for c in desk.cases if c.state != "closed" and c.enrolment in scenes]
    if not mine:
        return Card(say("No open cases."), (Text(say("Nobody is waiting for you.")),))
    mine.sort(key=lambda c: (c.state == "snoozed", not c.urgent, c.opened_at, c.id))
    blocks: list[Block] = []
    for case in mine[:_MOST_LISTED]:
        scene = scenes[case.enrolment]
        people = [scene.pair.person(p) for p in case.about]
        if people:
            blocks.append(Text(say("**{name}**", name=PersonName(people[0].name, people[0].id))))
        blocks += [Text(case.reason), Text(_standing(scene, case), "quiet")]
        blocks.append(Actions((Button(say("Open"), "case.show", f"case:{case.id}"),)))
    if len(mine) > _MOST_LISTED:
        blocks.append(Text(say_n("and one more", "and {n} more", len(mine) - _MOST_LISTED), "quiet"))
    return Card(say_n("One open case", "{n} open cases", len(mine)), tuple(blocks), tone="attention")
