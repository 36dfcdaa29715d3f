"""The kinds of columns that the tables are made of, each with a privacy class."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import BigInteger, CheckConstraint, Dialect, String
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field

# Whose the data in a column is: a person's (exported to and erased for them), what somebody wrote or said
# (contents, the most sensitive), or nobody's.
Privacy = Literal["none", "person", "contents"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(at: datetime) -> int:
    """Turn an aware instant into microseconds since 1970."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: instants are stored in UTC, give it tzinfo=UTC")
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(number: int) -> datetime:
    """Turn microseconds since 1970 into an aware UTC instant."""
    return _EPOCH + timedelta(microseconds=number)


def aware(at: datetime) -> datetime:
    """Return the instant in UTC; refuse one without a time zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: instants are stored in UTC, give it tzinfo=UTC")
    return at.astimezone(UTC)


class Instant(TypeDecorator[datetime]):
    """
    Store an aware instant.

    SQLite gets microseconds since 1970: 8 bytes instead of 26, and exact.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use the database's own type where it has one."""
        own = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive datetimes."""
        if value is None:
            return None
        return aware(value) if dialect.name == "postgresql" else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        return aware(value) if dialect.name == "postgresql" else from_microseconds(value)


class Plain(TypeDecorator[str]):
    """Store text that both databases compare and sort byte by byte, so that they return the same order."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Keep PostgreSQL from sorting by the server's locale."""
        return dialect.type_descriptor(String(collation="C") if dialect.name == "postgresql" else String())


def plain(privacy: Privacy = "none", **more: Any) -> Any:
    """Make a text column; also for nested values, which are stored as JSON text."""
    return Field(sa_type=Plain, sa_column_kwargs={"info": {"privacy": privacy}}, **more)


def instant(privacy: Privacy = "none", **more: Any) -> Any:
    """Make a column for an aware instant."""
    return Field(sa_type=Instant, sa_column_kwargs={"info": {"privacy": privacy}}, **more)


def column(privacy: Privacy = "none", **more: Any) -> Any:
    """Make a column whose type follows its annotation."""
    return Field(sa_column_kwargs={"info": {"privacy": privacy}}, **more)


def number(privacy: Privacy = "none", **more: Any) -> Any:
    """Make a column for a whole number of 64 bits."""
    return Field(sa_type=BigInteger, sa_column_kwargs={"info": {"privacy": privacy}}, **more)


def one_of(table: str, name: str, literal: Any) -> CheckConstraint:
    """Let a text column hold only the values of a Literal."""
    values = ", ".join(f"'{value}'" for value in get_args(literal))
    return CheckConstraint(f"{name} IN ({values})", name=f"ck_{table}_{name}")
