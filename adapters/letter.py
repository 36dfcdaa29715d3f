"""Write a delivery as an e-mail: plain text, HTML, the file, and the headers that keep a thread together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from hashlib import sha256
from typing import assert_never

from adapters.letter_html import page
from adapters.text import as_text
from bot.content import Actions, Ask, Block, Button, Card, Content, File, GroupIntro, Home, Say, say
from bot.i18n import Reader
from bot.ports import Delivery, Unreachable

# 7 bit: every server takes it, whatever it says of itself.
_POLICY = SMTP.clone(cte_type="7bit")
CALENDAR = "text/calendar"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_METHOD = re.compile(rb"^METHOD:([A-Z]+)\r?$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")


def sender_address(sender: str) -> Address:
    """Read "Name <name@example.org>"; a ValueError says what is wrong."""
    return _address(*parseaddr(sender), what=f"the sender {sender!r}")


def letter(delivery: Delivery, sender: Address, at: datetime) -> EmailMessage:
    """
    Write the e-mail of a delivery, in the receiver's language; Unreachable where there is no usable address.

    The same delivery makes the same Message-ID, so a second try is recognised by the servers on the way.
    """
    to, content = delivery.to, delivery.content
    reader = Reader(to.language, to.zone)
    try:
        receiver = _address(to.name, to.email, what="the address")
    except ValueError as error:
        raise Unreachable(f"person {to.id} cannot get e-mail: {error}") from error
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = receiver
    message["Subject"] = _one_line(reader.text(title_of(content)))
    message["Date"] = at
    message["Message-ID"] = message_id(delivery, sender)
    if _MESSAGE_ID.fullmatch(delivery.replaces):  # a message of another channel has no place in a thread
        message["In-Reply-To"] = delivery.replaces
        message["References"] = delivery.replaces
    # Keeps "I am away" answers from coming back, here and at Exchange.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    _write(message, delivery, reader)
    return message


def message_id(delivery: Delivery, sender: Address) -> str:
    """Return the Message-ID of a delivery."""
    # The hash tells databases with the same row numbers apart, and holds what an id may not contain.
    told = sha256(f"{delivery.id}\0{delivery.to.id}\0{delivery.to.email}".encode()).hexdigest()[:24]
    return f"<{told}.telemachy@{sender.domain}>"


def title_of(content: Content) -> Say:
    """Return what the message is about."""
    match content:
        case Card(title) | Home(title):
            return title
        case File() | GroupIntro():
            return content.card.title
    assert_never(content)


def _write(message: EmailMessage, delivery: Delivery, reader: Reader) -> None:
    content = delivery.content
    footer = [_where_to_answer(delivery)] if any(_asks(card) for card in _cards(content)) else []
    text = as_text(content, reader)
    message.set_content("\n\n".join([text, *map(reader.text, footer)]) + "\n")
    message.add_alternative(page(title_of(content), _cards(content), footer, reader), subtype="html")
    if isinstance(content, File):
        _enclose(message, content)


def _enclose(message: EmailMessage, file: File) -> None:
    maintype, subtype = (file.mime if _MIME.fullmatch(file.mime) else "application/octet-stream").split("/")
    method = _METHOD.search(file.data)
    if file.mime == CALENDAR and method:
        # Mail programs offer yes and no only where the invitation is an alternative that names its method.
        params = {"method": method.group(1).decode()}
        message.add_alternative(file.data.decode("utf-8"), subtype="calendar", params=params)
        maintype, subtype = "application", "ics"
    message.add_attachment(file.data, maintype, subtype, filename=file_name(file.name))


def file_name(name: str) -> str:
    """Return a file's name without what could leave its folder or break a header."""
    return re.sub(r"[^\w. +()-]", "_", name).strip(". ") or "file"


def _where_to_answer(delivery: Delivery) -> Say:
    address = delivery.to.address
    if address and address.channel != "mail":
        return say("To answer, open our chat: this mailbox is not read.")
    return say("You can answer once you have chat. This mailbox is not read.")


def _cards(content: Content) -> tuple[Card, ...]:
    match content:
        case Card():
            return (content,)
        case Home(_, cards):
            return cards
        case File() | GroupIntro():
            return (content.card,)
    assert_never(content)


def _asks(card: Card) -> bool:
    return any(isinstance(one, Ask | Button) for one in _pressable(card))


def _pressable(card: Card) -> Iterator[object]:
    yield from card.buttons
    block: Block
    for block in card.blocks:
        if isinstance(block, Actions):
            yield from block.buttons
        else:
            yield block


def _address(name: str, spec: str, *, what: str) -> Address:
    if not spec:
        raise ValueError(f"{what} has no e-mail address")
    try:
        address = Address(_one_line(name), addr_spec=spec)
    except (MessageError, ValueError, IndexError) as error:  # what the standard library raises for odd ones
        raise ValueError(f"{what} is not an e-mail address such as name@example.org") from error
    if not address.username or not (address.domain == "localhost" or "." in address.domain):
        raise ValueError(f"{what} is not an e-mail address such as name@example.org")
    return address


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())
