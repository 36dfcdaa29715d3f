"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """
    Tell what the machine says; see ports.Clock.

    Where the machine's clock is set back, each enrolment goes on from the instant of its last look
    (`Enrolment.looked_at`), and messages wait for their time: nothing is repeated, nothing is skipped.
    """

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)
