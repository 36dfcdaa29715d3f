"""What a simulation came to: its figures, and what the auditor found."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.sim.auditor import NUMBERS, Finding
from adapters.sim.channel import Accepted
from adapters.sim.player import Act
from adapters.sim.promises import Course
from adapters.sim.world import Tally
from bot.engine import NOT_ALLOWED
from bot.facts import Pair, Person
from bot.outcome import Note, Reply

_PERCENTILES = (("p50", 0.5), ("p95", 0.95))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of a run and the auditor's findings."""

    figures: Mapping[str, object]
    findings: tuple[Finding, ...]
    errors: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Tell whether all five numbers are zero, nothing raised, and everything came to rest."""
        return not self.findings and not self.errors and not self.figures["never_at_rest"]


class Errors(logging.Handler):
    """Collect what the bot logs as an error, so that no failure of one enrolment goes unseen."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []
        self._bot = logging.getLogger("bot")
        self._before = (self._bot.propagate, self._bot.level)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text and the error's name."""
        error = record.exc_info[1] if record.exc_info else None
        self.texts.append(record.getMessage() + (f": {type(error).__name__}: {error}" if error else ""))

    def __enter__(self) -> Errors:
        self._bot.addHandler(self)
        self._bot.propagate, self._bot.level = False, logging.ERROR
        return self

    def __exit__(self, *_: object) -> None:
        self._bot.removeHandler(self)
        self._bot.propagate, self._bot.level = self._before


@dataclass(slots=True)
class Counts:
    """Count, as a witness, what people got and what they were refused."""

    roles: Mapping[str, str]
    by_role: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    renewed: int = 0
    refused: int = 0

    def took(self, accepted: Accepted) -> None:
        """See a message arrive."""
        if accepted.replaces:
            self.renewed += 1
        else:
            self.sent += 1
            self.by_role[self.roles.get(accepted.to.id, "none")] += 1

    def did(self, at: datetime, person: Person, act: Act, reply: Reply, shown: str) -> None:
        """See somebody act."""
        self.refused += isinstance(reply, Note) and reply.words == NOT_ALLOWED


def roles(courses: Sequence[Course]) -> dict[str, str]:
    """Return each person's role; who has several counts as the first of mentee, mentor, head and so on."""
    return {p: role for c in reversed(courses) for role in reversed(list(c.seats)) for p in c.seats[role]}


def of_messages(counts: Counts, weeks: Sequence[int]) -> dict[str, object]:
    """Return how much people were written to; `weeks` is how often, a person and week each."""
    return {
        "messages_sent": counts.sent,
        "messages_renewed": counts.renewed,
        "messages_by_role": _sorted(counts.by_role),
        "interruptions_per_person_week": _spread(sorted(weeks)),
    }


def of_pairs(tally: Tally, pairs: Sequence[Pair]) -> dict[str, object]:
    """Return what happened in the pairs."""
    return {
        "acts": tally.acts,
        "forms_submitted": tally.forms,
        "reviews_held": sum(r.state == "closed" for pair in pairs for r in pair.reviews),
        "cases_opened": _sorted(Counter(c.signal for pair in pairs for c in pair.cases)),
        "pairs_by_state": _sorted(Counter(pair.enrolment.state for pair in pairs)),
    }


def of_faults(
    findings: Sequence[Finding], let_go: Mapping[str, int], tally: Tally, counts: Counts, errors: Errors
) -> dict[str, object]:
    """Return the five numbers, and what was stated, doubtful or raised on the way."""
    found = Counter(finding.number for finding in findings)
    return {
        **{number: found[number] for number in NUMBERS},
        "let_go": _sorted(let_go),
        "doubtful": tally.doubtful,
        "crashes": tally.crashes,
        "refused_presses": counts.refused,
        "errors": len(errors.texts),
        "never_at_rest": len(tally.restless),
    }


def _sorted(counter: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counter.items()))


def _spread(counts: Sequence[int]) -> dict[str, int]:
    if not counts:
        return {"p50": 0, "p95": 0, "max": 0}
    at = {name: counts[min(len(counts) - 1, int(len(counts) * share))] for name, share in _PERCENTILES}
    return {**at, "max": counts[-1]}
