"""How the two work together: ready-made, agreed by both, changeable, and nobody agrees to words they did not see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.sim.transcript import canonical
from bot.content import Button, Card, Facts, Role
from bot.events import Address, Submitted
from bot.facts import Pair, Person
from bot.i18n import Reader
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, ShowCard, ShowForm, Unsend
from flows import agreement
from flows.programme import Step, When
from flows.scene import Desk
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, IRENA, IVO, MATEJ, PETER, at, pair, person, programme, second

STEP = Step(
    id="agreement",
    phase="phase",
    kind="agreement",
    who=("mentee", "mentor"),
    when=When(day=1),
    title=(("en", "Working together"),),
    text=(("", (("en", "A suggestion to start from."),)),),
    options=(
        ("purpose", (("en", "{mentee} finds into the work."),)),
        ("rhythm", (("en", "Weekly."),)),
        ("channels", (("en", "Chat."),)),
        ("confidential", (("en", "{mentor} keeps the rest."),)),
        ("reply_hours", 8),
    ),
)
REF = "agreement:e1/agreement"
WHOLE = {
    "purpose": "To learn",
    "rhythm": "Weekly",
    "channels": "Chat",
    "reply_hours": "16",
    "confidential": "All",
}
BOR = person("Bor")
GROUP: dict[Role, tuple[Person, ...]] = {"mentee": (ANA, BOR), "mentor": (MATEJ,), "coordinator": (IRENA,)}


def opened(whole: Pair | None = None) -> Live:
    """Return a pair on its first afternoon, with the agreement before both."""
    live = Live(whole or pair(), programme(STEP), at("2027-01-11", 15))
    live.look()
    return live


def card_for(live: Live, who: Person) -> Card:
    """Return the agreement as somebody sees it now."""
    return agreement.agreement_card(live.scene(who), who)


def agree(live: Live, who: Person, card: Card | None = None) -> object:
    """Tap “agreed” on a card, the present one if none is given."""
    shown = card or card_for(live, who)
    value = next(b.value for b in shown.buttons if isinstance(b, Button) and b.verb == "agreement.agree")
    return live.press(who, "agreement.agree", REF, value)


def values(card: Card) -> list[str]:
    """Return what the agreement says, line by line."""
    return [Reader().text(value) for b in card.blocks if isinstance(b, Facts) for _, value in b.rows]


def test_it_begins_with_a_suggestion_that_names_the_two() -> None:
    """The programme's text with the names in it; nothing is stored until somebody does something."""
    live = opened()

    assert [
        "Ana finds into the work.",
        "Weekly.",
        "Chat.",
        "8 working hours",
        "Matej keeps the rest.",
    ] == values(card_for(live, ANA))
    assert () == live.pair.agreements
    assert {"ana", "matej"} == {s.to for s in live.sends.values()}


def test_when_both_have_agreed_the_first_one_hears_it() -> None:
    """Each tap ends the step of who tapped; the second brings the good news to the first."""
    live = opened()

    agree(live, ANA)
    assert {"ana": "done", "matej": "open"} == {s.person: s.state for s in live.pair.steps}
    agree(live, MATEJ)

    assert {"done"} == {s.state for s in live.pair.steps}
    assert ("ana", "matej") == live.pair.agreements[0].agreed
    news = [s for s in live.sends.values() if s.kind == "info"]
    assert ["ana"] == [s.to for s in news]
    assert "Agreed by both of you." in read(news[0].content)


def test_two_mentees_of_the_same_name_are_two_pieces_of_good_news() -> None:
    """Their mentor reads of each."""
    told = []
    for mentee in (person("Bor"), replace(person("Bor"), id="bor2")):
        live = opened(pair(seats={"mentee": (mentee,), "mentor": (MATEJ,), "coordinator": (IRENA,)}))
        agree(live, MATEJ)
        agree(live, mentee)
        told += [s.content for s in live.sends.values() if s.kind == "info" and s.to == "matej"]

    assert (2, 2) == (len(told), len({canonical(content) for content in told}))


def test_agreeing_twice_changes_nothing() -> None:
    """The second press shows how things stand."""
    live = opened()
    first = card_for(live, ANA)
    agree(live, ANA, first)
    before, sends = live.pair, len(live.sends)

    reply = agree(live, ANA, first)

    assert isinstance(reply, ReplaceCard)
    assert (before, sends) == (live.pair, len(live.sends))


def test_the_partners_card_follows_in_silence() -> None:
    """Whoever has not tapped yet sees that the other has."""
    live = opened()
    agree(live, ANA)

    (update,) = [s for s in live.sends.values() if s.kind == "update"]
    assert ("matej", "e1/agreement/once/matej:matej:open") == (update.to, update.replaces)
    assert "Ana: agreed" in read(update.content)


def test_a_change_asks_the_others_again() -> None:
    """Who changes it agrees; who agreed before is asked anew, with the words as they are now."""
    live = opened()
    agree(live, MATEJ)

    reply = live.submit(ANA, "agreement.keep", REF, **WHOLE)

    assert isinstance(reply, CloseForm)
    assert ("ana",) == live.pair.agreements[0].agreed
    asked = [s for s in live.sends.values() if s.kind == "invite" and ":changed:" in s.key]
    assert ["matej"] == [s.to for s in asked]
    assert "Ana changed how you work together. Is it fine for you?" in read(asked[0].content)


def test_news_of_earlier_words_that_still_waits_is_dropped() -> None:
    """Agreed, changed and agreed anew within a morning is one piece of good news."""
    live = opened()
    agree(live, ANA)
    agree(live, MATEJ)
    (news,) = [s for s in live.sends.values() if s.kind == "info"]
    form = Submitted(key="k", who=Address("test", "matej"), verb="agreement.keep", ref=REF, values=WHOLE)

    outcome = agreement.keep(live.scene(MATEJ), form)

    assert Unsend(news.key, "changed again") in outcome.changes


