"""The Bot Connector: the few calls by which the bot writes to Teams, and errors in the words of those who deliver."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from urllib.parse import quote

from adapters.teams.faults import TROUBLES, Deed, Port, answered, in_doubt, ported
from adapters.teams.names import message_id, split_message
from adapters.teams.references import Reference
from adapters.teams.service import SERVICE_HOSTS, Untrusted, trusted
from adapters.teams.states import NOWHERE, States
from adapters.teams.tokens import Tokens
from adapters.teams.wire import Answer, Json, Wire
from bot.ports import Refused, Throttled

_FIRST_SECONDS = 2.0
_LONGEST_SECONDS = 300.0
_MANY = 10_000  # conversations whose failures in a row are counted


class Backoff:
    """
    Tell how long to wait when nobody says: longer after each failure in a row, and never all at the same time.

    `jitter` returns 0 to 1, by which a wait grows up to half as long again.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failed: dict[str, int] = {}

    def seconds(self, place: str) -> float:
        """Count a failure, and return how long to wait after it."""
        if len(self._failed) >= _MANY:
            self._failed.clear()
        count = self._failed[place] = self._failed.get(place, 0) + 1
        wait = min(_FIRST_SECONDS * 2.0 ** min(count - 1, 30), _LONGEST_SECONDS)
        return wait * (1 + self._jitter() / 2)

    def served(self, place: str) -> None:
        """Take note that a call went well."""
        self._failed.pop(place, None)


class Connector:
    """
    Send, change, open and look; each call once, but for one that was refused for its token.

    The address is checked before each call, wherever it was kept: the bot's token goes there. What keeps a whole
    tenant from being served is noted in `states`, and forgotten by the first call that goes well.
    """

    def __init__(
        self,
        *,
        wire: Wire,
        tokens: Tokens | None,
        states: States,
        hosts: Collection[str] = SERVICE_HOSTS,
        development: bool = False,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Take whose tokens to show; None only in development, where a stand-in wants none."""
        if tokens is None and not development:
            raise ValueError("the Bot Connector takes nothing without a token")
        self._wire = wire
        self._tokens = tokens
        self._states = states
        self._hosts = hosts
        self._development = development
        self._backoff = Backoff(jitter)

    async def post(self, reference: Reference, activity: Json) -> str:
        """Send a message and return its id; "" where Teams took it and did not say which it is, as it may."""
        path = f"{quote(reference.conversation, safe='')}/activities"
        answer = await self._ask("send", reference, path, _addressed(reference, activity))
        made = answer.body.get("id")
        if isinstance(made, str) and made:
            return message_id(reference.conversation, made)
        if not _is_teams(answer):
            raise in_doubt("send", "somebody else than Teams took the message")
        return ""

    async def put(self, reference: Reference, message: str, activity: Json) -> None:
        """Change a message in its place; `message` is its id as `post` returned it."""
        try:
            conversation, made = split_message(message)
        except ValueError:
            raise Refused("the message to change was not sent by Teams") from None
        path = f"{quote(conversation, safe='')}/activities/{quote(made, safe='')}"
        await self._ask("change", reference, path, {**_addressed(reference, activity), "id": made})

    async def open(self, reference: Reference, user: str) -> str:
        """Return the conversation of the bot with one person; opened twice it is the same."""
        told = {
            "bot": {"id": reference.bot},
            "members": [{"id": user}],
            "isGroup": False,
            "tenantId": reference.tenant,
            "channelData": {"tenant": {"id": reference.tenant}},
        }
        answer = await self._ask("open", reference, "", told)
        made = answer.body.get("id")
        if not isinstance(made, str) or not made:
            raise in_doubt("open", "no conversation")
        return made

    async def member(self, reference: Reference, user: str) -> Json:
        """Return what Teams knows of somebody in a conversation: name, e-mail address, tenant."""
        path = f"{quote(reference.conversation, safe='')}/members/{quote(user, safe='')}"
        return (await self._ask("look", reference, path, None)).body

    # --- one call

    async def _ask(self, deed: Deed, reference: Reference, path: str, body: Json | None) -> Answer:
        place = reference.tenant or NOWHERE
        try:
            answer = await self._answer(deed, reference, path, body)
        except Throttled as error:
            if error.everybody:
                await self._states.note(place, error.why)
            raise
        await self._states.served(place)
        return answer

    async def _answer(self, deed: Deed, reference: Reference, path: str, body: Json | None) -> Answer:
        try:
            base = trusted(reference.service_url, self._hosts, development=self._development)
        except Untrusted as error:
            raise Refused(str(error)) from None
        url = f"{base.rstrip('/')}/v3/conversations{'/' if path else ''}{path}"
        token = await self._token()
        answer = await self._call(deed, url, token, body)
        if answer.status == 401 and self._tokens is not None:
            self._tokens.forget(token)
            answer = await self._call(deed, url, await self._token(), body)
        lane = reference.conversation or f"{reference.tenant} new"
        if 200 <= answer.status < 300:
            self._backoff.served(lane)
            return answer
        raise self._refusal(answer, deed, lane)

    def _refusal(self, answer: Answer, deed: Deed, lane: str) -> Port:
        return answered(answer, deed, lambda: self._backoff.seconds(lane))

    async def _call(self, deed: Deed, url: str, token: str, body: Json | None) -> Answer:
        try:
            return await self._wire.call(_METHODS[deed], url, token=token, body=body)
        except TROUBLES as error:
            raise ported(error, deed) from None

    async def _token(self) -> str:
        return await self._tokens.bearer() if self._tokens is not None else ""


_METHODS: dict[Deed, str] = {"send": "POST", "change": "PUT", "open": "POST", "look": "GET"}


def _is_teams(answer: Answer) -> bool:
    """Tell whether nothing was said, or in the Connector's way: a page in between says HTML."""
    return answer.headers.get("content-length") == "0" or "json" in answer.headers.get("content-type", "json")


def _addressed(reference: Reference, activity: Json) -> dict[str, object]:
    """Return a message with what says whose it is; without the tenant, Teams refuses some."""
    made: dict[str, object] = {
        "from": {"id": reference.bot},
        "conversation": {"id": reference.conversation, "tenantId": reference.tenant},
        "channelData": {"tenant": {"id": reference.tenant}},
    }
    if reference.user:
        known = {"aadObjectId": reference.entra} if reference.entra else {}
        made["recipient"] = {"id": reference.user, **known}
    return {**made, **activity}
