"""Everybody's home, on any day of the six months: the next thing first, and nothing that others said in confidence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.calendar import Span
from bot.content import Ask, Button, Card, Checklist, Home, Link, say
from bot.events import Address, HomeOpened, Said
from bot.facts import Answer, Enrolment, Meeting, Passed, Person
from bot.outcome import ShowCard, ShowHome
from bot.shipped import shipped
from flows.home import home
from flows.scene import Desk
from tests.live import Live
from tests.living import Life
from tests.meetings import meeting_step, read
from tests.scenes import ANA, BREDA, BY_ROLE, IRENA, IVO, MATEJ, PETER, at, pair, person, programme

START = date(2027, 1, 11)
EVERYBODY = (ANA, MATEJ, PETER, IRENA, IVO, BREDA)
DAYS = {
    "day -5": datetime(2027, 1, 4, 12, tzinfo=UTC),
    "day 1": datetime(2027, 1, 11, 12, tzinfo=UTC),
    "week 3": datetime(2027, 1, 28, 15, tzinfo=UTC),
    "month 4": datetime(2027, 4, 20, 12, tzinfo=UTC),
}


async def opened(life: Life, who: Person) -> Home:
    """Open somebody's home."""
    life._presses += 1
    answered = await life.app.receive(HomeOpened(key=f"home{life._presses}", who=Address("test", who.id)))
    assert isinstance(answered.reply, ShowHome)
    return answered.reply.home


def titles(shown: Home) -> list[str]:
    """Return the titles of a home's cards as they are read."""
    return [read(replace(card, blocks=())) for card in shown.cards]


def words(shown: Home) -> str:
    """Return all that a home says, as one text to search in."""
    return repr(shown)


async def lived(url: str) -> dict[str, dict[str, Home]]:
    """Live six months in which much is said in confidence, and return everybody's home on some of the days."""
    life = Life(url)
    await life.enrol(shipped()["onboarding"], BY_ROLE, START)
    homes = {}
    for name, moment in DAYS.items():
        await life.until(moment)
        if name == "week 3":
            await _say_things(life)
        homes[name] = {p.id: await opened(life, p) for p in EVERYBODY}
    await life.until(datetime(2027, 7, 12, 12, tzinfo=UTC))
    await life.press("irena", "closing.finish", "enrolment:e1")
    await life.until(datetime(2027, 7, 13, 12, tzinfo=UTC))
    homes["closed"] = {p.id: await opened(life, p) for p in EVERYBODY}
    assert "closed" == (await life.pair()).enrolment.state
    await life.close()
    return homes


async def _say_things(life: Life) -> None:
    """Say something of every private kind, each with a mark that nothing else has; and hand over a document."""
    await life.press("matej", "checklist.tick", "step:e1/documents/once", "1:done")
    ref = "step:e1/checkin/2027-W04"
    for question in ("process", "relationship", "progress"):
        await life.press("ana", "checkin.tap", f"{ref}/{question}", "2")
    await life.submit("ana", "checkin.tell", ref, words="zqana", ticks=("no_time", "disagree"))
    await life.press("ana", "fit.tap", "step:e1/fit/once", "talk")
    await life.submit("ana", "help.send", "help:e1", words="zqhelp", hurry="no")
    await life.submit(
        "matej", "feedback.keep", "step:e1/feedback/2027-W04", good="zqgood", going="2", ticks=("overload",)
    )


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Home]]:
    """Everybody's home on five days of one onboarding."""
    return asyncio.run(lived(f"sqlite:///{tmp_path_factory.mktemp('homes')}/h.db"))


Homes = dict[str, dict[str, Home]]


def test_whatever_the_day_everybody_has_a_home_with_the_next_thing_first(homes: Homes) -> None:
    """Five days, six people: a home each, which begins with what is next and has no empty card."""
    assert 5 * len(EVERYBODY) == sum(len(by_person) for by_person in homes.values())
    for day, by_person in homes.items():
        for who, shown in by_person.items():
            assert "Next" == titles(shown)[0], (day, who)
            assert all(c.blocks or c.buttons for c in shown.cards), (day, who)


def test_every_home_has_the_help_button(homes: Homes) -> None:
    """One press away, on each day, for everybody."""
    without = [
        (day, who)
        for day, by_person in homes.items()
        for who, shown in by_person.items()
        if not any(isinstance(b, Button) and b.verb == "help.ask" for c in shown.cards for b in c.buttons)
    ]

    assert [] == without


def test_a_home_fits_the_smallest_platform(homes: Homes) -> None:
    """Slack takes a hundred blocks."""
    for by_person in homes.values():
        for shown in by_person.values():
            assert sum(2 + len(card.blocks) for card in shown.cards) <= 100


def test_nobodys_home_shows_what_others_said_in_confidence(homes: Homes) -> None:
    """Words for nobody stay with their author, help with HR, feedback between those whom it concerns."""
    seen = {
        mark: {
            who for by_person in homes.values() for who, shown in by_person.items() if mark in words(shown)
        }
        for mark in ("zqana", "zqhelp", "zqgood", "asks for help", "would like to talk")
    }

    # The feedback is on the mentee's home alone: the head opens it as it was passed on. A case may climb to Ivo.
    assert {"zqana": set(), "zqhelp": set(), "zqgood": {"ana"}} == {
        m: seen[m] for m in ("zqana", "zqhelp", "zqgood")
    }
    assert {"irena"} <= seen["asks for help"] <= {"irena", "ivo"}
    assert {"irena"} <= seen["would like to talk"] <= {"irena", "ivo"}


