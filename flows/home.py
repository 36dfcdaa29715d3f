"""A person's own page, the answer to `/mentor` alone, and to a word the bot does not know: the next thing first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from bot.content import Ask, Block, Card, Checklist, Facts, Home, Link, Text, say
from bot.outcome import Note, Outcome, Reply, ShowCard, ShowHome
from flows import case_cards, reach, review
from flows.help import with_help
from flows.home_next import choices_of_time, here, next_card
from flows.home_sections import sections
from flows.kinds import EVERYONE, Act, Command, Kind, Verb
from flows.scene import Desk, Scene
from flows.taken import GOT_LATE

_IN_FULL = 2  # pairs that a home shows in full; of more it shows the essence
_MOST_PAIRS = 8
_MOST_BLOCKS = 90  # Slack takes 100 on a home


# --- home ------------------------------------------------------------------------------------------


def home(desk: Desk) -> Reply:
    """Return the person's home: what is next, then a section a thing."""
    pairs = here(desk)
    cards = [next_card(desk), *choices_of_time(desk)]
    cards += [card for scene in pairs[:_MOST_PAIRS] if (card := review.for_home(scene)) is not None]
    if any("coordinator" in s.pair.roles_of(desk.me.id) for s in desk.scenes):
        cards.append(case_cards.cases_card(desk))
    if len(pairs) == 1:
        cards[0] = with_help(cards[0], pairs[0].id)
    for scene in pairs[:_MOST_PAIRS]:
        theirs = sections(scene, brief=len(pairs) > _IN_FULL)
        if theirs and len(pairs) > 1:
            theirs[0] = with_help(theirs[0], scene.id)  # of several pairs, help is about this one
        cards += theirs
    if len(desk.me.addresses) > 1:
        cards.append(reach.card(desk))
    return ShowHome(Home(say("Your programme"), _that_fit(cards, more=len(pairs) > _MOST_PAIRS)))


def _that_fit(cards: list[Card], *, more: bool) -> tuple[Card, ...]:
    """Return as many cards as a home may hold, and where something is left out, how to see it."""
    kept: list[Card] = []
    room = _MOST_BLOCKS
    for card in cards:
        room -= _weight(card)
        if room < 0:
            more = True
            break
        kept.append(card)
    if more:
        words = say("Write “goals”, “plan”, “tasks” or “pairs” with a name to see the others.")
        kept.append(Card(say("There is more"), (Text(words),)))
    return tuple(kept)


def _weight(card: Card) -> int:
    """Estimate the platform's blocks: title and rule, what is between them, the buttons."""
    return 2 + sum(_blocks(block) for block in card.blocks) + bool(card.buttons)


def _blocks(block: Block) -> int:
    match block:
        case Ask():
            return 3  # the question, the choices, who sees the answer
        case Checklist():
            return 1 + len(block.items) // 10  # ten boxes to a block
        case _:
            return 1


# --- opening what is open --------------------------------------------------------------------------


def show_step(kinds: Mapping[str, Kind]) -> Verb:
    """Return the verb that shows an open step's card again."""

    def run(scene: Scene, event: Act) -> Outcome:
        step, state = scene.mine(event.ref)
        card = kinds[step.kind].card(scene, state) if state is not None else None
        return Outcome(reply=ShowCard(card) if card is not None else Note(GOT_LATE))

    return Verb(run=run, roles=EVERYONE)


# --- words -----------------------------------------------------------------------------------------


def show(desk: Desk, text: str) -> Outcome:
    """Show the person's home."""
    return Outcome(reply=home(desk))


def nearest(desk: Desk, word: str, commands: Mapping[str, Command]) -> Card:
    """Return what is next for a bare command, else the words this person can use, nearest to what they typed first."""
    known = {w: c for w, c in commands.items() if desk.may(c.roles)}
    close = get_close_matches(word, known, n=3, cutoff=0.5) if word else []
    order = [*close, *(w for w in sorted(known) if w not in close)]
    lines = tuple((say("{word}", word=w), known[w].help) for w in order[:10])
    rest = Text(say("And: {words}", words=", ".join(order[10:])), "quiet")
    blocks: tuple[Block, ...] = (Facts(lines), *((rest,) if order[10:] else ()))
    if not word:
        following = next_card(desk)
        return replace(following, blocks=(*following.blocks, *blocks))
    return Card(say("Did you mean “{word}”?", word=close[0]) if close else say("I know these words"), blocks)


def in_browser(desk: Desk, text: str) -> Outcome:
    """Show a link to the person's page on the web."""
    if not desk.pages:
        return Outcome(
            reply=Note(say("There is no page on the web: whoever runs me has set no public address."))
        )
    words = say("The link signs you in, once, and soon ends. Nobody else should have it.")
    button = Link(say("Open your page"), "page:home")
    return Outcome(reply=ShowCard(Card(say("Your page in the browser"), (Text(words),), (button,))))


COMMANDS = {
    "home": Command(run=show, help=say("your page: what is next, plan, goals")),
    "page": Command(run=in_browser, help=say("a link to your page in the browser"), needs=()),
}
