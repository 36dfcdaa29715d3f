"""Read one enrolment from a database that a server may be using at the same moment."""

from __future__ import annotations

from bot.facts import Pair
from flows.programme import Programme
from flows.programme_file import load_programme
from storage.db import check_version, database
from storage.work import SqlWork


class NoSuchPair(Exception):
    """There is no enrolment with this id in this database."""


def read_pair(url: str, enrolment_id: str) -> tuple[Programme, Pair]:
    """Return an enrolment with the programme it is pinned to; nothing is written, no server is disturbed."""
    where = database(url)
    check_version(where)
    connection = where.connect(read_only=True)
    try:
        connection.begin()
        work = SqlWork(connection)
        found = work.pairs((enrolment_id,), ("steps",))
        if not found:
            raise NoSuchPair(f'{where.where} has no pair "{enrolment_id}"')
        enrolment = found[0].enrolment
        text = work.programme_text(enrolment.programme, enrolment.version) or ""
        name = f"{enrolment.programme} {enrolment.version}"
        return load_programme(text, name), found[0]
    finally:
        connection.close()
