"""What a coordinator changes for one pair: only theirs moves, nothing is sent again, history kept (FEATURES P16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.content import Button, Card, ChoiceField, Facts
from bot.facts import Pair, Person, StepChange
from bot.i18n import Reader
from bot.outcome import CloseForm, FixForm, Note, ShowCard, ShowForm
from flows import changes
from flows.agenda import agenda, phase_begins
from flows.programme import Programme, Step, When
from flows.scene import Desk
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, IRENA, MATEJ, PETER, at, pair, person, programme, second

REF = "enrolment:e1"


def note(step_id: str, phase: str, day: int) -> Step:
    """Return a word to both on a working day."""
    words = (("en", step_id.capitalize()),)
    return Step(
        id=step_id,
        phase=phase,
        kind="note",
        who=("mentee", "mentor"),
        when=When(day=day),
        title=words,
        text=(("", words),),
    )


STEPS = (note("hello", "first", 1), note("middle", "first", 10), note("later", "second", 20))


def plan(*steps: Step) -> Programme:
    """Return a programme of two phases; the second begins on working day 15."""
    whole = programme(*steps)
    return replace(whole, phases=tuple(replace(p, first_day=15 * n or 1) for n, p in enumerate(whole.phases)))


def opened(day: str = "2027-01-13", whole: Pair | None = None) -> Live:
    """Return a pair in its first week, looked at once."""
    live = Live(whole or pair(phase="first"), plan(*STEPS), at(day, 9))
    live.look()
    return live


def changed(live: Live, what: str, who: Person = IRENA, **values: str) -> object:
    """Let the coordinator send the form."""
    return live.submit(who, "pair.changed", REF, what=what, **values)


def day_of(live: Live, step: str) -> date | None:
    """Return the day that the plan has for a step, None where it has none."""
    plan = agenda(live.programme, live.pair.enrolment, live.scene().plan_calendar())
    return next((p.day for p in plan if p.step.id == step), None)


def wrong(reply: object) -> dict[str, str]:
    """Return what is to be mended, by field."""
    assert isinstance(reply, FixForm)
    return {key: Reader().text(words) for key, words in reply.errors.items()}


def options(live: Live) -> dict[str, list[str]]:
    """Return what the form offers, by field."""
    reply = live.press(IRENA, "pair.change", REF)
    assert isinstance(reply, ShowForm)
    return {f.key: [o.value for o in f.options] for f in reply.form.fields if isinstance(f, ChoiceField)}


# --- move, skip, add -------------------------------------------------------------------------------


def test_one_step_moves_and_nothing_else() -> None:
    """The others keep their days; who changed it and when is kept, and shown."""
    live = opened()
    before = [day_of(live, s) for s in ("hello", "later")]

    reply = changed(live, "move", step="middle", day="2027-01-29")

    assert isinstance(reply, CloseForm)
    assert reply.card is not None
    assert "Middle: on Friday 29 January" in read(reply.card)
    assert date(2027, 1, 29) == day_of(live, "middle")
    assert before == [day_of(live, s) for s in ("hello", "later")]
    assert [("move", "irena", live.now)] == [(c.kind, c.by, c.at) for c in live.pair.enrolment.changes]


def test_a_moved_step_is_sent_once_on_its_new_day() -> None:
    """Nothing that was sent is sent again."""
    live = opened("2027-01-11")
    changed(live, "move", step="middle", day="2027-01-29")
    live.look(at("2027-02-03"))

    assert ["hello", "middle"] == sorted({s.key.split("/")[1] for s in live.sends.values()})
    assert {at("2027-01-29", 8)} == {s.not_before for s in live.sends.values() if "/middle/" in s.key}


def test_a_step_is_left_out() -> None:
    """It never comes, and cannot be chosen again."""
    live = opened()

    changed(live, "skip", step="middle")

    assert None is day_of(live, "middle")
    assert ["later"] == options(live)["step"]
    live.look(at("2027-02-05"))
    assert not [s for s in live.sends if "/middle/" in s]


def test_a_step_is_added_with_its_own_words() -> None:
    """Both get it on its day."""
    live = opened()

    changed(live, "add", title="Bring the contract", day="2027-01-20")
    live.look(at("2027-01-21"))

    assert {"ana": "Bring the contract", "matej": "Bring the contract"} == {
        s.to: read(s.content).split("\n")[0] for s in live.sends.values() if "/added1/" in s.key
    }


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("move", {"step": "middle", "day": "2027-01-29"}),
        ("skip", {"step": "middle"}),
        ("add", {"title": "Bring it", "day": "2027-01-20"}),
        ("extend", {"weeks": "2"}),
    ],
)
def test_the_same_change_twice_is_one(what: str, values: dict[str, str]) -> None:
    """A form sent twice."""
    live = opened()
    changed(live, what, **values)
    before, sends = live.pair, len(live.sends)

    reply = changed(live, what, **values)

    assert isinstance(reply, CloseForm)
    assert (before, sends) == (live.pair, len(live.sends))


@pytest.mark.parametrize(
    ("what", "values", "field"),
    [
        ("", {}, "what"),
        ("burn", {}, "what"),
        ("move", {"step": "hello", "day": "2027-01-29"}, "step"),
        ("move", {"step": "nothing", "day": "2027-01-29"}, "step"),
        ("move", {"step": "middle"}, "day"),
        ("move", {"step": "middle", "day": "soon"}, "day"),
        ("move", {"step": "middle", "day": "2027-01-12"}, "day"),
        ("move", {"step": "middle", "day": "2027-01-30"}, "day"),
        ("move", {"step": "middle", "day": "2029-01-30"}, "day"),
        ("add", {"day": "2027-01-29"}, "title"),
        ("skip", {"step": "hello"}, "step"),
        ("extend", {}, "weeks"),
        ("extend", {"weeks": "40"}, "weeks"),
        ("start", {"day": "2027-01-18"}, "day"),
    ],
)
def test_what_cannot_be_changed_is_asked_again(what: str, values: dict[str, str], field: str) -> None:
    """By field, with the fix; nothing is stored."""
    live = opened()
    before = live.pair

    assert [field] == list(wrong(changed(live, what, **values)))
    assert before == live.pair


def test_an_error_names_the_place_and_the_fix() -> None:
    """A day off, a day that is over, a start that has begun."""
    live = opened()

    assert (
        "Nobody works on Saturday 30 January. Pick another day; the rest is kept."
        in wrong(changed(live, "move", step="middle", day="2027-01-30")).values()
    )
    assert (
        "The programme has begun, so its start stays. Use a pause or move single steps."
        in wrong(changed(live, "start", day="2027-01-18")).values()
    )
    early = opened("2027-01-04", pair())
    assert (
        "That date is before the programme starts (Monday 11 January). Pick a later one; the rest is kept."
        in wrong(changed(early, "move", step="middle", day="2027-01-08")).values()
    )


# --- extend ----------------------------------------------------------------------------------------


def test_a_phase_is_extended_and_what_follows_moves() -> None:
    """Its own steps stay, the next phase begins two weeks later, and the two are told."""
    live = opened()
    sends = len(live.sends)

    reply = changed(live, "extend", weeks="2")

    assert isinstance(reply, CloseForm)
    assert reply.card is not None
    assert "A phase: 2 weeks longer" in read(reply.card)
    assert (date(2027, 1, 22), date(2027, 2, 19)) == (day_of(live, "middle"), day_of(live, "later"))
    told = list(live.sends.values())[sends:]
    assert ["ana", "matej"] == sorted(s.to for s in told)
    assert "“A phase” takes 2 weeks longer. Everything after it moves along." in read(told[0].content)


def test_two_extensions_add_up() -> None:
    """Decided on different days, they are two."""
    live = opened()
    changed(live, "extend", weeks="1")
    live.now = at("2027-01-15", 9)
    changed(live, "extend", weeks="1")

    assert date(2027, 2, 19) == day_of(live, "later")


def test_only_a_phase_that_runs_and_is_not_the_last_is_extended() -> None:
    """Before the start and in the last phase the form does not offer it."""
    assert "extend" in options(opened())["what"]
    assert "extend" not in options(opened("2027-01-04", pair(phase="first")))["what"]
    assert "extend" not in options(opened("2027-02-10", pair(phase="second")))["what"]


def test_the_phases_follow() -> None:
    """What an extension pushes, the time plan shows."""
    live = opened()
    begins = dict(phase_begins(live.programme, live.pair.enrolment, live.scene().plan_calendar()))
    changed(live, "extend", weeks="2")
    after = dict(phase_begins(live.programme, live.pair.enrolment, live.scene().plan_calendar()))

    assert (0, 14) == ((after["first"] - begins["first"]).days, (after["second"] - begins["second"]).days)


# --- another start ---------------------------------------------------------------------------------


def test_another_start_moves_everything_and_whoever_knew_the_old_one_hears_it() -> None:
    """By e-mail the newcomer, in chat the others; who was told nothing yet is told nothing."""
    live = Live(pair(), plan(note("guide", "first", -5), *STEPS), at("2027-01-05", 9))
    live.look()
    sends = len(live.sends)

    changed(live, "start", day="2027-01-18")

    assert (date(2027, 1, 18), date(2027, 1, 18)) == (live.pair.enrolment.start, day_of(live, "hello"))
    told = list(live.sends.values())[sends:]
    assert [("ana", "change", True), ("matej", "change", False)] == sorted(
        (s.to, s.kind, s.mail) for s in told
    )
    assert "The start moves from Monday 11 January to Monday 18 January" in read(told[0].content)
    live.look(at("2027-01-12"))
    assert not [s for s in live.sends if "/hello/" in s]
    live.look(at("2027-01-19"))
    assert {at("2027-01-18", 8)} == {s.not_before for s in live.sends.values() if "/hello/" in s.key}


def test_the_start_it_has_is_no_change() -> None:
    """Nobody hears of it."""
    live = Live(pair(), plan(note("guide", "first", -5), *STEPS), at("2027-01-05", 9))
    live.look()
    sends = len(live.sends)

    changed(live, "start", day="2027-01-11")

    assert sends == len(live.sends)


# --- who may, and what is shown --------------------------------------------------------------------


@pytest.mark.parametrize("who", [ANA, MATEJ, PETER])
def test_only_a_coordinator_changes_the_plan(who: Person) -> None:
    """Mentee and mentor have a pause of their own."""
    live = opened()
    before = live.pair

    assert isinstance(live.press(who, "pair.change", REF), Note)
    assert isinstance(changed(live, "skip", who, step="middle"), Note)
    assert before == live.pair


def test_after_the_end_nothing_changes_and_nothing_is_offered() -> None:
    """An open form says so; the card has no buttons."""
    live = opened()
    live.pair = replace(live.pair, enrolment=replace(live.pair.enrolment, state="stopped"))

    assert isinstance(changed(live, "skip", step="middle"), CloseForm)
    assert isinstance(live.press(IRENA, "pair.change", REF), Note)
    card = changes.pair_card(live.scene(IRENA))
    assert () == card.buttons
    assert "ended" in [Reader().text(v) for b in card.blocks if isinstance(b, Facts) for _, v in b.rows]


def test_the_card_of_a_pair_leads_to_every_change() -> None:
    """The plan, a pause, and a case by hand."""
    card = changes.pair_card(opened().scene(IRENA))

    assert ["pair.change", "care.ask_pause", "case.new"] == [
        b.verb for b in card.buttons if isinstance(b, Button)
    ]


def test_a_change_from_another_version_of_the_programme_is_still_shown() -> None:
    """By the id it had."""
    gone = StepChange(kind="skip", step="forgotten", by="irena", at=at("2027-01-12"))
    live = opened("2027-01-13", pair(phase="first", changes=(gone,)))

    assert "forgotten: left out" in read(changes.pair_card(live.scene(IRENA)))


def command(text: str, *scenes: object) -> Card:
    """Return the answer to the word."""
    desk = Desk(me=IRENA, scenes=tuple(scenes), now=at("2027-01-13", 9))  # type: ignore[arg-type]
    reply = changes.command(desk, text).reply
    assert isinstance(reply, ShowCard)
    return reply.card


def test_the_word_shows_the_one_pair_that_is_meant_or_a_list() -> None:
    """By name the one; where a name fits several, those."""
    one = opened().scene(IRENA)
    bor = pair(phase="first", seats={"mentee": (person("Bor"),), "mentor": (MATEJ,), "coordinator": (IRENA,)})
    other = second(opened("2027-01-13", bor).scene(IRENA))

    assert "Ana and Matej" == read(command("ana", one, other)).split("\n")[0]
    assert "Ana and Matej" == read(command("", one)).split("\n")[0]
    assert ["Ana and Matej: A phase", "Bor and Matej: A phase"] == read(command("matej", one, other)).split(
        "\n"
    )[1:3]
    desk = Desk(me=IRENA, scenes=(one, other), now=at("2027-01-13", 9))
    assert isinstance(changes.command(desk, "Zoran").reply, Note)
    assert isinstance(changes.command(Desk(me=IRENA, scenes=(), now=desk.now), "").reply, Note)
