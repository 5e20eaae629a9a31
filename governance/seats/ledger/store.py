"""What a database does for the ledger: read a batch's facts under its locks, write its rows, all in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Column, Dialect, Select, Table
from sqlalchemy.types import JSON

from governance.audit.models import Entry, Unsealed
from governance.entitlements.models import Room
from governance.entitlements.rules import RoomKind
from governance.kernel.database import Id, Instant, Word
from governance.kernel.event import OutboxEvent
from governance.seats.leases.lease import Lease as LentLease
from governance.seats.ledger.book import Book, Candidate, DenialLine, Key, PoolLine, RoomLine, SeatLine, Wanted, Writes
from governance.seats.ledger.lending import LeaseLine, LeaseRoomLine, Lending, LendWanted, TermsLine, WaitLine
from governance.seats.ledger.port import Claim
from governance.seats.models import (
    Assignment,
    AssignmentStep,
    Denial,
    Lease,
    LeaseRoom,
    LeaseTerms,
    LeaseWait,
)  # fmt: skip

R = TypeVar("R")
Codec = Callable[[Any], Any]


class Store(Protocol):
    """One connection of one database. Its methods run in one thread, between begin and commit or rollback."""

    def begin(self) -> None: ...

    def read(self, wanted: Wanted, now: datetime | None) -> Book:
        """Lock the lines in id order, then read the facts; `now` None asks the database's clock, once."""
        ...

    def look(self, book: Book, wanted: Wanted) -> None:
        """Read into the page what is wanted of people, their seats and their refusals."""
        ...

    def candidates(self, claims: Sequence[Claim]) -> list[Candidate | None]:
        """Give for each grant of one line its person, locked; None for whom is not there, or whose key was used."""
        ...

    def supply(self, room: RoomLine, now: datetime, *, then: bool = False) -> tuple[int | None, datetime | None]:
        """Give the supply in force at an instant and when it changes next; `then`: as it was known at that instant."""
        ...

    def expired(self, tenant_id: UUID, line_id: UUID, now: datetime) -> list[SeatLine]:
        """Give the line's invitations that ran out and still hold their seat."""
        ...

    def rooms(self, tenant_id: UUID, ids: Sequence[UUID]) -> list[RoomLine]: ...

    def pools(self, keys: Sequence[Key]) -> list[PoolLine]: ...

    def lendings(self, wanted: Mapping[Key, LendWanted], book: Book) -> dict[Key, Lending]:
        """Give, pool by pool, the leases that are wanted or due, everybody in line, the terms and the counters."""
        ...

    def terms(self, keys: Sequence[Key]) -> dict[Key, TermsLine]:
        """Give the terms of those pools that have some of their own."""
        ...

    def renew(self, key: Key, tokens: Mapping[UUID, int], now: datetime, end: datetime | None) -> list[LentLease]:
        """Move the end of those leases of a pool that are held, under their very token, and not borrowed; give them."""
        ...

    def next_lapse(self, room: RoomLine, now: datetime) -> datetime | None: ...

    def steps_known(self, ids: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]: ...

    def write(self, writes: Writes) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Shape(Generic[R]):
    """The columns of a table that the ledger reads and writes, with how each value travels."""

    table: str
    names: tuple[str, ...]
    encoders: tuple[Codec, ...]  # none of them is ever given None
    decoders: tuple[Codec, ...]
    into: Callable[..., R]

    @cached_property
    def columns(self) -> str:
        return ", ".join(f'"{name}"' for name in self.names)

    def row(self, values: Sequence[Any]) -> R:
        return self.into(*(decode(value) for decode, value in zip(self.decoders, values, strict=True)))

    @cached_property
    def _taken(self) -> tuple[Callable[[Any], tuple[Any, ...]], Callable[[Any], tuple[Any, ...]]]:
        return itemgetter(*self.names), attrgetter(*self.names)

    @cached_property
    def _coded(self) -> tuple[tuple[int, Codec], ...]:
        return tuple((place, encode) for place, encode in enumerate(self.encoders) if encode is not as_is)

    def values(self, row: Any) -> list[Any]:
        """Give the row's values in column order, as the driver takes them; what it takes as is costs no call."""
        of_dict, of_record = self._taken
        values = list(of_dict(row) if type(row) is dict else of_record(row))
        for place, encode in self._coded:
            if (value := values[place]) is not None:
                values[place] = encode(value)
        return values

    def lists(self, rows: Iterable[Any]) -> list[list[Any]]:
        """Give the rows' values column by column."""
        return [list(column) for column in zip(*(self.values(row) for row in rows), strict=True)]


