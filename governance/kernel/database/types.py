"""Column types that mean the same on both databases: ids, instants, words, documents."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID, SafeUUID

from sqlalchemy import JSON, BigInteger, DateTime, LargeBinary, SmallInteger, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Reader = Callable[[Any], Any]


class Id(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, 16 bytes on SQLite (half the size of text, and in time order)."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Uuid() if dialect.name == "postgresql" else LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def result_processor(self, dialect: Dialect, _coltype: object) -> Reader | None:
        return None if dialect.name == "postgresql" else _uuid_of


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: timestamptz on PostgreSQL, whole microseconds since 1970 on SQLite: both compare exactly."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else micros_of(value)

    def result_processor(self, dialect: Dialect, _coltype: object) -> Reader:
        return _in_utc if dialect.name == "postgresql" else _instant_of


def _uuid_of(value: bytes | None) -> UUID | None:
    """Read 16 bytes; set as UUID's own constructor sets it, without its six ways of being called: lists are long."""
    if value is None:
        return None
    made = _blank(UUID)
    _set(made, "int", int.from_bytes(value, "big"))
    _set(made, "is_safe", _UNKNOWN)
    return made


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _instant_of(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


_blank, _set, _UNKNOWN = object.__new__, object.__setattr__, SafeUUID.unknown


def micros_of(value: datetime) -> int:
    """Count whole microseconds since 1970 in UTC."""
    return (value - EPOCH) // MICROSECOND


class Word(TypeDecorator[StrEnum]):
    """A word of a closed vocabulary, stored as itself; an unknown word in the database is an error, not a guess."""

    impl = String(40)
    cache_ok = True

    def __init__(self, vocabulary: type[StrEnum]) -> None:
        super().__init__()
        self.vocabulary = vocabulary

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.vocabulary(value).value

    def result_processor(self, dialect: Dialect, _coltype: object) -> Reader:
        vocabulary = self.vocabulary
        known: dict[str | None, Any] = {word.value: word for word in vocabulary} | {None: None}
        return lambda value: known[value] if value in known else vocabulary(value)


class Rank(TypeDecorator[IntEnum]):
    """A step of a closed, ordered scale, stored as its number so that the database compares it too."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, scale: type[IntEnum]) -> None:
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Any:
        return None if value is None else self.scale(value)


def Json() -> TypeEngine[Any]:  # noqa: N802 (reads as a column type)
    """Give a JSON document: jsonb on PostgreSQL."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def Currency() -> String:  # noqa: N802 (reads as a column type)
    """Give an ISO 4217 code."""
    return String(3)
