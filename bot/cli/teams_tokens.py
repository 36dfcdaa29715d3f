"""Where the bot's tokens for Microsoft come from, by its configuration."""

from __future__ import annotations

from adapters.teams.tokens import Tokens
from bot.config import Config
from bot.ports import Clock


def tokens_of(config: Config, clock: Clock) -> Tokens:
    """Return what fetches tokens, by secret or certificate; ValueError says what is missing."""
    teams = config.teams
    return Tokens(
        app_id=teams.app_id,
        tenant_id=teams.tenant_id,
        clock=clock,
        secret=teams.client_secret.reveal(),
        certificate=teams.certificate,
        login_url=teams.login_url,
    )
