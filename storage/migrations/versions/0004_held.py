"""Find the messages that a restore holds back."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_HELD = sa.text("state = 'held'")


def upgrade() -> None:
    """Apply it."""
    op.create_index(
        "ix_outbox_held", "outbox", ["id"], unique=False, sqlite_where=_HELD, postgresql_where=_HELD
    )
