"""What a supervisor may ask of a running bot: is it well, and how much has it done."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.heartbeat import TICK_SECONDS, Heartbeat

# Three beats: one may be long, because much was due.
SILENT_SECONDS = 3 * TICK_SECONDS


def pages(heartbeat: Heartbeat) -> web.Application:
    """Return the pages `/healthz` and `/metrics`; neither says anything about anybody."""

    async def healthz(request: web.Request) -> web.Response:
        why = trouble(heartbeat)
        answer = {"state": "trouble", "why": why} if why else {"state": "ok"}
        return web.json_response(answer, status=503 if why else 200)

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text="\n".join(_figures(heartbeat)) + "\n")

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    return app


def trouble(heartbeat: Heartbeat) -> str:
    """Return why the bot is not well, in a word that is safe to show; empty where it is."""
    pulse = heartbeat.pulse
    if pulse.trouble is not None:
        return f"the last beat failed ({type(pulse.trouble).__name__}): see the log, or run telemachy doctor"
    silent = None if pulse.beaten_at is None else asyncio.get_running_loop().time() - pulse.beaten_at
    if silent is None:
        return "it has only just started"
    return f"no beat for {silent:.0f} s" if silent > SILENT_SECONDS else ""


def _figures(heartbeat: Heartbeat) -> list[str]:
    pulse = heartbeat.pulse
    counters = {
        "telemachy_beats_total": ("Looks at what is due that went well.", pulse.beats),
        "telemachy_beat_failures_total": ("Looks that failed; the next one tries again.", pulse.failures),
        "telemachy_messages_delivered_total": ("Messages that went out.", pulse.delivered),
    }
    lines = []
    for name, (told, value) in counters.items():
        lines += [f"# HELP {name} {told}", f"# TYPE {name} counter", f"{name} {value}"]
    return lines
