"""Synthetic people: what they do about what they see."""

import os
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from adapters.sim.channel import FakePlatform, Faults
from adapters.sim.crash import Crash, CrashAt
from adapters.sim.days import after_work, at_work, works_on
from adapters.sim.people import company
from adapters.sim.player import Act, Player
from adapters.sim.taste import Temperament
from adapters.sim.transcript import Transcript, canonical
from adapters.sim.world import Clockwork, World
from bot.content import (
    Actions,
    Ask,
    Button,
    Card,
    Checklist,
    Choice,
    ChoiceField,
    DateField,
    Form,
    Item,
    ScaleField,
    TextField,
    say,
)
from bot.events import Address, Event, Pressed, Submitted
from bot.facts import Person, Span
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, Reply, ShowForm
from bot.ports import Delivery, Throttled, Unsure

MONDAY = datetime(2027, 1, 11, 8, 0, tzinfo=UTC)
ANA = Person(id="p1", name="Ana Novak", zone="Europe/Ljubljana", country="SI", address=Address("sim", "p1"))
SCALE = tuple(Choice(say(str(n)), str(n)) for n in range(1, 6))


def ask(field: str = "process", chosen: str = "") -> Ask:
    return Ask(
        say("I know what to work on next."),
        "checkin.tap",
        f"e1/checkin/2027-W02/p1/{field}",
        SCALE,
        ("author",),
        chosen,
    )


def card(*blocks: Ask | Checklist | Actions, buttons: tuple[Button, ...] = ()) -> Card:
    return Card(say("Week 1"), blocks, buttons)


def test_a_question_is_answered_once_in_own_working_time() -> None:
    """A person who does well answers a question once, at work, however often it is shown."""
    player = Player(ANA, "well", "s1")
    first = player.react(card(ask()), MONDAY)
    again = player.react(card(ask()), MONDAY + timedelta(days=1))
    assert [("press", "checkin.tap", "e1/checkin/2027-W02/p1/process")] == [
        (a.kind, a.verb, a.ref) for a in first if a.kind == "press"
    ]
    assert first[0].value in "12345"
    assert at_work(ANA, first[0].at)
    assert [] == [a for a in again if a.kind == "press"]


def test_nothing_that_is_not_shown_is_pressed() -> None:
    """A person presses only a verb, ref and value that stand on the card."""
    buttons = (
        Button(say("Add"), "checkin.more", "r", opens_form=True),
        Button(say("Skip"), "checkin.skip", "r"),
    )
    for n in range(50):
        acts = Player(ANA, "struggles", f"s{n}").react(card(ask(chosen="4"), buttons=buttons), MONDAY)
        pressed = {(a.verb, a.ref, a.value) for a in acts if a.kind == "press"}
        assert pressed <= {("checkin.more", "r", ""), ("checkin.skip", "r", "")}
        assert len(pressed) <= 1


def test_the_silent_never_act() -> None:
    """A silent person does nothing, whatever is shown."""
    shown = card(ask(), buttons=(Button(say("Go"), "go", "r", style="primary"),))
    assert [()] * 20 == [Player(ANA, "silent", f"s{n}").react(shown, MONDAY) for n in range(20)]


def test_the_forgetful_answer_some_nudges() -> None:
    """A forgetful person overlooks about half of what comes, and answers most of it after some nudges."""
    answered = 0
    for n in range(200):
        player = Player(ANA, "forgets", f"s{n}")
        answered += any(a.kind == "press" for a in player.react(card(ask()), MONDAY))
    assert 70 < answered < 130
    late = [
        any(
            a.kind == "press"
            for turn in range(5)
            for a in player.react(Card(say("Still open, {n}", n=turn), (ask(),)), MONDAY)
        )
        for player in (Player(ANA, "forgets", f"s{n}") for n in range(50))
    ]
    assert late.count(True) > 40


def test_the_struggling_answer_low() -> None:
    """Who struggles answers lower than who does well."""

    def middle(temperament: Temperament) -> float:
        acts = [a for n in range(60) for a in Player(ANA, temperament, f"s{n}").react(card(ask()), MONDAY)]
        values = [int(a.value) for a in acts if a.kind == "press"]
        return sum(values) / len(values)

    assert middle("struggles") < 3 < 4 < middle("well")


