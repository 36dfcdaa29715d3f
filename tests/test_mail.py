"""E-mail as a channel, against a real SMTP server on this machine."""

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from adapters.letter import letter, sender_address
from adapters.mail import Mail, MailFolder
from bot.content import (
    Ask,
    Button,
    Card,
    Choice,
    File,
    Link,
    PersonName,
    Progress,
    Text,
    UserText,
    WebLink,
    say,
)
from bot.events import Address
from bot.facts import Person
from bot.ports import Delivery, Refused, Throttled, Unreachable, Unsure
from tests.pseudo import PSEUDO_READER, leaks

SENDER = "Mentoring at Škrat <mentoring@example.org>"
NOON = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)
ANA = Person(id="p1", name="Ana Žagar", email="ana@example.org", zone="Europe/Ljubljana")
CARD = Card(
    say("Welcome, {who}", who=PersonName("Ana")),
    (
        Text(say("**Day 1** with {what}", what=UserText("<b>*Matej*</b>"))),
        Ask(
            say("At ease with chat?"),
            "ease",
            "e1",
            (Choice(say("yes"), "y"), Choice(say("no"), "n")),
            ("author",),
        ),
        Progress(say("Ready"), 1, 4),
    ),
    (Button(say("Later"), "later", "e1"), Link(say("Guide"), "https://ex.org/?a=1&b=2")),
)
INVITATION = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nSUMMARY:Kav\xc4\x8d\r\nEND:VCALENDAR\r\n"


class Noon:
    """A clock that stands still."""

    def now(self):
        """It is noon."""
        return NOON


class Inbox:
    """A mail server's side: what it took, and what it answers."""

    def __init__(self, **answers):
        self.taken = []
        self.answers = answers
        self.release = asyncio.Event()

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        """Answer MAIL FROM."""
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        """Answer RCPT TO."""
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        """Take the message, then answer, stay silent or hang up."""
        self.taken.append(envelope)
        match self.answers.get("data", "250 OK"):
            case "silence":
                await self.release.wait()
                return "250 OK"
            case "hang up":
                server.transport.abort()
                return "250 OK"
            case answer:
                return answer


@asynccontextmanager
async def mail_server(inbox, **options):
    """Serve SMTP on this machine and give the port."""
    servers = []

    def protocol():
        servers.append(SMTP(inbox, hostname="here", loop=asyncio.get_running_loop(), **options))
        return servers[-1]

    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        inbox.release.set()
        listening.close()
        for server in servers:
            if server.transport:
                server.transport.abort()
            if server._handler_coroutine:
                await asyncio.wait([server._handler_coroutine])


def mail(port, **settings):
    """A channel to the server at this port."""
    settings = {"security": "none", "sender": SENDER, "clock": Noon(), "timeout": 5.0, **settings}
    return Mail(host="127.0.0.1", port=port, **settings)


def delivery(content=CARD, to=ANA, **more):
    """A delivery to Ana."""
    return Delivery(**{"id": "17", "to": to, "content": content, **more})


def read(data):
    """Read an e-mail as a mail program would."""
    return message_from_bytes(data, policy=default)


async def test_a_card_arrives_as_text_and_html():
    """The server takes one letter with both parts, and its headers say from whom, to whom, when and what."""
    inbox = Inbox()
    async with mail_server(inbox) as port:
        told = await mail(port).deliver(delivery())
    [envelope] = inbox.taken
    message = read(envelope.content)
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()

    assert ("mentoring@example.org", ["ana@example.org"]) == (envelope.mail_from, envelope.rcpt_tos)
    assert {
        "From": SENDER,
        "To": "Ana Žagar <ana@example.org>",
        "Subject": "Welcome, Ana",
        "Date": "Thu, 05 Mar 2026 11:00:00 +0000",
        "Message-ID": told,
        "In-Reply-To": None,
        "Auto-Submitted": "auto-generated",
    } == {
        key: message[key]
        for key in ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "Auto-Submitted")
    }
    assert "At ease with chat?\nyes · no\nOnly you see this." in text.replace("\r\n", "\n")
    assert "<strong>Day 1</strong> with &lt;b&gt;*Matej*&lt;/b&gt;" in html
    assert '<a class="link" href="https://ex.org/?a=1&amp;b=2">Guide</a>' in html
    assert "width:25%" in html
    assert max(map(len, envelope.content.splitlines())) < 998


