"""Where the app is installed: one sealed setting a workspace or organisation, or the one token of the configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from adapters.slack.vault import Vault
from bot.ports import Clock, Store, Work

_PREFIX = "slack/installation/"
_BELONGS = "slack/enterprise/"  # a workspace's organisation, as an event said it
_NONE = "-"  # stands for the workspace of an organisation's install, and for no organisation
# How long an install or a renewal by another replica may go unnoticed; a call that fails looks at once.
_KEPT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the app is installed: a workspace, or with `whole` an organisation with all of its workspaces."""

    workspace: str
    enterprise: str = ""
    whole: bool = False

    @property
    def key(self) -> str:
        """Return the setting under which its installation is kept."""
        return f"{_PREFIX}{self.enterprise or _NONE}/{_NONE if self.whole else self.workspace or _NONE}"

    @property
    def label(self) -> str:
        """Return the id by which people know the place."""
        return self.enterprise if self.whole else self.workspace

    @classmethod
    def at(cls, key: str) -> Place:
        """Return the place of a setting's key."""
        enterprise, _, workspace = key.removeprefix(_PREFIX).partition("/")
        whole = workspace == _NONE
        return cls("" if whole else workspace, "" if enterprise == _NONE else enterprise, whole)


def place_of(installation: Installation | Bot) -> Place:
    """Return where this is installed."""
    whole = bool(installation.is_enterprise_install)
    workspace = "" if whole else installation.team_id or ""
    return Place(workspace, installation.enterprise_id or "", whole)