def test_before_it_starts_the_mentor_chooses_the_times_on_the_home(homes: Homes) -> None:
    """The first meeting and the lunch wait for the mentor's tap, the coffee for the director's."""
    chosen = {
        who: [b.ref for c in shown.cards for b in c.blocks if isinstance(b, Ask) and b.verb == "meeting.take"]
        for who, shown in homes["day -5"].items()
    }

    assert ["meeting:e1/first_meeting/once", "meeting:e1/lunch/once"] == chosen["matej"]
    assert ["meeting:e1/director_coffee/once"] == chosen["breda"]
    assert [] == chosen["ana"] + chosen["peter"]


def test_mentee_and_mentor_have_plan_goals_tasks_agreement_and_documents(homes: Homes) -> None:
    """From day 1 on, and the mentee also what they got and what was passed on."""
    both = {
        "Goals",
        "Plan",
        "Tasks",
        "How we work together",
        "Documents and lists",
        "Time plan: Ana and Matej",
    }

    for who in ("ana", "matej"):
        assert both <= set(titles(homes["day 1"][who])), who
    assert {"Feedback you got"} <= set(titles(homes["month 4"]["ana"]))
    assert "Feedback you got" not in titles(homes["month 4"]["matej"])


def test_the_head_sees_the_work_and_the_director_only_who_comes(homes: Homes) -> None:
    """The head has plan, goals, documents and a word back; the director the newcomer's name, position and day."""
    assert {"Time plan: Ana and Matej", "Goals", "Plan", "Documents and lists", "Passed on"} <= set(
        titles(homes["month 4"]["peter"])
    )
    assert "How we work together" not in titles(homes["month 4"]["peter"])
    assert ["Next", "Ana, Analyst"] == [
        t for t in titles(homes["month 4"]["breda"]) if t != "Coffee with Breda"
    ]


def test_the_coordinator_has_cases_and_the_pair(homes: Homes) -> None:
    """What waits, and the pair with the ways to change its plan."""
    shown = titles(homes["week 3"]["irena"])

    assert any("open case" in title for title in shown)
    assert "Ana and Matej" in shown


def test_after_the_end_a_home_can_be_read_and_nothing_on_it_asks_for_anything(homes: Homes) -> None:
    """No step is open, nothing can be ticked, and only help and what the head got can be pressed."""
    for who in ("ana", "matej", "peter", "breda"):
        shown = homes["closed"][who]
        verbs = {b.verb for c in shown.cards for b in c.buttons if isinstance(b, Button)}
        items = [i.verb for c in shown.cards for b in c.blocks if isinstance(b, Checklist) for i in b.items]
        assert verbs <= {"help.ask", "heads.what"}, (who, verbs)
        assert set(items) <= {""}, who
    assert "The programme is over. What came of it stays here." in read(homes["closed"]["ana"].cards[0])


# --- on one desk, without a store ------------------------------------------------------------------


TALK = meeting_step("talk", day=3)


def desk(live: Live, who: Person) -> Desk:
    """Return a person's desk with the one pair."""
    return Desk(me=live.pair.person(who.id), scenes=(live.scene(live.pair.person(who.id)),), now=live.now)


def shown(live: Live, who: Person) -> Home:
    """Return a person's home."""
    reply = home(desk(live, who))
    assert isinstance(reply, ShowHome)
    return reply.home


def fixed(**more: object) -> Meeting:
    """Return a talk that is fixed for Wednesday."""
    made = Meeting(
        id="e1/talk/once", enrolment="e1", step="talk", occurrence="once", people=("ana", "matej"),
        minutes=30, state="fixed", starts_at=at("2027-01-13"), link="https://rooms.example.org/m",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_next_meeting_has_its_link() -> None:
    """Whoever comes late to a talk finds the room on the home; in person there is no room."""
    live = Live(pair(fixed()), programme(TALK), at("2027-01-12"))

    first = shown(live, ANA).cards[0]
    assert "Wed 13 Jan, 10:00: Talk" in read(first)
    assert [Link] == [type(b) for block in first.blocks for b in getattr(block, "buttons", ())]
    assert "Talk" not in read(shown(live, PETER).cards[0])
    live.pair = pair(fixed(in_person=True))
    assert [] == [b for block in shown(live, ANA).cards[0].blocks for b in getattr(block, "buttons", ())]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"leave": (Span(date(2027, 1, 12), date(2027, 1, 14)),)}, "you are on leave"),
        ({"snoozed_until": at("2027-01-14")}, "as you asked"),
    ],
)
def test_the_home_says_why_it_is_quiet(changed: dict[str, object], said: str) -> None:
    """Leave and snooze are said, to the one whose they are alone."""
    away = replace(ANA, **changed)  # type: ignore[arg-type]
    live = Live(pair(seats={**BY_ROLE, "mentee": (away,)}), programme(TALK), at("2027-01-12"))

    assert said in read(shown(live, away).cards[0])
    assert said not in read(shown(live, MATEJ).cards[0])


