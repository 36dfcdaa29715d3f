"""
One activity, one turn of botbuilder; the only module that imports it, so that its successor needs no other changed.

botbuilder takes part on the way in alone. Its connector is never made and its own check of tokens never asked:
adapters.teams.gate lets in, and what is said goes out through adapters.teams.connector.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn

from botbuilder.core import ActivityHandler, BotAdapter, TurnContext
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, InvokeResponse

from adapters.payload import text
from adapters.teams.origin import Body
from adapters.teams.wording import Json

OnTurn = Callable[[Body], Awaitable[Json | None]]

_BODY = "telemachy.body"
_LISTENER = "telemachy.listener"
_ANSWER = "telemachy.answer"


class Turns:
    """Run one turn an activity. An error of the listener reaches who processes: `on_turn_error` would swallow it."""

    def __init__(self) -> None:
        self._adapter = _Inwards()
        self._handler = _Listening()

    async def process(self, activity: Body, on_turn: OnTurn) -> Json | None:
        """Hand an authentic activity to a listener within a turn, and return what it answers."""
        context = TurnContext(self._adapter, _activity(activity))
        context.turn_state[_BODY] = activity
        context.turn_state[_LISTENER] = on_turn
        await self._adapter.run_pipeline(context, self._handler.on_turn)
        answer: Json | None = context.turn_state.get(_ANSWER)
        return answer


class _Inwards(BotAdapter):  # type: ignore[misc]  # botbuilder has no types
    """Say nothing: what is said passes the outbox, or the tasks that follow an answer."""

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> NoReturn:
        _refuse()

    async def update_activity(self, context: TurnContext, activity: Activity) -> NoReturn:
        _refuse()

    async def delete_activity(self, context: TurnContext, reference: object) -> NoReturn:
        _refuse()


class _Listening(ActivityHandler):  # type: ignore[misc]  # botbuilder has no types
    """
    Hear every kind of activity that is ours in one place; the others end here, having no effect.

    An invoke is answered with plain JSON. What botbuilder would make of an answer fails in its own serialiser, which
    takes nothing but its own classes, and it copies every answer deeply first.
    """

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await _listen(turn_context)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        await _listen(turn_context)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        await _listen(turn_context)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse | None:
        await _listen(turn_context)
        return None


async def _listen(context: TurnContext) -> None:
    state = context.turn_state
    state[_ANSWER] = await state[_LISTENER](state[_BODY])


def _activity(body: Body) -> Activity:
    """
    Return what a turn is made of; the listener has the whole activity.

    Made, not deserialised: that would cost more than all else in a turn, and fail on whatever is not as expected.
    """
    return Activity(
        type=text(body, "type"),
        id=text(body, "id"),
        name=text(body, "name"),
        channel_id=text(body, "channelId"),
        service_url=text(body, "serviceUrl"),
        conversation=ConversationAccount(id=text(body, "conversation", "id")),
        from_property=ChannelAccount(
            id=text(body, "from", "id"), aad_object_id=text(body, "from", "aadObjectId")
        ),
        recipient=ChannelAccount(id=text(body, "recipient", "id")),
    )


def _refuse() -> NoReturn:
    raise TypeError("nothing is sent through botbuilder: use adapters.teams.connector")