def test_the_next_question_is_answered_at_once() -> None:
    """What a press shows in the place of the card is answered within the minute."""
    player = Player(ANA, "well", "s1")
    (act, *_) = player.react(card(ask()), MONDAY)
    shown = ReplaceCard(card(ask(chosen=act.value), ask("progress")))
    (following, *_) = player.answer(act, shown, act.at)
    assert "e1/checkin/2027-W02/p1/progress" == following.ref
    assert following.at - act.at < timedelta(minutes=1)


def test_items_are_ticked_once() -> None:
    """Each open item of a checklist is ticked once; done ones and plain ones are left alone."""
    items = (
        Item(say("Contract"), False, "tick", "r", "1"),
        Item(say("Badge"), True, "tick", "r", "2"),
        Item(say("Only shown"), False),
    )
    player = Player(ANA, "well", "s1")
    acts = player.react(card(Checklist(items)), MONDAY)
    assert [("tick", "1")] == [(a.verb, a.value) for a in acts if a.kind == "press"]
    assert () == tuple(a for a in player.react(card(Checklist(items)), MONDAY) if a.kind == "press")


def form() -> Form:
    options = (Choice(say("a"), "a"), Choice(say("b"), "b"))
    return Form(
        title=say("Feedback"),
        verb="feedback.send",
        ref="e1/feedback/2027-W02/p1",
        fields=(
            TextField(key="good", label=say("Well done"), seen_by=("author",), required=True),
            TextField(key="target", label=say("Target"), seen_by=("author",), required=True, most=12),
            ScaleField(
                key="going",
                label=say("Going?"),
                seen_by=("author",),
                low=say("no"),
                high=say("yes"),
                required=True,
            ),
            ChoiceField(key="item", label=say("Item"), seen_by=("author",), options=options, required=True),
            DateField(key="due", label=say("Due"), seen_by=("author",), required=True),
        ),
    )


def filled() -> tuple[Player, Act]:
    player = Player(ANA, "well", "s1")
    (act,) = player.answer(Act(at=MONDAY, kind="press", verb="feedback.write"), ShowForm(form()), MONDAY)
    return player, act


def test_a_form_is_filled_by_the_types_of_its_fields() -> None:
    """Required fields are filled in with something of their kind, and texts carry a word nobody else types."""
    _, act = filled()
    values = dict(act.values)
    assert ("submit", "feedback.send", "e1/feedback/2027-W02/p1") == (act.kind, act.verb, act.ref)
    assert {"good", "target", "going", "item", "due"} == set(values)
    assert values["going"] in ("1", "2", "3", "4", "5")
    assert values["item"] in ("a", "b")
    due = datetime.fromisoformat(str(values["due"])).date()
    assert due > MONDAY.date()
    assert works_on(ANA, due)
    assert "zq" in values["good"]


def test_a_form_is_mended_once() -> None:
    """What a form finds wrong is filled in again, as a figure where words were wrong; a second refusal ends it."""
    player, act = filled()
    (mended,) = player.answer(act, FixForm({"target": say("Please give a number.")}), MONDAY)
    assert dict(act.values)["good"] == dict(mended.values)["good"]
    assert "5" == dict(mended.values)["target"]
    assert () == player.answer(mended, FixForm({"target": say("Still no number.")}), MONDAY)


def test_events_are_what_a_platform_would_report() -> None:
    """An act becomes the event of its kind, with the person's address."""
    who = Address("sim", "p1")
    _, act = filled()
    assert Submitted(key="k", who=who, verb=act.verb, ref=act.ref, values=dict(act.values)) == act.event(
        "k", who
    )
    press = Act(at=MONDAY, kind="press", verb="v", ref="r", value="1", message="m")
    assert Pressed(key="k", who=who, verb="v", ref="r", value="1", message="m") == press.event("k", who)


