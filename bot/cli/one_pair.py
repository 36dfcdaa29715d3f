"""Read one enrolment from a database that a server may be using at the same moment."""

from __future__ import annotations

from bot.facts import Pair
from bot.ports import Work
from flows.programme import Programme
from flows.programme_file import load_programme
from storage.store import open_to_read


class NoSuchPair(Exception):
    """There is no enrolment with this id in this database."""


def read_pair(url: str, enrolment_id: str) -> tuple[Programme, Pair]:
    """Return an enrolment with the programme it is pinned to; nothing is written, no server is disturbed."""
    store = open_to_read(url)

    def read(work: Work) -> tuple[str, Pair]:
        found = work.pairs((enrolment_id,), ("steps",))
        if not found:
            raise NoSuchPair(f'the database has no pair "{enrolment_id}"')
        enrolment = found[0].enrolment
        return work.programme_text(enrolment.programme, enrolment.version) or "", found[0]

    try:
        text, pair = store.read_now(read)
    finally:
        store.close_now()
    return load_programme(text, f"{pair.enrolment.programme} {pair.enrolment.version}"), pair