@dataclass(frozen=True)
class Shapes:
    """Every table of the ledger in the form of one database."""

    room: Shape[RoomLine]
    seat: Shape[SeatLine]
    denial: Shape[DenialLine]
    step: Shape[dict[str, Any]]
    entry: Shape[dict[str, Any]]
    unsealed: Shape[dict[str, Any]]
    event: Shape[dict[str, Any]]
    terms: Shape[TermsLine]
    lease_room: Shape[LeaseRoomLine]
    lease: Shape[LeaseLine]
    wait: Shape[WaitLine]

    @classmethod
    def of(cls, codec: Callable[[Column[Any]], tuple[Codec, Codec]]) -> "Shapes":
        def shaped(model: Any, into: type[R], names: tuple[str, ...] = ()) -> Shape[R]:
            table: Table = model.__table__
            wanted = names or tuple(column.name for column in table.columns)
            codecs = [codec(table.c[name]) for name in wanted]
            return Shape(table.name, wanted, tuple(c[0] for c in codecs), tuple(c[1] for c in codecs), into)

        def as_line(model: Any, into: type[R]) -> Shape[R]:
            return shaped(model, into, tuple(f.name for f in fields(into)))  # type: ignore[arg-type]

        return cls(
            as_line(Room, RoomLine), as_line(Assignment, SeatLine), as_line(Denial, DenialLine),
            shaped(AssignmentStep, dict), shaped(Entry, dict), shaped(Unsealed, dict, ("tenant_id", "id")),
            shaped(OutboxEvent, dict), as_line(LeaseTerms, TermsLine), as_line(LeaseRoom, LeaseRoomLine),
            as_line(Lease, LeaseLine), as_line(LeaseWait, WaitLine),
        )  # fmt: skip


def as_is(value: Any) -> Any:
    return value


def optional(codec: Codec) -> Codec:
    return lambda value: None if value is None else codec(value)


def word_of(column: Column[Any]) -> tuple[Codec, Codec] | None:
    """Give the codec of a word of a closed vocabulary; None for other columns."""
    if isinstance(column.type, Word):
        return attrgetter("value"), optional(column.type.vocabulary)
    return None


def kind_of(column: Column[Any]) -> str:
    """Name how a column's value travels: id, instant, json, bool, or plain."""
    for kind, name in ((Id, "id"), (Instant, "instant"), (JSON, "json"), (Boolean, "bool")):
        if isinstance(column.type, kind):
            return name
    return "plain"


def dumped(value: Any) -> str:
    return orjson.dumps(value).decode()


def compiled(query: Select[Any, Any], dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """Give a SELECT's text for a bare driver, with the constants it carries; tenant, room and at come with each use."""
    ready = query.compile(dialect=dialect)
    return str(ready), {k: v for k, v in ready.params.items() if k not in {"tenant", "room", "at"}}


def old(changed: Mapping[Key, Any], new: Iterable[Any]) -> list[Any]:
    """Give what changed but the rows that this batch inserts."""
    inserted = {(each.tenant_id, each.id) for each in new}
    return [each for key, each in changed.items() if key not in inserted]


SEAT_MOVES = (
    "state", "accepted_at", "first_use_at", "first_use_recorded_at", "last_use_at", "released_at",
    "released_recorded_at", "release_reason", "reclaim_due_at", "version",
)  # fmt: skip
ROOM_MOVES = ("ceiling", "occupied", "over_since", "changes_at", "lapses_at", "supply", "flagged_since")
LEASE_MOVES = (
    "quantity", "group_name", "token", "state", "borrowed", "overage", "heard_at", "expires_at", "kept_until", "due_at",
    "freed_at", "ended_at", "claim_id", "claim_key", "claim_hash",
)  # fmt: skip
LEASE_ROOM_MOVES = ("held", "borrowed", "fence", "waiting", "due_at")
WAIT_MOVES = ("ended_at", "ended")
ROOM_KINDS = {RoomKind.POOL: "pool_id", RoomKind.LINE: "line_id"}