async def test_a_letter_says_where_to_answer():
    """A mail takes no presses: who has chat is sent there, who has none yet reads so, and a plain word says nothing."""
    chat = replace(ANA, address=Address("slack", "U1"))
    texts = [
        letter(one, sender_address(SENDER), NOON).get_body(("plain",)).get_content()
        for one in (delivery(to=chat), delivery(), delivery(Card(say("Hello"))))
    ]

    assert "To answer, open our chat: this mailbox is not read." in texts[0]
    assert "You can answer once you have chat. This mailbox is not read." in texts[1]
    assert "Hello" == texts[2].strip()


async def test_a_file_is_attached():
    """A file comes with its name, kind and bytes."""
    guide = File("Vodič za Ano.pdf", "application/pdf", b"%PDF\x00\xff", CARD)
    message = letter(delivery(guide), sender_address(SENDER), NOON)
    [attached] = read(message.as_bytes()).iter_attachments()

    assert ("Vodič za Ano.pdf", "application/pdf", b"%PDF\x00\xff") == (
        attached.get_filename(),
        attached.get_content_type(),
        attached.get_content(),
    )


async def test_an_invitation_can_be_answered_in_the_mail_program():
    """An .ics is an alternative that names its method, and a file besides."""
    message = read(
        letter(
            delivery(File("coffee.ics", "text/calendar", INVITATION, CARD)), sender_address(SENDER), NOON
        ).as_bytes()
    )
    parts = {part.get_content_type(): part for part in message.walk()}
    calendar = parts["text/calendar"]

    assert "REQUEST" == calendar.get_param("method")
    assert INVITATION.decode().splitlines() == calendar.get_content().splitlines()
    assert INVITATION == parts["application/ics"].get_content()
    assert ["application/ics"] == [part.get_content_type() for part in message.iter_attachments()]


def test_the_same_delivery_is_the_same_message():
    """A second try has the first one's Message-ID; another delivery has its own."""
    ids = [
        letter(one, sender_address(SENDER), NOON)["Message-ID"]
        for one in (delivery(), delivery(), delivery(id="18"), delivery(to=replace(ANA, id="p2")))
    ]

    assert 3 == len(set(ids))
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("replaces", "expected"),
    [
        ("<abc.telemachy@example.org>", "<abc.telemachy@example.org>"),
        ("1755.0001", None),
        ("<a@b>\r\nBcc: x@example.org", None),
        ("", None),
    ],
)
def test_a_message_that_takes_a_place_joins_the_thread(replaces, expected):
    """What replaces an earlier mail answers it; an id of another channel is left out."""
    message = letter(delivery(replaces=replaces), sender_address(SENDER), NOON)

    assert [expected] * 2 == [message["In-Reply-To"], message["References"]]
    assert message["Bcc"] is None


async def test_nothing_typed_becomes_a_header():
    """Line breaks in names and titles are spaces in the headers."""
    inbox = Inbox()
    typed = UserText("late\r\nBcc: eve@example.org\n\n<script>")
    evil = replace(ANA, name='Ana" <eve@example.org>\r\nCc: eve@example.org')
    async with mail_server(inbox) as port:
        await mail(port).deliver(delivery(Card(say("About {what}", what=typed)), to=evil))
    message = read(inbox.taken[0].content)

    assert "About late Bcc: eve@example.org <script>" == message["Subject"]
    assert [None, None] == [message["Bcc"], message["Cc"]]
    assert (
        ["ana@example.org"] == [one.addr_spec for one in message["To"].addresses] == inbox.taken[0].rcpt_tos
    )
    assert "<script>" not in message.get_body(("html",)).get_content()


def test_a_link_that_is_no_address_cannot_be_followed():
    """Only web and mail addresses become links."""
    content = Card(say("x"), (Text(say("{l}", l=WebLink("here", "javascript:alert(1)"))),))
    html = letter(delivery(content), sender_address(SENDER), NOON).get_body(("html",)).get_content()

    assert "href" not in html
    assert "here" in html


def test_every_word_of_a_letter_is_translated():
    """In the pseudo-locale subject, text and page hold no plain word of ours."""
    message = letter(delivery(to=replace(ANA, language=PSEUDO_READER.language)), sender_address(SENDER), NOON)
    html = message.get_body(("html",)).get_content()
    body = html.split("<body>")[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    assert [] == leaks(message["Subject"] + message.get_body(("plain",)).get_content(), CARD)
    assert set() == set(leaks(body, CARD)) - {
        "div", "class", "card", "plain", "strong", "quiet", "br", "bar", "style", "width", "link", "href", "body",
        "html", "small",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "error", "seconds"),
    [
        ({"data": "554 no"}, Refused, None),
        ({"data": "552 too large"}, Refused, None),
        ({"data": "451 busy"}, Throttled, 60),
        ({"mail": "550 no"}, Refused, None),
        ({"mail": "421 closing"}, Throttled, 60),
        ({"mail": "530 sign in first"}, Throttled, 900),
        ({"rcpt": "550 no such user"}, Unreachable, None),
        ({"rcpt": "450 greylisted"}, Throttled, 60),
        ({"data": "hang up"}, Unsure, None),
    ],
    ids=str,
)
async def test_an_answer_of_the_server_has_one_meaning(answers, error, seconds):
    """Refused for good, not now, nobody there, or nobody knows: each answer is exactly one of these."""
    async with mail_server(Inbox(**answers)) as port:
        with pytest.raises(error) as caught:
            await mail(port).deliver(delivery())

    assert seconds == getattr(caught.value, "seconds", None)


