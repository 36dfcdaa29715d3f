"""What keeps a whole workspace from being served, where an operator can see it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime

from bot.ports import Clock, Store, Work

log = logging.getLogger(__name__)

_PREFIX = "slack/state/"
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
NOWHERE = "-"  # stands for the workspace while nobody knows which it is
# These are not disproved by a call that goes well.
_LASTING = ("refresh_refused",)


@dataclass(frozen=True, slots=True)
class State:
    """Why a workspace waits, and since when."""

    workspace: str
    why: str
    since: datetime

    @property
    def fix(self) -> str:
        """Return what an operator does about it."""
        if self.why.startswith("http "):
            return (
                "something that is not Slack answered: check [slack] api_url, and the proxy if there is one"
            )
        return FIXES.get(self.why, f"Slack says {self.why}")


class States:
    """Remember what keeps workspaces waiting: in the database, so that another process can tell it too."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, State] | None = None

    def known(self) -> tuple[State, ...]:
        """Return what keeps workspaces waiting, as far as this process has seen it."""
        return tuple((self._known or {}).values())

    async def note(self, workspace: str, why: str) -> None:
        """Remember why a workspace waits; it is logged when it begins."""
        known = await self._loaded()
        if workspace in known and known[workspace].why == why:
            return
        known[workspace] = state = State(workspace, why, self._clock.now())
        log.error(
            "A Slack workspace waits, and nothing is lost: action=slack.waits workspace=%s why=%s fix=%s",
            workspace,
            why,
            state.fix,
        )
        text = json.dumps({"why": why, "since": state.since.isoformat()})
        await self._store.write(lambda work: work.keep_setting(_PREFIX + workspace, text), "outbox")

    async def served(self, workspace: str) -> None:
        """Take note that a call went well; costs nothing where all was well."""
        known = await self._loaded()
        for place in (workspace, NOWHERE):
            if place in known and known[place].why not in _LASTING:
                await self.mended(place)

    async def mended(self, workspace: str) -> None:
        """Forget why a workspace waited."""
        known = await self._loaded()
        if known.pop(workspace, None) is not None:
            log.info("A Slack workspace is served again: action=slack.served workspace=%s", workspace)
            await self._store.write(lambda work: work.drop_setting(_PREFIX + workspace), "outbox")

    async def _loaded(self) -> dict[str, State]:
        if self._known is None:
            stored = await self._store.read(stored_states)
            # Another call may have been here meanwhile.
            if self._known is None:
                self._known = {state.workspace: state for state in stored}
        return self._known


def stored_states(work: Work) -> tuple[State, ...]:
    """Return what keeps workspaces waiting, as any process has stored it."""
    found = []
    for key, text in work.settings(_PREFIX):
        read = json.loads(text)
        found.append(State(key.removeprefix(_PREFIX), read["why"], datetime.fromisoformat(read["since"])))
    return tuple(found)
