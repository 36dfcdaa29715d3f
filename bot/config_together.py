"""
Check what only two keys of the configuration together can get wrong.

Each function yields the place and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.config_teams import teams_together
from bot.config_values import HERE

if TYPE_CHECKING:
    from bot.config import Config, Server, Slack

_Problem = tuple[str, str]

# Shorter ones can be guessed by trying; what `telemachy new-key` prints has 43 characters.
LEAST_KEY = 32


def together(config: Config, folder: Path, whole: bool) -> Iterator[_Problem]:
    """Yield what is wrong between keys that are sound each by itself; no secret is missed unless it is the `whole`."""
    work = config.organisation
    if work.opens >= work.closes:
        yield "[organisation] closes", f"must be later than opens, which is {work.opens:%H:%M}"
    yield from _mail(config)
    if config.programme.file and not (folder / config.programme.file).is_file():
        yield "[programme] file", f"there is no file {str(folder / config.programme.file)!r}"
    if whole and config.slack.mode != "off":
        yield from _way_in(config)
        yield from _tokens(config.slack)
    if config.teams.mode != "off":
        yield from teams_together(config, folder, whole)
    if whole:
        yield from _link_key(config.server)


def _link_key(server: Server) -> Iterator[_Problem]:
    if any(len(key.reveal()) < LEAST_KEY for key in server.link_key):
        yield (
            "[server] link_key",
            f"is short enough to be guessed: make one of at least {LEAST_KEY} characters with `telemachy new-key`",
        )


def _mail(config: Config) -> Iterator[_Problem]:
    mail = config.mail
    if mail.host and not mail.sender:
        yield "[mail] sender", "is missing: with a host, say whom the e-mails come from"
    if mail.user and not mail.password:
        yield "[mail] user", "has no password: set TELEMACHY_MAIL_PASSWORD, or password_file"
    if mail.user and mail.security == "none" and mail.host not in HERE:
        yield (
            "[mail] security",
            'would send the password readable for everyone: use "starttls" or "tls"',
        )


# --- Slack -----------------------------------------------------------------------------------


def _way_in(config: Config) -> Iterator[_Problem]:
    """Yield what keeps Slack from reaching us."""
    slack, public_url = config.slack, config.server.public_url
    if slack.mode == "socket" and not slack.app_token:
        missing = '"socket" needs an app-level token: set TELEMACHY_SLACK_APP_TOKEN, or app_token_file'
        yield "[slack] mode", missing
    if slack.mode == "http" and not slack.signing_secret:
        missing = (
            '"http" needs the signing secret, by which a request is known to be Slack\'s: '
            "set TELEMACHY_SLACK_SIGNING_SECRET, or signing_secret_file"
        )
        yield "[slack] mode", missing
    if slack.mode != "http" and not slack.by_oauth:
        return
    if not public_url:
        what = '[slack] mode = "http"' if slack.mode == "http" else "[slack] client_id"
        yield "[server] public_url", f"is missing: {what} needs the address at which the bot is reached"
    elif urlsplit(public_url).scheme != "https" and urlsplit(public_url).hostname not in HERE:
        yield "[server] public_url", "must begin with https:// because Slack takes no other address"


def _tokens(slack: Slack) -> Iterator[_Problem]:
    """Yield what keeps us from calling Slack."""
    if slack.by_oauth:
        yield from _installing(slack)
    elif not slack.bot_token:
        missing = (
            f'"{slack.mode}" needs a token to call Slack with: set TELEMACHY_SLACK_BOT_TOKEN for one workspace, '
            "or client_id, TELEMACHY_SLACK_CLIENT_SECRET and TELEMACHY_SLACK_TOKEN_KEYS for several"
        )
        yield "[slack] mode", missing
    # The two are copied from two pages of the same app, and each is easily taken for the other.
    if slack.bot_token and not slack.bot_token.reveal().startswith(("xoxb-", "xoxe.xoxb-")):
        yield (
            "TELEMACHY_SLACK_BOT_TOKEN",
            "must begin with xoxb-: it is the Bot User OAuth Token of the page OAuth & Permissions",
        )
    if slack.app_token and not slack.app_token.reveal().startswith("xapp-"):
        yield (
            "TELEMACHY_SLACK_APP_TOKEN",
            "must begin with xapp-: it is an app-level token of the page Basic Information",
        )


def _installing(slack: Slack) -> Iterator[_Problem]:
    if slack.bot_token:
        yield (
            "[slack] client_id",
            "is for several workspaces, and TELEMACHY_SLACK_BOT_TOKEN for one: leave one out",
        )
    if not slack.client_secret:
        yield "[slack] client_id", "has no secret: set TELEMACHY_SLACK_CLIENT_SECRET, or client_secret_file"
    if not slack.token_keys:
        missing = (
            "needs a key that keeps the tokens of the workspaces secret: make one with `telemachy slack new-key` "
            "and set TELEMACHY_SLACK_TOKEN_KEYS, or token_keys_file"
        )
        yield "[slack] client_id", missing
