"""
Run the migrations on the connection that storage.db gives, or write a new one.

A new revision is drafted by comparing a database that is up to date with the tables:
`alembic -c storage/migrations/alembic.ini -x url=sqlite:///dev.db revision --autogenerate -m "what changes"`.
"""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, create_engine
from sqlmodel import SQLModel

from storage import tables

assert tables.Person.metadata is SQLModel.metadata  # the tables are known once that module is imported


def _render(kind: str, item: object, _: object) -> str | Literal[False]:
    return (
        f"{type(item).__name__}()" if kind == "type" and type(item).__module__ == "storage.columns" else False
    )


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Replicas that start together: the first migrates, the others wait and find it done.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8433206915)")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    engine = create_engine(context.get_x_argument(as_dictionary=True)["url"])
    with engine.begin() as connection:
        _run(connection)
