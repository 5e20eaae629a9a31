"""The statements that write many seats: rows that are alike but for a few columns, told once. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance.seats.ledger.book import ManySeats
from governance.seats.ledger.store import Shape, Shapes

OWN = ("person", "seat", "prior", "claim_key", "entry", "event")
"""What each seat has of its own, in the order of `ManySeats.own`. SAID: JSON that names its holder."""
SAID = "said"
SEAT = {"id": "seat", "person_id": "person", "prior_id": "prior", "claim_key": "claim_key"}
STEP = {"id": "seat", "assignment_id": "seat"}
ENTRY = {"id": "entry", "subject_id": "seat", "after": SAID}
EVENT = {"id": "event", "subject_id": "seat", "facts": SAID}


@dataclass(frozen=True)
class Marks:
    """How a database is told a constant of a column, JSON round a holder's name, where each seat's own values are."""

    constant: Callable[[Shape[Any], str], str]
    said: str
    source: str


def inserts(many: ManySeats, shapes: Shapes, marks: Marks) -> Iterator[tuple[str, list[Any]]]:
    """Give the INSERT … SELECT of each table that a seat is told in, with the values that all its rows share."""
    for shape, row, own in (
        (shapes.seat, many.seat, SEAT),
        (shapes.step, many.step, STEP),
        (shapes.entry, many.entry, ENTRY),
        (shapes.unsealed, many.entry, {"id": "entry"}),
        (shapes.event, many.event, EVENT),
    ):
        yield _insert(shape, row, own, str(many.seat.person_id), marks)


def _insert(shape: Shape[Any], row: Any, own: Mapping[str, str], holder: str, marks: Marks) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for name, value in zip(shape.names, shape.values(row), strict=True):
        if own.get(name) == SAID:
            before, after = value.split(holder)
            parts.append(marks.said)
            values += (before, after)
        elif name in own:
            parts.append(f"v.{own[name]}")
        else:
            parts.append(marks.constant(shape, name))
            values.append(value)
    return f'INSERT INTO "{shape.table}" ({shape.columns}) SELECT {", ".join(parts)} FROM {marks.source}', values  # noqa: S608