class Installations(AsyncInstallationStore):
    """
    Keep installations as the SDK wants it, sealed, and find the one that serves a workspace.

    A token of the configuration is served where nothing is stored; it is never written. User tokens are not
    kept: the app asks for none.
    """

    def __init__(
        self, store: Store, clock: Clock, *, vault: Vault | None = None, bot_token: str = ""
    ) -> None:
        """Take the vault, needed to store anything, or the token of the only workspace, or both."""
        if vault is None and not bot_token:
            raise ValueError(
                "Slack needs TELEMACHY_SLACK_BOT_TOKEN, or keys to store the workspaces' tokens with"
            )
        self._store = store
        self._clock = clock
        self._vault = vault
        self._token = bot_token
        self._found: dict[tuple[str, str], tuple[datetime, Bot | None]] = {}

    # --- for those who call Slack

    async def bot_for(self, workspace: str, enterprise: str = "") -> Bot | None:
        """Return the bot of the workspace, or of its organisation; the last minute's answer is good enough."""
        asked, now = (workspace, enterprise), self._clock.now()
        kept = self._found.get(asked)
        if kept is not None and now - _KEPT < kept[0] <= now:
            return kept[1]
        bot = await self.async_find_bot(enterprise_id=enterprise or None, team_id=workspace or None)
        if bot is not None and bot.is_enterprise_install and workspace and enterprise:
            await self._belongs(workspace, enterprise)
        self._found[asked] = (now, bot)
        return bot

    async def _belongs(self, workspace: str, enterprise: str) -> None:
        """Remember a workspace's organisation: people's addresses do not name it."""
        key = _BELONGS + workspace
        if await self._store.read(lambda work: work.setting(key)) != enterprise:
            await self._store.write(lambda work: work.keep_setting(key, enterprise))

    def forget(self) -> None:
        """Look again at the next call."""
        self._found.clear()

    async def places(self) -> tuple[Place, ...]:
        """Return where the app is installed, without the place of a token in the configuration."""
        return await self._store.read(installed_at)

    # --- the SDK's interface

    async def async_save(self, installation: Installation) -> None:
        """Store an installation, in the place of an earlier one."""
        key, sealed = place_of(installation).key, self._seal(installation)
        await self._store.write(lambda work: work.keep_setting(key, sealed))
        self.forget()

    async def async_save_bot(self, bot: Bot) -> None:
        """Store a bot's renewed token with what else is known of its installation."""
        key = place_of(bot).key

        def keep(work: Work) -> None:
            self.keep(work, key, bot)

        await self._store.write(keep)
        self.forget()

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """Find the bot that serves a workspace; CannotOpen where its key is missing."""
        found = await self.async_find_installation(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        if found is not None:
            return found.to_bot()
        if not self._token:
            return None
        return Bot(team_id=team_id, bot_token=self._token, bot_id="", bot_user_id="", installed_at=0.0)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """Find the installation that serves a workspace; who installed it makes no difference."""
        workspace = "" if is_enterprise_install else team_id or ""

        def look(work: Work) -> tuple[dict[str, str], str]:
            belongs = work.setting(_BELONGS + workspace) if workspace and not enterprise_id else ""
            return dict(work.settings(_PREFIX)), belongs or enterprise_id or ""

        rows, enterprise = await self._store.read(look)
        place = _serving(tuple(map(Place.at, rows)), workspace, enterprise)
        return None if place is None else self._open(rows[place.key])

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget an installation: it has nothing but its bot."""
        await self.async_delete_all(enterprise_id=enterprise_id, team_id=team_id)

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Forget an installation; one person's leaving does not end it, because there are no user tokens."""
        if user_id is None:
            await self.async_delete_all(enterprise_id=enterprise_id, team_id=team_id)

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget the installation of a workspace, or of an organisation where no workspace is named."""
        gone = Place(team_id or "", enterprise_id or "", whole=not team_id)

        def drop(work: Work) -> None:
            for key, _ in work.settings(_PREFIX):
                place = Place.at(key)
                same = place.whole if gone.whole else place.workspace == gone.workspace
                # An event may leave the organisation out; a workspace's id is its own everywhere.
                if same and (not gone.whole or place.enterprise == gone.enterprise):
                    work.drop_setting(key)

        await self._store.write(drop)
        self.forget()

    # --- within a transaction of others

    def stored(self, work: Work, key: str) -> Bot | None:
        """Return the bot stored under a key."""
        sealed = work.setting(key)
        return None if not sealed else self._open(sealed).to_bot()

    def keep(self, work: Work, key: str, bot: Bot) -> None:
        """Store a bot's renewed token, unless the installation was removed meanwhile."""
        sealed = work.setting(key)
        if sealed:
            renewed = self._open(sealed)
            renewed.bot_token = bot.bot_token
            renewed.bot_refresh_token = bot.bot_refresh_token
            renewed.bot_token_expires_at = bot.bot_token_expires_at
            work.keep_setting(key, self._seal(renewed))

    # --- sealing

    def _seal(self, installation: Installation) -> str:
        if self._vault is None:
            raise ValueError("there is no key to seal a token with: set TELEMACHY_SLACK_TOKEN_KEYS")
        return self._vault.seal(json.dumps(_plain(installation)))

    def _open(self, sealed: str) -> Installation:
        if self._vault is None:
            raise ValueError("there is no key to open stored tokens with: set TELEMACHY_SLACK_TOKEN_KEYS")
        return Installation(**json.loads(self._vault.open(sealed)))


def installed_at(work: Work) -> tuple[Place, ...]:
    """Return where the app is installed."""
    return tuple(Place.at(key) for key, _ in work.settings(_PREFIX))


async def rotate_keys(store: Store, vault: Vault) -> int:
    """
    Seal every stored token anew with the vault's first key and return how many there are.

    CannotOpen leaves all as it was: then no key of the vault fits one of them.
    """

    def reseal(work: Work) -> int:
        rows = work.settings(_PREFIX)
        for key, sealed in rows:
            work.keep_setting(key, vault.sealed_anew(sealed))
        return len(rows)

    return await store.write(reseal)


def _serving(places: tuple[Place, ...], workspace: str, enterprise: str) -> Place | None:
    """
    Return the place whose token serves a workspace.

    A workspace without one of its own is served by its organisation's, or where none is named by the only
    organisation's there is.
    """
    own = [place for place in places if workspace and place.workspace == workspace]
    wholes = [place for place in places if place.whole]
    named = [place for place in wholes if place.enterprise == enterprise]
    alone = wholes if len(wholes) == 1 and not enterprise else []
    return next(iter((*own, *named, *alone)), None)


def _plain(installation: Installation) -> Mapping[str, object]:
    return {
        "app_id": installation.app_id,
        "enterprise_id": installation.enterprise_id,
        "enterprise_name": installation.enterprise_name,
        "team_id": installation.team_id,
        "team_name": installation.team_name,
        "bot_token": installation.bot_token,
        "bot_id": installation.bot_id,
        "bot_user_id": installation.bot_user_id,
        "bot_scopes": ",".join(installation.bot_scopes or ()),
        "bot_refresh_token": installation.bot_refresh_token,
        "bot_token_expires_at": installation.bot_token_expires_at,
        "user_id": installation.user_id,
        "is_enterprise_install": installation.is_enterprise_install,
        "installed_at": installation.installed_at,
    }