def test_a_meeting_takes_its_time() -> None:
    """Whoever chairs a review goes on after some minutes at each stage, and the others answer within them."""
    player = Player(ANA, "well", "s1")
    begin = Card(say("Review"), (), (Button(say("Start"), "review.start", "r", style="primary"),))
    (start,) = (a for a in player.react(begin, MONDAY) if a.kind == "press")
    following = Card(say("Stage 1"), (), (Button(say("Next"), "review.next", "r", "1", style="primary"),))
    (press,) = player.answer(start, ReplaceCard(following), start.at)
    assert ("review.next", "1") == (press.verb, press.value)
    assert timedelta(minutes=9) < press.at - start.at < timedelta(minutes=20)
    rate = Card(say("Stage 1"), (Ask(say("Reached?"), "review.rate", "r/goals:1", SCALE, ("author",)),))
    (rated,) = (a for a in player.react(rate, MONDAY) if a.kind == "press")
    assert rated.at - MONDAY < timedelta(minutes=9)


def test_looking_around_changes_nothing() -> None:
    """A form or a card that a command brings is looked at and left, but for a call for help."""
    player = Player(ANA, "well", "s1")
    assert () == player.answer(Act(at=MONDAY, kind="command", verb="leave"), ShowForm(form()), MONDAY)
    assert 1 == len(player.answer(Act(at=MONDAY, kind="command", verb="help"), ShowForm(form()), MONDAY))


def test_a_renewed_part_is_gone_on_with_after_a_form() -> None:
    """A card that a closed form brings is read like any other."""
    player = Player(ANA, "well", "s1")
    act = Act(at=MONDAY, kind="submit", verb="x")
    (press,) = player.answer(act, CloseForm(say("Kept."), card(ask())), MONDAY)
    assert "checkin.tap" == press.verb
    assert () == player.answer(act, CloseForm(say("Kept.")), MONDAY)


_SAME = """
from tests.test_player import ANA, MONDAY, ask, card, form, filled
from adapters.sim.player import Player
from adapters.sim.people import company
from adapters.sim.transcript import canonical
print(canonical([Player(ANA, "well", "s").react(card(ask()), MONDAY), filled()[1].values,
    company(20, "s", MONDAY.date())]))
"""


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_players_and_people_do_not_depend_on_the_hash_seed(hash_seed: str) -> None:
    """The same seed gives the same acts, forms and company in another process with another PYTHONHASHSEED."""
    here = canonical(
        [
            Player(ANA, "well", "s").react(card(ask()), MONDAY),
            filled()[1].values,
            company(20, "s", MONDAY.date()),
        ]
    )
    there = subprocess.run(
        [sys.executable, "-c", _SAME],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    assert here == there.stdout.strip()


def test_nobody_mentors_a_person_they_lead() -> None:
    """In a made-up company a mentor has one to three mentees, leads none of them, and every pair has its people."""
    made = company(100, "s7", MONDAY.date())
    mentees: dict[str, int] = {}
    for pairing in made.pairings:
        mentees[pairing.mentor] = mentees.get(pairing.mentor, 0) + 1
        assert pairing.mentor not in (pairing.head, pairing.mentee)
        assert pairing.head == made.person(pairing.mentee).manager
        assert 2 == len(set(pairing.coordinators))
        assert pairing.start >= MONDAY.date()
    assert 100 == len(made.pairings)
    assert {1, 2, 3} == set(mentees.values())
    assert len({p.zone for p in made.people}) > 4
    assert any(p.leave for p in made.people)


# --- days ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "moment", "expected"),
    [
        (ANA, datetime(2027, 1, 11, 8, 0, tzinfo=UTC), True),
        (ANA, datetime(2027, 1, 11, 7, 59, tzinfo=UTC), False),
        (ANA, datetime(2027, 1, 11, 16, 0, tzinfo=UTC), False),
        (ANA, datetime(2027, 7, 12, 7, 0, tzinfo=UTC), True),  # summer time
        (ANA, datetime(2027, 2, 8, 10, 0, tzinfo=UTC), False),  # Prešeren Day
        (ANA, datetime(2027, 1, 9, 10, 0, tzinfo=UTC), False),  # Saturday
    ],
)
def test_working_hours_are_the_persons_own(person: Person, moment: datetime, expected: bool) -> None:
    """Somebody is at work in their own hours, on their own weekdays, not on their country's holidays."""
    assert expected == at_work(person, moment)


