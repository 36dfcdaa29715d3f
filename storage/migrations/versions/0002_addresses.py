"""Let a person have several addresses, and renew the address of their calendar feed."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Plain

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "person_address",
        sa.Column("address", Plain(), nullable=False),
        sa.Column("person", Plain(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO person_address (address, person) SELECT address, id FROM person WHERE address IS NOT NULL"
    )
    op.create_index("ix_person_address_person", "person_address", ["person"], unique=False)
    op.drop_index("ix_person_address", table_name="person")
    # With a value for the rows that are there; the rows to come always bring theirs.
    op.add_column("person", sa.Column("also", Plain(), nullable=False, server_default=""))
    op.add_column("person", sa.Column("feed", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("person", table_kwargs={"sqlite_with_rowid": False}) as person:
        person.alter_column("also", server_default=None)
        person.alter_column("feed", server_default=None)
