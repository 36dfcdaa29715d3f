"""What a deployment's configuration stands for: its file, its programme, its way of sending e-mail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from adapters.mail import Mail, MailFolder
from bot.config import Config, load_config
from bot.ports import Clock
from bot.shipped import read_programme, shipped
from flows.programme import Programme
from flows.programme_file import load_programme

FILE = Path("config.toml")
PROGRAMME = "onboarding"
_SENDER = "Mentoring <mentoring@localhost>"  # for letters that only lie in a folder

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="The configuration; else config.toml here, if there is one."),
]


def config_file(named: Path | None) -> Path | None:
    """Return the configuration's file; None means that the defaults hold."""
    return named or (FILE if FILE.exists() else None)


def configured(named: Path | None) -> Config:
    """Read the configuration; ConfigError says all that is wrong with it."""
    return load_config(config_file(named), os.environ)


def programme(config: Config) -> tuple[Programme, str]:
    """Return the programme and its text; ProgrammeError says all that is wrong."""
    file = config.programme.file
    text = shipped()[PROGRAMME] if file is None else read_programme(file)
    return load_programme(text, f"{PROGRAMME}.toml" if file is None else file.name), text


def mail_channel(config: Config, clock: Clock) -> Mail | MailFolder:
    """Return the way e-mail goes; ValueError says what is wrong with the sender."""
    mail = config.mail
    if not mail.host:
        return MailFolder(mail.folder, sender=mail.sender or _SENDER, clock=clock)
    return Mail(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        user=mail.user,
        password=mail.password.reveal(),
        sender=mail.sender,
        clock=clock,
    )