def test_a_change_that_both_agree_to_is_other_news() -> None:
    """The one who changed it reads that the change is fine, not the same words again."""
    live = opened()
    agree(live, ANA)
    agree(live, MATEJ)
    live.now = at("2027-01-12", 9)
    live.submit(ANA, "agreement.keep", REF, **WHOLE)
    agree(live, MATEJ)

    told = [read(s.content).split("\n")[0] for s in live.sends.values() if s.kind == "info" and s.to == "ana"]
    assert ["Agreed by both of you.", "Both of you agree to the change."] == told


def test_nobody_agrees_to_words_they_did_not_see() -> None:
    """A tap on a card from before a change shows the new words, and counts only when it is tapped there."""
    live = opened()
    old = card_for(live, MATEJ)
    live.submit(ANA, "agreement.keep", REF, **WHOLE)

    reply = agree(live, MATEJ, old)

    assert isinstance(reply, ReplaceCard)
    assert "It was changed meanwhile." in read(reply.card)
    assert ("ana",) == live.pair.agreements[0].agreed
    agree(live, MATEJ, reply.card)
    assert ("ana", "matej") == live.pair.agreements[0].agreed


def test_a_partners_tap_does_not_make_ones_own_card_old() -> None:
    """Two cards from before any tap: both count."""
    live = opened()
    cards = {who.id: card_for(live, who) for who in (ANA, MATEJ)}

    agree(live, ANA, cards["ana"])
    agree(live, MATEJ, cards["matej"])

    assert ("ana", "matej") == live.pair.agreements[0].agreed


@pytest.mark.parametrize("hours", ["", "soon", "0", "201", "²", "-8", "8.5"])
def test_what_is_no_number_of_hours_is_asked_again(hours: str) -> None:
    """The rest of the form is kept by the platform; nothing is stored."""
    live = opened()

    reply = live.submit(ANA, "agreement.keep", REF, **{**WHOLE, "reply_hours": hours})

    assert isinstance(reply, FixForm)
    assert ["reply_hours"] == list(reply.errors)
    assert () == live.pair.agreements


def test_an_empty_line_is_asked_again() -> None:
    """Each empty one by its name."""
    reply = opened().submit(ANA, "agreement.keep", REF, **{**WHOLE, "purpose": " ", "rhythm": ""})

    assert isinstance(reply, FixForm)
    assert ["purpose", "rhythm"] == list(reply.errors)


def test_the_same_words_again_are_no_change() -> None:
    """Nobody is asked anew."""
    live = opened()
    live.submit(ANA, "agreement.keep", REF, **WHOLE)
    before, sends = live.pair, len(live.sends)

    live.submit(ANA, "agreement.keep", REF, **WHOLE)

    assert (before, sends) == (live.pair, len(live.sends))


def test_the_form_holds_what_is_agreed_now() -> None:
    """Opened to change one line, the others stay."""
    live = opened()
    live.submit(ANA, "agreement.keep", REF, **WHOLE)

    reply = live.press(MATEJ, "agreement.change", REF)

    assert isinstance(reply, ShowForm)
    assert WHOLE == {f.key: f.initial for f in reply.form.fields}


def test_a_group_agrees_when_all_have() -> None:
    """One mentor and two mentees: the third tap makes it whole, and the words fit three."""
    live = opened(pair(seats=GROUP))
    for who in (ANA, BOR):
        agree(live, who)
    assert not [s for s in live.sends.values() if s.kind == "info"]

    agree(live, MATEJ)

    news = [s for s in live.sends.values() if s.kind == "info"]
    assert ["ana", "bor"] == sorted(s.to for s in news)
    assert "Agreed by all of you." in read(news[0].content)
    assert "Not everybody has tapped" in agreement.nudge(live.scene(), live.pair.steps[0]).msgid


def test_head_and_hr_cannot_agree_for_the_two() -> None:
    """HR may read it, the head not even that; neither presses it."""
    live = opened()
    refused = [live.press(who, "agreement.agree", REF, "x") for who in (PETER, IRENA)]

    assert [Note, Note] == [type(reply) for reply in refused]
    assert () == agreement.agreement_card(live.scene(IRENA), IRENA).buttons
    assert () == live.scene(PETER).pair.agreements


def test_after_the_end_it_stays_as_it_was() -> None:
    """An old card and an open form change nothing any more, and nobody is asked."""
    live = opened()
    old = card_for(live, ANA)
    live.pair = pair(state="closed")
    sends = len(live.sends)

    agree(live, ANA, old)
    reply = live.submit(ANA, "agreement.keep", REF, **WHOLE)

    assert isinstance(reply, CloseForm)
    assert ((), sends) == (live.pair.agreements, len(live.sends))


def test_the_command_shows_the_agreement_of_every_pair_or_of_the_one_named() -> None:
    """A mentor of two sees both, and by name the one."""
    one, two = opened(), opened(pair(seats={**GROUP, "mentee": (BOR,)}))
    desk = Desk(me=MATEJ, scenes=(one.scene(MATEJ), second(two.scene(MATEJ))), now=one.now)

    both, named = agreement.command(desk, "").reply, agreement.command(desk, "bor").reply

    assert isinstance(both, ShowCard)
    assert isinstance(named, ShowCard)
    assert ("Ana" in read(both.card), "Bor" in read(both.card)) == (True, True)
    assert "Bor finds into the work." in values(named.card)
    assert isinstance(agreement.command(Desk(me=IVO, scenes=(), now=one.now), "").reply, Note)
