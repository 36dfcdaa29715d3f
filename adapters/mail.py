"""E-mail as a channel: through an SMTP server, or as files in a folder where there is none."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, NoReturn

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from adapters.letter import file_name, letter, sender_address
from bot.content import File
from bot.ports import Clock, Delivery, Refused, Throttled, Unreachable, Unsure

Security = Literal["starttls", "tls", "none"]

_log = logging.getLogger(__name__)
_SOON = 60.0  # seconds until another try where the server is away or busy
_LATER = 900.0  # seconds, where somebody has to mend the sign-in first
_SIGN_IN = frozenset({454, 530, 534, 535, 538})  # RFC 4954: what servers say of missing or wrong credentials


class Mail:
    """Deliver by SMTP, a connection a message; see ports.Channel."""

    name = "mail"

    def __init__(
        self,
        *,
        host: str,
        port: int = 587,
        security: Security = "starttls",
        user: str = "",
        password: str = "",
        sender: str,
        clock: Clock,
        timeout: float = 30.0,
    ) -> None:
        """Take what `[mail]` in the configuration says; `timeout` is in seconds, for each step."""
        self._host = host
        self._port = port
        self._security = security
        self._user = user
        self._password = password
        self._sender = sender_address(sender)
        self._clock = clock
        self._timeout = timeout

    async def deliver(self, delivery: Delivery) -> str:
        """Send one e-mail and return its Message-ID; one that takes the place of another joins its thread."""
        message = letter(delivery, self._sender, self._clock.now())
        receiver = _receiver(message)
        client = await self._connected()
        try:
            await self._envelope(client, receiver)
            await _hand_over(client, message.as_bytes())
        finally:
            # The server may hang up before our goodbye; the message's fate is decided by then.
            with suppress(SMTPException, OSError):
                await client.quit()
            client.close()
        return str(message["Message-ID"])

    async def check(self) -> None:
        """Connect and sign in without sending anything; Throttled holds the reason as its cause."""
        client = await self._connected()
        with suppress(SMTPException, OSError):
            await client.quit()
        client.close()

    async def _connected(self) -> SMTP:
        client = SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            username=self._user or None,
            password=self._password or None,
            timeout=self._timeout,
            # Otherwise it asks the network for this machine's name, which may take long.
            local_hostname=self._sender.domain,
        )
        try:
            await client.connect()
        except SMTPAuthenticationError as error:
            client.close()
            _log.error(
                "The mail server refused the sign-in: %s", error.code, extra={"action": "mail.sign_in"}
            )
            raise Throttled(_LATER) from error
        except (SMTPException, OSError) as error:
            client.close()
            _log.warning("The mail server does not answer", extra={"action": "mail.connect"})
            raise Throttled(_SOON) from error
        return client

    async def _envelope(self, client: SMTP, receiver: Address) -> None:
        # Nothing has left yet: whatever fails here surely delivered nothing.
        try:
            await client.mail(self._sender.addr_spec)
            await client.rcpt(receiver.addr_spec)
        except SMTPRecipientRefused as error:
            if error.code < 500:
                raise Throttled(_SOON) from error
            raise Unreachable(f"the mail server refuses the receiver ({error.code})") from error
        except SMTPResponseException as error:
            _answered(error)
        except (SMTPException, OSError) as error:
            raise Throttled(_SOON) from error


class MailFolder:
    """Write each e-mail, and the file it carries, into a folder from which somebody sends or reads them."""

    name = "mail"

    def __init__(self, folder: Path, *, sender: str, clock: Clock) -> None:
        """Take the folder, which is made when the first message is written."""
        self._folder = folder
        self._sender = sender_address(sender)
        self._clock = clock

    async def deliver(self, delivery: Delivery) -> str:
        """Write one e-mail and return its Message-ID; the same delivery writes the same files again."""
        message = letter(delivery, self._sender, self._clock.now())
        stem = file_name(re.sub(r"\s+", "-", f"{delivery.id}-{delivery.to.id}"))
        files = [(f"{stem}.eml", message.as_bytes())]
        if isinstance(delivery.content, File):
            files.insert(0, (f"{stem}-{file_name(delivery.content.name)}", delivery.content.data))
        try:
            await asyncio.to_thread(self._keep, files)
        except OSError as error:
            _log.error(
                "The mail folder cannot be written: %s", error.strerror, extra={"action": "mail.folder"}
            )
            raise Throttled(_SOON) from error
        return str(message["Message-ID"])

    def _keep(self, files: list[tuple[str, bytes]]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, data in files:
            # Whoever watches the folder never sees half a letter.
            partial = self._folder / f".{name}.partial"
            with partial.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self._folder / name)


async def _hand_over(client: SMTP, message: bytes) -> None:
    try:
        await client.data(message)
    except SMTPDataError as error:
        _answered(error)
    except (SMTPException, OSError) as error:
        # It may have arrived whole just before the connection broke.
        raise Unsure("the mail server did not say whether it took the message") from error


def _answered(error: SMTPResponseException) -> NoReturn:
    if error.code in _SIGN_IN:
        raise Throttled(_LATER) from error
    if error.code < 500:
        raise Throttled(_SOON) from error
    raise Refused(f"the mail server refuses the message ({error.code})") from error


def _receiver(message: EmailMessage) -> Address:
    addresses: tuple[Address, ...] = message["To"].addresses
    return addresses[0]
