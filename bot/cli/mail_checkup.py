"""Whether e-mail can leave: the SMTP server answers and lets us in, or the folder can be written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from aiosmtplib import SMTPAuthenticationError, SMTPConnectError, SMTPNotSupported, SMTPTimeoutError

from adapters.mail import Mail, MailFolder
from bot.cli.findings import Finding, ok, problem
from bot.config import Mail as MailConfig
from bot.ports import Throttled


async def look_at_mail(mail: Mail | MailFolder, config: MailConfig) -> list[Finding]:
    """Return how the way of e-mail does."""
    if isinstance(mail, MailFolder):
        return list(_folder(config.folder))
    server = f"{config.host}:{config.port}"
    try:
        await mail.check()
    except Throttled as error:
        return [_server(server, config, error.__cause__)]
    signed_in = f", and lets {config.user} in" if config.user else ""
    return [ok("mail", f"{server} answers{signed_in}.")]


def _server(server: str, config: MailConfig, cause: BaseException | None) -> Finding:
    match cause:
        case SMTPAuthenticationError(code=code):
            text = f"{server} refuses the sign-in of {config.user} ({code})."
            return problem("mail", text, "Check [mail] user and TELEMACHY_MAIL_PASSWORD.")
        case SMTPTimeoutError():
            text, fix = f"{server} does not answer in time.", "Check [mail] host and port, and the firewall."
        case SMTPConnectError():
            text, fix = f"{server} cannot be reached.", "Check [mail] host and port; is the server running?"
        case SMTPNotSupported():
            text = f"{server} does not offer what [mail] asks for: security {config.security}" + (
                f", the sign-in of {config.user}." if config.user else "."
            )
            fix = "Port 587 usually goes with starttls, 465 with tls."
        case _:
            text = f"{server} broke off ({type(cause).__name__})."
            fix = "Check [mail] port and security: 587 usually goes with starttls, 465 with tls."
    return problem("mail", text, fix)


def _folder(folder: Path) -> Iterator[Finding]:
    # It is made when the first letter is written; to ask makes nothing.
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        fix = "Make it, or name another one with [mail] folder."
        yield problem("mail", f"The folder {folder} cannot be written ({error.strerror}).", fix)
    else:
        yield ok("mail", f"There is no SMTP server; e-mails are written as files into {folder}.")
