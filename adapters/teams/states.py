"""What keeps a tenant of Teams from being served, and what is done about it."""

from __future__ import annotations

from adapters import states
from adapters.states import NOWHERE as NOWHERE
from adapters.states import Kinds
from adapters.states import State as State
from adapters.teams.names import CHANNEL
from bot.ports import Clock, Store

GRAPH = "graph"  # stands for what Microsoft Graph does not let the bot do
_NEW_ONE = "make a new client secret (App registrations, Certificates & secrets) and set TELEMACHY_TEAMS_CLIENT_SECRET"
# What to do, by Microsoft's code or ours. Whatever else stands there is a code that Microsoft explains.
FIXES: dict[str, str] = {
    "wrong_secret": f"the client secret is not the right one: set its value, not its id; or {_NEW_ONE}",
    "secret_expired": f"the client secret expired: {_NEW_ONE}",
    "wrong_certificate": "the certificate is not one of the app registration: upload its public half there",
    "no_certificate": "the certificate cannot be read: [teams] certificate names a PEM file that holds "
    "an RSA key without a passphrase, and its certificate",
    "unknown_app": "the tenant has no such app: check [teams] app_id and tenant_id",
    "unknown_tenant": "there is no such tenant: check [teams] tenant_id",
    "no_login": "Microsoft Entra could not be reached: check the network, and the proxy if there is one",
    "slow_login": "Microsoft Entra did not answer in time; it is asked again by itself",
    "unauthorized": "the Bot Connector does not take the bot's token: check that the Azure bot has this "
    "app id, is single tenant, and has the Teams channel",
    "BotNotRegistered": "no bot is registered under [teams] app_id: create an Azure bot with it",
    "InvalidBotApiHost": "the tenant is served from another cloud: whoever writes to the bot again tells where",
    "not_in_catalogue": "the organisation's catalogue lacks the app: upload the app package in the Teams "
    "admin center (Teams apps, Manage apps)",
}
NOT_GRANTED = "not_granted "  # followed by the permission


def _fix(why: str) -> str:
    if why.startswith("http "):
        return "something that is not the Bot Connector answered: check the proxy if there is one"
    if why.startswith(NOT_GRANTED):
        permission = why.removeprefix(NOT_GRANTED)
        return f"grant the application permission {permission} (App registrations, API permissions)"
    return FIXES.get(why, f"Microsoft says {why}")


_KINDS = Kinds(CHANNEL, _fix)
stored_states = _KINDS.stored


class States(states.States):
    """Remember what keeps tenants waiting."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock, _KINDS)
