"""What Ana, Matej and Irena see of the first weeks of the shipped programme: the pictures of all platforms show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.content import Ask, Card, Content, Form, Home
from bot.events import Address, Commanded, Event, HomeOpened
from bot.facts import Person
from bot.outcome import Reply, ShowCard, ShowForm, ShowHome
from bot.shipped import shipped
from tests.living import Life
from tests.scenes import ANA, BY_ROLE, IRENA, MATEJ, at

HOME, REVIEW, CHECKIN = at("2027-01-14", 15), at("2027-01-15", 13), at("2027-01-21", 13, 5)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is pictured, each as of the moment of its name above."""

    checkin: Content
    review: Card
    feedback: Form
    home: Home


async def lived(url: str) -> Seen:
    """Live the first weeks in an empty database."""
    life = Life(url, begin=at("2026-12-21", 8))
    try:
        await life.enrol(shipped()["onboarding"], BY_ROLE, date(2027, 1, 11))
        await life.until(HOME)
        await _settle_in(life)
        own = await _answer(life, HomeOpened(key="home", who=_address(ANA)))
        await life.until(REVIEW)
        review = await _said(life, IRENA, "review")
        await life.until(CHECKIN)
        checkin = life.got(ANA.id)[-1].content
        feedback = await _said(life, MATEJ, "feedback")
    finally:
        await life.close()
    assert isinstance(review, ShowCard), review
    assert isinstance(feedback, ShowForm), feedback
    assert isinstance(own, ShowHome), own
    return Seen(checkin, review.card, feedback.form, own.home)


async def _settle_in(life: Life) -> None:
    """Let the two do what people have done by the end of a first week."""
    for who in (ANA, MATEJ):
        shown = await _said(life, who, "agreement")
        assert isinstance(shown, ShowCard), shown
        agree = next(one for one in shown.card.buttons if one.verb == "agreement.agree")
        await life.press(who.id, agree.verb, agree.ref, agree.value)
    for delivery in life.got(ANA.id):
        blocks = delivery.content.blocks if isinstance(delivery.content, Card) else ()
        for ask in (one for one in blocks if isinstance(one, Ask) and one.verb == "ease.tap"):
            await life.press(ANA.id, ask.verb, ask.ref, "yes")
    goals = (
        {"title": "Customers know me", "target": "5", "unit": "customer calls", "due": "2027-03-31"},
        {"title": "The monthly report runs by itself", "target": "3", "unit": "reports", "due": "2027-04-30"},
    )
    for goal in goals:
        await life.submit(ANA.id, "goal.add", "enrolment:e1", **goal)
    for text in ("Sit in on two customer calls", "Read last year's reports with Matej"):
        await life.submit(ANA.id, "plan.add", "enrolment:e1", text=text, owner=ANA.id, due="2027-02-05")


async def _said(life: Life, who: Person, word: str) -> Reply:
    return await _answer(life, Commanded(key=f"{who.id} {word}", who=_address(who), name=word))


async def _answer(life: Life, event: Event) -> Reply:
    return (await life.app.receive(event)).reply


def _address(who: Person) -> Address:
    assert who.address is not None
    return who.address
