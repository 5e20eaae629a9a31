"""What somebody asks for when they ask for a report: which one, of which instants, for which unit, in which form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID


class Format(StrEnum):
    """XLSX: one workbook. CSV: one file, a zip of one a sheet for several. JSONL: one JSON object a line."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True)
class ReportRequest:
    """`as_of`: the instant it speaks of, `known_at`: as it was known then; None is now. `unit_id`: its subtree only.

    `review_id`: of the report `review` alone, which one; None is the newest within reach.
    `locale` (en, de; others read English) chooses the words of headers and cover, never the rows.
    """

    name: str
    as_of: datetime | None = None
    known_at: datetime | None = None
    unit_id: UUID | None = None
    format: Format = Format.XLSX
    locale: str = "en"
    review_id: UUID | None = None

    def asked(self) -> dict[str, Any]:
        """Give the request as JSON, as a run keeps it: ids and options, no more."""
        return {
            "name": self.name,
            "as_of": _said(self.as_of),
            "known_at": _said(self.known_at),
            "unit_id": None if self.unit_id is None else str(self.unit_id),
            "format": self.format.value,
            "locale": self.locale,
            **({} if self.review_id is None else {"review_id": str(self.review_id)}),
        }

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """Read what `asked` gave."""
        return cls(
            name=asked["name"],
            as_of=_read(asked["as_of"]),
            known_at=_read(asked["known_at"]),
            unit_id=None if asked["unit_id"] is None else UUID(asked["unit_id"]),
            format=Format(asked["format"]),
            locale=asked["locale"],
            review_id=UUID(asked["review_id"]) if asked.get("review_id") else None,
        )


def _said(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)
