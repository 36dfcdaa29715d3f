"""What keeps a Slack workspace from being served, and what is done about it."""

from __future__ import annotations

from adapters import states
from adapters.slack.names import CHANNEL
from adapters.states import NOWHERE as NOWHERE
from adapters.states import Kinds
from bot.ports import Clock, Store

_INSTALL = "install the app in the workspace again"
# What to do, by Slack's code or ours. Whatever else stands there is a code that Slack explains.
FIXES: dict[str, str] = {
    "not_installed": f"the app is not installed there: {_INSTALL}",
    "app_uninstalled": f"the app was removed: {_INSTALL}, or take its people out of the programme",
    "token_revoked": f"the token was revoked: {_INSTALL}",
    "token_expired": f"the token expired and could not be renewed: {_INSTALL}",
    "invalid_auth": f"the token is not valid: check TELEMACHY_SLACK_BOT_TOKEN, or {_INSTALL}",
    "not_authed": f"there is no token: set TELEMACHY_SLACK_BOT_TOKEN, or {_INSTALL}",
    "account_inactive": f"the app or the workspace was switched off: {_INSTALL}",
    "refresh_refused": f"the token can no longer be renewed and will expire: {_INSTALL}",
    "sealed": f"the stored token cannot be read: put back the key it was sealed with, or {_INSTALL}",
    "messages_tab_disabled": "people cannot be written to: switch on the Messages tab under App Home",
    "team_access_not_granted": "the organisation's app is not added to this workspace: add it there",
}
# Beginnings of what a call that goes well does not disprove.
LASTING = ("refresh_refused",)


def _fix(why: str) -> str:
    if why.startswith("http "):
        return "something that is not Slack answered: check [slack] api_url, and the proxy if there is one"
    return FIXES.get(why, f"Slack says {why}")


_KINDS = Kinds(CHANNEL, _fix)
stored_states = _KINDS.stored


class States(states.States):
    """Remember what keeps workspaces waiting."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock, _KINDS)