def test_working_hours_pass_over_leave_and_nights() -> None:
    """Nine working hours after Monday's opening, with Tuesday off, is an hour into Wednesday."""
    away = Person(
        id="p2",
        name="Eva",
        zone="Europe/Ljubljana",
        opens=time(9),
        closes=time(17),
        leave=(Span(datetime(2027, 1, 12, tzinfo=UTC).date(), datetime(2027, 1, 12, tzinfo=UTC).date()),),
    )
    assert datetime(2027, 1, 13, 9, 0, tzinfo=UTC) == after_work(away, MONDAY, 9)


# --- the channel, the transcript, the world --------------------------------------------------------


async def test_the_platform_remembers_what_it_truly_took() -> None:
    """A message taken without an answer has arrived; a throttled or lost one has not."""
    clock = Clockwork(MONDAY)
    delivery = Delivery(id="7", to=ANA, content=card(ask()))
    unsure = FakePlatform(clock, faults=Faults(seed="s", throttled=0, refused=0, taken_unsure=1))
    with pytest.raises(Unsure):
        await unsure.deliver(delivery)
    assert "p1-m1" == unsure.taken_as("7")
    assert ["p1"] == [a.to.id for a in unsure.take_fresh()]
    assert () == unsure.take_fresh()
    throttled = FakePlatform(clock, faults=Faults(seed="s", throttled=1))
    with pytest.raises(Throttled):
        await throttled.deliver(delivery)
    assert throttled.taken_as("7") is None


async def test_a_crash_after_sending_has_sent() -> None:
    """A process that dies right after sending has sent; one that dies before has not."""
    delivery = Delivery(id="7", to=ANA, content=card(ask()))
    for point, expected in ((1, None), (2, "p1-m1")):
        platform = FakePlatform(Clockwork(MONDAY), on_point=CrashAt({point}))
        with pytest.raises(Crash):
            await platform.deliver(delivery)
        assert expected == platform.taken_as("7")


def test_a_transcript_does_not_tell_who_was_first_within_an_instant() -> None:
    """Two transcripts agree where the same things happened at the same instants, and differ otherwise."""

    def signed(*lines: tuple[int, str]) -> str:
        transcript = Transcript()
        for minute, person in lines:
            transcript.took(MONDAY + timedelta(minutes=minute), person, "{}", "")
        return transcript.signature()

    assert signed((0, "p1"), (0, "p2"), (1, "p3")) == signed((0, "p2"), (0, "p1"), (1, "p3"))
    assert signed((0, "p1"), (1, "p2")) != signed((1, "p1"), (2, "p2"))
    assert signed((0, "p1")) != signed((0, "p1"), (0, "p1"))


class Asks:
    """A bot of this test: asks one question an hour after the start, thanks, and may die on the way."""

    def __init__(self, platform: FakePlatform, clock: Clockwork, kept: dict[str, str], die: CrashAt) -> None:
        self.platform, self.clock, self.kept, self.die = platform, clock, kept, die

    async def receive(self, event: Event) -> Reply:
        assert isinstance(event, Pressed)
        self.die("before commit")
        self.kept["answer"] = event.value
        return Note(say("Thank you."))

    async def tick(self) -> int:
        return 0

    async def deliver(self) -> int:
        if self.clock.now() < MONDAY + timedelta(hours=1) or "sent" in self.kept:
            return 0
        self.kept["sent"] = await self.platform.deliver(Delivery(id="1", to=ANA, content=card(ask())))
        return 1

    async def next_instant(self) -> datetime | None:
        return None if "sent" in self.kept else MONDAY + timedelta(hours=1)

    async def resolve(self) -> int:
        return 0

    def close(self) -> None:
        pass


@pytest.mark.parametrize("points", [(), (1,), (1, 2)])
async def test_the_world_plays_until_nothing_is_left(points: tuple[int, ...]) -> None:
    """The world goes from instant to instant, lets people answer, and starts a process that died again."""
    clock, kept, die = Clockwork(MONDAY), dict[str, str](), CrashAt(points)
    platform = FakePlatform(clock)

    async def start() -> Asks:
        die.revive()
        return Asks(platform, clock, kept, die)

    world = World(
        start=start,
        platform=platform,
        clock=clock,
        players={"p1": Player(ANA, "well", "s1")},
        transcript=Transcript(),
    )
    tally = await world.run(MONDAY + timedelta(days=30))
    assert (1, len(points), []) == (tally.acts, tally.crashes, tally.restless)
    assert kept["answer"] in "12345"