async def test_silence_after_the_message_is_doubt():
    """A server that took the message and never answered may have delivered it."""
    inbox = Inbox(data="silence")
    async with mail_server(inbox) as port:
        with pytest.raises(Unsure):
            await mail(port, timeout=0.2).deliver(delivery())

    assert 1 == len(inbox.taken)


async def test_no_server_means_later():
    """Where nobody listens, nothing was sent: try again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Throttled):
            await mail(taken.getsockname()[1]).deliver(delivery())


async def test_without_encryption_there_is_no_letter():
    """Where STARTTLS is asked for and the server has none, nothing leaves."""
    inbox = Inbox()
    async with mail_server(inbox) as port:
        with pytest.raises(Throttled):
            await mail(port, security="starttls").deliver(delivery())

    assert [] == inbox.taken


@pytest.fixture
def only_bot():
    """The settings of a server that knows one password."""
    return {
        "authenticator": lambda server, session, envelope, kind, data: AuthResult(
            success=data.password == b"right", handled=False
        ),
        "auth_require_tls": False,
        "auth_required": True,
    }


# The library warns of what this test wants: a password without encryption, on this machine.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_who_signs_in_may_send(only_bot):
    """With user and password the letter is taken."""
    inbox = Inbox()
    async with mail_server(inbox, **only_bot) as port:
        channel = mail(port, user="bot", password="right")
        await channel.check()
        await channel.deliver(delivery())

    assert 1 == len(inbox.taken)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("sign_in", [{"user": "bot", "password": "wrong"}, {}], ids=["wrong", "missing"])
async def test_a_refused_sign_in_waits_for_somebody_to_mend_it(only_bot, sign_in):
    """A wrong or missing password loses no letter: it is tried again much later."""
    inbox = Inbox()
    async with mail_server(inbox, **only_bot) as port:
        with pytest.raises(Throttled) as caught:
            await mail(port, **sign_in).deliver(delivery())

    assert 900 == caught.value.seconds
    assert [] == inbox.taken


@pytest.mark.parametrize(
    "email",
    ["", "ana", "ana@", "@example.org", "ana@ex ample.org", "žiga@example.org", "a@b.c\r\nBcc: x@y.z"],
)
async def test_nobody_is_reached_without_an_address(email):
    """A missing or broken address is a visible state of the person, and nothing is sent."""
    with pytest.raises(Unreachable, match="person p1 cannot get e-mail"):
        await mail(1).deliver(delivery(to=replace(ANA, email=email)))


def test_a_sender_must_be_an_address():
    """A channel without a usable sender is not made."""
    with pytest.raises(ValueError, match="the sender 'HR' is not an e-mail address such as"):
        Mail(host="x", sender="HR", clock=Noon())


async def test_without_a_server_letters_are_files(tmp_path):
    """The folder holds the letter and the file it carries, once, and nothing half-written."""
    folder = MailFolder(tmp_path / "mail", sender=SENDER, clock=Noon())
    guide = delivery(File("../guide.pdf", "application/pdf", b"%PDF", CARD), id="e7/guide once")
    told = [await folder.deliver(guide), await folder.deliver(guide)]
    written = {file.name: file.read_bytes() for file in (tmp_path / "mail").iterdir()}

    assert ["e7_guide-once-p1-_guide.pdf", "e7_guide-once-p1.eml"] == sorted(written)
    assert [read(written["e7_guide-once-p1.eml"])["Message-ID"]] * 2 == told
    assert b"%PDF" == written["e7_guide-once-p1-_guide.pdf"]


async def test_a_folder_that_cannot_be_written_means_later(tmp_path):
    """A full disk or a file in the way loses no letter: it is tried again."""
    (tmp_path / "mail").write_text("in the way")

    with pytest.raises(Throttled):
        await MailFolder(tmp_path / "mail", sender=SENDER, clock=Noon()).deliver(delivery())
