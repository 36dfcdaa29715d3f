"""What is only told: guides, notes, and the tour for whoever wants one (FEATURES P1, P2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.content import Button, Card, Facts, GroupIntro
from bot.facts import Meeting
from bot.i18n import Reader
from bot.outcome import Note, ReplaceCard, ShowCard
from flows import guide
from flows.programme import Step, When
from flows.scene import Desk
from tests.live import Live
from tests.meetings import meeting_step, read, verbs
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER, START, at, pair, programme
from tests.test_flow_ready import TOUR

GUIDE = Step(
    id="guide",
    phase="phase",
    kind="guide",
    who=("mentee", "mentor"),
    when=When(day=-5),
    title=(("en", "Welcome to {company}"),),
    text=(("", (("en", "On {start} we begin, {mentor} and {coordinator} with you."),)),),
    options=(
        ("sections", ((("title", (("en", "Duties"),)), ("text", (("en", "Ask, try, say."),))),)),
        ("mail", True),
    ),
)
TALK = meeting_step("talk", day=1)
REF = "step:e1/guide/once"
FIXED = Meeting(
    id="e1/talk/once", enrolment="e1", step="talk", occurrence="once", people=("ana", "matej"), minutes=30,
    state="fixed", starts_at=at("2027-01-11", 9),
)  # fmt: skip


def opened(step: Step = GUIDE, day: str = "2027-01-05", **more: object) -> Live:
    """Return a pair to whom the guide was just sent."""
    live = Live(pair(FIXED, **more), programme(step, TALK), at(day, 9))
    live.look()
    return live


def facts(card: object) -> list[str]:
    """Return the rows of names and dates."""
    assert isinstance(card, Card)
    reader = Reader(zone="Europe/Ljubljana")
    return [
        f"{reader.text(a)}: {reader.text(b)}" for f in card.blocks if isinstance(f, Facts) for a, b in f.rows
    ]


def test_a_newcomer_gets_the_whole_guide_by_mail_the_others_a_page_in_chat() -> None:
    """Names, dates and sections in the mail; in chat a first page with a way to read on."""
    sends = {s.to: s for s in opened().sends.values()}

    assert (True, False) == (sends["ana"].mail, sends["matej"].mail)
    assert "Ask, try, say." in read(sends["ana"].content)
    assert "Ask, try, say." not in read(sends["matej"].content)
    assert ["guide.read"] == verbs(sends["matej"].content)
    assert "On Monday 11 January we begin, Matej and Irena with you." in read(sends["ana"].content)
    assert ["Mentor: Matej", "Head: Peter", "HR: Irena", "Talk: Mon 11 Jan, 10:00"] == facts(
        sends["ana"].content
    )


def test_who_moved_or_has_begun_reads_it_in_chat() -> None:
    """They have an account."""
    for live in (opened(moved=True), opened(replace(GUIDE, when=When(day=1)), day="2027-01-11")):
        assert {False} == {s.mail for s in live.sends.values()}


def test_reading_on_shows_the_sections_in_place() -> None:
    """Only for whoever the guide was sent to."""
    live = opened()

    reply = live.press(MATEJ, "guide.read", REF)

    assert isinstance(reply, ReplaceCard)
    assert "Ask, try, say." in read(reply.card)
    assert isinstance(live.press(PETER, "guide.read", REF), Note)


def test_a_guide_asks_for_nothing() -> None:
    """It is done as soon as it is sent, so nobody is ever reminded of it."""
    live = opened()

    assert {"done"} == {s.state for s in live.pair.steps if s.step == "guide"}


def test_a_note_speaks_to_each_by_their_role() -> None:
    """The director's words are not the head's."""
    note = Step(
        id="told",
        phase="phase",
        kind="note",
        who=("head", "director"),
        when=When(day=-5),
        title=(("en", "{mentee} begins"),),
        text=(("head", (("en", "For the head."),)), ("director", (("en", "For the director."),))),
    )
    live = Live(pair(), programme(note), at("2027-01-05", 9))
    live.look()

    assert {"peter": "Ana begins\nFor the head.", "breda": "Ana begins\nFor the director."} == {
        s.to: read(s.content) for s in live.sends.values()
    }


def introduction(*texts: tuple[str, str]) -> Live:
    """Return a pair to whom a note for both was just sent, with these words by role."""
    note = Step(
        id="hello",
        phase="phase",
        kind="note",
        who=("mentee", "mentor"),
        when=When(day=-5),
        title=(("en", "{mentee} and {mentor}"),),
        text=tuple((role, (("en", words),)) for role, words in texts),
        options=(("together", True),),
    )
    live = Live(pair(), programme(note), at("2027-01-05", 9))
    live.look()
    return live


def test_a_note_for_all_together_is_one_introduction() -> None:
    """Each of them has a message, and all have the same in it, so that one can stand for all."""
    contents = {s.to: s.content for s in introduction(("", "The two of you begin.")).sends.values()}

    assert {"ana", "matej"} == set(contents)
    assert contents["ana"] == contents["matej"]
    content = contents["ana"]
    assert isinstance(content, GroupIntro)
    assert (("ana", "matej"), "Ana and Matej\nThe two of you begin.") == (content.people, read(content.card))


def test_words_for_one_are_never_read_by_the_other() -> None:
    """Where the words differ by role, each has a card."""
    sends = introduction(("mentee", "For you, Ana."), ("mentor", "For you, Matej.")).sends

    assert {"ana": "Ana and Matej\nFor you, Ana.", "matej": "Ana and Matej\nFor you, Matej."} == {
        s.to: read(s.content) for s in sends.values()
    }


# --- the tour --------------------------------------------------------------------------------------


def toured(at_ease: bool | None) -> Live:
    """Return a pair on the first morning."""
    whole = pair()
    whole = replace(
        whole, people=tuple(replace(p, at_ease=at_ease) if p.id == "ana" else p for p in whole.people)
    )
    live = Live(whole, programme(TOUR), at(START.isoformat(), 9))
    live.look()
    return live


def test_the_tour_comes_to_whoever_is_not_at_ease() -> None:
    """Nobody else gets it, and that is recorded."""
    assert [1, 0, 0] == [len(toured(ease).sends) for ease in (False, True, None)]
    assert ["nothing to say"] == [s.why for s in toured(True).pair.steps]


def test_page_by_page_to_the_end_or_out_at_any_page() -> None:
    """Next turns the page, Done ends it, “I know this” ends it at once; an old page can be pressed again."""
    live = toured(False)
    ref = "step:e1/tour/once"

    second = live.press(ANA, "tour.next", ref, "1")
    assert isinstance(second, ReplaceCard)
    assert "Page 2 of 2" in read(second.card)
    assert ["open"] == [s.state for s in live.pair.steps]
    (done,) = [b for b in second.card.buttons if isinstance(b, Button)]
    live.press(ANA, done.verb, done.ref, done.value)
    assert ["done"] == [s.state for s in live.pair.steps]
    before = live.pair
    live.press(ANA, "tour.next", ref, "known")
    assert before == live.pair


def test_whoever_asks_gets_the_tour_again() -> None:
    """As its last card says; mentors and directors too, and no step of theirs is needed for it."""
    live = toured(True)

    for who in (ANA, MATEJ, BREDA, IRENA):
        desk = Desk(me=who, scenes=(live.scene(who),), now=live.now)
        shown = guide.command(desk, "").reply
        assert isinstance(shown, ShowCard)
        following = next(b for b in shown.card.buttons if isinstance(b, Button))
        assert isinstance(live.press(who, following.verb, following.ref, following.value), ReplaceCard)


def test_a_programme_without_a_tour_says_so() -> None:
    """And whoever is in no programme reads the same."""
    live = opened()

    assert isinstance(guide.command(Desk(me=ANA, scenes=(live.scene(ANA),), now=live.now), "").reply, Note)
    assert isinstance(live.press(ANA, "tour.next", REF, "1"), Note)


def test_a_letter_of_the_first_days_times_comes_only_where_there_is_one() -> None:
    """With a time fixed it names it; without any nothing is sent."""
    letter = replace(GUIDE, who=("mentee",), options=(*GUIDE.options, ("needs_times", True)))
    assert "Talk: Mon 11 Jan, 10:00" in facts(next(iter(opened(letter).sends.values())).content)

    bare = Live(pair(), programme(letter, TALK), at("2027-01-05", 9))
    bare.look()
    assert [] == [s for s in bare.sends.values() if s.to == "ana"]
    assert "nothing to say" == next(s.why for s in bare.pair.steps if s.step == letter.id)


def test_who_begins_on_a_day_off_reads_of_the_first_day_of_work() -> None:
    """A contract that begins on a Saturday: the letter, and all that names the start, say Monday."""
    live = Live(pair(start=date(2027, 1, 9)), programme(GUIDE, TALK), at("2027-01-05", 9))
    live.look()
    assert "On Monday 11 January we begin" in read(
        next(s.content for s in live.sends.values() if s.to == "ana")
    )
