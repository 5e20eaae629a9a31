"""Says what a workbook holds, so that it can be proven later: scope, both clocks, versions, counts, totals, hashes."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import rfc8785

Value = str | int | bool | Decimal | date | datetime | None
Row = Mapping[str, Value]
Json = str | int | bool | None

_EXACT_IN_JSON = 2**53 - 1


def canonical(row: Row) -> bytes:
    """One row as RFC 8785 JSON: decimals and large integers as text, dates in ISO 8601, instants in UTC with a Z.

    Raises ValueError for a naive instant.
    """
    return rfc8785.dumps({key: plain(value) for key, value in row.items()})


@dataclass(frozen=True, slots=True)
class SheetManifest:
    """One sheet: its rows, its totals, and the SHA-256 over its rows, each as canonical JSON and a line feed."""

    title: str
    rows: int
    totals: Mapping[str, Decimal]
    sha256: str


@dataclass(slots=True)
class Watch:
    """Counts, sums and hashes rows while they pass on their way into a sheet."""

    title: str
    totals: tuple[str, ...] = ()
    _rows: int = 0
    _sums: dict[str, Decimal] = field(default_factory=dict)
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def over(self, rows: Iterable[Row] | AsyncIterable[Row]) -> AsyncIterator[Row]:
        """The same rows, watched."""
        if isinstance(rows, AsyncIterable):
            async for row in rows:
                self._see(row)
                yield row
        else:
            for row in rows:
                self._see(row)
                yield row

    def seen(self) -> SheetManifest:
        """What passed so far."""
        sums = {key: self._sums.get(key, Decimal(0)) for key in self.totals}
        return SheetManifest(self.title, self._rows, sums, self._hash.hexdigest())

    def _see(self, row: Row) -> None:
        self._rows += 1
        self._hash.update(canonical(row) + b"\n")
        for key in self.totals:
            value = row[key]
            if isinstance(value, int | Decimal):
                self._sums[key] = self._sums.get(key, Decimal(0)) + value


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed checkpoint of the audit trail that a report was made under: so many entries, this root, this time."""

    size: int
    root: bytes
    sealed_at: datetime

    def to_json(self) -> Mapping[str, Json]:
        return {"size": self.size, "root": self.root.hex(), "sealed_at": plain(self.sealed_at)}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was asked, under which rights, clocks and rules, and what came out of it.

    `left_out`: sheets that rights did not give, with what they need; `withheld`: columns of a sheet that they did not
    give. `audit_entries`, `audit_head`: how long the tenant's trail was when it was read, and its last entry;
    `audit_checkpoint`: what was signed of it by then, `audit_unsealed`: how many of its entries were not sealed yet.
    """

    report: str
    tenant: str
    scope: str
    as_of: datetime
    known_at: datetime
    definitions_version: str
    policy_version: str
    sheets: tuple[SheetManifest, ...]
    unit: str | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reconciled: str | None = None
    audit_entries: int = 0
    audit_head: datetime | None = None
    audit_checkpoint: Checkpoint | None = None
    audit_unsealed: int = 0

    def to_json(self) -> bytes:
        """The same as RFC 8785 JSON, to be kept and compared byte by byte."""
        return rfc8785.dumps(
            {
                "report": self.report,
                "tenant": self.tenant,
                "scope": self.scope,
                "as_of": plain(self.as_of),
                "known_at": plain(self.known_at),
                "definitions_version": self.definitions_version,
                "policy_version": self.policy_version,
                "unit": self.unit,
                "left_out": dict(self.left_out),
                "withheld": {title: list(columns) for title, columns in self.withheld.items()},
                "reconciled": self.reconciled,
                "audit_entries": self.audit_entries,
                "audit_head": plain(self.audit_head),
                "audit_checkpoint": None if self.audit_checkpoint is None else self.audit_checkpoint.to_json(),
                "audit_unsealed": self.audit_unsealed,
                "sheets": [
                    {
                        "title": sheet.title,
                        "rows": sheet.rows,
                        "totals": {key: plain(total) for key, total in sheet.totals.items()},
                        "sha256": sheet.sha256,
                    }
                    for sheet in self.sheets
                ],
            }
        )


def plain(value: Value) -> Json:
    """One value as it stands in canonical JSON. Raises ValueError for a naive instant."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone, {value.isoformat()} has none")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= _EXACT_IN_JSON else str(int(value))
    return str(value)
