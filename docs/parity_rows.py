"""What people meet, one thing a row: what is drawn, what is answered, what is done; docs/parity_table.py writes it."""

from __future__ import annotations

from dataclasses import dataclass

from bot import content as of
from bot import events, outcome
from bot.content import Card, Choice, Form, Home, say
from bot.i18n import Reader

READER = Reader("en", "UTC")
ASKED = ("mentor", "coordinator")
URL = "https://mentoring.example.org/"

Drawn = Card | of.File | of.GroupIntro | Home | Form

_TITLE = Card(say("Title"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Something that is drawn, the same without it, and words of it that must be seen."""

    what: str
    about: type
    shown: Drawn
    bare: Drawn | None = _TITLE
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that is done or answered, and how in each place."""

    what: str
    slack: str
    teams: str
    page: str
    about: tuple[type, ...] = ()


# --- what is drawn ---------------------------------------------------------------------------


def _block(what: str, block: of.Block, *words: str) -> Sample:
    return Sample(what=what, about=type(block), shown=Card(say("Title"), (block,)), words=words)


def _button(what: str, button: of.Button | of.Link, *words: str) -> Sample:
    return Sample(what=what, about=type(button), shown=Card(say("Title"), (), (button,)), words=words)


def _field(what: str, field: of.Field, *words: str) -> Sample:
    known = of.TextField(key="known", label=say("Known"), seen_by=ASKED)
    bare = Form(title=say("Form"), verb="v", ref="r", fields=(known,))
    shown = Form(title=say("Form"), verb="v", ref="r", fields=(known, field))
    said = (*words, READER.audience(ASKED))
    return Sample(what=what, about=type(field), shown=shown, bare=bare, words=said)


_CHOICES = tuple(Choice(say(word), word) for word in ("Argos", "Calypso", "Circe"))
_PEOPLE = (("p1", "Eumaeus"), ("p2", "Laertes"))
_WHY = say("Athena")

READ = (
    _block("a paragraph", of.Text(say("Nausicaa")), "Nausicaa"),
    _block("a heading", of.Text(say("Nausicaa"), "heading"), "Nausicaa"),
    _block("small print", of.Text(say("Nausicaa"), "quiet"), "Nausicaa"),
    _block("facts, a row each", of.Facts(((say("Mentor"), say("Nestor")),)), "Mentor", "Nestor"),
    _block(
        "a checklist",
        of.Checklist((of.Item(say("Loom"), True), of.Item(say("Bow"), False))),
        "Loom",
        "Bow",
    ),
    _block("a bar of progress", of.Progress(say("Ithaca"), 3, 10, "hours"), "Ithaca", "3", "10"),
    _block("a picture", of.Image("team.png", say("Phaeacia")), "Phaeacia"),
    Sample(
        what="a thin line between sections",
        about=of.Rule,
        shown=Card(say("Title"), (of.Text(say("Sea")), of.Rule(), of.Text(say("Land")))),
        bare=Card(say("Title"), (of.Text(say("Sea")), of.Text(say("Land")))),
    ),
    Sample(
        what="a message",
        about=Card,
        shown=Card(say("Scylla"), (of.Text(say("Charybdis")),)),
        bare=None,
        words=("Scylla", "Charybdis"),
    ),
    Sample(
        what="a file with its message",
        about=of.File,
        shown=of.File("oars.ics", "text/calendar", b"BEGIN:VCALENDAR", Card(say("Title"))),
        words=("oars.ics",),
    ),
    Sample(
        what="the introduction of the first day",
        about=of.GroupIntro,
        shown=of.GroupIntro(("p1", "p2"), Card(say("Title"), (of.Text(say("Odysseus")),))),
        words=("Odysseus",),
    ),
    Sample(
        what="one's own page, a card a section",
        about=Home,
        shown=Home(say("Home"), (Card(say("Raft"), (of.Text(say("Sails")),)),)),
        bare=None,
        words=("Raft", "Sails"),
    ),
)

PRESSED = (
    _block(
        "a question with its answers, who sees them, and what was chosen",
        of.Ask(say("Zeus"), "v", "r", _CHOICES, ASKED, chosen="Circe"),
        "Zeus",
        "Argos",
        "Circe",
        READER.audience(ASKED),
    ),
    _block(
        "a checklist to tick off",
        of.Checklist((of.Item(say("Loom"), False, "v", "r", "1"),)),
        "Loom",
    ),
    _block(
        "a row of buttons inside a message", of.Actions((of.Button(say("Poseidon"), "v", "r"),)), "Poseidon"
    ),
    _button("a button", of.Button(say("Hermes"), "v", "r"), "Hermes"),
    _button("the button that is meant", of.Button(say("Hermes"), "v", "r", style="primary"), "Hermes"),
    _button("a button that is not undone", of.Button(say("Hermes"), "v", "r", style="danger"), "Hermes"),
    _button(
        "a button that asks once more",
        of.Button(say("Hermes"), "v", "r", confirm=say("Hades")),
        "Hermes",
        "Hades",
    ),
    _button("a button that opens a form", of.Button(say("Hermes"), "v", "r", opens_form=True), "Hermes"),
    _button("a link", of.Link(say("Sirens"), f"{URL}sirens"), "Sirens", f"{URL}sirens"),
)

FILLED = (
    _field("a line", of.TextField(key="k", label=say("Muse"), seen_by=ASKED, hint=_WHY), "Muse", "Athena"),
    _field("several lines", of.TextField(key="k", label=say("Muse"), seen_by=ASKED, long=True), "Muse"),
    _field(
        "one of several",
        of.ChoiceField(key="k", label=say("Muse"), seen_by=ASKED, hint=_WHY, options=_CHOICES),
        "Muse",
        "Athena",
        "Argos",
        "Circe",
    ),
    _field(
        "any of several",
        of.ChoiceField(key="k", label=say("Muse"), seen_by=ASKED, options=_CHOICES, several=True),
        "Muse",
        "Argos",
        "Circe",
    ),
    _field(
        "a scale of five",
        of.ScaleField(key="k", label=say("Muse"), seen_by=ASKED, low=say("Dusk"), high=say("Dawn")),
        "Muse",
        "Dusk",
        "Dawn",
    ),
    _field("a day", of.DateField(key="k", label=say("Muse"), seen_by=ASKED), "Muse"),
    _field("a time", of.TimeField(key="k", label=say("Muse"), seen_by=ASKED), "Muse"),
    _field(
        "a person out of some",
        of.PersonField(key="k", label=say("Muse"), seen_by=ASKED, among=_PEOPLE),
        "Muse",
        "Eumaeus",
        "Laertes",
    ),
    _field(
        "a person out of all, by typing", of.PersonField(key="k", label=say("Muse"), seen_by=ASKED), "Muse"
    ),
)


# --- what is told ----------------------------------------------------------------------------

ANSWERED = (
    Told(
        what="a form opens",
        about=(outcome.ShowForm,),
        slack="a dialog; after typed words outside a command, a button that opens it",
        teams="a dialog; after typed words, a button that opens it",
        page="a dialog",
    ),
    Told(
        what="the form stays, and says what to mend",
        about=(outcome.FixForm,),
        slack="in the dialog, at each field",
        teams="in the dialog, at each field, with all that was written",
        page="in the dialog, at each field, with all that was written",
    ),
    Told(
        what="the form closes",
        about=(outcome.CloseForm,),
        slack="a line, and the message it came from is renewed",
        teams="a line, and the message it came from is renewed",
        page="a line, and the page is drawn anew",
    ),
    Told(
        what="a pressed message shows what was chosen",
        about=(outcome.ReplaceCard,),
        slack="the message is changed in its place",
        teams="the card is changed in its place, at once and for good",
        page="the page is drawn anew",
    ),
    Told(
        what="a line to whoever acted",
        about=(outcome.Note,),
        slack="a line that nobody else sees",
        teams="a line at the card, or in one's own chat",
        page="a line at the top",
    ),
    Told(
        what="a card that answers",
        about=(outcome.ShowCard,),
        slack="an answer that nobody else sees",
        teams="a message in one's own chat",
        page="a dialog",
    ),
    Told(
        what="one's own page",
        about=(outcome.ShowHome,),
        slack="the Home tab",
        teams="the Home tab; after the word, a message with a button to the page",
        page="the page itself",
    ),
    Told(
        what="the choices of a picker",
        about=(outcome.Choices,),
        slack="while somebody types",
        teams="while somebody types",
        page="while somebody types",
    ),
    Told(
        what="nothing, where nothing is to be said",
        about=(outcome.Nothing,),
        slack="no answer",
        teams="an answer that shows nothing, because Teams shows an error where there is none",
        page="the page as it is",
    ),
)

DONE = (
    Told(
        what="words typed to the bot, and commands",
        about=(events.Commanded, events.Said),
        slack="`/mentor` anywhere; with `history`, words in the chat with the bot",
        teams="words in the chat with the bot, or picked from its menu; where others read along, after its name",
        page="in the chat",
    ),
    Told(
        what="a button, a tick, a choice",
        about=(events.Pressed,),
        slack="pressed in a message or on the Home tab",
        teams="pressed in a message or on the Home tab",
        page="pressed on the page",
    ),
    Told(
        what="a form sent",
        about=(events.Submitted,),
        slack="from a dialog",
        teams="from a dialog",
        page="from a dialog, with or without a script",
    ),
    Told(
        what="a look at one's own page",
        about=(events.HomeOpened,),
        slack="the Home tab is opened",
        teams="the Home tab is opened, or the page by a link",
        page="the page is opened",
    ),
    Told(
        what="a name typed into a picker",
        about=(events.Looked,),
        slack="after the first letters",
        teams="after the first letters",
        page="with the button beside it",
    ),
    Told(
        what="somebody becomes reachable",
        about=(events.Arrived,),
        slack="found by e-mail: at the start, every hour, when they join or write",
        teams="found by e-mail: when the app is installed or they write; with `graph`, at the start and every hour",
        page="by their account of Slack or Teams, or by a link",
    ),
    Told(
        what="somebody is reachable no longer",
        about=(events.Left,),
        slack="the account is switched off",
        teams="the app is removed",
        page="as there",
    ),
    Told(
        what="somebody cannot be found",
        about=(events.Unfound,),
        slack="nobody has the e-mail address",
        teams="nobody has the e-mail address, or the app is not installed for them",
        page="as there",
    ),
)

# What no type stands for: each row has a proof of its own in tests/test_parity.py.
ELSE = (
    Told(
        what="a word to HR about a message of somebody's",
        slack="*Ask for help about this*, under *More actions* beside the message",
        teams="*Ask for help about this*, under *More actions* beside the message",
        page="in the chat",
    ),
    Told(
        what="a message that is brought up to date",
        slack="changed in its place",
        teams="changed in its place",
        page="the page as it is now",
    ),
    Told(
        what="a person named in a command",
        slack="by `@` and the name, or the name alone",
        teams="by `@` and the name, or the name alone",
        page="chosen in a form",
    ),
    Told(
        what="a chat of the two, from the first day on",
        slack="one conversation of all, with `group_messages`; else each name can be pressed",
        teams="a button that opens the chat of the two",
        page="the same button",
    ),
    Told(
        what="a call for a meeting",
        slack="the room that one of them has, or the pair",
        teams="the room that one of them has, or the pair; else a link that begins the call",
        page="the same link",
    ),
    Told(
        what="one's meetings in one's own calendar",
        slack="each invitation as a file, with `files`, and an address to subscribe to",
        teams="each invitation by a link of one's own, and an address to subscribe to",
        page="the same address",
    ),
    Told(
        what="an answer where others read along",
        slack="to `/mentor` anywhere, seen by nobody else",
        teams="one line there, and the answer in one's own chat",
        page="nobody else reads it",
    ),
)