def test_a_pair_that_rests_says_until_when() -> None:
    """Both read it."""
    live = Live(pair(pauses=(Span(date(2027, 1, 11), date(2027, 1, 20)),)), programme(TALK), at("2027-01-12"))

    for who in (ANA, MATEJ):
        assert "The programme rests until Wednesday 20 January is over." in read(shown(live, who).cards[0])


def test_the_last_three_of_four_feedbacks_are_shown_newest_first() -> None:
    """What the mentor wrote stays with the mentee, as it was written."""
    given = tuple(
        Answer(
            id=f"e1/feedback/2027-W0{n}/matej/good", enrolment="e1", step="feedback", occurrence=f"2027-W0{n}",
            person="matej", field="good", kind="feedback", value=f"Word {n}",
            seen_by=("author", "mentee", "coordinator"), at=at(f"2027-01-{n + 10}"), about="ana",
        )
        for n in (2, 3, 4, 5)
    )  # fmt: skip
    live = Live(pair(*given), programme(TALK), at("2027-02-12"))

    card = next(c for c in shown(live, ANA).cards if "Feedback you got" in read(c))

    said = read(card)
    assert ["Word 5", "Word 4", "Word 3"] == sorted(
        (w for w in ("Word 2", "Word 3", "Word 4", "Word 5") if w in said), key=said.index
    )


def test_the_mentee_opens_exactly_what_the_head_received() -> None:
    """The home leads to it; the head's own home leads to the same record."""
    passed = Passed(
        id="e1/digest/2027-W03.ana", enrolment="e1", week="2027-W03", card=Card(say("Talk")), at=at("2027-01-22")
    )  # fmt: skip
    live = Live(pair(passed), programme(TALK), at("2027-01-25"))

    refs = {
        who.id: [b.ref for c in shown(live, who).cards for b in c.buttons if isinstance(b, Button) and b.verb == "heads.what"]
        for who in (ANA, PETER, MATEJ)
    }  # fmt: skip
    assert {"ana": [f"passed:{passed.id}"], "peter": [f"passed:{passed.id}"], "matej": []} == refs


def test_of_several_pairs_a_home_shows_the_essence_and_help_for_each() -> None:
    """A mentor of four finds all four, and help that is about the right one."""
    scenes = []
    for n, name in enumerate(("Ana", "Bor", "Cene", "Dora"), 1):
        whole = pair(seats={"mentee": (person(name),), "mentor": (MATEJ,), "coordinator": (IRENA,)})
        moved = replace(whole, enrolment=replace(whole.enrolment, id=f"e{n}"))
        scenes.append(Live(moved, programme(TALK), at("2027-01-12")).scene(MATEJ))
    reply = home(Desk(me=MATEJ, scenes=tuple(scenes), now=at("2027-01-12")))
    assert isinstance(reply, ShowHome)

    found = titles(reply.home)
    assert [f"Time plan: {n} and Matej" for n in ("Ana", "Bor", "Cene", "Dora")] == [
        t for t in found if t.startswith("Time plan")
    ]
    assert ["help:e1", "help:e2", "help:e3", "help:e4"] == [
        b.ref for c in reply.home.cards for b in c.buttons if isinstance(b, Button) and b.verb == "help.ask"
    ]


def test_who_is_in_no_programme_reads_so() -> None:
    """A home is never an error."""
    reply = home(Desk(me=ANA, scenes=(), now=at("2027-01-12")))

    assert isinstance(reply, ShowHome)
    assert "You are in no programme at the moment." in read(reply.home.cards[0])


def test_the_bare_word_shows_what_is_next_with_the_words_one_can_use(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Writing nothing but the bot's name is answered from all that is known, not with an error."""

    async def say_nothing() -> str:
        life = Life(f"sqlite:///{tmp_path}/w.db")
        await life.enrol(shipped()["onboarding"], BY_ROLE, START)
        await life.until(DAYS["day -5"])
        answered = await life.app.receive(Said(key="s", who=Address("test", "matej"), text=""))
        await life.close()
        assert isinstance(answered.reply, ShowCard)
        return read(answered.reply.card)

    assert "Open: Ready for Ana?" in asyncio.run(say_nothing())


def test_a_home_is_a_picture_and_changes_nothing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Opening it writes no record and sends nothing: only the key of the visit is remembered."""

    async def look() -> tuple[Enrolment, Enrolment, int]:
        life = Life(f"sqlite:///{tmp_path}/h.db")
        await life.enrol(shipped()["onboarding"], BY_ROLE, START)
        await life.until(DAYS["day 1"])
        before, messages = (await life.pair()).enrolment, len(life.box.messages)
        await opened(life, ANA)
        await life.app.settle()
        after = (await life.pair()).enrolment
        await life.close()
        return before, after, len(life.box.messages) - messages

    before, after, sent = asyncio.run(look())

    assert (before, 0) == (after, sent)
