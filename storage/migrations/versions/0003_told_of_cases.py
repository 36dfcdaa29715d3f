"""Remember which messages a case was told by."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Plain

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    # Of the cases that are there nobody knows any more; the rows to come always bring theirs.
    op.add_column("case", sa.Column("told", Plain(), nullable=False, server_default="[]"))
    with op.batch_alter_table("case", table_kwargs={"sqlite_with_rowid": False}) as case:
        case.alter_column("told", server_default=None)
